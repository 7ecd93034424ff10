"""Read the list behind `in` as v4 7.x does: as a JSON array, not as OData literals."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from signtraker.query.nodes import And, Call, Comparison, In, Lambda, Literal, Not, Or
from signtraker.sandbox.api.responses import api_error, invalid_query

if TYPE_CHECKING:
    from signtraker.query.nodes import Node

_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.|$)", re.DOTALL)
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", '"': '"'}


def read_as_json(node: Node) -> Node:  # noqa: PLR0911 - one for each kind of node
    """Give every `in` of a filter the values that the server sees; raises its refusal, or its crash."""
    match node:
        case In(operand, values):
            return In(operand, tuple(_read(value) for value in values))
        case Not(operand):
            return Not(read_as_json(operand))
        case And(terms):
            return And(tuple(map(read_as_json, terms)))
        case Or(terms):
            return Or(tuple(map(read_as_json, terms)))
        case Call(name, arguments):
            return Call(name, tuple(map(read_as_json, arguments)))
        case Comparison(operator, left, right):
            return Comparison(operator, read_as_json(left), read_as_json(right))
        case Lambda(quantifier, collection, variable, predicate) if predicate is not None:
            return Lambda(quantifier, collection, variable, read_as_json(predicate))
        case _:
            return node


def _read(literal: Literal) -> Literal:
    value = literal.value
    if value is None or value == "":
        raise api_error(500, "An error has occurred.")
    if isinstance(value, date):
        raise invalid_query("Invalid JSON. A token was not recognized in the JSON content.")
    if not isinstance(value, str):
        return literal
    if "'" in value:
        # The first half of the doubled quote ends the string.
        raise invalid_query(
            "Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an"
            " array and properties of an object must be separated by commas."
        )
    return Literal(_ESCAPE.sub(_unescape, value))


def _unescape(found: re.Match[str]) -> str:
    name = found[1]
    code = int(name[1:], 16) if len(name) > 1 else None
    # Half of a surrogate pair is in no record, and no database takes it.
    if code is not None and not 0xD800 <= code <= 0xDFFF:  # noqa: PLR2004 - the surrogates
        return chr(code)
    if name not in _ESCAPED:
        raise invalid_query(f"Invalid JSON. An unrecognized escape sequence '{found[0]}' was found.")
    return _ESCAPED[name]
