"""Lay out the parts that every page of the dashboard has."""

from __future__ import annotations

from signtraker.sandbox.dashboard.markup import Content, Html, join, tag

_PLACES = (
    ("Orders", "/#orders"),
    ("Requests", "/#requests"),
    ("Clock", "/#clock"),
    ("Faults", "/#faults"),
    ("API reference", "/docs"),
)


def document(title: str, *content: Content, head: Content = None) -> bytes:
    """Make a whole page."""
    top = tag(
        "header",
        tag("a", "Skip to the content", href="#content", class_="skip"),
        tag(
            "a", tag("span", class_="sign", aria_hidden="true"), "SignTraker sandbox", href="/", class_="home"
        ),
        tag("nav", *(tag("a", name, href=href) for name, href in _PLACES), aria_label="Parts"),
    )
    page = tag(
        "html",
        tag(
            "head",
            tag("meta", charset="utf-8"),
            tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
            tag("meta", name="color-scheme", content="light dark"),
            head,
            tag("title", title),
            tag("link", rel="icon", href="/window/sign.svg", type="image/svg+xml"),
            tag("link", rel="stylesheet", href="/window/style.css"),
        ),
        tag("body", top, tag("main", *content, id="content", tabindex="-1")),
        lang="en",
    )
    return b"<!DOCTYPE html>\n" + page.encode("utf-8", "replace")


def card(name: str, title: str, *content: Content, aside: Content = None) -> Html:
    """Make a titled part of a page."""
    heading = tag("div", tag("h2", title, id=f"{name}-title"), aside, class_="heading")
    return tag("section", heading, *content, id=name, class_="card", aria_labelledby=f"{name}-title")


def table(label: str, columns: list[str], rows: list[Html]) -> Html:
    """Make a table that scrolls by itself where it is too wide; focusable, so that keys can scroll it."""
    head = tag("thead", tag("tr", *(tag("th", column, scope="col") for column in columns)))
    body = tag("tbody", join(rows))
    return tag(
        "div",
        tag("table", tag("caption", label, class_="unseen"), head, body),
        class_="scroll",
        role="region",
        aria_label=label,
        tabindex="0",
    )


def field(label: str, control: Html, name: str, hint: str | None = None, *, wide: bool = False) -> Html:
    """Make a labelled control, whose id is `name`."""
    note = tag("span", hint, class_="hint", id=f"{name}-hint") if hint else None
    return tag("div", tag("label", label, for_=name), control, note, class_="field wide" if wide else "field")


def note(text: Content, kind: str = "done") -> Html:
    """Say what was done, or what was wrong."""
    return tag("p", text, class_=f"note {kind}", role="alert" if kind == "wrong" else "status")
