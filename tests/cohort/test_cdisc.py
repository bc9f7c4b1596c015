"""ADaM data sets: one subject a row, days without a day 0, and CNSR the right way round."""

import pandas as pd
import pytest
from hypothesis import given, settings

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.follow_up_scores import derive_follow_up_scores
from hinge_outcomes.cohort.cdisc import PARAMETER_CODES, derive_adam
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule
from hinge_outcomes.exceptions import NotIdentifiableError
from tests.records import small_cohort
from tests.strategies import cohorts


@pytest.fixture(scope="module")
def records() -> Cohort:
    """Made-up patients, some of whom return."""
    return ho.simulate(ho.Scenario.default(), n_episodes=800, seed=4)


def times_of(cohort: Cohort, code: str) -> pd.DataFrame:
    """The rows of one parameter of ADTTE, by episode."""
    times = derive_adam(cohort).datasets["ADTTE"]
    return times[times["PARAMCD"] == code].set_index("EPISODE")


def test_small_cohort_by_hand() -> None:
    """Mastered on day 14, discharged herself on day 21, still in care on day 20."""
    mastery = times_of(small_cohort(), "MASTERY")
    assert mastery["AVAL"].to_dict() == {"e1": 14, "e2": 21, "e3": 20}
    assert mastery["CNSR"].to_dict() == {"e1": 0, "e2": 4, "e3": 1}
    assert mastery.loc["e1", "EVNTDESC"] == "DOCUMENTED MASTERY OF OWN TARGET STAGE"
    assert pd.isna(mastery.loc["e1", "CNSDTDSC"])
    assert mastery.loc["e3", "CNSDTDSC"] == "LAST DAY TO WHICH AN EVENT WOULD BE KNOWN"
    assert mastery.loc["e2", "ADT"] == pd.Timestamp("2026-02-23")
    assert times_of(small_cohort(), "LOST")["CNSR"].to_dict() == {"e1": 2, "e2": 0, "e3": 1}
    assert times_of(small_cohort(), "ENDCARE")["CNSR"].to_dict() == {"e1": 0, "e2": 0, "e3": 1}


def test_cnsr_is_the_right_way_round(records: Cohort) -> None:
    """Rows with CNSR 0 are as many as `estimate_mastery` counts events, and so is every end."""
    counted = ho.estimate_mastery(records).end_counts.set_index("state")["n_episodes"]
    found = times_of(records, "MASTERY")["CNSR"].value_counts()
    due = {0: "mastered", 1: "censored", 2: "discharged", 3: "referred", 4: "lost"}
    assert {code: int(found.get(code, 0)) for code in due} == {
        code: int(counted[state]) for code, state in due.items()
    }
    assert found[0] > 100


def test_times_are_those_of_the_stays(records: Cohort) -> None:
    """AVAL of mastery is the day on which the episode's last stay stops."""
    stays = ho.derive_stays(records).groupby("episode_id")["stop_day"].max()
    mastery = times_of(records, "MASTERY")["AVAL"].clip(lower=0.5)
    pd.testing.assert_series_equal(
        mastery.sort_index(), stays, check_names=False, check_dtype=False, check_index_type=False
    )


def test_the_loss_rule_is_the_one_asked_for(records: Cohort) -> None:
    """A rule that waits longer finds fewer lost."""
    adam = derive_adam(records, loss=LossRule(gap_days=84)).datasets["ADTTE"]
    longer = (adam.loc[adam["PARAMCD"] == "LOST", "CNSR"] == 0).sum()
    assert 0 < longer < (times_of(records, "LOST")["CNSR"] == 0).sum()


def test_subjects_are_patients_on_their_first_day() -> None:
    """One row per patient; site, stage and date are those of the first episode."""
    subjects = derive_adam(small_cohort(), study_id="BACK01").datasets["ADSL"]
    assert subjects["USUBJID"].tolist() == ["BACK01-p1", "BACK01-p2"]
    second = subjects.iloc[1]
    assert (second["SITEID"], second["ENTRYSTG"], second["NEPISODE"]) == ("C01", 2, 2)
    assert (second["AGE"], second["SEX"], second["SYMDUR"]) == (46, "M", "CHRONIC")
    assert second["TRTSDT"] == pd.Timestamp("2026-02-02")


def test_scores_by_hand() -> None:
    """Day 0 is ADY 1, day -3 stays -3; the baseline is flagged, change is given after it only."""
    scores = derive_adam(small_cohort()).datasets["ADQS"]
    columns = ["EPISODE", "PARAMCD", "AVAL", "ADY", "AVISIT", "ABLFL", "BASE", "CHG"]
    rows = scores[columns].astype("object").where(scores[columns].notna(), None)
    assert [tuple(row) for row in rows.to_numpy().tolist()] == [
        ("e1", "NPRS", 6.0, 1, "BASELINE", "Y", 6.0, None),
        ("e1", "NPRS", 3.0, 15, None, None, 6.0, -3.0),
        ("e2", "ODI", 44.4444444444, -3, "BASELINE", "Y", 44.4444444444, None),
    ]


@pytest.mark.parametrize("day", [42, 91, 182, 364])
def test_change_is_that_of_the_analysis(records: Cohort, day: int) -> None:
    """CHG at a planned visit is the change that `estimate_change` averages, episode by episode."""
    due = derive_follow_up_scores(records, at_day=day).set_index("episode_id")["change"].dropna()
    scores = derive_adam(records).datasets["ADQS"]
    here = scores[(scores["PARAMCD"] == "NPRS") & (scores["AVISITN"] == day)]
    found = here.set_index("EPISODE")["CHG"].dropna()
    assert len(due) > 20
    pd.testing.assert_series_equal(
        found.sort_index(), due.sort_index(), check_names=False, check_index_type=False
    )


def test_names_and_labels_fit_sas(records: Cohort) -> None:
    """Variables and parameters have at most 8 characters, labels and titles at most 40."""
    adam = derive_adam(records)
    variables = adam.variables()
    assert variables["variable"].str.len().max() <= 8
    assert variables["label"].str.len().between(1, 40).all()
    assert max(map(len, [*adam.titles.values()])) <= 40
    assert len(set(PARAMETER_CODES.values())) == len(ho.INSTRUMENTS)
    assert max(map(len, PARAMETER_CODES.values())) <= 8
    assert set(variables["type"]) == {"text", "integer", "float", "date"}


@settings(max_examples=40)
@given(cohorts())
def test_any_cohort_keeps_the_rules_of_adam(cohort: Cohort) -> None:
    """Keys are unique, ADT follows from AVAL, and only what is censored says why."""
    adam = derive_adam(cohort).datasets
    assert adam["ADSL"]["USUBJID"].is_unique
    assert not adam["ADQS"].duplicated(["EPISODE", "PARAMCD", "ADY"]).any()
    times = adam["ADTTE"]
    assert not times.duplicated(["EPISODE", "PARAMCD"]).any()
    assert ((times["ADT"] - times["STARTDT"]).dt.days == times["AVAL"]).all()
    assert (times["CNSDTDSC"].isna() == (times["CNSR"] == 0)).all()
    assert set(times["USUBJID"]) <= set(adam["ADSL"]["USUBJID"])
    assert len(adam["ADQS"]) == len(cohort.outcomes)


def test_a_cohort_without_stages_has_no_mastery() -> None:
    """Without target stages there are times to loss and end of care, none to mastery."""
    cohort = small_cohort()
    episodes = cohort.episodes.assign(entry_stage=None, target_stage=None, end_reason=None)
    episodes = episodes.assign(end_day=None, last_observed_day=[268, 240, 20])
    empty = {name: getattr(cohort, name).iloc[:0] for name in ("assessments", "visits")}
    times = derive_adam(small_cohort(episodes=episodes, **empty)).datasets["ADTTE"]
    assert set(times["PARAMCD"]) == {"LOST", "ENDCARE"}


def test_a_deidentified_cohort_has_no_dates_or_no_times(records: Cohort) -> None:
    """Where every end was seen, days remain and dates go; where not, the refusal names why."""
    ended = records.select(end_reason=["mastered", "goals_met", "referred_out"])
    adam = derive_adam(ho.deidentify(ended))
    assert not {"ADT", "STARTDT", "TRTSDT"} & set(adam.variables()["variable"])
    assert (
        adam.datasets["ADTTE"]["AVAL"].sum() == derive_adam(ended).datasets["ADTTE"]["AVAL"].sum()
    )
    with pytest.raises(NotIdentifiableError, match="last_observed_day is missing in"):
        derive_adam(ho.deidentify(records))
