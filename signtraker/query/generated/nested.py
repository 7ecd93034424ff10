"""The fields of nested entities, whose type carries the list they belong to.

Generated from the models by `scripts/generate_query.py`; not to be edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from signtraker.query.fields import (
    BooleanField,
    ChoiceField,
    DecimalField,
    DoubleField,
    IntegerField,
    NestedIdField,
    TextField,
)
from signtraker.query.filters import M
from signtraker.query.namespace import Namespace

if TYPE_CHECKING:
    from signtraker import models


class SalesOrderRefFields(Namespace[M], Generic[M]):
    """The fields of a nested `SalesOrderRef`."""

    @property
    def id(self) -> NestedIdField[M]:
        """`Id`: Edm.Int64, null where there is no such record."""
        return NestedIdField(*self._below("Id"))

    @property
    def order_total(self) -> DecimalField[M]:
        """`OrderTotal`: Edm.Decimal, may be null."""
        return DecimalField(*self._below("OrderTotal"))


class JobSiteFields(Namespace[M], Generic[M]):
    """The fields of a nested `JobSite`."""

    @property
    def id(self) -> NestedIdField[M]:
        """`Id`: Edm.Int64, null where there is no such record."""
        return NestedIdField(*self._below("Id"))

    @property
    def street_address(self) -> TextField[M, str]:
        """`StreetAddress`: Edm.String, may be null."""
        return TextField(*self._below("StreetAddress"))

    @property
    def street_number(self) -> TextField[M, str]:
        """`StreetNumber`: Edm.String, may be null."""
        return TextField(*self._below("StreetNumber"))

    @property
    def street_name(self) -> TextField[M, str]:
        """`StreetName`: Edm.String, may be null."""
        return TextField(*self._below("StreetName"))

    @property
    def street_line2(self) -> TextField[M, str]:
        """`StreetLine2`: Edm.String, may be null."""
        return TextField(*self._below("StreetLine2"))

    @property
    def city(self) -> TextField[M, str]:
        """`City`: Edm.String, may be null."""
        return TextField(*self._below("City"))

    @property
    def state(self) -> TextField[M, str]:
        """`State`: Edm.String, may be null."""
        return TextField(*self._below("State"))

    @property
    def zip(self) -> TextField[M, str]:
        """`Zip`: Edm.String, may be null."""
        return TextField(*self._below("Zip"))

    @property
    def country_code(self) -> TextField[M, str]:
        """`CountryCode`: Edm.String, may be null."""
        return TextField(*self._below("CountryCode"))

    @property
    def latitude(self) -> DoubleField[M]:
        """`Latitude`: Edm.Double, may be null."""
        return DoubleField(*self._below("Latitude"))

    @property
    def longitude(self) -> DoubleField[M]:
        """`Longitude`: Edm.Double, may be null."""
        return DoubleField(*self._below("Longitude"))

    @property
    def directions(self) -> TextField[M, str]:
        """`Directions`: Edm.String, may be null."""
        return TextField(*self._below("Directions"))

    @property
    def listing_number(self) -> TextField[M, str]:
        """`ListingNumber`: Edm.String, may be null."""
        return TextField(*self._below("ListingNumber"))


class NamedRefFields(Namespace[M], Generic[M]):
    """The fields of a nested `NamedRef`."""

    @property
    def id(self) -> NestedIdField[M]:
        """`Id`: Edm.Int64, null where there is no such record."""
        return NestedIdField(*self._below("Id"))

    @property
    def name(self) -> TextField[M, str]:
        """`Name`: Edm.String, may be null."""
        return TextField(*self._below("Name"))


class AddressFields(Namespace[M], Generic[M]):
    """The fields of a nested `Address`."""

    @property
    def street(self) -> TextField[M, str]:
        """`Street`: Edm.String, may be null."""
        return TextField(*self._below("Street"))

    @property
    def street2(self) -> TextField[M, str]:
        """`Street2`: Edm.String, may be null."""
        return TextField(*self._below("Street2"))

    @property
    def city(self) -> TextField[M, str]:
        """`City`: Edm.String, may be null."""
        return TextField(*self._below("City"))

    @property
    def state(self) -> TextField[M, str]:
        """`State`: Edm.String, may be null."""
        return TextField(*self._below("State"))

    @property
    def zip(self) -> TextField[M, str]:
        """`Zip`: Edm.String, may be null."""
        return TextField(*self._below("Zip"))

    @property
    def country_code(self) -> ChoiceField[M, models.CountryCode]:
        """`CountryCode`: Edm.String, may be null."""
        return ChoiceField(*self._below("CountryCode"))


class ManagerDataFields(Namespace[M], Generic[M]):
    """The fields of a nested `ManagerData`."""

    @property
    def discount_level(self) -> ChoiceField[M, models.DiscountLevel]:
        """`DiscountLevel`: Edm.String, may be null."""
        return ChoiceField(*self._below("DiscountLevel"))

    @property
    def enable_rebills(self) -> BooleanField[M]:
        """`EnableRebills`: Edm.Boolean, may be null."""
        return BooleanField(*self._below("EnableRebills"))

    @property
    def initial_rental_duration(self) -> IntegerField[M]:
        """`InitialRentalDuration`: Edm.Int32, may be null."""
        return IntegerField(*self._below("InitialRentalDuration"))

    @property
    def rebill_interval(self) -> IntegerField[M]:
        """`RebillInterval`: Edm.Int32, may be null."""
        return IntegerField(*self._below("RebillInterval"))

    @property
    def rebill_warning_lead_time(self) -> IntegerField[M]:
        """`RebillWarningLeadTime`: Edm.Int32, may be null."""
        return IntegerField(*self._below("RebillWarningLeadTime"))

    @property
    def is_payer(self) -> BooleanField[M]:
        """`IsPayer`: Edm.Boolean, may be null."""
        return BooleanField(*self._below("IsPayer"))

    @property
    def disable_staff_billing_emails(self) -> BooleanField[M]:
        """`DisableStaffBillingEmails`: Edm.Boolean, may be null."""
        return BooleanField(*self._below("DisableStaffBillingEmails"))

    @property
    def cc_staff(self) -> BooleanField[M]:
        """`CcStaff`: Edm.Boolean, may be null."""
        return BooleanField(*self._below("CcStaff"))

    @property
    def cc_delegates(self) -> BooleanField[M]:
        """`CcDelegates`: Edm.Boolean, may be null."""
        return BooleanField(*self._below("CcDelegates"))

    @property
    def is_virtual(self) -> BooleanField[M]:
        """`IsVirtual`: Edm.Boolean, may be null."""
        return BooleanField(*self._below("IsVirtual"))
