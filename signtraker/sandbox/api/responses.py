"""Answers in the manner of ASP.NET Web API, and of the IIS in front of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from starlette.responses import Response

INVALID_QUERY = "The query specified in the URI is not valid. "
INVALID_REQUEST = "The request is invalid."
_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=us-ascii"


class ApiError(Exception):
    """A request that is answered with an error: raised where the reason is known."""

    def __init__(self, status: int, body: dict[str, Any] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def response(self) -> Response:
        """The answer: JSON, or nothing at all."""
        return Response(status_code=self.status) if self.body is None else ok(self.body, self.status)


def ok(value: Any, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(encode(value), status_code=status, media_type=_JSON)


def html(status: int, title: str, text: str) -> Response:
    """Answer as IIS itself does, before any application code is asked."""
    page = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\r\n'
        f"<HTML><HEAD><TITLE>{title}</TITLE></HEAD>\r\n"
        f"<BODY><h2>{title}</h2>\r\n<hr><p>HTTP Error {status}. {text}</p>\r\n</BODY></HTML>\r\n"
    )
    return Response(page.encode("ascii"), status_code=status, media_type=_HTML)


def not_found() -> ApiError:
    """Say that there is no such record: a 404 without a body."""
    return ApiError(404)


def api_error(status: int, text: str, **more: Any) -> ApiError:
    """Refuse with a `Message`."""
    return ApiError(status, {"Message": text, **more})


def invalid(model_state: dict[str, list[str]]) -> ApiError:
    """Refuse a payload, field by field."""
    return api_error(400, INVALID_REQUEST, ModelState=model_state)


def invalid_query(detail: str) -> ApiError:
    """Refuse a query, in the words of the OData library."""
    return api_error(400, INVALID_QUERY + detail)


def encode(value: Any) -> bytes:
    """JSON as the API writes it: dates in UTC with a `Z`, money as a number."""
    text = json.dumps(value, default=_encode_scalar, ensure_ascii=False, separators=(",", ":"))
    # Half of a surrogate pair has no bytes; as an escape it can be sent.
    return text.encode("utf-8", "backslashreplace")


def format_datetime(value: datetime) -> str:
    """`2024-01-02T00:00:00.000Z`, with microseconds only where there are any."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    precision = "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.isoformat(timespec=precision)[: -len("+00:00")] + "Z"


def _encode_scalar(value: object) -> str | float:
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} has no JSON form.")
