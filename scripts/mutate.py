"""Change the code in small ways, and see whether a test notices each change. Print the changes that none did.

.cache/test-3.11/bin/python scripts/mutate.py                    a sample over all modules that decide
.cache/test-3.11/bin/python scripts/mutate.py --count 40 retry   40 changes of modules with retry in the path

It needs a system that can fork, and the package `coverage` beside what the tests need: install it by hand
into `.cache/test-3.11`; no other script needs it, so it is not locked. A first run of the tests records
which tests execute which line, and is repeated after a file of the package or the tests has changed; each
mutant is then judged by those tests alone, fastest first. A mutant is compiled in memory: no file is changed.
It is not part of scripts/test, since it takes from minutes to hours.

A mutant that pytest can't judge, because it breaks the collection of tests or ends the process, is named and
left out of the figures. A survivor that changes nothing a caller can see is explained in
`mutants_explained.json` beside this script.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeAlias, cast

import pytest
from _environment import CACHE, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

HOME: Final = CACHE / "mutation"
RECORD: Final = HOME / "lines.json"
EXPLAINED: Final = Path(__file__).with_name("mutants_explained.json")
MODULES: Final = (
    "signtraker/_core/error_response.py",
    "signtraker/_core/exchange.py",
    "signtraker/_core/merge_patch.py",
    "signtraker/_core/response.py",
    "signtraker/_core/retry.py",
    "signtraker/_core/http/decoding.py",
    "signtraker/_core/http/framing.py",
    "signtraker/_lists/find_created.py",
    "signtraker/_lists/options.py",
    "signtraker/_lists/paging.py",
    "signtraker/_lists/positions.py",
    "signtraker/_lists/splitting.py",
    "signtraker/query/cost.py",
    "signtraker/query/infer.py",
    "signtraker/query/limits.py",
    "signtraker/query/literals.py",
    "signtraker/query/matching.py",
    "signtraker/query/rendering.py",
    "signtraker/query/parsing/bind.py",
    "signtraker/query/parsing/bound.py",
    "signtraker/query/parsing/constants.py",
    "signtraker/query/parsing/json_lists.py",
    "signtraker/query/parsing/lexer.py",
    "signtraker/query/parsing/moments.py",
    "signtraker/query/parsing/numbers.py",
    "signtraker/query/parsing/operations.py",
    "signtraker/query/parsing/parse.py",
    "signtraker/query/parsing/promotion.py",
    "signtraker/query/parsing/select.py",
    "signtraker/query/parsing/syntax.py",
    "models/_base.py",
    "models/_types.py",
)
JUDGES: Final = (
    *("tests/core", "tests/lists", "tests/models", "tests/query"),
    *(f"tests/test_{name}.py" for name in ("agents", "change_orders", "orders", "resources")),
)
"""The tests that may judge. Others exercise these modules too, but take longer and say less about them."""
WARM: Final = ("fastapi", "httpx", "hypothesis", "pydantic", "sqlalchemy", "uvicorn")
"""Packages that are imported once here, and not again in each forked process."""
# Rewritten assertions explain a failure, which nobody reads here; without them collecting is faster.
QUIET: Final = ("-q", "--no-header", "--assert=plain")
MOST_FAILURES: Final = 3
LONGEST_CPU_SECONDS: Final = 120
LONGEST_SECONDS: Final = 1200.0
"""A mutant that runs or waits for longer does so for ever, and so counts as killed.

The first is the time of the processor, so that a busy machine kills none.
"""
JUDGED: Final = frozenset(
    # A file that can't be collected is an interruption to pytest.
    {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED, -signal.SIGXCPU}
)
"""The exit codes of a run that says something about its mutant."""
_COMPARISONS: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_OPERATORS: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
}
Verdict: TypeAlias = Literal["killed", "survived", "not judged"]
Lines: TypeAlias = dict[str, dict[int, list[str]]]
"""The tests that execute each line of each module; "" stands for the import before the first test."""


# Mutants


@dataclass(frozen=True)
class Mutant:
    """One change of one module."""

    module: str
    lines: range
    at_import: bool
    """Whether the line runs when the module is imported, and not in any one test."""
    before: str
    after: str
    code: CodeType

    def __str__(self) -> str:
        return f"{self.module}:{self.lines.start}\n  - {self.before}\n  + {self.after}"

    @property
    def key(self) -> str:
        """Its name among the explained ones, which a moved line does not change."""
        return f"{self.module}: {self.before} -> {self.after}"


@dataclass(frozen=True)
class Place:
    """A node that may be changed, with its statement."""

    node: ast.AST
    statement: ast.stmt
    at_import: bool


def changes(node: ast.AST) -> Iterator[Callable[[], None]]:
    """Yield functions that each change a node in place in one small way."""
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _COMPARISONS:
        yield partial(node.ops.__setitem__, 0, _COMPARISONS[type(node.ops[0])]())
    elif isinstance(node, ast.BoolOp):
        yield partial(setattr, node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())
    elif isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS and not _is_text(node):
        yield partial(setattr, node, "op", _OPERATORS[type(node.op)]())
    elif isinstance(node, ast.If | ast.IfExp | ast.While):
        yield partial(setattr, node, "test", ast.UnaryOp(ast.Not(), node.test))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield partial(setattr, node, "operand", ast.UnaryOp(ast.Not(), node.operand))
    elif isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield partial(setattr, node, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        yield partial(setattr, node, "value", node.value + 1)
    elif isinstance(node, ast.Return) and node.value is not None and ast.unparse(node.value) != "None":
        yield partial(setattr, node, "value", ast.Constant(None))


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def places(tree: ast.Module) -> Iterator[Place]:
    """Yield every node that may be changed. Annotations and imports for type checkers are left out."""
    waiting: list[tuple[ast.AST, ast.stmt | None, bool]] = [(tree, None, True)]
    while waiting:
        node, statement, at_import = waiting.pop(0)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        statement = node if isinstance(node, ast.stmt) else statement
        if statement is not None:
            yield Place(node, statement, at_import)
        for name, value in ast.iter_fields(node):
            if name not in {"annotation", "returns", "decorator_list"}:
                # The body of a function runs when it is called, but the defaults of its parameters at import.
                inside = at_import and not (isinstance(node, ast.FunctionDef) and name == "body")
                waiting += [(one, statement, inside) for one in _nodes(value)]


def _nodes(value: object) -> list[ast.AST]:
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return [one for one in values if isinstance(one, ast.AST)]


def _all_changes(module: str) -> tuple[ast.Module, list[tuple[Callable[[], None], Place]]]:
    tree = ast.parse((ROOT / module).read_text(encoding="utf-8"))
    return tree, [(change, place) for place in places(tree) for change in changes(place.node)]


def mutant(module: str, index: int) -> Mutant:
    """Make one of the changes of a module."""
    tree, found = _all_changes(module)
    change, place = found[index]
    statement = place.statement
    body = cast("list[ast.stmt]", getattr(statement, "body", []))
    end = max(statement.lineno + 1, body[0].lineno) if body else (statement.end_lineno or 0) + 1
    before = _head(statement)
    change()
    return Mutant(
        module=module,
        lines=range(statement.lineno, end),
        at_import=place.at_import,
        before=before,
        after=_head(statement),
        code=compile(ast.fix_missing_locations(tree), str(ROOT / module), "exec", dont_inherit=True),
    )


def _head(node: ast.stmt) -> str:
    """Return the source of a statement without the statements inside it."""
    shown = copy.deepcopy(node)
    for name in ("body", "orelse", "finalbody", "handlers"):
        if isinstance(getattr(shown, name, None), list):
            setattr(shown, name, [ast.Pass()] if name == "body" else [])
    text = ast.unparse(ast.fix_missing_locations(shown))
    return " ".join(text.removesuffix("pass").split())


def sample(modules: Sequence[str], count: int, seed: int) -> list[Mutant]:
    """Choose among all changes of some modules by chance."""
    every = [(module, index) for module in modules for index in range(len(_all_changes(module)[1]))]
    chosen = random.Random(seed).sample(every, min(count, len(every)))
    return [mutant(module, index) for module, index in chosen]


class Replacement(MetaPathFinder, Loader):
    """Load a mutant instead of its module."""

    def __init__(self, mutant: Mutant) -> None:
        name = ".".join(Path(mutant.module).with_suffix("").parts)
        self.name = f"signtraker.{name}" if name.startswith("models.") else name
        self._mutant = mutant

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Take the import of the changed module, and no other."""
        del path, target
        return (
            spec_from_file_location(fullname, ROOT / self._mutant.module, loader=self)
            if fullname == self.name
            else None
        )

    def exec_module(self, module: ModuleType) -> None:
        """Execute the changed code."""
        exec(self._mutant.code, module.__dict__)  # noqa: S102 - the project's own code, with one change


# Which tests execute which line


class Recorder:
    """A pytest plugin: record the lines that each test executes, and how long it takes."""

    def __init__(self) -> None:
        self._coverage: Any = import_module("coverage").Coverage(
            data_file=None, include=[str(ROOT / module) for module in MODULES], config_file=False
        )
        self._coverage.start()
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave out the slow tests but those of queries, which start nothing."""
        items[:] = [
            item
            for item in items
            if item.get_closest_marker("slow") is None or item.nodeid.startswith("tests/query/")
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Attribute what runs now to this test."""
        self._coverage.switch_context(item.nodeid)
        # The processor's time, which a busy machine does not lengthen.
        began = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - began
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note the tests that fail."""
        if report.failed:
            self.failed.add(report.nodeid)

    def lines(self) -> Lines:
        """Return the tests that execute each line of each module, without those that failed."""
        self._coverage.stop()
        data = self._coverage.get_data()
        return {
            module: {
                line: [test for test in tests if test not in self.failed]
                for line, tests in data.contexts_by_lineno(str(ROOT / module)).items()
            }
            for module in MODULES
        }


def digest() -> str:
    """Return a digest of the files that decide which test executes which line."""
    found = hashlib.sha256(sys.version.encode())
    for folder in ("models", "signtraker", "tests"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                found.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return found.hexdigest()


def record() -> None:
    """Store which tests execute which line, and how long they take, unless the record fits the files."""
    current = digest()
    with suppress(FileNotFoundError):
        if json.loads(RECORD.read_text(encoding="utf-8"))["digest"] == current:
            return

    def run() -> int:
        recorder = Recorder()
        code = pytest.main([*QUIET, *JUDGES], plugins=[recorder])
        stored = {"digest": current, "lines": recorder.lines(), "seconds": recorder.seconds}
        # On a busy machine a test with a deadline may fail. One that fails without a mutant judges nothing.
        if len(recorder.failed) <= MOST_FAILURES and code in {
            pytest.ExitCode.OK,
            pytest.ExitCode.TESTS_FAILED,
        }:
            code = 0
            # Renamed when it is whole, so that an interrupt leaves no half of it.
            written = RECORD.with_suffix(".new")
            written.write_text(json.dumps(stored), encoding="utf-8")
            written.replace(RECORD)
        return int(code)

    child = fork(run)
    try:
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except BaseException:
        end(child)
        raise
    if code:
        sys.exit(f"More than {MOST_FAILURES} tests fail, so they can't judge mutants: mend them first.")


class Judges:
    """The tests that can notice a change, by the recorded lines."""

    def __init__(self, budget_seconds: float) -> None:
        stored = json.loads(RECORD.read_text(encoding="utf-8"))
        self._lines: dict[str, dict[str, list[str]]] = stored["lines"]
        self._seconds: dict[str, float] = stored["seconds"]
        self._budget_seconds = budget_seconds

    def of(self, mutant: Mutant) -> list[str]:
        """Return the tests that execute a changed line, fastest first, as many as the time allows."""
        found = self._lines[mutant.module]
        lines = found.values() if mutant.at_import else (found.get(str(line), []) for line in mutant.lines)
        executing = {test for tests in lines for test in tests} - {""}
        chosen: list[str] = []
        left = self._budget_seconds
        for test in sorted(executing, key=lambda one: (self._seconds[one], one)):
            left -= self._seconds[test]
            if chosen and left < 0:
                break
            chosen.append(test)
        return chosen


# Judging


class Selection:
    """A pytest plugin: run some of the collected tests, in a given order.

    Ids on a command line would not do: pytest reads some parameters differently from how it writes them.
    """

    def __init__(self, tests: Sequence[str]) -> None:
        self._order = {test: position for position, test in enumerate(tests)}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the selected tests."""
        items[:] = sorted(
            (item for item in items if item.nodeid in self._order), key=lambda item: self._order[item.nodeid]
        )


def fork(run: Callable[[], int], log: Path | None = None) -> int:
    """Run a function in a forked process, in a process group of its own; return its id."""
    if child := os.fork():
        # Both sides set the group, so that neither depends on the other being faster.
        with suppress(PermissionError, ProcessLookupError):
            os.setpgid(child, child)
        return child
    # An exception ends the process as a failed test does, and never returns to the parent's code.
    code = int(pytest.ExitCode.TESTS_FAILED)
    try:
        os.setpgid(0, 0)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        if log is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_CPU_SECONDS, resource.RLIM_INFINITY))
        if log is not None:
            output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(output, 1)
            os.dup2(output, 2)
        code = run()
    finally:
        os._exit(code)


def end(child: int) -> int:
    """End a forked process and all that it started; return its status."""
    # A process that ended by itself keeps its id until waitpid, so no other process can be meant.
    with suppress(PermissionError, ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    return os.waitpid(child, 0)[1]


def run_tests(mutant: Mutant, tests: Sequence[str]) -> int:
    """Run tests against a mutant; return the exit code of pytest."""
    replacement = Replacement(mutant)
    sys.meta_path.insert(0, replacement)
    for name in (replacement.name, "signtraker.aio", "signtraker.sandbox"):
        import_module(name)
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    return int(pytest.main([*QUIET, "-x", *files], plugins=[Selection(tests)]))


def verdict(status: int, mutant: Mutant, log: Path) -> Verdict:
    """Return whether a test failed or a file could not be collected; name a mutant that can't be judged."""
    code = os.waitstatus_to_exitcode(status)
    if code not in JUDGED:
        ended = f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        print(f"\npytest {ended}, which judges nothing ({log.relative_to(ROOT)}):\n{mutant}\n", end="")
        return "not judged"
    log.unlink()
    if code == pytest.ExitCode.OK:
        print(f"\n{mutant}\n", end="", flush=True)
        return "survived"
    print(".", end="", flush=True)
    return "killed"


@dataclass(frozen=True)
class Run:
    """A process that judges a mutant."""

    mutant: Mutant
    log: Path
    began: float

    def verdict(self, child: int) -> Verdict | None:
        """Return the verdict, or None while the tests run."""
        if os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return verdict(end(child), self.mutant, self.log)
        if time.monotonic() - self.began > LONGEST_SECONDS:
            end(child)
            self.log.unlink()
            print(".", end="", flush=True)
            return "killed"
        return None


def judge(mutants: Sequence[Mutant], judges: Judges, workers: int) -> list[tuple[Mutant, Verdict]]:
    """Run the tests against every mutant. No process is left, however this ends."""
    found: list[tuple[Mutant, Verdict]] = []
    running: dict[int, Run] = {}
    waiting = list(mutants)
    try:
        while waiting or running:
            if waiting and len(running) < workers:
                mutant = waiting.pop()
                log = HOME / f"{len(waiting)}.log"
                if tests := judges.of(mutant):
                    child = fork(partial(run_tests, mutant, tests), log)
                    running[child] = Run(mutant, log, time.monotonic())
                else:
                    print(f"\nNo test executes {mutant}")
                    found.append((mutant, "survived"))
                continue
            time.sleep(0.05)
            for child, run in list(running.items()):
                if judged := run.verdict(child):
                    del running[child]
                    found.append((run.mutant, judged))
    finally:
        for child in running:
            end(child)
    return found


def report(found: Sequence[tuple[Mutant, Verdict]]) -> int:
    """Print the figures by folder; return the number of survivors that nobody has explained."""
    explained = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    judged = [mutant for mutant, verdict in found if verdict != "not judged"]
    survivors = [mutant for mutant, verdict in found if verdict == "survived"]
    unexplained = [one for one in survivors if one.key not in explained]
    alive, missed = (Counter(map(_folder, some)) for some in (survivors, unexplained))
    for folder, count in sorted(Counter(map(_folder, judged)).items()):
        print(f"\n{folder}: {_figures(count, alive[folder], missed[folder])}", end="")
    print(f"\nall: {_figures(len(judged), len(survivors), len(unexplained))}")
    if len(judged) < len(found):
        print(f"not judged: {len(found) - len(judged)}")
    return len(unexplained)


def _folder(mutant: Mutant) -> str:
    return str(Path(mutant.module).parent)


def _figures(count: int, alive: int, missed: int) -> str:
    counts = f"{count - alive} killed, {alive - missed} explained, {missed} survived"
    return f"{count} mutants: {counts}; {(count - missed) / max(count, 1):.1%} killed or explained"


def main() -> int:
    """Judge a sample of mutants, and print the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", help="judge the modules whose path holds one of these")
    parser.add_argument("--count", type=int, default=200, help="the number of mutants, chosen by chance")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the choice")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=30, help="the most seconds of tests for one mutant")
    options = parser.parse_args()
    modules = [one for one in MODULES if not options.modules or any(word in one for word in options.modules)]
    if not modules:
        parser.error("no module has such a name")
    HOME.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    # The checkout stands before an installed wheel.
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    # Ends with the processes that judge, as Ctrl-C does.
    signal.signal(signal.SIGTERM, _interrupt)
    record()
    for name in WARM:
        import_module(name)
    mutants = sample(modules, options.count, options.seed)
    return 1 if report(judge(mutants, Judges(options.budget), options.workers)) else 0


def _interrupt(*_: object) -> NoReturn:
    sys.exit("Ended by SIGTERM.")


if __name__ == "__main__":
    sys.exit(main())
