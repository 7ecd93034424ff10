"""Take one measure once, in a process of its own, and print one number: seconds or bytes.

python bench_worker.py MEASURE [URL]

The published client and this one have the same names, so the same code measures both.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections import deque
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable, Iterable

    from signtraker import Order

    Measure: TypeAlias = Callable[[str], float]

KEY: Final = "bench-key"
FIRST: Final = 5
GETS: Final = 400
LISTS: Final = 3
ROWS: Final = 10_000
CONCURRENCY: Final = 64
ITERATED: Final = 1_000_000
WALKED: Final = 100_000
SUITE: Final = """
import pytest

@pytest.mark.parametrize("n", range(100))
def test_a_write_and_a_read(signtraker_sandbox, signtraker_client, n):
    created = signtraker_client.orders.create_order(agent_id=1, preset_id=1)
    assert signtraker_client.orders.get_order(created.order_id).status == "Draft"
"""


def _seconds(act: Callable[[], object], times: int = 1) -> float:
    """Return the seconds that an action takes on average."""
    start = time.perf_counter()
    for _ in range(times):
        act()
    return (time.perf_counter() - start) / times


def _median(act: Callable[[], object], times: int) -> float:
    act()
    return sorted(_seconds(act) for _ in range(times))[times // 2]


# Starting


def import_package(_url: str) -> float:
    """Import the package."""
    return _seconds(lambda: import_module("signtraker"))


def import_and_client(url: str) -> float:
    """Import the published package and make a client."""
    return _seconds(lambda: import_module("signtraker").OrdersClient(KEY, url))


def import_and_first_request(url: str) -> float:
    """Import a package, make a client, and read one order: what was put off is in it."""
    return _seconds(lambda: import_module("signtraker").OrdersClient(KEY, url).get_order(7))


def import_client_and_request(url: str) -> float:
    """Import this package, make a client and a validated request."""

    def start() -> None:
        from signtraker import CreateOrderRequest, SignTrakerClient  # noqa: PLC0415 - the import is measured

        SignTrakerClient(KEY, url)
        CreateOrderRequest(agent_id=1, preset_id=1, street_name="Main St")

    return _seconds(start)


# One record


def get_order(url: str) -> float:
    """Read one order, with a warm client."""
    from signtraker import OrdersClient  # noqa: PLC0415 - of whichever package is installed

    client = OrdersClient(KEY, url)
    return _median(lambda: client.get_order(7), GETS)


def get_order_raw(url: str) -> float:
    """Read one order's bytes with httpx alone."""
    import httpx  # noqa: PLC0415 - not in each environment

    with httpx.Client(headers={"Authorization": f"ST-API {KEY}"}, trust_env=False) as client:
        return _median(lambda: client.get(f"{url}/api/orders/7").content, GETS)


# Ten thousand records


def list_orders(url: str) -> float:
    """Read ten thousand orders in one list."""
    from signtraker import OrdersClient  # noqa: PLC0415 - of whichever package is installed

    client = OrdersClient(KEY, url, timeout_seconds=60)
    return _median(lambda: client.list_orders(top=ROWS), LISTS)


def list_selected(url: str) -> float:
    """Read ten thousand orders with the fields of the whole order selected."""
    from signtraker import OrdersClient  # noqa: PLC0415 - as above

    client = OrdersClient(KEY, url, timeout_seconds=60)
    fields = ["Id", "OrderNumber", "Status", "Notes", "Created", "DueDate"]
    return _median(lambda: client.list_orders(top=ROWS, select=fields), LISTS)


def list_unselected(url: str) -> float:
    """Read the same short rows without `select`."""
    from signtraker import OrdersClient  # noqa: PLC0415 - as above

    client = OrdersClient(KEY, url + "/short", timeout_seconds=60)
    return _median(lambda: client.list_orders(top=ROWS), LISTS)


def list_orders_limit(url: str) -> float:
    """Read the same bytes with httpx, and validate them with one TypeAdapter, the collector paused."""
    import httpx  # noqa: PLC0415 - not in each environment
    from pydantic import TypeAdapter  # noqa: PLC0415 - as above

    from signtraker.models import Order  # noqa: PLC0415 - as above

    adapter = TypeAdapter(list[Order])

    def read() -> list[Order]:
        body = client.get(f"{url}/api/orders", params={"$top": ROWS}).content
        gc.disable()
        try:
            return adapter.validate_json(body)
        finally:
            gc.enable()

    with httpx.Client(headers={"Authorization": f"ST-API {KEY}"}, trust_env=False, timeout=60) as client:
        return _median(read, LISTS)


def memory_of_models(url: str) -> float:
    """Hold ten thousand orders as models."""
    from signtraker import OrdersClient  # noqa: PLC0415 - as above

    client = OrdersClient(KEY, url, timeout_seconds=60)
    client.list_orders(top=1)
    return _held(lambda: client.list_orders(top=ROWS))


def memory_of_dicts(url: str) -> float:
    """Hold ten thousand orders as the dicts of `json.loads`."""
    import httpx  # noqa: PLC0415 - as above

    body = httpx.get(f"{url}/api/orders", params={"$top": ROWS}, trust_env=False, timeout=60).content
    return _held(lambda: json.loads(body))


def _held(make: Callable[[], object]) -> float:
    """Return the bytes that a value keeps."""
    gc.collect()
    tracemalloc.start()
    value = make()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    del value
    return held


# Iterations


def iteration_memory(url: str) -> float:
    """Iterate over a million orders; return by how many bytes the process grew after the first 100,000."""
    import resource  # noqa: PLC0415 - not on Windows

    peaks: list[int] = []
    for count, _ in enumerate(_orders(url, page_size=1000, max_items=ITERATED), 1):
        if count % (ITERATED // 10) == 0:
            peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
    return peaks[-1] - peaks[0]


def iteration_growth(url: str) -> float:
    """Iterate over a million orders; return the time of the last 100,000 over that of the first."""
    marks = [time.perf_counter()]
    for count, _ in enumerate(_orders(url, page_size=1000, max_items=ITERATED), 1):
        if count % (ITERATED // 10) == 0:
            marks.append(time.perf_counter())
    return (marks[-1] - marks[-2]) / (marks[1] - marks[0])


def iterate(url: str) -> float:
    """Iterate over 100,000 orders, one page after another."""
    return _seconds(lambda: deque(_orders(url, max_items=WALKED), maxlen=0))


def iterate_side_by_side(url: str) -> float:
    """Iterate over 100,000 orders, eight pages at a time."""
    return _seconds(lambda: deque(_orders(url, max_items=WALKED, concurrency=8), maxlen=0))


def _orders(url: str, **options: Any) -> Iterable[Order]:
    from signtraker import OrdersClient  # noqa: PLC0415 - as above

    return OrdersClient(KEY, url, timeout_seconds=60).iter_orders(**options)


# Tasks


def async_gets(url: str) -> float:
    """Read 2,000 orders, 64 at once."""
    return _in_tasks(url, 2000, CONCURRENCY)


def async_gets_at_concurrency(url: str) -> float:
    """Read 1,000 orders, 64 at once."""
    return _in_tasks(url, 1000, CONCURRENCY)


def async_gets_at_once(url: str) -> float:
    """Start the reading of 1,000 orders at once."""
    return _in_tasks(url, 1000, 1000)


def _in_tasks(url: str, calls: int, concurrency: int) -> float:
    import asyncio  # noqa: PLC0415 - the start of the package is measured without it

    from signtraker import AsyncSignTrakerClient  # noqa: PLC0415 - as above

    async def run() -> float:
        async with AsyncSignTrakerClient(KEY, url) as client:
            await client.orders.get_order(1)
            turns = asyncio.Semaphore(concurrency)
            return await _gathered(client.orders.get_order, calls, turns)

    return asyncio.run(run())


def async_gets_raw(url: str) -> float:
    """Read 2,000 orders' bytes with httpx alone, 64 at once."""
    import asyncio  # noqa: PLC0415 - as above

    import httpx  # noqa: PLC0415 - as above

    async def run() -> float:
        headers = {"Authorization": f"ST-API {KEY}"}
        async with httpx.AsyncClient(headers=headers, trust_env=False) as client:
            await client.get(f"{url}/api/orders/1")
            turns = asyncio.Semaphore(CONCURRENCY)
            return await _gathered(lambda number: client.get(f"{url}/api/orders/{number}"), 2000, turns)

    return asyncio.run(run())


async def _gathered(call: Callable[[int], Awaitable[object]], calls: int, turns: asyncio.Semaphore) -> float:
    import asyncio  # noqa: PLC0415 - as above

    async def one(number: int) -> None:
        async with turns:
            await call(number)

    start = time.perf_counter()
    await asyncio.gather(*(one(number + 1) for number in range(calls)))
    return time.perf_counter() - start


# Filters, tests


def build_filter(_url: str) -> float:
    """Build and render a filter of three clauses."""
    from datetime import UTC, datetime  # noqa: PLC0415 - as above

    from signtraker import Q  # noqa: PLC0415 - as above

    since = datetime(2025, 1, 1, tzinfo=UTC)
    return _fastest(
        lambda: str((Q.status == "Draft") & (Q.order_number > FIRST) & (Q.created >= since)),
    )


def build_filter_python_odata(_url: str) -> float:
    """Build and render the same filter with the python-odata package."""
    from datetime import UTC, datetime  # noqa: PLC0415 - as above

    properties: Any = import_module("odata.property")
    base: Any = import_module("odata.entity").declarative_base()
    order: Any = type(
        "Order",
        (base,),
        {
            "status": properties.StringProperty("Status"),
            "order_number": properties.IntegerProperty("OrderNumber"),
            "created": properties.DatetimeProperty("Created"),
        },
    )
    since = datetime(2025, 1, 1, tzinfo=UTC)
    return _fastest(
        lambda: str((order.status == "Draft") & (order.order_number > FIRST) & (order.created >= since)),
    )


def _fastest(act: Callable[[], object]) -> float:
    return min(_seconds(act, 2000) for _ in range(5))


def pytest_suite(_url: str) -> float:
    """Run 100 tests with pytest, each with a fresh sandbox, a write and a read."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "test_suite.py").write_text(SUITE, encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", folder]
        start = time.perf_counter()
        subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL)
        return time.perf_counter() - start


def main() -> None:
    """Take the measure that the first argument names."""
    os.environ.pop("SIGNTRAKER_BASE_URL", None)
    measure: Measure = globals()[sys.argv[1]]
    print(json.dumps(measure(sys.argv[2] if len(sys.argv) > 2 else "")))  # noqa: PLR2004 - name and address


if __name__ == "__main__":
    main()
