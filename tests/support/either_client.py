"""Run one test suite with both clients: the async one gets the methods of the sync one."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias, cast

from signtraker import AsyncBulkRun, AsyncSignTrakerClient, SignTrakerClient
from signtraker.aio import AsyncBaseClient

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

Flavour: TypeAlias = Literal["sync", "async"]


@contextmanager
def open_client(flavour: Flavour, *args: Any, **options: Any) -> Generator[SignTrakerClient]:
    """Open a client of either kind, to be used like a sync one."""
    if flavour == "sync":
        with SignTrakerClient(*args, **options) as client:
            yield client
        return
    with asyncio.Runner() as runner:
        twin = AsyncSignTrakerClient(*args, **options)
        try:
            yield cast("SignTrakerClient", Blocking(twin, runner))
        finally:
            runner.run(twin.close())


class Blocking:
    """Awaits what an async client returns, in the context of the caller."""

    def __init__(self, target: AsyncBaseClient, runner: asyncio.Runner) -> None:
        self._target = target
        self._runner = runner

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        if isinstance(value, AsyncBaseClient):
            return Blocking(value, self._runner)
        return self._blocking(value) if inspect.ismethod(value) else value

    def _blocking(self, method: Any) -> Any:
        def call(*args: Any, **options: Any) -> Any:
            bare = [getattr(one, "awaited", one) for one in args]
            result: Any = method(*bare, **options)
            if isinstance(result, AsyncBaseClient):
                return Blocking(result, self._runner)
            if isinstance(result, AsyncBulkRun):
                return BlockingRun(result, self._runner)  # pyright: ignore[reportUnknownArgumentType]  # as below
            if isinstance(result, AsyncIterator):
                return _Rows(result, self._run)  # pyright: ignore[reportUnknownArgumentType]  # Any, narrowed
            return self._run(result) if inspect.iscoroutine(result) else result

        call.awaited = method  # type: ignore[attr-defined]  # for `prepare`, which takes the method itself
        return call

    def _run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine, context=contextvars.copy_context())


class BlockingRun:
    """Awaits what an async run of a batch does."""

    def __init__(self, run: AsyncBulkRun[Any, Any], runner: asyncio.Runner) -> None:
        self._target = run
        self._runner = runner

    @property
    def report(self) -> Any:
        return self._target.report

    def run(self) -> Any:
        return self._run(self._target.run())

    def __iter__(self) -> Iterator[Any]:
        outcomes = aiter(self._target)

        async def following() -> Any:
            return await anext(outcomes, outcomes)

        while (outcome := self._run(following())) is not outcomes:
            yield outcome

    def __enter__(self) -> Self:
        self._run(self._target.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        leave: Any = self._target.__aexit__
        self._run(leave(*error))

    def _run(self, coroutine: Any) -> Any:
        return self._runner.run(coroutine, context=contextvars.copy_context())


class _Rows(Iterator[Any]):
    """The rows of an async iterator. Like that one, it goes on after an error."""

    def __init__(self, rows: Any, run: Callable[[Any], Any]) -> None:
        self._rows = rows
        self._run = run

    async def _following(self) -> Any:
        return await anext(self._rows, self)

    def __next__(self) -> Any:
        row = self._run(self._following())
        if row is self:
            raise StopIteration
        return row

    def iter_batches(self, *args: Any, **options: Any) -> _Rows:
        return _Rows(self._rows.iter_batches(*args, **options), self._run)

    def close(self) -> None:
        self._run(self._rows.close())

    def __enter__(self) -> Self:
        self._run(self._rows.__aenter__())
        return self

    def __exit__(self, *error: object) -> None:
        self._run(self._rows.__aexit__(*error))
