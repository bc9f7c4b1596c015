"""Does the way out of a state depend on how one came there? Score tests of the Markov property."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from hinge_outcomes.analysis.inference import check_conf_level, normal_quantile
from hinge_outcomes.analysis.progression.counting_process import (
    CountingProcess,
    Floats,
    Integers,
)
from hinge_outcomes.analysis.progression.log_rank import is_expected_often, log_rank_score
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays, read_stays
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.exceptions import AnalysisError, NoEventsError

HISTORIES = ("entry_time", "previous_state", "state_at_landmark")
"""What of the past the way out of a state is asked to depend on."""

_FEWEST_EVENTS = 5
"""A move seen less often is not judged: the chi-square would not hold."""

_ANY = "any"

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class MarkovProperty(Result):
    """Hold a test of the Markov property, move by move.

    Parameters
    ----------
    rows : DataFrame
        What `table` gives.
    history : str
        What of the past was asked about.
    landmark : float or None
        When the state was read, for history "state_at_landmark".
    time_noun : str
        What a reader calls the unit of time.
    """

    rows: pd.DataFrame
    history: str
    landmark: float | None
    time_noun: str

    def table(self) -> pd.DataFrame:
        """Give the test of every move, and of all together in the last row.

        Returns
        -------
        DataFrame
            ``from_state``, ``to_state`` ("any" in the last row); ``statistic``,
            ``degrees_of_freedom`` and ``p_value`` of a chi-square test, missing for moves seen less
            than 5 times or where all came in the same way; for history "entry_time" ``estimate``,
            the log hazard ratio of the move per unit of time of later entry (one step from 0), with
            ``std_error``, ``ci_low``, ``ci_high``; ``n_at_risk``, stays from which the move could
            be made, and ``n_events``.
        """
        return self.rows.copy()

    def plot(self, ax: Any = None) -> Any:
        """Draw the p-values of the moves.

        Parameters
        ----------
        ax : Axes, optional
            Where to draw. Default: new ones.

        Returns
        -------
        Axes
            One line per move that was judged.
        """
        from hinge_outcomes.plotting import draw_intervals

        judged = self.rows[self.rows["p_value"].notna()]
        frame = pd.DataFrame(
            {
                "move": [
                    "all moves" if row.from_state == _ANY else f"{row.from_state} to {row.to_state}"
                    for row in judged.itertuples()
                ],
                "estimate": judged["p_value"].to_numpy(),
                "ci_low": np.nan,
                "ci_high": np.nan,
            }
        )
        return draw_intervals(frame, ax=ax, reference=0.05, label="p-value")

    def summary(self) -> str:
        """Say whether the past seems to matter.

        Returns
        -------
        str
            One paragraph.
        """
        total, moves = self.rows.iloc[-1], self.rows.iloc[:-1]
        asked = {
            "entry_time": "the time of entry into a state",
            "previous_state": "the state before",
            "state_at_landmark": f"the state at {self.time_noun} {self.landmark}",
        }[self.history]
        n_judged = int(moves["p_value"].notna().sum())
        if not n_judged:
            return (
                f"Whether the way out of a state depends on {asked} cannot be judged: no move was "
                f"seen {_FEWEST_EVENTS} times among people who came in differently."
            )
        least = moves.loc[moves["p_value"].idxmin()]
        verdict = "depends" if total["p_value"] < 0.05 else "is not seen to depend"
        advice = (
            "Predictions from a state and day should be landmark estimates."
            if total["p_value"] < 0.05
            else "This is no proof that it does not."
        )
        return (
            f"The way out of a state {verdict} on {asked}: chi-square {total['statistic']:.1f} on "
            f"{int(total['degrees_of_freedom'])} degrees of freedom, p = {total['p_value']:.2g}, "
            f"over {n_judged} kinds of moves, seen {int(total['n_events']):,} times. The smallest "
            f"p = {least['p_value']:.2g} is that of {least['from_state']} to {least['to_state']} "
            f"({int(least['n_events']):,} moves). {advice}"
        )


def analyse_markov_property(
    frame: pd.DataFrame,
    history: str = "entry_time",
    *,
    id: str = "episode_id",
    start: str = "start_day",
    stop: str = "stop_day",
    from_state: str = "from_state",
    to_state: str = "to_state",
    landmark: float | None = None,
    conf_level: float = 0.95,
) -> MarkovProperty:
    """Test whether the hazard of each move depends on the past, given the present state and time.

    Time runs from the start of every history ("forward"). A stay is at risk at u if start < u <=
    stop. Rows that touch without a move are one stay. A stay that begins a history after its
    earliest start has an unknown past and is left out.

    Parameters
    ----------
    frame : DataFrame
        One row per stay, as `derive_stays` gives it, or with the columns named below.
    history : {"entry_time", "previous_state", "state_at_landmark"}, default "entry_time"
        "entry_time": when the present state was entered [1]_, [2]_; "previous_state": from where
        (none, for the first stay); "state_at_landmark": the state held at ``landmark``, for what
        happens after it [3]_.
    id, start, stop, from_state, to_state : str
        Columns: whose stay, its bounds, the state held and the state moved to (missing: censored).
    landmark : float, optional
        For history "state_at_landmark": when, in the unit of ``stop``.
    conf_level : float, default 0.95
        Share of intervals meant to hold the truth.

    Returns
    -------
    MarkovProperty
        A chi-square test per move and of all together.

    Raises
    ------
    DataError
        If the frame holds no histories.
    AnalysisError
        If an option is not one of those listed.
    NoEventsError
        If nobody moves.

    Notes
    -----
    With x the past of a stay, known when it begins, a move seen d times at u among the n at risk
    adds to U the sum of x over those who moved less d times the mean of x over those at risk, and
    to V d (n - d) / (n - 1) times the variance of x among them: the log-rank (score) test, with
    its hypergeometric variance for ties. Under the Markov property U' V^-1 U is chi-square with as
    many degrees of freedom as V has rank; scores of different moves are uncorrelated, so the sum
    over moves is chi-square too. States before, or at the landmark, from which less than 5 moves
    are expected are taken together. Whatever else makes patients differ throughout (a clinician, a
    frailty) breaks the property and is found as well.

    References
    ----------
    .. [1] Kay R (1986). A Markov model for analysing cancer markers and disease states in survival
       studies. Biometrics 42, 855-865.
    .. [2] Andersen P, Keiding N (2002). Multi-state models for event history analysis. Stat Methods
       Med Res 11, 91-115.
    .. [3] Titman A, Putter H (2022). General tests of the Markov property in multi-state models.
       Biostatistics 23, 380-396.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> stays = ho.derive_stays(ho.simulate(ho.Scenario.default(), n_episodes=300, seed=7))
    >>> tested = analyse_markov_property(stays).table()
    >>> tested["from_state"].iloc[-1], bool(tested["p_value"].between(0, 1).any())
    ('any', True)
    """
    check_conf_level(conf_level)
    if history not in HISTORIES:
        raise AnalysisError(f"history is {history!r}, but must be one of: {', '.join(HISTORIES)}.")
    if (history == "state_at_landmark") != (landmark is not None):
        raise AnalysisError("history='state_at_landmark' and landmark= belong together.")
    stays = read_stays(
        frame, id=id, start=start, stop=stop, from_state=from_state, to_state=to_state
    )
    if not (stays.destination >= 0).any():
        raise NoEventsError(
            f"Nobody moves: {to_state} is missing in every row. A test of the Markov property "
            "needs moves out of states."
        )
    past, is_known = _past(stays, history, landmark)
    if landmark is not None:
        is_known &= stays.stop > landmark
    process = stays.moves()
    rows = [
        _test_move(process, past, is_known, int(origin), int(target), conf_level)
        for origin, target in _moves(stays)
    ]
    table = pd.DataFrame(rows)
    for column in ("from_state", "to_state"):
        table[column] = [stays.states[number] for number in table[column]]
    judged = table[table["p_value"].notna()]
    df = int(judged["degrees_of_freedom"].sum())
    total = judged["statistic"].sum()
    last = {
        "from_state": _ANY,
        "to_state": _ANY,
        "statistic": total if df else np.nan,
        "degrees_of_freedom": df,
        "p_value": float(stats.chi2.sf(total, df)) if df else np.nan,
        "estimate": np.nan,
        "std_error": np.nan,
        "ci_low": np.nan,
        "ci_high": np.nan,
        "n_at_risk": int(is_known.sum()),
        "n_events": int(judged["n_events"].sum()),
    }
    table = table.astype({"from_state": object, "to_state": object})
    table.loc[len(table)] = last
    noun = "day" if start == "start_day" else "time"
    return MarkovProperty(rows=table, history=history, landmark=landmark, time_noun=noun)


def _moves(stays: StayArrays) -> Integers:
    moved = stays.destination >= 0
    return np.unique(np.column_stack([stays.state[moved], stays.destination[moved]]), axis=0)


def _past(stays: StayArrays, history: str, landmark: float | None) -> tuple[Floats, Any]:
    """Give the past of each stay, one row each, and whether it is known."""
    n = len(stays.state)
    same = np.append(False, stays.subject[1:] == stays.subject[:-1])
    touches = same & np.append(False, stays.start[1:] == stays.stop[:-1])
    # Rows that touch without a move are one stay: its past is that of its first row.
    goes_on = touches & np.append(False, stays.destination[:-1] == -1)
    goes_on &= np.append(False, stays.state[1:] == stays.state[:-1])
    head = np.maximum.accumulate(np.where(goes_on, 0, np.arange(n)))
    begins = (~same & (stays.start == stays.start.min())) | (touches & ~goes_on)
    is_known = begins[head]
    if history == "entry_time":
        return stays.start[head][:, np.newaxis], is_known
    n_states = len(stays.states)
    if history == "previous_state":
        before = np.append(-1, stays.state[:-1])
        code = np.where(same, before, n_states)[head]
        return np.eye(n_states + 1)[code], is_known
    when = float(landmark or 0)
    held = (stays.start <= when) & (when < stays.stop)
    code = np.full(int(stays.subject.max()) + 1, -1)
    code[stays.subject[held]] = stays.state[held]
    own = code[stays.subject]
    return np.eye(n_states)[np.maximum(own, 0)], own >= 0


def _test_move(
    process: CountingProcess,
    past: Floats,
    is_known: Any,
    origin: int,
    target: int,
    conf_level: float,
) -> dict[str, Any]:
    at_risk = is_known & (process.state == origin) & (process.last > process.first)
    moves = at_risk & (process.cell >= 0)
    moves[moves] = process.cell_to[process.cell[moves]] == target
    n_events = int(moves.sum())
    row = {
        "from_state": origin,
        "to_state": target,
        "statistic": np.nan,
        "degrees_of_freedom": 0,
        "p_value": np.nan,
        "estimate": np.nan,
        "std_error": np.nan,
        "ci_low": np.nan,
        "ci_high": np.nan,
        "n_at_risk": int(at_risk.sum()),
        "n_events": n_events,
    }
    if n_events < _FEWEST_EVENTS:
        return row
    varies = np.ptp(past[at_risk], axis=0) > 0
    if past.shape[1] > 1:
        varies &= is_expected_often(
            past[at_risk],
            process.first[at_risk],
            process.last[at_risk],
            moves[at_risk],
            len(process.times),
            _FEWEST_EVENTS,
        )
    if not varies.any():
        return row
    score, variance = log_rank_score(
        past[at_risk][:, varies],
        process.first[at_risk],
        process.last[at_risk],
        moves[at_risk],
        len(process.times),
    )
    most = float(np.diagonal(variance).max())
    # Where those at risk at every move came in the same way, rounding is all that is left.
    if most <= _ROUNDING * float(np.var(past[at_risk][:, varies], axis=0).max()):
        return row
    scale = np.sqrt(most)
    rank = int(np.linalg.matrix_rank(variance / most, tol=_ROUNDING))
    inverse = np.linalg.pinv(variance / most, rcond=_ROUNDING, hermitian=True)
    statistic = float((score / scale) @ inverse @ (score / scale))
    row |= {"statistic": statistic, "degrees_of_freedom": rank}
    row["p_value"] = float(stats.chi2.sf(statistic, rank))
    if len(score) == 1:
        estimate, error = score[0] / variance[0, 0], 1 / np.sqrt(variance[0, 0])
        reach = normal_quantile(conf_level) * error
        row |= {"estimate": estimate, "std_error": error}
        row |= {"ci_low": estimate - reach, "ci_high": estimate + reach}
    return row
