"""Define the fields of a list, one class for each kind of property. `T` is the type of a field's value."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast, overload

from signtraker.query.choices import check_choice, warn_of_near_miss
from signtraker.query.filters import Filter, M, Orderable, check_filter
from signtraker.query.nodes import Comparison, Lambda, Literal, Path, holds_lambda
from signtraker.query.schema import Edm
from signtraker.query.values import (
    BooleanValue,
    DateTimeValue,
    DecimalValue,
    DoubleValue,
    IntegerValue,
    Operand,
    S,
    TextExpression,
    TextValue,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.query.nodes import ComparisonOperator, Node, Quantifier

T_co = TypeVar("T_co", covariant=True)
_EQUALITY: Final = ("eq", "ne")


class Field(Operand[M], Orderable[M], Generic[M, T_co]):
    """A property of a list's rows. `orderby` and `select` take it beside text."""

    __slots__ = ()

    @property
    def path(self) -> tuple[str, ...]:
        """The API's names that lead to the property: `("JobSite", "City")`."""
        return cast("Path", self._node).segments

    @property
    def custom(self) -> Edm | None:
        """The type that the caller gave a field which the models do not know; None for every other field."""
        return cast("Path", self._node).custom


# Type checkers take a list of different fields for one of their longest common ancestor, so that must be a
# Field. Therefore Nullable inherits from Field, and the whole numbers have a common base.


class Nullable(Field[M, T_co], Generic[M, T_co]):
    """A property that may have no value."""

    __slots__ = ()

    def is_null(self) -> Filter[M]:
        """Keep the rows that have no value here."""
        return Filter(Comparison("eq", self._node, Literal(None)), self._entity)

    def is_not_null(self) -> Filter[M]:
        """Keep the rows that have a value here."""
        return Filter(Comparison("ne", self._node, Literal(None)), self._entity)


class WholeField(IntegerValue[M], Field[M, int], Generic[M]):
    """A whole number that is a property."""

    __slots__ = ()


class IdField(WholeField[M], Generic[M]):
    """A record's id, which is never null."""

    __slots__ = ()
    _kind = Edm.INT64


class NestedIdField(WholeField[M], Nullable[M, int], Generic[M]):
    """The id of a nested record, which is null where there is no such record."""

    __slots__ = ()
    _kind = Edm.INT64


class IntegerField(WholeField[M], Nullable[M, int], Generic[M]):
    """A whole number that may be null."""

    __slots__ = ()


class DoubleField(DoubleValue[M], Nullable[M, float], Generic[M]):
    """A binary floating-point number that may be null."""

    __slots__ = ()


class DecimalField(DecimalValue[M], Nullable[M, Decimal], Generic[M]):
    """An exact decimal that may be null."""

    __slots__ = ()


class BooleanField(BooleanValue[M], Nullable[M, bool], Generic[M]):
    """True, false or null."""

    __slots__ = ()


class DateTimeField(DateTimeValue[M], Nullable[M, datetime], Generic[M]):
    """A moment that may be null."""

    __slots__ = ()


# Editors list the private names of a class before the public ones that it inherits. So that no private name
# leads the completions of a text field, its checks are in base classes.


class _OpenText(TextValue[M, S], Generic[M, S]):
    """Text with known values, and others."""

    __slots__ = ()

    def _comparison(self, operator: ComparisonOperator, value: object) -> Node:
        if operator in _EQUALITY and isinstance(value, str):
            warn_of_near_miss(self, self.entity, cast("Path", self._node).segments, str.__str__(value))
        return super()._comparison(operator, value)


class _ClosedText(TextValue[M, S], Generic[M, S]):
    """Text that takes no values but the known ones."""

    __slots__ = ()

    def _comparison(self, operator: ComparisonOperator, value: object) -> Node:
        if operator in _EQUALITY and isinstance(value, str):
            check_choice(self, self.entity, cast("Path", self._node).segments, str.__str__(value))
        return super()._comparison(operator, value)


class TextField(_OpenText[M, S], Nullable[M, str], Generic[M, S]):
    """Text that may be null. `S` holds the values that are known.

    A text that differs from a known value in case or in a letter or two gives a `UserWarning`: text compares
    case-sensitively, so it would most likely find nothing.
    """

    __slots__ = ()

    # The first signature alone keeps the known values apart from `str`, so that they complete.
    @overload
    def eq(self, value: S) -> Filter[M]: ...
    @overload
    def eq(self, value: str | TextValue[M, Any]) -> Filter[M]: ...
    def eq(self, value: object) -> Filter[M]:
        """Equal to a text or to another field; `==` that every type checker checks."""
        return self._compare("eq", value)

    @overload
    def ne(self, value: S) -> Filter[M]: ...
    @overload
    def ne(self, value: str | TextValue[M, Any]) -> Filter[M]: ...
    def ne(self, value: object) -> Filter[M]:
        """Not equal to a text or to another field. Rows without a text are most likely left out."""
        return self._compare("ne", value)


class ChoiceField(_ClosedText[M, S], Nullable[M, str], Generic[M, S]):
    """Text that may be null, of a closed set: `S` holds all values that there are."""

    __slots__ = ()


class TextListField(Field[M, tuple[str, ...]], Generic[M]):
    """A collection of texts."""

    __slots__ = ()
    _kind = Edm.STRING

    def any(self, condition: Callable[[TextValue[M, str]], Filter[M]] | None = None) -> Filter[M]:
        """Keep the rows in which at least one text fulfils the condition; without one, those with any text.

        A function of the text makes the condition: `AwardQ.restrictions.any(lambda x: x.startswith("P"))`.
        """
        if condition is None:
            return Filter(Lambda("any", self._collection(), "x", None), self._entity)
        return self._quantified("any", condition)

    def all(self, condition: Callable[[TextValue[M, str]], Filter[M]]) -> Filter[M]:
        """Keep the rows in which every text fulfils the condition; those without texts too."""
        return self._quantified("all", condition)

    def contains(self, text: str) -> Filter[M]:
        """Keep the rows in which one of the texts is this one, whole."""
        return self._quantified("any", lambda item: item.eq(text))

    def _collection(self) -> Path:
        return cast("Path", self._node)

    def _quantified(
        self, quantifier: Quantifier, condition: Callable[[TextValue[M, str]], Filter[M]]
    ) -> Filter[M]:
        made = condition(TextExpression(self._entity, Path(("x",), variable=True)))
        check_filter(made, self._entity, quantifier)
        if holds_lambda(made.node):
            raise ValueError(f"{self!r}.{quantifier}: servers read no any or all inside another")
        return Filter(Lambda(quantifier, self._collection(), "x", made.node), self._entity)


CUSTOM: dict[type, tuple[Edm, type[Field[Any, Any]]]] = {
    str: (Edm.STRING, TextField),
    bool: (Edm.BOOLEAN, BooleanField),
    int: (Edm.INT64, IntegerField),
    float: (Edm.DOUBLE, DoubleField),
    Decimal: (Edm.DECIMAL, DecimalField),
    datetime: (Edm.DATETIME, DateTimeField),
}
"""The Edm type and the field class for each Python type that `Q.field` takes."""
