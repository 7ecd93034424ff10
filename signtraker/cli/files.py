"""Read the files that a command is given: one payload as JSON or YAML, or rows as CSV or a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from signtraker.cli.errors import CommandError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from yaml import MappingNode, SafeLoader

_DELIMITERS: Final = ",;\t"
_SPREADSHEETS: Final = frozenset({".xlsx", ".xlsm"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """The rows of a file, without those that are empty."""

    headings: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    numbers: tuple[int, ...]
    """The number of each row as a spreadsheet shows it."""


def read_payload(path: Path) -> dict[str, Any]:
    """Read one JSON or YAML object from a file, or from stdin for `-`. Raises `CommandError`."""
    text = _text(path)
    name = "stdin" if _is_stdin(path) else str(path)
    is_json = path.suffix.lower() == ".json" or text.lstrip().startswith("{")
    read = _json(text, name) if is_json else _yaml(text, name)
    if not isinstance(read, dict):
        raise CommandError(f"{name} must hold one object with the fields of the request.")
    wrong = next((key for key in cast("dict[object, Any]", read) if not isinstance(key, str)), "")
    if not isinstance(wrong, str):
        raise CommandError(f"{name}: {wrong!r} is no name of a field.")
    return cast("dict[str, Any]", read)


def _json(text: str, name: str) -> object:
    try:
        return json.loads(text, object_pairs_hook=_once)
    except ValueError as error:
        raise CommandError(f"{name} is no JSON: {error}.") from None
    except RecursionError:
        raise CommandError(f"{name} is no request: it is nested too deeply.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these pairs; raises ValueError for a name that comes twice, which JSON allows."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"{key!r} is there twice; keep one")
        found[key] = value
    return found


def _yaml(text: str, name: str) -> object:
    import yaml

    try:
        return yaml.load(text, Loader=_text_loader(yaml.SafeLoader))  # noqa: S506 - it is a safe loader
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f", line {error.problem_mark.line + 1}"
        raise CommandError(f"{name}{line} is no YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise CommandError(f"{name} is no YAML: {' '.join(str(error).split())}.") from None
    except RecursionError:
        raise CommandError(f"{name} is no request: it is nested too deeply.") from None


def _text_loader(loader: type[SafeLoader]) -> type[SafeLoader]:
    """Return a loader that reads every value but null as text: a zip code keeps its zeros.

    It refuses a key that comes twice, of which PyYAML takes the last one.
    """
    from yaml.constructor import ConstructorError

    def construct_mapping(self: SafeLoader, node: MappingNode, *, deep: bool = False) -> dict[Any, Any]:
        keys = [key for key, _ in node.value if isinstance(key.value, str)]
        texts = [key.value for key in keys]
        twice = next((key for place, key in enumerate(keys) if key.value in texts[:place]), None)
        if twice is not None:
            raise ConstructorError(
                problem=f"{twice.value!r} is there twice; keep one", problem_mark=twice.start_mark
            )
        return loader.construct_mapping(self, node, deep=deep)

    resolvers = {
        first: [(tag, pattern) for tag, pattern in known if tag.endswith(":null")]
        for first, known in loader.yaml_implicit_resolvers.items()
    }
    own = {"yaml_implicit_resolvers": resolvers, "construct_mapping": construct_mapping}
    return type("TextLoader", (loader,), own)


def read_sheet(path: Path, sheet: str | None = None) -> Sheet:
    """Read the rows of a CSV file or a spreadsheet; `-` is CSV from stdin. Raises `CommandError`."""
    if path.suffix.lower() in _SPREADSHEETS:
        return make_sheet(path.name, _spreadsheet(path, sheet))
    if sheet is not None:
        raise UsageError(f"--sheet is for spreadsheets, and {path} is none.")
    text = _text(path)
    first = text.partition("\n")[0]
    # A spreadsheet program writes semicolons where the comma is the decimal sign.
    delimiter = max(_DELIMITERS, key=first.count)
    try:
        return make_sheet(
            path.name, csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
        )
    except csv.Error as error:
        raise CommandError(f"{path} is no CSV: {error}.") from None


def make_sheet(name: str, cells: Iterable[Sequence[Any]]) -> Sheet:
    """Return the rows below the line of headings, by these headings. Pure.

    Raises `CommandError` for headings that are missing or double.
    """
    lines = iter(cells)
    headings = tuple(str(one if one is not None else "").strip() for one in next(lines, ()))
    while headings and not headings[-1]:
        headings = headings[:-1]
    if not headings:
        raise CommandError(f"{name} is empty; its first row must hold the headings.")
    if "" in headings:
        raise CommandError(f"{name}: column {headings.index('') + 1} has no heading in row 1.")
    twice = next((one for one in headings if headings.count(one) > 1), None)
    if twice is not None:
        raise CommandError(f"{name}: two columns have the heading {twice!r}; rename one of them.")
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    for number, line in enumerate(lines, 2):
        if all(_is_empty(one) for one in line):
            continue
        if any(not _is_empty(one) for one in line[len(headings) :]):
            raise CommandError(f"{name}: row {number} has more cells than there are headings.")
        full = [*line, *[None] * (len(headings) - len(line))]
        rows.append(dict(zip(headings, full, strict=False)))
        numbers.append(number)
    return Sheet(headings, tuple(rows), tuple(numbers))


def _is_empty(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _spreadsheet(path: Path, sheet: str | None) -> list[Sequence[Any]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(path, read_only=True, data_only=True)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None
    except (BadZipFile, InvalidFileException, KeyError):
        raise CommandError(f"{path} is no spreadsheet of the kind .xlsx.") from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            raise UsageError(f"--sheet {sheet}: the sheets of {path} are {', '.join(book.sheetnames)}.")
        table = book[sheet or book.sheetnames[0]]
        return [tuple(row) for row in table.iter_rows(values_only=True)]
    finally:
        book.close()


def _text(path: Path) -> str:
    try:
        data = sys.stdin.buffer.read() if _is_stdin(path) else path.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CommandError(
            f"{path} is not UTF-8; save it as UTF-8, which spreadsheets call `CSV UTF-8`."
        ) from None


def _is_stdin(path: Path) -> bool:
    return str(path) == "-"


def column_fields(
    headings: Sequence[str], fields: Sequence[str], synonyms: Mapping[str, str], given: Mapping[str, str]
) -> tuple[dict[str, str], list[str]]:
    """Return the field of each heading, and the headings that name none. Pure.

    Case, blanks and punctuation of a heading don't matter: `Street Name`, `street_name` and `StreetName` are
    the same. A heading that `given` names has the field that it says.
    """
    known = {_plain(name): field for name, field in synonyms.items()} | {_plain(one): one for one in fields}
    found: dict[str, str] = {}
    unknown: list[str] = []
    for heading in headings:
        field = given.get(heading) or known.get(_plain(heading))
        if field is None:
            unknown.append(heading)
        else:
            found[heading] = field
    return found, unknown


def _plain(text: str) -> str:
    return "".join(one for one in text.lower() if one.isalnum())
