"""Import a package that only an extra installs."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def import_extra(name: str, needed_by: str, extra: str) -> Any:
    """Import a package; raises `ModuleNotFoundError` with the command that installs it if it is missing."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModuleNotFoundError(
            f"{needed_by} needs {name}; get it with: pip install 'signtraker[{extra}]'", name=name
        ) from None
