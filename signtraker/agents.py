"""Agents: list, read, create and change them, and switch them on and off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import validated, write_request
from signtraker._core.merge_patch import check_change
from signtraker._core.request import MERGE_PATCH, Request, before_sending
from signtraker._core.response import ReadNothing, ReadOne
from signtraker._lists.listing import Listing
from signtraker._lists.options import ListOptions, checked_id, text_parameter
from signtraker._lists.paging import PAGE_SIZE
from signtraker.base_client import BaseClient
from signtraker.models import Agent, CreateAgentRequest, UpdateAgentRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Unpack

    from signtraker._core.request import Pairs
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker.models._payloads import CreateAgentDict, UpdateAgentDict

_AGENTS = Listing("/api/agents", Agent)


class AgentsClient(BaseClient):
    """The agents of a tenant; also reached as `client.agents`."""

    def list_agents(
        self,
        *,
        email: str | None = None,
        filter: FilterOption[Agent] | None = None,  # noqa: A002 - the documented name
        top: int | None = None,
        skip: int | None = None,
        orderby: OrderBy[Agent] | None = None,
        select: Select[Agent] | None = None,
    ) -> list[Agent]:
        """List agents, as many as the server gives at once.

        Args:
            email: Only the agent with this e-mail address.
            filter: Which agents: an `AgentQ` expression, or OData text, which is sent as it is.
            top: How many at most.
            skip: How many to leave out first; give an `orderby` along with it.
            orderby: A field, an ordering like `AgentQ.id.desc()`, OData text, or a sequence of these.
            select: The top-level fields to fetch; reading another one then raises `NotSelectedError`.
        """
        return self._list(_AGENTS, ListOptions(filter, top, skip, orderby, select), _own(email))

    def iter_agents(
        self,
        *,
        email: str | None = None,
        filter: FilterOption[Agent] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Agent] | None = None,
        select: Select[Agent] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
    ) -> Iterator[Agent]:
        """Read all agents, page by page, each page when its first row is wanted.

        It goes by key in every ordering of plain fields: rows that are inserted, removed or changed meanwhile
        neither repeat nor hide others. An ordering by an expression, by unreadable text, by a nested field
        beside `select`, or one whose conditions go beyond the server's limits goes by offset instead, and
        gives a `UserWarning`: rows that leave the filter meanwhile may then hide others.

        Args:
            email: Only the agent with this e-mail address.
            filter: As for `list_agents`.
            orderby: As for `list_agents`.
            select: As for `list_agents`.
            page_size: How many to ask for at once.
            max_items: How many to read at most.
        """
        options = ListOptions(filter, None, None, orderby, select)
        return self._iterate(_AGENTS, options, page_size, max_items, _own(email))

    def get_agent(self, agent_id: int) -> Agent:
        """Read one agent; raises `NotFoundError` if there is none with this id."""
        return self._send(_AGENTS.record("agent_id", agent_id))

    @overload
    def create_agent(
        self,
        agent: CreateAgentRequest | CreateAgentDict | Mapping[str, object],
        *,
        extra_fields: Mapping[str, object] | None = None,
    ) -> Agent: ...
    @overload
    def create_agent(
        self,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Unpack[CreateAgentDict],
    ) -> Agent: ...
    def create_agent(
        self,
        agent: CreateAgentRequest | CreateAgentDict | Mapping[str, object] | None = None,
        *,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> Agent:
        """Create an agent, as a model, a mapping or keyword arguments.

        It is checked whole before anything is sent: a `ValidationError` lists every mistake. It is sent
        once; an `UnconfirmedWriteError` means that it may have been created.

        `extra_fields` holds fields that the models don't know yet, by their API names. They are sent as they
        are.
        """
        body = (CreateAgentRequest, agent, fields, extra_fields)
        return self._send(
            write_request(
                _AGENTS.path,
                body,
                ReadOne(Agent),
                lambda request: f"see whether list_agents(email={request.email!r}) finds it",
            )
        )

    @overload
    def update_agent(
        self,
        agent_id: int,
        changes: UpdateAgentRequest | UpdateAgentDict | Mapping[str, object] | None = None,
        *,
        before: Agent | None = None,
        extra_fields: Mapping[str, object] | None = None,
    ) -> Agent: ...
    @overload
    def update_agent(
        self,
        agent_id: int,
        *,
        before: Agent | None = None,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Unpack[UpdateAgentDict],
    ) -> Agent: ...
    def update_agent(
        self,
        agent_id: int,
        changes: UpdateAgentRequest | UpdateAgentDict | Mapping[str, object] | None = None,
        *,
        before: Agent | None = None,
        extra_fields: Mapping[str, object] | None = None,
        **fields: Any,
    ) -> Agent:
        """Change exactly the fields that are set, by a JSON Merge Patch (RFC 7396).

        An explicit None clears a field; a nested model changes only what it sets itself.

        Args:
            agent_id: Which agent.
            changes: What to change, as a model or a mapping; `merge_patch(before, after)` computes it.
            before: The agent as it is, if known: a change that the API refuses is then refused before it is
                sent, and a change of nothing sends nothing and returns it.
            extra_fields: Fields that the models don't know yet, by their API names; sent as they are.
            **fields: What to change, as keyword arguments.

        Raises:
            ValidationError: A field is wrong; no field is set and `before` is not given; or an agent
                would become a manager, or a manager an agent.
        """
        with before_sending("PATCH", f"{_AGENTS.path}/{{agent_id}}"):
            number = checked_id("agent_id", agent_id)
            patch = validated(UpdateAgentRequest, changes, fields)
            if not extra_fields:
                check_change(number, patch, before)
        if before is not None and not patch.model_fields_set and not extra_fields:
            return before
        return self._send(
            write_request(
                f"{_AGENTS.path}/{number}",
                (UpdateAgentRequest, patch, {}, extra_fields),
                ReadOne(Agent, number),
                lambda _: f"see get_agent({number})",
                method="PATCH",
                content_type=MERGE_PATCH,
            )
        )

    def activate_agent(self, agent_id: int) -> None:
        """Let an agent use the portal again."""
        return self._send(_switch("activate", agent_id))

    def deactivate_agent(self, agent_id: int) -> None:
        """Keep an agent from using the portal."""
        return self._send(_switch("deactivate", agent_id))


def _own(email: str | None) -> Pairs:
    return () if email is None else (("email", text_parameter("email", email)),)


def _switch(action: str, agent_id: int) -> Request[None]:
    query = (("id", str(checked_id("agent_id", agent_id))),)
    check_hint = f"see get_agent({agent_id}).is_inactive"
    return Request("POST", f"{_AGENTS.path}/{action}", ReadNothing(), query, check_hint=check_hint)
