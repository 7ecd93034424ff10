"""Write from forked processes that share a client, and count the writes that received another write's order.

PYTHONPATH=. .cache/test-3.11/bin/python scripts/measure_forks.py [rounds]

Each round makes 300 orders from a parent and its children, after the parent has opened a connection. Each
order is then read back: it must hold the note that its writer gave it.
"""

from __future__ import annotations

import json
import os
import sys

from signtraker import SignTrakerClient
from signtraker.sandbox import Sandbox

WRITES = 300
PROCESSES = 4


def write_and_compare(client: SignTrakerClient, who: str, writes: int) -> list[str]:
    """Create orders; return what was wrong with any of them."""
    wrong: list[str] = []
    for number in range(writes):
        notes = f"{who} {number}"
        made = client.orders.create_order(agent_id=1, preset_id=1, notes=notes).order_id
        found = None if made is None else client.orders.get_order(made).notes
        if found != notes:
            wrong.append(f"{notes!r} received order {made}, which says {found!r}")
    return wrong


def in_child(client: SignTrakerClient, who: str, writes: int) -> int:
    """Fork, and write in the child; return what its result is read from."""
    readable, writable = os.pipe()
    if os.fork() == 0:
        os.close(readable)
        code = 1
        try:
            os.write(writable, json.dumps(write_and_compare(client, who, writes)).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writable)
    return readable


def main() -> None:
    """Run the rounds and print what was wrong."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    share = WRITES // PROCESSES
    wrong: list[str] = []
    with Sandbox() as sandbox:
        for number in range(rounds):
            with SignTrakerClient(sandbox.api_key, sandbox.url) as client:
                client.orders.get_order(1001)
                pipes = [in_child(client, f"{number} child {one}", share) for one in range(1, PROCESSES)]
                wrong += write_and_compare(client, f"{number} parent", share)
                for pipe in pipes:
                    with os.fdopen(pipe) as results:
                        wrong += json.load(results)
                    os.wait()
            print(
                f"round {number + 1}: {(number + 1) * share * PROCESSES} writes, {len(wrong)} mixed up",
                flush=True,
            )
        posts = sum(one.method == "POST" for one in sandbox.requests)
    print(f"the server saw {posts} writes (it keeps the last ones only)", *wrong, sep="\n")


if __name__ == "__main__":
    main()
