"""Write docs/openapi.json: the OpenAPI document of the API, from the sandbox's routes and the models.

python scripts/generate_openapi.py            write it
python scripts/generate_openapi.py --check    exit 1 if it is stale
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from signtraker.sandbox.api.openapi import document

TARGET = Path(__file__).parents[1] / "docs" / "openapi.json"


def generate() -> str:
    """Return the text of the document."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def main() -> int:
    """Write the document, or check it."""
    text = generate()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    if TARGET.exists() and TARGET.read_text(encoding="utf-8") == text:
        return 0
    print(f"{TARGET.name} is stale: run python scripts/generate_openapi.py", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
