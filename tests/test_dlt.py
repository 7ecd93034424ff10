"""Check what the dlt source reads and which columns it makes. tests/scale/test_dlt.py runs it with dlt."""

from __future__ import annotations

import sys
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import SignTrakerConfigError, ValidationError, models
from signtraker._lists.api_lists import API_LISTS
from signtraker.dlt import Changes, _state_of, columns_of, rows, signtraker_source
from signtraker.models import ResponseModel
from signtraker.query.generated.entities import ROOTS

if TYPE_CHECKING:
    from signtraker._lists.api_lists import ApiList
    from signtraker.sandbox import Sandbox

pytestmark = pytest.mark.once
ORDERS = API_LISTS["orders"]


@pytest.fixture
def server(signtraker_sandbox: Sandbox) -> Sandbox:
    return signtraker_sandbox


def run(server: Sandbox, before: dict[str, Any], one: ApiList = ORDERS) -> tuple[list[Any], dict[str, Any]]:
    """Read what a run with the state of the last one reads; return it and the new state."""
    changes = Changes(one, partial(one.iterate, server.client, concurrency=2), before)
    return [record for batch in changes.batches() for record in batch], changes.state()


# The tables


def fields_of(model: type[ResponseModel], prefix: str = "") -> set[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        kinds = [one for one in getattr(field.annotation, "__args__", ()) if isinstance(one, type)]
        nested = [one for one in kinds if issubclass(one, ResponseModel)]
        found |= fields_of(nested[0], f"{prefix}{name}__") if nested else {prefix + name}
    return found


def test_every_list_and_every_field_of_its_records_has_a_place() -> None:
    assert {one.model for one in API_LISTS.values()} == set(ROOTS)
    for one in API_LISTS.values():
        lists = {"restrictions"} if one.model == "Award" else set[str]()
        assert set(columns_of(one.model)) == fields_of(getattr(models, one.model)) - lists


def test_columns_have_fixed_types() -> None:
    columns = columns_of("Order")
    assert columns["id"] == {"name": "id", "data_type": "bigint", "nullable": False}
    assert columns["job_site__id"]["nullable"] is True
    assert {name: columns[name]["data_type"] for name in ("status", "created", "job_site__latitude")} == {
        "status": "text",
        "created": "timestamp",
        "job_site__latitude": "double",
    }
    assert columns["sales_order__order_total"]["data_type"] == "decimal"
    assert columns["is_due_date_definitive"]["data_type"] == "bool"


def test_a_row_keeps_what_the_models_do_not_know() -> None:
    award = models.Award.model_validate({"Id": 5, "Restrictions": ["Printing"], "New": {"A": 1}})
    [row] = rows([award])
    assert (row["id"], row["restrictions"], row["New"]) == (5, ["Printing"], {"A": 1})
    assert row["name"] is None
    assert "awarded_by" not in row


def test_an_unknown_field_does_not_take_the_column_of_another() -> None:
    extra = {"ID": 99, "id": 98, "JobSite_City": "x", "Ids": 5}
    order = models.Order.model_validate(
        {"Id": 1, "JobSite": {"Id": 2, "CITY": "y", "City": "Sandy"}, **extra}
    )
    [row] = rows([order])
    assert row["id"] == 1
    assert (row["job_site"]["city"], row["job_site"]["CITY_extra"]) == ("Sandy", "y")
    found = {name: row.get(name) for name in ("ID_extra", "id_extra", "JobSite_City_extra", "Ids")}
    assert found == {"ID_extra": 99, "id_extra": 98, "JobSite_City_extra": "x", "Ids": 5}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"OrderNumber": 2**63}, "order_number: must be a 64-bit integer, not 9223372036854775808"),
        (
            {"SalesOrder": {"Id": 1, "OrderTotal": "0.1234567891"}},
            "sales_order.order_total: must have at most 29 digits before the point and 9 after it, not D",
        ),
        (
            {"SalesOrder": {"Id": 1, "OrderTotal": "1e29"}},
            "sales_order.order_total: must have at most 29 digits",
        ),
        ({"Created": "9999-12-31T23:59:59-07:00"}, "created: must lie in the years 1 to 9999 in UTC, not "),
    ],
    ids=["int64", "too fine", "too large", "time"],
)
def test_a_value_that_does_not_fit_is_named(fields: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        rows([models.Order(id=16), models.Order.model_validate({"Id": 17, **fields})])
    assert str(caught.value).startswith(f"Order 17: {message}")


def test_the_largest_values_fit() -> None:
    amount = "12345678901234567890123456789.123456789000"
    fields = {
        "Id": 2**63 - 1,
        "Created": "0001-01-01T00:00:00",
        "SalesOrder": {"Id": 1, "OrderTotal": amount},
    }
    [row] = rows([models.Order.model_validate(fields)])
    assert str(row["sales_order"]["order_total"]) == amount
    assert row["id"] == 2**63 - 1


# What a run reads


def test_the_first_run_reads_everything(server: Sandbox) -> None:
    records, state = run(server, {})
    assert records == server.orders.all()
    assert state["last_id"] == records[-1].id
    assert state["unfinished"] == [one.id for one in records if one.removal_date is None]


def test_a_second_run_reads_what_is_new_what_is_unfinished_and_what_was_finished_since(
    server: Sandbox,
) -> None:
    records, state = run(server, {})
    standing = next(one for one in records if one.status == "Installed")
    server.client.orders.request_removal(standing.id, due_date=date(2026, 1, 16))
    server.clock.advance(days=2)
    new = server.orders.add(notes="new")
    again, later = run(server, state)
    found = {one.id: one for one in again}
    assert len(found) == len(again) < len(records)
    assert found[new.id] == new
    assert found[standing.id].removal_date is not None
    assert standing.id in state["unfinished"]
    assert standing.id not in later["unfinished"]
    merged = {one.id: one for one in records} | found
    assert list(merged.values()) == server.orders.all()
    assert {one.id for one in run(server, later)[0]} == set(later["unfinished"])


def test_a_change_of_a_finished_order_and_a_deletion_are_not_seen(server: Sandbox) -> None:
    records, state = run(server, {})
    finished = {one.id for one in records if one.removal_date}
    deleted = state["last_id"] + 1
    again, later = run(server, {"last_id": deleted, "unfinished": [*state["unfinished"], deleted]})
    assert not finished & {one.id for one in again}
    assert deleted not in {one.id for one in again}
    assert deleted not in later["unfinished"]


@pytest.mark.parametrize("name", ["services", "change_orders"])
def test_services_and_change_orders_are_finished_when_they_are_completed(server: Sandbox, name: str) -> None:
    one = API_LISTS[name]
    records, state = run(server, {}, one)
    assert records
    assert state["unfinished"] == [record.id for record in records if record.completion_date is None]
    again, later = run(server, state, one)
    assert [record.id for record in again] == state["unfinished"]
    assert later == state


def test_the_state_of_another_tenant_is_refused() -> None:
    state = {"server": "https://acme.example", "last_id": 5}
    assert _state_of(state, "https://acme.example") == state
    assert _state_of({}, "https://acme.example") == {}
    with pytest.raises(
        SignTrakerConfigError, match=r"has loaded https://acme\.example, and now reads https://b"
    ):
        _state_of(state, "https://b.example")


# Mistakes


def test_without_dlt_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlt", None)
    with pytest.raises(ModuleNotFoundError, match=r"^The source needs dlt; get it with: pip install "):
        signtraker_source()


def test_arguments_that_make_no_sense_are_refused(server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "dlt", pytest)  # Nothing of it is used before the arguments are checked.
    wrong: list[tuple[Any, str]] = [
        (["orders", "order"], "'order'"),
        ("orders", "'orders'"),
        ([], "[]"),
        (5, "5"),
        ([["orders"]], "['orders']"),
    ]
    for lists, shown in wrong:
        with pytest.raises(ValidationError) as caught:
            signtraker_source(server.client, lists=lists)
        assert str(caught.value).startswith("No source: lists: must be a list of names such as orders, ")
        assert str(caught.value).endswith(f", not {shown}")
    no_client: Any = "key-s3cret"
    with pytest.raises(ValidationError, match="client: must be a SignTrakerClient, not of the type str"):
        signtraker_source(no_client)
    no_flag: Any = "false"
    with pytest.raises(ValidationError, match="full: must be True or False, not 'false'"):
        signtraker_source(server.client, full=no_flag)
    with pytest.raises(ValidationError, match="concurrency: must be a whole number from 1 to 100, not 0"):
        signtraker_source(server.client, concurrency=0)
