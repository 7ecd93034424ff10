"""SQL functions whose spelling differs between databases, each with one meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Date, Integer, Text
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

if TYPE_CHECKING:
    from sqlalchemy.sql.compiler import SQLCompiler


class Position(GenericFunction[int]):
    """`Position(haystack, needle)`: where the needle begins, from 1, or 0; letters' case counts."""

    type = Integer()
    inherit_cache = True


class EndsWith(GenericFunction[bool]):
    """`EndsWith(haystack, needle)`: whether the one ends with the other."""

    type = Boolean()
    inherit_cache = True


class Day(GenericFunction[Any]):
    """`Day(moment)`: its date in UTC."""

    type = Date()
    inherit_cache = True


class Characters(GenericFunction[int]):
    """`Characters(text)`: its length."""

    type = Integer()
    inherit_cache = True


class Stripped(GenericFunction[str]):
    """`Stripped(text)`: without white space at its ends."""

    type = Text()
    inherit_cache = True


class Substring(GenericFunction[str]):
    """`Substring(text, start, length)`: counted from 0; what lies outside the text is empty."""

    type = Text()
    inherit_cache = True


class Whole(GenericFunction[Any]):
    """`Whole(number)`: towards zero."""

    inherit_cache = True


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
