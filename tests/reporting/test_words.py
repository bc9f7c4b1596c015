"""The blocks that hold words."""

import pytest

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.words import (
    Bullets,
    Heading,
    KeyNumber,
    KeyNumbers,
    Notice,
    Prose,
    TitleBlock,
)


def test_prose_takes_one_text_or_several():
    """One text is one paragraph; a list of texts is as many."""
    assert len(Prose("One.").paragraphs) == 1
    assert len(Prose(["One.", "Two."]).paragraphs) == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda: Heading("Top", level=1),
        lambda: Heading(""),
        lambda: Prose([]),
        lambda: Bullets([""]),
        lambda: Notice("Read this.", tone="alarm"),
        lambda: KeyNumber("", "1"),
        lambda: KeyNumber("Started", "1", tone="red"),
        lambda: KeyNumbers([]),
        lambda: TitleBlock(""),
        lambda: TitleBlock("Report", audience="public"),
    ],
)
def test_a_block_without_sense_is_refused(make):
    """A block that says nothing, or names what no face knows, cannot be made."""
    with pytest.raises(ReportError):
        make()


def test_facts_may_be_a_mapping():
    """Facts given as a mapping are the same as pairs."""
    pairs = TitleBlock("Report", facts=[("Patients", "104")])
    assert TitleBlock("Report", facts={"Patients": "104"}) == pairs
