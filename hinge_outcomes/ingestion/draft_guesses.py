"""What each column of an export may hold, judged by its name and by its values."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hinge_outcomes.cohort.identifier_headers import identifier_columns
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE
from hinge_outcomes.ingestion.draft_values import (
    ColumnProfile,
    has_name,
    is_serial_day,
    profile_column,
)
from hinge_outcomes.ingestion.draft_words import (
    CODE_WORDS,
    named_roles,
    named_stage,
    plain_words,
)
from hinge_outcomes.ingestion.raw_table import RawTable

IDS = ("patient_id", "episode_id")
DATES = ("start_date", "end_day", "visit_day", "measured_day", "birth_year")
DAYS = ("end_day", "visit_day", "measured_day")
SCORES = tuple(INSTRUMENTS)
STAGES = ("stage", "entry_stage", "target_stage")

_MOST_ROWS = 500
"""More rows than this for each different text, and it tells nobody apart."""

_MEANT = {"exercise": "stage"}
_OUTLIERS = 0.9
"""Share of a score's different values inside its range; the rest may stand for missing ones."""

_ALIKE = 0.8
"""Share of a column's texts that stand among known ids, for it to hold these ids."""

_ITEM = re.compile(
    r"(odi|oswestry|rmdq|psfs|sbst|start back)(?: (?:item|q|section|question))? (\d+)"
)
_ITEM_TOOLS = {"oswestry": "odi", "sbst": "start_back", "start back": "start_back"}
_BY_VALUE = ("sex", "status", "symptom_duration", "start_back_risk", "mastery_level", "end_reason")
_RECORD_NUMBERS = ("record number", "account number")


@dataclass(frozen=True, slots=True)
class Guess:
    """Hold what one column is taken for.

    Parameters
    ----------
    column : str
        Its name.
    role : str
        What it fills: a column of the five tables, the code of an instrument, "age", "timepoint",
        "rating_<stage>", "item_<instrument>_<number>"; empty where nothing is known of it.
    rest : str
        Words of the name that tell it from others of the same role, such as "warm up".
    why : str
        What speaks for it; where it is left out, why.
    profile : ColumnProfile
        What its values look like.
    identifier : str, default ""
        The kind of direct identifier it looks like; then it is left out, unless an id is needed.
    """

    column: str
    role: str
    rest: str
    why: str
    profile: ColumnProfile
    identifier: str = ""


def guess_columns(raw: RawTable) -> list[Guess]:
    """Guess what each column of a file holds.

    Parameters
    ----------
    raw : RawTable
        The file.

    Returns
    -------
    list of Guess
        One per column, in the order of the file. No two columns have the same role and rest.
    """
    identifiers = identifier_columns(raw.header)
    guesses = [
        _guess(profile_column(name, raw.columns[name]), identifiers.get(name, ""))
        for name in raw.header
    ]
    guesses = _one_each(_settled(guesses))
    return guesses if _has(guesses, *IDS) else _with_ids(raw, guesses)


def link_ids(files: Mapping[str, list[Guess]]) -> dict[str, list[Guess]]:
    """Find columns that hold the ids of another file under another name.

    Parameters
    ----------
    files : mapping of str to list of Guess
        What was guessed, by the name of the source.

    Returns
    -------
    dict of str to list of Guess
        The same; a column without a role whose texts are those of a known id is that id.
    """
    known = {
        role: set().union(
            *(g.profile.counts for gs in files.values() for g in gs if g.role == role)
        )
        for role in IDS
    }
    linked = {}
    for source, guesses in files.items():
        held = {guess.role for guess in guesses}
        found = list(guesses)
        for role in IDS:
            if role in held or not known[role]:
                continue
            for place, guess in enumerate(found):
                texts = set(guess.profile.counts)
                is_alike = len(texts) > 1 and len(texts & known[role]) >= _ALIKE * len(texts)
                if _is_free(guess) and is_alike:
                    why = f"its texts are the {role.replace('_', ' ')}s of another file"
                    found[place] = replace(guess, role=role, why=why)
                    break
        linked[source] = found
    return linked


def fits(role: str, profile: ColumnProfile) -> bool:
    """Tell whether values can be what a name says.

    Parameters
    ----------
    role : str
        As for `Guess`.
    profile : ColumnProfile
        The values.

    Returns
    -------
    bool
        False where they cannot; a column without values fits nothing.
    """
    if not profile.n_filled:
        return False
    if role in SCORES:
        tool = INSTRUMENTS[role]
        high = 100.0 if role == "nprs" else tool.maximum  # pain may be written in millimetres
        return _is_mostly_within(profile, tool.minimum, high)
    if role in STAGES:
        is_numbered = profile.is_whole and profile.is_nearly_within(FIRST_STAGE - 1, LAST_STAGE)
        return is_numbered or any(named_stage(word) for word in profile.counts)
    return bool(_FITS[role](profile))


_FITS: dict[str, Callable[[ColumnProfile], bool]] = {
    "patient_id": lambda p: _is_id(p),
    "episode_id": lambda p: _is_id(p),
    "clinic_id": lambda p: not p.is_date and len(p.counts) <= 200,
    "clinician_id": lambda p: not p.is_date and len(p.counts) <= 1_000,
    "start_date": lambda p: p.is_date or is_serial_day(p),
    "end_day": lambda p: _is_day(p),
    "visit_day": lambda p: _is_day(p),
    "measured_day": lambda p: _is_day(p),
    "date": lambda p: p.is_date or is_serial_day(p),
    "birth_year": lambda p: p.is_date or (p.is_whole and p.is_nearly_within(1900, 2100)),
    "age": lambda p: p.is_nearly_within(0, 120),
    "sex": lambda p: p.is_coded and len(p.counts) <= 8,
    "end_reason": lambda p: p.is_coded,
    "symptom_duration": lambda p: p.is_coded and len(p.counts) <= 8,
    "start_back_risk": lambda p: p.is_coded and len(p.counts) <= 8,
    "status": lambda p: p.is_coded,
    "timepoint": lambda p: p.is_coded,
    "instrument": lambda p: any(plain_words(w) in CODE_WORDS["instrument"] for w in p.counts),
    "score": lambda p: p.is_number,
    # Many things are called an exercise; only the names of the stages show that they are meant.
    "exercise": lambda p: any(named_stage(word) for word in p.counts),
    "home_exercise_days": lambda p: p.is_whole and _is_mostly_within(p, 0, 7),
    "mastery_level": lambda p: p.is_nearly_within(0, 4) if p.is_number else p.is_coded,
    "is_working_stage": lambda p: 0 < len(p.counts) <= 2,
    "load_kg": lambda p: p.is_nearly_within(0, 500),
    "visit_number": lambda p: p.is_whole and p.is_nearly_within(1, 500),
}  # fmt: skip


def _is_mostly_within(profile: ColumnProfile, low: float, high: float) -> bool:
    """Outside a range there may be typing errors, or a few codes for a missing value."""
    return profile.within(low, high) >= _OUTLIERS or profile.is_nearly_within(low, high)


def _is_id(profile: ColumnProfile) -> bool:
    is_text = not profile.is_date and (not profile.is_number or profile.is_whole)
    return is_text and profile.n_filled <= _MOST_ROWS * len(profile.counts)


def _is_day(profile: ColumnProfile) -> bool:
    return profile.is_date or is_serial_day(profile) or (
        profile.is_whole and profile.is_nearly_within(-14, 4_000)
    )  # fmt: skip


def _guess(profile: ColumnProfile, identifier: str) -> Guess:
    name = profile.name
    if not has_name(name) or not profile.n_filled:
        why = "it holds nothing" if has_name(name) else "it has no name"
        return Guess(name, "", "", why, profile)
    if identifier and not _may_be_read(name, identifier):
        return Guess(name, "", "", f"it looks like a {identifier}", profile, identifier)
    if (item := _item(name)) and profile.is_whole and profile.is_nearly_within(0, 10):
        return Guess(name, item, "", "by its name", profile, identifier)
    stage = named_stage(name)
    if stage is not None and fits("mastery_level", profile):
        why = "it has the name of the stage"
        return Guess(name, f"rating_{stage}", "", why, profile, identifier)
    named = named_roles(name)
    for role, rest in named:
        if fits(role, profile) and not _is_of_another_thing(role, rest, profile):
            why = f"by its name; {_shape(profile)}"
            return Guess(name, _MEANT.get(role, role), rest, why, profile, identifier)
    role = _role_by_values(profile)
    if role:
        return Guess(name, role, plain_words(name), "by its values", profile, identifier)
    if named:
        why = f"its name says {named[0][0].replace('_', ' ')}, but its values do not look so"
        return Guess(name, "", "", why, profile, identifier)
    return Guess(name, "", "", _shape(profile), profile, identifier)


def _is_of_another_thing(role: str, rest: str, profile: ColumnProfile) -> bool:
    """Tell whether codes are of something else: an employment status is no attendance."""
    if not rest or role not in CODE_WORDS or role == "mastery_level":
        return False
    return not any(plain_words(word) in CODE_WORDS[role] for word in profile.counts)


def _may_be_read(name: str, identifier: str) -> bool:
    """Of a date of birth only the year enters; a record number may be an id, as a pseudonym."""
    if identifier == "date of birth":
        return True
    return identifier in _RECORD_NUMBERS and named_roles(name)[:1] != []


def _item(name: str) -> str:
    match = _ITEM.fullmatch(plain_words(name))
    if not match:
        return ""
    tool = _ITEM_TOOLS.get(match.group(1), match.group(1))
    return f"item_{tool}_{int(match.group(2))}"


def _role_by_values(profile: ColumnProfile) -> str:
    if not profile.is_coded:
        return ""
    words = [plain_words(word) for word in profile.counts]
    for role in _BY_VALUE:
        codes = [CODE_WORDS[role].get(word) for word in words]
        is_plain = all(len(word) > 1 for word in words) or (role == "sex" and "f" in words)
        if is_plain and None not in codes and len(set(codes)) >= 2:
            return role
    return "stage" if sum(named_stage(word) is not None for word in profile.counts) >= 2 else ""


def _shape(profile: ColumnProfile) -> str:
    """Say what values look like, without saying one."""
    if profile.is_date:
        return "dates"
    if profile.is_number:
        return "whole numbers" if (profile.numbers % 1 == 0).all() else "numbers"
    return f"{len(profile.counts)} different texts"


def _settled(guesses: list[Guess]) -> list[Guess]:
    """Settle roles that hang on what else the file holds."""
    roles = {guess.role for guess in guesses}
    about_visits = roles & {"status", "stage", "mastery_level", "home_exercise_days"}
    day = "visit_day" if about_visits and "visit_day" not in roles else "measured_day"
    found = []
    for guess in guesses:
        if guess.role == "date":
            guess = replace(guess, role=day, why=f"{guess.why}; a date of its own")
        if guess.role == "score" and "instrument" not in roles:
            guess = replace(guess, role="", why="a score, and no column says of what")
        if guess.role == "instrument" and "score" not in roles:
            guess = replace(guess, role="", why="it names questionnaires, and no column the scores")
        if guess.role == "age" and "birth_year" in roles:
            guess = replace(guess, role="", why="an age, and the birth is known")
        if guess.role == "visit_number":
            guess = replace(guess, role="", why="visits are numbered by their days")
        found.append(guess)
    return found


def _one_each(guesses: list[Guess]) -> list[Guess]:
    """Keep one column for each role and rest: the one with the plainest name, then the fullest."""
    best: dict[tuple[str, str], Guess] = {}
    for guess in guesses:
        key = _key(guess)
        held = best.get(key)
        if held is None or _rank(guess) > _rank(held):
            best[key] = guess
    return [
        guess
        if not guess.role or best[_key(guess)] is guess
        else replace(guess, role="", why=f"{best[_key(guess)].column} was taken for the same")
        for guess in guesses
    ]


def _key(guess: Guess) -> tuple[str, str]:
    # Of scores, ratings and their days a file may hold several sets; of all else only one.
    has_sets = guess.role in (*SCORES, *DAYS[1:], "stage", "mastery_level", "load_kg")
    return guess.role, guess.rest if has_sets else ""


def _rank(guess: Guess) -> tuple[int, int, int]:
    is_by_name = guess.why.startswith("by its name")
    return is_by_name, -len(guess.rest), guess.profile.n_filled


def _has(guesses: Sequence[Guess], *roles: str) -> bool:
    return bool({guess.role for guess in guesses} & set(roles))


def _with_ids(raw: RawTable, guesses: list[Guess]) -> list[Guess]:
    """Find the patient by repetition: the coarsest column that settles what is said of a person."""
    facts = [g.column for g in guesses if g.role in ("birth_year", "sex", "start_date")]
    free = [
        guess
        for guess in guesses
        if _is_free(guess) and fits("patient_id", guess.profile)
        and not guess.profile.is_blank_padded and len(guess.profile.counts) > 1
    ]  # fmt: skip
    settling = [guess for guess in free if facts and _settles(raw, guess.column, facts)]
    if not settling:
        return guesses
    chosen = min(settling, key=lambda guess: len(guess.profile.counts))
    why = f"the same value always goes with the same {' and '.join(facts)}"
    return [
        replace(guess, role="patient_id", why=why) if guess is chosen else guess
        for guess in guesses
    ]


def _is_free(guess: Guess) -> bool:
    """Whether a column has a name and no meaning yet, and names nobody."""
    return not guess.role and not guess.identifier and has_name(guess.column)


def _settles(raw: RawTable, column: str, facts: list[str]) -> bool:
    codes = raw.columns[column].stripped().codes
    for fact in facts:
        pairs = np.unique(np.stack([codes, raw.columns[fact].stripped().codes]), axis=1)
        if pairs.shape[1] > len(np.unique(codes)):
            return False
    return True
