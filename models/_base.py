"""Define the base classes of the models: strict requests and tolerant responses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticSerializationError

from signtraker.exceptions import NotSelectedError, Problem
from signtraker.exceptions import ValidationError as ClientValidationError
from signtraker.models._fields_set import shared_fields_set, shared_fields_set_property
from signtraker.models._messages import custom_error, error_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

_IRREGULAR = {"external_id": "ExternalID"}


def api_name(attribute: str) -> str:
    """Return the API's name of an attribute: `DueDate` for `due_date`."""
    return _IRREGULAR.get(attribute) or "".join(part.capitalize() for part in attribute.split("_"))


class RequestModel(BaseModel):
    """Base class of payloads to send: refuses unknown fields, coerces nothing, writes only the set fields."""

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=api_name,
        validate_by_name=True,
        validate_by_alias=True,
        loc_by_alias=False,
        extra="forbid",
        validate_assignment=True,
    )

    @model_validator(mode="wrap")
    @classmethod
    def _explain(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        """Replace the messages of Pydantic's errors by ones that say what to write instead."""
        try:
            return handler(data)
        except ValidationError as error:
            found = error.errors(include_url=False)
        raise ValidationError.from_exception_data(cls.__name__, [_with_message(cls, one) for one in found])

    def revalidated(self) -> Self:
        """Validate again and return a copy with the same fields set.

        Sending calls this, because `model_copy(update=…)` and `model_construct` skip validation. Pydantic's
        `revalidate_instances="always"` would do it too, but would also copy each nested model where it is
        assigned: a later change to that model would then not be sent.
        """
        return type(self).model_validate(self._as_set())

    def _as_set(self) -> dict[str, Any]:
        fields, fields_set = type(self).model_fields, self.model_fields_set
        return {
            name: value._as_set() if isinstance(value, RequestModel) else value  # noqa: SLF001 - of this class
            for name, value in self.__dict__.items()
            if name in fields_set or name not in fields
        }

    def payload(self) -> dict[str, Any]:
        """Return the JSON object that is sent: the fields that were set, by their API names."""
        try:
            return self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        except PydanticSerializationError as error:
            # Pydantic wraps what a signal handler raises while a serializer runs.
            raise error.__cause__ or error from None


def _with_message(model: type[BaseModel], error: ErrorDetails) -> InitErrorDetails:
    context = error.get("ctx", {})
    text = context.get("message") or (
        unknown_field(model, str(error["loc"][-1]))
        if error["type"] == "extra_forbidden" and len(error["loc"]) == 1
        else error_message(error)
    )
    return InitErrorDetails(type=custom_error(error["type"], text), loc=error["loc"], input=error["input"])


def unknown_field(model: type[BaseModel], name: str) -> str:
    """Return the message for a field that the model does not have; suggests the one that is most alike."""
    fields = model.model_fields
    if name in fields:
        return f"is given twice, as {name} and as {fields[name].alias}; keep one of them"
    near = _nearest(model, name)
    hint = f"did you mean {near}?" if near else f"its fields are {', '.join(fields)}"
    return f"is not a field of {model.__name__}; {hint}"


def _nearest(model: type[BaseModel], name: str) -> str | None:
    """Return the attribute with the most similar name; None if none is similar."""
    from difflib import get_close_matches  # noqa: PLC0415 - only a mistake needs it

    fields = model.model_fields
    known = {
        _simplified(known): attribute for attribute in fields for known in (attribute, api_name(attribute))
    }
    near = get_close_matches(_simplified(name), known, n=1, cutoff=0.6)
    return known[near[0]] if near else None


def _simplified(name: str) -> str:
    return name.replace("_", "").replace(" ", "").replace("-", "").lower()


class ResponseModel(BaseModel, frozen=True):
    """Base class of received records: immutable; keeps unknown fields and accepts unknown values.

    A field that the call's `select` left out raises `NotSelectedError` when it is read. A field that is
    missing though the call had no `select` is None.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=api_name,
        validate_by_name=True,
        validate_by_alias=True,
        extra="allow",
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        # Pydantic declares the slot as a set. What is read here is one; an assignment would declare it anew.
        type.__setattr__(cls, "__pydantic_fields_set__", shared_fields_set_property())

    if not TYPE_CHECKING:
        # Hidden from type checkers: with `__getattr__`, they would accept every misspelt attribute.
        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise NotSelectedError(type(self).__name__, name)
            try:
                return super().__getattr__(name)
            except AttributeError:
                if name.startswith("_"):
                    raise
                hint = unknown_field(type(self), name)
            raise AttributeError(f"{name} {hint}", name=name, obj=self)

        def __getitem__(self, name: object) -> NoReturn:
            record = type(self).__name__.lower()
            fields = {one.alias: attribute for attribute, one in type(self).model_fields.items()}
            attribute = fields.get(name) if isinstance(name, str) else None
            if isinstance(name, str) and attribute is None:
                near = _nearest(type(self), name)
                attribute = near or name
            raise TypeError(
                f"{type(self).__name__} is a model, not a dict: write {record}.{attribute or 'id'} instead of"
                f" {record}[{name!r}], or {record}.model_dump(by_alias=True) for a dict"
            )

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            super().__setattr__(name, value)
            return
        record = type(self).__name__.lower()
        raise AttributeError(
            f"{record}.{name} can't be set: a received {type(self).__name__} is immutable;"
            f" {record}.model_copy(update={{{name!r}: …}}) makes a changed copy",
            name=name,
            obj=self,
        )

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed; unlike Pydantic's method, this one checks the changes.

        Raises the SDK's `ValidationError` for an unknown field and for a value of a wrong type.
        """
        if not update:
            return super().model_copy(deep=deep)
        update = _checked_update(self, update)
        copied = super().model_copy(update=update, deep=deep)
        # Pydantic adds the names to a set that it reads from the copy, which does not change the copy's own.
        set_fields_set(copied, self.model_fields_set.union(update))
        return copied


def _checked_update(record: ResponseModel, update: Mapping[str, Any]) -> dict[str, Any]:
    model = type(record)
    fields = model.model_fields
    found = [Problem(name, unknown_field(model, name)) for name in update if name not in fields]
    # Only the Id is required. A row that was selected without an Id stays without it.
    required = {name: vars(record).get(name, 1) for name in fields if fields[name].is_required()}
    try:
        known = {name: value for name, value in update.items() if name in fields}
        checked = vars(model.model_validate({**required, **known}))
    except ValidationError as error:
        details = error.errors(include_url=False)
        found += [Problem(".".join(map(str, one["loc"])), error_message(one)) for one in details]
        checked = {}
    if found:
        listed = "; ".join(map(str, found))
        raise ClientValidationError(f"Not copied, wrong values in {model.__name__}: {listed}", problems=found)
    return {name: checked[name] for name in update}


def set_fields_set(record: ResponseModel, names: Iterable[str]) -> None:
    """Set the names of the fields that were given; `__setattr__` refuses every change."""
    object.__setattr__(record, "__pydantic_fields_set__", names)


def delete_fields(record: ResponseModel, names: Iterable[str]) -> None:
    """Delete fields from a record, so that reading them raises `NotSelectedError`."""
    for name in names:
        vars(record).pop(name, None)
    set_fields_set(record, shared_fields_set(record).difference(names))
