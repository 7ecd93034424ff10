"""Serve canned orders on loopback: the least work that a server can do.

python bench_server.py [--orders N] [--latency SECONDS]

It prints its port, and serves until its standard input ends. It understands what the measures ask for: one
order by id, and lists with `$top`, `$skip`, `$select` and conditions on `Id`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from functools import lru_cache
from typing import Final
from urllib.parse import unquote_plus

_VARIANTS: Final = 16
_CITIES: Final = ("Sandy", "Provo", "Ogden", "Draper")
_STATUSES: Final = ("Draft", "Designing", "PaymentRequired", "Installed")
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
)
_DEFAULT_TOP: Final = 100
SHORT: Final = "/short/"
"""Under this prefix, rows have the few fields of a selection, asked for or not."""
_BOUNDS: Final = re.compile(r"\bId (gt|ge|lt|le) (\d+)")


def _tail(variant: int, *, selected: bool) -> bytes:
    """Return an order's JSON behind its id."""
    order: dict[str, object] = {
        "OrderNumber": 5000 + variant,
        "Status": _STATUSES[variant % len(_STATUSES)],
        "Notes": "Corner lot; place it left of the drive." if variant % 2 else None,
        "Created": f"2025-01-{variant + 1:02}T09:30:00.000Z",
        "DueDate": f"2025-02-{variant + 1:02}T00:00:00.000Z",
    }
    if not selected:
        order |= {
            "IsDueDateDefinitive": variant % 3 == 0,
            "DateInstalled": f"2025-02-{variant + 2:02}T15:00:00.000Z",
            "RemovalRequestDate": None,
            "RemovalDueDate": None,
            "IsRemovalDueDateDefinitive": None,
            "RemovalDate": None,
            "RebillInterval": 90,
            "NextRebillDate": f"2025-05-{variant + 1:02}T00:00:00.000Z",
            "SalesOrder": {"Id": 70000 + variant, "OrderTotal": 120.5 + variant},
            "JobSite": {
                "Id": 80000 + variant,
                "StreetAddress": f"{variant + 10} Main St",
                "StreetNumber": f"{variant + 10}",
                "StreetName": "Main St",
                "StreetLine2": None,
                "City": _CITIES[variant % len(_CITIES)],
                "State": "UT",
                "Zip": "84070",
                "CountryCode": "US",
                "Latitude": 40.5649 + variant / 1000,
                "Longitude": -111.8389 - variant / 1000,
                "Directions": None,
                "ListingNumber": f"MLS{100000 + variant}",
            },
            "PostType": {"Id": 3, "Name": "Colonial post"},
            "Agent": {"Id": 40 + variant, "Name": "Ann O'Brien"},
        }
    return json.dumps(order, separators=(",", ":")).encode().replace(b"{", b",", 1)


_TAILS: Final = {
    selected: [_tail(variant, selected=selected) for variant in range(_VARIANTS)]
    for selected in (False, True)
}


def _order(number: int, *, selected: bool = False) -> bytes:
    return b'{"Id":%d%b' % (number, _TAILS[selected][number % _VARIANTS])


@lru_cache(maxsize=4)
def _rows(first: int, last: int, *, selected: bool) -> bytes:
    return b"[%b]" % b",".join(_order(number, selected=selected) for number in range(first, last + 1))


def _respond(target: str, orders: int) -> bytes:
    """Return the body of the response to a request's target."""
    path, _, query = target.partition("?")
    selected = path.startswith(SHORT) or "$select" in query or "%24select" in query
    name = path.rpartition("/")[2]
    if name.isdecimal():
        return _order(int(name))
    pairs = (pair.partition("=") for pair in unquote_plus(query).split("&"))
    options = {name: value for name, _, value in pairs}
    first, last = 1, orders
    for operator, text in _BOUNDS.findall(options.get("$filter", "")):
        number = int(text)
        if operator in {"gt", "ge"}:
            first = max(first, number + (operator == "gt"))
        else:
            last = min(last, number - (operator == "lt"))
    top = int(options.get("$top", _DEFAULT_TOP))
    if options.get("$orderby") == "Id desc":
        return _rows(max(first, last - top + 1), last, selected=selected)
    first += int(options.get("$skip", 0))
    return _rows(first, min(last, first + top - 1), selected=selected)


class _Server(asyncio.Protocol):
    """Serve one connection."""

    def __init__(self, orders: int, latency_seconds: float) -> None:
        self._orders = orders
        self._latency_seconds = latency_seconds
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server makes no other kind
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].decode("latin-1")
            length = re.search(r"(?im)^content-length: *(\d+)", head)
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self._received) < size:
                return
            self._received = self._received[size:]
            method, target, _ = head.partition("\r\n")[0].split(" ")
            body = (
                _respond(target, self._orders)
                if method == "GET"
                else b'{"Status":"Draft","Message":null,"RequestId":1,"OrderId":1}'
            )
            response = _HEAD % len(body) + body
            if self._latency_seconds:
                loop = asyncio.get_running_loop()
                loop.call_later(self._latency_seconds, self._transport.write, response)
            else:
                self._transport.write(response)


async def _serve(orders: int, latency_seconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Server(orders, latency_seconds), "127.0.0.1", 0, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Serve until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--latency", type=float, default=0.0, help="the seconds to wait before a response")
    options = parser.parse_args()
    asyncio.run(_serve(options.orders, options.latency))


if __name__ == "__main__":
    main()
