"""SQL functions whose spelling differs between databases, each with one meaning."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import BigInteger, Boolean, Date, Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from signtraker.query.matching import ceiling, floor, index_of, substring, text_length
from signtraker.sandbox.data.columns import UtcDateTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.sql.compiler import SQLCompiler
    from sqlalchemy.types import TypeEngine


_T = TypeVar("_T")


class PortableFunction(GenericFunction[_T]):
    """A function whose compiled form SQLAlchemy may keep."""

    inherit_cache: bool | None  # type: ignore[assignment]  # declared so above the class where mypy infers bool

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.inherit_cache = True


class Position(PortableFunction[int]):
    """`Position(haystack, needle)`: where the needle begins, from 1, or 0; letters' case counts."""

    type: TypeEngine[int] = Integer()


class IndexOf(PortableFunction[int]):
    """`IndexOf(haystack, needle)`: where the needle begins, in UTF-16 units from 0, or -1."""

    type: TypeEngine[int] = Integer()


class EndsWith(PortableFunction[bool]):
    """`EndsWith(haystack, needle)`: whether the one ends with the other."""

    type: TypeEngine[bool] = Boolean()


class Day(PortableFunction[Any]):
    """`Day(moment)`: its date in UTC."""

    type: TypeEngine[Any] = Date()


class Shifted(PortableFunction[Any]):
    """`Shifted(moment, microseconds)`: that much later."""

    type: TypeEngine[Any] = UtcDateTime()


class Elapsed(PortableFunction[int]):
    """`Elapsed(later, earlier)`: the microseconds between two moments."""

    type: TypeEngine[int] = BigInteger()


class TimeOfDay(PortableFunction[int]):
    """`TimeOfDay(moment)`: the microseconds since midnight in UTC."""

    type: TypeEngine[int] = BigInteger()


class Characters(PortableFunction[int]):
    """`Characters(text)`: its length in UTF-16 units, of which a character beyond U+FFFF has two."""

    type: TypeEngine[int] = Integer()


class Stripped(PortableFunction[str]):
    """`Stripped(text)`: without white space at its ends."""

    type: TypeEngine[str] = Text()


class Substring(PortableFunction[str]):
    """`Substring(text, start, length)`: counted from 0; what lies outside the text is empty.

    SQLite counts UTF-16 units, as servers do; PostgreSQL, which has no such function, counts characters.
    """

    type: TypeEngine[str] = Text()


class Whole(PortableFunction[Any]):
    """`Whole(number)`: towards zero."""


@compiles(Position)
def _position(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    haystack, needle = _arguments(element, compiler, options)
    return f"position({needle} in {haystack})"


@compiles(Position, "sqlite")
def _position_sqlite(element: Position, compiler: SQLCompiler, **options: Any) -> str:
    haystack, needle = _arguments(element, compiler, options)
    return f"instr({haystack}, {needle})"


@compiles(IndexOf)
def _index_of(element: IndexOf, compiler: SQLCompiler, **options: Any) -> str:
    haystack, needle = _arguments(element, compiler, options)
    position = f"position({needle} in {haystack})"
    before = f"left({haystack}, {position} - 1)"
    beyond = f"regexp_replace({before}, '[^\\U00010000-\\U0010FFFF]', '', 'g')"
    return f"(case {position} when 0 then -1 else {position} - 1 + char_length({beyond}) end)"


@compiles(IndexOf, "sqlite")
def _index_of_sqlite(element: IndexOf, compiler: SQLCompiler, **options: Any) -> str:
    haystack, needle = _arguments(element, compiler, options)
    return f"index_of({haystack}, {needle})"


@compiles(EndsWith)
def _ends_with(element: EndsWith, compiler: SQLCompiler, **options: Any) -> str:
    haystack, needle = _arguments(element, compiler, options)
    return f"(right({haystack}, char_length({needle})) = {needle})"


@compiles(EndsWith, "sqlite")
def _ends_with_sqlite(element: EndsWith, compiler: SQLCompiler, **options: Any) -> str:
    haystack, needle = _arguments(element, compiler, options)
    return f"ends_with({haystack}, {needle})"


@compiles(Day)
def _day(element: Day, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, options)
    return f"CAST({moment} AS DATE)"


@compiles(Day, "sqlite")
def _day_sqlite(element: Day, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, options)
    return f"date({moment})"


@compiles(Shifted)
def _shifted(element: Shifted, compiler: SQLCompiler, **options: Any) -> str:
    moment, microseconds = _arguments(element, compiler, options)
    return f"({moment} + {microseconds} * interval '1 microsecond')"


@compiles(Shifted, "sqlite")
def _shifted_sqlite(element: Shifted, compiler: SQLCompiler, **options: Any) -> str:
    return f"shifted({', '.join(_arguments(element, compiler, options))})"


@compiles(Elapsed)
def _elapsed(element: Elapsed, compiler: SQLCompiler, **options: Any) -> str:
    later, earlier = _arguments(element, compiler, options)
    return f"CAST(extract(epoch from ({later} - {earlier})) * 1000000 AS bigint)"


@compiles(Elapsed, "sqlite")
def _elapsed_sqlite(element: Elapsed, compiler: SQLCompiler, **options: Any) -> str:
    return f"elapsed({', '.join(_arguments(element, compiler, options))})"


@compiles(TimeOfDay)
def _time_of_day(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, options)
    return f"CAST(extract(epoch from CAST({moment} AS time)) * 1000000 AS bigint)"


@compiles(TimeOfDay, "sqlite")
def _time_of_day_sqlite(element: TimeOfDay, compiler: SQLCompiler, **options: Any) -> str:
    (moment,) = _arguments(element, compiler, options)
    return f"elapsed({moment}, date({moment}))"


@compiles(Characters)
def _characters(element: Characters, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _arguments(element, compiler, options)
    beyond = f"regexp_replace({text}, '[^\\U00010000-\\U0010FFFF]', '', 'g')"
    return f"(char_length({text}) + char_length({beyond}))"


@compiles(Characters, "sqlite")
def _characters_sqlite(element: Characters, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _arguments(element, compiler, options)
    return f"characters({text})"


@compiles(Stripped)
def _stripped(element: Stripped, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _arguments(element, compiler, options)
    return f"trim({text})"


@compiles(Stripped, "sqlite")
def _stripped_sqlite(element: Stripped, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _arguments(element, compiler, options)
    return f"stripped({text})"


@compiles(Substring)
def _substring(element: Substring, compiler: SQLCompiler, **options: Any) -> str:
    text, start, *length = _arguments(element, compiler, options)
    # Databases read negative numbers in ways of their own.
    count = "".join(f" for greatest({one}, 0)" for one in length)
    return f"substring({text} from greatest({start}, 0) + 1{count})"


@compiles(Substring, "sqlite")
def _substring_sqlite(element: Substring, compiler: SQLCompiler, **options: Any) -> str:
    return f"part_of({', '.join(_arguments(element, compiler, options))})"


@compiles(Whole)
def _whole(element: Whole, compiler: SQLCompiler, **options: Any) -> str:
    (number,) = _arguments(element, compiler, options)
    return f"trunc({number})"


def _shift(moment: str, microseconds: int) -> str:
    later = datetime.fromisoformat(moment) + timedelta(microseconds=microseconds)
    return later.isoformat(" ", "microseconds")


def _elapse(later: str, earlier: str) -> int:
    span = datetime.fromisoformat(later) - datetime.fromisoformat(earlier)
    return span // timedelta(microseconds=1)


def _trunc(number: float) -> float:
    return float(int(number))


# SQLite's own functions know the case of ASCII letters only and stop at a NUL; `floor` and its like
# are not built in everywhere.
SQLITE_FUNCTIONS: dict[tuple[str, int], Callable[..., Any]] = {
    ("lower", 1): str.lower,
    ("upper", 1): str.upper,
    ("stripped", 1): str.strip,
    ("characters", 1): text_length,
    ("index_of", 2): index_of,
    ("ends_with", 2): str.endswith,
    ("part_of", 2): substring,
    ("part_of", 3): substring,
    ("floor", 1): floor,
    ("ceil", 1): ceiling,
    ("trunc", 1): _trunc,
    ("shifted", 2): _shift,
    ("elapsed", 2): _elapse,
}
"""The functions that SQLite gets, by name and number of arguments; arguments are never null."""


def _arguments(element: GenericFunction[Any], compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    return [compiler.process(argument, **options) for argument in element.clauses]
