"""Compiled functions and plain Python cut CSV text alike."""

from hypothesis import example, given
from hypothesis import strategies as st

from hinge_outcomes.ingestion.compiled_cutter import CompiledCutter
from hinge_outcomes.ingestion.csv_records import PlainCutter
from tests.ingestion.test_csv_records import MESSY, cut, written

LONG_WORDS = st.lists(
    st.text(st.sampled_from("ab"), min_size=14, max_size=18), min_size=2, max_size=30
).map(lambda words: "\n".join(f"{a},{b}" for a, b in zip(words[::2], words[1::2], strict=False)))


@given(MESSY | LONG_WORDS, st.integers(1, 3), st.integers(1, 70), st.sampled_from([3, 10, 1000]))
@example('a,"b\n"x,1\n2,"\n3,"",\n', 2, 4, 1000)
@example('a,"","\n' * 6, 3, 5, 1000)
def test_compiled_functions_cut_as_plain_python_does(
    text: str, n_columns: int, block: int, cell_bytes: int
) -> None:
    """On any text, in blocks of any size, both give the same cells, lines and broken rows."""
    data = text.encode()
    plain = cut(PlainCutter(",", n_columns, 2, cell_bytes=cell_bytes), data, len(data) + 1)
    in_blocks = cut(PlainCutter(",", n_columns, 2, cell_bytes=cell_bytes), data, block)
    compiled = cut(CompiledCutter(",", n_columns, 2, 10, cell_bytes=cell_bytes), data, block)
    assert written(in_blocks) == written(plain)
    assert written(compiled) == written(plain)


def test_a_column_with_more_texts_than_there_was_room_for_gets_more() -> None:
    """Five thousand different texts, short and long, keep their codes when slots are moved."""
    lines = [f"{n},{'x' * 20}{n % 977},{n % 3}" for n in range(5_000)]
    data = "\n".join(lines).encode()
    rows = cut(CompiledCutter(",", 3, 2, len(data)), data, 3_000)
    plain = cut(PlainCutter(",", 3, 2), data, 3_000)
    assert written(rows) == written(plain)
    assert [len(column.words) for column in rows.columns] == [5_000, 977, 3]


def test_the_very_text_decides_not_its_hash() -> None:
    """Texts that differ in their last letter, or only in length, or hold NUL's neighbours, stay."""
    words = ["a" * n for n in range(1, 40)] + ["a" * n + "b" for n in range(40)] + ["\x01", "\x7f"]
    data = "\n".join(words * 2).encode()
    rows = cut(CompiledCutter(",", 1, 2, len(data)), data, 64)
    assert rows.columns[0].cells().tolist() == words * 2
    assert len(rows.columns[0].words) == len(words)
