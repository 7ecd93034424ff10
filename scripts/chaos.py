"""Kill a batch of creations or removals again and again, and compare its outcomes with the server's record.

scripts/chaos                  as many seeds as fit into 35 seconds
scripts/chaos --seeds 200      more of them
scripts/chaos --first 17 --seeds 1

The sandbox is a process of its own that is never killed; the truth is its append-only ledger. A proxy before
it loses requests and answers, before and after the work is done, executes lost requests later, shows new
orders late and addresses normalised. The job is killed with SIGKILL at fail-points and at random times,
started again until it ends, and then every outcome is held against the ledger, and against what an earlier
run said about the same request before it was killed.

By default no order may be made twice, none may be lost silently, and each outcome must be true. With `adopt`
and `resend` that may fail only where a scenario breaks one of their stated assumptions, and the check then
names it. Linux and macOS only: the jobs are forked.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from chaos_job import FAIL_POINTS, die_at, run_job

Broken = Literal["none", "executed later", "listed late", "normalised", "others order the same"]
GRACE_SECONDS = 0.25
LONG_SECONDS = 0.7
"""Longer than the grace time, for what breaks an assumption about it."""
SHORT_LAG_SECONDS = 0.05
DEFAULT_SEEDS = 45
"""Three times every policy with every assumption broken."""
DEFAULT_SECONDS = 35.0
_MOST_RUNS = 8
_REMOVALS = 10
"""The number of signs that one scenario removes."""


@dataclass
class Plan:
    """One scenario: a batch, a policy, what goes wrong, and when the job is killed."""

    seed: int
    policy: Literal["leave", "adopt", "resend"]
    broken: Broken
    removals: bool
    """Whether signs are removed, or orders created."""
    identical: bool
    tasks: bool
    """Whether the job runs on asyncio's tasks, or on threads."""
    kills: list[tuple[str, int] | float] = field(default_factory=list[tuple[str, int] | float])

    @classmethod
    def of(cls, seed: int) -> Plan:
        """Draw the scenario of a seed; every policy meets every broken assumption."""
        chance = random.Random(seed)
        broken: tuple[Broken, ...] = (
            "none", "executed later", "listed late", "normalised", "others order the same",
        )  # fmt: skip
        policies: tuple[Literal["leave", "adopt", "resend"], ...] = ("leave", "adopt", "resend")
        removals, tasks = chance.choice((True, False, False)), chance.choice((True, False))
        identical = chance.choice((True, False, False)) and not removals
        plan = cls(seed, policies[seed % 3], broken[seed // 3 % 5], removals, identical, tasks)
        for _ in range(chance.randint(1, 3)):
            point = (chance.choice(FAIL_POINTS), chance.randint(1, 8))
            plan.kills.append(chance.choice((point, point, None)) or chance.uniform(0.0, 0.2))
        return plan

    def batch(self) -> list[dict[str, Any]]:
        """Return the creations. The ledger has their `external_id` too; the identical ones have none."""
        rows: list[dict[str, Any]] = [
            {
                "agent_id": 1,
                "preset_id": 1,
                "street_name": f"Elm Street {self.seed * 100 + at}",
                "zip": "84070",
                "external_id": f"{self.seed}-{at}",
            }
            for at in range(10)
        ]
        if self.identical:
            same = {"agent_id": 1, "preset_id": 1, "street_name": f"Twin Street {self.seed}"}
            rows += [same, same, same]
        return rows

    @property
    def success(self) -> str:
        """The state of a request that was done."""
        return "accepted" if self.removals else "created"

    def __str__(self) -> str:
        twins = ", identical requests" if self.identical else ""
        kind = f"{'removals' if self.removals else 'creations'}, {'tasks' if self.tasks else 'threads'}"
        return f"seed {self.seed} ({kind}): {self.policy}, broken: {self.broken}{twins}, killed: {self.kills}"


@dataclass
class World:
    """The sandbox and the proxy before it, for all scenarios."""

    sandbox: str
    proxy: str
    kills: int = 0
    runs: int = 0

    def get(self, url: str) -> Any:
        """Read JSON."""
        request = urllib.request.Request(url, headers={"Authorization": "ST-API sandbox-key"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def send(self, method: str, url: str, content: object) -> Any:
        """Send JSON."""
        headers = {"Authorization": "ST-API sandbox-key", "Content-Type": "application/json"}
        body = json.dumps(content).encode()
        request = urllib.request.Request(url, body, headers, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def ledger(self) -> list[dict[str, Any]]:
        """Return the work that was done: the truth."""
        work: list[dict[str, Any]] = self.get(f"{self.sandbox}/sandbox/ledger")
        return work

    def installed(self, count: int) -> list[int]:
        """Return orders whose signs stand, and whose removal nobody has requested."""
        condition = "Status%20eq%20'Installed'%20and%20RemovalRequestDate%20eq%20null"
        rows = self.get(f"{self.sandbox}/api/orders?$filter={condition}&$top={count}")
        assert len(rows) == count, "the sandbox has too few installed signs"  # noqa: S101 - as it was started
        return [row["Id"] for row in rows]

    def wait_for_late_work(self) -> None:
        """Wait until the proxy has executed what it holds back."""
        while self.get(f"{self.proxy}/scenario")["held_back"]:
            time.sleep(0.05)


class Scenario:
    """One plan, carried out."""

    def __init__(self, plan: Plan, world: World, folder: Path) -> None:
        self.plan = plan
        self.world = world
        self.log = folder / f"{plan.seed}.log"
        self.journal = folder / f"{plan.seed}.journal"
        self.batch: list[dict[str, Any]] = (
            [{"order_id": one} for one in world.installed(_REMOVALS)] if plan.removals else plan.batch()
        )
        self.others: set[int] = set()
        """The ledger's entries that somebody else's requests made."""
        self.told: dict[int, dict[str, Any]] = {}
        """What earlier runs said about requests that are done, by index."""

    def run(self) -> Counter[str]:
        """Run the job until it ends, check its outcomes, and return the counts."""
        plan, world = self.plan, self.world
        before = {one["id"] for one in world.ledger()}
        late = LONG_SECONDS if plan.broken == "executed later" else 0.0
        lag = LONG_SECONDS if plan.broken == "listed late" else SHORT_LAG_SECONDS
        settings = {
            "seed": plan.seed,
            "faults": True,
            "late_seconds": late,
            "lag_seconds": lag,
            "normalises": plan.broken == "normalised",
        }
        world.send("PUT", f"{world.proxy}/scenario", settings)
        if plan.broken == "others order the same":
            self._order_as_others_do()
        for kill in plan.kills:
            if self._run_job(kill):
                break
        outcomes = self._run_to_the_end()
        world.wait_for_late_work()
        work = [one for one in world.ledger() if one["id"] not in before]
        own = [one for one in work if one["id"] not in self.others]
        others = {one["subject_id"] for one in work if one["id"] in self.others}
        return Check(self, outcomes, own, others).counts()

    def _run_to_the_end(self) -> list[dict[str, Any]]:
        """Run the same batch until it has nothing left to do; return the outcomes of the last run."""
        outcomes: list[dict[str, Any]] = []
        for _ in range(_MOST_RUNS):
            self._remember()
            if self._run_job(None):
                before = outcomes
                outcomes = [json.loads(line) for line in self.log.read_text().splitlines()]
                if _states(outcomes) == _states(before):
                    break  # Another run would change nothing: what it leaves unknown stays so.
                is_done = self.plan.policy != "resend" or all(one["state"] != "unknown" for one in outcomes)
                if is_done and all(one["state"] not in {"refused", "not_sent"} for one in outcomes):
                    break
        return outcomes

    def _remember(self) -> None:
        """Note what the runs so far have said, and begin a new log."""
        lines = self.log.read_text().splitlines(keepends=True) if self.log.exists() else []
        for one in (json.loads(line) for line in lines if line.endswith("\n")):
            if one["state"] in {"created", "accepted"}:
                self.told.setdefault(one["index"], one)
        self.log.unlink(missing_ok=True)

    def _order_as_others_do(self) -> None:
        url = f"{self.world.sandbox}/api/orders"
        known = {one["id"] for one in self.world.ledger()}
        for row in self.batch[:_REMOVALS]:
            if self.plan.removals:
                self.world.send("POST", f"{url}/{row['order_id']}/requestremoval", {})
            else:
                same = {"AgentId": 1, "PresetId": 1, "StreetName": row["street_name"], "Zip": row["zip"]}
                self.world.send("POST", url, same)
        self.others = {one["id"] for one in self.world.ledger()} - known

    def _run_job(self, kill: tuple[str, int] | float | None) -> bool:
        """Run the job in a forked process, and kill it as planned; return whether it ended by itself."""
        self.world.runs += 1
        child = os.fork()
        if child == 0:
            os._exit(self._work(kill))
        if isinstance(kill, float):
            time.sleep(kill)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status):
            self.world.kills += 1
            return False
        return os.waitstatus_to_exitcode(status) == 0

    def _work(self, kill: tuple[str, int] | float | None) -> int:
        options: dict[str, Any] = {
            "journal": self.journal,
            "max_concurrency": 4,
            "unknown": self.plan.policy,
            "grace_seconds": GRACE_SECONDS,
        }
        method = "request_removals" if self.plan.removals else "create_orders"
        if self.plan.identical:
            options["allow_identical"] = True
        try:
            if isinstance(kill, tuple):
                die_at(*kill)
            run_job(self.world.proxy, method, self.batch, self.log, options, tasks=self.plan.tasks)
        except BaseException as error:  # noqa: BLE001 - a forked child must not run its parent's code
            print(f"{self.plan}: {error!r}", file=sys.stderr, flush=True)
            return 1
        return 0


def _states(outcomes: list[dict[str, Any]]) -> dict[int, str]:
    return {one["index"]: one["state"] for one in outcomes}


class Check:
    """Hold the outcomes of one scenario against the ledger."""

    def __init__(
        self,
        scenario: Scenario,
        outcomes: list[dict[str, Any]],
        work: list[dict[str, Any]],
        others: set[int],
    ) -> None:
        self.plan = scenario.plan
        self.told = scenario.told
        self.others = others
        """The orders that somebody else created, or whose removal somebody else requested."""
        self.outcomes = {one["index"]: one for one in outcomes}
        self.made: dict[str, list[int]] = {}
        if self.plan.removals:
            self.keys: list[str | None] = [str(row["order_id"]) for row in scenario.batch]
            for one in work:
                self.made.setdefault(str(one["subject_id"]), []).append(one["subject_id"])
        else:
            self.keys = [row.get("external_id") for row in scenario.batch]
            for one in work:
                self.made.setdefault(one["external_id"] or "twin", []).append(one["subject_id"])

    def counts(self) -> Counter[str]:
        """Check everything, and count what was found."""
        self.expect(sorted(self.outcomes) == list(range(len(self.keys))), "every request has an outcome")
        found: Counter[str] = Counter(one["state"] for one in self.outcomes.values())
        found["removed" if self.plan.removals else "ordered"] = sum(map(len, self.made.values()))
        for index, before in self.told.items():
            now = self.outcomes[index]
            same = (now["state"], now["order_id"]) == (before["state"], before["order_id"])
            self.expect(same, f"a run said {before}, and a later one {now}")
            found["told twice"] += 1
        for key, outcome in zip(self.keys, [self.outcomes[at] for at in sorted(self.outcomes)], strict=True):
            if key is not None:
                found += self._check_row(outcome, self.made.get(key, []))
        twins = [one for at, one in self.outcomes.items() if self.keys[at] is None]
        self._check_twins(twins, self.made.get("twin", []))
        return found

    def _check_row(self, outcome: dict[str, Any], made: list[int]) -> Counter[str]:
        found = Counter[str]()
        state, order = outcome["state"], outcome["order_id"]
        if self.plan.policy == "resend" and self.plan.broken == "none":
            self.expect(state == self.plan.success and made == [order], f"not made exactly once: {outcome}")
        if len(made) > 1:
            found["twice"] += 1
            self.expect_broken(("executed later", "listed late"), f"an order was made twice: {outcome}")
        if state == self.plan.success and order not in made:
            found["adopted another's order"] += 1
            self.expect(order in self.others, f"an outcome names an order that was never made: {outcome}")
            self.expect_broken(("others order the same",), f"another's order was adopted: {outcome}")
        if state in {"refused", "not_sent"}:
            self.expect(not made, f"it was made, though the outcome says otherwise: {outcome}")
        if (
            state == "unknown"
            and made
            and not self.plan.removals
            and self.plan.broken in {"none", "others order the same", "normalised"}
        ):
            missing = set(made) - set(outcome["candidates"])
            self.expect(
                self.plan.policy == "leave" or not missing, f"the candidates lack {missing}: {outcome}"
            )
        return found

    def _check_twins(self, twins: list[dict[str, Any]], made: list[int]) -> None:
        named = [one["order_id"] for one in twins if one["state"] == "created"]
        self.expect(len(set(named)) == len(named), "no two requests name the same order")
        self.expect(set(named) <= set(made), "every order that is named was made")
        if len(made) > len(twins):
            self.expect_broken(("executed later", "listed late"), "identical requests were made too often")
        undecided = len([one for one in twins if one["state"] == "unknown"])
        self.expect(
            len(made) <= len(named) + undecided or self.plan.policy == "resend",
            "no identical request was created and reported as not created",
        )

    def expect_broken(self, allowed: tuple[Broken, ...], message: str) -> None:
        """Allow a failure only of a policy that was opted in, and of an assumption that is broken here."""
        self.expect(self.plan.policy != "leave" and self.plan.broken in allowed, message)

    def expect(self, holds: bool, message: str) -> None:  # noqa: FBT001 - a condition
        """Raise if the promise is broken."""
        if not holds:
            raise AssertionError(f"{self.plan}: {message}; made: {self.made}")


def open_world(stack: ExitStack) -> World:
    """Start the sandbox and the proxy, each in a process of its own."""
    sandbox = start(stack, ["-m", "signtraker.sandbox", "--port", "0", "--orders", "800"])
    first = sandbox.split(" at ", 1)[1].split(" ", 1)[0]
    port = first.rsplit(":", 1)[1]
    proxy = start(stack, [str(Path(__file__).with_name("chaos_proxy.py")), port])
    return World(first, f"http://127.0.0.1:{proxy.strip()}")


def start(stack: ExitStack, arguments: list[str]) -> str:
    """Start a process that lives until the end, and return its first line."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, text=True)
    stack.callback(process.wait)
    stack.callback(process.kill)
    assert process.stdout is not None  # noqa: S101 - for type checkers
    stack.callback(process.stdout.close)
    return process.stdout.readline()


def main() -> int:
    """Run the seeds, and print a summary; 1 if the promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, help="how many scenarios to run (45, or fewer in 35 s)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (0)")
    parser.add_argument("--only", type=int, nargs="+", help="these seeds, whatever the other options say")
    options = parser.parse_args()
    for name in [one for one in os.environ if one.startswith(("SIGNTRAKER_", "SIGNTRACKER_"))]:
        del os.environ[name]  # The jobs read no settings from outside.
    total = Counter[str]()
    failures: list[str] = []
    count = 0
    began = time.monotonic()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        world = open_world(stack)
        for seed in options.only or range(options.first, options.first + (options.seeds or DEFAULT_SEEDS)):
            if options.seeds is None and not options.only and time.monotonic() - began > DEFAULT_SECONDS:
                break
            plan = Plan.of(seed)
            count += 1
            try:
                total += Scenario(plan, world, folder).run()
            except AssertionError as error:
                failures.append(str(error))
                print(error, file=sys.stderr)
    counts = ", ".join(f"{number} {name}" for name, number in sorted(total.items()))
    print(
        f"{'FAILED' if failures else 'passed'}: {count} seeds in {time.monotonic() - began:.0f} s, "
        f"{world.runs} runs, {world.kills} killed; {counts}; {len(failures)} promises broken"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
