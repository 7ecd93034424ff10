"""Describe one list of the API by its path and model, and build the requests that read it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from signtraker._core.request import Request, before_sending
from signtraker._core.response import ReadList, ReadOne
from signtraker._lists.arguments import checked_id

if TYPE_CHECKING:
    from signtraker._core.config import Config
    from signtraker._core.request import Pairs
    from signtraker._lists.arguments import ListOptions
    from signtraker._lists.options import ResolvedOptions
    from signtraker.models import ResponseModel

M = TypeVar("M", bound="ResponseModel")


@dataclass(frozen=True, slots=True)
class Listing(Generic[M]):
    """One list of the API, such as `/api/orders` with the model `Order`."""

    path: str
    model: type[M]

    @property
    def entity(self) -> str:
        """The name of the list's model, which is also its name in `signtraker.query`."""
        return self.model.__name__

    def request(self, options: ListOptions, config: Config, extra_params: Pairs = ()) -> Request[list[M]]:
        """Return the request of one list call; `extra_params` are the endpoint's own query parameters."""
        from signtraker._lists.options import resolve_options

        with before_sending("GET", self.path):
            resolved = resolve_options(self.entity, options, config, extra_params)
        return self.page(resolved, extra_params)

    def page(self, options: ResolvedOptions, extra_params: Pairs = ()) -> Request[list[M]]:
        """Return the request that sends options that are already resolved."""
        reader = ReadList(self.model, options.select)
        return Request("GET", self.path, reader, options.query(extra_params))

    def record(self, name: str, record_id: object) -> Request[M]:
        """Return the request for one record; `name` is the name of the id's argument, for error messages."""
        with before_sending("GET", f"{self.path}/{{{name}}}"):
            number = checked_id(name, record_id)
        reader = ReadOne(self.model, number)
        return Request("GET", f"{self.path}/{number}", reader, route=f"{self.path}/{{id}}")
