"""Name every list of the API, for the command, Spark and dlt, which offer the same for each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from signtraker.client import SignTrakerClient


@dataclass(frozen=True, slots=True)
class ApiList:
    """One list of the API."""

    name: str
    """The end of the names of its methods: `awards` for `iter_awards`."""
    model: str
    """The name of the records' model, `Award`."""
    attribute: str
    """The property of the client, `credits`."""
    finished: str | None = None
    """The field that has a value once a record is finished; None if the model has no such field."""

    def iterate(self, client: SignTrakerClient, **options: Any) -> Any:
        """Return the `RecordIterator` of the client's `iter_…` method."""
        return self.method("iter", client)(**options)

    def method(self, verb: str, client: SignTrakerClient) -> Any:
        """Return a method of the client; `verb` is `list` or `iter`."""
        return getattr(getattr(client, self.attribute), f"{verb}_{self.name}")


API_LISTS: Final = {
    one.name: one
    for one in (
        ApiList("orders", "Order", "orders", finished="removal_date"),
        ApiList("agents", "Agent", "agents"),
        ApiList("services", "ServiceOrder", "services", finished="completion_date"),
        ApiList("change_orders", "ChangeOrder", "change_orders", finished="completion_date"),
        ApiList("awards", "Award", "credits"),
        ApiList("offices", "Office", "offices"),
        ApiList("enterprises", "Enterprise", "enterprises"),
        ApiList("order_presets", "OrderPreset", "order_presets"),
    )
}
"""The lists by their names."""
