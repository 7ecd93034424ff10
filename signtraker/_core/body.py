"""Build the request of a write from a model, a mapping or keywords, checked when it is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

import pydantic

from signtraker._common.short_repr import short_repr
from signtraker._core.request import JSON, Request, before_sending
from signtraker._core.response import problems
from signtraker.exceptions import Problem, ValidationError, refuse
from signtraker.models._base import RequestModel, api_name

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from signtraker._core.request import Method
    from signtraker._core.response import Reader

T = TypeVar("T")
RequestT = TypeVar("RequestT", bound=RequestModel)
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def write_request(
    path: str,
    body: tuple[type[RequestT], object, Mapping[str, Any], Mapping[str, object] | None],
    reader: Reader[T],
    check_hint: Callable[[RequestT], str],
    *,
    method: Method = "POST",
    content_type: str = JSON,
    route: str = "",
) -> Request[T]:
    """Return the request of a write; raises `ValidationError` listing every mistake.

    Args:
        path: The path under the base URL.
        body: The model, what the caller gave positionally, the keyword arguments, and `extra_fields`.
        reader: Reads the response.
        check_hint: Returns the advice on how to see whether the write happened, for the request at hand.
        method: The HTTP method.
        content_type: The type of the body.
        route: The path with a name for each id; empty if it has none.
    """
    model, given, fields, extra_fields = body
    with before_sending(method, path):
        request = validated(model, given, fields)
        content = json_body(request, extra_fields)
    return Request(method, path, reader, (), content, content_type, check_hint(request), route=route)


def validated(
    model: type[RequestT], given: object, fields: Mapping[str, Any], what: str = "Not sent"
) -> RequestT:
    """Return the request, validated now; raises `ValidationError` listing every mistake."""
    if given is not None and fields:
        raise refused(model, [Problem("", f"give a {model.__name__} or keyword arguments, not both")], what)
    if isinstance(given, model):
        data: dict[Any, Any] | RequestModel = given
    elif given is None or isinstance(given, Mapping):
        # An exception of the caller's own mapping comes out as it is.
        data = dict(cast("Mapping[Any, Any]", given if given is not None else fields))
    else:
        wanted = f"give a {model.__name__}, a mapping or keyword arguments, not {short_repr(given)}"
        raise refused(model, [Problem("", wanted)], what)
    try:
        if isinstance(data, model):
            return data.revalidated()
        request = model.model_validate(data)
        # Twice if there is a nested model, which may have skipped its own validation.
        has_nested = any(isinstance(value, RequestModel) for value in vars(request).values())
        return request.revalidated() if has_nested else request
    except pydantic.ValidationError as error:
        raise refused(model, problems(error), what) from None


def json_body(request: RequestModel, extra_fields: Mapping[str, object] | None = None) -> bytes:
    """Write what was set, and nothing else, under the API's names; `extra_fields` go in as they are."""
    extra = {} if extra_fields is None else _checked_extra(type(request), extra_fields)
    # Pydantic's `model_dump_json` would be faster, but loses what a signal handler raises in a serializer.
    content = {**request.payload(), **extra}
    try:
        return _ENCODER.encode(content).encode()
    except (TypeError, ValueError) as error:
        refuse([Problem("extra_fields", f"must hold what JSON can: {error}")])
        raise


def _checked_extra(model: type[RequestModel], extra: object) -> dict[str, object]:
    """Check fields that the models don't know yet: a known one must go through its own check."""
    if not isinstance(extra, Mapping):
        refuse(
            [Problem("extra_fields", f"must be a mapping of API names to values, not {short_repr(extra)}")]
        )
    given = dict(cast("Mapping[object, object]", extra))
    known = {api_name(name): name for name in model.model_fields}
    found: list[Problem] = []
    for name in given:
        if not isinstance(name, str) or not name:
            found.append(Problem("extra_fields", f"must have texts as names, not {short_repr(name)}"))
        elif name in known or name in model.model_fields:
            field = known.get(name, name)
            message = f"{name} is a field of {model.__name__}: give it as {field}, where it is checked"
            found.append(Problem("extra_fields", message))
    refuse(found)
    return cast("dict[str, object]", given)


def refused(model: type[RequestModel], found: Sequence[Problem], what: str = "Not sent") -> ValidationError:
    """Return the error that lists the mistakes in a request."""
    count = "1 mistake" if len(found) == 1 else f"{len(found)} mistakes"
    listed = "; ".join(str(one) for one in found)
    return ValidationError(f"{what}, {count} in {model.__name__}: {listed}", problems=found)
