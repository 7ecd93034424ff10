"""Write the modules of `signtraker/query/generated` from the response models; `--check` only compares."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import UnionType
from typing import Any, Final, Literal, TypeGuard, Union, get_args, get_origin

from _field_docs import field_docs
from pydantic import BaseModel

from signtraker import models
from signtraker.models import (
    Agent,
    Award,
    ChangeOrder,
    Enterprise,
    Office,
    Order,
    OrderPreset,
    ServiceOrder,
)
from signtraker.query.schema import Edm, Property

ROOTS: Final[dict[str, type[BaseModel]]] = {
    "Q": Order,
    "AgentQ": Agent,
    "ChangeOrderQ": ChangeOrder,
    "ServiceQ": ServiceOrder,
    "AwardQ": Award,
    "EnterpriseQ": Enterprise,
    "OfficeQ": Office,
    "OrderPresetQ": OrderPreset,
}
EDM: Final = {
    bool: Edm.BOOLEAN,
    int: Edm.INT32,
    str: Edm.STRING,
    float: Edm.DOUBLE,
    Decimal: Edm.DECIMAL,
    datetime: Edm.DATETIME,
}
FIELDS: Final = {
    Edm.BOOLEAN: "BooleanField[{root}]",
    Edm.INT32: "IntegerField[{root}]",
    Edm.INT64: "IntegerField[{root}]",
    Edm.DOUBLE: "DoubleField[{root}]",
    Edm.DECIMAL: "DecimalField[{root}]",
    Edm.DATETIME: "DateTimeField[{root}]",
    Edm.STRING: "TextField[{root}, {text}]",
}
HOME: Final = Path(__file__).resolve().parents[1] / "signtraker" / "query" / "generated"
EXAMPLES: Final = {
    "Q": 'Q.status == "Draft"',
    "AgentQ": "AgentQ.is_inactive.eq(False)",
    "ChangeOrderQ": "ChangeOrderQ.completion_date.is_null()",
    "ServiceQ": "ServiceQ.completion_date.is_null()",
    "AwardQ": "AwardQ.remaining_amount > 0",
    "EnterpriseQ": 'EnterpriseQ.name.startswith("A")',
    "OfficeQ": 'OfficeQ.name.contains("North")',
    "OrderPresetQ": 'OrderPresetQ.name == "Standard"',
}
USE: Final = """\
The fields of `{model}`, for filters and orderings.

`{example}` is a filter, and `{root}.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
NOTE: Final = "Generated from the models by `scripts/generate_query.py`; not to be edited."


def entities() -> dict[str, type[BaseModel]]:
    """Return the roots' models and every model nested in them, by name."""
    found: dict[str, type[BaseModel]] = {}
    waiting = list(ROOTS.values())
    while waiting:
        model = waiting.pop(0)
        if model.__name__ not in found:
            found[model.__name__] = model
            waiting += [nested for _, nested in nested_models(model)]
    return found


def nested_models(model: type[BaseModel]) -> list[tuple[str, type[BaseModel]]]:
    """Return the attributes of a model that hold another model."""
    pairs = [(name, plain(field.annotation)) for name, field in model.model_fields.items()]
    return [(name, kind) for name, kind in pairs if is_model(kind)]


def is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    """Say whether an annotation is a model."""
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def plain(annotation: Any) -> Any:
    """Strip `| None`, `Annotated` and known values from an annotation, down to a class or a `tuple[…]`."""
    if hasattr(annotation, "__metadata__"):
        return plain(annotation.__origin__)
    if get_origin(annotation) is Literal:
        known: object = get_args(annotation)[0]
        return known.__class__
    if get_origin(annotation) in {Union, UnionType}:
        kinds = list(dict.fromkeys(plain(part) for part in get_args(annotation) if part is not type(None)))
        if len(kinds) != 1:
            raise TypeError(f"No single type: {annotation}")
        return kinds[0]
    return annotation


def properties(model: type[BaseModel]) -> list[Property]:
    """Return a model's properties as the server sees them."""
    return [read_property(model, attribute) for attribute in model.model_fields]


def read_property(model: type[BaseModel], attribute: str) -> Property:
    """Return one property, with its Edm type and whether it may be null."""
    field = model.model_fields[attribute]
    name = field.alias or field.serialization_alias or attribute
    kind = plain(field.annotation)
    if attribute == "id":
        return Property(name, attribute, Edm.INT64, nullable=False)
    if get_origin(kind) is tuple:
        return Property(name, attribute, EDM[plain(get_args(kind)[0])], collection=True)
    if is_model(kind):
        return Property(name, attribute, None, entity=kind.__name__)
    known, closed = known_values(field.annotation)
    return Property(name, attribute, EDM[kind], known=known, closed=closed)


def known_values(annotation: Any) -> tuple[tuple[str, ...], bool]:
    """Return the texts that an annotation names, and whether the API reference knows no others.

    A closed set is an alias of literals alone, such as `PaymentMode`; in a response `| str` stands beside it,
    so that a new value is kept. The alias of an open set, such as `OrderStatus`, holds `str` itself.
    """
    parts = get_args(annotation)
    values = {value for part in parts if get_origin(part) is Literal for value in get_args(part)}
    for name in sorted(models.__all__):
        alias = getattr(models, name)
        if get_origin(alias) is Literal and set(get_args(alias)) == values:
            return get_args(alias), True
        options = next(iter(get_args(alias)), None)
        if get_origin(options) is Literal and str in get_args(alias) and set(get_args(options)) == values:
            return get_args(options), False
    return (), False


def text_alias(model: type[BaseModel], attribute: str) -> str:
    """Return the name in `signtraker.models` of the values that a text field is known to have, or `str`."""
    known, _ = known_values(model.model_fields[attribute].annotation)
    for name in sorted(models.__all__):
        alias = getattr(models, name)
        options = alias if get_origin(alias) is Literal else next(iter(get_args(alias)), None)
        if known and get_origin(options) is Literal and get_args(options) == known:
            return f"models.{name}"
    return "str"


def entities_module() -> str:
    """Return the text of `query/generated/entities.py`."""
    tables = "".join(entity_table(model) for model in entities().values())
    roots = "".join(f"    {model.__name__!r}: {root!r},\n" for root, model in ROOTS.items())
    return f'''"""The API's entities as OData sees them.

{NOTE}
"""

from __future__ import annotations

from typing import Final

from signtraker.query.schema import Edm, Entity, Property

_TABLES: Final = (
{tables})
ENTITIES: Final[dict[str, Entity]] = {{
    name: Entity(name, {{one.name: one for one in properties}}) for name, properties in _TABLES
}}
"""Every entity and nested type by its model's name."""
ROOTS: Final[dict[str, str]] = {{
{roots}}}
"""The name under which each entity's fields are exported."""
'''


def entity_table(model: type[BaseModel]) -> str:
    """Return one row of the table in `query/generated/entities.py`."""
    rows = "".join(f"            {property_code(one)},\n" for one in properties(model))
    return f"    (\n        {model.__name__!r},\n        (\n{rows}        ),\n    ),\n"


def property_code(one: Property) -> str:
    """Return the expression that makes a property."""
    kind = None if one.type is None else f"Edm.{one.type.name}"
    extra = "" if one.nullable else ", nullable=False"
    extra += f", entity={one.entity!r}" if one.entity else ""
    extra += ", collection=True" if one.collection else ""
    extra += f", known={one.known!r}" if one.known else ""
    extra += ", closed=True" if one.closed else ""
    return f"Property({one.name!r}, {one.attribute!r}, {kind}{extra})"


def nested_module() -> str:
    """Return the text of `query/generated/nested.py`."""
    tops = {model.__name__ for model in ROOTS.values()}
    classes = [namespace_class(one) for name, one in entities().items() if name not in tops]
    return module("The fields of nested entities, whose type carries the list they belong to.", classes)


def roots_module() -> str:
    """Return the text of `query/generated/roots.py`."""
    classes = [namespace_class(model, root) for root, model in ROOTS.items()]
    instances = "".join(
        f'{root}: Final[{model.__name__}Fields] = {model.__name__}Fields("{model.__name__}")\n'
        f'"""{USE.format(root=root, model=model.__name__, example=EXAMPLES[root])}"""\n'
        for root, model in ROOTS.items()
    )
    return module("The fields of every list: `Q` and its siblings.", [*classes, instances])


def module(title: str, parts: list[str]) -> str:
    """Return the text of a module of field classes, with the imports that it needs."""
    body = "\n\n".join(parts)
    nested = [f"{name}Fields" for name in entities() if f" {name}Fields[" in body]
    bases = "Namespace" if "Namespace[M]" in body else "Root"
    generic = ", Generic" if "Generic[M]" in body else ", Final"
    imports = [
        imported("fields", [name for name in FIELD_CLASSES if f"-> {name}[" in body]),
        imported("filters", ["M"] if "Generic[M]" in body else []),
        imported("generated.nested", nested if "Root[" in body else []),
        imported("namespace", [bases]),
    ]
    return f'''"""{title}

{NOTE}
"""

from __future__ import annotations

from typing import TYPE_CHECKING{generic}

{"".join(imports)}
if TYPE_CHECKING:
    from signtraker import models

{body}'''


def imported(name: str, classes: list[str]) -> str:
    """Return the line that imports from a module of the package; none for no classes."""
    return f"from signtraker.query.{name} import {', '.join(sorted(classes))}\n" if classes else ""


FIELD_CLASSES: Final = (
    "BooleanField", "ChoiceField", "DateTimeField", "DecimalField", "DoubleField", "IdField", "IntegerField",
    "NestedIdField", "TextField", "TextListField",
)  # fmt: skip


def namespace_class(model: type[BaseModel], root: str | None = None) -> str:
    """Return the class whose properties are a model's fields."""
    name = model.__name__
    top = f"models.{name}" if root else "M"
    base = f'Root["{top}"]' if root else "Namespace[M], Generic[M]"
    title = f"The fields of `{name}`." if root else f"The fields of a nested `{name}`."
    parts = "\n".join(property_method(model, one, top) for one in properties(model))
    return f'class {name}Fields({base}):\n    """{title}"""\n\n{parts}'


def property_method(model: type[BaseModel], one: Property, root: str) -> str:
    """Return the property of a namespace that makes one field."""
    kind = field_type(model, one, root)
    meaning = field_docs(model)[one.attribute]
    arguments = "*self._below(%r)" % one.name  # noqa: UP031 - braces of an f-string would hide the call
    return (
        f"    @property\n    def {one.attribute}(self) -> {kind}:\n"
        f'        """{docstring(one, nested=root == "M")}\n\n        {meaning}\n        """\n'
        f"        return {kind.split('[')[0]}({arguments})\n"
    )


def field_type(model: type[BaseModel], one: Property, root: str) -> str:
    """Return the field class of a property, with its type arguments."""
    if one.entity:
        return f"{one.entity}Fields[{root}]"
    if one.collection:
        return f"TextListField[{root}]"
    if one.type is Edm.INT64 and not one.nullable:
        return f"IdField[{root}]" if root != "M" else "NestedIdField[M]"
    if one.type is None:
        raise TypeError(f"A property without a type: {one}")
    if one.closed:
        return f"ChoiceField[{root}, {text_alias(model, one.attribute)}]"
    return FIELDS[one.type].format(root=root, text=text_alias(model, one.attribute))


def docstring(one: Property, *, nested: bool) -> str:
    """Return the first line of what an editor shows for a field: its API name, type and nullability."""
    if one.entity:
        return f"`{one.name}`: the fields of the nested `{one.entity}`, which may be null."
    kind = f"a collection of {one.type}" if one.collection else str(one.type)
    if nested and not one.nullable:
        return f"`{one.name}`: {kind}, null where there is no such record."
    return f"`{one.name}`: {kind}, {'may be' if one.nullable else 'never'} null."


def formatted(text: str) -> str:
    """Return the text as `ruff` lays it out."""
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--stdin-filename",
        str(HOME / "roots.py"),
        "-",
    ]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def main(arguments: list[str]) -> int:
    """Write the files, or with `--check` name those that are stale; return the exit status."""
    texts = {
        HOME / "entities.py": entities_module(),
        HOME / "nested.py": nested_module(),
        HOME / "roots.py": roots_module(),
    }
    stale = 0
    for path, text in texts.items():
        wanted = formatted(text)
        if path.exists() and path.read_text(encoding="utf-8") == wanted:
            continue
        if "--check" in arguments:
            print(f"{path} is stale: run python scripts/generate_query.py")
            stale = 1
        else:
            path.write_text(wanted, encoding="utf-8")
            print(f"wrote {path}")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
