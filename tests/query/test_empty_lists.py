"""Check that a list which happens to be empty matches nothing, or everything, instead of failing."""

from __future__ import annotations

import itertools
import pickle
from enum import Enum
from typing import TYPE_CHECKING, Any, cast

import pytest

from signtraker import AgentQ, AwardQ, Filter, Order, Q, all_of, any_of
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker import SignTrakerClient

NO_FILTERS: list[Filter[Order]] = []
NO_IDS: list[int] = []
q = cast("Any", Q)


@pytest.mark.parametrize(
    ("made", "text", "rows"),
    [
        (Q.id.in_(NO_IDS), "false", 0),
        (Q.id.in_(NO_IDS, operator=True), "false", 0),
        (Q.id.not_in(NO_IDS), "true", 3),
        (any_of(NO_FILTERS), "false", 0),
        (all_of(NO_FILTERS), "true", 3),
        (Q.id.in_(NO_IDS) & (Q.id > 0), "false and Id gt 0", 0),
        (any_of(NO_FILTERS) | (Q.id > 0), "false or Id gt 0", 3),
        ((Q.id > 0) & all_of(NO_FILTERS), "Id gt 0 and true", 3),
        (~any_of(NO_FILTERS), "not false", 3),
        (
            any_of([Q.id.in_(NO_IDS), Q.status == "Draft"]) & (Q.id < 0),
            "(false or Status eq 'Draft') and Id lt 0",
            0,
        ),
    ],
)
def test_an_empty_list_is_written_as_a_constant_that_every_generation_reads(
    made: Filter[Order], text: str, rows: int, generations: dict[str, SignTrakerClient]
) -> None:
    assert str(made) == text
    for generation, client in generations.items():
        found = client.orders.list_orders(filter=made, top=3)
        assert (generation, len(found)) == (generation, rows)
        assert len(list(client.orders.iter_orders(filter=made, max_items=3))) == rows
        assert all(made.matches(one) for one in found)
    assert made.cost() >= 1


@pytest.fixture(scope="module")
def generations() -> Iterator[dict[str, SignTrakerClient]]:
    with Sandbox(server="v3") as v3, Sandbox(server="v4-5") as v4_5, Sandbox(server="v4-7") as v4_7:
        yield {
            "v3": v3.client.with_options(odata_version="v3"),
            "v4-5": v4_5.client,
            "v4-7": v4_7.client,
        }


def test_a_filter_that_names_no_field_fits_every_list_and_prints_as_its_code() -> None:
    nothing = any_of(NO_FILTERS)
    assert str(cast("Any", nothing) & (AgentQ.id == 1)) == "false and Id eq 1"
    assert repr(nothing) == "any_of([])"
    assert repr(~nothing & all_of(NO_FILTERS)) == "(~any_of([]) & all_of([]))"
    assert pickle.loads(pickle.dumps(nothing)) == nothing  # noqa: S301 - our own


def test_filters_on_two_lists_still_do_not_join() -> None:
    anything = cast("Any", any_of)
    with pytest.raises(TypeError, match="do not combine"):
        anything([any_of(NO_FILTERS), Q.id == 1, AwardQ.id == 1])


@pytest.mark.parametrize("endless", [itertools.count(1), itertools.repeat(7)])
def test_an_endless_list_of_values_stops_at_a_limit(endless: Iterator[int]) -> None:
    with pytest.raises(ValueError, match=r"Q\.id\.in_ takes at most 100,000 values: give a finite list"):
        Q.id.in_(endless)


class Failing:
    """A caller's own iterable that fails half-way."""

    def __iter__(self) -> Iterator[int]:
        yield 1
        raise LookupError("no more rows")


def test_an_exception_of_the_callers_own_iterable_comes_out_as_it_is() -> None:
    with pytest.raises(LookupError, match="no more rows"):
        Q.id.in_(Failing())


class Status(str, Enum):  # noqa: UP042 - what is tested; a StrEnum prints itself as its text
    """A text that prints itself as `Status.DRAFT`."""

    DRAFT = "Draft"


class Index:
    """An integer of another library, such as numpy's."""

    def __index__(self) -> int:
        return 7


class Float(float):
    """A float that prints itself otherwise, such as numpy's."""

    def __repr__(self) -> str:
        return f"np.float64({super().__repr__()})"


def test_a_subclass_of_a_plain_type_counts_as_what_it_holds(client: SignTrakerClient) -> None:
    assert str(Q.status == Status.DRAFT) == "Status eq 'Draft'"
    assert str(Q.status.in_([Status.DRAFT])) == "Status eq 'Draft'"
    assert str(q.id == Index()) == "Id eq 7"
    assert str(Q.job_site.latitude > Float(40.5)) == "JobSite/Latitude gt 40.5e0"
    with pytest.raises(TypeError, match=r"write Decimal\('12.5'\), not the float 12.5$"):
        _ = q.sales_order.order_total > Float(12.5)
    text = cast("Any", Enum("Text", {"FILTER": "Status eq 'Draft'"}, type=str)).FILTER
    listed = client.orders.list_orders(filter=text, top=5)
    walked = list(client.orders.iter_orders(filter=text, max_items=5))
    assert {one.status for one in [*listed, *walked]} == {"Draft"}


@pytest.mark.parametrize("wrong", ["7", True, 7.0, b"7"])
def test_what_is_no_integer_is_no_id(wrong: object, client: SignTrakerClient) -> None:
    with pytest.raises(TypeError, match="it must be an int, not"):
        _ = q.id == wrong
    with pytest.raises(ValueError, match=r"order_id: must be an int, not"):
        client.orders.get_order(cast("Any", wrong))


def test_an_integer_of_another_library_is_an_id(client: SignTrakerClient) -> None:
    [order] = client.orders.list_orders(top=1, orderby=Q.id)

    class Id:
        def __index__(self) -> int:
            return order.id

    assert client.orders.get_order(cast("Any", Id())).id == order.id
