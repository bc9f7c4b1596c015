"""Standardising over entry stage: weights, their error, and what is merged."""

import numpy as np
import pandas as pd
import pytest

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_population import (
    group_labels,
    stage_in_question,
)
from hinge_outcomes.analysis.progression.mastery_standard import make_standard, stratum_words
from hinge_outcomes.analysis.progression.mastery_stays import (
    REPORTED,
    first_stays,
    read_mastery_days,
)
from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError
from tests.hand_made import cohort_of, episode

ONCE = MasteryCriterion(consecutive=1)


def _cohort(*, n: int = 12, with_sex: bool = True) -> Cohort:
    """Two durations; entries 1 and 5; those who enter at 1 master later and less often.

    Of ``n`` chronic at stage 1 a quarter master on 40, at stage 5 half on 20; of the acute, twice
    as many at each, and they enter at stage 5 more often.
    """
    told = []
    for duration, entry, size, mastered, day in (
        ("chronic", 1, 2 * n, n // 2, 40),
        ("chronic", 5, n, n // 2, 20),
        ("acute", 1, n, n // 2, 40),
        ("acute", 5, 3 * n, 3 * n, 20),
    ):
        for number in range(size):
            is_mastered = number < mastered
            told.append(
                episode(
                    f"{duration}{entry}-{number:03d}",
                    entry=entry,
                    target=6,
                    symptom_duration=duration,
                    visits=[0],
                    ratings=[(day, 6, 3)] if is_mastered else [],
                    end=(day, "goals_met") if is_mastered else (30, "self_discharged"),
                )
            )
    return cohort_of(*told)


def test_groups_are_brought_to_the_mix_of_all_by_hand() -> None:
    """3 n of 7 n enter at 1, 4 n at 5. Chronic: 3/7 * 1/4 + 4/7 * 1/2 = 11/28; acute 3/14 + 4/7.

    Unstandardised they are 1/3 and 7/8, because the acute enter higher.
    """
    options = {"criterion": ONCE, "by": "symptom_duration", "horizon_day": 60}
    plain = estimate_mastery(_cohort(), **options).table()
    brought = estimate_mastery(_cohort(), standardise="entry_stage", **options)
    answers = brought.table().set_index(["group", "quantity"])["estimate"]
    crude = plain.set_index(["group", "quantity"])["estimate"]
    assert crude["chronic", "probability"] == pytest.approx(1 / 3)
    assert crude["acute", "probability"] == pytest.approx(7 / 8)
    assert answers["chronic", "probability"] == pytest.approx(11 / 28)
    assert answers["acute", "probability"] == pytest.approx(3 / 14 + 4 / 7)
    # Days mastered of 60: 20 after day 40, 40 after day 20.
    assert answers["chronic", "mean_days_mastered"] == pytest.approx(
        3 / 7 / 4 * 20 + 4 / 7 / 2 * 40
    )
    assert brought.standard is not None
    assert brought.standard["share"].tolist() == pytest.approx([3 / 7, 4 / 7])
    assert "mix of all 84 episodes: stage 1 43%, stage 5 57%" in brought.summary()


def test_a_given_standard_is_followed_and_brought_to_a_sum_of_one() -> None:
    """With shares 3 and 1 of stages 1 and 5: 3/4 * 1/4 + 1/4 * 1/2 for the chronic."""
    brought = estimate_mastery(
        _cohort(), criterion=ONCE, by="symptom_duration", horizon_day=60,
        standardise="entry_stage", standard={1: 3, 5: 1},
    )  # fmt: skip
    answers = brought.table().set_index(["group", "quantity"])["estimate"]
    assert answers["chronic", "probability"] == pytest.approx(3 / 16 + 1 / 8)
    assert "mix given" in brought.summary()


@pytest.mark.parametrize("standard", [None, {1: 0.5, 2: 0.2, 4: 0.3}], ids=["pooled", "given"])
def test_errors_hold_those_within_strata_and_that_of_the_weights(standard: dict | None) -> None:
    """Influence is sum w_s U_c(F_s), and for the pooled standard + F_s U_c(w_s), put together here.

    Each F_s is an Aalen-Johansen estimate of that stratum alone; U_c(w_s) is the derivative of a
    share to the weight of a patient. Patients return, so clusters are shared by strata and groups.
    """
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=500, seed=3)
    cohort = cohort.select(symptom_duration=["subacute", "chronic"])
    options = {"by": "symptom_duration", "horizon_day": 120}
    brought = estimate_mastery(cohort, standardise="entry_stage", standard=standard, **options)
    strata = brought.standard
    assert strata is not None
    assert len(strata) > 1
    wanted, _ = stage_in_question(cohort, "target")
    stays = first_stays(
        read_mastery_days(cohort, wanted, criterion=MasteryCriterion(), loss=LossRule())
    )
    rows = cohort.episodes.set_index("episode_id").loc[stays["episode_id"]]
    entry = rows["entry_stage"].to_numpy(int)
    stays["patient"] = rows["patient_id"].to_numpy(str)
    stays["group"] = group_labels(cohort, stays["episode_id"], "symptom_duration", None)
    patients = np.unique(stays["patient"])
    number = np.searchsorted(patients, stays["patient"])
    for group in brought.occupancies:
        value, influence = 0.0, np.zeros(len(patients))
        for stratum in strata.itertuples():
            inside = (entry >= stratum.first_stage) & (entry <= stratum.last_stage)
            part = stays[inside & (stays["group"] == group).to_numpy()]
            if not stratum.share:
                continue
            fit = aalen_johansen(
                part, "episode_id", "start_day", "stop_day", "from_state", "to_state",
                states=REPORTED, cluster="patient", times=[120],
            )  # fmt: skip
            own = fit.table().set_index("state").loc["mastered", "estimate"]
            value += stratum.share * own
            place = np.searchsorted(patients, fit.clusters.astype(str))
            influence[place] += (
                stratum.share * fit.influence([120])[:, 0, REPORTED.index("mastered")]
            )
            if standard is None:
                share = inside.mean()
                assert share == pytest.approx(stratum.share)
                influence += own * np.bincount(number, inside - share) / len(stays)
        answer = brought.table().set_index(["group", "quantity", "day"]).loc[
            (group, "probability", 120)
        ]  # fmt: skip
        assert answer["estimate"] == pytest.approx(value, abs=1e-12)
        assert answer["std_error"] == pytest.approx(np.sqrt((influence**2).sum()), abs=1e-12)


def test_without_censoring_the_own_mix_is_the_plain_estimate() -> None:
    """One group brought to its own mix, nobody censored: estimate and error are as they were."""
    options = {"criterion": ONCE, "horizon_day": 60}
    plain = estimate_mastery(_cohort(), **options).table()
    brought = estimate_mastery(_cohort(), standardise="entry_stage", **options).table()
    for column in ("estimate", "std_error"):
        assert brought[column].to_numpy() == pytest.approx(
            plain[column].to_numpy(), abs=1e-12, nan_ok=True
        )


def test_held_mastery_can_be_standardised() -> None:
    """Where mastery may be lost again it has states of its own in each stratum."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=3)
    table = estimate_mastery(
        cohort, kind="maintained", horizon_day=120, standardise="entry_stage"
    ).table()
    chance = table[table["quantity"] == "probability"]
    assert chance["estimate"].between(0.01, 0.99).all()
    plain = estimate_mastery(cohort, kind="maintained", horizon_day=120).table()
    near = plain.loc[plain["quantity"] == "probability", "estimate"].to_numpy()
    assert chance["estimate"].to_numpy() == pytest.approx(near, abs=0.02)


def _episodes(sizes: dict[tuple[str, int], int]) -> pd.DataFrame:
    rows = [
        (group, stage, f"{group}{stage}{number}")
        for (group, stage), size in sizes.items()
        for number in range(size)
    ]
    frame = pd.DataFrame(rows, columns=["group", "entry_stage", "cluster"])
    return frame.assign(goes_on=False, reaches=False)


def test_sparse_stages_are_merged_by_phase_and_sparse_phases_with_a_neighbour() -> None:
    """Stage 2 has nine in group b, so stages 1 to 3 merge; stage 7 is alone in its phase and thin.

    It joins the smaller of its neighbours; stages 4 to 6 have enough and stay apart.
    """
    sizes = {("a", stage): 20 for stage in (1, 2, 3, 4, 5, 6)}
    sizes |= {("b", stage): 20 for stage in (1, 3, 4, 5, 6)} | {("b", 2): 9}
    sizes |= {("a", 7): 3, ("b", 7): 3}
    found = make_standard(_episodes(sizes), None, needs_two_clusters=False)
    assert found.strata == ((1, 2, 3), (4,), (5,), (6, 7))
    assert found.shares.sum() == pytest.approx(1)


def test_a_stage_of_the_standard_that_a_group_lacks_is_merged() -> None:
    """Nobody in b enters at 2, so its chance cannot be weighted alone."""
    sizes = {("a", 1): 20, ("a", 2): 20, ("b", 1): 20}
    found = make_standard(_episodes(sizes), {1: 1, 2: 1}, needs_two_clusters=False)
    assert found.strata == ((1, 2),)
    alone = make_standard(_episodes(sizes), {1: 1}, needs_two_clusters=False)
    assert alone.strata == ((1,), (2,))
    assert alone.weighty == [0]


def test_strata_are_named_for_a_reader() -> None:
    """One stage by its number, several by their phases."""
    assert stratum_words((5,)) == "stage 5"
    assert stratum_words((6, 7)) == "stages 6 to 7 (load it, transfer it)"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"standardise": "age"}, "Allowed: entry_stage"),
        ({"standard": {1: 1.0}}, "needs standardise="),
        ({"standardise": "entry_stage", "standard": {11: 1.0}}, "stages run from 1 to 10"),
        ({"standardise": "entry_stage", "standard": {1: -1.0}}, "0 or more"),
        ({"standardise": "entry_stage", "standard": {}}, "shares by entry stage"),
    ],
)
def test_a_standard_that_is_none_is_refused(options: dict, message: str) -> None:
    """Each wrong standard raises an error that shows a right one."""
    with pytest.raises(AnalysisError, match=message):
        estimate_mastery(_cohort(), criterion=ONCE, horizon_day=60, **options)


def test_episodes_without_an_entry_stage_are_left_out_and_counted() -> None:
    """They can be mastered but not standardised; excluded and analysed are all episodes."""
    told = [episode("X", entry=None, target=6), episode("Y", entry=1, target=6)]
    result = estimate_mastery(cohort_of(*told), standardise="entry_stage", horizon_day=30)
    assert result.excluded["without an entry stage"] == 1
    assert result.n_analysed + result.n_excluded == 2
