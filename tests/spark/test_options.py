"""Check the options of a read: each mistake is a sentence, and a key is never shown."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING

import pytest

from signtraker import ValidationError
from signtraker._lists.api_lists import API_LISTS
from signtraker.spark.options import ReadOptions, check_column, read_options

if TYPE_CHECKING:
    from collections.abc import Mapping

pytestmark = pytest.mark.once


def refusal(options: Mapping[str, str]) -> str:
    with pytest.raises(ValidationError) as refused:
        read_options(options)
    assert refused.value.outcome == "did_not_happen"
    return str(refused.value)


def test_the_options_of_a_read_are_texts_whose_names_have_no_case() -> None:
    options = read_options(
        {
            "list": "change_orders",
            "Partitions": "16",
            "page_size": "500",
            "max_per_second": "2.5",
            "concurrent_tasks": "4",
            "select": "Id, Status,Id",
            "filter": "Status eq 'Draft' or DueDate eq null",
            "pushdown": "False",
            "subdomain": "acme",
            "api_key_variable": "ACME_KEY",
        }
    )
    assert options.source == API_LISTS["change_orders"]
    assert (options.partitions, options.page_size, options.max_per_second, options.tasks) == (16, 500, 2.5, 4)
    assert (options.select, options.pushdown, options.subdomain) == (("Id", "Status"), False, "acme")
    assert str(options.filter) == "Status eq 'Draft' or DueDate eq null"
    assert pickle.loads(pickle.dumps(options)) == options  # noqa: S301 - its own
    assert read_options({"list": "orders"}) == ReadOptions(API_LISTS["orders"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"list": "ordrs"}, "list: there is no list 'ordrs'; did you mean orders?"),
        ({"list": "xyz"}, "list: there is no list 'xyz'; the lists are orders, "),
        ({"partitions": "0"}, "partitions: must be a whole number from 1 to 100000, not '0'"),
        ({"page_size": "many"}, "page_size: must be a whole number from 1 to "),
        ({"partition": "8"}, "partition: there is no such option; did you mean partitions?"),
        ({"path": "x"}, "path: there is no such option; the options are list, partitions, "),
        ({"max_per_second": "nan"}, "max_per_second: must be a number of requests above 0"),
        ({"max_per_second": "fast"}, "max_per_second: must be a number of requests above 0"),
        ({"pushdown": "yes"}, "pushdown: must be true or false, not 'yes'"),
        ({"subdomain": " "}, "subdomain: must not be blank; leave it out instead"),
        ({"subdomain": "a b"}, "subdomain: must be one DNS label, such as acme in https://acme."),
        ({"base_url": "http://acme.example"}, "base_url: must use https, since over plain http"),
        ({"base_url": "https://me:s3cret@acme.example"}, "base_url: must be a URL such as https://acme."),
        ({"select": "Id,Stauts"}, "select: there is no column 'Stauts'; did you mean Status?"),
        ({"select": "due_date"}, "select: there is no column 'due_date'; did you mean DueDate?"),
        ({"select": "JobSite.City"}, "select: JobSite.City is a part of the column JobSite;"),
        ({"list": "offices", "select": "xyz"}, "select: there is no column 'xyz'; the columns are Id, Name"),
        ({"filter": "Status = 'Draft'"}, "filter: "),
    ],
)
def test_a_bad_option_is_named_in_one_sentence(options: dict[str, str], sentence: str) -> None:
    told = refusal({"list": "orders", **options})
    assert told.startswith(f"Nothing was read: {sentence}")
    assert "s3cret" not in told


def test_a_read_without_a_list_is_told_the_lists() -> None:
    told = refusal({})
    assert told.startswith('Nothing was read: list: say which list to read: .option("list", "orders"); the')


def test_all_bad_options_are_named_at_once() -> None:
    told = refusal({"list": "ordrs", "partitions": "-1", "pushdwn": "true"})
    assert [told.find(one) > 0 for one in ("list:", "partitions:", "pushdwn:")] == [True] * 3


@pytest.mark.parametrize("name", ["api_key", "apikey", "ApiKey", "token", "signtraker_api_key", "password"])
def test_a_key_is_refused_as_an_option_and_not_shown(name: str) -> None:
    told = refusal({"list": "orders", name: "s3cret-value"})
    assert "no option takes a key, because Spark shows options in plans and logs" in told
    assert "s3cret-value" not in told


def test_a_key_where_its_variable_s_name_belongs_is_not_shown() -> None:
    told = refusal({"list": "orders", "api_key_variable": "s3cret-value"})
    assert "api_key_variable: must be the name of an environment variable" in told
    assert "s3cret-value" not in told


def test_only_plain_columns_become_select() -> None:
    options = read_options({"list": "orders"})
    assert options.selectable(("Id", "Status")) == ("Id", "Status")
    assert options.selectable(("Id", "JobSite")) is None
    assert read_options({"list": "offices"}).selectable(("Id", "Name")) is None
    check_column("JobSite", "Order")
