"""How far two raters agree on how well a stage is performed."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.inference import check_conf_level, mean_interval
from hinge_outcomes.analysis.pain.change import few_clusters_note
from hinge_outcomes.analysis.pain.follow_up_scores import check_cluster
from hinge_outcomes.analysis.pain.kappa import weighted_kappa
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.progression import MASTERY_LEVELS
from hinge_outcomes.exceptions import AnalysisError, DataError, NotIdentifiableError

if TYPE_CHECKING:
    from hinge_outcomes.plotting import Axes

_ALL = "all"


@dataclass(frozen=True, slots=True)
class RaterAgreement(Result):
    """Hold how far two raters agree.

    Parameters
    ----------
    second : str
        Column of the second rating.
    weights : str
        What a disagreement counts.
    by_stage : bool
        Whether each stage has a row of its own.
    cluster : str
        Column of the independent units.
    conf_level : float
        Coverage that the intervals aim at.
    estimates : pandas.DataFrame
        What `table` gives.
    counts : pandas.DataFrame
        What `cross_table` gives.
    """

    second: str
    weights: str
    by_stage: bool
    cluster: str
    conf_level: float
    estimates: pd.DataFrame
    counts: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """Give kappa with its errors and counts.

        Returns
        -------
        pandas.DataFrame
            Columns stage ("all" or the stage), estimate (kappa), std_error (allowing for ratings
            of one unit being alike), ci_low, ci_high, independent_std_error, agreed (share of
            equal ratings), n_ratings, n_clusters, note.
        """
        return self.estimates.copy()

    def cross_table(self) -> pd.DataFrame:
        """Count how often each pair of ratings was given, all stages together.

        Returns
        -------
        pandas.DataFrame
            One row per first rating, one column per second; both named by level.
        """
        return self.counts.copy()

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """Draw how the second rater rates what the first rated alike.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure if not given.

        Returns
        -------
        matplotlib.axes.Axes
            The drawing: a row per first rating, each cell its share of the row.
        """
        from hinge_outcomes.plotting import draw_grid

        rows = []
        for first, row in self.counts.iterrows():
            total = int(row.sum())
            for second, count in row.items():
                share = count / total if total else np.nan
                text = f"{share:.0%}" if total else "–"
                rows.append((f"{first} ({total:,})", str(second), share, text))
        cells = pd.DataFrame(rows, columns=["row", "column", "share", "text"])
        return draw_grid(cells, ax, nothing="never given")

    def summary(self) -> str:
        """Say the agreement in one paragraph.

        Returns
        -------
        str
            Kappa with interval, share of equal ratings, and what it rests on.
        """
        row = self.estimates.iloc[0]
        count = "" if self.weights == "none" else f"{self.weights} weights, "
        if np.isnan(row["estimate"]):
            told = f"Kappa is undefined: {row['note']}."
        else:
            interval = (
                f"{self.conf_level:.0%} CI {row['ci_low']:.2f} to {row['ci_high']:.2f}"
                if np.isfinite(row["ci_low"])
                else f"no interval: {row['note']}"
            )
            told = f"Kappa is {row['estimate']:.2f} ({count}{interval})."
        return (
            f"Two raters gave the same level in {row['agreed']:.0%} of {row['n_ratings']:,} "
            f"ratings. {told} Kappa is 1 where raters always agree and 0 where they agree as often "
            "as by chance; it falls where nearly all ratings are of one level, however well raters "
            "agree."
        )


def estimate_rater_agreement(
    cohort: Cohort,
    second: str,
    *,
    by: str | None = None,
    weights: str = "quadratic",
    cluster: str | None = None,
    conf_level: float = 0.95,
) -> RaterAgreement:
    """Estimate how far a second rater agrees with the recorded rating.

    Parameters
    ----------
    cohort : Cohort
        The records.
    second : str
        Column of the assessments with the second rating, declared by the clinic (``x_…``): 0 to 3,
        or the names of the levels.
    by : {"stage"}, optional
        "stage" gives each stage a row below that of all.
    weights : {"quadratic", "linear", "none"}, default "quadratic"
        What a disagreement by d levels counts: d squared, d, or 1.
    cluster : str, optional
        Column of the independent units; default patient_id, since ratings of one patient are
        alike. Also clinician_id or clinic_id.
    conf_level : float, default 0.95
        Coverage that the intervals aim at.

    Returns
    -------
    RaterAgreement
        ``.table()``, ``.cross_table()``, ``.plot()``, ``.summary()``.

    Raises
    ------
    AnalysisError
        If an argument is not allowed: the message lists what is.
    DataError
        If the second column holds something that is no level.
    NotIdentifiableError
        If no assessment has both ratings.

    Notes
    -----
    kappa = 1 - observed / expected disagreement [1]_, with an interval by Student's t with one
    degree of freedom less than there are clusters. It measures agreement, not truth: two raters
    may be wrong together. Raters who see each other's rating agree too well.

    References
    ----------
    .. [1] Cohen J (1968). Weighted kappa: nominal scale agreement with provision for scaled
       disagreement or partial credit. Psychol Bull 70, 213-220.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> from dataclasses import replace
    >>> from hinge_outcomes.cohort.extra_columns import ExtraColumn
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
    >>> rated = cohort.assessments.assign(x_second=cohort.assessments["mastery_level"])
    >>> column = ExtraColumn("assessments", "x_second", "integer", timing="later")
    >>> both = replace(cohort, assessments=rated, extra_columns=(column,))
    >>> float(estimate_rater_agreement(both, "x_second").table()["estimate"].iloc[0])
    1.0
    """
    check_conf_level(conf_level)
    if by not in (None, "stage"):
        raise AnalysisError(f"by={by!r} is not known here. Allowed: 'stage', or leave it out.")
    pairs, unit = _pairs(cohort, second, cluster)
    groups: list[tuple[Any, pd.DataFrame]] = [(_ALL, pairs)]
    if by == "stage":
        groups += [(int(stage), rows) for stage, rows in pairs.groupby("stage")]
    rows = [_one_group(label, members, weights, conf_level) for label, members in groups]
    levels = pd.Categorical(MASTERY_LEVELS, categories=MASTERY_LEVELS)
    kappa = weighted_kappa(pairs["first"], pairs["second"], n_levels=len(MASTERY_LEVELS))
    return RaterAgreement(
        second=second,
        weights=weights,
        by_stage=by == "stage",
        cluster=unit,
        conf_level=conf_level,
        estimates=pd.DataFrame(rows),
        counts=pd.DataFrame(
            kappa.counts,
            index=pd.Index(levels.astype(str), name="mastery_level"),
            columns=pd.Index(levels.astype(str), name=second),
        ),
    )


def _pairs(cohort: Cohort, second: str, cluster: str | None) -> tuple[pd.DataFrame, str]:
    """List assessments with both ratings as codes 0 to 3, their stage and unit; name the unit."""
    table = cohort.assessments
    known = [name for name in table.columns if name.startswith("x_")]
    if second not in known:
        has = f"It has: {', '.join(known)}." if known else "It has no columns of the clinic's own."
        raise AnalysisError(
            f"The assessments have no column {second} with a second rating. {has} Name it in the "
            "mapping under [tables.assessments] with a name that starts with x_."
        )
    both = table[table["mastery_level"].notna() & table[second].notna()]
    if both.empty:
        raise NotIdentifiableError(
            f"No assessment has both mastery_level and {second}. Agreement needs assessments that "
            "two people rated."
        )
    owners = both[["episode_id"]].merge(cohort.episodes, on="episode_id", how="left")
    unit = check_cluster(owners, cluster)
    pairs = pd.DataFrame(
        {
            "stage": both["stage"].astype("int64").to_numpy(),
            "first": both["mastery_level"].astype("int64").to_numpy(),
            "second": _codes(both[second], second).to_numpy(),
            "unit": owners[unit].astype("str"),
        }
    )
    return pairs, unit


def _codes(ratings: pd.Series, name: str) -> pd.Series:
    """Read levels given as numbers 0 to 3, or by their names."""
    places = {level: place for place, level in enumerate(MASTERY_LEVELS)}
    if pd.api.types.is_numeric_dtype(ratings):
        numbers = ratings.astype("float64")
    else:
        words = ratings.astype("str")
        numbers = words.map(places).astype("float64")
        numbers = numbers.fillna(pd.to_numeric(words, errors="coerce"))
    is_level = numbers.isin(range(len(MASTERY_LEVELS)))
    if not is_level.all():
        raise DataError(
            f"Column {name} holds something that is no level in {int((~is_level).sum()):,} rows. "
            f"Levels are 0 to {len(MASTERY_LEVELS) - 1}, or {', '.join(MASTERY_LEVELS)}. Map the "
            "codes in the mapping."
        )
    return numbers.astype("int64")


def _one_group(
    label: object, members: pd.DataFrame, weights: str, conf_level: float
) -> dict[str, Any]:
    kappa = weighted_kappa(
        members["first"],
        members["second"],
        members["unit"],
        n_levels=len(MASTERY_LEVELS),
        weights=weights,
    )
    note = few_clusters_note(kappa.n_clusters)
    low = high = error = float(np.nan)
    if np.isnan(kappa.estimate):
        note = "all ratings are of one level"
    elif kappa.agreed == 1:
        note = "the raters never differ, so nothing tells how unsure that is"
    elif kappa.n_clusters > 1:
        error = kappa.std_error
        limits = mean_interval(
            kappa.estimate,
            error,
            degrees_of_freedom=kappa.n_clusters - 1,
            minimum=-1.0,
            maximum=1.0,
            conf_level=conf_level,
        )
        low, high = (float(limit) for limit in limits)
    return {
        "stage": label,
        "estimate": kappa.estimate,
        "std_error": error,
        "ci_low": low,
        "ci_high": high,
        "independent_std_error": kappa.independent_std_error if error > 0 else float(np.nan),
        "agreed": kappa.agreed,
        "n_ratings": kappa.n,
        "n_clusters": kappa.n_clusters,
        "note": note,
    }
