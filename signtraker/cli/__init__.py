"""The command `signtraker`: look, order, import and remove without writing a program.

Needs the extra: `pip install "signtraker[cli]"`. `docs/guides/command.md` shows what it does.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from signtraker._common.extras import missing_extra

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]
_EXTRA: Final = frozenset({"typer", "rich", "yaml", "openpyxl"})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code. `docs/guides/command.md` lists the codes.

    Args:
        arguments: The arguments after the name of the command; those of the process by default.
    """
    try:
        # A plain install has no Typer.
        from signtraker.cli.run import run
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.stderr.write(f"signtraker: {missing_extra('The command', str(error.name), 'cli')}\n")
        return 2
    return run(sys.argv[1:] if arguments is None else list(arguments))
