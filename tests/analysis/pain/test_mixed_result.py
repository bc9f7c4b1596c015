"""What a fitted mixed model shows, of one level and of several."""

import pytest

from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from tests.analysis.pain.nested import nested_scores


def test_one_level_names_its_groups_by_their_column() -> None:
    """Effects of patients stand under the column of patients."""
    fit = fit_mixed_model(nested_scores(2, 2, 4), "score ~ day", group="patient")
    assert list(fit.random_effects().columns)[:2] == ["patient", "term"]
    assert (fit.n_groups, fit.groups, fit.randoms) == (16, ("patient",), ("1 + day",))


def test_several_levels_name_level_and_unit() -> None:
    """One table for all levels, innermost first; the summary counts each."""
    fit = fit_mixed_model(
        nested_scores(3, 3, 4), "score ~ day", group=["clinic", "clinician", "patient"],
        random=["1", "1", "1"],
    )  # fmt: skip
    effects = fit.random_effects()
    assert list(effects.columns)[:3] == ["level", "unit", "term"]
    assert effects["level"].unique().tolist() == ["patient", "clinician", "clinic"]
    assert effects["level"].value_counts().to_dict() == {"patient": 36, "clinician": 9, "clinic": 3}
    assert fit.n_units == (36, 9, 3)
    assert "36 groups of patient, 9 groups of clinician, 3 groups of clinic" in fit.summary()


def test_labels_used_again_are_named_with_what_they_lie_in() -> None:
    """Patient 0 of two clinicians are two units, and the message says how they were read."""
    frame = nested_scores(2, 3, 4).assign(patient=lambda rows: rows["patient"] % 4)
    fit = fit_mixed_model(frame, "score ~ day", group=["clinician", "patient"], random=["1", "1"])
    units = fit.random_effects().query("level == 'patient'")["unit"]
    assert units.iloc[0] == "0 / 0"
    assert len(units) == 24
    assert "read as patient within clinician" in fit.message
    own = fit.predict(frame.head(3), has_random_effects=True)["estimate"]
    average = fit.predict(frame.head(3))["estimate"]
    added = fit.random_effects()
    both = added[
        (added["unit"] == "0 / 0") | ((added["level"] == "clinician") & (added["unit"] == 0))
    ]
    assert (own - average).iloc[0] == pytest.approx(both["estimate"].sum())
