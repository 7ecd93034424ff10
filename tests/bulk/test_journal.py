"""Check the journal: private, durable, locked, and refused where it can't be used."""

from __future__ import annotations

import resource
import signal
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from either_client import open_client

from signtraker import CreateOrderRequest, JournalError, SignTrakerClient, ValidationError
from signtraker._bulk.engine import Engine
from signtraker._bulk.journal import Journal
from signtraker._bulk.states import RowRecord

if TYPE_CHECKING:
    from collections.abc import Generator

    from signtraker.sandbox import Sandbox

KEYED: dict[str, Any] = {
    "agent_id": 1,
    "preset_id": 1,
    "external_id": "KEY-77",
    "street_name": "Cottonwood",
    "notes": "ring twice",
}

BATCH: list[dict[str, Any]] = [{**KEYED, "external_id": f"KEY-{at}"} for at in range(8)]


def rows_of(path: Path, columns: str = "*") -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(f"SELECT {columns} FROM rows").fetchall()  # noqa: S608 - the test's own text


def test_the_files_are_readable_to_their_owner_only_and_hold_neither_key_nor_payload(
    server: Sandbox, journal: Path
) -> None:
    journal.touch(mode=0o644)
    for outcome in server.client.orders.create_orders([KEYED], journal=journal):
        assert outcome.state == "created"
        files = sorted(journal.parent.iterdir())
        assert [one.name for one in files] == ["signs.journal", "signs.journal-lock", "signs.journal-wal"]
        assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
        for content in (one.read_bytes().lower() for one in files):
            assert not [
                word
                for word in (server.api_key, "KEY-77", "Cottonwood", "twice", "AgentId")
                if word.lower().encode() in content
            ]
    assert list(journal.parent.iterdir()) == [journal]
    assert rows_of(journal, "state, order_id, request_id") == [
        ("created", server.ledger[0].subject_id, server.ledger[0].id)
    ]


def test_every_commit_is_synced_and_the_log_is_written_ahead(server: Sandbox, journal: Path) -> None:
    server.client.orders.create_orders([KEYED], journal=journal).run()
    with closing(Journal(journal)) as opened:
        pragma = {
            name: opened._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in (
                "synchronous",
                "journal_mode",
                "locking_mode",
                "user_version",
                "fullfsync",
                "checkpoint_fullfsync",
            )
        }
    assert pragma == {
        "synchronous": 2,
        "journal_mode": "wal",
        "locking_mode": "exclusive",
        "user_version": 3,
        "fullfsync": 1,
        "checkpoint_fullfsync": 1,
    }


def test_a_large_batch_is_entered_once_and_saved_in_statements_of_a_limited_size(journal: Path) -> None:
    requests = [{**KEYED, "external_id": f"KEY-{at}"} for at in range(250)]
    with SignTrakerClient("key", "http://127.0.0.1:9") as client:
        plan = client.orders.create_orders(requests, journal=journal)._plan
    opened, earlier = Journal.open(journal, plan)
    with closing(opened):
        engine = Engine(plan)
        engine.start(earlier)
        assert not engine.has_changes
        opened._database.setlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER, 999)
        opened.save({row: RowRecord("created", row.index) for row in plan.rows})
    assert sorted(rows_of(journal, "order_id")) == [(at,) for at in range(250)]
    again, earlier = Journal.open(journal, plan)
    again.close()
    assert [earlier.records[row.key].order_id for row in plan.rows] == list(range(250))


def test_equal_requests_keep_their_records_unless_one_is_dropped(journal: Path) -> None:
    twin = {"agent_id": 1, "preset_id": 1}
    with SignTrakerClient("key", "http://127.0.0.1:9") as client:
        two, one = (
            client.orders.create_orders([twin] * number, journal=journal, allow_identical=True)._plan
            for number in (2, 1)
        )
    opened, _ = Journal.open(journal, two)
    with closing(opened):
        opened.save({two.rows[0]: RowRecord("unknown"), two.rows[1]: RowRecord("created", 7)})
    states: list[list[str]] = []
    for plan in (two, one):
        opened, earlier = Journal.open(journal, plan)
        opened.close()
        states.append([earlier.records[row.key].state for row in plan.rows])
    assert states == [["unknown", "created"], ["created"]]


def test_the_intent_is_on_disk_before_its_request_is_sent(
    server: Sandbox, journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    save = Journal.save

    def watch(self: Journal, changes: Any) -> None:
        sent = len([one for one in server.requests if one.method == "POST"])
        save(self, changes)
        if states := [record.state for record in changes.values()]:
            seen.append([*states, f"{sent} sent before"])
            # A later run searches by the server's clock, which stands still here.
            times = [record.first_sent for record in changes.values() if record.first_sent is not None]
            assert all(abs(one - server.clock.now().timestamp()) < 600 for one in times)

    monkeypatch.setattr(Journal, "save", watch)
    server.client.orders.create_orders([KEYED], journal=journal).run()
    assert seen == [
        ["planned", "0 sent before"],
        ["intended", "0 sent before"],
        ["created", "1 sent before"],
    ]


@contextmanager
def another_process(
    server: Sandbox, journal: Path, then: str, *, reads_errors: bool = False
) -> Generator[subprocess.Popen[str]]:
    """Run a batch of one order in another process, which then does something else."""
    code = f"""if True:
        import os, signal, sys
        from signtraker import SignTrakerClient
        orders = SignTrakerClient("{server.api_key}", "{server.url}").orders
        batch = [{KEYED!r}, {{**{KEYED!r}, "external_id": "2"}}]
        for outcome in orders.create_orders(batch, journal={str(journal)!r}, max_concurrency=1):
            print(outcome.state, flush=True)
            {then}
    """
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE if reads_errors else None,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "created\n"
        yield process


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGINT for another process")
def test_a_process_that_gets_sigint_ends_with_advice_and_the_next_run_goes_on(
    server: Sandbox, journal: Path
) -> None:
    with another_process(server, journal, "sys.stdin.read()", reads_errors=True) as process:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate()
    assert process.returncode == -signal.SIGINT
    assert "KeyboardInterrupt" in errors
    assert "The run was ended early. create_orders: 2 in all: " in errors
    report = server.client.orders.create_orders([KEYED, {**KEYED, "external_id": "2"}], journal=journal).run()
    assert report.is_complete
    assert len(server.ledger) == 2


@pytest.mark.slow
def test_a_second_process_is_refused_while_the_first_one_lives_and_not_after_kill_9(
    server: Sandbox, journal: Path
) -> None:
    with another_process(server, journal, "sys.stdin.read()") as process:
        with pytest.raises(JournalError, match="another process is using it; wait until that run has ended"):
            server.client.orders.create_orders([KEYED], journal=journal).run()
        process.send_signal(signal.SIGKILL)
        process.wait()
    report = server.client.orders.create_orders([KEYED], journal=journal).run()
    assert report.outcomes[0].source == "journal"
    assert report.is_complete


@pytest.mark.slow
def test_a_process_that_dies_before_an_answer_leaves_an_intent_that_the_next_run_reads_as_unknown(
    server: Sandbox, journal: Path
) -> None:
    server.faults.add(method="POST", path="/api/orders", nth=2, delay_after=600.0)
    with another_process(server, journal, "pass") as process:
        while len(server.ledger) < 2:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
    batch = [KEYED, {**KEYED, "external_id": "2"}]
    first, second = server.client.orders.create_orders(batch, journal=journal).run().outcomes
    assert (first.state, second.state) == ("created", "unknown")
    assert "and no result was recorded" in second.message
    adopted = server.client.orders.create_orders(batch, journal=journal, unknown="adopt").run().outcomes[1]
    assert adopted.state == "unknown", "an equal request but for its key is in the batch"
    assert [one.order.id for one in second.candidates] == [server.ledger[1].subject_id]


def test_the_name_that_sqlite_takes_for_memory_is_a_file_like_any_other(
    server: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for source in ("run", "journal"):
        (outcome,) = server.client.orders.create_orders([KEYED], journal=":memory:").run().outcomes
        assert outcome.source == source
    assert [one.name for one in tmp_path.iterdir()] == [":memory:"]


@pytest.mark.slow
def test_a_second_process_is_refused_after_the_first_one_has_read_the_journal(
    server: Sandbox, journal: Path
) -> None:
    # Closing any descriptor of a file gives up the POSIX locks that a process has on it.
    read = f"open({str(journal)!r}, 'rb').close(); print('read', flush=True); sys.stdin.read()"
    with another_process(server, journal, read) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "read\n"
        with pytest.raises(JournalError, match="another process is using it"):
            server.client.orders.create_orders(BATCH, journal=journal).run()
        process.kill()


@pytest.mark.slow
def test_a_journal_whose_log_is_missing_after_kill_9_is_refused_until_the_log_is_back(
    server: Sandbox, journal: Path
) -> None:
    with another_process(server, journal, "os.kill(os.getpid(), signal.SIGKILL)"):
        pass
    log, elsewhere = journal.with_name("signs.journal-wal"), journal.with_name("elsewhere")
    log.rename(elsewhere)
    for _ in range(2):
        with pytest.raises(JournalError, match=r"its file signs\.journal-wal is missing"):
            server.client.orders.create_orders([KEYED], journal=journal).run()
    elsewhere.rename(log)
    assert server.client.orders.create_orders([KEYED], journal=journal).run().outcomes[0].source == "journal"
    assert [one.external_id for one in server.ledger].count("KEY-77") == 1


def test_a_journal_that_was_closed_may_be_moved(server: Sandbox, journal: Path) -> None:
    server.client.orders.create_orders([KEYED], journal=journal).run()
    moved = journal.rename(journal.with_name("moved"))
    assert server.client.orders.create_orders([KEYED], journal=moved).run().outcomes[0].source == "journal"


@pytest.mark.slow
@pytest.mark.parametrize("leave", ["sys.exit()", "raise ZeroDivisionError", "next(outcomes)"])
def test_a_forked_process_leaves_the_journal_alone(server: Sandbox, journal: Path, leave: str) -> None:
    # With threads only: a fork that ends an event loop breaks its parent's (they share the selector).
    code = f"""if True:
        import os, signal, sys, warnings
        warnings.simplefilter("ignore")  # Python 3.12 warns of a fork of a process with threads.
        from signtraker import SignTrakerClient
        with SignTrakerClient({server.api_key!r}, {server.url!r}) as client:
            run = client.orders.create_orders({BATCH!r}, journal={str(journal)!r}, max_concurrency=2)
            outcomes = iter(run)
            next(outcomes), next(outcomes)
            if (child := os.fork()) == 0:
                sys.stderr = open(os.devnull, "w")
                {leave}
                sys.exit()
            _, status = os.waitpid(child, 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
            list(zip(outcomes, range(3)))
            os.kill(os.getpid(), signal.SIGKILL)
    """
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.stdout == ("0\n" if leave == "sys.exit()" else "1\n"), ended.stderr
    assert ended.returncode == -signal.SIGKILL
    assert journal.with_name("signs.journal-wal").stat().st_size > 0
    report = server.client.orders.create_orders(BATCH, journal=journal).run()
    made = [entry.external_id for entry in server.ledger]
    assert len(made) == len(set(made))
    assert {one.state for one in report.outcomes} <= {"created", "unknown"}


@pytest.mark.slow
def test_a_forked_process_gets_no_outcome_that_its_parent_has_saved(server: Sandbox, journal: Path) -> None:
    code = f"""if True:
        import os, sys, warnings
        warnings.simplefilter("ignore")  # Python 3.12 warns of a fork of a process with threads.
        from signtraker import SignTrakerClient, SignTrakerError
        with SignTrakerClient({server.api_key!r}, {server.url!r}) as client:
            create_orders, options = client.orders.create_orders, {{"journal": {str(journal)!r}}}
            create_orders({BATCH!r}, **options).run()
            outcomes = iter(create_orders({BATCH!r}, **options))
            next(outcomes)
            if (child := os.fork()) == 0:
                try:
                    next(outcomes)
                except SignTrakerError as error:
                    print(error, flush=True)
                os._exit(0)
            os.waitpid(child, 0)
            print(len(list(outcomes)), f"process {{os.getpid()}}")
    """
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    refusal, rest, _ = ended.stdout.split("\n")
    count, process = rest.split(maxsplit=1)
    assert refusal == f"This run belongs to {process}, from which this one was forked: go on there."
    assert (int(count), ended.stderr) == (len(BATCH) - 1, "")


def test_the_same_process_is_refused_too(server: Sandbox, journal: Path) -> None:
    with server.client.orders.create_orders([KEYED], journal=journal) as run:
        outcomes = iter(run)
        next(outcomes)
        with pytest.raises(JournalError, match="using it"):
            server.client.orders.create_orders([KEYED], journal=journal).run()


def test_another_server_and_another_operation_are_refused(server: Sandbox, journal: Path) -> None:
    server.client.orders.create_orders([KEYED], journal=journal).run()
    with open_client("sync", "key", "http://127.0.0.1:9") as client:
        with pytest.raises(JournalError, match=r"belongs to base_url http://127.0.0.1:\d+, not http://127"):
            client.orders.create_orders([KEYED], journal=journal).run()
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("UPDATE about SET value = 'request_removals' WHERE name = 'operation'")
    with pytest.raises(JournalError, match="belongs to operation request_removals, not create_orders"):
        server.client.orders.create_orders([KEYED], journal=journal).run()


def test_an_external_id_means_the_same_request_for_ever(server: Sandbox, journal: Path) -> None:
    server.client.orders.create_orders([KEYED], journal=journal).run()
    with pytest.raises(
        ValidationError, match=r"requests\[0\]: external_id 'KEY-77' was sent with other content"
    ):
        server.client.orders.create_orders([{**KEYED, "notes": "knock"}], journal=journal).run()
    assert len(server.ledger) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no database at all" * 100, "it is damaged, or no journal"),
        (b"SQLite format 3\x00" + b"\xff" * 5000, "it is damaged, or no journal"),
    ],
)
def test_a_damaged_file_is_refused_before_anything_is_sent(
    server: Sandbox, journal: Path, content: bytes, message: str
) -> None:
    journal.write_bytes(content)
    refused(server, journal, message)
    assert journal.read_bytes() == content


def test_a_journal_whose_rows_are_damaged_is_refused(server: Sandbox, journal: Path) -> None:
    server.client.orders.create_orders([KEYED], journal=journal).run()
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("UPDATE rows SET state = 'nonsense'")
    refused(server, journal, "is damaged", sent=1)
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("DROP TABLE rows")
    refused(server, journal, "no such table: rows", sent=1)


def test_a_database_of_something_else_and_a_later_format_are_refused(server: Sandbox, journal: Path) -> None:
    with closing(sqlite3.connect(journal)) as database, database:
        database.execute("CREATE TABLE accounts (name)")
    journal.chmod(0o644)
    before = journal.read_bytes()
    refused(server, journal, "it is a database of something else")
    assert (journal.read_bytes(), stat.S_IMODE(journal.stat().st_mode)) == (before, 0o644)
    other = journal.with_name("later")
    server.client.orders.create_orders([KEYED], journal=other).run()
    with closing(sqlite3.connect(other)) as database, database:
        database.execute("PRAGMA user_version = 4")
    refused(server, other, "its format is 4, and this version of signtraker knows 3", sent=1)


def test_the_file_behind_a_symbolic_link_is_private_too(server: Sandbox, journal: Path) -> None:
    target = journal.with_name("target")
    journal.symlink_to(target)
    for outcome in server.client.orders.create_orders([KEYED], journal=journal):
        assert outcome.state == "created"
        modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in journal.parent.glob("target*")}
        assert modes == dict.fromkeys(("target", "target-lock", "target-wal"), 0o600)


@pytest.mark.parametrize("place", ["missing/signs.journal", ".", "file/signs.journal"])
def test_a_place_where_no_file_can_be_is_refused(server: Sandbox, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    refused(server, tmp_path / place, "can't be opened")


def test_a_file_that_can_not_be_written_is_refused(server: Sandbox) -> None:
    # Not even root can write it.
    refused(server, Path("/proc/version"), "can't be")


@contextmanager
def files_no_larger_than(size: int) -> Generator[None]:
    """Let writes beyond a size fail, as on a full disk."""
    before, writes_bytecode = resource.getrlimit(resource.RLIMIT_FSIZE), sys.dont_write_bytecode
    sys.dont_write_bytecode = (
        True  # Python would keep a truncated file for a module that is imported meanwhile.
    )
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        sys.dont_write_bytecode = writes_bytecode


def test_a_full_disk_is_told_before_anything_is_sent(server: Sandbox, journal: Path) -> None:
    with files_no_larger_than(10_000):
        refused(server, journal, "can't be")


def test_a_disk_that_fills_up_ends_the_run_with_a_correct_report(server: Sandbox, journal: Path) -> None:
    batch = [CreateOrderRequest(agent_id=1, preset_id=1, street_name=f"Elm {at}") for at in range(6)]
    run = server.client.orders.create_orders(batch, journal=journal, max_concurrency=1)
    outcomes = iter(run)
    message = [next(outcomes)]
    with files_no_larger_than(1), pytest.raises(JournalError, match="can't be written") as caught:
        message += outcomes
    del outcomes
    assert "Call the method again with the same journal" in caught.value.__notes__[0]
    made = [entry.subject_id for entry in server.ledger]
    assert [one.order_id for one in run.report.outcomes if one.order_id] == made
    assert len(made) < 6
    report = server.client.orders.create_orders(batch, journal=journal).run()
    unknown = report.with_state("unknown")
    found = [one.candidates[0].order.id for one in unknown if one.candidates]
    assert found == made[len(message) :]
    # The intent of one more may have been saved before the disk was full; it was not sent.
    assert len(server.ledger) == 6 - (len(unknown) - len(found)) >= 5


def refused(server: Sandbox, journal: Path, message: str, sent: int = 0) -> None:
    """Expect one sentence, and nothing sent."""
    with pytest.raises(JournalError) as caught:
        server.client.orders.create_orders([KEYED], journal=journal).run()
    assert str(caught.value).startswith(f"The journal {journal} ")
    assert message in str(caught.value)
    assert len([one for one in server.requests if one.method == "POST"]) == sent
