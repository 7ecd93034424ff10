from typing import Any

from pyspark.sql.types import StructType

def from_arrow_schema(arrow_schema: Any) -> StructType: ...
