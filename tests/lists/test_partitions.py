"""Check that the partitions of a list hold each record once, wherever and whenever they are read."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import Partition, Q, SignTrakerClient, ValidationError
from signtraker._lists.partition import split_ids
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.once


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Yield one for these tests alone: they count requests, and other tests may leave some under way."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def server(signtraker_sandbox: Sandbox) -> Sandbox:
    return signtraker_sandbox


def read_anywhere(server: Sandbox, partitions: tuple[Partition, ...], **options: Any) -> Iterator[int]:
    """Read each partition with a client that is made for it, after a journey as bytes."""
    for partition in pickle.loads(pickle.dumps(partitions)):  # noqa: S301 - the test's own
        with SignTrakerClient(server.api_key, server.url) as client:
            for order in client.orders.iter_orders(partition=partition, **options):
                yield order.id


# Splitting


@pytest.mark.parametrize(
    ("n", "lowest", "highest", "cuts"),
    [
        (1, 5, 9, []),
        (2, 1, 10, [5]),
        (4, 1, 10, [2, 5, 7]),
        (9, 5, 7, [5, 6]),
        (3, 7, 7, []),
        (2, 2**63 - 3, 2**63 - 1, [2**63 - 3]),
        (3, -4, 4, [-2, 1]),
        (3, 9, 4, []),
    ],
)
def test_ids_are_divided_evenly_into_ranges_that_leave_nothing_out(
    n: int, lowest: int, highest: int, cuts: list[int]
) -> None:
    partitions = split_ids(n, lowest, highest)
    assert [one.until for one in partitions] == [*cuts, None]
    assert [one.after for one in partitions] == [None, *cuts]


def test_a_partition_is_a_value() -> None:
    partition = Partition(after=5, until=9)
    assert partition == Partition(5, 9)
    assert hash(partition) == hash(Partition(5, 9))
    assert repr(partition) == "Partition(after=5, until=9)"
    with pytest.raises(AttributeError):
        partition.until = 10  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]  # the test


@pytest.mark.parametrize(
    ("bounds", "message"),
    [
        ({"after": "5"}, "after: must be an id or None, not '5'"),
        ({"until": True}, "until: must be an id or None, not True"),
        ({"until": 2**63}, "until: must be an id or None, not 9223372036854775808"),
        ({"after": 5, "until": 5}, "until: must be greater than after, 5, not 5"),
    ],
)
def test_wrong_bounds_are_refused(bounds: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=r"^Not a partition: ") as caught:
        Partition(**bounds)
    assert message in str(caught.value)


# Reading


def test_together_the_partitions_are_the_list(either: SignTrakerClient, sandbox: Sandbox) -> None:
    whole = [one.id for one in either.orders.iter_orders(page_size=1000)]
    before = len(sandbox.requests)
    partitions = either.orders.partitions(3)
    assert len(sandbox.requests) - before == 2
    assert len(partitions) == 3
    assert list(read_anywhere(sandbox, partitions, page_size=1000)) == whole


@pytest.mark.parametrize(
    "options",
    [
        {"filter": Q.status == "Draft"},
        {"filter": "Status eq 'Draft' or Status eq 'Designing'", "select": Q.status},
        {"filter": Q.id.in_(range(1000, 1200, 2))},
        {"filter": Q.status != "Draft", "concurrency": 3, "page_size": 50},
    ],
    ids=["Q", "text", "a filter too long for one request", "concurrency"],
)
def test_a_filter_goes_with_the_partitions(client: SignTrakerClient, sandbox: Sandbox, options: Any) -> None:
    whole = [one.id for one in client.orders.iter_orders(filter=options["filter"])]
    partitions = client.orders.partitions(2, filter=options["filter"])
    assert len(whole) > 20
    assert len(partitions) == 2
    assert list(read_anywhere(sandbox, partitions, **options)) == whole


def test_a_partition_can_be_read_backwards(client: SignTrakerClient) -> None:
    partition = Partition(after=1010, until=1020)
    found = client.orders.iter_orders(partition=partition, orderby=Q.id.desc(), page_size=4)
    assert [one.id for one in found] == list(range(1020, 1010, -1))


@pytest.mark.parametrize("orderby", ["Id", "Id desc"])
def test_pages_read_side_by_side_stay_within_the_partition(
    client: SignTrakerClient, sandbox: Sandbox, orderby: str
) -> None:
    before = len(sandbox.requests)
    partition = Partition(after=1050, until=1150)
    ids = {"Id": list(range(1051, 1151)), "Id desc": list(range(1150, 1050, -1))}[orderby]
    found = client.orders.iter_orders(partition=partition, orderby=orderby, page_size=20, concurrency=4)
    assert [one.id for one in found] == ids
    assert len(sandbox.requests) - before == 5


def test_a_record_created_meanwhile_is_in_the_last_partition(
    client: SignTrakerClient, sandbox: Sandbox
) -> None:
    partitions = client.orders.partitions(2)
    new = sandbox.orders.add(agent_id=1, notes="after the split").id
    found = [list(read_anywhere(sandbox, (one,), page_size=1000)) for one in partitions]
    assert [new in ids for ids in found] == [False, True]
    assert len(found[0]) + len(found[1]) == len({*found[0], *found[1]}) == len(sandbox.orders)


def test_every_list_has_partitions(client: SignTrakerClient) -> None:
    lists: list[tuple[Any, Callable[..., Any]]] = [
        (client.agents, client.agents.iter_agents),
        (client.change_orders, client.change_orders.iter_change_orders),
        (client.credits, client.credits.iter_awards),
        (client.enterprises, client.enterprises.iter_enterprises),
        (client.offices, client.offices.iter_offices),
        (client.order_presets, client.order_presets.iter_order_presets),
        (client.services, client.services.iter_services),
    ]
    for resource, iterate in lists:
        partitions = resource.partitions(2)
        found = [[one.id for one in iterate(partition=part)] for part in partitions]
        assert len(found) == 2
        assert all(found)
        assert [*found[0], *found[1]] == [one.id for one in iterate()]


def test_the_parameters_of_an_endpoint_go_with_the_partitions(client: SignTrakerClient) -> None:
    one, other = (
        [office.id for office in client.offices.iter_offices(enterprise_id=enterprise.id)]
        for enterprise in client.enterprises.list_enterprises(top=2)
    )
    [first, second] = client.offices.partitions(2, enterprise_id=1)
    assert first.until == second.after
    assert one
    assert one != other
    assert one[0] <= (first.until or 0) < one[-1]


def test_an_empty_list_has_one_partition_without_bounds(either: SignTrakerClient, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    assert either.orders.partitions(8, filter=Q.id < 0) == (Partition(),)
    assert len(sandbox.requests) - before == 1


# Mistakes


@pytest.mark.parametrize("n", [0, -1, 100_001, 2.0, "8", True, None])
def test_a_number_of_partitions_that_makes_no_sense_is_refused(either: SignTrakerClient, n: Any) -> None:
    with pytest.raises(ValidationError, match=r"n: must be a whole number from 1 to 100000, not "):
        either.orders.partitions(n)


def test_a_partition_needs_an_ordering_by_the_id(either: SignTrakerClient) -> None:
    with pytest.raises(ValidationError, match="partition: needs an ordering by the id"):
        either.orders.iter_orders(partition=Partition(after=1000), orderby=Q.created)


def test_another_value_is_no_partition(either: SignTrakerClient) -> None:
    iterate: Any = either.orders.iter_orders
    with pytest.raises(
        ValidationError, match=r"partition: must be one of those that partitions\(…\) returns"
    ):
        iterate(partition=(1000, 1100))
    with pytest.raises(ValidationError, match=r"filter: .*; partition: "):
        iterate(partition=3, filter=5)
