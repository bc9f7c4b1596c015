"""Mastery curves with numbers at risk, and stacked occupancy."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.domain.states import STATES
from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import STATE_COLOURS, draw_mastery_curve, draw_occupancy, new_axes


def _curve(**columns):
    frame = {
        "day": [0, 90, 180, 365],
        "estimate": [0.0, 0.1, 0.2, 0.3],
        "std_error": 0.02,
        "ci_low": [0.0, 0.06, 0.16, 0.26],
        "ci_high": [0.0, 0.14, 0.24, 0.34],
        "n_at_risk": [200, 120, 60, 20],
    }
    return pd.DataFrame({**columns, **frame})


def _texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_curve_is_a_step_function_from_zero():
    """A table that begins on day 90 is drawn from 0 on day 0, and holds each level to the next."""
    ax = draw_mastery_curve(_curve().iloc[1:])
    line = ax.lines[0]
    assert line.get_xydata()[0].tolist() == [0, 0]
    assert line.get_drawstyle() == "steps-post"
    assert ax.get_ylim() == (0, 0.4)


def test_numbers_at_risk_stand_under_the_axis_at_their_own_day():
    """Each number belongs to a row of the table, near a tick."""
    ax = draw_mastery_curve(_curve())
    numbers = {text.get_text(): text.get_position()[0] for text in ax.texts}
    assert numbers["200"] == 0
    assert numbers["120"] == 90
    assert numbers["60"] == 180
    assert numbers["20"] == 365


def test_a_number_that_may_not_be_shown_leaves_a_gap():
    """A missing number at risk is left out; the others stay."""
    frame = _curve().astype({"n_at_risk": "Int64"})
    frame.loc[2, "n_at_risk"] = pd.NA
    texts = _texts(draw_mastery_curve(frame))
    assert "60" not in texts
    assert "120" in texts
    frame["n_at_risk"] = pd.array([pd.NA] * 4, dtype="Int64")
    assert "120" not in _texts(draw_mastery_curve(frame))


def test_groups_are_labelled_at_their_curves_and_in_the_strip():
    """Two groups: two curves in two colours and two line styles, each named twice."""
    frame = pd.concat([_curve(sex="female"), _curve(sex="male")])
    ax = draw_mastery_curve(frame)
    assert _texts(ax).count("female") == 2
    assert _texts(ax).count("male") == 2
    first, second = ax.lines[:2]
    assert first.get_color() != second.get_color()
    assert first.get_linestyle() != second.get_linestyle()


def test_a_curve_that_is_cut_short_ends_there():
    """Missing estimates end a curve without an error."""
    frame = _curve()
    frame.loc[2:, ["estimate", "ci_low", "ci_high"]] = np.nan
    ax = draw_mastery_curve(frame)
    assert np.isnan(ax.lines[0].get_ydata()[-1])


def test_a_drawing_goes_where_it_is_told():
    """Axes given are drawn on and returned, and the frame is left alone."""
    ax, frame = new_axes(), _curve()
    before = frame.copy()
    assert draw_mastery_curve(frame, ax=ax) is ax
    pd.testing.assert_frame_equal(frame, before)


def test_frames_that_cannot_be_drawn_are_refused():
    """Without times, limits or rows there is nothing to draw."""
    with pytest.raises(DataError, match="no column of times"):
        draw_mastery_curve(_curve().drop(columns="day"))
    with pytest.raises(DataError, match="ci_low"):
        draw_mastery_curve(_curve().drop(columns="ci_low"))
    with pytest.raises(DataError, match="no rows"):
        draw_occupancy(pd.DataFrame(columns=["state", "time", "estimate"]))


def _occupancy():
    times = [0.0, 60.0, 120.0]
    shares = {"stage_1": [1, 0.3, 0], "stage_2": [0, 0.4, 0.2], "mastered": [0, 0.1, 0.5]}
    shares["lost"] = [0, 0.2, 0.3]
    shares["referred"] = [0, 0, 0]
    rows = [
        (state, time, shares.get(state, [0, 0, 0])[place])
        for state in STATES
        for place, time in enumerate(times)
    ]
    return pd.DataFrame(rows, columns=["state", "time", "estimate"])


def test_areas_are_stacked_in_order_and_fill_the_axes():
    """Each area starts where the one below ends; together they reach 100%."""
    ax = draw_occupancy(_occupancy())
    names = [area.get_label() for area in ax.collections]
    assert names == ["stage_1", "stage_2", "mastered", "lost"]
    top = ax.collections[-1].get_paths()[0].vertices[:, 1].max()
    assert top == pytest.approx(1)
    assert ax.get_ylim() == (0, 1)


def test_areas_have_the_colours_of_their_states():
    """A stage has its colour in every drawing."""
    ax = draw_occupancy(_occupancy())
    for area in ax.collections:
        red, green, blue = (round(255 * part) for part in area.get_facecolor()[0][:3])
        assert f"#{red:02x}{green:02x}{blue:02x}" == STATE_COLOURS[area.get_label()]


def test_every_area_is_named_in_the_order_of_the_stack():
    """Names stand at the right from the bottom up, also of a stage that is empty by the end."""
    ax = draw_occupancy(_occupancy())
    height = {text.get_text(): text.get_position()[1] for text in ax.texts}
    order = sorted(height, key=height.get)
    assert order == ["1 Hero Squats", "2 Butt Taps", "Mastered", "Lost"]


def test_other_states_and_one_time_can_be_drawn_too():
    """Any states, merged phases, one moment: nothing fails."""
    frame = pd.DataFrame({"state": ["power", "in care"], "day": [5, 5], "estimate": [0.5, 0.5]})
    assert {text.get_text() for text in draw_occupancy(frame).texts} == {"Power", "In care"}
    assert draw_mastery_curve(_curve().head(1)).get_xlim() == (0, 1)
