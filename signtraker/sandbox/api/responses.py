"""Make responses as ASP.NET Web API and the IIS in front of it do."""

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
    """An error response; raised where the reason is known."""

    def __init__(self, status: int, body: dict[str, Any] | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def response(self) -> Response:
        """Return the response: JSON, or an empty body."""
        return Response(status_code=self.status) if self.body is None else ok(self.body, self.status)


def ok(value: Any, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(encode(value), status_code=status, media_type=_JSON)


def html(status: int, title: str, text: str) -> Response:
    """Return an error page of IIS, which responds before any application code."""
    page = (
        '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01//EN" "http://www.w3.org/TR/html4/strict.dtd">\r\n'
        f"<HTML><HEAD><TITLE>{title}</TITLE></HEAD>\r\n"
        f"<BODY><h2>{title}</h2>\r\n<hr><p>HTTP Error {status}. {text}</p>\r\n</BODY></HTML>\r\n"
    )
    return Response(page.encode("ascii"), status_code=status, media_type=_HTML)


def not_found() -> ApiError:
    """Return the error for a missing record: a 404 with an empty body."""
    return ApiError(404)


def api_error(status: int, text: str, **more: Any) -> ApiError:
    """Return an error with a `Message`."""
    return ApiError(status, {"Message": text, **more})


def invalid(model_state: dict[str, list[str]]) -> ApiError:
    """Return the error for a payload, with sentences by field."""
    return api_error(400, INVALID_REQUEST, ModelState=model_state)


def invalid_query(detail: str) -> ApiError:
    """Return the error for a query, in the words of the OData library."""
    return api_error(400, INVALID_QUERY + detail)


def encode(value: Any) -> bytes:
    """Encode JSON as the API does: dates in UTC with a `Z`, money as a number."""
    text = json.dumps(value, default=_encode_scalar, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate has no UTF-8 form; it is sent as an escape.
    return text.encode("utf-8", "backslashreplace")


def format_datetime(value: datetime) -> str:
    """Return `2024-01-02T00:00:00.000Z`, with microseconds only where there are any."""
    utc = value if value.tzinfo is UTC else value.astimezone(UTC)
    precision = "microseconds" if utc.microsecond % 1000 else "milliseconds"
    return utc.isoformat(timespec=precision)[: -len("+00:00")] + "Z"


def _encode_scalar(value: object) -> str | float:
    if isinstance(value, datetime):
        return format_datetime(value)
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} cannot be encoded as JSON.")
