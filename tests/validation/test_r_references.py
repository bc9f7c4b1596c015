"""Numbers of R, run again, against those that are stored."""

from validation.r_references import compare


def test_numbers_within_tolerance_agree_and_versions_are_not_numbers():
    """A search that stops a millionth elsewhere agrees; both versions are told."""
    stored = {"a": [1.0, {"b": 0.0}], "versions": {"R": "R version 4.2.2 (2022-10-31)"}}
    today = {"a": [1.000001, {"b": 1e-9}], "versions": {"R": "R version 4.4.0 (2024-04-24)"}}
    found = compare(stored, today)
    assert (found.n_numbers, found.beyond) == (2, 0)
    assert found.versions == "R 4.4.0; stored: R 4.2.2"


def test_a_number_that_differs_or_is_missing_is_beyond_tolerance():
    """One number is off by a thousandth, another is only stored."""
    found = compare({"a": 1.0, "b": 2.0}, {"a": 1.001})
    assert (found.n_numbers, found.beyond) == (1, 2)
