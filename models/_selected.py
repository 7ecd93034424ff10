"""Read the rows of a call with `$select`: reading a field that is missing raises `NotSelectedError`."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, FailFast, TypeAdapter, ValidationError, create_model

from signtraker.models._base import ResponseModel
from signtraker.models._fields_set import shared_fields_set

if TYPE_CHECKING:
    from collections.abc import Mapping

ResponseT = TypeVar("ResponseT", bound=ResponseModel)
_EXTRA: Final = vars(BaseModel)["__pydantic_extra__"]


def read_selected(model: type[ResponseT], row: object) -> ResponseT:
    """Read one row."""
    return _with_missing_fields(model, _partial_model(model).model_validate(row))


def read_selected_list(model: type[ResponseT], body: bytes, select: str) -> list[ResponseT]:
    """Read the JSON of a list; `select` is the text of `$select`."""
    rows = _read_exactly(model, body, select)
    if rows is not None:
        return rows
    return [_with_missing_fields(model, row) for row in _partial_list(model).validate_json(body)]


class _ExactModel(ResponseModel, frozen=True):
    """Base class of models that have the selected fields and no others; each must be given."""

    model_config = ConfigDict(extra="forbid")


def _read_exactly(model: type[ResponseT], body: bytes, select: str) -> list[ResponseT] | None:
    """Read rows that each give exactly the selected fields; None if one does not.

    Nothing is then to be deleted from a record, so that a short row takes no longer than without `select`.
    """
    adapter = _exact_list(model, select)
    if adapter is None:
        return None
    try:
        rows = adapter.validate_json(body)
    except ValidationError:  # The first row that differs: the caller reads all of them another way.
        return None
    set_class, set_extra = object.__setattr__, _EXTRA.__set__
    for row in rows:
        set_extra(row, {})
        set_class(row, "__class__", model)
    return rows


@lru_cache(maxsize=64)
def _exact_list(model: type[ResponseModel], select: str) -> TypeAdapter[list[Any]] | None:
    """Return the reader of lists of the selected fields; None if the model lacks one of them."""
    selected = {name.strip() for name in select.split(",")}
    fields = {name: field for name, field in model.model_fields.items() if field.alias in selected}
    if len(fields) < len(selected):
        return None
    # The order is that of the model, in which records are printed.
    required: Mapping[str, Any] = {name: field.rebuild_annotation() for name, field in fields.items()}
    exact = create_model(model.__name__, __base__=_ExactModel, **required)
    # A model in a variable is no type to mypy.
    return TypeAdapter(Annotated[list[exact], FailFast()])  # type: ignore[valid-type, arg-type]


@cache
def _partial_model(model: type[ResponseModel]) -> type[ResponseModel]:
    """Return a model of the same fields, none of which is required."""
    required: Mapping[str, Any] = {
        name: (field.annotation, None) for name, field in model.model_fields.items() if field.is_required()
    }
    return create_model(model.__name__, __base__=model, **required)


@cache
def _partial_list(model: type[ResponseModel]) -> TypeAdapter[list[Any]]:
    return TypeAdapter(list[_partial_model(model)])  # type: ignore[misc, arg-type]  # a model in a variable


def _with_missing_fields(model: type[ResponseT], record: Any) -> ResponseT:
    """Turn a record of the partial model into one of `model`, without the fields that were not given."""
    object.__setattr__(record, "__class__", model)
    fields: dict[str, Any] = record.__dict__
    for name in _missing(model, shared_fields_set(record)):
        del fields[name]
    typed: ResponseT = record
    return typed


@lru_cache(maxsize=1024)
def _missing(model: type[ResponseModel], given: frozenset[str]) -> tuple[str, ...]:
    return tuple(name for name in model.model_fields if name not in given)
