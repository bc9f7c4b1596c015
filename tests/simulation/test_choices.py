"""Choices: the words of a scenario and the places that compiled functions compare with."""

from typing import Any

import pytest

from hinge_outcomes.simulation.choices import (
    AT_VISITS,
    MAR,
    MCAR,
    MECHANISMS,
    MNAR,
    OWN_PACE,
    PACES,
)
from tests.simulation.followed import inputs_of


@pytest.mark.parametrize(
    ("section", "key", "words", "places"),
    [
        ("loss", "mechanism", MECHANISMS, {"mcar": MCAR, "mar": MAR, "mnar": MNAR}),
        ("questionnaires", "mechanism", MECHANISMS, {"mcar": MCAR, "mar": MAR, "mnar": MNAR}),
        ("progression", "pace", PACES, {"visits": AT_VISITS, "own": OWN_PACE}),
    ],
)
def test_a_word_reaches_the_compiled_functions_as_its_place(
    section: str, key: str, words: tuple[str, ...], places: dict[str, int]
) -> None:
    """Each word of a scenario becomes the constant that stands for it."""
    assert set(words) == set(places)
    found: dict[str, Any] = {
        word: inputs_of({f"{section}.{key}": word})[section][key] for word in words
    }
    assert found == places
