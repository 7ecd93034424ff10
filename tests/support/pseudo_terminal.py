"""Run code, or a process, on a pseudo-terminal, and read the screen that it leaves."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import termios
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence

_STYLE: Final = re.compile(r"\x1b\[([\d;]*)m")
_NAMES: Final = {
    "1": "bold",
    "2": "dim",
    "31": "red",
    "32": "green",
    "33": "yellow",
    "34": "blue",
    "36": "cyan",
}
_PATIENCE_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 5.0
_TAKE: Final = """\
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A program that makes its stdin its controlling terminal, and becomes another program."""


class PseudoTerminal:
    """Both ends of a pseudo-terminal; types an answer whenever its question appears."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        self._answers = dict(answers)
        self._outer, self.inner = pty.openpty()
        termios.tcsetwinsize(self.inner, (24, 80))
        self._seen = b""
        self._reader = Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        waiting = ""
        while True:
            try:
                data = os.read(self._outer, 65_536)
            except OSError:  # Linux says so when the inner end is closed.
                return
            if not data:
                return
            self._seen += data
            waiting += data.decode(errors="replace")
            for question, answer in list(self._answers.items()):
                if question in waiting:
                    del self._answers[question]
                    waiting = ""
                    os.write(self._outer, answer.encode())

    def has_answered_all(self) -> bool:
        """Return whether every answer was typed."""
        return not self._answers

    def type(self, text: str) -> None:
        """Type something that answers no question."""
        os.write(self._outer, text.encode())

    def close(self) -> str:
        """Close the terminal and return all that was written to it."""
        os.close(self.inner)
        self._reader.join(_PATIENCE_SECONDS)
        os.close(self._outer)
        return self._seen.decode()


@contextmanager
def standard_streams_on(terminal: PseudoTerminal, *, keep_stdin: bool) -> Generator[None]:
    """Make the terminal the standard streams of this process."""
    before = sys.stdin, sys.stdout, sys.stderr
    opened = [os.fdopen(os.dup(terminal.inner), mode, encoding="utf-8") for mode in ("r", "w", "w")]
    sys.stdin, sys.stdout, sys.stderr = opened
    if keep_stdin:
        sys.stdin = before[0]
    try:
        yield
    finally:
        for one in opened:
            one.close()
        sys.stdin, sys.stdout, sys.stderr = before


def run_on_terminal(
    call: Callable[[], int], answers: Mapping[str, str], *, keep_stdin: bool = False
) -> tuple[int, str]:
    """Call a function of this process on a terminal; return its result and what it wrote."""
    terminal = PseudoTerminal(answers)
    try:
        with standard_streams_on(terminal, keep_stdin=keep_stdin):
            code = call()
    finally:
        written = terminal.close()
    return code, written


def run_process_on_terminal(
    command: Sequence[str], environ: Mapping[str, str], answers: Mapping[str, str], *, then: str = ""
) -> tuple[int, str]:
    """Run a process on a terminal that is its controlling one, so that Ctrl-C (`\\x03`) reaches it.

    If Ctrl-C comes at the very moment at which a process begins to read, Python notes the signal, and the
    read begins all the same. What is typed `then`, seconds after the last answer, ends the read.
    """
    terminal = PseudoTerminal(answers)
    try:
        with subprocess.Popen(
            [sys.executable, "-c", _TAKE, *command],
            env=dict(environ),
            stdin=terminal.inner,
            stdout=terminal.inner,
            stderr=terminal.inner,
            start_new_session=True,
        ) as process:
            code = _ended(process, terminal, then)
    finally:
        written = terminal.close()
    return code, written


def _ended(process: subprocess.Popen[bytes], terminal: PseudoTerminal, then: str) -> int:
    for _ in range(int(_PATIENCE_SECONDS / _PAUSE_SECONDS)):
        try:
            return process.wait(_PAUSE_SECONDS)
        except subprocess.TimeoutExpired:
            if terminal.has_answered_all():
                terminal.type(then)
    process.kill()
    raise TimeoutError("the process doesn't end")


def screen(written: str) -> str:
    """Return what a terminal shows of a text: lines that were written again once, and styles by name."""
    shown: list[str] = []
    for line in written.replace("\r\n", "\n").split("\n"):
        last = re.split(r"\r\x1b\[2K|\r", line)[-1]
        shown.append(_STYLE.sub(_named, last))
    return "\n".join(shown)


def _named(found: re.Match[str]) -> str:
    codes = [_NAMES.get(one, one) for one in found[1].split(";") if one not in {"", "0"}]
    return f"<{' '.join(codes)}>" if codes else "</>"
