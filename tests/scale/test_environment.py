from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_the_workers_run_in_this_environment(spark: SparkSession) -> None:
    def interpreter(_: int) -> str:
        return sys.executable

    found = spark.sparkContext.parallelize([0, 1], 2).map(interpreter).collect()
    assert set(found) == {sys.executable}
