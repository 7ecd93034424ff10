"""Check that the records of a list also come in lists of a size, without one twice or missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from either_client import Flavour, open_client

from signtraker import ServerError, ValidationError
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker import SignTrakerClient
    from signtraker.exceptions import IterationProgress


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Yield one for these tests alone: they count requests, and other tests may leave some under way."""
    with Sandbox() as running:
        yield running


@pytest.mark.parametrize("concurrency", [1, 4])
@pytest.mark.parametrize("size", [7, 20, 1000])
def test_batches_are_the_records_in_lists_of_a_size(
    either: SignTrakerClient, size: int, concurrency: int
) -> None:
    plain = [one.id for one in either.orders.iter_orders(max_items=100)]
    records = either.orders.iter_orders(max_items=100, page_size=20, concurrency=concurrency)
    batches = [[one.id for one in batch] for batch in records.iter_batches(size=size)]
    assert [one for batch in batches for one in batch] == plain
    assert {len(batch) for batch in batches[:-1]} <= {size}
    assert 0 < len(batches[-1]) <= size


def test_no_page_is_read_that_a_batch_does_not_need(either: SignTrakerClient, sandbox: Sandbox) -> None:
    plain = [one.id for one in either.orders.iter_orders(max_items=16)]
    records = either.orders.iter_orders(page_size=10)
    before = len(sandbox.requests)
    batches = records.iter_batches(size=15)
    assert len(sandbox.requests) == before
    assert len(next(batches)) == 15
    assert len(sandbox.requests) - before == 2
    assert next(records).id == plain[15]


def test_an_empty_list_has_no_batch(either: SignTrakerClient) -> None:
    assert list(either.orders.iter_orders(filter="Id lt 0").iter_batches()) == []


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("concurrency", [1, 4])
def test_an_error_loses_no_record_of_the_batch_that_it_interrupts(
    signtraker_sandbox: Sandbox, flavour: Flavour, concurrency: int
) -> None:
    with open_client(flavour, signtraker_sandbox.api_key, signtraker_sandbox.url, max_retries=0) as client:
        plain = [one.id for one in client.orders.iter_orders(page_size=1000)]
        signtraker_sandbox.faults.add(path="/api/orders", status=503, nth=6)
        batches = client.orders.iter_orders(page_size=15, concurrency=concurrency).iter_batches(40)
        read: list[int] = []
        told: list[IterationProgress | None] = []
        while (batch := following(batches, told)) is not None:
            read += [one.id for one in batch]
    assert read == plain
    assert len(told) == 1
    assert told[0] is not None
    assert told[0].rows % 40 == 0
    assert told[0].last_id == plain[told[0].rows - 1]


def following(batches: Any, told: list[IterationProgress | None]) -> Any:
    """Return the next batch, after an error the one that follows; None at the end."""
    try:
        return next(batches, None)
    except ServerError as error:
        told.append(error.progress)
        return next(batches, None)


@pytest.mark.parametrize("size", [0, -5, 2.5, True])
def test_a_size_that_makes_no_sense_is_refused(either: SignTrakerClient, size: Any) -> None:
    with pytest.raises(ValidationError, match="size: must be a whole number from 1 to "):
        either.orders.iter_orders().iter_batches(size=size)
