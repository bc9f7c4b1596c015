"""Reading stays: what is refused, with its rows and remedy, and never with a patient's value."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.analysis.progression.stay_arrays import read_stays
from hinge_outcomes.exceptions import DataError


def _read(frame, **options):
    names = {"id": "id", "start": "tstart", "stop": "tstop"}
    return read_stays(frame, **names, from_state="from", to_state="to", **options)


def _frame():
    return pd.DataFrame(
        {
            "id": ["Smith", "Smith", "Jones"],
            "tstart": [0.0, 5.0, 0.0],
            "tstop": [5.0, 9.0, 7.0],
            "from": ["a", "b", "a"],
            "to": ["b", "c", None],
            "w": [1.0, 1.0, 1.0],
            "clinic": ["C1", "C1", "C2"],
        }
    )


def _with(column, row, value):
    frame = _frame().astype({column: object})
    frame.loc[row, column] = value
    return frame


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (_with("tstop", 2, 0.0), r"tstop is not later than tstart in 1 of 3 rows .*: 2\)"),
        (_with("tstart", 1, None), r"tstart is missing or infinite in 1 of 3 rows .*: 1\)"),
        (_with("tstop", 0, np.inf), "tstop is missing or infinite"),
        (_with("tstop", 0, "secret"), "tstop is not a number"),
        (_with("tstart", 1, 4.0), "before the previous tstop of the same id"),
        (_with("id", 0, None), "id is missing"),
        (_with("from", 0, None), "from is missing"),
        (_with("to", 0, "a"), "the state the stay was in already"),
        (_with("from", 1, "a"), "not the state that the previous stay moved to"),
        (_frame().drop(columns="tstop"), "no column 'tstop'. It has: id, tstart"),
        (_frame().iloc[:0], "no rows"),
    ],
)
def test_what_cannot_be_a_history_is_refused_by_row(frame, message):
    """Each impossible row is named by number and column, and no value is quoted."""
    with pytest.raises(DataError, match=message) as caught:
        _read(frame)
    text = str(caught.value)
    assert "Smith" not in text
    assert "secret" not in text
    assert caught.value.__cause__ is None


def test_unknown_states_are_refused_with_the_known_ones():
    """A state outside the list given is an error that lists it."""
    with pytest.raises(DataError, match=r"to names an unknown state in 1 of 3 rows.*a, b"):
        _read(_frame(), states=["a", "b"])
    with pytest.raises(DataError, match="twice"):
        _read(_frame(), states=["a", "b", "c", "a"])


def test_weights_and_clusters_are_checked():
    """Negative, missing or all-zero weights, missing clusters and wrong lengths are refused."""
    with pytest.raises(DataError, match="w is negative in 1 of 3 rows"):
        _read(_with("w", 1, -1.0), weights="w")
    with pytest.raises(DataError, match="w is missing or infinite"):
        _read(_with("w", 1, None), weights="w")
    with pytest.raises(DataError, match="0 in every row"):
        _read(_frame(), weights=[0, 0, 0])
    with pytest.raises(DataError, match="weights has 2 values for 3 stays"):
        _read(_frame(), weights=[1, 1])
    with pytest.raises(DataError, match="clinic is missing in 1 of 3 rows"):
        _read(_with("clinic", 1, None), cluster="clinic")
    with pytest.raises(DataError, match="no column 'town'"):
        _read(_frame(), cluster="town")


def test_many_wrong_rows_are_counted_but_not_all_listed():
    """A thousand wrong rows give one sentence."""
    frame = pd.concat([_frame()] * 100, ignore_index=True).assign(tstop=-1.0)
    with pytest.raises(DataError, match=r"in 300 of 300 rows .*0, 1, 2, 3, 4 and 295 more"):
        _read(frame)


def test_states_come_sorted_or_in_their_categories_order():
    """Without a list, states are those found: sorted, or as their categories are."""
    assert _read(_frame()).states == ("a", "b", "c")
    frame = _frame()
    frame["from"] = pd.Categorical(frame["from"], categories=["c", "b", "a", "never"])
    frame["to"] = pd.Categorical(frame["to"], categories=["c", "b", "a", "never"])
    assert _read(frame).states == ("c", "b", "a")
    numbers = _frame().replace({"a": 10, "b": 2, "c": 3}).infer_objects()
    assert _read(numbers).states == (2, 3, 10)
    mixed = _frame().astype({"from": object, "to": object}).replace({"b": 7})
    assert _read(mixed).states == (7, "a", "c")


def test_the_frame_is_left_alone_and_its_index_does_not_matter():
    """Reading changes nothing, and rows are told by position."""
    frame = _frame().set_axis([7, 7, 7])
    before = frame.copy()
    arrays = _read(frame, cluster="clinic", weights="w")
    pd.testing.assert_frame_equal(frame, before)
    assert arrays.clusters.tolist() == ["C1", "C2"]


def test_rows_of_weight_zero_count_nowhere():
    """A weight of zero takes the stay out."""
    arrays = _read(_frame(), weights=[1, 1, 0])
    assert len(arrays.state) == 2


@pytest.mark.parametrize(
    ("rows", "complete"),
    [
        # All seen until they end: complete for good.
        ([(1, 0, 5, "a", "end"), (2, 0, 9, "a", "end")], np.inf),
        # Censored at 7 while in care.
        ([(1, 0, 5, "a", "end"), (2, 0, 7, "a", None)], 7),
        # A split row is no censoring.
        ([(1, 0, 5, "a", "end"), (2, 0, 7, "a", None), (2, 7, 9, "a", "end")], np.inf),
        # Moved to a state one can leave, and not seen again.
        ([(1, 0, 5, "a", "b"), (1, 5, 6, "b", "end"), (2, 0, 4, "a", "b")], 4),
        # Late entry at 6, after the first event.
        ([(1, 0, 5, "a", "end"), (2, 6, 9, "a", "end")], 6),
    ],
)
def test_complete_follow_up_lasts_until_somebody_is_out_of_sight(rows, complete):
    """Exact limits hold only up to the first censoring, disappearance or late entry."""
    frame = pd.DataFrame(rows, columns=["id", "tstart", "tstop", "from", "to"])
    assert _read(frame).complete_until == complete


def test_the_short_form_of_stays_names_nobody() -> None:
    """Clusters are patients more often than not: their labels never show at a prompt."""
    stays = read_stays(
        _frame(), id="id", start="tstart", stop="tstop", from_state="from", to_state="to"
    )
    assert "Smith" in stays.clusters
    assert "Smith" not in repr(stays)
