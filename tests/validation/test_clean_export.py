"""A clean export: it is the cohort that it was made of, and nothing is found in it."""

from pathlib import Path

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.mapping import Mapping
from validation.clean_export import MAPPING, NEVER_CAME, as_lines, clean_files, write_files


def test_a_clean_export_is_the_cohort_it_was_made_of(tmp_path: Path) -> None:
    """Four files, read by their mapping, give every record back without a finding."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=30, seed=2)
    lines = {name: as_lines(frame) for name, frame in clean_files(cohort, n_idle=0).items()}
    intake = ingest(write_files(lines, tmp_path / "clean"), mapping=Mapping.from_values(MAPPING))
    assert intake.account.accepted == intake.account.read == sum(map(len, lines.values())) - 4
    assert not len(intake.findings.errors)
    for name in TABLE_NAMES:
        table = getattr(intake.cohort, name).drop(columns="x_note", errors="ignore")
        assert content_hash(name, table) == content_hash(name, getattr(cohort, name))


def test_the_people_who_never_came_have_nothing_but_their_row() -> None:
    """An error in such a row takes no appointment along."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=10, seed=2)
    files = clean_files(cohort, n_idle=7)
    came = {name: files[name]["Case"] for name in ("visits", "ratings", "scores")}
    assert files["people"]["Case"].str.startswith(NEVER_CAME).sum() == 7
    assert not any(cases.str.startswith(NEVER_CAME).any() for cases in came.values())
    assert files["people"]["Case"].is_unique


def test_every_cell_is_a_text_without_a_delimiter_or_line_end() -> None:
    """A line is its cells joined, so that an error is put exactly where it is meant."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=10, seed=2)
    for frame in clean_files(cohort, n_idle=2).values():
        assert frame.map(lambda cell: isinstance(cell, str)).all(axis=None)
        assert not frame.map(lambda cell: ";" in cell or "\n" in cell).any(axis=None)
        assert all(line.count(";") == len(frame.columns) - 1 for line in as_lines(frame))
