"""The API key taken out of what a server sent back."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;"}


def redact(text: str, key: str) -> str:
    r"""Return a text without the key, however it is echoed: plain, or in one of these encodings throughout.

    - escaped as in JSON: `\/`, `\"`, `\u002B`, also where such a text was escaped once more
    - percent-encoded as in a URL, once or twice
    - as HTML: `&lt;`, `&#60;`, `&#x3c;`

    It does not find the key in base64, in a hex dump, in UTF-16, cut in two by a line break, or in a
    mixture of encodings. It takes time linear in the text, for every key: in no encoding can two spellings
    of one character begin in the same place, so there is nothing to try again.
    """
    return _pattern(key).sub("***", text)


def redact_bytes(content: bytes, key: str) -> bytes:
    """Return a body without the key, otherwise byte for byte as it was."""
    # Latin-1 maps each byte to one character and back, so no other byte changes. The key is ASCII.
    return redact(content.decode("latin-1"), key).encode("latin-1")


@lru_cache(maxsize=8)
def _pattern(key: str) -> re.Pattern[str]:
    encodings = (_escaped(key), "".join(map(_percent, key)), "".join(map(_html, key)))
    return re.compile("|".join((*encodings, re.escape(key))))


def _escaped(key: str) -> str:
    """Return the pattern of JSON's escapes. A run of backslashes is one piece: its parts look alike."""
    return "".join(map(_escaped_piece, re.findall(r"\\+|[^\\]", key)))


def _escaped_piece(piece: str) -> str:
    if piece[0] == "\\":
        length = len(piece)
        return rf"(?:\\{{{2 * length},{8 * length}}}+|(?:\\{{1,4}}(?i:u005c)){{{length}}})"
    return rf"\\{{0,4}}(?:(?i:u00{ord(piece):02x})|{re.escape(piece)})"


def _percent(character: str) -> str:
    code = f"%(?:25)?{ord(character):02x}"
    return f"(?i:{code})" if character == "%" else f"(?:(?i:{code})|{re.escape(character)})"


def _html(character: str) -> str:
    code = ord(character)
    spellings = [f"(?i:&#x0*{code:x};)", f"&#0*{code};"]
    if character in _ENTITIES:
        spellings.append(_ENTITIES[character])
    if character != "&":
        spellings.append(re.escape(character))
    return f"(?:{'|'.join(spellings)})"
