"""Define a typed node: what it is, what type it has, and how many nodes the server counts in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from signtraker.query.functions import Kind
from signtraker.query.generated.entities import ENTITIES

if TYPE_CHECKING:
    from signtraker.query.nodes import Node


@dataclass(frozen=True, slots=True)
class Bound:
    """A node with its type: a primitive, a nested entity (`nested` is its name), or neither for null."""

    node: Node
    kind: Kind
    count: int
    """How many nodes the server's validator counts, conversions included."""
    nested: str | None = None
    collection: bool = False
    constant: bool = False
    """Whether it is a constant to the server: one that it may give another type."""
    is_day: bool = False
    """Whether it is the constant of a date."""
    named: bool = False
    """Whether it is an argument by name, which no built-in function takes."""

    @property
    def type_name(self) -> str:
        """The name of the type in the server's errors."""
        if self.nested:
            return ENTITIES[self.nested].clr_name
        return str(self.kind.type or "<null>")

    @property
    def is_untyped(self) -> bool:
        """True for null, and for what is calculated from nothing but null."""
        return self.kind.type is None and self.nested is None


UNTYPED = Kind(None)
