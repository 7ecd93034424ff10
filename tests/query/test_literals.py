"""Check the constants that a filter takes, and how they are written."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pytest

from signtraker.query import ODataError
from signtraker.query.literals import check_value, literal_text
from signtraker.query.parsing.numbers import (
    double_to_decimal,
    guessed_kind,
    read_decimal,
    read_double,
    read_single,
    single_to_decimal,
)
from signtraker.query.schema import Edm
from signtraker.query.single import to_single

MOMENT: Final = datetime(2026, 1, 31, 12, 30, 0, 5, tzinfo=UTC)
TALLEST: Final = Decimal(2**96 - 1)
LONG: Final = "792281625142643375935439503"


@pytest.mark.parametrize(
    ("kind", "value", "constant"),
    [
        (Edm.STRING, "", ""),
        (Edm.BOOLEAN, False, False),
        (Edm.INT32, 2**63 - 1, 2**63 - 1),
        (Edm.INT64, -(2**63), -(2**63)),
        (Edm.DOUBLE, 5, 5),
        (Edm.DOUBLE, 5.5, 5.5),
        (Edm.DECIMAL, 5, 5),
        (Edm.DECIMAL, TALLEST, TALLEST),
        (Edm.DECIMAL, TALLEST.scaleb(-28), TALLEST.scaleb(-28)),
        (Edm.DECIMAL, Decimal("1e28"), Decimal("1e28")),
        (Edm.DECIMAL, Decimal("0e28"), Decimal("0e28")),
        (Edm.DECIMAL, Decimal("1.50"), Decimal("1.50")),
        (Edm.DATETIME, MOMENT.astimezone(timezone(timedelta(hours=5))), MOMENT),
        (Edm.DATETIME, date(2026, 1, 31), datetime(2026, 1, 31, tzinfo=UTC)),
        (Edm.DATE, date(2026, 1, 31), date(2026, 1, 31)),
    ],
)
def test_a_constant_of_a_type_is_taken(kind: Edm, value: Any, constant: object) -> None:
    found = check_value(kind, value, "Q.x")
    assert (type(found), found) == (type(constant), constant)


@pytest.mark.parametrize(
    ("kind", "value", "error", "sentence"),
    [
        (Edm.STRING, 5, TypeError, "Q.x is text: write a str, not 5"),
        (Edm.STRING, "a\ud800", ValueError, "holds a lone surrogate at 1"),
        (Edm.BOOLEAN, 1, TypeError, "Q.x is true or false: write a bool, not 1"),
        (Edm.INT64, 5.0, TypeError, "Q.x is a whole number: it must be an int, not 5.0"),
        (Edm.INT64, 2**63, ValueError, "does not fit 64 bits"),
        (Edm.DOUBLE, float("nan"), ValueError, "nan is no number that can be compared"),
        (Edm.DOUBLE, "5", TypeError, "Q.x is a number: write a float or an int, not '5'"),
        (Edm.DOUBLE, 2**63, ValueError, "does not fit 64 bits"),
        (Edm.DECIMAL, 5.5, TypeError, r"write Decimal\('5.5'\), not the float 5.5"),
        (Edm.DECIMAL, "5", TypeError, "Q.x is a decimal: write a Decimal or an int, not '5'"),
        (Edm.DECIMAL, Decimal("inf"), ValueError, "Infinity is no number that can be compared"),
        (Edm.DECIMAL, TALLEST + 1, ValueError, "does not fit the server's decimal"),
        (Edm.DECIMAL, Decimal("1e29"), ValueError, "does not fit the server's decimal"),
        (Edm.DECIMAL, Decimal("1e-29"), ValueError, "does not fit the server's decimal"),
        (Edm.DATETIME, "2026", TypeError, "Q.x is a date and time: write an aware datetime or a date"),
        (Edm.DATETIME, datetime(2026, 1, 1), TypeError, "has no time zone"),  # noqa: DTZ001 - the point
        (Edm.DATE, MOMENT, TypeError, r"\.date\(\) makes one"),
        (Edm.DATE, "2026", TypeError, "Q.x is a day: write a date, not '2026'"),
        (Edm.INT64, None, TypeError, r"write \.is_null\(\) or \.is_not_null\(\)"),
    ],
)
def test_anything_else_is_refused_by_the_name_of_the_field(
    kind: Edm, value: object, error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence) as caught:
        check_value(kind, value, "Q.x")
    assert str(caught.value).startswith("Q.x")


@pytest.mark.parametrize(
    ("value", "v3", "v4"),
    [
        (None, "null", "null"),
        (True, "true", "true"),
        (2**31 - 1, "2147483647", "2147483647"),
        (-(2**31), "-2147483648", "-2147483648"),
        (2**31, "2147483648L", "2147483648"),
        (to_single(1.5), "1.5f", "1.5f"),
        (to_single(float("-inf")), "-INFf", "-INFf"),
        (float("nan"), "NaN", "NaN"),
        (1e-7, "1e-7", "1e-7"),
        (1.5, "1.5e0", "1.5e0"),
        (Decimal("1E+2"), "100M", "100M"),
        ("it's", "'it''s'", "'it''s'"),
        (MOMENT, "datetimeoffset'2026-01-31T12:30:00.000005Z'", "2026-01-31T12:30:00.000005Z"),
        (timedelta(days=1, seconds=5), "time'P1DT5S'", "duration'P1DT5S'"),
        (-timedelta(days=1, microseconds=5), "time'-P1DT0.000005S'", "duration'-P1DT0.000005S'"),
        (timedelta(0), "time'P0DT0S'", "duration'P0DT0S'"),
        (UUID(int=5), f"guid'{UUID(int=5)}'", str(UUID(int=5))),
        (b"\x0f", "X'0f'", "binary'Dw=='"),
        (date(2026, 1, 31), "", "2026-01-31"),
        (time(9, 5), "", "09:05:00"),
    ],
)
def test_a_constant_is_written_in_the_words_of_the_dialect(value: Any, v3: str, v4: str) -> None:
    assert literal_text(value, "v4") == v4
    if v3:
        assert literal_text(value, "v3") == v3
    else:
        with pytest.raises(ODataError, match="v3 has no constants of days or times"):
            literal_text(value, "v3")


def test_a_v3_number_beside_an_int64_has_its_letter() -> None:
    assert [literal_text(5, version, long=True) for version in ("v3", "v4")] == ["5L", "5"]


@pytest.mark.parametrize(
    ("text", "double", "single", "number"),
    [
        ("5", 5.0, 5.0, Decimal(5)),
        ("-1.5e3", -1500.0, -1500.0, Decimal(-1500)),
        ("1e39", 1e39, None, None),
        ("1e400", None, None, None),
        ("INF", float("inf"), float("inf"), None),
        ("-INF", float("-inf"), float("-inf"), None),
        ("1.", None, None, None),
        ("x", None, None, None),
        ("79228162514264337593543950335", 2.0**96, 2.0**96, TALLEST),
        ("79228162514264337593543950336", 2.0**96, 2.0**96, None),
        (f"{LONG}.345", 2.0**96 / 100, 2.0**96 / 100, Decimal(f"{LONG}.34")),
        (f"{LONG}.355", 2.0**96 / 100, 2.0**96 / 100, Decimal(f"{LONG}.4")),
        ("3.4028235e38", 3.4028235e38, 3.4028235e38, None),
        ("3.5e38", 3.5e38, None, None),
        ("0.00000000000000000000000000005", 5e-29, 5e-29, Decimal("0E-28")),
        ("0.00000000000000000000000000015", 1.5e-28, 1.5e-28, Decimal("2E-28")),
    ],
)  # fmt: skip
def test_a_number_is_read_as_each_of_the_types(
    text: str, double: float | None, single: float | None, number: Decimal | None
) -> None:
    assert read_double(text) == double
    assert read_decimal(text) == number
    found = read_single(text)
    assert found == (None if single is None else to_single(single))


@pytest.mark.parametrize(
    ("text", "whole", "kind"),
    [
        ("2147483647", True, "int"),
        ("2147483648", True, "int64"),
        ("9223372036854775807", True, "int64"),
        ("9223372036854775808", True, "decimal"),
        ("1.5", False, "single"),
        ("0.1", False, "single"),
        ("16777217.0", False, "double"),
        ("1.23456789", False, "double"),
        ("1.23456789012345678", False, "decimal"),
        ("1e5", False, "single"),
        ("1e39", False, "double"),
    ],
)
def test_a_number_without_a_letter_has_the_smallest_type(text: str, whole: bool, kind: str) -> None:  # noqa: FBT001 - a case
    assert guessed_kind(text, whole=whole) == kind


def test_floats_become_decimals_as_dotnet_prints_them() -> None:
    assert single_to_decimal(to_single(0.1)) == Decimal("0.1")
    assert single_to_decimal(to_single(123456789.0)) == Decimal(123456800)
    assert double_to_decimal(0.1) == Decimal("0.1")
    assert double_to_decimal(1.2345678901234567) == Decimal("1.2345678901234567")
    assert double_to_decimal(1e-10 / 3) == Decimal("3.33333333333333E-11")
