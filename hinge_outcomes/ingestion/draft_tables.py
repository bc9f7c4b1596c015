"""From guessed columns to the sections of a mapping: which columns fill which table, and how."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hinge_outcomes.ingestion.doubts import FEWEST
from hinge_outcomes.ingestion.draft_guesses import DAYS, SCORES, Guess
from hinge_outcomes.ingestion.draft_values import ColumnProfile, is_serial_day
from hinge_outcomes.ingestion.draft_words import named_day, plain_words

_EPISODE_FACTS = (
    "clinician_id", "entry_stage", "target_stage", "symptom_duration", "start_back_risk", "end_day",
    "end_reason",
)  # fmt: skip
_ODD_SHARE = 0.25
_DULL = {"date", "day", "on", "of", "datum", "dato", "fecha", "del", "du"}
_WARM_UP = ("warm", "second", "other", "extra")


@dataclass(frozen=True, slots=True)
class Line:
    """Hold one line of a drafted section.

    Parameters
    ----------
    key : str
        What is filled, such as "birth_year" or "scores.odi".
    value : object
        What fills it, as the mapping writes it.
    why : str
        What speaks for it.
    ask : str, default ""
        A question that must be answered first; the line is then left inactive.
    choices : tuple of object, default ()
        The values among which the question asks, where there are several.
    """

    key: str
    value: Any
    why: str
    ask: str = ""
    choices: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Hold one drafted section.

    Parameters
    ----------
    table : str
        The table it fills.
    source : str
        From which file.
    lines : list of Line
        How.
    """

    table: str
    source: str
    lines: list[Line] = field(default_factory=list)


@dataclass(frozen=True, slots=True, repr=False)
class FileGuesses:
    """Hold what was guessed of one file.

    Parameters
    ----------
    source : str
        What the mapping calls the file.
    guesses : list of Guess
        One per column.
    has_one_start : bool
        Whether every patient has one start in it.
    """

    source: str
    guesses: list[Guess]
    has_one_start: bool

    def of(self, role: str, rest: str | None = None) -> Guess | None:
        """Find the column of a role.

        Parameters
        ----------
        role : str
            The role.
        rest : str, optional
            The further words of its name; the plainest name where not given.

        Returns
        -------
        Guess or None
            The column, if there is one.
        """
        found = [guess for guess in self.guesses if guess.role == role]
        if rest is not None:
            found = [guess for guess in found if guess.rest == rest]
        return min(found, key=lambda guess: len(guess.rest), default=None)


def arrange_tables(files: Sequence[FileGuesses]) -> list[Part]:
    """Set out which columns fill which table.

    Parameters
    ----------
    files : sequence of FileGuesses
        All files of the load.

    Returns
    -------
    list of Part
        Sections, in the order of the tables; patients and episodes are always among them, if only
        as questions.
    """
    home = _home(files)
    people = [file for file in files if _is_about(file, "sex", "birth_year", "age")]
    parts = [_patients(file) for file in people or [home]]
    parts.append(_episodes(home))
    for draft in (_visits, _assessments, _outcomes):
        for file in files:
            parts += draft(file, home)
    return parts


def _home(files: Sequence[FileGuesses]) -> FileGuesses:
    """Find the file that tells of courses of care: with a start, and most facts of the episode."""

    def facts(file: FileGuesses) -> tuple[bool, int]:
        held = sum(file.of(role) is not None for role in _EPISODE_FACTS)
        return file.of("start_date") is not None, held

    return max(files, key=facts)


def _is_about(file: FileGuesses, *roles: str) -> bool:
    return any(file.of(role) for role in roles)


def _patients(file: FileGuesses) -> Part:
    part = Part("patients", file.source, [_patient_line(file)])
    birth, age, sex = (file.of(role) for role in ("birth_year", "age", "sex"))
    if birth and birth.profile.is_number:
        part.lines.append(Line("birth_year", birth.column, birth.why))
    elif birth:
        part.lines.append(
            Line("birth_year", {"year_of": birth.column}, f"{birth.why}; only the year enters")
        )
    elif age:
        part.lines.append(Line("birth_year", {"start_year_minus": age.column}, age.why))
    if sex:
        part.lines.append(Line("sex", sex.column, sex.why))
    return part


def _patient_line(file: FileGuesses) -> Line:
    patient, episode = file.of("patient_id"), file.of("episode_id")
    if patient:
        return Line("patient_id", patient.column, patient.why)
    if episode:
        why = "no column names the patient, so every case is taken as a patient of its own"
        return Line("patient_id", episode.column, why)
    return Line("patient_id", "", "", "which column tells the patients apart?")


def _episodes(file: FileGuesses) -> Part:
    start = file.of("start_date")
    lines = [_episode_line(file), _patient_line(file), _clinic_line(file)]
    if start:
        lines.append(Line("start_date", start.column, start.why))
    else:
        lines.append(Line("start_date", "", "", "which column holds the day on which care began?"))
    for role in _EPISODE_FACTS:
        guess = file.of(role)
        if guess:
            value = _day(guess) if role in DAYS else guess.column
            lines.append(Line(role, value, guess.why))
    return Part("episodes", file.source, lines)


def _episode_line(file: FileGuesses) -> Line:
    patient, episode, start = (file.of(r) for r in ("patient_id", "episode_id", "start_date"))
    if episode:
        return Line("episode_id", episode.column, episode.why)
    if patient and (file.has_one_start or not start):
        return Line("episode_id", patient.column, "no column names the course of care")
    if patient and start:
        why = "no column names the course of care, and some patients have more than one start"
        return Line("episode_id", {"join": [patient.column, start.column]}, why)
    return Line("episode_id", "", "", "which column tells the courses of care apart?")


def _clinic_line(file: FileGuesses) -> Line:
    clinic = file.of("clinic_id")
    if clinic:
        return Line("clinic_id", clinic.column, clinic.why)
    return Line(
        "clinic_id", {"constant": "C01"}, "no column names the clinic, so there is taken to be one"
    )


def _child_line(file: FileGuesses, home: FileGuesses) -> Line:
    """Say how a row of a visit or a score finds its episode."""
    if file.of("episode_id") or file is home:
        return _episode_line(file)
    patient = file.of("patient_id")
    if patient is None:
        return Line("episode_id", "", "", "which column tells whose rows these are?")
    why = f"{patient.why}; the patient's course of care that had begun by then"
    return Line("episode_id", {"episode_of": patient.column}, why)


def _visits(file: FileGuesses, home: FileGuesses) -> list[Part]:
    day, status = file.of("visit_day"), file.of("status")
    if day is None:
        return []
    lines = [_child_line(file, home), Line("visit_day", _day(day), day.why)]
    if status:
        lines.append(Line("status", status.column, status.why))
    else:
        why = "no column says whether an appointment was kept, so all are taken as attended"
        lines.append(Line("status", {"constant": "attended"}, why))
    for role in ("clinician_id", "home_exercise_days"):
        guess = file.of(role)
        if guess:
            lines.append(Line(role, guess.column, guess.why))
    return [Part("visits", file.source, lines)]


def _assessments(file: FileGuesses, home: FileGuesses) -> list[Part]:
    rests = [guess.rest for guess in file.guesses if guess.role == "stage"]
    parts = []
    for rest in sorted(rests, key=lambda words: (bool(words), words)):
        stage = file.of("stage", rest)
        assert stage is not None
        lines = [_child_line(file, home), _day_line(file, "assessed_day", rest)]
        lines.append(Line("stage", stage.column, stage.why))
        for role in ("mastery_level", "load_kg"):
            guess = file.of(role, rest) or (file.of(role) if len(rests) == 1 else None)
            if guess:
                value: Any = guess.column
                if role == "load_kg" and "lb" in guess.column.lower():
                    value = {"column": guess.column, "unit": "lb"}
                lines.append(Line(role, value, guess.why))
        lines += _working(file, rest, rests)
        parts.append(Part("assessments", file.source, lines))
    return parts + _wide_ratings(file, home)


def _working(file: FileGuesses, rest: str, rests: list[str]) -> list[Line]:
    flag = file.of("is_working_stage")
    if flag and len(rests) == 1:
        return [Line("is_working_stage", flag.column, flag.why)]
    if len(rests) == 1:
        return []
    is_working = not rest and not any(word in rest for word in _WARM_UP)
    why = "the plainest of several stages is the one worked at" if is_working else "beside it"
    return [Line("is_working_stage", {"constant": is_working}, why)]


def _wide_ratings(file: FileGuesses, home: FileGuesses) -> list[Part]:
    rated = [guess for guess in file.guesses if guess.role.startswith("rating_")]
    if not rated:
        return []
    lines = [_child_line(file, home), _day_line(file, "assessed_day", "")]
    lines += [
        Line(f"ratings.{guess.role.removeprefix('rating_')}", guess.column, guess.why)
        for guess in rated
    ]
    return [Part("assessments", file.source, lines)]


def _outcomes(file: FileGuesses, home: FileGuesses) -> list[Part]:
    parts = []
    instrument, score = file.of("instrument"), file.of("score")
    if instrument and score:
        lines = [_child_line(file, home), _day_line(file, "measured_day", "")]
        lines.append(Line("instrument", instrument.column, instrument.why))
        lines.append(Line("score", score.column, score.why))
        parts.append(Part("outcomes", file.source, lines))
    wide = [guess for guess in file.guesses if guess.role in SCORES]
    items = _items(file)
    rests = list(dict.fromkeys([guess.rest for guess in wide] or ([""] if items else [])))
    for rest in sorted(rests, key=lambda words: (bool(words), words)):
        lines = [_child_line(file, home), _day_line(file, "measured_day", rest)]
        for guess in wide:
            if guess.rest == rest and not any(line.key == f"scores.{guess.role}" for line in items):
                lines.append(_score_line(guess))
        parts.append(Part("outcomes", file.source, [*lines, *(items if rest == rests[0] else [])]))
    return parts


def _items(file: FileGuesses) -> list[Line]:
    found: dict[str, dict[int, Guess]] = {}
    for guess in file.guesses:
        if guess.role.startswith("item_"):
            tool, _, number = guess.role.removeprefix("item_").rpartition("_")
            found.setdefault(tool, {})[int(number)] = guess
    lines = []
    for tool, items in found.items():
        columns = [items[number].column for number in sorted(items)]
        value = {"items": columns}
        key = f"scores.{tool}"
        every = np.concatenate([item.profile.numbers for item in items.values()])
        if tool == "odi" and every.min() >= 1:
            ask = "no item is 0: are the answers coded 1 to 6, or was no section answered with 0?"
            choices = ({**value, "base": 1}, {**value, "base": 0})
            lines.append(Line(key, value, "", ask, choices))
        else:
            lines.append(Line(key, value, f"{len(columns)} items by their names"))
    return lines


def _score_line(guess: Guess) -> Line:
    key = f"scores.{guess.role}"
    plain = guess.column
    ask = ""
    choices: tuple[Any, ...] = ()
    if guess.role == "odi":
        ask, choices = _ask_odi(guess.profile, plain)
    elif guess.role == "nprs" and guess.profile.within(0, 10) < 0.5:
        ask = "most numbers are above 10: is pain written in millimetres, 0 to 100?"
        choices = ({"column": plain, "unit": "mm"},)
    return Line(key, plain, guess.why, ask, choices)


def _ask_odi(profile: ColumnProfile, column: str) -> tuple[str, tuple[Any, ...]]:
    """A percentage goes up in steps of two; points of 50 end at 50 and know odd numbers."""
    scores = profile.numbers
    if scores.max() <= 1 and not profile.is_whole:
        return "no score is above 1: are these fractions of 1?", (
            {"column": column, "unit": "fraction"}, column,
        )  # fmt: skip
    is_odd = float((scores % 2 == 1).mean())
    if profile.n_filled >= FEWEST and scores.max() <= 50 and is_odd > _ODD_SHARE:
        return "no score is above 50, and odd numbers occur: points of 50, or percentages?", (
            {"column": column, "unit": "points_of_50"}, {"column": column, "unit": "percent"},
        )  # fmt: skip
    return "", ()


def _day_line(file: FileGuesses, key: str, rest: str) -> Line:
    """Say on which day something was rated or measured."""
    planned = named_day(rest) if rest else None
    own = next((day for day in _dates_of_scores(file) if rest and rest in _names_of(day)), None)
    if own is None and planned is not None:
        why = "the column's name tells when, so the planned day stands for the day itself"
        return Line(key, {"constant": planned}, why)
    day = own or _shared_day(file, key)
    if day:
        return Line(key, _day(day), day.why)
    time = file.of("timepoint")
    if time and key == "measured_day":
        return Line(key, time.column, time.why)
    return Line(key, "", "", "which column holds the day?", ({"constant": 0},))


def _shared_day(file: FileGuesses, key: str) -> Guess | None:
    """Find the day of whatever has no date of its own: the visit's, or else that of the scores."""
    visit, measured = file.of("visit_day"), file.of("measured_day")
    sets = {guess.rest for guess in file.guesses if guess.role in SCORES}
    # A date whose words are those of one set of scores ("form date", "form pain") is of that set.
    is_of_a_set = measured is not None and bool(sets & _names_of(measured))
    if key == "assessed_day" or is_of_a_set:
        return visit or measured
    return measured or visit


def _dates_of_scores(file: FileGuesses) -> list[Guess]:
    return [guess for guess in file.guesses if guess.role == "measured_day"]


def _names_of(date: Guess) -> set[str]:
    """Give the words by which a date belongs to a set: its rest, or its name without "date"."""
    words = plain_words(date.column).split()
    return {date.rest, " ".join(word for word in words if word not in _DULL)} - {""}


def _day(guess: Guess) -> Any:
    is_date = guess.profile.is_date or is_serial_day(guess.profile)
    return {"days_from_start": guess.column} if is_date else guess.column
