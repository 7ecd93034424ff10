"""The API key taken out of what a server sent back, in whatever spelling it echoes it."""

from __future__ import annotations

import re
from functools import lru_cache


def redact(text: str, key: str) -> str:
    """Return a text without the key: plain, escaped as in JSON or HTML, or percent-encoded."""
    return _pattern(key).sub("***", text)


def redact_bytes(content: bytes, key: str) -> bytes:
    """Return a body without the key, otherwise byte for byte as it was."""
    # Latin-1 gives every byte a character and takes it back; the key is ASCII.
    return redact(content.decode("latin-1"), key).encode("latin-1")


@lru_cache(maxsize=8)
def _pattern(key: str) -> re.Pattern[str]:
    return re.compile("".join(map(_spellings, key)))


def _spellings(character: str) -> str:
    code = ord(character)
    return (
        rf"(?:\\{{0,4}}{re.escape(character)}|(?i:\\{{1,4}}u00{code:02x}|%{code:02x}"
        rf"|&#x{code:x};|&#{code};){_ENTITIES.get(character, '')})"
    )


_ENTITIES = {"&": "|&amp;", "<": "|&lt;", ">": "|&gt;", '"': "|&quot;", "'": "|&apos;"}
