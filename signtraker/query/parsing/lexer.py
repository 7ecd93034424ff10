"""Query text as tokens, one at a time, the way the server's lexer cuts it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from signtraker.query.errors import ODataError, quoted

if TYPE_CHECKING:
    from signtraker.query.schema import ServerVersion

# A string's quantifier is possessive: nothing it has taken is given back, so no text makes it slow.
_STRING: Final = r"(?P<string>'(?:[^']++|'')*+')|(?P<unterminated>')"
_NUMBER: Final = r"(?P<number>-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?[LlMmFfDd]?(?!\w))"
_WORD: Final = r"(?P<name>[^\W\d]\w*+)|(?P<digits>-?[0-9]++)|(?P<mark>[(),/:=?.*-])"
_V3: Final = r"(?P<datetimeoffset>datetimeoffset'[^']*+')|(?P<datetime>datetime'[^']*+')"
_V4: Final = (
    r"(?P<moment>[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,12})?)?"
    r"(?:Z|[+-][0-9]{2}:[0-9]{2})(?!\w))|(?P<date>[0-9]{4}-[0-9]{2}-[0-9]{2}(?![\w:-]))"
)
_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    "v3": re.compile(rf"\s*+(?:{_V3}|{_STRING}|{_NUMBER}|{_WORD}|(?P<end>\Z))"),
    "v4": re.compile(rf"\s*+(?:{_V4}|{_STRING}|{_NUMBER}|{_WORD}|(?P<end>\Z))"),
}


class Token(NamedTuple):
    """A piece of the text; `kind` is the name of a group of the pattern, or the mark itself."""

    kind: str
    text: str
    position: int
    end: int


class Lexer:
    """The token at hand, and how to get the next."""

    def __init__(self, text: str, version: ServerVersion) -> None:
        self.text = text
        self._pattern = _PATTERNS[version[:2]]
        self._folds = version == "v4-7"
        self.token: Token = self._read(0)

    def advance(self) -> Token:
        """Return the token at hand and move on."""
        token = self.token
        self.token = self._read(token.end)
        return token

    def at(self, kind: str) -> bool:
        """Say whether the token at hand is of a kind."""
        return self.token.kind == kind

    def word(self) -> str:
        """Return the token at hand as a keyword, or "" when it is none; v4 7.x ignores case."""
        if self.token.kind != "name":
            return ""
        return self.token.text.lower() if self._folds else self.token.text

    def error(self, sentence: str, position: int) -> ODataError:
        """Return an error that ends as the server's do: where, and in what text."""
        return ODataError(f"{sentence} at position {position} in '{quoted(self.text)}'.", position)

    def syntax_error(self) -> ODataError:
        """Return the error about a token that fits nothing; the server tells where it ends."""
        return self.error("Syntax error", self.token.end)

    def _read(self, start: int) -> Token:
        found = self._pattern.match(self.text, start)
        if found is None:
            return self._refuse(start)
        kind = str(found.lastgroup)
        token = Token(kind, found.group(kind), found.start(kind), found.end())
        if kind == "unterminated":
            raise self.error("There is an unterminated string literal", len(self.text))
        if kind == "mark":
            return Token(token.text, token.text, token.position, token.end)
        if kind == "digits":
            return Token("number", token.text, token.position, token.end)
        return token

    def _refuse(self, start: int) -> Token:
        position = len(self.text) - len(self.text[start:].lstrip())
        raise self.error(f"Syntax error: character '{self.text[position]}' is not valid", position)
