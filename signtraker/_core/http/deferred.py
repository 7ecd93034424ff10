"""Decide whether the settings of connections need httpx to be checked; if not, it is imported later."""

from __future__ import annotations

import os
import re
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable
    from os import PathLike
    from typing import TypeAlias

    from signtraker._core.config import Config
    from signtraker._core.http.settings import TransportSettings

    Ca: TypeAlias = str | PathLike[str] | ssl.SSLContext | None

# URLs that httpx takes without a doubt: the last label of a name begins with a letter, so it is no address.
_PLAIN_NAME: Final = re.compile(
    r"https?://(?:[a-z0-9-]+\.)*[a-z][a-z0-9-]*(?::[0-9]+)?(?:/[a-z0-9._/-]*)?", re.IGNORECASE
)
_PLAIN_ADDRESS: Final = re.compile(r"https?://[0-9.]+(?::[0-9]+)?(?:/[a-z0-9._/-]*)?", re.IGNORECASE)
_LONGEST_PLAIN: Final = 1000
_CERTIFICATES: Final = frozenset({"SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"})


class DeferredSettings:
    """The settings of our own connections: certificates and proxy.

    They are checked when the client is made. Where nothing can be wrong with them, that waits for the first
    request, because importing httpx and loading certificates take longer than everything else.
    """

    def __init__(self, config: Config, proxy: str | None, ca: Ca) -> None:
        is_path = ca is None or isinstance(ca, str | os.PathLike)
        self.is_portable = proxy is None and is_path
        self.ca = ca if is_path else None
        self._config = config
        self._checked: TransportSettings | None = None
        if _may_be_wrong(config, proxy, ca, os.environ):
            from signtraker._core.http.settings import TransportSettings

            self._checked = TransportSettings(config, proxy, ca)

    def checked(self) -> TransportSettings:
        """Return the settings as httpx takes them."""
        if self._checked is None:
            from signtraker._core.http.settings import TransportSettings

            self._checked = TransportSettings(self._config, usual=True)
        return self._checked


def _may_be_wrong(config: Config, proxy: str | None, ca: Ca, environ: Iterable[str]) -> bool:
    """Return whether only httpx can say if the settings are usable, or the environment adds to them."""
    url = config.base_url
    names = {name.upper() for name in environ}
    return (
        proxy is not None
        or ca is not None
        or "xn--" in url.lower()
        or len(url) > _LONGEST_PLAIN
        or not (_PLAIN_NAME.fullmatch(url) or (config.is_loopback and _PLAIN_ADDRESS.fullmatch(url)))
        or (url.startswith("https:") and not _CERTIFICATES.isdisjoint(names))
        or (not config.is_loopback and _has_proxies(names))
    )


def _has_proxies(names: set[str]) -> bool:
    """Return whether a proxy may be set, in the environment or in the settings of macOS or Windows."""
    return sys.platform in {"darwin", "win32"} or any(name.endswith("_PROXY") for name in names)
