"""Check that the key is taken out of a text in each encoding that the docstring names, in linear time."""

from __future__ import annotations

import html
import json
import re
import string
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import same_each_time

from signtraker._core.redact import redact, redact_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

VISIBLE = "".join(sorted(set(string.printable) - set(string.whitespace)))
KEYS = st.text(VISIBLE, min_size=4, max_size=40)


def unicode_escapes(key: str) -> str:
    return "".join(f"\\u{ord(one):04X}" for one in key)


def slashes(key: str) -> str:
    return json.dumps(key)[1:-1].replace("/", "\\/")


ENCODINGS: list[Callable[[str], str]] = [
    str,
    lambda key: json.dumps(key)[1:-1],
    lambda key: json.dumps(json.dumps(key))[3:-3],
    slashes,
    unicode_escapes,
    quote,
    lambda key: quote(key, safe=""),
    lambda key: quote(quote(key, safe=""), safe=""),
    lambda key: "".join(f"%{ord(one):02X}" for one in key),
    html.escape,
    lambda key: "".join(f"&#{ord(one)};" for one in key),
    lambda key: "".join(f"&#x{ord(one):X};" for one in key),
]


@pytest.mark.parametrize("encode", ENCODINGS)
@given(key=KEYS)
@same_each_time(20)
def test_the_key_is_replaced_in_each_encoding(encode: Callable[[str], str], key: str) -> None:
    assert re.fullmatch(r"é \\*\*\*\*\\* é", redact(f"é {encode(key)} é", key))


@given(body=st.binary(max_size=60))
@same_each_time(20)
def test_a_body_without_the_key_stays_byte_for_byte(body: bytes) -> None:
    assert (
        redact_bytes(body, "a key that is longer than the whole body, so that it can't be in it at all")
        == body
    )


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("\\" * 40, "\\"),
        ("\\" * 39 + "x", "\\"),
        ("a" * 39 + "b", "a"),
        ("%" * 40, "%25"),
        ("%25" * 13 + "x", "%25"),
        ("&" * 40, "&amp;"),
        ("&amp;" * 8 + "x", "&amp;"),
        ("&#38;" * 8 + "x", "&#38;"),
        ("u0075" * 8 + "x", "\\u0075"),
        ("0" * 39 + "1", "&#0"),
    ],
)
def test_a_key_that_looks_like_an_escape_takes_no_longer(key: str, unit: str) -> None:
    """A pattern that tries one place in several ways would never end here."""
    text = unit * (50_000 // len(unit))
    assert "x" not in redact(text, key)
