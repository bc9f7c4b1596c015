"""What loss to follow-up may hide: mastery in care, if nobody were lost, and in between."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import brentq

from hinge_outcomes.analysis.inference import check_conf_level, normal_quantile, t_quantile
from hinge_outcomes.analysis.progression.after_loss import mastery_by_delta
from hinge_outcomes.analysis.progression.counting_process import Floats
from hinge_outcomes.analysis.progression.delete_one import FEW_CLUSTERS, TOO_FEW_CLUSTERS
from hinge_outcomes.analysis.progression.dropout_weights import DropoutWeights
from hinge_outcomes.analysis.progression.loss_estimates import (
    LossQuestion,
    estimate_three_ways,
    intervals_in_care,
    leave_one_out,
)
from hinge_outcomes.analysis.progression.loss_result import (
    AFTER_LOSS,
    IF_NOBODY_LOST,
    LossAnalysis,
)
from hinge_outcomes.analysis.progression.loss_tables import (
    answer_tables,
    odds_ratios,
    weight_table,
)
from hinge_outcomes.analysis.progression.mastery_population import stage_in_question
from hinge_outcomes.analysis.progression.mastery_stays import first_stays, read_mastery_days
from hinge_outcomes.analysis.progression.stays import check_follow_up
from hinge_outcomes.analysis.progression.visit_history import derive_visit_history
from hinge_outcomes.cohort.day0 import ID_COLUMNS, check_day0_columns
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

COVARIATES = ("symptom_duration", "start_back_risk", "age", "sex", "entry_stage")
"""Columns of day 0 on which the weights condition, besides what visits record."""

DELTAS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
"""Assumptions about those lost: multiples of the rate of comparable patients still in care."""

_COLUMNS = [
    "estimand",
    "day",
    "delta",
    "tipping_delta",
    "estimate",
    "std_error",
    "ci_low",
    "ci_high",
    "n_at_risk",
    "n_events",
]

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def analyse_loss(
    cohort: Cohort,
    *,
    stage: str | int = "target",
    day: int | Sequence[int] = 180,
    delta: float = 0.5,
    deltas: Sequence[float] = DELTAS,
    target: float | None = None,
    covariates: Sequence[str] = COVARIATES,
    truncate: float = 0.99,
    cluster: str | None = None,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
    conf_level: float = 0.95,
) -> LossAnalysis:
    """Set three answers side by side: mastery in care, if nobody were lost, and after a loss.

    The three are different questions, not three attempts at one. "While in care": being lost is an
    end without mastery, as in `estimate_mastery`. "If nobody were lost": those still seen stand for
    comparable ones lost before. "After-loss assumption": those lost go on to master it at ``delta``
    times the rate of comparable patients in care. Planned discharge and referral are competing ends
    in all three. Days count from each episode's start.

    Parameters
    ----------
    cohort : Cohort
        The records, visits among them.
    stage : "target" or int, default "target"
        Whose mastery, as in `estimate_mastery`.
    day : int or sequence of int, default 180
        The days by which mastery is asked about.
    delta : float, default 0.5
        The after-loss assumption of the third row, 0 or more: 0 means that nobody who was lost
        mastered it later, 1 that they did like comparable patients in care.
    deltas : sequence of float
        The grid of assumptions that `LossAnalysis.by_delta` gives and the picture shows. Default:
        0 to 2.
    target : float, optional
        A share that was to be reached: then the tipping point is the delta at which the estimate
        equals it. Default: the delta at which the estimate leaves the interval of "if nobody were
        lost".
    covariates : sequence of str
        Columns known on day 0 on which the weights condition, besides the last pain score, the
        working stage and the stages to go, time, appointments missed and home exercise reported so
        far. Default: symptom_duration, start_back_risk, age, sex, entry_stage.
    truncate : float, default 0.99
        Stabilised weights above this quantile are cut to it; 1 cuts none.
    cluster : str, optional
        Column whose values are sampled independently: patient_id, clinician_id or clinic_id.
        Default: patient_id.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    LossAnalysis
        ``.table()`` three rows a day, ``.by_delta()`` the grid, ``.tipping_points()``,
        ``.weights()``, ``.loss_model()``, ``.plot()``, ``.summary()``.

    Raises
    ------
    NotIdentifiableError
        If there are no stages or visits, no episode can be analysed, or nobody is followed long
        enough to know who came again.
    AnalysisError
        If an option is not allowed, or a covariate is not known on day 0.
    ConvergenceError
        If the model of loss does not settle.

    Notes
    -----
    The weights are W = 1 / prod (1 - P(lost after visit j)) over a patient's visits so far, the
    probability from a pooled logistic regression over visits; the estimate is the weighted
    Aalen-Johansen estimator with those lost censored at their last visit, because mastery is
    documented at visits [1]_ [2]_. It assumes that, given what the weights condition on, being lost
    says nothing about the mastery to come. Everyone is followed to ``loss.gap_days`` before the
    data cut at most: only so far is it known of everyone who was lost. The third row is a pattern
    mixture: the hazard after loss is delta times that of the comparable [3]_; see `after_loss`.
    No record can tell delta. Errors are the infinitesimal jackknife over clusters and include the
    estimation of the weights; the truncation is taken as given. With up to 50 clusters other than
    patients, whole analyses leaving out one cluster each and t(G - 1) take its place.

    References
    ----------
    .. [1] Robins J, Finkelstein D (2000). Correcting for noncompliance and dependent censoring in
       an AIDS clinical trial with inverse probability of censoring weighted log-rank tests.
       Biometrics 56, 779-788.
    .. [2] Datta S, Satten G (2002). Estimation of integrated transition hazards and stage
       occupation probabilities for non-Markov systems under dependent censoring. Biometrics 58,
       792-802.
    .. [3] Scharfstein D, Robins J, Eddings W, Rotnitzky A (2001). Inference in randomized studies
       with informative censoring and discrete time-to-event endpoints. Biometrics 57, 404-413.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=400, seed=7)
    >>> found = analyse_loss(cohort, day=120)
    >>> found.table()["estimand"].tolist()
    ['while in care', 'if nobody were lost', 'after-loss assumption']
    """
    check_follow_up(cohort)
    check_conf_level(conf_level)
    days_asked = np.unique(np.atleast_1d(np.asarray(day, dtype=float)))
    grid = np.unique(np.asarray([*deltas, delta, 1.0], dtype=float))
    _check_options(days_asked, grid, target, truncate)
    check_day0_columns(cohort, list(covariates), argument="covariates")
    unit = "patient_id" if cluster is None else cluster
    if unit not in ID_COLUMNS[1:]:
        raise AnalysisError(
            f"cluster={unit!r} is not a sampling unit. Allowed: {', '.join(ID_COLUMNS[1:])}."
        )
    wanted, excluded = stage_in_question(cohort, stage)
    if wanted.empty:
        raise NotIdentifiableError(
            "No episode can be analysed. Choose a stage between entry and target stage, or a wider "
            "selection."
        )
    days = read_mastery_days(cohort, wanted, criterion=criterion, loss=loss)
    history = derive_visit_history(
        cohort,
        days,
        gap_days=loss.gap_days,
        upto_day=float(days_asked[-1]),
        covariates=covariates,
    )
    episodes = cohort.episodes.set_index("episode_id").loc[days.episode_ids]
    clusters = episodes[unit].astype("object").fillna("not recorded").to_numpy()
    patients = episodes["patient_id"].astype("object").to_numpy()
    in_care = intervals_in_care(first_stays(days))
    question = LossQuestion(days_asked, grid, truncate)
    found = estimate_three_ways(in_care, history, question)
    n_clusters = len(np.unique(clusters))
    if unit != "patient_id" and n_clusters <= FEW_CLUSTERS:
        error = leave_one_out(in_care, history, clusters, question)
        quantile = t_quantile(n_clusters - 1, conf_level) if n_clusters > 1 else np.nan
    else:
        error, quantile = found.std_error(clusters), normal_quantile(conf_level)
    followed = (in_care, found.weights.intervals)
    answers, over = answer_tables(found.estimate, error, quantile, followed, question, delta)
    tipping = _tipping_points(found.weights, answers, question, target)
    answers = answers.merge(
        tipping[["day", "tipping_delta"]].assign(estimand=AFTER_LOSS), how="left"
    )
    by_patient = None
    if unit != "patient_id" and n_clusters < TOO_FEW_CLUSTERS:
        error, quantile = found.std_error(patients), normal_quantile(conf_level)
        by_patient, _ = answer_tables(found.estimate, error, quantile, followed, question, delta)
    return LossAnalysis(
        stage=stage,
        answers=answers[_COLUMNS],
        grid=over,
        tipping=tipping,
        spread=weight_table(found.weights, days_asked),
        terms=odds_ratios(found.model, history.episode, patients, conf_level),
        target=target,
        n_episodes=cohort.n_episodes,
        n_analysed=len(days.episode_ids),
        excluded=excluded,
        n_patients=len(np.unique(patients)),
        n_followed=len(history.day0_episode),
        n_lost=int(history.is_lost.sum()),
        cap=found.weights.cap,
        truncate=truncate,
        cluster=unit,
        n_clusters=n_clusters,
        by_patient=by_patient,
        conf_level=conf_level,
    )


def _tipping_points(
    weights: DropoutWeights, answers: pd.DataFrame, question: LossQuestion, target: float | None
) -> pd.DataFrame:
    """Find the delta at which the estimate equals the target, or leaves the weighted interval."""
    nobody = answers[answers["estimand"] == IF_NOBODY_LOST].set_index("day")
    rows = []
    for day in question.days:
        threshold = float(nobody.loc[day, "ci_low"]) if target is None else target
        low, high = 0.0, 1.0 if target is None else float(question.deltas[-1])

        def excess(delta: float, day: float = day, threshold: float = threshold) -> float:
            estimate = mastery_by_delta(weights.intervals, day, np.array([delta]))
            return float(estimate[0]) - threshold

        is_known = np.isfinite(threshold) and np.isfinite(nobody.loc[day, "estimate"])
        found = np.nan
        if is_known and excess(low) < 0 <= excess(high):
            found = float(brentq(excess, low, high, xtol=1e-6))
        rows.append(
            {
                "day": day,
                "conclusion": _conclusion(
                    found, threshold, target, high, is_above=is_known and excess(low) >= 0
                ),
                "threshold": threshold,
                "tipping_delta": found,
            }
        )
    return pd.DataFrame(rows)


def _conclusion(
    found: float, threshold: float, target: float | None, most: float, *, is_above: bool
) -> str:
    if target is not None:
        if np.isfinite(found):
            return (
                f"The target of {threshold:.0%} is reached if those lost went on at {found:.2f} or "
                "more times the pace of the comparable."
            )
        if is_above:
            return f"The target of {threshold:.0%} is reached even if nobody lost mastered it."
        return f"The target of {threshold:.0%} is not reached at any pace up to {most:g} times."
    if not np.isfinite(threshold):
        return "No tipping point can be given without an interval."
    if np.isfinite(found):
        return (
            f"Tipping point: below {found:.2f} times that pace the answer leaves the interval of "
            '"if nobody were lost".'
        )
    return (
        'No assumption between 0 and 1 takes the answer out of the interval of "if nobody were '
        'lost".'
    )


def _check_options(days: Floats, deltas: Floats, target: float | None, truncate: float) -> None:
    if not len(days) or not (days >= 1).all():
        raise AnalysisError("day= must be 1 or later. Name one day, or several.")
    if not (np.isfinite(deltas) & (deltas >= 0)).all():
        raise AnalysisError(
            "delta= and deltas= are multiples of a rate: 0 or more. 0 means that nobody who was "
            "lost mastered it later, 1 that they did like comparable patients."
        )
    if target is not None and not 0 < target < 1:
        raise AnalysisError(f"target={target} is no share. Write 0.5 for one half.")
    if not 0.5 <= truncate <= 1:
        raise AnalysisError(
            f"truncate={truncate} is no upper quantile. Allowed: 0.5 to 1; 1 cuts no weight."
        )
