"""Check the sources of settings, their precedence, and the refused values."""

from __future__ import annotations

import asyncio
import copy
import pickle
import ssl
import traceback
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from signtraker import (
    AsyncSignTrakerClient,
    AuthenticationError,
    OrdersClient,
    SignTrakerClient,
    SignTrakerConfigError,
    SignTrakerError,
    UnreadableResponseError,
)
from signtraker._core.config import Config, resolve
from signtraker._core.secret import ApiKey

if TYPE_CHECKING:
    from signtraker.sandbox import Sandbox

KEY = "k3y-THAT-must-not-leak"


def config(environ: dict[str, str] | None = None, **arguments: Any) -> Config:
    given: dict[str, Any] = {"api_key": KEY, "subdomain": "acme", **arguments}
    return resolve(environ or {}, **{name: value for name, value in given.items() if value is not ...})


def test_the_defaults_are_30_seconds_2_retries_and_half_a_second_of_backoff() -> None:
    assert config() == Config(ApiKey(KEY), "https://acme.signtraker.com", 30.0, 2, 0.5)


def test_each_setting_has_an_environment_variable() -> None:
    environ = {
        "SIGNTRAKER_API_KEY": "from-env",
        "SIGNTRAKER_SUBDOMAIN": "other",
        "SIGNTRAKER_TIMEOUT_SECONDS": "2.5",
        "SIGNTRAKER_MAX_RETRIES": "0",
        "SIGNTRAKER_RETRY_BACKOFF_SECONDS": "0",
    }
    expected = Config(ApiKey("from-env"), "https://other.signtraker.com", 2.5, 0, 0.0)
    assert config(environ, api_key=..., subdomain=...) == expected


def test_each_argument_wins_over_its_environment_variable() -> None:
    environ = {
        "SIGNTRAKER_API_KEY": "from-env",
        "SIGNTRAKER_TIMEOUT_SECONDS": "not even a number",
        "SIGNTRAKER_MAX_RETRIES": "9",
        "SIGNTRAKER_RETRY_BACKOFF_SECONDS": "9",
    }
    settings = config(environ, timeout_seconds=1, max_retries=1, retry_backoff_seconds=1)
    assert settings == Config(ApiKey(KEY), "https://acme.signtraker.com", 1.0, 1, 1.0)


def test_the_key_has_an_alias_that_comes_second_and_empty_variables_count_as_unset() -> None:
    both = {"SIGNTRAKER_API_KEY": "first", "SIGNTRACKER_API_KEY": "second"}
    assert config(both, api_key=...).api_key == "first"
    assert config({**both, "SIGNTRAKER_API_KEY": ""}, api_key=...).api_key == "second"
    assert config({"SIGNTRAKER_TIMEOUT_SECONDS": ""}).timeout_seconds == 30


URL_ENV = {"SIGNTRAKER_BASE_URL": "https://env-url.example", "SIGNTRAKER_SUBDOMAIN": "env-sub"}


@pytest.mark.parametrize(
    ("arguments", "environ", "url"),
    [
        ({"base_url": "https://a.example/"}, URL_ENV, "https://a.example"),
        ({"base_url": ..., "subdomain": "acme"}, URL_ENV, "https://acme.signtraker.com"),
        ({"subdomain": ...}, URL_ENV, "https://env-url.example"),
        ({"subdomain": ...}, {"SIGNTRAKER_SUBDOMAIN": "Env-Sub"}, "https://env-sub.signtraker.com"),
        ({"base_url": "https://a.example:8443/gateway/"}, {}, "https://a.example:8443/gateway"),
        ({"base_url": "http://127.0.0.1:8000"}, {}, "http://127.0.0.1:8000"),
        ({"base_url": "http://[::1]:8000"}, {}, "http://[::1]:8000"),
        ({"base_url": "http://localhost"}, {}, "http://localhost"),
    ],
)
def test_the_server_is_the_first_of_base_url_subdomain_and_their_variables(
    arguments: dict[str, Any], environ: dict[str, str], url: str
) -> None:
    assert config(environ, **arguments).base_url == url


def test_without_a_key_the_error_says_where_to_put_one() -> None:
    with pytest.raises(AuthenticationError, match="SIGNTRAKER_API_KEY"):
        config(api_key=...)


@pytest.mark.parametrize("key", ["", " ", f"{KEY}\n", f" {KEY}", "ké", f"{KEY} x", "\x00", 5, b"bytes"])
def test_a_key_that_cannot_stand_in_a_header_is_refused_without_being_quoted(key: Any) -> None:
    with pytest.raises(AuthenticationError) as caught:
        config(api_key=key)
    assert "one word of visible ASCII" in str(caught.value)
    assert KEY not in str(caught.value)


def test_a_bad_key_from_the_environment_names_its_variable() -> None:
    with pytest.raises(AuthenticationError, match="SIGNTRACKER_API_KEY"):
        config({"SIGNTRACKER_API_KEY": "a b"}, api_key=...)


def test_without_a_tenant_the_error_says_how_to_give_one() -> None:
    with pytest.raises(SignTrakerConfigError, match=r"subdomain=… .*base_url=…"):
        config(subdomain=...)


@pytest.mark.parametrize(
    "label", ["", "a.b", "-a", "a-", "a b", "a_b", "https://acme", "ä", "a" * 64, "a\n", 5]
)
def test_a_subdomain_is_one_dns_label(label: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match="subdomain must be one DNS label"):
        config(subdomain=label)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("https://user:secret@a.example", "user name or password"),
        ("https://a.example?x=secret", "without a query"),
        ("https://a.example/#x", "without a query or a fragment"),
        ("http://a.example", "must use https"),
        ("http://127.0.0.1.a.example", "must use https"),
        ("http://localhost.a.example", "must use https"),
        ("http://10.0.0.1", "must use https"),
        ("http://2130706433", "must use https"),
        ("ftp://a.example", "must be a URL"),
        ("a.example", "must be a URL"),
        ("https://", "must be a URL"),
        ("https://a.example:99999", "must be a URL"),
        ("https://a.example:x", "must be a URL"),
        ("https://[::1", "must be a URL"),
        ("https://a..example", "must be a URL"),
        ("https://a.example/a b", "without blanks"),
        ("https://a.example\n", "without blanks"),
        ("https:\\\\a.example", "backslashes"),
        ("", "must be a URL"),
        ("https://acme.signtraker.com/api", "without /api"),
        ("https://acme.signtraker.com/api/", "without /api"),
        ("https://acme.signtraker.com/api/orders", "without /api"),
        ("https://acme.signtraker.com/API/Orders/7", "without /api"),
        (5, "must be a URL"),
    ],
)
def test_a_base_url_that_could_leak_or_mislead_is_refused(url: Any, reason: str) -> None:
    with pytest.raises(SignTrakerConfigError, match=reason) as caught:
        config(base_url=url)
    assert "secret" not in str(caught.value)
    assert str(caught.value).startswith("base_url must ")


def test_a_refused_base_url_is_quoted_in_one_sentence_with_an_example() -> None:
    with pytest.raises(SignTrakerConfigError) as caught:
        config(base_url="a.example")
    wanted = "base_url must be a URL such as https://acme.signtraker.com, not 'a.example'."
    assert str(caught.value) == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("timeout_seconds", 0),
        ("timeout_seconds", -1),
        ("timeout_seconds", float("nan")),
        ("timeout_seconds", float("inf")),
        ("timeout_seconds", 10**400),
        ("timeout_seconds", True),
        ("timeout_seconds", "5"),
        ("max_retries", -1),
        ("max_retries", 1.5),
        ("max_retries", 10**9),
        ("max_retries", float("nan")),
        ("retry_backoff_seconds", -0.1),
        ("retry_backoff_seconds", float("inf")),
    ],
)
def test_a_number_out_of_range_is_refused_by_its_name(name: str, value: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match=name):
        config(**{name: value})
    if isinstance(value, int | float) and abs(value) < 10**300:
        with pytest.raises(SignTrakerConfigError, match=name.upper()):
            config({f"SIGNTRAKER_{name.upper()}": str(value)})


def test_a_variable_that_is_no_number_is_named() -> None:
    with pytest.raises(SignTrakerConfigError, match="SIGNTRAKER_MAX_RETRIES must be a number, not 'two'"):
        config({"SIGNTRAKER_MAX_RETRIES": "two"})


def test_a_client_reads_the_environment_and_shows_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNTRAKER_API_KEY", KEY)
    monkeypatch.setenv("SIGNTRAKER_SUBDOMAIN", "acme")
    with SignTrakerClient() as client:
        assert repr(client) == "SignTrakerClient(base_url='https://acme.signtraker.com')"
        assert repr(client.orders) == "OrdersClient(base_url='https://acme.signtraker.com')"
        assert KEY not in repr(vars(client))


@pytest.mark.parametrize(
    "url",
    [
        "https://xn--zzzzzz.example",
        "https://[v1.a]",
        f"https://{'a.' * 40000}b",
        "https://10.0.0.999",
    ],
)
def test_a_host_name_that_cannot_be_is_refused_at_once(url: str) -> None:
    with pytest.raises(SignTrakerConfigError, match="base_url"):
        SignTrakerClient(KEY, url)
    with pytest.raises(SignTrakerConfigError):
        SignTrakerClient(KEY, subdomain="xn--zzzzzz")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ALL_PROXY", "socks5://u:secret@a.example"),
        ("HTTPS_PROXY", "http://u:secret@[::1"),
        ("HTTPS_PROXY", "ftp://u:secret@a.example"),
        ("SSL_CERT_FILE", "/secret/nowhere.pem"),
    ],
)
def test_a_variable_that_httpx_cannot_use_is_an_error_of_the_settings(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SignTrakerConfigError, match=name) as caught:
        SignTrakerClient(KEY, subdomain="acme")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["no", 1, None])
def test_a_switch_is_true_or_false(value: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match="resend_on_429 must be True or False"):
        SignTrakerClient(KEY, subdomain="acme", resend_on_429=value)


def test_a_client_whose_settings_were_refused_can_still_be_shown_in_a_traceback() -> None:
    with pytest.raises(AuthenticationError) as caught:
        SignTrakerClient("bad key", subdomain="acme")
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert "<SignTrakerClient without settings>" in "".join(shown.format())


class Tagged(SignTrakerClient):
    """A client with something of its own."""

    def __init__(self, tag: str) -> None:
        super().__init__(KEY, subdomain="acme")
        self.tag = tag


def test_a_subclass_keeps_what_it_has_added() -> None:
    with Tagged("x") as client:
        assert client.with_options(max_retries=0).tag == "x"


def test_a_copied_client_is_the_same_client_and_keeps_its_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNTRAKER_API_KEY", "another")
    with SignTrakerClient(KEY, subdomain="acme") as client:
        for twin in (copy.copy(client), copy.deepcopy(client)):
            assert twin._connection is client._connection
            twin.close()
        assert not client._connection.http.is_closed


@pytest.mark.parametrize("kind", [SignTrakerClient, OrdersClient])
def test_a_pickled_client_carries_no_key_and_finds_it_in_the_environment_again(
    kind: type[SignTrakerClient | OrdersClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    with kind(KEY, subdomain="acme", max_retries=7) as client:
        pickled = pickle.dumps(client)
    assert KEY.encode() not in pickled
    with pytest.raises(AuthenticationError):
        pickle.loads(pickled)  # noqa: S301 - our own
    monkeypatch.setenv("SIGNTRAKER_API_KEY", "another")
    with pickle.loads(pickled) as twin:  # noqa: S301 - our own
        assert type(twin) is kind
        assert twin.base_url == "https://acme.signtraker.com"
        assert twin._connection.config.max_retries == 7
        assert twin._connection.config.api_key == "another"


def test_what_cannot_be_pickled_says_so() -> None:
    with httpx.Client() as http:
        client = SignTrakerClient(KEY, subdomain="acme", http_client=http)
        with pytest.raises(TypeError, match="can't be pickled"):
            pickle.dumps(client)


def test_an_injected_client_is_not_closed_and_an_own_one_is() -> None:
    with httpx.Client() as http:
        with SignTrakerClient(KEY, subdomain="acme", http_client=http):
            pass
        assert not http.is_closed
    own = SignTrakerClient(KEY, subdomain="acme")
    own.close()
    own.close()
    with pytest.raises(SignTrakerError, match="This client is closed"):
        own.orders.get_order(1)


def test_a_hook_of_an_injected_client_may_read_the_response(signtraker_sandbox: Sandbox) -> None:
    def read(response: httpx.Response) -> None:
        response.read()

    with httpx.Client(event_hooks={"response": [read]}) as http:
        with SignTrakerClient(KEY, signtraker_sandbox.url, http_client=http) as client:
            with pytest.raises(AuthenticationError):
                client.orders.get_order(1)
        key = signtraker_sandbox.api_key
        with SignTrakerClient(key, signtraker_sandbox.url, http_client=http) as client:
            assert client.orders.create_order(agent_id=1, preset_id=1).state == "created"


def test_a_hook_of_an_injected_async_client_may_read_the_response(signtraker_sandbox: Sandbox) -> None:
    async def read(response: httpx.Response) -> None:
        await response.aread()

    async def create() -> str:
        async with httpx.AsyncClient(event_hooks={"response": [read]}) as http:
            key = signtraker_sandbox.api_key
            async with AsyncSignTrakerClient(key, signtraker_sandbox.url, http_client=http) as client:
                return (await client.orders.create_order(agent_id=1, preset_id=1)).state

    assert asyncio.run(create()) == "created"


def test_a_hook_that_takes_the_response_away_leaves_a_write_unread(signtraker_sandbox: Sandbox) -> None:
    def take(response: httpx.Response) -> None:
        list(response.iter_raw())

    with httpx.Client(event_hooks={"response": [take]}) as http:
        key = signtraker_sandbox.api_key
        with SignTrakerClient(key, signtraker_sandbox.url, http_client=http) as client:
            with pytest.raises(
                UnreadableResponseError, match="a response hook of the injected httpx"
            ) as caught:
                client.orders.create_order(agent_id=1, preset_id=1)
    assert caught.value.outcome == "happened"


def test_closing_a_resource_of_a_client_leaves_the_client_open() -> None:
    with SignTrakerClient(KEY, subdomain="acme") as client:
        client.orders.close()
        assert not client._connection.http.is_closed


def test_the_proxy_and_the_certificates_of_an_injected_client_are_its_own() -> None:
    with httpx.Client() as http, pytest.raises(SignTrakerConfigError, match="on that client instead"):
        SignTrakerClient(KEY, subdomain="acme", http_client=http, proxy="http://proxy.example")


def test_an_async_client_is_no_http_client_here() -> None:
    wrong: Any = httpx.AsyncClient()
    with pytest.raises(SignTrakerConfigError, match="must be an httpx"):
        SignTrakerClient(KEY, subdomain="acme", http_client=wrong)


@pytest.mark.parametrize("proxy", ["ftp://u:secret@proxy.example", "http://", "http://u:secret@[::1", 5])
def test_an_unusable_proxy_is_refused_without_its_password(proxy: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match="proxy must be a URL") as caught:
        SignTrakerClient(KEY, subdomain="acme", proxy=proxy)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("ca", ["/no/such/file.pem", __file__, 5, ""])
def test_an_unusable_certificate_file_is_refused(ca: Any) -> None:
    with pytest.raises(SignTrakerConfigError, match="ca must be a readable file of PEM certificates"):
        SignTrakerClient(KEY, subdomain="acme", ca=ca)


def test_an_ssl_context_is_taken_as_it_is() -> None:
    with SignTrakerClient(KEY, subdomain="acme", ca=ssl.create_default_context()) as client:
        assert client.base_url == "https://acme.signtraker.com"
