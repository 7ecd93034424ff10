"""The API's entities as OData sees them.

Generated from the models by `scripts/generate_query.py`; not to be edited.
"""

from __future__ import annotations

from typing import Final

from signtraker.query.schema import Edm, Entity, Property

_TABLES: Final = (
    (
        "Order",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("OrderNumber", "order_number", Edm.INT32),
            Property("Status", "status", Edm.STRING, known=("Designing", "Draft", "PaymentRequired")),
            Property("Notes", "notes", Edm.STRING),
            Property("Created", "created", Edm.DATETIME),
            Property("DueDate", "due_date", Edm.DATETIME),
            Property("IsDueDateDefinitive", "is_due_date_definitive", Edm.BOOLEAN),
            Property("DateInstalled", "date_installed", Edm.DATETIME),
            Property("RemovalRequestDate", "removal_request_date", Edm.DATETIME),
            Property("RemovalDueDate", "removal_due_date", Edm.DATETIME),
            Property("IsRemovalDueDateDefinitive", "is_removal_due_date_definitive", Edm.BOOLEAN),
            Property("RemovalDate", "removal_date", Edm.DATETIME),
            Property("RebillInterval", "rebill_interval", Edm.INT32),
            Property("NextRebillDate", "next_rebill_date", Edm.DATETIME),
            Property("SalesOrder", "sales_order", None, entity="SalesOrderRef"),
            Property("JobSite", "job_site", None, entity="JobSite"),
            Property("PostType", "post_type", None, entity="NamedRef"),
            Property("Agent", "agent", None, entity="NamedRef"),
        ),
    ),
    (
        "Agent",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("UserName", "user_name", Edm.STRING),
            Property("Email", "email", Edm.STRING),
            Property("EmailConfirmed", "email_confirmed", Edm.BOOLEAN),
            Property("FirstName", "first_name", Edm.STRING),
            Property("LastName", "last_name", Edm.STRING),
            Property("IsInactive", "is_inactive", Edm.BOOLEAN),
            Property("IsLocked", "is_locked", Edm.BOOLEAN),
            Property("CcEmail", "cc_email", Edm.STRING),
            Property("InvitationSent", "invitation_sent", Edm.BOOLEAN),
            Property("Office", "office", None, entity="NamedRef"),
            Property("Manager", "manager", None, entity="NamedRef"),
            Property("Address", "address", None, entity="Address"),
            Property("OfficePhone", "office_phone", Edm.STRING),
            Property("CellularPhone", "cellular_phone", Edm.STRING),
            Property(
                "PaymentMode",
                "payment_mode",
                Edm.STRING,
                known=("Terms", "Prepay", "MonthlyCC", "ACH", "Transfer"),
                closed=True,
            ),
            Property("BasicInstallPrice", "basic_install_price", Edm.DECIMAL),
            Property("BrokerId", "broker_id", Edm.STRING),
            Property("DefaultPostType", "default_post_type", None, entity="NamedRef"),
            Property("Notes", "notes", Edm.STRING),
            Property("ReceiveMarketingEmails", "receive_marketing_emails", Edm.BOOLEAN),
            Property("TermsAccepted", "terms_accepted", Edm.BOOLEAN),
            Property("EnableSubscription", "enable_subscription", Edm.BOOLEAN),
            Property("SubscriptionPrice", "subscription_price", Edm.DECIMAL),
            Property("IsManager", "is_manager", Edm.BOOLEAN),
            Property("ManagerData", "manager_data", None, entity="ManagerData"),
        ),
    ),
    (
        "ChangeOrder",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("OrderNumber", "order_number", Edm.INT32),
            Property("ServiceType", "service_type", None, entity="NamedRef"),
            Property("Notes", "notes", Edm.STRING),
            Property("Status", "status", Edm.STRING),
            Property("Created", "created", Edm.DATETIME),
            Property("DueDate", "due_date", Edm.DATETIME),
            Property("IsDueDateDefinitive", "is_due_date_definitive", Edm.BOOLEAN),
            Property("CompletionDate", "completion_date", Edm.DATETIME),
            Property("SalesOrder", "sales_order", None, entity="SalesOrderRef"),
            Property("JobSite", "job_site", None, entity="JobSite"),
            Property("Agent", "agent", None, entity="NamedRef"),
        ),
    ),
    (
        "ServiceOrder",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("OrderNumber", "order_number", Edm.INT32),
            Property("ServiceType", "service_type", None, entity="NamedRef"),
            Property("Notes", "notes", Edm.STRING),
            Property("Status", "status", Edm.STRING),
            Property("Created", "created", Edm.DATETIME),
            Property("DueDate", "due_date", Edm.DATETIME),
            Property("IsDueDateDefinitive", "is_due_date_definitive", Edm.BOOLEAN),
            Property("CompletionDate", "completion_date", Edm.DATETIME),
            Property("SalesOrder", "sales_order", None, entity="SalesOrderRef"),
            Property("JobSite", "job_site", None, entity="JobSite"),
            Property("Agent", "agent", None, entity="NamedRef"),
        ),
    ),
    (
        "Award",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("Name", "name", Edm.STRING),
            Property("AwardedBy", "awarded_by", None, entity="NamedRef"),
            Property("AwardedDate", "awarded_date", Edm.DATETIME),
            Property("AwardedTo", "awarded_to", None, entity="NamedRef"),
            Property("ExpirationDate", "expiration_date", Edm.DATETIME),
            Property("TotalAmount", "total_amount", Edm.DECIMAL),
            Property("RemainingAmount", "remaining_amount", Edm.DECIMAL),
            Property("Restrictions", "restrictions", Edm.STRING, collection=True),
        ),
    ),
    (
        "Enterprise",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("Name", "name", Edm.STRING),
        ),
    ),
    (
        "Office",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("Name", "name", Edm.STRING),
        ),
    ),
    (
        "OrderPreset",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("Name", "name", Edm.STRING),
        ),
    ),
    (
        "SalesOrderRef",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("OrderTotal", "order_total", Edm.DECIMAL),
        ),
    ),
    (
        "JobSite",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("StreetAddress", "street_address", Edm.STRING),
            Property("StreetNumber", "street_number", Edm.STRING),
            Property("StreetName", "street_name", Edm.STRING),
            Property("StreetLine2", "street_line2", Edm.STRING),
            Property("City", "city", Edm.STRING),
            Property("State", "state", Edm.STRING),
            Property("Zip", "zip", Edm.STRING),
            Property("CountryCode", "country_code", Edm.STRING),
            Property("Latitude", "latitude", Edm.DOUBLE),
            Property("Longitude", "longitude", Edm.DOUBLE),
            Property("Directions", "directions", Edm.STRING),
            Property("ListingNumber", "listing_number", Edm.STRING),
        ),
    ),
    (
        "NamedRef",
        (
            Property("Id", "id", Edm.INT64, nullable=False),
            Property("Name", "name", Edm.STRING),
        ),
    ),
    (
        "Address",
        (
            Property("Street", "street", Edm.STRING),
            Property("Street2", "street2", Edm.STRING),
            Property("City", "city", Edm.STRING),
            Property("State", "state", Edm.STRING),
            Property("Zip", "zip", Edm.STRING),
            Property("CountryCode", "country_code", Edm.STRING, known=("US", "CA", "AU"), closed=True),
        ),
    ),
    (
        "ManagerData",
        (
            Property(
                "DiscountLevel",
                "discount_level",
                Edm.STRING,
                known=("Standard", "Bronze", "Silver", "Gold"),
                closed=True,
            ),
            Property("EnableRebills", "enable_rebills", Edm.BOOLEAN),
            Property("InitialRentalDuration", "initial_rental_duration", Edm.INT32),
            Property("RebillInterval", "rebill_interval", Edm.INT32),
            Property("RebillWarningLeadTime", "rebill_warning_lead_time", Edm.INT32),
            Property("IsPayer", "is_payer", Edm.BOOLEAN),
            Property("DisableStaffBillingEmails", "disable_staff_billing_emails", Edm.BOOLEAN),
            Property("CcStaff", "cc_staff", Edm.BOOLEAN),
            Property("CcDelegates", "cc_delegates", Edm.BOOLEAN),
            Property("IsVirtual", "is_virtual", Edm.BOOLEAN),
        ),
    ),
)
ENTITIES: Final[dict[str, Entity]] = {
    name: Entity(name, {one.name: one for one in properties}) for name, properties in _TABLES
}
"""Every entity and nested type by its model's name."""
ROOTS: Final[dict[str, str]] = {
    "Order": "Q",
    "Agent": "AgentQ",
    "ChangeOrder": "ChangeOrderQ",
    "ServiceOrder": "ServiceQ",
    "Award": "AwardQ",
    "Enterprise": "EnterpriseQ",
    "Office": "OfficeQ",
    "OrderPreset": "OrderPresetQ",
}
"""The name under which each entity's fields are exported."""
