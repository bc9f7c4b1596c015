"""The ladder fit: truth recovered where it is one, retreats where the records are too few."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from scipy.linalg import expm

import hinge_outcomes as ho
from hinge_outcomes.analysis.progression.emission_structure import emission_chances, start_chances
from hinge_outcomes.analysis.progression.ladder import _with_ratings, fit_ladder
from hinge_outcomes.analysis.progression.ladder_ratings import see_ratings, stage_sightings
from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.analysis.progression.ladder_structure import wanted_shapes
from hinge_outcomes.analysis.progression.ladder_support import judge_support
from hinge_outcomes.analysis.progression.rate_structure import generators_of, rates_of
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError, NoEventsError, NotIdentifiableError
from hinge_outcomes.simulation.markov_ladder import exact_rates
from tests.hand_made import cohort_of, episode

MOST_Z = 4.0
MATCHED = ho.Scenario.named("matched")


@cache
def matched(n_episodes: int = 1_500) -> ho.Cohort:
    """A Markov ladder at ignorable visits, without errors of rating."""
    return ho.simulate(MATCHED, n_episodes=n_episodes, seed=5)


@cache
def waiting() -> ho.Cohort:
    """The same without effects, ten days at each automatic stage, one in ten ratings wrong.

    Whoever is learning is at the level next to automatic, so that errors there are as frequent all
    along: half of them, upwards.
    """
    learning = replace(
        MATCHED.learning, age_per_decade=0.0, subacute=0.0, chronic=0.0,
        cued_from=0.0, conscious_from=0.0,
    )  # fmt: skip
    scenario = replace(
        MATCHED,
        learning=learning,
        progression=replace(MATCHED.progression, pause_days=10.0),
        visits=replace(MATCHED.visits, rating_error=0.1),
    )
    return ho.simulate(scenario, n_episodes=800, seed=6)


@cache
def with_covariates() -> LadderFit:
    """Rates of acute patients of mean age, and effects of duration and age."""
    return fit_ladder(matched(), "tied", ("symptom_duration", "age"), form="simple")


def test_rates_and_hazard_ratios_of_the_matched_scenario_are_recovered() -> None:
    """Every log rate and log hazard ratio lies within 4 standard errors of the simulator's."""
    fit = with_covariates()
    truth = {(name, stage): value for name, stage, value in exact_rates(MATCHED)}
    rates = fit.rates(symptom_duration="acute", age=MATCHED.people.age_mean)
    rates = rates.drop_duplicates("kind").set_index("kind")
    for kind, name, stage in (
        ("forward", "forward_rate", "1"), ("backward", "backward_rate", "2"),
        ("lost", "loss_rate", ""), ("referred", "referral_rate", ""),
    ):  # fmt: skip
        row = rates.loc[kind]
        z = np.log(row["estimate"] / truth[name, stage]) * row["estimate"] / row["std_error"]
        assert abs(z) < MOST_Z, kind
    effects = {"symptom_duration[subacute]": -0.2, "symptom_duration[chronic]": -0.4, "age": -0.01}
    for row in fit.hazard_ratios().itertuples():
        true = effects[row.term] if row.kind == "forward" else 0.0
        assert abs(row.log_estimate - true) / row.log_std_error < MOST_Z, (row.kind, row.term)


def test_the_likelihood_is_the_product_over_pairs_of_sightings() -> None:
    """-2 log L of a small clinic, by one matrix exponential per pair and target."""
    fit = fit_ladder(matched(300).select(clinic_id="C01"), form="simple")
    panel, total = fit.panel, 0.0
    rates = rates_of(fit.ladder.rates, panel.values, fit.fit.optimum.theta)
    generators = generators_of(fit.ladder.rates, rates)
    for row in range(len(panel.time) - 1):
        if panel.subject[row + 1] != panel.subject[row]:
            continue
        generator = generators[panel.pattern[row]]
        moved = expm(generator * (panel.time[row + 1] - panel.time[row]))[panel.code[row]]
        code = panel.code[row + 1]
        if code < len(panel.states) and panel.is_exact[code]:
            total += np.log(moved @ np.where(np.arange(len(moved)) == code, 0, generator[:, code]))
        else:
            total += np.log(moved[panel.sets[code]].sum())
    assert fit.minus_two_loglik == pytest.approx(-2 * total, rel=1e-10)


def test_the_hidden_likelihood_is_a_sum_over_what_may_have_been_true() -> None:
    """-2 log L of the hidden form, subject by subject: start, then move and be seen, by expm."""
    fit = fit_ladder(waiting().select(clinic_id="C01"))
    assert fit.ratings is not None
    assert fit.ratings.emission is not None
    panel, theta = fit.panel, fit.fit.optimum.theta
    n_rates, n_errors = fit.ladder.rates.maps.shape[2], len(fit.ratings.emission.names)
    generators = generators_of(
        fit.ladder.rates, rates_of(fit.ladder.rates, panel.values, theta[:n_rates])
    )
    seen = emission_chances(fit.ratings.emission, theta[n_rates : n_rates + n_errors])
    first = start_chances(fit.ratings.start, theta[n_rates + n_errors :])
    size, total = len(panel.states), 0.0
    for number in range(fit.n_episodes):
        rows = np.flatnonzero(panel.subject == number)
        chance = first[fit.ratings.start.group[number]].copy()
        for place, row in enumerate(rows):
            code, generator = panel.code[row], generators[panel.pattern[row]]
            if place:
                chance = chance @ expm(generator * (panel.time[row] - panel.time[rows[place - 1]]))
            if code >= size:
                chance = chance * panel.sets[code]
            elif panel.is_exact[code]:
                chance = chance * np.where(np.arange(size) == code, 0.0, generator[:, code])
                chance = np.where(np.arange(size) == code, chance.sum(), 0.0)
            else:
                chance = chance * seen[:, code]
        total += np.log(chance.sum())
    assert fit.minus_two_loglik == pytest.approx(-2 * total, rel=1e-10)


def test_learning_waiting_and_misrating_are_told_apart() -> None:
    """Hidden form: the simulator's rates, and both chances of a wrong rating."""
    fit = fit_ladder(waiting())
    assert fit.form == "hidden"
    assert fit.converged
    rates = fit.rates().drop_duplicates("kind").set_index("kind")
    truth = {"forward": 0.04, "advance": 0.1, "backward": 0.006, "lost": 0.004}
    for kind, true in truth.items():
        row = rates.loc[kind]
        z = np.log(row["estimate"] / true) * row["estimate"] / row["std_error"]
        assert abs(z) < MOST_Z, kind
    assert "relapse" not in rates.index
    wrong = fit.misrating().set_index("quantity")
    assert len(wrong) == 2
    for name, true in (
        ("rated automatic while learning", 0.05), ("rated lower while automatic", 0.1),
    ):  # fmt: skip
        row = wrong.loc[name]
        assert abs(row["estimate"] - true) / row["std_error"] < MOST_Z, name


def test_ratings_taken_as_true_need_relapses() -> None:
    """With misrating="none" what falls back is lost at a rate, and learning looks faster."""
    fit = fit_ladder(waiting(), misrating="none")
    assert fit.converged
    rates = fit.rates().drop_duplicates("kind").set_index("kind")
    assert rates.loc["relapse", "ci_low"] > 0.01
    assert rates.loc["forward", "ci_low"] > 0.04
    assert fit.misrating()["quantity"].tolist() == ["entry stage automatic on day 0"]


def test_relapses_and_both_errors_of_rating_are_never_estimated_together() -> None:
    """Relapses asked for by name: both errors share one chance, and the message says why."""
    fit = fit_ladder(waiting(), {"relapse": "tied"})
    assert fit.misrating()["quantity"].tolist() == ["rated wrongly"]
    assert "Relapses are estimated too" in fit.message


def test_free_backward_rates_beside_both_errors_of_rating_are_made_smooth() -> None:
    """The counts support them, but the errors do not; given chances let them be free."""
    cohort = waiting()
    sightings = see_ratings(cohort, criterion=MasteryCriterion(), loss=LossRule())
    stages = stage_sightings(sightings)
    support = judge_support(stages, wanted_shapes("tied"), "hidden")
    free = replace(support, shapes={**support.shapes, "backward": "free"})
    subjects = np.unique(sightings.episode)
    _, told = _with_ratings(sightings, subjects, "estimated", free, "free")
    assert told.shapes["backward"] == "smooth"
    assert "cannot be told apart" in told.reasons["backward"]
    _, told = _with_ratings(sightings, subjects, (0.05, 0.1), free, "free")
    assert told.shapes["backward"] == "free"


def test_where_nobody_waits_the_hidden_form_retreats_to_the_simple_one() -> None:
    """In the matched scenario a stage is left as soon as it is learnt: said, and fitted simply."""
    fit = fit_ladder(matched(300))
    assert fit.form == "simple"
    assert "the simple form is used" in fit.message
    simple = fit_ladder(matched(300), form="simple")
    assert fit.minus_two_loglik == pytest.approx(simple.minus_two_loglik, rel=1e-12)


def test_too_few_moves_retreat_by_their_counts() -> None:
    """Sixty episodes, free rates asked for: a simpler structure converges, and says why."""
    fit = fit_ladder(matched(60), "free", form="simple")
    assert fit.converged
    assert "do not support free rates" in fit.message
    assert len(fit.ladder.rates.names) < 29


def test_effects_that_the_moves_do_not_support_are_left_out() -> None:
    """Of sixty episodes too few are lost or slip for three effects each."""
    fit = fit_ladder(matched(60), covariates=("symptom_duration", "age"), form="simple")
    assert set(fit.hazard_ratios()["kind"]) == {"forward"}
    assert "too few for 3 covariate effects" in fit.message


def test_losses_may_just_end_the_path() -> None:
    """Then they have no rate, and the rate of learning hardly changes."""
    move = fit_ladder(matched(), form="simple").rates().drop_duplicates("kind").set_index("kind")
    censored = fit_ladder(matched(), form="simple", loss_is="censored").rates()
    censored = censored.drop_duplicates("kind").set_index("kind")
    assert "lost" not in censored.index
    change = np.log(censored.loc["forward", "estimate"] / move.loc["forward", "estimate"])
    assert abs(change) < 0.03


def test_who_lacks_a_covariate_is_counted() -> None:
    """An episode without a duration of symptoms is left out and said so."""
    cohort = matched(300)
    episodes = cohort.episodes.copy()
    episodes.loc[:4, "symptom_duration"] = None
    tables = {name: getattr(cohort, name) for name in ("patients", "visits", "assessments")}
    spoilt = ho.Cohort(
        data_cut=cohort.data_cut, episodes=episodes, outcomes=cohort.outcomes, **tables
    )
    fit = fit_ladder(spoilt, covariates=("symptom_duration",), form="simple")
    assert fit.excluded["with a covariate missing"] == 5
    assert fit.n_episodes + 5 <= 300


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"form": "open"}, "simple, hidden"),
        ({"loss_is": "exact"}, "move, censored"),
        ({"acts_on": ("up",)}, "forward, advance"),
        ({"misrating": (0.0, 2.0)}, "between 0 and 1"),
        ({"structure": "loose"}, "free, smooth, phase, tied"),
        ({"covariates": ("end_reason",)}, "landmark_day="),
        ({"covariates": ("baseline_groc",)}, "no score of that instrument"),
    ],
)
def test_options_that_are_not_allowed_are_refused_with_the_remedy(
    options: dict[str, object], words: str
) -> None:
    """Each error lists what is allowed."""
    with pytest.raises(AnalysisError, match=words):
        fit_ladder(matched(300), **options)  # type: ignore[arg-type]


def test_a_covariate_that_does_not_vary_is_refused() -> None:
    """One clinic only: its own effect cannot be known."""
    with pytest.raises(NotIdentifiableError, match="clinic_id"):
        fit_ladder(matched(300).select(clinic_id="C01"), covariates=("clinic_id",), form="simple")


def test_one_patient_without_a_move_is_a_named_error() -> None:
    """Nothing to estimate from: no events."""
    with pytest.raises(NoEventsError):
        fit_ladder(cohort_of(episode(visits=[0, 7], ratings=[(7, 1, 1)])))
