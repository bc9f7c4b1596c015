"""The result of a ladder fit: rates, hazard ratios, latent mastery, times from any stage."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.inference import probability_interval
from hinge_outcomes.analysis.progression.ladder_gap import gap_table
from hinge_outcomes.analysis.progression.ladder_passage import mastery_shares, passage_numbers
from hinge_outcomes.analysis.progression.ladder_ratings import RatingModel
from hinge_outcomes.analysis.progression.ladder_structure import (
    KINDS,
    LadderStructure,
)
from hinge_outcomes.analysis.progression.ladder_support import LadderSupport
from hinge_outcomes.analysis.progression.ladder_words import describe_ladder, next_simpler
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.analysis.progression.panel_data import Floats, Integers, PanelData
from hinge_outcomes.analysis.progression.panel_fit import PanelFit
from hinge_outcomes.analysis.progression.panel_intervals import derive_from, positive_interval
from hinge_outcomes.analysis.progression.panel_terms import Term, values_at
from hinge_outcomes.analysis.progression.rate_structure import rates_of
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import AnalysisError


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LadderFit(Result):
    """Hold a fitted ladder.

    Parameters
    ----------
    ladder : LadderStructure
        Moves, and what each parameter is.
    fit : PanelFit
        The parameters with their covariance, and the verdict on the search.
    panel : PanelData
        The sightings it rests on.
    terms : tuple of Term
        Covariate columns.
    support : LadderSupport
        The counts that decided on the structure.
    ratings : RatingModel or None
        How ratings arise; None in the simple form.
    reasons : tuple of str
        What was simplified, and why; empty if nothing was.
    entry, target, pattern : ndarray of shape (n,)
        Entry stage, target stage and covariate pattern of each episode.
    excluded : dict of str to int
        Episodes left out, by reason.
    n_patients : int
        Patients behind the n episodes.
    form : str
        "simple" or "hidden".
    criterion : MasteryCriterion
        What documented mastery.
    loss : LossRule
        When a silent patient counted as lost.
    conf_level : float
        Share of intervals meant to hold the truth.
    """

    ladder: LadderStructure
    fit: PanelFit
    panel: PanelData
    terms: tuple[Term, ...]
    support: LadderSupport
    ratings: RatingModel | None
    reasons: tuple[str, ...]
    entry: Integers
    target: Integers
    pattern: Integers
    excluded: dict[str, int]
    n_patients: int
    form: str
    criterion: MasteryCriterion
    loss: LossRule
    conf_level: float

    @property
    def converged(self) -> bool:
        """Tell whether a maximum was found.

        Returns
        -------
        bool
            False where the search stopped short, or a parameter runs off or cannot be known.
        """
        return self.fit.optimum.converged

    @property
    def message(self) -> str:
        """Say how the search ended and what was simplified.

        Returns
        -------
        str
            The verdict; where there is no maximum, with the next simpler model.
        """
        words = [self.fit.optimum.message, *self.reasons]
        words += () if self.ratings is None else self.ratings.reasons
        if not self.converged:
            size = self.ladder.rates.maps.shape[2]
            simpler = next_simpler(
                self.fit.optimum.named,
                self.fit.names[size:],
                self.support.shapes.values(),
                has_terms=bool(self.terms),
                is_hidden=self.form == "hidden",
            )
            words.append(simpler)
        return " ".join(words)

    @property
    def minus_two_loglik(self) -> float:
        """Give minus twice the log-likelihood.

        Returns
        -------
        float
            At the end of the search.
        """
        return self.fit.minus_two_loglik

    @property
    def n_episodes(self) -> int:
        """Give the number of episodes analysed.

        Returns
        -------
        int
            Those with an entry and a target stage and all covariates.
        """
        return len(self.entry)

    @property
    def pattern_target(self) -> Integers:
        """Give the target stage of each covariate pattern.

        Returns
        -------
        ndarray of shape (P,)
            Stages.
        """
        found = np.zeros(len(self.panel.values), dtype=np.int64)
        found[self.pattern] = self.target
        return found

    def rates(self, **covariates: Any) -> pd.DataFrame:
        """Give the rate of each kind of move at each stage.

        Parameters
        ----------
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``kind``, ``stage``, ``estimate`` (per day), ``std_error``, ``ci_low``, ``ci_high``
            (symmetric on the log scale), ``n_events`` and ``days_at_risk`` behind it.
        """
        place = self._rungs()
        row = self._row(None, covariates)
        size = self.ladder.rates.maps.shape[2]
        found = derive_from(
            lambda theta: rates_of(self.ladder.rates, row[None], theta[:size])[0][place],
            self.fit.optimum,
        )
        low, high = positive_interval(found, self.conf_level)
        frame = pd.DataFrame(
            {
                "kind": [KINDS[number] for number in self.ladder.kind[place]],
                "stage": self.ladder.stage[place],
                "estimate": found.estimate,
                "std_error": found.std_error,
                "ci_low": low,
                "ci_high": high,
            }
        )
        counts = self.support.counts[["kind", "stage", "n_events", "days_at_risk"]]
        return frame.merge(counts, on=["kind", "stage"], how="left")

    def hazard_ratios(self) -> pd.DataFrame:
        """Give what one unit of a covariate, or a level, multiplies each rate by.

        Returns
        -------
        DataFrame
            ``kind``, ``term``, ``estimate`` (hazard ratio), ``std_error``, ``ci_low``, ``ci_high``
            (symmetric on the log scale), ``log_estimate`` and ``log_std_error``.
        """
        place = [effect[0] for effect in self.ladder.effects]
        found = derive_from(lambda theta: np.exp(theta[place]), self.fit.optimum)
        low, high = positive_interval(found, self.conf_level)
        return pd.DataFrame(
            {
                "kind": [KINDS[effect[1]] for effect in self.ladder.effects],
                "term": [self.terms[effect[2]].name for effect in self.ladder.effects],
                "estimate": found.estimate,
                "std_error": found.std_error,
                "ci_low": low,
                "ci_high": high,
                "log_estimate": np.log(found.estimate),
                "log_std_error": found.std_error / found.estimate,
            }
        )

    def misrating(self) -> pd.DataFrame:
        """Give the chances of a wrong rating, and of starting with the entry stage automatic.

        Returns
        -------
        DataFrame
            ``quantity``, ``estimate``, ``std_error``, ``ci_low``, ``ci_high`` (symmetric on the
            logit scale); no rows in the simple form, or where nothing of it was estimated.
        """
        size = self.ladder.rates.maps.shape[2]
        names = self.fit.names[size:]
        found = derive_from(lambda theta: 1 / (1 + np.exp(-theta[size:])), self.fit.optimum)
        low, high = probability_interval(
            found.estimate, found.std_error, "logit", conf_level=self.conf_level
        )
        return pd.DataFrame(
            {
                "quantity": list(names),
                "estimate": found.estimate,
                "std_error": found.std_error,
                "ci_low": low,
                "ci_high": high,
            }
        )

    def mastery(
        self, days: npt.ArrayLike = (90, 180, 365), *, if_nobody_left: bool = False
    ) -> pd.DataFrame:
        """Give the share of these patients whose target is mastered by a day, seen or not.

        Parameters
        ----------
        days : array_like, default (90, 180, 365)
            Days since the start.
        if_nobody_left : bool, default False
            If True the ways out are closed: nobody is discharged, referred or lost.

        Returns
        -------
        DataFrame
            ``day``, ``estimate`` (latent mastery), ``std_error``, ``ci_low``, ``ci_high``
            (symmetric on the complementary log-log scale), ``n_at_risk`` (episodes averaged over).
        """
        times = np.atleast_1d(np.asarray(days, dtype=np.float64))
        if not (np.isfinite(times) & (times >= 0)).all():
            raise AnalysisError("days must be numbers of days, 0 or more.")
        return mastery_shares(self, times, if_nobody_left=if_nobody_left)

    def beside(
        self, documented: MasteryEstimate, days: npt.ArrayLike = (90, 180, 365)
    ) -> pd.DataFrame:
        """Put latent mastery beside documented mastery of the same patients.

        Parameters
        ----------
        documented : MasteryEstimate
            From `estimate_mastery`: first mastery of the target, one group.
        days : array_like, default (90, 180, 365)
            Days since the start, none beyond the horizon of ``documented``.

        Returns
        -------
        DataFrame
            ``day``, ``quantity`` ("latent", "documented", "gap"), ``estimate``, ``std_error``,
            ``ci_low``, ``ci_high``, ``n_at_risk``. The gap is what visits have not documented: a
            stage becomes automatic before ratings confirm it. Its error takes the two estimates
            for independent; they rise together, so it is no smaller than the true one.

        Raises
        ------
        AnalysisError
            If the estimate is of another kind, has groups, rests on other rules, or ends before.
        """
        is_right = documented.stage == "target" and documented.kind == "first"
        is_right &= documented.by is None and documented.landmark_day is None
        if not is_right or (documented.criterion, documented.loss) != (self.criterion, self.loss):
            raise AnalysisError(
                "Latent mastery can be put beside the first documented mastery of the target under "
                "the same rules: estimate_mastery(cohort) with the same criterion= and loss=, "
                "without by= and landmark_day=."
            )
        latent = self.mastery(days)
        if (latent["day"] > documented.horizon_day).any():
            raise AnalysisError(
                f"days reach beyond horizon_day={documented.horizon_day} of the documented mastery."
            )
        return gap_table(latent, documented.curve(), self.conf_level)

    def passage(
        self, target: int | None = None, *, days_between_visits: float = 7.0, **covariates: Any
    ) -> pd.DataFrame:
        """Give chance, time and visits to mastery of a target from every stage below it.

        Parameters
        ----------
        target : int, optional
            The stage to master. Default: the one most patients aim for.
        days_between_visits : float, default 7
            For the number of visits.
        **covariates : float or object
            Values or levels; those left out stand at their mean.

        Returns
        -------
        DataFrame
            ``stage``, ``target``, ``quantity``, ``estimate``, ``std_error``, ``ci_low``,
            ``ci_high``. Quantities: ``chance_of_ever``; among those who master it,
            ``mean_days_given_mastery`` and ``mean_visits_given_mastery``; ``median_days``, by
            which half of all have mastered it, leavers included (missing where fewer ever do);
            ``mean_days_if_nobody_left``, ``median_days_if_nobody_left`` and
            ``mean_visits_if_nobody_left``.
        """
        aims, sizes = np.unique(self.target, return_counts=True)
        aim = int(aims[sizes.argmax()]) if target is None else int(target)
        if aim not in aims:
            raise AnalysisError(
                f"Nobody aims for that stage. Targets: {', '.join(map(str, aims))}."
            )
        if not days_between_visits > 0:
            raise AnalysisError("days_between_visits must be a number of days above 0.")
        return passage_numbers(self, aim, self._row(aim, covariates), days_between_visits)

    def table(self) -> pd.DataFrame:
        """Give the rates at the mean of the covariates.

        Returns
        -------
        DataFrame
            As `rates`.
        """
        return self.rates()

    def plot(self, ax: Any = None) -> Any:
        """Draw the rates by stage with their intervals.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            The drawing.
        """
        from hinge_outcomes.plotting import draw_ladder_rates

        return draw_ladder_rates(self.rates(), ax=ax)

    def summary(self) -> str:
        """Say how fast patients climb, slip and leave, and how likely mastery is.

        Returns
        -------
        str
            One paragraph with intervals and numbers.
        """
        told = describe_ladder(
            self.rates(),
            self.mastery((180,)).iloc[0],
            (self.n_episodes, self.n_patients),
            self.form,
            self.conf_level,
        )
        return f"{told} {self.message}"

    def _rungs(self) -> Sequence[int]:
        """Give one move for each kind and stage: passing the target shares the forward rate."""
        seen: dict[tuple[int, int], int] = {}
        for place, key in enumerate(zip(self.ladder.kind, self.ladder.stage, strict=True)):
            seen.setdefault((int(key[0]), int(key[1])), place)
        at_risk = self.support.counts.set_index(["kind", "stage"])["days_at_risk"]
        found = [seen[key] for key in sorted(seen)]
        return [
            place
            for place in found
            if at_risk.get((KINDS[self.ladder.kind[place]], self.ladder.stage[place]), 0) > 0
        ]

    def _row(self, target: int | None, covariates: dict[str, Any]) -> Floats:
        """Give the covariate row of a patient; without a target no move is closed."""
        terms = values_at(self.terms, covariates)
        marks = [float(aim == target) for aim in self.ladder.targets]
        return np.concatenate([terms[:1], marks, terms[1:]])
