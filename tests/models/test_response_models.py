"""Check that responses are read tolerantly and completely, and that reading a missing field raises."""

from __future__ import annotations

import ast
import copy
import json
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pydantic
import pytest

from signtraker import NotSelectedError, UnreadableResponseError, ValidationError
from signtraker._core.response import ReadList, ReadOne
from signtraker.models import (
    Agent,
    Award,
    ChangeOrder,
    Enterprise,
    Office,
    Order,
    OrderPreset,
    ResponseModel,
    ServiceOrder,
)
from signtraker.models._base import delete_fields
from signtraker.models._fields_set import shared_fields_set


def order(**fields: Any) -> Order:
    """Read a row as a selected row and as a whole record, and check that both are equal."""
    body = json.dumps({"Id": 1, **fields})
    [selected] = ReadList(Order, "Id")(f"[{body}]".encode())
    whole = ReadOne(Order)(body.encode())
    assert selected.model_dump(exclude_unset=True) == whole.model_dump(exclude_unset=True)
    return whole


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-01-02T03:04:05.1234567Z", datetime(2024, 1, 2, 3, 4, 5, 123456, UTC)),
        ("2024-01-02T03:04:05", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02T03:04:05.5", datetime(2024, 1, 2, 3, 4, 5, 500000, UTC)),
        ("2024-01-02T03:04:05+02:00", datetime(2024, 1, 2, 1, 4, 5, tzinfo=UTC)),
        ("20240102T030405Z", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2024-01-02", datetime(2024, 1, 2, tzinfo=UTC)),
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("2024-01-02T24:00:00Z", datetime(2024, 1, 3, tzinfo=UTC)),
    ],
)
def test_a_date_in_any_iso_format_becomes_an_aware_datetime(text: str, moment: datetime) -> None:
    created = order(Created=text).created
    assert created == moment
    assert created is not None
    assert created.utcoffset() is not None


NAIVE = datetime(2024, 1, 2)  # noqa: DTZ001 - as some servers write it


@pytest.mark.parametrize("value", [date(2024, 1, 2), NAIVE, NAIVE.replace(tzinfo=UTC), f"{NAIVE}Z"])
def test_a_date_of_python_becomes_an_aware_datetime(value: object) -> None:
    created = Order.model_validate({"Id": 1, "Created": value}).created
    assert created == datetime(2024, 1, 2, tzinfo=UTC)
    assert type(created) is datetime


def test_bytes_are_no_date() -> None:
    with pytest.raises(pydantic.ValidationError, match="must be an ISO 8601 date"):
        Order.model_validate({"Id": 1, "Created": b"2024-01-02T00:00:00Z"})


@pytest.mark.parametrize("value", ["yesterday", "1704164645", "01/02/2024", 1_700_000_000, True, {}, ""])
def test_a_value_that_is_not_an_iso_date_is_not_guessed(value: object) -> None:
    with pytest.raises(UnreadableResponseError, match="Created"):
        order(Created=value)


def test_a_time_outside_the_years_1_to_9999_in_utc_is_read_and_written() -> None:
    edge = "0001-01-01T00:00:00.000+05:00"
    assert json.loads(order(Created=edge).model_dump_json(by_alias=True))["Created"] == edge


def test_an_infinite_coordinate_is_refused() -> None:
    with pytest.raises(UnreadableResponseError, match="Latitude"):
        ReadOne(Order)(b'{"Id": 1, "JobSite": {"Id": 2, "Latitude": Infinity}}')


def test_a_number_in_a_text_field_becomes_text() -> None:
    assert order(Notes=5, JobSite={"Id": 1, "Zip": 84070}).notes == "5"


def test_money_is_exact_and_written_as_a_number() -> None:
    read = order(SalesOrder={"Id": 9, "OrderTotal": 19.99})
    assert read.sales_order is not None
    assert read.sales_order.order_total == Decimal("19.99")
    assert '"OrderTotal":19.99' in read.model_dump_json(by_alias=True)


def test_unknown_fields_and_unknown_values_are_kept() -> None:
    read = order(Status="Frobnicated", Colour={"Hue": 3}, PaymentMode="Barter")
    assert read.status == "Frobnicated"
    assert Agent.model_validate({"Id": 1, "PaymentMode": "Barter"}).payment_mode == "Barter"
    assert read.model_dump(by_alias=True, exclude_unset=True) == {
        "Id": 1,
        "Status": "Frobnicated",
        "Colour": {"Hue": 3},
        "PaymentMode": "Barter",
    }


def test_a_dump_by_alias_keeps_keys_nulls_and_unknown_fields() -> None:
    sent = {
        "Id": 7,
        "Status": None,
        "Created": "2024-01-02T03:04:05.000Z",
        "Agent": {"Id": 3, "Name": "O'Brien", "Nick": None},
        "X": [1],
    }
    read = ReadOne(Order)(json.dumps(sent).encode())
    assert json.loads(read.model_dump_json(by_alias=True, exclude_unset=True)) == sent


def test_a_response_can_not_be_changed() -> None:
    with pytest.raises(AttributeError, match=r"order\.notes can't be set: a received Order is immutable"):
        setattr(order(), "notes", "x")  # noqa: B010 - an assignment would be a type error


def test_without_select_a_missing_field_is_none() -> None:
    assert order().due_date is None


def selected(row: str) -> Order:
    return ReadList(Order, "Id")(f"[{row}]".encode())[0]


def test_reading_a_field_that_select_left_out_raises_even_for_the_id() -> None:
    read = selected('{"Status": "Draft", "Notes": null}')
    assert (read.status, read.notes) == ("Draft", None)
    for name in ("id", "due_date", "agent"):
        with pytest.raises(NotSelectedError, match=f"Order.{name} was left out by the call's select"):
            getattr(read, name)
    assert not hasattr(read, "created")


def test_a_field_that_select_left_out_is_not_in_repr_dumps_copies_and_pickles() -> None:
    read = selected('{"Status": "Draft"}')
    assert repr(read) == "Order(status='Draft')"
    assert read.model_dump(by_alias=True) == {"Status": "Draft"}
    for twin in (copy.copy(read), copy.deepcopy(read), read.model_copy(), pickle.loads(pickle.dumps(read))):  # noqa: S301 - pickled here
        assert twin == read
        assert hash(twin) == hash(read)
        with pytest.raises(NotSelectedError):
            twin.id  # noqa: B018 - the test reads it


def test_an_unknown_attribute_is_still_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^statsu is not a field of Order; did you mean status\?$"):
        order().statsu  # type: ignore[attr-defined]  # noqa: B018  # the test reads it


def test_one_bad_record_loses_neither_the_other_records_nor_the_bytes() -> None:
    body = b'[{"Id": 1}, {"Id": "x"}, {"Status": "Draft"}, {"Id": 4}]'
    with pytest.raises(UnreadableResponseError) as caught:
        ReadList(Order)(body)
    assert [one.id for one in caught.value.partial if isinstance(one, Order)] == [1, 4]
    assert [one.field for one in caught.value.problems] == ["[1].Id", "[2].Id"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "it is empty"),
        (b"<html></html>", "it is a page, not JSON"),
        (b'{"Id": 1}', "is no JSON array"),
        (b"[{", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b"null", "is no JSON array"),
        (b"[null]", "[0]"),
    ],
)
def test_a_response_that_is_not_a_list_gets_a_clear_message(body: bytes, sentence: str) -> None:
    for select in (None, "Id"):
        with pytest.raises(UnreadableResponseError) as caught:
            ReadList(Order, select)(body)
        assert sentence in str(caught.value)


def test_models_hash_and_compare_by_value() -> None:
    award = {"Id": 1, "Restrictions": ["Printing", "Other"]}
    first, second = Award.model_validate(award), Award.model_validate(award)
    assert first == second
    assert len({first, second}) == 1


def test_a_private_name_that_is_missing_is_an_ordinary_attribute_error() -> None:
    assert not hasattr(order(), "__array__")
    assert not hasattr(order(), "_repr_html_")


def test_a_record_read_like_a_dict_names_the_attribute() -> None:
    like_a_dict: Any = order()
    with pytest.raises(
        TypeError, match=r"Order is a model, not a dict: write order\.id instead of order\['Id'\]"
    ):
        like_a_dict["Id"]
    with pytest.raises(TypeError, match=r"write order\.due_date instead of order\['dueDate'\]"):
        like_a_dict["dueDate"]


def test_the_changes_of_a_copy_are_checked() -> None:
    assert order().model_copy(update={"notes": "x"}).notes == "x"
    assert order().model_copy(update={"notes": 5}).notes == "5"
    with pytest.raises(ValidationError, match="Not copied, wrong values in Order") as caught:
        order().model_copy(update={"id": "seven", "stauts": "Draft"})
    assert {str(one) for one in caught.value.problems} == {
        "id: must be an int, not 'seven'",
        "stauts: is not a field of Order; did you mean status?",
    }


def test_a_copy_of_a_selected_row_still_raises_for_missing_fields() -> None:
    copied = selected('{"Status": "Draft"}').model_copy(update={"status": "Installed"})
    assert copied.status == "Installed"
    with pytest.raises(NotSelectedError):
        copied.id  # noqa: B018 - the test reads it


def test_every_field_of_every_model_has_a_docstring() -> None:
    undocumented: list[str] = []
    for path in sorted((Path(__file__).parents[2] / "models").glob("[a-z]*.py")):
        for kind in ast.parse(path.read_text(encoding="utf-8")).body:
            body = kind.body if isinstance(kind, ast.ClassDef) else []
            undocumented += [
                f"{path.name}: {ast.unparse(field.target)}"
                for field, after in zip(body, [*body[1:], None], strict=False)
                if isinstance(field, ast.AnnAssign)
                and not (isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant))
            ]
    assert undocumented == []


def two_orders() -> list[Order]:
    """Read two rows that give the same fields."""
    return ReadList(Order)(b'[{"Id":1,"Notes":"a"},{"Id":2,"Notes":"b"}]')


def test_records_with_the_same_fields_share_one_set_of_names() -> None:
    first, second = two_orders()
    assert shared_fields_set(first) is shared_fields_set(second)
    assert shared_fields_set(copy.deepcopy(first)) is shared_fields_set(second)


def test_a_change_to_one_record_leaves_the_set_of_another_as_it_is() -> None:
    first, second = two_orders()
    changed = first.model_copy(update={"status": "Draft"})
    assert changed.model_fields_set == {"id", "notes", "status"}
    first.model_fields_set.add("agent")
    delete_fields(first, ["notes"])
    assert first.model_fields_set == {"id"}
    assert second.model_fields_set == {"id", "notes"}


def test_more_kinds_of_rows_than_are_shared_are_read() -> None:
    rows = [{"Id": number, f"New{number}": 1} for number in range(5_000)]
    read = ReadList(Order)(json.dumps(rows).encode())
    assert [one.model_extra for one in read[::4_999]] == [{"New0": 1}, {"New4999": 1}]


def test_rows_that_give_other_fields_in_turn_share_two_sets() -> None:
    read = ReadList(Order)(b"[" + b",".join([b'{"Id":1,"Notes":"a"}', b'{"Id":2}'] * 3) + b"]")
    assert [one.model_fields_set for one in read] == [{"id", "notes"}, {"id"}] * 3
    assert len({id(shared_fields_set(one)) for one in read}) == 2


def test_a_selected_row_is_an_order_like_any_other() -> None:
    [selected] = ReadList(Order, "Status,Agent")(b'[{"Status":"Draft","Agent":{"Id":5}}]')
    assert type(selected) is Order
    assert selected.agent == two_orders()[0].model_copy(update={"agent": {"Id": 5}}).agent
    assert selected.model_dump() == {"status": "Draft", "agent": {"id": 5, "name": None}}
    with pytest.raises(NotSelectedError, match="id"):
        _ = selected.id


@pytest.mark.parametrize(
    "model", [Agent, Award, ChangeOrder, Enterprise, Office, Order, OrderPreset, ServiceOrder]
)
def test_rows_of_exactly_the_selected_fields_are_read_like_any_others(model: type[ResponseModel]) -> None:
    aliases = [str(field.alias) for field in model.model_fields.values()]
    rows = json.dumps([dict.fromkeys(reversed(aliases)) | {"Id": number} for number in range(2)]).encode()
    for exact, usual in zip(ReadList(model, ",".join(aliases))(rows), ReadList(model)(rows), strict=True):
        assert type(exact) is model
        assert exact == usual
        assert hash(exact) == hash(usual)
        assert vars(exact) == vars(usual)
        assert repr(exact) == repr(usual)
        assert pickle.loads(pickle.dumps(exact)) == usual  # noqa: S301 - pickled here
        assert exact.model_dump_json() == usual.model_dump_json()
        assert (exact.model_extra, exact.model_fields_set) == ({}, usual.model_fields_set)


ROW = '{"DueDate":"2024-01-02","Status":"Draft","SalesOrder":{"Id":5,"OrderTotal":1.10,"New":1}}'


@pytest.mark.parametrize(
    "other",
    [
        ROW,
        ROW.replace("DueDate", "due_date"),
        ROW.replace("{", '{"Id":1,', 1),
        ROW.replace("{", '{"New":1,', 1),
        ROW.replace('"Status":"Draft",', ""),
    ],
)
def test_a_row_that_gives_other_fields_than_the_selected_is_read_all_the_same(other: str) -> None:
    body = f"[{ROW},{other}]".encode()
    read = ReadList(Order, " Status,DueDate, SalesOrder")(body)
    # The model has no field "*", so that no row gives exactly the selected fields.
    expected = ReadList(Order, "*")(body)
    assert read == expected
    assert [vars(one) for one in read] == [vars(one) for one in expected]
    assert [repr(one) for one in read] == [repr(one) for one in expected]
    assert [one.model_extra for one in read] == [one.model_extra for one in expected]
    assert [one.model_fields_set for one in read] == [one.model_fields_set for one in expected]
    assert not hasattr(read[0], "notes")


def test_a_wrong_value_in_a_selected_row_is_an_error_that_keeps_the_other_rows() -> None:
    with pytest.raises(UnreadableResponseError, match=r"\[1\]\.Id: ") as caught:
        ReadList(Order, "Id")(b'[{"Id":1},{"Id":"x"}]')
    assert [repr(one) for one in caught.value.partial] == ["Order(id=1)"]
