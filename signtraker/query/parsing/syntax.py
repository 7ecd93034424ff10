"""Parse a query text to an untyped tree by recursive descent; `bind` adds types.

Nesting is limited as the server limits it (about 100 parentheses, 50 `not (`), so that the recursion here and
over the finished tree is bounded, whatever the text. Chains of `and` and `or` are loops and flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from signtraker.query.errors import ODataError
from signtraker.query.nodes import MAX_HEIGHT
from signtraker.query.parsing.constants import CONSTANTS, constant
from signtraker.query.parsing.lexer import Lexer

if TYPE_CHECKING:
    from signtraker.query.nodes import Quantifier
    from signtraker.query.parsing.bound import Bound
    from signtraker.query.parsing.generations import Generation

LEVELS: Final = {
    "or": 1, "and": 2,
    "eq": 3, "ne": 3, "gt": 3, "ge": 3, "lt": 3, "le": 3, "in": 3, "has": 3,
    "add": 4, "sub": 4, "mul": 5, "div": 5, "mod": 5,
}  # fmt: skip
"""How tight each operator binds; `not` and `-` bind tighter still."""
_COMPARISON: Final = LEVELS["eq"]
_DEPTH: Final = 800
_BRACKET: Final = 8
_RIGHT: Final = 3
_ROW: Final = "$it"


@dataclass(frozen=True, slots=True)
class Variable:
    """The row variable of an `any` or `all`, or `$it` for the row of the list itself."""

    name: str
    height: int = 1


@dataclass(frozen=True, slots=True)
class Segment:
    """A name, of a property most likely, and what it stands below; None for the row."""

    parent: SyntaxNode | None
    name: str
    height: int
    is_last: bool = True
    """Whether no slash follows."""


@dataclass(frozen=True, slots=True)
class DottedName:
    """Names joined by dots: a type."""

    parent: SyntaxNode | None
    name: str
    height: int


@dataclass(frozen=True, slots=True)
class Star:
    """`*`, which means something in `$select` alone."""

    height: int = 1


@dataclass(frozen=True, slots=True)
class Alias:
    """A parameter alias, `@p`."""

    height: int = 1


@dataclass(frozen=True, slots=True)
class Constant:
    """A constant, and how it was written. A list behind `in` is one: its text, brackets included."""

    bound: Bound
    text: str
    height: int = 1


@dataclass(frozen=True, slots=True)
class Apply:
    """A function by the name that was written, its arguments, and what it stands below."""

    parent: SyntaxNode | None
    name: str
    arguments: tuple[SyntaxNode, ...]
    height: int
    named: bool = False
    """Whether the arguments have names."""


@dataclass(frozen=True, slots=True)
class Quantified:
    """`collection/any(variable: body)`; without a body, `any()`."""

    quantifier: Quantifier
    collection: SyntaxNode
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
    """Two operands and the operator between them."""

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


SyntaxNode: TypeAlias = (
    Variable | Segment | DottedName | Star | Alias | Constant | Apply | Quantified | Unary | Binary | Chain
)


def read_filter(text: str, generation: Generation) -> SyntaxNode:
    """Read one expression; raises ODataError."""
    reader = _Reader(text, generation)
    form = reader.expression()
    reader.finish()
    return form


def read_orderby(text: str, generation: Generation) -> list[tuple[SyntaxNode, bool]]:
    """Read the clauses of an ordering, each with whether it descends; raises ODataError."""
    reader = _Reader(text, generation)
    clauses = [reader.clause()]
    while reader.skip(","):
        clauses.append(reader.clause())
    reader.finish()
    return clauses


def too_deep() -> ODataError:
    """Return the error about nesting beyond what the server's parser takes."""
    return ODataError("Recursion depth exceeded allowed limit.")


def _above(*forms: SyntaxNode | None) -> int:
    height = 1 + max((form.height for form in forms if form is not None), default=0)
    if height > MAX_HEIGHT:
        raise too_deep()
    return height


class _Reader:
    def __init__(self, text: str, generation: Generation) -> None:
        self._text = text
        self._generation = generation
        self._lexer = Lexer(text, generation)
        self._depth = 0
        self._variables = {_ROW}

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
        direction = self._lexer.keyword()
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
        left = self._unary()
        while (found := self._level()) >= level:
            operator = self._lexer.keyword()
            if found < _COMPARISON:
                left = self._chain(left, operator, found)
            else:
                self._lexer.advance()
                right = self._primary() if operator == "in" else self._operation(found + 1)
                left = Binary(operator, left, right, _above(left, right))
        self._leave(weight)
        return left

    def _level(self) -> int:
        word = self._lexer.keyword()
        missing = (word == "in" and not self._generation.has_in) or (
            word == "has" and not self._generation.has_has
        )
        return 0 if missing else LEVELS.get(word, 0)

    def _chain(self, first: SyntaxNode, operator: str, level: int) -> SyntaxNode:
        terms = [first]
        while self._lexer.keyword() == operator:
            self._lexer.advance()
            terms.append(self._operation(level + 1))
        return Chain(operator, tuple(terms), _above(*terms))

    def _unary(self) -> SyntaxNode:
        lexer = self._lexer
        if lexer.at("-"):
            if lexer.join_minus():
                return self._primary()
            operator = "-"
        elif lexer.keyword() == "not":
            lexer.advance()
            operator = "not"
        else:
            return self._primary()
        self._enter(_BRACKET)
        operand = self._unary()
        self._leave(_BRACKET)
        return Unary(operator, operand, _above(operand))

    def _primary(self) -> SyntaxNode:
        lexer = self._lexer
        form = self._segment(None) if lexer.peek().kind == "/" else self._start()
        while self.skip("/"):
            if lexer.keyword() in {"any", "all"}:
                form = self._quantified("any" if lexer.keyword() == "any" else "all", form)
            elif lexer.peek().kind == "/":
                form = self._segment(form)
            else:
                form = self._named(form)
        return form

    def _start(self) -> SyntaxNode:
        lexer = self._lexer
        token = lexer.token
        if token.kind == "word":
            return self._named(None)
        if token.kind in CONSTANTS or (token.kind == "bracketed" and self._generation.brackets_are_text):
            bound = constant(token, self._text, self._generation)
            lexer.advance()
            return Constant(bound, token.text)
        if token.kind == "alias" and self._generation.has_aliases:
            lexer.advance()
            return Alias()
        if token.kind == "*":
            lexer.advance()
            return Star()
        if not self.skip("("):
            raise lexer.error("Expression expected", token.position)
        form = self.expression()
        if not self.skip(")"):
            raise lexer.error("')' or operator expected", lexer.token.position)
        return form

    def _segment(self, parent: SyntaxNode | None) -> SyntaxNode:
        """Read a name that a slash follows."""
        name = self._identifier()
        if parent is None and name in self._variables:
            return Variable(name)
        return Segment(parent, name, _above(parent), is_last=False)

    def _identifier(self) -> str:
        token = self._lexer.token
        if token.kind != "word":
            raise ODataError(f"An identifier was expected at position {token.position}.", token.position)
        self._lexer.advance()
        return token.text

    def _named(self, parent: SyntaxNode | None) -> SyntaxNode:
        """Read a name that no slash follows: a function, a type, a variable, a property."""
        lexer = self._lexer
        if not lexer.at("word"):
            raise lexer.syntax_error()
        function = lexer.take_function_name()
        if function is not None:
            return self._apply(parent, function)
        if lexer.peek().kind == ".":
            return DottedName(parent, lexer.take_dotted_name(), _above(parent))
        name = lexer.advance().text
        if parent is None and name in self._variables:
            return Variable(name)
        return Segment(parent, name, _above(parent))

    def _apply(self, parent: SyntaxNode | None, name: str) -> SyntaxNode:
        lexer = self._lexer
        lexer.advance()
        arguments: list[SyntaxNode] = []
        named = lexer.at("word") and lexer.peek().kind == "="
        if not lexer.at(")"):
            arguments.append(self._argument(named=named))
            while self.skip(","):
                arguments.append(self._argument(named=named))
        self._close()
        return Apply(parent, name, tuple(arguments), _above(parent, *arguments), named)

    def _argument(self, *, named: bool) -> SyntaxNode:
        if named:
            for kind in ("word", "="):
                if not self.skip(kind):
                    raise self._lexer.syntax_error()
        return self.expression()

    def _quantified(self, quantifier: Quantifier, collection: SyntaxNode) -> SyntaxNode:
        lexer = self._lexer
        lexer.advance()
        if not self.skip("("):
            raise lexer.error("'(' expected", lexer.token.position)
        if self.skip(")"):
            return Quantified(quantifier, collection, "x", None, _above(collection))
        variable = self._identifier()
        if variable in self._variables:
            raise ODataError(f"The range variable '{variable}' has already been declared.")
        if not self.skip(":"):
            raise lexer.syntax_error()
        self._variables.add(variable)
        body = self.expression()
        self._close()
        self._variables.remove(variable)
        return Quantified(quantifier, collection, variable, body, _above(collection, body))

    def _close(self) -> None:
        if not self.skip(")"):
            raise self._lexer.error("')' or ',' expected", self._lexer.token.position)
