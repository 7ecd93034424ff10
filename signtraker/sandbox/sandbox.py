"""Start, stop and control a sandbox."""

from __future__ import annotations

import secrets
import threading
from contextlib import ExitStack
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from signtraker.sandbox.api.app import create_app
from signtraker.sandbox.clock import REFERENCE, Clock
from signtraker.sandbox.dashboard.app import Dashboard
from signtraker.sandbox.data import tables
from signtraker.sandbox.data.backend import Backend
from signtraker.sandbox.data.database import Database, clear, is_empty
from signtraker.sandbox.data.ledger import LedgerEntry
from signtraker.sandbox.data.lifecycle import move
from signtraker.sandbox.data.seed import seed_database
from signtraker.sandbox.serving.control import Control
from signtraker.sandbox.serving.gate import Gate, ReceivedRequest
from signtraker.sandbox.serving.loop_thread import LoopThread
from signtraker.sandbox.serving.uvicorn_thread import HOST, ServerThread
from signtraker.sandbox.settings import Generation, SandboxError, Settings

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    import httpx
    from sqlalchemy.engine import Connection

    from signtraker.aio import AsyncSignTrakerClient
    from signtraker.client import SignTrakerClient
    from signtraker.models import ChangeOrder, Enterprise, OrderPreset, ServiceOrder
    from signtraker.sandbox.faults.fault import Faults
    from signtraker.sandbox.records import Agents, Awards, FollowUps, Named, Offices, Orders, RecordSets


_NOWHERE = 9
"""The port in the URL of a sandbox without a socket: the discard port (RFC 863)."""


class Sandbox:
    """A SignTraker server on loopback with seeded data, for tests and for experiments.

        with Sandbox(seed=1) as sandbox:
            drafts = sandbox.client.orders.list_orders(filter=Q.status == "Draft")

    It reads no `SIGNTRAKER_*` variable and connects to nothing but its own database.
    """

    def __init__(
        self,
        *,
        seed: int = 1,
        orders: int = 300,
        database: str | Path | None = None,
        port: int | None = 0,
        api_key: str = "sandbox-key",
        server: Generation = "v4-7",
        national_account: bool = True,
        page_cap: int | None = None,
        max_top: int | None = None,
        design_days: float = 0,
        control_token: str | None = None,
    ) -> None:
        """Set up the sandbox; it starts with `with` or `start()`.

        Args:
            seed: The seed of the records; the same seed makes the same records.
            orders: The number of orders to make up.
            database: A file, a SQLAlchemy URL, or None for memory. Records that it holds are kept.
            port: The port; 0 for a free one, None for no socket (use `client` and the transports).
            api_key: The key that clients must send.
            server: The OData generation.
            national_account: False for a licensee's portal, without order presets.
            page_cap: The number of rows to which every list is silently cut.
            max_top: The largest `$top` that is accepted.
            design_days: The days for which a new order is `Designing` before it is a `Draft`.
            control_token: The token that the control API requires for changes; random by default.

        Raises `SandboxError` for a value that is out of range.
        """
        self.settings: Settings = Settings(
            seed=seed,
            orders=orders,
            api_key=api_key,
            server=server,
            national_account=national_account,
            page_cap=page_cap,
            max_top=max_top,
            design_days=design_days,
            control_token=secrets.token_urlsafe(24) if control_token is None else control_token,
        )
        """The options that the sandbox was made with."""
        self._location = database
        self._port = port
        self._running: _Running | None = None

    def __repr__(self) -> str:
        state = "stopped" if self._running is None else self.url
        return f"<Sandbox {state}>"

    def start(self) -> Self:
        """Open the database, seed it if it is empty, and accept requests."""
        if self._running is not None:
            raise SandboxError("The sandbox is running already.")
        with ExitStack() as stack:
            database = Database(self._location)
            stack.callback(database.dispose)
            running = self._prepare(database)
            self._running = running
            stack.callback(setattr, self, "_running", None)
            stack.callback(running.loop.stop)
            if self._port is not None:
                thread = ServerThread(running.app, self._port)
                running.port = thread.port
                thread.start()
                stack.callback(thread.stop)
            stack.callback(running.ended.set)
            running.stack = stack.pop_all()
        return self

    def stop(self) -> None:
        """Close the client, the server and the database; the records in a file are kept."""
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
        """The key that clients must send."""
        return self.settings.api_key

    @property
    def control_token(self) -> str:
        """The `X-Sandbox-Token` that the control API under `/sandbox/` requires for changes."""
        return self.settings.control_token

    @property
    def clock(self) -> Clock:
        """The clock of the server."""
        return self._live().clock

    @property
    def requests(self) -> list[ReceivedRequest]:
        """The requests received, oldest first: the last 10,000, and at most 64 MiB of them."""
        return list(self._live().gate.requests)

    @property
    def dropped_requests(self) -> int:
        """The number of older requests that `requests` no longer holds."""
        return self._live().gate.requests.dropped

    @property
    def faults(self) -> Faults:
        """The faults in force: `sandbox.faults.add(path="/api/orders", status=503)`."""
        return self._live().gate.faults

    @property
    def ledger(self) -> list[LedgerEntry]:
        """The work that was done for clients, in order."""
        with self._live().database.begin() as connection:
            rows = connection.execute(select(tables.ledger).order_by(tables.ledger.c.Id))
            return [LedgerEntry(*row) for row in rows]

    def reset(self) -> None:
        """Restore the seeded records and the start time, and clear faults, requests and ledger.

        Raises `SandboxError` if the database held records before the start.
        """
        running = self._live()
        if not running.is_new:
            raise SandboxError(
                "reset() would delete the records of an earlier run; only a sandbox that started with an"
                " empty database can be reset."
            )
        # A request that an earlier test gave up must not do its work in the next one.
        running.database.cancel_pending()
        running.gate.faults.clear()
        # A test that only read costs nothing: every change is in the ledger or was made by the records.
        if self.ledger or running.clock.now() != REFERENCE or "records" in vars(running):
            self._reseed(running.database)
            running.clock.restart()
        running.gate.requests.clear()

    def count_orders(self) -> int:
        """The number of orders."""
        with self._live().database.begin() as connection:
            count = connection.execute(select(func.count()).select_from(tables.orders))
            return int(count.scalar_one())

    @property
    def orders(self) -> Orders:
        """The orders: `.add(status="Installed", city="Sandy")`, `.all(Q.status == "Draft")`, `.get(1001)`."""
        return self._live().records.orders

    @property
    def agents(self) -> Agents:
        """The agents and managers: `.add(email="ada@example.com")`, `.all()`, `.get(1)`."""
        return self._live().records.agents

    @property
    def services(self) -> FollowUps[ServiceOrder]:
        """The services to installed signs: `.add(order_id)`, `.all()`, `.get(1)`."""
        return self._live().records.services

    @property
    def change_orders(self) -> FollowUps[ChangeOrder]:
        """The changes to installed signs: `.add(order_id)`, `.all()`, `.get(1)`."""
        return self._live().records.change_orders

    @property
    def awards(self) -> Awards:
        """The credit that agents were given: `.add(agent_id, 25)`, `.all()`, `.get(1)`."""
        return self._live().records.awards

    @property
    def enterprises(self) -> Named[Enterprise]:
        """The groups of offices: `.add("Summit Homes")`, `.all()`, `.get(1)`."""
        return self._live().records.enterprises

    @property
    def offices(self) -> Offices:
        """The real-estate offices: `.add("North", enterprise_id=1)`, `.all()`, `.get(1)`."""
        return self._live().records.offices

    @property
    def order_presets(self) -> Named[OrderPreset]:
        """The kinds of orders: `.add("Standard post")`, `.all()`, `.get(1)`."""
        return self._live().records.order_presets

    @property
    def client(self) -> SignTrakerClient:
        """A client of this sandbox, made on first use and closed with it."""
        running = self._live()
        if running.client is None:
            running.client = self.new_client()
        return running.client

    def new_client(self, **options: Any) -> SignTrakerClient:
        """Make another client, with the options of `SignTrakerClient`; it is closed with the sandbox."""
        from signtraker.client import SignTrakerClient  # noqa: PLC0415 - loads httpx only when used

        running = self._live()
        given = {**self._options(), **options}
        if self._port is None and "http_client" not in given:
            import httpx  # noqa: PLC0415 - loaded only when used

            given["http_client"] = running.stack.enter_context(httpx.Client(transport=self.transport()))
        return running.stack.enter_context(SignTrakerClient(**given))

    def async_client(self, **options: Any) -> AsyncSignTrakerClient:
        """Make an async client, with the options of `AsyncSignTrakerClient`.

        It calls the sandbox without a socket, so it need not be closed, and works in any event loop.
        """
        import httpx  # noqa: PLC0415 - loaded only when used

        from signtraker.aio import AsyncSignTrakerClient  # noqa: PLC0415 - as above

        given = {**self._options(), **options}
        if "http_client" not in given:
            given["http_client"] = httpx.AsyncClient(transport=self.async_transport())
        return AsyncSignTrakerClient(**given)

    def transport(self) -> httpx.BaseTransport:
        """Return a transport for `httpx.Client(transport=…)` that uses no socket."""
        from signtraker.sandbox.serving.in_process import InProcessTransport  # noqa: PLC0415 - loads httpx

        running = self._live()
        return InProcessTransport(running.loop, running.app, running.ended)

    def async_transport(self) -> httpx.AsyncBaseTransport:
        """Return a transport for `httpx.AsyncClient(transport=…)` that uses no socket."""
        from signtraker.sandbox.serving.in_process import AsyncInProcessTransport  # noqa: PLC0415 - loads httpx

        running = self._live()
        return AsyncInProcessTransport(running.app, running.ended)

    def _options(self) -> dict[str, Any]:
        return {
            "api_key": self.api_key,
            "base_url": self.url,
            # Given here, because the client reads missing options from the environment.
            "timeout_seconds": 30.0,
            "max_retries": 2,
            "retry_backoff_seconds": 0.5,
            "odata_version": "v3" if self.settings.server == "v3" else "v4",
        }

    def _live(self) -> _Running:
        if self._running is None:
            raise SandboxError("The sandbox is not running; use it inside `with Sandbox() as …`.")
        return self._running

    def _prepare(self, database: Database) -> _Running:
        """Seed an empty database, or read the time of another."""
        now = REFERENCE
        with database.opening() as connection:
            is_new = is_empty(connection)
            if is_new:
                self._seed(connection)
            else:
                moment = select(tables.moments.c.At).where(tables.moments.c.Name == "now")
                now = connection.execute(moment).scalar_one()
        if is_new and database.in_memory:
            database.keep()
        clock = Clock(now, partial(_move, database, self.settings))
        backend = Backend(self.settings, database, clock)
        gate = Gate(create_app(backend), self.settings, database.generation)
        app = Control(Dashboard(gate, backend), self, self.settings.control_token)
        return _Running(backend, gate, app, is_new=is_new)

    def _seed(self, connection: Connection) -> None:
        seed_database(connection, seed=self.settings.seed, orders=self.settings.orders, now=REFERENCE)
        connection.execute(insert(tables.moments).values(Name="now", At=REFERENCE))

    def _reseed(self, database: Database) -> None:
        if database.in_memory:
            database.restore()
            return
        with database.begin() as connection:
            clear(connection)
            self._seed(connection)


def _move(database: Database, settings: Settings, since: datetime, now: datetime) -> None:
    with database.begin() as connection:
        move(connection, since, now, settings.designing)


class _Running:
    """The parts that exist only between start and stop."""

    def __init__(self, backend: Backend, gate: Gate, app: Control, *, is_new: bool) -> None:
        self.backend = backend
        self.database = backend.database
        self.clock = backend.clock
        self.gate = gate
        self.app = app
        self.is_new = is_new
        self.stack = ExitStack()
        self.ended = threading.Event()
        self.loop = LoopThread()
        self.port = _NOWHERE
        self.client: SignTrakerClient | None = None

    @cached_property
    def records(self) -> RecordSets:
        """The records, by kind; a test that has used them may have changed them."""
        from signtraker.sandbox.records import RecordSets  # noqa: PLC0415 - loads the models only when used

        return RecordSets(self.backend)
