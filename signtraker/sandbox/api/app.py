"""Assemble the API: all routes, paths in any case, and the errors of Web API."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route

from signtraker.sandbox.api import agents, catalog, change_orders, orders, services
from signtraker.sandbox.api import credits as credits_
from signtraker.sandbox.api.responses import api_error

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import ASGIApp, Receive, Scope, Send

    from signtraker.sandbox.api.routing import Operation
    from signtraker.sandbox.data.backend import Backend

_log = logging.getLogger("signtraker.sandbox")
_WRITTEN = "signtraker.path"
OPERATIONS: tuple[Operation, ...] = (
    *orders.routes,
    *agents.routes,
    *change_orders.routes,
    *services.routes,
    *credits_.routes,
    *catalog.enterprises,
    *catalog.offices,
    *catalog.order_presets,
)
"""The whole API, in the order in which paths are compared."""


def create_app(backend: Backend) -> Starlette:
    """Build the API over a backend."""
    app = Starlette(
        routes=[operation.route() for operation in OPERATIONS],
        middleware=[Middleware(_Paths)],
        exception_handlers={404: _no_route, 405: _no_method, 500: _failed},
    )
    app.router.redirect_slashes = False
    app.state.backend = backend
    return app


class _Paths:
    """Match paths as ASP.NET does: in any case of letters, with or without a slash at the end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            written: str = scope["path"]
            path = written.lower().removesuffix("/") or "/"
            scope = {**scope, "path": path, _WRITTEN: written}
        await self._app(scope, receive, send)


async def _no_route(request: Request, _error: Exception) -> Response:
    address = request.url.replace(path=request.scope[_WRITTEN])
    text = f"No HTTP resource was found that matches the request URI '{address}'."
    return api_error(404, text).response()


async def _no_method(request: Request, _error: Exception) -> Response:
    """Refuse a method, and name all methods of the path; Starlette names those of its first route only."""
    routes = [route for route in request.app.routes if isinstance(route, Route)]
    found = [route for route in routes if route.path_regex.match(request.scope["path"])]
    # A literal path wins over a pattern: /agents/activate over /agents/{id}.
    fewest = min((len(route.param_convertors) for route in found), default=0)
    closest = [route for route in found if len(route.param_convertors) == fewest]
    text = f"The requested resource does not support http method '{request.method}'."
    response = api_error(405, text).response()
    response.headers["Allow"] = ", ".join(sorted({one for route in closest for one in route.methods or ()}))
    return response


async def _failed(_request: Request, _error: Exception | None = None) -> Response:
    return api_error(500, "An error has occurred.").response()
