"""Make the environment of Jinja templates: every value is escaped, and an undefined name is an error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping


def environment(package: str, filters: Mapping[str, Any]) -> Environment:
    """Return the environment of the templates in a package, with filters of its own."""
    made = Environment(
        loader=PackageLoader(package),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(filters)
    return made
