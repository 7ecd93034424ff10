"""Agents: the record, what creates one, and what changes one."""

from __future__ import annotations

from typing import Literal, TypeAlias

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Amount, Flag, Integer, Money, RequiredText, StateCode, Text
from signtraker.models.common import NamedRef, Ref

PaymentMode: TypeAlias = Literal["Terms", "Prepay", "MonthlyCC", "ACH", "Transfer"]
"""How an agent pays. The set is closed (API reference)."""
DiscountLevel: TypeAlias = Literal["Standard", "Bronze", "Silver", "Gold"]
"""A manager's discount level. The set is closed (API reference)."""
CountryCode: TypeAlias = Literal["US", "CA", "AU"]
"""The countries that the API serves. The set is closed (API reference)."""


class Address(ResponseModel, frozen=True):
    """An agent's postal address."""

    street: str | None = None
    street2: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None
    country_code: CountryCode | str | None = None


class ManagerData(ResponseModel, frozen=True):
    """What only managers have. Intervals and durations are in the unit of the tenant's settings."""

    discount_level: DiscountLevel | str | None = None
    enable_rebills: bool | None = None
    initial_rental_duration: int | None = None
    rebill_interval: int | None = None
    rebill_warning_lead_time: int | None = None
    is_payer: bool | None = None
    disable_staff_billing_emails: bool | None = None
    cc_staff: bool | None = None
    cc_delegates: bool | None = None
    is_virtual: bool | None = None


class Agent(ResponseModel, frozen=True):
    """A real-estate agent or manager. `cc_email` holds addresses joined by `;`."""

    id: int
    user_name: str | None = None
    email: str | None = None
    email_confirmed: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    is_inactive: bool | None = None
    is_locked: bool | None = None
    cc_email: str | None = None
    invitation_sent: bool | None = None
    office: NamedRef | None = None
    manager: NamedRef | None = None
    address: Address | None = None
    office_phone: str | None = None
    cellular_phone: str | None = None
    payment_mode: PaymentMode | str | None = None
    basic_install_price: Money | None = None
    broker_id: str | None = None
    default_post_type: NamedRef | None = None
    notes: str | None = None
    receive_marketing_emails: bool | None = None
    terms_accepted: bool | None = None
    enable_subscription: bool | None = None
    subscription_price: Money | None = None
    is_manager: bool | None = None
    manager_data: ManagerData | None = None


class AddressRequest(RequestModel):
    """An address in a request. `state` has two characters at most."""

    street: Text | None = None
    street2: Text | None = None
    city: Text | None = None
    state: StateCode | None = None
    zip: Text | None = None
    country_code: CountryCode | None = None


class ManagerDataRequest(RequestModel):
    """A manager's settings in a request."""

    discount_level: DiscountLevel | None = None
    enable_rebills: Flag | None = None
    initial_rental_duration: Integer | None = None
    rebill_interval: Integer | None = None
    rebill_warning_lead_time: Integer | None = None
    is_payer: Flag | None = None
    disable_staff_billing_emails: Flag | None = None
    cc_staff: Flag | None = None
    cc_delegates: Flag | None = None
    is_virtual: Flag | None = None


class _AgentFields(RequestModel):
    """What creating and updating an agent may both set."""

    email_confirmed: Flag | None = None
    is_inactive: Flag | None = None
    is_locked: Flag | None = None
    cc_email: Text | None = None
    invitation_sent: Flag | None = None
    manager: Ref | None = None
    address: AddressRequest | None = None
    office_phone: Text | None = None
    basic_install_price: Amount | None = None
    broker_id: Text | None = None
    default_post_type: Ref | None = None
    notes: Text | None = None
    receive_marketing_emails: Flag | None = None
    terms_accepted: Flag | None = None
    enable_subscription: Flag | None = None
    subscription_price: Amount | None = None
    is_manager: Flag | None = None
    manager_data: ManagerDataRequest | None = None


class CreateAgentRequest(_AgentFields):
    """A new agent."""

    user_name: RequiredText
    email: RequiredText
    first_name: RequiredText
    last_name: RequiredText
    office: Ref
    cellular_phone: RequiredText
    payment_mode: PaymentMode


class UpdateAgentRequest(_AgentFields):
    """A change to an agent: a JSON Merge Patch (RFC 7396) of exactly the fields that were set.

    An explicit None clears a field; a nested model changes only what it sets itself.
    """

    user_name: RequiredText | None = None
    email: RequiredText | None = None
    first_name: RequiredText | None = None
    last_name: RequiredText | None = None
    office: Ref | None = None
    cellular_phone: RequiredText | None = None
    payment_mode: PaymentMode | None = None
