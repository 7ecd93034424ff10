"""Respond to every method with bytes that Hypothesis generates: the result is a model or an error of the SDK.

`EXAMPLES=50 python -m pytest tests/core/test_fuzzed_responses.py` tries more than the quick run does.
"""

from __future__ import annotations

import gzip
import json
import logging
import pickle
from datetime import UTC, datetime
from inspect import getmembers
from typing import TYPE_CHECKING, Any, Final, cast

import pytest
from either_client import open_client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from raw_server import raw_server
from thoroughness import examples

from signtraker import CreatedCandidate, Partition, SignTrakerClient, SignTrakerError
from signtraker.models import ResponseModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from raw_server import Connection

EXAMPLES: Final = examples(100)
KEY: Final = "k3y-THAT-must-not/leak"
AGENT: Final[dict[str, Any]] = {
    "user_name": "ann@example.com",
    "email": "ann@example.com",
    "first_name": "Ann",
    "last_name": "Lee",
    "office": {"Id": 1},
    "cellular_phone": "+1 801 555 0100",
    "payment_mode": "Prepay",
}
CHANGE: Final[dict[str, Any]] = {"install_id": 5, "preset_id": 7, "override_price_limit": False}
ORDER: Final[dict[str, Any]] = {"agent_id": 1, "preset_id": 7}
READS: Final[dict[str, Callable[[Any], object]]] = {
    "agents.list_agents": lambda c: c.agents.list_agents(select="Id,Notes"),
    "agents.iter_agents": lambda c: list(c.agents.iter_agents(max_items=3)),
    "agents.get_agent": lambda c: c.agents.get_agent(5),
    "agents.partitions": lambda c: list(c.agents.partitions(3)),
    "change_orders.list_change_orders": lambda c: c.change_orders.list_change_orders(),
    "change_orders.iter_change_orders": lambda c: list(c.change_orders.iter_change_orders(max_items=3)),
    "change_orders.get_change_order": lambda c: c.change_orders.get_change_order(5),
    "change_orders.partitions": lambda c: list(c.change_orders.partitions(3)),
    "credits.list_awards": lambda c: c.credits.list_awards(),
    "credits.iter_awards": lambda c: list(c.credits.iter_awards(max_items=3)),
    "credits.partitions": lambda c: list(c.credits.partitions(3)),
    "enterprises.list_enterprises": lambda c: c.enterprises.list_enterprises(),
    "enterprises.iter_enterprises": lambda c: list(c.enterprises.iter_enterprises(max_items=3)),
    "enterprises.partitions": lambda c: list(c.enterprises.partitions(3)),
    "offices.list_offices": lambda c: c.offices.list_offices(),
    "offices.iter_offices": lambda c: list(c.offices.iter_offices(max_items=3)),
    "offices.partitions": lambda c: list(c.offices.partitions(3)),
    "order_presets.list_order_presets": lambda c: c.order_presets.list_order_presets(),
    "order_presets.iter_order_presets": lambda c: list(c.order_presets.iter_order_presets(max_items=3)),
    "order_presets.partitions": lambda c: list(c.order_presets.partitions(3)),
    "orders.list_orders": lambda c: c.orders.list_orders(),
    "orders.iter_orders": lambda c: list(c.orders.iter_orders(orderby="Created desc", max_items=3)),
    "orders.get_order": lambda c: c.orders.get_order(5),
    "orders.partitions": lambda c: list(c.orders.partitions(3)),
    "orders.find_created": lambda c: c.orders.find_created(ORDER, since=datetime(2026, 1, 1, tzinfo=UTC)),
    "services.list_services": lambda c: c.services.list_services(),
    "services.iter_services": lambda c: list(c.services.iter_services(max_items=3)),
    "services.get_service": lambda c: c.services.get_service(5),
    "services.partitions": lambda c: list(c.services.partitions(3)),
    "detect_odata_version": lambda c: c.detect_odata_version(),
}
WRITES: Final[dict[str, Callable[[Any], object]]] = {
    "agents.create_agent": lambda c: c.agents.create_agent(AGENT),
    "agents.update_agent": lambda c: c.agents.update_agent(5, notes="x"),
    "agents.activate_agent": lambda c: c.agents.activate_agent(5),
    "agents.deactivate_agent": lambda c: c.agents.deactivate_agent(5),
    "change_orders.create_change_order": lambda c: c.change_orders.create_change_order(CHANGE),
    "credits.create_award": lambda c: c.credits.create_award({}),
    "orders.create_order": lambda c: c.orders.create_order(ORDER),
    "orders.request_removal": lambda c: c.orders.request_removal(5),
    "services.create_service": lambda c: c.services.create_service(CHANGE),
}
CALLS: Final = {**READS, **WRITES}

STATUS_LINES = st.sampled_from(
    [
        *(
            f"HTTP/1.1 {status} X".encode()
            for status in (200, 200, 200, 201, 204, 206, 302, 304, 400, 404, 429)
        ),
        *(f"HTTP/1.1 {status} X".encode() for status in (101, 400, 404, 418, 429, 500, 503, 599, 700, 999)),
        b"HTTP/1.0 200 OK",
        b"HTTP/1.1 200",
        b"HTTP/2 200",
        b"HTTP/1.1 99 X",
        b"HTTP/1.1 20000 X",
        b"HTTP/1.1 200 \xff\xfe",
        b"ICY 200 OK",
        b"",
    ]
) | st.binary(max_size=20)
NAMES = st.sampled_from(
    [b"Retry-After", b"Location", b"Set-Cookie", b"Content-Type", b"Content-Encoding", b"Date", b"X-Echo"]
)
VALUES = st.sampled_from(
    [
        b"99999999999999999999",
        b"Wed, 21 Oct 2999 07:28:00 GMT",
        b"text/html; charset=klingon",
        b"application/json; charset=utf-16",
        b"gzip",
        b"br",
        b"gzip, gzip, deflate",
        b"https:login",
        b"a=\xc3\xbc",
        b"",
        b"x" * 70_000,
        b"x" * 1_000_000,
        f"ST-API {KEY}".encode(),
    ]
) | st.binary(max_size=20).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b""))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["2026-01-01T00:00:00Z", "9999-99-99", f"Bad key {KEY}", "\ud800", 10**400, 5]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["Id", "Status", "OrderId", "Message", "ModelState", "errors", "Created", "JobSite"]
            )
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
BODIES = (
    JSON.map(lambda value: json.dumps(value).encode())
    | st.binary(max_size=60)
    | st.sampled_from(
        [
            b"[" * 100_000,
            b'[{"Id": 5}, {"Id": null}]',
            b'{"Id": 5, "Status": "Draft"}',
            gzip.compress(b"[]", mtime=0)[:-3],
            json.dumps({"Message": f"{KEY} is no key"}).encode(),
        ]
    )
)


def plain(body: bytes) -> bytes:
    return b"Content-Length: %d\r\n\r\n%b" % (len(body), body)


def chunked(body: bytes) -> bytes:
    return b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


FRAMES: Final[list[Callable[[bytes], bytes]]] = [
    plain,
    plain,
    chunked,
    lambda body: plain(body) + b"HTTP/1.1 200 OK\r\n\r\n",
    lambda body: b"Content-Length: -1\r\n\r\n" + body,
    lambda body: b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n" + body,
    lambda body: b"Content-Length: 99999999999999999999999999\r\n\r\n" + body,
    lambda body: b"\r\n" + body,
    lambda body: b"Transfer-Encoding: chunked\r\n\r\nzz\r\n" + body,
    lambda body: b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n" + body,
    lambda body: b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % (len(body) + 1) + body,
    lambda body: b"no header line\r\n\r\n" + body,
]


@st.composite
def answers(draw: st.DrawFn) -> bytes:
    """Return the bytes of an answer that may be broken in one or several ways."""
    lines = [draw(STATUS_LINES)]
    lines += [b"%b: %b" % pair for pair in draw(st.lists(st.tuples(NAMES, VALUES), max_size=3))]
    whole = b"\r\n".join(lines) + b"\r\n" + draw(st.sampled_from(FRAMES))(draw(BODIES))
    return whole[: draw(st.integers(0, len(whole)))] if draw(st.integers(0, 5)) == 0 else whole


def is_promised(result: object) -> bool:
    """Return whether a result is of the kind that the methods promise."""
    if isinstance(result, list):
        rows = cast("list[object]", result)
        return all(isinstance(row, ResponseModel | CreatedCandidate | Partition) for row in rows)
    return result is None or isinstance(result, ResponseModel) or result in {"v3", "v4"}


def emitted(error: BaseException | None) -> str:
    """Return everything that an error and those it came from say and hold."""
    parts: list[str] = []
    while error is not None:
        parts += [str(error), repr(error), repr(vars(error)), pickle.dumps(error).decode("latin-1")]
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_any_answer_is_a_result_or_an_error_of_the_sdk(
    flavour: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = [b""]

    def behave(connection: Connection) -> None:
        if connection.read_request():
            connection.send(answer[0])

    with raw_server(behave) as server, open_client(flavour, KEY, server.url, max_retries=0) as client:

        @settings(
            max_examples=EXAMPLES,
            derandomize=EXAMPLES == 100,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        )
        @given(answers(), st.sampled_from(sorted(CALLS)))
        @example(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1_000_000 + b"\r\n\r\n", "orders.get_order")
        def check(made_up: bytes, name: str) -> None:
            answer[0] = made_up
            caplog.clear()
            with client.record(bodies=True) as exchanges:
                try:
                    assert is_promised(CALLS[name](client))
                except SignTrakerError as error:
                    told, outcome = emitted(error), error.outcome
                else:
                    return
            assert name in WRITES or outcome == "did_not_happen"
            assert KEY not in told
            assert KEY not in f"{exchanges!r}{[one.response_body for one in exchanges]}{caplog.text}"
            told.encode()

        check()


def test_every_method_of_every_resource_is_among_the_calls() -> None:
    with SignTrakerClient("key", subdomain="acme") as client:
        resources = [name for name in {one.partition(".")[0] for one in CALLS} if "." not in name]
        methods = {
            f"{resource}.{name}"
            for resource in resources
            if resource != "detect_odata_version"
            for name, _ in getmembers(getattr(client, resource), callable)
            if not name.startswith("_") and name not in dir(type(client).__mro__[1])
        }
    # Batches send the requests of create_order and request_removal, and raise none of their errors.
    batches = {"orders.create_orders", "orders.request_removals"}
    assert methods - batches == set(CALLS) - {"detect_odata_version"}
