"""Models of agents: the record, and the requests that create and update one."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal, TypeAlias

from signtraker.models._base import RequestModel, ResponseModel
from signtraker.models._types import Amount, Flag, Integer, Money, RequiredText, StateCode, Text
from signtraker.models.common import NamedRef, Ref, RefRequest

PaymentMode: TypeAlias = Literal["Terms", "Prepay", "MonthlyCC", "ACH", "Transfer"]
"""The ways in which an agent pays. The API takes no other value (API reference)."""
DiscountLevel: TypeAlias = Literal["Standard", "Bronze", "Silver", "Gold"]
"""The discount levels of a manager. The API takes no other value (API reference)."""
CountryCode: TypeAlias = Literal["US", "CA", "AU"]
"""The country codes of an address. The API takes no other value (API reference)."""


class Address(ResponseModel, frozen=True):
    """An agent's postal address."""

    street: str | None = None
    """The street with the house number."""
    street2: str | None = None
    """The second line of the address."""
    city: str | None = None
    """The name of the city, without the state."""
    state: str | None = None
    """The state or province; two characters at most in a request."""
    zip: str | None = None
    """The postal code."""
    country_code: CountryCode | str | None = None
    """The country: `US`, `CA` or `AU`."""


class ManagerData(ResponseModel, frozen=True):
    """The settings that only managers have. The API reference names no unit for intervals and durations."""

    discount_level: DiscountLevel | str | None = None
    """The discount that the manager's agents get."""
    enable_rebills: bool | None = None
    """Whether a sign that stays installed is billed again."""
    initial_rental_duration: int | None = None
    """The time that the first bill covers. The API reference names no unit."""
    rebill_interval: int | None = None
    """The time between two rental bills. The API reference names no unit."""
    rebill_warning_lead_time: int | None = None
    """The time between the warning about a bill and the bill. The API reference names no unit."""
    is_payer: bool | None = None
    """Whether the manager pays for the agents."""
    disable_staff_billing_emails: bool | None = None
    """True if the staff gets no e-mails about bills."""
    cc_staff: bool | None = None
    """Whether the staff gets copies of e-mails."""
    cc_delegates: bool | None = None
    """Whether delegates get copies of e-mails."""
    is_virtual: bool | None = None
    """Whether the manager is virtual and not a person. The API reference gives no details."""


class Agent(ResponseModel, frozen=True):
    """A real-estate agent or a manager."""

    id: int
    """The record's id, assigned by the server. Every record has one."""
    user_name: str | None = None
    """The name that the agent uses to sign in."""
    email: str | None = None
    """The agent's e-mail address."""
    email_confirmed: bool | None = None
    """Whether the address is confirmed."""
    first_name: str | None = None
    """The agent's first name."""
    last_name: str | None = None
    """The agent's last name."""
    is_inactive: bool | None = None
    """True if the agent can't use the portal."""
    is_locked: bool | None = None
    """True if the agent's sign-in is locked."""
    cc_email: str | None = None
    """Addresses that get copies, joined by `;`."""
    invitation_sent: bool | None = None
    """Whether the agent was invited to the portal."""
    office: NamedRef | None = None
    """The agent's office."""
    manager: NamedRef | None = None
    """The agent's manager."""
    address: Address | None = None
    """The agent's postal address."""
    office_phone: str | None = None
    """The telephone number of the office."""
    cellular_phone: str | None = None
    """The number of the agent's mobile telephone."""
    payment_mode: PaymentMode | str | None = None
    """The way in which the agent pays."""
    basic_install_price: Money | None = None
    """The price of a basic installation, in the tenant's currency."""
    broker_id: str | None = None
    """The broker's own identifier for the agent."""
    default_post_type: NamedRef | None = None
    """The kind of post that is ordered if an order names none."""
    notes: str | None = None
    """Free text about the agent."""
    receive_marketing_emails: bool | None = None
    """Whether the agent gets marketing e-mails."""
    terms_accepted: bool | None = None
    """Whether the agent has accepted the terms."""
    enable_subscription: bool | None = None
    """Whether the agent pays by subscription."""
    subscription_price: Money | None = None
    """The price of the subscription, in the tenant's currency."""
    is_manager: bool | None = None
    """Whether the agent is a manager. An update can't change this."""
    manager_data: ManagerData | None = None
    """The manager's settings. None for an agent who is not a manager."""


class AddressRequest(RequestModel):
    """An address in a request. `state` has two characters at most."""

    street: Text | None = None
    """The street with the house number."""
    street2: Text | None = None
    """The second line of the address."""
    city: Text | None = None
    """The name of the city, without the state."""
    state: StateCode | None = None
    """The state or province; two characters at most in a request."""
    zip: Text | None = None
    """The postal code."""
    country_code: CountryCode | None = None
    """The country: `US`, `CA` or `AU`."""

    if TYPE_CHECKING:  # Generated by scripts/generate_payloads.py.

        def __init__(
            self,
            *,
            street: str | None = None,
            street2: str | None = None,
            city: str | None = None,
            state: str | None = None,
            zip: str | None = None,
            country_code: CountryCode | None = None,
        ) -> None:
            """An address in a request. `state` has two characters at most.

            Args:
                street: The street with the house number.
                street2: The second line of the address.
                city: The name of the city, without the state.
                state: The state or province; two characters at most in a request.
                zip: The postal code.
                country_code: The country: `US`, `CA` or `AU`.
            """


class ManagerDataRequest(RequestModel):
    """A manager's settings in a request."""

    discount_level: DiscountLevel | None = None
    """The discount that the manager's agents get."""
    enable_rebills: Flag | None = None
    """Whether a sign that stays installed is billed again."""
    initial_rental_duration: Integer | None = None
    """The time that the first bill covers. The API reference names no unit."""
    rebill_interval: Integer | None = None
    """The time between two rental bills. The API reference names no unit."""
    rebill_warning_lead_time: Integer | None = None
    """The time between the warning about a bill and the bill. The API reference names no unit."""
    is_payer: Flag | None = None
    """Whether the manager pays for the agents."""
    disable_staff_billing_emails: Flag | None = None
    """True if the staff gets no e-mails about bills."""
    cc_staff: Flag | None = None
    """Whether the staff gets copies of e-mails."""
    cc_delegates: Flag | None = None
    """Whether delegates get copies of e-mails."""
    is_virtual: Flag | None = None
    """Whether the manager is virtual and not a person. The API reference gives no details."""

    if TYPE_CHECKING:  # Generated by scripts/generate_payloads.py.

        def __init__(
            self,
            *,
            discount_level: DiscountLevel | None = None,
            enable_rebills: bool | None = None,
            initial_rental_duration: int | None = None,
            rebill_interval: int | None = None,
            rebill_warning_lead_time: int | None = None,
            is_payer: bool | None = None,
            disable_staff_billing_emails: bool | None = None,
            cc_staff: bool | None = None,
            cc_delegates: bool | None = None,
            is_virtual: bool | None = None,
        ) -> None:
            """A manager's settings in a request.

            Args:
                discount_level: The discount that the manager's agents get.
                enable_rebills: Whether a sign that stays installed is billed again.
                initial_rental_duration: The time that the first bill covers. The API reference names no unit.
                rebill_interval: The time between two rental bills. The API reference names no unit.
                rebill_warning_lead_time: The time between the warning about a bill and the bill. The API
                    reference names no unit.
                is_payer: Whether the manager pays for the agents.
                disable_staff_billing_emails: True if the staff gets no e-mails about bills.
                cc_staff: Whether the staff gets copies of e-mails.
                cc_delegates: Whether delegates get copies of e-mails.
                is_virtual: Whether the manager is virtual and not a person. The API reference gives no
                    details.
            """


class _AgentFields(RequestModel):
    """The fields that creating and updating an agent may both set."""

    email_confirmed: Flag | None = None
    """Whether the address is confirmed."""
    is_inactive: Flag | None = None
    """True if the agent can't use the portal."""
    is_locked: Flag | None = None
    """True if the agent's sign-in is locked."""
    cc_email: Text | None = None
    """Addresses that get copies, joined by `;`."""
    invitation_sent: Flag | None = None
    """Whether the agent was invited to the portal."""
    manager: Ref | None = None
    """The agent's manager."""
    address: AddressRequest | None = None
    """The agent's postal address."""
    office_phone: Text | None = None
    """The telephone number of the office."""
    basic_install_price: Amount | None = None
    """The price of a basic installation, in the tenant's currency."""
    broker_id: Text | None = None
    """The broker's own identifier for the agent."""
    default_post_type: Ref | None = None
    """The kind of post that is ordered if an order names none."""
    notes: Text | None = None
    """Free text about the agent."""
    receive_marketing_emails: Flag | None = None
    """Whether the agent gets marketing e-mails."""
    terms_accepted: Flag | None = None
    """Whether the agent has accepted the terms."""
    enable_subscription: Flag | None = None
    """Whether the agent pays by subscription."""
    subscription_price: Amount | None = None
    """The price of the subscription, in the tenant's currency."""
    is_manager: Flag | None = None
    """Whether the agent is a manager. An update can't change this."""
    manager_data: ManagerDataRequest | None = None
    """The manager's settings. None for an agent who is not a manager."""


class CreateAgentRequest(_AgentFields):
    """A request that creates an agent."""

    user_name: RequiredText
    """The name that the agent uses to sign in. Required."""
    email: RequiredText
    """The agent's e-mail address. Required."""
    first_name: RequiredText
    """The agent's first name. Required."""
    last_name: RequiredText
    """The agent's last name. Required."""
    office: Ref
    """The agent's office. Required."""
    cellular_phone: RequiredText
    """The number of the agent's mobile telephone. Required."""
    payment_mode: PaymentMode
    """The way in which the agent pays. Required."""

    if TYPE_CHECKING:  # Generated by scripts/generate_payloads.py.

        def __init__(
            self,
            *,
            email_confirmed: bool | None = None,
            is_inactive: bool | None = None,
            is_locked: bool | None = None,
            cc_email: str | None = None,
            invitation_sent: bool | None = None,
            manager: RefRequest | NamedRef | None = None,
            address: AddressRequest | None = None,
            office_phone: str | None = None,
            basic_install_price: Decimal | int | float | None = None,
            broker_id: str | None = None,
            default_post_type: RefRequest | NamedRef | None = None,
            notes: str | None = None,
            receive_marketing_emails: bool | None = None,
            terms_accepted: bool | None = None,
            enable_subscription: bool | None = None,
            subscription_price: Decimal | int | float | None = None,
            is_manager: bool | None = None,
            manager_data: ManagerDataRequest | None = None,
            user_name: str,
            email: str,
            first_name: str,
            last_name: str,
            office: RefRequest | NamedRef,
            cellular_phone: str,
            payment_mode: PaymentMode,
        ) -> None:
            """A request that creates an agent.

            Args:
                email_confirmed: Whether the address is confirmed.
                is_inactive: True if the agent can't use the portal.
                is_locked: True if the agent's sign-in is locked.
                cc_email: Addresses that get copies, joined by `;`.
                invitation_sent: Whether the agent was invited to the portal.
                manager: The agent's manager.
                address: The agent's postal address.
                office_phone: The telephone number of the office.
                basic_install_price: The price of a basic installation, in the tenant's currency.
                broker_id: The broker's own identifier for the agent.
                default_post_type: The kind of post that is ordered if an order names none.
                notes: Free text about the agent.
                receive_marketing_emails: Whether the agent gets marketing e-mails.
                terms_accepted: Whether the agent has accepted the terms.
                enable_subscription: Whether the agent pays by subscription.
                subscription_price: The price of the subscription, in the tenant's currency.
                is_manager: Whether the agent is a manager. An update can't change this.
                manager_data: The manager's settings. None for an agent who is not a manager.
                user_name: The name that the agent uses to sign in. Required.
                email: The agent's e-mail address. Required.
                first_name: The agent's first name. Required.
                last_name: The agent's last name. Required.
                office: The agent's office. Required.
                cellular_phone: The number of the agent's mobile telephone. Required.
                payment_mode: The way in which the agent pays. Required.
            """


class UpdateAgentRequest(_AgentFields):
    """A request that updates an agent: a JSON Merge Patch (RFC 7396) of the fields that were set.

    None clears a field. A nested model changes only the fields that it sets.
    """

    user_name: RequiredText | None = None
    """The name that the agent uses to sign in."""
    email: RequiredText | None = None
    """The agent's e-mail address."""
    first_name: RequiredText | None = None
    """The agent's first name."""
    last_name: RequiredText | None = None
    """The agent's last name."""
    office: Ref | None = None
    """The agent's office."""
    cellular_phone: RequiredText | None = None
    """The number of the agent's mobile telephone."""
    payment_mode: PaymentMode | None = None
    """The way in which the agent pays."""

    if TYPE_CHECKING:  # Generated by scripts/generate_payloads.py.

        def __init__(
            self,
            *,
            email_confirmed: bool | None = None,
            is_inactive: bool | None = None,
            is_locked: bool | None = None,
            cc_email: str | None = None,
            invitation_sent: bool | None = None,
            manager: RefRequest | NamedRef | None = None,
            address: AddressRequest | None = None,
            office_phone: str | None = None,
            basic_install_price: Decimal | int | float | None = None,
            broker_id: str | None = None,
            default_post_type: RefRequest | NamedRef | None = None,
            notes: str | None = None,
            receive_marketing_emails: bool | None = None,
            terms_accepted: bool | None = None,
            enable_subscription: bool | None = None,
            subscription_price: Decimal | int | float | None = None,
            is_manager: bool | None = None,
            manager_data: ManagerDataRequest | None = None,
            user_name: str | None = None,
            email: str | None = None,
            first_name: str | None = None,
            last_name: str | None = None,
            office: RefRequest | NamedRef | None = None,
            cellular_phone: str | None = None,
            payment_mode: PaymentMode | None = None,
        ) -> None:
            """A request that updates an agent: a JSON Merge Patch (RFC 7396) of the fields that were set.

            None clears a field. A nested model changes only the fields that it sets.

            Args:
                email_confirmed: Whether the address is confirmed.
                is_inactive: True if the agent can't use the portal.
                is_locked: True if the agent's sign-in is locked.
                cc_email: Addresses that get copies, joined by `;`.
                invitation_sent: Whether the agent was invited to the portal.
                manager: The agent's manager.
                address: The agent's postal address.
                office_phone: The telephone number of the office.
                basic_install_price: The price of a basic installation, in the tenant's currency.
                broker_id: The broker's own identifier for the agent.
                default_post_type: The kind of post that is ordered if an order names none.
                notes: Free text about the agent.
                receive_marketing_emails: Whether the agent gets marketing e-mails.
                terms_accepted: Whether the agent has accepted the terms.
                enable_subscription: Whether the agent pays by subscription.
                subscription_price: The price of the subscription, in the tenant's currency.
                is_manager: Whether the agent is a manager. An update can't change this.
                manager_data: The manager's settings. None for an agent who is not a manager.
                user_name: The name that the agent uses to sign in.
                email: The agent's e-mail address.
                first_name: The agent's first name.
                last_name: The agent's last name.
                office: The agent's office.
                cellular_phone: The number of the agent's mobile telephone.
                payment_mode: The way in which the agent pays.
            """
