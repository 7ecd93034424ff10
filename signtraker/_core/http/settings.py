"""Check the settings of connections once: certificates, proxy, host name, an injected client."""

from __future__ import annotations

import os
import ssl
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from signtraker._core.secret import quoted
from signtraker.exceptions import SignTrakerConfigError

if TYPE_CHECKING:
    from signtraker._core.config import Config
    from signtraker._core.http.deferred import Ca

MAX_CONNECTIONS: Final = 100
MAX_IDLE: Final = 20


class TransportSettings:
    """The settings of our own connections, checked once: certificates and proxy.

    With `usual`, there is neither a proxy nor a variable of the environment that names certificates (see
    `deferred`).
    """

    def __init__(
        self, config: Config, proxy: str | None = None, ca: Ca = None, *, usual: bool = False
    ) -> None:
        url = _checked_host(config.base_url)
        self.server = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path.rstrip(b"/")
        )
        """The server, and the path before each request's own."""
        self.host = url.netloc
        """The Host header."""
        given = _checked_proxy(proxy)
        try:
            self.proxy = None
            if not config.is_loopback and not usual:
                self.proxy = given or _environment_proxy(config.base_url)
            self.verify = _verification(config, ca, usual=usual)
            # Find out now rather than at the first call, for example that a socks proxy lacks its package.
            self.connection(httpcore.SyncBackend())
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            if isinstance(error, SignTrakerConfigError):
                raise
            # What these variables hold may be a password, so only the kind of the error is shown.
            raise SignTrakerConfigError(
                f"The connections can't be set up ({type(error).__name__}): look at proxy, and at "
                "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and "
                "SSLKEYLOGFILE in the environment; a socks proxy needs the package httpx[socks]."
            ) from None

    def connection(self, backend: httpcore.NetworkBackend) -> httpcore.ConnectionInterface:
        """Return a connection that the first request will open."""
        origin = self.server.origin
        if self.proxy is None:
            return httpcore.HTTPConnection(origin, self.verify, network_backend=backend)
        kind = httpcore.SOCKSProxy if self._is_socks else httpcore.HTTPProxy
        return kind(**self._proxy_options(), network_backend=backend).create_connection(origin)

    def async_connection(self, backend: httpcore.AsyncNetworkBackend) -> httpcore.AsyncConnectionInterface:
        """Return a connection for tasks that the first request will open."""
        origin = self.server.origin
        if self.proxy is None:
            return httpcore.AsyncHTTPConnection(origin, self.verify, network_backend=backend)
        kind = httpcore.AsyncSOCKSProxy if self._is_socks else httpcore.AsyncHTTPProxy
        return kind(**self._proxy_options(), network_backend=backend).create_connection(origin)

    @property
    def _is_socks(self) -> bool:
        return self.proxy is not None and self.proxy.url.scheme.startswith("socks")

    def _proxy_options(self) -> dict[str, Any]:
        """Return the proxy as httpcore takes it."""
        assert self.proxy is not None, "called with a proxy only"  # noqa: S101 - for type checkers
        if self._is_socks and find_spec("socksio") is None:
            raise ImportError("socksio")
        url = self.proxy.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        options: dict[str, Any] = {
            "proxy_url": target,
            "proxy_auth": self.proxy.raw_auth,
            "ssl_context": self.verify,
        }
        if not self._is_socks:
            options |= {"proxy_headers": self.proxy.headers.raw, "proxy_ssl_context": self.proxy.ssl_context}
        return options


@cache
def _usual_verification() -> ssl.SSLContext:
    """Return the context that clients without certificates of their own share: to load it takes 15 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _environment_verification() -> ssl.SSLContext:
    """Return a context with the certificates that the environment names.

    Before 0.28, httpx trusted the usual certificates where the named file did not exist.
    """
    if file := os.environ.get("SSL_CERT_FILE"):
        return ssl.create_default_context(cafile=file)
    if folder := os.environ.get("SSL_CERT_DIR"):
        return ssl.create_default_context(capath=folder)
    return httpx.create_ssl_context()


def _verification(config: Config, ca: Ca, *, usual: bool) -> ssl.SSLContext:
    if config.base_url.startswith("http:"):
        # There is no TLS to verify, and loading the certificates takes longer than everything else.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(ca, ssl.SSLContext):
        return ca
    if ca is None:
        return _usual_verification() if usual else _environment_verification()
    try:
        return ssl.create_default_context(cafile=os.path.abspath(ca))  # noqa: PTH100 - "" must not mean none
    except (OSError, TypeError, ValueError) as error:
        raise SignTrakerConfigError(
            f"ca must be a readable file of PEM certificates, or an ssl.SSLContext, not {ca!r}: {error}"
        ) from None


def _checked_proxy(proxy: str | None) -> httpx.Proxy | None:
    if proxy is None:
        return None
    try:
        checked = httpx.Proxy(proxy)
    except (TypeError, ValueError, httpx.InvalidURL):
        checked = None
    if checked is None or not checked.url.host:
        # The URL may hold a password, so it is not quoted.
        raise SignTrakerConfigError("proxy must be a URL such as http://proxy.example:3128.")
    return checked


def _environment_proxy(base_url: str) -> httpx.Proxy | None:
    """Return the proxy that the environment names for this server, as curl and requests read it."""
    parts = urlsplit(base_url)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    return httpx.Proxy(url if "://" in url else f"http://{url}") if url else None


def _checked_host(base_url: str) -> httpx.URL:
    """Find out now whether httpx can use a host name, rather than at the first call."""
    try:
        url = httpx.URL(base_url)
        if url.raw_host and url.host:
            return url
    except (ValueError, httpx.InvalidURL):  # An IDNA error is a ValueError.
        pass
    raise SignTrakerConfigError(f"base_url holds no usable host name: {quoted(base_url)}.")


_HttpClientT = TypeVar("_HttpClientT", httpx.Client, httpx.AsyncClient)


def checked_http_client(
    http_client: object, kind: type[_HttpClientT], proxy: str | None, ca: Ca
) -> _HttpClientT:
    """Return an injected client; raises `SignTrakerConfigError` if it is none, or has rivals."""
    if not isinstance(http_client, kind):
        raise SignTrakerConfigError(
            f"http_client must be an httpx.{kind.__name__}, not a {type(http_client).__name__}."
        )
    if proxy is not None or ca is not None:
        raise SignTrakerConfigError("With http_client, set the proxy and the ca on that client instead.")
    return http_client
