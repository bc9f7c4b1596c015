"""How much mastery depends on what was assumed: dating, the loss rule, the criterion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import fill
from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.mastery_dating import DATINGS
from hinge_outcomes.analysis.progression.mastery_differences import group_differences
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError

LOSS_GAPS = (28, 42, 84)
"""Days without an attended visit after which a patient may count as lost."""

MAIN = "main analysis"

_LABEL_WIDTH = 34
"""Characters of a line of a label beside the drawing."""

_DATING_WORDS = {
    "right": "dated at the confirming rating",
    "middle": "dated half way back to the visit before the confirming rating",
    "left": "dated at the visit before the confirming rating",
}

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


@dataclass(frozen=True, slots=True)
class MasterySensitivity(Result):
    """Hold one estimate of mastery per assumption.

    Parameters
    ----------
    estimates : mapping of (str, str) to MasteryEstimate
        By what was assumed about ("main analysis", "dating", "loss rule", "criterion") and the
        assumption in words; the main analysis comes first.
    """

    estimates: Mapping[tuple[str, str], MasteryEstimate]

    def table(self) -> pd.DataFrame:
        """Give the answers under every assumption.

        Returns
        -------
        DataFrame
            ``varied`` ("main analysis", "dating", "loss rule" or "criterion"), ``assumption`` in
            words, then the columns of `MasteryEstimate.table` from ``quantity`` on.
        """
        return self._stack({key: each.table() for key, each in self.estimates.items()})

    def differences(self) -> pd.DataFrame:
        """Give how far the answers under each other assumption are from the main analysis.

        The same patients are behind both, so the error is that of a paired difference.

        Returns
        -------
        DataFrame
            ``varied``, ``assumption``, ``quantity``, ``day``, ``estimate`` (minus the main
            analysis), ``std_error``, ``ci_low``, ``ci_high``.
        """
        (_, main), *others = self.estimates.items()
        found = {}
        for key, other in others:
            answers = pd.concat(
                [main.answers.assign(group=MAIN), other.answers.assign(group="other")],
                ignore_index=True,
            )
            curves = {MAIN: main.occupancies[_ALL], "other": other.occupancies[_ALL]}
            rows = group_differences(answers, curves, MAIN, main.conf_level)
            found[key] = rows.drop(columns=["group", "reference"])
        return self._stack(found)

    def plot(self, ax: Any = None) -> Any:
        """Draw the chance of mastery by the last known report day under every assumption.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing, the main analysis on top and its estimate as a line across.
        """
        from hinge_outcomes.plotting import draw_intervals

        day, rows = self._headline()
        words = [MAIN, *(fill(text, _LABEL_WIDTH) for text in rows["assumption"].iloc[1:])]
        return draw_intervals(
            rows.assign(assumption=words)[["assumption", "estimate", "ci_low", "ci_high"]],
            ax=ax,
            reference=float(rows["estimate"].iloc[0]),
            label=f"Probability of mastery by day {day:.0f}",
        )

    def summary(self) -> str:
        """Say how far the chance of mastery moves with the assumptions.

        Returns
        -------
        str
            One paragraph.
        """
        day, rows = self._headline()
        main, others = rows.iloc[0], rows.iloc[1:]
        if not np.isfinite(main["estimate"]):
            return "Nobody was followed to any day asked about. Choose an earlier horizon_day."
        limits = ""
        if np.isfinite(main["ci_low"]) and np.isfinite(main["ci_high"]):
            limits = f"{main['ci_low']:.1%} to {main['ci_high']:.1%}; "
        told = (
            f"By day {day:.0f} {main['estimate']:.1%} had mastered it ({limits}"
            f"{main['assumption']}; {int(main['n_at_risk']):,} still at risk)."
        )
        for varied, part in others.groupby("varied", sort=False):
            words = "; ".join(f"{row.estimate:.1%} {row.assumption}" for row in part.itertuples())
            told += f" With another {varied}: {words}."
        low, high = rows["estimate"].min(), rows["estimate"].max()
        return told + f" Over all of these it lies between {low:.1%} and {high:.1%}."

    def _headline(self) -> tuple[float, pd.DataFrame]:
        table = self.table()
        chances = table[table["quantity"] == "probability"]
        known = chances[(chances["varied"] == MAIN) & chances["estimate"].notna()]
        asked = known[known["day"] <= 180] if (known["day"] <= 180).any() else known
        day = float(asked["day"].max()) if len(asked) else float(chances["day"].min())
        return day, chances[chances["day"] == day].reset_index(drop=True)

    @staticmethod
    def _stack(parts: Mapping[tuple[str, str], pd.DataFrame]) -> pd.DataFrame:
        frames = [
            part.drop(columns="group", errors="ignore").assign(varied=varied, assumption=words)
            for (varied, words), part in parts.items()
        ]
        stacked = pd.concat(frames, ignore_index=True)
        about = ["varied", "assumption"]
        return stacked[[*about, *[name for name in stacked.columns if name not in about]]]


_ALL = "all"


def analyse_mastery_sensitivity(
    cohort: Cohort,
    stage: str | int = "target",
    kind: str = "first",
    *,
    horizon_day: int = 365,
    cluster: str | None = None,
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
    datings: Sequence[str] = DATINGS,
    loss_gaps: Sequence[int] = LOSS_GAPS,
    criteria: Sequence[MasteryCriterion] | None = None,
    conf_level: float = 0.95,
    **options: Any,
) -> MasterySensitivity:
    """Estimate mastery under different assumptions, one changed at a time.

    The main analysis dates mastery at the confirming rating and follows the loss rule and the
    criterion given. Every other row changes one of these and says which.

    Parameters
    ----------
    cohort : Cohort
        The records.
    stage : "target" or int, default "target"
        As in `estimate_mastery`.
    kind : {"first", "maintained", "durable"}, default "first"
        As in `estimate_mastery`.
    horizon_day : int, default 365
        The last day asked about.
    cluster : str, optional
        Column whose values are sampled independently. Default: patient_id.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery in the main analysis.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost in the main analysis.
    datings : sequence of str, default ("right", "middle", "left")
        When, since the visit before the confirming rating, mastery came about.
    loss_gaps : sequence of int, default (28, 42, 84)
        Days without an attended visit after which a patient counts as lost.
    criteria : sequence of MasteryCriterion, optional
        Other criteria. Default: one rating instead of two, and advancing as confirmation.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.
    **options
        Further options of `estimate_mastery`, the same for all rows; not ``by``.

    Returns
    -------
    MasterySensitivity
        ``.table()`` with a column that names the assumption, ``.differences()`` from the main
        analysis with the errors of paired differences.

    Raises
    ------
    AnalysisError
        If an option is not allowed; see `estimate_mastery`.
    NotIdentifiableError
        If the records cannot answer; see `estimate_mastery`.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> rows = analyse_mastery_sensitivity(cohort, horizon_day=180).table()
    >>> rows["varied"].unique().tolist()
    ['main analysis', 'dating', 'loss rule', 'criterion']
    """
    if "by" in options:
        raise AnalysisError("by= is not varied here. Select one group of episodes at a time.")
    main = {"dating": options.pop("dating", "right"), "loss": loss, "criterion": criterion}
    chosen: dict[tuple[str, str], dict[str, Any]] = {
        (MAIN, f"{_dated(main['dating'])}; {_lost(loss)}; {_documented(criterion)}"): {}
    }
    for dating in datings:
        if dating != main["dating"]:
            chosen["dating", _dated(dating)] = {"dating": dating}
    for gap in loss_gaps:
        if gap != loss.gap_days:
            rule = replace(loss, gap_days=gap)
            chosen["loss rule", _lost(rule)] = {"loss": rule}
    for other in _other_criteria(criterion) if criteria is None else criteria:
        if other != criterion:
            chosen["criterion", _documented(other)] = {"criterion": other}
    shared = {"horizon_day": horizon_day, "cluster": cluster, "conf_level": conf_level, **options}
    return MasterySensitivity(
        {
            key: estimate_mastery(cohort, stage, kind, **(shared | main | changed))
            for key, changed in chosen.items()
        }
    )


def _other_criteria(criterion: MasteryCriterion) -> list[MasteryCriterion]:
    return [replace(criterion, consecutive=1), replace(criterion, passed_by_advancing=True)]


def _dated(dating: str) -> str:
    return _DATING_WORDS.get(dating, dating)


def _lost(loss: LossRule) -> str:
    return f"lost after {loss.gap_days} days without a visit"


def _documented(criterion: MasteryCriterion) -> str:
    n = criterion.consecutive
    words = f"rated {criterion.level} " + ("once" if n == 1 else f"{n} times in a row")
    if n > 1 and criterion.max_gap_days != _CRITERION.max_gap_days:
        words += f", at most {criterion.max_gap_days} days apart"
    return words + (", or once and moved on" if criterion.passed_by_advancing else "")
