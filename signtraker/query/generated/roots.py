"""The fields of every list: `Q` and its siblings.

Generated from the models by `scripts/generate_query.py`; not to be edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from signtraker.query.fields import (
    BooleanField,
    ChoiceField,
    DateTimeField,
    DecimalField,
    IdField,
    IntegerField,
    TextField,
    TextListField,
)
from signtraker.query.generated.nested import (
    AddressFields,
    JobSiteFields,
    ManagerDataFields,
    NamedRefFields,
    SalesOrderRefFields,
)
from signtraker.query.namespace import Root

if TYPE_CHECKING:
    from signtraker import models


class OrderFields(Root["models.Order"]):
    """The fields of `Order`."""

    @property
    def id(self) -> IdField[models.Order]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def order_number(self) -> IntegerField[models.Order]:
        """`OrderNumber`: Edm.Int32, may be null.

        The number that people use for the order. It is not the id.
        """
        return IntegerField(*self._below("OrderNumber"))

    @property
    def status(self) -> TextField[models.Order, models.OrderStatus]:
        """`Status`: Edm.String, may be null.

        The status of the order. The API reference shows only examples; other values are accepted.
        """
        return TextField(*self._below("Status"))

    @property
    def notes(self) -> TextField[models.Order, str]:
        """`Notes`: Edm.String, may be null.

        Free text for the installer.
        """
        return TextField(*self._below("Notes"))

    @property
    def created(self) -> DateTimeField[models.Order]:
        """`Created`: Edm.DateTimeOffset, may be null.

        The time at which the record was created, in UTC.
        """
        return DateTimeField(*self._below("Created"))

    @property
    def due_date(self) -> DateTimeField[models.Order]:
        """`DueDate`: Edm.DateTimeOffset, may be null.

        The time by which the work is due, in UTC. The API writes a date as its midnight (assumed).
        """
        return DateTimeField(*self._below("DueDate"))

    @property
    def is_due_date_definitive(self) -> BooleanField[models.Order]:
        """`IsDueDateDefinitive`: Edm.Boolean, may be null.

        Whether the due date is final. The API reference gives no details.
        """
        return BooleanField(*self._below("IsDueDateDefinitive"))

    @property
    def date_installed(self) -> DateTimeField[models.Order]:
        """`DateInstalled`: Edm.DateTimeOffset, may be null.

        The time at which the sign was installed, in UTC; None if it is not yet.
        """
        return DateTimeField(*self._below("DateInstalled"))

    @property
    def removal_request_date(self) -> DateTimeField[models.Order]:
        """`RemovalRequestDate`: Edm.DateTimeOffset, may be null.

        The time at which the removal was requested, in UTC; None if it was not.
        """
        return DateTimeField(*self._below("RemovalRequestDate"))

    @property
    def removal_due_date(self) -> DateTimeField[models.Order]:
        """`RemovalDueDate`: Edm.DateTimeOffset, may be null.

        The time by which the sign is due to be removed, in UTC.
        """
        return DateTimeField(*self._below("RemovalDueDate"))

    @property
    def is_removal_due_date_definitive(self) -> BooleanField[models.Order]:
        """`IsRemovalDueDateDefinitive`: Edm.Boolean, may be null.

        Whether the due date of the removal is final.
        """
        return BooleanField(*self._below("IsRemovalDueDateDefinitive"))

    @property
    def removal_date(self) -> DateTimeField[models.Order]:
        """`RemovalDate`: Edm.DateTimeOffset, may be null.

        The time at which the sign was removed, in UTC; None if it is still installed.
        """
        return DateTimeField(*self._below("RemovalDate"))

    @property
    def rebill_interval(self) -> IntegerField[models.Order]:
        """`RebillInterval`: Edm.Int32, may be null.

        The time between two rental bills. The API reference names no unit.
        """
        return IntegerField(*self._below("RebillInterval"))

    @property
    def next_rebill_date(self) -> DateTimeField[models.Order]:
        """`NextRebillDate`: Edm.DateTimeOffset, may be null.

        The time of the next rental bill, in UTC.
        """
        return DateTimeField(*self._below("NextRebillDate"))

    @property
    def sales_order(self) -> SalesOrderRefFields[models.Order]:
        """`SalesOrder`: the fields of the nested `SalesOrderRef`, which may be null.

        The sales order behind the record, with its total.
        """
        return SalesOrderRefFields(*self._below("SalesOrder"))

    @property
    def job_site(self) -> JobSiteFields[models.Order]:
        """`JobSite`: the fields of the nested `JobSite`, which may be null.

        The place where the sign is installed.
        """
        return JobSiteFields(*self._below("JobSite"))

    @property
    def post_type(self) -> NamedRefFields[models.Order]:
        """`PostType`: the fields of the nested `NamedRef`, which may be null.

        The kind of post that is ordered.
        """
        return NamedRefFields(*self._below("PostType"))

    @property
    def agent(self) -> NamedRefFields[models.Order]:
        """`Agent`: the fields of the nested `NamedRef`, which may be null.

        The agent who ordered the sign.
        """
        return NamedRefFields(*self._below("Agent"))


class AgentFields(Root["models.Agent"]):
    """The fields of `Agent`."""

    @property
    def id(self) -> IdField[models.Agent]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def user_name(self) -> TextField[models.Agent, str]:
        """`UserName`: Edm.String, may be null.

        The name that the agent uses to sign in.
        """
        return TextField(*self._below("UserName"))

    @property
    def email(self) -> TextField[models.Agent, str]:
        """`Email`: Edm.String, may be null.

        The agent's e-mail address.
        """
        return TextField(*self._below("Email"))

    @property
    def email_confirmed(self) -> BooleanField[models.Agent]:
        """`EmailConfirmed`: Edm.Boolean, may be null.

        Whether the address is confirmed.
        """
        return BooleanField(*self._below("EmailConfirmed"))

    @property
    def first_name(self) -> TextField[models.Agent, str]:
        """`FirstName`: Edm.String, may be null.

        The agent's first name.
        """
        return TextField(*self._below("FirstName"))

    @property
    def last_name(self) -> TextField[models.Agent, str]:
        """`LastName`: Edm.String, may be null.

        The agent's last name.
        """
        return TextField(*self._below("LastName"))

    @property
    def is_inactive(self) -> BooleanField[models.Agent]:
        """`IsInactive`: Edm.Boolean, may be null.

        True if the agent can't use the portal.
        """
        return BooleanField(*self._below("IsInactive"))

    @property
    def is_locked(self) -> BooleanField[models.Agent]:
        """`IsLocked`: Edm.Boolean, may be null.

        True if the agent's sign-in is locked.
        """
        return BooleanField(*self._below("IsLocked"))

    @property
    def cc_email(self) -> TextField[models.Agent, str]:
        """`CcEmail`: Edm.String, may be null.

        Addresses that get copies, joined by `;`.
        """
        return TextField(*self._below("CcEmail"))

    @property
    def invitation_sent(self) -> BooleanField[models.Agent]:
        """`InvitationSent`: Edm.Boolean, may be null.

        Whether the agent was invited to the portal.
        """
        return BooleanField(*self._below("InvitationSent"))

    @property
    def office(self) -> NamedRefFields[models.Agent]:
        """`Office`: the fields of the nested `NamedRef`, which may be null.

        The agent's office.
        """
        return NamedRefFields(*self._below("Office"))

    @property
    def manager(self) -> NamedRefFields[models.Agent]:
        """`Manager`: the fields of the nested `NamedRef`, which may be null.

        The agent's manager.
        """
        return NamedRefFields(*self._below("Manager"))

    @property
    def address(self) -> AddressFields[models.Agent]:
        """`Address`: the fields of the nested `Address`, which may be null.

        The agent's postal address.
        """
        return AddressFields(*self._below("Address"))

    @property
    def office_phone(self) -> TextField[models.Agent, str]:
        """`OfficePhone`: Edm.String, may be null.

        The telephone number of the office.
        """
        return TextField(*self._below("OfficePhone"))

    @property
    def cellular_phone(self) -> TextField[models.Agent, str]:
        """`CellularPhone`: Edm.String, may be null.

        The number of the agent's mobile telephone.
        """
        return TextField(*self._below("CellularPhone"))

    @property
    def payment_mode(self) -> ChoiceField[models.Agent, models.PaymentMode]:
        """`PaymentMode`: Edm.String, may be null.

        The way in which the agent pays.
        """
        return ChoiceField(*self._below("PaymentMode"))

    @property
    def basic_install_price(self) -> DecimalField[models.Agent]:
        """`BasicInstallPrice`: Edm.Decimal, may be null.

        The price of a basic installation, in the tenant's currency.
        """
        return DecimalField(*self._below("BasicInstallPrice"))

    @property
    def broker_id(self) -> TextField[models.Agent, str]:
        """`BrokerId`: Edm.String, may be null.

        The broker's own identifier for the agent.
        """
        return TextField(*self._below("BrokerId"))

    @property
    def default_post_type(self) -> NamedRefFields[models.Agent]:
        """`DefaultPostType`: the fields of the nested `NamedRef`, which may be null.

        The kind of post that is ordered if an order names none.
        """
        return NamedRefFields(*self._below("DefaultPostType"))

    @property
    def notes(self) -> TextField[models.Agent, str]:
        """`Notes`: Edm.String, may be null.

        Free text about the agent.
        """
        return TextField(*self._below("Notes"))

    @property
    def receive_marketing_emails(self) -> BooleanField[models.Agent]:
        """`ReceiveMarketingEmails`: Edm.Boolean, may be null.

        Whether the agent gets marketing e-mails.
        """
        return BooleanField(*self._below("ReceiveMarketingEmails"))

    @property
    def terms_accepted(self) -> BooleanField[models.Agent]:
        """`TermsAccepted`: Edm.Boolean, may be null.

        Whether the agent has accepted the terms.
        """
        return BooleanField(*self._below("TermsAccepted"))

    @property
    def enable_subscription(self) -> BooleanField[models.Agent]:
        """`EnableSubscription`: Edm.Boolean, may be null.

        Whether the agent pays by subscription.
        """
        return BooleanField(*self._below("EnableSubscription"))

    @property
    def subscription_price(self) -> DecimalField[models.Agent]:
        """`SubscriptionPrice`: Edm.Decimal, may be null.

        The price of the subscription, in the tenant's currency.
        """
        return DecimalField(*self._below("SubscriptionPrice"))

    @property
    def is_manager(self) -> BooleanField[models.Agent]:
        """`IsManager`: Edm.Boolean, may be null.

        Whether the agent is a manager. An update can't change this.
        """
        return BooleanField(*self._below("IsManager"))

    @property
    def manager_data(self) -> ManagerDataFields[models.Agent]:
        """`ManagerData`: the fields of the nested `ManagerData`, which may be null.

        The manager's settings. None for an agent who is not a manager.
        """
        return ManagerDataFields(*self._below("ManagerData"))


class ChangeOrderFields(Root["models.ChangeOrder"]):
    """The fields of `ChangeOrder`."""

    @property
    def id(self) -> IdField[models.ChangeOrder]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def order_number(self) -> IntegerField[models.ChangeOrder]:
        """`OrderNumber`: Edm.Int32, may be null.

        The number that people use for the order. It is not the id.
        """
        return IntegerField(*self._below("OrderNumber"))

    @property
    def service_type(self) -> NamedRefFields[models.ChangeOrder]:
        """`ServiceType`: the fields of the nested `NamedRef`, which may be null.

        The kind of work.
        """
        return NamedRefFields(*self._below("ServiceType"))

    @property
    def notes(self) -> TextField[models.ChangeOrder, str]:
        """`Notes`: Edm.String, may be null.

        Free text for the installer.
        """
        return TextField(*self._below("Notes"))

    @property
    def status(self) -> TextField[models.ChangeOrder, str]:
        """`Status`: Edm.String, may be null.

        The status of the work. The API reference lists no values.
        """
        return TextField(*self._below("Status"))

    @property
    def created(self) -> DateTimeField[models.ChangeOrder]:
        """`Created`: Edm.DateTimeOffset, may be null.

        The time at which the record was created, in UTC.
        """
        return DateTimeField(*self._below("Created"))

    @property
    def due_date(self) -> DateTimeField[models.ChangeOrder]:
        """`DueDate`: Edm.DateTimeOffset, may be null.

        The time by which the work is due, in UTC. The API writes a date as its midnight (assumed).
        """
        return DateTimeField(*self._below("DueDate"))

    @property
    def is_due_date_definitive(self) -> BooleanField[models.ChangeOrder]:
        """`IsDueDateDefinitive`: Edm.Boolean, may be null.

        Whether the due date is final. The API reference gives no details.
        """
        return BooleanField(*self._below("IsDueDateDefinitive"))

    @property
    def completion_date(self) -> DateTimeField[models.ChangeOrder]:
        """`CompletionDate`: Edm.DateTimeOffset, may be null.

        The time at which the work was completed, in UTC; None if it is not yet.
        """
        return DateTimeField(*self._below("CompletionDate"))

    @property
    def sales_order(self) -> SalesOrderRefFields[models.ChangeOrder]:
        """`SalesOrder`: the fields of the nested `SalesOrderRef`, which may be null.

        The sales order behind the record, with its total.
        """
        return SalesOrderRefFields(*self._below("SalesOrder"))

    @property
    def job_site(self) -> JobSiteFields[models.ChangeOrder]:
        """`JobSite`: the fields of the nested `JobSite`, which may be null.

        The place where the sign is installed.
        """
        return JobSiteFields(*self._below("JobSite"))

    @property
    def agent(self) -> NamedRefFields[models.ChangeOrder]:
        """`Agent`: the fields of the nested `NamedRef`, which may be null.

        The agent for whom the work is done.
        """
        return NamedRefFields(*self._below("Agent"))


class ServiceOrderFields(Root["models.ServiceOrder"]):
    """The fields of `ServiceOrder`."""

    @property
    def id(self) -> IdField[models.ServiceOrder]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def order_number(self) -> IntegerField[models.ServiceOrder]:
        """`OrderNumber`: Edm.Int32, may be null.

        The number that people use for the order. It is not the id.
        """
        return IntegerField(*self._below("OrderNumber"))

    @property
    def service_type(self) -> NamedRefFields[models.ServiceOrder]:
        """`ServiceType`: the fields of the nested `NamedRef`, which may be null.

        The kind of work.
        """
        return NamedRefFields(*self._below("ServiceType"))

    @property
    def notes(self) -> TextField[models.ServiceOrder, str]:
        """`Notes`: Edm.String, may be null.

        Free text for the installer.
        """
        return TextField(*self._below("Notes"))

    @property
    def status(self) -> TextField[models.ServiceOrder, str]:
        """`Status`: Edm.String, may be null.

        The status of the work. The API reference lists no values.
        """
        return TextField(*self._below("Status"))

    @property
    def created(self) -> DateTimeField[models.ServiceOrder]:
        """`Created`: Edm.DateTimeOffset, may be null.

        The time at which the record was created, in UTC.
        """
        return DateTimeField(*self._below("Created"))

    @property
    def due_date(self) -> DateTimeField[models.ServiceOrder]:
        """`DueDate`: Edm.DateTimeOffset, may be null.

        The time by which the work is due, in UTC. The API writes a date as its midnight (assumed).
        """
        return DateTimeField(*self._below("DueDate"))

    @property
    def is_due_date_definitive(self) -> BooleanField[models.ServiceOrder]:
        """`IsDueDateDefinitive`: Edm.Boolean, may be null.

        Whether the due date is final. The API reference gives no details.
        """
        return BooleanField(*self._below("IsDueDateDefinitive"))

    @property
    def completion_date(self) -> DateTimeField[models.ServiceOrder]:
        """`CompletionDate`: Edm.DateTimeOffset, may be null.

        The time at which the work was completed, in UTC; None if it is not yet.
        """
        return DateTimeField(*self._below("CompletionDate"))

    @property
    def sales_order(self) -> SalesOrderRefFields[models.ServiceOrder]:
        """`SalesOrder`: the fields of the nested `SalesOrderRef`, which may be null.

        The sales order behind the record, with its total.
        """
        return SalesOrderRefFields(*self._below("SalesOrder"))

    @property
    def job_site(self) -> JobSiteFields[models.ServiceOrder]:
        """`JobSite`: the fields of the nested `JobSite`, which may be null.

        The place where the sign is installed.
        """
        return JobSiteFields(*self._below("JobSite"))

    @property
    def agent(self) -> NamedRefFields[models.ServiceOrder]:
        """`Agent`: the fields of the nested `NamedRef`, which may be null.

        The agent for whom the work is done.
        """
        return NamedRefFields(*self._below("Agent"))


class AwardFields(Root["models.Award"]):
    """The fields of `Award`."""

    @property
    def id(self) -> IdField[models.Award]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def name(self) -> TextField[models.Award, str]:
        """`Name`: Edm.String, may be null.

        The award's name.
        """
        return TextField(*self._below("Name"))

    @property
    def awarded_by(self) -> NamedRefFields[models.Award]:
        """`AwardedBy`: the fields of the nested `NamedRef`, which may be null.

        The person who gave the award.
        """
        return NamedRefFields(*self._below("AwardedBy"))

    @property
    def awarded_date(self) -> DateTimeField[models.Award]:
        """`AwardedDate`: Edm.DateTimeOffset, may be null.

        The time at which the award was given, in UTC.
        """
        return DateTimeField(*self._below("AwardedDate"))

    @property
    def awarded_to(self) -> NamedRefFields[models.Award]:
        """`AwardedTo`: the fields of the nested `NamedRef`, which may be null.

        The agent who received the award.
        """
        return NamedRefFields(*self._below("AwardedTo"))

    @property
    def expiration_date(self) -> DateTimeField[models.Award]:
        """`ExpirationDate`: Edm.DateTimeOffset, may be null.

        The time at which the award expires, in UTC. None if it does not expire.
        """
        return DateTimeField(*self._below("ExpirationDate"))

    @property
    def total_amount(self) -> DecimalField[models.Award]:
        """`TotalAmount`: Edm.Decimal, may be null.

        The amount that was given, in the tenant's currency.
        """
        return DecimalField(*self._below("TotalAmount"))

    @property
    def remaining_amount(self) -> DecimalField[models.Award]:
        """`RemainingAmount`: Edm.Decimal, may be null.

        The amount that is left, in the tenant's currency.
        """
        return DecimalField(*self._below("RemainingAmount"))

    @property
    def restrictions(self) -> TextListField[models.Award]:
        """`Restrictions`: a collection of Edm.String, may be null.

        The purposes for which the award may be spent.
        """
        return TextListField(*self._below("Restrictions"))


class EnterpriseFields(Root["models.Enterprise"]):
    """The fields of `Enterprise`."""

    @property
    def id(self) -> IdField[models.Enterprise]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def name(self) -> TextField[models.Enterprise, str]:
        """`Name`: Edm.String, may be null.

        The record's name.
        """
        return TextField(*self._below("Name"))


class OfficeFields(Root["models.Office"]):
    """The fields of `Office`."""

    @property
    def id(self) -> IdField[models.Office]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def name(self) -> TextField[models.Office, str]:
        """`Name`: Edm.String, may be null.

        The record's name.
        """
        return TextField(*self._below("Name"))


class OrderPresetFields(Root["models.OrderPreset"]):
    """The fields of `OrderPreset`."""

    @property
    def id(self) -> IdField[models.OrderPreset]:
        """`Id`: Edm.Int64, never null.

        The record's id, assigned by the server. Every record has one.
        """
        return IdField(*self._below("Id"))

    @property
    def name(self) -> TextField[models.OrderPreset, str]:
        """`Name`: Edm.String, may be null.

        The record's name.
        """
        return TextField(*self._below("Name"))


Q: Final[OrderFields] = OrderFields("Order")
"""The fields of `Order`, for filters and orderings.

`Q.status == "Draft"` is a filter, and `Q.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
AgentQ: Final[AgentFields] = AgentFields("Agent")
"""The fields of `Agent`, for filters and orderings.

`AgentQ.is_inactive.eq(False)` is a filter, and `AgentQ.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
ChangeOrderQ: Final[ChangeOrderFields] = ChangeOrderFields("ChangeOrder")
"""The fields of `ChangeOrder`, for filters and orderings.

`ChangeOrderQ.completion_date.is_null()` is a filter, and `ChangeOrderQ.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
ServiceQ: Final[ServiceOrderFields] = ServiceOrderFields("ServiceOrder")
"""The fields of `ServiceOrder`, for filters and orderings.

`ServiceQ.completion_date.is_null()` is a filter, and `ServiceQ.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
AwardQ: Final[AwardFields] = AwardFields("Award")
"""The fields of `Award`, for filters and orderings.

`AwardQ.remaining_amount > 0` is a filter, and `AwardQ.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
EnterpriseQ: Final[EnterpriseFields] = EnterpriseFields("Enterprise")
"""The fields of `Enterprise`, for filters and orderings.

`EnterpriseQ.name.startswith("A")` is a filter, and `EnterpriseQ.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
OfficeQ: Final[OfficeFields] = OfficeFields("Office")
"""The fields of `Office`, for filters and orderings.

`OfficeQ.name.contains("North")` is a filter, and `OfficeQ.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
OrderPresetQ: Final[OrderPresetFields] = OrderPresetFields("OrderPreset")
"""The fields of `OrderPreset`, for filters and orderings.

`OrderPresetQ.name == "Standard"` is a filter, and `OrderPresetQ.id.desc()` is an ordering.
Combine filters with `&`, `|` and `~`, each in parentheses: Python's `and`, `or` and `not` can't, and raise.
"""
