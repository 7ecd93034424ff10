"""Decide each step of a batch without I/O: which rows to send, search for, save and report.

The two drivers (threads, tasks) ask for the next step, perform it, and pass the result back. Before they send
what `take` returned they save `changes` in the journal, so that an intent is on disk before its request
is sent; and they return an outcome only when it is saved.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import TYPE_CHECKING, Final, Generic, TypeVar, get_args

from signtraker._bulk.decide import UncertainRow, decide
from signtraker._bulk.outcome import BulkOutcome, BulkProgress
from signtraker._bulk.states import IN_DOUBT, KEPT, PLANNED, TO_SEND, BulkState, EarlierRuns
from signtraker._core.pacing import Pacing
from signtraker.exceptions import (
    AuthenticationError,
    NetworkError,
    Problem,
    RateLimitError,
    SignTrakerError,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from signtraker._bulk.operation import Findings, Receipt
    from signtraker._bulk.outcome import Source
    from signtraker._bulk.plan import BatchPlan, Row
    from signtraker._bulk.states import RowRecord, StoredState
    from signtraker._core.recording import RecordedExchange

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
_NO_DATE: Final = (
    "the server's responses have no Date, so the search may have begun too late: it is not resent"
)
_AHEAD_DECAY: Final = 0.125
"""By how much fewer rows are taken ahead each time that fewer would have been enough."""
CLOCK_MARGIN: Final = timedelta(minutes=5)
"""The search begins this long before the intent: `Date` has whole seconds, and servers' clocks differ."""

_GATEWAY_REFUSALS: Final = frozenset({408, 425, 499})
"""Refusals that a gateway may send after it has passed the request on (assumed)."""


@dataclass(frozen=True, slots=True)
class Call(Generic[RequestT, ResultT]):
    """One call that has ended, with its result or its error."""

    row: Row[RequestT]
    started: float
    """The time by a monotonic clock."""
    result: ResultT | None = None
    error: SignTrakerError | None = None
    crash: BaseException | None = None
    """An exception that is none of the SDK's; the run ends with it."""
    exchanges: Sequence[RecordedExchange] = ()


@dataclass(slots=True)
class _RowState(Generic[RequestT, ResultT]):
    """All that is known about a row."""

    row: Row[RequestT]
    record: RowRecord
    before: RowRecord
    """The record before the last intent."""
    outcome: BulkOutcome[RequestT, ResultT] | None = None
    error: SignTrakerError | None = None
    result: ResultT | None = None
    source: Source = "run"
    resends: int = 0
    answer: str = ""
    """The server's message with a success."""


class Engine(Generic[RequestT, ResultT]):
    """The state of one run."""

    def __init__(self, plan: BatchPlan[RequestT, ResultT]) -> None:
        self.plan = plan
        self.pacing = Pacing(plan.options, plan.config)
        self.stopped: BaseException | None = None
        """The error that ended the run early."""
        self.server_ahead: float | None = None
        """By how many seconds the server's clock is ahead of this machine's; None if it is not known."""
        self._known: dict[Row[RequestT], _RowState[RequestT, ResultT]] = {
            row: _RowState(row, PLANNED, PLANNED) for row in plan.rows
        }
        self._earlier = EarlierRuns()
        self._from_journal: set[Row[RequestT]] = set()
        """The rows whose times are still the server's."""
        self._queue: deque[Row[RequestT]] = deque()
        self._under_way: set[Row[RequestT]] = set()
        self._ahead = 0.0
        self._doubtful: deque[Row[RequestT]] = deque()
        self._later: dict[Row[RequestT], float] = {}
        self._changed: dict[Row[RequestT], None] = {}
        self._ready: deque[BulkOutcome[RequestT, ResultT]] = deque()
        self._unreached = 0
        self._uncounted = set(plan.rows)
        self._rows_by_state: dict[str, set[Row[RequestT]]] = {
            state: set() for state in (*get_args(BulkState), "under_way")
        }

    def start(self, earlier: EarlierRuns) -> None:
        """Begin with what earlier runs left."""
        self._earlier = earlier
        self._uncounted.update(self._known)
        for row, known in self._known.items():
            before = earlier.records.get(row.key, PLANNED)
            known.record = known.before = before.resume()
            if row.key in earlier.records:
                self._from_journal.add(row)
            if row in self.plan.decided:
                known.record = self._decide(row, known.record)
            if known.record != before:
                self._note(row)
            if known.record.state in TO_SEND:
                self._queue.append(row)
                continue
            known.source = "decided" if row in self.plan.decided else "journal"
            if known.record.state in KEPT:
                self._settle(row)
            else:
                self._doubtful.append(row)

    def _decide(self, row: Row[RequestT], record: RowRecord) -> RowRecord:
        """Return the record of a row that the caller has decided about."""
        order_id = self.plan.decided[row]
        if record.state == "created" and record.order_id != order_id:
            message = f"names order {order_id}, and the journal has order {record.order_id} for that row"
            raise ValidationError(
                f"Nothing was sent, decided: {message}", problems=[Problem("decided", message)]
            )
        return replace(record, state="created", order_id=order_id)

    # Sending

    @property
    def is_sending(self) -> bool:
        """True while requests are under way or wait for their turn."""
        return bool(self._under_way or (self._queue and self.stopped is None))

    def take(self, now: float, unix_time: float) -> list[Row[RequestT]]:
        """Return the rows whose requests are to be sent next, in their order; each is noted as an intent.

        A few more than may run: while a later intent is written to the disk, they are sent as others end.
        """
        taken: list[Row[RequestT]] = []
        while self._queue and self.stopped is None and self.pacing.may_start(self._counted(), now):
            row = self._queue.popleft()
            known = self._known[row]
            known.before = known.record
            # First, so that an interruption at any later line lets `take_back` find it.
            self._under_way.add(row)
            self._note(row)
            self._from_journal.discard(row)
            known.record = known.record.intend(unix_time, self.plan.config.deadline_seconds)
            known.source = "run"
            self.pacing.start(now)
            taken.append(row)
        return taken

    def _counted(self) -> int:
        """Return how many requests count as under way; those that were taken ahead don't."""
        # Nothing is taken ahead of a limited rate, or after a 429.
        is_free = self.plan.options.max_per_second is None and self.pacing.is_at_full_width
        return len(self._under_way) - (math.ceil(self._ahead) if is_free else 0)

    def note_ended(self, ended: int) -> None:
        """Take as many rows ahead as calls have ended since rows were sent the last time.

        A killed process leaves each of them in doubt, so they are no more than that.
        """
        self._ahead = min(max(ended, self._ahead - _AHEAD_DECAY), self.plan.options.max_concurrency)

    def requeue(self, rows: Sequence[Row[RequestT]]) -> None:
        """Put rows that were taken ahead, and whose calls have not begun, back into the queue."""
        for row in rows:
            self._under_way.discard(row)
            self._note(row)
            known = self._known[row]
            known.record = known.before
            self._queue.append(row)
        if rows:
            self._queue = deque(sorted(self._queue, key=lambda one: one.index))

    def take_back(self, begun: AbstractSet[Row[RequestT]]) -> None:
        """Undo `take` for the rows whose calls have not begun."""
        for row in self._under_way - begun:
            self._under_way.discard(row)
            self._note(row)
            known = self._known[row]
            known.record = known.before

    def cut_off(self) -> None:
        """Count calls that are still under way when the run ends as unknown."""
        for row in list(self._under_way):
            self._under_way.discard(row)
            self._note(row)
            known = self._known[row]
            known.record = known.record.resume()

    def wait_seconds(self, now: float) -> float | None:
        """Return how long to wait for calls that end; None to wait until one does."""
        if not self._queue or self.stopped is not None:
            return None
        return self.pacing.wait_seconds(self._counted(), now)

    def finish(self, call: Call[RequestT, ResultT], now: float, unix_time: float, chance: float) -> None:
        """Process the result of a request."""
        row, known = call.row, self._known[call.row]
        self._under_way.discard(row)
        self._note(row)
        known.error, known.result = call.error, call.result
        self.learn_server_time(call.exchanges)
        if call.crash is not None:
            self.stopped = self.stopped or call.crash
            known.record = self._ended(row, "unknown", unix_time)
            return
        if call.error is None and call.result is not None:
            self._unreached = 0
            self.pacing.succeed()
            receipt = self.plan.operation.receipt(row.request, call.result)
            known.answer = receipt.answer
            self._end(row, receipt, unix_time)
            return
        error = call.error
        assert error is not None, "a call has a result or an error"  # noqa: S101 - for type checkers
        if isinstance(error, RateLimitError):
            self._limited(row, error, call.started, now, unix_time, chance)
            return
        state = _state_after(error)
        known.record = self._ended(row, state, unix_time)
        is_misuse = state == "not_sent" and not isinstance(error, NetworkError)  # Such as a closed client.
        if is_misuse or isinstance(error, AuthenticationError):
            self.stopped = self.stopped or error
        self._count_unreached(error, state)
        if state in IN_DOUBT:
            self._doubtful.append(row)
        else:
            self._settle(row)

    def _ended(self, row: Row[RequestT], state: StoredState, unix_time: float) -> RowRecord:
        """Return the record after an attempt that failed; one that was in doubt before stays in doubt."""
        known = self._known[row]
        if known.before.state in IN_DOUBT and state in TO_SEND:
            return replace(known.record, state="unknown", last_sent=unix_time)
        return known.record.end(state, unix_time)

    def _end(self, row: Row[RequestT], receipt: Receipt, unix_time: float) -> None:
        known = self._known[row]
        known.record = known.record.end(receipt.state, unix_time, receipt.order_id, receipt.request_id)
        if receipt.state in IN_DOUBT:
            self._doubtful.append(row)
        else:
            self._settle(row)

    def _limited(
        self,
        row: Row[RequestT],
        error: RateLimitError,
        started: float,
        now: float,
        unix_time: float,
        chance: float,
    ) -> None:
        """Pause all after a 429. It is assumed to mean that the request was not done."""
        known = self._known[row]
        goes_on = self.pacing.slow_down(started, now, error.retry_after_seconds, chance)
        if not self.plan.config.resend_on_429:
            known.record = self._ended(row, "unknown", unix_time)
            self._doubtful.append(row)
            if not goes_on:
                self.stopped = self.stopped or error
            return
        known.record = self._ended(row, "not_sent", unix_time)
        if known.record.state in IN_DOUBT:
            self._doubtful.append(row)
        elif goes_on:
            self._queue.appendleft(row)
        else:
            self._settle(row)
        if not goes_on:
            self.stopped = self.stopped or error

    def _count_unreached(self, error: SignTrakerError, state: StoredState) -> None:
        """Stop the run after `max_concurrency` consecutive requests that made no connection."""
        if state == "not_sent" and isinstance(error, NetworkError):
            self._unreached += 1
            if self._unreached >= self.plan.options.max_concurrency:
                self.stopped = self.stopped or error
        else:
            self._unreached = 0

    # Rows in doubt

    def next_search(self, unix_time: float) -> Row[RequestT] | float | None:
        """Return the next row to search for, or the seconds to wait for it; None at the end.

        Raises the error that ended the run early.
        """
        if self.stopped is not None:
            raise self.stopped
        if self._doubtful:
            return self._doubtful.popleft()
        if not self._later:
            return None
        row = min(self._later, key=lambda one: self._later[one])
        if self._later[row] > unix_time:
            return self._later[row] - unix_time
        del self._later[row]
        return row

    def since(self, row: Row[RequestT]) -> datetime:
        """Return the time, by the server's clock, from which to search for the order of a row."""
        first = self._known[row].record.first_sent or 0.0
        return datetime.fromtimestamp(first + (self.server_ahead or 0.0), UTC) - CLOCK_MARGIN

    @property
    def needs_server_time(self) -> bool:
        """True if an intent would be saved without the server's time, from which a later run could search."""
        has_journal = self.plan.options.journal is not None
        return has_journal and self.server_ahead is None and bool(self._queue)

    def probe_failed(self, error: SignTrakerError) -> None:
        """End the run if nothing can be sent either."""
        if isinstance(error, NetworkError | AuthenticationError) or error.status_code is None:
            self.stopped = error

    def learn_server_time(self, exchanges: Sequence[RecordedExchange]) -> None:
        """Note by how much the server's clock is ahead; the earliest reading counts, so nothing is missed."""
        for one in exchanges:
            try:
                date = parsedate_to_datetime(one.headers["date"])
                # Without a zone, or with `-0000`, it is naive. HTTP's dates are UTC (RFC 9110, 5.6.7).
                server_time = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
            except (KeyError, ValueError, OverflowError):
                continue
            ahead = server_time - one.started.timestamp() - one.elapsed_seconds
            self.server_ahead = ahead if self.server_ahead is None else min(self.server_ahead, ahead)
            self._read_times(self.server_ahead)

    def _read_times(self, ahead: float) -> None:
        """Turn the times of the journal into this machine's, once it is known how these differ."""
        for row in list(self._from_journal):
            known = self._known[row]
            known.record, known.before = known.record.shifted(-ahead), known.before.shifted(-ahead)
            self._from_journal.discard(row)

    def by_server_clock(self, changes: Mapping[Row[RequestT], RowRecord]) -> dict[Row[RequestT], RowRecord]:
        """Return records as a journal keeps them."""
        ahead = self.server_ahead or 0.0
        return {
            row: record if row in self._from_journal else record.shifted(ahead)
            for row, record in changes.items()
        }

    def apply_findings(self, row: Row[RequestT], findings: Findings, unix_time: float) -> None:
        """Decide about a row in doubt by what the search found."""
        known = self._known[row]
        findings = findings.without(self._claimed(row))
        grace_ends = (known.record.last_sent or 0.0) + self.plan.options.grace_seconds
        decision = decide(
            UncertainRow(
                known.record.state,
                self.plan.options.unknown,
                findings,
                has_duplicate=self._has_duplicate(row, findings),
                grace_is_over=unix_time >= grace_ends,
                was_resent=bool(known.resends),
            )
        )
        if decision.action == "search_later":
            self._later[row] = grace_ends
        elif decision.action == "resend" and self.server_ahead is None:
            self._settle(row, f"{findings.message}; {_NO_DATE}", findings)
        elif decision.action == "resend":
            known.resends += 1
            self._queue.append(row)
        elif decision.action == "adopt":
            self._note(row)
            adopted = self.plan.operation.adopted(findings.matches[0])
            known.record = known.record.end(adopted.state, unix_time, adopted.order_id, adopted.request_id)
            known.source = "adopted"
            known.error = None
            self._settle(row)
        else:
            self._settle(row, decision.why, findings)

    def search_failed(self, row: Row[RequestT], error: SignTrakerError) -> None:
        """Leave a row in doubt because the search failed."""
        self._settle(row, f"the search for its order failed: {error}")

    def _claimed(self, row: Row[RequestT]) -> set[int]:
        if not self.plan.operation.creates_orders:
            return set()
        ids = {one.record.order_id for other, one in self._known.items() if other is not row}
        return {one for one in ids if one is not None} | self._earlier.claimed

    @cached_property
    def _visible(self) -> dict[Row[RequestT], str]:
        """Map each row to what the server would show of it; needed only if one is in doubt."""
        return {row: self.plan.operation.visible(row.request) for row in self.plan.rows}

    def _has_duplicate(self, row: Row[RequestT], findings: Findings) -> bool:
        """Return whether another row may have created the matching order."""
        # A journal holds hashes, so it can't tell what such a row could have made.
        if self.plan.operation.creates_orders and self._earlier.has_open_others:
            return True
        fitting = [one for one in findings.candidates if one.order.id in findings.matches]
        for other, known in self._known.items():
            if other is row:
                continue
            if self._visible[other] == self._visible[row]:
                return True
            is_open = known.record.order_id is None and known.record.state not in TO_SEND
            if is_open and any(self.plan.operation.may_match(one, other.request) for one in fitting):
                return True
        return False

    def _note(self, row: Row[RequestT]) -> None:
        """Note that a record changes, which is then to be saved and counted."""
        self._changed[row] = None
        self._uncounted.add(row)

    # Outcomes

    @property
    def has_changes(self) -> bool:
        """True if records have changed since they were saved."""
        return bool(self._changed)

    def changes(self) -> dict[Row[RequestT], RowRecord]:
        """Return the records that changed since they were saved."""
        return {row: self._known[row].record for row in self._changed}

    def saved(self, changes: Mapping[Row[RequestT], RowRecord]) -> None:
        """Note that changes were saved."""
        for row in changes:
            del self._changed[row]

    def take_outcomes(self) -> list[BulkOutcome[RequestT, ResultT]]:
        """Return the outcomes since the last time."""
        ready = list(self._ready)
        self._ready.clear()
        return ready

    def _settle(self, row: Row[RequestT], why: str = "", findings: Findings | None = None) -> None:
        known = self._known[row]
        known.outcome = _outcome(known, why, findings)
        self._ready.append(known.outcome)

    def outcomes(self) -> tuple[BulkOutcome[RequestT, ResultT], ...]:
        """Return the outcome of every row so far, in the order of the requests."""
        return tuple(one.outcome or _outcome(one) for one in self._known.values())

    def progress(self) -> BulkProgress:
        """Return the numbers so far."""
        # Only what changed is counted anew, and an interruption leaves nothing half counted.
        for row in list(self._uncounted):
            for rows in self._rows_by_state.values():
                rows.discard(row)
            state = "under_way" if row in self._under_way else self._known[row].record.shown
            self._rows_by_state[state].add(row)
            self._uncounted.discard(row)
        numbers = {state: len(rows) for state, rows in self._rows_by_state.items()}
        return BulkProgress(total=len(self._known), **numbers)


def _state_after(error: SignTrakerError) -> StoredState:
    if error.outcome == "happened":
        return "no_id"
    if error.outcome == "may_have_happened" or error.status_code in _GATEWAY_REFUSALS:
        return "unknown"
    return "refused" if error.status_code is not None else "not_sent"


def _outcome(
    known: _RowState[RequestT, ResultT], why: str = "", findings: Findings | None = None
) -> BulkOutcome[RequestT, ResultT]:
    record = known.record
    return BulkOutcome(
        index=known.row.index,
        request=known.row.request,
        state=record.shown,
        message=_message(known, why),
        order_id=record.order_id,
        request_id=record.request_id,
        result=known.result,
        error=known.error,
        candidates=() if findings is None else findings.candidates,
        source=known.source,
    )


def _message(known: _RowState[RequestT, ResultT], why: str) -> str:
    record = known.record
    by = {
        "run": "",
        "journal": " by an earlier run",
        "adopted": ", found and adopted",
        "decided": ", as decided",
    }[known.source]
    if record.shown == "created":
        return f"Created as order {record.order_id}{by}."
    if record.shown == "accepted":
        named = "" if record.request_id is None else f" as request {record.request_id}"
        return _sentences(f"Accepted{named}{by}", known.answer)
    if known.error is not None:
        message = str(known.error)
    else:
        message = _uncertain(known) if record.shown == "unknown" else "Not sent: its turn has not come"
    return _sentences(message, known.answer, why)


def _sentences(*parts: str) -> str:
    return ". ".join(part.strip(". ") for part in parts if part) + "."


def _uncertain(known: _RowState[RequestT, ResultT]) -> str:
    sent = datetime.fromtimestamp(known.record.first_sent or 0.0, UTC)
    if known.record.state == "no_id":
        return "The server responded with a success that names neither an order nor a request"
    return f"It was sent, or about to be, at {sent:%Y-%m-%d %H:%M:%S} UTC, and no result was recorded"
