"""Check the error of the SDK for each fault, of a read and of a write, without retries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from signtraker import (
    APIStatusError,
    AuthenticationError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ServerError,
    SignTrakerClient,
    SignTrakerError,
    UnconfirmedWriteError,
    UnreadableResponseError,
    ValidationError,
)
from signtraker.sandbox import Sandbox
from signtraker.sandbox.faults.parse import parse_rule

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def shared() -> Iterator[Sandbox]:
    with Sandbox(orders=5) as running:
        yield running


@pytest.fixture
def client(shared: Sandbox) -> Iterator[SignTrakerClient]:
    shared.reset()
    with _new_client(shared) as client:
        yield client


def _new_client(sandbox: Sandbox, rule: str = "") -> SignTrakerClient:
    """Return a client with a connection of its own, which waits for less than the rule's delay."""
    patience = 0.2 if "delay" in rule else 30
    return SignTrakerClient(sandbox.api_key, sandbox.url, max_retries=0, timeout_seconds=patience)


FAULTS: list[tuple[str, type[SignTrakerError] | None, type[SignTrakerError] | None]] = [
    ("status=400", ValidationError, ValidationError),
    ("status=401", AuthenticationError, AuthenticationError),
    ("status=403", AuthenticationError, AuthenticationError),
    ("status=404", NotFoundError, NotFoundError),
    ("status=409", APIStatusError, APIStatusError),
    ("status=429 retry_after=1", RateLimitError, RateLimitError),
    ("status=500", ServerError, UnconfirmedWriteError),
    ("status=503 retry_after=1", ServerError, UnconfirmedWriteError),
    ("status=500 after_work", ServerError, UnconfirmedWriteError),
    ("delay_before=3600", NetworkError, UnconfirmedWriteError),
    ("delay_after=3600", NetworkError, UnconfirmedWriteError),
    ("reset=before_work", NetworkError, UnconfirmedWriteError),
    ("reset=before_answer", NetworkError, UnconfirmedWriteError),
    ("reset=during_answer", UnreadableResponseError, UnreadableResponseError),
    ("reset=after_answer", None, None),
    ("body=cut", UnreadableResponseError, UnreadableResponseError),
    ("body=garbled", UnreadableResponseError, UnreadableResponseError),
    ("body=html", UnreadableResponseError, UnreadableResponseError),
    ("body=html status=502", ServerError, UnconfirmedWriteError),
    ("body=empty", UnreadableResponseError, UnreadableResponseError),
    ("body=wrong_types", UnreadableResponseError, UnreadableResponseError),
    ("body=extra_fields", None, None),
    ("body=unknown_enum", None, None),
    ("trickle=0", None, None),
]


@pytest.mark.parametrize(("rule", "read", "write"), FAULTS, ids=[rule for rule, _, _ in FAULTS])
def test_a_fault_is_the_right_error_of_a_read_and_of_a_write(
    shared: Sandbox,
    rule: str,
    read: type[SignTrakerError] | None,
    write: type[SignTrakerError] | None,
) -> None:
    shared.reset()
    assert _is(_error_of_a_read(shared, rule), read)
    shared.reset()
    shared.faults.add(parse_rule(rule))
    seen: type[SignTrakerError] | None = None
    outcome = "happened"
    try:
        with _new_client(shared, rule) as client:
            client.orders.create_order(agent_id=1, preset_id=1)
    except SignTrakerError as error:
        seen, outcome = type(error), error.outcome
    assert _is(seen, write)
    done = len(shared.ledger)
    assert outcome in ({"happened", "may_have_happened"} if done else {"did_not_happen", "may_have_happened"})


def _is(seen: type[SignTrakerError] | None, wanted: type[SignTrakerError] | None) -> bool:
    return seen is None if wanted is None else seen is not None and issubclass(seen, wanted)


def _error_of_a_read(shared: Sandbox, rule: str) -> type[SignTrakerError] | None:
    shared.faults.add(parse_rule(rule))
    try:
        with _new_client(shared, rule) as client:
            client.orders.get_order(1001)
    except SignTrakerError as error:
        while not shared.requests:  # The client may have given up before the server saw it.
            pass
        assert len(shared.requests) == 1
        assert shared.requests[0].fault is not None
        return type(error)
    return None


def test_fields_of_a_later_version_are_kept(shared: Sandbox, client: SignTrakerClient) -> None:
    shared.faults.add(body="extra_fields")
    order = client.orders.get_order(1001)
    assert (order.model_extra or {})["Introduced"] == "later"
    shared.faults.add(body="unknown_enum")
    assert client.orders.get_order(1001).status == "SomethingNew"


def test_the_error_has_the_retry_after_of_the_response(shared: Sandbox, client: SignTrakerClient) -> None:
    shared.faults.add(status=429, retry_after=7)
    with pytest.raises(RateLimitError) as caught:
        client.orders.list_orders()
    assert caught.value.retry_after_seconds == 7
