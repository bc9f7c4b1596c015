"""The forms of the kit: every column of the five tables is asked, in words of the declarations."""

from hinge_outcomes.cohort.tables import SCHEMAS
from hinge_outcomes.domain.progression import STAGES
from hinge_outcomes.ingestion.capture_forms import COURSE, FORMS, VISIT, Question

DERIVED = {("episodes", "last_observed_day"), ("visits", "visit_number")}
OF_THE_KIT = {("episodes", "clinic_id")}
SAID_BY_ANOTHER = {("episodes", "patient_id")}

QUESTIONS = [question for form in FORMS for question in form.questions]


def test_every_column_is_asked_or_follows() -> None:
    """A filled kit holds all that the five tables hold: nothing else is left to guess."""
    asked = {(question.table, question.column) for question in QUESTIONS}
    declared = {(table, name) for table, schema in SCHEMAS.items() for name in schema.columns}
    assert declared - asked == DERIVED | OF_THE_KIT | SAID_BY_ANOTHER
    assert asked <= declared


def test_names_are_unlike_each_other() -> None:
    """A REDCap field has one name in the project, a column one head on its sheet."""
    names = [question.name for question in QUESTIONS]
    assert len(names) == len(set(names))
    for form in FORMS:
        labels = [question.label for question in form.questions]
        assert len(labels) == len(set(labels))


def test_stages_are_chosen_by_name() -> None:
    """The list shows the number beside the clinic's name of the stage, for every stage column."""
    options = [f"{stage.number} {stage.name}" for stage in STAGES]
    stages = [question for question in QUESTIONS if question.codes_name == "stage"]
    assert len(stages) == 5
    assert all([choice.option for choice in q.choices] == options for q in stages)


def test_codes_are_chosen_in_plain_words() -> None:
    """An underscore is for programs; yes and no come without their numbers."""
    by_name = {question.name: question for question in QUESTIONS}
    assert [choice.option for choice in by_name["visit_status"].choices] == [
        "attended", "no show", "cancelled"
    ]  # fmt: skip
    assert [choice.option for choice in by_name["rated_is_working"].choices] == ["yes", "no"]
    assert [choice.value for choice in by_name["rating"].choices] == [0, 1, 2, 3]


def test_a_form_about_a_day_begins_with_case_and_date() -> None:
    """Whoever reads the forms may rely on it: the first two questions say whose day it is."""
    for form in FORMS:
        if not form.is_course:
            case, day = form.questions[:2]
            assert (case.column, day.asks_date) == ("episode_id", True)
    assert COURSE.questions[0].column == "episode_id"


def test_explanations_speak_to_clinicians() -> None:
    """No explanation speaks of nulls or of day numbers, and none is longer than a note may be."""
    for question in QUESTIONS:
        assert "null;" not in question.explanation
        assert "Day of" not in question.explanation
        assert 0 < len(question.explanation) <= 255


def test_numbers_have_the_range_of_their_instrument() -> None:
    """A score of the ODI ends at 100, and one of any questionnaire at the widest range."""
    bounds = {q.name: q.bounds for q in VISIT.questions if q.instrument}
    assert bounds == {"nprs": (0, 10), "odi": (0, 100)}
    assert Question("x", "X", "outcomes", "score").bounds == (-7, 100)
    assert Question("x", "X", "assessments", "load_kg").bounds == (0, None)
