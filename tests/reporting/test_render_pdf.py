"""The printed page."""

import io
import re

import pytest
from pypdf import PdfReader

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.blocks import (
    Blocks,
    Bullets,
    Figure,
    Heading,
    KeyNumber,
    KeyNumbers,
    Notice,
    Prose,
    Table,
)
from hinge_outcomes.reporting.characters import show_characters
from hinge_outcomes.reporting.document import Provenance, read_document
from hinge_outcomes.reporting.render_pdf import pdf_page
from tests.reporting.sample import HOSTILE, SVG, executed, published, sample_blocks, sample_title
from tests.reporting.test_render_html import Page, sample_page, texts_of

PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)


def sample_document(created="2026-11-23 04:00:00 UTC", **title):
    """Return the sample report."""
    notebook = executed(published(sample_title(**title), *sample_blocks()))
    return read_document(notebook, Provenance(created, (("Asked", "C01"),)))


def words_of(pdf):
    """Return the text of every page, without spaces: lines break where the paper ends."""
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return re.sub(r"[\s\u200b]+", "", text)


def test_the_pdf_is_tagged_and_named():
    """The PDF declares PDF/UA-1, its language, its title, and carries a structure tree."""
    reader = PdfReader(io.BytesIO(pdf_page(sample_document())))
    catalog = reader.trailer["/Root"]
    assert catalog["/MarkInfo"]["/Marked"]
    assert "/StructTreeRoot" in catalog
    assert catalog["/Lang"] == "en"
    assert reader.metadata.title == "Quarterly outcomes · Riverside Physiotherapy · Jul–Sep 2026"
    assert "pdfuaid" in catalog["/Metadata"].get_data().decode("utf-8")


def test_the_pdf_says_what_the_page_says():
    """Every text of every block is in the PDF, and so are all numbers of the web page."""
    words = words_of(pdf_page(sample_document()))
    for block in sample_blocks():
        for text in texts_of(block.to_data()):
            assert re.sub(r"\s", "", text) in words
    numbers = set(re.findall(r"\d+(?:\.\d+)?%?", Page(sample_page()).text))
    assert {number for number in numbers if number not in words} == set()


def test_no_source_of_the_template_is_printed():
    """The PDF holds no word of the template's own language."""
    words = words_of(pdf_page(sample_document(audience="internal")))
    for source in ("#let", "#show", "else{", "span.", "data.", "head.", "doc.", "=>", "1fr"):
        assert source not in words


def test_every_page_carries_its_marks_and_number():
    """INTERNAL and page x of y stand on every page of an internal report, and on none else."""
    internal = PdfReader(io.BytesIO(pdf_page(sample_document(audience="internal")))).pages
    released = PdfReader(io.BytesIO(pdf_page(sample_document(is_synthetic=False)))).pages
    assert len(internal) > 1
    for number, page in enumerate(internal, start=1):
        text = page.extract_text()
        assert "INTERNAL" in text
        assert "Synthetic data" in text
        assert f"Page {number} of {len(internal)}" in text
    assert not any(
        mark in page.extract_text() for page in released for mark in ("INTERNAL", "ynthetic")
    )


def test_a_long_table_repeats_its_head():
    """A table over two pages names its columns on both."""
    pages = PdfReader(io.BytesIO(pdf_page(sample_document()))).pages
    with_rows = [page for page in pages if "A sentence on what" in page.extract_text()]
    assert len(with_rows) > 1
    assert all("Median days" in page.extract_text() for page in with_rows)


def test_only_bundled_fonts_are_used():
    """Every font in the PDF is one of the bundled DejaVu faces."""
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(io.BytesIO(pdf_page(sample_document()))).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts
    assert all("DejaVu" in font for font in fonts)


def test_the_paper_is_as_asked():
    """A4 and letter have their sizes; another paper is refused."""
    for paper, size in (("a4", (595, 842)), ("letter", (612, 792))):
        box = PdfReader(io.BytesIO(pdf_page(sample_document(), paper=paper))).pages[0].mediabox
        assert (round(box.width), round(box.height)) == size
    with pytest.raises(ReportError, match="letter"):
        pdf_page(sample_document(), paper="a5")


def test_equal_documents_make_equal_bytes():
    """The PDF's bytes depend on the document alone, also where it has no time."""
    assert pdf_page(sample_document()) == pdf_page(sample_document())
    assert pdf_page(sample_document(created="")) == pdf_page(sample_document(created=""))


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_printed_as_text(text):
    """Wherever a text can stand, markup in it is printed and not obeyed."""
    blocks = Blocks(
        sample_title(title=text, clinic=text, footer=[text], facts={"fact": text}),
        Heading(text),
        Prose(text),
        Bullets([text]),
        Notice(text, title=text),
        KeyNumbers([KeyNumber("a label", text, text)]),
        Figure(alt=text, caption=text, svg=SVG),
        Table(caption=text, columns=["c"], rows=[[text]], notes=[text]),
    )
    document = read_document(executed(published(blocks)), Provenance("now", (("Asked", text),)))
    printed = words_of(pdf_page(document))
    # Title, clinic, fact, heading, prose, bullet, notice (2), number (2), captions (2), cell,
    # note, assumption, provenance.
    assert printed.count(re.sub(r"\s", "", show_characters(text))) >= 16


def test_a_figure_may_be_a_png():
    """A figure without SVG is set from its PNG."""
    figure = Figure(alt="A dot.", caption="One dot.", png=PNG)
    document = read_document(executed(published(sample_title(), figure)))
    assert "Onedot." in words_of(pdf_page(document))


def test_a_broken_drawing_is_an_error_that_quotes_nothing():
    """A drawing that cannot be read is one sentence, without the drawing's content."""
    figure = Figure(alt="A dot.", caption="One dot.", svg="P17 is no drawing")
    document = read_document(executed(published(sample_title(), figure)))
    with pytest.raises(ReportError, match="PDF could not be made") as caught:
        pdf_page(document)
    assert "P17" not in str(caught.value)


@pytest.mark.parametrize("before", [36, 37, 38, 39, 40, 41])
def test_a_caption_stays_with_its_table(before):
    """Wherever a page ends, a table's caption is on the page of its first row."""
    table = next(b for b in sample_blocks() if b.kind == "table" and "ten stages" in b.caption)
    blocks = [Prose("A line before.")] * before
    document = read_document(executed(published(sample_title(), *blocks, table)))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf_page(document))).pages]
    first = next(page for page in pages if "The ten stages" in page)
    assert "A sentence on what" in first
