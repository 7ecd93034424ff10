"""`Sandbox`: the server and its data, from `with` to the end of the block."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, select

from signtraker.sandbox import tables
from signtraker.sandbox.app import create_app
from signtraker.sandbox.backend import Backend
from signtraker.sandbox.clock import Clock
from signtraker.sandbox.database import Database
from signtraker.sandbox.seed import plant
from signtraker.sandbox.server import HOST, ServerThread
from signtraker.sandbox.settings import Generation, SandboxError, Settings
from signtraker.sandbox.traffic import Gate, ReceivedRequest

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from signtraker.client import SignTrakerClient


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
    ) -> None:
        """Describe the sandbox; it starts with `with` or `start()`.

        `database` is a file, a SQLAlchemy URL, or None for memory; what is already in it is kept
        and no seed is planted. `server` is the OData generation that is played. `page_cap` cuts
        every list silently; `max_top` refuses a larger `$top`.
        """
        if orders < 0:
            raise SandboxError(f"orders={orders} must not be negative.")
        self.settings = Settings(
            api_key=api_key,
            server=server,
            national_account=national_account,
            page_cap=page_cap,
            max_top=max_top,
        )
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
            clock = self._prepare(database)
            gate = Gate(create_app(Backend(self.settings, database, clock)), self.settings)
            thread = ServerThread(gate, self._port)
            thread.start()
            stack.callback(thread.stop)
            self._running = _Running(stack.pop_all(), database, clock, gate, thread.port)
        return self

    def stop(self) -> None:
        """Close the client, the server and the database; a file keeps what it holds."""
        running, self._running = self._running, None
        if running is not None:
            running.stack.close()

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
    def clock(self) -> Clock:
        """The server's time."""
        return self._live().clock

    @property
    def requests(self) -> list[ReceivedRequest]:
        """What has arrived so far, oldest first (the last 10,000)."""
        return list(self._live().gate.requests)

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
            **options,
        }
        return self._live().stack.enter_context(SignTrakerClient(**given))

    def _live(self) -> _Running:
        if self._running is None:
            raise SandboxError("The sandbox is not running; use it inside `with Sandbox() as …`.")
        return self._running

    def _prepare(self, database: Database) -> Clock:
        """Plant the seed in an empty database, and find the time at which it stands."""
        clock = Clock()
        is_empty = database.is_empty()
        with database.begin() as connection:
            if is_empty:
                plant(connection, seed=self._seed, orders=self._orders, now=clock.now())
                connection.execute(insert(tables.moments).values(Name="now", At=clock.now()))
                return clock
            now = connection.execute(select(tables.moments.c.At).where(tables.moments.c.Name == "now"))
            return Clock(now.scalar_one())


class _Running:
    """What exists only between start and stop."""

    def __init__(self, stack: ExitStack, database: Database, clock: Clock, gate: Gate, port: int) -> None:
        self.stack = stack
        self.database = database
        self.clock = clock
        self.gate = gate
        self.port = port
        self.client: SignTrakerClient | None = None
