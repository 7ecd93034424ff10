"""List the licences of what an environment holds; exit 1 if one is not known to be permissive.

Run by scripts/release in an environment that has signtraker with all extras.
"""

from __future__ import annotations

import re
import sys
from importlib.metadata import Distribution, distributions
from typing import Final

PERMISSIVE: Final = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "ISC",
        "MIT",
        "MIT-0",
        "PSF-2.0",
        "Python-2.0",
        "Unlicense",
        "Zlib",
    }
)
EXPLAINED: Final = {
    "certifi": "MPL-2.0: a list of certificates, used unchanged and shipped by its own authors",
    "orjson": "MPL-2.0 in part: needed by dlt only, used unchanged",
}
"""Packages under a licence that is not permissive, and why they may be needed all the same."""
INSTALLERS: Final = frozenset({"pip", "setuptools", "wheel"})
SPDX: Final = {
    "Apache License 2.0": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
"""What packages without a licence expression call their licence."""


def licence(distribution: Distribution) -> str:
    """Return a package's licence as an SPDX expression where it is known, else as the package says it."""
    data = distribution.metadata
    if "License-Expression" in data:
        return data["License-Expression"]
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in map(str, data.get_all("Classifier") or [])
        if line.startswith("License :: OSI Approved :: ")
    ]
    if classifiers:
        return " AND ".join(SPDX.get(name, name) for name in classifiers)  # it may be a choice: not said
    text = data["License"].strip().partition("\n")[0] if "License" in data else "unknown"
    return SPDX.get(text, text)


def is_permissive(expression: str) -> bool:
    """Return whether an SPDX expression leaves the choice of permissive licences only.

    Every part of an AND must be permissive, and one part of an OR. AND binds closer than OR (SPDX 2.3,
    annex D).
    """
    inner = re.search(r"\(([^()]*)\)", expression)
    if inner is not None:
        known = "MIT" if is_permissive(inner[1]) else "not-permissive"
        return is_permissive(expression[: inner.start()] + known + expression[inner.end() :])
    return any(
        all(name.strip() in PERMISSIVE for name in re.split(r"\sAND\s", choice, flags=re.IGNORECASE))
        for choice in re.split(r"\sOR\s", expression, flags=re.IGNORECASE)
    )


def main() -> int:
    """Print a line for each package."""
    found = {one.metadata["Name"]: licence(one) for one in distributions()}
    bad: list[str] = []
    for name, expression in sorted(found.items(), key=lambda item: item[0].lower()):
        reason = EXPLAINED.get(name, "")
        print(f"{name:28} {expression}" + (f"  ({reason})" if reason else ""))
        if not (is_permissive(expression) or reason or name in INSTALLERS):
            bad.append(name)
    if bad:
        print(
            f"Not known to be permissive: {', '.join(bad)}. Do without, or explain it in EXPLAINED.",
            file=sys.stderr,
        )
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
