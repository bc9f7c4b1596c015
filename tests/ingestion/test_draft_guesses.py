"""A column is taken for what its name says only where its values can be that."""

from collections.abc import Sequence

from hinge_outcomes.ingestion.draft_guesses import Guess, guess_columns, link_ids
from hinge_outcomes.ingestion.raw_table import RawTable


def guessed(**columns: Sequence[str]) -> dict[str, Guess]:
    """Guesses of a file with these columns; underscores in names stand for blanks."""
    header = [name.replace("_", " ") for name in columns]
    rows = list(zip(*columns.values(), strict=True))
    raw = RawTable.of_rows("export.csv", header, rows, range(2, len(rows) + 2))
    return {guess.column: guess for guess in guess_columns(raw)}


IDS = [f"K{number}" for number in range(12)]


def test_a_name_that_the_values_contradict_is_not_believed() -> None:
    """A column called pain that holds sentences is left out, with the reason."""
    found = guessed(Case=IDS, Pain=[f"it hurts {n}" for n in range(12)])
    assert found["Pain"].role == ""
    assert "do not look so" in found["Pain"].why


def test_what_is_called_alike_and_is_another_thing_is_left_out() -> None:
    """An employment status is no attendance, an exercise in numbers no stage, a flag no patient."""
    found = guessed(
        Case=IDS, Employment_status=["1", "2"] * 6, Exercise=["1", "2"] * 6, Sex_unknown=["3"] * 12,
        Ref=IDS,
    )  # fmt: skip
    assert {found[name].role for name in ("Employment status", "Exercise", "Ref")} == {""}
    flags = guessed(is_patient=["0", "1"] * 600, id=[str(n) for n in range(1200)])
    assert (flags["is patient"].role, flags["id"].role) == ("", "patient_id")


def test_values_speak_where_a_name_does_not() -> None:
    """Stages by name, and codes that mean one thing only, are known without a name."""
    found = guessed(
        Case=IDS, Q17=["Hero Squats", "Butt Taps"] * 6, Q18=["attended", "no show"] * 6,
        Q19=["F", "M"] * 6,
    )  # fmt: skip
    assert {name: found[name].role for name in ("Q17", "Q18", "Q19")} == {
        "Q17": "stage", "Q18": "status", "Q19": "sex",
    }  # fmt: skip


def test_identifiers_are_left_out_but_for_a_number_and_a_birthday() -> None:
    """Names and telephones never enter; a record number may become a pseudonym, a birth a year."""
    found = guessed(
        MRN=[f"{100 + n}" for n in range(12)], Patient_name=["Ann Lee"] * 12,
        Phone=["030 1234567"] * 12, Date_of_birth=["24/03/1980"] * 12,
    )  # fmt: skip
    assert found["MRN"].role == "patient_id"
    assert found["Date of birth"].role == "birth_year"
    assert (found["Patient name"].role, found["Phone"].role) == ("", "")
    assert found["Phone"].identifier == "telephone number"


def test_of_two_columns_for_one_thing_the_plainer_is_taken() -> None:
    """Two sexes cannot both be meant; two sets of scores can."""
    found = guessed(
        Case=IDS, Sex=["F", "M"] * 6, Sex_at_intake=["F", "M"] * 6, Pain=["1", "2"] * 6,
        Pain_6_weeks=["3", "4"] * 6,
    )  # fmt: skip
    assert (found["Sex"].role, found["Sex at intake"].role) == ("sex", "")
    assert found["Sex at intake"].why == "Sex was taken for the same"
    assert (found["Pain"].role, found["Pain 6 weeks"].role) == ("nprs", "nprs")


def test_a_patient_is_found_by_repetition() -> None:
    """Without a name, the patient is the coarsest column that settles birth and sex."""
    found = guessed(
        Z1=[f"P{n // 3}" for n in range(12)], Z2=IDS, Born=[str(1950 + n // 3) for n in range(12)],
        Sex=["F"] * 6 + ["M"] * 6, Z3=["a"] * 12,
    )  # fmt: skip
    assert found["Z1"].role == "patient_id"
    assert "the same Born and Sex" in found["Z1"].why


def test_items_and_ratings_by_stage_are_known_side_by_side() -> None:
    """ODI 1 to ODI 10 are items; a column called as a stage holds its ratings."""
    found = guessed(Case=IDS, ODI_1=["0", "5"] * 6, Hero_Squats=["2", "3"] * 6)
    assert found["ODI 1"].role == "item_odi_1"
    assert found["Hero Squats"].role == "rating_1"


def test_ids_are_known_in_another_file_by_their_texts() -> None:
    """A column of numbers that are another file's patients is the patient."""
    one = list(guessed(Patient=IDS, Born=["1950"] * 12).values())
    other = list(guessed(Ref=IDS, Pain=["1", "2"] * 6).values())
    linked = link_ids({"one": one, "other": other})
    assert linked["other"][0].role == "patient_id"
    assert linked["one"] == one


def test_an_age_gives_way_to_a_birth() -> None:
    """With a year of birth at hand the age is left out."""
    found = guessed(Case=IDS, Age=["40"] * 12, Born=["1980"] * 12)
    assert (found["Age"].role, found["Born"].role) == ("", "birth_year")


def test_a_date_alone_is_the_day_of_what_the_file_is_about() -> None:
    """Beside an attendance it is the visit's day; beside scores it is the day of the score."""
    dates = [f"{day:02d}/03/2026" for day in range(10, 22)]
    assert guessed(Case=IDS, Date=dates, Status=["came"] * 12)["Date"].role == "visit_day"
    assert guessed(Case=IDS, Date=dates, ODI=["20", "30"] * 6)["Date"].role == "measured_day"


def test_a_typing_error_costs_no_column() -> None:
    """One cell out of range, or one word, does not leave a column of stages or days out."""
    found = guessed(
        Case=IDS * 5, Date=[f"{10 + n % 12}/03/2026" for n in range(60)],
        Stage=["1", "2", "3"] * 19 + ["1", "2", "12"], Exercise_days=["4", "5", "7"] * 19
        + ["0", "6", "9"], Pain=["4", "5", "6"] * 19 + ["4", "5", "five"],
    )  # fmt: skip
    roles = {name: found[name].role for name in ("Stage", "Exercise days", "Pain")}
    assert roles == {"Stage": "stage", "Exercise days": "home_exercise_days", "Pain": "nprs"}


def test_a_scale_in_a_name_tells_no_column_from_another() -> None:
    """Pain (0-10) is measured on the same day as the ODI beside it."""
    found = guessed(Case=IDS, Pain=["1", "2"] * 6)
    assert guessed(Case=IDS, **{"Pain_(0-10)": ["1", "2"] * 6})["Pain (0-10)"].rest == ""
    assert found["Pain"].rest == ""
