"""Drive a batch with threads: the iterating thread decides and keeps the journal, the others send."""

from __future__ import annotations

import time
from contextlib import suppress
from contextvars import copy_context
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar
from weakref import ref

from signtraker._bulk.engine import Call
from signtraker._bulk.plan import Row
from signtraker._bulk.results import GATHERING_SECONDS, Results
from signtraker._bulk.run import Run, single
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
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


class Perform(Protocol):
    """Performs an operation of one or several requests."""

    def __call__(self, steps: Generator[Request[Any], Any, T], /) -> T: ...


class BulkRun(Run[RequestT, ResultT]):
    """A batch of writes, which is sent while it is iterated.

        with client.orders.create_orders(requests, journal="signs.journal") as run:
            for outcome in run:
                print(outcome.index, outcome.state, outcome.order_id)
        run.report.write_csv("signs.csv")

    `run()` does the same without the outcomes one by one. Nothing is sent before either. Requests are started
    whenever the next outcome is asked for. Leaving the loop or the `with` block, and Ctrl-C, wait for what is
    under way, save its outcomes, and start nothing more. A run is used once.
    """

    def __init__(self, plan: BatchPlan[RequestT, ResultT], perform: Perform, record: Recorder) -> None:
        super().__init__(plan)
        self._perform = perform
        self._record = record
        self._outcomes: Callable[[], Generator[BulkOutcome[RequestT, ResultT]] | None] = lambda: None

    def run(self) -> BulkReport[RequestT, ResultT]:
        """Send everything, and return the report.

        Raises:
            JournalError: The journal can't be used; nothing was sent. Or it can't be written any more.
            AuthenticationError: The key was not accepted, which ends the batch.
            RateLimitError: The server asks to wait for longer than a call may take.
            NetworkError: The server can't be reached.
        """
        for _ in self:
            pass
        return self.report

    @property
    def report(self) -> BulkReport[RequestT, ResultT]:
        """The outcomes so far. Requests that have not started are `"not_sent"`."""
        # Repeated for editors, which list what is inherited after the private names of a class.
        return super().report

    def __iter__(self) -> Iterator[BulkOutcome[RequestT, ResultT]]:
        outcomes = self._outcomes()
        if outcomes is None or not self._is_running:
            outcomes = self._iterate()
            # A weak reference: leaving the `for` loop closes the generator.
            self._outcomes = ref(outcomes)
        return outcomes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if (outcomes := self._outcomes()) is not None:
            outcomes.close()
        if self._was_left and exc_value is not None and not self._is_forked:
            self._explain_end(exc_value)

    def _iterate(self) -> Generator[BulkOutcome[RequestT, ResultT]]:
        self._begin()
        workers = _Workers[RequestT, ResultT](self._call, self._plan.options.max_concurrency)
        try:
            self._open()
            self._ask_for_time()
            while (outcomes := self._step(workers)) is not None:
                for outcome in outcomes:
                    self._refuse_fork()
                    self._report_progress()
                    yield outcome
            workers.finish()
        except BaseException as error:
            if not self._is_forked:
                self._end_early(workers.finish(), workers.begun)
                self._explain_end(error)
            raise
        finally:
            self._close()

    def _step(self, workers: _Workers[RequestT, ResultT]) -> list[BulkOutcome[RequestT, ResultT]] | None:
        """Do what comes next, and return the outcomes that are saved; None at the end."""
        self._refuse_fork()
        engine = self._engine
        # First: if these were the last ones under way, and the run was stopped, there is nothing to wait for.
        engine.requeue(workers.withheld())
        if engine.is_sending:
            rows = self._take()
            outcomes = self._save()
            engine.note_ended(workers.ended_since())
            for row in rows:
                workers.send(row)
            if not outcomes:
                workers.wait(engine.wait_seconds(time.monotonic()))
                self._finish(workers.ended())
            return outcomes
        if outcomes := self._save():
            return outcomes
        step = engine.next_search(time.time())
        if step is None:
            return None
        if isinstance(step, Row):
            self._search(step)
        else:
            time.sleep(step)
        return []

    def _call(self, row: Row[RequestT]) -> Call[RequestT, ResultT]:
        """Send one request, in a worker."""
        started = time.monotonic()
        request = self._plan.operation.build(row.request)
        with self._record() as exchanges:
            try:
                result = self._perform(single(request))
            except SignTrakerError as error:
                return Call(row, started, error=error, exchanges=exchanges)
        return Call(row, started, result, exchanges=exchanges)

    def _search(self, row: Row[RequestT]) -> None:
        operation, engine = self._plan.operation, self._engine
        with self._record() as exchanges:
            try:
                if engine.server_ahead is None:
                    self._perform(single(operation.server_time_request()))
                    engine.learn_server_time(exchanges)
                asked = time.time()
                steps = operation.search(row.request, engine.since(row), self._plan.config)
                findings = self._perform(steps)
            except SignTrakerError as error:
                engine.search_failed(row, error)
            else:
                engine.apply_findings(row, findings, asked)

    def _ask_for_time(self) -> None:
        """Learn the server's time before the first intent, so that it is saved with it."""
        if self._engine.needs_server_time:
            with self._record() as exchanges:
                try:
                    self._perform(single(self._plan.operation.server_time_request()))
                except SignTrakerError as error:
                    self._engine.probe_failed(error)
            self._engine.learn_server_time(exchanges)


class _Workers(Results[RequestT, ResultT]):
    """The threads that send."""

    def __init__(self, call: Callable[[Row[RequestT]], Call[RequestT, ResultT]], limit: int) -> None:
        super().__init__()
        self._call = call
        self._limit = limit
        self._threads: list[Thread] = []
        # With each row, the number of failures that the iterating thread had processed when it sent the row.
        self._jobs: SimpleQueue[tuple[Context, Row[RequestT], int] | None] = SimpleQueue()
        self._failed: list[Row[RequestT]] = []
        self._failures_processed = 0
        self._wake: SimpleQueue[None] = SimpleQueue()

    def send(self, row: Row[RequestT]) -> None:
        """Let a worker send a row, in a copy of this thread's context."""
        if len(self._threads) < self._limit:
            # Daemons: a second Ctrl-C gives up the wait for them, and the process must end then.
            self._threads.append(Thread(target=self._work, name="signtraker-bulk", daemon=True))
            self._threads[-1].start()
        self._jobs.put((copy_context(), row, self._failures_processed))

    def wait(self, seconds: float | None) -> None:
        """Wait until a call ends and perhaps more, for at most `seconds`; None for no limit."""
        with suppress(Empty):
            self._wake.get(timeout=seconds)
            if seconds is None:
                time.sleep(GATHERING_SECONDS)
            while True:
                self._wake.get_nowait()

    def ended(self) -> Iterator[Call[RequestT, ResultT]]:
        """Yield the calls that have ended, and count the failures that were processed."""
        for call in super().ended():
            yield call
            self._failures_processed += call.result is None

    def finish(self) -> Iterator[Call[RequestT, ResultT]]:
        """Begin no more calls, wait for those that have begun, and return their results."""
        with suppress(Empty):
            while True:
                self._jobs.get_nowait()
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        return self.ended()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            context, row, failures = job
            if len(self._failed) != failures:
                self._withheld.append(row)
                self._wake.put(None)
                continue
            self.begun.add(row)
            started = time.monotonic()
            call: Call[RequestT, ResultT]
            try:
                call = context.run(self._call, row)
            except BaseException as error:  # noqa: BLE001 - the iterating thread raises it
                call = Call(row, started, crash=error)
            if call.result is None:
                # No row begins until the iterating thread has looked at this one.
                self._failed.append(row)
            self._results.append(call)
            self._wake.put(None)
