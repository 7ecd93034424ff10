"""Turn a response with an error status into the SDK's error: its class and its sentence."""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from signtraker._common.printable import printable
from signtraker._common.short_repr import short_repr
from signtraker.exceptions import (
    APIStatusError,
    AuthenticationError,
    NotFoundError,
    Problem,
    RateLimitError,
    ServerError,
    UnconfirmedRedirectError,
    UnconfirmedServerError,
    ValidationError,
)

if TYPE_CHECKING:
    from signtraker.exceptions import Exchange

_Json: TypeAlias = dict[str, Any]

_REDIRECTS = range(300, 400)
_REFUSALS = range(400, 500)
_LONGEST_SENTENCE = 500

_CLASSES: dict[int, type[APIStatusError]] = {
    HTTPStatus.BAD_REQUEST: ValidationError,
    HTTPStatus.UNAUTHORIZED: AuthenticationError,
    HTTPStatus.FORBIDDEN: AuthenticationError,
    HTTPStatus.NOT_FOUND: NotFoundError,
    # RFC 9110, 15.5.21: the content was understood, and can't be processed as it is.
    HTTPStatus.UNPROCESSABLE_ENTITY: ValidationError,
}
_NOT_DONE = frozenset(
    {
        # RFC 9110, 15.6.2 and 15.6.6: the server can't do what was asked.
        HTTPStatus.NOT_IMPLEMENTED,
        HTTPStatus.HTTP_VERSION_NOT_SUPPORTED,
        # RFC 6585, section 6: a proxy on the way responds instead of the server.
        HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED,
    }
)

_PLAIN: dict[int, str] = {
    HTTPStatus.BAD_REQUEST: "The server refused the request without saying why",
    HTTPStatus.UNAUTHORIZED: "The API key was not accepted",
    HTTPStatus.FORBIDDEN: "The API key may not do this",
    HTTPStatus.NOT_FOUND: "There is no such record",
    HTTPStatus.METHOD_NOT_ALLOWED: "The server does not allow this method here",
    HTTPStatus.REQUEST_TIMEOUT: "The server gave up waiting for the request",
    HTTPStatus.CONFLICT: "The server refused the request because of the record's present state",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The server does not take a request as large as this",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The server does not take this content type",
    HTTPStatus.UNPROCESSABLE_ENTITY: "The server refused the request without saying why",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests; wait before the next one",
    HTTPStatus.INTERNAL_SERVER_ERROR: "The server failed",
    HTTPStatus.BAD_GATEWAY: "A gateway in front of the server failed",
    HTTPStatus.SERVICE_UNAVAILABLE: "The server is not available at the moment",
    HTTPStatus.GATEWAY_TIMEOUT: "A gateway in front of the server waited too long",
    HTTPStatus.NETWORK_AUTHENTICATION_REQUIRED: "The network asks for a sign-in before it lets requests out",
}


def error_for(exchange: Exchange, *, is_write: bool, retry_after_seconds: float | None) -> APIStatusError:
    """Return the error for a response whose status is not 2xx."""
    status = exchange.status_code or 0
    said, found = _describe(exchange.body)
    sentence = (said or _plain(exchange, status)).rstrip(". ")
    listed = "; ".join(str(one) for one in found)
    text = f"{sentence}: {listed}" if listed else sentence
    message = f"{_cut(text)} (HTTP {status} from {exchange.method} {_path(exchange.url)})"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        asked = "" if retry_after_seconds is None else f"; it asks to wait {retry_after_seconds:g} s"
        return RateLimitError(
            f"{message}{asked}", exchange=exchange, problems=found, retry_after_seconds=retry_after_seconds
        )
    return _class_of(status, is_write=is_write)(message, exchange=exchange, problems=found)


def _class_of(status: int, *, is_write: bool) -> type[APIStatusError]:
    """Decide each status once; docs/reference/failures.md is the table of this and of `retry.may_repeat`."""
    if status in _REDIRECTS:
        # RFC 9110, 15.4.4: 303 See Other is how a server responds to a POST that it has processed.
        return UnconfirmedRedirectError if is_write else APIStatusError
    if status in _REFUSALS:
        return _CLASSES.get(status, APIStatusError)
    return UnconfirmedServerError if is_write and status not in _NOT_DONE else ServerError


def _plain(exchange: Exchange, status: int) -> str:
    if status in _REDIRECTS:
        target = exchange.headers.get("location") or "elsewhere"
        return f"The server redirects to {short_repr(target)}, which is not followed; check the base URL"
    if status == HTTPStatus.NOT_FOUND and exchange.body.strip():
        return (
            "The server responded with a page instead of an API error: the base URL may be wrong, "
            "or the query longer than the 2,048 bytes that IIS takes"
        )
    return _PLAIN.get(status, f"The server responded with status {status}")


def _describe(body: bytes) -> tuple[str, list[Problem]]:
    """Read Web API's error body, or problem+json (RFC 9457)."""
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        return "", []
    if not isinstance(content, dict):
        return "", []
    described = cast("_Json", content)
    parts = [_text(described, name) for name in ("Message", "MessageDetail", "ExceptionMessage")]
    if not any(parts):
        parts = [_text(described, name) for name in ("title", "detail")]
    found = _listed(described.get("ModelState"), strip=True) + _listed(described.get("errors"), strip=False)
    return " ".join(filter(None, parts)), found


def _text(described: _Json, name: str) -> str:
    value = described.get(name)
    return printable(value.strip()) if isinstance(value, str) else ""


def _listed(state: object, *, strip: bool) -> list[Problem]:
    if not isinstance(state, dict):
        return []
    return [
        Problem(_python_name(printable(str(key)), strip=strip), printable(str(sentence)))
        for key, sentences in cast("_Json", state).items()
        for sentence in (cast("list[object]", sentences) if isinstance(sentences, list) else [sentences])
    ]


def _python_name(key: str, *, strip: bool) -> str:
    """Turn `order.JobSite.City` into `job_site.city`.

    ModelState keys start with the name of the server's own parameter, which means nothing here; it is
    recognised by its lower-case first letter, and removed.
    """
    segments = key.split(".")
    if strip and segments[0][:1].islower():
        segments = re.findall(r"\[\d+\]$", segments[0]) + segments[1:]
    return ".".join(_snake(segment) for segment in segments)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_SENTENCE else f"{text[: _LONGEST_SENTENCE - 1]}…"


def _path(url: str | None) -> str:
    """Leave out the server and the query, which may hold people's data."""
    return re.sub(r"^[a-z]+://[^/]*|\?.*$", "", url or "")
