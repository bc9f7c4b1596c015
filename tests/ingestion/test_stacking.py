"""Frames of several files under each other, kinds kept."""

import pandas as pd
import pytest

from hinge_outcomes.ingestion.stacking import stack


def frame(**columns: object) -> pd.DataFrame:
    """A frame of columns."""
    return pd.DataFrame(columns)


def test_texts_stay_categories_whatever_words_each_frame_knows() -> None:
    """Categories are united, in the order in which they come."""
    stacked = stack([
        frame(id=pd.Categorical(["b", None])), frame(id=pd.Categorical(["a", "b"]))
    ])  # fmt: skip
    assert isinstance(stacked["id"].dtype, pd.CategoricalDtype)
    assert stacked["id"].astype("object").where(stacked["id"].notna(), None).tolist() == [
        "b", None, "a", "b"
    ]  # fmt: skip
    assert stacked.index.tolist() == [0, 1, 2, 3]


def test_a_registrys_ordered_codes_go_with_an_exports_plain_ones() -> None:
    """Codes that come from a stored table are ordered, those of an export are not."""
    stored = pd.Categorical(["low"], categories=["low", "high"], ordered=True)
    told = pd.Categorical(["high"], categories=["low", "high"])
    for frames in ([frame(risk=stored), frame(risk=told)], [frame(risk=told), frame(risk=stored)]):
        stacked = stack(frames)
        assert isinstance(stacked["risk"].dtype, pd.CategoricalDtype)
        assert sorted(stacked["risk"]) == ["high", "low"]


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (pd.Series([3], dtype="Int32"), "Int32"),
        (pd.Series([2**40], dtype="Int64"), "Int64"),
        (pd.Series([1.5]), "float64"),
        (pd.Series([True], dtype="boolean"), "boolean"),
        (pd.Series(pd.to_datetime(["2026-01-05"])).astype("datetime64[s]"), "datetime64[s]"),
        (pd.Series(["x"], dtype="category"), "category"),
        (pd.Series([[1, None]], dtype="object"), "object"),
    ],
)
def test_a_column_that_a_frame_lacks_is_null_there(values: pd.Series, dtype: str) -> None:
    """Before or after: the kind of the column is kept."""
    for frames in ([frame(a=[1], x=values), frame(a=[2])], [frame(a=[2]), frame(a=[1], x=values)]):
        stacked = stack(frames)
        assert str(stacked["x"].dtype) == dtype
        assert stacked["x"].isna().tolist() == (stacked["a"] == 2).tolist()


def test_frames_without_rows_change_nothing() -> None:
    """They may know other columns or kinds; where all are empty the first one's columns stay."""
    some = frame(a=[1, 2])
    empty = frame(a=pd.Series([], dtype="object"), b=pd.Series([], dtype="object"))
    assert stack([empty, some, empty]).equals(some)
    assert list(stack([empty, some.iloc[:0]])) == ["a", "b"]


def test_frames_may_come_one_by_one() -> None:
    """A generator of frames is as good as a list of them, empty frames included."""
    assert len(stack(frame(a=[n]) for n in range(3))) == 3
    assert len(stack(frame(a=[]) for _ in range(2))) == 0
