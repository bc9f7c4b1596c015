"""Rows that are told twice, found exactly, over several files."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hinge_outcomes.ingestion.raw_table import RawColumn
from hinge_outcomes.ingestion.repeats import repeated_keys, repeated_rows
from tests.loads import file_of

CELLS = st.sampled_from(["", "1", "2", " 1", "\ud800"])
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=12)


def all_of(*files: object) -> np.ndarray:
    """Every row of the files may be looked at."""
    return np.ones(sum(file.n_rows for file in files), dtype=bool)  # type: ignore[attr-defined]


@given(ROWS, ROWS, st.permutations(["case", "start", "pain"]), st.data())
def test_the_rows_found_are_those_that_a_plain_search_finds(
    first: list[tuple[str, ...]],
    second: list[tuple[str, ...]],
    order: list[str],
    data: st.DataObject,
) -> None:
    """Two files, their columns in any order, some rows not looked at: exactly the later equals."""
    places = [["case", "start", "pain"].index(name) for name in order]
    files = [
        file_of(*(",".join(row) for row in first)),
        file_of(
            *(",".join(row[place] for place in places) for row in second), header=",".join(order)
        ),
    ]
    usable = np.array([data.draw(st.booleans()) for _ in range(len(first) + len(second))], bool)
    seen, due = set(), []
    for number, row in enumerate([*first, *second]):
        told = tuple(cell.strip() for cell in row)
        if usable[number]:
            if told in seen:
                due.append(number)
            seen.add(told)
    assert repeated_rows(files, usable).tolist() == due


def test_rows_of_files_with_other_columns_are_not_the_same() -> None:
    """Equal cells under other names say something else; a column more says more."""
    one = file_of("K1,5", header="case,nprs")
    other = file_of("K1,5", header="case,odi")
    wider = file_of("K1,5,", header="case,nprs,odi")
    files = [one, other, wider]
    assert repeated_rows(files, all_of(*files)).tolist() == []


def test_no_file_and_no_row_repeat_nothing() -> None:
    """Empty files stand among full ones."""
    files = [file_of(), file_of("K1,a,1"), file_of(), file_of("K1,a,1")]
    assert repeated_rows(files, all_of(*files)).tolist() == [1]
    assert repeated_rows([file_of()], all_of()).tolist() == []


def test_keys_are_compared_over_all_files_of_a_source() -> None:
    """The second row of a key is found wherever it stands; rows without any key never."""
    one = {"case": RawColumn.of(["K1", "", "K2"]), "no": RawColumn.of(["1", "", "1"])}
    two = {"case": RawColumn.of(["K2", "K1", "n/a"]), "no": RawColumn.of(["1", "2", ""])}
    usable = np.ones(6, dtype=bool)
    assert repeated_keys([one, two], ["case", "no"], usable, ["n/a"]).tolist() == [3]
    assert repeated_keys([one, two], ["case"], usable, ["n/a"]).tolist() == [3, 4]
    usable[2] = False
    assert repeated_keys([one, two], ["case", "no"], usable, ["n/a"]).tolist() == []
