"""Change the code in small ways, and see whether a test notices each change. Print the changes that none did.

.cache/test-3.11/bin/python scripts/mutate.py                    a sample over all modules that decide
.cache/test-3.11/bin/python scripts/mutate.py --count 40 retry   40 changes of modules with retry in the path

It needs a system that can fork, and the package `coverage` beside what the tests need: install it by hand
into `.cache/test-3.11`; no other script needs it, so it is not locked. A first run of the tests records
which tests execute which line; each mutant is then judged by those tests alone, fastest first. A mutant is
compiled in memory: no file is changed. It is not part of scripts/test, since it takes from minutes to hours.

A survivor that changes nothing a caller can see is explained in `mutants_explained.json` beside this script.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

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
    "signtraker/query/parsing/constants.py",
    "signtraker/query/parsing/numbers.py",
    "signtraker/query/parsing/operations.py",
    "signtraker/query/parsing/promotion.py",
    "signtraker/query/parsing/syntax.py",
    "models/_base.py",
    "models/_types.py",
)
JUDGES: Final = ("tests/core", "tests/lists", "tests/models", "tests/query", "tests/test_orders.py")
"""The tests that may judge. Others exercise these modules too, but take longer and say less about them."""
WARM: Final = ("fastapi", "httpx", "hypothesis", "pydantic", "sqlalchemy", "uvicorn")
"""Packages that are imported once here, and not again in each forked process."""
# Rewritten assertions explain a failure, which nobody reads here; without them collecting is faster.
QUIET: Final = ("-q", "-x", "--no-header", "--assert=plain")
LONGEST_SECONDS: Final = 120.0
"""A mutant that runs for longer loops for ever, and so counts as killed."""
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
        began = time.perf_counter()
        result = yield
        self.seconds[item.nodeid] = time.perf_counter() - began
        return result

    def lines(self) -> Lines:
        """Return the tests that execute each line of each module."""
        self._coverage.stop()
        data = self._coverage.get_data()
        return {module: data.contexts_by_lineno(str(ROOT / module)) for module in MODULES}


def record() -> None:
    """Run the tests once, in a process of their own; store which of them execute which line, and how long."""
    if (child := os.fork()) == 0:
        recorder = Recorder()
        code = pytest.main([*QUIET, *JUDGES], plugins=[recorder])
        RECORD.write_text(json.dumps([recorder.lines(), recorder.seconds]), encoding="utf-8")
        os._exit(int(code))
    if os.waitpid(child, 0)[1]:
        sys.exit("The tests must pass before they can judge mutants.")


class Judges:
    """The tests that can notice a change, by the recorded lines."""

    def __init__(self, budget_seconds: float) -> None:
        lines, seconds = json.loads(RECORD.read_text(encoding="utf-8"))
        self._lines: dict[str, dict[str, list[str]]] = lines
        self._seconds: dict[str, float] = seconds
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


def start(mutant: Mutant, tests: Sequence[str], log: Path) -> int:
    """Run tests against a mutant in a forked process; return its id."""
    if child := os.fork():
        return child
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    replacement = Replacement(mutant)
    sys.meta_path.insert(0, replacement)
    # A mutant that can't be imported ends the process here, with the exit code of a failed test.
    for name in (replacement.name, "signtraker.aio", "signtraker.sandbox"):
        import_module(name)
    files = dict.fromkeys(test.partition("::")[0] for test in tests)
    os._exit(int(pytest.main([*QUIET, *files], plugins=[Selection(tests)])))


def noticed(code: int, log: Path) -> bool:
    """Return whether a test failed or a file could not be collected; exit if pytest could not judge."""
    if code in {pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED}:
        return code != pytest.ExitCode.OK
    sys.exit(f"pytest ended with {code}, which judges nothing:\n{log.read_text(encoding='utf-8')[-4000:]}")


def judge(mutants: Sequence[Mutant], judges: Judges, workers: int) -> list[Mutant]:
    """Run every mutant; return those that no test noticed."""
    survivors: list[Mutant] = []
    running: dict[int, tuple[Mutant, Path, float]] = {}
    waiting = list(mutants)
    while waiting or running:
        if waiting and len(running) < workers:
            mutant = waiting.pop()
            log = HOME / f"{len(waiting)}.log"
            if tests := judges.of(mutant):
                running[start(mutant, tests, log)] = (mutant, log, time.monotonic())
            else:
                print(f"\nNo test executes {mutant}")
                survivors.append(mutant)
            continue
        time.sleep(0.05)
        for child, (mutant, log, began) in list(running.items()):
            ended, status = os.waitpid(child, os.WNOHANG)
            endless = not ended and time.monotonic() - began > LONGEST_SECONDS
            if endless:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
            if ended or endless:
                del running[child]
                killed = endless or noticed(os.waitstatus_to_exitcode(status), log)
                print("." if killed else f"\n{mutant}\n", end="", flush=True)
                survivors += [] if killed else [mutant]
    return survivors


def report(mutants: Sequence[Mutant], survivors: Sequence[Mutant]) -> int:
    """Print the figures by folder; return the number of survivors that nobody has explained."""
    explained = json.loads(EXPLAINED.read_text(encoding="utf-8"))
    unexplained = [one for one in survivors if one.key not in explained]
    alive, missed = (Counter(map(_folder, found)) for found in (survivors, unexplained))
    for folder, count in sorted(Counter(map(_folder, mutants)).items()):
        print(f"\n{folder}: {_figures(count, alive[folder], missed[folder])}", end="")
    print(f"\nall: {_figures(len(mutants), len(survivors), len(unexplained))}")
    return len(unexplained)


def _folder(mutant: Mutant) -> str:
    return str(Path(mutant.module).parent)


def _figures(count: int, alive: int, missed: int) -> str:
    counts = f"{count - alive} killed, {alive - missed} explained, {missed} survived"
    return f"{count} mutants: {counts}; {(count - missed) / count:.1%} killed or explained"


def main() -> int:
    """Judge a sample of mutants, and print the survivors."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("modules", nargs="*", help="judge the modules whose path holds one of these")
    parser.add_argument("--count", type=int, default=200, help="the number of mutants, chosen by chance")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the choice")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--budget", type=float, default=30, help="the most seconds of tests for one mutant")
    parser.add_argument("--keep", action="store_true", help="use the lines that the last run recorded")
    options = parser.parse_args()
    modules = [one for one in MODULES if not options.modules or any(word in one for word in options.modules)]
    if not modules:
        parser.error("no module has such a name")
    HOME.mkdir(parents=True, exist_ok=True)
    os.chdir(ROOT)
    # The checkout stands before an installed wheel.
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]
    if not options.keep:
        record()
    for name in WARM:
        import_module(name)
    mutants = sample(modules, options.count, options.seed)
    return 1 if report(mutants, judge(mutants, Judges(options.budget), options.workers)) else 0


if __name__ == "__main__":
    sys.exit(main())
