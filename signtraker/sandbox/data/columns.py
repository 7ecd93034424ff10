"""Define column types that behave the same on every database."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, DateTime, Float, Integer, Numeric, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

# ruff: noqa: ARG002 - SQLAlchemy passes the dialect by position

# SQLite gives 64 bits to every INTEGER, and makes only an INTEGER PRIMARY KEY its row id.
Int64: BigInteger = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """Store an aware datetime as UTC without a zone, with microseconds."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = DateTime()
    cache_ok: bool | None = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert to UTC."""
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Add the zone."""
        return None if value is None else value.replace(tzinfo=UTC)


class Money(TypeDecorator[Decimal]):
    """Store an amount: exactly where the database has decimals, else as the nearest double."""

    impl: TypeEngine[Any] | type[TypeEngine[Any]] = Numeric(28, 10).with_variant(Float(), "sqlite")
    cache_ok: bool | None = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | float | None:
        """Convert to a float for SQLite."""
        if value is None:
            return None
        return float(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Decimal | float | None, dialect: Dialect) -> Decimal | None:
        """Convert a float by its repr, which is the amount as it was written."""
        return value if value is None or isinstance(value, Decimal) else Decimal(repr(value))
