"""Check the operators of fields, and the messages for mistakes in a filter."""

from __future__ import annotations

import copy
import pickle
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from signtraker.models import Award
from signtraker.query import AgentQ, AwardQ, Filter, ODataError, Ordering, Q, QueryLimits, all_of, any_of
from signtraker.query.nodes import Order, Path

if TYPE_CHECKING:
    from collections.abc import Callable

    from signtraker.query.values import TextValue

q = cast("Any", Q)
"""The same fields, for mistakes that type checkers would refuse."""

NOW: Final = datetime(2024, 3, 31, tzinfo=UTC)
AWARD: Final = Award.model_validate({"Id": 1})


class Colour(StrEnum):
    RED = "Red"


def test_a_filter_reads_as_it_is_sent() -> None:
    made = (Q.status == "Draft") & (Q.job_site.city == "Sandy") & Q.due_date.is_null()
    assert str(made) == "Status eq 'Draft' and JobSite/City eq 'Sandy' and DueDate eq null"
    assert repr(made) == "(Q.status == 'Draft') & (Q.job_site.city == 'Sandy') & Q.due_date.is_null()"


def test_and_binds_tighter_than_or_and_parentheses_follow_the_tree() -> None:
    a, b, c = Q.id == 1, Q.id == 2, Q.id == 3
    assert str(a & b | c) == "Id eq 1 and Id eq 2 or Id eq 3"
    assert str(a & (b | c)) == "Id eq 1 and (Id eq 2 or Id eq 3)"
    assert str(~(a | b)) == "not (Id eq 1 or Id eq 2)"
    assert str(~Q.status.contains("x")) == "not contains(Status,'x')"


def test_joining_is_associative() -> None:
    a, b, c = Q.id == 1, Q.id == 2, Q.id == 3
    assert a & (b & c) == a & b & c == all_of([a, b, c])
    assert a | (b | c) == a | b | c == any_of(iter([a, b, c]))
    assert hash(a & (b & c)) == hash(a & b & c)


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: (Q.id == 1) and (Q.id == 2),
        lambda: (Q.id == 1) or (Q.id == 2),  # noqa: PLR1714 - the point
        lambda: not (q.id == 1),  # noqa: SIM201 - the point
        lambda: 1 < q.id < 5,
        lambda: bool(Q.status),
        lambda: Q.status in ["Draft"],  # noqa: FURB171 - the point
    ],
)
def test_python_s_own_logic_is_refused_with_advice(mistake: Callable[[], object]) -> None:
    with pytest.raises(TypeError, match=r"& \| ~ instead of `and`, `or`, `not`.*\.between\(low, high\)"):
        mistake()


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (
            lambda: q.id == 1 & (q.status == "x"),
            r"& joins filters, not 1: put each comparison in parentheses",
        ),
        (lambda: q.id == 1 & q.status, r"Q\.status is a field: put each comparison in parentheses"),
        (lambda: (q.id == 1) & q.is_due_date_definitive, r"write \.is_true\(\) for a field"),
        (lambda: (q.id == 1) | True, r"\| joins filters, not True"),
        (
            lambda: (q.id == 1) & (AgentQ.id == 1),
            "a filter on Order and one on Agent do not combine: AgentQ.id",
        ),
        (lambda: all_of([q.id == 1, cast("Any", AgentQ).id == 1]), "Order and one on Agent do not combine"),
        (lambda: q.id == AgentQ.id, r"Q\.id and AgentQ\.id are fields of different lists"),
        (lambda: q.id == q.status, r"Q\.id is Edm\.Int64 and Q\.status is Edm\.String: they do not compare"),
        (lambda: q.id == "5", r"Q\.id is a whole number: it must be an int, not '5'"),
        (lambda: q.id == True, r"Q\.id is a whole number: it must be an int, not True"),  # noqa: E712 - what is refused
        (lambda: q.order_number == 5.0, r"Q\.order_number is a whole number: it must be an int, not 5\.0"),
        (lambda: q.status == 5, r"Q\.status is text: write a str, not 5"),
        (lambda: q.status == b"x", r"Q\.status is text"),
        (lambda: q.status == None, r"Q\.status is compared with None: write \.is_null\(\)"),  # noqa: E711 - what is refused
        (
            lambda: q.created > "2024-01-01",
            r"Q\.created is a date and time: write an aware datetime or a date",
        ),
        (
            lambda: q.created > datetime(2024, 1, 1),  # noqa: DTZ001 - what is refused
            r"has no time zone; say where it is meant, .*America/Denver",
        ),
        (lambda: q.created.date() == datetime(2024, 1, 1, tzinfo=UTC), r"is a day: write a date"),
        (lambda: q.sales_order.order_total > 1.5, r"write Decimal\('1\.5'\), not the float 1\.5"),
        (lambda: q.sales_order.order_total > True, r"is a decimal: write a Decimal or an int, not True"),
        (lambda: q.job_site.latitude > Decimal(1), r"is a number: write a float or an int"),
        (lambda: q.is_due_date_definitive == 1, r"is true or false: write a bool, not 1"),
        (lambda: q.status.in_("Draft"), r"write a list of values, not the text 'Draft'"),
        (lambda: q.status.not_in(b"Draft"), r"write a list of values, not the text b'Draft'"),
        (lambda: q.id.in_(5), r"Q\.id\.in_: write a list of values, not 5"),
        (lambda: q.id.in_(q.order_number), r"Q\.id\.in_: write a list of values, not Q\.order_number"),
        (lambda: all_of(q.id == 5), r"all_of takes a list of filters, not Q\.id == 5"),
        (
            lambda: Filter[Any](cast("Any", 5), "Order"),
            r"a Filter is made of a tree of nodes, not of 5: write Q\.id",
        ),
        (lambda: Filter[Any](q.id, "Order"), r"a tree of nodes, not of Q\.id"),
        (
            lambda: Filter[Any]((q.id == 5).node, cast("Any", 5)),
            r"a Filter is on a list's model, .*, not on 5",
        ),
        (
            lambda: Filter[Any]((q.id == 5).node, "Nothing"),
            r"a Filter is on a list's model, .*, not on 'Nothing'",
        ),
        (lambda: q.order_number / 2, r"Q\.order_number is a whole number, .*: write //"),
        (lambda: 9 / q.order_number, r"Q\.order_number is a whole number, .*: write //"),
        (lambda: q.notes.length() / q.id, r"Q\.notes\.length\(\) is a whole number, .*: write //"),
        (lambda: q.status.contains(5), r"Q\.status is text: write a str, not 5"),
        (lambda: q.status.substring("1"), r"Q\.status\.substring is a whole number"),
        (lambda: q.created.within(months=1, now=date(2024, 1, 1)), r"within: now is an aware datetime"),
        (lambda: q.created.within(months=1.5, now=NOW), r"within: months is a whole number"),
        (lambda: q.field("X", list), r"Q\.field: <class 'list'> is none of bool, int, float"),
        (lambda: AwardQ.restrictions.any(lambda _: cast("Any", True)), r"any joins filters, not True"),  # noqa: FBT003 - what is refused
    ],
)
def test_a_wrong_type_is_refused_at_run_time_too(mistake: Callable[[], object], sentence: str) -> None:
    with pytest.raises(TypeError, match=sentence):
        mistake()


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        (lambda: q.status == "a\ud800", r"holds a lone surrogate at 1"),
        (lambda: q.id == 2**63, r"does not fit 64 bits"),
        (lambda: q.job_site.latitude.gt(float("nan")), r"nan is no number that can be compared"),
        (lambda: q.job_site.latitude > float("inf"), r"inf is no number that can be compared"),
        (lambda: q.sales_order.order_total > Decimal("nan"), r"NaN is no number that can be compared"),
        (lambda: q.sales_order.order_total > Decimal("1e-29"), r"does not fit the server's decimal"),
        (lambda: q.sales_order.order_total > Decimal(2**96), r"does not fit the server's decimal"),
        (lambda: q.sales_order.order_total > Decimal("123." + "1" * 28), r"server's decimal"),
        (lambda: q.status.substring(-1), r"counts from 0"),
        (lambda: q.created > datetime.max.replace(tzinfo=timezone(-timedelta(hours=1))), "years 1 to 9999"),
        (lambda: q.created.within(now=NOW), r"within needs a span, such as months=1"),
        (lambda: q.created.within(months=-1, now=NOW), r"write ahead=True"),
        (lambda: q.created.within(years=9999, now=NOW), r"the span leaves the years"),
        (lambda: q.field("a b", int), r"'a b' is no path of names"),
        (lambda: q.field("x) or (1 eq 1", int), r"is no path of names"),
        (lambda: q.field("Status", str), r"the models know 'Status'; write Q\.status"),
        (
            lambda: AwardQ.restrictions.any(lambda _: AwardQ.restrictions.any()),
            r"servers read no any or all inside another",
        ),
    ],
)
def test_a_value_that_no_server_can_read_is_refused(mistake: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        mistake()


def test_an_id_has_no_null_to_ask_for_but_one_of_a_nested_record_has() -> None:
    assert not hasattr(Q.id, "is_null")
    assert str(Q.agent.id.is_null()) == "Agent/Id eq null"


def test_methods_are_only_on_fields_of_the_kind() -> None:
    assert not hasattr(Q.id, "contains")
    assert not hasattr(Q.status, "year")
    assert not hasattr(Q.created, "round")
    assert not hasattr(Q.order_number, "round")
    assert not hasattr(Q.is_due_date_definitive, "gt")


@pytest.mark.parametrize(
    "text", ["79228162514264337593543950335", "0." + "9" * 28, "1." + "0" * 40, "1e28", "-0"]
)
def test_every_digit_of_a_decimal_that_fits_is_sent(text: str) -> None:
    made = Q.sales_order.order_total == Decimal(text)
    assert Q.parse(str(made)) == made
    assert Q.parse(made.render("v3"), version="v3") == made
    negative = Q.sales_order.order_total == Decimal(text).copy_negate()
    assert Q.parse(str(negative)) == negative


def test_an_enum_s_value_is_sent() -> None:
    assert str(Q.status == Colour.RED) == "Status eq 'Red'"
    assert type(cast("Any", (Q.status == Colour.RED).node).right.value) is str


class Rank(IntEnum):
    FIRST = 1


class Unprintable:
    def __repr__(self) -> str:
        raise RuntimeError


TOO_LONG: Final[list[tuple[Callable[[Any], object], type[Exception], str]]] = [
    (lambda huge: q.id == huge, ValueError, r"^Q\.id: <int of 16610 bits> does not fit 64 bits"),
    (
        lambda huge: q.status == huge,
        TypeError,
        r"^Q\.status is text: write a str, not <int of 16610 bits>",
    ),
    (lambda huge: q.status.in_([huge]), TypeError, r"^Q\.status is text: write a str, not <int"),
    (lambda huge: q.status == [huge], TypeError, r"^Q\.status is text: write a str, not \[<int of 16610"),
    (q.status.substring, ValueError, r"^Q\.status\.substring: <int of 16610 bits>"),
    (lambda huge: q.created.within(days=huge, now=NOW), ValueError, r"^Q\.created\.within: "),
    (lambda huge: QueryLimits(nodes=-abs(huge)), ValueError, r"nodes is a whole number .*, not <int of"),
]


def test_a_number_of_an_enum_is_sent_at_once() -> None:
    assert str(Q.id == Rank.FIRST) == "Id eq 1"
    assert type(cast("Any", (Q.id == Rank.FIRST).node).right.value) is int


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("mistake", "kind", "sentence"), TOO_LONG)
def test_a_number_too_long_to_print_is_refused_like_any_other(
    mistake: Callable[[int], object], kind: type[Exception], sentence: str, sign: int
) -> None:
    with pytest.raises(kind, match=sentence):
        mistake(sign * 10**5000)


@pytest.mark.parametrize("field", [q.id, q.status, q.created, q.is_due_date_definitive, q.job_site.latitude])
def test_a_value_that_raises_when_printed_is_named_by_its_class(field: Any) -> None:
    with pytest.raises(TypeError, match=r"not <Unprintable instance"):
        field.eq(Unprintable())


def test_a_long_value_is_cut_to_fit_the_sentence() -> None:
    with pytest.raises(TypeError, match=rf"must be an int, not '{'x' * 58}…$"):
        _ = q.id == "x" * 1_000_000


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert (Q.created >= date(2024, 1, 2)) == (Q.created >= datetime(2024, 1, 2, tzinfo=UTC))
    assert Q.parse("Created ge 2024-01-02") == (Q.created >= date(2024, 1, 2))


def test_a_span_is_counted_on_the_calendar() -> None:
    now = datetime(2024, 3, 31, 12, tzinfo=timezone(timedelta(hours=2)))
    assert str(Q.created.within(months=1, now=now)) == (
        "Created ge 2024-02-29T10:00:00Z and Created le 2024-03-31T10:00:00Z"
    )
    assert str(Q.due_date.within(weeks=1, days=1, now=now, ahead=True)) == (
        "DueDate ge 2024-03-31T10:00:00Z and DueDate le 2024-04-08T10:00:00Z"
    )


def test_repeated_values_are_asked_for_once() -> None:
    assert Q.id.in_([2, 1, 2]) == Q.id.in_([2, 1])
    assert Q.id.in_([7]) == (Q.id == 7)


def test_an_expression_on_the_left_stays_on_the_left() -> None:
    assert str(Q.status.lower() == Q.notes) == "tolower(Status) eq Notes"
    assert str(Q.order_number + 1 > Q.rebill_interval) == "OrderNumber add 1 gt RebillInterval"
    assert str(10 - Q.order_number > 1) == "10 sub OrderNumber gt 1"


def test_a_field_the_models_do_not_know_is_as_safe_as_the_others() -> None:
    custom = Q.field("Custom/Path", int)
    assert str(custom == 5) == "Custom/Path eq 5"
    assert repr(custom == 5) == "Q.field('Custom/Path', int) == 5"
    assert str(Q.field("Custom", str).contains("O'B")) == "contains(Custom,'O''B')"
    with pytest.raises(TypeError, match="whole number"):
        _ = cast("Any", custom) == "5"


def test_values_are_immutable() -> None:
    made = Q.id == 1
    with pytest.raises(AttributeError):
        made.node = (Q.id == 2).node  # type: ignore[misc]  # the point
    with pytest.raises(AttributeError):
        q.status = 5


@pytest.mark.parametrize(
    "made", [Q.id == 1, (Q.id == 1) & Q.status.contains("a") & (Q.id > 2), Q.id.in_([1, 2])]
)
def test_a_filter_of_fields_is_the_one_that_its_tree_makes(made: Filter[Any]) -> None:
    same: Filter[Any] = Filter(made.node, made.entity)
    assert (made, hash(made), made.height, vars(made)) == (same, hash(same), same.height, vars(same))
    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == same  # noqa: S301 - our own bytes


def test_equal_values_are_equal_constants_however_they_are_given() -> None:
    late = datetime(2025, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)), fold=1)
    plain = Q.created == datetime(2025, 1, 1, tzinfo=UTC)
    for made in (Q.created == late, Q.created == datetime(2025, 1, 1, tzinfo=UTC, fold=1)):
        assert made == plain
        assert repr(made) == repr(plain)
        assert "fold" not in repr(made)
    assert (Q.status == Colour.RED) == (Q.status == "Red")


def test_a_row_variable_alone_is_refused_before_the_function_that_v3_lacks() -> None:
    kept: list[Filter[Award]] = []

    def keep(text: TextValue[Award, str]) -> Filter[Award]:
        kept.append(text.eq("a"))
        return kept[0]

    AwardQ.restrictions.any(keep)
    loose, only_v4 = kept[0], AwardQ.awarded_date.date() == date(2025, 1, 1)
    for made in (loose, loose & only_v4, only_v4 & loose):
        with pytest.raises(ODataError, match="x stands for one item of a collection"):
            made.render("v3")


def test_fields_and_orderings_copy_and_pickle() -> None:
    order = Q.created.desc()
    assert pickle.loads(pickle.dumps(order)) == copy.deepcopy(order) == order  # noqa: S301 - our own bytes
    assert repr(order) == "Q.created.desc()"
    assert str(order) == "Created desc"
    again = pickle.loads(pickle.dumps(Q.job_site.city))  # noqa: S301 - our own bytes
    assert again.path == ("JobSite", "City")


def test_a_field_tells_its_path_and_prints_as_code() -> None:
    assert Q.job_site.city.path == ("JobSite", "City")
    assert str(Q.job_site.city) == "JobSite/City"
    assert repr(Q.job_site.city) == "Q.job_site.city"
    assert repr(Q.job_site) == "Q.job_site"


def test_completion_lists_fields_parse_and_field() -> None:
    public = {name for name in dir(Q) if not name.startswith("_")}
    assert {"parse", "field"} < public
    assert all(hasattr(Q, name) for name in public)
    assert "node" not in public
    assert {name for name in dir(Q.agent) if not name.startswith("_")} == {"id", "name"}


def test_v3_says_what_it_has_no_words_for() -> None:
    with pytest.raises(ODataError, match="v3 has no function 'date'"):
        (Q.created.date() == date(2024, 1, 1)).render("v3")
    with pytest.raises(ODataError, match="v3 has no operator 'in'"):
        Q.id.in_([1], operator=True).render("v3")


def test_a_filter_nested_beyond_every_server_is_refused() -> None:
    made: Filter[Any] = Q.id == 1
    while made.height < 128:
        made = ~made
    with pytest.raises(ValueError, match="nests 129 levels deep"):
        _ = ~made


def test_a_whole_number_is_divided_by_a_fraction() -> None:
    assert str(q.order_number / q.job_site.latitude > 1) == "OrderNumber div JobSite/Latitude gt 1"


def test_an_item_of_a_collection_is_refused_outside_of_its_function() -> None:
    kept: list[Any] = []

    def keep(item: TextValue[Award, str]) -> Filter[Award]:
        kept.append(item)
        return item != "x"

    assert str(AwardQ.restrictions.any(keep)) == "Restrictions/any(x:x ne 'x')"
    loose: Filter[Award] = kept[0] == "x"
    uses: list[Callable[[], object]] = [
        loose.render,
        loose.cost,
        loose.encoded_length,
        (AwardQ.restrictions.any(keep) & loose).render,
        lambda: (AwardQ.id == 1).matches(AWARD) and ((AwardQ.id == 2) & loose).matches(AWARD),
        Ordering[Award](Order(Path(("x",), variable=True)), "Award").render,
    ]
    for use in uses:
        with pytest.raises(
            ODataError, match=r"x.*: x stands for one item of a collection, and means nothing"
        ):
            use()
