"""Check that record batches hold what the records hold, in the documented schema of each list."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import (
    AsyncSignTrakerClient,
    NotSelectedError,
    Order,
    Q,
    ServerError,
    SignTrakerClient,
    ValidationError,
)
from signtraker.arrow import iter_record_batches, schema, to_record_batch
from signtraker.cli.resources import RESOURCES
from signtraker.models import (
    Agent,
    Award,
    ChangeOrder,
    Enterprise,
    Office,
    OrderPreset,
    ResponseModel,
    ServiceOrder,
)
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

    from signtraker.cli.resources import Resource

pytestmark = pytest.mark.once
WRONG_MODEL: Any = dict
WRONG_FIELDS: Any = Q.status
WRONG_ITERATOR: Any = iter(["Id"])
MODELS: dict[str, type[ResponseModel]] = {
    one.__name__: one
    for one in (Agent, Award, ChangeOrder, Enterprise, Office, Order, OrderPreset, ServiceOrder)
}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Yield one for these tests alone: they count requests, and other tests may leave some under way."""
    with Sandbox() as running:
        yield running


def async_records() -> Any:
    return AsyncSignTrakerClient("key", subdomain="acme").orders.iter_orders()


def order(**fields: Any) -> Order:
    return Order.model_validate({"Id": 17, **fields})


def columns(model: type[ResponseModel]) -> dict[str, Any]:
    """Return a model's fields by the API's names, with those of nested models in a dict."""
    found: dict[str, Any] = {}
    for field in model.model_fields.values():
        kinds = [one for one in getattr(field.annotation, "__args__", ()) if isinstance(one, type)]
        nested = [one for one in kinds if issubclass(one, ResponseModel)]
        found[field.alias or ""] = columns(nested[0]) if nested else None
    return found


def columns_of_struct(fields: Any) -> dict[str, Any]:
    return {one.name: columns_of_struct(one.type) if hasattr(one.type, "fields") else None for one in fields}


# The schemas


@pytest.mark.parametrize("model", MODELS.values(), ids=list(MODELS))
def test_every_field_of_a_model_has_a_column(model: type[ResponseModel]) -> None:
    found = schema(model)
    assert columns_of_struct(found) == columns(model)
    assert not [one.name for one in found if str(one.type) == "null"]
    assert [one.name for one in found if not one.nullable] == ["Id"]


def test_the_types_are_those_of_the_documents() -> None:
    assert [f"{one.name} {one.type}" for one in schema(Award)] == [
        "Id int64",
        "Name string",
        "AwardedBy struct<Id: int64, Name: string>",
        "AwardedDate timestamp[us, tz=UTC]",
        "AwardedTo struct<Id: int64, Name: string>",
        "ExpirationDate timestamp[us, tz=UTC]",
        "TotalAmount decimal128(22, 4)",
        "RemainingAmount decimal128(22, 4)",
        "Restrictions list<item: string>",
    ]
    some = schema(Order, ["is_due_date_definitive", "OrderNumber", "Id", "id"])
    assert [f"{one.name} {one.type}" for one in some] == [
        "IsDueDateDefinitive bool",
        "OrderNumber int32",
        "Id int64",
    ]


def test_a_struct_may_have_only_some_of_its_fields() -> None:
    names = ["JobSite/City", "agent", "id", "job_site.state"]
    batch = to_record_batch(
        [order(JobSite={"Id": 1, "City": "Sandy"}, Agent={"Id": 2, "Name": "Ana"}), order()], Order, names
    )
    assert batch.to_pylist() == [
        {"JobSite": {"City": "Sandy", "State": None}, "Agent": {"Id": 2, "Name": "Ana"}, "Id": 17},
        {"JobSite": None, "Agent": None, "Id": 17},
    ]
    assert schema(Order, ["JobSite.City", "JobSite"]).field("JobSite") == schema(Order).field("JobSite")


# The values


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda one: one.name)
def test_a_batch_holds_what_the_records_hold(client: SignTrakerClient, resource: Resource) -> None:
    records = list(resource.iterate(client, page_size=1000))
    batch = to_record_batch(records, MODELS[resource.model])
    batch.validate(full=True)
    dumped: list[dict[str, Any]] = [one.model_dump(by_alias=True) for one in records]
    for row in dumped:
        if row.get("Restrictions") is not None:
            row["Restrictions"] = list(row["Restrictions"])
    assert batch.to_pylist() == dumped


def test_a_time_is_kept_in_utc_and_an_unknown_field_is_left_out() -> None:
    batch = to_record_batch([order(Created="2024-01-02T03:00:00+05:00", Unknown=5)], Order)
    assert batch.column("Created").to_pylist() == [datetime(2024, 1, 1, 22, tzinfo=UTC)]
    assert "Unknown" not in batch.schema.names


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        (
            {"SalesOrder": {"Id": 1, "OrderTotal": "1000000000000000000"}},
            "sales_order.order_total",
            "must have at most 18 digits before the point and 4 after it, not Decimal('1000000000000000000')",
        ),
        (
            {"SalesOrder": {"Id": 1, "OrderTotal": "0.00001"}},
            "sales_order.order_total",
            "must have at most 18 digits before the point and 4 after it, not Decimal('0.00001')",
        ),
        ({"OrderNumber": 2**31}, "order_number", "must be a 32-bit integer, not 2147483648"),
        ({"Agent": {"Id": 2**63}}, "agent.id", "must be a 64-bit integer, not 9223372036854775808"),
        (
            {"JobSite": {"Id": 1, "City": "\ud800"}},
            "job_site.city",
            "must be text without half of a surrogate pair, which UTF-8 can't encode, not '\\ud800'",
        ),
    ],
    ids=["too big", "too fine", "int32", "int64", "text"],
)
def test_a_value_that_does_not_fit_is_named(fields: Any, field: str, message: str) -> None:
    good = Order.model_validate({"Id": 16, "SalesOrder": {"Id": 1, "OrderTotal": "12.50"}, "OrderNumber": 5})
    with pytest.raises(ValidationError) as caught:
        to_record_batch([good, order(**fields), good], Order)
    assert str(caught.value) == f"Order 17: {field}: {message}"
    assert [one.field for one in caught.value.problems] == [field]


def test_the_largest_and_the_finest_amounts_fit() -> None:
    for amount in (Decimal("999999999999999999.9999"), Decimal("-0.0001"), Decimal("1.50000000")):
        batch = to_record_batch([order(SalesOrder={"Id": 1, "OrderTotal": str(amount)})], Order)
        assert batch.column("SalesOrder").to_pylist() == [{"Id": 1, "OrderTotal": amount}]


def test_times_of_all_years_are_kept() -> None:
    texts = ["0001-01-01T00:00:00", "1969-12-31T23:59:59.123456Z", "9999-12-31T23:59:59.9999999-07:00"]
    batch = to_record_batch([order(Created=one) for one in texts], Order, ["Created"])
    microseconds = [-62_135_596_800_000_000, -876_544, 253_402_326_000_000_000 - 1]
    assert batch.column("Created").cast("int64").to_pylist() == microseconds


# Reading


def test_batches_are_read_while_they_are_iterated(client: SignTrakerClient, sandbox: Sandbox) -> None:
    before = len(sandbox.requests)
    reader = iter_record_batches(client.orders.iter_orders(page_size=20, max_items=50), Order, size=20)
    assert reader.schema == schema(Order)
    assert len(sandbox.requests) == before
    assert next(reader).num_rows == 20
    assert len(sandbox.requests) - before == 1
    assert [one.num_rows for one in reader] == [20, 10]
    empty = iter_record_batches(client.orders.iter_orders(filter=Q.id < 0), Order).read_all()
    assert (empty.num_rows, empty.schema) == (0, schema(Order))


def test_an_error_comes_out_as_it_is_and_loses_no_record(signtraker_sandbox: Sandbox) -> None:
    patient = signtraker_sandbox.client.with_options(max_retries=0)
    plain = [one.id for one in patient.orders.iter_orders(max_items=60)]
    signtraker_sandbox.faults.add(path="/api/orders", status=503, nth=3)
    reader = iter_record_batches(patient.orders.iter_orders(page_size=15, max_items=60), Order, size=40)
    with pytest.raises(ServerError):
        next(reader)
    assert reader.read_all().column("Id").to_pylist() == plain


def test_a_record_that_does_not_fit_is_named_again_each_time_and_its_batch_is_not_left_out() -> None:
    records = [Order(id=1), Order(id=2, order_number=2**31), Order(id=3)]
    reader = iter_record_batches(iter(records), Order, size=2)
    for _ in range(2):
        with pytest.raises(ValidationError, match="Order 2: order_number: must be a 32-bit integer"):
            next(reader)


def test_any_iterable_of_records_will_do() -> None:
    reader = iter_record_batches((order(Status=str(one)) for one in range(5)), Order, size=2)
    assert [one.column("Status").to_pylist() for one in reader] == [["0", "1"], ["2", "3"], ["4"]]


def test_records_of_a_select_need_the_same_fields(client: SignTrakerClient) -> None:
    names = ["Id", "Status"]
    records = list(client.orders.iter_orders(select=names, max_items=3))
    assert to_record_batch(records, Order, names).schema.names == names
    with pytest.raises(NotSelectedError, match="order_number"):
        to_record_batch(records, Order)


# Mistakes


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: schema(WRONG_MODEL),
            "model: must be the model of a list, such as Order, not <class 'dict'>",
        ),
        (lambda: schema(Order, ["Statsu"]), "fields: Order has no field 'Statsu'; it has Id, OrderNumber, "),
        (
            lambda: schema(Order, ["JobSite.Cty"]),
            "fields: JobSite has no field 'Cty'; it has Id, StreetAddress, ",
        ),
        (
            lambda: schema(Order, ["Status.City"]),
            "fields: Order.Status holds no record, and so no field 'City'",
        ),
        (lambda: schema(Order, "Status"), "fields: must be a list of names such as"),
        (lambda: schema(Order, []), "fields: must be a list of names such as"),
        (lambda: schema(Order, WRONG_FIELDS), "fields: must be a list of names such as"),
        (lambda: schema(Order, [WRONG_FIELDS]), "fields: must be a list of names such as"),
        (
            lambda: iter_record_batches([], Order, fields=WRONG_ITERATOR),
            "fields: must be a list of names such as",
        ),
        (
            lambda: to_record_batch(WRONG_FIELDS, Order),
            "records: must be an iterable of records, not Q.status",
        ),
        (lambda: iter_record_batches(WRONG_FIELDS, Order), "records: must be an iterable of records, not Q."),
        (
            lambda: iter_record_batches(async_records(), Order),
            "; give each list of its iter_batches to to_record_batch",
        ),
        (lambda: to_record_batch([order(), Office(id=1)], Order), "records[1]: must be of the model Order"),
        (lambda: iter_record_batches([], Order, size=0), "size: must be a whole number from 1 to"),
        (lambda: iter_record_batches([], Order, fields=["x"]), "fields: Order has no field 'x'"),
    ],
)
def test_a_mistake_is_named(call: Any, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        call()
    assert message in str(caught.value)


def test_without_pyarrow_a_sentence_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(
        ModuleNotFoundError, match=r'^Arrow needs pyarrow; get it with: pip install "signtraker'
    ):
        schema(Order)
