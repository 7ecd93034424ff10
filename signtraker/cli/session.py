"""Hold what a command works with: its settings, the client, the time, the terminal."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from signtraker.cli.errors import UsageError
from signtraker.cli.settings import Settings, load
from signtraker.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from signtraker.client import SignTrakerClient
    from signtraker.query.schema import ODataVersion
    from signtraker.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Connection:
    """The connection options of a command, as they were given."""

    profile: str | None = None
    subdomain: str | None = None
    base_url: str | None = None
    timezone: str | None = None
    sandbox: bool = False


class Session:
    """One run of a command. Use it in a `with` block: it closes the client and the private sandbox."""

    def __init__(
        self, connection: Connection = Connection(), *, clock: Callable[[], datetime] | None = None
    ) -> None:
        self.connection: Connection = connection
        self.terminal: Terminal = Terminal(os.environ)
        self._clock = clock
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if self.connection.timezone is not None:
            # A name that is wrong is refused by every command, also by one that shows no time.
            _ = self.timezone
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @cached_property
    def settings(self) -> Settings:
        """The settings, with the source of each. Not used with `--sandbox`."""
        options = {"base_url": self.connection.base_url, "subdomain": self.connection.subdomain}
        settings = load(os.environ, options, self.connection.profile)
        if settings.overridden:
            names = ", ".join(settings.overridden)
            self.terminal.note(f"{names} of the environment wins over the profile {settings.profile}.")
        return settings

    @property
    def odata_version(self) -> ODataVersion:
        """The dialect of the server, by which a filter can be checked before a client is made."""
        if self.connection.sandbox:
            return "v4"
        setting = self.settings.found.get("odata_version")
        if setting is None or setting.value == "v4":
            return "v4"
        if setting.value == "v3":
            return "v3"
        raise UsageError(f"{setting.source}: the OData version must be v3 or v4.")

    @cached_property
    def client(self) -> SignTrakerClient:
        """The client, made on first use."""
        if self.connection.sandbox:
            return self.sandbox.new_client()
        arguments = self.settings.for_client()
        # Loads httpx and the models.
        from signtraker.client import SignTrakerClient

        return self._stack.enter_context(SignTrakerClient(**arguments))

    @cached_property
    def sandbox(self) -> Sandbox:
        """The private sandbox of `--sandbox`: made-up records, which end with the command."""
        others = {"--profile": self.connection.profile, "--subdomain": self.connection.subdomain}
        others["--base-url"] = self.connection.base_url
        for name, value in others.items():
            if value is not None:
                raise UsageError(f"--sandbox needs no tenant; leave {name} out.")
        try:
            from signtraker.sandbox import Sandbox
        except ModuleNotFoundError as error:
            raise UsageError(f"{error}.") from None
        return self._stack.enter_context(Sandbox(port=None))

    @property
    def server(self) -> str:
        """The server's name, for questions: `acme.signtraker.com`, or `a private sandbox`."""
        if self.connection.sandbox:
            return "a private sandbox"
        return self.client.prepare(self.client.orders.list_orders).url.split("/")[2]

    @cached_property
    def timezone(self) -> tzinfo:
        """The time zone for times on the terminal: `--timezone`, or this machine's."""
        name = self.connection.timezone
        if name is None:
            from dateutil.tz import tzlocal

            return tzlocal()
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            # `America` is a folder of zones, which ends in an `OSError` of the system.
            raise UsageError(
                f"--timezone {name}: there is no such time zone; write e.g. America/Denver or UTC."
            ) from None

    @cached_property
    def now(self) -> datetime:
        """The time of the command in its time zone; the sandbox's own time with `--sandbox`."""
        if self.connection.sandbox:
            return self.sandbox.clock.now().astimezone(self.timezone)
        clock = self._clock or (lambda: datetime.now(UTC))
        return clock().astimezone(self.timezone)
