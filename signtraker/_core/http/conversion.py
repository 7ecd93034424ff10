"""Turn our requests into httpcore's and httpx's, and their responses and errors into ours."""

from __future__ import annotations

import platform
import re
import sys
import time
import traceback
from typing import TYPE_CHECKING, Any, Final

import httpcore
import httpx

from signtraker._core.exchange import Response, TransportError
from signtraker._core.http.decoding import Decoder, DecodingError
from signtraker._core.prepared import PreparedRequest
from signtraker._core.redact import redact
from signtraker._version import __version__
from signtraker.exceptions import Exchange, SignTrakerError, ValidationError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker._core.config import Config
    from signtraker._core.http.settings import TransportSettings
    from signtraker._core.request import AnyRequest

USER_AGENT: Final = f"signtraker/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
NETWORK_ERRORS: Final = (
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.TimeoutException,
    httpcore.UnsupportedProtocol,
)
# After these errors the server has received nothing: no connection was made, or no pool slot was free.
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError)
# httpx builds the next request of a redirect even when told not to follow it, and raises these.
BAD_LOCATION: Final = (httpx.InvalidURL, ValueError)
_LONGEST_URL: Final = 65_536
"""httpx's own limit."""
_KEPT_OF_A_LARGE_BODY: Final = 10_000
_LONGEST_REASON: Final = 300
_QUOTED_BYTES: Final = re.compile(r"[:,]? *(?:bytearray\()?b['\"].*", re.DOTALL)


def opening_errors() -> tuple[type[Exception], ...]:
    """Return what a call may raise before its response: SOCKS proxies' package has errors of its own."""
    socks: Any = sys.modules.get("socksio")
    return NETWORK_ERRORS if socks is None else (*NETWORK_ERRORS, socks.SOCKSError)


def wire_request(request: AnyRequest, config: Config, settings: TransportSettings) -> httpcore.Request:
    """Build the request that goes out over a connection of ours.

    A write says that its connection ends with its response (RFC 9112, 9.6).
    """
    url = settings.server
    if len(config.base_url) + len(request.target) > _LONGEST_URL:
        raise ValidationError(f"Not sent: no URL can hold this query: it is longer than {_LONGEST_URL:,}")
    target = url.target + request.target.encode("ascii")
    fields = [
        (name.encode("ascii"), value.encode("ascii")) for name, value in headers(request, config).items()
    ]
    if request.is_write:
        fields.append((b"Content-Length", b"%d" % len(request.body or b"")))
        fields.append((b"Connection", b"close"))
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=target),
        headers=[(b"Host", settings.host), *fields],
        content=request.body,
        extensions={"timeout": _timeouts(config)},
    )


def httpx_request(request: AnyRequest, config: Config) -> httpx.Request:
    """Build the request for an injected client, with our own headers only, whatever the client is set to."""
    try:
        url = httpx.URL(f"{config.base_url}{request.target}")
    except httpx.InvalidURL as error:
        raise ValidationError(f"Not sent: no URL can hold this query: {error}") from None
    return httpx.Request(
        request.method,
        url,
        headers=headers(request, config),
        content=request.body,
        extensions={"timeout": _timeouts(config)},
    )


def _timeouts(config: Config) -> dict[str, float]:
    return dict.fromkeys(("connect", "read", "write", "pool"), config.timeout_seconds)


def closed_error(request: AnyRequest, config: Config) -> SignTrakerError:
    """Return the error for an attempt after the client was closed."""
    return SignTrakerError(
        "This client is closed; make a new one, or keep the work inside its with block.",
        exchange=Exchange(request.method, f"{config.base_url}{request.target}", request_body=request.body),
    )


def interrupted(error: BaseException, request: AnyRequest) -> BaseException:
    """Return an exception that ended a call, such as a signal's, without the frames that hold the key.

    It gets a note that says where it came, and that a write may have happened.
    """
    place = traceback.extract_tb(error.__traceback__)[-1]
    message = (
        f"It ended {request.method} {request.path}, in {place.name} ({place.filename}, line {place.lineno})"
    )
    error.add_note(f"{message}; {_doubt(request)}" if request.is_write else message)
    error.__context__ = None
    return error.with_traceback(None)


def cancelled(error: BaseException, request: AnyRequest, *, sent: bool) -> None:
    """Add a note to the exception that cancelled a task during a write: whether it may have happened."""
    outcome = _doubt(request) if sent else "nothing was sent"
    error.add_note(f"It ended {request.method} {request.path}; {outcome}")


def _doubt(request: AnyRequest) -> str:
    return f"it may have happened: {request.check_hint}".rstrip(": ")


def headers(request: AnyRequest, config: Config) -> dict[str, str]:
    """Return the headers that every request sets."""
    return {
        **config.extra_headers,
        "Authorization": f"ST-API {config.api_key}",
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
        "Content-Type": request.content_type,
        "User-Agent": USER_AGENT,
    }


def prepared(request: AnyRequest, config: Config) -> PreparedRequest:
    """Describe a request that was not sent."""
    visible = {name: str(value) for name, value in headers(request, config).items()}
    visible["Authorization"] = "ST-API ***"
    return PreparedRequest(request.method, f"{config.base_url}{request.target}", visible, request.body)


class Body:
    """Collect and decode a response's body, up to the largest size that is taken."""

    def __init__(self, status_code: int, headers: dict[str, str], most: int) -> None:
        self.status_code = status_code
        self.headers = headers
        """The headers, names in lower case."""
        self._most = most
        self._chunks: list[bytes] = []
        self._size = 0
        self._decoder: Decoder | None = None
        self.cut = ""

    def add_decoded(self, content: bytes) -> None:
        """Add a body that somebody else has decoded."""
        self._decoder = Decoder("")
        self.add(content)

    def add(self, received: bytes) -> bool:
        """Add bytes as they came; return False if it is of no use to go on."""
        try:
            if self._decoder is None:
                self._decoder = Decoder(self.headers.get("content-encoding", ""))
            return all(self._add_decoded(part) for part in self._decoder.decode(received))
        except DecodingError as error:
            self.cut = str(error)
            return False

    def _add_decoded(self, part: bytes) -> bool:
        self._size += len(part)
        if self._size > self._most:
            self.cut = f"it is larger than max_response_bytes={self._most:,}"
            # An error keeps the beginning only.
            self._chunks = [b"".join([*self._chunks[:100], part])[:_KEPT_OF_A_LARGE_BODY]]
            return False
        self._chunks.append(part)
        return True

    def response(self, start: float) -> Response:
        """Return the response as far as it has come."""
        elapsed = time.perf_counter() - start
        cut = self.cut
        if not cut and self._decoder is not None and not self._decoder.is_complete:
            cut = "its compressed data ended early"
        return Response(self.status_code, self.headers, b"".join(self._chunks), elapsed, cut)


def header_texts(fields: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return a response's headers, names in lower case; several of one name are joined (RFC 9110, 5.3)."""
    fields = list(fields)
    try:
        pairs = [(name.decode().lower(), value.decode()) for name, value in fields]
    except UnicodeDecodeError:
        pairs = [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in fields]
    texts: dict[str, str] = {}
    for name, value in pairs:
        texts[name] = f"{texts[name]}, {value}" if name in texts else value
    return texts


def failure(error: Exception, config: Config, start: float, *, is_sent: bool) -> TransportError:
    """Return the `TransportError` of an attempt without a response, from an error of httpcore's or httpx's.

    `is_sent` tells whether the server may have received a part of the request.
    """
    text = reason(error, config)
    # A new one: the original's request carries the authorization header, its frames and those of the error
    # behind it hold the header too, and the error will be chained to ours.
    kind: type[httpx.RequestError] = getattr(httpx, type(error).__name__, httpx.RequestError)
    cause = kind(str(error)) if text.endswith(str(error)) else None
    never_sent = not is_sent or issubclass(kind, _NEVER_SENT)
    return TransportError(text, never_sent, time.perf_counter() - start, cause)


def bad_location(error: Exception, config: Config, start: float) -> TransportError:
    """Describe a redirect that an injected httpx client could not read."""
    message = f"the server's redirect can't be read: {reason(error, config)}"
    return TransportError(message, never_sent=False, elapsed_seconds=time.perf_counter() - start, cause=None)


def reason(error: Exception, config: Config) -> str:
    """Say in a few words what failed; time-outs have no text of their own.

    h11 quotes lines that it can't read, which may hold people's data. They are left to httpcore's DEBUG log.
    """
    text = _QUOTED_BYTES.sub("", redact(str(error), config.api_key))[:_LONGEST_REASON]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
