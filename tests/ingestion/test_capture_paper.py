"""The paper form: both sides of one sheet, tagged, with the words of the declarations."""

from pathlib import Path

import pytest
from pypdf import PdfReader

from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.progression import MASTERY_LEVELS, STAGES
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.ingestion.capture_paper import PAPERS, write_capture_paper


@pytest.mark.parametrize("paper", PAPERS)
def test_a_course_is_both_sides_of_one_sheet(paper: str, tmp_path: Path) -> None:
    """Two pages on either paper, tagged for screen readers, the clinic's name at the head."""
    path = write_capture_paper(tmp_path / "form.pdf", clinic_name="Alder Street", paper=paper)
    pdf = PdfReader(path)
    assert len(pdf.pages) == 2
    assert pdf.trailer["/Root"]["/MarkInfo"]["/Marked"]
    text = pdf.pages[0].extract_text()
    assert "Alder Street" in text
    assert all(stage.name in text for stage in STAGES)


def test_the_back_says_how_stages_are_rated(tmp_path: Path) -> None:
    """Every rating, every purpose of a stage and every questionnaire by its name alone."""
    text = PdfReader(write_capture_paper(tmp_path / "form.pdf")).pages[1].extract_text()
    flat = " ".join(text.split())
    assert all(level in flat for level in MASTERY_LEVELS)
    assert all(stage.purpose in flat for stage in STAGES)
    assert all(tool.name in flat for tool in INSTRUMENTS.values())


def test_the_form_is_the_same_file_every_day(tmp_path: Path) -> None:
    """Equal words, equal bytes."""
    one = write_capture_paper(tmp_path / "one.pdf", clinic_name='#strong("A") [x] $y$ _z_')
    two = write_capture_paper(tmp_path / "two.pdf", clinic_name='#strong("A") [x] $y$ _z_')
    assert one.read_bytes() == two.read_bytes()
    assert '#strong("A") [x] $y$ _z_' in PdfReader(one).pages[0].extract_text()


def test_unknown_paper_is_refused(tmp_path: Path) -> None:
    """The message names the papers there are."""
    with pytest.raises(DataError, match="a4 or letter"):
        write_capture_paper(tmp_path / "form.pdf", paper="a5")
