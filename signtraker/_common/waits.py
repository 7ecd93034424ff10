"""Wait for an event of asyncio, for some time at most."""

from __future__ import annotations

import asyncio


async def wait_at_most(event: asyncio.Event, seconds: float | None) -> None:
    """Wait until an event is set, and set it after so many seconds; None for no limit.

    Not `asyncio.timeout`: one of 0 seconds takes a cancellation that came just before for its own.
    """
    timer = None if seconds is None else asyncio.get_running_loop().call_later(seconds, event.set)
    try:
        await event.wait()
    finally:
        if timer is not None:
            timer.cancel()
