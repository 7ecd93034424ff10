"""What goes over the wire, what is sent again, and what each trouble becomes: real sockets, bad servers."""

from __future__ import annotations

import gzip
import json
import logging
import pickle
import socket
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
import pytest
from either_client import Flavour, open_client
from scripted_server import Reply, ScriptedServer

import signtraker
from signtraker import (
    AddressRequest,
    APIStatusError,
    AuthenticationError,
    CreateOrderRequest,
    NetworkError,
    NotFoundError,
    Q,
    RateLimitError,
    RemovalRequest,
    ServerError,
    SignTrakerClient,
    SignTrakerError,
    UnconfirmedNetworkError,
    UnconfirmedServerError,
    UnconfirmedWriteError,
    UnreadableResponseError,
    UpdateAgentRequest,
    ValidationError,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

KEY = "k3y-THAT-must-not-leak"
ORDER = '{"Id": 5, "Status": "Draft"}'
CREATED = '{"Status": "Success", "OrderId": 9}'


_FLAVOUR: list[Flavour] = ["sync"]


@pytest.fixture(autouse=True, params=["sync", "async"])
def flavour(request: pytest.FixtureRequest) -> None:
    """Run every test with both clients."""
    _FLAVOUR[:] = [request.param]


@contextmanager
def serving(*replies: Reply, **options: Any) -> Generator[tuple[ScriptedServer, SignTrakerClient]]:
    settings: dict[str, Any] = {"retry_backoff_seconds": 0, **options}
    with ScriptedServer(list(replies)) as server:
        with open_client(_FLAVOUR[0], KEY, server.url, **settings) as client:
            yield server, client


def read(client: SignTrakerClient) -> object:
    return client.orders.get_order(5)


def write(client: SignTrakerClient) -> object:
    return client.orders.create_order(agent_id=42, preset_id=7)


# What goes out


def test_a_request_carries_the_key_the_content_type_and_the_version() -> None:
    with serving(Reply.json(ORDER)) as (server, client):
        read(client)
    headers = server.requests[0].headers
    assert server.requests[0].target == "/api/orders/5"
    assert headers["authorization"] == f"ST-API {KEY}"
    assert headers["content-type"] == headers["accept"] == "application/json"
    assert headers["user-agent"].startswith(f"signtraker/{signtraker.__version__} ")


def test_model_mapping_and_keywords_make_the_same_bytes() -> None:
    model = CreateOrderRequest(agent_id=42, preset_id=7, external_id="A-1", due_date=date(2026, 12, 24))
    mapping = {"due_date": "2026-12-24", "ExternalID": "A-1", "PresetId": 7, "agent_id": 42}
    with serving(Reply.json(CREATED)) as (server, client):
        client.orders.create_order(model)
        client.orders.create_order(mapping)
        client.orders.create_order(agent_id=42, preset_id=7, external_id="A-1", due_date=date(2026, 12, 24))
    bodies = {one.body for one in server.requests}
    assert bodies == {b'{"AgentId":42,"PresetId":7,"ExternalID":"A-1","DueDate":"2026-12-24T00:00:00.000Z"}'}


def test_a_removal_without_details_sends_an_empty_object() -> None:
    with serving(Reply.json("{}")) as (server, client):
        client.orders.request_removal(5)
        client.orders.request_removal(5, {})
        client.orders.request_removal(5, RemovalRequest())
    assert [(one.method, one.target, one.body) for one in server.requests] == [
        ("POST", "/api/orders/5/requestremoval", b"{}")
    ] * 3


AWKWARD = "O'Brien & Söhne +1% #50/?=\x00\r\n\t\"\\"


def test_every_query_value_arrives_as_it_was_meant() -> None:
    with serving(Reply.json("[]")) as (server, client):
        client.orders.list_orders(filter=Q.notes == AWKWARD, orderby=[Q.created.desc(), "Id"], top=5, skip=0)
    target = server.requests[0].target
    assert "+" not in target
    parameters = dict(httpx.URL(f"http://x{target}").params)
    assert parameters == {
        "$filter": "Notes eq '" + AWKWARD.replace("'", "''") + "'",
        "$orderby": "Created desc,Id",
        "$top": "5",
        "$skip": "0",
    }


def test_a_string_is_the_callers_own_odata_and_passes_untouched() -> None:
    extra_params = "contains(tolower(Custom/Path),'x')  and true"
    with serving(Reply.json("[]")) as (server, client):
        client.orders.list_orders(filter=extra_params, orderby="Agent/Id,Id", select="Id, Status")
    assert dict(httpx.URL(f"http://x{server.requests[0].target}").params) == {
        "$filter": extra_params,
        "$orderby": "Agent/Id,Id",
        "$select": "Id, Status",
    }


# What is refused before it goes out


def refused(call: Callable[[SignTrakerClient], object]) -> ValidationError:
    with serving(Reply.json("[]")) as (server, client), pytest.raises(ValidationError) as caught:
        call(client)
    assert server.requests == []
    assert (caught.value.status_code, caught.value.attempts) == (None, 0)
    assert caught.value.outcome == "did_not_happen"
    return caught.value


def test_a_mapping_with_mistakes_lists_them_all_by_their_python_names_and_sends_nothing() -> None:
    error = refused(lambda c: c.orders.create_order({"AgentId": 0, "StreetNmae": "x", "DueDate": 5}))
    assert {one.field for one in error.problems} == {"agent_id", "preset_id", "StreetNmae", "due_date"}
    assert str(error).startswith(
        "Not sent, 4 mistakes in CreateOrderRequest: agent_id: must be a positive id"
    )
    assert isinstance(error, ValueError)


@pytest.mark.parametrize("given", ["x", 5, [("AgentId", 1)], CreateOrderRequest])
def test_what_is_no_request_at_all_is_refused(given: Any) -> None:
    assert "give a CreateOrderRequest, a mapping or keyword arguments" in str(
        refused(lambda c: c.orders.create_order(given))
    )


def test_a_mapping_whose_keys_are_no_text_is_refused() -> None:
    keys: Any = {1: 2, None: 3}
    refused(lambda c: c.orders.create_order(keys))


def test_a_model_and_keywords_at_once_are_refused() -> None:
    order = CreateOrderRequest(agent_id=1, preset_id=1)
    both: dict[str, Any] = {"order": order, "notes": "x"}
    assert "not both" in str(refused(lambda c: c.orders.create_order(**both)))


def test_a_nested_model_that_skipped_validation_is_refused_however_it_is_given() -> None:
    loose = AddressRequest(state="UT").model_copy(update={"state": "Utah"})
    refused(lambda c: c.agents.update_agent(1, address=loose))
    refused(lambda c: c.agents.update_agent(1, {"Address": AddressRequest.model_construct(state="Utah")}))
    refused(lambda c: c.agents.update_agent(1, UpdateAgentRequest.model_construct(address=loose)))


class Nine(int):
    """A number that prints as a path."""

    def __str__(self) -> str:
        return "9/evil"

    __repr__ = __format__ = __str__  # type: ignore[assignment]  # as hostile as it gets


def test_a_number_is_sent_as_the_number_that_it_is() -> None:
    with serving(Reply.json("[]")) as (server, client):
        client.orders.list_orders(top=Nine(9), skip=Nine(9))
        with pytest.raises(UnreadableResponseError):
            client.orders.get_order(Nine(9))
    assert [one.target for one in server.requests] == ["/api/orders?$top=9&$skip=9", "/api/orders/9"]


def test_a_number_of_thousands_of_digits_is_refused_by_name() -> None:
    assert "order_id: must be a" in str(refused(lambda c: c.orders.get_order(10**5000)))
    assert "top: must be a whole number" in str(refused(lambda c: c.orders.list_orders(top=10**5000)))
    found = refused(lambda c: c.orders.create_order({"AgentId": 10**5000, "PresetId": 0}))
    assert [one.field for one in found.problems] == ["agent_id", "preset_id"]


def test_a_model_that_skipped_validation_is_refused() -> None:
    order = CreateOrderRequest(agent_id=1, preset_id=1).model_copy(update={"agent_id": -1})
    assert "agent_id: must be a positive id, not -1" in str(refused(lambda c: c.orders.create_order(order)))


@pytest.mark.parametrize("order_id", [0, -1, 2**63, True, "5", "5/../../agents", 5.0, None, ""])
def test_an_order_id_is_checked_before_it_becomes_part_of_a_path(order_id: Any) -> None:
    assert "order_id: must be a" in str(refused(lambda c: c.orders.get_order(order_id)))
    assert "order_id: must be a" in str(refused(lambda c: c.orders.request_removal(order_id)))


def test_every_option_that_cannot_be_sent_is_named_at_once() -> None:
    wrong: Any = {"filter": 5, "top": -1, "skip": True, "orderby": [], "select": ["Id", 3]}
    error = refused(lambda c: c.orders.list_orders(**wrong))
    assert [one.field for one in error.problems] == ["filter", "orderby", "select", "top", "skip"]


@pytest.mark.parametrize("text", ["", "  ", "half \ud800"])
def test_an_option_that_is_blank_or_no_unicode_is_refused(text: str) -> None:
    error = refused(lambda c: c.orders.list_orders(filter=text, orderby=text, select=text))
    assert len(error.problems) == 3


def test_a_nested_object_in_select_is_refused_with_the_reason() -> None:
    whole: Any = Q.job_site
    assert "drops nested objects" in str(refused(lambda c: c.orders.list_orders(select=whole)))


def test_a_nested_field_in_select_is_refused_with_the_reason() -> None:
    error = refused(lambda c: c.orders.list_orders(select=[Q.id, Q.job_site.city]))
    assert "$select takes top-level fields only" in str(error)


# What is sent again


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_read_is_sent_again_after_a_transient_status(status: int) -> None:
    with serving(Reply.json("{}", status), Reply.json(ORDER)) as (server, client):
        assert client.orders.get_order(5).status == "Draft"
    assert len(server.requests) == 2


@pytest.mark.parametrize("failure", [Reply.reset(), Reply.cut('{"Id": 5'), Reply(b"nonsense\r\n\r\n")])
def test_a_read_is_sent_again_after_a_broken_connection(failure: Reply) -> None:
    with serving(failure, Reply.json(ORDER)) as (server, client):
        assert client.orders.get_order(5).id == 5
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 415, 418, 501])
def test_a_read_is_not_sent_again_after_a_final_status(status: int) -> None:
    with serving(Reply.json("{}", status)) as (server, client), pytest.raises(APIStatusError) as caught:
        read(client)
    assert (len(server.requests), caught.value.attempts) == (1, 1)


def test_retries_are_counted_and_can_be_switched_off() -> None:
    for retries in (0, 1, 4):
        with serving(Reply.json("", 503), max_retries=retries) as (server, client):
            with pytest.raises(ServerError) as caught:
                read(client)
            assert (len(server.requests), caught.value.attempts) == (retries + 1, retries + 1)


@pytest.mark.parametrize("failure", [Reply.reset(), Reply(b"nonsense\r\n\r\n"), Reply(b"HTTP/1.1 200")])
def test_a_write_whose_connection_broke_is_sent_once_and_may_have_happened(failure: Reply) -> None:
    with serving(failure) as (server, client), pytest.raises(UnconfirmedNetworkError) as caught:
        write(client)
    assert len(server.requests) == 1
    assert isinstance(caught.value, NetworkError)
    assert caught.value.outcome == "may_have_happened"
    assert (
        "check find_created(…), or list_orders(filter=(Q.agent.id == 42), orderby=Q.id.desc(), top=10)"
        in str(caught.value)
    )


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_write_that_the_server_failed_at_is_sent_once_and_may_have_happened(status: int) -> None:
    with serving(Reply.json("", status)) as (server, client), pytest.raises(UnconfirmedServerError) as caught:
        write(client)
    assert len(server.requests) == 1
    assert isinstance(caught.value, ServerError)
    assert isinstance(caught.value, UnconfirmedWriteError)
    assert caught.value.outcome == "may_have_happened"


def test_a_write_whose_answer_is_cut_or_garbled_did_happen_and_is_not_sent_again() -> None:
    for reply in (Reply.cut('{"OrderId": 9'), Reply.json("garbage"), Reply.page(200), Reply.json("")):
        with serving(reply) as (server, client), pytest.raises(UnreadableResponseError) as caught:
            write(client)
        assert len(server.requests) == 1
        assert caught.value.outcome == "happened"
        assert caught.value.status_code == 200


def test_a_write_is_sent_again_after_a_429_unless_that_is_switched_off() -> None:
    replies = (Reply.json("", 429, Retry_After="0"), Reply.json(CREATED))
    with serving(*replies) as (server, client):
        assert client.orders.create_order(agent_id=1, preset_id=1).order_id == 9
        assert len(server.requests) == 2
    with serving(*replies, resend_on_429=False) as (server, client), pytest.raises(RateLimitError) as caught:
        write(client)
    assert len(server.requests) == 1
    assert caught.value.outcome == "did_not_happen"


@pytest.mark.parametrize("call", [read, write])
def test_what_never_reached_the_server_is_sent_again_and_did_not_happen(
    call: Callable[[SignTrakerClient], object],
) -> None:
    with socket.socket() as deaf:  # Bound but not listening, so that connecting is refused.
        deaf.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        with open_client(_FLAVOUR[0], KEY, url, retry_backoff_seconds=0) as client:
            with pytest.raises(NetworkError) as caught:
                call(client)
    assert not isinstance(caught.value, UnconfirmedWriteError)
    assert (caught.value.attempts, caught.value.outcome) == (3, "did_not_happen")
    assert "No connection" in str(caught.value)


def test_a_server_that_stays_silent_is_left_after_the_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with open_client(_FLAVOUR[0], KEY, url, timeout_seconds=0.1, max_retries=0) as client:
            with pytest.raises(NetworkError, match="No response to GET /api/orders/5"):
                read(client)
            with pytest.raises(UnconfirmedNetworkError, match="ReadTimeout"):
                write(client)


STRANGE = [
    "soon",
    "-1",
    "1.5",
    "Wed, 21 Oct 2015 07:28:00 GMT",
    "Mon, 01 Jan 99999999999999 00:00:00 GMT",
    "Mon, 01 Jan 2024 00:00:00 +99999999999999999",
    "",
]


@pytest.mark.parametrize("value", STRANGE)
def test_a_retry_after_in_the_past_or_unreadable_does_not_hold_up(value: str) -> None:
    with serving(Reply.json("", 503, Retry_After=value), Reply.json(ORDER)) as (server, client):
        read(client)
    assert len(server.requests) == 2


@pytest.mark.parametrize("value", STRANGE)
def test_an_invalid_retry_after_does_not_change_the_outcome_of_a_write(value: str) -> None:
    with serving(Reply.json("", 500, Retry_After=value)) as (_, client):
        with pytest.raises(UnconfirmedServerError):
            write(client)


def test_a_server_that_asks_for_too_long_a_wait_is_not_waited_for() -> None:
    with serving(Reply.json("", 429, Retry_After="3600")) as (server, client):
        with pytest.raises(RateLimitError) as caught:
            read(client)
    assert (len(server.requests), caught.value.retry_after_seconds) == (1, 3600.0)
    assert str(caught.value).endswith("; it asks to wait 3600 s")


def test_a_client_closed_while_it_waits_for_the_next_attempt_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([Reply.json("", 503)]) as server:
        client = SignTrakerClient(KEY, server.url)

        def closing(_seconds: float) -> None:
            client.close()

        monkeypatch.setattr("time.sleep", closing)
        with pytest.raises(SignTrakerError, match="This client is closed"):
            read(client)
    assert len(server.requests) == 1


# What the answers become


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, ValidationError),
        (401, AuthenticationError),
        (403, AuthenticationError),
        (404, NotFoundError),
        (409, APIStatusError),
        (429, RateLimitError),
        (500, ServerError),
        (503, ServerError),
        (302, APIStatusError),
        (599, ServerError),
    ],
)
def test_each_status_has_its_error(status: int, kind: type[APIStatusError]) -> None:
    with serving(Reply.json('{"Message": "No."}', status), max_retries=0) as (server, client):
        with pytest.raises(APIStatusError) as caught:
            read(client)
    assert type(caught.value) is kind
    assert (caught.value.status_code, caught.value.method) == (status, "GET")
    assert caught.value.url == f"{server.url}/api/orders/5"
    assert caught.value.body == b'{"Message": "No."}'
    assert caught.value.headers["content-type"] == "application/json"
    assert str(caught.value) == f"No (HTTP {status} from GET /api/orders/5)"


def message(reply: Reply) -> str:
    with serving(reply, max_retries=0) as (_, client), pytest.raises(APIStatusError) as caught:
        write(client)
    return str(caught.value)


def test_model_state_is_told_field_by_field_under_the_python_names() -> None:
    state = {
        "order.AgentId": ["The AgentId field is required."],
        "order.JobSite.StreetLine2": ["Too long.", "Not a street."],
        "[0].ExternalID": ["Taken."],
        "orders[1].DueDate": "Past.",
        "order": ["Unreadable."],
    }
    body = json.dumps({"Message": "The request is invalid.", "ModelState": state})
    with serving(Reply.json(body, 400)) as (_, client), pytest.raises(ValidationError) as caught:
        write(client)
    assert [(one.field, one.message) for one in caught.value.problems] == [
        ("agent_id", "The AgentId field is required."),
        ("job_site.street_line2", "Too long."),
        ("job_site.street_line2", "Not a street."),
        ("[0].external_id", "Taken."),
        ("[1].due_date", "Past."),
        ("", "Unreadable."),
    ]
    assert str(caught.value).startswith("The request is invalid: agent_id: The AgentId field is required.")


def test_problem_json_is_told_the_same_way() -> None:
    body = json.dumps({"title": "Bad", "status": 400, "errors": {"DueDate": ["Past."]}})
    assert message(Reply.json(body, 400)) == "Bad: due_date: Past. (HTTP 400 from POST /api/orders)"


def test_the_sentence_comes_from_message_and_message_detail() -> None:
    body = '{"Message": "No HTTP resource was found.", "MessageDetail": "No type matches."}'
    assert message(Reply.json(body, 404)).startswith("No HTTP resource was found. No type matches (HTTP 404")


def test_an_empty_404_is_no_such_record_and_a_page_is_something_else() -> None:
    assert message(Reply.json("", 404)).startswith("There is no such record (HTTP 404")
    assert "longer than the 2,048 bytes" in message(Reply.page(404))


@pytest.mark.parametrize(
    "body", ["", "<html>", "[]", "null", '{"Message": 5}', '{"ModelState": 5}', "[" * 9999]
)
def test_a_body_that_says_nothing_becomes_a_plain_sentence(body: str) -> None:
    assert message(Reply.json(body, 403)) == "The API key may not do this (HTTP 403 from POST /api/orders)"


def test_a_redirect_is_not_followed_and_the_key_goes_nowhere_else() -> None:
    with ScriptedServer([Reply.json(ORDER)]) as elsewhere:
        moved = Reply.json("", 307, Location=f"{elsewhere.url}/api/orders")
        with serving(moved) as (server, client), httpx.Client(follow_redirects=True) as http:
            injected = SignTrakerClient(KEY, server.url, http_client=http)
            for each in (client, injected):
                with pytest.raises(APIStatusError, match="which is not followed"):
                    write(each)
        assert elsewhere.requests == []


def test_an_injected_client_cannot_change_the_authorization() -> None:
    with ScriptedServer([Reply.json(ORDER)]) as server:
        with httpx.Client(auth=("u", "p"), headers={"Authorization": "Basic x"}) as http:
            SignTrakerClient(KEY, server.url, http_client=http).orders.get_order(5)
    assert server.requests[0].headers["authorization"] == f"ST-API {KEY}"


def test_loopback_goes_past_any_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([Reply.json("{}", 418)]) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with serving(Reply.json(ORDER), proxy=proxy.url) as (server, client):
            read(client)
        assert (len(server.requests), len(proxy.requests)) == (1, 0)


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_a_compressed_answer_is_read_and_a_falsely_labelled_one_is_an_error(encoding: str) -> None:
    compressed = gzip.compress(ORDER.encode())
    with serving(Reply.json(compressed, Content_Encoding=encoding)) as (_, client):
        if encoding == "gzip":
            assert client.orders.get_order(5).id == 5
        else:
            with pytest.raises(UnreadableResponseError):
                read(client)
    with serving(Reply.json(ORDER, Content_Encoding="gzip")) as (_, client):
        with pytest.raises(UnreadableResponseError):
            read(client)


@pytest.mark.parametrize(
    ("body", "fine"), [("", True), ('{"ok": 1}', True), ("<html></html>", False), ("ok", False)]
)
def test_an_answer_that_should_be_empty_or_json_is_no_page(body: str, fine: bool) -> None:  # noqa: FBT001 - a case
    with serving(Reply.json(body)) as (_, client):
        if fine:
            client.agents.deactivate_agent(1)
        else:
            with pytest.raises(UnreadableResponseError) as caught:
                client.agents.deactivate_agent(1)
            assert caught.value.outcome == "happened"


def test_a_byte_order_mark_before_the_json_does_no_harm() -> None:
    with serving(Reply.json(b"\xef\xbb\xbf" + ORDER.encode())) as (_, client):
        assert client.orders.get_order(5).id == 5


def test_rows_that_can_be_read_are_on_the_error_of_a_list_that_cannot() -> None:
    with serving(Reply.json('[{"Id": 1}, {"Id": null}]')) as (_, client):
        with pytest.raises(UnreadableResponseError) as caught:
            client.orders.list_orders()
    assert [one.id for one in caught.value.partial if isinstance(one, signtraker.Order)] == [1]
    assert caught.value.outcome == "did_not_happen"
    assert caught.value.body == b'[{"Id": 1}, {"Id": null}]'


# Secrets, pickles and logs


def test_a_server_that_sends_the_key_back_does_not_get_it_into_the_error() -> None:
    reply = Reply.json(json.dumps({"Message": f"Bad key {KEY}"}), 401, X_Echo=f"ST-API {KEY}")
    with serving(reply) as (_, client), pytest.raises(AuthenticationError) as caught:
        read(client)
    described = (str(caught.value), repr(caught.value), caught.value.body.decode(), str(caught.value.headers))
    assert not any(KEY in one for one in described)
    assert KEY.encode() not in pickle.dumps(caught.value)


ODD_KEY = "S3cr3t+Key/AbC<x>&'"
ECHOES = {
    "a malformed header line": Reply(f"HTTP/1.1 200 OK\r\nST-API {ODD_KEY}\r\n\r\n".encode()),
    "a malformed status line": Reply(f"ST-API {ODD_KEY}\r\n\r\n".encode()),
    "the reason phrase": Reply(f"HTTP/1.1 403 {ODD_KEY}\r\nContent-Length: 0\r\n\r\n".encode()),
    "JSON": Reply.json(json.dumps({"Message": f"Bad {ODD_KEY}"}), 403),
    "escaped JSON": Reply.json(
        '{"Message": "Bad S3cr3t\\u002BKey\\/AbC\\u003Cx\\u003e\\u0026\\u0027", "ModelState": {"a.B": ["'
        'S3cr3t\\u002BKey/AbC\\u003Cx>&\\u0027"]}}',
        400,
    ),
    "HTML": Reply.json("<p>S3cr3t+Key/AbC&lt;x&gt;&amp;&#39;</p>", 403),
    "a redirect": Reply.json("", 302, Location=f"https://a.example/?k={quote(ODD_KEY, safe='')}"),
    "a list": Reply.json(json.dumps([{"Id": ODD_KEY}])),
}


@pytest.mark.parametrize("echo", ECHOES)
def test_an_echoed_key_is_redacted_in_every_encoding(echo: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with ScriptedServer([ECHOES[echo]]) as server:
        with open_client(_FLAVOUR[0], ODD_KEY, server.url, max_retries=1, retry_backoff_seconds=0) as client:
            with client.record(bodies=True) as exchanges, pytest.raises(SignTrakerError) as caught:
                client.orders.list_orders()
    error: BaseException | None = caught.value
    seen = [pickle.dumps(error).decode("latin-1"), repr(exchanges), str(exchanges[0].response_body)]
    seen += [one.getMessage() for one in caplog.records]
    while error is not None:
        seen += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    assert not [text for text in seen if "S3cr3t" in text]


def errors() -> list[SignTrakerError]:
    found: list[SignTrakerError] = []
    replies = [
        Reply.json('{"Message": "No.", "ModelState": {"order.AgentId": ["x"]}}', 400),
        Reply.json("", 429, Retry_After="99"),
        Reply.json("", 500),
        Reply.json("[5]"),
        Reply.reset(),
    ]
    for reply in replies:
        with serving(reply, max_retries=0) as (_, client), pytest.raises(SignTrakerError) as caught:
            write(client)
        found.append(caught.value)
    return found


def test_every_error_survives_pickling_whole() -> None:
    for error in errors():
        twin = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own
        assert type(twin) is type(error)
        assert str(twin) == str(error)
        assert vars(twin) == vars(error)
        assert (twin.outcome, twin.method, twin.url) == (error.outcome, "POST", error.url)


def test_the_key_is_nowhere_in_an_error_or_what_caused_it() -> None:
    for error in errors():
        chain: list[BaseException | None] = [error, error.__cause__, error.__context__]
        for one in filter(None, chain):
            request = getattr(one, "_request", None)
            assert KEY not in f"{one!r}{vars(one)}{getattr(request, 'headers', '')}"
            assert "authorization" not in getattr(request, "headers", {})


def test_the_log_tells_the_exchange_but_neither_the_key_nor_peoples_data(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    with serving(Reply.json("", 503), Reply.json("[]")) as (_, client):
        client.orders.list_orders(filter="Agent/Name eq 'Ann Secretperson'")
    lines = [(one.name, one.levelname, one.getMessage()) for one in caplog.records]
    assert KEY not in str(lines)
    ours = [text for name, level, text in lines if name == "signtraker" and level == "INFO"]
    assert [text[: text.index(" in ")] for text in ours] == ["GET /api/orders 503", "GET /api/orders 200"]
    warnings = [text for _, level, text in lines if level == "WARNING"]
    assert warnings == ["GET /api/orders: responded with 503; again in 0.00 s (attempt 2 of 3)"]
    assert all(level == "DEBUG" for _, level, text in lines if "Secretperson" in text)


def test_httpx_keeps_its_own_log_for_everybody_else(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with ScriptedServer([Reply.json("{}")]) as server, httpx.Client(trust_env=False) as http:
        http.get(server.url)
    assert [one.levelname for one in caplog.records if one.name == "httpx"] == ["INFO"]
