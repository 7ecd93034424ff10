"""Define the settings of a sandbox, apart from its database and its port."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal, TypeAlias

Generation: TypeAlias = Literal["v3", "v4-5", "v4-7"]
GENERATIONS: tuple[Generation, ...] = ("v3", "v4-5", "v4-7")


_MOST_DAYS = 36_500


class SandboxError(Exception):
    """The sandbox cannot do what it was asked to: the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The behaviour of the server; the defaults are those of the server behind the API, as far as known."""

    api_key: str = field(default="sandbox-key", repr=False)
    server: Generation = "v4-7"
    """The OData generation that is played."""
    national_account: bool = True
    """A National Account has order presets; an individual licensee's portal has none."""
    page_cap: int | None = None
    """A list is silently cut to this many rows."""
    max_top: int | None = None
    """A larger `$top` is refused."""
    design_days: float = 0
    """A new order is `Designing` for so long; with 0 it is a `Draft` at once."""
    max_query_bytes: int = 2048
    """A longer query string is answered as IIS answers it: 404 in HTML."""
    max_url_bytes: int = 4096

    def __post_init__(self) -> None:
        """Refuse what could not work."""
        if self.server not in GENERATIONS:
            raise SandboxError(
                f"server={self.server!r} is no known generation; choose one of {', '.join(GENERATIONS)}."
            )
        if not self.api_key or not (self.api_key.isascii() and self.api_key.isprintable()):
            raise SandboxError("api_key must be printable ASCII and not empty.")
        if not 0 <= self.design_days <= _MOST_DAYS:
            raise SandboxError(f"design_days={self.design_days} must lie between 0 and {_MOST_DAYS}.")
        for name in ("page_cap", "max_top"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                raise SandboxError(f"{name}={limit} must be at least 1.")

    @property
    def designing(self) -> timedelta:
        """The duration of the design of a new order."""
        return timedelta(days=self.design_days)

    @property
    def is_v3(self) -> bool:
        """True if the generation speaks OData v3."""
        return self.server == "v3"
