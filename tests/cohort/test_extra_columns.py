"""A clinic's own columns are declared without contradiction or refused."""

import pytest

from hinge_outcomes.cohort.extra_columns import ExtraColumn
from hinge_outcomes.exceptions import ContractError


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        ({"table": "people"}, "patients, episodes"),
        ({"name": "group"}, "starts with x_"),
        ({"type": "date"}, "text, category"),
        ({"type": "category"}, "list its codes"),
        ({"minimum": 1.0}, "is no number"),
        ({"timing": "sometimes"}, "day0, later"),
    ],
)
def test_a_contradiction_is_named(wrong: dict[str, object], expected: str) -> None:
    """Each impossible declaration is an error that names what is allowed."""
    lawful: dict[str, object] = {"table": "episodes", "name": "x_group", "type": "text"}
    ExtraColumn(**lawful)  # type: ignore[arg-type]
    with pytest.raises(ContractError, match=expected):
        ExtraColumn(**{**lawful, **wrong})  # type: ignore[arg-type]
