"""Scenarios: read from TOML, checked, frozen, and written back with their sources."""

import dataclasses
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import Scenario


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


def test_a_dict_goes_there_and_back() -> None:
    """What a manifest stores makes the same scenario again."""
    scenario = Scenario.default()
    assert Scenario.from_dict(scenario.as_dict(), complete=True) == scenario


def test_keys_left_out_keep_the_default(tmp_path: Path) -> None:
    """A file may name only what it changes."""
    path = tmp_path / "mine.toml"
    path.write_text('name = "mine"\n[loss]\nper_visit = 0.05\n', encoding="utf-8")
    scenario = Scenario.read(path)
    assert scenario == Scenario.default().replace({"name": "mine", "loss.per_visit": 0.05})


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


def test_the_toml_is_plain_toml() -> None:
    """Any reader of TOML understands it."""
    assert tomllib.loads(Scenario.default().as_toml())["name"] == "clinic"
