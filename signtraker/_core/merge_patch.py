"""Compute a JSON Merge Patch (RFC 7396) from two agents; refuse changes that the API forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pydantic

from signtraker._common.short_repr import short_repr
from signtraker._core.response import problems
from signtraker.exceptions import Problem, ValidationError, refuse
from signtraker.models import Agent, UpdateAgentRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

_MANAGER = "an agent can't become a manager, nor a manager an agent (API reference)"


def merge_patch(before: Agent, after: Agent) -> UpdateAgentRequest:
    """Return the change that makes one agent the other, to be shown, or given to `update_agent`.

    `after` is best made by `before.model_copy(update={…})`. A field that is not set in it stays as it is;
    one that is None is cleared. Nested objects are merged.

    Raises:
        ValidationError: The two are not the same agent, or one could not become the other.
    """
    before, after = _validated("before", before), _validated("after", after)
    if before.id != after.id:
        refuse([Problem("id", f"can't change from {before.id} to {after.id}: these are two agents")])
    changes = difference(_set(before), _set(after))
    for name in ("Office", "Manager", "DefaultPostType"):
        if isinstance(changes.get(name), dict):
            # Send the id of a reference even if only its name differs: the server identifies it by the id.
            changes[name] = {"Id": _set(after)[name].get("Id"), **changes[name]}
    try:
        patch = UpdateAgentRequest.model_validate(changes)
    except pydantic.ValidationError as error:
        found = problems(error)
        raise ValidationError(f"Not possible: {'; '.join(map(str, found))}", problems=found) from None
    check_change(before.id, patch, before)
    return patch


def _validated(name: str, agent: object) -> Agent:
    """Return an agent whose parts are models, whatever `model_copy(update=…)` has put into it."""
    if not isinstance(agent, Agent):
        refuse([Problem(name, f"must be an Agent, not {short_repr(agent)}")])
    given = cast("Agent", agent)
    held = {field: value for field, value in vars(given).items() if field in given.model_fields_set}
    try:
        return Agent.model_validate({**held, **(given.model_extra or {})})
    except pydantic.ValidationError as error:
        found = problems(error, prefix=name)
        raise ValidationError(f"Not possible: {'; '.join(map(str, found))}", problems=found) from None


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return the merge patch between two JSON objects; what `after` does not mention stays."""
    patch: dict[str, Any] = {}
    for name, value in after.items():
        known = before.get(name)
        if isinstance(value, dict) and isinstance(known, dict):
            inner = difference(cast("dict[str, Any]", known), cast("dict[str, Any]", value))
            patch |= {name: inner} if inner else {}
        elif name not in before or known != value:
            patch[name] = value
    return patch


def check_change(agent_id: int, patch: UpdateAgentRequest, before: Agent | None) -> None:
    """Raise `ValidationError` for a change that makes no sense, or that the API documents to refuse."""
    if before is None:
        if not patch.model_fields_set:
            refuse(
                [Problem("changes", "sets no field, so there is nothing to send; set one, or give before")]
            )
        return
    if not isinstance(cast("object", before), Agent):
        refuse([Problem("before", f"must be an Agent, not {short_repr(before)}")])
    if before.id != agent_id:
        refuse([Problem("before", f"is agent {before.id}, and the change is to agent {agent_id}")])
    sets_it = "is_manager" in patch.model_fields_set
    if sets_it and before.is_manager is not None and patch.is_manager is not before.is_manager:
        refuse([Problem("is_manager", f"must stay {before.is_manager}: {_MANAGER}")])


def _set(agent: Agent) -> dict[str, Any]:
    return agent.model_dump(mode="json", by_alias=True, exclude_unset=True)
