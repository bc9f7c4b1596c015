"""What to do about a failing cell, in one sentence a receptionist can act on."""

import datetime as dt

from hinge_outcomes.cohort.cross_rules import CROSS_RULES
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
    "no_data_cut": "The clinic is not in the mapping's data_cut: correct the clinic.",
    "implausible_year": "The year cannot be right: write it with four digits.",
    "stored_disagrees": "The total is not what the answers add up to: correct one of them.",
    "not_items": "Write the answers as a list, such as [3, null, 2].",
    "not_true_or_false": "Write true or false.",
    "looks_like_identifier": "The text looks like a name, phone number or address: take it out.",
}

_TABLE_RULES = {rule.name: rule.message for rule in CROSS_RULES}


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
    if rule_name in ("not_a_number", "not_whole", "out_of_range") and rule is not None:
        return f"Write {_number(rule)}."
    if rule_name in _PLAIN:
        return _PLAIN[rule_name]
    return _TABLE_RULES.get(rule_name, f"The cell breaks the rule {rule_name}: correct it.")


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
