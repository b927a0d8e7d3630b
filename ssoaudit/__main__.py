"""`python -m ssoaudit`."""

import sys

from ssoaudit.cli import main

if __name__ == "__main__":
    sys.exit(main())
