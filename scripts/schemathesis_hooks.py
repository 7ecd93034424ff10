"""Give Schemathesis what the OpenAPI document can't express: OData, and the records that exist.

Loaded by Schemathesis itself, for scripts/check_openapi.py.
"""

from __future__ import annotations

import itertools
import os
from typing import TYPE_CHECKING, Any, cast

import schemathesis
from hypothesis import strategies as st

if TYPE_CHECKING:
    from typing import TypeAlias

    Members: TypeAlias = dict[str, object]

INSTALLED = itertools.cycle(int(key) for key in os.environ["SANDBOX_INSTALLED"].split(","))
"""Ids of orders whose signs stand: only these can be serviced, changed and removed."""
SAMPLES = {
    "odata-filter": ("Id gt 10", "Id eq 5 or Id lt 3", "not (Id ge 7)"),
    "odata-orderby": ("Id", "Id desc", "Id asc"),
    # Without the Id, a record is not what the document says.
    "odata-select": ("Id", "Id,Id"),
}
COUNTS = {
    "AgentId": 60,
    "PresetId": 8,
    "Office": 12,
    "Manager": 12,
    "DefaultPostType": 4,
    "AwardedBy": 60,
    "AwardedTo": 60,
}
CHANGEABLE_AGENTS = 58
"""The two after these are synced, and cannot be changed."""

for name, samples in SAMPLES.items():
    schemathesis.openapi.format(name, st.sampled_from(samples))


@schemathesis.hook  # pyright: ignore[reportUnknownMemberType]  # declared with a bare Callable
def before_call(_context: schemathesis.HookContext, case: Any, _options: dict[str, Any]) -> None:
    """Let a request that is to be taken speak of records that there are."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    if case.path.endswith("/requestremoval"):
        case.path_parameters["id"] = next(INSTALLED)
    if case.method == "PATCH":
        case.path_parameters["id"] = _existing(case.path_parameters["id"], CHANGEABLE_AGENTS)
    given: object = case.body
    if isinstance(given, dict):
        body = cast("Members", given)
        case.body = {name: _mended(name, value) for name, value in body.items() if name != "IsManager"}


def _mended(name: str, value: object) -> object:
    if name == "InstallId":
        return next(INSTALLED)
    if isinstance(value, dict):
        members = {inner: _number(one) for inner, one in cast("Members", value).items()}
        return {**members, "Id": _existing(members.get("Id", 0), COUNTS[name])} if name in COUNTS else members
    return _existing(value, COUNTS[name]) if name in COUNTS and value is not None else _number(value)


def _number(value: object) -> object:
    """JSON Schema calls 1.0 an integer; Json.NET, whose manner the sandbox has, does not."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _existing(key: Any, count: int) -> int:
    return int(key) % count + 1
