"""The page at `/docs`: the OpenAPI document, to be read by people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias, cast

from signtraker.sandbox.dashboard.layout import document
from signtraker.sandbox.dashboard.markup import Content, Html, join, tag

if TYPE_CHECKING:
    from collections.abc import Iterator

Json: TypeAlias = dict[str, Any]


def render(described: Json) -> bytes:
    """Make the page."""
    info = described["info"]
    operations = list(_operations(described))
    groups = join(_group(described, one, operations) for one in described["tags"])
    schemas = join(_schema(name, one) for name, one in described["components"]["schemas"].items())
    scheme = described["components"]["securitySchemes"]["key"]
    intro = tag(
        "section",
        tag("h1", f"{info['title']} {info['version']}"),
        tag("p", info["description"]),
        tag("p", tag("b", "Authentication: "), f"header {scheme['name']}, ", _prose(scheme["description"])),
        tag("p", tag("a", "openapi.json", href="/openapi.json"), " is the same for programs."),
        class_="card",
        id="top",
    )
    models = tag("section", tag("h2", "Schemas"), schemas, class_="card", id="schemas")
    return document(
        f"{info['title']} reference",
        tag(
            "div",
            _contents(described, operations),
            tag("div", intro, groups, models, class_="wide-part"),
            class_="parts reference",
        ),
    )


def _operations(described: Json) -> Iterator[tuple[str, str, Json]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def _contents(described: Json, operations: list[tuple[str, str, Json]]) -> Html:
    parts: list[Html] = []
    for one in described["tags"]:
        links = [
            tag("li", tag("a", operation["summary"], href=f"#{operation['operationId']}"))
            for _, _, operation in operations
            if one["name"] in operation["tags"]
        ]
        parts += [tag("h2", one["name"]), tag("ul", *links)]
    parts.append(tag("h2", tag("a", "Schemas", href="#schemas")))
    return tag("nav", *parts, class_="card contents", aria_label="Contents")


def _group(described: Json, one: Json, operations: list[tuple[str, str, Json]]) -> Html:
    articles = [
        _operation(described, method, path, operation)
        for method, path, operation in operations
        if one["name"] in operation["tags"]
    ]
    about = tag("p", one["description"], class_="faint")
    return tag("section", tag("h2", one["name"]), about, *articles, class_="card")


def _operation(described: Json, method: str, path: str, operation: Json) -> Html:
    heading = tag(
        "h3",
        tag("span", method, class_=f"method {method.lower()}"),
        tag("code", path),
        tag("span", operation["summary"], class_="faint"),
    )
    parameters = [_resolved(described, one) for one in operation.get("parameters", [])]
    return tag(
        "article",
        heading,
        tag("p", operation["description"]) if "description" in operation else None,
        _table(["Parameter", "In", "Type", "Meaning"], [_parameter(one) for one in parameters]),
        _payload(operation),
        _table(["Answer", "Content", "Meaning"], list(_answers(described, operation))),
        id=operation["operationId"],
    )


def _parameter(one: Json) -> Html:
    name = tag("th", tag("code", one["name"]), _required(is_required=one.get("required", False)), scope="row")
    about = _prose(one.get("description", ""))
    return tag("tr", name, tag("td", one["in"]), tag("td", _type(one["schema"])), tag("td", about))


def _payload(operation: Json) -> Content:
    if "requestBody" not in operation:
        return None
    body = operation["requestBody"]
    [(media_type, content)] = body["content"].items()
    needed = "" if body["required"] else " (may be left out)"
    return tag("p", tag("b", "Payload: "), _type(content["schema"]), " as ", tag("code", media_type), needed)


def _answers(described: Json, operation: Json) -> Iterator[Html]:
    for status, one in operation["responses"].items():
        response = _resolved(described, one)
        contents = [
            tag("span", _type(content["schema"]), " ", tag("code", media_type))
            for media_type, content in response.get("content", {}).items()
        ]
        yield tag(
            "tr",
            tag("th", tag("span", status, class_=f"code class-{status[0]}"), scope="row"),
            tag("td", *contents) if contents else tag("td", "empty", class_="faint"),
            tag("td", _prose(response["description"])),
        )


def _schema(name: str, schema: Json) -> Html:
    required = set(schema.get("required", []))
    rows = [
        tag(
            "tr",
            tag("th", tag("code", key), _required(is_required=key in required), scope="row"),
            tag("td", _type(one)),
        )
        for key, one in schema.get("properties", {}).items()
    ]
    about = _prose(schema.get("description", ""))
    return tag(
        "article",
        tag("h3", tag("code", name)),
        tag("p", about) if about else None,
        _table(["Property", "Type"], rows),
        id=f"schema-{name}",
    )


def _table(columns: list[str], rows: list[Html]) -> Content:
    if not rows:
        return None
    head = tag("thead", tag("tr", *(tag("th", column, scope="col") for column in columns)))
    return tag("div", tag("table", head, tag("tbody", *rows)), class_="scroll")


def _required(*, is_required: bool) -> Content:
    return tag("span", " required", class_="needed") if is_required else None


def _type(schema: Json) -> Html:
    """Say a schema in a few words: `array of Order`, `string or null: "US", "CA"`."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return tag("a", name, href=f"#schema-{name}")
    if "anyOf" in schema:
        kinds = [_type(kind) for kind in schema["anyOf"]]
        return join([kinds[0], *(part for kind in kinds[1:] for part in (" or ", kind))])
    kind = schema.get("type", "anything")
    names = cast("list[str]", kind) if isinstance(kind, list) else [str(kind)]
    text = " or ".join(names)
    if schema.get("format") in {"date-time", "int32", "int64"}:
        text += f" ({schema['format']})"
    if "enum" in schema:
        text += ": " + ", ".join(str(value) for value in schema["enum"] if value is not None)
    if "examples" in schema:
        text += ", such as " + ", ".join(str(value) for value in schema["examples"])
    if "maxLength" in schema:
        text += f", {schema['maxLength']} characters at most"
    items: Content = join([" of ", _type(schema["items"])]) if "items" in schema else None
    return tag("span", text, items)


def _prose(text: str) -> Html:
    """Set what stands between backquotes as code."""
    parts = text.split("`")
    return join(tag("code", part) if index % 2 else part for index, part in enumerate(parts))


def _resolved(described: Json, one: Json) -> Json:
    if "$ref" not in one:
        return one
    found = described
    for step in one["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return found
