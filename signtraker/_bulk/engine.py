"""Run a batch from its rows to their outcomes, without performing anything.

The two drivers (threads, tasks) ask what to do, do it, and tell what came of it. Before they send what
`take` returned they save `take_changes` in the journal, so that an intent is on disk before its request
leaves; and they hand an outcome out only when it is saved.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from signtraker._bulk.decide import Doubt, decide
from signtraker._bulk.outcome import BulkOutcome, BulkProgress
from signtraker._bulk.pacing import Pacing
from signtraker._bulk.states import IN_DOUBT, KEPT, TO_SEND, Past, Record
from signtraker.exceptions import AuthenticationError, NetworkError, RateLimitError, SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from signtraker._bulk.operation import Findings, Receipt
    from signtraker._bulk.outcome import Source
    from signtraker._bulk.plan import Plan, Row
    from signtraker._bulk.states import StoredState
    from signtraker._core.recording import RecordedExchange

RequestT = TypeVar("RequestT")
ResultT = TypeVar("ResultT")
CLOCK_MARGIN: Final = timedelta(minutes=5)
"""By how much the search begins before an intent: `Date` has whole seconds, and a server several clocks."""

_GATEWAY_REFUSALS: Final = frozenset({408, 425, 499})
"""Refusals that a gateway may send after it has passed the request on (assumed)."""


@dataclass(frozen=True, slots=True)
class Call(Generic[RequestT, ResultT]):
    """One call that has ended, with its result or its error."""

    row: Row[RequestT]
    started: float
    """The moment by a monotonic clock."""
    result: ResultT | None = None
    error: SignTrakerError | None = None
    crash: BaseException | None = None
    """An exception that is none of the SDK's; the run ends with it."""
    exchanges: Sequence[RecordedExchange] = ()


@dataclass(slots=True)
class _Known(Generic[RequestT, ResultT]):
    """All that is known about a row."""

    row: Row[RequestT]
    record: Record
    before: Record
    """The record before the last intent."""
    outcome: BulkOutcome[RequestT, ResultT] | None = None
    error: SignTrakerError | None = None
    result: ResultT | None = None
    source: Source = "run"
    resends: int = 0


class Engine(Generic[RequestT, ResultT]):
    """The state of one run."""

    def __init__(self, plan: Plan[RequestT, ResultT]) -> None:
        self.plan = plan
        self.pacing = Pacing(plan.options, plan.config)
        self.stopped: BaseException | None = None
        """The error that ended the run before its time."""
        self.server_ahead: float | None = None
        """By how many seconds the server's clock is ahead of this machine's; None if it is not known."""
        self._known: dict[Row[RequestT], _Known[RequestT, ResultT]] = {
            row: _Known(row, Record(), Record()) for row in plan.rows
        }
        self._past = Past()
        self._queue: deque[Row[RequestT]] = deque()
        self._under_way: set[Row[RequestT]] = set()
        self._doubtful: deque[Row[RequestT]] = deque()
        self._later: dict[Row[RequestT], float] = {}
        self._changed: dict[Row[RequestT], None] = {}
        self._ready: deque[BulkOutcome[RequestT, ResultT]] = deque()
        self._unreached = 0

    def start(self, past: Past) -> None:
        """Begin with what earlier runs left."""
        self._past = past
        self.server_ahead = past.server_ahead
        for row, known in self._known.items():
            before = past.records.get(row.key, Record())
            known.record = known.before = before.resume()
            if known.record != before or row.key not in past.records:
                self._changed[row] = None
            if known.record.state in TO_SEND:
                self._queue.append(row)
                continue
            known.source = "journal"
            if known.record.state in KEPT:
                self._settle(row)
            else:
                self._doubtful.append(row)

    # Sending

    @property
    def is_sending(self) -> bool:
        """True while requests are under way or wait for their turn."""
        return bool(self._under_way or (self._queue and self.stopped is None))

    def take(self, now: float, wall: float) -> list[Row[RequestT]]:
        """Return the rows whose requests are to be sent now, in their order; each is noted as an intent."""
        taken: list[Row[RequestT]] = []
        while self._queue and self.stopped is None and self.pacing.may_start(len(self._under_way), now):
            row = self._queue.popleft()
            known = self._known[row]
            known.before = known.record
            known.record = known.record.intend(wall, self.plan.config.deadline_seconds)
            known.source = "run"
            self._under_way.add(row)
            self._changed[row] = None
            self.pacing.start(now)
            taken.append(row)
        return taken

    def take_back(self, begun: AbstractSet[Row[RequestT]]) -> None:
        """Note that what was taken was not sent after all, unless its call has begun."""
        for row in self._under_way - begun:
            self._under_way.discard(row)
            self._changed[row] = None
            known = self._known[row]
            known.record = known.before

    def wait_seconds(self, now: float) -> float | None:
        """Return how long to wait for calls that end; None to wait until one does."""
        if not self._queue or self.stopped is not None:
            return None
        return self.pacing.wait_seconds(len(self._under_way), now)

    def finish(self, call: Call[RequestT, ResultT], now: float, wall: float, chance: float) -> None:
        """Take in what came of a request."""
        row, known = call.row, self._known[call.row]
        self._under_way.discard(row)
        self._changed[row] = None
        known.error, known.result = call.error, call.result
        self.learn_server_time(call.exchanges)
        if call.crash is not None:
            self.stopped = self.stopped or call.crash
            known.record = self._ended(row, "unknown", wall)
            return
        if call.error is None and call.result is not None:
            self._unreached = 0
            self.pacing.succeed()
            receipt = self.plan.operation.receipt(row.request, call.result)
            self._end(row, receipt, wall)
            return
        error = call.error
        assert error is not None, "a call has a result or an error"  # noqa: S101 - for type checkers
        if isinstance(error, RateLimitError):
            self._limited(row, error, call.started, now, wall, chance)
            return
        state = _state_after(error)
        known.record = self._ended(row, state, wall)
        is_misuse = state == "not_sent" and not isinstance(error, NetworkError)  # Such as a closed client.
        if is_misuse or isinstance(error, AuthenticationError):
            self.stopped = self.stopped or error
        self._count_unreached(error, state)
        if state in IN_DOUBT:
            self._doubtful.append(row)
        else:
            self._settle(row)

    def _ended(self, row: Row[RequestT], state: StoredState, wall: float) -> Record:
        """Return the record after an attempt that failed; one that was in doubt before stays in doubt."""
        known = self._known[row]
        if known.before.state in IN_DOUBT and state in TO_SEND:
            return replace(known.record, state="unknown", last_sent=wall)
        return known.record.end(state, wall)

    def _end(self, row: Row[RequestT], receipt: Receipt, wall: float) -> None:
        known = self._known[row]
        known.record = known.record.end(receipt.state, wall, receipt.order_id, receipt.request_id)
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
        wall: float,
        chance: float,
    ) -> None:
        """Pause all after a 429. It is assumed to mean that the request was not done."""
        known = self._known[row]
        goes_on = self.pacing.slow_down(started, now, error.retry_after_seconds, chance)
        if not self.plan.config.resend_on_429:
            known.record = self._ended(row, "unknown", wall)
            self._doubtful.append(row)
            if not goes_on:
                self.stopped = self.stopped or error
            return
        known.record = self._ended(row, "not_sent", wall)
        if known.record.state in IN_DOUBT:
            self._doubtful.append(row)
        elif goes_on:
            self._queue.appendleft(row)
        else:
            self._settle(row)
        if not goes_on:
            self.stopped = self.stopped or error

    def _count_unreached(self, error: SignTrakerError, state: StoredState) -> None:
        """Stop when as many requests in a row as may be under way made no connection."""
        if state == "not_sent" and isinstance(error, NetworkError):
            self._unreached += 1
            if self._unreached >= self.plan.options.max_concurrency:
                self.stopped = self.stopped or error
        else:
            self._unreached = 0

    # Rows in doubt

    def next_look(self, wall: float) -> Row[RequestT] | float | None:
        """Return a row whose traces to look for now, or the seconds until there is one; None at the end.

        Raises the error that ended the run before its time.
        """
        if self.stopped is not None:
            raise self.stopped
        if self._doubtful:
            return self._doubtful.popleft()
        if not self._later:
            return None
        row = min(self._later, key=lambda one: self._later[one])
        if self._later[row] > wall:
            return self._later[row] - wall
        del self._later[row]
        return row

    def since(self, row: Row[RequestT]) -> datetime:
        """Return the moment by the server's clock before which a request can't have made anything."""
        first = self._known[row].record.first_sent or 0.0
        return datetime.fromtimestamp(first + (self.server_ahead or 0.0), UTC) - CLOCK_MARGIN

    def learn_server_time(self, exchanges: Sequence[RecordedExchange]) -> None:
        """Note by how much the server's clock is ahead; the earliest reading counts, so nothing is missed."""
        for one in exchanges:
            try:
                told = parsedate_to_datetime(one.headers["date"]).timestamp()
            except (KeyError, ValueError, OverflowError):
                continue
            ahead = told - one.started.timestamp() - one.elapsed_seconds
            self.server_ahead = ahead if self.server_ahead is None else min(self.server_ahead, ahead)

    def looked(self, row: Row[RequestT], findings: Findings, wall: float) -> None:
        """Take in the traces of a row, and decide what becomes of it."""
        known = self._known[row]
        findings = findings.without(self._claimed(row))
        grace_ends = (known.record.last_sent or 0.0) + self.plan.options.grace_seconds
        decision = decide(
            Doubt(
                known.record.state,
                self.plan.options.unknown,
                findings,
                has_twin=self._has_twin(row, findings),
                grace_is_over=wall >= grace_ends,
                was_resent=bool(known.resends),
            )
        )
        if decision.action == "look_again":
            self._later[row] = grace_ends
        elif decision.action == "resend":
            known.resends += 1
            self._queue.append(row)
        elif decision.action == "adopt":
            self._changed[row] = None
            adopted = self.plan.operation.adopted(findings.matches[0])
            known.record = known.record.end(adopted.state, wall, adopted.order_id, adopted.request_id)
            known.source = "adopted"
            known.error = None
            self._settle(row)
        else:
            self._settle(row, decision.why, findings)

    def look_failed(self, row: Row[RequestT], error: SignTrakerError) -> None:
        """Leave a row in doubt, since the server did not say what it shows."""
        self._settle(row, f"it could not be looked for: {error}")

    def _claimed(self, row: Row[RequestT]) -> set[int]:
        if not self.plan.operation.makes_orders:
            return set()
        ids = {one.record.order_id for other, one in self._known.items() if other is not row}
        return {one for one in ids if one is not None} | self._past.claimed

    def _has_twin(self, row: Row[RequestT], findings: Findings) -> bool:
        """Return whether another row may be what made a match."""
        visible = row.identity.visible
        if row.key in self._past.twins:
            return True
        fitting = [one for one in findings.candidates if one.order.id in findings.matches]
        for other, known in self._known.items():
            if other is row:
                continue
            if other.identity.visible == visible:
                return True
            is_open = known.record.order_id is None and known.record.state not in TO_SEND
            if is_open and any(self.plan.operation.could_be(one, other.request) for one in fitting):
                return True
        return False

    # Outcomes

    @property
    def has_changes(self) -> bool:
        """True if records have changed since they were saved."""
        return bool(self._changed)

    def take_changes(self) -> dict[Row[RequestT], Record]:
        """Return the records that changed since the last time, to be saved."""
        changed = {row: self._known[row].record for row in self._changed}
        self._changed.clear()
        return changed

    def put_back(self, changes: Mapping[Row[RequestT], Record]) -> None:
        """Note that changes could not be saved."""
        self._changed.update(dict.fromkeys(changes))

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
        count = Counter(one.record.shown for row, one in self._known.items() if row not in self._under_way)
        return BulkProgress(
            total=len(self._known),
            under_way=len(self._under_way),
            created=count["created"],
            accepted=count["accepted"],
            refused=count["refused"],
            unknown=count["unknown"],
            not_sent=count["not_sent"],
        )


def _state_after(error: SignTrakerError) -> StoredState:
    if error.outcome == "happened":
        return "answered"
    if error.outcome == "may_have_happened" or error.status_code in _GATEWAY_REFUSALS:
        return "unknown"
    return "refused" if error.status_code is not None else "not_sent"


def _outcome(
    known: _Known[RequestT, ResultT], why: str = "", findings: Findings | None = None
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


def _message(known: _Known[RequestT, ResultT], why: str) -> str:
    record = known.record
    by = {"run": "", "journal": " by an earlier run", "adopted": ", found and adopted"}[known.source]
    if record.shown == "created":
        return f"Created as order {record.order_id}{by}."
    if record.shown == "accepted":
        named = "" if record.request_id is None else f" as request {record.request_id}"
        return f"Accepted{named}{by}."
    if known.error is not None:
        told = str(known.error)
    else:
        told = _doubt(known) if record.shown == "unknown" else "Not sent: its turn has not come"
    return ". ".join(part.strip(". ") for part in (told, why) if part) + "."


def _doubt(known: _Known[RequestT, ResultT]) -> str:
    sent = datetime.fromtimestamp(known.record.first_sent or 0.0, UTC)
    if known.record.state == "answered":
        return "The server answered with a success that names neither an order nor a request"
    return f"It was sent, or about to be, at {sent:%Y-%m-%d %H:%M:%S} UTC, and no result was recorded"
