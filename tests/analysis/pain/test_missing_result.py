"""What an analysis of missing scores shows."""

from hinge_outcomes.analysis.pain.missing_result import ASSUMES
from tests.analysis.pain.test_missing_scores import FOUND


def test_counts_fit_together() -> None:
    """Seen, due and started; those lost with a score are among those lost."""
    assert FOUND.n_seen <= FOUND.n_due <= FOUND.n_started == 300
    assert 0 <= FOUND.n_lost_seen <= FOUND.n_lost
    assert set(FOUND.table()["method"]) == set(ASSUMES)
