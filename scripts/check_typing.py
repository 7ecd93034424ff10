"""Hold the installed wheel against type checkers, as a user's code base does.

tests/type_checking/usage.py must be accepted by mypy --strict (with and without Pydantic's plugin) and by
pyright strict; in tests/type_checking/mistakes.py both must refuse exactly the lines marked `# refused`;
and pyright must find the type of every public name. It runs outside the checkout, so that the wheel is seen.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FILES = Path(__file__).resolve().parents[1] / "tests" / "type_checking"
USAGE, MISTAKES = "usage.py", "mistakes.py"
PLUGIN = "[mypy]\nplugins = pydantic.mypy\n"


def mypy(folder: Path, name: str, config: str = "[mypy]\n") -> dict[int, str]:
    """Return what mypy --strict says, by line."""
    (folder / "mypy.ini").write_text(config)
    command = ["mypy", "--strict", "--no-error-summary", "--hide-error-context", "--cache-dir", ".mypy", name]
    lines = _run(folder, command).splitlines()
    found = (re.match(rf"{re.escape(name)}:(\d+): error: (.*)", line) for line in lines)
    matches = {int(match[1]): match[2] for match in found if match}
    strangers = [line for line in lines if ": error:" in line and not line.startswith(f"{name}:")]
    return matches | dict.fromkeys((-1,) if strangers else (), "; ".join(strangers))


def pyright(folder: Path, name: str) -> dict[int, str]:
    """Return what pyright strict says, by line."""
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    report = json.loads(_run(folder, ["pyright", "--outputjson", "--pythonpath", sys.executable, name]))
    return {
        one["range"]["start"]["line"] + 1: one["message"]
        for one in report["generalDiagnostics"]
        if one["severity"] == "error"
    }


def untyped_names(folder: Path) -> list[str]:
    """Return the public names whose type pyright does not know for certain."""
    command = ["pyright", "--verifytypes", "signtraker", "--ignoreexternal", "--outputjson"]
    report = json.loads(_run(folder, command))["typeCompleteness"]
    uncertain = [one for one in report["symbols"] if not one["isTypeKnown"] or one["isTypeAmbiguous"]]
    told = [f"{one['name']}: {one['diagnostics'][0]['message']}" for one in uncertain if one["diagnostics"]]
    return told or ([] if report["completenessScore"] == 1 else ["signtraker can't be judged"])


def _run(folder: Path, command: list[str]) -> str:
    # --verifytypes looks for the package on the first Python of PATH only.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    run = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PATH": path},
    )
    if not run.stdout and run.returncode:
        sys.exit(f"{command[0]} failed: {run.stderr}")
    return run.stdout


def refused_exactly(checker: str, marked: set[int], said: dict[int, str]) -> list[str]:
    """Return where a checker and the marks differ."""
    missed = [f"{checker} accepts line {line} of {MISTAKES}" for line in sorted(marked - said.keys())]
    extra = [f"{checker}, line {line} of {MISTAKES}: {said[line]}" for line in sorted(said.keys() - marked)]
    return missed + extra


def main() -> int:
    """Print what is wrong; exit 1 if anything is."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (USAGE, MISTAKES):
            shutil.copy(FILES / file, folder)
        wrong = [
            f"{line}: {text} ({checker})"
            for checker, said in {
                "mypy": mypy(folder, USAGE),
                "mypy with Pydantic's plugin": mypy(folder, USAGE, PLUGIN),
                "pyright": pyright(folder, USAGE),
            }.items()
            for line, text in said.items()
        ]
        lines = (FILES / MISTAKES).read_text(encoding="utf-8").splitlines()
        marked = {number for number, line in enumerate(lines, 1) if line.endswith("# refused")}
        wrong += refused_exactly("mypy", marked, mypy(folder, MISTAKES))
        wrong += refused_exactly("pyright", marked, pyright(folder, MISTAKES))
        wrong += [f"not typed for certain: {name}" for name in untyped_names(folder)]
    print("\n".join(wrong) or f"usage accepted, {len(marked)} mistakes refused by both, every name typed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
