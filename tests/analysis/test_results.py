"""What a result shows of itself."""

import importlib
import pkgutil
import sys
from dataclasses import dataclass

import pandas as pd
import pytest

import hinge_outcomes
from hinge_outcomes.analysis.results import Result


@dataclass(frozen=True, slots=True)
class _Shares(Result):
    values: tuple[float, ...]
    text: str = "Half & half <of> 20 patients."

    def table(self) -> pd.DataFrame:
        return pd.DataFrame({"estimate": list(self.values)})

    def plot(self, ax: object = None) -> object:
        return ax

    def summary(self) -> str:
        return self.text


def test_the_text_form_is_the_summary_and_not_the_arrays():
    """A prompt shows the summary, although a dataclass would list every field."""
    assert repr(_Shares((0.5, 0.25))) == "_Shares: Half & half <of> 20 patients."


def test_a_notebook_shows_summary_and_table_escaped():
    """The HTML form holds the escaped summary and the numbers."""
    html = _Shares((0.5, 0.25))._repr_html_()
    assert "Half &amp; half &lt;of&gt; 20 patients." in html
    assert "0.25" in html
    assert "further rows" not in html


def test_a_long_table_says_how_many_rows_are_left():
    """A notebook never fills with a thousand rows in silence."""
    assert "1,234 further rows" in _Shares(tuple([0.1] * 1254))._repr_html_()


def test_a_missing_number_is_a_dash():
    """A number that does not exist is shown as a dash, not as nan."""
    html = _Shares((float("nan"),))._repr_html_()
    assert "–" in html
    assert "nan" not in html.lower()


def test_the_mixin_leaves_results_slotted_and_frozen():
    """Inheriting the mixin gives a result no dictionary to scribble in."""
    share = _Shares((0.5,))
    assert not hasattr(share, "__dict__")
    with pytest.raises(AttributeError):
        share.text = "other"


def test_a_result_that_forgets_a_part_cannot_be_made():
    """A result without table, plot and summary is refused, and the error names what is missing."""

    class Bare(Result):
        __slots__ = ()

    with pytest.raises(TypeError, match=r"Bare.*plot.*summary.*table"):
        Bare()


def test_every_result_of_the_package_keeps_the_contract() -> None:
    """Each result is frozen and slotted and has a table, a plot and a summary of its own."""
    for module in pkgutil.walk_packages(hinge_outcomes.__path__, "hinge_outcomes."):
        importlib.import_module(module.name)
    # A slotted dataclass leaves the class it was made from behind; only the named one counts.
    found = [
        kind
        for kind in Result.__subclasses__()
        if kind.__module__.startswith("hinge_")
        and getattr(sys.modules[kind.__module__], kind.__name__) is kind
    ]
    assert len(found) >= 6
    for kind in found:
        assert kind.__dataclass_params__.frozen, kind  # type: ignore[attr-defined]
        assert "__slots__" in vars(kind), kind
        assert {"table", "plot", "summary"} <= set(vars(kind)), kind
