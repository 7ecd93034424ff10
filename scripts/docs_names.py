"""Prepare what the reference shows: an extension of griffe, which reads the package without importing it.

The annotations of the models' fields name private aliases such as `ReceivedMoment`; the reference shows the
type itself. A public name between backticks in a docstring becomes a link, and so does a document's path.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import griffe
from generate_api import PACKAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

_DOCS = Path(__file__).resolve().parents[1] / "docs"
_CODE = re.compile(r"(?<!`)`([A-Za-z_][\w.]*)`(?!`)")
_DOCUMENT = re.compile(r"`?docs/((?:guides|explanation|recipes|reference|tutorials)/\w+)\.md`?")


def public_names(package: griffe.Module) -> dict[str, griffe.Object]:
    """Return every public object by its public path; an object with two paths appears twice."""
    found: dict[str, griffe.Object] = {}
    for path in PACKAGES:
        module = package if path == package.path else package[path.removeprefix(f"{package.path}.")]
        for name in exported(module):
            member = module[name]
            found[f"{path}.{name}"] = member.final_target if member.is_alias else member
    return found


def exported(module: griffe.Module) -> list[str]:
    """Return the names in `__all__`, or without it those that are defined in the module and not private."""
    if module.exports is not None:
        return [str(name) for name in module.exports]
    return [
        name
        for name, member in module.members.items()
        if not name.startswith("_") and not member.is_alias and (member.is_class or member.is_function)
    ]


def is_dict(target: griffe.Object) -> bool:
    """Return whether the object is a TypedDict; its keys are described by the model it names."""
    return isinstance(target, griffe.Class) and any(str(base) == "TypedDict" for base in target.bases)


def objects(parent: griffe.Object) -> Iterator[griffe.Object]:
    """Yield an object, and everything that is defined in it."""
    yield parent
    for member in parent.members.values():
        if isinstance(member, griffe.Object):
            yield from objects(member)


class Names(griffe.Extension):
    """Show public types in annotations, and link names and documents in docstrings."""

    def on_package(self, *, pkg: griffe.Module, **_: object) -> None:
        """Change the package once it is loaded."""
        if pkg.path != "signtraker":
            return
        targets: dict[str, griffe.Object] = {}
        for path, target in public_names(pkg).items():
            targets.setdefault(path.rpartition(".")[2], target)
        types = _plain_types(pkg.modules["models"].modules["_types"])
        for one in objects(pkg):
            if isinstance(one, griffe.Attribute) and isinstance(one.annotation, griffe.Expr):
                _show_plain_types(one.annotation, types)
            if one.docstring:
                one.docstring.value = _with_links(one.docstring.value, one, targets)


def _plain_types(module: griffe.Object) -> dict[str, str]:
    """Return the type behind each alias of the models' fields: `datetime` for `ReceivedMoment`."""
    found: dict[str, str] = {}
    for name, member in module.members.items():
        if isinstance(member, griffe.Attribute) and not name.startswith("_"):
            value = member.value
            if isinstance(value, griffe.ExprSubscript) and str(value.left) == "Annotated":
                first = next(iter(getattr(value.slice, "elements", [])))
                found[name] = found.get(str(first), str(first))
            elif str(member.annotation) == "TypeAlias":
                found[name] = str(value)
    return found


def _show_plain_types(annotation: griffe.Expr, types: dict[str, str]) -> None:
    for part in annotation.iterate(flat=True):
        if isinstance(part, griffe.ExprName) and part.name in types:
            part.name = types[part.name]


def _with_links(text: str, where: griffe.Object, targets: dict[str, griffe.Object]) -> str:
    """Return the docstring with links from public names, their members, and documents."""

    def link(match: re.Match[str]) -> str:
        path = _find(match[1], where, targets)
        return f"[{match[0]}][{path}]" if path else match[0]

    text = _DOCUMENT.sub(_document_link, text)
    return _CODE.sub(link, text)


def _document_link(match: re.Match[str]) -> str:
    """Return a link to a document, with its title. Each page of the reference is one folder below docs/."""
    document = _DOCS / f"{match[1]}.md"
    if not document.exists():
        return match[0]  # tests/docs/test_paths.py names it.
    title = document.read_text(encoding="utf-8").partition("\n")[0].lstrip("# ")
    return f"[{title}](../{match[1]}.md)"


def _find(name: str, where: griffe.Object, targets: dict[str, griffe.Object]) -> str | None:
    """Return the path of a public name, of a member of a public class, or of a member of the same class."""
    first, _, rest = name.partition(".")
    parent = where if isinstance(where, griffe.Class) else where.parent
    if not rest and isinstance(parent, griffe.Class) and first in parent.members:
        found = parent.members[first]
    elif first in targets and (not rest or rest in targets[first].members):
        found = targets[first].members[rest] if rest else targets[first]
    else:
        return None
    public = not found.is_alias and not found.name.startswith("_")
    return found.path if public and found is not where else None
