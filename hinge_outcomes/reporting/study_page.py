"""A researcher's page: results of the estimators, published under the audience's rules."""

import os
from dataclasses import dataclass
from typing import Any

import pandas as pd

from hinge_outcomes.analysis.pain.change_result import ChangeEstimate
from hinge_outcomes.analysis.pain.course import PainCourse
from hinge_outcomes.analysis.pain.responders import ResponderEstimate
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.storage import read_cohort
from hinge_outcomes.reporting.blocks import Figure, Notice, Prose, Table, TitleBlock
from hinge_outcomes.reporting.disclosure import HIDDEN, HIDDEN_NOTE, Disclosure
from hinge_outcomes.reporting.flow import END_WORDS, count_flow
from hinge_outcomes.reporting.mastery_section import (
    mastery_figure,
    mastery_statement,
    mastery_table,
    occupancy_figure,
)
from hinge_outcomes.reporting.measures import write_number
from hinge_outcomes.reporting.pain_tables import (
    change_statement,
    change_table,
    course_figure,
    course_statement,
    course_table,
    responder_table,
)
from hinge_outcomes.reporting.profile_section import (
    calibration_figure,
    calibration_table,
    no_calibration,
    profile_figure,
    profile_table,
)


@dataclass(frozen=True, slots=True)
class StudyPage:
    """Publish results for one audience.

    Parameters
    ----------
    cohort : Cohort
        The records the page is about.
    name : str
        The page's title.
    disclosure : Disclosure
        The audience's rules.
    """

    cohort: Cohort
    name: str
    disclosure: Disclosure

    def title(self, subtitle: str = "") -> TitleBlock:
        """Publish what the page is about.

        Parameters
        ----------
        subtitle : str, default ""
            A sentence under the title.

        Returns
        -------
        TitleBlock
            With clinics, data cut and audience.
        """
        names = [self.cohort.clinic_name(clinic) for clinic in self.cohort.clinics]
        return TitleBlock(
            title=self.name,
            subtitle=subtitle,
            clinic=names[0] if len(names) == 1 else f"{len(names)} clinics",
            data_cut=self.cohort.cut_of().isoformat(),
            audience="internal" if self.disclosure.shows_all else "release",
            is_synthetic=self.cohort.is_synthetic,
            facts=(("Episodes", f"{self.cohort.n_episodes:,}"),)
            if self.disclosure.may_show_count(self.cohort.n_episodes)
            else (),
            footer=tuple(f"Assumed: {sentence}" for sentence in self.cohort.assumptions),
        )

    def flow(self) -> Table:
        """Publish who started, who is open, who ended and why.

        Returns
        -------
        Table
            One row per way an episode stands; small parts are hidden together.
        """
        flow = count_flow(self.cohort)
        parts = {"open": flow.n_open, **flow.ended}
        shown = self.disclosure.shown_parts(parts)
        rows = [
            (
                "Open" if name == "open" else f"Ended: {END_WORDS[name]}",
                f"{count:,}" if shown[name] else HIDDEN,
                write_number(count / max(flow.n_started, 1), "share") if shown[name] else HIDDEN,
            )
            for name, count in parts.items()
        ]
        return Table(
            caption="How the episodes stand at the data cut",
            columns=("", "Episodes", "Share"),
            rows=tuple(rows),
            notes=() if all(shown.values()) else (HIDDEN_NOTE,),
        )

    def profile_table(self, profile: pd.DataFrame) -> Table:
        """Publish the cohort beside published figures.

        Parameters
        ----------
        profile : DataFrame
            What ``describe_profile`` gives.

        Returns
        -------
        Table
            One row per published figure.
        """
        return profile_table(profile, self.disclosure)

    def profile_figure(self, profile: pd.DataFrame) -> Figure:
        """Publish the same as a drawing.

        Parameters
        ----------
        profile : DataFrame
            What ``describe_profile`` gives.

        Returns
        -------
        Figure
            One line per published figure.
        """
        return profile_figure(profile, self.disclosure)

    def calibration_table(self, calibration: Any | None) -> Table | Notice:
        """Publish how far a scenario agrees with published figures.

        Parameters
        ----------
        calibration : Calibration or None
            What ``calibrate`` gives; None for a clinic's own records.

        Returns
        -------
        Table or Notice
            Of simulated patients only, so nothing is hidden.
        """
        if calibration is None:
            return no_calibration()
        return calibration_table(calibration.table())

    def calibration_figure(self, calibration: Any | None) -> Figure | Notice:
        """Publish the same as a drawing.

        Parameters
        ----------
        calibration : Calibration or None
            What ``calibrate`` gives; None for a clinic's own records.

        Returns
        -------
        Figure or Notice
            One line per published figure.
        """
        if calibration is None:
            return no_calibration()
        return calibration_figure(calibration.table(), calibration.summary())

    def mastery_answer(self, estimate: MasteryEstimate) -> Prose:
        """Publish a mastery estimate in words.

        Parameters
        ----------
        estimate : MasteryEstimate
            What ``estimate_mastery`` gives.

        Returns
        -------
        Prose
            Without a count under release, where beside the flow it might name few people.
        """
        return mastery_statement(estimate, self.disclosure)

    def change_answer(self, estimate: ChangeEstimate) -> Prose:
        """Publish mean changes in words.

        Parameters
        ----------
        estimate : ChangeEstimate
            What ``estimate_change`` gives.

        Returns
        -------
        Prose
            Without a count under release.
        """
        return change_statement(estimate, self.disclosure)

    def course_answer(self, course: PainCourse) -> Prose:
        """Publish the modelled course in words.

        Parameters
        ----------
        course : PainCourse
            What ``fit_pain`` gives.

        Returns
        -------
        Prose
            Without a count under release.
        """
        return course_statement(course, self.disclosure)

    def mastery_curve(self, estimate: MasteryEstimate) -> Figure | Notice:
        """Publish the curve of a mastery estimate.

        Parameters
        ----------
        estimate : MasteryEstimate
            What ``estimate_mastery`` gives.

        Returns
        -------
        Figure or Notice
            Steps merged for the audience.
        """
        return mastery_figure(estimate, "", self.disclosure)

    def mastery_table(self, estimate: MasteryEstimate, note: str = "") -> Table:
        """Publish the answers of a mastery estimate.

        Parameters
        ----------
        estimate : MasteryEstimate
            What ``estimate_mastery`` gives.
        note : str, default ""
            A sentence under the table.

        Returns
        -------
        Table
            One row per quantity and group.
        """
        return mastery_table(estimate, "", self.disclosure, note)

    def occupancy(self) -> Figure | Notice:
        """Publish where everybody stands by day.

        Returns
        -------
        Figure or Notice
            States merged for the audience.
        """
        return occupancy_figure(self.cohort, "", self.disclosure)

    def change_table(self, estimate: ChangeEstimate) -> Table:
        """Publish mean changes.

        Parameters
        ----------
        estimate : ChangeEstimate
            What ``estimate_change`` gives.

        Returns
        -------
        Table
            One row per group.
        """
        return change_table(estimate, self.disclosure)

    def responder_table(self, estimate: ResponderEstimate) -> Table:
        """Publish shares of responders.

        Parameters
        ----------
        estimate : ResponderEstimate
            What ``estimate_responders`` gives.

        Returns
        -------
        Table
            One row per criterion and denominator.
        """
        return responder_table(estimate, self.disclosure)

    def course_figure(self, course: PainCourse) -> Figure | Notice:
        """Publish the modelled course with the natural course as context.

        Parameters
        ----------
        course : PainCourse
            What ``fit_pain`` gives.

        Returns
        -------
        Figure or Notice
            The drawing.
        """
        return course_figure(course, "", self.disclosure)

    def course_table(self, course: PainCourse) -> Table:
        """Publish the modelled mean at the planned follow-ups.

        Parameters
        ----------
        course : PainCourse
            What ``fit_pain`` gives.

        Returns
        -------
        Table
            One row per follow-up.
        """
        return course_table(course, self.disclosure)


def open_study(
    cohort: Cohort | str | os.PathLike[str],
    name: str,
    *,
    clinic_id: str | None = None,
    audience: str = "release",
) -> StudyPage:
    """Open a researcher's page on all clinics or one.

    Parameters
    ----------
    cohort : Cohort or path
        The records.
    name : str
        The page's title.
    clinic_id : str, optional
        One clinic; all if left out.
    audience : str, default "release"
        "release" applies small-cell rules, "internal" shows all.

    Returns
    -------
    StudyPage
        Ready to publish.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> open_study(cohort, "Time to mastery").title().title
    'Time to mastery'
    """
    records = cohort if isinstance(cohort, Cohort) else read_cohort(cohort)
    chosen = records if clinic_id is None else records.select(clinic_id=clinic_id)
    return StudyPage(chosen, name, Disclosure(audience))
