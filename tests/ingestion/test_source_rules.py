"""The sections [file] and [[source]] of a mapping."""

from typing import Any

import pytest

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.blocks import RowFilter
from hinge_outcomes.ingestion.source_rules import read_sources


def test_a_mapping_without_sources_has_one_without_a_name() -> None:
    """What [file] and keep say is about the only file there is."""
    sources, keep = read_sources(
        {"file": {"delimiter": ["comma", "tab"], "missing": [9, "n/a"]}, "keep": {"kind": "visit"}}
    )
    (source,) = sources
    assert (source.name, source.delimiters, source.missing) == ("", (",", "\t"), ("9", "n/a"))
    assert keep == {"": (RowFilter("kind", ("visit",)),)}


def test_what_a_source_leaves_open_stands_as_the_file_section_says() -> None:
    """Each source takes over what is shared and may say otherwise for itself."""
    sources, keep = read_sources({
        "file": {"encoding": "latin-1", "decimal": ",", "date_format": "%d.%m.%Y"},
        "source": [
            {"name": "people", "file": "p.csv", "keys": ["case"], "keep": {"wish": ["yes"]}},
            {"name": "visits", "sheet": "V", "encoding": "utf-16", "date_format": "%Y-%m-%d",
             "optional": True, "header_rows": 2, "thousands": "."},
        ],
    })  # fmt: skip
    people, visits = sources
    assert (people.encoding, people.decimal, people.date_formats) == ("latin-1", ",", ("%d.%m.%Y",))
    assert (people.pattern, people.keys, people.is_optional) == ("p.csv", ("case",), False)
    assert (visits.encoding, visits.decimal, visits.date_formats) == ("utf-16", ",", ("%Y-%m-%d",))
    assert (visits.sheet, visits.header_rows, visits.thousands) == ("V", 2, ".")
    assert (visits.pattern, visits.is_optional) == ("*", True)
    assert keep == {"people": (RowFilter("wish", ("yes",)),), "visits": ()}


@pytest.mark.parametrize("kind", ["xlsx", "parquet", "redcap", "fhir"])
def test_real_dates_of_a_typed_file_need_no_format(kind: str) -> None:
    """Where a file holds real dates they are read beside the written ones, each format once."""
    (source,), _ = read_sources({"file": {"format": kind, "date_format": ["%d/%m/%Y", "%Y-%m-%d"]}})
    assert source.date_formats == ("%d/%m/%Y", "%Y-%m-%d", "%Y-%m-%d %H:%M:%S", "excel")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"source": {"name": "a"}}, r"two pairs of brackets"),
        ({"source": [{"file": "a.csv"}]}, r"number 1 needs the key 'name'"),
        ({"source": [{"name": " "}]}, r"Expected a name such as"),
        ({"source": [{"name": "a"}, {"name": "a"}]}, r"Two \[\[source\]\] sections.*'a'"),
        ({"source": [{"name": "a"}], "keep": {"x": "1"}}, r"keep stands at the top"),
        ({"source": [{"name": "a", "shet": "x"}]}, r"no key 'shet'. Did you mean 'sheet'"),
        ({"source": [{"name": "a", "optional": "yes"}]}, r"true or false"),
        ({"source": ["a"]}, r"must be a section"),
        ({"file": {"name": "a"}}, r"\[file\] has no key 'name'"),
        ({"file": {"delimiter": "colon"}}, r"comma, semicolon, tab, pipe"),
        ({"file": {"encoding": "utf8"}}, r"Did you mean 'utf-8'"),
        ({"file": {"header_rows": 0}}, r"how many lines the header takes"),
        ({"file": {"header_rows": True}}, r"how many lines the header takes"),
        ({"file": {"date_format": "%d/%m/%y"}}, r"two-digit year"),
        ({"file": {"thousands": "_"}}, r"'thousands' is not allowed"),
        ({"file": {"decimal": ",", "thousands": ","}}, r"It is the decimal sign too"),
        ({"file": {"thousands": ","}, "source": [{"name": "a", "decimal": ","}]}, r"decimal sign"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(values: dict[str, Any], words: str) -> None:
    """A mistyped key, a name given twice or a sign with two meanings is one clear error."""
    with pytest.raises(MappingError, match=words):
        read_sources(values)
