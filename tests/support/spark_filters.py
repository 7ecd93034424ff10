"""The filters of `pyspark.sql.datasource` by the same names, and what Spark keeps by them.

`keeps` evaluates on models by the rules of Spark's SQL, so that its translation can be checked without Spark.
tests/scale/ does the same with Spark itself.
"""

from __future__ import annotations

import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from signtraker.query.generated.entities import ENTITIES

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.models import ResponseModel


@dataclass(frozen=True)
class IsNull:
    attribute: tuple[str, ...]


@dataclass(frozen=True)
class IsNotNull:
    attribute: tuple[str, ...]


@dataclass(frozen=True)
class _Valued:
    attribute: tuple[str, ...]
    value: Any


class EqualTo(_Valued): ...


class EqualNullSafe(_Valued): ...


class GreaterThan(_Valued): ...


class GreaterThanOrEqual(_Valued): ...


class LessThan(_Valued): ...


class LessThanOrEqual(_Valued): ...


class In(_Valued): ...


class StringStartsWith(_Valued): ...


class StringEndsWith(_Valued): ...


class StringContains(_Valued): ...


Positive: TypeAlias = IsNull | IsNotNull | _Valued


@dataclass(frozen=True)
class Not:
    child: Positive


def keeps(spark_filter: Positive | Not, record: ResponseModel) -> bool:
    """Say whether Spark keeps a record: only if the filter is true, neither false nor unknown."""
    if isinstance(spark_filter, Not):
        return _holds(spark_filter.child, record) is False
    return _holds(spark_filter, record) is True


def _holds(spark_filter: Positive, record: ResponseModel) -> bool | None:
    found: Any = _value(record, spark_filter.attribute)
    if not isinstance(spark_filter, _Valued):
        return (found is None) is isinstance(spark_filter, IsNull)
    value: Any = spark_filter.value
    if isinstance(spark_filter, EqualNullSafe):
        return bool(found == value)
    if found is None or value is None:
        return None
    if isinstance(spark_filter, In) and None in value and found not in value:
        return None
    return _COMPARE[type(spark_filter)](found, value)


_COMPARE: dict[type[_Valued], Callable[[Any, Any], bool]] = {
    EqualTo: operator.eq,
    GreaterThan: operator.gt,
    GreaterThanOrEqual: operator.ge,
    LessThan: operator.lt,
    LessThanOrEqual: operator.le,
    In: lambda found, values: found in values,
    StringStartsWith: str.startswith,
    StringEndsWith: str.endswith,
    StringContains: operator.contains,
}


def _value(record: Any, names: tuple[str, ...]) -> Any:
    """Return the value of a column; None below a null."""
    for name in names:
        if record is None:
            return None
        record = getattr(record, ENTITIES[type(record).__name__].properties[name].attribute)
    return record
