"""Check lists and their options, and the error messages of each OData version."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from plain_http import plain_client, refusal, rows

from signtraker import Q
from signtraker.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import httpx

Generation = Literal["v3", "v4-5", "v4-7"]
GENERATIONS: tuple[Generation, ...] = ("v3", "v4-5", "v4-7")
V4 = ("v4-5", "v4-7")
INVALID = "The query specified in the URI is not valid. "


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, httpx.Client]]:
    with ExitStack() as stack:
        clients: dict[str, httpx.Client] = {}
        for server in GENERATIONS:
            sandbox = stack.enter_context(Sandbox(server=server))
            clients[server] = stack.enter_context(plain_client(sandbox))
        yield clients


_WRONG_TYPES = (
    "A binary operator with incompatible types was detected. Found operand types 'Edm.String' and"
    " 'Edm.Int32' for operator kind 'Equal'."
)
_NOT_TEXT = (
    "A unary operator with an incompatible type was detected. Found operand type 'Edm.String' for"
    " operator kind 'Not'."
)
_TOO_MANY_NODES = (
    "The node count limit of '100' has been exceeded. To increase the limit, set the 'MaxNodeCount'"
    " property on EnableQueryAttribute or ODataValidationSettings."
)
_TOO_MANY_ORDERINGS = (
    "The number of clauses in $orderby query option exceeded the maximum number allowed. The"
    " maximum number of $orderby clauses allowed is 5."
)
_UNKNOWN_CONTAINS = (
    "An unknown function with name 'contains' was found. This may also be a key lookup on a"
    " navigation property, which is not allowed."
)
_UNKNOWN_SUBSTRINGOF = (
    "An unknown function with name 'substringof' was found. This may also be a function import or a"
    " key lookup on a navigation property, which is not allowed."
)
_NO_NUMBER = (
    "Invalid value '{value}' for {name} query option found. The {name} query option requires a"
    " non-negative integer value."
)
_TOO_MUCH_SKIPPED = (
    "The limit of '2147483647' for Skip query has been exceeded. The value from the incoming request is"
    " '2147483648'."
)
COUNTED = "Invalid value 'bogus' for {name} query option found. Valid values are '{values}'."
NO_NULLS = (
    "A null value was found with the expected type 'Edm.Int64[Nullable=False]'. The expected type"
    " 'Edm.Int64[Nullable=False]' does not allow null values."
)
NO_COMMA = (
    "Invalid JSON. A comma character ',' was expected in scope 'Array'. Every two elements in an array and"
    " properties of an object must be separated by commas."
)
_SIX = "Status,Notes,Created,DueDate,OrderNumber,RebillInterval"
_LONG = " or ".join(["Status eq 'a'"] * 21)

SENTENCES = [
    (GENERATIONS, "filter", "(", "Expression expected at position 1 in '('."),
    (GENERATIONS, "filter", "Nope eq 1", "Could not find a property named 'Nope' on type '…'."),
    (("v3", "v4-5"), "filter", "status eq 'a'", "Could not find a property named 'status' on type '…'."),
    (
        ("v3",),
        "filter",
        "contains(Status,'a')",
        _UNKNOWN_CONTAINS,
    ),
    (
        V4,
        "filter",
        "substringof('a',Status)",
        _UNKNOWN_SUBSTRINGOF,
    ),
    (GENERATIONS, "filter", "Status eq 5", _WRONG_TYPES),
    (GENERATIONS, "filter", "not Status", _NOT_TEXT),
    (("v3", "v4-5"), "filter", "Id in (1,2,3)", "Syntax error at position 5 in 'Id in (1,2,3)'."),
    (GENERATIONS, "filter", "", "The value for OData query '$filter' cannot be empty."),
    (GENERATIONS, "orderby", " ", "The value for OData query '$orderby' cannot be empty."),
    (GENERATIONS, "top", "", "The value for OData query '$top' cannot be empty."),
    (("v3",), "top", "abc", "Failed to convert 'abc' to an integer."),
    (
        V4,
        "top",
        "abc",
        _NO_NUMBER.format(value="abc", name="$top"),
    ),
    (
        V4,
        "skip",
        "-1",
        _NO_NUMBER.format(value="-1", name="$skip"),
    ),
    (
        GENERATIONS,
        "skip",
        "2147483648",
        _TOO_MUCH_SKIPPED,
    ),
    (GENERATIONS, "filter", "Id eq length(Nope)", "Could not find a property named 'Nope' on type '…'."),
    (GENERATIONS, "orderby", "Nope desc", "Could not find a property named 'Nope' on type '…'."),
    (GENERATIONS, "filter", _LONG, _TOO_MANY_NODES),
    (GENERATIONS, "orderby", _SIX, _TOO_MANY_ORDERINGS),
    (GENERATIONS, "orderby", "Id,Id desc", "Duplicate property named 'Id' is not supported in '$orderby'."),
    (GENERATIONS, "select", "Nope", "Could not find a property named 'Nope' on type '…'."),
]


@pytest.mark.parametrize(("generations", "option", "value", "sentence"), SENTENCES)
def test_a_bad_query_is_refused_in_the_words_of_each_generation(
    servers: dict[str, httpx.Client],
    generations: tuple[str, ...],
    option: str,
    value: str,
    sentence: str,
) -> None:
    expected = INVALID + sentence.replace("…", "SignTraker.Models.Order")
    for generation in generations:
        assert refusal(servers[generation], **{option: value}) == expected


@pytest.mark.parametrize(
    ("generation", "option"),
    [("v3", "count"), ("v4-5", "inlinecount"), ("v4-7", "inlinecount"), ("v4-7", "where")],
)
def test_an_option_that_the_generation_lacks_is_refused_without_the_prefix(
    servers: dict[str, httpx.Client], generation: str, option: str
) -> None:
    expected = f"The query parameter '${option}' is not supported."
    assert refusal(servers[generation], **{option: "false"}) == expected


def test_the_harmless_option_tells_the_generations_apart(servers: dict[str, httpx.Client]) -> None:
    assert rows(servers["v3"], inlinecount="none", top=1)
    assert rows(servers["v4-5"], count="false", top=1)


def test_twenty_comparisons_fit_and_twenty_mixed_ones_do_not(
    servers: dict[str, httpx.Client],
) -> None:
    same = " or ".join(["Status eq 'a'"] * 20)
    mixed = " and ".join(["Id eq 1", "Status eq 'a'"] * 10)
    assert rows(servers["v4-7"], filter=same) == []
    assert refusal(servers["v4-7"], filter=mixed) == INVALID + _TOO_MANY_NODES


def test_in_is_known_to_the_newest_generation_only(servers: dict[str, httpx.Client]) -> None:
    found = rows(servers["v4-7"], filter="Id in (1001,1003)", select="Id")
    assert found == [{"Id": 1001}, {"Id": 1003}]


@pytest.mark.parametrize(
    "text",
    [
        "Status in ('O''Brien')",
        "not (Id eq 1 or Status in ('Draft','O''Brien'))",
        "Created in (2024-01-01T00:00:00Z)",
        "Created in (2024-01-01)",
        "Status in ('a\\')",
        "Status in ('a\\ud800')",
    ],
)
def test_a_list_behind_in_that_is_no_json_array_is_refused(
    servers: dict[str, httpx.Client], text: str
) -> None:
    assert refusal(servers["v4-7"], filter=text).startswith(INVALID + "Invalid JSON.")


@pytest.mark.parametrize(
    "text", ["Status in ('')", "Status in ('Draft','')", "Notes in (null)", "Notes in ('x',null)"]
)
def test_an_empty_text_or_a_null_behind_in_crashes_the_newest_generation(
    servers: dict[str, httpx.Client], text: str
) -> None:
    answer = servers["v4-7"].get("/api/orders", params={"$filter": text})
    assert (answer.status_code, answer.json()) == (500, {"Message": "An error has occurred."})


def test_a_backslash_behind_in_begins_an_escape() -> None:
    with Sandbox(orders=0) as sandbox, plain_client(sandbox) as api:
        lines = sandbox.orders.add(notes="a\nb")
        sandbox.orders.add(notes=r"a\nb")
        for text in (r"Notes in ('a\nb')", r"Notes in ('a\u000Ab')"):
            assert [one["Id"] for one in rows(api, filter=text)] == [lines.id]


@pytest.mark.parametrize(("opening", "most"), [("(", 99), ("not (", 49)])
def test_a_filter_that_nests_too_deep_is_refused(
    servers: dict[str, httpx.Client], opening: str, most: int
) -> None:
    def nested(depth: int) -> str:
        return opening * depth + "Id eq 1" + ")" * depth

    for api in servers.values():
        assert api.get("/api/orders", params={"$filter": nested(most)}).status_code == 200
        assert refusal(api, filter=nested(most + 2)).startswith(INVALID)


def test_names_are_case_insensitive_in_the_newest_generation(
    servers: dict[str, httpx.Client],
) -> None:
    api = servers["v4-7"]
    assert rows(api, filter="STATUS eq 'Draft'") == rows(api, filter="Status eq 'Draft'")
    assert rows(api, select="iD", top=1) == [{"Id": 1001}]


def test_a_configured_limit_on_top_is_told() -> None:
    with Sandbox(orders=1, max_top=100) as sandbox, plain_client(sandbox) as api:
        assert refusal(api, top=150) == (
            INVALID + "The limit of '100' for Top query has been exceeded. The value from the"
            " incoming request is '150'."
        )
        assert rows(api, top=100)


def test_a_page_cap_cuts_every_list_without_a_sign() -> None:
    with Sandbox(orders=20, page_cap=7) as sandbox, plain_client(sandbox) as api:
        assert len(rows(api)) == 7
        assert len(rows(api, top=9)) == 7
        assert len(rows(api, top=5)) == 5
        assert [one["Id"] for one in rows(api, skip=14)] == list(range(1015, 1021))


def test_options_are_applied_in_the_order_filter_orderby_skip_top(api: httpx.Client) -> None:
    everything = rows(api)
    drafts = [one for one in everything if one["Status"] == "Draft"]
    drafts.sort(key=lambda one: one["Created"], reverse=True)
    found = rows(api, filter="Status eq 'Draft'", orderby="Created desc", skip=2, top=3)
    assert found == drafts[2:5]


def test_nulls_come_first_and_equals_are_ordered_by_id(api: httpx.Client) -> None:
    expected = sorted(
        rows(api), key=lambda one: (one["DueDate"] is not None, one["DueDate"] or "", one["Id"])
    )
    assert rows(api, orderby="DueDate") == expected
    descending = rows(api, orderby="DueDate desc,Id desc")
    assert descending == expected[::-1]


def test_ordering_by_an_expression_over_nested_properties(api: httpx.Client) -> None:
    found = rows(api, orderby="length(JobSite/City) desc,JobSite/City,Id", select="Id", expand="JobSite")
    cities = [one["JobSite"]["City"] for one in found]
    assert cities == sorted(cities, key=lambda city: (-len(city), city))


def test_select_drops_nested_objects_and_an_id_that_was_not_asked_for(api: httpx.Client) -> None:
    assert rows(api, select="Status,Agent", top=1) == [{"Status": "Draft"}]
    everything = rows(api, select="*", top=1)[0]
    assert not {"Agent", "JobSite", "SalesOrder", "PostType"} & everything.keys()


def test_expand_brings_a_nested_object_back(api: httpx.Client) -> None:
    (row,) = rows(api, select="Id", expand="Agent", top=1)
    assert row.keys() == {"Id", "Agent"}
    assert "navigation" in refusal(api, expand="Status")


def test_a_path_in_select_is_refused(servers: dict[str, httpx.Client]) -> None:
    assert "multiple navigation properties" in refusal(servers["v4-7"], select="Agent/Name")
    assert "specified in $expand" in refusal(servers["v3"], select="Agent/Name")


def test_an_option_given_twice_is_refused(api: httpx.Client) -> None:
    answer = api.get("/api/orders?$top=1&$top=2")
    assert answer.status_code == 400
    assert "'$top' was specified more than once" in answer.json()["Message"]


def test_letters_case_counts_and_wildcards_are_letters(api: httpx.Client) -> None:
    assert rows(api, filter="Status eq 'draft'") == []
    assert rows(api, filter="contains(Status,'RAFT')") == []
    percent = rows(api, filter="contains(JobSite/StreetName,'%')")
    assert {one["JobSite"]["StreetName"] for one in percent} == {"100% Pine Ct"}
    underscore = rows(api, filter="startswith(JobSite/StreetName,'River_')")
    assert {one["JobSite"]["StreetName"] for one in underscore} == {"River_Bend Rd"}


def test_quotes_and_letters_beyond_ascii_are_found(api: httpx.Client) -> None:
    assert rows(api, filter="endswith(Agent/Name,'O''Brien')")
    assert rows(api, filter="endswith(Agent/Name,'Söhne')")
    assert rows(api, filter="tolower(JobSite/City) eq 'montréal'")
    assert rows(api, filter="toupper(JobSite/City) eq 'MONTRÉAL'")


def test_a_comparison_with_null_is_neither_true_nor_false(api: httpx.Client) -> None:
    total = len(rows(api))
    gate = "Notes eq 'Gate code 4471'"
    found = len(rows(api, filter=gate))
    others = len(rows(api, filter=f"not ({gate})"))
    assert rows(api, filter="Notes ne 'Gate code 4471'") == rows(api, filter=f"not ({gate})")
    assert found + others + len(rows(api, filter="Notes eq null")) == total


def test_dates_are_written_with_milliseconds_in_utc_and_money_as_a_number(
    api: httpx.Client,
) -> None:
    (order,) = rows(api, filter="Id eq 1001")
    assert order["Created"] == "2024-01-16T09:00:08.000Z"
    assert isinstance(order["SalesOrder"]["OrderTotal"], float)


def test_lambdas_look_into_the_restrictions_of_an_award(api: httpx.Client) -> None:
    path = "/api/credits/awards"
    awards = {one["Id"]: one["Restrictions"] for one in rows(api, path)}
    filters: dict[str, Callable[[list[str]], bool]] = {
        "Restrictions/any()": lambda values: len(values) > 0,
        "Restrictions/any(r: r eq 'Printing')": lambda values: "Printing" in values,
        "Restrictions/all(r: r eq 'Printing')": lambda values: set(values) <= {"Printing"},
        "not Restrictions/any(r: startswith(r,'Inst'))": lambda values: "Installation" not in values,
    }
    for text, holds in filters.items():
        found = [one["Id"] for one in rows(api, path, filter=text, select="Id")]
        assert found == [key for key, values in awards.items() if holds(values)]


@pytest.mark.parametrize(
    ("generations", "option", "value", "sentence"),
    [
        (GENERATIONS, "select", ",Id", "An identifier was expected at position 0."),
        (GENERATIONS, "select", "Id,,Status", "An identifier was expected at position 3."),
        (GENERATIONS, "select", "Id Status", "Syntax error at position 9 in 'Id Status'."),
        (GENERATIONS, "select", "Id,$it", "Found system token '$it' in select or expand clause 'Id,$it'."),
        (GENERATIONS, "orderby", "Id,", "Expression expected at position 3 in 'Id,'."),
        (V4, "count", "bogus", COUNTED.format(name="$count", values="true, false")),
        (("v3",), "inlinecount", "bogus", COUNTED.format(name="$inlinecount", values="allpages, none")),
        (("v4-7",), "filter", "Id in (1,null)", NO_NULLS),
        (("v4-7",), "filter", "Id in (1L)", NO_COMMA),
        (V4, "filter", "Status eq'Draft'", "Syntax error at position 16 in 'Status eq'Draft''."),
    ],
)
def test_a_malformed_option_is_refused_in_the_words_of_each_generation(
    servers: dict[str, httpx.Client],
    generations: tuple[str, ...],
    option: str,
    value: str,
    sentence: str,
) -> None:
    for generation in generations:
        assert refusal(servers[generation], **{option: value}) == INVALID + sentence


def test_a_comma_at_the_end_of_select_is_nothing(servers: dict[str, httpx.Client]) -> None:
    for api in servers.values():
        assert rows(api, select="Id,", top=1) == [{"Id": 1001}]


@pytest.mark.parametrize(
    "text",
    [
        "ceiling(1e19) gt 1",
        "JobSite/Latitude mod 1e-300 lt 1",
        "-(-9223372036854775808) gt 0",
        "floor(JobSite/Latitude div 0) gt 1 or JobSite/Latitude gt NaN",
        "Id mul 9223372036854775807 gt 0",
        "Created sub duration'P9999999D' lt DueDate",
        "now() gt Created and Created gt mindatetime() and Created lt maxdatetime()",
        "time(Created) gt 12:00 and hour(time(Created)) ge 12 and fractionalseconds(Created) ge 0",
        "totalseconds(DueDate sub Created) gt 5 and hour(duration'PT5H') eq 5",
        "date(Created) add duration'P1D' gt 2024-01-01 and totaloffsetminutes(Created) eq 0",
        "cast(Id,Edm.String) eq '1001' or cast(IsDueDateDefinitive,'Edm.String') eq 'True'",
        "cast(JobSite/Latitude,Edm.Int32) eq 40 or cast('Edm.String') eq 'x'",
        "cast(Agent,Edm.String) eq 'x'",
        "isof(Status,Edm.String) or isof(Id,Edm.String) or isof('Edm.String')",
        "replace(Status,'D','d') eq 'draft' and $count gt 5",
        "$it ne null and Agent eq Agent and not (JobSite ne JobSite)",
        "null or not null or length(null) eq 5",
        "00000000-0000-0000-0000-000000000000 eq 3f2504e0-4f89-11d3-9a0c-0305e82c3301",
    ],
)
def test_what_the_parsers_read_is_answered(servers: dict[str, httpx.Client], text: str) -> None:
    answer = servers["v4-7"].get("/api/orders", params={"$filter": text})
    assert answer.status_code == 200, answer.text


def test_collections_have_a_size_and_may_stand_behind_in(servers: dict[str, httpx.Client]) -> None:
    awards = rows(servers["v4-7"], "/api/credits/awards")
    sizes = {one["Id"]: len(one["Restrictions"] or ()) for one in awards}
    found = rows(servers["v4-7"], "/api/credits/awards", filter="Restrictions/$count gt 0")
    assert [one["Id"] for one in found] == [key for key, size in sizes.items() if size > 0]
    assert rows(servers["v4-7"], "/api/credits/awards", filter="'no such' in Restrictions") == []


def test_text_is_counted_in_utf_16_units() -> None:
    with Sandbox(orders=0) as sandbox, plain_client(sandbox) as api:
        order = sandbox.orders.add(notes="a😀b")
        assert [one["Id"] for one in rows(api, filter=f"Id eq {order.id} and length(Notes) eq 4")] == [
            order.id
        ]
        assert len(rows(api, filter="indexof(Notes,'b') eq 3 and substring(Notes,1,2) eq '😀'")) == 1
        assert order.notes is not None
        matched = (Q.notes.length() == 4) & (Q.notes.indexof("b") == 3) & (Q.notes.substring(3) == "b")
        assert matched.matches(order)


@pytest.mark.parametrize("generation", GENERATIONS)
def test_microsofts_verdicts_are_answered_over_http(
    generation: Generation, servers: dict[str, httpx.Client]
) -> None:
    file = Path(__file__).parents[2] / "query" / "parsing" / "microsoft_verdicts.jsonl"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for entity, text, *verdicts in [one for one in lines if one[0] == "Order"][::40]:
        said = (verdicts + verdicts[-1:] * 2)[GENERATIONS.index(generation)]
        answer = servers[generation].get("/api/orders", params={"$filter": text})
        if isinstance(said, str):
            expected = (400, INVALID + said.replace("<text>", text))
            assert (answer.status_code, answer.json()["Message"]) == expected, entity
        elif said is None or said <= 100:
            assert answer.status_code == (500 if said is None else 200), text
