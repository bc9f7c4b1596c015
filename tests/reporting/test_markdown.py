"""Markdown cells as blocks."""

import pytest

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.markdown import read_markdown
from hinge_outcomes.reporting.text import Span
from hinge_outcomes.reporting.words import Bullets, Heading, Notice, Prose, TitleBlock


def test_markdown_becomes_blocks():
    """Headings, paragraphs, lists, quotes and code each become their block."""
    source = (
        "# Title\n\n## Pain & *function*\n\nOne\ntwo.\n\n- a\n- b\n\n1. c\n\n> read\n\n    code\n"
    )
    assert read_markdown(source) == (
        TitleBlock("Title"),
        Heading("Pain & function"),
        Prose([[Span("One"), Span(" "), Span("two.")]]),
        Bullets(["a", "b"]),
        Bullets(["c"], is_ordered=True),
        Notice("read"),
        Prose([[Span("code", "code")]]),
    )


def test_emphasis_becomes_styles():
    """Strong, emphasised and code words keep their style."""
    (prose,) = read_markdown("A **b** *c* `d`.")
    assert [span.style for span in prose.paragraphs[0]] == [
        "plain",
        "strong",
        "plain",
        "emphasis",
        "plain",
        "code",
        "plain",
    ]


def test_links_lose_their_scheme():
    """A link keeps its words and shows its address as text, so that nothing calls the network."""
    (prose,) = read_markdown("See [the paper](https://doi.org/10.1/x) and <https://a.b>.")
    words = "".join(span.text for span in prose.paragraphs[0])
    assert words == "See the paper (doi.org/10.1/x) and a.b."


def test_raw_html_is_text():
    """HTML in markdown is shown as the text it is."""
    (prose,) = read_markdown("<script>alert(1)</script>\n")
    assert prose == Prose("<script>alert(1)</script>")


@pytest.mark.parametrize("source", ["![alt](x.png)", "| a |\n|---|\n| 1 |", "- a\n  - b", "> - a"])
def test_what_needs_a_block_is_refused(source):
    """Pictures, tables and nested lists are refused with the way to publish them."""
    with pytest.raises(ReportError):
        read_markdown(source)
