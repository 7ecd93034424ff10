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
        """`Id`: Edm.Int64, null where there is no such record.

        The sales order's id.
        """
        return NestedIdField(*self._below("Id"))

    @property
    def order_total(self) -> DecimalField[M]:
        """`OrderTotal`: Edm.Decimal, may be null.

        The total, in the tenant's currency.
        """
        return DecimalField(*self._below("OrderTotal"))


class JobSiteFields(Namespace[M], Generic[M]):
    """The fields of a nested `JobSite`."""

    @property
    def id(self) -> NestedIdField[M]:
        """`Id`: Edm.Int64, null where there is no such record.

        The record's id, assigned by the server. Every record has one.
        """
        return NestedIdField(*self._below("Id"))

    @property
    def street_address(self) -> TextField[M, str]:
        """`StreetAddress`: Edm.String, may be null.

        The street address in one line.
        """
        return TextField(*self._below("StreetAddress"))

    @property
    def street_number(self) -> TextField[M, str]:
        """`StreetNumber`: Edm.String, may be null.

        The house number.
        """
        return TextField(*self._below("StreetNumber"))

    @property
    def street_name(self) -> TextField[M, str]:
        """`StreetName`: Edm.String, may be null.

        The street without the house number.
        """
        return TextField(*self._below("StreetName"))

    @property
    def street_line2(self) -> TextField[M, str]:
        """`StreetLine2`: Edm.String, may be null.

        The second line of the address, for example the apartment.
        """
        return TextField(*self._below("StreetLine2"))

    @property
    def city(self) -> TextField[M, str]:
        """`City`: Edm.String, may be null.

        The name of the city, without the state.
        """
        return TextField(*self._below("City"))

    @property
    def state(self) -> TextField[M, str]:
        """`State`: Edm.String, may be null.

        The state or province, for example `UT`.
        """
        return TextField(*self._below("State"))

    @property
    def zip(self) -> TextField[M, str]:
        """`Zip`: Edm.String, may be null.

        The postal code.
        """
        return TextField(*self._below("Zip"))

    @property
    def country_code(self) -> TextField[M, str]:
        """`CountryCode`: Edm.String, may be null.

        The country: `US`, `CA` or `AU`; other values are accepted.
        """
        return TextField(*self._below("CountryCode"))

    @property
    def latitude(self) -> DoubleField[M]:
        """`Latitude`: Edm.Double, may be null.

        The latitude in decimal degrees, north positive.
        """
        return DoubleField(*self._below("Latitude"))

    @property
    def longitude(self) -> DoubleField[M]:
        """`Longitude`: Edm.Double, may be null.

        The longitude in decimal degrees, east positive.
        """
        return DoubleField(*self._below("Longitude"))

    @property
    def directions(self) -> TextField[M, str]:
        """`Directions`: Edm.String, may be null.

        Directions to the place.
        """
        return TextField(*self._below("Directions"))

    @property
    def listing_number(self) -> TextField[M, str]:
        """`ListingNumber`: Edm.String, may be null.

        The number of the listing in the MLS.
        """
        return TextField(*self._below("ListingNumber"))


class NamedRefFields(Namespace[M], Generic[M]):
    """The fields of a nested `NamedRef`."""

    @property
    def id(self) -> NestedIdField[M]:
        """`Id`: Edm.Int64, null where there is no such record.

        The other record's id.
        """
        return NestedIdField(*self._below("Id"))

    @property
    def name(self) -> TextField[M, str]:
        """`Name`: Edm.String, may be null.

        The other record's name.
        """
        return TextField(*self._below("Name"))


class AddressFields(Namespace[M], Generic[M]):
    """The fields of a nested `Address`."""

    @property
    def street(self) -> TextField[M, str]:
        """`Street`: Edm.String, may be null.

        The street with the house number.
        """
        return TextField(*self._below("Street"))

    @property
    def street2(self) -> TextField[M, str]:
        """`Street2`: Edm.String, may be null.

        The second line of the address.
        """
        return TextField(*self._below("Street2"))

    @property
    def city(self) -> TextField[M, str]:
        """`City`: Edm.String, may be null.

        The name of the city, without the state.
        """
        return TextField(*self._below("City"))

    @property
    def state(self) -> TextField[M, str]:
        """`State`: Edm.String, may be null.

        The state or province; two characters at most in a request.
        """
        return TextField(*self._below("State"))

    @property
    def zip(self) -> TextField[M, str]:
        """`Zip`: Edm.String, may be null.

        The postal code.
        """
        return TextField(*self._below("Zip"))

    @property
    def country_code(self) -> ChoiceField[M, models.CountryCode]:
        """`CountryCode`: Edm.String, may be null.

        The country: `US`, `CA` or `AU`.
        """
        return ChoiceField(*self._below("CountryCode"))


class ManagerDataFields(Namespace[M], Generic[M]):
    """The fields of a nested `ManagerData`."""

    @property
    def discount_level(self) -> ChoiceField[M, models.DiscountLevel]:
        """`DiscountLevel`: Edm.String, may be null.

        The discount that the manager's agents get.
        """
        return ChoiceField(*self._below("DiscountLevel"))

    @property
    def enable_rebills(self) -> BooleanField[M]:
        """`EnableRebills`: Edm.Boolean, may be null.

        Whether a sign that stays installed is billed again.
        """
        return BooleanField(*self._below("EnableRebills"))

    @property
    def initial_rental_duration(self) -> IntegerField[M]:
        """`InitialRentalDuration`: Edm.Int32, may be null.

        The time that the first bill covers. The API reference names no unit.
        """
        return IntegerField(*self._below("InitialRentalDuration"))

    @property
    def rebill_interval(self) -> IntegerField[M]:
        """`RebillInterval`: Edm.Int32, may be null.

        The time between two rental bills. The API reference names no unit.
        """
        return IntegerField(*self._below("RebillInterval"))

    @property
    def rebill_warning_lead_time(self) -> IntegerField[M]:
        """`RebillWarningLeadTime`: Edm.Int32, may be null.

        The time between the warning about a bill and the bill. The API reference names no unit.
        """
        return IntegerField(*self._below("RebillWarningLeadTime"))

    @property
    def is_payer(self) -> BooleanField[M]:
        """`IsPayer`: Edm.Boolean, may be null.

        Whether the manager pays for the agents.
        """
        return BooleanField(*self._below("IsPayer"))

    @property
    def disable_staff_billing_emails(self) -> BooleanField[M]:
        """`DisableStaffBillingEmails`: Edm.Boolean, may be null.

        True if the staff gets no e-mails about bills.
        """
        return BooleanField(*self._below("DisableStaffBillingEmails"))

    @property
    def cc_staff(self) -> BooleanField[M]:
        """`CcStaff`: Edm.Boolean, may be null.

        Whether the staff gets copies of e-mails.
        """
        return BooleanField(*self._below("CcStaff"))

    @property
    def cc_delegates(self) -> BooleanField[M]:
        """`CcDelegates`: Edm.Boolean, may be null.

        Whether delegates get copies of e-mails.
        """
        return BooleanField(*self._below("CcDelegates"))

    @property
    def is_virtual(self) -> BooleanField[M]:
        """`IsVirtual`: Edm.Boolean, may be null.

        Whether the manager is virtual and not a person. The API reference gives no details.
        """
        return BooleanField(*self._below("IsVirtual"))
