"""A list of the API as a value: where it is, and what it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from signtraker._core.request import Request
from signtraker._core.response import ReadList
from signtraker._lists.options import list_query

if TYPE_CHECKING:
    from signtraker._core.config import Config
    from signtraker._core.request import Pairs
    from signtraker._lists.options import ListOptions
    from signtraker.models import ResponseModel

M = TypeVar("M", bound="ResponseModel")


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """One of the API's lists."""

    path: str
    model: type[M]

    def request(self, options: ListOptions, config: Config, extra_params: Pairs = ()) -> Request[list[M]]:
        """Return the request for one list; `own` are the endpoint's own query parameters."""
        query = list_query(self.model.__name__, options, config, extra_params)
        reader = ReadList(self.model, options.select is not None)
        return Request("GET", self.path, reader, query)
