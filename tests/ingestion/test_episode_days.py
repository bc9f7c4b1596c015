"""Which episode a row is about, when it began, and the days counted from there."""

from typing import Any

import numpy as np
import pandas as pd

from hinge_outcomes.ingestion.episode_days import (
    episode_starts,
    with_birth_year,
    with_days,
    with_found_episodes,
)
from hinge_outcomes.ingestion.extraction import Filled, fill_block
from hinge_outcomes.ingestion.load import Load
from hinge_outcomes.ingestion.mapping import Mapping
from tests.loads import file_of

HEADER = "case,who,start,on,age"
VALUES: dict[str, Any] = {
    "data_cut": "2026-06-30",
    "file": {"date_format": "%Y-%m-%d"},
    "tables": {
        "patients": {"patient_id": "who", "birth_year": {"start_year_minus": "age"}},
        "episodes": {"episode_id": "case", "patient_id": "who", "start_date": "start",
                     "clinic_id": {"constant": "C01"}},
        "visits": {"episode_id": "case", "visit_day": {"days_from_start": "on"},
                   "status": {"constant": "attended"}},
        "outcomes": {"episode_id": {"episode_of": "who"}, "scores": {"nprs": "age"},
                     "measured_day": {"days_from_start": "on"}},
    },
}  # fmt: skip


def filled(table: str, *rows: str) -> Filled:
    """Rows of a table, filled from a small file."""
    plan = Mapping.from_values(VALUES)
    (block,) = [block for block in plan.blocks if block.table == table]
    columns = Load.of([(plan.sources[0], file_of(*rows, header=HEADER))], plan).parts[0].columns
    return fill_block(block, columns, np.arange(len(rows)))


def starts_of(*rows: str) -> pd.DataFrame:
    """The starts that rows about episodes give."""
    return episode_starts([filled("episodes", *rows).frame])


A = ("A,P,2025-01-06,,", "B,P,2026-01-05,,", "C,Q,2026-02-02,,")


def test_the_first_row_that_gives_an_episode_its_start_is_heard() -> None:
    """In the order of the input, whatever the order of the files; none where no row gives one."""
    early, late = (
        filled("episodes", "A,P,,,", "A,P,2025-01-06,,").frame,
        filled("episodes", *A).frame,
    )
    starts = episode_starts([late.assign(row=[7, 8, 9]), early])
    assert starts.index.tolist() == ["A", "B", "C"]
    assert starts["row"].tolist() == [1, 8, 9]
    assert len(episode_starts([])) == 0
    assert len(starts_of("A,P,,,")) == 0


def test_a_row_is_of_the_latest_episode_that_had_begun() -> None:
    """A score up to 14 days before the first visit counts to it, and 15 days before it does not."""
    rows = ("x,P,,2025-12-22,5", "x,P,,2025-12-21,5", "x,Q,,2026-01-19,5", "x,Q,,2026-01-18,5",
            "x,R,,2026-01-18,5")  # fmt: skip
    part = filled("outcomes", *rows)
    found, unclear = with_found_episodes(part, part.frame, starts_of(*A))
    assert found["episode_id"].tolist() == ["B", "A", "C"]
    assert unclear["row"].tolist() == [3, 4]


def test_days_are_counted_and_a_day_that_cannot_be_is_told() -> None:
    """A visit before the start, or a life later, leaves its row out."""
    rows = ("B,P,,2026-01-05,", "B,P,,2026-01-04,", "C,Q,,2026-02-09,", "B,P,,2126-01-05,")
    part = filled("visits", *rows)
    counted, (breach,) = with_days(part, part.frame, starts_of(*A))
    assert counted["visit_day"].tolist() == [0, 7]
    assert (breach.rule, breach.column, breach.rows.tolist()) == (
        "out_of_range",
        "visit_day",
        [1, 3],
    )


def test_an_age_is_told_at_the_start_of_the_rows_own_episode() -> None:
    """Else at the patient's first; a patient without any episode has no year."""
    rows = ("A,P,2025-01-06,,50", "B,P,2026-01-05,,51.9", "x,P,,,50", "x,R,,,50")
    episodes = filled("episodes", *rows[:2])
    patients = filled("patients", *rows)
    born = with_birth_year(patients, patients.frame, [episodes.frame], starts_of(*rows[:2]))
    assert born["birth_year"].fillna(-1).tolist() == [1975, 1975, 1975, -1]
    assert born["is_from_age"].all()
    known = with_birth_year(patients, patients.frame[2:3], [], starts_of(*rows[:2]))
    assert known["birth_year"].tolist() == [1975]
