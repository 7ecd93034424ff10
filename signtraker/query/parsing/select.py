"""Read the text of `$select` by the server's grammar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker.query.errors import ODataError
from signtraker.query.parsing.generations import GENERATIONS
from signtraker.query.parsing.lexer import Lexer

if TYPE_CHECKING:
    from signtraker.query.schema import ServerVersion


def read_select(text: str, version: ServerVersion) -> list[str]:
    """Return the paths that a `$select` names, `*` among them; raises ODataError as the server would.

    A comma at the end is nothing to the server.
    """
    lexer = Lexer(text, GENERATIONS[version])
    paths = [_path(lexer)]
    while lexer.at(","):
        lexer.advance()
        if lexer.at("end"):
            break
        paths.append(_path(lexer))
    if not lexer.at("end"):
        raise lexer.syntax_error()
    return paths


def _path(lexer: Lexer) -> str:
    names = [_name(lexer)]
    while lexer.at("/"):
        lexer.advance()
        names.append(_name(lexer))
    return "/".join(names)


def _name(lexer: Lexer) -> str:
    token = lexer.token
    if token.text.startswith("$"):
        raise ODataError(f"Found system token '{token.text}' in select or expand clause '{lexer.text}'.")
    if token.kind == "*":
        return lexer.advance().text
    if token.kind != "word":
        raise ODataError(f"An identifier was expected at position {token.position}.", token.position)
    return lexer.take_dotted_name()
