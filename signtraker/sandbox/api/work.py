"""Create work on an installed sign: what change orders and services have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from signtraker.sandbox.api.payload import Property, Schema, Values, boolean, int64, parse_datetime, text
from signtraker.sandbox.api.responses import invalid
from signtraker.sandbox.data import sample_names, tables
from signtraker.sandbox.data.backend import exists
from signtraker.sandbox.data.insert import insert_follow_up

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from signtraker.sandbox.data.backend import Backend
    from signtraker.sandbox.data.views import View

CREATE: Schema = {
    "InstallId": Property(int64, required=True),
    "PresetId": Property(int64, required=True),
    "OverridePriceLimit": Property(boolean, required=True),
    "Notes": Property(text),
    "DueDate": Property(parse_datetime),
}


NOT_INSTALLED = "The sign of order {} is not installed."


def is_installed(connection: Connection, order: int) -> bool | None:
    """Return whether the order's sign is installed and not removed; None if there is no such order."""
    found = connection.execute(_STATUS, {"key": order}).first()
    return None if found is None else found.Status == "Installed"


_STATUS = select(tables.orders.c.Status).where(tables.orders.c.Id == bindparam("key"))


def create(backend: Backend, view: View, values: Values, parameter: str) -> Values | None:
    """Create work on an order's sign; `parameter` is the action's name for the payload."""
    table = view.table
    with backend.database.begin() as connection:
        _check_references(connection, values, parameter)
        follow_up = {
            "ServiceTypeId": (values["PresetId"] - 1) % len(sample_names.SERVICE_TYPES) + 1,
            "Status": "Draft",
            "Created": backend.clock.now(),
            **values,
        }
        key = insert_follow_up(connection, table, follow_up)
        backend.record(connection, f"{table.name.removesuffix('s')}.created", key)
        return view.find(connection, key)


def _check_references(connection: Connection, values: Values, parameter: str) -> None:
    mistakes: dict[str, list[str]] = {}
    install = values["InstallId"]
    installed = is_installed(connection, install)
    if not installed:
        missing = f"The install {install} does not exist."
        sentence = missing if installed is None else NOT_INSTALLED.format(install)
        mistakes[f"{parameter}.InstallId"] = [sentence]
    if not exists(connection, tables.order_presets, values["PresetId"]):
        sentence = f"The order preset {values['PresetId']} does not exist."
        mistakes[f"{parameter}.PresetId"] = [sentence]
    if mistakes:
        raise invalid(mistakes)
