"""Tokens as a tree of forms, by the server's grammar; what the names mean is for `bind` to say.

Nesting is limited as the server limits it (about 100 parentheses, 50 `not (`), so that the recursion here and
over the finished tree is bounded, whatever the text. Chains of `and` and `or` are loops and flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from signtraker.query.errors import ODataError
from signtraker.query.nodes import MAX_HEIGHT
from signtraker.query.parsing.lexer import Lexer

if TYPE_CHECKING:
    from signtraker.query.nodes import Quantifier
    from signtraker.query.parsing.lexer import Token
    from signtraker.query.schema import ServerVersion

LEVELS: Final = {
    "or": 1, "and": 2,
    "eq": 3, "ne": 3, "gt": 3, "ge": 3, "lt": 3, "le": 3, "in": 3,
    "add": 4, "sub": 4, "mul": 5, "div": 5, "mod": 5,
}  # fmt: skip
"""How tight each operator binds; `not` and `-` bind tighter still."""
_COMPARISON: Final = LEVELS["eq"]
_DEPTH: Final = 800
_BRACKET: Final = 8
_RIGHT: Final = 3
_CONSTANTS: Final = frozenset({"string", "number", "moment", "date", "datetimeoffset", "datetime"})


@dataclass(frozen=True, slots=True)
class Name:
    """A property path, a row variable, or a path below one."""

    segments: tuple[str, ...]
    height: int = 1


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant as it was written."""

    token: Token
    height: int = 1


@dataclass(frozen=True, slots=True)
class Apply:
    """A function by the name that was written, and its arguments."""

    name: str
    arguments: tuple[SyntaxNode, ...]
    height: int


@dataclass(frozen=True, slots=True)
class Quantified:
    """`collection/any(variable: body)`; without a body, `any()`."""

    quantifier: Quantifier
    collection: Name
    variable: str
    body: SyntaxNode | None
    height: int


@dataclass(frozen=True, slots=True)
class Unary:
    """`not operand` or `-operand`."""

    operator: str
    operand: SyntaxNode
    height: int


@dataclass(frozen=True, slots=True)
class Binary:
    """Two operands and what stands between them; for `in`, the right one is a `Many`."""

    operator: str
    left: SyntaxNode
    right: SyntaxNode
    height: int


@dataclass(frozen=True, slots=True)
class Chain:
    """Terms joined by `and`, or by `or`."""

    operator: str
    terms: tuple[SyntaxNode, ...]
    height: int


@dataclass(frozen=True, slots=True)
class ListForm:
    """The constants behind `in`."""

    values: tuple[Constant, ...]
    height: int = 1


SyntaxNode: TypeAlias = Name | Constant | Apply | Quantified | Unary | Binary | Chain | ListForm


def read_filter(text: str, version: ServerVersion) -> SyntaxNode:
    """Read one expression; raises ODataError."""
    reader = _Reader(text, version)
    form = reader.expression()
    reader.finish()
    return form


def read_orderby(text: str, version: ServerVersion) -> list[tuple[SyntaxNode, bool]]:
    """Read the clauses of an ordering, each with whether it descends; raises ODataError."""
    reader = _Reader(text, version)
    clauses = [reader.clause()]
    while reader.skip(","):
        clauses.append(reader.clause())
    reader.finish()
    return clauses


def too_deep() -> ODataError:
    """Return the error about nesting beyond what the server's parser takes."""
    return ODataError("Recursion depth exceeded allowed limit.")


def _above(*forms: SyntaxNode) -> int:
    height = 1 + max((form.height for form in forms), default=0)
    if height > MAX_HEIGHT:
        raise too_deep()
    return height


class _Reader:
    def __init__(self, text: str, version: ServerVersion) -> None:
        self._lexer = Lexer(text, version)
        self._has_in = version in {"v4", "v4-7"}
        self._depth = 0

    def finish(self) -> None:
        if not self._lexer.at("end"):
            raise self._lexer.syntax_error()

    def skip(self, kind: str) -> bool:
        if not self._lexer.at(kind):
            return False
        self._lexer.advance()
        return True

    def clause(self) -> tuple[SyntaxNode, bool]:
        form = self.expression()
        direction = self._lexer.word()
        if direction in {"asc", "desc"}:
            self._lexer.advance()
        return form, direction == "desc"

    def expression(self) -> SyntaxNode:
        """Read an expression that stands by itself: in brackets, as an argument, as the whole."""
        self._enter(_BRACKET)
        form = self._operation(1)
        self._leave(_BRACKET)
        return form

    def _enter(self, weight: int) -> None:
        self._depth += weight
        if weight == _BRACKET and self._depth > _DEPTH + _BRACKET:
            raise too_deep()

    def _leave(self, weight: int) -> None:
        self._depth -= weight

    def _operation(self, level: int) -> SyntaxNode:
        weight = _RIGHT if level > 1 else 0
        self._enter(weight)
        left = self._operand()
        while (found := self._level()) >= level:
            operator = self._lexer.word()
            if found < _COMPARISON:
                left = self._chain(left, operator, found)
            else:
                self._lexer.advance()
                right = self._many() if operator == "in" else self._operation(found + 1)
                left = Binary(operator, left, right, _above(left, right))
        self._leave(weight)
        return left

    def _level(self) -> int:
        word = self._lexer.word()
        return 0 if word == "in" and not self._has_in else LEVELS.get(word, 0)

    def _chain(self, first: SyntaxNode, operator: str, level: int) -> SyntaxNode:
        terms = [first]
        while self._lexer.word() == operator:
            self._lexer.advance()
            terms.append(self._operation(level + 1))
        return Chain(operator, tuple(terms), _above(*terms))

    def _operand(self) -> SyntaxNode:
        lexer = self._lexer
        token = lexer.token
        if token.kind == "-" or lexer.word() == "not":
            return self._unary()
        if token.kind in _CONSTANTS or token.text in {"null", "true", "false"}:
            return Constant(lexer.advance())
        if token.kind == "name":
            return self._named()
        if not self.skip("("):
            raise lexer.error("Expression expected", token.position)
        form = self.expression()
        if not self.skip(")"):
            raise lexer.error("')' or operator expected", lexer.token.position)
        return form

    def _unary(self) -> SyntaxNode:
        operator = "-" if self._lexer.token.kind == "-" else "not"
        self._lexer.advance()
        self._enter(_BRACKET)
        operand = self._operand()
        self._leave(_BRACKET)
        return Unary(operator, operand, _above(operand))

    def _named(self) -> SyntaxNode:
        segments = [self._lexer.advance().text]
        if self._lexer.at("("):
            return self._apply(segments[0])
        while self.skip("/"):
            word = self._lexer.word()
            if not self._lexer.at("name"):
                raise self._lexer.syntax_error()
            segments.append(self._lexer.advance().text)
            if word in {"any", "all"} and self._lexer.at("("):
                return self._quantified("any" if word == "any" else "all", Name(tuple(segments[:-1])))
        return Name(tuple(segments))

    def _apply(self, name: str) -> SyntaxNode:
        self._lexer.advance()
        arguments: list[SyntaxNode] = []
        if not self._lexer.at(")"):
            arguments.append(self.expression())
            while self.skip(","):
                arguments.append(self.expression())
        self._close()
        return Apply(name, tuple(arguments), _above(*arguments))

    def _quantified(self, quantifier: Quantifier, collection: Name) -> SyntaxNode:
        self._lexer.advance()
        if self.skip(")"):
            return Quantified(quantifier, collection, "x", None, _above(collection))
        if not self._lexer.at("name"):
            position = self._lexer.token.position
            raise ODataError(f"An identifier was expected at position {position}.", position)
        variable = self._lexer.advance().text
        if not self.skip(":"):
            raise self._lexer.syntax_error()
        body = self.expression()
        self._close()
        return Quantified(quantifier, collection, variable, body, _above(collection, body))

    def _many(self) -> ListForm:
        if not self.skip("("):
            raise self._lexer.error("'(' expected", self._lexer.token.position)
        values = [self._constant()]
        while self.skip(","):
            values.append(self._constant())
        self._close()
        return ListForm(tuple(values))

    def _constant(self) -> Constant:
        token = self._lexer.token
        if token.kind in _CONSTANTS or token.text in {"null", "true", "false"}:
            return Constant(self._lexer.advance())
        raise self._lexer.error("Expression expected", token.position)

    def _close(self) -> None:
        if not self.skip(")"):
            raise self._lexer.error("')' or ',' expected", self._lexer.token.position)
