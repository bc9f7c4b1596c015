"""What a source is when nothing is said of it."""

import codecs
import dataclasses

import pytest

from hinge_outcomes.ingestion.sources import DELIMITERS, ENCODINGS, FORMATS, Source


def test_a_source_of_which_nothing_is_said_is_a_plain_csv_file() -> None:
    """Commas, UTF-8, a decimal point, one header line, any file name; and no date format at all."""
    source = Source()
    assert (source.pattern, source.delimiters, source.encoding) == ("*", (",",), "utf-8")
    assert (source.decimal, source.thousands, source.header_rows) == (".", "", 1)
    assert source.date_formats == ()
    assert source.format == FORMATS[0] == "auto"


def test_every_encoding_and_delimiter_is_one_that_can_be_read() -> None:
    """The codecs exist, and a delimiter is a single sign that no other name stands for."""
    assert [codecs.lookup(name).name for name in ENCODINGS]
    assert {len(sign) for sign in DELIMITERS.values()} == {1}
    assert len(set(DELIMITERS.values())) == len(DELIMITERS)


def test_a_source_is_not_changed_once_it_is_read() -> None:
    """Sources are compared and looked up, so they stay what they are."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Source().name = "other"  # type: ignore[misc]
    assert hash(Source(name="a")) != hash(Source(name="b"))
