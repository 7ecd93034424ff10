"""Check that numbers have the types and values that .NET Framework gives them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from signtraker.query.errors import ODataError, ServerError
from signtraker.query.parsing.numbers import (
    double_to_decimal,
    guessed_kind,
    read_decimal,
    single_to_decimal,
)
from signtraker.query.parsing.parse import bind_filter
from signtraker.query.single import Single, single_text, to_single


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("5", "int"), ("2147483647", "int"), ("-2147483648", "int"), ("007", "int"),
        ("2147483648", "int64"), ("-2147483649", "int64"),
        ("9223372036854775807", "int64"), ("-9223372036854775808", "int64"),
        ("9223372036854775808", "decimal"), ("-9223372036854775809", "decimal"),
        ("99999999999999999999", "decimal"),
        ("79228162514264337593543950336", "double"),
        ("5.5", "single"), ("0.1", "single"), ("1e2", "single"), ("218.96106", "single"), ("-0.0", "single"),
        ("1234567.8", "double"), ("16777217.0", "double"), ("1e39", "double"), ("1234567.1234567", "double"),
        ("45.12345678901234", "decimal"), ("12345678901234567890.5", "decimal"),
    ],
)  # fmt: skip
def test_a_v4_number_without_a_suffix_has_the_smallest_type_that_holds_it(text: str, kind: str) -> None:
    assert guessed_kind(text, whole=text.lstrip("-").isdigit()) == kind


def test_a_number_beyond_a_double_has_no_type() -> None:
    with pytest.raises(ODataError, match="Numeric string '1e400' is not a valid Int32/Int64/Double/Decimal"):
        guessed_kind("1e400", whole=False)


def test_a_single_that_becomes_a_decimal_keeps_seven_digits() -> None:
    assert single_to_decimal(to_single(218.96106)) == Decimal("218.9611")
    assert double_to_decimal(1234567.8) == Decimal("1234567.8")
    assert single_text(to_single(0.1)) == "0.1"
    assert repr(to_single(16777216.0)) == "Single(16777216)"
    assert isinstance(to_single(5.5), Single)


def test_a_decimal_is_rounded_to_its_96_bits() -> None:
    assert read_decimal("0.12345678901234567890123456789") == Decimal("0.1234567890123456789012345679")
    assert read_decimal("79228162514264337593543950335") == Decimal(2**96 - 1)
    assert read_decimal("79228162514264337593543950336") is None
    assert read_decimal("7.9228162514264337593543950336") == Decimal("7.922816251426433759354395034")
    assert read_decimal("1e-40") == 0


def test_a_double_that_no_decimal_holds_crashes_the_server() -> None:
    with pytest.raises(ServerError, match="An error has occurred"):
        bind_filter("SalesOrder/OrderTotal lt 1e308", "Order", version="v4-7")
    assert bind_filter("JobSite/Latitude lt 1e308", "Order", version="v4-7").count == 5
