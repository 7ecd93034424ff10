"""Define the exit codes, and turn each error into a code and a sentence. Pure."""

from __future__ import annotations

from contextlib import contextmanager
from enum import IntEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker.exceptions import SignTrakerError


class ExitCode(IntEnum):
    """The exit codes of the command; `docs/guides/command.md` has the same table."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    PARTLY_DONE = 3
    UNREACHABLE = 4
    MAY_HAVE_HAPPENED = 5
    INTERRUPTED = 130


MEANINGS: Final[dict[ExitCode, str]] = {
    ExitCode.DONE: "done",
    ExitCode.REFUSED: "refused by the server, or by the checks before sending; nothing happened",
    ExitCode.USAGE: "a wrong option, or a missing setting",
    ExitCode.PARTLY_DONE: "a part is done; the same command again goes on",
    ExitCode.UNREACHABLE: "the server can't be reached or doesn't work; nothing happened",
    ExitCode.MAY_HAVE_HAPPENED: "it may have happened; check before you repeat it",
    ExitCode.INTERRUPTED: "interrupted by Ctrl-C; what was not finished can be resumed",
}


class CommandError(Exception):
    """The command can't do what it was asked to; the message is one sentence that says what to do."""

    def __init__(self, message: str, code: ExitCode = ExitCode.REFUSED) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class UsageError(CommandError):
    """An option or a setting is wrong or missing."""

    def __init__(self, message: str) -> None:
        super().__init__(message, ExitCode.USAGE)


@contextmanager
def no_silent_interrupt(hint: str) -> Generator[None]:
    """Turn Ctrl-C during a write into an error that says that the write may have happened."""
    try:
        yield
    except KeyboardInterrupt:
        message = (
            "Interrupted while it was sent, so it may have happened; look for it before you repeat this."
        )
        raise CommandError(f"{message} {hint}", ExitCode.MAY_HAVE_HAPPENED) from None


def exit_code(error: SignTrakerError) -> ExitCode:
    """Return the exit code for an error of the SDK, from its class and its outcome."""
    from signtraker import exceptions as kinds

    if error.outcome != "did_not_happen" and error.method not in {"GET", None}:
        return ExitCode.MAY_HAVE_HAPPENED
    unreachable = kinds.NetworkError, kinds.ServerError, kinds.RateLimitError, kinds.UnreadableResponseError
    if isinstance(error, unreachable):
        return ExitCode.UNREACHABLE
    is_setting = isinstance(error, kinds.AuthenticationError) and error.status_code is None
    if is_setting or isinstance(error, kinds.SignTrakerConfigError):
        return ExitCode.USAGE
    return ExitCode.REFUSED


def sentence(error: SignTrakerError) -> str:
    """Return the error in a sentence; a missing setting is named as the command's user knows it."""
    text = str(error)
    if text.startswith("No API key"):
        return "There is no API key: set SIGNTRAKER_API_KEY, or write it into a profile."
    if text.startswith("No tenant"):
        return "There is no tenant: give --subdomain, set SIGNTRAKER_SUBDOMAIN, or write it into a profile."
    if error.outcome == "may_have_happened":
        # The SDK's advice is in Python.
        text = f"{text.partition('; check ')[0]}; look for it before you repeat this"
    return text if text.endswith((".", "?", "!")) else f"{text}."


def without_advice(message: str) -> str:
    """Return the message of a row's mistake without the part that is for programs."""
    return message.partition("; map it with columns=")[0]
