"""Write one record as a card to read. Pure."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from signtraker.cli.columns import columns_of, short
from signtraker.query.generated.entities import ENTITIES

if TYPE_CHECKING:
    from datetime import tzinfo

    from signtraker.cli.resources import Resource
    from signtraker.cli.terminal import Terminal

_LABELS: Final = {"due_date": "Due", "removal_due_date": "Removal due", "job_site": "Job site"}
_WIDEST: Final = 100
_NAME_PARTS: Final = {"id", "name"}


def card(record: Any, resource: Resource, terminal: Terminal, zone: tzinfo) -> str:
    """Return the card: a title, the record's fields, and a section for each record in it.

    What has no value is left out. A field that the models don't know is shown under its API name.
    """
    title = f"{resource.singular.capitalize()} {record.id}"
    sections: list[tuple[str, list[tuple[str, str]]]] = [(title, [])]
    for one in ENTITIES[resource.model].properties.values():
        value = getattr(record, one.attribute, None)
        if one.attribute == "id" or value is None:
            continue
        label = _label(one.attribute)
        if one.entity is None:
            sections[0][1].append((label, short(value, zone, with_time=True)))
        elif set(ENTITIES[one.entity].properties) == {"Id", "Name"}:
            name = short(value.name, zone)
            sections[0][1].append((label, f"{name} ({value.id})" if name else str(value.id)))
        else:
            sections.append((label, _nested(resource.model, one.attribute, record, zone)))
    extra: dict[str, Any] = record.model_extra or {}
    unknown = [(name, short(value, zone)) for name, value in extra.items()]
    sections.append(("Other fields", unknown))
    return "\n".join(_section(heading, rows, terminal) for heading, rows in sections if rows)


def _nested(model: str, attribute: str, record: Any, zone: tzinfo) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for column in columns_of(model):
        value = column.read(record) if column.path[0] == attribute else None
        if value is not None and column.path[1:] != ("id",):
            found.append((_label(column.path[-1]), short(value, zone, with_time=True)))
    return found


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _section(heading: str, rows: list[tuple[str, str]], terminal: Terminal) -> str:
    wide = max(len(label) for label, _ in rows)
    lines = [terminal.style(heading, "bold")]
    room = max(min(terminal.width, _WIDEST) - wide - 4, 20)
    for label, value in rows:
        first, *more = wrap(value, room, break_on_hyphens=False) or [""]
        lines.append(f"  {terminal.style(label.ljust(wide), 'dim')}  {first}")
        lines += [f"  {'':{wide}}  {text}" for text in more]
    return "\n".join(lines) + "\n"
