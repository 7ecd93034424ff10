"""Import a package that only an extra installs, or say how to get it."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def missing_extra(needed_by: str, package: str, extra: str) -> str:
    """Return the sentence for a package that is not installed. Every shell takes its quotation marks."""
    return f'{needed_by} needs {package}; get it with: pip install "signtraker[{extra}]"'


def import_extra(name: str, needed_by: str, extra: str) -> Any:
    """Import a package; raises `ModuleNotFoundError` with the command that installs it if it is missing."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModuleNotFoundError(missing_extra(needed_by, name, extra), name=name) from None
