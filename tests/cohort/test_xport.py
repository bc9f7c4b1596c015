"""SAS transport files: every double exact, read back by an independent reader."""

import datetime as dt
import io

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.cohort.xport import ibm_floats, write_xport
from hinge_outcomes.exceptions import DataError

MADE = dt.datetime(2026, 9, 30, 12, 5, 0)


def read_back(content: bytes) -> pd.DataFrame:
    """The file as pandas reads it."""
    return pd.read_sas(io.BytesIO(content), format="xport", encoding="ascii")


def ieee(content: np.ndarray) -> float:
    """One IBM number by its definition: sign, 16 to the (exponent - 64), 56 bits of fraction."""
    word = int.from_bytes(content.tobytes(), "big")
    sign = -1.0 if word >> 63 else 1.0
    exponent, fraction = (word >> 56) & 0x7F, word & ((1 << 56) - 1)
    return sign * float(np.ldexp(float(fraction), 4 * (exponent - 64) - 56))


@pytest.mark.parametrize(
    ("number", "due"),
    [
        (-118.625, "c276a00000000000"),
        (1.0, "4110000000000000"),
        (0.0, "0000000000000000"),
        (0.1, "401999999999999a"),
        (float("nan"), "2e00000000000000"),
    ],
)
def test_numbers_are_those_of_the_books(number: float, due: str) -> None:
    """Known numbers have the bytes that the description of the format gives them."""
    assert ibm_floats(np.array([number]))[0].tobytes().hex() == due


@given(st.floats(min_value=-7e75, max_value=7e75).filter(lambda x: x == 0 or abs(x) > 6e-79))
def test_every_double_in_range_is_exact(number: float) -> None:
    """Nothing is lost from a double that the format can hold, read by the definition."""
    assert ieee(ibm_floats(np.array([number]))[0]) == number


@pytest.mark.parametrize("number", [np.inf, -np.inf, 1e76])
def test_numbers_out_of_range_are_refused(number: float) -> None:
    """A number that the format cannot hold is refused, not changed."""
    with pytest.raises(DataError, match="infinite or larger"):
        ibm_floats(np.array([1.0, number]))


def test_numbers_too_small_become_zero() -> None:
    """Below what the format can hold there is zero, as in SAS."""
    assert not ibm_floats(np.array([1e-90])).any()


def test_a_table_is_read_back() -> None:
    """Numbers, whole numbers, booleans, dates and texts with nulls come back from pandas."""
    rng = np.random.default_rng(1)
    numbers = rng.normal(size=200) * 10.0 ** rng.integers(-30, 30, 200)
    frame = pd.DataFrame(
        {
            "AVAL": np.where(np.arange(200) % 7 == 0, np.nan, numbers),
            "CNSR": pd.array([1, 2, None, 4] * 50, dtype="Int16"),
            "FLAG": pd.array([True, False] * 100, dtype="boolean"),
            "ADT": pd.to_datetime(["2026-01-05", None] * 100).astype("M8[s]"),
            "TEXT": ["a", "longer text", None, "x"] * 50,
            "CODE": pd.Categorical(["low", "high"] * 100),
        }
    )
    found = read_back(write_xport(frame, "ADQS", created=MADE))
    np.testing.assert_array_equal(found["AVAL"], frame["AVAL"])
    np.testing.assert_array_equal(found["CNSR"], frame["CNSR"].astype("float64"))
    assert found["FLAG"].round().tolist() == [1.0, 0.0] * 100
    days = (frame["ADT"] - pd.Timestamp("1960-01-01")).dt.days
    np.testing.assert_array_equal(found["ADT"], days)
    assert found["TEXT"].tolist() == ["a", "longer text", "", "x"] * 50
    assert found["CODE"].tolist() == ["low", "high"] * 100


def test_labels_formats_and_moment_are_in_the_headers() -> None:
    """The reader finds the data set's name and label, the columns' labels, and the date format."""
    frame = pd.DataFrame({"ADT": pd.to_datetime(["2026-01-05"]), "AVAL": [1.0]})
    content = write_xport(
        frame, "ADQS", label="Scores", labels={"AVAL": "Analysis Value"}, created=MADE
    )
    with pd.read_sas(
        io.BytesIO(content), format="xport", encoding="ascii", iterator=True
    ) as reader:
        assert reader.member_info["set_name"] == "ADQS"
        assert reader.member_info["label"] == "Scores"
        assert reader.member_info["created"] == MADE
        fields = {field["name"]: field for field in reader.fields}
        assert fields[b"AVAL"]["label"] == b"Analysis Value"
        assert (fields[b"ADT"]["nform"], fields[b"ADT"]["nfl"]) == (b"DATE", 9)


def test_the_file_is_whole_records_and_the_same_again() -> None:
    """The length is a multiple of 80 bytes, and the same table gives the same bytes."""
    frame = pd.DataFrame({"A": [1.0, 2.0, 3.0], "B": ["x", "yy", "zzz"]})
    content = write_xport(frame, "T", created=MADE)
    assert len(content) % 80 == 0
    assert content == write_xport(frame, "T", created=MADE)


def test_a_table_without_rows_is_headers_only() -> None:
    """No rows give a file that ends with the header of the rows."""
    content = write_xport(pd.DataFrame({"A": [1.0]}).iloc[:0], "T", created=MADE)
    assert content[-80:].startswith(b"HEADER RECORD*******OBS     HEADER RECORD")


@pytest.mark.parametrize(
    ("frame", "options", "message"),
    [
        ({"TOOLONGNAME": [1.0]}, {}, "'TOOLONGNAME' is no name for SAS"),
        ({"lower": [1.0]}, {}, "'lower' is no name"),
        ({"A": [1.0]}, {"label": "x" * 41}, "at most 40 ASCII"),
        ({"A": [1.0]}, {"labels": {"A": "Größe"}}, "at most 40 ASCII"),
        ({"A": ["x" * 201]}, {}, "A holds a text longer than 200"),
        ({"A": ["Nørrebro"]}, {}, "A holds letters beyond ASCII.*Parquet"),
    ],
)
def test_what_does_not_fit_is_refused(
    frame: dict[str, list[object]], options: dict[str, object], message: str
) -> None:
    """Names, labels and texts that SAS could not hold are refused; the text is not quoted."""
    with pytest.raises(DataError, match=message) as error:
        write_xport(pd.DataFrame(frame), "T", created=MADE, **options)  # type: ignore[arg-type]
    assert "Nørrebro" not in str(error.value)
