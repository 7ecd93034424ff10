"""Check the OpenTelemetry spans of calls, with the real SDK and an exporter in memory."""

from __future__ import annotations

import asyncio
import logging
import pickle
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

import pytest
from either_client import open_client
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from scripted_server import Reply, ScriptedServer

from signtraker import (
    AttemptInfo,
    CallHooks,
    NetworkError,
    NotFoundError,
    Q,
    SignTrakerClient,
    SignTrakerError,
    UnconfirmedServerError,
)
from signtraker.opentelemetry import OpenTelemetryHooks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from either_client import Flavour
    from opentelemetry.sdk.trace import ReadableSpan

    from signtraker.sandbox import Sandbox

KEY = "k3y-THAT-must-not-leak"


class Tracing:
    """A provider of its own, and the spans that it has exported."""

    def __init__(self) -> None:
        self.provider = TracerProvider()
        self._exporter = InMemorySpanExporter()
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = self.provider.get_tracer("application")
        self.hooks = OpenTelemetryHooks(self.provider)

    def spans(self) -> list[ReadableSpan]:
        """Return the spans of calls since the last time, in the order of their end."""
        ended = [one for one in self._exporter.get_finished_spans() if one.kind is trace.SpanKind.CLIENT]
        self._exporter.clear()
        return ended


@pytest.fixture
def tracing() -> Iterator[Tracing]:
    made = Tracing()
    yield made
    made.provider.shutdown()


@pytest.fixture(params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> Flavour:
    return cast("Flavour", request.param)


def attributes(span: ReadableSpan) -> dict[str, Any]:
    return dict(span.attributes or {})


def test_a_call_is_one_span_with_all_of_its_attempts(flavour: Flavour, tracing: Tracing) -> None:
    replies = [Reply.json("", 503), Reply.json('{"Id": 7}')]
    with ScriptedServer(replies) as server:
        options: Any = {"retry_backoff_seconds": 0, "hooks": [tracing.hooks]}
        with open_client(flavour, KEY, server.url, **options) as client:
            client.orders.get_order(7)
        assert "traceparent" not in server.requests[0].headers
    [span] = tracing.spans()
    assert span.name == "GET /api/orders/{id}"
    assert span.status.status_code is trace.StatusCode.UNSET
    assert attributes(span) == {
        "http.request.method": "GET",
        "url.template": "/api/orders/{id}",
        "server.address": "127.0.0.1",
        "server.port": int(server.url.rpartition(":")[2]),
        "http.response.status_code": 200,
        "http.request.resend_count": 1,
        "signtraker.attempts": 2,
        "signtraker.outcome": "happened",
    }
    scope = span.instrumentation_scope
    assert scope is not None
    assert scope.name == "signtraker"
    assert not trace.get_current_span().get_span_context().is_valid


def test_a_failed_write_is_an_error_with_its_outcome_and_without_anyones_data(
    flavour: Flavour, tracing: Tracing
) -> None:
    with ScriptedServer([Reply.json(f'{{"Message": "Smith, {KEY}"}}', 500)]) as server:
        with open_client(flavour, KEY, server.url, hooks=[tracing.hooks]) as client:
            with pytest.raises(UnconfirmedServerError, match="Smith"):
                client.orders.create_order(agent_id=4711, preset_id=1, street_name="Smith Lane")
            with pytest.raises(SignTrakerError):
                client.with_options(max_retries=0).orders.list_orders(filter=Q.notes == "Smith")
            with pytest.raises(SignTrakerError):
                client.with_options(max_retries=0).agents.get_agent(4711)
    written, *others = tracing.spans()
    assert written.status.status_code is trace.StatusCode.ERROR
    assert written.status.description is None
    assert attributes(written)["error.type"] == "UnconfirmedServerError"
    assert attributes(written)["signtraker.outcome"] == "may_have_happened"
    assert attributes(written)["http.response.status_code"] == 500
    assert "http.request.resend_count" not in attributes(written)
    assert [one.name for one in others] == ["GET /api/orders", "GET /api/agents/{id}"]
    for span in (written, *others):
        for secret in ("Smith", KEY, "4711"):
            assert secret not in span.to_json()


def test_the_port_is_that_of_the_scheme_and_no_response_has_no_status(tracing: Tracing) -> None:
    with SignTrakerClient(KEY, "https://127.0.0.1", max_retries=0, hooks=[tracing.hooks]) as client:
        with pytest.raises(NetworkError):
            client.orders.get_order(7)
    [span] = tracing.spans()
    assert attributes(span)["server.address"] == "127.0.0.1"
    assert attributes(span)["server.port"] == 443
    assert "http.response.status_code" not in attributes(span)


def test_the_span_is_a_child_of_the_current_one_and_is_current_itself(
    flavour: Flavour, sandbox: Sandbox, tracing: Tracing
) -> None:
    inside: list[int] = []

    class Look(CallHooks):
        def before_attempt(self, attempt: AttemptInfo) -> None:
            inside.append(trace.get_current_span().get_span_context().span_id)

    options: Any = {"hooks": [tracing.hooks, Look()]}
    with open_client(flavour, sandbox.api_key, sandbox.url, **options) as client:
        with tracing.tracer.start_as_current_span("job") as job:
            # Pages, with one and with several at a time; threads and tasks get the context of the iteration.
            for concurrency in (1, 3):
                orders = client.orders.iter_orders(page_size=20, max_items=60, concurrency=concurrency)
                assert sum(1 for _ in orders) == 60
            agent = client.agents.list_agents(top=1)[0].id
            preset = client.order_presets.list_order_presets(top=1)[0].id
            rows = [{"agent_id": agent, "preset_id": preset, "notes": f"{at}"} for at in range(3)]
            client.orders.create_orders(rows).run()
            assert trace.get_current_span() is job
    spans = tracing.spans()
    assert len(spans) >= 10
    assert [one.name for one in spans].count("POST /api/orders") == 3
    assert {one.parent and one.parent.span_id for one in spans} == {job.get_span_context().span_id}
    assert set(inside) >= {one.context.span_id for one in spans if one.context}


def test_spans_of_calls_side_by_side_have_the_parents_of_their_threads(
    sandbox: Sandbox, tracing: Tracing
) -> None:
    client = sandbox.client.with_options(hooks=[tracing.hooks])

    def work(number: int) -> tuple[int, int]:
        with tracing.tracer.start_as_current_span(f"job {number}") as job:
            with pytest.raises(NotFoundError):
                client.orders.get_order(2**31 - 1 - number)
            return job.get_span_context().span_id, job.get_span_context().trace_id

    with ThreadPoolExecutor(4) as pool:
        jobs = set(pool.map(work, range(12)))
        with tracing.tracer.start_as_current_span("outer") as outer:
            pool.submit(copy_context().run, client.orders.list_orders, top=1).result()
    jobs.add((outer.get_span_context().span_id, outer.get_span_context().trace_id))
    assert {(one.parent.span_id, one.parent.trace_id) for one in tracing.spans() if one.parent} == jobs


def test_a_cancelled_task_ends_its_span(
    sandbox: Sandbox, tracing: Tracing, caplog: pytest.LogCaptureFixture
) -> None:
    class Cancel(CallHooks):
        def before_attempt(self, attempt: AttemptInfo) -> None:
            cast("asyncio.Task[None]", asyncio.current_task()).cancel()

    with caplog.at_level(logging.WARNING):
        with open_client("async", sandbox.api_key, sandbox.url, hooks=[tracing.hooks, Cancel()]) as client:
            with pytest.raises(asyncio.CancelledError):
                client.orders.create_order(agent_id=1, preset_id=1)
    [span] = tracing.spans()
    assert attributes(span)["error.type"] == "CancelledError"
    assert caplog.records == []


def test_hooks_of_the_global_provider_can_be_pickled_and_others_say_why_not(tracing: Tracing) -> None:
    copy = pickle.loads(pickle.dumps(OpenTelemetryHooks()))  # noqa: S301 - made in this line
    assert isinstance(copy, OpenTelemetryHooks)
    with SignTrakerClient(KEY, "http://127.0.0.1:9", hooks=[tracing.hooks]) as client:
        with pytest.raises(
            TypeError, match=r"^hooks\[0\] can't be pickled, .*tracer_provider belongs to this"
        ):
            pickle.dumps(client)


def test_without_the_extra_the_error_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.delitem(sys.modules, "signtraker.opentelemetry")
    with pytest.raises(ModuleNotFoundError, match=r'-api; get it with: pip install "signtraker\[otel\]"$'):
        import_module("signtraker.opentelemetry")
