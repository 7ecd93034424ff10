"""Run the command: `python -m signtraker`."""

from __future__ import annotations

import sys

from signtraker.cli import main

if __name__ == "__main__":
    sys.exit(main())
