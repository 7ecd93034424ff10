"""Run random operations on a sandbox through the SDK, and compare it with a small model."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import Phase
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from thoroughness import same_each_time

from signtraker import (
    CreateAwardRequest,
    NotFoundError,
    Order,
    Q,
    RefRequest,
    ServerError,
    SignTrakerClient,
    UnconfirmedWriteError,
    ValidationError,
)
from signtraker.sandbox import Sandbox
from signtraker.sandbox.clock import REFERENCE

if TYPE_CHECKING:
    from collections.abc import Iterator

_PRICE = Decimal(65)
_cities = st.sampled_from(["Sandy", "O'Brien", "Söhne", "50 %", "", "a_b"])
_days = st.sampled_from([None, -3, 0, 1, 2, 5])
_steps = st.sampled_from([0.25, 2, 4, 10])


@dataclass
class _Expected:
    """One order as it should be."""

    city: str
    agent: int
    due: datetime
    draft_from: datetime
    installed: datetime | None = None
    removal_due: datetime | None = None
    removed: datetime | None = None
    status: str = "Designing"


@dataclass
class _Purse:
    expires: datetime | None
    left: Decimal
    key: int
    restrictions: tuple[str, ...] = ()

    def pays(self, now: datetime) -> bool:
        allowed = not self.restrictions or "Installation" in self.restrictions
        return allowed and (self.expires is None or self.expires > now)


@dataclass
class _World:
    now: datetime = REFERENCE
    orders: dict[int, _Expected] = field(default_factory=dict[int, _Expected])
    purses: dict[int, list[_Purse]] = field(default_factory=dict[int, list[_Purse]])
    services: dict[int, tuple[datetime, datetime | None]] = field(
        default_factory=dict[int, "tuple[datetime, datetime | None]"]
    )
    work: list[str] = field(default_factory=list[str])

    def move(self, to: datetime) -> None:
        """Let happen what is due."""
        since, self.now = self.now, to
        for one in self.orders.values():
            if one.status == "Designing" and one.draft_from <= to:
                one.status = "Draft"
            if one.status == "Draft":
                when = max(one.due, one.draft_from, since)
                if when <= to:
                    one.status, one.installed = "Installed", when
            elif one.status == "Installed" and one.removal_due is not None:
                when = max(one.removal_due, since)
                if when <= to:
                    one.status, one.removed = "Removed", when
        for key, (due, done) in self.services.items():
            if done is None and max(due, since) <= to:
                self.services[key] = (due, max(due, since))

    def pay(self, agent: int) -> None:
        price = _PRICE
        latest = datetime.max.replace(tzinfo=REFERENCE.tzinfo)
        for purse in sorted(self.purses.get(agent, []), key=lambda one: (one.expires or latest, one.key)):
            if purse.pays(self.now):
                part = min(price, purse.left)
                purse.left -= part
                price -= part


class SandboxMachine(RuleBasedStateMachine):
    """What a client can do, and what must then be true."""

    shared: ClassVar[Sandbox]
    client: ClassVar[SignTrakerClient]
    agents: ClassVar[tuple[int, int]]
    seeded_awards: ClassVar[set[int]]
    design: ClassVar[timedelta] = timedelta(days=1)

    placed = Bundle[int]("placed")

    def __init__(self) -> None:
        super().__init__()
        self.world = _World()

    @initialize()
    def begin(self) -> None:
        self.shared.reset()

    @rule(target=placed, agent=st.integers(1, 2), city=_cities, days=_days)
    def create(self, agent: int, city: str, days: int | None) -> int:
        due = None if days is None else self.world.now + timedelta(days=days)
        result = self.client.orders.create_order(
            agent_id=self._agent(agent), preset_id=1, city=city, due_date=due
        )
        assert result.status == "Designing"
        assert result.order_id is not None
        self._expect(result.order_id, agent, city, due)
        return result.order_id

    @rule(agent=st.integers(1, 2), after_work=st.booleans())
    def lose_the_answer_to_a_write(self, agent: int, after_work: bool) -> None:  # noqa: FBT001 - drawn
        self.shared.faults.add(method="POST", reset="before_answer" if after_work else "before_work")
        with pytest.raises(UnconfirmedWriteError):
            self.client.orders.create_order(agent_id=self._agent(agent), preset_id=1, city="lost")
        if after_work:
            [newest] = self.client.orders.list_orders(orderby=Q.id.desc(), top=1)
            self._expect(newest.id, agent, "lost", None)

    @rule(key=placed)
    def read_through_a_fault(self, key: int) -> None:
        self.shared.faults.add(method="GET", status=503)
        assert self.client.orders.get_order(key).id == key
        self.shared.faults.add(method="GET", status=500, times=3)
        with pytest.raises(ServerError):
            self.client.orders.get_order(key)
        self.shared.faults.clear()

    @rule(step=_steps)
    def wait(self, step: float) -> None:
        self.world.move(self.shared.clock.advance(days=step))

    @precondition(lambda self: self.standing())
    @rule(pick=st.integers(0, 5), days=_days)
    def request_removal(self, pick: int, days: int | None) -> None:
        key = self.standing()[pick % len(self.standing())]
        due = None if days is None else self.world.now + timedelta(days=days)
        answered = self.client.orders.request_removal(key, due_date=due).due_date
        assert answered == (due or _midnight(self.world.now) + timedelta(days=3))
        self.world.orders[key].removal_due = answered
        self.world.work.append("removal.requested")

    @precondition(lambda self: self.standing())
    @rule(pick=st.integers(0, 5))
    def order_a_service(self, pick: int) -> None:
        key = self.standing()[pick % len(self.standing())]
        [service] = self.client.services.create_service(
            install_id=key, preset_id=1, override_price_limit=False
        )
        self.world.services[service.id] = (self.world.now + timedelta(days=3), None)
        self.world.work.append("service.created")

    @rule(key=placed)
    def ask_for_work_on_a_sign_that_does_not_stand(self, key: int) -> None:
        if key in self.standing():
            return
        with pytest.raises(ValidationError, match="not installed"):
            self.client.orders.request_removal(key)
        with pytest.raises(ValidationError, match="not installed"):
            self.client.change_orders.create_change_order(
                install_id=key, preset_id=1, override_price_limit=False
            )

    @rule(
        agent=st.integers(1, 2),
        amount=st.integers(1, 100),
        days=st.sampled_from([None, 0, 3, 30]),
        restriction=st.sampled_from([(), ("Printing",), ("Printing", "Installation")]),
    )
    def award(self, agent: int, amount: int, days: int | None, restriction: tuple[str, ...]) -> None:
        expires = None if days is None else self.world.now + timedelta(days=days)
        award = self.client.credits.create_award(
            CreateAwardRequest(
                awarded_to=RefRequest(id=self._agent(agent)),
                total_amount=amount,
                expiration_date=expires,
                restrictions=list(restriction),
            )
        )
        purse = _Purse(expires, Decimal(amount), award.id, restriction)
        self.world.purses.setdefault(agent, []).append(purse)
        self.world.work.append("award.created")

    @rule()
    def ask_for_what_is_not_there(self) -> None:
        with pytest.raises(NotFoundError):
            self.client.orders.get_order(5)
        with pytest.raises(ValidationError, match="agent 999 does not exist"):
            self.client.orders.create_order(agent_id=999, preset_id=1)

    @rule(city=_cities)
    def find_by_city(self, city: str) -> None:
        found = self.client.orders.list_orders(filter=Q.job_site.city == city, select=[Q.id], orderby=Q.id)
        wanted = [key for key, one in self.world.orders.items() if one.city == city]
        assert [one.id for one in found] == sorted(wanted)

    @invariant()
    def every_order_is_as_expected(self) -> None:
        orders = {one.id: _seen(one) for one in self.shared.orders}
        wanted = {
            key: (one.status, one.city, one.installed, one.removal_due, one.removed)
            for key, one in self.world.orders.items()
        }
        assert orders == wanted

    @invariant()
    def what_is_left_of_awards_and_done_of_services_is_as_expected(self) -> None:
        left = {
            one.id: one.remaining_amount for one in self.shared.awards if one.id not in self.seeded_awards
        }
        purses = [purse for of_agent in self.world.purses.values() for purse in of_agent]
        assert left == {purse.key: purse.left for purse in purses}
        done = {one.id: one.completion_date for one in self.shared.services}
        assert done == {key: completed for key, (_, completed) in self.world.services.items()}

    @invariant()
    def the_ledger_holds_the_work_and_nothing_else(self) -> None:
        assert [one.action for one in self.shared.ledger] == self.world.work
        assert [one.id for one in self.shared.ledger] == list(range(1, len(self.world.work) + 1))

    def standing(self) -> list[int]:
        return [key for key, one in self.world.orders.items() if one.status == "Installed"]

    def _agent(self, number: int) -> int:
        return self.agents[number - 1]

    def _expect(self, key: int, agent: int, city: str, due: datetime | None) -> None:
        now = self.world.now
        assert key not in self.world.orders
        self.world.orders[key] = _Expected(city, agent, due or now + timedelta(days=3), now + self.design)
        self.world.pay(agent)
        self.world.work.append("order.created")


def _seen(order: Order) -> tuple[object, ...]:
    city = order.job_site.city if order.job_site else None
    return order.status, city, order.date_installed, order.removal_due_date, order.removal_date


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


@pytest.fixture
def machine() -> Iterator[type[SandboxMachine]]:
    """Return the machine on a sandbox without orders, for two agents who have no price of their own."""
    with Sandbox(orders=0, design_days=1) as sandbox:
        unpriced = [one.id for one in sandbox.agents if one.basic_install_price is None]
        awarded = {one.awarded_to.id for one in sandbox.awards if one.awarded_to}
        first, second, *_ = (key for key in unpriced if key not in awarded)
        SandboxMachine.agents = (first, second)
        SandboxMachine.seeded_awards = {one.id for one in sandbox.awards}
        SandboxMachine.shared = sandbox
        SandboxMachine.client = sandbox.new_client(retry_backoff_seconds=0)
        yield SandboxMachine


@pytest.mark.once
@pytest.mark.slow
def test_random_operations_agree_with_the_model(machine: type[SandboxMachine]) -> None:
    run_state_machine_as_test(
        machine,
        settings=same_each_time(
            12,
            # Shrinking a failure would take minutes; a life of 25 steps can be read as it is.
            phases=[Phase.generate],
            stateful_step_count=25,
        ),
    )
