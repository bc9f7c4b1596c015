"""The web page."""

import re
from html.parser import HTMLParser

import pytest

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
from hinge_outcomes.reporting.render_html import html_page
from tests.reporting.sample import HOSTILE, SVG, executed, published, sample_blocks, sample_title


class Page(HTMLParser):
    """Elements and text of a page, as a browser would find them."""

    def __init__(self, page):
        super().__init__()
        self.elements, self.text = [], ""
        self._inside = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" not in self._inside:
            self.text += data

    def all(self, tag):
        """Return the attributes of every element of this kind."""
        return [attrs for name, attrs in self.elements if name == tag]


def sample_page(**title):
    """Return the sample report as a page."""
    notebook = executed(published(sample_title(**title), *sample_blocks()))
    return html_page(read_document(notebook, Provenance("now", (("Asked", "C01"),))), notebook)


def test_the_page_needs_nothing_from_outside():
    """No address of the network, no script, no code cell: one file that works offline."""
    page = sample_page()
    assert "http" not in page
    assert "<script" not in page
    assert "publish()" not in page
    parsed = Page(page)
    links = [attrs["href"] for attrs in parsed.all("a") + parsed.all("link")]
    assert all(link.startswith(("#", "data:")) for link in links)
    assert all(attrs["src"].startswith("data:image/") for attrs in parsed.all("img"))
    assert not re.search(r"url\((?!\"data:)", page)
    assert "@import" not in page


def test_the_page_can_be_read_without_eyes():
    """Language, one first heading, alt on figures, scope on headers, captions, a way to skip."""
    page = Page(sample_page())
    assert page.all("html") == [{"lang": "en"}]
    assert len(page.all("h1")) == 1
    assert all(attrs["alt"] for attrs in page.all("img"))
    assert {attrs["scope"] for attrs in page.all("th")} == {"col", "row"}
    assert len(page.all("caption")) == len(page.all("table")) == 2
    assert page.all("a")[0]["href"] == "#content"
    assert any(attrs.get("id") == "content" for attrs in page.all("main"))
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_the_audience_and_invented_patients_are_marked():
    """INTERNAL stands on internal pages only; invented patients are always named as such."""
    released, internal = sample_page(), sample_page(audience="internal", is_synthetic=False)
    assert "INTERNAL" not in Page(released).text
    assert "Every patient on this page is invented" in released
    assert "INTERNAL" in Page(internal).text
    assert "invented" not in internal
    assert 'content: "INTERNAL"' in internal


def test_everything_said_is_on_the_page():
    """Every text of every block is on the page, numbered where it is an exhibit."""
    text = " ".join(Page(sample_page()).text.split())
    for block in sample_blocks():
        for words in texts_of(block.to_data()):
            assert words in text
    for label in ("Table 1.", "Figure 1.", "Table 2.", "Assumptions", "Provenance", "Made"):
        assert label in text


def texts_of(data):
    """Return what a block says, from its data."""
    if isinstance(data, list):
        return [words for item in data for words in texts_of(item)]
    if not isinstance(data, dict):
        return [" ".join(data.split())] if isinstance(data, str) and data else []
    hidden = {"kind", "svg", "png", "alt", "alignment", "row_header", "tone", "style"}
    return [words for key, item in data.items() if key not in hidden for words in texts_of(item)]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_text_is_shown_as_text(text):
    """Wherever a text can stand, markup in it is shown and adds no element."""

    def page(words):
        blocks = Blocks(
            sample_title(
                title=words, clinic=words, quarter=words, footer=[words], facts={words: words}
            ),
            Heading(words),
            Prose(words),
            Bullets([words]),
            Notice(words, title=words),
            KeyNumbers([KeyNumber(words, words, words)]),
            Figure(alt=words, caption=words, svg=SVG),
            Table(caption=words, columns=[words], rows=[[words]], notes=[words]),
        )
        document = read_document(executed(published(blocks)), Provenance(words, ((words, words),)))
        return Page(html_page(document))

    hostile, harmless = page(text), page("harmless")
    assert [tag for tag, _ in hostile.elements] == [tag for tag, _ in harmless.elements]
    shown = show_characters(text)
    assert hostile.text.count(shown) == harmless.text.count("harmless")
    assert hostile.all("img")[0]["alt"] == shown


def test_a_column_without_a_name_is_no_header():
    """The corner of a table may be empty; only cells with words are headers."""
    table = Table(caption="c", columns=["", "n"], rows=[["a", "1"]])
    page = Page(html_page(read_document(executed(published(sample_title(), table)))))
    assert [attrs["scope"] for attrs in page.all("th")] == ["col", "row"]


def test_equal_documents_make_equal_pages():
    """Nothing on the page depends on the moment it is made, but the time it is given."""
    assert sample_page() == sample_page()
