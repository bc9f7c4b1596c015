"""Every score of one instrument beside what the patient's record says of that day."""

import numpy as np
import pandas as pd

from hinge_outcomes.cohort.day0 import ID_COLUMNS, derive_day0
from hinge_outcomes.cohort.events import working_stages
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS, Instrument
from hinge_outcomes.exceptions import AnalysisError, NotIdentifiableError


def find_instrument(cohort: Cohort, code: str) -> Instrument:
    """Look up an instrument that has scores in the cohort.

    Parameters
    ----------
    cohort : Cohort
        The records.
    code : str
        Code of the instrument, such as ``nprs``.

    Returns
    -------
    Instrument
        Its range, direction and smallest important change.

    Raises
    ------
    AnalysisError
        If there is no such instrument.
    NotIdentifiableError
        If the cohort holds no score of it.
    """
    if code not in INSTRUMENTS:
        raise AnalysisError(f"instrument={code!r} is not known. Allowed: {', '.join(INSTRUMENTS)}.")
    present = cohort.outcomes["instrument"].astype("object")
    if not (present == code).any():
        known = [name for name in INSTRUMENTS if (present == name).any()]
        raise NotIdentifiableError(
            f"This cohort holds no score of {code}. It holds: {', '.join(known) or 'no scores'}. "
            "Choose one of these, or map the column of this instrument when ingesting."
        )
    return INSTRUMENTS[code]


def derive_outcome_panel(cohort: Cohort, instrument: str = "nprs") -> pd.DataFrame:
    """List every score of an instrument with its window, baseline and change.

    A score belongs to a planned follow-up if it is the one that stands for it (inside the window,
    nearest to the planned day, of two equally near the earlier); each score stands for one at
    most. An episode without a score inside [-14, 3] has no baseline: a score of day 10 is none.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str, default "nprs"
        Code of the instrument.

    Returns
    -------
    pandas.DataFrame
        One row per score, sorted by episode and day: episode_id, patient_id, clinic_id,
        clinician_id, instrument, measured_day, score, window and target_day (null where the score
        stands for no follow-up), baseline_score, change (score - baseline_score, in the
        instrument's units; negative = less pain), working_stage (on that day; null before day 0
        and without stages), then the day-0 columns entry_stage, target_stage, symptom_duration,
        start_back_risk, age, sex and the clinic's own.

    Raises
    ------
    AnalysisError
        If the instrument is not known.
    NotIdentifiableError
        If the cohort holds no score of it.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=1)
    >>> panel = derive_outcome_panel(cohort)
    >>> baseline = panel[panel["target_day"] == 0]
    >>> bool((baseline["change"] == 0).all())
    True
    """
    find_instrument(cohort, instrument)
    scores = instrument_scores(cohort, instrument)
    matched = match_windows(scores, WINDOWS)
    key = ["episode_id", "measured_day"]
    names = {day: window.name for day, window in WINDOWS.items()}
    places = matched[[*key, "target_day"]].assign(window=matched["target_day"].map(names))
    panel = scores.merge(places, on=key, how="left", validate="one_to_one")
    panel["target_day"] = panel["target_day"].astype("Int16")
    baseline = matched.loc[matched["target_day"] == 0].set_index("episode_id")["score"]
    panel["baseline_score"] = panel["episode_id"].map(baseline).astype("float64")
    panel["change"] = panel["score"] - panel["baseline_score"]
    panel["working_stage"] = _stage_on_day(cohort, panel)
    panel = panel.merge(derive_day0(cohort), on="episode_id", how="left", validate="many_to_one")
    panel["instrument"] = panel["instrument"].astype("object").astype("str")
    order = [*ID_COLUMNS, "instrument", "measured_day", "score", "window", "target_day"]
    order += ["baseline_score", "change", "working_stage"]
    rest = [name for name in panel.columns if name not in order]
    return panel[[*order, *rest]].sort_values(key, ignore_index=True)


def instrument_scores(cohort: Cohort, instrument: str) -> pd.DataFrame:
    """List the scores of one instrument.

    Parameters
    ----------
    cohort : Cohort
        The records.
    instrument : str
        Its code.

    Returns
    -------
    pandas.DataFrame
        Columns episode_id, instrument, measured_day, score, sorted by episode and day.
    """
    rows = cohort.outcomes
    chosen = rows.loc[rows["instrument"].astype("object") == instrument]
    columns = ["episode_id", "instrument", "measured_day", "score"]
    return chosen[columns].sort_values(columns[::2], ignore_index=True)


def _stage_on_day(cohort: Cohort, panel: pd.DataFrame) -> pd.Series:
    """Look up the working stage on the day of each score."""
    if not cohort.has_stages:
        return pd.Series(pd.array([None] * len(panel), dtype="Int16"), index=panel.index)
    stages = working_stages(cohort).astype({"day": "int64"}).sort_values("day")
    rows = pd.DataFrame(
        {
            "episode_id": panel["episode_id"],
            "day": panel["measured_day"].astype("int64"),
            "place": np.arange(len(panel)),
        }
    )
    stages["episode_id"] = stages["episode_id"].astype(rows["episode_id"].dtype)
    joined = pd.merge_asof(rows.sort_values("day"), stages, on="day", by="episode_id")
    stage = joined.sort_values("place")["stage"].astype("Int16")
    return stage.set_axis(panel.index)
