"""What to do about a failing cell, in one sentence a receptionist can act on."""

import datetime as dt

from hinge_outcomes.ingestion.column_rules import ColumnRule
from hinge_outcomes.ingestion.date_formats import EXCEL_DAYS

_EXAMPLE_DAY = dt.datetime(2026, 3, 24)
_CODES_SHOWN = 12

_PLAIN = {
    "field_count": "The line has too many or too few cells: write the whole line again.",
    "stray_quote": "A quotation mark stands inside a cell: write the whole line without it.",
    "cell_too_long": "A cell holds far too much text: write the whole line again without it.",
    "required_missing": "The cell is empty and is needed: fill it in.",
    "formula": "The text begins like a formula (= + - @): write it without that sign.",
    "control_character": "The text holds an invisible sign: type it again.",
    "conflict": "The row contradicts another one about the same patient: look up which is right.",
    "repeated_key": "Another row has the same number: give this one its own, or leave it out.",
    "no_record": "The row says nothing that can be used: fill it in, or leave it out.",
    "no_episode": "No course of care has this number: correct the number.",
    "after_data_cut": "The date lies after the day up to which the export is complete: correct it.",
    "no_data_cut": "The clinic is none of those that the export is about: correct the clinic.",
    "implausible_year": "The year cannot be right: write it with four digits.",
    "stored_disagrees": "The total is not what the answers add up to: correct one of them.",
    "wrong_form": "The cell belongs to another form: empty it, or move it to its own row.",
    "day_passed_over": "An earlier load has an appointment in between: ask whether it was moved.",
    "not_json": "The line is damaged: export it again.",
    "not_a_resource": "The entry is damaged: export it again.",
    "not_items": "Write the answers as a list, such as [3, null, 2].",
    "not_true_or_false": "Write true or false.",
    "looks_like_identifier": "The text looks like a name, phone number or address: take it out.",
    "null": "The cell is empty and is needed: fill it in.",
    "range": "The value lies outside what is possible: correct it.",
    "key": "Another row is about the same: correct the one that is wrong.",
    "type": "The value is of the wrong kind: correct it.",
    "key_resolves": "Nobody has this number: correct the number.",
    "end_complete": "The end of care needs a day and a reason: fill in both, or empty both.",
    "entry_below_target": "The first step lies above the goal: correct one of them.",
    "stages_complete": "The first step or the goal is missing: fill it in.",
    "within_cut": "The date lies after the day up to which the export is complete: correct it.",
    "last_observed": "The last day of records does not fit the end of care: correct one of them.",
    "visits_in_order": "The appointments are not numbered by their dates: correct the number.",
    "assessment_after_end": "The rating lies after the end of care: correct one of the dates.",
    "assessment_after_cut": "The rating lies after the day up to which the export is complete: "
    "correct its date.",
    "outcome_after_cut": "The score lies after the day up to which the export is complete: "
    "correct its date.",
    "visit_after_cut": "The appointment lies after the day up to which the export is complete: "
    "correct its date if it has taken place.",
    "visit_after_end": "The appointment lies after the end of care: correct one of the dates.",
    "one_working_stage": "Two steps are marked as the current one on the same day: keep one.",
    "assessed_at_visit": "No kept appointment stands on this day: correct the date, or enter it.",
    "score_in_range": "The score lies outside the range of its questionnaire: look up the form.",
    "age_plausible": "The age cannot be right: correct the year of birth or the first day.",
    "mastery_documented": "The end says mastered and the ratings do not: correct one of them.",
}
"""What to do where nothing more is to be said; no word of ours that a clinic does not use."""


def fix_sentence(rule_name: str, rule: ColumnRule | None) -> str:
    """Say what to do about cells that break a rule.

    Parameters
    ----------
    rule_name : str
        The rule that is broken.
    rule : ColumnRule or None
        How the column is read; None where no column of the export is to blame.

    Returns
    -------
    str
        One sentence; it names what is allowed and quotes no patient's value.

    Examples
    --------
    >>> fix_sentence("required_missing", None)
    'The cell is empty and is needed: fill it in.'
    """
    if rule_name in ("not_a_date", "ambiguous_date") and rule is not None:
        return f"Write the date as {_date_example(rule)} for 24 March 2026."
    if rule_name == "unknown_code" and rule is not None:
        return f"Write one of: {_codes(rule)}."
    if rule_name in ("not_a_number", "not_whole", "out_of_range", "range") and rule is not None:
        return f"Write {_number(rule)}."
    if rule_name in _PLAIN:
        return _PLAIN[rule_name]
    return "The cell breaks a rule of the records: correct it."


def _date_example(rule: ColumnRule) -> str:
    formats = [form for form in rule.date_formats if form != EXCEL_DAYS]
    return " or ".join(_EXAMPLE_DAY.strftime(form) for form in formats[:2])


def _codes(rule: ColumnRule) -> str:
    texts = [text for text, _ in rule.codes] if rule.codes else list(rule.target.allowed)
    more = f" and {len(texts) - _CODES_SHOWN} more" if len(texts) > _CODES_SHOWN else ""
    return ", ".join(texts[:_CODES_SHOWN]) + more


def _number(rule: ColumnRule) -> str:
    if rule.kind == "days_from_start":
        return "a date that lies within the course of care, from its first day on"
    noun = "a whole number" if rule.target.kind == "integer" else "a number"
    low, high = rule.minimum, rule.maximum
    if low is not None and high is not None and high < 32_767:
        noun += f" from {low / rule.factor:g} to {high / rule.factor:g}"
    elif low is not None and low > -32_768:
        noun += f", at least {low / rule.factor:g}"
    sign = " with a decimal comma" if rule.decimal == "," and rule.target.kind == "number" else ""
    return noun + sign
