"""Cells that a spreadsheet would run are made harmless, and nothing else is touched."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.formulas import neutralise, neutralise_cohort
from tests.records import CUT, small_cohort, small_tables

FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", "+49 30 1234", "-3 at rest", "@SUM(A1)", "\t=1", "\r=1", "  =1",
    "＝1", "－x", "-", "+", "=", "-2+3",
]  # fmt: skip
HARMLESS = ["ok", "-3", "+5", "-1.5", "-1,5", "-.5", "-1e-5", "a=b", "3-5", "'=1", "", "E1"]


@pytest.mark.parametrize("dtype", ["str", "object", "category"])
def test_formulas_get_an_apostrophe(dtype: str) -> None:
    """Every beginning that runs as a formula is stopped, in texts, objects and categories."""
    frame = pd.DataFrame({"note": pd.Series([*FORMULAS, *HARMLESS, None]).astype(dtype)})
    found = neutralise(frame)["note"].astype("object")
    assert found.tolist()[:-1] == [*("'" + text for text in FORMULAS), *HARMLESS]
    assert pd.isna(found.iloc[-1])


def test_what_needs_nothing_is_the_same_table() -> None:
    """Numbers, dates, lists and plain texts are left as they are."""
    frame = pd.DataFrame({"n": [-1.5], "d": pd.to_datetime(["2026-01-01"]), "t": ["-3"]})
    frame["items"] = pd.Series([[1, None]], dtype="object")
    assert neutralise(frame) is frame
    mixed = pd.DataFrame({"m": pd.Series([-1, "=1", None], dtype="object")})
    assert neutralise(mixed)["m"].tolist() == [-1, "'=1", None]


@given(st.lists(st.text(max_size=8)))
def test_no_text_begins_with_a_sign_of_a_formula(texts: list[str]) -> None:
    """Afterwards no text runs as a formula, and doing it twice changes nothing."""
    frame = pd.DataFrame({"note": pd.Series(texts, dtype="str")})
    once = neutralise(frame)
    begins = once["note"].str.lstrip().str[:1].isin(list("=+-@"))
    is_number = pd.to_numeric(once["note"].str.replace(",", "."), errors="coerce").notna()
    assert (~begins | is_number).all()
    pd.testing.assert_frame_equal(neutralise(once), once)


def test_a_clean_cohort_is_given_back() -> None:
    """Records without such texts, as `ingest` makes them, are the very same cohort."""
    cohort = small_cohort()
    assert neutralise_cohort(cohort) is cohort


def test_keys_still_meet() -> None:
    """Ids that look like formulas change alike in every table, code list, cut and name."""
    tables = {
        name: frame.assign(
            **{
                column: frame[column].replace(old, new)
                for column, old, new in (
                    ("episode_id", "e1", "=e1"), ("clinic_id", "C01", "-C01")
                )
                if column in frame
            }
        )
        for name, frame in small_tables().items()
    }  # fmt: skip
    tables["episodes"]["x_arm"] = ["+a", "b", "b"]
    cohort = small_cohort(
        **tables,
        data_cut={"-C01": CUT, "C02": CUT},
        clinic_names={"-C01": "Hill"},
        extra_columns=(ExtraColumn("episodes", "x_arm", "category", allowed=("+a", "b")),),
    )
    safe = neutralise_cohort(cohort)
    assert safe.clinics == ("'-C01", "C02")
    assert safe.data_cut == {"'-C01": CUT, "C02": CUT}
    assert safe.clinic_name("'-C01") == "Hill"
    assert (safe.visits["episode_id"] == "'=e1").sum() == 3
    assert safe.extra_columns[0].allowed == ("'+a", "b")
    assert cohort.clinics == ("-C01", "C02")
