"""Define the base class of `BulkRun` and `AsyncBulkRun`: state, report and messages."""

from __future__ import annotations

import logging
import os
import random
import time
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from signtraker._bulk.engine import Engine
from signtraker._bulk.report import BulkReport
from signtraker._bulk.states import EarlierRuns
from signtraker.exceptions import JournalError, SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable
    from collections.abc import Set as AbstractSet
    from contextlib import AbstractContextManager

    from signtraker._bulk.engine import Call
    from signtraker._bulk.journal import Journal
    from signtraker._bulk.outcome import BulkOutcome
    from signtraker._bulk.plan import BatchPlan, Row
    from signtraker._core.recording import RecordedExchange
    from signtraker._core.request import Request

    Recorder: TypeAlias = Callable[[], AbstractContextManager[list[RecordedExchange]]]

T = TypeVar("T")
RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
_log = logging.getLogger("signtraker")


def single(request: Request[T]) -> Generator[Request[T], T, T]:
    """Return the steps of an operation of one request."""
    return (yield request)


class Run(Generic[RequestT, ResultT]):
    """Base class of `BulkRun` and `AsyncBulkRun`."""

    def __init__(self, plan: BatchPlan[RequestT, ResultT]) -> None:
        self._plan = plan
        self._engine = Engine(plan)
        self._journal: Journal | None = None
        self._is_started = False
        self._is_running = False
        self._was_left = False
        """True if the caller left the loop before its end."""
        self._process = os.getpid()

    @property
    def report(self) -> BulkReport[RequestT, ResultT]:
        """The outcomes so far. Requests that have not started are `"not_sent"`."""
        return BulkReport(self._engine.outcomes(), self._engine.progress(), self._advice())

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._plan.operation.name}: {self._engine.progress()}>"

    def _begin(self) -> None:
        """Refuse a second use."""
        if self._is_started:
            raise SignTrakerError("This run was started already; call the method again for another run.")
        self._is_started = True
        self._process = os.getpid()

    def _open(self) -> None:
        """Open the journal, if there is one; raises `JournalError` before anything is sent."""
        if self._plan.options.journal is None:
            self._engine.start(EarlierRuns())
            self._is_running = True
            return
        from signtraker._bulk.journal import Journal  # noqa: PLC0415 - loads sqlite3 only when used

        self._journal, past = Journal.open(self._plan.options.journal, self._plan)
        self._engine.start(past)
        self._is_running = True

    def _close(self) -> None:
        self._is_running = False
        if not self._is_forked:
            self._engine.cut_off()
        if self._journal is not None and not self._is_forked:
            self._journal.close()

    @property
    def _is_forked(self) -> bool:
        """True in a process that was forked from the one that runs the batch: it saves and closes nothing."""
        return os.getpid() != self._process

    def _refuse_fork(self) -> None:
        if self._is_forked:
            raise SignTrakerError(
                f"This run belongs to process {self._process}, from which this one was forked: go on there."
            )

    def _save(self) -> list[BulkOutcome[RequestT, ResultT]]:
        """Save the changed records, and return the outcomes that are now safe to report."""
        changes = self._engine.changes()
        if self._journal is not None:
            self._journal.save(self._engine.by_server_clock(changes))
        self._engine.saved(changes)
        return self._engine.take_outcomes()

    def _end_early(self, calls: Iterable[Call[RequestT, ResultT]], begun: AbstractSet[Row[RequestT]]) -> None:
        """Process the results of the calls under way when the run ended early, and save them."""
        self._finish(calls)
        self._engine.take_back(begun)
        try:
            self._save()
        except JournalError as error:
            # The exception that ends the run is under way already, and often this very error.
            _log.error("%s The next run will count what was under way as unknown.", error)

    def _take(self) -> list[Row[RequestT]]:
        return self._engine.take(time.monotonic(), time.time())

    def _finish(self, calls: Iterable[Call[RequestT, ResultT]]) -> None:
        for call in calls:
            self._engine.finish(call, time.monotonic(), time.time(), random.random())

    def _report_progress(self) -> None:
        if self._plan.options.progress is not None:
            self._plan.options.progress(self._engine.progress())

    def _advice(self) -> str:
        """Return a sentence on how to continue."""
        progress = self._engine.progress()
        if progress.done + progress.under_way == progress.total:
            return ""
        if self._plan.options.journal is None:
            return (
                "There is no journal, so only this report knows what was sent: "
                "send the requests that are refused or not_sent again, and look for the unknown ones first."
            )
        parts: list[str] = []
        if progress.refused or progress.not_sent:
            parts.append("call the method again with the same journal to send what is refused or not_sent")
        if progress.unknown:
            parts.append(
                "compare the unknown ones with their candidates, or call it with unknown='adopt' or 'resend'"
            )
        message = "; ".join(parts)
        return f"{message[:1].upper()}{message[1:]}."

    def _explain_end(self, error: BaseException) -> None:
        """Add a note to the exception that ends a run early: the progress, and how to continue."""
        message = f"{self._plan.operation.name}: {self._engine.progress()}. {self._advice()}".rstrip()
        if isinstance(error, GeneratorExit):
            self._was_left = True
            _log.warning("The run was ended early. %s", message)
        else:
            error.add_note(message)
