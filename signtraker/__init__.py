"""The typed, model-driven Python SDK for the SignTraker API.

Every public name is here; a module is loaded when one of its names is first used.
"""

from __future__ import annotations

from importlib import import_module

from signtraker._version import __version__

# Type checkers take this name for true; importing it from typing would cost more than all the rest.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from signtraker._core.merge_patch import merge_patch
    from signtraker._core.prepared import PreparedRequest
    from signtraker._core.recording import RecordedExchange
    from signtraker._lists.options import FilterOption, OrderBy, Select
    from signtraker.agents import AgentsClient
    from signtraker.aio import AsyncSignTrakerClient
    from signtraker.change_orders import ChangeOrdersClient
    from signtraker.client import SignTrakerClient
    from signtraker.credits import CreditsClient
    from signtraker.enterprises import EnterprisesClient
    from signtraker.exceptions import (
        APIStatusError,
        AuthenticationError,
        NetworkError,
        NotFoundError,
        NotSelectedError,
        Problem,
        QueryLimitError,
        RateLimitError,
        ServerError,
        SignTrakerConfigError,
        SignTrakerError,
        UnconfirmedNetworkError,
        UnconfirmedServerError,
        UnconfirmedWriteError,
        UnreadableResponseError,
        ValidationError,
    )
    from signtraker.models import (
        Address,
        AddressRequest,
        Agent,
        Award,
        AwardRestriction,
        ChangeOrder,
        CountryCode,
        CreateAgentRequest,
        CreateAwardRequest,
        CreateChangeOrderRequest,
        CreateOrderRequest,
        CreateOrderResult,
        CreateServiceRequest,
        DiscountLevel,
        Enterprise,
        JobSite,
        ManagerData,
        ManagerDataRequest,
        NamedRef,
        Office,
        Order,
        OrderPreset,
        OrderStatus,
        PaymentMode,
        RefRequest,
        RemovalRequest,
        RemovalResult,
        SalesOrderRef,
        ServiceOrder,
        UpdateAgentRequest,
    )
    from signtraker.offices import OfficesClient
    from signtraker.order_presets import OrderPresetsClient
    from signtraker.orders import OrdersClient
    from signtraker.query import (
        AgentQ,
        AwardQ,
        ChangeOrderQ,
        EnterpriseQ,
        Field,
        Filter,
        ODataError,
        OfficeQ,
        Ordering,
        OrderPresetQ,
        Q,
        QueryLimits,
        ServiceQ,
        all_of,
        any_of,
        split_filter,
    )
    from signtraker.services import ServicesClient
else:
    # Out of sight of type checkers, so that a misspelt import stays an error for them.
    _NAMES = {
        "signtraker._lists.options": ("FilterOption", "OrderBy", "Select"),
        "signtraker._core.merge_patch": ("merge_patch",),
        "signtraker._core.prepared": ("PreparedRequest",),
        "signtraker._core.recording": ("RecordedExchange",),
        "signtraker.agents": ("AgentsClient",),
        "signtraker.aio": ("AsyncSignTrakerClient",),
        "signtraker.change_orders": ("ChangeOrdersClient",),
        "signtraker.client": ("SignTrakerClient",),
        "signtraker.credits": ("CreditsClient",),
        "signtraker.enterprises": ("EnterprisesClient",),
        "signtraker.exceptions": (
            "APIStatusError",
            "AuthenticationError",
            "NetworkError",
            "NotFoundError",
            "NotSelectedError",
            "Problem",
            "QueryLimitError",
            "RateLimitError",
            "ServerError",
            "SignTrakerConfigError",
            "SignTrakerError",
            "UnconfirmedNetworkError",
            "UnconfirmedServerError",
            "UnconfirmedWriteError",
            "UnreadableResponseError",
            "ValidationError",
        ),
        "signtraker.models": (
            "Address",
            "AddressRequest",
            "Agent",
            "Award",
            "AwardRestriction",
            "ChangeOrder",
            "CountryCode",
            "CreateAgentRequest",
            "CreateAwardRequest",
            "CreateChangeOrderRequest",
            "CreateOrderRequest",
            "CreateOrderResult",
            "CreateServiceRequest",
            "DiscountLevel",
            "Enterprise",
            "JobSite",
            "ManagerData",
            "ManagerDataRequest",
            "NamedRef",
            "Office",
            "Order",
            "OrderPreset",
            "OrderStatus",
            "PaymentMode",
            "RefRequest",
            "RemovalRequest",
            "RemovalResult",
            "SalesOrderRef",
            "ServiceOrder",
            "UpdateAgentRequest",
        ),
        "signtraker.offices": ("OfficesClient",),
        "signtraker.order_presets": ("OrderPresetsClient",),
        "signtraker.orders": ("OrdersClient",),
        "signtraker.query": (
            "AgentQ",
            "AwardQ",
            "ChangeOrderQ",
            "EnterpriseQ",
            "Field",
            "Filter",
            "ODataError",
            "OfficeQ",
            "OrderPresetQ",
            "Ordering",
            "Q",
            "QueryLimits",
            "ServiceQ",
            "all_of",
            "any_of",
            "split_filter",
        ),
        "signtraker.services": ("ServicesClient",),
    }
    _HOME = {name: module for module, names in _NAMES.items() for name in names}

    def __getattr__(name: str) -> object:
        if name not in _HOME:
            raise AttributeError(f"module 'signtraker' has no attribute {name!r}")
        value = getattr(import_module(_HOME[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "APIStatusError",
    "Address",
    "AddressRequest",
    "Agent",
    "AgentQ",
    "AgentsClient",
    "AsyncSignTrakerClient",
    "AuthenticationError",
    "Award",
    "AwardQ",
    "AwardRestriction",
    "ChangeOrder",
    "ChangeOrderQ",
    "ChangeOrdersClient",
    "CountryCode",
    "CreateAgentRequest",
    "CreateAwardRequest",
    "CreateChangeOrderRequest",
    "CreateOrderRequest",
    "CreateOrderResult",
    "CreateServiceRequest",
    "CreditsClient",
    "DiscountLevel",
    "Enterprise",
    "EnterpriseQ",
    "EnterprisesClient",
    "Field",
    "Filter",
    "FilterOption",
    "JobSite",
    "ManagerData",
    "ManagerDataRequest",
    "NamedRef",
    "NetworkError",
    "NotFoundError",
    "NotSelectedError",
    "ODataError",
    "Office",
    "OfficeQ",
    "OfficesClient",
    "Order",
    "OrderBy",
    "OrderPreset",
    "OrderPresetQ",
    "OrderPresetsClient",
    "OrderStatus",
    "Ordering",
    "OrdersClient",
    "PaymentMode",
    "PreparedRequest",
    "Problem",
    "Q",
    "QueryLimitError",
    "QueryLimits",
    "RateLimitError",
    "RecordedExchange",
    "RefRequest",
    "RemovalRequest",
    "RemovalResult",
    "SalesOrderRef",
    "Select",
    "ServerError",
    "ServiceOrder",
    "ServiceQ",
    "ServicesClient",
    "SignTrakerClient",
    "SignTrakerConfigError",
    "SignTrakerError",
    "UnconfirmedNetworkError",
    "UnconfirmedServerError",
    "UnconfirmedWriteError",
    "UnreadableResponseError",
    "UpdateAgentRequest",
    "ValidationError",
    "__version__",
    "all_of",
    "any_of",
    "merge_patch",
    "split_filter",
]
