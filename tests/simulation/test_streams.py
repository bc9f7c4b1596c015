"""Streams: a patient's draws depend on the patient alone, and look like what they are."""

from typing import Any

import numpy as np
import pytest
from scipy.special import ndtri
from scipy.stats import kstest

from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import streams
from hinge_outcomes.simulation.streams import (
    BLOCK,
    check_seed,
    draw,
    exponential,
    normal,
    normals,
    philox,
)


def _block(seed: int, patient: int, purpose: int, occasion: int) -> Any:
    out = np.empty(BLOCK)
    draw(np.uint64(seed), patient, purpose, occasion, out)
    return out


def _numpy_philox(key: int, counter: list[int]) -> list[int]:
    """What NumPy gives at a counter: it counts on before it gives the first words."""
    number = sum(word << (64 * place) for place, word in enumerate(counter))
    before = (number - 1) % 2**256
    words = [(before >> (64 * place)) % 2**64 for place in range(4)]
    made = np.random.Philox(
        key=np.array([key, 0], dtype=np.uint64), counter=np.array(words, dtype=np.uint64)
    )
    return made.random_raw(4).tolist()  # type: ignore[no-any-return]


def test_philox_is_numpys() -> None:
    """All four words agree with NumPy's for 500 keys and counters, the ends included."""
    generator = np.random.default_rng(1)
    words = generator.integers(0, 2**64, (500, 5), dtype=np.uint64)
    words[:5] = [
        [0] * 5,
        [2**64 - 1] * 5,
        [1, 0, 0, 0, 0],
        [7, 0, 1, 0, 0],
        [7, 2**64 - 1, 0, 0, 0],
    ]
    for key, *counter in words:
        found = [int(word) for word in philox(key, *counter)]
        assert found == _numpy_philox(int(key), [int(word) for word in counter])


def test_a_block_is_one_step_of_the_generator() -> None:
    """Patient, occasion and purpose make the counter; a word gives its low half, then its high."""
    words = np.array(_numpy_philox(7, [12, 3, streams.SCORES, 0]), dtype=np.uint64)
    halves = np.column_stack([words & np.uint64(2**32 - 1), words >> np.uint64(32)]).ravel()
    assert _block(7, 12, streams.SCORES, 3).tolist() == ((halves + 0.5) / 2**32).tolist()


def test_normal_is_the_normal_quantile() -> None:
    """It equals SciPy's to 1e-14, in the middle and to the smallest and largest draw there is."""
    tails = np.geomspace(2.0**-33, 0.5, 4_000)
    u = np.concatenate([np.linspace(2.0**-33, 1 - 2.0**-33, 4_001), tails, 1 - tails])
    found = np.array([normal(each) for each in u])
    np.testing.assert_allclose(found, ndtri(u), rtol=1e-14, atol=1e-14)
    assert normal(1e-30) == pytest.approx(ndtri(1e-30), rel=1e-14)


def test_exponential_is_the_exponential_quantile() -> None:
    """It is -log of the draw, so the median draw gives log 2."""
    assert exponential(0.5) == pytest.approx(np.log(2))
    assert exponential(2.0**-33) == pytest.approx(33 * np.log(2))


def test_draws_are_uniform_and_never_0_or_1() -> None:
    """40,000 draws pass a Kolmogorov-Smirnov test at a fixed seed and stay inside (0, 1)."""
    u = np.concatenate([_block(1, patient, streams.PATH, 0) for patient in range(5_000)])
    assert kstest(u, "uniform").pvalue > 0.01
    assert 0 < u.min() < u.max() < 1


def test_normal_draws_are_normal() -> None:
    """100,000 draws pass a Kolmogorov-Smirnov test at a fixed seed."""
    assert kstest(normals(1, streams.CLINICS, 12_500, 8).ravel(), "norm").pvalue > 0.01


def test_seeds_patients_purposes_and_occasions_are_unrelated() -> None:
    """No two streams, and no two places of a block, correlate beyond 4 standard errors."""
    n = 5_000
    base = np.array([_block(1, patient, streams.PATH, 1) for patient in range(n)])
    others = {
        "seed": [_block(2, patient, streams.PATH, 1) for patient in range(n)],
        "patient": [_block(1, patient, streams.PATH, 1) for patient in range(1, n + 1)],
        "purpose": [_block(1, patient, streams.WEEKS, 1) for patient in range(n)],
        "occasion": [_block(1, patient, streams.PATH, 2) for patient in range(n)],
        "episode": [_block(1, patient, streams.PATH, 1 + (1 << 40)) for patient in range(n)],
        "place": list(np.roll(base, 1, axis=1)),
    }
    for name, other in others.items():
        for place in (0, 7):
            found = np.corrcoef(base[:, place], np.array(other)[:, place])[0, 1]
            assert abs(found) < 4 / np.sqrt(n), name


def test_purposes_have_numbers_of_their_own() -> None:
    """Two purposes never share a stream."""
    numbers = [value for name, value in vars(streams).items()
               if name.isupper() and not name.startswith("_")
               and name not in {"BLOCK", "SECOND_EPISODE"}]  # fmt: skip
    assert len(numbers) >= 11
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("seed", [-1, 1.5, "7", True, 2**64])
def test_other_seeds_are_refused(seed: object) -> None:
    """A seed is a whole number of at most 64 bits; the message gives an example."""
    with pytest.raises(ConfigError, match="seed=7"):
        check_seed(seed)  # type: ignore[arg-type]


def test_the_largest_seed_is_a_seed() -> None:
    """All 64 bits count, and NumPy's whole numbers are whole numbers."""
    assert check_seed(2**64 - 1) == 2**64 - 1
    assert check_seed(np.int64(3)) == 3  # type: ignore[arg-type]
    assert _block(2**64 - 1, 0, 1, 0).tolist() != _block(2**63 - 1, 0, 1, 0).tolist()
