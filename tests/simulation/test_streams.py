"""Streams: a patient's draws depend on the patient alone, and look like what they are."""

import numpy as np
import pytest
from scipy.stats import kstest

from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.streams import PURPOSES, PatientStreams, check_seed


@pytest.mark.parametrize("slots", [1, 3, 8, 24])
@pytest.mark.parametrize("cut", [1, 7, 50])
def test_draws_do_not_depend_on_the_run(slots: int, cut: int) -> None:
    """Patients 0 to 99 get the same draws at once and in two runs."""
    whole = PatientStreams(7, 0, 100).uniform("visit", slots, occasion=3)
    first = PatientStreams(7, 0, cut).uniform("visit", slots, occasion=3)
    second = PatientStreams(7, cut, 100 - cut).uniform("visit", slots, occasion=3)
    assert np.array_equal(whole, np.vstack([first, second]))


def test_a_patient_beyond_a_million_is_reached_directly() -> None:
    """A run that starts at patient 1,000,000 gives what the long run gives there."""
    far = PatientStreams(7, 1_000_000, 2).uniform("person", 8)
    near = PatientStreams(7, 999_999, 3).uniform("person", 8)[1:]
    assert np.array_equal(far, near)


def test_draws_are_uniform_and_never_0_or_1() -> None:
    """100,000 draws pass a Kolmogorov-Smirnov test at a fixed seed and stay inside (0, 1)."""
    u = PatientStreams(1, 0, 12_500).uniform("dwell", 8).ravel()
    assert kstest(u, "uniform").pvalue > 0.01
    assert 0 < u.min() < u.max() < 1


def test_normal_draws_are_normal() -> None:
    """100,000 draws pass a Kolmogorov-Smirnov test at a fixed seed."""
    z = PatientStreams(1, 0, 12_500).normal("severity", 8).ravel()
    assert kstest(z, "norm").pvalue > 0.01


def test_purposes_occasions_seeds_and_patients_are_unrelated() -> None:
    """No two streams, and no two neighbours, correlate beyond 4 standard errors."""
    n = 20_000
    base = PatientStreams(1, 0, n).uniform("visit", 1, occasion=1)[:, 0]
    others = [
        PatientStreams(1, 0, n).uniform("visit", 1, occasion=2)[:, 0],
        PatientStreams(2, 0, n).uniform("visit", 1, occasion=1)[:, 0],
        PatientStreams(1, 0, n).uniform("dwell", 1)[:, 0],
        np.roll(base, 1),
    ]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 4 / np.sqrt(n)


def test_purposes_have_numbers_of_their_own() -> None:
    """Two purposes never share a stream."""
    assert len(set(PURPOSES.values())) == len(PURPOSES)


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True, 2**64])
def test_other_seeds_are_refused(seed: object) -> None:
    """A seed is a whole number of at most 64 bits; the message gives an example."""
    with pytest.raises(ConfigError, match="seed=7"):
        check_seed(seed)  # type: ignore[arg-type]
