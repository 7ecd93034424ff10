"""Stand between a job and the sandbox, and break what passes, as a scenario says.

python chaos_proxy.py SANDBOX_PORT

It prints its own port. `PUT /scenario` (JSON) begins a scenario, `GET /scenario` shows how many requests it
still holds back. Everything else goes on to the sandbox, after the fate that the scenario's seed gives it.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
import time
from dataclasses import dataclass, field
from typing import Any, cast

FATES = {
    "pass": 8,
    "lost_request": 1,
    "lost_answer": 1,
    "failed_before": 1,
    "failed_after": 1,
    "refused_for_now": 1,
    "cut_answer": 1,
}
"""The fates of a creation or a removal, and how likely each is."""


@dataclass
class Scenario:
    """The failures to cause, and the record of what has happened so far."""

    seed: int = 0
    faults: bool = False
    late_seconds: float = 0.0
    """Requests that are lost are executed so much later; 0 for never."""
    lag_seconds: float = 0.0
    """New orders show in lists so much later."""
    normalises: bool = False
    """Whether lists show `Street` as `St`."""
    count: int = 0
    held_back: int = 0
    seen: dict[int, float] = field(default_factory=dict[int, float])
    """The time at which each order was created, by its id."""


class Proxy:
    """Serves one sandbox."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.scenario = Scenario()
        self._late = set[asyncio.Task[None]]()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection, request by request."""
        try:
            while (head := await _head(reader)) is not None:
                body = await reader.readexactly(_length(head))
                answer = await self._answer(head, body)
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # The job was killed.
        finally:
            writer.transport.abort()

    async def _answer(self, head: bytes, body: bytes) -> bytes | None:
        """Return the answer to one request; None to lose the connection."""
        if b" /scenario " in head.partition(b"\r\n")[0]:
            if head.startswith(b"PUT"):
                self.scenario = Scenario(**json.loads(body))
            return _response({"held_back": self.scenario.held_back})
        if head.startswith(b"GET /api/orders?"):
            return self._listed(await self._forward(head, body))
        if head.startswith(b"POST /api/orders"):
            return await self._write(head, body)
        return await self._forward(head, body)

    async def _write(self, head: bytes, body: bytes) -> bytes | None:
        scenario = self.scenario
        scenario.count += 1
        chance = random.Random(f"{scenario.seed} {scenario.count}")
        fate = chance.choices(list(FATES), list(FATES.values()))[0] if scenario.faults else "pass"
        match fate:
            case "lost_request":
                self._hold_back(scenario, head, body)
                return None
            case "failed_before":
                return _response({"Message": "An error has occurred."}, b"503 Unavailable")
            case "refused_for_now":
                return _response({"Message": "Slow down."}, b"429 Too Many Requests\r\nRetry-After: 0")
            case _:
                answer = await self._forward(head, body)
        content = json.loads(answer.partition(b"\r\n\r\n")[2])
        if content.get("OrderId"):
            scenario.seen[content["OrderId"]] = time.monotonic()
        broken = {"failed_after": _response({"Message": "An error has occurred."}, b"500 Failed")}
        broken["cut_answer"] = _response({})
        return None if fate == "lost_answer" else broken.get(fate, answer)

    def _hold_back(self, scenario: Scenario, head: bytes, body: bytes) -> None:
        if scenario.late_seconds:
            scenario.held_back += 1
            late = asyncio.create_task(self._execute_later(scenario, head, body))
            self._late.add(late)
            late.add_done_callback(self._late.discard)

    async def _execute_later(self, scenario: Scenario, head: bytes, body: bytes) -> None:
        await asyncio.sleep(scenario.late_seconds)
        await self._forward(head, body)
        scenario.held_back -= 1

    def _listed(self, answer: bytes) -> bytes:
        head, _, content = answer.partition(b"\r\n\r\n")
        rows: Any = json.loads(content)
        if not isinstance(rows, list):
            return answer
        scenario, now = self.scenario, time.monotonic()
        shown: list[dict[str, Any]] = []
        for row in cast("list[dict[str, Any]]", rows):
            if now - scenario.seen.get(row["Id"], 0.0) < scenario.lag_seconds:
                continue
            if scenario.normalises and row["JobSite"]["StreetName"]:
                row["JobSite"]["StreetName"] = row["JobSite"]["StreetName"].replace("Street", "St")
            shown.append(row)
        date = [line for line in head.split(b"\r\n") if line.lower().startswith(b"date:")]
        return _response(shown, b"\r\n".join([b"200 OK", *date]))

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(head + body)
            answer = await _head(reader) or b""
            return answer + await reader.readexactly(_length(answer))
        finally:
            writer.close()


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return None


def _length(head: bytes) -> int:
    lines = head.lower().split(b"\r\n")
    return next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)


def _response(content: object, status: bytes = b"200 OK") -> bytes:
    body = json.dumps(content).encode()
    head = b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    return head % (status, len(body)) + body


async def main() -> None:
    """Serve until killed."""
    proxy = Proxy(int(sys.argv[1]))
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
