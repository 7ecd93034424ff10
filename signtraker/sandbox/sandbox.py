"""`Sandbox`: the server and its data, from `with` to the end of the block."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from signtraker.sandbox import tables
from signtraker.sandbox.app import create_app
from signtraker.sandbox.backend import Backend
from signtraker.sandbox.clock import REFERENCE, Clock
from signtraker.sandbox.control import Control
from signtraker.sandbox.database import Database
from signtraker.sandbox.lifecycle import move
from signtraker.sandbox.seed import plant
from signtraker.sandbox.server import HOST, ServerThread
from signtraker.sandbox.settings import Generation, SandboxError, Settings
from signtraker.sandbox.traffic import Gate, ReceivedRequest
from signtraker.sandbox.window.front import Window

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from signtraker.client import SignTrakerClient
    from signtraker.sandbox.faults import Faults


class Sandbox:
    """A SignTraker server on loopback with seeded data, for tests and for trying things out.

        with Sandbox(seed=1) as sandbox:
            drafts = sandbox.client.orders.list_orders(filter=Q.status == "Draft")

    It never reads a `SIGNTRAKER_*` variable and never talks to anything but its own database.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        orders: int = 300,
        database: str | Path | None = None,
        port: int = 0,
        api_key: str = "sandbox-key",
        server: Generation = "v4-7",
        national_account: bool = True,
        page_cap: int | None = None,
        max_top: int | None = None,
        design_days: float = 0,
        control_token: str | None = None,
    ) -> None:
        """Describe the sandbox; it starts with `with` or `start()`.

        `database` is a file, a SQLAlchemy URL, or None for memory; what is already in it is kept
        and no seed is planted. `server` is the OData generation that is played. `page_cap` cuts
        every list silently; `max_top` refuses a larger `$top`. `design_days` is how long a new
        order is `Designing` before it is a `Draft`. `control_token` is what the control API wants
        to see before it changes anything; by default, a new one is made up.
        """
        if orders < 0:
            raise SandboxError(f"orders={orders} must not be negative.")
        self.settings: Settings = Settings(
            api_key=api_key,
            server=server,
            national_account=national_account,
            page_cap=page_cap,
            max_top=max_top,
            design_days=design_days,
        )
        self._control_token = secrets.token_urlsafe(24) if control_token is None else control_token
        if not self._control_token or not (
            self._control_token.isascii() and self._control_token.isprintable()
        ):
            raise SandboxError("control_token must be printable ASCII and not empty.")
        self._seed = seed
        self._orders = orders
        self._location = database
        self._port = port
        self._running: _Running | None = None

    def __repr__(self) -> str:
        state = "stopped" if self._running is None else self.url
        return f"<Sandbox {state}>"

    def start(self) -> Self:
        """Open the database, plant the seed if it is empty, and take requests."""
        if self._running is not None:
            raise SandboxError("The sandbox is running already.")
        with ExitStack() as stack:
            database = Database(self._location)
            stack.callback(database.dispose)
            running = self._prepare(database)
            window = Window(running.gate, Backend(self.settings, database, running.clock))
            thread = ServerThread(Control(window, self, self._control_token), self._port)
            running.port = thread.port
            self._running = running
            stack.callback(setattr, self, "_running", None)
            thread.start()
            stack.callback(thread.stop)
            running.stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """Close the client, the server and the database; a file keeps what it holds."""
        if self._running is not None:
            self._running.stack.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The base URL, `http://127.0.0.1:{port}`."""
        return f"http://{HOST}:{self._live().port}"

    @property
    def api_key(self) -> str:
        """The key that the server expects."""
        return self.settings.api_key

    @property
    def control_token(self) -> str:
        """What `X-Sandbox-Token` must say before the control API under `/sandbox/` changes anything."""
        return self._control_token

    @property
    def clock(self) -> Clock:
        """The server's time."""
        return self._live().clock

    @property
    def requests(self) -> list[ReceivedRequest]:
        """What has arrived so far, oldest first (the last 10,000)."""
        return list(self._live().gate.requests)

    @property
    def faults(self) -> Faults:
        """What is made to go wrong: `sandbox.faults.add(path="/api/orders", status=503)`."""
        return self._live().gate.faults

    @property
    def ledger(self) -> list[LedgerEntry]:
        """The work that was done, in the order it was done."""
        with self._live().database.begin() as connection:
            rows = connection.execute(select(tables.ledger).order_by(tables.ledger.c.Id))
            return [LedgerEntry(*row) for row in rows]

    def reset(self) -> None:
        """Go back to the freshly planted seed: records, clock, faults and seen requests."""
        running = self._live()
        if not running.planted:
            raise SandboxError(
                "reset() would lose what an earlier run left in the database; only a sandbox that"
                " began with an empty one can be reset."
            )
        running.gate.faults.clear()
        # Every change is in the ledger, so that a test which only read costs nothing.
        if self.ledger or running.clock.now() != REFERENCE:
            running.clock.restart()
            running.database.clear()
            self._plant(running.database, running.clock)
        running.gate.requests.clear()

    def count_orders(self) -> int:
        """How many orders there are."""
        with self._live().database.begin() as connection:
            count = connection.execute(select(func.count()).select_from(tables.orders))
            return int(count.scalar_one())

    @property
    def client(self) -> SignTrakerClient:
        """A client for this sandbox, made on first use and closed with it."""
        running = self._live()
        if running.client is None:
            running.client = self.new_client()
        return running.client

    def new_client(self, **options: Any) -> SignTrakerClient:
        """Make another client, with the options of `SignTrakerClient`; closed with the sandbox."""
        from signtraker.client import SignTrakerClient  # noqa: PLC0415 - loads httpx only when used

        given: dict[str, Any] = {
            "api_key": self.api_key,
            "base_url": self.url,
            # Named, because what is not named is looked for in the environment.
            "timeout_seconds": 30.0,
            "max_retries": 2,
            "retry_backoff_seconds": 0.5,
            "odata_version": "v3" if self.settings.server == "v3" else "v4",
            **options,
        }
        return self._live().stack.enter_context(SignTrakerClient(**given))

    def _live(self) -> _Running:
        if self._running is None:
            raise SandboxError("The sandbox is not running; use it inside `with Sandbox() as …`.")
        return self._running

    def _prepare(self, database: Database) -> _Running:
        """Plant the seed in an empty database, or find the time at which it stands."""
        planted = database.is_empty()
        on_move = partial(_move, database, self.settings)
        clock = Clock(on_move=on_move)
        if planted:
            self._plant(database, clock)
        else:
            with database.begin() as connection:
                now = select(tables.moments.c.At).where(tables.moments.c.Name == "now")
                clock = Clock(connection.execute(now).scalar_one(), on_move)
        gate = Gate(create_app(Backend(self.settings, database, clock)), self.settings)
        return _Running(database, clock, gate, planted=planted)

    def _plant(self, database: Database, clock: Clock) -> None:
        with database.begin() as connection:
            plant(connection, seed=self._seed, orders=self._orders, now=clock.now())
            connection.execute(insert(tables.moments).values(Name="now", At=clock.now()))


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One piece of work that was done for a client."""

    id: int
    at: datetime
    action: str
    """What was done: `order.created`."""
    subject_id: int
    """The record it was done to."""
    external_id: str | None
    """The caller's own key, where there was one."""


def _move(database: Database, settings: Settings, since: datetime, now: datetime) -> None:
    with database.begin() as connection:
        move(connection, since, now, settings.designing)


class _Running:
    """What exists only between start and stop."""

    def __init__(self, database: Database, clock: Clock, gate: Gate, *, planted: bool) -> None:
        self.database = database
        self.clock = clock
        self.gate = gate
        self.planted = planted
        self.stack = ExitStack()
        self.port = 0
        self.client: SignTrakerClient | None = None
