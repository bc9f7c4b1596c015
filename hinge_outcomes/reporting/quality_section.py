"""The data-quality page: what is there, what is late and what looks odd, for one audience."""

import os
from dataclasses import dataclass

import pandas as pd

from hinge_outcomes.cohort.completeness import DAY_0
from hinge_outcomes.cohort.findings import Findings
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quality import COMPLETENESS, Quality, describe_quality
from hinge_outcomes.cohort.quality_marks import COUNT_COLUMNS
from hinge_outcomes.cohort.storage import read_cohort
from hinge_outcomes.cohort.timeliness import GAP_DAYS, OPEN_SILENT
from hinge_outcomes.cohort.validation import validate
from hinge_outcomes.reporting.blocks import (
    Block,
    Blocks,
    Bullets,
    KeyNumber,
    KeyNumbers,
    Notice,
    TitleBlock,
)
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.quality_answer import answer_quality
from hinge_outcomes.reporting.quality_cells import may_show_row, write_share
from hinge_outcomes.reporting.quality_grids import clinic_grid, quarter_grid
from hinge_outcomes.reporting.quality_tables import (
    completeness_table,
    delay_table,
    episode_table,
    question_blocks,
    volume_table,
    warning_table,
)

_MAIN_FOLLOW_UP = 91


@dataclass(frozen=True, slots=True)
class QualityPage:
    """Hold what one data-quality page is about; each method publishes one section.

    Parameters
    ----------
    cohort : Cohort
        The records.
    quality : Quality
        What ``describe_quality`` found.
    findings : Findings
        What ``validate`` found: warnings, as records with errors cannot be read.
    disclosure : Disclosure
        The audience's rules.
    """

    cohort: Cohort
    quality: Quality
    findings: Findings
    disclosure: Disclosure

    def title(self) -> TitleBlock:
        """Publish whose records these are and for whom the page is.

        Returns
        -------
        TitleBlock
            With the mapping's assumptions for the footer.
        """
        names = [self.cohort.clinic_name(clinic) for clinic in self.cohort.clinics]
        return TitleBlock(
            title="Data quality",
            subtitle="What the records hold, what is missing, and what looks odd",
            clinic=names[0] if len(names) == 1 else f"{len(names)} clinics",
            data_cut=self.cohort.cut_of().isoformat(),
            audience="internal" if self.disclosure.shows_all else "release",
            is_synthetic=self.cohort.is_synthetic,
            footer=tuple(f"Assumed: {sentence}" for sentence in self.cohort.assumptions),
        )

    def answer(self) -> Bullets:
        """Publish how the records stand, in a few sentences.

        Returns
        -------
        Bullets
            The verdict first.
        """
        told = answer_quality(self.findings, self.quality, self.disclosure).sentences()
        return Bullets([told[-1], *told[:-1]])

    def key_numbers(self) -> KeyNumbers:
        """Publish the numbers to look at first.

        Returns
        -------
        KeyNumbers
            Those that these records hold.
        """
        totals = self.quality.totals()
        named = totals.set_index("name")
        numbers = [self._episodes()]
        for code in ("nprs", "odi", "rmdq"):
            name = f"{code}_{_MAIN_FOLLOW_UP}"
            if name in named.index:
                detail = "returned, of those due; 75% is asked"
                numbers.append(self._share(f"{code.upper()} at 13 weeks", named.loc[name], detail))
        numbers.append(self._facts(totals))
        for name, label, detail in (
            ("working_stage", "Visits with a stage", "of the visits attended"),
            (OPEN_SILENT, "Open but silent", f"of the open episodes; no visit for {GAP_DAYS} days"),
        ):
            if name in named.index:
                numbers.append(self._share(label, named.loc[name], detail))
        return KeyNumbers(tuple(numbers))

    def completeness(self) -> Blocks:
        """Publish what is there, by quarter of the start and by clinic.

        Returns
        -------
        Blocks
            A grid, its totals in a table, and a grid by clinic where there are several.
        """
        blocks: list[Block] = [
            *self._absent(),
            quarter_grid(self.quality, self.disclosure),
            completeness_table(self.quality, self.disclosure),
        ]
        if len(self.cohort.clinics) > 1:
            names = {clinic: self.cohort.clinic_name(clinic) for clinic in self.cohort.clinics}
            blocks.append(clinic_grid(self.quality, names, self.disclosure))
        return Blocks(*blocks)

    def volumes(self) -> Blocks:
        """Publish how much was recorded for each episode.

        Returns
        -------
        Blocks
            One row per quarter of the start.
        """
        return Blocks(volume_table(self.quality, self.cohort, self.disclosure))

    def timeliness(self) -> Blocks:
        """Publish whether the records are up to date.

        Returns
        -------
        Blocks
            Follow-ups, then episodes.
        """
        return Blocks(
            *delay_table(self.quality, self.disclosure),
            episode_table(self.quality, self.disclosure),
        )

    def plausibility(self) -> Blocks:
        """Publish what looks odd.

        Returns
        -------
        Blocks
            What was looked at, what to ask, and the warnings of the check.
        """
        return Blocks(
            *question_blocks(self.quality, self.cohort, self.disclosure),
            *warning_table(self.findings, self.disclosure),
        )

    def _episodes(self) -> KeyNumber:
        n_episodes, start = self.cohort.n_episodes, self.cohort.episodes["start_date"]
        if not self.disclosure.may_show_count(n_episodes):
            return KeyNumber("Episodes", HIDDEN, "", "muted")
        first, last = f"{start.min():%b %Y}", f"{start.max():%b %Y}"
        when = f"began {first}" if first == last else f"began {first} to {last}"
        return KeyNumber("Episodes", f"{n_episodes:,}", when)

    def _absent(self) -> list[Block]:
        """Say what was never recorded, so that its absence below is not taken for completeness."""
        kinds = [
            (self.cohort.has_visits, "visits: nobody can tell who stayed away"),
            (self.cohort.has_stages, "stages: hinge capture makes the sheet to record them on"),
            (len(self.cohort.outcomes) > 0, "scores: no change in pain or function can be told"),
        ]
        absent = [f"No {what}." for is_there, what in kinds if not is_there]
        return [Notice(absent, title="Never recorded", tone="warning")] if absent else []

    def _facts(self, totals: pd.DataFrame) -> KeyNumber:
        rows = totals[(totals["theme"] == COMPLETENESS) & (totals["group"] == DAY_0)]
        # One patient's blanks may add up to a count that is not small, so each fact is looked at.
        if not all(may_show_row(row, self.disclosure) for _, row in rows.iterrows()):
            return KeyNumber("Facts of day 0", HIDDEN, "filled in", "muted")
        return self._share("Facts of day 0", rows[list(COUNT_COLUMNS)].sum(), "filled in")

    def _share(self, label: str, counts: pd.Series, detail: str) -> KeyNumber:
        n, of = int(counts["n"]), int(counts["n_of"])
        if of == 0:
            return KeyNumber(label, "–", "nobody due yet", "muted")
        if not may_show_row(counts, self.disclosure):
            return KeyNumber(label, HIDDEN, detail, "muted")
        if not self.disclosure.shows_all:
            return KeyNumber(label, write_share(n, of), detail)
        return KeyNumber(label, write_share(n, of), f"{n:,} of {of:,} {detail}")


def open_quality(
    cohort: Cohort | str | os.PathLike[str],
    *,
    clinic_id: str | None = None,
    audience: str = "release",
) -> QualityPage:
    """Open the data-quality page of all clinics or of one.

    Parameters
    ----------
    cohort : Cohort or path
        The records.
    clinic_id : str, optional
        One clinic; all if left out.
    audience : str, default "release"
        "release" applies small-cell rules, "internal" shows all.

    Returns
    -------
    QualityPage
        Ready to publish.

    Raises
    ------
    DataError
        If the records are de-identified.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=200, seed=7)
    >>> open_quality(cohort).answer().items[0][0].text
    'Done: nothing in these records needs mending.'
    """
    records = cohort if isinstance(cohort, Cohort) else read_cohort(cohort)
    chosen = records if clinic_id is None else records.select(clinic_id=clinic_id)
    return QualityPage(chosen, describe_quality(chosen), validate(chosen), Disclosure(audience))
