from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from plain_http import rows

if TYPE_CHECKING:
    import httpx

_AGENT = {
    "UserName": "new",
    "Email": "new@example.com",
    "FirstName": "Ada",
    "LastName": "O'Brien",
    "Office": {"Id": 2},
    "CellularPhone": "385-555-0000",
    "PaymentMode": "Terms",
}
_MERGE = {"Content-Type": "application/merge-patch+json"}


def _create(api: httpx.Client, **fields: object) -> dict[str, Any]:
    answer = api.post("/api/agents", json={**_AGENT, **fields})
    assert answer.status_code == 200, answer.text
    agent: dict[str, Any] = answer.json()
    return agent


def test_an_agent_is_created_with_its_references_by_name(api: httpx.Client) -> None:
    agent = _create(api, Manager={"Id": 1}, BasicInstallPrice=45.25)
    assert agent["Office"] == {"Id": 2, "Name": "Summit East Bench"}
    assert agent["Manager"]["Id"] == 1
    assert agent["BasicInstallPrice"] == 45.25
    assert (agent["IsManager"], agent["ManagerData"], agent["Address"]) == (False, None, None)
    assert api.get(f"/api/agents/{agent['Id']}").json() == agent


def test_all_mistakes_of_an_agent_are_reported_at_once(api: httpx.Client) -> None:
    agent = {
        "PaymentMode": "Cash",
        "Office": {},
        "Address": {"State": "Utah", "CountryCode": "DE"},
        "Email": " ",
    }
    mistakes = api.post("/api/agents", json=agent).json()["ModelState"]
    assert mistakes.keys() == {
        "agent.UserName",
        "agent.Email",
        "agent.FirstName",
        "agent.LastName",
        "agent.Office.Id",
        "agent.CellularPhone",
        "agent.PaymentMode",
        "agent.Address.State",
        "agent.Address.CountryCode",
    }
    assert mistakes["agent.Address.State"] == ["The field State must be a string with a maximum length of 2."]


def test_a_merge_patch_changes_what_it_names_and_nulls_what_it_nulls(api: httpx.Client) -> None:
    before = _create(api, Notes="old", Address={"City": "Sandy", "State": "UT"})
    patch = {"Notes": None, "FirstName": "Eva", "Address": {"City": None, "Zip": "84070"}}
    after = api.patch(f"/api/agents/{before['Id']}", json=patch, headers=_MERGE).json()
    address = {**before["Address"], "City": None, "Zip": "84070"}
    assert after == {**before, "Notes": None, "FirstName": "Eva", "Address": address}


def test_a_new_name_shows_wherever_the_agent_is_shown(api: httpx.Client) -> None:
    api.patch("/api/agents/3", json={"FirstName": "Zoë", "LastName": "Quist"}, headers=_MERGE)
    orders = rows(api, filter="Agent/Name eq 'Zoë Quist'")
    assert orders
    assert {order["Agent"]["Id"] for order in orders} == {3}


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"Email": None}, "agent.Email"),
        ({"IsManager": True}, "agent.IsManager"),
        ({"Id": 7}, "agent.Id"),
        ({"Office": {"Id": 99}}, "agent.Office.Id"),
        ({"Office": None}, "agent.Office"),
        ([], "agent"),
    ],
)
def test_a_forbidden_merge_patch_is_refused_by_its_field(
    api: httpx.Client, patch: object, field: str
) -> None:
    before = api.get("/api/agents/20").json()
    answer = api.patch("/api/agents/20", json=patch, headers=_MERGE)
    assert (answer.status_code, list(answer.json()["ModelState"])) == (400, [field])
    assert api.get("/api/agents/20").json() == before


def test_a_synced_agent_cannot_be_changed(api: httpx.Client) -> None:
    answer = api.patch("/api/agents/60", json={"Notes": "x"}, headers=_MERGE)
    assert answer.status_code == 400
    assert "synced" in answer.json()["Message"]


def test_agents_are_deactivated_and_activated(api: httpx.Client) -> None:
    for action, inactive in (("deactivate", True), ("activate", False)):
        answer = api.post(f"/api/agents/{action}", params={"id": 5})
        assert (answer.status_code, answer.content) == (200, b"")
        assert api.get("/api/agents/5").json()["IsInactive"] is inactive
    assert api.post("/api/agents/activate?id=999").status_code == 404
    assert api.post("/api/agents/activate").status_code == 400


def test_an_agent_is_found_by_email(api: httpx.Client) -> None:
    (found,) = api.get("/api/agents", params={"email": "agent7@example.com"}).json()
    assert found["Id"] == 7
    assert api.get("/api/agents", params={"email": "nobody@example.com"}).json() == []


@pytest.mark.parametrize("path", ["/api/services", "/api/changeorders"])
def test_a_follow_up_takes_place_and_agent_from_its_install(api: httpx.Client, path: str) -> None:
    install = rows(api, filter="Status eq 'Installed'", skip=3, top=1)[0]
    fields = {"InstallId": install["Id"], "PresetId": 2, "OverridePriceLimit": False, "Notes": "soon"}
    answer = api.post(path, json=fields).json()
    created = answer[0] if path == "/api/services" else answer
    for name in ("JobSite", "Agent", "OrderNumber"):
        assert created[name] == install[name]
    assert (created["Notes"], created["Status"]) == ("soon", "Draft")
    assert api.get(f"{path}/{created['Id']}").json() == created


@pytest.mark.parametrize(
    ("path", "parameter"), [("/api/services", "service"), ("/api/changeorders", "changeOrder")]
)
def test_a_follow_up_on_a_missing_order_is_refused(api: httpx.Client, path: str, parameter: str) -> None:
    fields = {"InstallId": 1, "PresetId": 99, "OverridePriceLimit": True}
    mistakes = api.post(path, json=fields).json()["ModelState"]
    assert mistakes.keys() == {f"{parameter}.InstallId", f"{parameter}.PresetId"}
    missing = api.post(path, json={}).json()["ModelState"]
    assert f"{parameter}.OverridePriceLimit" in missing


def test_an_award_is_created_and_found_by_its_agent(api: httpx.Client) -> None:
    award = {"Name": "Bonus", "AwardedTo": {"Id": 44}, "TotalAmount": 12.34, "Restrictions": ["b", "a"]}
    created = api.post("/api/credits/awards", json=award).json()
    assert created["RemainingAmount"] == 12.34
    assert created["Restrictions"] == ["b", "a"]
    found = api.get("/api/credits/awards", params={"awardedTo": 44}).json()
    assert created in found
    assert all(one["AwardedTo"]["Id"] == 44 for one in found)
    refused = api.post("/api/credits/awards", json={"AwardedTo": {"Id": 999}})
    assert "award.AwardedTo.Id" in refused.json()["ModelState"]


def test_offices_are_listed_by_enterprise(api: httpx.Client) -> None:
    found = api.get("/api/offices", params={"enterpriseId": 2}).json()
    assert [one["Name"] for one in found] == ["Söhne Central", "Söhne North"]
    assert len(rows(api, "/api/offices")) == 12
    assert api.get("/api/offices", params={"enterpriseId": "x"}).status_code == 400


@pytest.mark.parametrize("path", ["/api/enterprises", "/api/offices", "/api/orderpresets"])
def test_short_lists_take_the_same_options(api: httpx.Client, path: str) -> None:
    found = rows(api, path, filter="Id gt 1", orderby="Name desc", top=2, select="Name")
    names = sorted((row["Name"] for row in rows(api, path, filter="Id gt 1")), reverse=True)
    assert found == [{"Name": name} for name in names[:2]]


@pytest.mark.once
@pytest.mark.slow
def test_every_property_of_every_entity_can_be_filtered_and_ordered_by(api: httpx.Client) -> None:
    from signtraker.query.generated.entities import ENTITIES  # noqa: PLC0415 - for this test alone

    lists = {
        "Order": "orders",
        "Agent": "agents",
        "ChangeOrder": "changeorders",
        "ServiceOrder": "services",
        "Award": "credits/awards",
        "Enterprise": "enterprises",
        "Office": "offices",
        "OrderPreset": "orderpresets",
    }
    for entity, path in lists.items():
        for name, known in ENTITIES[entity].properties.items():
            inner = ENTITIES[known.entity].properties if known.entity else {}
            for text in [f"{name}/{part}" for part in inner] or [name]:
                if known.collection:
                    continue
                everything = rows(api, f"/api/{path}", orderby=text, select="Id")
                some = rows(api, f"/api/{path}", filter=f"{text} ne null", select="Id")
                none = rows(api, f"/api/{path}", filter=f"{text} eq null", select="Id")
                assert len(some) + len(none) == len(everything)
