"""Settings: flags beat the environment, which beats the file, and slips of the pen are refused."""

from dataclasses import fields
from pathlib import Path

import pytest

from hinge_outcomes.config import SETTINGS, Config, find_config, read_config
from hinge_outcomes.exceptions import ConfigError


def write_file(folder: Path, text: str) -> Path:
    """Write a hinge.toml."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "hinge.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_every_setting_has_an_attribute() -> None:
    """The declared settings and the attributes of Config are the same list."""
    attributes = {field.name for field in fields(Config)}
    assert {setting.field for setting in SETTINGS} | {"clinic_names", "origins"} == attributes


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    """With no file, no variable and no flag, every value is a default and says so."""
    config = read_config(tmp_path, environment={})
    assert (config.audience, config.paper, config.out) == ("release", "a4", Path("reports"))
    assert set(config.origins.values()) == {"default"}


def test_the_nearest_file_upwards_is_read(tmp_path: Path) -> None:
    """The file is found from a folder below it, and a nearer one wins."""
    far = write_file(tmp_path, 'paper = "letter"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_config(below) == far.resolve()
    assert read_config(below, environment={}).paper == "letter"
    near = write_file(tmp_path / "a", 'paper = "a4"\n')
    assert find_config(below) == near.resolve()


def test_flags_beat_environment_beat_file(tmp_path: Path) -> None:
    """Each source overrides the one below it, and the origin names the one that won."""
    file = write_file(tmp_path, 'clinic = "C01"\naudience = "internal"\npaper = "letter"\n')
    config = read_config(
        tmp_path,
        environment={"HINGE_CLINIC": "C02", "HINGE_AUDIENCE": "release"},
        flags={"clinic": "C03", "audience": None},
    )
    assert (config.clinic, config.audience, config.paper) == ("C03", "release", "letter")
    assert config.origins["clinic"] == "--clinic"
    assert config.origins["audience"] == "HINGE_AUDIENCE"
    assert config.origins["paper"] == str(file.resolve())


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    """A folder in the file means the same wherever the command runs; one in a flag is relative
    to the working folder.
    """
    write_file(tmp_path, 'cohort = "records"\nout = "pages"\n[ingest]\nmapping = "clinic.toml"\n')
    below = tmp_path / "below"
    below.mkdir()
    config = read_config(below, environment={}, flags={"out": "here"})
    assert config.cohort == tmp_path.resolve() / "records"
    assert config.ingest_mapping == tmp_path.resolve() / "clinic.toml"
    assert config.out == below.resolve() / "here"


def test_clinics_have_names(tmp_path: Path) -> None:
    """The section [clinics] gives pages a name for an id, listed among the rows."""
    write_file(tmp_path, '[clinics]\nC01 = "Hill Clinic"\n')
    config = read_config(tmp_path, environment={})
    assert config.clinic_names == {"C01": "Hill Clinic"}
    assert config.rows()[-1][:2] == ("clinics.C01", "Hill Clinic")


def test_every_value_is_listed_with_its_origin(tmp_path: Path) -> None:
    """The rows hold each setting once, and a value that is not set is shown as nothing."""
    rows = read_config(tmp_path, environment={"HINGE_FISCAL_YEAR_START": "7"}).rows()
    assert [key for key, _, _ in rows] == [setting.key for setting in SETTINGS]
    assert ("fiscal_year_start", "7", "HINGE_FISCAL_YEAR_START") in rows
    assert ("clinic", "", "default") in rows


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('audiance = "release"', "no setting 'audiance'. Did you mean 'audience'"),
        ('[ingest]\nmaping = "x"', "no setting 'ingest.maping'. Did you mean 'ingest.mapping'"),
        ('[reports]\nout = "x"', "no setting 'reports'"),
        ('paper = "A5"', "paper cannot be 'A5'. Expected: a4 or letter"),
        ('audience = ["release"]', "Expected: release or internal"),
        ("cohort = 3", "Expected: a folder"),
        ("fiscal_year_start = 2", "Expected: 1, 4, 7 or 10"),
        ("fiscal_year_start = true", "Expected: 1, 4, 7 or 10"),
        ("ingest = 3", r"ingest is a section: write \[ingest\]"),
        ("[clinics]\nC01 = 3", "clinics.C01 must be a name in quotes"),
        ("paper = a4", r"cannot be read: .*line 1"),
    ],
)
def test_slips_in_the_file_are_refused(text: str, message: str, tmp_path: Path) -> None:
    """An unknown key, a wrong value and a broken file are named, with what is allowed."""
    write_file(tmp_path, text + "\n")
    with pytest.raises(ConfigError, match=message):
        read_config(tmp_path, environment={})


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"HINGE_AUDIANCE": "internal"}, "sets nothing. Did you mean 'HINGE_AUDIENCE'"),
        ({"HINGE_PAPER": ""}, "variable HINGE_PAPER cannot be ''"),
        ({"HINGE_FISCAL_YEAR_START": "May"}, "Expected: 1, 4, 7 or 10"),
    ],
)
def test_slips_in_the_environment_are_refused(
    environment: dict[str, str], message: str, tmp_path: Path
) -> None:
    """A variable that is almost ours, or holds what is not allowed, is named."""
    with pytest.raises(ConfigError, match=message):
        read_config(tmp_path, environment=environment)


def test_a_slip_in_a_flag_is_refused(tmp_path: Path) -> None:
    """A flag with a value that is not allowed is named as it was typed."""
    with pytest.raises(ConfigError, match="--paper cannot be 'A5'"):
        read_config(tmp_path, environment={}, flags={"paper": "A5"})


def test_files_of_notepad_and_of_another_encoding(tmp_path: Path) -> None:
    """A byte order mark is read over, and a file in another encoding is refused by name."""
    file = tmp_path / "hinge.toml"
    file.write_bytes(b'\xef\xbb\xbfclinic = "M\xc3\xbchle"\n')
    assert read_config(tmp_path, environment={}).clinic == "Mühle"
    file.write_bytes(b'clinic = "M\xfchle"\n')
    with pytest.raises(ConfigError, match="not text in UTF-8"):
        read_config(tmp_path, environment={})


@pytest.mark.parametrize(
    ("month", "fiscal", "calendar"),
    [
        (1, "2026Q3", "2026Q3"),
        (4, "2026Q1", "2025Q2"),
        (4, "2026Q4", "2026Q1"),
        (7, "2026Q1", "2025Q3"),
        (10, "2026Q1", "2025Q4"),
        (10, "2026Q2", "2026Q1"),
    ],
)
def test_a_fiscal_quarter_has_the_same_months_as_a_calendar_quarter(
    month: int, fiscal: str, calendar: str, tmp_path: Path
) -> None:
    """A year that begins in that month is named after the calendar year in which it ends."""
    environment = {"HINGE_FISCAL_YEAR_START": str(month)}
    assert read_config(tmp_path, environment=environment).calendar_quarter(fiscal) == calendar


@pytest.mark.parametrize("variable", ["HINGE_KEY", "HINGE_REDCAP_TOKEN"])
def test_secrets_are_no_settings(variable: str) -> None:
    """A variable that holds a secret is neither refused nor shown among the settings."""
    config = read_config(environment={variable: "ab" * 32})
    assert "abab" not in f"{config} {config.rows()}"
