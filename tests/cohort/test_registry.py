"""The registry: what is loaded is what is read, once, and later loads keep what they correct."""

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES, ExtraColumn
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.registry import open_registry, read_registry
from hinge_outcomes.exceptions import RegistryError
from hinge_outcomes.simulation.generator import simulate
from hinge_outcomes.simulation.scenario import Scenario
from tests.records import CUT, small_cohort, small_tables
from tests.registries import File, changed, load, made
from tests.strategies import cohorts


def assert_same(one: Cohort, other: Cohort) -> None:
    """Tables, dtypes, order and data cut agree."""
    for name in TABLE_NAMES:
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert one.has_visits == other.has_visits
    assert one.is_synthetic == other.is_synthetic


def test_what_was_loaded_is_read(tmp_path: Path) -> None:
    """Tables, own columns, items, names and assumptions come back equal."""
    tables = small_tables()
    group = ExtraColumn("episodes", "x_group", "category", allowed=("a", "b"), is_required=True)
    weight = ExtraColumn("episodes", "x_weight", "number", unit="kg", minimum=0)
    note = ExtraColumn("visits", 'x_"odd" name', "text", timing="later")
    cohort = small_cohort(
        episodes=tables["episodes"].assign(x_group=["a", "b", "a"], x_weight=[70.5, None, 81]),
        visits=tables["visits"].assign(**{note.name: ["Ω", None, "'", '"', "a;b", "c"]}),
        outcomes=tables["outcomes"].assign(items=[None, [1, None, 2.5], None]),
        extra_columns=(group, weight, note),
        clinic_names={"C01": "Nørrebro ⚕"},
        assumptions=("Dates are assumed.",),
        scenario={"name": "clinic"},
        seed=7,
        is_synthetic=True,
    )
    again = read_registry(load_into(tmp_path, cohort))
    assert_same(again, cohort)
    for fact in ("extra_columns", "clinic_names", "assumptions", "data_cut", "scenario", "seed"):
        assert getattr(again, fact) == getattr(cohort, fact)


def load_into(folder: Path, cohort: Cohort) -> Path:
    """Load a cohort into a new registry."""
    path = folder / "clinic.duckdb"
    load(path, cohort)
    return path


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(cohort=cohorts())
def test_any_lawful_cohort_comes_back(
    cohort: Cohort, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever a cohort may hold is read as it was loaded."""
    again = read_registry(load_into(tmp_path_factory.mktemp("registry"), cohort))
    assert_same(again, cohort)


def test_categories_are_loaded_as_their_texts_and_unused_ones_never(tmp_path: Path) -> None:
    """Ids given as categories are read as texts; a category of no row is not in the file."""
    cohort = small_cohort()
    tables = {
        name: frame.astype(
            {
                column: pd.CategoricalDtype([*sorted(frame[column].dropna().unique()), "SECRET"])
                for column, dtype in frame.dtypes.items()
                if str(dtype) == "str"
            }
        )
        for name in TABLE_NAMES
        for frame in (getattr(cohort, name),)
    }
    path = tmp_path / "clinic.duckdb"
    with open_registry(path, create=True) as registry:
        registry.load_tables(tables, {"data_cut": CUT})
    assert_same(read_registry(path), cohort)
    assert b"SECRET" not in path.read_bytes()


def test_half_and_half_is_the_whole(tmp_path: Path) -> None:
    """Two halves of a simulated cohort, loaded after each other, are the cohort."""
    cohort = simulate(Scenario.default(), n_episodes=60, seed=7)
    path = tmp_path / "clinic.duckdb"
    ids = list(cohort.episodes["episode_id"])
    load(path, cohort.select(episode_id=ids[:30]))
    found = load(path, cohort.select(episode_id=ids[30:]))
    assert found.counts["episodes"].inserted == 30
    assert_same(read_registry(path), cohort)


def test_one_clinic_is_read_alone(tmp_path: Path) -> None:
    """A clinic's records alone are what a selection of all records gives."""
    cohort = simulate(Scenario.default(), n_episodes=60, seed=7)
    path = load_into(tmp_path, cohort)
    assert_same(read_registry(path, clinic_id="C02"), cohort.select(clinic_id="C02"))
    with pytest.raises(RegistryError, match=r"no such clinic. Its clinics: C01, "):
        read_registry(path, clinic_id="C99' OR 1=1 --")


def test_the_same_file_changes_nothing(tmp_path: Path) -> None:
    """The same file by the same mapping is a repeat, to the byte; another mapping is none."""
    path = tmp_path / "clinic.duckdb"
    first = load(path, small_cohort(), files=[File()], mapping_sha256="m")
    before = path.read_bytes()
    again = load(path, small_cohort(), files=[File(name="copy.csv")], mapping_sha256="m")
    assert (again.is_repeat, again.load_id) == (True, first.load_id)
    assert "as load 1. Nothing was changed" in again.summary()
    assert path.read_bytes() == before
    other = load(path, small_cohort(), files=[File()], mapping_sha256="n")
    assert not other.is_repeat
    assert all(c.inserted + c.replaced + c.retired == 0 for c in other.counts.values())


def test_a_repeat_of_one_file_of_two_is_no_repeat(tmp_path: Path) -> None:
    """A load of two files is repeated by both together only."""
    path = tmp_path / "clinic.duckdb"
    two = [File(), File("second.csv", "b" * 64)]
    load(path, small_cohort(), files=two, mapping_sha256="m")
    assert not load(path, small_cohort(), files=two[:1], mapping_sha256="m").is_repeat
    assert load(path, small_cohort(), files=two[::-1], mapping_sha256="m").is_repeat


def test_corrected_rows_replace_and_history_stays(tmp_path: Path) -> None:
    """A corrected score is what is read now; the old one is what is read as of the load before."""
    path = made(tmp_path)
    found = load(path, small_cohort(**changed("outcomes", {0: 9.0}, "score")))
    assert (found.counts["outcomes"].replaced, found.counts["outcomes"].unchanged) == (1, 2)
    assert read_registry(path).outcomes["score"].tolist()[0] == 9.0
    assert_same(read_registry(path, as_of=1), small_cohort())


def test_a_later_cut_moves_open_episodes_and_rewrites_no_row(tmp_path: Path) -> None:
    """After a load with a later data cut the open episode reaches to it; no row was replaced."""
    path = made(tmp_path)
    later = CUT + dt.timedelta(days=10)
    tables = changed("episodes", {2: 30}, "last_observed_day")
    found = load(path, small_cohort(**tables, data_cut=later))
    assert found.counts["episodes"].unchanged == 3
    assert read_registry(path).data_cut == later
    assert read_registry(path).episodes["last_observed_day"].tolist() == [14, 21, 30]
    assert read_registry(path, as_of=1).episodes["last_observed_day"].tolist() == [14, 21, 20]


def test_every_clinic_keeps_its_own_cut(tmp_path: Path) -> None:
    """A load of one clinic moves that clinic's cut and leaves the other's."""
    path = made(tmp_path)
    later = CUT + dt.timedelta(days=10)
    tables = changed("episodes", {2: 30}, "last_observed_day")
    both = small_cohort(**tables, data_cut={"C01": CUT, "C02": later})
    load(path, both.select(clinic_id="C02"))
    assert read_registry(path).data_cut == {"C01": CUT, "C02": later}


def test_an_older_export_is_refused_unless_forced(tmp_path: Path) -> None:
    """Last quarter's file is refused by its cut; forced, its rows enter and the cut stays."""
    path = made(tmp_path)
    older = small_cohort(
        **changed("episodes", {2: 10}, "last_observed_day"), data_cut=CUT - dt.timedelta(days=10)
    )
    with pytest.raises(RegistryError, match=r"older than what the registry holds.*last quarter"):
        load(path, older)
    load(path, older, force=True)
    assert read_registry(path).data_cut == CUT


def test_invented_and_real_patients_are_never_mixed(tmp_path: Path) -> None:
    """A simulated cohort does not enter a clinic's registry."""
    path = made(tmp_path)
    with pytest.raises(RegistryError, match=r"holds a clinic's records and this load invented"):
        load(path, small_cohort(is_synthetic=True))


def test_records_without_dates_are_refused(tmp_path: Path) -> None:
    """A de-identified cohort makes no registry, and none is left behind."""
    with pytest.raises(RegistryError, match="de-identified"):
        load(tmp_path / "clinic.duckdb", small_cohort(is_deidentified=True))
    assert not (tmp_path / "clinic.duckdb").exists()


def test_a_load_that_would_contradict_the_registry_changes_nothing(tmp_path: Path) -> None:
    """New visits numbered from 1 again are refused, naming the rule; not a byte has changed."""
    path = made(tmp_path)
    before = path.read_bytes()
    visits = small_tables()["visits"].iloc[5:].assign(visit_day=[9], visit_number=[1])
    with pytest.raises(RegistryError, match=r"(?s)contradict.*visits\.visit_number: 1 row\."):
        load(path, small_cohort(visits=visits))
    assert path.read_bytes() == before


def test_whole_episodes_lose_what_the_export_no_longer_holds(tmp_path: Path) -> None:
    """With whole episodes a visit that is gone is retired; episodes not spoken of stay."""
    path = made(tmp_path)
    fewer = small_cohort(visits=small_tables()["visits"].drop(index=[2])).select(clinic_id="C01")
    found = load(path, fewer, whole="episodes")
    assert found.counts["visits"].retired == 1
    assert found.counts["episodes"].retired == 0
    assert len(read_registry(path).visits) == 5
    assert read_registry(path).n_episodes == 3


def test_whole_clinics_lose_episodes_and_patients_that_are_gone(tmp_path: Path) -> None:
    """With whole clinics an episode that is gone is retired with all of its own."""
    path = made(tmp_path)
    found = load(path, small_cohort().select(episode_id="e2"), whole="clinics")
    retired = {name: counts.retired for name, counts in found.counts.items()}
    assert retired == {
        "patients": 1, "episodes": 1, "visits": 3, "assessments": 3, "outcomes": 2
    }  # fmt: skip
    left = read_registry(path)
    assert left.episodes["episode_id"].tolist() == ["e2", "e3"]  # e3 is another clinic's
    assert left.patients["patient_id"].tolist() == ["p2"]


def test_own_columns_may_come_later(tmp_path: Path) -> None:
    """A column that a later load brings is null before; a load without it keeps its values."""
    path = made(tmp_path)
    extra = ExtraColumn("episodes", "x_group", "category", allowed=("a", "b"), is_required=True)
    episodes = small_tables()["episodes"].assign(x_group=["a", "b", "a"])
    load(path, small_cohort(episodes=episodes, extra_columns=(extra,)).select(clinic_id="C01"))
    load(path, small_cohort(**changed("episodes", {0: "T9"}, "clinician_id")))
    found = read_registry(path).episodes
    assert found["x_group"].astype("object").where(found["x_group"].notna(), None).tolist() == [
        "a", "b", None
    ]  # fmt: skip
    assert found["clinician_id"].tolist()[0] == "T9"
    assert not read_registry(path, as_of=1).extra_columns


def test_an_own_column_keeps_its_type(tmp_path: Path) -> None:
    """A column declared as a number does not become a text."""
    number = ExtraColumn("episodes", "x_size", "number")
    text = ExtraColumn("episodes", "x_size", "text")
    episodes = small_tables()["episodes"]
    path = made(tmp_path, episodes=episodes.assign(x_size=[1.0, 2.0, 3.0]), extra_columns=(number,))
    with pytest.raises(RegistryError, match="x_size of episodes was declared in another way"):
        load(path, small_cohort(episodes=episodes.assign(x_size="a"), extra_columns=(text,)))


@pytest.mark.parametrize(
    ("stored", "given", "words"),
    [
        ("one", "two", "made with another key.*hinge key restore"),
        ("one", None, "pseudonyms made with a key"),
        (None, "two", "ids as they came"),
    ],
)
def test_another_key_is_refused_before_anything_is_read(
    tmp_path: Path, stored: str | None, given: str | None, words: str
) -> None:
    """A registry made with one key opens for loads with that key alone."""
    path = tmp_path / "clinic.duckdb"
    load(path, small_cohort(), key_fingerprint=stored)
    with pytest.raises(RegistryError, match=words), open_registry(path, key_fingerprint=given):
        pytest.fail("opened")
    with open_registry(path, key_fingerprint=stored):
        pass


def test_anybody_can_ask_the_current_tables_in_sql(tmp_path: Path) -> None:
    """The views hold the current rows with their texts."""
    path = made(tmp_path)
    load(path, small_cohort(**changed("outcomes", {0: 9.0}, "score")))
    with duckdb.connect(str(path), read_only=True) as connection:
        rows = connection.execute(
            "SELECT episode_id, instrument, score FROM current_outcomes ORDER BY ALL"
        ).fetchall()
    assert rows[0] == ("e1", "nprs", 3.0)
    assert rows[1] == ("e1", "nprs", 9.0)


def test_no_message_names_a_patient(tmp_path: Path) -> None:
    """Rows of unknown episodes are counted, not quoted."""
    path = made(tmp_path)
    tables = {name: getattr(small_cohort(), name) for name in TABLE_NAMES}
    tables["visits"] = tables["visits"].replace({"episode_id": {"e3": "PATIENT-X"}})
    with open_registry(path) as registry, pytest.raises(RegistryError) as told:
        registry.load_tables(tables, {"data_cut": CUT})
    assert "1 row of visits" in str(told.value)
    assert "PATIENT-X" not in str(told.value)
