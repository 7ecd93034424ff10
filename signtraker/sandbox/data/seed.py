"""Make up plausible records, the same for the same seed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from signtraker.sandbox.data import sample_names, tables
from signtraker.sandbox.data.database import start_identities
from signtraker.sandbox.data.insert import Row, insert_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Table
    from sqlalchemy.engine import Connection

AGENTS = 60
FIRST_ORDER = 1001
FIRST_ORDER_NUMBER = 50_001
FIRST_JOB_SITE = 5_000_001
FIRST_SALES_ORDER = 7_000_001
FIRST_SERVICE = 301
FIRST_CHANGE_ORDER = 201
AWARDS = 25
_BATCH = 5_000


def seed_database(connection: Connection, *, seed: int, orders: int, now: datetime) -> None:
    """Fill the empty tables with `orders` orders and the records that they refer to."""
    rng = random.Random(seed)
    _insert_named(connection)
    insert_rows(connection, tables.agents, _agents(rng))
    _insert_orders(connection, rng, orders, now)
    follow_ups = orders // 10
    _insert_follow_ups(connection, rng, tables.services, FIRST_SERVICE, orders, now)
    _insert_follow_ups(connection, rng, tables.change_orders, FIRST_CHANGE_ORDER, orders, now)
    _insert_awards(connection, rng, now)
    start_identities(
        connection,
        {
            "agents": AGENTS + 1,
            "awards": AWARDS + 1,
            "change_orders": FIRST_CHANGE_ORDER + follow_ups,
            "enterprises": len(sample_names.ENTERPRISES) + 1,
            "job_sites": FIRST_JOB_SITE + orders,
            "ledger": 1,
            "offices": len(sample_names.OFFICES) + 1,
            "order_numbers": FIRST_ORDER_NUMBER + orders,
            "order_presets": len(sample_names.PRESETS) + 1,
            "orders": FIRST_ORDER + orders,
            "sales_orders": FIRST_SALES_ORDER + orders,
            "services": FIRST_SERVICE + follow_ups,
        },
    )


def _insert_named(connection: Connection) -> None:
    """Insert the short lists that other records refer to."""
    enterprise_of = (1, 1, 1, 2, 2, 3, 3, 3, 4, 4, 4, None)
    post_type_of = (1, 2, 2, 4, 4, 3, 1, None)
    plain: list[tuple[Table, tuple[str, ...]]] = [
        (tables.enterprises, sample_names.ENTERPRISES),
        (tables.post_types, sample_names.POST_TYPES),
        (tables.service_types, sample_names.SERVICE_TYPES),
    ]
    for table, names in plain:
        insert_rows(connection, table, _numbered(names))
    offices = _numbered(sample_names.OFFICES)
    for office, enterprise in zip(offices, enterprise_of, strict=True):
        office["EnterpriseId"] = enterprise
    insert_rows(connection, tables.offices, offices)
    presets = _numbered(sample_names.PRESETS)
    for preset, post_type in zip(presets, post_type_of, strict=True):
        preset["PostTypeId"] = post_type
    insert_rows(connection, tables.order_presets, presets)


def _happens(rng: random.Random, percent: int) -> bool:
    return rng.random() * 100 < percent


def _numbered(names: tuple[str, ...]) -> list[Row]:
    return [{"Id": number, "Name": name} for number, name in enumerate(names, start=1)]


def _agents(rng: random.Random) -> Iterator[Row]:
    for number in range(1, AGENTS + 1):
        # One manager for each office comes first; the last two agents are synced from elsewhere.
        is_manager = number <= len(sample_names.OFFICES)
        yield {
            **_person(rng, number),
            **_terms(rng),
            **_manager_data(rng if is_manager else None),
            "OfficeId": (number - 1) % len(sample_names.OFFICES) + 1,
            "ManagerId": None if is_manager else (number - 1) % len(sample_names.OFFICES) + 1,
            "IsManager": is_manager,
            "IsInactive": number % 17 == 0,
            "IsLocked": number % 23 == 0,
            "InvitationSent": None if number % 4 == 0 else number % 3 > 0,
            "IsSynced": number > AGENTS - 2,
        }


def _person(rng: random.Random, number: int) -> Row:
    first, last = rng.choice(sample_names.FIRST_NAMES), rng.choice(sample_names.LAST_NAMES)
    city = rng.choice(sample_names.CITIES)
    has_address = _happens(rng, 80)
    email = f"agent{number}@example.com"
    return {
        "Id": number,
        "Name": f"{first} {last}",
        "UserName": f"agent{number}",
        "Email": email,
        "FirstName": first,
        "LastName": last,
        "CcEmail": f"desk{number}@example.com;archive@example.com" if number % 5 == 0 else None,
        "EmailConfirmed": number % 6 != 0,
        "AddressStreet": f"{rng.randint(1, 999)} {rng.choice(sample_names.STREETS)}" if has_address else None,
        "AddressStreet2": "Suite 5" if has_address and number % 7 == 0 else None,
        "AddressCity": city.name if has_address else None,
        "AddressState": city.state if has_address else None,
        "AddressZip": city.zip if has_address else None,
        "AddressCountryCode": city.country if has_address else None,
        "OfficePhone": f"801-555-{number:04d}" if number % 3 else None,
        "CellularPhone": f"385-555-{number:04d}",
        "BrokerId": f"BR-{1000 + number}" if number % 2 else None,
        "Notes": rng.choice(sample_names.NOTES) if number % 9 == 0 else None,
    }


def _terms(rng: random.Random) -> Row:
    subscribes = _happens(rng, 30)
    return {
        "PaymentMode": rng.choice(("Terms", "Prepay", "MonthlyCC", "ACH", "Transfer")),
        "BasicInstallPrice": rng.choice((None, Decimal("45.00"), Decimal("52.50"))),
        "DefaultPostTypeId": rng.choice((None, 1, 2, 3)),
        "ReceiveMarketingEmails": _happens(rng, 50),
        "TermsAccepted": True,
        "EnableSubscription": subscribes,
        "SubscriptionPrice": Decimal("19.99") if subscribes else None,
    }


def _manager_data(rng: random.Random | None) -> Row:
    values: Row = {
        "DiscountLevel": rng and rng.choice(("Standard", "Bronze", "Silver", "Gold")),
        "EnableRebills": rng and _happens(rng, 50),
        "InitialRentalDuration": rng and 180,
        "RebillInterval": rng and 30,
        "RebillWarningLeadTime": rng and 7,
        "IsPayer": rng and _happens(rng, 50),
        "DisableStaffBillingEmails": rng and False,
        "CcStaff": rng and _happens(rng, 50),
        "CcDelegates": rng and False,
        "IsVirtual": rng and False,
    }
    return {f"ManagerData{name}": value for name, value in values.items()}


def _insert_orders(connection: Connection, rng: random.Random, count: int, now: datetime) -> None:
    for start in range(0, count, _BATCH):
        numbers = range(start, min(start + _BATCH, count))
        insert_rows(connection, tables.job_sites, [_job_site(rng, number) for number in numbers])
        totals = [_sales_order(rng, number) for number in numbers]
        insert_rows(connection, tables.sales_orders, totals)
        insert_rows(connection, tables.orders, [_order(rng, number, count, now) for number in numbers])


def _job_site(rng: random.Random, number: int) -> Row:
    city = rng.choice(sample_names.CITIES)
    street_number, street = str(rng.randint(1, 9_999)), rng.choice(sample_names.STREETS)
    located = _happens(rng, 90)
    return {
        "Id": FIRST_JOB_SITE + number,
        "StreetAddress": f"{street_number} {street}",
        "StreetNumber": street_number,
        "StreetName": street,
        "StreetLine2": "Apt 2" if number % 11 == 0 else None,
        "City": city.name,
        "State": city.state,
        "Zip": city.zip,
        "CountryCode": city.country,
        "Latitude": round(city.latitude + rng.uniform(-0.1, 0.1), 6) if located else None,
        "Longitude": round(city.longitude + rng.uniform(-0.1, 0.1), 6) if located else None,
        "Directions": rng.choice(sample_names.NOTES) if number % 6 == 0 else None,
        "ListingNumber": f"MLS{100_000 + number}" if number % 3 else None,
    }


def _sales_order(rng: random.Random, number: int) -> Row:
    cents = rng.randint(3_500, 45_000)
    return {"Id": FIRST_SALES_ORDER + number, "OrderTotal": Decimal(cents) / 100}


_STATUSES = ("Draft", "Designing", "PaymentRequired", "Installed", "Removed")
_STATUS_WEIGHTS = (20, 10, 10, 45, 15)


def _order(rng: random.Random, number: int, count: int, now: datetime) -> Row:
    # Orders were created one after the other over the two years before the start.
    age = timedelta(days=730) * ((count - number) / count)
    created = _to_the_minute(now - age) + timedelta(seconds=rng.randint(0, 59))
    due = (created + timedelta(days=rng.randint(1, 14))).replace(hour=0, minute=0, second=0)
    status = _possible(rng.choices(_STATUSES, _STATUS_WEIGHTS)[0], due, now)
    return {
        "Id": FIRST_ORDER + number,
        "OrderNumber": FIRST_ORDER_NUMBER + number,
        "Status": status,
        "Notes": rng.choice(sample_names.NOTES) if _happens(rng, 40) else None,
        "Created": created,
        "DueDate": None if _happens(rng, 15) else due,
        "IsDueDateDefinitive": rng.choice((True, False, None)),
        "SalesOrderId": None if status == "Designing" else FIRST_SALES_ORDER + number,
        "JobSiteId": FIRST_JOB_SITE + number,
        "PostTypeId": rng.choice((1, 2, 3, 4, None)),
        "AgentId": _agent_of(number),
        "PresetId": rng.randint(1, len(sample_names.PRESETS)),
        "ExternalID": None,
        **_sign_dates(rng, status, due),
    }


def _agent_of(number: int) -> int:
    # Computed, not drawn, so that later work on a sign belongs to the agent who ordered it.
    return number * 37 % AGENTS + 1


def _possible(status: str, due: datetime, now: datetime) -> str:
    """Return a status whose dates are not in the future."""
    if status == "Removed" and due + timedelta(days=63) > now:
        status = "Installed"
    return "Draft" if status == "Installed" and due + timedelta(days=1) > now else status


def _sign_dates(rng: random.Random, status: str, due: datetime) -> Row:
    """Return the dates of the installation, the rental and the removal."""
    installed = due + timedelta(hours=10) if status in {"Installed", "Removed"} else None
    rents = installed is not None and _happens(rng, 50)
    removed = status == "Removed"
    requested = installed + timedelta(days=60) if installed and removed else None
    return {
        "DateInstalled": installed,
        "RebillInterval": 30 if rents else None,
        "NextRebillDate": installed + timedelta(days=180) if installed and rents else None,
        "RemovalRequestDate": requested,
        "RemovalDueDate": requested + timedelta(days=3) if requested else None,
        "IsRemovalDueDateDefinitive": True if removed else None,
        "RemovalDate": requested + timedelta(days=2) if requested else None,
    }


def _to_the_minute(instant: datetime) -> datetime:
    return instant.replace(second=0, microsecond=0)


def _insert_follow_ups(
    connection: Connection,
    rng: random.Random,
    table: Table,
    first: int,
    orders: int,
    now: datetime,
) -> None:
    rows = [_follow_up(rng, first + number, orders, now) for number in range(orders // 10)]
    insert_rows(connection, table, rows)


def _follow_up(rng: random.Random, key: int, orders: int, now: datetime) -> Row:
    install = rng.randrange(orders)
    completed = _happens(rng, 50)
    created = _to_the_minute(now - timedelta(minutes=rng.randint(0, 500_000)))
    return {
        "Id": key,
        "OrderNumber": FIRST_ORDER_NUMBER + install,
        "ServiceTypeId": rng.randint(1, len(sample_names.SERVICE_TYPES)),
        "Notes": rng.choice((None, *sample_names.NOTES)),
        "Status": "Completed" if completed else "Draft",
        "Created": created,
        "DueDate": rng.choice((None, created + timedelta(days=3))),
        "IsDueDateDefinitive": rng.choice((True, False, None)),
        "CompletionDate": created + timedelta(days=2) if completed else None,
        "SalesOrderId": None,
        "JobSiteId": FIRST_JOB_SITE + install,
        "AgentId": _agent_of(install),
        "InstallId": FIRST_ORDER + install,
        "PresetId": rng.randint(1, len(sample_names.PRESETS)),
        "OverridePriceLimit": False,
    }


def _insert_awards(connection: Connection, rng: random.Random, now: datetime) -> None:
    awards, restrictions = list[Row](), list[Row]()
    for key in range(1, AWARDS + 1):
        total = Decimal(rng.randint(10, 200))
        awarded = _to_the_minute(now - timedelta(days=rng.randint(1, 300)))
        awards.append(
            {
                "Id": key,
                "Name": rng.choice(("Welcome credit", "Referral", "Agent's bonus")),
                "AwardedById": rng.randint(1, len(sample_names.OFFICES)),
                "AwardedDate": awarded,
                "AwardedToId": rng.randint(1, AGENTS),
                "ExpirationDate": rng.choice((None, awarded + timedelta(days=365))),
                "TotalAmount": total,
                "RemainingAmount": total * rng.randint(0, 4) / 4,
            }
        )
        names = ("Printing", "Installation")[: rng.randint(0, 2)]
        restrictions.extend(
            {"AwardId": key, "Position": position, "Value": name} for position, name in enumerate(names)
        )
    insert_rows(connection, tables.awards, awards)
    insert_rows(connection, tables.award_restrictions, restrictions)
