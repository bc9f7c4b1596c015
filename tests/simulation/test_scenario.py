"""Scenarios: read from TOML, checked, frozen, and written back with their sources."""

import dataclasses
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import Scenario
from hinge_outcomes.simulation.scenario import scenario_names
from tests.strategies import scenarios


def test_the_default_is_the_file_that_ships() -> None:
    """The shipped text is what the scenario writes, marks and sources included."""
    shipped = files("hinge_outcomes.simulation") / "scenarios" / "clinic.toml"
    assert shipped.read_text(encoding="utf-8") == Scenario.default().as_toml()


def test_written_then_read_is_the_same(tmp_path: Path) -> None:
    """A changed scenario survives its file, non-ASCII names included."""
    scenario = Scenario.default().replace(
        {"clinics.names": ["Ålesund „Rygg“"], "visits.no_show": 0.2}
    )
    path = tmp_path / "scenario.toml"
    path.write_text(scenario.as_toml(), encoding="utf-8")
    assert Scenario.read(path) == scenario


@pytest.mark.parametrize("name", scenario_names())
def test_every_shipped_value_survives_toml_there_and_back(name: str, tmp_path: Path) -> None:
    """A shipped scenario written to a file reads as itself, and so does its dict."""
    scenario = Scenario.named(name)
    path = tmp_path / "scenario.toml"
    path.write_text(scenario.as_toml(), encoding="utf-8")
    assert Scenario.read(path) == scenario
    assert Scenario.from_dict(scenario.as_dict(), complete=True) == scenario
    assert scenario.name == name


@given(scenario=scenarios())
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_any_scenario_survives_toml_there_and_back(scenario: Scenario) -> None:
    """Whatever the values, no digit and no character is lost."""
    values = tomllib.loads(scenario.as_toml())
    assert Scenario.from_dict(values, complete=True) == scenario


def test_a_dict_goes_there_and_back() -> None:
    """What a manifest stores makes the same scenario again."""
    scenario = Scenario.default()
    assert Scenario.from_dict(scenario.as_dict(), complete=True) == scenario


def test_keys_left_out_keep_the_default(tmp_path: Path) -> None:
    """A file may name only what it changes."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n[visits]\nno_show = 0.05\n', encoding="utf-8")
    scenario = Scenario.read(path)
    assert scenario == Scenario.default().replace({"name": "mine", "visits.no_show": 0.05})


def test_a_scenario_is_frozen() -> None:
    """No value can be changed behind a result's back."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scenario.default().name = "other"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        Scenario.default().visits.no_show = 0.5  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[visit]\nno_show = 0.1\n", "no key 'visit'. Did you mean 'visits'"),
        ("[visits]\nno_shows = 0.1\n", "no key 'no_shows'. Did you mean 'no_show'"),
        ("[visits]\nno_show = 1.1\n", "visits.no_show must be a number from 0 to 0.9"),
        ("visits = 3\n", "visits must be a section"),
        ("name = 3\n", "name must be a text"),
        ("[visits\n", "mine.toml cannot be read as TOML"),
        ("[people]\nage_minimum = 95\nage_maximum = 40\n", "age_minimum must not lie above"),
        ("[people]\nfemale_share = 0.9\nother_share = 0.2\n", "must not sum above 1"),
        ("[clinics]\nclinicians = []\n", "clinics.clinicians needs at least one"),
        ("[calendar]\ndata_cut = 2020-01-01\n", "last_start must not lie above calendar.data_cut"),
        ("[calendar]\nfirst_start = 1950-01-01\n", "at most 50 years before"),
        (
            "[people]\nage_maximum = 110\n[calendar]\nfirst_start = 2005-01-01\n",
            "first_start and people.age_maximum must keep years of birth from 1900 to 2100",
        ),
        (
            "[calendar]\nlast_start = 2130-01-01\ndata_cut = 2130-01-01\n"
            "first_start = 2100-01-01\n",
            "last_start and people.age_minimum must keep years of birth from 1900 to 2100",
        ),
        ("[learning]\ncued_from = 0.9\nconscious_from = 0.2\n", "cued_from must not lie above"),
        ("[loss]\nclosing_from = 90\nclosing_to = 60\n", "closing_from must not lie above"),
    ],
)
def test_a_wrong_file_gives_one_clear_message(text: str, expected: str, tmp_path: Path) -> None:
    """The message names the key and what is allowed."""
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=expected):
        Scenario.read(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is said so."""
    with pytest.raises(ConfigError, match=r"no scenario file gone\.toml"):
        Scenario.read(tmp_path / "gone.toml")


def test_every_value_of_the_toml_has_its_mark() -> None:
    """Each line with a value follows a comment that starts with S, D, A or -."""
    lines = Scenario.default().as_toml().splitlines()
    first = next(place for place, line in enumerate(lines) if line.startswith("["))
    for before, line in zip(lines[first:], lines[first + 1 :], strict=False):
        if " = " in line and not line.startswith("#"):
            assert re.match(r"# [SDA-]: ", before), line


def test_the_table_lists_every_parameter_with_its_source() -> None:
    """Each key of the file has one row, in order, with the value that it has there."""
    scenario = Scenario.default()
    table = scenario.table()
    values = {
        f"{section}.{key}": value
        for section, entries in scenario.as_dict().items()
        if isinstance(entries, dict)
        for key, value in entries.items()
    }
    assert dict(zip(table["key"], table["value"], strict=True)) == values
    assert set(table["mark"]) <= {"S", "D", "A", "-"}
    assert (table.loc[table["mark"] == "S", "source"] != "").all()
    assert (table.loc[table["mark"] == "A", "sensitivity"] != "").all()


def test_the_toml_says_whom_a_figure_is_of() -> None:
    """The population that a source describes stands beside the value."""
    table = Scenario.default().table()
    text = Scenario.default().as_toml()
    populations = set(table.loc[table["mark"].isin(["S", "D"]), "population"])
    assert len(populations) >= 3
    assert all(f"; of {population}" in text for population in populations)
    assert "A assumed, of the scenario's own patients" in text


def test_the_toml_is_plain_toml() -> None:
    """Any reader of TOML understands it."""
    assert tomllib.loads(Scenario.default().as_toml())["name"] == "clinic"


def test_names_beyond_the_ordinary_survive_their_file(tmp_path: Path) -> None:
    """DEL, quotes and characters beyond the basic plane: what TOML forbids is escaped."""
    scenario = Scenario.default().replace({"name": "\x7f \U0001f3cb", "clinics.names": ['a\x7f"b']})
    path = tmp_path / "odd.toml"
    path.write_text(scenario.as_toml(), encoding="utf-8")
    assert Scenario.read(path) == scenario


def test_every_claim_of_the_table_names_whom_it_describes_and_where_it_is_from() -> None:
    """Only settings are about nobody; an assumption is about the scenario's own patients."""
    for name in scenario_names():
        table = Scenario.named(name).table()
        claims = table[table["mark"] != "-"]
        assert (claims["population"] != "").all()
        assert (claims["source"] != "").all()
        assert (claims.loc[claims["mark"] == "A", "sensitivity"] != "").all()
