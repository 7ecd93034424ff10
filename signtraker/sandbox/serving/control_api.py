"""The routes of the sandbox's own API under `/sandbox/`: faults, clock, requests, ledger and reset."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, Field, PlainSerializer, field_validator, model_validator
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.responses import Response  # noqa: TC002 - FastAPI reads the annotation

from signtraker import __version__
from signtraker.sandbox.api.responses import ApiError, api_error, format_datetime
from signtraker.sandbox.faults.fault import Fault
from signtraker.sandbox.faults.parse import parse_rule
from signtraker.sandbox.serving.control import PREFIX, Controlled
from signtraker.sandbox.settings import CheckedModel, SandboxError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

TOKEN_HEADER = "X-Sandbox-Token"  # noqa: S105 - the name of a header

Moment = Annotated[datetime, PlainSerializer(format_datetime, return_type=str)]


def _read_rule(given: object) -> object:
    return parse_rule(given) if isinstance(given, str) else given


GivenFault = Annotated[Fault, BeforeValidator(_read_rule)]


class Now(BaseModel):
    """The time of the sandbox's clock."""

    now: Moment


class Move(CheckedModel):
    """A move of the clock: to `now`, or by the sum of the spans."""

    now: datetime | None = Field(default=None, strict=False)
    """The new time; without a zone it is UTC."""
    days: float = 0
    hours: float = 0
    minutes: float = 0

    @field_validator("now")
    @classmethod
    def _add_zone(cls, moment: datetime | None) -> datetime | None:
        return moment if moment is None or moment.tzinfo else moment.replace(tzinfo=UTC)

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if not self.model_fields_set:
            raise SandboxError('Say where to move to: {"days": 1} or {"now": "2026-02-01T00:00:00Z"}.')
        if self.now is not None and len(self.model_fields_set) > 1:
            raise SandboxError("Give either now, or by how much the clock is to advance.")
        return self


class Received(BaseModel):
    """One request as it arrived, without its authorization."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Annotated[str, BeforeValidator(lambda body: body.decode("utf-8", "replace"))]
    status: int | None
    fault: Fault | None


class Entry(BaseModel):
    """One piece of work that was done for a client."""

    id: int
    at: Moment
    action: str
    subject_id: int
    external_id: str | None


class _GuardedRoute(APIRoute):
    """Require the token and JSON for changes, before the body is parsed."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            if request.method != "GET":
                _check_token(request)
                await _check_json(request)
            return await handle(request)

        return guarded


def _check_token(request: Request) -> None:
    given = request.headers.get(TOKEN_HEADER, "").encode("latin-1")
    if not secrets.compare_digest(given, request.app.state.token.encode()):
        raise api_error(403, f"To change something, send the sandbox's control token in {TOKEN_HEADER}.")


async def _check_json(request: Request) -> None:
    if request.method == "DELETE" and not await request.body():
        return
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise api_error(415, "The sandbox is controlled by JSON: send Content-Type: application/json.")


def _sandbox(request: Request) -> Controlled:
    sandbox: Controlled = request.app.state.sandbox
    return sandbox


Live = Annotated[Controlled, Depends(_sandbox)]
router: APIRouter = APIRouter(prefix=PREFIX, route_class=_GuardedRoute)


# Of a fault, only the parameters that differ from their defaults are shown.
@router.get("/faults", response_model_exclude_defaults=True)
async def list_faults(sandbox: Live) -> list[Fault]:
    """List the faults in force."""
    return list(sandbox.faults)


@router.get("/faults/unused", response_model_exclude_defaults=True)
async def list_unused_faults(sandbox: Live) -> list[Fault]:
    """List the faults in force that applied to no request yet."""
    return sandbox.faults.unused


@router.post("/faults", response_model_exclude_defaults=True)
async def add_fault(fault: GivenFault, sandbox: Live) -> Fault:
    """Add a fault, given as an object or as a line of text: `"GET /api/orders status=503"`."""
    return sandbox.faults.add(fault)


@router.delete("/faults")
async def clear_faults(sandbox: Live) -> list[Fault]:
    """Remove all faults."""
    sandbox.faults.clear()
    return []


@router.get("/clock")
async def read_clock(sandbox: Live) -> Now:
    """Return the time."""
    return Now(now=sandbox.clock.now())


@router.post("/clock")
async def move_clock(move: Move, sandbox: Live) -> Now:
    """Move the clock forward; what is due happens."""
    try:
        if move.now is not None:
            return Now(now=sandbox.clock.set(move.now))
        return Now(now=sandbox.clock.advance(days=move.days, hours=move.hours, minutes=move.minutes))
    except (ValueError, OverflowError) as error:
        raise SandboxError(f"{str(error).rstrip('.')}.") from error


@router.get("/requests", response_model=list[Received], response_model_exclude_defaults=True)
async def list_requests(sandbox: Live, response: Response) -> Any:
    """List the requests that were received, oldest first; `X-Sandbox-Dropped` counts those no longer kept."""
    response.headers["X-Sandbox-Dropped"] = str(sandbox.dropped_requests)
    return sandbox.requests


@router.get("/ledger", response_model=list[Entry])
async def list_ledger(sandbox: Live) -> Any:
    """List the work that was done, in order."""
    return sandbox.ledger


@router.post("/reset")
async def reset(sandbox: Live) -> Now:
    """Restore the seeded records, and clear faults, requests and ledger."""
    sandbox.reset()
    return Now(now=sandbox.clock.now())


_METHODS: dict[str, list[str]] = {}
for _route in router.routes:
    if isinstance(_route, APIRoute):
        _METHODS.setdefault(_route.path, []).extend(_route.methods or ())


def create_api(sandbox: Controlled, token: str) -> FastAPI:
    """Build the control API of a running sandbox."""
    api = FastAPI(
        title="Control API of the SignTraker sandbox",
        version=__version__,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.sandbox, api.state.token = sandbox, token
    api.include_router(router)
    api.add_exception_handler(404, _refuse_route)
    api.add_exception_handler(405, _refuse_method)
    api.add_exception_handler(ApiError, _refuse)
    api.add_exception_handler(SandboxError, _refuse)
    api.add_exception_handler(DBAPIError, _refuse_locked)
    # `CheckedModel` writes the message of every other mistake in a body.
    api.add_exception_handler(RequestValidationError, _refuse_body)
    api.add_exception_handler(HTTPException, _refuse_body)
    return api


async def _refuse(_request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, ApiError) else api_error(400, str(error))
    return refusal.response()


async def _refuse_locked(_request: Request, error: Exception) -> Response:
    reason = error.orig if isinstance(error, DBAPIError) else error
    return api_error(503, f"The database cannot be used: {reason}.").response()


async def _refuse_route(request: Request, _error: Exception) -> Response:
    names = ", ".join(path.removeprefix(f"{PREFIX}/") for path in _METHODS)
    return api_error(404, f"There is no {request.url.path}; there are: {names}.").response()


async def _refuse_method(request: Request, _error: Exception) -> Response:
    # Starlette names the methods of the path's first route only.
    allowed = ", ".join(_METHODS.get(request.url.path, ["GET"]))
    response = api_error(405, f"{request.url.path} takes {allowed}.").response()
    response.headers["Allow"] = allowed
    return response


async def _refuse_body(_request: Request, _error: Exception) -> Response:
    return api_error(400, "The body is no JSON.").response()
