"""The two kinds of model: requests, which are checked strictly, and responses, which are read generously."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    ModelWrapValidatorHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import InitErrorDetails

from signtraker.exceptions import NotSelectedError
from signtraker.models._sentences import mistake, sentence

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic_core import ErrorDetails

_IRREGULAR = {"external_id": "ExternalID"}


def api_name(attribute: str) -> str:
    """Return the API's JSON name of an attribute: `due_date` is `DueDate`."""
    return _IRREGULAR.get(attribute) or "".join(part.capitalize() for part in attribute.split("_"))


class RequestModel(BaseModel):
    """What is sent. Unknown fields are refused, nothing is coerced, and only what was set is written."""

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
        """Turn every mistake that Pydantic found into a sentence that says how to mend it."""
        try:
            return handler(data)
        except ValidationError as error:
            found = error.errors(include_url=False)
        raise ValidationError.from_exception_data(cls.__name__, [_detail(cls, one) for one in found])

    def revalidated(self) -> Self:
        """Return a copy that has passed validation now, keeping which fields were set.

        `model_copy(update=…)` and `model_construct` skip validation; sending must not.
        """
        return type(self).model_validate(self._as_set())

    def _as_set(self) -> dict[str, Any]:
        fields = type(self).model_fields
        return {
            name: value._as_set() if isinstance(value, RequestModel) else value  # noqa: SLF001 - its own class
            for name, value in self.__dict__.items()
            if name in self.model_fields_set or name not in fields
        }

    def payload(self) -> dict[str, Any]:
        """Return the JSON object that is sent: API names, what was set and nothing else."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _detail(model: type[BaseModel], error: ErrorDetails) -> InitErrorDetails:
    context = error.get("ctx", {})
    text = context.get("sentence") or (
        unknown_field(model, str(error["loc"][-1]))
        if error["type"] == "extra_forbidden" and len(error["loc"]) == 1
        else sentence(error)
    )
    return InitErrorDetails(type=mistake(error["type"], text), loc=error["loc"], input=error["input"])


def unknown_field(model: type[BaseModel], name: str) -> str:
    """Say that a model has no such field, and which one was probably meant."""
    fields = model.model_fields
    if name in fields:
        return f"is given twice, as {name} and as {fields[name].alias}; keep one of them"
    known = {_squash(known): attribute for attribute in fields for known in (attribute, api_name(attribute))}
    near = get_close_matches(_squash(name), known, n=1, cutoff=0.6)
    hint = f"did you mean {known[near[0]]}?" if near else f"its fields are {', '.join(fields)}"
    return f"is not a field of {model.__name__}; {hint}"


def _squash(name: str) -> str:
    return name.replace("_", "").replace(" ", "").replace("-", "").lower()


class ResponseModel(BaseModel, frozen=True):
    """What is received: immutable, tolerant of harmless differences, keeping what it does not know.

    A field that the call's `select` left out raises `NotSelectedError` on reading; one that the server
    left out of a whole record is None.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        alias_generator=api_name,
        validate_by_name=True,
        validate_by_alias=True,
        extra="allow",
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
    )

    if not TYPE_CHECKING:
        # Hidden from type checkers, for which it would make every misspelt attribute an Any.
        def __getattr__(self, name: str) -> Any:
            if name in type(self).model_fields:
                raise NotSelectedError(type(self).__name__, name)
            return super().__getattr__(name)


ResponseT = TypeVar("ResponseT", bound=ResponseModel)


def read_selected(model: type[ResponseT], row: Mapping[str, Any]) -> ResponseT:
    """Read a row that a `$select` may have made incomplete; what is missing raises when it is read."""
    missing = [
        name for name, field in model.model_fields.items() if field.alias not in row and name not in row
    ]
    required = {name: 0 for name in missing if model.model_fields[name].is_required()}
    record = model.model_validate({**row, **required})
    forget(record, missing)
    return record


def forget(record: ResponseModel, names: Iterable[str]) -> None:
    """Delete fields from a record as if they had never been, so that reading them raises."""
    for name in names:
        vars(record).pop(name, None)
        record.model_fields_set.discard(name)
