"""Check requests without a client: one payload, and rows of cells as files and data frames hold them."""

from __future__ import annotations

import csv
import io
from collections import UserDict
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

import pytest

from signtraker import (
    CreateAgentRequest,
    CreateAwardRequest,
    CreateOrderRequest,
    CreateServiceRequest,
    Problem,
    SignTrakerClient,
    ValidationError,
    check,
    check_rows,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from signtraker.sandbox import Sandbox


def test_check_gives_the_model_of_a_mapping_by_either_kind_of_name() -> None:
    by_api_name = check(CreateOrderRequest, {"AgentId": 1, "PresetId": 7, "DueDate": date(2026, 12, 24)})
    by_python_name = check(CreateOrderRequest, {"agent_id": 1, "preset_id": 7, "due_date": "2026-12-24"})
    assert by_api_name == by_python_name
    assert check(CreateOrderRequest, by_api_name) == by_api_name


def test_check_raises_the_sdks_error_with_every_problem() -> None:
    with pytest.raises(ValidationError, match="Not valid, 3 mistakes in CreateOrderRequest") as caught:
        check(CreateOrderRequest, {"AgentId": "7", "StreetNmae": "Main St"})
    assert list(caught.value.problems) == [
        Problem("agent_id", "must be an int, not '7'"),
        Problem("preset_id", "is required"),
        Problem("StreetNmae", "is not a field of CreateOrderRequest; did you mean street_name?"),
    ]
    assert caught.value.outcome == "did_not_happen"


def test_check_finds_what_a_loose_copy_has_skipped() -> None:
    loose = CreateOrderRequest(agent_id=1, preset_id=7).model_copy(update={"notes": 5})
    with pytest.raises(ValidationError, match="notes: must be text, not 5"):
        check(CreateOrderRequest, loose)


@pytest.mark.parametrize("wrong", [dict, CreateOrderRequest(agent_id=1, preset_id=1), "Order", None])
def test_check_takes_a_request_model(wrong: Any) -> None:
    with pytest.raises(TypeError, match="give a request model such as CreateOrderRequest, not"):
        check(wrong, {})
    with pytest.raises(TypeError, match="give a request model such as CreateOrderRequest, not"):
        check_rows(wrong, [])


def test_an_exception_of_the_callers_own_mapping_comes_out_as_it_is() -> None:
    class Failing(UserDict[str, object]):
        def __getitem__(self, key: str) -> object:
            raise LookupError("the file is gone")

    with pytest.raises(LookupError, match="the file is gone"):
        check(CreateOrderRequest, Failing(agent_id=1))


SHEET = """\
Agent,PresetId,Street,City,zip,due_date,Remark
 42 ,7,"O'Brien & Söhne +1%",Sandy,84070,2026-12-24,
x,7,Main St,Sandy,84070,24.12.2026,late
42.0,,  ,,,,
42,7,Main St,Sandy,84070,2026-12-24,ok,too much
"""
COLUMNS = {"Agent": "agent_id", "Street": "street_name"}


def test_a_csv_file_is_read_leniently_and_every_problem_is_told_by_row_and_column() -> None:
    rows = csv.DictReader(io.StringIO(SHEET))
    checked = check_rows(CreateOrderRequest, rows, columns=COLUMNS, ignore_extra=True)
    assert [(one.row, one.request.payload()) for one in checked.good] == [
        (
            2,
            {
                "AgentId": 42,
                "PresetId": 7,
                "StreetName": "O'Brien & Söhne +1%",
                "City": "Sandy",
                "Zip": "84070",
                "DueDate": "2026-12-24T00:00:00.000Z",
            },
        )
    ]
    assert [str(one) for one in checked.problems] == [
        "row 3, column Agent: agent_id must be an int, not 'x'",
        (
            "row 3, column due_date: due_date must be an ISO 8601 date or datetime such as"
            " 2024-01-02T00:00:00Z, not '24.12.2026'"
        ),
        "row 4, column PresetId: preset_id is required",
        "row 5: has more cells than there are headings: ['too much']",
    ]
    assert str(checked).splitlines()[0] == "1 row is good, 3 rows have 4 problems"
    with pytest.raises(ValidationError, match="row 3, column Agent") as caught:
        checked.all_or_raise()
    assert len(caught.value.problems) == 4


def test_an_unknown_column_is_a_problem_of_the_headings_told_once() -> None:
    checked = check_rows(CreateOrderRequest, csv.DictReader(io.StringIO(SHEET)), columns=COLUMNS)
    told = [str(one) for one in checked.problems if one.row == 1]
    assert len(told) == 1
    assert told[0].startswith("row 1, column Remark: is not a field of CreateOrderRequest;")
    assert told[0].endswith("map it with columns=…, or give ignore_extra=True")


class NumpyInt:
    """An integer of numpy."""

    def __init__(self, value: int) -> None:
        self.value = value

    def __index__(self) -> int:
        return self.value


class NaTType(datetime):
    """pandas.NaT: a datetime that equals nothing."""

    def __eq__(self, other: object) -> bool:
        return False

    def __ne__(self, other: object) -> bool:
        return True

    __hash__ = datetime.__hash__


class NAType:
    """pandas.NA."""


def test_the_values_of_a_data_frame_and_a_spreadsheet_are_read() -> None:
    nan, nat = float("nan"), NaTType(1, 1, 1)
    row: dict[str, object] = {
        "agent_id": NumpyInt(42),
        "preset_id": 7.0,
        "zip": 84070.0,
        "street_number": 12,
        "due_date": datetime(2026, 12, 24),  # noqa: DTZ001 - as openpyxl gives a day
        "notes": nan,
        "city": NAType(),
    }
    missing: dict[str, object] = {"agent_id": 1, "preset_id": 7, "due_date": nat, "notes": None}
    checked = check_rows(CreateOrderRequest, [row, missing])
    assert checked.problems == ()
    assert [one.payload() for one in checked.all_or_raise()] == [
        {
            "AgentId": 42,
            "PresetId": 7,
            "StreetNumber": "12",
            "Zip": "84070",
            "DueDate": "2026-12-24T00:00:00.000Z",
        },
        {"AgentId": 1, "PresetId": 7},
    ]


def test_a_time_of_day_without_a_zone_stays_a_mistake() -> None:
    row = {"agent_id": 1, "preset_id": 7, "due_date": datetime(2026, 12, 24, 9)}  # noqa: DTZ001 - the mistake
    [problem] = check_rows(CreateOrderRequest, [row]).problems
    assert (problem.row, problem.column, problem.field) == (2, "due_date", "due_date")
    assert 'value.replace(tzinfo=ZoneInfo("America/Denver"))' in problem.message


@pytest.mark.parametrize(
    ("cell", "value"), [("yes", True), ("TRUE", True), ("1", True), (1, True), (0.0, False), ("No", False)]
)
def test_words_of_a_spreadsheet_are_true_or_false(cell: object, value: bool) -> None:  # noqa: FBT001 - a parameter of the test
    rows = [{"install_id": "1001", "preset_id": 1, "override_price_limit": cell}]
    [request] = check_rows(CreateServiceRequest, rows).all_or_raise()
    assert request.override_price_limit is value


def test_amounts_and_nested_fields_are_read() -> None:
    award = {"name": "Spring", "total_amount": " 12.50 ", "awarded_to.id": "42"}
    [request] = check_rows(CreateAwardRequest, [award]).all_or_raise()
    assert request.total_amount == Decimal("12.50")
    assert request.payload()["AwardedTo"] == {"Id": 42}
    agent = {
        "user_name": "ann", "email": "ann@example.com", "first_name": "Ann", "last_name": "Lee",
        "Office": 3, "cellular_phone": 8015550100, "payment_mode": "ACH", "address.state": "Utah",
    }  # fmt: skip
    checked = check_rows(CreateAgentRequest, [agent], columns={"Office": "office.id"})
    assert [str(one) for one in checked.problems] == [
        "row 2, column address.state: address.state must have two characters at most, not 'Utah'"
    ]


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"Strasse": "street_nmae"}, "'Strasse' is mapped to 'street_nmae', which is not a field of"),
        ({"A": "city", "B": "city"}, "'A' and 'B' are both mapped to city; keep one of them"),
        ({"A": "city.name"}, "which is not a field of CreateOrderRequest"),
    ],
)
def test_a_column_map_that_can_not_be_is_refused_at_once(columns: dict[str, str], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        check_rows(CreateOrderRequest, [], columns=columns)


@pytest.mark.parametrize("row", [5, ["a"], "a,b", None])
def test_a_row_that_is_no_mapping_is_a_problem_of_that_row(row: Any) -> None:
    checked = check_rows(CreateOrderRequest, [row, {"agent_id": 1, "preset_id": 1}])
    assert [one.row for one in checked.problems] == [2]
    assert [one.row for one in checked.good] == [3]


def test_an_exception_of_the_callers_own_rows_comes_out_as_it_is() -> None:
    def failing() -> Iterator[Mapping[str, object]]:
        yield {"agent_id": 1, "preset_id": 1}
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        check_rows(CreateOrderRequest, failing())


def test_numbers_too_long_and_odd_cells_are_problems_and_no_stack_traces() -> None:
    odd: list[Any] = ["9" * 30, 10**40, -1, float("inf"), b"7", [1], object(), "٣", True, datetime.now(UTC)]
    checked = check_rows(CreateOrderRequest, [{"agent_id": one, "preset_id": 1} for one in odd])
    assert checked.good == ()
    assert {one.row for one in checked.problems} == set(range(2, 2 + len(odd)))


def test_extra_fields_are_sent_as_they_are_and_shown_by_prepare(sandbox: Sandbox) -> None:
    with SignTrakerClient(sandbox.api_key, sandbox.url) as client:
        extra = {"PostColour": "white", "Rider": {"Text": "O'Brien & Söhne +1%"}}
        prepared = client.prepare(
            client.orders.create_order, {"agent_id": 1, "preset_id": 7}, extra_fields=extra
        )
    assert (
        prepared.body
        == (
            '{"AgentId":1,"PresetId":7,"PostColour":"white","Rider":{"Text":"O\'Brien & Söhne +1%"}}'
        ).encode()
    )


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        ({"AgentId": 5}, "AgentId is a field of CreateOrderRequest: give it as agent_id"),
        ({"notes": "x"}, "notes is a field of CreateOrderRequest: give it as notes"),
        ({"": 1}, "must have texts as names"),
        ({"X": float("nan")}, "must hold what JSON can"),
        ({"X": object()}, "must hold what JSON can"),
        ([("X", 1)], "must be a mapping of API names to values"),
    ],
)
def test_extra_fields_can_not_go_round_the_checks(extra: Any, sentence: str, sandbox: Sandbox) -> None:
    with SignTrakerClient(sandbox.api_key, sandbox.url) as client:
        with pytest.raises(ValidationError, match=sentence) as caught:
            client.orders.create_order(agent_id=1, preset_id=7, extra_fields=extra)
    assert (caught.value.method, caught.value.url) == ("POST", "/api/orders")


def test_extra_headers_are_sent_with_a_call_and_never_the_authorization(sandbox: Sandbox) -> None:
    with SignTrakerClient(sandbox.api_key, sandbox.url) as client:
        traced = client.with_options(extra_headers={"X-Request-Id": "abc-1"})
        assert traced.prepare(traced.orders.get_order, 1001).headers["X-Request-Id"] == "abc-1"
        assert traced.orders.get_order(1001).id == 1001
        for wrong in (
            {"authorization": "ST-API other"}, {"Host": "x"}, {"Content-Length": "5"}, {"X-A": "b\r\nc: d"},
            {"X A": "b"}, {"X-A": "ü"}, {"X-A": 5}, [("X-A", "b")],
        ):  # fmt: skip
            with pytest.raises(ValueError, match="extra_headers"):
                client.with_options(extra_headers=cast("Any", wrong))


def test_an_error_before_sending_carries_method_and_path(sandbox: Sandbox) -> None:
    with SignTrakerClient(sandbox.api_key, sandbox.url) as client:
        calls: dict[tuple[str, str], Any] = {
            ("GET", "/api/orders/{order_id}"): lambda: client.orders.get_order(0),
            ("GET", "/api/orders"): lambda: client.orders.list_orders(top=-1),
            ("POST", "/api/orders/7/requestremoval"): lambda: client.orders.request_removal(
                7, {"due_date": "soon"}
            ),
            ("PATCH", "/api/agents/{agent_id}"): lambda: client.agents.update_agent(5, {"email": ""}),
        }
        for expected, call in calls.items():
            with pytest.raises(ValidationError) as caught:
                call()
            assert (caught.value.method, caught.value.url, caught.value.attempts) == (*expected, 0)
