"""Every notebook runs from its records to both pages, with the same numbers in each."""

import re
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pypdf
import pytest

from hinge_outcomes.cohort.storage import write_cohort
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.reporting.notebooks import notebook_names
from hinge_outcomes.reporting.parameters import REPORTS
from hinge_outcomes.reporting.render import RenderedReport, render_report
from tests.shared import SHARED, needs_shared

ROOT = Path(__file__).resolve().parents[2]
SYNTHETIC = ROOT / "data" / "synthetic" / "clinic"

MADE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")


class _Text(HTMLParser):
    """The words of a page, without style and drawings; and its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._skipped += tag in ("style", "svg", "script")

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("style", "svg", "script")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.words.append(data)


def read_html(report: RenderedReport) -> _Text:
    """Parse a report's web page."""
    page = _Text()
    page.feed(report.paths["html"].read_text(encoding="utf-8"))
    return page


def numbers_of(text: str) -> set[str]:
    """All numbers with a decimal point or a percent sign: what estimates look like."""
    return set(re.findall(r"−?\d+(?:\.\d+)?%|−?\d+\.\d+", text))


def read_pdf(report: RenderedReport) -> str:
    """The text of a report's PDF."""
    reader = pypdf.PdfReader(BytesIO(report.paths["pdf"].read_bytes()))
    return "\n".join(page.extract_text() for page in reader.pages)


def test_every_notebook_is_a_report() -> None:
    """The packaged notebooks are those of the reports, no more and no fewer."""
    assert set(notebook_names()) == {item.notebook for item in REPORTS.values()}


@pytest.mark.parametrize("name", sorted(REPORTS))
def test_a_notebook_becomes_two_pages_with_the_same_numbers(name: str, tmp_path: Path) -> None:
    """On one synthetic clinic: every number of the web page's text stands in the PDF."""
    report = render_report(name, SYNTHETIC, {"clinic_id": "C01"}, tmp_path)
    page = read_html(report)
    told = numbers_of(" ".join(page.words))
    assert len(told) > 10
    assert told <= numbers_of(read_pdf(report))
    figures = [attrs for tag, attrs in page.tags if tag == "img"]
    assert figures
    assert all(len(attrs.get("alt") or "") > 20 for attrs in figures)
    assert sum(tag == "h1" for tag, _ in page.tags) == 1
    assert all(attrs.get("scope") in ("col", "row") for tag, attrs in page.tags if tag == "th")
    assert not [
        attrs
        for tag, attrs in page.tags
        for key in ("src", "href")
        if re.match(r"(https?:)?//", attrs.get(key) or "")
    ]


def test_two_runs_give_the_same_page_but_for_the_time(tmp_path: Path) -> None:
    """The quarterly page twice: identical HTML once the time stamp is taken out."""
    pages = [
        render_report(
            "quarterly-outcomes", SYNTHETIC, {"clinic_id": "C06"}, tmp_path / run, formats=["html"]
        )
        .paths["html"]
        .read_text(encoding="utf-8")
        for run in ("one", "two")
    ]
    assert len(MADE.findall(pages[0])) == 1
    assert MADE.sub("", pages[0]) == MADE.sub("", pages[1])


@needs_shared
def test_a_real_trial_without_stages_is_reported(tmp_path: Path) -> None:
    """Ashar 2022: both audiences print pain and disability, and say that no stage was recorded.

    Of 50, 51 and 50 randomised, 44, 44 and 47 came back: 3 to 7 are missing in each arm. The
    clinic's own desk sees these counts, a released page does not.
    """
    intake = ingest(
        SHARED / "real" / "ashar2022_outcomes.csv",
        mapping=ROOT / "examples" / "ashar" / "mapping.toml",
    )
    folder = write_cohort(intake.cohort, tmp_path / "ashar")
    for audience in ("release", "internal"):
        report = render_report(
            "quarterly-outcomes", folder, {"audience": audience}, tmp_path / "out"
        )
        for text in (" ".join(read_html(report).words), read_pdf(report)):
            flat = " ".join(text.split())
            assert "holds no stage assessments" in flat
            assert "The trial publishes no dates" in flat
            assert "Pain fell by 1.4 points on average in 6 weeks" in flat
            arms = re.findall(r"\b[123] (5[01]) (\d+|hidden) [34]\.\d", flat)
            missing = [count for _, count in arms]
            assert missing == (["hidden"] * 3 if audience == "release" else ["6", "7", "3"])
        assert ("INTERNAL" in report.paths["html"].name) is (audience == "internal")
