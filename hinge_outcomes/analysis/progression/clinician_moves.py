"""Count moves along the ladder with the time at risk behind them, clinician by clinician."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.formulas import make_covariates, read_variables
from hinge_outcomes.analysis.progression.clinician_likelihood import CountData
from hinge_outcomes.analysis.progression.counting_process import Floats, Integers
from hinge_outcomes.domain.states import MASTERED, STAGE_STATES
from hinge_outcomes.exceptions import (
    AnalysisError,
    DataError,
    NoEventsError,
    NotIdentifiableError,
)

MOVES = ("forward", "backward")
"""Up to a higher stage or to mastery, or down to a lower stage."""


@dataclass(frozen=True, slots=True, repr=False)
class MoveCounts:
    """Hold the counts, and who and what they are about.

    Parameters
    ----------
    data : CountData
        Moves and time, one row per stay and band of time in stage.
    terms : tuple of str
        Names of the columns: the stages, then the case mix.
    n_stages : int
        How many of them are stages.
    people : DataFrame
        One row per clinician: clinic (constant where clinics are not told apart), clinician,
        n_episodes, n_days, n_moves.
    clinics : tuple of str
        Clinics, in the order of their numbers.
    n_dropped : int
        Stays left out because a clinician or a value of the case mix is missing.
    n_days_without_moves : float
        Days at stages, or times in stage, at which nobody moved this way: they say nothing.
    """

    data: CountData
    terms: tuple[str, ...]
    n_stages: int
    people: pd.DataFrame
    clinics: tuple[str, ...]
    n_dropped: int
    n_days_without_moves: float


def count_clinician_moves(
    stays: pd.DataFrame,
    adjust: str,
    *,
    move: str,
    bands: Sequence[float],
    clinician: str,
    clinic: str | None,
) -> MoveCounts:
    """Count moves and days at risk by clinician, stage and case mix.

    Parameters
    ----------
    stays : DataFrame
        As `derive_stays` gives it.
    adjust : str
        Case mix as the right-hand side of a formula; empty for none.
    move : {"forward", "backward"}
        Which moves count.
    bands : sequence of float
        Days in stage at which the rate may change, the same for all stages.
    clinician : str
        Column of the clinician.
    clinic : str or None
        Column of the clinic; None does not tell clinics apart.

    Returns
    -------
    MoveCounts
        The counts.

    Raises
    ------
    AnalysisError
        If an option is not allowed, or the formula cannot be read.
    DataError
        If a column is missing, or a stay has no length.
    NoEventsError
        If nobody moved this way.
    NotIdentifiableError
        If there is one clinician only, or columns of the case mix say the same.
    """
    if move not in MOVES:
        raise AnalysisError(f"move={move!r} is not known. Allowed: {', '.join(MOVES)}.")
    formula = adjust if adjust.strip() else "1"
    used = read_variables(formula)
    labels = [clinician, *([] if clinic is None else [clinic])]
    needed = [*_COLUMNS, *labels, *used]
    missing = [name for name in dict.fromkeys(needed) if name not in stays.columns]
    if missing:
        raise DataError(
            f"The stays have no column {', '.join(missing)}. Give the frame of derive_stays, or "
            "other names in adjust=, clinician= and clinic=."
        )
    is_complete = stays[[*labels, *used]].notna().all(axis=1).to_numpy()
    rows = stays.loc[is_complete].reset_index(drop=True)
    place = {state: number for number, state in enumerate((*STAGE_STATES, MASTERED))}
    origin = rows["from_state"].map(place).to_numpy(dtype=float)
    target = rows["to_state"].map(place).to_numpy(dtype=float)
    days = (rows["stop_day"] - rows["start_day"]).to_numpy(dtype=float)
    if not (days > 0).all():
        raise DataError(
            f"stop_day is not later than start_day in {int((~(days > 0)).sum())} stays. Every stay "
            "needs a length; give an exit on day 0 half a day."
        )
    moved = (target > origin) if move == "forward" else (target < origin)
    if not moved.any():
        raise NoEventsError(
            f"Nobody moved {move} in these stays, so there is no rate to compare. Use more stays."
        )
    # Pieces of time in which nobody moves this way have rate 0 with every clinician.
    pieces = _cut(origin, days, moved, np.asarray(bands, dtype=float))
    rows, days, moved = rows.iloc[pieces.stay].reset_index(drop=True), pieces.days, pieces.moved
    stages, later = np.unique(pieces.stage), np.unique(pieces.band)[1:]
    covariates, mix = make_covariates(formula, rows)
    design = np.column_stack(
        [pieces.stage[:, np.newaxis] == stages, pieces.band[:, np.newaxis] == later, mix]
    ).astype(float)
    terms = (
        *(STAGE_STATES[int(stage)] for stage in stages),
        *(f"after {bands[int(band) - 1]:g} days in stage" for band in later),
        *covariates.names,
    )
    _check_rank(design, adjust)
    where = np.zeros(len(rows)) if clinic is None else rows[clinic].astype("object")
    pairs = pd.DataFrame({"clinic": where, "clinician": rows[clinician].astype("object")})
    number, people = _number(pairs)
    if len(people) < 2:
        raise NotIdentifiableError(
            "There is one clinician only, so clinicians cannot be compared. Use stays of several."
        )
    clinic_number, clinics = pd.factorize(people["clinic"], sort=False)
    # An episode belongs to the one who led it from day 0; numbers run clinician by clinician.
    who = pd.MultiIndex.from_arrays([number, rows["episode_id"].astype("object")])
    episode, _ = pd.factorize(who, sort=True)
    first = np.unique(episode, return_index=True)[1]
    people["n_episodes"] = np.bincount(number[first], minlength=len(people))
    people["n_days"] = np.bincount(number, days)
    people["n_moves"] = np.bincount(number, moved).astype(np.int64)
    return MoveCounts(
        data=CountData(
            moves=moved.astype(float),
            log_time=np.log(days),
            design=design,
            episode=episode,
            clinician=number[first],
            clinic=clinic_number.astype(np.int64),
            n_clinics=len(clinics),
        ),
        terms=terms,
        n_stages=len(stages),
        people=people,
        clinics=tuple(map(str, clinics)),
        n_dropped=int((~is_complete).sum()),
        n_days_without_moves=pieces.n_days_left_out,
    )


_COLUMNS = ("episode_id", "start_day", "stop_day", "from_state", "to_state")


@dataclass(frozen=True, slots=True, repr=False)
class _Pieces:
    stay: Integers
    stage: Integers
    band: Integers
    days: Floats
    moved: npt.NDArray[np.bool_]
    n_days_left_out: float


def _cut(stage: Floats, days: Floats, moved: npt.NDArray[np.bool_], bands: Floats) -> _Pieces:
    """Cut each stay where the rate may change, and leave out pieces with rate 0."""
    if (np.diff(bands) <= 0).any() or (bands <= 0).any():
        raise AnalysisError("bands= are increasing numbers of days above 0, such as (7, 14, 28).")
    low, high = np.concatenate([[0.0], bands]), np.concatenate([bands, [np.inf]])
    inside = np.clip(days[:, np.newaxis], low, high) - low
    stay, band = np.nonzero(inside > 0)
    is_last = np.append(stay[1:] != stay[:-1], True)
    has_moved = moved[stay] & is_last
    informs = np.isin(stage[stay], np.unique(stage[moved]))
    informs &= np.isin(band, np.unique(band[has_moved]))
    time = inside[stay, band]
    return _Pieces(
        stay=stay[informs],
        stage=stage[stay][informs].astype(np.int64),
        band=band[informs],
        days=time[informs],
        moved=has_moved[informs],
        n_days_left_out=float(time[~informs].sum()),
    )


def _check_rank(design: Floats, adjust: str) -> None:
    scaled = design / np.sqrt((design**2).sum(axis=0))
    if np.linalg.eigvalsh(scaled.T @ scaled)[0] < 1e-9:
        raise NotIdentifiableError(
            f"Columns of adjust={adjust!r} say the same as others or as the stages. Leave one out."
        )


def _number(pairs: pd.DataFrame) -> tuple[Integers, pd.DataFrame]:
    """Number the clinicians, those of one clinic together."""
    people = pairs.drop_duplicates().sort_values(["clinic", "clinician"], ignore_index=True)
    index = pd.MultiIndex.from_frame(people)
    return index.get_indexer(pd.MultiIndex.from_frame(pairs)), people
