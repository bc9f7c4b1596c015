"""Set the mean change side by side under what may be assumed of missing scores."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level
from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.pain.course import fit_pain
from hinge_outcomes.analysis.pain.follow_up_scores import check_cluster
from hinge_outcomes.analysis.pain.imputation import Imputations, impute_scores, pool_means
from hinge_outcomes.analysis.pain.missing_result import (
    ASSUMES,
    AVAILABLE,
    IMPUTED,
    MIXED,
    MMRM,
    SHIFTED,
    WEIGHTED,
    MissingAnalysis,
)
from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
from hinge_outcomes.analysis.pain.outcome_panel import find_instrument, instrument_scores
from hinge_outcomes.analysis.pain.score_history import ScoreHistory, derive_score_history
from hinge_outcomes.analysis.pain.score_weights import weigh_scores
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.instruments import Instrument
from hinge_outcomes.domain.rules import LossRule
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

_LOSS = LossRule()

DELTAS = (0.5, 1.0, 1.5, 2.0)
"""Points on the pain scale; for other instruments as shares of its smallest important change."""

_GRID = 25
"""Points of the curve by delta."""

_CARE_DAYS = (14, 28, 42, 63)
"""Days around which scores in care are put together for the MMRM, each taking the nearest week."""


def analyse_missing(
    cohort: Cohort,
    instrument: str = "nprs",
    at_day: int = 91,
    *,
    deltas: Sequence[float] | None = None,
    threshold: float | None = None,
    n_imputations: int = 50,
    cluster: str | None = None,
    loss: LossRule = _LOSS,
    conf_level: float = 0.95,
    seed: int = 1,
) -> MissingAnalysis:
    """Analyse what the missing scores would have said, under several assumptions side by side.

    The question is the mean change from baseline to the follow-up of all episodes whose window has
    closed by the data cut, whatever became of them (treatment policy). The table answers it from
    those with both scores, by weighting, by multiple imputation, by a mixed model, by an MMRM, and
    by imputation in which those who were lost are worse than comparable patients by delta.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of the instrument.
    at_day : int, default 91
        Planned follow-up: 42, 91, 182 or 364.
    deltas : sequence of float, optional
        Points by which those lost are worse; default 0.5, 1, 1.5 and 2 for pain, else a quarter,
        half, three quarters and all of the smallest important change.
    threshold : float, optional
        The mean change at which the conclusion tips; default the limit, on the side of less
        improvement, of the interval by multiple imputation.
    n_imputations : int, default 50
        Completed samples.
    cluster : str, optional
        Column of the independent units; default patient_id. Also clinician_id or clinic_id. The
        mixed model and the MMRM take patients as independent.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.
    seed : int, default 1
        Of the imputations.

    Returns
    -------
    MissingAnalysis
        ``.table()``, ``.by_delta()``, ``.tipping_point()``, ``.plot()``, ``.summary()``.

    Raises
    ------
    AnalysisError
        If an argument is not allowed.
    NotIdentifiableError
        If there is no score of the instrument at the follow-up, or too few.

    Notes
    -----
    Rows but the first and the last assume that scores are missing at random given what each
    conditions on [1]_. The last is a pattern mixture [2]_: delta is a shift of latent pain, so a
    score near the end of its scale moves by less. Models see scores of episodes that were not due
    as well; a model that cannot be fitted has a row without numbers, and ``.message`` says why.

    References
    ----------
    .. [1] Carpenter JR, Kenward MG (2007). Missing data in randomised controlled trials: a
       practical guide. Health Technology Assessment Methodology Programme.
    .. [2] Cro S, Morris TP, Kenward MG, Carpenter JR (2020). Sensitivity analysis for clinical
       trials with missing continuous outcome data using controlled multiple imputation. Stat Med
       39, 2815-2842.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=7)
    >>> table = analyse_missing(cohort, n_imputations=5).table()
    >>> table["method"].unique().tolist()[:3]
    ['available cases', 'inverse-probability weights', 'multiple imputation']
    """
    check_conf_level(conf_level)
    if n_imputations < 2:
        raise AnalysisError("n_imputations must be 2 or more: the variance between them counts.")
    tool = find_instrument(cohort, instrument)
    history = derive_score_history(cohort, instrument, at_day, loss=loss)
    unit = check_cluster(history.frame, cluster)
    clusters = history.frame[unit].astype("str").to_numpy()
    made = impute_scores(
        history, at_day, n_imputations=n_imputations, rng=np.random.default_rng(seed)
    )
    frame = history.frame
    is_seen = (frame["baseline"].notna() & frame["follow_up"].notna()).to_numpy()
    rows = [
        _available(cohort, instrument, at_day, unit, loss, conf_level),
        _weighted(history, at_day, clusters, conf_level),
        _imputed(made, tool, clusters, conf_level, None),
    ]
    models, said = _models(cohort, instrument, at_day, conf_level)
    rows += models
    asked = _deltas(tool) if deltas is None else [float(delta) for delta in deltas]
    rows += [_imputed(made, tool, clusters, conf_level, delta) for delta in asked]
    table = _finish(rows, len(frame), int(is_seen.sum()))
    curve = _curve(made, tool, clusters, conf_level, max([*asked, *_deltas(tool)]) * 2)
    first = table[table["method"] == IMPUTED].iloc[0]
    less = float(first["ci_high"] if tool.sign < 0 else first["ci_low"])
    limit = less if threshold is None else float(threshold)
    return MissingAnalysis(
        instrument=instrument,
        at_day=at_day,
        cluster=unit,
        conf_level=conf_level,
        estimates=table,
        curve=curve,
        threshold=limit,
        tipping_delta=_tipping(curve, limit),
        n_started=history.n_started,
        n_due=len(frame),
        n_seen=int(is_seen.sum()),
        n_lost=int(frame["is_lost"].sum()),
        n_lost_seen=int((frame["is_lost"] & frame["follow_up"].notna()).sum()),
        message=" ".join(said),
    )


def _deltas(tool: Instrument) -> list[float]:
    if tool.code == "nprs":
        return list(DELTAS)
    return [share * (tool.mic or 0.1 * (tool.maximum - tool.minimum)) for share in
            (0.25, 0.5, 0.75, 1.0)]  # fmt: skip


def _available(
    cohort: Cohort, instrument: str, at_day: int, unit: str, loss: LossRule, conf_level: float
) -> dict[str, Any]:
    found = estimate_change(
        cohort, instrument, at_day, cluster=unit, loss=loss, conf_level=conf_level
    ).table().iloc[0]  # fmt: skip
    names = ["estimate", "std_error", "ci_low", "ci_high", "df", "baseline_mean", "follow_up_mean"]
    return {"method": AVAILABLE, **{name: float(found[name]) for name in names}, "n": int(
        found["n_analysed"]), "note": str(found["note"])}  # fmt: skip


def _weighted(
    history: ScoreHistory, at_day: int, clusters: np.ndarray, conf_level: float
) -> dict[str, Any]:
    found = weigh_scores(history, at_day, clusters, conf_level)
    note = (
        f"as sure as {found.effective_n:.0f} equal weights; largest weight "
        f"{found.largest_weight:.1f}"
    )
    if found.n_cut:
        note += f", {found.n_cut:,} cut to it"
    if history.frame["is_lost"].any() and not found.n_lost_seen:
        note += "; nobody lost has a score, so those lost are not stood for"
    pooled = found.pooled
    return {
        "method": WEIGHTED,
        "estimate": pooled.estimate,
        "std_error": pooled.std_error,
        "ci_low": pooled.ci_low,
        "ci_high": pooled.ci_high,
        "df": pooled.degrees_of_freedom,
        "baseline_mean": found.baseline_mean,
        "follow_up_mean": found.follow_up_mean,
        "note": note,
    }


def _imputed(
    made: Imputations,
    tool: Instrument,
    clusters: np.ndarray,
    conf_level: float,
    delta: float | None,
) -> dict[str, Any]:
    # Worse is more where low is better, and less where high is.
    later = made.shifted(-tool.sign * (delta or 0.0), tool.minimum, tool.maximum)
    pooled = pool_means(later - made.baseline, clusters, conf_level)
    return {
        "method": IMPUTED if delta is None else SHIFTED,
        "delta": delta,
        "estimate": pooled.estimate,
        "std_error": pooled.std_error,
        "ci_low": pooled.ci_low,
        "ci_high": pooled.ci_high,
        "df": pooled.degrees_of_freedom,
        "baseline_mean": float(made.baseline.mean()),
        "follow_up_mean": float(later.mean()),
        "note": f"{pooled.missing_information:.0%} of the variance is due to what is missing",
    }


def _models(
    cohort: Cohort, instrument: str, at_day: int, conf_level: float
) -> tuple[list[dict[str, Any]], list[str]]:
    rows, said = [], []
    for method, fit in ((MIXED, _mixed), (MMRM, _mmrm)):
        try:
            row, message = fit(cohort, instrument, at_day, conf_level)
        except NotIdentifiableError as error:
            row, message = {"note": "cannot be fitted"}, f"{method}: {error}"
        rows.append({"method": method, **row})
        said += [message] if message else []
    return rows, said


def _mixed(
    cohort: Cohort, instrument: str, at_day: int, conf_level: float
) -> tuple[dict[str, Any], str]:
    course = fit_pain(cohort, instrument, days=(0, at_day), conf_level=conf_level)
    first, last = (row for _, row in course.table().iterrows())
    change = course.model.compare(
        pd.DataFrame({"day": [float(at_day)]}), pd.DataFrame({"day": [0.0]})
    ).iloc[0]
    row = {name: float(change[name]) for name in ("estimate", "std_error", "ci_low", "ci_high",
                                                  "df")}  # fmt: skip
    row |= {"baseline_mean": float(first["estimate"]), "follow_up_mean": float(last["estimate"])}
    message = "" if course.message == "Converged." else f"{MIXED}: {course.message}"
    return {**row, "n": cohort.n_episodes, "note": f"{course.model.n_rows:,} scores"}, message


def _mmrm(
    cohort: Cohort, instrument: str, at_day: int, conf_level: float
) -> tuple[dict[str, Any], str]:
    scores = visit_scores(cohort, instrument, at_day)
    fit = fit_mmrm(
        scores, "score ~ C(visit)", subject="episode_id", visit="visit", conf_level=conf_level
    )
    terms = {f"C(visit)[T.{at_day}]": 1.0}
    change = fit.contrast(terms).iloc[0]
    means = fit.marginal_means().set_index("visit")["estimate"]
    row = {name: float(change[name]) for name in ("estimate", "std_error", "ci_low", "ci_high",
                                                  "df")}  # fmt: skip
    row |= {"baseline_mean": float(means.loc[0]), "follow_up_mean": float(means.loc[at_day])}
    note = f"{fit.n_rows:,} scores at {len(means)} visits, {fit.structure.replace('_', ' ')}"
    message = "" if fit.message == "Converged." else f"{MMRM}: {fit.message}"
    return {**row, "n": fit.n_subjects, "note": note}, message


def visit_scores(cohort: Cohort, instrument: str, at_day: int) -> pd.DataFrame:
    """Put the scores up to a follow-up at the visits they stand for.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str
        Code of the instrument.
    at_day : int
        Planned follow-up, the last visit.

    Returns
    -------
    pandas.DataFrame
        Columns episode_id, visit (day 0, days in care, planned days), score; at most one row per
        episode and visit: of several scores the nearest, the earlier of two equally near.
    """
    planned = [day for day in sorted(WINDOWS) if day <= at_day]
    grid = np.array(sorted({*planned, *(day for day in _CARE_DAYS if day < at_day)}))
    scores = instrument_scores(cohort, instrument)
    day = scores["measured_day"].astype("int64").to_numpy()
    low = np.array([WINDOWS[one].first_day if one in planned else one - 7 for one in grid])
    high = np.array([WINDOWS[one].last_day if one in planned else one + 7 for one in grid])
    across = day[:, np.newaxis]
    is_inside = (across >= low) & (across <= high)
    apart = np.where(is_inside, np.abs(across - grid), np.iinfo(np.int64).max)
    place = apart.argmin(axis=1)
    rows = pd.DataFrame(
        {
            "episode_id": scores["episode_id"].to_numpy(),
            "visit": grid[place],
            "score": scores["score"].to_numpy(dtype=float),
            "apart": apart.min(axis=1),
            "day": day,
        }
    )[is_inside.any(axis=1)]
    rows = rows.sort_values(["episode_id", "visit", "apart", "day"])
    kept = rows.drop_duplicates(["episode_id", "visit"])
    return kept[["episode_id", "visit", "score"]].reset_index(drop=True)


def _finish(rows: list[dict[str, Any]], n_due: int, n_seen: int) -> pd.DataFrame:
    table = pd.DataFrame(rows)
    table["assumes"] = table["method"].map(ASSUMES)
    table["n"] = table["n"].fillna(n_due).astype("int64")
    table["n_seen"] = n_seen
    order = ["method", "delta", "assumes", "estimate", "std_error", "ci_low", "ci_high", "df"]
    return table[[*order, "baseline_mean", "follow_up_mean", "n", "n_seen", "note"]]


def _curve(
    made: Imputations, tool: Instrument, clusters: np.ndarray, conf_level: float, largest: float
) -> pd.DataFrame:
    rows = [
        _imputed(made, tool, clusters, conf_level, float(delta))
        for delta in np.linspace(0, largest, _GRID)
    ]
    return pd.DataFrame(rows)[["delta", "estimate", "std_error", "ci_low", "ci_high"]]


def _tipping(curve: pd.DataFrame, threshold: float) -> float:
    """Find the smallest delta at which the estimate passes the threshold, between grid points."""
    value = curve["estimate"].to_numpy() - threshold
    crossed = np.flatnonzero(np.sign(value[1:]) != np.sign(value[:-1]))
    if not len(crossed):
        return float(np.nan)
    k = int(crossed[0])
    delta = curve["delta"].to_numpy()
    return float(delta[k] + (delta[k + 1] - delta[k]) * value[k] / (value[k] - value[k + 1]))
