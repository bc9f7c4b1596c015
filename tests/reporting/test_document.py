"""From an executed notebook to a document."""

import pytest
from nbformat.v4 import new_code_cell, new_output, new_raw_cell

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.blocks import Figure, Heading, Prose, TitleBlock
from hinge_outcomes.reporting.document import Provenance, read_document
from tests.reporting.sample import SVG, executed, published, sample_blocks, sample_title


def code(*outputs, tags=()):
    """Return a code cell with these outputs."""
    return new_code_cell("x", outputs=list(outputs), metadata={"tags": list(tags)})


def test_blocks_come_in_reading_order():
    """Markdown and published blocks stand in the document in the order of the cells."""
    document = read_document(
        executed(published(TitleBlock("T")), "## A\n\nb", published(Prose("c")), new_raw_cell("r"))
    )
    assert document.title == TitleBlock("T")
    assert document.blocks == (Heading("A"), Prose("b"), Prose("c"))


def test_an_output_without_a_block_is_an_error():
    """What a face could not show is an error that names the cell."""
    cell = code(new_output("display_data", data={"text/plain": "0.5"}))
    with pytest.raises(ReportError, match=r"Cell 2 .*text/plain"):
        read_document(executed("# T", cell))


def test_printed_text_is_an_error():
    """Printed text is an error that names the cell; blank lines are not."""
    cell = code(new_output("stream", name="stdout", text="hello\n"))
    with pytest.raises(ReportError, match=r"Cell 2 .*prints"):
        read_document(executed("# T", cell))
    blank = code(new_output("stream", name="stdout", text="\n"))
    assert read_document(executed("# T", blank)).blocks == ()


def test_the_error_stream_is_left_out_and_remembered():
    """What libraries write to the error stream is not on the page, but its cell is known."""
    cell = code(new_output("stream", name="stderr", text="FutureWarning: P1\n"))
    document = read_document(executed("# T", cell))
    assert document.blocks == ()
    assert document.warned_cells == (2,)


def test_a_failed_cell_is_an_error_without_its_message():
    """An error output is an error; its message, which may quote a record, is not repeated."""
    cell = code(new_output("error", ename="KeyError", evalue="'P17'", traceback=[]))
    with pytest.raises(ReportError, match="KeyError") as caught:
        read_document(executed("# T", cell))
    assert "P17" not in str(caught.value)


def test_tagged_cells_stay_in_the_notebook():
    """A cell tagged notebook-only may show anything; the page does not have it."""
    cell = code(new_output("stream", name="stdout", text="hi"), tags=["notebook-only"])
    assert read_document(executed("# T", cell)).blocks == ()


@pytest.mark.parametrize(
    "cells", [(), ("# One", "# Two"), (published(TitleBlock("A")), published(TitleBlock("B")))]
)
def test_there_is_one_title(cells):
    """No title, or two of the same kind, is an error."""
    with pytest.raises(ReportError, match="one title"):
        read_document(executed(*cells))


def test_a_published_title_wins():
    """A markdown title for JupyterLab does not compete with the published one."""
    document = read_document(executed("# For the researcher", published(TitleBlock("Report"))))
    assert document.title.title == "Report"


def test_headings_go_down_one_level_at_a_time():
    """A skipped level is an error, because a screen reader cannot follow it."""
    with pytest.raises(ReportError, match="level"):
        read_document(executed("# T", "### Deep"))


def test_figures_and_tables_are_numbered_and_headings_anchored():
    """Labels count each kind by itself; equal headings get different anchors."""
    blocks = [*sample_blocks(), Heading("By stage"), Heading("\u202e")]
    data = read_document(executed(published(sample_title(), *blocks))).to_data()
    labels = [block["label"] for block in data["blocks"] if "label" in block]
    anchors = [block["anchor"] for block in data["blocks"] if "anchor" in block]
    assert labels == ["Table 1", "Figure 1", "Table 2"]
    assert anchors[-3:] == ["by-stage", "by-stage-2", "section"]
    assert len(set(anchors)) == len(anchors)


def test_every_text_is_made_printable_once():
    """Direction marks are shown by number wherever text stands; a drawing is left as it is."""
    svg = SVG.replace("><", ">\n<", 1)
    figure = Figure(alt="a\u202e", caption="c\u202e", svg=svg)
    document = read_document(
        executed(published(TitleBlock("T\u202e", footer=["f\u202e"]), figure)),
        Provenance("now\u202e", (("Asked", "x\u202e"),)),
    )
    data = document.to_data()
    assert data["title"]["title"] == "T[U+202E]"
    assert data["title"]["footer"] == ["f[U+202E]"]
    assert data["provenance"] == {"created": "now[U+202E]", "lines": [["Asked", "x[U+202E]"]]}
    assert data["blocks"][0]["alt"] == "a[U+202E]"
    assert data["blocks"][0]["svg"] == svg
