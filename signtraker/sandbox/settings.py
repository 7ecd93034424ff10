"""What can be chosen about a sandbox, apart from its database and its port."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Generation: TypeAlias = Literal["v3", "v4-5", "v4-7"]
GENERATIONS: tuple[Generation, ...] = ("v3", "v4-5", "v4-7")


class SandboxError(Exception):
    """The sandbox cannot do what it was asked to: the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How the server behaves; the defaults are those of the server behind the API, as far as known."""

    api_key: str = field(default="sandbox-key", repr=False)
    server: Generation = "v4-7"
    """The OData generation that is played."""
    national_account: bool = True
    """A National Account has order presets; an individual licensee's portal has none."""
    page_cap: int | None = None
    """A list is silently cut to this many rows."""
    max_top: int | None = None
    """A larger `$top` is refused."""
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
        for name in ("page_cap", "max_top"):
            limit = getattr(self, name)
            if limit is not None and limit < 1:
                raise SandboxError(f"{name}={limit} must be at least 1.")

    @property
    def is_v3(self) -> bool:
        """Whether the generation speaks OData v3."""
        return self.server == "v3"
