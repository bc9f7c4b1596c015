"""The answers of FHIR questionnaires as numbers, and as lists in the order of the form."""

import json
from typing import Any

import pytest

from hinge_outcomes.ingestion.fhir_answers import Answers, list_items, read_answers, read_questions
from hinge_outcomes.ingestion.fhir_elements import ORDINALS, WrongShapeError


def item(link: str, *answers: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One question and its answers."""
    return {"linkId": link, "answer": list(answers), **more}


def coded(code: str, ordinal: str, url: str = ORDINALS[0]) -> dict[str, Any]:
    """A coded answer with its ordinal value."""
    return {"valueCoding": {"code": code, "extension": [{"url": url, "valueDecimal": ordinal}]}}


def whole(*numbers: str) -> Answers:
    """Answers to questions numbered from 1; a blank is not there at all."""
    pairs = enumerate(numbers, start=1)
    return {str(link): (number, True) for link, number in pairs if number}


@pytest.mark.parametrize(
    ("answer", "read"),
    [
        ({"valueInteger": "3"}, ("3", True)),
        ({"valueDecimal": "3.5"}, ("3.5", True)),
        ({"valueBoolean": True}, ("1", True)),
        ({"valueBoolean": False}, ("0", True)),
        (coded("a", "4"), ("4", True)),
        (coded("a", "4", ORDINALS[1]), ("4", True)),
        ({"valueCoding": {"code": "LA6568-5"}}, ("LA6568-5", True)),
        ({"valueString": "my back"}, ("my back", False)),
        ({"valueDate": "2026-01-05"}, ("2026-01-05", False)),
    ],
)
def test_an_answer_is_a_number_where_it_is_one(
    answer: dict[str, Any], read: tuple[str, bool]
) -> None:
    """What patients write in their own words never counts."""
    assert read_answers({"item": [item("1", answer)]}) == {"1": read}


def test_questions_within_questions_and_answers_are_read_in_order() -> None:
    """Groups have no answer; a question may follow from an answer."""
    follow = {"valueInteger": "1", "item": [item("1.1", {"valueInteger": "2"})]}
    group = {"linkId": "g", "item": [item("1", follow), item("2", {"valueInteger": "3"})]}
    answers = read_answers({"item": [group, item("3", {"valueInteger": "4"})]})
    assert list(answers.items()) == [
        ("1", ("1", True)), ("1.1", ("2", True)), ("2", ("3", True)), ("3", ("4", True)),
    ]  # fmt: skip


def test_several_answers_to_one_question_are_no_number() -> None:
    """Nothing may take 3 and 4 for 34, or for one of the two."""
    answers = read_answers({"item": [item("1", {"valueInteger": "3"}, {"valueInteger": "4"})]})
    assert answers == {"1": ("3; 4", True)}
    assert list_items(["q"], [answers]) == ['["3; 4"]']


@pytest.mark.parametrize(
    "response",
    [
        {"item": "x"},
        {"item": [7]},
        {"item": [{"linkId": "1", "answer": "x"}]},
        {"item": [{"linkId": ["1"], "answer": []}]},
        {"item": [item("1", {"valueBoolean": "perhaps"})]},
        {"item": [item(str(n), {"valueInteger": "1"}) for n in range(2000)]},
    ],
)
def test_answers_of_the_wrong_shape_are_told(response: dict[str, Any]) -> None:
    """So is a questionnaire that nobody could fill in."""
    with pytest.raises(WrongShapeError):
        read_answers(response)


def test_a_list_has_a_place_for_every_question_that_anybody_answered() -> None:
    """A blank is null; the order is that of the form, whoever left out what."""
    lists = list_items(
        ["q", "q", "other", "q"],
        [whole("1", "", "3", "4"), whole("5", "6", "", "8"), whole("9"), {}],
    )
    assert lists == ["[1, null, 3, 4]", "[5, 6, null, 8]", "[9]", ""]


def test_a_known_questionnaire_has_a_place_for_what_nobody_answered() -> None:
    """Questions within groups count, texts and headings do not."""
    form = {
        "item": [
            {"linkId": "g", "type": "group", "item": [{"linkId": "1", "type": "choice"}]},
            {"linkId": "2", "type": "integer"},
            {"linkId": "why", "type": "text"},
            {"linkId": "3", "type": "coding"},
        ]
    }
    known = {"q": read_questions(form)}
    assert known == {"q": ["1", "2", "3"]}
    assert list_items(["q"], [whole("4", "", "5")], known) == ["[4, null, 5]"]
    assert list_items(["q"], [whole("4")], known) == ["[4, null, null]"]
    with pytest.raises(WrongShapeError):
        read_questions({"item": [{"linkId": str(n), "type": "choice"} for n in range(2000)]})


def test_a_question_before_the_first_keeps_its_place() -> None:
    """Somebody else's first question was left out by the first respondent."""
    first: Answers = {"b": ("2", True), "d": ("4", True)}
    second: Answers = {"a": ("1", True), "b": ("2", True), "c": ("3", True), "d": ("4", True)}
    assert list_items(["q", "q"], [first, second]) == ["[null, 2, null, 4]", "[1, 2, 3, 4]"]


def test_a_list_holds_no_free_text_and_no_code_for_a_number() -> None:
    """A code without an ordinal value stays a text, which the tables then refuse; words are out."""
    answers: Answers = {"1": ("3", True), "2": ("LA1", True), "3": ("my back", False)}
    (written,) = list_items(["q"], [answers])
    assert json.loads(written) == [3, "LA1"]
    (odd,) = list_items(["q"], [{"1": ("inf", True), "2": ("1_0", True), "3": ("٣", True)}])
    assert json.loads(odd) == ["inf", "1_0", "٣"]


def test_more_questions_than_a_form_has_are_no_list() -> None:
    """Responses that share no question do not make one endless list."""
    responses: list[Answers] = [{f"{n}-{m}": ("1", True) for m in range(300)} for n in range(10)]
    lists = list_items(["q"] * 10, responses)
    assert sum(isinstance(json.loads(text), list) for text in lists) == 3
