"""The order of nested levels, and what is read into labels that do not nest."""

import pandas as pd
import pytest

from hinge_outcomes.analysis.pain.nested_design import build_nested_design
from hinge_outcomes.exceptions import NotIdentifiableError
from tests.analysis.pain.nested import nested_scores


def test_levels_that_nest_find_their_own_order() -> None:
    """Whatever the order given, patients lie within clinicians within clinics."""
    frame = nested_scores(3, 3, 3)
    for groups in (["patient", "clinic", "clinician"], ["clinic", "clinician", "patient"]):
        effects = {"patient": "1 + day", "clinician": "1", "clinic": "1"}
        design = build_nested_design(frame, "score ~ day", groups, [effects[g] for g in groups])
        assert [level.group for level in design.levels] == ["patient", "clinician", "clinic"]
        assert design.levels[0].terms == ("Intercept", "day")
        assert design.note == ""
        assert [len(level.labels) for level in design.levels] == [27, 9, 3]
        above = design.levels[1].labels[design.parents[0]]
        told = frame.drop_duplicates("patient").set_index("patient")["clinician"]
        assert (above.to_numpy() == told.loc[design.levels[0].labels].to_numpy()).all()


def test_labels_used_again_in_each_group_are_other_units() -> None:
    """Patients numbered 0 to 2 by every clinician are read within it, and the note says so."""
    frame = nested_scores(3, 3, 3)
    again = frame.assign(patient=frame["patient"] % 3)
    design = build_nested_design(again, "score ~ day", ["clinician", "patient"], ["1", "1"])
    assert "read as patient within clinician" in design.note
    assert len(design.levels[0].labels) == 27
    assert design.levels[0].keys == ("clinician", "patient")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"clinic": 1}, "names 1 group"),
        ({"clinician": lambda rows: rows["patient"]}, "cannot be told apart"),
        ({"patient": range(10_000)}, "it is the residual"),
    ],
)
def test_levels_that_cannot_be_told_are_named(change: dict[str, object], message: str) -> None:
    """One clinic, one patient per clinician, one row per patient: each names the level."""
    frame = nested_scores(3, 3, 3)
    changed = {
        name: list(value)[: len(frame)] if isinstance(value, range) else value
        for name, value in change.items()
    }
    frame = frame.assign(**changed)  # type: ignore[arg-type]
    groups = ["clinic", "clinician", "patient"]
    with pytest.raises(NotIdentifiableError, match=message):
        build_nested_design(frame, "score ~ day", groups, ["1", "1", "1"])


def test_incomplete_rows_are_dropped_before_levels_are_formed() -> None:
    """A row without a clinician belongs to none."""
    frame = nested_scores(3, 3, 3)
    frame["clinician"] = frame["clinician"].astype("Int64")
    frame.loc[0, "clinician"] = pd.NA
    design = build_nested_design(frame, "score ~ day", ["clinician", "patient"], ["1", "1"])
    assert design.fixed.n_dropped == 1
