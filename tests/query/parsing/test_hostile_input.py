"""Check that no text makes the parser slow or recurse too deeply."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import same_each_time

from signtraker.query import ODataError, Q, any_of
from signtraker.query.nodes import MAX_HEIGHT, Node, height
from signtraker.query.parsing.lexer import Lexer
from signtraker.query.parsing.parse import parse_filter, parse_orderby

if TYPE_CHECKING:
    from signtraker.query.schema import ServerVersion

pytestmark = pytest.mark.once

MANY: Final = 4_000
MEGABYTE: Final = 1_000_000
TOO_DEEP: Final = "Recursion depth exceeded allowed limit."
quiet: Final = same_each_time(150)
WORDS: Final = """( ) , / : ' '' - not and or eq ne in add null true Id Status JobSite/City
    contains( length( any( x: 5 5L 1.5 1.5M 4e1 9e999 'a' 2024-01-01 2024-01-01T00:00:00Z
    datetime'x' \x00 é ; $it $count @p . = [x] {x} in in( cast( Edm.String binary'é' duration'P1D'
    guid'x' 1e400 -INF 12:00 2024-01-01T0 0x5"""
pieces: Final = st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join)


def read(text: str, version: ServerVersion = "v4") -> Node | str:
    """Return the tree, or the refusal."""
    try:
        return parse_filter(text, "Order", version=version)
    except ODataError as error:
        return error.message


@pytest.mark.parametrize("count", [100, 101])
def test_a_hundred_parentheses_are_read_and_no_more(count: int) -> None:
    found = read("(" * count + "Id eq 1" + ")" * count)
    assert found == ((Q.id == 1).node if count == 100 else TOO_DEEP)


@pytest.mark.parametrize("count", [50, 51])
def test_fifty_nots_are_read_and_no_more(count: int) -> None:
    found = read("not (" * count + "Id eq 1" + ")" * count)
    assert (found == TOO_DEEP) is (count == 51)


@pytest.mark.parametrize("opening", ["Id eq 1 or (", "Id eq 1 and (", "Id eq 1 and Id eq 1 or ("])
def test_a_bracket_after_an_operator_weighs_more(opening: str) -> None:
    assert read(opening * 72 + "Id eq 1" + ")" * 72) != TOO_DEEP
    assert read(opening * 73 + "Id eq 1" + ")" * 73) == TOO_DEEP


def test_brackets_of_both_weights_are_added_up() -> None:
    opening = "Id eq 1 or (" * 3 + "(" * 95
    assert read(opening + "Id eq 1" + ")" * 98) != TOO_DEEP
    assert read(f"{opening}(" + "Id eq 1" + ")" * 99) == TOO_DEEP


@pytest.mark.parametrize(
    ("operand", "most"),
    [
        ("1", 126),
        ("Id", 126),
        ("@p", 126),
        ("$it/Id", 125),
        ("Agent/Id", 125),
        ("length(Status)", 125),
        ("length(Edm.String)", 125),
        ("-Id", 125),
        ("(1 add 1)", 125),
    ],
)
def test_a_tree_is_at_most_128_high(operand: str, most: int) -> None:
    assert read(operand + " add 1" * most + " eq 1") != TOO_DEEP
    assert read(operand + " add 1" * (most + 1) + " eq 1") == TOO_DEEP


@pytest.mark.parametrize(
    ("before", "after", "most"),
    [
        ("Restrictions/any(x:length(x)", " eq 1)", 124),
        ("true or Restrictions/any(x:length(x)", " eq 1)", 123),
        ("Restrictions/$count", " eq 1", 125),
        ("not (1", " eq 1)", 125),
        ("true or 1", " eq 1", 125),
        ("concat(Status,cast(1", ",'Edm.String')) eq 'x'", 124),
    ],
)
def test_a_tree_is_at_most_128_high_around_a_sum(before: str, after: str, most: int) -> None:
    for count, too_deep in ((most, False), (most + 1, True)):
        try:
            parse_filter(before + " add 1" * count + after, "Award" if "Restrictions" in before else "Order")
            refused = False
        except ODataError as error:
            refused = error.message == TOO_DEEP
        assert refused is too_deep


@pytest.mark.parametrize(
    "text",
    [
        "(" * MEGABYTE,
        "not " * MEGABYTE,
        "-" * MEGABYTE,
        "length(" * MEGABYTE,
        "1 add " * MEGABYTE + "1 eq 1",
        "Id eq 1 eq " * MEGABYTE + "1",
        "a or b and 1 eq 1 add 1 mul (" * MEGABYTE,
        "".join(f"Restrictions/any(x{number}:" for number in range(MEGABYTE // 10)),
    ],
    ids=lambda text: text[:12],
)
def test_deep_nesting_is_refused_however_it_is_made(text: str) -> None:
    assert read(text) == TOO_DEEP


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "'" * (MEGABYTE + 1),
        "9" * MEGABYTE,
        "a/" * (MEGABYTE // 2),
        " " * MEGABYTE,
        "a " * (MEGABYTE // 2),
        "\x00" * MEGABYTE,
    ],
    ids=lambda text: repr(text[:4]),
)
def test_a_megabyte_of_nonsense_is_refused_in_a_short_sentence(text: str) -> None:
    found = read(text)
    assert isinstance(found, str)
    assert len(found) < 5000


def test_a_megabyte_of_text_is_read() -> None:
    made = Q.notes == "'" * MEGABYTE
    assert Q.parse(str(made)) == made


@pytest.mark.slow
def test_thousands_of_clauses_are_written_read_and_matched() -> None:
    values = [f"s{number}" for number in range(MANY)]
    made = any_of([Q.status == value for value in values])
    assert Q.parse(str(made)) == made == Q.status.in_(values)
    assert made.cost() == 5 * MANY - 1
    assert made.height == 3
    assert (
        len(parse_orderby(",".join(f"length(Status) add {number}" for number in range(MANY)), "Order"))
        == MANY
    )


@pytest.mark.parametrize("count", [1000, 2000, 4000])
def test_the_lexer_looks_at_every_clause_equally_often(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0
    read_token = Lexer._read

    def counted(self: Lexer, start: int) -> object:
        nonlocal reads
        reads += 1
        return read_token(self, start)

    monkeypatch.setattr(Lexer, "_read", counted)
    parse_filter(" or ".join(["(Id eq 1)"] * count), "Order")
    assert reads == 6 * count


@quiet
@given(pieces, st.sampled_from(["v3", "v4", "v4-5", "v4-7"]))
def test_every_text_gives_a_tree_of_bounded_height_or_a_refusal(text: str, version: ServerVersion) -> None:
    found = read(text, version)
    assert isinstance(found, str) or height(found) <= MAX_HEIGHT


@quiet
@given(st.text(max_size=20))
def test_any_characters_at_all_are_read_or_refused(text: str) -> None:
    found = read(text)
    assert isinstance(found, str) or height(found) <= MAX_HEIGHT
