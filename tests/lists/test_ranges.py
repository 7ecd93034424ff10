"""Check the ranges that are read side by side: no row comes twice or goes missing, whatever the ids are."""

from __future__ import annotations

from bisect import bisect_right, insort

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import same_each_time

from signtraker._lists.ranges import IdRange, Ranges, State

HIGHEST = 2**63 - 1
IDS = st.one_of(
    st.lists(st.integers(1, 60), unique=True),
    st.lists(st.integers(1, HIGHEST), unique=True),
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(1, 20)).map(lambda one: one[0] * 10**9 + one[1]), unique=True
    ),
    st.integers(0, 90).map(lambda count: list(range(1, count + 1))),
)


class Reader:
    """Reads a list as the drivers do, with pages that come in any order."""

    def __init__(self, ids: list[int], page_size: int, shorter: int = 0) -> None:
        self.ids = sorted(ids)
        self.stayed = set(ids)
        self.ranges = Ranges(IdRange(), page_size, HIGHEST)
        self.size = max(1, page_size - shorter)
        self.kept: dict[IdRange, list[int]] = {}
        self.found: list[int] = []
        self.requests = 0

    def read(self, concurrency: int, data: st.DataObject | None = None) -> list[int]:
        """Read to the end; the data decides which page comes next, and what happens to the list meanwhile."""
        under_way: list[IdRange] = []
        while (first := self.ranges.first) is not None:
            if first.state is State.READ:
                self.found += self.kept.pop(first)
                self.ranges.drop_first()
                continue
            self.forget(data)
            while len(under_way) < concurrency and (one := self.ranges.next_to_read()) is not None:
                under_way.append(one)
                self.requests += 1
            at = 0 if data is None else data.draw(st.integers(0, len(under_way) - 1))
            self.receive(under_way.pop(at), data)
        return self.found

    def forget(self, data: st.DataObject | None) -> None:
        """Let a range that was read be read again, at times."""
        if data is not None and self.kept and data.draw(st.booleans()):
            one = data.draw(st.sampled_from(list(self.kept)))
            if one in self.ranges:
                del self.kept[one]
                self.ranges.put_back(one)

    def receive(self, one: IdRange, data: st.DataObject | None) -> None:
        """Answer one range with its page, with an interruption, or with rows that came or went."""
        event = "page" if data is None else data.draw(st.sampled_from(["page", "page", "429", "new", "gone"]))
        if one not in self.ranges:
            return
        if event == "429":
            self.ranges.put_back(one)
            return
        if data is not None and event == "new" and (new := data.draw(st.integers(1, 70))) not in self.ids:
            insort(self.ids, new)
        if data is not None and event == "gone" and self.ids:
            self.stayed.discard(self.ids.pop(data.draw(st.integers(0, len(self.ids) - 1))))
        begin = 0 if one.after is None else bisect_right(self.ids, one.after)
        page = self.ids[begin : begin + self.size]
        self.kept[one] = page[: self.ranges.received(one, page)]


@same_each_time(60)
@given(IDS, st.integers(1, 9), st.integers(0, 3), st.integers(1, 6), st.data())
def test_every_row_that_was_there_all_the_time_comes_once_and_in_order(
    ids: list[int], page_size: int, shorter: int, concurrency: int, data: st.DataObject
) -> None:
    reader = Reader(ids, page_size, shorter)
    found = reader.read(concurrency, data)
    assert found == sorted(set(found))
    assert reader.stayed <= set(found)


@pytest.mark.parametrize(
    ("ids", "most"),
    [
        (range(1, 10_001), 108),
        (range(7, 100_000, 10), 120),
        ([one * one for one in range(1, 10_001)], 156),
        ([*range(1, 5_001), *range(10_000_000, 10_005_000)], 116),
        ([base * 10**6 + one for base in range(200) for one in range(50)], 216),
        (range(1, 251), 11),
        (range(1, 38), 2),
    ],
    ids=[
        "dense",
        "even",
        "sparser and sparser",
        "one gap",
        "clusters of 50",
        "three pages",
        "one short page",
    ],
)
def test_guesses_cost_few_requests(ids: list[int], most: int) -> None:
    reader = Reader(list(ids), page_size=100)
    assert reader.read(concurrency=8) == list(ids)
    assert reader.requests <= most


def test_nothing_is_read_beyond_a_page_that_failed_until_the_ranges_before_it_are_read() -> None:
    ranges = Ranges(IdRange(), 2, HIGHEST)
    first = ranges.next_to_read()
    assert first is not None
    assert ranges.received(first, [1, 2]) == 2
    second, third = ranges.next_to_read(), ranges.next_to_read()
    assert second is not None
    assert third is not None
    ranges.fail(third)
    assert ranges.next_to_read() is None
    ranges.put_back(second)
    assert ranges.next_to_read() is second


def test_no_page_is_asked_for_beyond_the_highest_id() -> None:
    ranges = Ranges(IdRange(), 2, highest=6)
    first = ranges.next_to_read()
    assert first is not None
    ranges.received(first, [1, 2])
    begins: list[int | None] = []
    while (one := ranges.next_to_read()) is not None:
        begins.append(one.after)
    assert begins == [2, 4]
