"""Commands that make up patients: simulate, scenario."""

from pathlib import Path
from typing import Any

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cli.simulation import chosen_scenario, prepare_simulator
from hinge_outcomes.exceptions import ConfigError
from hinge_outcomes.simulation import first_compilation, partitions
from hinge_outcomes.simulation.scenario import scenario_names
from tests.cli.running import files_below, run

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let parts hold 40 episodes, so that a long run is a short one."""
    write, is_written = partitions.write_simulation, partitions.is_written
    monkeypatch.setattr(partitions, "PARTITION_EPISODES", 40)
    few: dict[str, Any] = {"partition_episodes": 40}
    monkeypatch.setattr(
        partitions, "write_simulation", lambda *a, **k: write(*a, **k, **few, chunk_size=10)
    )
    monkeypatch.setattr(partitions, "is_written", lambda *a, **k: is_written(*a, **k, **few))


def test_simulate_writes_a_cohort_with_its_scenario(tmp_path: Path, capsys: Capture) -> None:
    """The folder holds a cohort that reads back and the scenario that makes it again."""
    folder = tmp_path / "made up"
    outcome = run(
        capsys, "simulate", "--episodes", "4_0", "--seed", 3, "--format", "csv", "--out", folder
    )
    assert outcome.code == 0, outcome.err
    assert f"40 episodes in {folder}" in outcome.out
    cohort = ho.read_cohort(folder)
    assert (cohort.n_episodes, cohort.seed, cohort.is_synthetic) == (40, 3, True)
    assert ho.Scenario.read(folder / "scenario.toml").as_dict() == cohort.scenario


def test_simulate_knows_the_scenarios_that_ship(tmp_path: Path, capsys: Capture) -> None:
    """A name stands for the file that ships, and a plain run has seed 7."""
    outcome = run(capsys, "simulate", "small-clinic", "--episodes", 30, "--out", tmp_path / "c")
    assert outcome.code == 0, outcome.err
    cohort = ho.read_cohort(tmp_path / "c")
    assert cohort.scenario == ho.Scenario.named("small-clinic").as_dict()
    assert cohort.seed == 7


def test_simulate_reads_a_scenario(tmp_path: Path, capsys: Capture) -> None:
    """What the scenario file says holds, and what it leaves out is the default's."""
    scenario = tmp_path / "mine.toml"
    scenario.write_text('name = "punctual"\n[visits]\nno_show = 0.0\n', encoding="utf-8")
    run(capsys, "simulate", scenario, "--episodes", 30, "--out", tmp_path / "c")
    stored = ho.read_cohort(tmp_path / "c").scenario
    assert stored is not None
    assert (stored["name"], stored["visits"]["no_show"]) == ("punctual", 0.0)
    assert stored["learning"] == ho.Scenario.default().as_dict()["learning"]


def test_simulate_refuses_a_scenario_that_is_not_there(tmp_path: Path, capsys: Capture) -> None:
    """A missing scenario file is one message, exit 2, and no folder."""
    outcome = run(capsys, "simulate", tmp_path / "none.toml", "--out", tmp_path / "c")
    assert outcome.code == 2
    assert "no scenario file none.toml" in outcome.err
    assert not files_below(tmp_path)


def test_a_folder_for_a_scenario_is_asked_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """The form of earlier versions, with the folder first, names the option it needs now."""
    monkeypatch.chdir(tmp_path)
    outcome = run(capsys, "simulate", "some-folder", "--episodes", 40)
    assert outcome.code == 2
    assert "No scenario 'some-folder'" in outcome.err
    assert "did you mean --out some-folder?" in outcome.err
    assert not files_below(tmp_path)


def test_a_misspelt_scenario_is_no_folder() -> None:
    """Where a name is near, that is what is offered."""
    with pytest.raises(ConfigError, match="Did you mean 'network'") as caught:
        chosen_scenario("netwrok")
    assert "--out" not in str(caught.value)


def test_simulate_without_a_folder_names_the_option(capsys: Capture) -> None:
    """Without --out the message shows the command with it."""
    outcome = run(capsys, "simulate", "network", "--episodes", 40)
    assert outcome.code == 2
    assert "hinge simulate network --out FOLDER" in outcome.err


def test_simulate_does_not_replace_what_is_no_cohort(tmp_path: Path, capsys: Capture) -> None:
    """A folder with something else in it is left as it is."""
    (tmp_path / "thesis.txt").write_text("years of work", encoding="utf-8")
    outcome = run(capsys, "simulate", "--episodes", 5, "--out", tmp_path)
    assert outcome.code == 2
    assert "is no cohort, so it is not replaced" in outcome.err
    assert files_below(tmp_path) == {"thesis.txt"}


@pytest.mark.usefixtures("small_parts")
def test_many_episodes_are_written_in_parts(tmp_path: Path, capsys: Capture) -> None:
    """Above the size of a part the tables come in parts, with progress; once more says so."""
    command = ("simulate", "--episodes", 100, "--out", tmp_path / "big", "--workers", 2)
    outcome = run(capsys, *command)
    assert outcome.code == 0, outcome.err
    assert "the same command goes on where it was" in outcome.out
    assert "Simulate: 100 of 100 episodes" in outcome.out
    assert f"100 episodes in {tmp_path / 'big'}" in outcome.out
    assert "visits/part-00002.parquet" in files_below(tmp_path / "big")
    assert ho.read_cohort(tmp_path / "big").n_episodes == 100
    again = run(capsys, *command)
    assert again.out == f"100 episodes are in {tmp_path / 'big'} already, complete.\n"


@pytest.mark.usefixtures("small_parts")
def test_ctrl_c_leaves_a_run_that_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    """Stopped by its user the command says how to go on, exits 130, and then does go on."""
    command = ("simulate", "--episodes", 100, "--out", tmp_path / "big")
    write = partitions.write_simulation

    def interrupted(*arguments: Any, progress: Any, **options: Any) -> Path:
        def tell(done: int, total: int) -> None:
            progress(done, total)
            if done > 60:
                raise KeyboardInterrupt

        return write(*arguments, **options, progress=tell)

    with monkeypatch.context() as patch:
        patch.setattr(partitions, "write_simulation", interrupted)
        outcome = run(capsys, *command)
    assert outcome.code == 130
    assert "the same command goes on after them" in outcome.err
    assert "Traceback" not in outcome.err
    outcome = run(capsys, *command)
    assert outcome.code == 0
    assert "Simulate: 40 of 100 episodes" in outcome.out
    assert ho.read_cohort(tmp_path / "big").n_episodes == 100


@pytest.mark.usefixtures("small_parts")
def test_many_episodes_are_not_written_as_csv(tmp_path: Path, capsys: Capture) -> None:
    """The message names the remedy, and no folder is made."""
    outcome = run(
        capsys, "simulate", "--episodes", 41, "--format", "csv", "--out", tmp_path / "big"
    )
    assert outcome.code == 2
    assert "Leave --format out, or ask for at most 40" in outcome.err
    assert not files_below(tmp_path)


@pytest.mark.usefixtures("small_parts")
def test_another_run_in_the_folder_is_refused_at_once(tmp_path: Path, capsys: Capture) -> None:
    """A folder of another seed is one message, before anything is promised."""
    command = ("simulate", "--episodes", 100, "--out", tmp_path / "big")
    run(capsys, *command)
    outcome = run(capsys, *command, "--seed", 8)
    assert (outcome.code, outcome.out) == (2, "")
    assert "seed 7 there, 8 here" in outcome.err


def test_calibrate_prints_targets_with_verdicts(capsys: Capture) -> None:
    """The scenario is held against published figures, one row each; nothing is written."""
    outcome = run(capsys, "simulate", "--calibrate", "--episodes", 60)
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    header = next(line for line in lines if line.startswith("target\t"))
    assert header.split("\t")[-3:] == ["simulated", "mc_error", "verdict"]
    rows = [line for line in lines if line.count("\t") == header.count("\t")]
    assert {row.split("\t")[-1] for row in rows[1:]} <= {"meets", "misses", "context"}
    assert len(rows) > 5


def test_scenarios_are_listed_with_what_they_are(capsys: Capture) -> None:
    """The list has one line per scenario that ships, the default first."""
    lines = run(capsys, "scenario", "list").out.splitlines()
    assert lines[0] == "name\tdescription"
    assert [line.split("\t")[0] for line in lines[1:]] == list(scenario_names())
    assert all(line.split("\t")[1] for line in lines[1:])


def test_a_scenario_is_shown_with_marks_and_sources(capsys: Capture) -> None:
    """Every parameter is one row with value, mark, meaning, population, source and range."""
    lines = run(capsys, "scenario", "show", "network").out.splitlines()
    assert lines[0].split("\t") == ["key", "value", "mark", "what", "population", "source", "try"]
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in lines[1:]}
    assert list(rows) == ho.Scenario.named("network").table()["key"].tolist()
    assert rows["clinics.count"][:2] == ["200", "-"]
    assert rows["clinics.clinicians"][0] == "3, 5, 2, 4, 6, 3, 2, 8"


def test_a_scenario_as_toml_is_a_file_to_start_from(tmp_path: Path, capsys: Capture) -> None:
    """What --toml prints reads back as the very scenario."""
    outcome = run(capsys, "scenario", "show", "loss-mar", "--toml")
    path = tmp_path / "mine.toml"
    path.write_text(outcome.out, encoding="utf-8")
    assert ho.Scenario.read(path) == ho.Scenario.named("loss-mar")


def test_a_scenario_that_is_not_there_is_named(capsys: Capture) -> None:
    """A misspelt name is one message, exit 2, and lists what ships."""
    outcome = run(capsys, "scenario", "show", "clinics")
    assert outcome.code == 2
    assert "Did you mean 'clinic'" in outcome.err


@pytest.mark.parametrize(("is_there", "told"), [(True, []), (False, ["Compile", "compiled"])])
def test_the_first_compilation_is_said(
    monkeypatch: pytest.MonkeyPatch, is_there: bool, told: list[str]
) -> None:
    """Machine code that is not on the disk is made in a step of its own, otherwise nothing is."""
    steps: list[str] = []
    monkeypatch.setattr(first_compilation, "is_on_disk", lambda: is_there)
    monkeypatch.setattr(first_compilation, "compile_apart", lambda: steps.append("compiled"))
    prepare_simulator(steps.append)
    assert [step.split()[0] for step in steps] == told
