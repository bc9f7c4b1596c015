"""Documented mastery with competing ends: known answers, traps, refusals."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.mastery import KINDS, estimate_mastery
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError
from tests.hand_made import cohort_of, episode
from tests.strategies import cohorts

ONCE = MasteryCriterion(consecutive=1)
"""One automatic rating suffices, so that a hand-made mastery is one row."""


def mastered(name: str, day: int, **more: object) -> dict:
    """Tell an episode that masters its target, stage 3, on a day, and ends care that day."""
    return episode(name, entry=3, ratings=[(day, 3, 3)], visits=[0], end=(day, "goals_met"), **more)


def lost(name: str, day: int, **more: object) -> dict:
    """Tell an episode whose patient stops coming."""
    return episode(name, entry=3, end=(day, "self_discharged"), visits=[day], **more)


def censored(name: str, day: int, **more: object) -> dict:
    """Tell an episode that is open at the data cut."""
    return episode(name, entry=3, observed=day, visits=[day], **more)


KNOWN_ANSWER_3 = (
    mastered("A", 10), lost("B", 20), censored("C", 20), mastered("D", 30), censored("E", 40),
    mastered("F", 50),
)  # fmt: skip


def probability(result: MasteryEstimate, day: float, group: str = "all") -> float:
    """Read the step function at a day."""
    curve = result.curve()
    curve = curve[(curve["group"] == group) & (curve["day"] <= day)]
    return float(curve["estimate"].iloc[-1])


def answer(result: MasteryEstimate, quantity: str, column: str = "estimate") -> float:
    """Read one answer."""
    rows = result.table().set_index("quantity")
    return float(rows.loc[quantity, column])


def test_known_answer_3_through_the_records() -> None:
    """KA3: mastered 10, lost 20, censored 20, mastered 30, censored 40, mastered 50.

    At 10: 1/6. At 20 one of 5 is lost, one censored after it: S = 5/6 * 4/5 = 2/3. At 30 one of
    3 masters: 1/6 + 2/3 * 1/3 = .388889, S = 4/9. At 50 the last masters: .388889 + .444444 =
    .833333.
    """
    result = estimate_mastery(cohort_of(*KNOWN_ANSWER_3), criterion=ONCE, horizon_day=50)
    # Sums of fractions in floating point: exact to rounding.
    assert probability(result, 30) == pytest.approx(7 / 18, abs=1e-12)
    assert probability(result, 50) == pytest.approx(5 / 6, abs=1e-12)
    curve = result.curve().set_index("day")
    assert curve.loc[30, "std_error"] == pytest.approx(0.218722, abs=5e-7)


def test_one_minus_kaplan_meier_is_the_trap() -> None:
    """KA3's trap: treating loss as censoring gives 1 by day 50; the loss competes, so 5/6."""
    result = estimate_mastery(cohort_of(*KNOWN_ANSWER_3), criterion=ONCE, horizon_day=50)
    survival = 1.0
    for n_at_risk in (6, 3, 1):  # the masteries on 10, 30 and 50, with the lost as censored
        survival *= 1 - 1 / n_at_risk
    assert 1 - survival == 1.0
    assert probability(result, 50) < 0.84


def test_censoring_at_the_last_visit_is_the_trap() -> None:
    """Open episodes stay at risk to the cut: dropping them at their last visit inflates mastery.

    Two patients, both last seen by day 20; one masters on day 40, the other is open to day 60.
    At risk on 40 are both: 1/2. Censored at the last visit, the first would be alone: 1.
    """
    cohort = cohort_of(
        episode("A", entry=3, observed=60, visits=[0, 20], ratings=[(40, 3, 3)]),
        episode("B", entry=3, observed=60, visits=[0, 20]),
    )
    result = estimate_mastery(cohort, criterion=ONCE, horizon_day=60, loss=LossRule(gap_days=100))
    assert probability(result, 60) == 0.5


def held(day: int = 10, observed: int = 150, **more: object) -> dict:
    """Tell KA11's episode: two automatic ratings up to the day, then a failure on day 40."""
    ratings = [(day - 7, 3, 3), (day, 3, 3), (40, 3, 2)]
    visits = [0, 40, 80, 120]
    return episode("A", entry=3, observed=observed, visits=visits, ratings=ratings, **more)


def test_known_answer_11_first_maintained_durable() -> None:
    """KA11: mastered on 10, rated lower on 40, nothing later, observed past 100.

    First mastery is on 10. Maintained is 1 on day 30 and 0 on day 50. The failure on 40 lies in
    (10, 100], so durable(90) never happens.
    """
    cohort = cohort_of(held())
    first = estimate_mastery(cohort, horizon_day=120)
    assert probability(first, 9) == 0
    assert probability(first, 10) == 1
    maintained = estimate_mastery(cohort, kind="maintained", horizon_day=120)
    assert probability(maintained, 30) == 1
    assert probability(maintained, 50) == 0
    durable = estimate_mastery(cohort, kind="durable", horizon_day=120)
    assert probability(durable, 120) == 0
    assert durable.end_counts.set_index("state")["n_episodes"]["mastered"] == 0


def test_known_answer_11_durable_is_censored_inside_its_window() -> None:
    """KA11: mastered on 10, last observed 60: durable is censored at 60, neither yes nor no."""
    told = episode(
        "A", entry=3, observed=60, visits=[50], ratings=[(3, 3, 3), (10, 3, 3), (50, 3, 3)]
    )
    result = estimate_mastery(cohort_of(told), kind="durable", horizon_day=60)
    counts = result.end_counts.set_index("state")["n_episodes"]
    assert counts["censored"] == 1
    assert result.curve()["day"].max() == 60


def test_known_answer_11_a_window_without_a_rating_is_no_event() -> None:
    """KA11: D + 90 passed without failure and without re-rating: the episode stays at risk.

    D = 10; ratings on 170 and 177 confirm anew on 177, and the rating on 200 makes it last:
    durable on 177 + 90 = 267.
    """
    seen = list(range(0, 300, 30))
    pair = [(3, 3, 3), (10, 3, 3)]
    silent = episode("A", entry=3, observed=300, visits=seen, ratings=pair)
    result = estimate_mastery(cohort_of(silent), kind="durable", horizon_day=300)
    assert probability(result, 300) == 0
    again = [*pair, (170, 3, 3), (177, 3, 3), (200, 3, 3)]
    later = episode("A", entry=3, observed=300, visits=seen, ratings=again)
    result = estimate_mastery(cohort_of(later), kind="durable", horizon_day=300)
    assert probability(result, 266) == 0
    assert probability(result, 267) == 1


def test_durable_counts_the_last_day_of_its_window() -> None:
    """A re-rating on D + 90 makes mastery last, a failure on D + 90 undoes it."""
    seen = list(range(0, 200, 30))
    for level, expected in ((3, 1.0), (2, 0.0)):
        ratings = [(3, 3, 3), (10, 3, 3), (100, 3, level)]
        told = episode("A", entry=3, observed=200, visits=seen, ratings=ratings)
        result = estimate_mastery(cohort_of(told), kind="durable", horizon_day=200)
        assert probability(result, 100) == expected


def test_leaving_care_inside_the_window_competes_with_durable_mastery() -> None:
    """Mastered on 10 and discharged on 60 is a discharge where mastery must last 90 days."""
    told = episode("A", entry=3, visits=[0], end=(60, "goals_met"), ratings=[(3, 3, 3), (10, 3, 3)])
    result = estimate_mastery(cohort_of(told), kind="durable", horizon_day=60)
    assert result.end_counts.set_index("state")["n_episodes"]["discharged"] == 1


def test_leaving_care_does_not_undo_maintained_mastery() -> None:
    """Mastered on 10, discharged on 60, cut on 365: still held on day 300."""
    told = episode("A", entry=3, visits=[0], end=(60, "goals_met"), ratings=[(3, 3, 3), (10, 3, 3)])
    result = estimate_mastery(cohort_of(told), kind="maintained", horizon_day=365)
    assert probability(result, 300) == 1
    assert answer(result, "mean_days_mastered") == 355


def test_failing_on_the_day_of_discharge_ends_unmastered() -> None:
    """A poor rating at the discharge visit is a failure: discharged without mastery."""
    told = episode(
        "A", entry=3, visits=[0], end=(60, "goals_met"),
        ratings=[(3, 3, 3), (10, 3, 3), (60, 3, 1)],
    )  # fmt: skip
    result = estimate_mastery(cohort_of(told), kind="maintained", horizon_day=60)
    assert probability(result, 59) == 1
    assert probability(result, 60) == 0
    assert result.end_counts.set_index("state")["n_episodes"]["discharged"] == 1


def test_moving_down_to_the_stage_ends_maintained_mastery() -> None:
    """Working stage 5 to 3 on day 40 loses stage 3; the next confirming rating regains it."""
    told = episode(
        "A", entry=3, target=9, observed=120, visits=list(range(0, 120, 20)),
        ratings=[(3, 3, 3), (10, 3, 3), (20, 5, 1), (40, 3, None), (60, 3, 3)],
    )  # fmt: skip
    result = estimate_mastery(cohort_of(told), stage=3, kind="maintained", horizon_day=120)
    assert [probability(result, day) for day in (9, 10, 39, 40, 59, 60)] == [0, 1, 1, 0, 0, 1]


def test_the_population_of_a_stage_and_those_left_out_are_all_episodes() -> None:
    """Stage 3 is asked of entry <= 3 <= target; the others are counted by reason."""
    cohort = cohort_of(
        episode("A", entry=1, target=3),
        episode("B", entry=3, target=9),
        episode("C", entry=4, target=9),
        episode("D", entry=1, target=2),
        episode("E", entry=None, target=None),
    )
    result = estimate_mastery(cohort, stage=3)
    assert result.n_analysed == 2
    assert result.n_analysed + result.n_excluded == cohort.n_episodes
    assert set(result.excluded.values()) == {1}
    assert len(result.excluded) == 3
    assert estimate_mastery(cohort).n_analysed == 4


def test_the_share_that_left_the_stage_upward_unmastered_is_printed() -> None:
    """Of three who moved on above stage 3, one had it documented before: two thirds had not."""
    ratings = [(7, 3, 3), (14, 3, 3)]
    cohort = cohort_of(
        episode("A", entry=3, target=9, visits=[0, 20], ratings=[*ratings, (20, 4, 1)]),
        episode("B", entry=3, target=9, visits=[0, 20], ratings=[(20, 5, 1)]),
        episode("C", entry=1, target=9, visits=[0, 20], ratings=[(20, 4, 1)]),
        episode("D", entry=3, target=9, visits=[0, 20], ratings=ratings),
    )
    result = estimate_mastery(cohort, stage=3)
    assert (result.n_left_upward, result.n_left_upward_unmastered) == (3, 2)
    assert result.share_left_upward_unmastered == pytest.approx(2 / 3)
    assert "2 of the 3 who moved on" in result.summary()


def test_quantiles_and_means_come_from_the_full_step_function() -> None:
    """Four patients master on 10, 20, 30 and 40.

    A quarter by 10, half by 20, three quarters by 30. Up to day 50 they spend 40, 30, 20 and 10
    days having mastered: mean 25, and 25 unmastered.
    """
    cohort = cohort_of(*[mastered(f"E{day}", day) for day in (10, 20, 30, 40)])
    result = estimate_mastery(cohort, criterion=ONCE, horizon_day=50)
    assert answer(result, "quantile_25_days") == 10
    assert answer(result, "median_days") == 20
    assert answer(result, "quantile_75_days") == 30
    assert answer(result, "mean_days_mastered") == pytest.approx(25, abs=1e-12)
    assert answer(result, "mean_days_unmastered") == pytest.approx(25, abs=1e-12)


def test_leavers_count_as_unmastered_in_the_mean() -> None:
    """One masters on day 10, one is lost on day 5: over 20 days 5 mastered and 15 unmastered."""
    cohort = cohort_of(mastered("A", 10), lost("B", 5))
    result = estimate_mastery(cohort, criterion=ONCE, horizon_day=20)
    assert answer(result, "mean_days_mastered") == 5
    assert answer(result, "mean_days_unmastered") == 15
    assert np.isnan(answer(result, "quantile_75_days"))


def test_beyond_the_last_day_at_risk_means_and_quantiles_are_missing() -> None:
    """With somebody censored on day 60, nothing is said of day 365; up to day 60 it is."""
    cohort = cohort_of(mastered("A", 10), mastered("B", 20), censored("C", 60))
    late = estimate_mastery(cohort, criterion=ONCE, horizon_day=365)
    for quantity in ("median_days", "mean_days_mastered", "mean_days_unmastered"):
        assert np.isnan(answer(late, quantity))
    table = late.table()
    assert table.loc[table["quantity"] == "probability", "estimate"].isna().all()
    assert "nobody was followed that long" in late.summary()
    assert answer(estimate_mastery(cohort, criterion=ONCE, horizon_day=60), "median_days") == 20


def test_where_everybody_was_followed_to_the_end_nothing_is_missing() -> None:
    """If no episode is censored the curve is known for ever."""
    cohort = cohort_of(mastered("A", 10), lost("B", 20))
    result = estimate_mastery(cohort, criterion=ONCE, horizon_day=365)
    assert answer(result, "median_days") == 10
    assert answer(result, "mean_days_mastered") == pytest.approx(355 / 2)


def test_the_interval_of_a_quantile_inverts_the_band() -> None:
    """Its limits are the first days on which the upper and the lower limit reach one half."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=3)
    result = estimate_mastery(cohort, stage=2, horizon_day=300)
    curve = result.curve().iloc[1:]
    row = result.table().set_index("quantity").loc["quantile_25_days"]
    for limit, column in (("ci_low", "ci_high"), ("ci_high", "ci_low"), ("estimate", "estimate")):
        reached = curve.loc[curve[column] >= 0.25, "day"]
        assert row[limit] == reached.iloc[0]


def test_the_numbers_at_risk_follow_the_convention() -> None:
    """At risk on day t are those with start < t <= stop; the first row shows everyone."""
    result = estimate_mastery(cohort_of(*KNOWN_ANSWER_3), criterion=ONCE, horizon_day=50)
    curve = result.curve().set_index("day")
    assert curve["n_at_risk"].to_dict() == {0: 6, 10: 6, 20: 5, 30: 3, 50: 1}
    assert curve["n_events"].to_dict() == {0: 0, 10: 1, 20: 0, 30: 1, 50: 1}


def test_groups_are_estimated_apart_and_nobody_is_dropped() -> None:
    """Groups come in the column's own order, those without a value last."""
    cohort = cohort_of(
        mastered("A", 10, symptom_duration="chronic"),
        lost("B", 10, symptom_duration="acute"),
        mastered("C", 30),
    )
    result = estimate_mastery(cohort, criterion=ONCE, by="symptom_duration", horizon_day=90)
    assert result.table()["group"].drop_duplicates().tolist() == [
        "acute",
        "chronic",
        "not recorded",
    ]
    shares = [probability(result, 30, group) for group in ("acute", "chronic", "not recorded")]
    assert shares == [0, 1, 1]
    assert result.end_counts["n_episodes"].sum() == 3
    assert "symptom_duration acute:" in result.summary()


@pytest.mark.parametrize("by", ["end_reason", "end_day", "home_exercise_days", "x_later"])
def test_groups_formed_later_are_refused_naming_the_landmark(by: str) -> None:
    """Grouping by what happens after day 0 raises an error that names landmark_day=."""
    cohort = cohort_of(
        episode("A", x_later="a"),
        extra_columns=(ExtraColumn("episodes", "x_later", "text", timing="later"),),
    )
    with pytest.raises(AnalysisError, match="landmark_day="):
        estimate_mastery(cohort, by=by)


def test_a_landmark_follows_those_still_in_care_and_unmastered() -> None:
    """From day 15 on: one mastered and one lost before are left out and counted.

    Left are C (masters on 30) and D (open to 60): by day 30 one of two.
    """
    cohort = cohort_of(
        mastered("A", 10),
        lost("B", 12),
        mastered("C", 30, x_later="late"),
        censored("D", 60, x_later="late"),
        extra_columns=(ExtraColumn("episodes", "x_later", "text", timing="later"),),
    )
    result = estimate_mastery(cohort, criterion=ONCE, landmark_day=15, horizon_day=60)
    assert (result.n_analysed, result.n_excluded) == (2, 2)
    assert probability(result, 30) == 0.5
    assert answer(result, "mean_days_mastered") == 15
    assert answer(result, "mean_days_unmastered") == 30
    late = estimate_mastery(cohort, criterion=ONCE, landmark_day=15, horizon_day=60, by="x_later")
    assert late.table()["group"].unique().tolist() == ["late"]
    stage = estimate_mastery(
        cohort, criterion=ONCE, landmark_day=15, horizon_day=60, by="working_stage"
    )
    assert stage.table()["group"].unique().tolist() == ["3"]


def test_patients_are_the_sampling_unit_and_not_their_episodes() -> None:
    """Every episode twice under one patient: same errors as once; the episodes are counted."""
    twice = [
        episode(
            f"{one['row']['episode_id']}-{copy}",
            entry=3,
            observed=60 if one["row"]["end_day"] is None else 365,
            end=None if one["row"]["end_day"] is None
            else (one["row"]["end_day"], one["row"]["end_reason"]),
            visits=one["visits"],
            ratings=one["ratings"],
            patient_id=one["row"]["patient_id"],
        )
        for one in (mastered("A", 10), lost("B", 20), mastered("D", 30), censored("E", 60))
        for copy in (1, 2)
    ]  # fmt: skip
    once = estimate_mastery(
        cohort_of(mastered("A", 10), lost("B", 20), mastered("D", 30), censored("E", 60)),
        criterion=ONCE,
        horizon_day=60,
    )
    both = estimate_mastery(cohort_of(*twice), criterion=ONCE, horizon_day=60)
    # Equal up to the rounding of sums taken in another order.
    np.testing.assert_allclose(both.curve()["std_error"], once.curve()["std_error"], atol=1e-12)
    assert (both.n_analysed, both.n_patients, both.n_clusters) == (8, 4, 4)
    assert (both.cluster, once.cluster) == ("patient_id", "patient_id")


def test_too_few_units_are_said_to_be_too_few() -> None:
    """With fewer than ten independent units the paragraph warns of its intervals."""
    cohort = cohort_of(*KNOWN_ANSWER_3)
    result = estimate_mastery(cohort, criterion=ONCE, horizon_day=50, cluster="clinic_id")
    assert result.n_clusters == 1
    assert "too few" in result.summary()


@pytest.mark.parametrize(
    ("options", "allowed"),
    [
        ({"stage": 11}, "1 to 10"),
        ({"stage": "goal"}, "'target'"),
        ({"kind": "ever"}, "first, maintained, durable"),
        ({"horizon_day": 0}, "1 or later"),
        ({"durable_days": 0}, "1 or later"),
        ({"landmark_day": 0}, "1 or later"),
        ({"landmark_day": 400}, "401 or later"),
        ({"cluster": "sex"}, "patient_id, clinic_id, clinician_id"),
        ({"conf_level": 1.0}, "between 0 and 1"),
    ],
)
def test_options_that_cannot_be_meant_are_refused_with_those_that_can(
    options: dict, allowed: str
) -> None:
    """Each wrong option raises an error that names what is allowed."""
    with pytest.raises(AnalysisError, match=allowed):
        estimate_mastery(cohort_of(episode()), **options)


def test_records_that_cannot_answer_are_refused() -> None:
    """No stages, a selection by the end, and a stage nobody aims at each get their own words."""
    with pytest.raises(NotIdentifiableError, match="no stage assessments"):
        estimate_mastery(cohort_of(episode(entry=None, target=None)))
    ended = cohort_of(episode("A", end=(30, "goals_met")))
    with pytest.raises(AnalysisError, match="discharged_in"):
        estimate_mastery(ended.select(discharged_in="2025Q4"))
    with pytest.raises(NotIdentifiableError, match="aimed below stage 7"):
        estimate_mastery(cohort_of(episode()), stage=7)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(cohorts(max_episodes=8), st.sampled_from(KINDS), st.integers(1, 180))
def test_chances_are_chances_and_first_mastery_only_grows(
    cohort: Cohort, kind: str, horizon_day: int
) -> None:
    """For any lawful cohort shares lie in [0, 1], all episodes are counted, CIFs never fall."""
    # Nobody to ask, or nobody followed for any time, is refused; other tests show it.
    if cohort.episodes["target_stage"].isna().all():
        return
    if cohort.episodes["last_observed_day"].max() == 0:
        return
    result = estimate_mastery(cohort, kind=kind, horizon_day=horizon_day, criterion=ONCE)
    assert result.n_analysed + result.n_excluded == cohort.n_episodes
    assert result.end_counts["n_episodes"].sum() == result.n_analysed
    share = result.curve()["estimate"]
    assert share.between(0, 1).all()
    if kind != "maintained":
        # A cumulative incidence is a sum of non-negative steps; rounding stays below 1e-12.
        assert (share.diff().dropna() >= -1e-12).all()
    first = estimate_mastery(cohort, horizon_day=horizon_day, criterion=ONCE)
    if result.end_counts.set_index("state")["n_episodes"]["censored"] == 0:
        day = min(result.curve()["day"].max(), first.curve()["day"].max())
        assert probability(result, day) <= probability(first, day) + 1e-12


def test_without_censoring_the_estimate_is_the_plain_share() -> None:
    """Every episode followed to its end: mastery by a day is the share mastered by that day."""
    told = [mastered(f"M{day}", day) for day in (5, 15, 25)]
    told += [lost(f"L{day}", day) for day in (9, 19)]
    result = estimate_mastery(cohort_of(*told), criterion=ONCE, horizon_day=30)
    for day, expected in ((5, 0.2), (15, 0.4), (25, 0.6)):
        assert probability(result, day) == pytest.approx(expected, abs=1e-12)


def test_a_mastery_on_day_zero_counts() -> None:
    """Rated automatic at the first visit, with a criterion of one rating: mastered at once."""
    result = estimate_mastery(
        cohort_of(mastered("A", 0), lost("B", 9)), criterion=ONCE, horizon_day=9
    )
    assert probability(result, 1) == 0.5
    kept = estimate_mastery(
        cohort_of(mastered("A", 0), lost("B", 9)), criterion=ONCE, horizon_day=9, kind="maintained"
    )
    assert probability(kept, 9) == 0.5


def test_the_table_is_tidy() -> None:
    """What the row is about comes first, then the four columns of a result, then the numbers."""
    table = estimate_mastery(cohort_of(*KNOWN_ANSWER_3), criterion=ONCE, horizon_day=50).table()
    assert list(table.columns) == [
        "group", "quantity", "day", "estimate", "std_error", "ci_low", "ci_high", "n_at_risk",
        "n_events",
    ]  # fmt: skip
    assert table["n_at_risk"].dtype.kind == "i"
    assert table["n_events"].dtype.kind == "i"
    assert isinstance(table, pd.DataFrame)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("target", "stage", "reason"),
    [(3, 5, "aimed below stage 5"), (None, "target", "without a target stage")],
)
def test_ratings_of_nobody_in_question_are_refused_not_stumbled_over(
    kind: str, target: int | None, stage: str | int, reason: str
) -> None:
    """Where nobody can master the stage, ratings or not, reason and remedy are told, no count."""
    cohort = cohort_of(episode(entry=1, target=target, ratings=[(7, 3, 3), (14, 3, 3)]))
    with pytest.raises(NotIdentifiableError, match=reason) as raised:
        estimate_mastery(cohort, stage=stage, kind=kind)
    message = str(raised.value)
    assert "target_stage" in message
    assert "1 aimed" not in message
    assert "1 without" not in message


def test_episodes_censored_on_day_zero_alone_are_refused() -> None:
    """All began on the day of the cut: nobody was followed, and the error says what to check."""
    cohort = cohort_of(episode("A", observed=0), episode("B", observed=0))
    with pytest.raises(NotIdentifiableError, match="censored on day 0"):
        estimate_mastery(cohort)
    assert estimate_mastery(cohort_of(episode("A", observed=1)), horizon_day=1).n_analysed == 1


def test_one_patient_and_no_event_give_the_right_answer() -> None:
    """One in care to day 60 without mastery: 0 by then, 60 days unmastered, follow-up 60."""
    result = estimate_mastery(cohort_of(censored("A", 60)), horizon_day=60, loss=LossRule(100))
    assert probability(result, 60) == 0
    assert answer(result, "mean_days_unmastered") == 60
    assert answer(result, "median_follow_up_days") == 60


def test_known_answers_6_and_7_through_the_estimate() -> None:
    """KA6: 7: 3, no-show on 14, 21: 3 masters on 21. KA7: last visit 100, cut 150: lost on 142.

    A masters stage 3 on 21 and B, seen last on 100, is lost on 142 = 100 + 42: F is 1/2 from 21 on,
    two at risk on 21, one on 142, none after.
    """
    cohort = cohort_of(
        episode(
            "A", entry=3, observed=150,
            visits={0: "attended", 7: "attended", 14: "no_show", 21: "attended"},
            ratings=[(7, 3, 3), (21, 3, 3)],
        ),
        episode("B", entry=3, observed=150, visits=[0, 40, 80, 100]),
    )  # fmt: skip
    result = estimate_mastery(cohort, horizon_day=145)
    curve = result.curve().set_index("day")
    assert curve.loc[21, ["estimate", "n_at_risk"]].tolist() == [0.5, 2]
    assert curve.loc[142, "n_at_risk"] == 1
    assert curve.loc[145, "n_at_risk"] == 0
    assert result.end_counts.set_index("state")["n_episodes"]["lost"] == 1


def test_known_answer_12_through_the_estimate() -> None:
    """KA12: first assessed on 14, and self-discharged on 10 without any visit: both count in n."""
    cohort = cohort_of(
        episode("A", entry=2, observed=60, visits=[14], ratings=[(14, 3, 3)]),
        episode("B", entry=1, end=(10, "self_discharged")),
    )
    result = estimate_mastery(cohort, criterion=ONCE, horizon_day=60)
    assert result.n_analysed == 2
    assert probability(result, 13) == 0
    assert probability(result, 14) == 0.5
