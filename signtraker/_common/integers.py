"""How large the API's whole numbers may be: ids have 64 bits, counts 32 (.NET's long and int)."""

from __future__ import annotations

from typing import Final

INT32_MAX: Final = 2**31 - 1
INT64_MAX: Final = 2**63 - 1
