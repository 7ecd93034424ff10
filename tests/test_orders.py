"""Check the orders of a tenant over HTTP, with both clients."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import same_each_time

from signtraker import (
    AuthenticationError,
    CreateOrderRequest,
    NotFoundError,
    NotSelectedError,
    Q,
    RemovalRequest,
    SignTrakerClient,
    ValidationError,
)

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox


def test_an_order_is_created_found_read_back_and_its_removal_requested(either: SignTrakerClient) -> None:
    order = CreateOrderRequest(
        agent_id=1,
        preset_id=1,
        street_number="12",
        street_name="O'Brien & Söhne +1%",
        due_date=date(2026, 12, 24),
    )
    result = either.orders.create_order(order)
    assert result.order_id is not None
    [found] = either.orders.list_orders(
        filter=(Q.id == result.order_id) & (Q.job_site.street_name == "O'Brien & Söhne +1%")
    )
    assert found == either.orders.get_order(result.order_id)
    assert found.due_date == datetime(2026, 12, 24, tzinfo=UTC)
    assert found.agent is not None
    assert found.agent.id == 1
    [installed] = either.orders.list_orders(
        filter=Q.date_installed.is_not_null() & Q.removal_request_date.is_null(), orderby=Q.id, top=1
    )
    removal = either.orders.request_removal(installed.id, RemovalRequest(due_date=date(2027, 1, 2)))
    assert removal.due_date == datetime(2027, 1, 2, tzinfo=UTC)
    assert either.orders.get_order(installed.id).removal_request_date is not None


def test_a_record_that_does_not_exist_is_a_not_found_error(either: SignTrakerClient) -> None:
    with pytest.raises(NotFoundError, match="There is no such record") as caught:
        either.orders.get_order(2**63 - 1)
    assert caught.value.body == b""


def test_a_wrong_key_is_an_authentication_error(sandbox: Sandbox) -> None:
    with SignTrakerClient("wrong-key", sandbox.url) as stranger, pytest.raises(AuthenticationError) as caught:
        stranger.orders.list_orders()
    assert str(caught.value).startswith("Authorization has been denied for this request (HTTP 401")


def test_the_servers_message_about_a_query_is_in_the_error(either: SignTrakerClient) -> None:
    with pytest.raises(ValidationError, match="The query specified in the URI is not valid") as caught:
        either.orders.list_orders(filter="(")
    assert caught.value.status_code == 400


def test_an_unknown_agent_is_reported_under_its_python_name(either: SignTrakerClient) -> None:
    with pytest.raises(ValidationError) as caught:
        either.orders.create_order(agent_id=2**40, preset_id=1)
    assert [one.field for one in caught.value.problems] == ["agent_id"]
    assert caught.value.outcome == "did_not_happen"


def test_orderings_and_selections_may_be_text_fields_or_a_mixture(either: SignTrakerClient) -> None:
    by_text = either.orders.list_orders(orderby="Status desc,Id", select="Id,Status", top=30)
    by_field = either.orders.list_orders(orderby=[Q.status.desc(), Q.id], select=[Q.id, Q.status], top=30)
    mixed = either.orders.list_orders(orderby=("Status desc", Q.id.asc()), select=("Id", Q.status), top=30)
    assert by_text == by_field == mixed
    one = either.orders.list_orders(orderby=Q.id, select=Q.id, top=1)
    assert one == either.orders.list_orders(orderby="Id", select="Id", top=1)


def test_reading_a_field_that_select_left_out_raises(either: SignTrakerClient) -> None:
    [order] = either.orders.list_orders(select=Q.status, top=1)
    with pytest.raises(NotSelectedError):
        order.id  # noqa: B018 - the test reads it


def test_top_and_skip_page_through_an_ordered_list(either: SignTrakerClient) -> None:
    whole = either.orders.list_orders(orderby=Q.id, top=10)
    assert either.orders.list_orders(orderby=Q.id, top=4) == whole[:4]
    assert either.orders.list_orders(orderby=Q.id, top=6, skip=4) == whole[4:]
    assert either.orders.list_orders(top=0) == []


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
MOMENTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2200, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.timezones() | st.just(UTC),
)
ORDERS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(
            ("street_number", "street_name", "city", "state", "zip", "directions", "listing_number", "notes"),
            st.none() | TEXT,
        ),
        "due_date": st.none() | MOMENTS | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
    },
)


@pytest.mark.once
@same_each_time(50)
@given(fields=ORDERS)
def test_a_filter_on_the_values_of_any_valid_order_finds_it(sandbox: Sandbox, fields: dict[str, Any]) -> None:
    client = sandbox.client
    result = client.orders.create_order(agent_id=2, preset_id=1, **fields)
    assert result.order_id is not None
    where = Q.id == result.order_id
    for name, value in fields.items():
        field = getattr(Q if name in {"notes", "due_date"} else Q.job_site, name)
        where &= field.is_null() if value is None else field == value
    [found] = client.orders.list_orders(filter=where)
    for name, value in fields.items():
        got = getattr(found if name in {"notes", "due_date"} else found.job_site, name)
        expected = value
        if isinstance(value, date) and not isinstance(value, datetime):
            expected = datetime(value.year, value.month, value.day, tzinfo=UTC)
        assert got == expected
    assert not client.orders.list_orders(filter=~where & (Q.id == result.order_id))
