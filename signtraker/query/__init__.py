"""Build filters and orderings as typed values: `Q` and its siblings, parsing, rendering and limits."""

from signtraker.exceptions import QueryLimitError
from signtraker.query.errors import ODataError
from signtraker.query.fields import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    DecimalField,
    DoubleField,
    Field,
    IdField,
    IntegerField,
    NestedIdField,
    TextField,
    TextListField,
)
from signtraker.query.filters import Filter, Ordering, all_of, any_of
from signtraker.query.generated.roots import (
    AgentQ,
    AwardQ,
    ChangeOrderQ,
    EnterpriseQ,
    OfficeQ,
    OrderPresetQ,
    Q,
    ServiceQ,
)
from signtraker.query.limits import QueryLimits, split_filter
from signtraker.query.schema import ODataVersion, ServerVersion

__all__ = [
    "AgentQ",
    "AwardQ",
    "BooleanField",
    "ChangeOrderQ",
    "ChoiceField",
    "DateTimeField",
    "DecimalField",
    "DoubleField",
    "EnterpriseQ",
    "Field",
    "Filter",
    "IdField",
    "IntegerField",
    "NestedIdField",
    "ODataError",
    "ODataVersion",
    "OfficeQ",
    "OrderPresetQ",
    "Ordering",
    "Q",
    "QueryLimitError",
    "QueryLimits",
    "ServerVersion",
    "ServiceQ",
    "TextField",
    "TextListField",
    "all_of",
    "any_of",
    "split_filter",
]
