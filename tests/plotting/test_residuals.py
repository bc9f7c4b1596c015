"""Residuals drawn against normal quantiles."""

import numpy as np
import pandas as pd
import pytest

from hinge_outcomes.exceptions import DataError
from hinge_outcomes.plotting.residuals import draw_normal_quantiles


def test_normal_residuals_lie_on_the_line() -> None:
    """Blom's scores of normal numbers correlate with them; many rows are drawn as 2,000 dots."""
    rng = np.random.default_rng(1)
    ax = draw_normal_quantiles(pd.DataFrame({"standardised": rng.standard_normal(5_000)}))
    dots = ax.lines[1]
    assert len(dots.get_xdata()) == 2_000
    assert np.corrcoef(dots.get_xdata(), dots.get_ydata())[0, 1] > 0.998


def test_a_frame_without_residuals_is_refused() -> None:
    """The message names the column."""
    with pytest.raises(DataError, match="standardised"):
        draw_normal_quantiles(pd.DataFrame({"residual": [0.1]}))
