"""Check that texts are parsed, counted and refused as by Microsoft's parsers of each generation.

`microsoft_verdicts.jsonl` holds what those parsers said (ran): a line is the list, the text, and for v3,
v4 5.x and v4 7.x the number of nodes, the error sentence (`<text>` stands for the text), or null where the
parser failed with another exception. A generation at the end of a line that says what the one before said is
left out.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

import pytest

from signtraker.query import ODataError
from signtraker.query.errors import ServerError
from signtraker.query.parsing.parse import bind_filter

if TYPE_CHECKING:
    from signtraker.query.schema import ServerVersion

Verdict: TypeAlias = int | str | None
pytestmark = pytest.mark.slow
GENERATIONS: Final[tuple[ServerVersion, ...]] = ("v3", "v4-5", "v4-7")
SHARES: Final[dict[str, float]] = {"verdicts": 0.995, "nodes": 0.99, "sentences": 0.95}
"""What was agreed on for texts that are not among these."""
DIFFERENT: Final[dict[tuple[ServerVersion, str], str]] = {}
"""The texts that are judged differently here, each with the reason."""


class Text(NamedTuple):
    entity: str
    text: str
    verdicts: dict[ServerVersion, Verdict]


@cache
def texts() -> list[Text]:
    lines = Path(__file__).with_name("microsoft_verdicts.jsonl").read_text("utf-8").splitlines()
    found: list[Text] = []
    for line in lines:
        entity, text, *verdicts = json.loads(line)
        verdicts += verdicts[-1:] * (len(GENERATIONS) - len(verdicts))
        said = [one.replace("<text>", text) if isinstance(one, str) else one for one in verdicts]
        found.append(Text(entity, text, dict(zip(GENERATIONS, said, strict=True))))
    return found


@cache
def read(generation: ServerVersion) -> list[tuple[Text, Verdict]]:
    """Return each text with the verdict on it here."""
    return [(one, verdict(one, generation)) for one in texts()]


def verdict(one: Text, generation: ServerVersion) -> Verdict:
    try:
        return bind_filter(one.text, one.entity, version=generation).count
    except ServerError:
        return None
    except ODataError as error:
        return error.message


def agreements(generation: ServerVersion) -> dict[str, list[bool]]:
    """Return for each text, and for each that both sides count or refuse, whether both say the same."""
    found: dict[str, list[bool]] = {name: [] for name in SHARES}
    for one, here in read(generation):
        said = one.verdicts[generation]
        found["verdicts"].append(type(here) is type(said))
        if type(here) is type(said) is int:
            found["nodes"].append(here == said)
        elif type(here) is type(said) is str:
            found["sentences"].append(here == said)
    return found


@pytest.mark.parametrize("generation", GENERATIONS)
def test_the_agreed_share_of_texts_is_judged_as_by_microsoft(generation: ServerVersion) -> None:
    found = agreements(generation)
    assert len(found["verdicts"]) == 2165
    assert {name: sum(same) / len(same) >= SHARES[name] for name, same in found.items()} == dict.fromkeys(
        SHARES, True
    )


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_other_text_is_listed_with_its_reason(generation: ServerVersion) -> None:
    different = {one.text for one, here in read(generation) if here != one.verdicts[generation]}
    assert different == {text for known, text in DIFFERENT if known == generation}
    assert all(DIFFERENT.values())
