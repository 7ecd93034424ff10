"""The typed, model-driven Python SDK for the SignTraker API.

Every public name is here; a module is loaded when one of its names is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from signtraker._version import __version__

if TYPE_CHECKING:
    from signtraker.client import (
        SignTrakerClient,
    )
    from signtraker.exceptions import (
        APIStatusError,
        AuthenticationError,
        NetworkError,
        NotFoundError,
        NotSelectedError,
        Problem,
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
        CreateOrderRequest,
        CreateOrderResult,
        JobSite,
        NamedRef,
        Order,
        OrderStatus,
        RemovalRequest,
        RemovalResult,
        SalesOrderRef,
    )
    from signtraker.orders import (
        OrdersClient,
    )
    from signtraker.query import (
        Field,
        Filter,
        Ordering,
        Q,
    )
else:
    # Out of sight of type checkers, so that a misspelt import stays an error for them.
    _NAMES = {
        "signtraker.client": ("SignTrakerClient",),
        "signtraker.exceptions": (
            "APIStatusError",
            "AuthenticationError",
            "NetworkError",
            "NotFoundError",
            "NotSelectedError",
            "Problem",
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
            "CreateOrderRequest",
            "CreateOrderResult",
            "JobSite",
            "NamedRef",
            "Order",
            "OrderStatus",
            "RemovalRequest",
            "RemovalResult",
            "SalesOrderRef",
        ),
        "signtraker.orders": ("OrdersClient",),
        "signtraker.query": (
            "Field",
            "Filter",
            "Ordering",
            "Q",
        ),
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
    "AuthenticationError",
    "CreateOrderRequest",
    "CreateOrderResult",
    "Field",
    "Filter",
    "JobSite",
    "NamedRef",
    "NetworkError",
    "NotFoundError",
    "NotSelectedError",
    "Order",
    "OrderStatus",
    "Ordering",
    "OrdersClient",
    "Problem",
    "Q",
    "RateLimitError",
    "RemovalRequest",
    "RemovalResult",
    "SalesOrderRef",
    "ServerError",
    "SignTrakerClient",
    "SignTrakerConfigError",
    "SignTrakerError",
    "UnconfirmedNetworkError",
    "UnconfirmedServerError",
    "UnconfirmedWriteError",
    "UnreadableResponseError",
    "ValidationError",
    "__version__",
]
