"""Taking a flat export apart: which rows belong to which form."""

from pathlib import Path

from tests.redcap_exports import BASELINE, as_csv, take_project

HEADER = ["case_no", "redcap_repeat_instrument", "redcap_repeat_instance", "surname", "pain"]


def test_a_form_may_be_called_by_its_title(tmp_path: Path) -> None:
    """An export of labels writes the form's title in place of its name."""
    rows = [HEADER, ["1", "", "", "Doe", ""], ["1", "Visit", "1", "", "3"]]
    project = take_project(tmp_path, as_csv(rows), BASELINE)
    assert project.instruments["visit"]["pain"].tolist() == [3]
    assert not len(project.findings)


def test_a_form_with_any_title_is_known_by_what_is_filled_in(tmp_path: Path) -> None:
    """A title unlike the name is that of the form that alone has answers on its rows."""
    rows = [HEADER, ["1", "", "", "Doe", ""], ["1", "Termin", "1", "", "3"]]
    project = take_project(tmp_path, as_csv(rows), BASELINE)
    assert project.instruments["visit"]["pain"].tolist() == [3]


def test_boxes_ticked_by_label_leave_the_others_unticked(tmp_path: Path) -> None:
    """Where a ticked box holds its label, an empty one beside it means no."""
    rows = [
        ["case_no", "surname", "goals___1", "goals___2", "baseline_complete"],
        ["1", "Doe", "Lift", "", "Complete"],
        ["2", "", "", "", "Incomplete"],
    ]
    baseline = take_project(tmp_path, as_csv(rows), BASELINE).instruments["baseline"]
    assert baseline["goals___1"].isna().tolist() == [False, True]
    assert baseline.loc[0, ["goals___1", "goals___2"]].tolist() == [True, False]


def test_a_row_without_a_record_is_told(tmp_path: Path) -> None:
    """Nobody knows whose answers they are."""
    project = take_project(tmp_path, as_csv([["case_no", "surname"], ["", "Doe"]]), BASELINE)
    assert project.findings[["line", "column", "rule"]].to_numpy().tolist() == [
        [2, "case_no", "required_missing"]
    ]
