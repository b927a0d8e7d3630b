"""The same modules as another distribution brings them."""
