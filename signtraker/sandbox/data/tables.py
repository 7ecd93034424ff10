"""Define the tables: one for each kind of record, with the API's names."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Integer, MetaData, Table, Text

from signtraker.sandbox.data.columns import Int64, Money, UtcDateTime

metadata: MetaData = MetaData()


def _key() -> Column[int]:
    return Column("Id", Int64, primary_key=True, autoincrement=False)


def _reference(name: str, target: str) -> Column[int]:
    return Column(name, Int64, ForeignKey(f"{target}.Id"), index=True)


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, Text) for name in names]


def _named(name: str, *more: Column[int]) -> Table:
    return Table(name, metadata, _key(), Column("Name", Text), *more)


enterprises: Table = _named("enterprises")
offices: Table = _named("offices", _reference("EnterpriseId", "enterprises"))
post_types: Table = _named("post_types")
service_types: Table = _named("service_types")
order_presets: Table = _named("order_presets", _reference("PostTypeId", "post_types"))

agents: Table = Table(
    "agents",
    metadata,
    _key(),
    # The name that other records show; stored, so that it can be filtered on.
    *_texts("Name", "UserName", "Email", "FirstName", "LastName", "CcEmail"),
    *(Column(name, Boolean) for name in ("EmailConfirmed", "IsInactive", "IsLocked", "InvitationSent")),
    _reference("OfficeId", "offices"),
    _reference("ManagerId", "agents"),
    *_texts(*(f"Address{name}" for name in ("Street", "Street2", "City", "State", "Zip"))),
    *_texts("AddressCountryCode", "OfficePhone", "CellularPhone", "PaymentMode"),
    Column("BasicInstallPrice", Money),
    *_texts("BrokerId", "Notes"),
    _reference("DefaultPostTypeId", "post_types"),
    *(
        Column(name, Boolean)
        for name in ("ReceiveMarketingEmails", "TermsAccepted", "EnableSubscription", "IsManager")
    ),
    Column("SubscriptionPrice", Money),
    Column("ManagerDataDiscountLevel", Text),
    *(
        Column(f"ManagerData{name}", Integer)
        for name in ("InitialRentalDuration", "RebillInterval", "RebillWarningLeadTime")
    ),
    *(
        Column(f"ManagerData{name}", Boolean)
        for name in (
            "EnableRebills",
            "IsPayer",
            "DisableStaffBillingEmails",
            "CcStaff",
            "CcDelegates",
            "IsVirtual",
        )
    ),
    # True for an agent that is synced from a National Account and cannot be changed; never shown.
    Column("IsSynced", Boolean),
)

job_sites: Table = Table(
    "job_sites",
    metadata,
    _key(),
    *_texts("StreetAddress", "StreetNumber", "StreetName", "StreetLine2", "City", "State", "Zip"),
    *_texts("CountryCode", "Directions", "ListingNumber"),
    Column("Latitude", Float),
    Column("Longitude", Float),
)

sales_orders: Table = Table("sales_orders", metadata, _key(), Column("OrderTotal", Money))

orders: Table = Table(
    "orders",
    metadata,
    _key(),
    Column("OrderNumber", Integer),
    *_texts("Status", "Notes"),
    Column("Created", UtcDateTime, index=True),
    Column("DueDate", UtcDateTime),
    Column("IsDueDateDefinitive", Boolean),
    Column("DateInstalled", UtcDateTime),
    Column("RemovalRequestDate", UtcDateTime),
    Column("RemovalDueDate", UtcDateTime),
    Column("IsRemovalDueDateDefinitive", Boolean),
    Column("RemovalDate", UtcDateTime),
    Column("RebillInterval", Integer),
    Column("NextRebillDate", UtcDateTime),
    _reference("SalesOrderId", "sales_orders"),
    _reference("JobSiteId", "job_sites"),
    _reference("PostTypeId", "post_types"),
    _reference("AgentId", "agents"),
    # The rest was in the payload and is never part of an Order.
    _reference("PresetId", "order_presets"),
    *_texts("ExternalID", "RemovalNotes"),
)


def _follow_up(name: str) -> Table:
    """Define a table of work on an installed sign: change orders and services have the same columns."""
    return Table(
        name,
        metadata,
        _key(),
        Column("OrderNumber", Integer),
        _reference("ServiceTypeId", "service_types"),
        *_texts("Notes", "Status"),
        Column("Created", UtcDateTime),
        Column("DueDate", UtcDateTime),
        Column("IsDueDateDefinitive", Boolean),
        Column("CompletionDate", UtcDateTime),
        _reference("SalesOrderId", "sales_orders"),
        _reference("JobSiteId", "job_sites"),
        _reference("AgentId", "agents"),
        _reference("InstallId", "orders"),
        _reference("PresetId", "order_presets"),
        Column("OverridePriceLimit", Boolean),
    )


change_orders: Table = _follow_up("change_orders")
services: Table = _follow_up("services")

awards: Table = Table(
    "awards",
    metadata,
    _key(),
    Column("Name", Text),
    _reference("AwardedById", "agents"),
    Column("AwardedDate", UtcDateTime),
    _reference("AwardedToId", "agents"),
    Column("ExpirationDate", UtcDateTime),
    Column("TotalAmount", Money),
    Column("RemainingAmount", Money),
)

award_restrictions: Table = Table(
    "award_restrictions",
    metadata,
    Column("AwardId", Int64, ForeignKey("awards.Id"), primary_key=True, autoincrement=False),
    Column("Position", Integer, primary_key=True, autoincrement=False),
    Column("Value", Text),
)

# The next free number of each kind: portable, and no number is used twice.
identities: Table = Table(
    "identities",
    metadata,
    Column("Kind", Text, primary_key=True),
    Column("Next", Int64, nullable=False),
)

# The work that was done, in order; rows are only added. A test that kills its client reads here what
# the server has processed.
ledger: Table = Table(
    "ledger",
    metadata,
    _key(),
    Column("At", UtcDateTime, nullable=False),
    Column("Action", Text, nullable=False),
    Column("SubjectId", Int64, nullable=False),
    Column("ExternalID", Text),
)

# The time of the clock, kept for the next start.
moments: Table = Table(
    "moments",
    metadata,
    Column("Name", Text, primary_key=True),
    Column("At", UtcDateTime, nullable=False),
)
