"""Base classes of the generated fields; adds `Q.parse` and `Q.field`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Generic, overload

from signtraker._common.short_repr import short_repr
from signtraker.query.fields import (
    CUSTOM,
    BooleanField,
    DateTimeField,
    DecimalField,
    DoubleField,
    Field,
    IntegerField,
    TextField,
)
from signtraker.query.filters import Filter, M
from signtraker.query.generated.entities import ENTITIES, ROOTS
from signtraker.query.infer import property_at
from signtraker.query.nodes import Path
from signtraker.query.parsing.parse import parse_filter
from signtraker.query.schema import check_dialect

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from signtraker.query.schema import ODataVersion

_PATH: Final = re.compile(r"[^\W\d]\w*(?:/[^\W\d]\w*)*")
_KEYWORDS: Final = frozenset({"null", "true", "false", "not", "and", "or"})


class Namespace(Generic[M]):
    """Base class of the generated fields of an entity, of a list or nested."""

    __slots__ = ("_entity", "_known", "_path")

    def __init__(self, entity: str, path: Path | None = None) -> None:
        self._entity = entity
        self._path = path or Path(())
        self._known: dict[str, tuple[str, Path]] = {}  # A path is made once.

    def __repr__(self) -> str:
        place, names = ENTITIES[self._entity], [ROOTS[self._entity]]
        for segment in self._path.segments:
            known = place.properties[segment]
            names.append(known.attribute)
            place = ENTITIES.get(known.entity or "", place)
        return ".".join(names)

    def _below(self, name: str) -> tuple[str, Path]:
        below = self._known.get(name)
        if below is None:
            below = self._known[name] = (self._entity, Path((*self._path.segments, name)))
        return below


class Root(Namespace[M], Generic[M]):
    """Base class of `Q` and its siblings: the fields of a list, `parse` and `field`."""

    __slots__ = ()

    def parse(self, text: str, *, version: ODataVersion = "v4") -> Filter[M]:
        """Read the text of a filter: the reverse of `str()`.

        Raises `ODataError`, in the server's words, for a text that the server would refuse.
        """
        _check_text(text, f"{self!r}.parse")
        check_dialect(version)
        return Filter(parse_filter(text, self._entity, version=version), self._entity)

    @overload
    def field(self, path: str, kind: type[bool]) -> BooleanField[M]: ...  # type: ignore[overload-overlap]  # bool comes first since it is an int
    @overload
    def field(self, path: str, kind: type[int]) -> IntegerField[M]: ...
    @overload
    def field(self, path: str, kind: type[float]) -> DoubleField[M]: ...
    @overload
    def field(self, path: str, kind: type[str]) -> TextField[M, str]: ...
    @overload
    def field(self, path: str, kind: type[Decimal]) -> DecimalField[M]: ...
    @overload
    def field(self, path: str, kind: type[datetime]) -> DateTimeField[M]: ...
    def field(self, path: str, kind: type[Any]) -> Field[M, Any]:
        """Return a field that the models do not know, by its API path, `Q.field("Custom/Path", int)`.

        `kind` is the type of its values: bool, int, float, str, Decimal or datetime. It may be null.
        """
        _check_text(path, f"{self!r}.field")
        if not _PATH.fullmatch(path) or path in _KEYWORDS:
            raise ValueError(f"{self!r}.field: {short_repr(path)} is no path of names such as 'Custom/Path'")
        if kind not in CUSTOM:
            raise TypeError(
                f"{self!r}.field: {short_repr(kind)} is none of bool, int, float, str, Decimal, datetime"
            )
        edm, field_class = CUSTOM[kind]
        segments = tuple(path.split("/"))
        known = property_at(self._entity, segments)
        if known is not None:
            raise ValueError(f"{self!r}.field: the models know {path!r}; write {self._spelled(segments)}")
        return field_class(self._entity, Path(segments, custom=edm))

    def _spelled(self, segments: tuple[str, ...]) -> str:
        return repr(Namespace[M](self._entity, Path(segments)))


def _check_text(value: object, name: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{name} takes text, not {short_repr(value)}")
