"""Pain over the weeks."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting import draw_pain_trajectory


def _course(days, **columns):
    mean = 5 - np.arange(len(days)) * 0.1
    frame = {"day": days, "estimate": mean, "ci_low": mean - 0.3, "ci_high": mean + 0.3}
    return pd.DataFrame({**columns, **frame})


def test_days_become_weeks_and_ticks_are_where_pain_was_measured():
    """Days 0, 42, 91, 182, 364 are weeks 0, 6, 13, 26, 52."""
    ax = draw_pain_trajectory(_course([0, 42, 91, 182, 364]))
    assert ax.get_xticks().tolist() == [0, 6, 13, 26, 52]
    assert ax.get_ylim()[0] == 0


def test_few_times_are_points_with_whiskers_and_many_a_band():
    """Five visits get whiskers of their intervals; sixty days a band."""
    few = draw_pain_trajectory(_course([0, 42, 91, 182, 364]))
    segments = few.collections[0].get_segments()
    assert segments[0][:, 1].tolist() == pytest.approx([4.7, 5.3])
    many = draw_pain_trajectory(_course(list(range(60))))
    assert len(many.collections[0].get_paths()) == 1


def test_the_natural_course_is_grey_context_and_named():
    """It is drawn beside the clinic's mean, which then has a name too; nothing is subtracted."""
    natural = pd.DataFrame({"week": [0.0, 26, 60], "estimate": [5.1, 2.6, 2.0]})
    ax = draw_pain_trajectory(_course([0, 91, 364]), natural_course=natural)
    texts = [text.get_text() for text in ax.texts]
    assert texts == ["Natural course", "This cohort"]
    assert ax.lines[0].get_xdata().max() <= 52
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([5.0, 4.9, 4.8])


def test_groups_have_their_own_lines_and_names():
    """Three risk groups: three lines, three labels."""
    frame = pd.concat(_course([0, 42], risk=risk) for risk in ("low", "medium", "high"))
    ax = draw_pain_trajectory(frame)
    assert {text.get_text() for text in ax.texts} == {"low", "medium", "high"}


def test_the_axis_says_which_instrument():
    """The title of the axis can be given."""
    ax = draw_pain_trajectory(_course([0, 42]), label="Mean ODI (0 to 100)")
    assert ax.get_ylabel() == "Mean ODI (0 to 100)"


def test_one_time_and_missing_means_do_not_fail():
    """A single day, or a group without any mean, is drawn as far as it goes."""
    assert draw_pain_trajectory(_course([0])).get_xticks().tolist() == [0]
    hidden = _course([0, 42]).assign(estimate=np.nan, ci_low=np.nan, ci_high=np.nan)
    assert len(draw_pain_trajectory(hidden).texts) == 0


def test_frames_that_cannot_be_drawn_are_refused():
    """Without limits there is no interval to draw."""
    with pytest.raises(DataError, match="ci_high"):
        draw_pain_trajectory(_course([0]).drop(columns="ci_high"))
