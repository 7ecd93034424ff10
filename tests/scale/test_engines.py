"""Check that each engine gives back what the records hold, and has the columns of a list without records."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from signtraker import Order
from signtraker.arrow import iter_record_batches, schema

# Not all of them are installed where the type checkers run.
duckdb: Any = pytest.importorskip("duckdb")
pandas: Any = pytest.importorskip("pandas")
polars: Any = pytest.importorskip("polars")
pyarrow: Any = pytest.importorskip("pyarrow")
pytestmark = pytest.mark.filterwarnings("default")  # Those of the engines are their own affair.

MOMENT = datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
ORDERS = [
    Order.model_validate(
        {"Id": 1, "Created": MOMENT, "RebillInterval": 3, "SalesOrder": {"Id": 5, "OrderTotal": "12.3456"}}
    ),
    Order(id=2**63 - 1),
]


@pytest.mark.parametrize("records", [ORDERS, ORDERS[:0]], ids=["two orders", "none"])
def test_a_list_comes_back_from_each_engine(records: list[Order]) -> None:
    def reader() -> Any:
        return iter_record_batches(iter(records), Order, size=1)

    whole = reader().read_all()
    assert whole.schema == schema(Order)
    assert whole.num_rows == len(records)

    frame = reader().read_all().to_pandas(types_mapper=pandas.ArrowDtype)
    assert pyarrow.Table.from_pandas(frame, schema=schema(Order), preserve_index=False) == whole
    assert str(frame.dtypes["RebillInterval"]) == "int32[pyarrow]"

    for data in (polars.DataFrame(reader()), polars.from_arrow(reader().read_all())):
        assert data.to_arrow().cast(schema(Order)) == whole

    batches = reader()
    found = duckdb.sql("SELECT Id, Created, RebillInterval, SalesOrder.OrderTotal FROM batches").fetchall()
    expected = [(1, MOMENT, 3, Decimal("12.3456")), (2**63 - 1, None, None, None)]
    assert found == expected[: len(records)]
    assert batches.schema == schema(Order)
