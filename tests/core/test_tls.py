"""Check calls over TLS, directly and through a proxy's tunnel, with both clients."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client
from raw_server import raw_server, response
from tls import server_context

from signtraker import NetworkError, SignTrakerClient, SignTrakerError, UnreadableResponseError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Generator
    from pathlib import Path

    from raw_server import Connection


@contextmanager
def encrypted(connection: Connection, context: ssl.SSLContext) -> Generator[None]:
    """Speak TLS over a connection from here on."""
    with context.wrap_socket(connection.socket, server_side=True) as connection.socket:
        yield


def answer_all(connection: Connection) -> None:
    while request := connection.read_request():
        connection.send(response(b'{"Id": 5}' if request.startswith(b"GET") else b'{"OrderId": 9}'))


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_calls_over_tls(flavour: Any, tmp_path: Path) -> None:
    context = server_context(tmp_path)

    def behave(connection: Connection) -> None:
        with encrypted(connection, context):
            answer_all(connection)

    with raw_server(behave) as server:
        url = server.url.replace("http:", "https:")
        with open_client(flavour, "key", url, ca=tmp_path / "ca.pem") as client:
            for _ in range(3):
                assert client.orders.get_order(5).id == 5
            made = client.orders.create_order(agent_id=1, preset_id=7, extra_fields={"Blob": "x" * 3_000_000})
            assert made.order_id == 9
            # A TLS 1.3 server sends session tickets after the handshake, which are no response.
            assert server.connections == 2
        with open_client(flavour, "key", url, max_retries=0) as client:
            with pytest.raises(NetworkError, match=r"No connection for POST .*certificate") as caught:
                client.orders.create_order(agent_id=1, preset_id=7)
    assert caught.value.outcome == "did_not_happen"


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_silent_handshake_and_a_trickled_body_over_tls_end_with_the_deadline(
    flavour: Any, tmp_path: Path
) -> None:
    context = server_context(tmp_path)

    def trickle(connection: Connection) -> None:
        if server.connections == 1:
            connection.wait()
        with encrypted(connection, context):
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            connection.trickle(b"x" * 100_000)

    with raw_server(trickle) as server:
        url = server.url.replace("http:", "https:")
        with open_client(flavour, "key", url, ca=tmp_path / "ca.pem", deadline_seconds=0.3) as client:
            with pytest.raises(SignTrakerError, match=r"deadline of 0\.3 s") as first:
                client.orders.create_order(agent_id=1, preset_id=7)
            # The body must have begun by then, on a busy machine too.
            patient = client.with_options(deadline_seconds=4)
            with pytest.raises(UnreadableResponseError, match=r"deadline of 4 s") as second:
                patient.orders.create_order(agent_id=1, preset_id=7)
    assert (first.value.outcome, second.value.outcome) == ("did_not_happen", "happened")


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_a_write_that_a_silent_proxy_holds_up_did_not_happen(flavour: Any) -> None:
    def hold(connection: Connection) -> None:
        connection.read_request()
        connection.wait()

    with raw_server(hold) as server:
        url = "https://acme.example"
        with open_client(flavour, "key", base_url=url, proxy=server.url, deadline_seconds=0.3) as client:
            with pytest.raises(NetworkError, match=r"deadline of 0\.3 s") as caught:
                client.orders.create_order(agent_id=1, preset_id=7)
    assert caught.value.outcome == "did_not_happen"
    assert set(server.requests) <= {b"CONNECT acme.example:443 HTTP/1.1"}


def test_a_client_that_is_closed_amid_a_handshake_sends_nothing(tmp_path: Path) -> None:
    context = server_context(tmp_path)

    def close_and_answer(connection: Connection) -> None:
        connection.socket.recv(1, socket.MSG_PEEK)
        client.close()
        with encrypted(connection, context):
            answer_all(connection)

    with raw_server(close_and_answer) as server:
        url = server.url.replace("http:", "https:")
        client = SignTrakerClient("key", url, ca=tmp_path / "ca.pem")
        with pytest.raises(SignTrakerError, match="This client is closed") as caught:
            client.orders.create_order(agent_id=1, preset_id=7)
    assert caught.value.outcome == "did_not_happen"
    assert server.requests == []


@pytest.mark.parametrize("flavour", ["sync", "async"])
def test_calls_through_the_tunnel_of_a_proxy(flavour: Any, tmp_path: Path) -> None:
    context = server_context(tmp_path)
    heads: list[bytes] = []

    def tunnel(connection: Connection) -> None:
        heads.append(connection.read_request())
        if server.connections == 3:
            connection.send(response(b"", "407 Proxy Authentication Required"))
            return
        connection.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with encrypted(connection, context):
            answer_all(connection)

    with raw_server(tunnel) as server:
        proxy = server.url.replace("//", "//user:secret@")
        with open_client(
            flavour,
            "key",
            base_url="https://acme.example",
            proxy=proxy,
            ca=tmp_path / "ca.pem",
            max_retries=0,
        ) as client:
            assert [client.orders.get_order(5).id for _ in range(2)] == [5, 5]
            assert client.orders.create_order(agent_id=1, preset_id=7).order_id == 9
            with pytest.raises(NetworkError, match="407 Proxy Authentication Required") as caught:
                client.orders.create_order(agent_id=1, preset_id=7)
    assert caught.value.outcome == "did_not_happen"
    assert all(one.startswith(b"CONNECT acme.example:443 HTTP/1.1\r\n") for one in heads)
    assert all(b"Proxy-Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in one for one in heads)
    assert not [one for one in heads if b"ST-API" in one]
