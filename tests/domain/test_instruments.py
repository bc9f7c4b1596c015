"""Instruments: ranges, directions and cut-points as their sources have them."""

import pytest

from hinge_outcomes.domain.instruments import INSTRUMENTS, classify_start_back


@pytest.mark.parametrize(
    ("code", "low", "high", "mic", "higher_is_better"),
    [
        ("nprs", 0, 10, 2, False),
        ("odi", 0, 100, 10, False),
        ("rmdq", 0, 24, 5, False),
        ("psfs", 0, 10, 2, True),
        ("promis_pf", 0, 100, 3.6, True),
        ("promis_pi", 0, 100, 4.5, False),
    ],
)
def test_published_constants(
    code: str, low: float, high: float, mic: float, higher_is_better: bool
) -> None:
    """Range, smallest important change and direction are the published ones (DOMAIN table)."""
    tool = INSTRUMENTS[code]
    assert (tool.minimum, tool.maximum, tool.mic) == (low, high, mic)
    assert tool.higher_is_better is higher_is_better
    assert tool.sign == (1 if higher_is_better else -1)
    assert tool.source


def test_relative_response_only_where_published() -> None:
    """The 30% criterion holds for pain, ODI and RMDQ alone (Ostelo 2008)."""
    relative = {code for code, tool in INSTRUMENTS.items() if tool.has_relative_response}
    assert relative == {"nprs", "odi", "rmdq"}


@pytest.mark.parametrize(
    ("total", "psychosocial", "expected"),
    [(0, 0, "low"), (3, 3, "low"), (4, 3, "medium"), (9, 3, "medium"), (4, 4, "high")],
)
def test_start_back_classes(total: int, psychosocial: int, expected: str) -> None:
    """Low up to 3 in all; above, high from 4 psychosocial points on, else medium."""
    assert classify_start_back(total, psychosocial) == expected
