"""Parameters: every value is checked, and a message says what is allowed."""

import datetime
from dataclasses import dataclass
from typing import Any

import pytest

from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation.parameters import declared, parameter, read_section


@dataclass(frozen=True, kw_only=True)
class _Example:
    share: float = parameter("number", "a share", minimum=0, maximum=1)
    count: int = parameter("integer", "a count", minimum=1)
    kind: str = parameter("text", "a kind", choices=("a", "b"))
    day: datetime.date = parameter("date", "a day")  # noqa: RUF009
    shares: tuple[float, ...] = parameter("numbers", "shares", minimum=0, length=2, total=1)


GOOD: dict[str, Any] = {
    "share": 0.5, "count": 2, "kind": "a", "day": "2026-09-30", "shares": [0.25, 0.75],
}  # fmt: skip


def test_good_values_are_read_in_their_types() -> None:
    """Numbers become floats, lists tuples and ISO texts dates."""
    example = read_section("example", _Example, {**GOOD, "share": 1})
    assert example == _Example(
        share=1.0, count=2, kind="a", day=datetime.date(2026, 9, 30), shares=(0.25, 0.75)
    )
    assert isinstance(example.share, float)


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("share", 1.2, "example.share must be a number from 0 to 1; found 1.2"),
        ("share", "much", "a number from 0 to 1"),
        ("share", True, "a number from 0 to 1"),
        ("share", float("nan"), "a number from 0 to 1"),
        ("count", 1.5, "an integer from 1; found 1.5"),
        ("count", float("inf"), "an integer from 1"),
        ("kind", "c", "one of a, b"),
        ("day", "30/09/2026", "a date such as 2026-09-30"),
        ("day", 5, "a date such as 2026-09-30"),
        ("shares", [0.5], "a list of 2 numbers from 0 that sum to 1"),
        ("shares", [0.5, 0.6], "that sum to 1"),
        ("shares", [-0.5, 1.5], "from 0"),
        ("shares", 0.5, "a list of 2 numbers"),
    ],
)
def test_a_bad_value_is_refused_with_key_and_range(key: str, value: Any, expected: str) -> None:
    """The message names the key, what is allowed, and what was found."""
    with pytest.raises(ConfigError, match=expected):
        read_section("example", _Example, {**GOOD, key: value})


def test_an_unknown_key_is_refused_with_the_nearest() -> None:
    """A typing error is answered with the key that was meant."""
    with pytest.raises(ConfigError, match="no key 'shre'"):
        read_section("example", _Example, {**GOOD, "shre": 1})


def test_a_missing_key_is_named() -> None:
    """No value is invented for a key left out."""
    with pytest.raises(ConfigError, match="lacks count"):
        read_section("example", _Example, {k: v for k, v in GOOD.items() if k != "count"})


def test_declarations_can_be_listed() -> None:
    """Each field's declaration is found under its name, in order."""
    assert list(declared(_Example)) == ["share", "count", "kind", "day", "shares"]
