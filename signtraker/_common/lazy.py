"""Import the modules of a package when one of their names is first used (PEP 562)."""

from __future__ import annotations

import sys
from importlib import import_module

TYPE_CHECKING = not __name__  # `typing` is not imported; see signtraker/__init__.py.

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_names(
    package: str, names: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package whose modules are imported when they are needed.

    Args:
        package: The `__name__` of the package.
        names: The public names of each module, by the module's full name.
    """
    homes = {name: module for module, listed in names.items() for name in listed}

    def get(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(homes[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def names_of_the_package() -> list[str]:
        return sorted({*vars(sys.modules[package]), *homes})

    return get, names_of_the_package
