"""Check that the garbage collector is paused for large lists only, and always switched on again."""

from __future__ import annotations

import gc
import json
import os
from contextlib import ExitStack
from threading import Thread
from typing import TYPE_CHECKING

import pytest

from signtraker import UnreadableResponseError
from signtraker._core.collector import collector_paused
from signtraker._core.response import ReadList
from signtraker.models import Order

if TYPE_CHECKING:
    from collections.abc import Iterator

LARGE = 10**6


@pytest.fixture(autouse=True)
def _enabled() -> Iterator[None]:
    gc.enable()
    yield
    gc.enable()


def test_the_collector_is_paused_for_a_large_list_only() -> None:
    with collector_paused(100):
        assert gc.isenabled()
    with collector_paused(LARGE):
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_large_list_that_can_not_be_read_leaves_the_collector_on() -> None:
    body = json.dumps([{"Id": "x"} for _ in range(10_000)]).encode()
    with pytest.raises(UnreadableResponseError):
        ReadList(Order)(body)
    assert gc.isenabled()


def test_a_collector_that_the_caller_switched_off_stays_off() -> None:
    gc.disable()
    with collector_paused(LARGE):
        pass
    assert not gc.isenabled()


def test_the_last_of_several_threads_switches_the_collector_on() -> None:
    with ExitStack() as first:
        first.enter_context(collector_paused(LARGE))

        def pause() -> None:
            with collector_paused(LARGE):
                pass

        thread = Thread(target=pause)
        thread.start()
        thread.join()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_a_process_that_was_forked_during_a_pause_has_its_collector_on() -> None:
    with collector_paused(LARGE):
        child = os.fork()
        if child == 0:
            os._exit(0 if gc.isenabled() else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert gc.isenabled()
