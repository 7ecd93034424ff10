"""Build filters and orderings as typed values: `Q` and its siblings, parsing, rendering and limits."""

from signtraker._common.lazy import lazy_names

TYPE_CHECKING = not __name__  # Explained in signtraker/__init__.py.

if TYPE_CHECKING:
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
    from signtraker.query.limits import split_filter
    from signtraker.query.schema import ODataVersion, ServerVersion
    from signtraker.query.server_limits import QueryLimits
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "signtraker.exceptions": ("QueryLimitError",),
            "signtraker.query.errors": ("ODataError",),
            "signtraker.query.fields": (
                "BooleanField",
                "ChoiceField",
                "DateTimeField",
                "DecimalField",
                "DoubleField",
                "Field",
                "IdField",
                "IntegerField",
                "NestedIdField",
                "TextField",
                "TextListField",
            ),
            "signtraker.query.filters": ("Filter", "Ordering", "all_of", "any_of"),
            "signtraker.query.generated.roots": (
                "AgentQ",
                "AwardQ",
                "ChangeOrderQ",
                "EnterpriseQ",
                "OfficeQ",
                "OrderPresetQ",
                "Q",
                "ServiceQ",
            ),
            "signtraker.query.limits": ("split_filter",),
            "signtraker.query.schema": ("ODataVersion", "ServerVersion"),
            "signtraker.query.server_limits": ("QueryLimits",),
        },
    )

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
