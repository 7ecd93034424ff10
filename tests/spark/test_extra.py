"""Check what is said where PySpark is not installed."""

from __future__ import annotations

import sys

import pytest

import signtraker.spark


def test_the_source_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    monkeypatch.setitem(sys.modules, "pyspark.sql.datasource", None)
    monkeypatch.delitem(sys.modules, "signtraker.spark.source", raising=False)
    with pytest.raises(
        ModuleNotFoundError, match=r'PySpark 4.1 or later; get it with: pip install "signtraker\[spark\]"$'
    ):
        signtraker.spark.SignTrakerSource  # noqa: B018 - the attribute is loaded when it is read


def test_a_misspelt_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'SignTrackerSource'"):
        signtraker.spark.SignTrackerSource  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]  # noqa: B018  # the test reads it
    assert dir(signtraker.spark) == ["SignTrakerSource"]
