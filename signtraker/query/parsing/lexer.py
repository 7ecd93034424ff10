"""Cut a query text into tokens, one at a time, as Microsoft's lexers do.

A token is read only when the grammar looks at it, because the order in which a text is read decides which of
its mistakes the server reports.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final, NamedTuple

from signtraker.query.errors import ODataError, quoted
from signtraker.query.parsing.moments import read_date, read_offset_literal, read_time_of_day
from signtraker.query.parsing.numbers import guessed_kind
from signtraker.query.schema import Edm

if TYPE_CHECKING:
    from signtraker.query.parsing.generations import Generation

NUMERIC: Final = frozenset({"int", "int64", "single", "double", "decimal"})
_MARKS: Final = "(),/:=?.*"
_WORD_CATEGORIES: Final = frozenset({"Nl", "Mn", "Mc", "Pc", "Cf"})
_KEYWORDS: Final = {
    "true": "boolean", "false": "boolean", "null": "null",
    "INF": "double", "NaN": "double", "INFf": "single", "INFF": "single", "NaNf": "single", "NaNF": "single",
}  # fmt: skip
_SUFFIXES: Final = {"m": "decimal", "d": "double", "l": "int64", "f": "single"}
_ASCII_WORD: Final = re.compile(r"[A-Za-z0-9_]*+")
_ASCII_DIGITS: Final = re.compile(r"[0-9]*+")
_STRING: Final = re.compile(r"'(?:[^']++|'')*+'")
_SPACE: Final = re.compile(r"[\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*+")
_LITERAL: Final = re.compile(r".[^,) ]*+", re.DOTALL)
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_HEX: Final = re.compile(r"[0-9a-fA-F]*+")
_CLOSING: Final = {"(": ")", "[": "]", "{": "}"}


class Token(NamedTuple):
    """A piece of the text; `kind` is the name of a literal's type, "word", "end", or the mark itself."""

    kind: str
    text: str
    position: int
    end: int


class Lexer:
    """Hold the token at hand and read the next ones."""

    def __init__(self, text: str, generation: Generation) -> None:
        self.text = text
        self._generation = generation
        self._next: Token | None = None
        self.token: Token = Token("start", "", 0, 0)
        self.advance()

    def advance(self) -> Token:
        """Return the token at hand and move on."""
        token, following = self.token, self._next
        self.token = following or self._read(token.end)
        self._next = None
        return token

    def peek(self) -> Token:
        """Return the token after the one at hand."""
        if self._next is None:
            self._next = self._read(self.token.end)
        return self._next

    def at(self, kind: str) -> bool:
        """Say whether the token at hand is of a kind."""
        return self.token.kind == kind

    def keyword(self) -> str:
        """Return the token at hand as a keyword, or "" when it is none; v4 7.x ignores case."""
        if self.token.kind != "word":
            return ""
        return self.token.text.lower() if self._generation.folds else self.token.text

    def join_minus(self) -> bool:
        """Make a minus at hand and a number after it one token; say whether there is such a number."""
        minus = self.advance()
        if self.token.kind not in NUMERIC:
            return False
        self.token = self.token._replace(text=f"-{self.token.text}", position=minus.position)
        return True

    def take_function_name(self) -> str | None:
        """Return the dotted name at hand if a bracket follows it without a blank, and move to the bracket."""
        end = self.token.end
        while self.text.startswith(".", end) and (following := self._read(end + 1)).kind == "word":
            if following.position != end + 1:
                break
            end = following.end
        last = self.text[self.token.position : end].rpartition(".")[2]
        if not self.text.startswith("(", end) or (self._generation.has_in and last == "in"):
            return None
        name = self.text[self.token.position : end]
        self.token, self._next = self._read(end), None
        return name

    def take_dotted_name(self) -> str:
        """Return the names at hand that dots join, and move past them."""
        names = [self.advance().text]
        while self.at("."):
            self.advance()
            if self.token.kind not in {"word", "quoted"}:
                raise self.syntax_error()
            names.append(self.advance().text)
        return ".".join(names)

    def error(self, sentence: str, position: int) -> ODataError:
        """Return an error that ends as the server's do: where, and in what text."""
        units = position + sum(character > "\uffff" for character in self.text[:position])
        return ODataError(f"{sentence} at position {units} in '{quoted(self.text)}'.", position)

    def syntax_error(self) -> ODataError:
        """Return the error about a token that fits nothing; the server names its end."""
        return self.error("Syntax error", self.token.end)

    def _read(self, end: int) -> Token:  # noqa: PLR0911 - one case for each kind of token
        """Read the token that begins at a position or after the blanks there."""
        text = self.text
        start = _SPACE.match(text, end).end()  # type: ignore[union-attr]  # matches even nothing
        if start >= len(text):
            return Token("end", "", len(text), len(text))
        first = text[start]
        if first == "(" and self._generation.has_in and self.token.text == "in" and self.token.kind == "word":
            return self._token("list", start, self._balanced(start))
        if first in _MARKS:
            return Token(first, first, start, start + 1)
        if first in "[{":
            return self._token("bracketed", start, self._balanced(start))
        reader = {"'": self._string, "-": self._minus, "@": self._alias}.get(first)
        if reader is not None:
            return reader(start)
        if _begins_word(first):
            return self._word(start)
        if first.isdecimal():
            return self._number(start)
        raise self.error(f"Syntax error: character '{first}' is not valid", start)

    def _token(self, kind: str, start: int, end: int) -> Token:
        return Token(kind, self.text[start:end], start, end)

    def _string(self, start: int) -> Token:
        found = _STRING.match(self.text, start)
        if found is None:
            raise self.error("There is an unterminated string literal", len(self.text))
        return self._token("string", start, found.end())

    def _minus(self, start: int) -> Token:
        following = self.text[start + 1 : start + 2]
        if following.isdecimal():
            token = self._number(start)
            if token.kind in NUMERIC:
                return token
        elif following == "I":
            end = self._word_end(start + 2)
            word = self.text[start + 1 : end]
            # Microsoft compares as many letters as there are, so that -I and -IN are doubles, too.
            if "INF".startswith(word):
                return self._token("double", start, end)
            if word in {"INFf", "INFF"}:
                return self._token("single", start, end)
        return Token("-", "-", start, start + 1)

    def _word(self, start: int) -> Token:
        end = self._word_end(start + 1)
        if self._generation.bare_literals and self.text.startswith("-", end):
            literal_end = self._literal_end(end)
            if _GUID.fullmatch(self.text, start, literal_end):
                return self._token("guid", start, literal_end)
        word = self.text[start:end]
        if self.text.startswith("'", end):
            kind = self._generation.prefixes.get(word.lower(), self._generation.other_prefix)
            if kind == "null":
                raise self.error("Syntax error", end)
            if kind:
                return self._token(kind, start, self._quoted_end(end))
        return Token(_KEYWORDS.get(word, "word"), word, start, end)

    def _quoted_end(self, start: int) -> int:
        found = _STRING.match(self.text, start)
        if found is None:
            raise self.error("There is an unterminated literal", len(self.text))
        return found.end()

    def _word_end(self, position: int) -> int:
        text = self.text
        while True:
            position = _ASCII_WORD.match(text, position).end()  # type: ignore[union-attr]  # as above
            if position >= len(text) or text[position] < "\x80" or not _continues_word(text[position]):
                return position
            position += 1

    def _literal_end(self, position: int) -> int:
        """Return where a literal ends that only a blank, a comma or a bracket can end."""
        found = _LITERAL.match(self.text, position)
        return found.end() if found else position

    def _digits_end(self, position: int) -> int:
        position = _ASCII_DIGITS.match(self.text, position).end()  # type: ignore[union-attr]  # as above
        while self.text[position : position + 1].isdecimal():
            position += 1
        return position

    def _number(self, start: int) -> Token:
        text = self.text
        if text[start] == "0" and text[start + 1 : start + 2] in {"x", "X"}:
            return self._token("binary", start, _HEX.match(text, start + 2).end())  # type: ignore[union-attr]  # as above
        end = self._digits_end(start + 1)
        bare = self._bare_literal(start, end) if self._generation.bare_literals else None
        if bare is not None:
            return bare
        kind = "int"
        if text.startswith(".", end):
            kind, end = "double", self._required_digits(end + 1)
        if text[end : end + 1] in {"e", "E"}:
            kind, end = "double", self._required_digits(end + 1 + (text[end + 1 : end + 2] in {"+", "-"}))
        suffix = _SUFFIXES.get(text[end : end + 1].lower())
        if suffix:
            return self._token(suffix, start, end + 1)
        if self._generation.guesses_numbers:
            kind = guessed_kind(text[start:end], whole=kind == "int")
        return self._token(kind, start, end)

    def _required_digits(self, position: int) -> int:
        if not self.text[position : position + 1].isdecimal():
            raise self.error("A digit was expected", position)
        return self._digits_end(position)

    def _bare_literal(self, start: int, end: int) -> Token | None:
        """Read a date, a moment, a time or a guid, which v4 writes without a prefix."""
        following = self.text[end : end + 1]
        if following not in {"-", ":"} and not following.isalpha():
            return None
        literal_end = self._literal_end(end)
        literal = self.text[start:literal_end]
        if following == ":":
            kind = "time_of_day" if read_time_of_day(literal) else ""
        elif following == "-" and read_date(literal, padded=self._generation.date_type is Edm.DATETIME):
            kind = "date"
        elif following == "-" and read_offset_literal(literal):
            kind = "moment"
        else:
            kind = "guid" if _GUID.fullmatch(literal) else ""
        return self._token(kind, start, literal_end) if kind else None

    def _alias(self, start: int) -> Token:
        following = self.text[start + 1 : start + 2]
        if not following:
            raise self.error("Syntax error", start + 1)
        if not _begins_word(following):
            raise self.error(f"Syntax error: character '{following}' is not valid", start + 1)
        end = self._word_end(start + 2)
        if self._generation.dotted_annotations:
            while self.text.startswith(".", end):
                end = self._word_end(end + 1)
        kind = "word" if "." in self.text[start:end] else "alias"
        return self._token(kind, start, end)

    def _balanced(self, start: int) -> int:
        """Return where brackets that begin here are closed; those in strings do not count."""
        opening = self.text[start]
        closing = _CLOSING[opening]
        depth = 0
        for found in re.finditer(rf"'[^']*+'|[{re.escape(opening + closing)}']", self.text[start:]):
            mark = found.group()
            if mark == "'":
                break
            depth += (mark == opening) - (mark == closing)
            if not depth:
                return start + found.end()
        raise ODataError("Found an unbalanced bracket expression.")


def _begins_word(character: str) -> bool:
    if character in "_$":
        return True
    return character < "\U00010000" and (character.isalpha() or unicodedata.category(character) == "Nl")


def _continues_word(character: str) -> bool:
    if character >= "\U00010000":  # .NET looks at its two halves, which are no letters
        return False
    return character.isalpha() or character.isdecimal() or unicodedata.category(character) in _WORD_CATEGORIES
