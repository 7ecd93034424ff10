"""Resolve and check the settings of a client. Pure: the environment is an argument."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import SplitResult, urlsplit

from signtraker._common.loopback import is_loopback
from signtraker._core.secret import ApiKey, hidden, quoted
from signtraker.exceptions import AuthenticationError, SignTrakerConfigError
from signtraker.query.server_limits import DEFAULT_LIMITS, QueryLimits

if TYPE_CHECKING:
    from collections.abc import Iterable

    from signtraker._core.hooks import CallHooks
    from signtraker.query import ODataVersion

KEY_VARIABLES = ("SIGNTRAKER_API_KEY", "SIGNTRACKER_API_KEY")
_API_PATH = re.compile(
    r"/api(?:/(?:orders|agents|changeorders|services|credits|enterprises|offices|orderpresets)\b.*)?/*$",
    re.IGNORECASE,
)
_DNS_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_HEADER_TOKEN = re.compile(r"[\x21-\x7e]+")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE = re.compile(r"(?:[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?)?")
_RESERVED_HEADERS = frozenset(
    {
        "authorization",
        "proxy-authorization",
        "accept",
        "accept-encoding",
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "cookie",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
LARGEST_RESPONSE = 256 * 1024 * 1024
_MOST_BYTES = 2**40
_LONGEST_SECONDS = 86_400.0
_MOST_RETRIES = 100


@dataclass(frozen=True, slots=True)
class Config:
    """The settings of a client, checked."""

    api_key: ApiKey = field(repr=False)
    base_url: str
    timeout_seconds: float = 30.0
    max_retries: int = 2
    retry_backoff_seconds: float = 0.5
    resend_on_429: bool = True
    odata_version: ODataVersion = "v4"
    query_limits: QueryLimits = DEFAULT_LIMITS
    deadline_seconds: float = 120.0
    max_response_bytes: int = LARGEST_RESPONSE
    extra_headers: Mapping[str, str] = field(default_factory=dict[str, str])
    hooks: tuple[CallHooks, ...] = ()

    @property
    def is_loopback(self) -> bool:
        """True if the server is on this machine."""
        return is_loopback(urlsplit(self.base_url).hostname or "")


_DEFAULTS: dict[str, Any] = {item.name: item.default for item in fields(Config)}


def resolve(
    environ: Mapping[str, str],
    *,
    api_key: str | None = None,
    base_url: str | None = None,
    subdomain: str | None = None,
    timeout_seconds: float | None = None,
    deadline_seconds: float | None = None,
    max_response_bytes: int | None = None,
    max_retries: int | None = None,
    retry_backoff_seconds: float | None = None,
    resend_on_429: bool = True,
    odata_version: ODataVersion | None = None,
    query_limits: QueryLimits | None = None,
    extra_headers: Mapping[str, str] | None = None,
    hooks: Iterable[CallHooks] | None = None,
) -> Config:
    """Resolve every setting: an argument wins over its environment variable, which wins over the default.

    An empty environment variable counts as unset.
    """
    return Config(
        api_key=_api_key(environ, api_key),
        base_url=_base_url(environ, base_url, subdomain),
        timeout_seconds=_seconds(environ, "timeout_seconds", timeout_seconds, allow_zero=False),
        deadline_seconds=_seconds(environ, "deadline_seconds", deadline_seconds, allow_zero=False),
        max_response_bytes=_whole(environ, "max_response_bytes", max_response_bytes, 1, _MOST_BYTES),
        max_retries=_whole(environ, "max_retries", max_retries, 0, _MOST_RETRIES),
        retry_backoff_seconds=_seconds(
            environ, "retry_backoff_seconds", retry_backoff_seconds, allow_zero=True
        ),
        resend_on_429=_switch("resend_on_429", resend_on_429),
        odata_version=_odata_version(environ, odata_version),
        query_limits=_query_limits(query_limits),
        extra_headers=_extra_headers(extra_headers),
        hooks=_hooks(hooks),
    )


def own_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the SDK's variables of an environment, the keys hidden.

    Every other secret of the environment stays out of the locals that a traceback may show.
    """
    own = {name: value for name, value in environ.items() if name.startswith(("SIGNTRAKER_", "SIGNTRACKER_"))}
    return {name: ApiKey(value) if name in KEY_VARIABLES else value for name, value in own.items()}


def changed(config: Config, **settings: Any) -> Config:
    """Return the configuration with the settings that are not None replaced, and check them again."""
    given = {name: value for name, value in settings.items() if value is not None}
    known: dict[str, Any] = {item.name: getattr(config, item.name) for item in fields(config)}
    return resolve({}, **{**known, **given})


def _api_key(environ: Mapping[str, str], given: object) -> ApiKey:
    key, source = hidden(given), "api_key"
    if key is None:
        source = next((name for name in KEY_VARIABLES if environ.get(name)), "")
        if not source:
            raise AuthenticationError(
                "No API key: pass api_key=… or set the environment variable SIGNTRAKER_API_KEY."
            )
        key = ApiKey(environ[source])
    if not isinstance(key, str) or not _HEADER_TOKEN.fullmatch(key):
        # The key itself is never quoted.
        raise AuthenticationError(
            f"The API key from {source} can't be sent in an HTTP header: it must be one word of visible "
            f"ASCII characters. Look for a blank, a line break or a quotation mark copied along with it."
        )
    return ApiKey(key)


def _base_url(environ: Mapping[str, str], base_url: str | None, subdomain: str | None) -> str:
    if base_url is not None:
        return checked_url(base_url, "base_url")
    if subdomain is not None:
        return tenant_url(subdomain, "subdomain")
    if url := environ.get("SIGNTRAKER_BASE_URL"):
        return checked_url(url, "SIGNTRAKER_BASE_URL")
    if label := environ.get("SIGNTRAKER_SUBDOMAIN"):
        return tenant_url(label, "SIGNTRAKER_SUBDOMAIN")
    raise SignTrakerConfigError(
        "No tenant: pass subdomain=… (the first part of https://{subdomain}.signtraker.com) or base_url=…, "
        "or set the environment variable SIGNTRAKER_SUBDOMAIN or SIGNTRAKER_BASE_URL."
    )


def tenant_url(subdomain: object, source: str) -> str:
    """Return the address of a tenant. `source` names the setting in errors."""
    if not isinstance(subdomain, str) or not _DNS_LABEL.fullmatch(subdomain):
        raise SignTrakerConfigError(
            f"{source} must be one DNS label, such as acme in https://acme.signtraker.com, not"
            f" {quoted(subdomain)}."
        )
    return f"https://{subdomain.lower()}.signtraker.com"


def checked_url(given: object, source: str) -> str:
    """Return a base URL without a slash at its end. `source` names the setting in errors."""
    rule = f"{source} must be a URL such as https://acme.signtraker.com"
    # The URL is quoted only once it is known to hold neither a password nor a query.
    if not isinstance(given, str) or re.search(r"[\x00-\x20\x7f\\]", given):
        raise SignTrakerConfigError(f"{rule}, without blanks, control characters or backslashes.")
    if "?" in given or "#" in given:
        raise SignTrakerConfigError(f"{rule}, without a query or a fragment.")
    if "@" in given:
        raise SignTrakerConfigError(f"{rule}, without a user name or password; the key goes into api_key.")
    parts = _split(given)
    if parts is None:
        raise SignTrakerConfigError(f"{rule}, not {quoted(given)}.")
    if _API_PATH.search(parts.path):
        raise SignTrakerConfigError(
            f"{rule}, without /api and what follows, which the requests add themselves: {quoted(given)}."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise SignTrakerConfigError(
            f"{source} must use https, since over plain http the key would travel in the clear "
            f"(only a loopback address may be http), not {quoted(given)}."
        )
    return given.rstrip("/")


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")
        usable = parts.scheme in {"http", "https"} and host and parts.port != 0
    except ValueError:
        return None
    return parts if usable else None


def _switch(name: str, given: object) -> bool:
    if not isinstance(given, bool):
        raise SignTrakerConfigError(f"{name} must be True or False, not {quoted(given)}.")
    return given


def _odata_version(environ: Mapping[str, str], given: object) -> ODataVersion:
    variable = "SIGNTRAKER_ODATA_VERSION"
    value = given if given is not None else environ.get(variable) or _DEFAULTS["odata_version"]
    if value == "v3":
        return "v3"
    if value == "v4":
        return "v4"
    source = "odata_version" if given is not None else f"The environment variable {variable}"
    raise SignTrakerConfigError(f"{source} must be 'v3' or 'v4', not {quoted(value)}.")


def _query_limits(given: object) -> QueryLimits:
    if given is None:
        return DEFAULT_LIMITS
    if not isinstance(given, QueryLimits):
        raise SignTrakerConfigError(f"query_limits must be QueryLimits(…), not {quoted(given)}.")
    return given


def _seconds(environ: Mapping[str, str], name: str, given: object, *, allow_zero: bool) -> float:
    value, source = _number(environ, name, given)
    smallest = "0 or more" if allow_zero else "more than 0"
    if not (0 <= value <= _LONGEST_SECONDS and (value or allow_zero)):
        raise SignTrakerConfigError(
            f"{source} must be a number of seconds, {smallest} and at most {_LONGEST_SECONDS:.0f}, "
            f"not {quoted(value)}."
        )
    return float(value)


def _whole(environ: Mapping[str, str], name: str, given: object, least: int, most: int) -> int:
    value, source = _number(environ, name, given)
    if not least <= value <= most or value != int(value):
        raise SignTrakerConfigError(
            f"{source} must be a whole number from {least} to {most:,}, not {quoted(value)}."
        )
    return int(value)


def _extra_headers(given: object) -> Mapping[str, str]:
    """Check headers that the caller adds to every request: not those that the SDK or HTTP itself sets."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise SignTrakerConfigError("extra_headers must be a mapping of header names to text.")
    for name, value in cast("Mapping[object, object]", given).items():
        if not isinstance(name, str) or not _HEADER_NAME.fullmatch(name):
            raise SignTrakerConfigError(
                "extra_headers: a header's name must be letters, digits and hyphens, such as X-Request-Id."
            )
        if name.lower() in _RESERVED_HEADERS:
            raise SignTrakerConfigError(f"extra_headers must not set {name}, which the SDK sets itself.")
        if not isinstance(value, str) or not _HEADER_VALUE.fullmatch(value):
            # The value is not quoted: it may be a secret.
            raise SignTrakerConfigError(
                f"extra_headers: the value of {name} must be visible ASCII text, without a line break."
            )
    return dict(cast("Mapping[str, str]", given))


def _hooks(given: object) -> tuple[CallHooks, ...]:
    if given in (None, ()):
        return ()
    from signtraker._core.hooks import checked_hooks

    return checked_hooks(given)


def _number(environ: Mapping[str, str], name: str, given: object) -> tuple[float, str]:
    """Return the setting and the name under which the user gave it."""
    if given is not None:
        if isinstance(given, bool) or not isinstance(given, int | float):
            raise SignTrakerConfigError(f"{name} must be a number, not {quoted(given)}.")
        return given, name
    variable = f"SIGNTRAKER_{name.upper()}"
    text = environ.get(variable)
    if not text:
        return _DEFAULTS[name], name
    try:
        return float(text), variable
    except ValueError:
        raise SignTrakerConfigError(
            f"The environment variable {variable} must be a number, not {quoted(text)}."
        ) from None
