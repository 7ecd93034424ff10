"""Run type checkers on code that uses the installed wheel.

mypy --strict (with and without Pydantic's plugin) and pyright strict must accept
tests/type_checking/usage.py and every Python block of the documents. Both must refuse exactly the lines
marked `# refused` in tests/type_checking/mistakes.py. pyright must find the type of every public name. The
script runs outside the checkout, so that the checkers see the wheel.
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
from typing import TypeAlias

ROOT = Path(__file__).resolve().parents[1]
FILES = ROOT / "tests" / "type_checking"
SKILL = ROOT / "signtraker" / ".agents" / "skills" / "signtraker" / "SKILL.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
OF_ENGINES = "<!-- The blocks of this page run in scripts/test_scale. -->"
OF_PYSPARK = "signtraker.spark.source."
"""Names whose base classes are PySpark's, which is not installed here."""
USAGE, MISTAKES = "usage.py", "mistakes.py"
PLUGIN = "[mypy]\nplugins = pydantic.mypy\n"
Errors: TypeAlias = dict[str, dict[int, str]]
"""The errors of each file, by line."""


def mypy(folder: Path, names: list[str], config: str = "[mypy]\n") -> Errors:
    """Return the errors of mypy --strict."""
    (folder / "mypy.ini").write_text(config)
    # With other plugins, mypy reads nothing of an earlier cache.
    cache = ".mypy_plugin" if config == PLUGIN else ".mypy"
    command = ["mypy", "--strict", "--no-error-summary", "--hide-error-context", "--cache-dir", cache, *names]
    errors: Errors = {}
    for line in _run(folder, command).splitlines():
        if found := re.match(r"(.+?):(\d+): error: (.*)", line):
            errors.setdefault(found[1], {})[int(found[2])] = found[3]
        elif ": error:" in line:
            errors.setdefault(line, {})[-1] = line
    return errors


def pyright(folder: Path, names: list[str]) -> Errors:
    """Return the errors of pyright strict."""
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    report = json.loads(_run(folder, ["pyright", "--outputjson", "--pythonpath", sys.executable, *names]))
    errors: Errors = {}
    for one in report["generalDiagnostics"]:
        if one["severity"] == "error":
            line = one["range"]["start"]["line"] + 1
            errors.setdefault(Path(one["file"]).name, {})[line] = one["message"]
    return errors


def write_blocks(folder: Path) -> list[str]:
    """Write every Python block of the documents as a file named after its place; return the names.

    The blocks of a tutorial are one session, so they become one file. Pages about engines are left out: the
    checkers would need the engines.
    """
    names: list[str] = []
    for document in (ROOT / "README.md", SKILL, *sorted((ROOT / "docs").rglob("*.md"))):
        text = document.read_text(encoding="utf-8")
        if OF_ENGINES in text:
            continue
        blocks = [(text[: match.start()].count("\n") + 2, match[1]) for match in BLOCK.finditer(text)]
        if document.parent.name == "tutorials":
            blocks = [(blocks[0][0], "".join(block for _, block in blocks))]
        for line, block in blocks:
            names.append(f"{document.stem.lower().replace('-', '_')}_line_{line}.py")
            (folder / names[-1]).write_text(block, encoding="utf-8")
    return names


def untyped_names(folder: Path) -> list[str]:
    """Return the public names whose type pyright can't determine."""
    command = ["pyright", "--verifytypes", "signtraker", "--ignoreexternal", "--outputjson"]
    report = json.loads(_run(folder, command))["typeCompleteness"]
    symbols = [one for one in report["symbols"] if not one["name"].startswith(OF_PYSPARK)]
    uncertain = [one for one in symbols if not one["isTypeKnown"] or one["isTypeAmbiguous"]]
    messages = [
        f"{one['name']}: {one['diagnostics'][0]['message']}" for one in uncertain if one["diagnostics"]
    ]
    return messages or ([] if symbols else ["pyright can't check signtraker"])


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


def differences(checker: str, marked: set[int], errors: Errors) -> list[str]:
    """Compare the errors of a checker with the marks in the file of mistakes; return the differences.

    Every error in another file is one.
    """
    found = errors.get(MISTAKES, {})
    missed = [f"{checker} accepts line {line} of {MISTAKES}" for line in sorted(marked - found.keys())]
    extra = [
        f"{checker}, line {line} of {name}: {text}"
        for name, lines in sorted(errors.items())
        for line, text in sorted(lines.items())
        if name != MISTAKES or line not in marked
    ]
    return missed + extra


def main() -> int:
    """Print every difference; exit 1 if there is one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in (USAGE, MISTAKES):
            shutil.copy(FILES / file, folder)
        lines = (FILES / MISTAKES).read_text(encoding="utf-8").splitlines()
        marked = {number for number, line in enumerate(lines, 1) if line.endswith("# refused")}
        # One process reads everything: most of its time goes into the package and its dependencies.
        names = [USAGE, MISTAKES, *write_blocks(folder)]
        wrong = differences("mypy", marked, mypy(folder, names))
        wrong += differences("pyright", marked, pyright(folder, names))
        wrong += differences("mypy with Pydantic's plugin", set(), mypy(folder, [USAGE], PLUGIN))
        wrong += [f"pyright can't determine the type: {name}" for name in untyped_names(folder)]
    print(
        "\n".join(wrong)
        or f"usage and documents accepted, {len(marked)} mistakes refused by both, all public names typed"
    )
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
