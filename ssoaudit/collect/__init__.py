"""How facts are fetched: the only code that opens a socket on the audited side."""
