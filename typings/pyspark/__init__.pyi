# The part of PySpark that is used here, for mypy and pyright: it is not installed where they run.

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

_T = TypeVar("_T")
_U = TypeVar("_U")

class RDD(Generic[_T]):
    def map(self, f: Callable[[_T], _U]) -> RDD[_U]: ...
    def collect(self) -> list[_T]: ...

class SparkContext:
    def parallelize(self, c: Iterable[_T], numSlices: int | None = None) -> RDD[_T]: ...
    def setLogLevel(self, logLevel: str) -> None: ...
