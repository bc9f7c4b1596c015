"""The quarterly page: one clinic, one quarter, one audience, section by section.

The notebook opens a page and publishes its sections; every number comes from the estimators.
"""

import os
from dataclasses import dataclass

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter, last_complete_quarter
from hinge_outcomes.cohort.storage import read_cohort
from hinge_outcomes.exceptions import ParameterError
from hinge_outcomes.reporting.answer import answer_bullets, headline_blocks
from hinge_outcomes.reporting.blocks import Blocks, Bullets, Heading, Prose, Table, TitleBlock
from hinge_outcomes.reporting.case_mix import case_mix_table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.headline import headline_measures, headline_window
from hinge_outcomes.reporting.mastery_section import mastery_blocks
from hinge_outcomes.reporting.measures import Measure
from hinge_outcomes.reporting.outcome_section import completeness_table, outcome_blocks
from hinge_outcomes.reporting.people import People, followed, starters

_MASTERED_MEANS = (
    "The target stage counts as mastered when it is rated automatic at two assessments in a row, "
    "up to eight weeks apart. This is documented mastery, dated at the visit that confirms it."
)


@dataclass(frozen=True, slots=True)
class QuarterlyPage:
    """Hold what one quarterly report is about; each method publishes one section.

    Parameters
    ----------
    cohort : Cohort
        All of the clinic's episodes.
    clinic_name : str
        What readers call the clinic.
    quarter : Quarter
        The quarter.
    disclosure : Disclosure
        The audience's rules.
    measures : dict of str to Measure
        The headline numbers.
    """

    cohort: Cohort
    clinic_name: str
    quarter: Quarter
    disclosure: Disclosure
    measures: dict[str, Measure]

    def title(self) -> TitleBlock:
        """Publish whose page it is, of which quarter, for whom.

        Returns
        -------
        TitleBlock
            With the mapping's assumptions for the footer.
        """
        return TitleBlock(
            title="Quarterly outcomes",
            clinic=self.clinic_name,
            quarter=f"{self.quarter.label} ({self.quarter}){self._ends_early()}",
            data_cut=self.cohort.cut_of().isoformat(),
            audience="internal" if self.disclosure.shows_all else "release",
            is_synthetic=self.cohort.is_synthetic,
            footer=tuple(f"Assumed: {sentence}" for sentence in self.cohort.assumptions),
        )

    def answer(self) -> Bullets:
        """Publish what the quarter means, in three sentences.

        Returns
        -------
        Bullets
            Pain and function; mastery; what to watch.
        """
        window = headline_window(self.cohort, self.quarter)
        return answer_bullets(self.measures, self.cohort.has_stages, window.name)

    def headline(self) -> Blocks:
        """Publish the headline numbers and the quarter's traffic.

        Returns
        -------
        Blocks
            Key numbers and one table.
        """
        return headline_blocks(self.measures, self.quarter, bool(self.cohort.has_visits))

    def mastery(self) -> Blocks:
        """Publish how long mastery takes.

        Returns
        -------
        Blocks
            The curve, the table, and where the stages stand.
        """
        people = self.year_followed(365)
        return Blocks(
            # Page one stands alone: it is all that many will read.
            Heading("How long mastery takes", starts_page=True),
            Prose(_MASTERED_MEANS),
            mastery_blocks(people, self.disclosure, self.cohort.has_stages),
        )

    def outcome(self, instrument: str) -> Blocks:
        """Publish how an outcome changed.

        Parameters
        ----------
        instrument : str
            Its code.

        Returns
        -------
        Blocks
            The course over a year and the table by follow-up.
        """
        return outcome_blocks(self.cohort, instrument, self.quarter, self.disclosure)

    def case_mix(self) -> Table:
        """Publish who started in the quarter.

        Returns
        -------
        Table
            Age, sex, duration, risk, baseline scores; of twelve months where the quarter is too
            small.
        """
        people = starters(self.cohort, self.quarter)
        table = case_mix_table(people, self.disclosure)
        if any(HIDDEN in row for row in table.rows):
            return case_mix_table(people.year(self.cohort), self.disclosure)
        return table

    def completeness(self) -> Table:
        """Publish how many scores are missing.

        Returns
        -------
        Table
            By instrument and follow-up.
        """
        return completeness_table(self.cohort, self.quarter, self.disclosure)

    def _ends_early(self) -> str:
        """Say so where the quarter had not ended when the data did."""
        cut = self.cohort.cut_of()
        return "" if self.quarter.end <= cut else f", not complete: to {cut:%d %b %Y}"

    def year_followed(self, days: int) -> People | None:
        """Find the twelve months of starters that end with the last quarter followed long enough.

        Parameters
        ----------
        days : int
            Days since the start that must have passed.

        Returns
        -------
        People or None
            None where nobody has been followed long enough.
        """
        people = followed(self.cohort, self.quarter, days)
        return None if people is None else people.year(self.cohort)


def open_quarter(
    cohort: Cohort | str | os.PathLike[str],
    *,
    clinic_id: str | None = None,
    quarter: str | None = None,
    audience: str = "release",
    clinic_name: str | None = None,
) -> QuarterlyPage:
    """Open the page of one clinic and quarter.

    Parameters
    ----------
    cohort : Cohort or path
        The records, of one clinic or more.
    clinic_id : str, optional
        The clinic; may be left out if the records hold only one.
    quarter : str, optional
        As 2026Q3; the last quarter complete by the data cut if left out.
    audience : str, default "release"
        "release" applies small-cell rules, "internal" shows all.
    clinic_name : str, optional
        What the page calls the clinic; else its name in the records.

    Returns
    -------
    QuarterlyPage
        Ready to publish its sections.

    Raises
    ------
    ParameterError
        If the clinic is not named and there are several.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=600, seed=7)
    >>> page = open_quarter(cohort, clinic_id="C01", quarter="2026Q3")
    >>> page.title().quarter
    'Jul–Sep 2026 (2026Q3)'
    """
    records = cohort if isinstance(cohort, Cohort) else read_cohort(cohort)
    if clinic_id is None:
        if len(records.clinics) != 1:
            raise ParameterError(
                f"Name the clinic with clinic_id. In these records: {', '.join(records.clinics)}."
            )
        clinic_id = records.clinics[0]
    clinic = records.select(clinic_id=clinic_id)
    chosen = Quarter.parse(quarter) if quarter else last_complete_quarter(clinic.cut_of(clinic_id))
    rules = Disclosure(audience)
    return QuarterlyPage(
        cohort=clinic,
        clinic_name=clinic_name or records.clinic_name(clinic_id),
        quarter=chosen,
        disclosure=rules,
        measures=headline_measures(clinic, chosen, rules),
    )
