"""Check that every call ends within its deadline, whatever the server does, and that its outcome is true."""

from __future__ import annotations

import gzip
import socket
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import httpx
import pytest
from either_client import open_client
from raw_server import raw_server, response

from signtraker import (
    NetworkError,
    SignTrakerClient,
    SignTrakerConfigError,
    SignTrakerError,
    UnconfirmedNetworkError,
    UnreadableResponseError,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from raw_server import Connection

DEADLINE = 4
"""Seconds within which a busy machine sends a request and the head of its response."""
LONG = b"x" * 100_000


def trickled_status(connection: Connection) -> None:
    connection.read_request()
    connection.trickle(b"HTTP/1.1 " + LONG)


def trickled_headers(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\n")
    connection.trickle(b"X-A: " + LONG)


def interim_responses(connection: Connection) -> None:
    connection.read_request()
    connection.trickle(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def trickled_body(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    connection.trickle(LONG)


def trickled_chunks(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    connection.trickle(b"1\r\nx\r\n" * 1000)


def silence(connection: Connection) -> None:
    connection.read_request()
    connection.wait()


TRICKLES = {
    one.__name__: one
    for one in (trickled_status, trickled_headers, interim_responses, trickled_body, trickled_chunks, silence)
}


CALLS: dict[str, Callable[[SignTrakerClient], object]] = {
    "GET": lambda client: client.orders.get_order(5),
    "POST": lambda client: client.orders.create_order(agent_id=1, preset_id=7),
}
Call: TypeAlias = tuple[str, str, str]
"""The behaviour of the server, the kind of client, and the method."""


def end_with_the_deadline(call: Call) -> tuple[SignTrakerError, list[bytes]]:
    """Make a call, with a server of its own; return its error, and what the server received."""
    behave, flavour, method = call
    options: dict[str, Any] = {"deadline_seconds": DEADLINE, "timeout_seconds": 30}
    with raw_server(TRICKLES[behave]) as server:
        with open_client(cast("Any", flavour), "key", server.url, **options) as client:
            with pytest.raises(SignTrakerError, match="deadline of 4 s for the whole call passed") as caught:
                CALLS[method](client)
    return caught.value, server.requests


@pytest.fixture(scope="module")
def ended() -> dict[Call, tuple[SignTrakerError, list[bytes]]]:
    """Make all calls side by side, so that the deadline passes once for all of them."""
    calls = list(product(TRICKLES, ("sync", "async"), CALLS))
    with ThreadPoolExecutor(len(calls)) as threads:
        return dict(zip(calls, threads.map(end_with_the_deadline, calls), strict=True))


@pytest.mark.slow
@pytest.mark.xdist_group("deadline")
@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("behave", TRICKLES)
def test_a_read_ends_with_its_deadline(
    ended: dict[Call, tuple[SignTrakerError, list[bytes]]], behave: str, flavour: str
) -> None:
    error, _ = ended[behave, flavour, "GET"]
    assert error.outcome == "did_not_happen"
    assert error.attempts == 1
    assert error.elapsed_seconds >= DEADLINE * 0.9
    assert isinstance(error, NetworkError | UnreadableResponseError)


@pytest.mark.slow
@pytest.mark.xdist_group("deadline")
@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("behave", TRICKLES)
def test_a_write_that_its_deadline_ends_may_have_happened_and_is_sent_once(
    ended: dict[Call, tuple[SignTrakerError, list[bytes]]], behave: str, flavour: str
) -> None:
    error, requests = ended[behave, flavour, "POST"]
    assert requests == [b"POST /api/orders HTTP/1.1"]
    started = behave in {"trickled_body", "trickled_chunks"}
    assert error.outcome == ("happened" if started else "may_have_happened")
    assert isinstance(error, UnreadableResponseError if started else UnconfirmedNetworkError)
    assert error.request_body == b'{"AgentId":1,"PresetId":7}'


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_attempts_and_waits_share_one_deadline(flavour: Any) -> None:
    with raw_server(silence) as server:
        options: dict[str, Any] = {"timeout_seconds": 0.1, "max_retries": 50, "retry_backoff_seconds": 0.02}
        with open_client(flavour, "key", server.url, deadline_seconds=0.6, **options) as client:
            with pytest.raises(NetworkError) as caught:
                client.orders.get_order(5)
        assert len(server.requests) <= caught.value.attempts <= 8


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_wait_that_the_deadline_would_cut_short_is_not_begun(flavour: Any) -> None:
    def busy(connection: Connection) -> None:
        while connection.read_request():
            connection.send(response(b"", "429 Too Many Requests", b"Retry-After: 30\r\n"))

    with raw_server(busy) as server, open_client(flavour, "key", server.url, deadline_seconds=20) as client:
        with pytest.raises(SignTrakerError, match="Too many requests; wait before the next one") as caught:
            client.orders.get_order(5)
        assert "deadline" not in str(caught.value)
        assert len(server.requests) == 1


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_the_addresses_of_a_host_share_one_deadline(flavour: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve = socket.getaddrinfo

    def resolve_to_many(host: Any, *args: Any, **options: Any) -> list[Any]:
        is_ours = host == "acme.example"
        return (500 if is_ours else 1) * resolve("127.0.0.1" if is_ours else host, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_to_many)
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        waiting = [socket.socket() for _ in range(3)]
        for one in waiting:
            one.settimeout(0)
            one.connect_ex(full.getsockname())
        url = f"https://acme.example:{full.getsockname()[1]}"
        with open_client(flavour, "key", url, deadline_seconds=0.3) as client:
            with pytest.raises(NetworkError, match=r"deadline of 0\.3 s") as caught:
                client.orders.list_orders()
        for one in waiting:
            one.close()
    assert caught.value.elapsed_seconds < 100  # 150 seconds, if each address had its own.
    assert caught.value.outcome == "did_not_happen"


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_request_that_could_not_be_connected_did_not_happen(flavour: Any) -> None:
    with socket.socket() as deaf:  # Bound but not listening, so that connecting is refused.
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with open_client(flavour, "key", url, max_retries=0) as client:
            with pytest.raises(NetworkError, match="No connection for POST") as caught:
                client.orders.create_order(agent_id=1, preset_id=7)
    assert caught.value.outcome == "did_not_happen"


def test_a_single_call_may_have_a_deadline_of_its_own() -> None:
    with raw_server(silence) as server, SignTrakerClient("key", server.url) as client:
        with pytest.raises(NetworkError, match=r"deadline of 0\.1 s"):
            client.with_options(deadline_seconds=0.1).orders.get_order(5)


@pytest.mark.parametrize("name", ["deadline_seconds", "max_response_bytes"])
@pytest.mark.parametrize("value", [0, -1, "5", True, float("nan"), float("inf")])
def test_a_bound_that_is_none_is_refused(name: str, value: object) -> None:
    wrong: Any = {name: value}
    with pytest.raises(SignTrakerConfigError, match=name):
        SignTrakerClient("key", subdomain="acme", **wrong)


def test_the_bounds_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNTRAKER_DEADLINE_SECONDS", "7.5")
    monkeypatch.setenv("SIGNTRAKER_MAX_RESPONSE_BYTES", "5000")
    with SignTrakerClient("key", subdomain="acme") as client:
        assert client._connection.config.deadline_seconds == 7.5
        assert client._connection.config.max_response_bytes == 5000


# Size


def endless_gzip(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n")
    member = gzip.compress(b" " * 10_000_000)
    connection.send(b"%x\r\n%b\r\n" % (len(member), member))
    connection.wait()


def endless_body(connection: Connection) -> None:
    connection.read_request()
    connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not connection.server.stopping.is_set():
        connection.send(b"10000\r\n" + b" " * 65536 + b"\r\n")


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("behave", [endless_gzip, endless_body])
def test_a_response_beyond_the_bound_ends_the_call_with_its_beginning_kept(
    behave: Callable[[Connection], None], flavour: Any
) -> None:
    with raw_server(behave) as server:
        options: dict[str, Any] = {"max_response_bytes": 1_000_000, "max_retries": 0}
        with open_client(flavour, "key", server.url, **options) as client:
            with pytest.raises(
                UnreadableResponseError, match="larger than max_response_bytes=1,000,000"
            ) as read:
                client.orders.list_orders()
            with pytest.raises(UnreadableResponseError, match="larger than max_response_bytes") as write:
                client.orders.create_order(agent_id=1, preset_id=7)
    assert (read.value.outcome, write.value.outcome) == ("did_not_happen", "happened")
    assert len(read.value.body) == 10_000


@cache
def blanks_compressed_twice() -> bytes:
    """Return 50 MB of blanks in about a kilobyte."""
    return gzip.compress(gzip.compress(b" " * 50_000_000))


def compressed_twice(connection: Connection) -> None:
    connection.read_request()
    connection.send(response(blanks_compressed_twice(), headers=b"Content-Encoding: gzip, gzip\r\n"))


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("behave", [endless_gzip, compressed_twice])
def test_a_response_that_grows_when_it_is_decoded_takes_little_memory(
    behave: Callable[[Connection], None], flavour: Any
) -> None:
    blanks_compressed_twice()  # Made before the memory is measured.
    with raw_server(behave) as server:
        options: dict[str, Any] = {"max_response_bytes": 1_000_000, "max_retries": 0}
        with open_client(flavour, "key", server.url, **options) as client:
            tracemalloc.start()
            try:
                with pytest.raises(UnreadableResponseError, match="larger than max_response_bytes"):
                    client.orders.list_orders()
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    assert peak < 30_000_000


ORDER = b'{"Id": 5, "Notes": "Gate code"}'


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize(
    ("content_encoding", "content", "problem"),
    [
        ("gzip", gzip.compress(ORDER, mtime=0), ""),
        ("GZIP", gzip.compress(ORDER, mtime=0), ""),
        ("deflate", zlib.compress(ORDER), ""),
        ("deflate", zlib.compress(ORDER)[2:-4], ""),
        ("deflate, gzip", gzip.compress(zlib.compress(ORDER), mtime=0), ""),
        ("identity", ORDER, ""),
        ("gzip", gzip.compress(ORDER, mtime=0)[:-9], "its compressed data ended early"),
        ("gzip", ORDER, "it can't be decompressed"),
        ("br", ORDER, "its Content-Encoding is 'br', which was not asked for"),
    ],
)
def test_each_coding_is_decoded_or_named(
    flavour: Any, content_encoding: str, content: bytes, problem: str
) -> None:
    def behave(connection: Connection) -> None:
        while connection.read_request():
            connection.send(response(content, headers=f"Content-Encoding: {content_encoding}\r\n".encode()))

    with raw_server(behave) as server, open_client(flavour, "key", server.url, max_retries=0) as client:
        if not problem:
            assert client.orders.get_order(5).notes == "Gate code"
        else:
            with pytest.raises(UnreadableResponseError, match=problem):
                client.orders.get_order(5)


# Odd responses

LOCATIONS = [
    b"mailto:a@example.com",
    b"https:login",
    b"http://xn--/",
    b"about:blank",
    b"//",
    b"\xff\xfe",
    b"",
]


def redirecting(location: bytes) -> Callable[[Connection], None]:
    def redirect(connection: Connection) -> None:
        while connection.read_request():
            connection.send(response(b"", "302 Found", b"Location: " + location + b"\r\n"))

    return redirect


def check_redirects(client: SignTrakerClient) -> None:
    with pytest.raises(SignTrakerError) as read:
        client.orders.get_order(5)
    with pytest.raises(SignTrakerError) as write:
        client.orders.create_order(agent_id=1, preset_id=7)
    assert read.value.outcome == "did_not_happen"
    assert write.value.outcome == "may_have_happened"


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize("location", LOCATIONS)
def test_an_odd_location_is_an_error_of_the_sdk(flavour: Any, location: bytes) -> None:
    with raw_server(redirecting(location)) as server:
        with open_client(flavour, "key", server.url, max_retries=0) as client:
            check_redirects(client)
        assert len(server.requests) == 2


@pytest.mark.parametrize("location", LOCATIONS)
def test_an_odd_location_is_an_error_of_the_sdk_over_an_injected_client_too(location: bytes) -> None:
    with raw_server(redirecting(location)) as server, httpx.Client(trust_env=False) as http:
        check_redirects(SignTrakerClient("key", server.url, max_retries=0, http_client=http))


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_cookie_that_is_not_ascii_is_ignored(flavour: Any) -> None:
    seen: list[bytes] = []

    def cookies(connection: Connection) -> None:
        while request := connection.read_request():
            seen.append(request)
            connection.send(response(b'{"Id": 5}', headers=b"Set-Cookie: a=\xc3\xbc; Path=/\r\n"))

    with raw_server(cookies) as server, open_client(flavour, "key", server.url) as client:
        assert [client.orders.get_order(5).id for _ in range(3)] == [5, 5, 5]
    assert not [one for one in seen if b"cookie" in one.lower()]


@pytest.mark.parametrize("flavour", ["sync", "async"])
@pytest.mark.parametrize(
    "headers",
    [
        b"Retry-After: 99999999999999999999999999\r\n",
        b"Retry-After: -5\r\n",
        b"Retry-After: soon\r\n",
        b"Content-Type: text/html; charset=klingon\r\n",
        b"Content-Encoding: br\r\n",
        b"Content-Encoding: gzip\r\n",
        b"X-Long: " + b"x" * 1_000_000 + b"\r\n",
    ],
)
def test_odd_headers_are_an_error_of_the_sdk_or_none(flavour: Any, headers: bytes) -> None:
    def odd(connection: Connection) -> None:
        while connection.read_request():
            connection.send(response(b'{"Message": "half \\ud800 a pair"}', "503 X", headers))

    with raw_server(odd) as server:
        with open_client(flavour, "key", server.url, max_retries=1, retry_backoff_seconds=0) as client:
            with pytest.raises(SignTrakerError) as caught:
                client.orders.get_order(5)
    str(caught.value).encode()
