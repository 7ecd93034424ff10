"""Serve reads for every endpoint: options to SQL, rows to records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import case

from signtraker.query.nodes import Path
from signtraker.sandbox.api.ids import path_key
from signtraker.sandbox.api.list_options import ListQuery, read_query
from signtraker.sandbox.api.responses import not_found, ok
from signtraker.sandbox.api.routing import backend_of
from signtraker.sandbox.data.sql import Translator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Select
    from starlette.requests import Request
    from starlette.responses import Response

    from signtraker.sandbox.data.views import View
    from signtraker.sandbox.settings import Settings


def respond_list(request: Request, view: View, *conditions: ColumnElement[bool]) -> Response:
    """Respond with a list, filtered by the endpoint's own conditions and by the list options."""
    backend = backend_of(request)
    query = read_query(request.query_params.multi_items(), view.entity, backend.settings)

    def narrow(statement: Select[Any]) -> Select[Any]:
        return _narrow(statement.where(*conditions), view, query, backend.settings)

    with backend.database.begin() as connection:
        records = view.read(connection, narrow, query.chosen)
    return ok(records)


def respond_one(request: Request, view: View) -> Response:
    """Respond with the record that the path names, or raise the 404."""
    key = path_key(request)
    with backend_of(request).database.begin() as connection:
        record = view.find(connection, key)
    if record is None:
        raise not_found()
    return ok(record)


def _narrow(statement: Select[Any], view: View, query: ListQuery, settings: Settings) -> Select[Any]:
    statement = statement.order_by(*_ordering(view, query))
    if query.where is not None:
        statement = statement.where(Translator(view).predicate(query.where))
    caps = [cap for cap in (query.top, settings.page_cap) if cap is not None]
    if caps:
        statement = statement.limit(min(caps))
    if query.skip is not None:
        statement = statement.offset(query.skip)
    return statement


def _ordering(view: View, query: ListQuery) -> Iterator[ColumnElement[Any]]:
    """Order as requested, nulls lowest, and then by the key.

    The server adds the key only with `$top` or `$skip`; otherwise the order of equal rows is undefined, so
    the key is always added here. The server has a known defect: it takes any `…/Id` for the key, and adds
    nothing.
    """
    has_key = False
    for order in query.order:
        expression = order.expression
        column = Translator(view).value(expression)
        is_key = isinstance(expression, Path) and expression.segments == ("Id",)
        has_key |= isinstance(expression, Path) and expression.segments[-1] == "Id"
        if not is_key:
            rank: ColumnElement[Any] = case((column.is_(None), 0), else_=1)
            yield rank.desc() if order.descending else rank
        yield column.desc() if order.descending else column
    if not has_key:
        yield view.key
