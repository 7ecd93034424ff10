"""Check the settings of connections once: certificates, proxy, host name, an injected client."""

from __future__ import annotations

import os
import ssl
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from signtraker._core.secret import quoted
from signtraker.exceptions import SignTrakerConfigError

if TYPE_CHECKING:
    from os import PathLike

    from signtraker._core.config import Config

    Ca: TypeAlias = str | PathLike[str] | ssl.SSLContext | None

MAX_CONNECTIONS: Final = 100
MAX_IDLE: Final = 20
KEPT_ALIVE: Final = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_IDLE)
ONE_REQUEST_EACH: Final = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=0)


class TransportSettings:
    """The settings of our own connections, checked once: certificates and proxy."""

    def __init__(self, config: Config, proxy: str | None, ca: Ca) -> None:
        _check_host(config.base_url)
        given = _checked_proxy(proxy)
        try:
            self.proxy = None if config.is_loopback else given or _environment_proxy(config.base_url)
            self.verify = _verification(config, ca)
            # Find out now rather than at the first call, for example that a socks proxy lacks its package.
            self.make(httpx.HTTPTransport, KEPT_ALIVE)
        except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
            if isinstance(error, SignTrakerConfigError):
                raise
            # What these variables hold may be a password, so only the kind of the error is shown.
            raise SignTrakerConfigError(
                f"The connections can't be set up ({type(error).__name__}): look at proxy, and at "
                "HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and "
                "SSLKEYLOGFILE in the environment; a socks proxy needs the package httpx[socks]."
            ) from None
        self.is_portable = proxy is None and not isinstance(ca, ssl.SSLContext)
        self.ca = None if isinstance(ca, ssl.SSLContext) else ca

    def make(self, kind: type[_TransportT], limits: httpx.Limits) -> _TransportT:
        """Return a transport that has no connection yet."""
        return kind(verify=self.verify, proxy=self.proxy, limits=limits)


_TransportT = TypeVar("_TransportT", httpx.HTTPTransport, httpx.AsyncHTTPTransport)


def _verification(config: Config, ca: Ca) -> ssl.SSLContext:
    if config.base_url.startswith("http:"):
        # There is no TLS to verify, and loading the certificates takes longer than everything else.
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(ca, ssl.SSLContext):
        return ca
    if ca is None:
        return httpx.create_ssl_context()
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


def _check_host(base_url: str) -> None:
    """Find out now whether httpx can use a host name, rather than at the first call."""
    try:
        url = httpx.URL(base_url)
        usable = bool(url.raw_host and url.host)
    except (ValueError, httpx.InvalidURL):  # An IDNA error is a ValueError.
        usable = False
    if not usable:
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
