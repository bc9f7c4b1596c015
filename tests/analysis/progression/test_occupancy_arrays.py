"""From arrays to an occupancy: sizes at the edges, and levels side by side."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen, estimate_occupancy
from hinge_outcomes.analysis.progression.occupancy_arrays import spread_times
from hinge_outcomes.domain.states import STAGE_STATES
from hinge_outcomes.exceptions import AnalysisError, DataError, NotIdentifiableError
from tests.analysis.progression.dense_oracle import odd_histories


def _frame(rows: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["id", "tstart", "tstop", "from", "to"])


def test_a_list_of_times_is_thinned_only_if_it_is_long() -> None:
    """Two times stay; of five, three keep both ends."""
    assert spread_times(np.array([1.0, 5.0])).tolist() == [1.0, 5.0]
    assert spread_times(np.arange(5.0), most=3).tolist() == [0, 2, 4]


def test_one_person_is_where_that_person_is() -> None:
    """One history: occupancy is 1 where it is, with the exact limit of one of one."""
    table = aalen_johansen(_frame([(1, 0, 3, "a", "b"), (1, 3, 7, "b", "c")])).table()
    held = table.set_index(["state", "time"])
    assert held["estimate"].to_dict() == {
        ("a", 3.0): 0, ("a", 7.0): 0, ("b", 3.0): 1, ("b", 7.0): 0, ("c", 3.0): 0, ("c", 7.0): 1,
    }  # fmt: skip
    assert (table["std_error"] == 0).all()
    assert held.loc[("c", 7.0), "ci_low"] == pytest.approx(0.05)


def test_rows_that_repeat_another_count_once_and_this_is_said() -> None:
    """Every row three times over is the same data: same table, and the summary tells."""
    stays = odd_histories(2, 30)
    once, often = aalen_johansen(stays), aalen_johansen(pd.concat([stays] * 3))
    pd.testing.assert_frame_equal(once.table(), often.table())
    assert f"{2 * len(stays):,} rows that repeat another count once" in often.summary()
    assert "repeat" not in once.summary()


def test_people_with_identical_histories_are_people() -> None:
    """Ten copies under other ids keep the estimate and divide the error by the root of ten."""
    stays = odd_histories(2, 30)
    copies = pd.concat([stays.assign(id=stays["id"] + 1000 * copy) for copy in range(10)])
    once, ten = (aalen_johansen(frame, start_distribution="estimated") for frame in (stays, copies))
    assert ten.table()["estimate"].to_numpy() == pytest.approx(once.table()["estimate"].to_numpy())
    assert ten.std_error * np.sqrt(10) == pytest.approx(once.std_error, abs=1e-12)


def test_a_hundred_states_in_a_row() -> None:
    """Two people climb a hundred states, a day each and two days each: half are where each is."""
    names = [f"s{number:03d}" for number in range(100)]
    rows = [
        (person, pace * step, pace * (step + 1), names[step], names[step + 1])
        for person, pace in ((1, 1), (2, 2))
        for step in range(99)
    ]
    result = aalen_johansen(_frame(rows), times=[50, 198], start_distribution="estimated")
    table = result.table().set_index(["state", "time"])
    assert table.loc[("s050", 50.0), "estimate"] == pytest.approx(0.5)
    assert table.loc[("s025", 50.0), "estimate"] == pytest.approx(0.5)
    assert table.loc[("s099", 198.0), "estimate"] == pytest.approx(1)
    assert table.loc[("s050", 50.0), "std_error"] == pytest.approx(np.sqrt(0.25 / 2))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([(1, 0, 0, "a", None), (2, 0, 0, "b", None)], "give an exit on day 0 half a day"),
        ([(1, 0, 5, "a", "b"), (1, 0, 5, "a", "c")], "mend or merge the overlapping rows"),
        ([(1, 5, 0, "a", "b")], "tstop is not later than tstart"),
        ([(1, 0, 5, "a", "b"), (1, 5, 9, "c", "a")], "must be the previous to"),
        ([(1, 0, 5, "a", "a")], "Leave to missing"),
    ],
)
def test_what_cannot_be_is_refused_with_a_remedy(rows: list[tuple], message: str) -> None:
    """All on day 0, contradictions on one day, wrong order, impossible moves: each its sentence."""
    with pytest.raises(DataError, match=message):
        aalen_johansen(_frame(rows))


def _episodes(n: int, **columns: object) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "episode_id": [f"E{number}" for number in range(n)],
            "patient_id": [f"P{number}" for number in range(n)],
            "clinic_id": [f"C{number % 4}" for number in range(n)],
            "start_day": 0.0,
            "stop_day": rng.integers(1, 60, n).astype(float),
            "from_state": rng.choice(STAGE_STATES[:3], n),
            "to_state": rng.choice(["mastered", "lost"], n),
        }
    )
    return frame.assign(**columns)


def test_episodes_censored_on_day_zero_alone_are_refused() -> None:
    """With half a day each and no end there is nothing to follow; the error says what to check."""
    with pytest.raises(NotIdentifiableError, match="censored on day 0"):
        estimate_occupancy(_episodes(5, stop_day=0.5, to_state=None))


def test_nobody_leaves_an_end_state_of_the_ladder() -> None:
    """A stay in lost is an impossible move of the ladder, and is named by row."""
    wrong = _episodes(5)
    wrong.loc[2, "from_state"] = "lost"
    wrong.loc[2, "to_state"] = "mastered"
    with pytest.raises(DataError, match=r"end state in 1 of 5 rows .*: 2\)"):
        estimate_occupancy(wrong)
    with pytest.raises(DataError, match="unknown state"):
        estimate_occupancy(_episodes(5, from_state="stage_11"))


def test_few_clinics_are_left_out_in_turn_and_patients_stand_beside_them() -> None:
    """Four clinics: jackknife errors with t(3), 'too few', both levels in words and in a table."""
    stays = _episodes(60)
    result = estimate_occupancy(stays, cluster="clinic_id", times=[30])
    assert result.degrees_of_freedom == 3
    plain = estimate_occupancy(stays, times=[30])
    told = result.summary()
    assert "4 clusters are too few" in told
    assert "histories taken as independent" in told
    levels = result.compare_levels()
    assert levels["level"].tolist()[:2] == ["clusters", "histories"]
    beside = levels[levels["level"] == "histories"]["std_error"].to_numpy()
    assert beside == pytest.approx(plain.table()["std_error"].to_numpy())
    assert set(plain.compare_levels()["level"]) == {"clusters"}


def test_the_kind_of_errors_can_be_chosen() -> None:
    """Derivative errors stay the default of the general estimator; others are refused by name."""
    stays = odd_histories(4, 30)
    cluster = (stays["id"] % 4).to_numpy()
    default = aalen_johansen(stays, cluster=cluster)
    assert default.delete_one is None
    assert "too few" in default.summary()
    with pytest.raises(AnalysisError, match="infinitesimal, jackknife"):
        aalen_johansen(stays, errors="bootstrap")
    chosen = estimate_occupancy(_episodes(60), cluster="clinic_id", errors="infinitesimal")
    assert chosen.delete_one is None
