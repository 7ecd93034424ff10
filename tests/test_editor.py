"""Check what editors with the language server of pyright (VS Code, Zed, Neovim) offer and explain."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from language_server import LanguageServer

import signtraker

if TYPE_CHECKING:
    from collections.abc import Iterator

# pyright is installed for the oldest Python only. It takes seconds to start, so one process answers all.
pytestmark = [pytest.mark.once, pytest.mark.slow, pytest.mark.xdist_group("pyright")]
HOME = Path(signtraker.__file__).parents[1]
PACKAGES = (
    "signtraker", "signtraker.aio", "signtraker.base_client", "signtraker.exceptions", "signtraker.models",
    "signtraker.opentelemetry", "signtraker.query", "signtraker.sandbox",
)  # fmt: skip
START = """\
import signtraker
from signtraker import *

client = SignTrakerClient()
"""
RESOURCES = [
    "agents", "change_orders", "credits", "detect_odata_version", "enterprises", "offices", "order_presets",
    "orders", "services", "base_url", "close", "prepare", "record", "with_options",
]  # fmt: skip
ORDER = [
    "agent", "created", "date_installed", "due_date", "id", "is_due_date_definitive",
    "is_removal_due_date_definitive", "job_site", "next_rebill_date", "notes", "order_number", "post_type",
    "rebill_interval", "removal_date", "removal_due_date", "removal_request_date", "sales_order", "status",
]  # fmt: skip


COMPLETIONS = [
    ("client.", RESOURCES),
    ("async def main():\n    async with AsyncSignTrakerClient() as c:\n        c.", RESOURCES[:9]),
    ("client.orders.", ["create_order", "create_orders", "find_created", "get_order", "iter_orders"]),
    ("Q.", [*ORDER, "field", "parse"]),
    ("Q.status.", ["eq", "ne", "asc", "between", "concat", "contains", "custom", "desc", "endswith"]),
    ("AgentQ.payment_mode.", ["asc", "between", "concat", "contains", "custom", "desc", "endswith"]),
    ("Q.created.", ["asc", "between", "custom", "date", "day", "desc", "entity", "eq", "ge", "gt"]),
    ("Q.job_site.", ["city", "country_code", "directions", "id", "latitude", "listing_number"]),
    ("(Q.status == 'Draft').", ["cost", "encoded_length", "entity"]),
    ("CreateOrderRequest(", ["agent_id=", "apartment=", "city=", "directions=", "due_date="]),
    ("client.orders.create_order(", ["agent_id=", "apartment=", "city=", "directions=", "due_date="]),
    ("client.orders.list_orders(", ["filter=", "orderby=", "select=", "skip=", "top="]),
    ("SignTrakerClient(", ["api_key=", "base_url=", "ca=", "deadline_seconds=", "extra_headers="]),
    ("for order in client.orders.iter_orders():\n    order.", ORDER),
    ("client.orders.create_order(agent_id=1, preset_id=1).",
     ["message", "order_id", "request_id", "state", "status"]),
    ("client.orders.create_orders([]).", ["report", "run"]),
    ("client.orders.create_orders([]).run().", ["advice", "is_complete", "outcomes", "progress"]),
    ("try:\n    pass\nexcept SignTrakerError as error:\n    error.",
     ["attempts", "body", "elapsed_seconds", "exchange", "headers", "message", "method", "outcome"]),
    ("AddressRequest(country_code='", ["'AU'", "'CA'", "'US'"]),
    ("Q.status.eq('", ["'Designing'", "'Draft'", "'PaymentRequired'"]),
]  # fmt: skip
HOVERS = [
    ("SignTrakerClient", ["timeout_seconds: float | None = None", "SIGNTRAKER_API_KEY"]),
    ("client.orders", ["OrdersClient", "request the removal of a sign"]),
    ("client.orders.create_order", ["CreateOrderDict", "Sends it once", "UnconfirmedWriteError"]),
    ("client.orders.iter_orders", ["RecordIterator[Order]", "size: The number of records to request"]),
    ("Q", ["OrderFields", "Combine filters with"]),
    ("Q.due_date", ["DateTimeField[Order]", "Edm.DateTimeOffset, may be", "by which the work is due"]),
    ("Q.status.contains", ["there are no wildcards"]),
    ("CreateOrderRequest", ["due_date: date | datetime | None = None", "National Accounts only"]),
    ("def f(order: Order):\n    order.order_number", ["int | None", "It is not the id"]),
    ("def f(error: SignTrakerError):\n    error.outcome", ["Outcome", "whether"]),
    ("signtraker.OrderStatus", ["'Draft'", "other values are accepted"]),
    ("signtraker.FilterOption", ["OData text, which is sent unchanged"]),
]  # fmt: skip
ARGUMENTS = [
    ("CreateOrderRequest(street_name=", "The street without the house number."),
    ("SignTrakerClient(timeout_seconds=", "The longest time to connect"),
    ("AsyncSignTrakerClient(timeout_seconds=", "The longest time to connect"),
    ("client.orders.iter_orders(page_size=", "The number of records to request at once."),
    ("client.orders.create_order(agent_id=1, street_name=", "The street without the house number."),
    ("client.orders.request_removal(1, due_date=", "midnight UTC"),
    ("client.agents.update_agent(5, notes=", "Free text about the agent."),
]
NAMES = ("import signtraker\ntry:\n    pass\nexcept signtraker.", "from signtraker import ")


def short(given: object) -> str:
    """Return the name of a case: the last line of its code."""
    return given.rpartition("\n")[2].strip() if isinstance(given, str) else ""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    codes = [*NAMES, *(START + one[0] for one in (*COMPLETIONS, *HOVERS, *ARGUMENTS))]
    with LanguageServer(tmp_path_factory.mktemp("editor"), [HOME], codes) as server:
        yield server


@pytest.mark.parametrize(("code", "first"), COMPLETIONS, ids=short)
def test_what_is_needed_comes_first_and_private_names_last(
    editor: LanguageServer, code: str, first: list[str]
) -> None:
    names = editor.completions(START + code)
    assert names[: len(first)] == first
    if code.endswith("."):
        public = [at for at, name in enumerate(names) if not name.startswith("_")]
        private = [at for at, name in enumerate(names) if name.startswith("_")]
        assert max(public) < min(private)


def test_every_public_name_is_offered(editor: LanguageServer) -> None:
    expected = set(signtraker.__all__)
    for code in NAMES:
        assert expected - {"__version__"} <= set(editor.completions(code))


@pytest.mark.parametrize(("code", "texts"), HOVERS, ids=short)
def test_hovering_over_a_name_explains_it(editor: LanguageServer, code: str, texts: list[str]) -> None:
    shown = editor.hover(START + code)
    assert [text for text in texts if text.lower() not in shown.lower()] == []


@pytest.mark.parametrize(("code", "text"), ARGUMENTS, ids=short)
def test_an_argument_is_explained_while_it_is_typed(editor: LanguageServer, code: str, text: str) -> None:
    shown = editor.signature(START + code)
    signature = shown["signatures"][shown["activeSignature"]]
    parameter = signature["parameters"][signature.get("activeParameter", shown.get("activeParameter"))]
    assert text in parameter["documentation"]["value"]


def test_every_public_name_and_its_members_have_a_docstring() -> None:
    griffe: Any = import_module("griffe")  # Installed for the oldest Python only.
    package = griffe.load("signtraker", search_paths=[HOME], resolve_aliases=True)
    checked: set[str] = set()
    missing: list[str] = []

    def check(path: str, found: Any) -> None:
        target = found.final_target if found.is_alias else found
        if target.path in checked or not target.path.startswith("signtraker."):
            return
        checked.add(target.path)
        text = target.docstring.value.strip() if target.docstring else ""
        words = set(text.lower().strip(".").split()) - {"the", "a", "an", "of", "its"}
        if not words - {*target.name.lower().split("_"), target.name.lower()}:
            missing.append(path)
        if target.is_class:
            for name, member in {**target.inherited_members, **target.members}.items():
                if not name.startswith("_") and name != "model_config":  # That is Pydantic's.
                    check(f"{path}.{name}", member)

    for path in PACKAGES:
        module = package if path == "signtraker" else package[path.removeprefix("signtraker.")]
        own = [
            name
            for name, one in module.members.items()
            if name[0] != "_" and not one.is_alias and one.is_class
        ]
        for name in map(str, module.exports or own):
            check(f"{path}.{name}", module.members[name])
    assert "\n".join(missing) == ""
    assert len(checked) > 700
