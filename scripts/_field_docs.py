"""Read the docstrings of a model's fields from its source; Pydantic does not keep them."""

from __future__ import annotations

import ast
import inspect
import textwrap
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel


def field_docs(model: type[BaseModel]) -> dict[str, str]:
    """Return the docstring of each field as one line, also of the fields that the model inherits."""
    found: dict[str, str] = {}
    for base in reversed(model.__mro__):
        if base.__module__.startswith("signtraker."):
            [node] = ast.parse(textwrap.dedent(inspect.getsource(base))).body
            assert isinstance(node, ast.ClassDef)  # noqa: S101 - the source of a class
            found |= {
                name: " ".join(doc.split())
                for one, following in pairwise(node.body)
                if (name := _declared(one)) and (doc := _text(following))
            }
    return {name: found[name] for name in model.model_fields}


def _declared(node: ast.stmt) -> str | None:
    match node:
        case ast.AnnAssign(target=ast.Name(id=name)):
            return name
        case _:
            return None


def _text(node: ast.stmt) -> str | None:
    match node:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return text
        case _:
            return None
