"""Errors of many kinds in a clean export: found in their place, and corrected they come in."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

import hinge_outcomes as ho
from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.ingestion.door import ingest
from hinge_outcomes.ingestion.fix_sheet import fix_workbook
from hinge_outcomes.ingestion.intake import Intake
from hinge_outcomes.ingestion.mapping import Mapping
from validation.clean_export import MAPPING, NEVER_CAME, as_lines, clean_files, write_files

CONSEQUENCES = ("assessed_at_visit", "mastery_documented")
"""Warnings that a row set aside brings about elsewhere: they take nothing away."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of error: where it goes, what it makes of the cell, and the rule that finds it."""

    name: str
    file: str
    column: str
    spoil: Callable[[str], str]
    rule: str


def _put(text: str) -> Callable[[str], str]:
    return lambda cell: text


def _no_century(date: str) -> str:
    return date[:6] + date[8:]


KINDS = (
    Kind("a word for a date", "visits", "Date", _put("soon"), "not_a_date"),
    Kind("month and day swapped", "visits", "Date", _put("03/25/2026"), "not_a_date"),
    Kind("a day that never was", "ratings", "Date", _put("31/02/2026"), "not_a_date"),
    Kind("a year without its century", "scores", "Date", _no_century, "not_a_date"),
    Kind("the year 23", "visits", "Date", _put("24/03/0023"), "implausible_year"),
    Kind("another date format", "people", "First visit", _put("2026-01-05"), "not_a_date"),
    Kind("a start after the data cut", "people", "First visit", _put("05/10/2026"),
         "after_data_cut"),
    Kind("a visit years before the start", "visits", "Date", _put("05/01/1999"), "out_of_range"),
    Kind("a score before the start", "scores", "Date", _put("05/01/1999"), "out_of_range"),
    Kind("an end before the start", "people", "Closed", _put("01/01/2026"), "out_of_range"),
    Kind("an end without a reason", "people", "Why", _put(""), "end_complete"),
    Kind("words for a number", "scores", "Score", _put("about 3"), "not_a_number"),
    Kind("a point for a comma", "ratings", "Load", _put("12.5"), "not_a_number"),
    Kind("a score beyond its scale", "scores", "Score", _put("140"), "score_in_range"),
    Kind("a rating beyond its scale", "ratings", "Rating", _put("7"), "out_of_range"),
    Kind("half a step", "ratings", "Step", _put("2,5"), "not_whole"),
    Kind("an eleventh step", "ratings", "Step", _put("11"), "out_of_range"),
    Kind("nine days a week", "visits", "Exercise", _put("9"), "out_of_range"),
    Kind("an entry above the goal", "people", "Entry", _put("8"), "entry_below_target"),
    Kind("an unknown sex", "people", "Gender", _put("?"), "unknown_code"),
    Kind("an unknown attendance", "visits", "Attendance", _put("perhaps"), "unknown_code"),
    Kind("an unknown questionnaire", "scores", "Form", _put("vas"), "unknown_code"),
    Kind("neither yes nor no", "ratings", "Now", _put("maybe"), "unknown_code"),
    Kind("no case number", "visits", "Case", _put(""), "required_missing"),
    Kind("a case nobody knows", "scores", "Case", lambda case: f"{case}-0", "no_episode"),
    Kind("a formula", "visits", "Therapist", _put("=1+1"), "formula"),
    Kind("an invisible sign", "visits", "Therapist", lambda cell: f"{cell}\x07",
         "control_character"),
    Kind("a telephone number", "people", "Payer", _put("+44 20 7946 0958"),
         "looks_like_identifier"),
    Kind("a cell too many", "visits", "", lambda line: f"{line};", "field_count"),
    Kind("a torn quotation mark", "ratings", "", lambda line: f'"{line}" x', "stray_quote"),
)  # fmt: skip

TWICE = "a row told twice"
SAME_KEY = "two rows with one case number"


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What was put in: per error its kind, file, line, column, rule and the clean text."""

    errors: pd.DataFrame
    lines: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was found of it."""

    by_kind: pd.DataFrame
    n_errors: int
    n_found: int
    n_clean_lost: int
    n_beside: int
    is_completed: bool
    accounts: tuple[str, str]


def corrupt(n_errors: int, seed: int, n_episodes: int) -> Outcome:
    """Put errors into a clean export, ingest it, correct the fix list and ingest it again."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=n_episodes, seed=seed)
    share = n_errors // (len(KINDS) + 2)
    frames = clean_files(cohort, n_idle=12 * share)
    clean = {name: as_lines(frame) for name, frame in frames.items()}
    spoilt = _spoil(frames, clean, n_errors, np.random.default_rng(seed))
    plan = Mapping.from_values(MAPPING, name="clean export")
    with TemporaryDirectory() as name:
        right = ingest(write_files(clean, Path(name, "clean")), mapping=plan)
        folder = write_files(spoilt.lines, Path(name, "spoilt"))
        found = ingest(folder, mapping=plan)
        sheet = Path(name, "fix list.xlsx")
        sheet.write_bytes(_corrected(found, spoilt))
        mended = ingest(folder, mapping=plan, corrections=sheet)
    return _compare(right, found, mended, spoilt)


def _spoil(
    frames: dict[str, pd.DataFrame],
    clean: dict[str, list[str]],
    n_errors: int,
    random: np.random.Generator,
) -> Spoilt:
    lines = {name: list(texts) for name, texts in clean.items()}
    free = {name: random.permutation(_free(name, frame)).tolist() for name, frame in frames.items()}
    share, more = divmod(n_errors, len(KINDS) + 2)
    seen: dict[str, set[str]] = {name: set() for name in frames}
    rows = []
    for number, kind in enumerate(KINDS):
        frame = frames[kind.file]
        for _ in range(share + (number < more)):
            place, before, line = _spoil_one(kind, free[kind.file], frame, clean, seen[kind.file])
            lines[kind.file][place + 1] = line
            rows.append((kind.name, f"{kind.file}.csv", place + 2, kind.column, kind.rule, before))
    for _ in range(share):
        place = free["scores"].pop()
        lines["scores"].append(clean["scores"][place + 1])
        rows.append((TWICE, "scores.csv", len(lines["scores"]), "", "duplicate_row", ""))
        place = next(
            p for p in free["people"] if frames["people"]["Case"][p].startswith(NEVER_CAME)
        )
        free["people"].remove(place)
        cells = frames["people"].iloc[place].tolist()
        cells[frames["people"].columns.get_loc("Born")] = "1971"
        lines["people"].append(";".join(cells))
        rows.append((SAME_KEY, "people.csv", len(lines["people"]), "Case", "repeated_key", ""))
    columns = ["kind", "file", "line", "column", "rule", "before"]
    return Spoilt(pd.DataFrame(rows, columns=columns), lines)


def _spoil_one(
    kind: Kind, free: list[int], frame: pd.DataFrame, clean: dict[str, list[str]], seen: set[str]
) -> tuple[int, str, str]:
    """Spoil a row, and not so that it becomes the word-for-word copy of another spoilt one."""
    while True:
        place = _take(free, frame, kind)
        before = clean[kind.file][place + 1]
        line = kind.spoil(before)
        if kind.column:
            cells = frame.iloc[place].tolist()
            at = frame.columns.get_loc(kind.column)
            before, cells[at] = cells[at], kind.spoil(cells[at])
            line = ";".join(cells)
        if line not in seen:
            seen.add(line)
            return place, before, line


def _free(name: str, frame: pd.DataFrame) -> np.ndarray:
    """Rows that an error may hit: of people, those whose rows no appointment hangs on."""
    if name == "people":
        return np.flatnonzero(frame["Case"].str.startswith(NEVER_CAME))
    return np.arange(len(frame))


def _take(free: list[int], frame: pd.DataFrame, kind: Kind) -> int:
    """Take a row nothing has hit yet, whose cell holds something to spoil."""
    for number in range(len(free) - 1, -1, -1):
        place = free[number]
        if not kind.column or frame[kind.column].iat[place]:
            return free.pop(number)
    raise ValueError(f"too few rows for {kind.name!r}: simulate more episodes")


def _corrected(found: Intake, spoilt: Spoilt) -> bytes:
    """Fill the fix list's last column in, as somebody who looks every cell up would."""
    errors = spoilt.errors
    keys = zip(errors["file"], errors["line"], errors["column"], strict=True)
    right = dict(zip(keys, zip(errors["rule"], errors["before"], strict=True), strict=True))
    fixes = found.fixes.copy()
    corrected = []
    for key in zip(fixes["File"], fixes["Line"], fixes["Column"], strict=True):
        rule, before = right.get(key, ("", ""))
        corrected.append("LEAVE OUT" if rule == "repeated_key" else before)
    fixes["Corrected"] = corrected
    return fix_workbook(fixes, {file.name: file.sha256 for file in found.files})


def _compare(right: Intake, found: Intake, mended: Intake, spoilt: Spoilt) -> Outcome:
    told = found.findings.frame
    keys = ["file", "line", "column", "rule"]
    is_found = pd.MultiIndex.from_frame(spoilt.errors[keys]).isin(
        pd.MultiIndex.from_frame(told[keys])
    )
    spoilt_rows = set(zip(spoilt.errors["file"], spoilt.errors["line"], strict=True))
    kept = zip(found.quarantine["hinge_file"], found.quarantine["hinge_line"], strict=True)
    beside = told[~told["rule"].isin(CONSEQUENCES)]
    rows = zip(beside["file"], beside["line"], strict=True)
    by_kind = spoilt.errors.assign(found=is_found).groupby(["kind", "rule"], sort=False)["found"]
    return Outcome(
        by_kind=by_kind.agg(put_in="size", found="sum").reset_index(),
        n_errors=len(spoilt.errors),
        n_found=int(is_found.sum()),
        n_clean_lost=sum(row not in spoilt_rows for row in kept),
        n_beside=sum(row not in spoilt_rows for row in rows),
        is_completed=_same(right, mended),
        accounts=(found.account.summary(), mended.account.summary()),
    )


def _same(one: Intake, other: Intake) -> bool:
    first, second = one.cohort, other.cohort
    return all(
        content_hash(name, getattr(first, name), first.extra_columns)
        == content_hash(name, getattr(second, name), second.extra_columns)
        for name in TABLE_NAMES
    )
