"""The only module that talks to httpx: it performs what `converse` asks for."""

from __future__ import annotations

import os
import platform
import random
import ssl
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar, cast

import httpx

from signtraker._core.client import Client, Connection, not_a_method, nothing_sent_error
from signtraker._core.config import Config, resolve
from signtraker._core.exchange import Event, Response, Send, TransportError, send_with_retries
from signtraker._core.httpx_log import redacted_logs
from signtraker._core.prepared import CapturedError, PreparedRequest
from signtraker._core.recording import observer
from signtraker._core.redact import redact
from signtraker._lists.splitting import make_pager
from signtraker._version import __version__
from signtraker.exceptions import SignTrakerConfigError, SignTrakerError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from os import PathLike
    from types import TracebackType

    from signtraker._core.exchange import Action
    from signtraker._core.request import AnyRequest, Pairs, Request
    from signtraker._lists.listing import Listing
    from signtraker._lists.options import ListOptions
    from signtraker._lists.splitting import AnyPager
    from signtraker.models import ResponseModel
    from signtraker.query import ODataVersion, QueryLimits

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound="ResponseModel")
USER_AGENT = f"signtraker/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
# Neither of these leaves a request behind: no connection was made, or no pool slot was free.
NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)


class BaseClient(Client["_Connection"]):
    """What every client has: resolved settings, a connection pool, and an end.

    Each argument wins over its environment variable (`SIGNTRAKER_API_KEY` or `SIGNTRACKER_API_KEY`,
    `SIGNTRAKER_BASE_URL`, `SIGNTRAKER_SUBDOMAIN`, `SIGNTRAKER_TIMEOUT_SECONDS`, `SIGNTRAKER_MAX_RETRIES`,
    `SIGNTRAKER_RETRY_BACKOFF_SECONDS`). The server is the first of `base_url`, `subdomain` and their two
    variables. Use it in a `with` block, or call `close()`.

    Args:
        api_key: The tenant's API key.
        base_url: Where the API is, without `/api`; https, or http to a loopback address.
        subdomain: The tenant's name: `acme` for `https://acme.signtraker.com`.
        timeout_seconds: For connecting, and for each wait for data; 30 by default.
        max_retries: How often a failed attempt may be followed by another; 2 by default. Writes are sent
            again only if they provably never reached the server, or after a 429.
        retry_backoff_seconds: The wait before the first retry, doubled for each further one, less up to
            half by chance; 0.5 by default.
        resend_on_429: Whether a write is sent again after a 429, assumed to mean that it was not done.
        odata_version: The server's OData dialect, "v4" (the default) or "v3", also as
            `SIGNTRAKER_ODATA_VERSION`; filters and orderings are written in it.
        query_limits: What the server takes of a query, if it is configured otherwise than usual.
        http_client: An `httpx.Client` of yours: it is used, and not closed. Its own proxies and
            certificates apply.
        proxy: The URL of a proxy. A loopback server is always reached directly.
        ca: A file with the certificates to trust, or an `ssl.SSLContext`.

    Raises:
        AuthenticationError: There is no key, or it can't stand in a header.
        SignTrakerConfigError: Another setting is missing or can't be used.
    """

    def __init__(
        self,
        api_key: str | None = None,
        base_url: str | None = None,
        *,
        subdomain: str | None = None,
        timeout_seconds: float | None = None,
        max_retries: int | None = None,
        retry_backoff_seconds: float | None = None,
        resend_on_429: bool = True,
        odata_version: ODataVersion | None = None,
        query_limits: QueryLimits | None = None,
        http_client: httpx.Client | None = None,
        proxy: str | None = None,
        ca: str | PathLike[str] | ssl.SSLContext | None = None,
    ) -> None:
        config = resolve(
            os.environ,
            api_key=api_key,
            base_url=base_url,
            subdomain=subdomain,
            timeout_seconds=timeout_seconds,
            max_retries=max_retries,
            retry_backoff_seconds=retry_backoff_seconds,
            resend_on_429=resend_on_429,
            odata_version=odata_version,
            query_limits=query_limits,
        )
        self._connection = _Connection(
            config, *make_http_client(httpx.Client, config, http_client, proxy, ca)
        )
        self._owns_http = http_client is None

    def close(self) -> None:
        """Close the connections, unless they belong to an injected client or to another one."""
        if self._owns_http:
            self._connection.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def prepare(self, method: Callable[P, object], /, *args: P.args, **kwargs: P.kwargs) -> PreparedRequest:
        """Return the exact request that a call would send, and send nothing.

        `client.prepare(client.orders.create_order, order)` takes what the method takes, checks it in the
        same way, and hides the key. Of a call that sends several requests it is the first.
        """
        owner = getattr(method, "__self__", None)
        if not isinstance(owner, BaseClient):
            raise not_a_method(method)
        real = owner._connection  # noqa: SLF001 - its own class
        dry = _DryConnection(real.config, real.http, real.ca, portable=real.portable)
        try:
            result = getattr(owner._copy_with(dry), method.__name__)(*args, **kwargs)  # noqa: SLF001 - as above
            if isinstance(result, Iterator):
                next(cast("Iterator[object]", result), None)
        except CapturedError as captured:
            return prepared(captured.request, real.config)
        raise nothing_sent_error()

    def _send(self, request: Request[T]) -> T:
        return self._connection.send(request)

    def _list(self, listing: Listing[M], options: ListOptions, extra_params: Pairs = ()) -> list[M]:
        return self._send(listing.request(options, self._connection.config, extra_params))

    def _run(self, steps: Generator[Request[Any], Any, T]) -> T:
        """Perform an operation of several requests: it yields them, and is sent their answers or errors."""
        try:
            request = next(steps)
            while True:
                try:
                    result = self._send(request)
                except SignTrakerError as error:
                    request = steps.throw(error)
                else:
                    request = steps.send(result)
        except StopIteration as end:
            found: T = end.value
            return found

    def _iterate(
        self,
        listing: Listing[M],
        options: ListOptions,
        page_size: int,
        max_items: int | None,
        extra_params: Pairs = (),
    ) -> Iterator[M]:
        config = self._connection.config
        return self._walk(
            make_pager(listing, options, config, extra_params, page_size=page_size, max_items=max_items)
        )

    def _walk(self, pages: AnyPager[M]) -> Iterator[M]:
        while (request := pages.next_request()) is not None:
            yield from pages.received(self._send(request))


class _Connection(Connection["httpx.Client"]):
    """Performs what `converse` asks for. Threads may share it."""

    __slots__ = ()

    def send(self, request: Request[T]) -> T:
        """Send a request and return what its answer says."""
        steps = send_with_retries(request, self.config, chance=random.random, observe=observer(self.http))
        event: Event = None
        try:
            while True:
                event = self._perform(request, steps.send(event))
        except StopIteration as end:
            result: T = end.value
            return result

    def _perform(self, request: AnyRequest, action: Action) -> Event:
        if isinstance(action, Send):
            return self._attempt(request)
        time.sleep(action.seconds)
        return None

    def _attempt(self, request: AnyRequest) -> Response | TransportError:
        if self.http.is_closed:  # Perhaps since the last attempt.
            raise self.closed()
        start = time.perf_counter()
        message = http_request(self.http, request, self.config)
        with redacted_logs(self.config.api_key):
            try:
                response = self.http.send(message, stream=True, auth=None, follow_redirects=False)
            except httpx.RequestError as error:
                return failure(error, message, self.config, start)
            body = bytearray()
            cut = ""
            try:
                for chunk in response.iter_bytes():
                    body += chunk
            except httpx.RequestError as error:
                cut = reason(error, self.config)
            finally:
                response.close()
        return answer(response, bytes(body), cut, start)


class _DryConnection(_Connection):
    """Sends nothing: it hands the request over to `prepare`."""

    __slots__ = ()

    def send(self, request: Request[T]) -> T:
        raise CapturedError(request)


# What follows serves both base clients.


def http_options(
    config: Config, proxy: str | None, ca: str | PathLike[str] | ssl.SSLContext | None
) -> dict[str, Any]:
    """Return the settings of an own httpx client."""
    options = {
        "verify": ca if isinstance(ca, ssl.SSLContext) else _trusting(ca),
        "proxy": _checked_proxy(proxy),
    }
    if config.is_loopback:
        # Past any proxy, the environment's too.
        options |= {"proxy": None, "trust_env": False}
    if config.base_url.startswith("http:"):
        # There is no TLS to verify, and loading the certificates takes longer than everything else.
        options |= {"verify": False}
    return options


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


def _trusting(ca: str | PathLike[str] | None) -> ssl.SSLContext | bool:
    if ca is None:
        return True
    try:
        return ssl.create_default_context(cafile=os.path.abspath(ca))  # noqa: PTH100 - "" must not mean none
    except (OSError, TypeError, ValueError) as error:
        raise SignTrakerConfigError(
            f"ca must be a readable file of PEM certificates, or an ssl.SSLContext, not {ca!r}: {error}"
        ) from None


HttpClientT = TypeVar("HttpClientT", httpx.Client, httpx.AsyncClient)


def make_http_client(
    kind: type[HttpClientT],
    config: Config,
    http_client: HttpClientT | None,
    proxy: str | None,
    ca: str | PathLike[str] | ssl.SSLContext | None,
) -> tuple[HttpClientT, str | PathLike[str] | None, bool]:
    """Return the httpx client to use, the CA file to remember, and whether all of it can be pickled."""
    _check_host(config.base_url)
    if http_client is not None:
        return _checked_http_client(http_client, kind, proxy, ca), None, False
    try:
        http = kind(**http_options(config, proxy, ca))
    except SignTrakerConfigError:
        raise
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        # What these variables hold may be a password, so only the kind of the error is told.
        raise SignTrakerConfigError(
            f"The connections can't be set up ({type(error).__name__}): look at proxy, and at HTTP_PROXY, "
            "HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and SSLKEYLOGFILE in the "
            "environment; a socks proxy needs the package httpx[socks]."
        ) from None
    if isinstance(ca, ssl.SSLContext):
        return http, None, False
    return http, ca, proxy is None


def _check_host(base_url: str) -> None:
    """Find out now whether httpx can use a host name, rather than at the first call."""
    try:
        url = httpx.URL(base_url)
        usable = bool(url.raw_host and url.host)
    except (ValueError, httpx.InvalidURL):  # An IDNA error is a ValueError.
        usable = False
    if not usable:
        raise SignTrakerConfigError(f"base_url holds no usable host name: {base_url!r}.")


def _checked_http_client(
    http_client: object, kind: type[HttpClientT], proxy: str | None, ca: object
) -> HttpClientT:
    if not isinstance(http_client, kind):
        raise SignTrakerConfigError(f"http_client must be an httpx.{kind.__name__}, not {http_client!r}.")
    if proxy is not None or ca is not None:
        raise SignTrakerConfigError("With http_client, set the proxy and the ca on that client instead.")
    return http_client


def http_request(
    http: httpx.Client | httpx.AsyncClient, request: AnyRequest, config: Config
) -> httpx.Request:
    """Build the httpx request; it carries its own authorization, whatever the client is set to."""
    try:
        return http.build_request(
            request.method,
            f"{config.base_url}{request.target}",
            headers=headers(request, config),
            content=request.body,
            timeout=config.timeout_seconds,
        )
    except httpx.InvalidURL as error:
        raise ValidationError(f"Not sent: no URL can hold this query: {error}") from None


def headers(request: AnyRequest, config: Config) -> dict[str, str]:
    """Return the headers that every request sets."""
    return {
        "Authorization": f"ST-API {config.api_key}",
        "Accept": "application/json",
        "Content-Type": request.content_type,
        "User-Agent": USER_AGENT,
    }


def failure(
    error: httpx.RequestError, message: httpx.Request, config: Config, start: float
) -> TransportError:
    """Describe a request that nothing came back for."""
    # The original carries the authorization header, and the error will be chained to ours.
    error.request = httpx.Request(message.method, message.url)
    cause = error if redact(str(error), config.api_key) == str(error) else None
    elapsed = time.perf_counter() - start
    return TransportError(reason(error, config), isinstance(error, NEVER_SENT), elapsed, cause)


def reason(error: httpx.RequestError, config: Config) -> str:
    """Say in a few words what failed; time-outs have no text of their own."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return redact(text, config.api_key)


def answer(response: httpx.Response, body: bytes, cut: str, start: float) -> Response:
    """Describe what came back."""
    received = {name.lower(): value for name, value in response.headers.items()}
    return Response(response.status_code, received, body, time.perf_counter() - start, cut)


def prepared(request: AnyRequest, config: Config) -> PreparedRequest:
    """Describe a request that was not sent."""
    short_repr = {**headers(request, config), "Authorization": "ST-API ***"}
    return PreparedRequest(request.method, f"{config.base_url}{request.target}", short_repr, request.body)
