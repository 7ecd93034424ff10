"""Set how many random examples the tests try: `EXAMPLES=20 python -m pytest …` tries twenty times as many."""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, settings


def examples(usual: int) -> int:
    """Return the number of examples of a test that usually tries so many."""
    return max(1, round(usual * float(os.environ.get("EXAMPLES", "1"))))


def same_each_time(usual: int, **others: Any) -> settings:
    """Return the settings of a test that tries so many examples, the same in each run, however slow it is."""
    return settings(
        max_examples=examples(usual),
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow],
        **others,
    )
