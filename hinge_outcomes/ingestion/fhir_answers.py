"""The answers of a FHIR questionnaire: a number per question, whatever the answer is written as."""

import json
import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from hinge_outcomes.ingestion.fhir_elements import WrongShapeError, parts_of, text_of, value_of

_SCORED = (
    "valueInteger", "valueDecimal", "valueBoolean", "valueQuantity", "valueCoding",
)  # fmt: skip
"""Answers that may count; what patients write in their own words never does."""

_SCORED_TYPES = ("integer", "decimal", "boolean", "quantity", "choice", "open-choice", "coding")
"""Types of questions that have such answers."""

_JSON_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?")

_BOOLEANS = {"true": "1", "false": "0"}

_MOST = 1000
"""Questions that a questionnaire may have."""

Answers = dict[str, tuple[str, bool]]


def read_answers(response: Mapping[str, Any]) -> Answers:
    """Read the answers of one response, also those of questions within questions.

    Parameters
    ----------
    response : mapping
        A QuestionnaireResponse.

    Returns
    -------
    dict of str to (str, bool)
        By linkId, in the order of the response: the answer, and whether it may count. Yes is 1 and
        no is 0; a coded answer is its ordinal value, else its code. Several answers to one question
        are parted by "; ", so that nothing takes them for a number.

    Raises
    ------
    WrongShapeError
        If an item is not what FHIR says it is, or there are more than a questionnaire can have.
    """
    answers: Answers = {}
    waiting = list(reversed(parts_of(response, "item")))
    while waiting:
        item = waiting.pop()
        given = parts_of(item, "answer") if "answer" in item else []
        link = text_of(item.get("linkId"))
        for answer in given:
            value, kind = value_of(answer)
            if kind:
                value = _yes_or_no(value) if kind == "valueBoolean" else value
                before = f"{answers[link][0]}; " if link in answers else ""
                answers[link] = (before + value, kind in _SCORED)
        inner = parts_of(item, "item") if "item" in item else []
        for answer in given:
            inner = inner + parts_of(answer, "item") if "item" in answer else inner
        waiting += reversed(inner)
    if len(answers) > _MOST:
        raise WrongShapeError
    return answers


def _yes_or_no(value: str) -> str:
    if value not in _BOOLEANS:
        raise WrongShapeError
    return _BOOLEANS[value]


def read_questions(questionnaire: Mapping[str, Any]) -> list[str]:
    """List the questions of a questionnaire whose answers may count.

    Parameters
    ----------
    questionnaire : mapping
        A Questionnaire.

    Returns
    -------
    list of str
        Their linkIds, in the order of the form.

    Raises
    ------
    WrongShapeError
        If an item is not what FHIR says it is, or there are more than a questionnaire can have.
    """
    links: list[str] = []
    waiting = list(reversed(parts_of(questionnaire, "item")))
    while waiting:
        item = waiting.pop()
        if item.get("type") in _SCORED_TYPES:
            links.append(text_of(item.get("linkId")))
        waiting += reversed(parts_of(item, "item"))
    if len(links) > _MOST:
        raise WrongShapeError
    return list(dict.fromkeys(links))


def list_items(
    questionnaires: Iterable[str],
    responses: Iterable[Answers],
    known: Mapping[str, list[str]] = MappingProxyType({}),
) -> list[str]:
    """Write the answers of each response as a list in the order of its questionnaire.

    A response leaves out what was not answered. The order, and which questions there are, is what
    the questionnaire says; where it is not known, what all responses to it show together.

    Parameters
    ----------
    questionnaires : iterable of str
        Questionnaire of each response.
    responses : iterable of dict
        Answers of each.
    known : mapping of str to list of str, optional
        Questions of the questionnaires that are known.

    Returns
    -------
    list of str
        JSON such as ``[3, null, 2]``; empty where nothing that may count was answered.
    """
    pairs = list(zip(questionnaires, responses, strict=True))
    orders = {questionnaire: list(links) for questionnaire, links in known.items()}
    for questionnaire, answers in pairs:
        links = [link for link, (_, counts) in answers.items() if counts]
        _merge(orders.setdefault(questionnaire, []), links)
    return [_as_list(orders[questionnaire], answers) for questionnaire, answers in pairs]


def _merge(order: list[str], links: list[str]) -> None:
    """Put questions that an order lacks behind the one they follow."""
    if set(links) <= set(order) or len(order) + len(links) > _MOST:
        return
    place = 0
    for link in links:
        if link in order:
            place = order.index(link) + 1
        else:
            order.insert(place, link)
            place += 1


def _as_list(order: list[str], answers: Answers) -> str:
    links = {link for link, (_, counts) in answers.items() if counts}
    if not links:
        return ""
    if not links <= set(order):
        return json.dumps("questions that no questionnaire can have")
    cells = (answers.get(link, ("", False))[0] for link in order)
    return f"[{', '.join(_number(cell) for cell in cells)}]"


def _number(cell: str) -> str:
    """Write a number as it is; what is none stays a text, which no list of answers may hold."""
    if not cell:
        return "null"
    return cell if _JSON_NUMBER.fullmatch(cell) else json.dumps(cell)


__all__ = ["Answers", "list_items", "read_answers", "read_questions"]
