"""SQL functions whose spelling differs between databases, each with one meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Boolean, Date, Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

if TYPE_CHECKING:
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


class EndsWith(PortableFunction[bool]):
    """`EndsWith(haystack, needle)`: whether the one ends with the other."""

    type: TypeEngine[bool] = Boolean()


class Day(PortableFunction[Any]):
    """`Day(moment)`: its date in UTC."""

    type: TypeEngine[Any] = Date()


class Characters(PortableFunction[int]):
    """`Characters(text)`: its length."""

    type: TypeEngine[int] = Integer()


class Stripped(PortableFunction[str]):
    """`Stripped(text)`: without white space at its ends."""

    type: TypeEngine[str] = Text()


class Substring(PortableFunction[str]):
    """`Substring(text, start, length)`: counted from 0; what lies outside the text is empty."""

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


@compiles(Characters)
def _characters(element: Characters, compiler: SQLCompiler, **options: Any) -> str:
    (text,) = _arguments(element, compiler, options)
    return f"char_length({text})"


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


def _arguments(element: GenericFunction[Any], compiler: SQLCompiler, options: dict[str, Any]) -> list[str]:
    return [compiler.process(argument, **options) for argument in element.clauses]
