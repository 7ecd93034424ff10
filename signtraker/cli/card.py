"""Write one record as a card to read. Pure."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Any, Final

from signtraker.cli.columns import STATUS_STYLES, columns_of, short
from signtraker.query.generated.entities import ENTITIES

if TYPE_CHECKING:
    from datetime import tzinfo

    from signtraker.cli.resources import Resource
    from signtraker.cli.terminal import Terminal
    from signtraker.query.schema import Property

_LABELS: Final = {
    "awarded_date": "Awarded",
    "cellular_phone": "Mobile",
    "completion_date": "Completed",
    "date_installed": "Installed",
    "due_date": "Due",
    "expiration_date": "Expires",
    "is_due_date_definitive": "Due is final",
    "is_inactive": "Inactive",
    "is_locked": "Locked",
    "is_removal_due_date_definitive": "Removal due is final",
    "listing_number": "Listing",
    "next_rebill_date": "Next rebill",
    "order_number": "Number",
    "order_total": "Total",
    "payment_mode": "Pays by",
    "removal_date": "Removed",
    "removal_due_date": "Removal due",
    "removal_request_date": "Removal requested",
}
_WIDEST: Final = 100


def card(record: Any, resource: Resource, terminal: Terminal, zone: tzinfo) -> str:
    """Return the card: a title, the record's fields, and a section for each record in it.

    What has no value is left out. A field that the models don't know is shown under its API name.
    """
    own: list[tuple[str, str]] = []
    sections = [(f"{resource.singular.capitalize()} {record.id}", own)]
    for one in ENTITIES[resource.model].properties.values():
        value = getattr(record, one.attribute, None)
        if one.attribute == "id" or value is None:
            continue
        if one.entity is None:
            own.append((_label(one.attribute), short(value, zone, with_time=True)))
        elif set(ENTITIES[one.entity].properties) == {"Id", "Name"}:
            name = short(value.name, zone)
            own.append((_label(one.attribute), f"{name} ({value.id})" if name else str(value.id)))
        elif one.entity == "JobSite":
            sections.append((_label(one.attribute), _site(value, zone)))
        else:
            rows = _nested(resource.model, one, record, zone)
            # A record in it with a single value needs no section.
            own.extend(rows) if len(rows) == 1 else sections.append((_label(one.attribute), rows))
    extra: dict[str, Any] = record.model_extra or {}
    sections.append(("Other fields", [(name, short(value, zone)) for name, value in extra.items()]))
    return "\n".join(_section(heading, rows, terminal) for heading, rows in sections if rows)


def _nested(model: str, parent: Property, record: Any, zone: tzinfo) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for column in columns_of(model):
        value = column.read(record) if column.path[0] == parent.attribute else None
        if value is not None and column.path[1:] != ("id",):
            found.append((_label(column.path[-1]), short(value, zone, with_time=True)))
    return found


def _site(site: Any, zone: tzinfo) -> list[tuple[str, str]]:
    """Return a job site as one writes an address."""
    street = site.street_address or _joined(" ", site.street_number, site.street_name)
    region = _joined(" ", site.state, site.zip)
    has_place = site.latitude is not None and site.longitude is not None
    rows = [
        ("Address", _joined(", ", street, site.street_line2)),
        ("City", _joined(", ", site.city, region, site.country_code)),
        ("Directions", site.directions),
        ("Location", f"{site.latitude}, {site.longitude}" if has_place else None),
        ("Listing", site.listing_number),
    ]
    return [(label, short(text, zone)) for label, text in rows if text]


def _joined(mark: str, *texts: str | None) -> str:
    return mark.join(text for text in texts if text)


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace("_", " ").capitalize())


def _section(heading: str, rows: list[tuple[str, str]], terminal: Terminal) -> str:
    wide = max(len(label) for label, _ in rows)
    lines = [terminal.style(heading, "bold")]
    room = max(min(terminal.width, _WIDEST) - wide - 4, 20)
    for label, value in rows:
        first, *more = wrap(value, room, break_on_hyphens=False) or [""]
        styles = STATUS_STYLES.get(first, ()) if label == "Status" else ()
        lines.append(f"  {terminal.style(label.ljust(wide), 'dim')}  {terminal.style(first, *styles)}")
        lines += [f"  {'':{wide}}  {text}" for text in more]
    return "\n".join(lines) + "\n"
