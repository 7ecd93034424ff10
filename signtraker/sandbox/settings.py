"""Define the settings of a sandbox, apart from its database and its port."""

from __future__ import annotations

import secrets
from datetime import timedelta
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)

from signtraker._common.short_repr import short_repr

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Generation: TypeAlias = Literal["v3", "v4-5", "v4-7"]


class SandboxError(Exception):
    """The sandbox cannot do what it was asked to; the message says why, and what to do."""


class CheckedModel(BaseModel):
    """Base class of what a user may get wrong: raises `SandboxError` with one sentence."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )

    @model_validator(mode="wrap")
    @classmethod
    def _raise_in_a_sentence(cls, given: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            return handler(given)
        except ValidationError as error:
            raise SandboxError(cls._sentence(error.errors()[0])) from None

    @classmethod
    def _sentence(cls, error: ErrorDetails) -> str:
        if not error["loc"]:
            return f"A JSON object is expected, not {short_repr(error['input'])}."
        name = str(error["loc"][0])
        field = cls.model_fields.get(name)
        if error["type"] == "extra_forbidden":
            close = get_close_matches(name, cls.model_fields, n=1)
            advice = f"did you mean {close[0]}?" if close else f"choose one of {', '.join(cls.model_fields)}."
            return f"{name!r} is no parameter of a {cls.__name__.lower()}; {advice}"
        rule = error["msg"].removeprefix("Value error, ").removeprefix("Input ")
        # A secret is not quoted.
        given = f"={short_repr(error['input'])}" if field is None or field.repr else ""
        return f"{name}{given} {rule}{'' if rule.endswith('?') else '.'}"


class Settings(CheckedModel):
    """The behaviour of the server; the defaults are those of the server behind the API, as far as known."""

    seed: int = 1
    """The seed of the records."""
    orders: int = Field(default=300, ge=0, le=10_000_000)
    """The number of orders to make up."""
    api_key: str = Field(default="sandbox-key", repr=False)
    """The key that clients must send."""
    control_token: str = Field(default_factory=secrets.token_hex, repr=False)
    """The token that the control API requires for changes."""
    server: Generation = "v4-7"
    """The OData generation."""
    national_account: bool = True
    """A National Account has order presets; an individual licensee's portal has none."""
    page_cap: int | None = Field(default=None, ge=1)
    """The number of rows to which every list is silently cut."""
    max_top: int | None = Field(default=None, ge=1)
    """The largest `$top` that is accepted."""
    design_days: float = Field(default=0, ge=0, le=36_500)
    """The days for which a new order is `Designing`; with 0 it is a `Draft` at once."""
    max_query_bytes: int = 2048
    """The longest query string; IIS responds to a longer one with a 404 in HTML."""
    max_url_bytes: int = 4096
    """The longest path and query string together."""

    @field_validator("api_key", "control_token")
    @classmethod
    def _check_secret(cls, text: str) -> str:
        if not text or not (text.isascii() and text.isprintable()):
            raise ValueError("must be printable ASCII and not empty")
        return text

    @property
    def designing(self) -> timedelta:
        """The duration of the design of a new order."""
        return timedelta(days=self.design_days)

    @property
    def is_v3(self) -> bool:
        """True if the generation speaks OData v3."""
        return self.server == "v3"
