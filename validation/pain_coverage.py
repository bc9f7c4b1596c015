"""Coverage of the estimators of pain: changes with missing scores, mixed models, small samples."""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.analysis.pain.imputation import Pooled, impute_scores, pool_means
from hinge_outcomes.analysis.pain.intraclass import intraclass_correlation
from hinge_outcomes.analysis.pain.missing_scores import visit_scores
from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
from hinge_outcomes.analysis.pain.score_history import derive_score_history
from hinge_outcomes.analysis.pain.score_weights import weigh_scores
from hinge_outcomes.domain.rules import LossRule
from hinge_outcomes.exceptions import HingeError
from hinge_outcomes.simulation.estimands import true_estimands
from hinge_outcomes.simulation.scenario import Scenario
from validation.coverage import COLUMNS, Answer, Cell, judge, run_replicates
from validation.progression_coverage import with_spread
from validation.proofs import Proof

N_EPISODES, AT_DAY = 300, 91
N_IMPUTATIONS = 30
DELTA = 1.5
"""Points by which those lost are worse in the scenario loss-mnar."""

LARGEST_BIAS = 0.1
_MCAR, _MAR, _MNAR, _MIXED, _NESTED, _MMRM, _ICC = (11_000_000 + 1_000_000 * k for k in range(7))
"""Where the seeds of each study begin."""

AVAILABLE, RESPONDERS, WEIGHTED, IMPUTED, REPEATED, SHIFTED, COURSE = (
    "mean change, available cases", "share better by the MIC, both scores", "mean change, weights",
    "mean change, imputation", "mean change, MMRM", f"mean change, imputation, delta {DELTA}",
    "mean change, fit_pain (a model: its bias is shown)",
)  # fmt: skip


def mcar_coverage(n_replicates: int) -> Proof:
    """Scores missing completely at random: everything covers."""
    cells = _simulated(mcar_replicate, missing_at_random_completely(), _MCAR, n_replicates)
    judged = [cell for cell in cells if cell.quantity != COURSE]
    return Proof(
        f"Missing completely at random, {N_EPISODES} episodes, 13 weeks: 95% intervals over "
        f"{n_replicates:,} replicates",
        COLUMNS,
        [cell.row() for cell in cells],
        all(cell.holds for cell in judged),
    )


def mar_coverage(n_replicates: int) -> Proof:
    """Leaving depends on the last recorded pain, and leavers seldom answer (loss-mar)."""
    cells = _simulated(mar_replicate, alike(Scenario.named("loss-mar")), _MAR, n_replicates)
    judged = [cell for cell in cells if cell.quantity in (WEIGHTED, IMPUTED, REPEATED)]
    available = next(cell for cell in cells if cell.quantity == AVAILABLE)
    is_biased = available.bias > 3 * available.empirical / np.sqrt(max(available.n, 1))
    return Proof(
        f"Missing at random given recorded pain, {N_EPISODES} episodes, 13 weeks: weights, "
        f"imputation and MMRM over {n_replicates:,} replicates; available cases are biased",
        COLUMNS,
        [cell.row() for cell in cells],
        all(cell.holds for cell in judged) and (is_biased or n_replicates < _ENOUGH),
    )


def mnar_bias(n_replicates: int) -> Proof:
    """After leaving pain is higher by a known amount: the right delta is nearly unbiased."""
    cells = _simulated(mnar_replicate, alike(Scenario.named("loss-mnar")), _MNAR, n_replicates)
    right = next(cell for cell in cells if cell.quantity == SHIFTED)
    wrong = next(cell for cell in cells if cell.quantity == IMPUTED)
    return Proof(
        f"Pattern mixture, {N_EPISODES} episodes, 13 weeks: bias of the right delta under "
        f"{LARGEST_BIAS} points, of delta 0 above, over {n_replicates:,} replicates",
        COLUMNS,
        [cell.row() for cell in cells],
        abs(right.bias) < LARGEST_BIAS < abs(wrong.bias),
    )


def mixed_coverage(n_replicates: int) -> Proof:
    """A mixed model's own world, small, with dropout that depends on the scores seen."""
    seeds = range(_MIXED, _MIXED + n_replicates)
    cells = judge(run_replicates(mixed_replicate, seeds), _MIXED_TRUTHS)
    judged = [cell for cell in cells if "available" not in cell.quantity]
    return Proof(
        f"Random intercept and slope, {_N_SMALL} patients, missing at random: fixed effects over "
        f"{n_replicates:,} replicates; the mean of those still seen is biased",
        COLUMNS,
        [cell.row() for cell in cells],
        all(cell.holds for cell in judged),
    )


def nested_coverage(n_replicates: int) -> Proof:
    """Twelve clinicians of four clinics: fixed effects rest on few units."""
    seeds = range(_NESTED, _NESTED + n_replicates)
    cells = judge(run_replicates(nested_replicate, seeds), _NESTED_TRUTHS)
    return Proof(
        "Patients within 12 clinicians within 4 clinics: fixed effects by Kenward-Roger over "
        f"{n_replicates:,} replicates hold 93 to 99% (few units)",
        COLUMNS,
        [cell.row() for cell in cells],
        all(0.93 <= cell.coverage <= 0.99 for cell in cells),
    )


def mmrm_coverage(n_replicates: int) -> Proof:
    """An unstructured covariance, few subjects, dropout that depends on the scores seen."""
    seeds = range(_MMRM, _MMRM + n_replicates)
    cells = judge(run_replicates(mmrm_replicate, seeds), _MMRM_TRUTHS)
    shown = ("available cases", "kenward-roger")
    judged = [cell for cell in cells if not cell.quantity.endswith(shown)]
    return Proof(
        f"MMRM, unstructured, {_N_SMALL} subjects of two arms at four visits, missing at random: "
        f"means and differences over {n_replicates:,} replicates, by Satterthwaite and by the "
        "linear form of Kenward-Roger; shown besides: the form of R's mmrm, and available means, "
        "which are biased",
        COLUMNS,
        [cell.row() for cell in cells],
        all(cell.holds for cell in judged),
    )


def icc_coverage(n_replicates: int) -> Proof:
    """Intraclass correlations near zero: the F interval holds 93 to 99%."""
    seeds = range(_ICC, _ICC + n_replicates)
    cells = judge(run_replicates(icc_replicate, seeds), {f"ICC {icc:g}": icc for icc in _ICCS})
    return Proof(
        f"Intraclass correlation, {_N_CLINICIANS} clinicians of 6 to 30 patients: F intervals over "
        f"{n_replicates:,} replicates hold 93 to 99% (few units, variance near zero)",
        COLUMNS,
        [cell.row() for cell in cells],
        all(0.93 <= cell.coverage <= 0.99 for cell in cells),
    )


_ENOUGH = 1_000
"""Replicates from which the small bias of available cases must show."""

_N_SMALL, _N_CLINICIANS = 40, 15
_ICCS = (0.0, 0.03, 0.1)


@cache
def alike(scenario: Scenario) -> Scenario:
    """Give a scenario with all clinicians and clinics alike, so that patients are independent."""
    pain = replace(scenario.pain, clinician_icc=0.0, clinic_icc=0.0)
    return replace(with_spread(scenario, clinician_sd=0.0), pain=pain)


@cache
def missing_at_random_completely() -> Scenario:
    """Give the default scenario with loss and answers that have nothing to do with pain."""
    scenario = alike(Scenario.default())
    return replace(
        scenario,
        loss=replace(scenario.loss, mechanism="mcar"),
        questionnaires=replace(scenario.questionnaires, mechanism="mcar"),
    )


def mcar_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Simulate, and estimate the change in every way and the share of responders."""
    return _all_ways(missing_at_random_completely(), seed, 0.0)


def mar_replicate(seed: int) -> Mapping[str, Answer] | None:
    """The same where leaving depends on recorded pain."""
    return _all_ways(alike(Scenario.named("loss-mar")), seed, 0.0)


def mnar_replicate(seed: int) -> Mapping[str, Answer] | None:
    """The same where those who left are worse by delta."""
    return _all_ways(alike(Scenario.named("loss-mnar")), seed, DELTA)


def _simulated(
    replicate: object, scenario: Scenario, first_seed: int, n_replicates: int
) -> list[Cell]:
    truth = true_estimands(scenario, replicates=min(200, n_replicates), n_episodes=5_000, seed=99)
    change = truth.value("nprs_change", day=AT_DAY)
    share = truth.value("nprs_mic", day=AT_DAY)
    names = (AVAILABLE, RESPONDERS, WEIGHTED, IMPUTED, REPEATED, SHIFTED, COURSE)
    truths = {name: share if name == RESPONDERS else change for name in names}
    answers = run_replicates(replicate, range(first_seed, first_seed + n_replicates))  # type: ignore[arg-type]
    given = {name for one in answers if one is not None for name in one}
    return judge(answers, {name: truth for name, truth in truths.items() if name in given})


def _all_ways(scenario: Scenario, seed: int, delta: float) -> Mapping[str, Answer] | None:
    cohort = ho.simulate(scenario, n_episodes=N_EPISODES, seed=seed)
    try:
        change = ho.estimate_change(cohort, "nprs", AT_DAY).table().iloc[0]
        shares = ho.estimate_responders(cohort, "nprs", AT_DAY).table()
        history = derive_score_history(cohort, "nprs", AT_DAY, loss=LossRule())
        clusters = history.frame["patient_id"].to_numpy()
        rng = np.random.default_rng(seed)
        made = impute_scores(history, AT_DAY, n_imputations=N_IMPUTATIONS, rng=rng)
        visits = visit_scores(cohort, "nprs", AT_DAY)
        fit = fit_mmrm(visits, "score ~ C(visit)", subject="episode_id", visit="visit")
        course = ho.fit_pain(cohort, "nprs", days=(0, AT_DAY)).table().iloc[-1]
    except HingeError:
        return None
    share = shares[(shares["criterion"] == "mic") & (shares["population"] == "all")].iloc[0]
    found = {
        AVAILABLE: _of_row(change),
        RESPONDERS: (share["estimate"], share["std_error"], share["cluster_ci_low"],
                     share["cluster_ci_high"]),
        WEIGHTED: _of_pooled(weigh_scores(history, AT_DAY, clusters, 0.95).pooled),
        IMPUTED: _of_pooled(pool_means(made.follow_up - made.baseline, clusters, 0.95)),
        REPEATED: _of_row(fit.contrast({f"C(visit)[T.{AT_DAY}]": 1.0}).iloc[0]),
        COURSE: (course["change"], course["change_std_error"], course["change_ci_low"],
                 course["change_ci_high"]),
    }  # fmt: skip
    if delta:
        moved = made.shifted(delta, 0.0, 10.0) - made.baseline
        found[SHIFTED] = _of_pooled(pool_means(moved, clusters, 0.95))
    return found


def _of_row(row: pd.Series) -> Answer:
    return row["estimate"], row["std_error"], row["ci_low"], row["ci_high"]


def _of_pooled(pooled: Pooled) -> Answer:
    return pooled.estimate, pooled.std_error, pooled.ci_low, pooled.ci_high


_MIXED_TRUTHS = {
    f"{term}, {df}": value
    for df in ("satterthwaite", "kenward-roger")
    for term, value in (("intercept", 6.0), ("slope", -0.4))
} | {"mean at the last visit, available cases": 6.0 - 0.4 * 5}


def mixed_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Six visits; who scored high at one is likelier not to come to the next."""
    rng = np.random.default_rng(seed)
    time = np.arange(6)
    own = rng.multivariate_normal([0, 0], [[2.0, 0.1], [0.1, 0.1]], _N_SMALL)
    score = 6 + own[:, :1] + (own[:, 1:] - 0.4) * time + rng.standard_normal((_N_SMALL, 6))
    frame = _with_dropout(score, rng)
    found: dict[str, Answer] = {}
    for df in ("satterthwaite", "kenward-roger"):
        fit = fit_mixed_model(frame, "score ~ visit", group="who", random="1 + visit", df=df)
        if not fit.converged:
            return None
        for term, (_, row) in zip(("intercept", "slope"), fit.table().iterrows(), strict=True):
            found[f"{term}, {df}"] = _of_row(row)
    found["mean at the last visit, available cases"] = _plain_mean(frame[frame["visit"] == 5])
    return found


_NESTED_TRUTHS = {"intercept": 6.0, "slope": -0.4}


def nested_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Three clinicians of each of four clinics, eight patients each, four visits."""
    rng = np.random.default_rng(seed)
    clinic, clinician, patient, visit = (one.ravel() for one in np.indices((4, 3, 8, 4)))
    clinician, patient = clinic * 3 + clinician, (clinic * 3 + clinician) * 8 + patient
    score = (
        6 - 0.4 * visit + rng.normal(0, 0.5, 4)[clinic] + rng.normal(0, 0.5, 12)[clinician]
        + rng.normal(0, 1.2, 96)[patient] + rng.standard_normal(len(visit))
    )  # fmt: skip
    frame = pd.DataFrame(
        {"clinic": clinic, "clinician": clinician, "who": patient, "visit": visit, "score": score}
    )
    fit = fit_mixed_model(
        frame[rng.random(len(frame)) < 0.85], "score ~ visit",
        group=["clinic", "clinician", "who"], random=["1", "1", "1"], df="kenward-roger",
    )  # fmt: skip
    if not fit.converged:
        return None
    return {
        term: _of_row(row)
        for term, (_, row) in zip(("intercept", "slope"), fit.table().iterrows(), strict=True)
    }


_MMRM_SCORES = np.array([6.0, 5.0, 4.2, 3.8])
_MMRM_TRUTHS = {
    f"{what}, {df}": value
    for df in ("satterthwaite", "kenward-roger-linear", "kenward-roger")
    for what, value in (("mean at the last visit", 3.8), ("difference of arms", 0.0))
} | {"mean at the last visit, available cases": 3.8}


def mmrm_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Two alike arms at four visits with a free covariance."""
    rng = np.random.default_rng(seed)
    covariance = np.array(
        [[4.0, 2.6, 2.0, 1.6], [2.6, 5.0, 3.2, 2.4], [2.0, 3.2, 6.0, 3.6], [1.6, 2.4, 3.6, 6.5]]
    )
    noise = rng.standard_normal((_N_SMALL, 4)) @ np.linalg.cholesky(covariance).T
    frame = _with_dropout(_MMRM_SCORES + noise, rng)
    frame["arm"] = np.where(frame["who"] % 2 == 0, "a", "b")
    found: dict[str, Answer] = {}
    for df in ("satterthwaite", "kenward-roger-linear", "kenward-roger"):
        try:
            fit = fit_mmrm(frame, "score ~ arm * C(visit)", subject="who", visit="visit", df=df)
        except HingeError:
            return None
        if fit.structure != "unstructured":
            return None
        mean = fit.marginal_means().set_index("visit").loc[3]
        difference = fit.contrast("arm").set_index("visit").loc[3]
        found[f"mean at the last visit, {df}"] = _of_row(mean)
        found[f"difference of arms, {df}"] = _of_row(difference)
    found["mean at the last visit, available cases"] = _plain_mean(frame[frame["visit"] == 3])
    return found


def _with_dropout(score: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Let whoever scored high at a visit be likelier to come to none after it."""
    n, n_visits = score.shape
    chance = 1 / (1 + np.exp(3.0 - 0.35 * (score[:, :-1] - 4)))
    is_gone = np.cumsum(rng.random((n, n_visits - 1)) < chance, axis=1) > 0
    is_seen = np.column_stack([np.ones(n, dtype=bool), ~is_gone]).ravel()
    frame = pd.DataFrame(
        {
            "who": np.repeat(np.arange(n), n_visits),
            "visit": np.tile(np.arange(n_visits), n),
            "score": score.ravel(),
        }
    )
    return frame[is_seen].reset_index(drop=True)


def _plain_mean(rows: pd.DataFrame) -> Answer:
    mean, error = float(rows["score"].mean()), float(rows["score"].sem())
    return mean, error, mean - 1.96 * error, mean + 1.96 * error


def icc_replicate(seed: int) -> Mapping[str, Answer] | None:
    """Fifteen clinicians of unequal size at each true correlation."""
    rng = np.random.default_rng(seed)
    groups = np.repeat(np.arange(_N_CLINICIANS), rng.integers(6, 31, _N_CLINICIANS))
    found = {}
    for icc in _ICCS:
        own = np.sqrt(icc) * rng.standard_normal(_N_CLINICIANS)[groups]
        values = own + np.sqrt(1 - icc) * rng.standard_normal(len(groups))
        one = intraclass_correlation(values, groups)
        # The method has no standard error; a quarter of the interval's width stands in the table.
        found[f"ICC {icc:g}"] = (
            one.estimate, (one.ci_high - one.ci_low) / 4, one.ci_low, one.ci_high
        )  # fmt: skip
    return found
