"""The window's own pages, in front of the API: whatever else is asked for goes on to the API."""

from __future__ import annotations

import json
import secrets
from functools import cached_property
from importlib import resources
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from signtraker.sandbox.dashboard import forms, layout, page, reference
from signtraker.sandbox.dashboard.state import State
from signtraker.sandbox.serving.gate import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope, Send

    from signtraker.sandbox.data.backend import Backend
    from signtraker.sandbox.serving.gate import Gate

_LONGEST_FORM = 65_536
_HTML = "text/html; charset=utf-8"
_FORM = "application/x-www-form-urlencoded"
_ASSETS = {"style.css": "text/css; charset=utf-8", "sign.svg": "image/svg+xml"}
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: with it, browsers send `Origin: null` with the window's own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class _Refused(Exception):  # noqa: N818 - it is an answer, not a fault of the program
    """A request that the window does not take: raised where the reason is known."""

    def __init__(self, status: int, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers


class Dashboard:
    """An ASGI application around the gate. What it serves is neither written down nor made to fail."""

    def __init__(self, gate: Gate, backend: Backend) -> None:
        self._gate = gate
        self._backend = backend
        self._token = secrets.token_urlsafe(32)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for the window, or hand it on."""
        if scope["type"] != "http" or not _is_mine(scope["path"]):
            await self._gate(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            response = await self._answer(request)
        except _Refused as refused:
            text = layout.document(refused.sentence, layout.note(refused.sentence, "wrong"))
            response = Response(text, refused.status, refused.headers, _HTML)
        except ClientDisconnect:
            return
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        if not is_loopback(request.headers.get("host", "")):
            raise _Refused(400, "The window opens under a name of this machine only.")
        path = request.scope["path"]
        if path in _ACTIONS:
            _allow(request, "POST")
            return self._act(path, await self._form(request), State.read(request.query_params))
        _allow(request, "GET", "HEAD")
        if path == "/":
            return Response(page.render(self._scene, State.read(request.query_params)), media_type=_HTML)
        if path == "/docs":
            return Response(self._reference, media_type=_HTML)
        if path == "/openapi.json":
            return Response(json.dumps(self._described), media_type="application/json")
        return _asset(path)

    @cached_property
    def _described(self) -> dict[str, Any]:
        # The models and their schemas take a while to load, and few look at them.
        from signtraker.sandbox.api.openapi import document  # noqa: PLC0415 - see above

        return document(self._backend, own_address="/")

    @cached_property
    def _reference(self) -> bytes:
        return reference.render(self._described)

    @cached_property
    def _scene(self) -> page.Context:
        return page.Context(self._backend, self._gate.faults, self._gate.requests, self._token)

    def _act(self, path: str, form: Mapping[str, str], state: State) -> Response:
        """Change what the form says, and lead back to the page; a mistake is told on the page itself."""
        part = _ACTIONS[path]
        try:
            done = self._change(path, form)
        except forms.FormError as mistake:
            text = page.render(self._scene, state, {part: str(mistake)}, form if part == "faults" else None)
            return Response(text, 400, media_type=_HTML)
        query = state.query(done=done)
        return Response(status_code=303, headers={"Location": f"/?{query}#{part}"})

    def _change(self, path: str, form: Mapping[str, str]) -> str:
        if path == "/window/clock":
            span = forms.read_advance(form)
            try:
                self._backend.clock.set(self._backend.clock.now() + span)
            except OverflowError as error:
                raise forms.FormError("The calendar ends with the year 9999.") from error
            return "clock"
        if path == "/window/clear-faults":
            self._gate.faults.clear()
            return "clear"
        self._gate.faults.add(forms.read_fault(form))
        return "fault"

    async def _form(self, request: Request) -> dict[str, str]:
        """Read a form that this very window made, sent from its own origin."""
        _check_origin(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise _Refused(415, f"The window takes forms only: {_FORM}.")
        body = bytearray()
        async for chunk in request.stream():
            body += chunk
            if len(body) > _LONGEST_FORM:
                raise _Refused(413, "The form is too long.")
        try:
            pairs = parse_qsl(bytes(body).decode(), keep_blank_values=True, max_num_fields=100)
        except ValueError as error:
            raise _Refused(400, "The form cannot be read.") from error
        form = dict(pairs)
        given = form.pop("token", "").encode("utf-8", "replace")
        if not secrets.compare_digest(given, self._token.encode()):
            raise _Refused(
                403, "The form is not this sandbox's own, or it was started anew: load the page again."
            )
        return form


_ACTIONS: dict[str, str] = {
    "/window/clock": "clock",
    "/window/faults": "faults",
    "/window/clear-faults": "faults",
}


def _is_mine(path: str) -> bool:
    return path in {"/", "/docs", "/openapi.json"} or path.startswith("/window/")


def _allow(request: Request, *methods: str) -> None:
    if request.method not in methods:
        allowed = ", ".join(methods)
        raise _Refused(405, f"Only {allowed} is possible here.", Allow=allowed)


def _check_origin(request: Request) -> None:
    """Refuse what another page sent: browsers say where a form comes from."""
    origin = request.headers.get("origin")
    if origin is not None and origin != f"http://{request.headers['host']}":
        raise _Refused(403, "The form was sent by a page of another origin.")
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise _Refused(403, "The form was sent by a page of another site.")


def _asset(path: str) -> Response:
    name = path.removeprefix("/window/")
    if name not in _ASSETS:
        raise _Refused(404, "The window has no such page.")
    content = resources.files("signtraker.sandbox.dashboard").joinpath("static", name).read_bytes()
    return Response(content, media_type=_ASSETS[name])
