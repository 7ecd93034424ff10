"""The routes of the dashboard, in front of the API. Every other request goes on to the API."""

from __future__ import annotations

import secrets
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from sqlalchemy.exc import DBAPIError
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Match, Mount, Route
from starlette.staticfiles import StaticFiles

from signtraker.sandbox.dashboard import forms
from signtraker.sandbox.dashboard.state import State
from signtraker.sandbox.serving.gate import names_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Message, Receive, Scope, Send

    from signtraker.sandbox.data.backend import Backend
    from signtraker.sandbox.serving.gate import Gate

_LONGEST_FORM = 65_536
_FORM = "application/x-www-form-urlencoded"
_FOREIGN_HOST = "The dashboard opens only under a name of this machine, such as localhost."
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it, browsers send `Origin: null` with the dashboard's own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Dashboard:
    """An ASGI application around the gate. Its own requests are neither recorded nor subject to faults."""

    def __init__(self, gate: Gate, backend: Backend) -> None:
        self._gate = gate
        self._backend = backend
        self._token = secrets.token_urlsafe(32)
        static = StaticFiles(packages=[("signtraker.sandbox.dashboard", "static")])
        actions = [
            self._action("clock", "clock", "clock", self._advance_clock),
            self._action("faults", "faults", "fault", self._add_fault),
            self._action("clear-faults", "faults", "clear", self._clear_faults),
        ]
        self._routes = [
            Route("/", self._show_page),
            Route("/docs", self._show_reference),
            Route("/openapi.json", self._show_openapi),
            Mount("/dashboard", routes=[*actions, Mount("/static", static)]),
        ]
        handlers = {HTTPException: _show_error, DBAPIError: _show_database_error}
        self._app = Starlette(routes=self._routes, exception_handlers=handlers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond to a request for the dashboard, or hand it on."""
        if scope["type"] != "http" or not self._has_route(scope):
            await self._gate(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        if names_loopback(Headers(scope=scope).get("host", "")):
            await self._app(scope, receive, send_with_headers)
        else:
            await _error_page(400, _FOREIGN_HOST)(scope, receive, send_with_headers)

    def _has_route(self, scope: Scope) -> bool:
        return any(route.matches(scope)[0] is not Match.NONE for route in self._routes)

    async def _show_page(self, request: Request) -> Response:
        return self._page(State.read(request.query_params))

    async def _show_reference(self, _request: Request) -> Response:
        return HTMLResponse(self._reference)

    async def _show_openapi(self, _request: Request) -> Response:
        return JSONResponse(self._openapi)

    def _page(
        self,
        state: State,
        status: int = 200,
        errors: Mapping[str, str] | None = None,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        from signtraker.sandbox.dashboard.page import Context, render_page  # noqa: PLC0415 - loads Jinja2

        context = Context(self._backend, self._gate.faults, self._gate.requests, self._token)
        return HTMLResponse(render_page(context, state, errors, form), status)

    @cached_property
    def _openapi(self) -> dict[str, Any]:
        from signtraker.sandbox.api.openapi import document  # noqa: PLC0415 - loads the models

        return document(own_address="/")

    @cached_property
    def _reference(self) -> bytes:
        from signtraker.sandbox.dashboard.reference import render_reference  # noqa: PLC0415 - loads Jinja2

        return render_reference(self._openapi)

    def _action(self, name: str, section: str, done: str, act: Callable[[Mapping[str, str]], None]) -> Route:
        """Make the route of a form: it leads back to the page, which shows the error if there is one."""

        async def handle(request: Request) -> Response:
            form = await self._read_form(request)
            state = State.read(request.query_params)
            try:
                act(form)
            except forms.FormError as error:
                return self._page(state, 400, {section: str(error)}, form if section == "faults" else None)
            return RedirectResponse(f"/?{state.query(done=done)}#{section}", 303)

        return Route(f"/{name}", handle, methods=["POST"])

    def _advance_clock(self, form: Mapping[str, str]) -> None:
        span = forms.read_advance(form)
        try:
            self._backend.clock.set(self._backend.clock.now() + span)
        except OverflowError as error:
            raise forms.FormError("The calendar ends with the year 9999.") from error

    def _add_fault(self, form: Mapping[str, str]) -> None:
        self._gate.faults.add(forms.read_fault(form))

    def _clear_faults(self, _form: Mapping[str, str]) -> None:
        self._gate.faults.clear()

    async def _read_form(self, request: Request) -> dict[str, str]:
        """Read a form that this dashboard made and that was sent from its own origin."""
        _check_origin(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise HTTPException(415, f"The dashboard accepts forms only: {_FORM}.")
        body = bytearray()
        try:
            async for chunk in request.stream():
                body += chunk
                if len(body) > _LONGEST_FORM:
                    raise HTTPException(413, f"The form is longer than {_LONGEST_FORM:,} bytes.")
            pairs = parse_qsl(bytes(body).decode(), keep_blank_values=True, max_num_fields=100)
        except (ClientDisconnect, ValueError) as error:
            raise HTTPException(400, "The form can't be read.") from error
        form = dict(pairs)
        given = form.pop("token", "").encode("utf-8", "replace")
        if not secrets.compare_digest(given, self._token.encode()):
            raise HTTPException(
                403, "The form is of another sandbox, or of one that was restarted: reload the page."
            )
        return form


async def _show_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    sentence = {
        404: "The dashboard has no such page.",
        405: f"The dashboard allows only {(error.headers or {}).get('Allow')} here.",
    }.get(error.status_code, error.detail)
    return _error_page(error.status_code, sentence, error.headers)


async def _show_database_error(_request: Request, error: Exception) -> Response:
    reason = error.orig if isinstance(error, DBAPIError) else error
    return _error_page(503, f"The database cannot be used: {reason}.")


def _error_page(status: int, sentence: str, headers: Mapping[str, str] | None = None) -> Response:
    from signtraker.sandbox.dashboard.templating import render  # noqa: PLC0415 - loads Jinja2

    return HTMLResponse(render("error.html", error=sentence), status, headers)


def _check_origin(request: Request) -> None:
    """Refuse a form of another page: browsers send the origin of a form."""
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{request.headers['host']}":
        raise HTTPException(403, "The form was sent by a page of another origin.")
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise HTTPException(403, "The form was sent by a page of another site.")
