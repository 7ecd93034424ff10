"""The Pydantic models of the SignTraker API, imported as `signtraker.models`."""

from signtraker._common.lazy import lazy_names

TYPE_CHECKING = not __name__  # Explained in signtraker/__init__.py.

if TYPE_CHECKING:
    from signtraker.models._base import RequestModel, ResponseModel
    from signtraker.models._payloads import (
        AddressDict,
        CreateAgentDict,
        CreateAwardDict,
        CreateChangeOrderDict,
        CreateOrderDict,
        CreateServiceDict,
        ManagerDataDict,
        RefDict,
        RemovalDict,
        UpdateAgentDict,
    )
    from signtraker.models.agents import (
        Address,
        AddressRequest,
        Agent,
        CountryCode,
        CreateAgentRequest,
        DiscountLevel,
        ManagerData,
        ManagerDataRequest,
        PaymentMode,
        UpdateAgentRequest,
    )
    from signtraker.models.catalog import Enterprise, Office, OrderPreset
    from signtraker.models.common import JobSite, NamedRef, RefRequest, SalesOrderRef
    from signtraker.models.credits import Award, AwardRestriction, CreateAwardRequest
    from signtraker.models.orders import (
        CreateOrderRequest,
        CreateOrderResult,
        Order,
        OrderStatus,
        RemovalRequest,
        RemovalResult,
    )
    from signtraker.models.work_orders import (
        ChangeOrder,
        CreateChangeOrderRequest,
        CreateServiceRequest,
        ServiceOrder,
    )
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "signtraker.models._base": ("RequestModel", "ResponseModel"),
            "signtraker.models._payloads": (
                "AddressDict",
                "CreateAgentDict",
                "CreateAwardDict",
                "CreateChangeOrderDict",
                "CreateOrderDict",
                "CreateServiceDict",
                "ManagerDataDict",
                "RefDict",
                "RemovalDict",
                "UpdateAgentDict",
            ),
            "signtraker.models.agents": (
                "Address",
                "AddressRequest",
                "Agent",
                "CountryCode",
                "CreateAgentRequest",
                "DiscountLevel",
                "ManagerData",
                "ManagerDataRequest",
                "PaymentMode",
                "UpdateAgentRequest",
            ),
            "signtraker.models.catalog": ("Enterprise", "Office", "OrderPreset"),
            "signtraker.models.common": ("JobSite", "NamedRef", "RefRequest", "SalesOrderRef"),
            "signtraker.models.credits": ("Award", "AwardRestriction", "CreateAwardRequest"),
            "signtraker.models.orders": (
                "CreateOrderRequest",
                "CreateOrderResult",
                "Order",
                "OrderStatus",
                "RemovalRequest",
                "RemovalResult",
            ),
            "signtraker.models.work_orders": (
                "ChangeOrder",
                "CreateChangeOrderRequest",
                "CreateServiceRequest",
                "ServiceOrder",
            ),
        },
    )

__all__ = [
    "Address",
    "AddressDict",
    "AddressRequest",
    "Agent",
    "Award",
    "AwardRestriction",
    "ChangeOrder",
    "CountryCode",
    "CreateAgentDict",
    "CreateAgentRequest",
    "CreateAwardDict",
    "CreateAwardRequest",
    "CreateChangeOrderDict",
    "CreateChangeOrderRequest",
    "CreateOrderDict",
    "CreateOrderRequest",
    "CreateOrderResult",
    "CreateServiceDict",
    "CreateServiceRequest",
    "DiscountLevel",
    "Enterprise",
    "JobSite",
    "ManagerData",
    "ManagerDataDict",
    "ManagerDataRequest",
    "NamedRef",
    "Office",
    "Order",
    "OrderPreset",
    "OrderStatus",
    "PaymentMode",
    "RefDict",
    "RefRequest",
    "RemovalDict",
    "RemovalRequest",
    "RemovalResult",
    "RequestModel",
    "ResponseModel",
    "SalesOrderRef",
    "ServiceOrder",
    "UpdateAgentDict",
    "UpdateAgentRequest",
]
