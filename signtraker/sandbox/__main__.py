"""Run a sandbox until Ctrl-C: `python -m signtraker.sandbox`."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signtraker.sandbox import Sandbox

_LOOPBACK = ("127.0.0.1", "localhost")
_WELCOME = """\
SignTraker sandbox: {orders} at {url} (key: {key}). Ctrl-C stops it.

    from signtraker import SignTrakerClient

    with SignTrakerClient(api_key={key!r}, base_url={url!r}) as client:
        for order in client.orders.list_orders(top=3):
            print(order.id, order.status)

    curl -H 'Authorization: ST-API {key}' '{url}/api/orders?$top=3'

Control token: {token}

    curl -H 'X-Sandbox-Token: {token}' --json '"GET /api/orders* status=503"' {url}/sandbox/faults
    curl -H 'X-Sandbox-Token: {token}' --json '{{"days": 3}}' {url}/sandbox/clock
"""


def main(arguments: Sequence[str] | None = None, *, prog: str = "python -m signtraker.sandbox") -> int:
    """Serve until interrupted; return 2 if an argument or the environment is wrong.

    `prog` is the command that the help shows.
    """
    options = _parser(prog).parse_args(arguments)
    if options.host not in _LOOPBACK:
        return _refuse(f"The sandbox listens on loopback only: --host {options.host} is refused.")
    try:
        from signtraker.sandbox import Sandbox, SandboxError  # noqa: PLC0415 - the extra may be missing
        from signtraker.sandbox.faults.parse import parse_rule  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        return _refuse(str(error))
    try:
        sandbox = Sandbox(
            seed=options.seed,
            orders=options.orders,
            database=options.database,
            port=options.port,
            api_key=options.api_key,
            server=options.server,
            national_account=not options.licensee,
            page_cap=options.page_cap,
            max_top=options.max_top,
            design_days=options.design_days,
            control_token=options.control_token,
        )
        faults = [parse_rule(rule) for rule in options.fault]
        with sandbox:
            for fault in faults:
                sandbox.faults.add(fault)
            _serve(sandbox)
    except SandboxError as error:
        return _refuse(str(error))
    return 0


def _serve(sandbox: Sandbox) -> None:
    for ending in (signal.SIGINT, signal.SIGTERM):
        # Both, since a shell starts background processes with SIGINT ignored.
        signal.signal(ending, signal.default_int_handler)
    count = sandbox.count_orders()
    welcome = _WELCOME.format(
        orders=f"{count:,} orders", url=sandbox.url, key=sandbox.api_key, token=sandbox.control_token
    )
    try:
        sys.stdout.write(welcome)
        sys.stdout.flush()
        threading.Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\n")


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 2


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="A server that behaves like SignTraker, on loopback, with made-up orders.",
    )
    add = parser.add_argument
    add("--port", type=int, default=8080, help="port to listen on, 0 for any free one (8080)")
    add("--host", default=_LOOPBACK[0], help="loopback is the only choice")
    add("--database", help="SQLite file or SQLAlchemy URL; kept over restarts (memory)")
    add("--seed", type=int, default=1, help="the same seed makes the same records (1)")
    add("--orders", type=int, default=300, help="how many orders to make up (300)")
    add("--api-key", default="sandbox-key", help="the key that clients must send (sandbox-key)")
    add(
        "--server",
        choices=("v3", "v4-5", "v4-7"),
        default="v4-7",
        help="the OData generation (v4-7)",
    )
    add("--licensee", action="store_true", help="be a licensee's portal, without order presets")
    add("--page-cap", type=int, help="cut every list silently to this many rows")
    add("--max-top", type=int, help="refuse a larger $top")
    add(
        "--design-days",
        type=float,
        default=0,
        help="days for which a new order is Designing before it is a Draft (0)",
    )
    add(
        "--fault",
        action="append",
        default=[],
        metavar="RULE",
        help="a fault, e.g. 'POST /api/orders status=503 nth=2'; may be given more than once",
    )
    add("--control-token", help="the token for changes under /sandbox/ (random)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
