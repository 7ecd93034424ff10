"""A data source for Spark: every list of the API as a DataFrame, read by the executors.

    from signtraker.spark import SignTrakerSource

    spark.dataSource.register(SignTrakerSource)
    orders = spark.read.format("signtraker").option("list", "orders").load()

Needs the extra: `pip install "signtraker[spark]"`. docs/guides/spark.md lists the options.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker._common.extras import missing_extra

__all__ = ["SignTrakerSource"]

if TYPE_CHECKING:
    from signtraker.spark.source import SignTrakerSource as SignTrakerSource
else:

    def __getattr__(name: str) -> object:
        """Load the source on first use, so that its pure modules need no PySpark."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            from signtraker.spark.source import SignTrakerSource  # noqa: PLC0415 - needs PySpark
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "pyspark":
                raise
            raise ModuleNotFoundError(
                missing_extra("The Spark source", "PySpark 4.1 or later", "spark"),
                name=error.name,
            ) from None
        return SignTrakerSource

    def __dir__() -> list[str]:
        return __all__
