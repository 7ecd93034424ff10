"""List, read, create, update, activate and deactivate agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from signtraker._core.body import validated, write_request
from signtraker._core.merge_patch import check_change
from signtraker._core.request import MERGE_PATCH, Request, before_sending
from signtraker._core.response import ReadNothing, ReadOne
from signtraker._lists.arguments import PAGE_SIZE, ListOptions, checked_id, text_parameter
from signtraker._lists.listing import Listing
from signtraker.base_client import BaseClient
from signtraker.models import Agent, CreateAgentRequest, UpdateAgentRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Unpack

    from signtraker._core.request import Pairs
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker._lists.partition import Partition
    from signtraker._lists.threads import RecordIterator
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
        """List agents with one request. The server may return fewer than `top` asks for.

        Args:
            email: Only the agent with this e-mail address.
            filter: A condition: an `AgentQ` expression, or OData text, which is sent unchanged.
            top: The maximum number of records.
            skip: The number of records to skip; give `orderby` too, so that the order is fixed.
            orderby: A field, an ordering such as `AgentQ.id.desc()`, OData text, or a list of these.
            select: The top-level fields to fetch. Reading any other field raises `NotSelectedError`.
        """
        return self._list(_AGENTS, ListOptions(filter, top, skip, orderby, select), _extra_params(email))

    def iter_agents(
        self,
        *,
        email: str | None = None,
        filter: FilterOption[Agent] | None = None,  # noqa: A002 - the documented name
        orderby: OrderBy[Agent] | None = None,
        select: Select[Agent] | None = None,
        page_size: int = PAGE_SIZE,
        max_items: int | None = None,
        concurrency: int = 1,
        partition: Partition | None = None,
    ) -> RecordIterator[Agent]:
        """Read all agents page by page. Each page is requested when its first record is needed.

        If the ordering consists of plain fields, each page continues after the last record by its values. So
        records that are inserted, deleted or changed in the meantime don't make others repeat or go missing.
        The iteration continues by offset instead, with a `UserWarning` that records may be missed, if the
        ordering holds an expression or text that can't be parsed, if it holds a nested field and `select` is
        given, or if the conditions for the next page would exceed the server's limits.

        Args:
            email: Only the agent with this e-mail address.
            filter: As for `list_agents`.
            orderby: As for `list_agents`.
            select: As for `list_agents`.
            page_size: The number of records to request at once.
            max_items: The maximum number of records to read; None reads all.
            concurrency: How many pages may be read at a time, 1 to 100. More than 1 needs an ordering by the
                id, which is the default; see docs/guides/lists.md.
            partition: Only the records of this range of ids, one that `partitions` returned. Needs an
                ordering by the id.
        """
        options = ListOptions(filter, None, None, orderby, select, partition)
        return self._iterate(_AGENTS, options, page_size, max_items, concurrency, _extra_params(email))

    def partitions(
        self,
        n: int,
        *,
        email: str | None = None,
        filter: FilterOption[Agent] | None = None,  # noqa: A002 - the documented name
    ) -> tuple[Partition, ...]:
        """Split the list into ranges of ids, to read them in several processes or on several machines.

        Sends two requests, for the lowest and the highest id. Then any client reads a partition:
        `iter_agents(partition=…)`, with the same filter. Each record is in exactly one partition,
        also one that is created later: the first has no lower bound, and the last no upper one.

        The ids are divided evenly, so partitions hold unequal numbers of records where ids are missing. There
        are fewer than `n` if there are fewer ids, and one if there is no record.

        Args:
            n: The number of partitions, 1 to 100,000.
            email: As for `list_agents`.
            filter: As for `list_agents`.
        """
        from signtraker._lists.read_partitions import read_partitions

        steps = read_partitions(_AGENTS, n, filter, self._connection.config, _extra_params(email))
        return self._run(steps)

    def get_agent(self, agent_id: int) -> Agent:
        """Read one agent. Raises `NotFoundError` if no record has this id."""
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
        """Create an agent from a model, a mapping or keyword arguments.

        Checks the request before sending it: a `ValidationError` lists every mistake. Sends it once: an
        `UnconfirmedWriteError` means that it may have been created.

        Args:
            agent: The agent, as a model or a mapping; or give its fields as keyword arguments.
            extra_fields: Fields that the models don't define yet, by their API names; they are not checked.
            **fields: The fields of `CreateAgentRequest`:
            user_name: The name that the agent uses to sign in. Required.
            email: The agent's e-mail address. Required.
            first_name: The agent's first name. Required.
            last_name: The agent's last name. Required.
            office: The agent's office. Required.
            cellular_phone: The number of the agent's mobile telephone. Required.
            payment_mode: The way in which the agent pays. Required.
            email_confirmed: Whether the address is confirmed.
            is_inactive: True if the agent can't use the portal.
            is_locked: True if the agent's sign-in is locked.
            cc_email: Addresses that get copies, joined by `;`.
            invitation_sent: Whether the agent was invited to the portal.
            manager: The agent's manager.
            address: The agent's postal address.
            office_phone: The telephone number of the office.
            basic_install_price: The price of a basic installation, in the tenant's currency.
            broker_id: The broker's own identifier for the agent.
            default_post_type: The kind of post that is ordered if an order names none.
            notes: Free text about the agent.
            receive_marketing_emails: Whether the agent gets marketing e-mails.
            terms_accepted: Whether the agent has accepted the terms.
            enable_subscription: Whether the agent pays by subscription.
            subscription_price: The price of the subscription, in the tenant's currency.
            is_manager: Whether the agent is a manager. An update can't change this.
            manager_data: The manager's settings. None for an agent who is not a manager.
        """
        body = (CreateAgentRequest, agent, fields, extra_fields)
        return self._send(
            write_request(
                _AGENTS.path,
                body,
                ReadOne(Agent),
                lambda request: f"check whether list_agents(email={request.email!r}) finds it",
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
        """Update the fields that are set, and no others, with a JSON Merge Patch (RFC 7396).

        None clears a field. A nested model changes only the fields that it sets.

        Args:
            agent_id: The id of the agent.
            changes: The fields to change, as a model or a mapping; see `merge_patch(before, after)`. Or give
                them as keyword arguments.
            before: The agent before the change, if known. A change that the API refuses then raises an error
                before it is sent. If no field is set, nothing is sent and `before` is returned.
            extra_fields: Fields that the models don't define yet, by their API names; they are not checked.
            **fields: The fields of `UpdateAgentRequest`:
            email_confirmed: Whether the address is confirmed.
            is_inactive: True if the agent can't use the portal.
            is_locked: True if the agent's sign-in is locked.
            cc_email: Addresses that get copies, joined by `;`.
            invitation_sent: Whether the agent was invited to the portal.
            manager: The agent's manager.
            address: The agent's postal address.
            office_phone: The telephone number of the office.
            basic_install_price: The price of a basic installation, in the tenant's currency.
            broker_id: The broker's own identifier for the agent.
            default_post_type: The kind of post that is ordered if an order names none.
            notes: Free text about the agent.
            receive_marketing_emails: Whether the agent gets marketing e-mails.
            terms_accepted: Whether the agent has accepted the terms.
            enable_subscription: Whether the agent pays by subscription.
            subscription_price: The price of the subscription, in the tenant's currency.
            is_manager: Whether the agent is a manager. An update can't change this.
            manager_data: The manager's settings. None for an agent who is not a manager.
            user_name: The name that the agent uses to sign in.
            email: The agent's e-mail address.
            first_name: The agent's first name.
            last_name: The agent's last name.
            office: The agent's office.
            cellular_phone: The number of the agent's mobile telephone.
            payment_mode: The way in which the agent pays.

        Raises:
            ValidationError: If a field is wrong, if no field is set and `before` is not given, or if the
                change would turn an agent into a manager or a manager into an agent.
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
                lambda _: f"check get_agent({number})",
                method="PATCH",
                content_type=MERGE_PATCH,
                route=f"{_AGENTS.path}/{{id}}",
            )
        )

    def activate_agent(self, agent_id: int) -> None:
        """Activate an agent, who can then use the portal again."""
        return self._send(_activation_request("activate", agent_id))

    def deactivate_agent(self, agent_id: int) -> None:
        """Deactivate an agent, who can then no longer use the portal."""
        return self._send(_activation_request("deactivate", agent_id))


def _extra_params(email: str | None) -> Pairs:
    return () if email is None else (("email", text_parameter("email", email)),)


def _activation_request(action: str, agent_id: int) -> Request[None]:
    query = (("id", str(checked_id("agent_id", agent_id))),)
    check_hint = f"check get_agent({agent_id}).is_inactive"
    return Request("POST", f"{_AGENTS.path}/{action}", ReadNothing(), query, check_hint=check_hint)
