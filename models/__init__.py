"""The Pydantic models of the SignTraker API, imported as `signtraker.models`."""

from signtraker.models._base import RequestModel, ResponseModel
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
from signtraker.models.work import (
    ChangeOrder,
    CreateChangeOrderRequest,
    CreateServiceRequest,
    ServiceOrder,
)

__all__ = [
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
    "RequestModel",
    "ResponseModel",
    "SalesOrderRef",
    "ServiceOrder",
    "UpdateAgentRequest",
]
