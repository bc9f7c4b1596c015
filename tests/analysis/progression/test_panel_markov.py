"""The public panel model: known answers, references from R, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.panel_markov import fit_panel_markov
from hinge_outcomes.exceptions import DataError, NoEventsError, NotIdentifiableError
from tests.analysis.progression.panel_examples import CAV_MOVES, frame_of_pairs
from tests.shared import SHARED, needs_shared

COLUMNS = {"subject": "id", "time": "day", "state": "state"}
KA4_RATES = {(1, 2): 0.1, (1, 3): 0.05, (2, 1): 0.05, (2, 3): 0.05}
KA4 = pd.DataFrame({"id": list("AAABBB"), "day": [0, 7, 7, 0, 7, 14], "state": [1, 2, 3, 1, 1, 3]})
FLIP = [(1, 2), (2, 1)]


def reference(name):
    return json.loads((SHARED / "reference" / "msm.json").read_text(encoding="utf-8"))[name]


def fit_cav(**options):
    frame = pd.read_csv(SHARED / "reference" / "data" / "cav.csv")
    columns = {"subject": "PTNUM", "time": "years", "state": "state"}
    return fit_panel_markov(
        frame, **columns, **{"transitions": CAV_MOVES, "exact_states": [4], **options}
    )


def test_ka4_the_likelihood_at_given_rates():
    """Two subjects, one exit on the day of a visit: -2 log L = 16.8913481638 at the given rates."""
    fit = fit_panel_markov(
        KA4, **COLUMNS, transitions=list(KA4_RATES), exact_states=[3], fixed=KA4_RATES
    )
    assert fit.minus_two_loglik == pytest.approx(16.8913481638, abs=1e-10)
    assert fit.rates()["estimate"].tolist() == pytest.approx(list(KA4_RATES.values()), rel=1e-12)


def test_ka4_in_weeks():
    """In weeks -2 log L is 2 log 7 lower per exact exit: 9.1077075676."""
    weeks = KA4.assign(day=KA4["day"] / 7)
    rates = {move: 7 * rate for move, rate in KA4_RATES.items()}
    fit = fit_panel_markov(weeks, **COLUMNS, transitions=list(rates), exact_states=[3], fixed=rates)
    assert fit.minus_two_loglik == pytest.approx(9.1077075676, abs=1e-10)


def test_ka5_two_states():
    """20 of 100 leave 1 and 10 of 100 leave 2 in 7 days.

    With p = .2, q = .1 the sum of the rates is -log(1 - p - q) / 7 = .0509535, shared as p to q:
    .0339690 and .0169845.
    """
    frame = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
    fit = fit_panel_markov(frame, **COLUMNS, transitions=FLIP)
    assert fit.converged
    assert fit.minus_two_loglik == pytest.approx(165.097079, abs=1e-6)
    total = -np.log(0.7) / 7
    assert fit.rates()["estimate"].tolist() == pytest.approx([total * 2 / 3, total / 3], rel=1e-8)


def test_ka5_without_a_generator_says_so():
    """60 and 50 of 100 come from no generator (1 - p - q < 0): no convergence is claimed."""
    frame = frame_of_pairs({(1, 2): 60, (2, 1): 50}, {(1, 1): 40, (2, 2): 50})
    fit = fit_panel_markov(frame, **COLUMNS, transitions=FLIP)
    assert not fit.converged
    assert fit.model.fit.optimum.is_at_boundary
    assert "run off" in fit.message
    assert fit.minus_two_loglik == pytest.approx(275.25553, abs=1e-5)
    assert fit.rates()["std_error"].isna().all()


@needs_shared
def test_cav_is_as_msm_has_it():
    """-2 log L to 1e-6, rates to 1e-4, errors to 1e-3, stays, probabilities and prevalence."""
    fit, tight = fit_cav(), reference("cav_tight")
    assert fit.converged
    assert fit.minus_two_loglik == pytest.approx(tight["minus2loglik"], abs=1e-6)
    rates = fit.rates()
    assert rates["estimate"].to_numpy() == pytest.approx(list(tight["est_t"].values()), rel=1e-6)
    errors = np.sqrt(np.diag(fit.covariance))
    assert errors == pytest.approx(reference("_notes")["cav_se_log_rates"], rel=2e-5)
    stays = fit.sojourn_times()
    for column, name in (("estimate", "estimates"), ("ci_low", "L"), ("ci_high", "U")):
        assert stays[column].to_numpy() == pytest.approx(tight["sojourn"][name], rel=1e-3)
    chances = fit.transition_probabilities([1, 10])
    for time in (1, 10):
        found = chances.loc[chances["time"] == time, "estimate"].to_numpy().reshape(4, 4)
        expected = np.array(tight["post"][f"pmatrix_t{time}"]["values"])
        assert found == pytest.approx(expected, rel=1e-5)


@needs_shared
def test_cav_prevalence_is_as_msm_has_it():
    """Observed numbers are equal and expected ones agree to 1e-5 at all eleven times."""
    expected = reference("cav_tight")["post"]["prevalence"]
    table = fit_cav().prevalence(expected["times"])
    for column, name in (("n_observed", "observed"), ("n_expected", "expected")):
        found = table.pivot(index="time", columns="state", values=column).to_numpy()
        assert found == pytest.approx(np.array(expected[name]["values"])[:, :4], rel=1e-5)


@needs_shared
def test_cav_with_sex_on_two_moves_is_as_msm_has_it():
    """Effects on 1-2 and 2-3 only: -2 log L, baseline at the mean, ratios and their errors."""
    moves = {(1, 2): ["sex"], (2, 3): ["sex"]}
    fit, tight = fit_cav(covariates=moves), reference("cav_sex_12_23_constrained")
    assert fit.converged
    assert fit.minus_two_loglik == pytest.approx(tight["minus2loglik"], abs=1e-6)
    raw = fit.parameters()
    assert raw["estimate"].to_numpy() == pytest.approx(tight["estimates_raw"], rel=1e-4)
    kept = [0, 1, 2, 3, 4, 5, 6, 7, 10]
    errors = np.sqrt(np.diag(np.array(tight["covmat"])))[kept]
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx(errors, rel=2e-3)
    test = fit.compare(fit_cav())
    assert test.loc[0, "df"] == 2
    assert test.loc[0, "statistic"] == pytest.approx(3968.79788120 - 3960.33742007, abs=1e-6)


@needs_shared
def test_cav_with_sex_on_all_moves_runs_off_and_says_where():
    """The effect on 2-4 runs to minus infinity: named, no error for it, -2 log L at most msm's."""
    fit, tight = fit_cav(covariates=["sex"]), reference("cav_sex_tight")
    assert not fit.converged
    assert "effect of sex on 2 to 4" in fit.message
    assert fit.minus_two_loglik <= tight["minus2loglik"] + 1e-6
    ratios = fit.hazard_ratios().set_index(["from", "to"])
    assert ratios.loc[(2, 4), "estimate"] < 1e-6
    assert np.isnan(ratios.loc[(2, 4), "std_error"])
    assert ratios.drop(index=(2, 4))["std_error"].notna().all()
    # The women's own rates are not bounded below by it, the men's are well known.
    assert fit.rates(sex=0)["std_error"].notna().all()


@needs_shared
def test_the_ladder_of_12_states_is_at_least_as_good_as_msm():
    """29 free rates: -2 log L 17329.41142 to 1e-4, rates and errors to 1e-3 (msm stops early)."""
    expected = json.loads((SHARED / "reference" / "ladder_500.json").read_text(encoding="utf-8"))
    fit = fit_panel_markov(
        pd.read_csv(SHARED / "reference" / "data" / "ladder_500.csv"),
        subject="id",
        time="t",
        state="state",
        transitions=list(zip(expected["from"], expected["to"], strict=True)),
        exact_states=[12],
    )
    assert fit.converged
    assert fit.minus_two_loglik == pytest.approx(17329.41142, abs=1e-4)
    rates = fit.rates()
    assert rates["estimate"].to_numpy() == pytest.approx(expected["Q"]["est"], rel=1e-3)
    assert rates["std_error"].to_numpy() == pytest.approx(expected["Q"]["se"], rel=1e-3)


def test_exact_times_are_moves_over_time():
    """With every move dated, rates are moves / time at risk and errors 1 / root of the moves."""
    frame = pd.DataFrame(
        {"id": [1, 1, 1, 2, 2], "day": [0, 3, 5, 0, 10], "state": ["a", "b", "c", "a", "b"]}
    )
    fit = fit_panel_markov(frame, **COLUMNS, transitions=[("a", "b"), ("b", "c")], exact_times=True)
    assert fit.rates()["estimate"].tolist() == pytest.approx([2 / 13, 1 / 2], rel=1e-8)
    assert np.sqrt(np.diag(fit.covariance)) == pytest.approx([0.5**0.5, 1.0], rel=1e-6)


def test_exact_times_change_at_a_break():
    """With moves dated and a break at 10, each period's rate is its own moves over its own time."""
    frame = pd.DataFrame(
        {"id": [1, 1, 2, 2, 3, 3], "day": [0, 4, 0, 16, 0, 20], "state": [1, 2, 1, 2, 1, 1]}
    )
    fit = fit_panel_markov(frame, **COLUMNS, transitions=[(1, 2)], exact_times=True, breaks=[10])
    early = fit.rates()["estimate"].iloc[0]
    assert early == pytest.approx(1 / 24, rel=1e-7)
    assert fit.hazard_ratios()["estimate"].iloc[0] == pytest.approx((1 / 16) / (1 / 24), rel=1e-7)
    stay = fit.transition_probabilities(12, since=4)["estimate"].iloc[0]
    assert stay == pytest.approx(np.exp(-6 / 24 - 6 / 16), rel=1e-7)


def test_row_order_and_identical_rows_do_not_matter():
    """Shuffled rows, some of them twice, give the same fit."""
    frame = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
    mixed = pd.concat([frame, frame.iloc[:30]]).sample(frac=1, random_state=1)
    fit = fit_panel_markov(mixed, **COLUMNS, transitions=FLIP)
    assert fit.minus_two_loglik == pytest.approx(165.097079, abs=1e-6)
    assert fit.model.n_duplicates == 30


def test_a_shared_effect_is_one_parameter():
    """Two moves that share an effect print it twice, and both equal their common ratio."""
    frame = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
    frame["x"] = (frame["id"] % 2).astype(float)
    fit = fit_panel_markov(
        frame, **COLUMNS, transitions=FLIP, covariates=["x"], constraints=[("x", FLIP)]
    )
    ratios = fit.hazard_ratios()
    assert len(ratios) == 2
    assert ratios["estimate"].nunique() == 1
    assert len(fit.covariance) == 3


def test_levels_and_numbers_say_the_same():
    """A covariate of two labels gives the ratio of its 0/1 form."""
    frame = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
    frame["x"] = frame["id"] % 2
    frame["word"] = np.where(frame["x"] == 1, "yes", "no")
    by_number, by_word = (
        fit_panel_markov(frame, **COLUMNS, transitions=FLIP, covariates=[name])
        for name in ("x", "word")
    )
    assert by_word.hazard_ratios()["covariate"].tolist() == ["word[yes]"] * 2
    assert by_word.hazard_ratios()["estimate"].to_numpy() == pytest.approx(
        by_number.hazard_ratios()["estimate"].to_numpy(), rel=1e-7
    )
    assert by_word.rates(word="no")["estimate"].to_numpy() == pytest.approx(
        by_number.rates(x=0)["estimate"].to_numpy(), rel=1e-7
    )


def test_no_moves_give_rates_of_0_and_say_so():
    """Where nobody ever moves the rates are 0, which is a boundary and is called one."""
    frame = frame_of_pairs({}, {(1, 1): 5, (2, 2): 5})
    fit = fit_panel_markov(frame, **COLUMNS, transitions=FLIP)
    assert not fit.converged
    assert fit.model.fit.optimum.is_at_boundary
    assert (fit.rates()["estimate"] < 1e-9).all()
    assert fit.minus_two_loglik == pytest.approx(0, abs=1e-6)


def test_one_subject_is_enough():
    """One subject who moves once between two of four visits gives that rate's own estimate."""
    frame = pd.DataFrame({"id": 1, "day": [0, 10], "state": [1, 2]})
    more = pd.DataFrame({"id": 1, "day": [20], "state": [2]})
    fit = fit_panel_markov(pd.concat([frame, more]), **COLUMNS, transitions=[(1, 2)])
    # It was seen to have moved within 10 days: the likelihood 1 - exp(-10 q) rises for ever.
    assert not fit.converged
    assert "rate of 1 to 2" in fit.message


BAD = {
    "a state outside the graph": ({"state": [1, 7]}, "outside the graph"),
    "a move with no way": ({"state": [2, 1]}, "no way"),
    "a missing state": ({"state": [1, None]}, "missing"),
    "a missing time": ({"day": [0, None]}, "missing"),
    "contradictory rows": ({"day": [0, 0]}, "contradicts"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_rows_are_refused_by_number(case):
    """Each names the column, the row and the remedy, and quotes no value."""
    change, message = BAD[case]
    frame = pd.DataFrame({"id": [1, 1], "day": [0.0, 7.0], "state": [1, 2]}).assign(**change)
    with pytest.raises(DataError, match=message) as caught:
        fit_panel_markov(frame, **COLUMNS, transitions=[(1, 2)])
    assert "counted from 0: " in str(caught.value)


def test_nobody_seen_twice_is_no_panel():
    """Everybody censored on day 0: nothing could be seen to happen."""
    frame = pd.DataFrame({"id": [1, 2], "day": [0, 0], "state": [1, 1]})
    with pytest.raises(NoEventsError, match="two different times"):
        fit_panel_markov(frame, **COLUMNS, transitions=[(1, 2)])


def test_a_covariate_that_does_not_vary_is_refused():
    """Its effect cannot be known, and the message says which it is."""
    frame = frame_of_pairs({(1, 2): 2}, {(1, 1): 2}).assign(x=1)
    with pytest.raises(NotIdentifiableError, match="x is the same"):
        fit_panel_markov(frame, **COLUMNS, transitions=[(1, 2)], covariates=["x"])


def test_missing_covariates_matter_only_where_an_interval_starts():
    """A value missing in a subject's last row is not used; one before is refused."""
    frame = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
    frame["x"] = (frame["id"] % 2).astype(float).where(frame["day"] == 0)
    fit = fit_panel_markov(frame, **COLUMNS, transitions=FLIP, covariates=["x"])
    assert fit.converged
    frame.loc[0, "x"] = np.nan
    with pytest.raises(DataError, match="x is missing"):
        fit_panel_markov(frame, **COLUMNS, transitions=FLIP, covariates=["x"])


def test_arguments_that_name_nothing_are_refused():
    """Unknown moves, covariates and effects are refused with the list of what there is."""
    frame = frame_of_pairs({(1, 2): 2}, {(1, 1): 2}).assign(x=range(8))
    for wrong in (
        {"covariates": {(2, 1): ["x"]}},
        {"constraints": [("x", [(1, 2)])]},
        {"fixed": {(2, 1): 0.1}},
        {"fixed": {("x", 1, 2): 0.1}},
        {"covariates": "x"},
        {"exact_states": [9]},
    ):
        with pytest.raises(DataError):
            fit_panel_markov(frame, **COLUMNS, transitions=[(1, 2)], **wrong)


@needs_shared
def test_misclassified_cav_is_as_msm_has_it():
    """Errors between neighbours, all truly starting in 1: msm 1.7 gives -2 log L 3951.82919852."""
    fit = fit_cav(
        transitions=[(1, 2), (1, 4), (2, 3), (2, 4), (3, 4)],
        misclassification={(1, 2): 0.1, (2, 1): 0.1, (2, 3): 0.1, (3, 2): None},
        initial={1: 1.0},
    )
    assert fit.converged
    assert fit.minus_two_loglik == pytest.approx(3951.82919852, abs=1e-5)
    seen = fit.misclassification()
    wrong = seen.loc[seen["true"] != seen["observed"], "estimate"]
    assert wrong.tolist() == pytest.approx([0.0076617, 0.2450290, 0.0510446, 0.1243913], abs=1e-5)
    expected = fit.prevalence([10])["n_expected"]
    assert expected.tolist() == pytest.approx([81.3704, 34.6372, 31.8124, 148.1800], abs=1e-3)


@needs_shared
def test_a_break_in_cav_is_as_msm_has_it():
    """All rates change after 5 years: msm 1.7 with pci = 5 gives -2 log L 3919.99600900."""
    fit = fit_cav(breaks=[5])
    assert fit.converged
    assert fit.minus_two_loglik == pytest.approx(3919.99600900, abs=1e-5)
    effects = fit.parameters()["estimate"].tolist()[7:]
    expected = [0.7875770, -0.4091957, -0.4023431, -0.0830473, 2.6118564, 0.3612757, 0.5432584]
    assert effects == pytest.approx(expected, abs=1e-5)


@needs_shared
def test_mean_time_to_death_in_cav_is_as_msm_has_it():
    """Nobody leaves but by death, so the mean given arrival is msm's expected passage time."""
    expected = reference("cav_tight")["post"]["efpt_to_death"][:3]
    assert fit_cav().mean_given_arrival(4)["estimate"].to_numpy() == pytest.approx(
        expected, rel=1e-5
    )


def test_an_uncertain_state_between_two_visits_is_summed_over():
    """A code for both states in the middle says nothing: the fit is that of the outer visits."""
    frame = frame_of_pairs({(1, 2): 20, (2, 1): 10}, {(1, 1): 80, (2, 2): 90})
    middle = frame[frame["day"] == 0].assign(day=3.0, state=9)
    fit = fit_panel_markov(
        pd.concat([frame, middle]),
        **COLUMNS,
        transitions=FLIP,
        censored_states={9: (1, 2)},
    )
    assert fit.minus_two_loglik == pytest.approx(165.097079, abs=1e-6)


def test_an_estimated_first_state_is_a_share():
    """Of first rows 'one of two' nothing is known but what follows; all start in 1 is found."""
    frame = pd.DataFrame({"id": [1, 1, 2, 2], "day": [0, 0.001, 0, 0.001], "state": [9, 1, 9, 1]})
    fit = fit_panel_markov(
        frame,
        **COLUMNS,
        transitions=FLIP,
        censored_states={9: (1, 2)},
        initial="estimated",
        fixed={(1, 2): 0.1, (2, 1): 0.1},
    )
    assert not fit.converged
    assert "log odds of starting in 2" in fit.message
