"""Check the offices of a tenant over HTTP, with both clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signtraker import EnterpriseQ

if TYPE_CHECKING:
    from signtraker import SignTrakerClient


def test_offices_are_listed_by_enterprise(either: SignTrakerClient) -> None:
    everywhere = either.offices.list_offices()
    [enterprise] = either.enterprises.list_enterprises(top=1, orderby=EnterpriseQ.id)
    some = either.offices.list_offices(enterprise_id=enterprise.id)
    assert some
    assert {one.id for one in some} < {one.id for one in everywhere}
    assert list(either.offices.iter_offices(enterprise_id=enterprise.id)) == sorted(
        some, key=lambda one: one.id
    )
