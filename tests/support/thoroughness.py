"""Set how many random examples the tests try: `EXAMPLES=20 python -m pytest …` tries twenty times as many."""

from __future__ import annotations

import os


def examples(usual: int) -> int:
    """Return the number of examples of a test that usually tries so many."""
    return max(1, round(usual * float(os.environ.get("EXAMPLES", "1"))))
