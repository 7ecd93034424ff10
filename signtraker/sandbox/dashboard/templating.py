"""Render the templates: every value is escaped, and an undefined name is an error."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

from signtraker._common.templates import environment
from signtraker._common.words import counted
from signtraker.sandbox.dashboard import text


def render(template: str, **context: Any) -> bytes:
    """Render a template; a character that UTF-8 can't encode becomes a question mark."""
    return _ENVIRONMENT.get_template(template).render(context).encode("utf-8", "replace")


def _prose(content: str) -> Markup:
    """Mark what stands between backquotes as code."""
    parts = content.split("`")
    code = Markup("<code>{}</code>")
    return Markup().join(code.format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


_FILTERS: dict[str, Any] = {
    "counted": counted,
    "long_date": text.long_date,
    "prose": _prose,
    "status_class": text.status_class,
    "thousands": "{:,}".format,
}
_ENVIRONMENT = environment("signtraker.sandbox.dashboard", _FILTERS)
