"""Read a page of the dashboard: its text, its links and its forms."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

_CONTROLS = frozenset({"input", "select", "button"})


@dataclass
class Form:
    method: str
    action: str
    fields: dict[str, str] = field(default_factory=dict[str, str])
    """The fields that the form sends if nothing is filled in."""
    labels: set[str] = field(default_factory=set[str])
    """The visible text of its buttons."""


class FormPage(HTMLParser):
    """Parse a page into text, links, forms and elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: dict[str, str] = {}
        self.addresses: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._open: list[tuple[str, dict[str, str | None], int]] = []
        self._select = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        self.addresses += [value for name in ("href", "src", "action") if (value := given.get(name))]
        self._open.append((tag, given, len(self.text)))
        if tag == "form":
            self.forms.append(Form(given.get("method") or "get", given.get("action") or ""))
        elif tag in _CONTROLS and self.forms:
            self._control(tag, given)
        elif tag == "option" and self._select and self.forms:
            fields = self.forms[-1].fields
            if "selected" in given or self._select not in fields:
                fields[self._select] = given.get("value") or ""

    def _control(self, tag: str, given: dict[str, str | None]) -> None:
        name = given.get("name") or ""
        self._select = name if tag == "select" else ""
        is_unchecked = given.get("type") == "checkbox" and "checked" not in given
        if tag == "input" and name and not is_unchecked:
            self.forms[-1].fields[name] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            name, given, start = self._open.pop()
            inside = self.text[start:].strip()
            if name == "a":
                self.links[inside] = given.get("href") or ""
            if name == "button" and self.forms:
                self.forms[-1].labels.add(inside)
            if name == tag:
                break

    def handle_data(self, data: str) -> None:
        self.text += data

    def form(self, button: str) -> Form:
        """Find the form that has this button."""
        [found] = [form for form in self.forms if button in form.labels]
        return found
