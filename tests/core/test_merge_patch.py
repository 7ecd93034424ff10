"""Check `merge_patch`, which computes the changes between two versions of an agent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from signtraker import Agent, UpdateAgentRequest, ValidationError, merge_patch
from signtraker._core.merge_patch import check_change

BEFORE = Agent.model_validate(
    {
        "Id": 7,
        "Email": "a@b.c",
        "Notes": "x",
        "IsManager": False,
        "BasicInstallPrice": 19.99,
        "Office": {"Id": 1, "Name": "North"},
        "Address": {"City": "Sandy", "State": "UT"},
        "Unknown": 5,
    }
)


@pytest.mark.parametrize(
    ("update", "patch"),
    [
        ({}, {}),
        ({"notes": None}, {"Notes": None}),
        ({"email": "n@b.c", "notes": "x"}, {"Email": "n@b.c"}),
        ({"basic_install_price": Decimal("20.00")}, {"BasicInstallPrice": 20.0}),
        ({"office": Agent.model_validate({"Id": 1, "Office": {"Id": 2}}).office}, {"Office": {"Id": 2}}),
        ({"address": None}, {"Address": None}),
    ],
)
def test_the_patch_holds_the_fields_that_differ(update: dict[str, Any], patch: dict[str, Any]) -> None:
    assert merge_patch(BEFORE, BEFORE.model_copy(update=update)).payload() == patch


def test_a_nested_object_is_merged_and_its_other_fields_stay() -> None:
    after = Agent.model_validate(
        {"Id": 7, "Address": {"City": "Provo"}, "Office": {"Id": 1, "Name": "South"}}
    )
    assert merge_patch(BEFORE, after).payload() == {
        "Office": {"Id": 1, "Name": "South"},
        "Address": {"City": "Provo"},
    }


def test_a_mapping_in_a_copy_becomes_the_nested_model() -> None:
    after = BEFORE.model_copy(update={"office": {"id": 2}, "address": {"City": "Y"}})
    assert merge_patch(BEFORE, after).payload() == {"Office": {"Id": 2}, "Address": {"City": "Y"}}


def test_a_value_that_is_not_an_agent_is_refused() -> None:
    wrong: Any = "a"
    broken = BEFORE.model_construct(id=BEFORE.id, address=5)
    for before, after in ((wrong, BEFORE), (BEFORE, wrong), (BEFORE, broken)):
        with pytest.raises(ValidationError):
            merge_patch(before, after)


@pytest.mark.parametrize(
    ("agent_id", "changes", "before", "sentence"),
    [
        (7, {}, None, "changes: sets no field"),
        (7, {"notes": "x"}, 5, "before: must be an Agent, not 5"),
        (8, {"notes": "x"}, BEFORE, "before: is agent 7, and the change is to agent 8"),
        (7, {"is_manager": True}, BEFORE, "is_manager: must stay False"),
        (7, {"is_manager": None}, BEFORE, "is_manager: must stay False"),
        (7, {"is_manager": False}, BEFORE, ""),
        (7, {"is_manager": True}, Agent.model_validate({"Id": 7}), ""),
        (7, {"is_manager": True}, None, ""),
        (7, {}, BEFORE, ""),
    ],
)
def test_a_change_is_checked_against_the_agent_before_it(
    agent_id: int, changes: dict[str, Any], before: Any, sentence: str
) -> None:
    patch = UpdateAgentRequest(**changes)
    if not sentence:
        check_change(agent_id, patch, before)
        return
    with pytest.raises(ValidationError, match=sentence):
        check_change(agent_id, patch, before)


def test_a_change_that_the_api_refuses_raises_an_error() -> None:
    with pytest.raises(ValidationError, match="can't become a manager"):
        merge_patch(BEFORE, BEFORE.model_copy(update={"is_manager": True}))
    with pytest.raises(ValidationError, match="these are two agents"):
        merge_patch(BEFORE, BEFORE.model_copy(update={"id": 8}))
    with pytest.raises(ValidationError, match="two characters at most"):
        merge_patch(BEFORE, Agent.model_validate({"Id": 7, "Address": {"State": "Utah"}}))
