"""A small healthy estate on the loopback that speaks the real protocols: for the demo, for tests and plugin authors."""
