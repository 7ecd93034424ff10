"""Send a batch with a progress bar; turn its report into an exit code and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from signtraker.cli.errors import ExitCode, exit_code, sentence
from signtraker.cli.progress import ProgressLine
from signtraker.exceptions import SignTrakerError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signtraker import BulkOutcome, BulkProgress, BulkReport, BulkRun, Problem
    from signtraker.cli.terminal import Terminal

_BAR: Final = 24


class ProgressBar:
    """A line on stderr with the numbers of a run; nothing where stderr is no terminal."""

    def __init__(self, terminal: Terminal) -> None:
        self._line = ProgressLine(terminal)

    def update(self, progress: BulkProgress) -> None:
        """Show the numbers of a run so far."""
        ended = progress.done + progress.refused + progress.unknown
        self._line.show(f"{bar(ended, progress.total)}  {numbers(progress)}")

    def close(self) -> None:
        """Remove the line."""
        self._line.clear()


def bar(done: int, total: int) -> str:
    """Return a bar such as `████████░░░░  2/3`."""
    filled = _BAR if total == 0 else _BAR * done // total
    return f"{'█' * filled}{'░' * (_BAR - filled)}  {done:,}/{total:,}"


def numbers(progress: BulkProgress) -> str:
    """Return the numbers of a run that are not 0: `117 created, 3 refused`."""
    named = {
        "created": progress.created,
        "accepted": progress.accepted,
        "refused": progress.refused,
        "unknown": progress.unknown,
    }
    return ", ".join(f"{count:,} {name}" for name, count in named.items() if count)


@dataclass(frozen=True, slots=True)
class Sent:
    """A run that has ended."""

    report: BulkReport[Any, Any]
    error: SignTrakerError | None = None
    """The error that ended it early."""
    is_interrupted: bool = False
    """True if Ctrl-C ended it early; what was under way then has ended, too."""


def send(run: BulkRun[Any, Any], progress_bar: ProgressBar) -> Sent:
    """Send everything, until an error of the SDK or Ctrl-C ends it."""
    try:
        with run:
            for _ in run:
                pass
    except SignTrakerError as error:
        return Sent(run.report, error)
    except KeyboardInterrupt:
        return Sent(run.report, is_interrupted=True)
    finally:
        progress_bar.close()
    return Sent(run.report)


def code_of(sent: Sent) -> ExitCode:
    """Return the exit code of a run. Doubt comes first, since it needs a person."""
    progress = sent.report.progress
    if progress.unknown:
        return ExitCode.MAY_HAVE_HAPPENED
    if progress.done == progress.total:
        return ExitCode.DONE
    if sent.is_interrupted:
        return ExitCode.INTERRUPTED
    if progress.done:
        return ExitCode.PARTLY_DONE
    return ExitCode.REFUSED if sent.error is None else exit_code(sent.error)


def message_of(outcome: BulkOutcome[Any, Any]) -> tuple[str | None, str]:
    """Return the field that an outcome is about, if it is one, and its message without the HTTP part."""
    problems: Sequence[Problem] = getattr(outcome.error, "problems", ())
    if outcome.state == "refused" and len(problems) == 1:
        return problems[0].field or None, problems[0].message
    return None, outcome.message


def summary(sent: Sent) -> list[str]:
    """Return the lines that say how a run went."""
    progress, outcomes = sent.report.progress, sent.report.outcomes
    earlier = sum(one.source == "journal" and one.state in {"created", "accepted"} for one in outcomes)
    counts = [numbers(progress)] if numbers(progress) else []
    counts += [f"{progress.not_sent:,} not sent"] if progress.not_sent else []
    known = f" ({earlier:,} of them by an earlier run)" if earlier else ""
    begin = "Interrupted: " if sent.is_interrupted else ""
    lines = [f"{begin}{progress.total:,} in all: {', '.join(counts) or 'nothing to do'}{known}."]
    return lines if sent.error is None else [*lines, sentence(sent.error)]
