"""How clinicians' and clinics' patients fare against what their case mix foretells."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, mean_interval, normal_quantile
from hinge_outcomes.analysis.pain.clinician_effects_result import (
    ALIKE,
    BETTER,
    WORSE,
    ClinicianEffects,
)
from hinge_outcomes.analysis.pain.clustered_means import cluster_mean
from hinge_outcomes.analysis.pain.follow_up_scores import derive_follow_up_scores, group_names
from hinge_outcomes.analysis.pain.intraclass import Intraclass, intraclass_correlation
from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit
from hinge_outcomes.analysis.pain.nested_design import NestedDesign
from hinge_outcomes.analysis.pain.nested_inference import nested_effects, summed_effects
from hinge_outcomes.analysis.pain.nested_optimum import NestedOptimum
from hinge_outcomes.analysis.pain.outcome_panel import find_instrument
from hinge_outcomes.cohort.day0 import check_day0_columns
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError

ADJUST = ("baseline_score", "age", "sex", "symptom_duration", "start_back_risk")
"""Risk adjusters that every clinic records on day 0 (after Gozalo 2016)."""

_FEW_UNITS = 20
"""Below this many units a variance between them is known poorly."""


def estimate_clinician_effects(
    cohort: Cohort,
    instrument: str = "nprs",
    at_day: int | str = 91,
    *,
    adjust: str | Sequence[str] = ADJUST,
    min_completeness: float = 0.5,
    min_episodes: int = 10,
    conf_level: float = 0.95,
) -> ClinicianEffects:
    """Estimate how clinicians' patients improve against what their case mix foretells.

    Parameters
    ----------
    cohort : Cohort
        The records of a network: two clinics or more.
    instrument : str, default "nprs"
        Code of the instrument.
    at_day : int or "in_care", default 91
        Planned follow-up: 42, 91, 182 or 364; or ``in_care``.
    adjust : str or sequence of str, default ("baseline_score", "age", "sex", ...)
        Risk adjusters: ``baseline_score`` and day-0 columns. A missing class is a class of its own;
        episodes without a number are left out and counted.
    min_completeness : float, default 0.5
        Least share of due episodes with both scores for which a unit gets numbers; MIPS asks 0.75.
    min_episodes : int, default 10
        Least episodes with both scores; MIPS asks 20.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    ClinicianEffects
        ``.table()`` variance shares, ``.clinicians()``, ``.clinics()``, ``.plot()`` a funnel.

    Raises
    ------
    AnalysisError
        If an argument is not allowed.
    NotIdentifiableError
        If there is one clinic, so no network's model to compare with; fewer than two clinicians;
        or no scores.

    Notes
    -----
    improvement = adjusters'b + clinic + clinician within clinic + noise, REML, all episodes with
    both scores. Expected improvement is adjusters'b; a residual is actual less expected, as in MIPS
    measure 220. Its mean has a CR2 interval by patient; the shrunken value is the best linear
    unbiased prediction of clinic plus clinician. Verdicts are those of the interval of the mean:
    three classes and no ranks, since adjustment alone moves most ranks [1]_. ICCs are of residuals:
    by ANOVA, with its F interval [2]_, and from the REML variances.

    References
    ----------
    .. [1] Gozalo PL, Resnik LJ, Silver B (2016). Benchmarking outpatient rehabilitation clinics
       using functional status outcomes. Health Serv Res 51, 768-789.
    .. [2] Donner A, Wells G (1986). A comparison of confidence interval methods for the intraclass
       correlation coefficient. Biometrics 42, 401-412.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=600, seed=7)
    >>> effects = estimate_clinician_effects(cohort)
    >>> effects.table()["quantity"].unique().tolist()
    ['ICC, ANOVA', 'ICC, REML', 'SD, REML']
    """
    check_conf_level(conf_level)
    if not 0 <= min_completeness <= 1:
        raise AnalysisError("min_completeness is a share: give a number from 0 to 1, such as 0.5.")
    covariates = group_names(adjust)
    check_day0_columns(cohort, covariates, "adjust", also=("baseline_score",))
    tool = find_instrument(cohort, instrument)
    scores = derive_follow_up_scores(cohort, instrument, at_day)
    due = scores[scores["is_closed"]].reset_index(drop=True)
    due["improvement"] = tool.sign * due["change"]
    rows = _complete(due, covariates)
    n_dropped = int(due["improvement"].notna().sum()) - len(rows)
    _check_units(rows)
    formula = " + ".join(["improvement ~ 1", *_varying(rows, covariates)])
    model = fit_mixed_model(
        rows, formula, group=["clinic_id", "clinician_id"], random=["1", "1"], conf_level=conf_level
    )
    rows["residual"] = rows["improvement"] - model.predict(rows)["estimate"]
    gate = (min_completeness, min_episodes)
    of_clinicians, of_clinics = _shrunken(model, conf_level)
    clinicians = _units(due, rows, ["clinic_id", "clinician_id"], gate, conf_level)
    clinics = _units(due, rows, ["clinic_id"], gate, conf_level)
    clinicians = _with_shrunken(clinicians, of_clinicians, "clinician_id")
    clinics = _with_shrunken(clinics, of_clinics, "clinic_id")
    within = rows["residual"] - rows.groupby("clinician_id")["residual"].transform("mean")
    n_clinicians = rows["clinician_id"].nunique()
    return ClinicianEffects(
        instrument=instrument,
        at_day=at_day,
        adjust=tuple(covariates),
        conf_level=conf_level,
        estimates=_shares(rows, model, conf_level),
        by_clinician=clinicians,
        by_clinic=clinics,
        model=model,
        spread=float(np.sqrt((within**2).sum() / max(len(rows) - n_clinicians, 1))),
        n_dropped=n_dropped,
        note=_note(n_clinicians, rows["clinic_id"].nunique(), model),
    )


def _complete(due: pd.DataFrame, covariates: Sequence[str]) -> pd.DataFrame:
    """Keep episodes with both scores, a clinician and every number; give missing classes a name."""
    rows = due[due["improvement"].notna() & due["clinician_id"].notna()].copy()
    for name in covariates:
        column = rows[name]
        if pd.api.types.is_numeric_dtype(column):
            rows = rows[rows[name].notna()]
        else:
            rows[name] = column.astype("object").fillna("not recorded").astype("str")
    for name in ("clinic_id", "clinician_id", "patient_id"):
        rows[name] = rows[name].astype("str")
    return rows.reset_index(drop=True)


def _varying(rows: pd.DataFrame, covariates: Sequence[str]) -> list[str]:
    return [name for name in covariates if rows[name].nunique() > 1]


def _check_units(rows: pd.DataFrame) -> None:
    n_clinics, n_clinicians = rows["clinic_id"].nunique(), rows["clinician_id"].nunique()
    if n_clinics < 2:
        raise NotIdentifiableError(
            f"Episodes with both scores are of {n_clinics} clinic, so there is no network whose "
            "model says what to expect. Use the records of several clinics; within one, compare "
            "clinicians with estimate_change(by='clinician_id', adjust='baseline_score')."
        )
    if n_clinicians <= n_clinics:
        raise NotIdentifiableError(
            f"{n_clinicians} clinicians work in {n_clinics} clinics, so clinicians and clinics "
            "cannot be told apart. Use estimate_change(by='clinic_id', adjust='baseline_score')."
        )


def _units(
    due: pd.DataFrame,
    rows: pd.DataFrame,
    keys: list[str],
    gate: tuple[float, int],
    conf_level: float,
) -> pd.DataFrame:
    """Give the mean residual of every unit above the gate, and the reason for the others."""
    asked = due.dropna(subset=keys).astype(dict.fromkeys(keys, "str"))
    n_due = asked.groupby(keys).size()
    n_both = asked[asked["improvement"].notna()].groupby(keys).size()
    members = dict(iter(rows.groupby(keys if len(keys) > 1 else keys[0])))
    found = []
    for key, due_count in n_due.items():
        labels = dict(zip(keys, key if isinstance(key, tuple) else (key,), strict=True))
        n = int(n_both.get(key, 0))
        share = n / int(due_count)
        reason = ""
        if share < gate[0]:
            reason = f"scores of {share:.0%} of those due, below {gate[0]:.0%}"
        elif n < gate[1]:
            reason = f"{n} episodes with both scores, below {gate[1]}"
        row: dict[str, Any] = {**labels, **dict.fromkeys(_NUMBERS, np.nan), "verdict": None}
        mine = members.get(key)
        if not reason and mine is not None:
            mean = cluster_mean(mine["residual"].to_numpy(dtype=float), mine["patient_id"])
            low, high = mean_interval(
                mean.estimate, mean.std_error, degrees_of_freedom=mean.degrees_of_freedom,
                conf_level=conf_level,
            )  # fmt: skip
            verdict = BETTER if low > 0 else WORSE if high < 0 else ALIKE
            row |= dict(zip(_NUMBERS, (mean.estimate, mean.std_error, float(low), float(high)),
                            strict=True))  # fmt: skip
            row["verdict"] = verdict
        found.append({**row, "completeness": share, "n": n, "n_due": int(due_count),
                      "reason": reason})  # fmt: skip
    return pd.DataFrame(found)


_NUMBERS = ("estimate", "std_error", "ci_low", "ci_high")


def _with_shrunken(units: pd.DataFrame, shrunken: pd.DataFrame, level: str) -> pd.DataFrame:
    """Put the predicted effect and its interval beside the mean residual."""
    is_shown = units["estimate"].notna()
    place = list(units.columns).index("verdict")
    for name in shrunken.columns:
        units.insert(place, name, units[level].map(shrunken[name]).astype(float).where(is_shown))
        place += 1
    meets = (units["estimate"] >= 0).astype("boolean").where(is_shown)
    units.insert(place + 1, "meets_average", meets)
    return units


def _shrunken(model: MixedModelFit, conf_level: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Give predicted effects of clinicians, their clinic's included, and of clinics."""
    assert isinstance(model.design, NestedDesign)
    assert isinstance(model.optimum, NestedOptimum)
    sums = summed_effects(model.design, model.optimum)
    clinics = nested_effects(model.design, model.optimum)[1]
    z = normal_quantile(conf_level)
    tables = []
    for level, (value, error) in zip(
        model.levels, (sums, (clinics[0][:, 0], clinics[1][:, 0])), strict=True
    ):
        labels = level.labels.get_level_values(-1).astype("str")
        names = ("shrunken", "shrunken_ci_low", "shrunken_ci_high")
        limits = (value, value - z * error, value + z * error)
        tables.append(pd.DataFrame(dict(zip(names, limits, strict=True)), index=labels))
    return tables[0], tables[1]


def _shares(rows: pd.DataFrame, model: MixedModelFit, conf_level: float) -> pd.DataFrame:
    parts = model.variance_components().set_index("group")
    total = float(parts["estimate"].sum())
    found = []
    for level, column in (("clinician", "clinician_id"), ("clinic", "clinic_id")):
        anova: Intraclass = intraclass_correlation(
            rows["residual"], rows[column], conf_level=conf_level
        )
        own = parts.loc[column]
        limits = {"ICC, ANOVA": (anova.estimate, anova.ci_low, anova.ci_high)}
        limits["ICC, REML"] = (float(own["estimate"]) / total, np.nan, np.nan)
        limits["SD, REML"] = (
            float(own["scale"]), float(np.sqrt(own["ci_low"])), float(np.sqrt(own["ci_high"]))
        )  # fmt: skip
        for quantity, (value, low, high) in limits.items():
            found.append(
                {
                    "level": level,
                    "quantity": quantity,
                    "estimate": value,
                    "std_error": np.nan,
                    "ci_low": low,
                    "ci_high": high,
                    "n_units": int(rows[column].nunique()),
                    "n_episodes": len(rows),
                }
            )
    return pd.DataFrame(found)


def _note(n_clinicians: int, n_clinics: int, model: MixedModelFit) -> str:
    said = []
    few = [f"{n} {name}" for n, name in ((n_clinicians, "clinicians"), (n_clinics, "clinics"))
           if n < _FEW_UNITS]  # fmt: skip
    if few:
        said.append(f"With {' and '.join(few)} the variance between them is known poorly.")
    if model.message != "Converged.":
        said.append(model.message)
    return " ".join(said)
