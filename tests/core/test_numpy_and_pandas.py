"""Check that values of numpy and pandas count as what they hold: in requests, filters, ids and rows."""

from __future__ import annotations

from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from signtraker import (
    CreateAwardRequest,
    CreateOrderRequest,
    Q,
    SignTrakerClient,
    ValidationError,
    check,
    check_rows,
)

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

np: Any = import_module("numpy")
pd: Any = import_module("pandas")


@pytest.mark.parametrize("kind", ["int64", "int32", "uint8"])
def test_an_integer_of_numpy_is_an_id(kind: str, sandbox: Sandbox) -> None:
    number = getattr(np, kind)(42)
    assert str(Q.id == number) == "Id eq 42"
    assert str(Q.id.in_(np.array([1, 2]))) == "Id eq 1 or Id eq 2"
    assert check(CreateOrderRequest, {"agent_id": number, "preset_id": 7}).payload()["AgentId"] == 42
    with SignTrakerClient(sandbox.api_key, sandbox.url) as client:
        assert client.orders.get_order(np.int64(1001)).id == 1001
        assert len(client.orders.list_orders(top=np.int64(2))) == 2


@pytest.mark.parametrize("wrong", [True, "7", 7.0])
def test_what_numpy_holds_beside_integers_is_no_id(wrong: object) -> None:
    value = np.array([wrong])[0]
    with pytest.raises(ValidationError, match="agent_id: must be an int, not"):
        check(CreateOrderRequest, {"agent_id": value, "preset_id": 7})
    with pytest.raises(TypeError, match="must be an int, not"):
        Q.id.eq(value)


def test_a_float_of_numpy_is_an_amount_and_a_coordinate() -> None:
    award = check(CreateAwardRequest, {"name": "Spring", "total_amount": np.float64(12.5)})
    assert award.total_amount == Decimal("12.5")
    assert str(Q.job_site.latitude > np.float64(40.5)) == "JobSite/Latitude gt 40.5e0"
    with pytest.raises(TypeError, match=r"write Decimal\('12.5'\)"):
        Q.sales_order.order_total.gt(np.float64(12.5))


def test_a_timestamp_of_pandas_is_the_moment_that_it_is() -> None:
    moment = pd.Timestamp("2026-12-24T05:00:00.123456789", tz="America/Denver")
    assert str(Q.created >= moment) == "Created ge 2026-12-24T12:00:00.123456Z"
    request = check(CreateOrderRequest, {"agent_id": 1, "preset_id": 7, "due_date": moment})
    assert request.payload()["DueDate"] == "2026-12-24T12:00:00.123456Z"


def test_a_missing_time_of_pandas_has_a_sentence() -> None:
    with pytest.raises(TypeError, match="is compared with NaT, which is no time"):
        _ = Q.created == pd.NaT
    with pytest.raises(ValidationError, match="due_date: must be a date or a datetime, not NaT"):
        check(CreateOrderRequest, {"agent_id": 1, "preset_id": 7, "due_date": pd.NaT})


def test_the_rows_of_a_frame_are_checked() -> None:
    frame = pd.DataFrame(
        {
            "agent_id": [42, 43, 44],
            "preset_id": [7.0, float("nan"), 7.0],
            "zip": [84070, 84071, None],
            "due_date": pd.to_datetime(["2026-12-24", None, "2026-12-25"]),
            "notes": pd.array(["a", None, "c"], dtype="string"),
        }
    )
    checked = check_rows(CreateOrderRequest, frame.to_dict("records"))
    assert [str(one) for one in checked.problems] == ["row 3, column preset_id: preset_id is required"]
    assert [one.payload() for one in checked.requests] == [
        {
            "AgentId": 42, "PresetId": 7, "Zip": "84070", "DueDate": "2026-12-24T00:00:00.000Z", "Notes": "a",
        },
        {"AgentId": 44, "PresetId": 7, "DueDate": "2026-12-25T00:00:00.000Z", "Notes": "c"},
    ]  # fmt: skip
