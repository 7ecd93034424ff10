"""Check texts that are rarer than those of which `microsoft_verdicts.jsonl` holds Microsoft's own verdicts.

`rare_texts.jsonl` holds what the same rules say of them (assumed: they were not run on Microsoft's parsers).
A line is the list, the text, how it is written again in the dialect of the newest generation that reads it
(null if it can't be), and the verdicts of v3, v4 5.x and v4 7.x, shortened as in the other file.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from signtraker.query import ODataError
from signtraker.query.cost import node_count
from signtraker.query.errors import ServerError
from signtraker.query.parsing.parse import bind_filter
from signtraker.query.parsing.select import read_select
from signtraker.query.rendering import render

if TYPE_CHECKING:
    from signtraker.query.nodes import Node
    from signtraker.query.schema import ODataVersion, ServerVersion

GENERATIONS: Final[tuple[ServerVersion, ...]] = ("v3", "v4-5", "v4-7")


def read(entity: str, text: str, generation: ServerVersion) -> tuple[Node | None, int | str | None]:
    """Return the tree, and the number of nodes, the refusal or None for another failure of the server."""
    try:
        bound = bind_filter(text, entity, version=generation)
    except ServerError:
        return None, None
    except ODataError as error:
        return None, error.message
    return bound.node, bound.count


def written(entity: str, node: Node, dialect: ODataVersion) -> str | None:
    try:
        return render(node, entity, dialect)
    except ODataError:
        return None


def test_rare_texts_are_read_counted_refused_and_written_as_before() -> None:
    lines = Path(__file__).with_name("rare_texts.jsonl").read_text("utf-8").splitlines()
    assert len(lines) > 400
    for entity, text, again, *said in map(json.loads, lines):
        every = said + said[-1:] * (len(GENERATIONS) - len(said))
        expected = [one.replace("<text>", text) if isinstance(one, str) else one for one in every]
        found = [read(entity, text, generation) for generation in GENERATIONS]
        assert [verdict for _, verdict in found] == expected, text
        nodes = [(node, at) for at, (node, _) in enumerate(found) if node is not None]
        for node, at in nodes[-1:]:
            generation = GENERATIONS[at]
            dialect: ODataVersion = "v3" if generation == "v3" else "v4"
            assert written(entity, node, dialect) == again, text
            if again is not None and "NaN" not in again:
                assert read(entity, again, generation) == (node, node_count(node, entity, dialect)), text


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("Id,Status", ["Id", "Status"]),
        ("Id,", ["Id"]),
        ("*", ["*"]),
        ("JobSite/City,JobSite/*", ["JobSite/City", "JobSite/*"]),
        ("Id Status", "Syntax error at position 9 in 'Id Status'."),
        ("Id,$count", "Found system token '$count' in select or expand clause 'Id,$count'."),
        ("5", "An identifier was expected at position 0."),
        ("Id,,Status", "An identifier was expected at position 3."),
        ("Id/", "An identifier was expected at position 3."),
    ],
)
def test_a_select_is_read_by_the_server_s_grammar(text: str, paths: list[str] | str) -> None:
    try:
        found: list[str] | str = read_select(text, "v4")
    except ODataError as error:
        found = error.message
    assert found == paths
