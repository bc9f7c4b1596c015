"""Tests of the Markov property: by hand, by R's numbers, size and power."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hinge_outcomes.analysis.progression.markov_property import (
    HISTORIES,
    analyse_markov_property,
)
from hinge_outcomes.exceptions import AnalysisError, NoEventsError

NAMES = {
    "id": "id",
    "start": "tstart",
    "stop": "tstop",
    "from_state": "from",
    "to_state": "to",
}

R_SCORES = {
    ("a", "b"): 1.15451813628,
    ("a", "d"): 0.194286209321,
    ("b", "a"): 0.0333262548371,
    ("b", "c"): 0.234718721313,
    ("b", "d"): 1.74970189773,
    ("c", "b"): 0.822764520366,
    ("c", "d"): 0.201706946068,
}
"""Score tests of coxph(Surv(start, stop, move) ~ start, ties = "exact"), R survival 3.5-3."""

RATES = {
    "a": (("b", 0.2), ("d", 0.05)),
    "b": (("a", 0.05), ("c", 0.15), ("d", 0.05)),
    "c": (("b", 0.1), ("d", 0.1)),
}


def _paths(rng: np.random.Generator, n: int, frailty: float = 0.0) -> pd.DataFrame:
    """Simulate Markov histories, or histories with a pace of each person's own."""
    rows = []
    for person in range(n):
        pace = np.exp(frailty * rng.normal())
        time, state, cut = 0.0, "a", rng.uniform(5, 25)
        while state in RATES:
            targets, rates = zip(*RATES[state], strict=True)
            total = pace * sum(rates)
            stay = rng.exponential(1 / total)
            if time + stay > cut:
                rows.append((person, time, cut, state, None))
                break
            target = str(rng.choice(targets, p=np.array(rates) / sum(rates)))
            rows.append((person, time, time + stay, state, target))
            time, state = time + stay, target
    return pd.DataFrame(rows, columns=["id", "tstart", "tstop", "from", "to"])


def _p_value(stays: pd.DataFrame, history: str, landmark: float | None) -> float:
    result = analyse_markov_property(stays, history, landmark=landmark, **NAMES)
    return float(result.table()["p_value"].iloc[-1])


def test_the_statistics_are_those_of_r() -> None:
    """R computed them on these very histories (seed 7, 150 people); equal to the digits printed."""
    stays = _paths(np.random.default_rng(7), 150)
    table = analyse_markov_property(stays, **NAMES).table().set_index(["from_state", "to_state"])
    for move, statistic in R_SCORES.items():
        assert table.loc[move, "statistic"] == pytest.approx(statistic, rel=1e-9)
    total = table.loc[("any", "any")]
    assert total["statistic"] == pytest.approx(sum(R_SCORES.values()), rel=1e-9)
    assert total["p_value"] == pytest.approx(
        stats.chi2.sf(total["statistic"], len(R_SCORES)), rel=1e-6
    )


@pytest.mark.parametrize("history", HISTORIES)
def test_markov_histories_are_rejected_as_often_as_they_should(history: str) -> None:
    """In 250 simulated studies of 120 people, 5% have p < .05, within 3.5 Monte Carlo errors."""
    rng = np.random.default_rng(11)
    landmark = 4.0 if history == "state_at_landmark" else None

    p = np.array([_p_value(_paths(rng, 120), history, landmark) for _ in range(250)])
    assert abs((p < 0.05).mean() - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / 250)


@pytest.mark.parametrize("history", HISTORIES)
def test_a_pace_of_each_persons_own_is_found(history: str) -> None:
    """Frailty breaks the property: with 500 people nearly every study says so."""
    rng = np.random.default_rng(12)
    landmark = 4.0 if history == "state_at_landmark" else None
    p = [_p_value(_paths(rng, 500, frailty=1.0), history, landmark) for _ in range(8)]
    assert np.mean(np.array(p) < 0.05) >= 0.75


def test_rows_that_split_a_stay_change_nothing() -> None:
    """Cut in two at some day, a stay keeps its entry: same statistics."""
    stays = _paths(np.random.default_rng(5), 80)
    first = stays.assign(to=None)
    middle = (stays["tstart"] + stays["tstop"]) / 2
    first["tstop"] = middle
    split = pd.concat([first, stays.assign(tstart=middle)])
    for history in ("entry_time", "previous_state"):
        one, other = (
            analyse_markov_property(frame, history, **NAMES).table()["statistic"].to_numpy()
            for frame in (stays, split)
        )
        assert one == pytest.approx(other, rel=1e-9, nan_ok=True)


def test_a_later_entry_into_sight_has_no_known_past() -> None:
    """Whoever comes into sight late is left out: nobody knows when the state was entered."""
    stays = _paths(np.random.default_rng(5), 80)
    late = stays.drop_duplicates("id", keep="last").assign(id=lambda rows: rows["id"] + 1000)
    late = late[late["tstart"] > 0]
    one, other = (
        analyse_markov_property(frame, **NAMES).table()["statistic"].to_numpy()
        for frame in (stays, pd.concat([stays, late]))
    )
    assert one == pytest.approx(other, rel=1e-9, nan_ok=True)


def test_what_cannot_be_judged_is_missing_and_said() -> None:
    """Where all enter on day 0, or moves are few, there is no test and the paragraph says so."""
    stays = pd.DataFrame(
        {"id": range(12), "tstart": 0.0, "tstop": np.arange(1.0, 13.0), "from": "a", "to": "b"}
    )
    result = analyse_markov_property(stays, **NAMES)
    assert result.table()["p_value"].isna().all()
    assert "cannot be judged" in result.summary()


def test_words_and_drawing() -> None:
    """The paragraph gives statistic, degrees of freedom, p and the strongest move."""
    stays = _paths(np.random.default_rng(3), 200, frailty=1.0)
    result = analyse_markov_property(stays, **NAMES)
    assert "depends on the time of entry" in result.summary()
    assert "landmark estimates" in result.summary()
    ax = result.plot()
    assert ax.get_yticklabels()[-1].get_text() == "all moves"
    plt.close("all")


def test_options_and_frames_without_a_move_are_refused() -> None:
    """An unknown history, a landmark without its history, and nobody moving are named errors."""
    stays = _paths(np.random.default_rng(3), 20)
    with pytest.raises(AnalysisError, match="entry_time, previous_state"):
        analyse_markov_property(stays, "age", **NAMES)
    with pytest.raises(AnalysisError, match="belong together"):
        analyse_markov_property(stays, landmark=3, **NAMES)
    with pytest.raises(AnalysisError, match="belong together"):
        analyse_markov_property(stays, "state_at_landmark", **NAMES)
    with pytest.raises(NoEventsError, match="Nobody moves"):
        analyse_markov_property(stays.drop_duplicates("id").assign(to=None), **NAMES)
