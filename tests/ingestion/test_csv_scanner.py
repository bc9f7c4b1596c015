"""The compiled functions by themselves: they stop where a record may go on, and say when full."""

import numpy as np

from hinge_outcomes.ingestion.compiled_cutter import CompiledCutter
from hinge_outcomes.ingestion.csv_scanner import move


def test_a_record_that_may_go_on_is_left_for_the_next_block() -> None:
    """Neither half a line, nor half a line end, nor an open cell is taken before its time."""
    for text, taken in [(b"1,a\n2,b", 4), (b"1,a\r", 0), (b'1,"a\nb', 0), (b'1,"a"', 0)]:
        assert CompiledCutter(",", 2, 1, 9).take(text, is_last=False) == taken
        assert CompiledCutter(",", 2, 1, 9).take(text, is_last=True) == len(text)


def test_every_taken_slot_is_moved() -> None:
    """What was in the smaller table is in the larger one, each text once."""
    old = np.zeros((4, 3), dtype="uint64")
    old[1], old[3] = (7, 1 << 56, 2), (9, 1 << 56, 4)
    new = np.zeros((16, 3), dtype="uint64")
    move(old, new, np.uint64(5))
    assert sorted(map(tuple, new[new[:, 2] > 0].tolist())) == [(7, 1 << 56, 2), (9, 1 << 56, 4)]
