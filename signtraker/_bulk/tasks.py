"""Drive a batch with tasks: the iterating task decides and keeps the journal, the others send."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar
from weakref import ref

import anyio

from signtraker._bulk.engine import Call
from signtraker._bulk.plan import Row
from signtraker._bulk.results import GATHERING_SECONDS, Results
from signtraker._bulk.run import Run, single
from signtraker._common.waits import wait_at_most
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Generator, Iterator
    from contextvars import Context
    from types import TracebackType

    from signtraker._bulk.outcome import BulkOutcome
    from signtraker._bulk.plan import BatchPlan
    from signtraker._bulk.report import BulkReport
    from signtraker._bulk.run import Recorder
    from signtraker._core.request import Request

T = TypeVar("T")
RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")


class AsyncPerform(Protocol):
    """Performs an operation of one or several requests."""

    def __call__(self, steps: Generator[Request[Any], Any, T], /) -> Coroutine[Any, Any, T]: ...


class AsyncBulkRun(Run[RequestT, ResultT]):
    """A batch of writes, which is sent while it is iterated.

        async with client.orders.create_orders(requests, journal="signs.journal") as run:
            async for outcome in run:
                print(outcome.index, outcome.state, outcome.order_id)
        run.report.write_csv("signs.csv")

    `await run.run()` does the same without the outcomes one by one. Nothing is sent before either. Requests
    are started whenever the next outcome is asked for. Leaving the `async with` block and cancelling the task
    wait for what is under way, save its outcomes, and start nothing more. A run is used once.
    """

    def __init__(self, plan: BatchPlan[RequestT, ResultT], perform: AsyncPerform, record: Recorder) -> None:
        super().__init__(plan)
        self._perform = perform
        self._record = record
        self._outcomes: Callable[[], AsyncGenerator[BulkOutcome[RequestT, ResultT]] | None] = lambda: None
        self._is_entered = False

    async def run(self) -> BulkReport[RequestT, ResultT]:
        """Send everything, and return the report.

        Raises:
            JournalError: The journal can't be used; nothing was sent. Or it can't be written any more.
            AuthenticationError: The key was not accepted, which ends the batch.
            RateLimitError: The server asks to wait for longer than a call may take.
            NetworkError: The server can't be reached.
        """
        async with self:
            async for _ in self:
                pass
        return self.report

    @property
    def report(self) -> BulkReport[RequestT, ResultT]:
        """The outcomes so far. Requests that have not started are `"not_sent"`."""
        # Repeated for editors, which list what is inherited after the private names of a class.
        return super().report

    def __aiter__(self) -> AsyncIterator[BulkOutcome[RequestT, ResultT]]:
        outcomes = self._outcomes()
        if outcomes is None or not self._is_running:
            outcomes = self._iterate()
            # A weak reference outside `async with`: leaving the `async for` loop closes the generator.
            self._outcomes = (lambda: outcomes) if self._is_entered else ref(outcomes)
        return outcomes

    async def __aenter__(self) -> Self:
        self._is_entered = True
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if (outcomes := self._outcomes()) is not None:
            await outcomes.aclose()
        if self._was_left and exc_value is not None and not self._is_forked:
            self._explain_end(exc_value)

    async def _iterate(self) -> AsyncGenerator[BulkOutcome[RequestT, ResultT]]:
        self._begin()
        workers = _Workers[RequestT, ResultT](self._call, self._plan.options.max_concurrency)
        try:
            await _in_thread(self._open)
            await self._ask_for_time()
            while (outcomes := await self._step(workers)) is not None:
                for outcome in outcomes:
                    self._refuse_fork()
                    self._report_progress()
                    yield outcome
        except BaseException as error:
            if not self._is_forked:
                # A scope of anyio cancels each await anew, which would cut the wait for what is under way.
                with anyio.CancelScope(shield=True):
                    calls = await workers.finish()
                    await _in_thread(lambda: self._end_early(calls, workers.begun))
                self._explain_end(error)
            raise
        finally:
            self._close()

    async def _step(
        self, workers: _Workers[RequestT, ResultT]
    ) -> list[BulkOutcome[RequestT, ResultT]] | None:
        """Do what comes next, and return the outcomes that are saved; None at the end."""
        self._refuse_fork()
        engine = self._engine
        # First: if these were the last ones under way, and the run was stopped, there is nothing to wait for.
        engine.requeue(workers.withheld())
        if engine.is_sending:
            rows = self._take()
            outcomes = await self._saved()
            engine.note_ended(workers.ended_since())
            for row in rows:
                workers.send(row)
            if not outcomes:
                await workers.wait(engine.wait_seconds(time.monotonic()))
                self._finish(workers.ended())
            return outcomes
        if outcomes := await self._saved():
            return outcomes
        step = engine.next_search(time.time())
        if step is None:
            return None
        if isinstance(step, Row):
            await self._search(step)
        else:
            await asyncio.sleep(step)
        return []

    async def _saved(self) -> list[BulkOutcome[RequestT, ResultT]]:
        """Save in a thread, unless there is nothing to write."""
        if self._journal is None or not self._engine.has_changes:
            return self._save()
        return await _in_thread(self._save)

    async def _call(self, row: Row[RequestT]) -> Call[RequestT, ResultT]:
        """Send one request, in a task of its own."""
        started = time.monotonic()
        request = self._plan.operation.build(row.request)
        with self._record() as exchanges:
            try:
                result = await self._perform(single(request))
            except SignTrakerError as error:
                return Call(row, started, error=error, exchanges=exchanges)
        return Call(row, started, result, exchanges=exchanges)

    async def _search(self, row: Row[RequestT]) -> None:
        operation, engine = self._plan.operation, self._engine
        with self._record() as exchanges:
            try:
                if engine.server_ahead is None:
                    await self._perform(single(operation.server_time_request()))
                    engine.learn_server_time(exchanges)
                asked = time.time()
                steps = operation.search(row.request, engine.since(row), self._plan.config)
                findings = await self._perform(steps)
            except SignTrakerError as error:
                engine.search_failed(row, error)
            else:
                engine.apply_findings(row, findings, asked)

    async def _ask_for_time(self) -> None:
        """Learn the server's time before the first intent, so that it is saved with it."""
        if self._engine.needs_server_time:
            with self._record() as exchanges:
                try:
                    await self._perform(single(self._plan.operation.server_time_request()))
                except SignTrakerError as error:
                    self._engine.probe_failed(error)
            self._engine.learn_server_time(exchanges)


class _Workers(Results[RequestT, ResultT]):
    """The tasks that send."""

    def __init__(
        self, call: Callable[[Row[RequestT]], Coroutine[Any, Any, Call[RequestT, ResultT]]], limit: int
    ) -> None:
        super().__init__()
        self._call = call
        self._limit = limit
        self._tasks: dict[asyncio.Task[None], Row[RequestT]] = {}
        self._jobs: deque[tuple[Context, Row[RequestT]]] = deque()
        self._wake = asyncio.Event()

    def send(self, row: Row[RequestT]) -> None:
        """Send a row in a task of its own, as soon as fewer than the limit run."""
        if any(one.result is None for one in self._results):
            self._withheld.append(row)  # A call failed while the intent was saved.
            return
        self._jobs.append((copy_context(), row))
        self._start()

    def _start(self) -> None:
        while self._jobs and len(self._tasks) < self._limit:
            context, row = self._jobs.popleft()
            task = asyncio.create_task(self._work(row), context=context)
            self._tasks[task] = row
            task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task)
        self._start()

    async def wait(self, seconds: float | None) -> None:
        """Wait until a call ends and perhaps more, for at most `seconds`; None for no limit."""
        await wait_at_most(self._wake, seconds)
        if seconds is None:
            await asyncio.sleep(GATHERING_SECONDS)
        self._wake.clear()

    async def finish(self) -> Iterator[Call[RequestT, ResultT]]:
        """Begin no more calls, wait for those that have begun, and return their results."""
        self._jobs.clear()
        for task, row in self._tasks.items():
            if row not in self.begun:
                task.cancel()
        if self._tasks:
            await asyncio.wait(list(self._tasks))
        return self.ended()

    async def _work(self, row: Row[RequestT]) -> None:
        self.begun.add(row)
        started = time.monotonic()
        call: Call[RequestT, ResultT]
        try:
            call = await self._call(row)
        except BaseException as error:  # noqa: BLE001 - the iterating task raises it
            call = Call(row, started, crash=error)
        if call.result is None:
            # Begin no more calls until the iterating task has looked at this one: it may end the run.
            self._withheld.extend(row for _, row in self._jobs)
            self._jobs.clear()
        self._results.append(call)
        self._wake.set()


async def _in_thread(work: Callable[[], T]) -> T:
    """Do work that waits for the disk, to its end even if the caller is cancelled."""
    task = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with anyio.CancelScope(shield=True):
            await asyncio.wait([task])
        raise
