"""Check that requests are validated strictly, and that only the fields that were set are sent."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pydantic
import pytest

from signtraker.models import (
    AddressRequest,
    CreateAwardRequest,
    CreateOrderRequest,
    ManagerDataRequest,
    NamedRef,
    RemovalRequest,
    UpdateAgentRequest,
)


def mistakes(build: Any, **fields: Any) -> dict[str, str]:
    with pytest.raises(pydantic.ValidationError) as caught:
        build(**fields)
    return {".".join(map(str, one["loc"])): one["msg"] for one in caught.value.errors()}


def test_all_mistakes_are_reported_at_once_each_with_a_message() -> None:
    found = mistakes(
        CreateOrderRequest,
        agent_id=True,
        preset_id=0,
        street_nmae="Main St",
        city=5,
        notes="half \ud800",
        due_date=datetime(2026, 1, 1),  # noqa: DTZ001 - naive on purpose
    )
    assert found == {
        "agent_id": "must be an int, not True",
        "preset_id": "must be a positive id, not 0",
        "street_nmae": "is not a field of CreateOrderRequest; did you mean street_name?",
        "city": "must be text, not 5",
        "notes": r"must not hold half of a surrogate pair, which UTF-8 can't encode: 'half \ud800'",
        "due_date": "must have a time zone, not datetime.datetime(2026, 1, 1, 0, 0); add one, "
        'for example value.replace(tzinfo=ZoneInfo("America/Denver"))',
    }


def test_a_missing_required_field_is_named() -> None:
    assert mistakes(CreateOrderRequest) == {"agent_id": "is required", "preset_id": "is required"}


@pytest.mark.parametrize("value", [-1, 0, 2**63, "5", 5.0, False, None, [1]])
def test_an_id_is_a_positive_integer_and_nothing_else(value: object) -> None:
    assert list(mistakes(CreateOrderRequest, agent_id=value, preset_id=7)) == ["agent_id"]


@pytest.mark.parametrize("value", ["", "  ", "\n"])
def test_a_blank_required_text_is_refused(value: str) -> None:
    assert mistakes(UpdateAgentRequest, email=value) == {"email": f"must not be blank, not {value!r}"}


@pytest.mark.parametrize("value", [5, 1.5, True, "tomorrow", "24.12.2026", "2026-12-24T10:00:00", ""])
def test_a_value_that_is_not_a_date_with_a_zone_is_refused(value: object) -> None:
    assert list(mistakes(RemovalRequest, due_date=value)) == ["due_date"]


@pytest.mark.parametrize("edge", ["9999-12-31T23:00:00-14:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_outside_the_years_1_to_9999_in_utc_is_refused(edge: str) -> None:
    assert list(mistakes(RemovalRequest, due_date=datetime.fromisoformat(edge))) == ["due_date"]


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (date(2026, 12, 24), "2026-12-24T00:00:00.000Z"),
        ("2026-12-24", "2026-12-24T00:00:00.000Z"),
        ("2026-12-24T08:30:00+02:00", "2026-12-24T06:30:00.000Z"),
        (datetime(2026, 12, 24, 8, 30, tzinfo=UTC), "2026-12-24T08:30:00.000Z"),
        (datetime(2026, 12, 24, 8, 30, 1, 250_001, tzinfo=UTC), "2026-12-24T08:30:01.250001Z"),
        (datetime(2026, 12, 24, 1, tzinfo=timezone(timedelta(hours=9))), "2026-12-23T16:00:00.000Z"),
    ],
)
def test_a_date_means_midnight_utc_and_a_datetime_is_sent_in_utc(given: Any, sent: str) -> None:
    assert RemovalRequest(due_date=given).payload() == {"DueDate": sent}


class Stamp(datetime):
    """A subclass, such as pandas.Timestamp."""


def test_a_datetime_stays_in_its_zone_and_one_of_a_subclass_becomes_a_plain_one() -> None:
    zone = timezone(timedelta(hours=9))
    plain = RemovalRequest(due_date=datetime(2026, 12, 24, 1, 2, 3, 4, tzinfo=zone)).due_date
    stamp = RemovalRequest(due_date=Stamp(2026, 12, 24, 1, 2, 3, 4, tzinfo=zone)).due_date
    assert plain == stamp
    assert (type(plain), type(stamp)) == (datetime, datetime)
    assert isinstance(plain, datetime)
    assert plain.tzinfo is zone


def test_only_the_fields_that_were_set_are_sent_and_none_becomes_null() -> None:
    request = CreateOrderRequest(agent_id=42, preset_id=7, external_id="A-1", notes=None)
    assert request.payload() == {"AgentId": 42, "PresetId": 7, "ExternalID": "A-1", "Notes": None}


def test_both_names_of_a_field_are_accepted_but_not_at_once() -> None:
    python = CreateOrderRequest.model_validate({"agent_id": 42, "preset_id": 7, "external_id": "x"})
    wire = CreateOrderRequest.model_validate({"AgentId": 42, "PresetId": 7, "ExternalID": "x"})
    assert python == wire
    twice = mistakes(CreateOrderRequest.model_validate, obj={"AgentId": 1, "agent_id": 2, "PresetId": 7})
    assert twice == {"agent_id": "is given twice, as agent_id and as AgentId; keep one of them"}


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("AgentID", "agent_id"),
        ("agentId", "agent_id"),
        ("external-id", "external_id"),
        ("Street Name", "street_name"),
        ("zipp", "zip"),
        ("ExternalId", "external_id"),
    ],
)
def test_an_unknown_field_suggests_the_nearest_known_one(typo: str, meant: str) -> None:
    payload = {"agent_id": 1, "preset_id": 2, typo: "x"}
    assert mistakes(CreateOrderRequest.model_validate, obj=payload)[typo].endswith(f"did you mean {meant}?")


def test_a_name_like_no_field_gets_the_list_of_fields() -> None:
    found = mistakes(RemovalRequest, colour="red")
    assert found == {"colour": "is not a field of RemovalRequest; its fields are due_date, notes"}


def test_a_model_that_skipped_validation_is_validated_before_sending() -> None:
    order = CreateOrderRequest(agent_id=42, preset_id=7)
    assert list(mistakes(order.model_copy(update={"agent_id": -1, "typo": 1}).revalidated)) == [
        "agent_id",
        "typo",
    ]
    assert list(mistakes(CreateOrderRequest.model_construct(agent_id=42).revalidated)) == ["preset_id"]
    nested = UpdateAgentRequest(address=AddressRequest.model_construct(state="Utah"))
    assert list(mistakes(nested.revalidated)) == ["address.state"]


def test_revalidation_keeps_the_fields_that_were_set() -> None:
    agent = UpdateAgentRequest(address=AddressRequest(city=None), office=NamedRef(id=3))
    assert agent.revalidated().payload() == {"Office": {"Id": 3}, "Address": {"City": None}}


def test_an_assignment_is_checked() -> None:
    order = CreateOrderRequest(agent_id=42, preset_id=7)
    order.notes = "Mind the dog"
    assert order.payload()["Notes"] == "Mind the dog"
    with pytest.raises(pydantic.ValidationError, match="must be a positive id, not -5"):
        order.agent_id = -5


def test_a_value_that_the_api_reference_does_not_forbid_is_accepted() -> None:
    free = {"notes": "", "zip": " ", "city": "O'Brien & Söhne +1%\x00", "directions": "x" * 100_000}
    order = CreateOrderRequest.model_validate({"agent_id": 2**63 - 1, "preset_id": 1, **free})
    assert order.city == free["city"]


def test_a_whole_number_has_32_bits() -> None:
    for value in (0, 2**31 - 1, -(2**31)):
        assert ManagerDataRequest(rebill_interval=value).payload() == {"RebillInterval": value}
    for value in (2**31, -(2**31) - 1):
        message = f"must fit in 32 bits, not {value}"
        assert mistakes(ManagerDataRequest, rebill_interval=value) == {"rebill_interval": message}
    for wrong in (True, "5", 1.5):
        message = f"must be an int, not {wrong!r}"
        assert mistakes(ManagerDataRequest, rebill_interval=wrong) == {"rebill_interval": message}


def test_the_schema_tells_the_range_of_ids_and_whole_numbers() -> None:
    agent_id = CreateOrderRequest.model_json_schema()["properties"]["AgentId"]
    assert (agent_id["format"], agent_id["minimum"], agent_id["maximum"]) == ("int64", 1, 2**63 - 1)
    interval = ManagerDataRequest.model_json_schema()["properties"]["RebillInterval"]["anyOf"][0]
    assert (interval["format"], interval["minimum"], interval["maximum"]) == ("int32", -(2**31), 2**31 - 1)
    amount = CreateAwardRequest.model_json_schema()["properties"]["TotalAmount"]["anyOf"][0]
    assert (amount["exclusiveMinimum"], amount["exclusiveMaximum"]) == (-(10**18), 10**18)


@pytest.mark.parametrize("amount", [19.99, 0, -5, "0.1"])
def test_money_is_sent_as_a_json_number(amount: Any) -> None:
    given = Decimal(amount) if isinstance(amount, str) else amount
    written = CreateAwardRequest(total_amount=given).model_dump_json(by_alias=True, exclude_unset=True)
    assert json.loads(written) == {"TotalAmount": float(amount)}


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), True, "12", 10**400])
def test_an_amount_that_a_json_number_cannot_hold_is_refused(amount: Any) -> None:
    assert list(mistakes(CreateAwardRequest, total_amount=amount)) == ["total_amount"]
