"""What the codes of an export may mean: each text translated, or asked about."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hinge_outcomes.domain.progression import FIRST_STAGE, LAST_STAGE, MASTERY_LEVELS
from hinge_outcomes.ingestion.draft_guesses import STAGES, Guess
from hinge_outcomes.ingestion.draft_words import CODE_WORDS, named_day, named_stage, plain_words
from hinge_outcomes.ingestion.targets import list_targets

_FLAGS = {
    **dict.fromkeys(("yes", "y", "true", "1", "ja", "oui", "si", "x"), True),
    **dict.fromkeys(("no", "n", "false", "0", "nein", "non", "nej", "nee"), False),
}
_TABLES = {
    "sex": "patients", "symptom_duration": "episodes", "start_back_risk": "episodes",
    "end_reason": "episodes", "status": "visits", "instrument": "outcomes",
}  # fmt: skip
_TOP_LEVEL = len(MASTERY_LEVELS) - 1


@dataclass(frozen=True, slots=True)
class Code:
    """Hold what one text of an export may mean.

    Parameters
    ----------
    text : str
        As it stands in the export.
    value : object
        What it means; None where that must be asked.
    """

    text: str
    value: Any


@dataclass(frozen=True, slots=True)
class CodeSection:
    """Hold the drafted section ``[codes.<target>]``.

    Parameters
    ----------
    target : str
        The column of our tables.
    codes : tuple of Code
        One per text.
    why : str
        What speaks for the translations.
    ask : str
        What must be asked of the others; empty where nothing is open.
    """

    target: str
    codes: tuple[Code, ...]
    why: str
    ask: str


def translate_codes(guesses: Iterable[Guess]) -> list[CodeSection]:
    """Translate the codes of an export as far as they speak for themselves.

    Parameters
    ----------
    guesses : iterable of Guess
        Columns that were given a role, of all files.

    Returns
    -------
    list of CodeSection
        One per column of our tables that needs one.
    """
    texts: dict[str, dict[str, None]] = {}
    for guess in guesses:
        target = _target(guess.role)
        if target:
            texts.setdefault(target, {}).update(dict.fromkeys(guess.profile.counts))
    _share_stages(texts)
    sections = (_section(target, tuple(sorted(found))) for target, found in texts.items())
    return [_in_order(section) for section in sections if section is not None]


def _in_order(section: CodeSection) -> CodeSection:
    """Set the codes in the order of what they mean, the open ones last."""
    values = list(dict.fromkeys(code.value for code in section.codes if code.value is not None))
    order = [*_order(section.target, values), None]
    return replace(
        section, codes=tuple(sorted(section.codes, key=lambda code: order.index(code.value)))
    )


def _order(target: str, values: list[Any]) -> list[Any]:
    return list(_allowed(target)) if target in _TABLES else sorted(values)


def _target(role: str) -> str:
    if role.startswith("rating_"):
        return "mastery_level"
    if role == "timepoint":
        return "measured_day"
    coded = (*_TABLES, *STAGES, "mastery_level", "is_working_stage")
    return role if role in coded else ""


def _share_stages(texts: dict[str, dict[str, None]]) -> None:
    """Entry and target stage are read by the codes of stage, where there are any."""
    if any(named_stage(text) for role in STAGES for text in texts.get(role, ())):
        shared = {text: None for role in STAGES for text in texts.pop(role, {})}
        texts["stage"] = shared


def _section(target: str, texts: tuple[str, ...]) -> CodeSection | None:
    if target in STAGES:
        return _stages(target, texts)
    if target == "mastery_level" and all(text.isdigit() for text in texts):
        return _numbered_levels(texts)
    if target == "measured_day":
        codes = tuple(Code(text, named_day(plain_words(text))) for text in texts)
        return _as_section(target, codes, "on which day, counted from the start, is it?")
    if target == "is_working_stage":
        codes = tuple(Code(text, _FLAGS.get(plain_words(text))) for text in texts)
        return _as_section(target, codes, "does it mean true or false?")
    allowed = _allowed(target)
    if set(texts) <= set(map(str, allowed)):
        return None
    known = {plain_words(str(code)): code for code in allowed} | CODE_WORDS[target]
    codes = tuple(Code(text, known.get(plain_words(text))) for text in texts)
    if target == "sex" and _is_doubtful(codes):
        codes = tuple(Code(code.text, None) for code in codes)
    return _as_section(target, codes, f"one of {', '.join(map(_spoken(target), allowed))}?")


def _spoken(target: str) -> Callable[[Any], str]:
    """Say beside the number of a rating what it means."""
    if target == "mastery_level":
        return lambda level: f"{level} ({MASTERY_LEVELS[level]})"
    return str


def _as_section(target: str, codes: tuple[Code, ...], ask: str) -> CodeSection:
    is_open = any(code.value is None for code in codes)
    return CodeSection(target, codes, "by the words themselves", ask if is_open else "")


def _is_doubtful(codes: Sequence[Code]) -> bool:
    """Two letters for one sex: H and M are a man and a woman in Spanish, elsewhere not."""
    known = [code.value for code in codes if code.value in ("female", "male")]
    return len(known) > len(set(known)) and all(len(code.text) == 1 for code in codes)


def _stages(target: str, texts: tuple[str, ...]) -> CodeSection | None:
    """Numbers from 1 to 10 are the stages' own; names are looked up; a 0 is asked about."""
    numbers = {str(number): number for number in range(FIRST_STAGE, LAST_STAGE + 1)}
    if set(texts) <= set(numbers):
        return None
    # Next quarter somebody reaches a stage that nobody has reached yet.
    known = (*texts, *numbers) if set(texts) & set(numbers) else texts
    codes = tuple(Code(text, numbers.get(text, named_stage(text))) for text in dict.fromkeys(known))
    why = "by the stages' names" if known is texts else "by the stages' numbers and names"
    return CodeSection(target, codes, why, _open(codes, "which stage is it, 1 to 10?"))


def _numbered_levels(texts: tuple[str, ...]) -> CodeSection | None:
    numbers = sorted(int(text) for text in texts)
    if numbers[0] >= 1 and numbers[-1] == _TOP_LEVEL + 1:
        codes = tuple(Code(str(number), None) for number in numbers)
        ask = "ratings run from 1 to 4: is 1 unable (write 0), 2 cued (1), and so on up to 3?"
        return CodeSection("mastery_level", codes, "", ask)
    return None


def _open(codes: Sequence[Code], ask: str) -> str:
    return ask if any(code.value is None for code in codes) else ""


def _allowed(target: str) -> tuple[Any, ...]:
    if target == "mastery_level":
        return tuple(range(_TOP_LEVEL + 1))
    return list_targets(_TABLES[target])[target].allowed


__all__ = ["Code", "CodeSection", "translate_codes"]
