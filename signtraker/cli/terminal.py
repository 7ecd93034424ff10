"""Write to the terminal: notes, questions, colours, the pager. Data goes to stdout, all else to stderr."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from signtraker.cli.errors import CommandError, ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from typing import IO, TextIO

_STYLES: Final = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}
_YES: Final = frozenset({"y", "yes"})
_NO: Final = frozenset({"", "n", "no"})


class Terminal:
    """The three streams of the process, and what they are."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    @property
    def is_interactive(self) -> bool:
        """True if there is someone to answer a question: stdin and stderr are a terminal."""
        return sys.stdin.isatty() and sys.stderr.isatty()

    @property
    def shows_output(self) -> bool:
        """True if stdout is a terminal."""
        return sys.stdout.isatty()

    @property
    def shows_notes(self) -> bool:
        """True if stderr is a terminal."""
        return sys.stderr.isatty()

    @property
    def width(self) -> int:
        """The width of the terminal in columns; 80 if it is unknown."""
        return shutil.get_terminal_size().columns

    @property
    def height(self) -> int:
        """The height of the terminal in lines; 24 if it is unknown."""
        return shutil.get_terminal_size().lines

    def style(self, text: str, *names: str, stream: TextIO | None = None) -> str:
        """Return the text in colour if the stream (stdout by default) is a terminal that shows colours."""
        codes = ";".join(_STYLES[name] for name in names)
        if not codes or not self._has_colour(stream or sys.stdout):
            return text
        return f"\x1b[{codes}m{text}\x1b[0m"

    def _has_colour(self, stream: TextIO) -> bool:
        # https://no-color.org: set and not empty.
        is_plain = self._environ.get("NO_COLOR") or self._environ.get("TERM") == "dumb"
        return stream.isatty() and not is_plain

    def note(self, text: str) -> None:
        """Write a line to stderr."""
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()

    def hint(self, text: str) -> None:
        """Write a line to stderr that only a person needs: nothing if stderr is no terminal."""
        if self.shows_notes:
            self.note(self.style(text, "dim", stream=sys.stderr))

    def error(self, text: str) -> None:
        """Write an error to stderr."""
        name = self.style("signtraker:", "red", "bold", stream=sys.stderr)
        self.note(f"{name} {text}")

    def outcome(self, text: str) -> None:
        """Write to stdout what a request has done.

        Raises `CommandError` with the text if stdout can't take it, so that nobody repeats a request because
        its outcome was lost. If the reader has gone away (a broken pipe), the text is a note.
        """
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except BrokenPipeError:
            silence_stdout()
            self.note(text.rstrip())
        except OSError as error:
            silence_stdout()
            message = f"stdout can't be written ({error.strerror}), after this was done: {text.strip()}"
            raise CommandError(message, ExitCode.MAY_HAVE_HAPPENED) from None

    def confirm(self, question: str, *, flag: str = "--yes") -> None:
        """Ask a yes/no question; no is the default. Raises `CommandError` for a no.

        Where nobody can answer, raises a `UsageError` that names the flag that answers it.
        """
        if not self.is_interactive:
            raise UsageError(f"Nobody can be asked here, since this is no terminal; {flag} says yes.")
        while True:
            sys.stderr.write(f"{question} [y/N] ")
            sys.stderr.flush()
            answer = sys.stdin.readline().strip().lower()
            if answer in _YES:
                return
            if answer in _NO:
                raise CommandError("Nothing was sent.", ExitCode.REFUSED)

    @contextmanager
    def pager(self, *, wanted: bool) -> Generator[IO[str]]:
        """Return a stream to write to: a pager if stdout is a terminal, else stdout."""
        command = self._pager_command() if wanted and self.shows_output else None
        if command is None:
            yield sys.stdout
            return
        # -F: end at once if all fits on the screen; -R: colours; -X: leave the text there; -S: cut lines.
        environ = {"LESS": "FRXS", "LESSCHARSET": "utf-8", **os.environ}
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environ, encoding="utf-8") as process:  # noqa: S603 - the user's own pager
            if process.stdin is None:
                raise AssertionError
            try:
                # A reader who has seen enough ends the reading of data. Ctrl-C reaches the pager too.
                with suppress(BrokenPipeError, KeyboardInterrupt):
                    yield process.stdin
            finally:
                _close(process.stdin)
                _wait(process)

    def _pager_command(self) -> list[str] | None:
        named = self._environ.get("SIGNTRAKER_PAGER", self._environ.get("PAGER", "less"))
        words = shlex.split(named)
        return words if words and words != ["cat"] and shutil.which(words[0]) else None


def _close(stream: IO[str]) -> None:
    with suppress(BrokenPipeError):
        stream.close()


def _wait(process: subprocess.Popen[str]) -> None:
    while True:
        try:
            process.wait()
        except KeyboardInterrupt:
            continue  # It is for the pager.
        return


def silence_stdout() -> None:
    """Keep Python from writing to a broken pipe at its end (see the note on SIGPIPE in Python's manual)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
