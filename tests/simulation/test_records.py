"""Records: written on a page, copied from it, joined and cut without a row lost or misnamed."""

import numpy as np
import pytest

from hinge_outcomes.simulation.records import (
    EVENTS,
    KINDS,
    PAGE,
    ROOM,
    Sheets,
    Stack,
    between,
    join,
    written,
)
from tests.simulation.followed import a_page, followed


@pytest.fixture(scope="module")
def sheets() -> Sheets:
    return followed({})


def _equal(one: Sheets, other: Sheets) -> bool:
    rows = all(np.array_equal(one[kind], other[kind]) for kind in range(len(KINDS)))
    return rows and np.array_equal(one.latent, other.latent, equal_nan=True)


def test_a_page_has_the_room_it_says() -> None:
    """Each kind of record has as many places as ``ROOM`` says, in its order."""
    assert [PAGE[name].shape[0] for name in KINDS] == list(ROOM)


@pytest.mark.parametrize("cut", [0, 1, 137, 300])
def test_cut_and_joined_is_the_same(sheets: Sheets, cut: int) -> None:
    """Two parts put together again are the whole, episode numbers included."""
    assert _equal(join([between(sheets, 0, cut), between(sheets, cut, 300)]), sheets)


@pytest.mark.parametrize("first", ["fewest", "most"])
def test_a_stack_makes_room_for_what_its_first_run_did_not_foretell(
    sheets: Sheets, first: str
) -> None:
    """Runs of which the first is the shortest or the longest come out whole, up to the number."""
    rows = np.bincount(sheets.visits["episode"], minlength=len(sheets.episodes))
    start = int(rows.argmin() if first == "fewest" else rows.argmax())
    wanted = between(sheets, start, len(sheets.episodes) - 1)
    stack = Stack(len(wanted.episodes))
    stack.add(between(sheets, start, start + 1))
    stack.add(between(sheets, start + 1, len(sheets.episodes)))
    assert stack.missing == 0
    assert _equal(stack.sheets(), wanted)


def test_a_part_holds_the_rows_of_its_episodes(sheets: Sheets) -> None:
    """Rows are numbered from the part's first episode, and the whole keeps its own numbers."""
    before = sheets.visits["episode"].copy()
    part = between(sheets, 100, 103)
    assert len(part.episodes) == len(part.latent) == 3
    assert np.unique(part.visits["episode"]).tolist() == [0, 1, 2]
    days = sheets.visits["day"][np.isin(sheets.visits["episode"], [100, 101, 102])]
    assert part.visits["day"].tolist() == days.tolist()
    assert np.array_equal(sheets.visits["episode"], before)


def test_what_is_copied_from_a_page_stays_when_the_page_is_used_again() -> None:
    """Only so many rows as were used are copied, and they are copies."""
    page = a_page(keeps_truth=False)
    page["used"] = [2, 3, 0, 1, 0]
    page["visits"]["day"][:3] = [0, 7, 14]
    copied = written(page)
    page["visits"]["day"][:3] = 99
    assert [len(copied[kind]) for kind in range(len(KINDS))] == [2, 3, 0, 1, 0]
    assert copied.visits["day"].tolist() == [0, 7, 14]
    assert copied.latent.shape == (0, 53, 2)


def test_latent_scores_are_copied_where_the_truth_is_kept() -> None:
    """There is one row of 53 weeks for each episode."""
    page = a_page(keeps_truth=True)
    page["used"][:] = [2, 0, 0, 0, 0]
    assert written(page).latent.shape == (2, 53, 2)
    assert len(written(page)[EVENTS]) == 0
