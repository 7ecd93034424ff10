"""A request body, given as a model, a mapping or keyword arguments: checked at the moment of sending."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import pydantic

from signtraker._common.short_repr import short_repr
from signtraker._core.response import problems
from signtraker.exceptions import Problem, ValidationError
from signtraker.models._base import RequestModel

if TYPE_CHECKING:
    from collections.abc import Sequence

RequestT = TypeVar("RequestT", bound=RequestModel)


def validated(
    model: type[RequestT], given: RequestT | Mapping[str, object] | None, fields: Mapping[str, Any]
) -> RequestT:
    """Return the request, validated now; raises `ValidationError` listing every mistake."""
    if given is not None and fields:
        raise _refused(model, [Problem("", f"give a {model.__name__} or keyword arguments, not both")])
    try:
        if isinstance(given, model):
            return given.revalidated()
        if given is None or isinstance(given, Mapping):
            # Twice, because a nested model in it may have skipped its own validation.
            return model.model_validate(dict(cast("Mapping[str, Any]", given or fields))).revalidated()
    except pydantic.ValidationError as error:
        raise _refused(model, problems(error)) from None
    raise _refused(
        model,
        [Problem("", f"give a {model.__name__}, a mapping or keyword arguments, not {short_repr(given)}")],
    )


def json_body(request: RequestModel) -> bytes:
    """Write what was set, and nothing else, under the API's names."""
    return request.model_dump_json(by_alias=True, exclude_unset=True).encode()


def _refused(model: type[RequestModel], found: Sequence[Problem]) -> ValidationError:
    count = "1 mistake" if len(found) == 1 else f"{len(found)} mistakes"
    listed = "; ".join(str(one) for one in found)
    return ValidationError(f"Not sent, {count} in {model.__name__}: {listed}", problems=found)
