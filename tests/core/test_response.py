"""Check how responses become models, and what is kept of one that can't be read."""

from __future__ import annotations

import json

import pytest

from signtraker import NotSelectedError, Order, UnreadableResponseError
from signtraker._core.response import ReadList, ReadNothing


def rows(*ids: object) -> bytes:
    return json.dumps([{"Id": one, "Status": "Draft"} for one in ids]).encode()


def test_an_error_shows_five_mistakes_and_counts_the_others() -> None:
    with pytest.raises(UnreadableResponseError) as caught:
        ReadList(Order)(rows(*["x"] * 5))
    assert "more" not in str(caught.value)
    with pytest.raises(UnreadableResponseError, match=r"\[4\]\.Id: [^;]*; and 2 more$") as caught:
        ReadList(Order)(rows(*["x"] * 7, 8))
    assert len(caught.value.problems) == 7
    assert [one.id for one in caught.value.partial if isinstance(one, Order)] == [8]


def test_a_field_that_is_missing_is_none_unless_the_call_selected_fields() -> None:
    assert ReadList(Order)(rows(5))[0].notes is None
    selected = ReadList(Order, "Id,Status")(rows(5))[0]
    assert selected.status == "Draft"
    with pytest.raises(NotSelectedError):
        _ = selected.notes


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b" <html>", "it is a page, not JSON"),
        (b"{}", "is no JSON array"),
        (b"[", "is no JSON: "),
        (b"[5]", r"\[0\]: "),
    ],
)
def test_a_list_that_is_none_is_refused_with_the_reason(body: bytes, reason: str) -> None:
    for select in ("Id", None):
        with pytest.raises(
            UnreadableResponseError, match=f"^The response can't be read as Order: .*{reason}"
        ):
            ReadList(Order, select)(body)


def test_a_body_that_says_nothing_is_json_or_blank() -> None:
    for body in (b"", b" ", b"{}", b"null"):
        ReadNothing()(body)
    with pytest.raises(UnreadableResponseError, match="can't be read as nothing: is no JSON"):
        ReadNothing()(b"Success")
