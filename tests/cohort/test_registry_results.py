"""What a load has done, in words."""

from hinge_outcomes.cohort.registry_results import Counts, LoadResult


def test_a_load_is_told_table_by_table() -> None:
    """Each table has a line with what is new, corrected, retired and unchanged."""
    result = LoadResult(3, {"visits": Counts(1_200, 2, 3, 40_000)})
    assert result.summary() == (
        "Load 3:\nvisits: 1,200 new, 2 corrected, 3 retired, 40,000 unchanged."
    )


def test_a_repeat_is_told_as_one() -> None:
    """A repeat names the load that it repeats."""
    assert "as load 2. Nothing" in LoadResult(2, {"visits": Counts()}, is_repeat=True).summary()
