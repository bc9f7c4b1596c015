"""Reading TOML strictly: every error names the section, the key and what is allowed."""

import datetime as dt
from pathlib import Path

import pytest

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.settings import Section, read_toml, suggest


def test_a_near_word_is_suggested_whatever_its_case() -> None:
    """A mistyped name gets the closest known one, in the known one's own letters."""
    assert suggest("gendr", ["Gender", "Age"]) == " Did you mean 'Gender'?"
    assert suggest("zzz", ["Gender", "Age"]) == ""


def test_a_toml_file_with_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    """A mapping saved by Windows Notepad is read like any other."""
    path = tmp_path / "clinic.toml"
    path.write_bytes('\ufeffname = "a"\n'.encode())
    assert read_toml(path) == {"name": "a"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be opened"),
        (b"name = \xff\xfe", "not UTF-8"),
        (b"name = no quotes", "not valid TOML"),
    ],
)
def test_a_mapping_that_is_no_toml_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes | None, words: str
) -> None:
    """A missing, damaged or mistyped mapping is named, with what was expected."""
    path = tmp_path / "clinic.toml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MappingError, match=words) as error:
        read_toml(path)
    assert "clinic.toml" in str(error.value)


def test_an_unknown_key_names_the_section_the_keys_and_a_suggestion() -> None:
    """A mistyped key is refused with the section it stands in and what could be meant."""
    section = Section.of("[file]", {"delimitr": ","})
    with pytest.raises(MappingError) as error:
        section.check_keys(["delimiter", "decimal"])
    assert "[file] has no key 'delimitr'. Did you mean 'delimiter'?" in str(error.value)
    assert "delimiter, decimal" in str(error.value)


def test_values_of_the_wrong_kind_are_refused() -> None:
    """Numbers where text is due, lists of dates and unknown words are each an error."""
    section = Section.of("[file]", {"a": 1.5, "b": "x", "c": "2026-13-01", "d": True})
    for read in (
        lambda: section.text("a"),
        lambda: section.texts("a"),
        lambda: section.texts("d"),
        lambda: section.choice("b", ["y", "z"], "y"),
        lambda: section.date("c"),
        lambda: section.date("a"),
    ):
        with pytest.raises(MappingError, match=r"\[file\]"):
            read()
    with pytest.raises(MappingError, match="must be a section"):
        Section.of("[codes]", 3)
    with pytest.raises(MappingError, match="needs the key 'e'"):
        section.check_keys("abcde", required=["e"])


def test_whole_numbers_stand_for_their_digits_and_dates_need_no_quotes() -> None:
    """The digits 1 may be written with or without quotation marks, and so may a date."""
    section = Section.of("keep", {"a": [1, "2"], "b": dt.date(2026, 9, 30), "c": "2026-09-30"})
    assert section.texts("a") == ("1", "2")
    assert section.date("b") == section.date("c") == dt.date(2026, 9, 30)
