"""The command check: findings by row, a page, and a last line that says whether all is done."""

from pathlib import Path

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cli import check
from hinge_outcomes.cohort.registry import open_registry
from tests.cli.running import run
from tests.hand_made import cohort_of, episode

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

DONE = "Done: nothing in these records needs mending."


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: Patch) -> None:
    """Work in a folder of our own."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort of made-up patients in a folder."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=300, seed=5)
    return ho.write_cohort(cohort, tmp_path_factory.mktemp("clinic") / "records")


def last_line(text: str) -> str:
    """The last line of what was printed."""
    return text.rstrip("\n").rpartition("\n")[2]


def test_records_without_errors_end_with_done(records: Path, capsys: Capture) -> None:
    """Findings come first, then what is there, then what can be had; the verdict is last."""
    outcome = run(capsys, "check", records, "--no-page")
    assert outcome.code == 0, outcome.err
    assert outcome.out.startswith("Nothing wrong was found.\n")
    assert "On day 0: Sex\t300 of 300 (100%)" in outcome.out
    assert "Missing for good: " in outcome.out
    assert last_line(outcome.out) == DONE


def test_rows_that_the_newest_load_set_aside_are_not_done(
    tmp_path: Path, monkeypatch: Patch, capsys: Capture
) -> None:
    """A registry without errors is not done while rows of its newest load wait outside."""
    from tests.architecture.trees import ROOT

    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "profile")
    monkeypatch.delenv("HINGE_KEY", raising=False)
    clinic = ROOT / "examples" / "clinic"
    text = (clinic / "export.csv").read_text(encoding="utf-8-sig")
    Path("export.csv").write_text(text.replace(";came;", ";perhaps;", 1), encoding="utf-8")
    into = ["--mapping", clinic / "mapping.toml", "--registry", "clinic.duckdb"]
    assert run(capsys, "ingest", "export.csv", *into).code == 0
    outcome = run(capsys, "check", "clinic.duckdb", "--no-page")
    assert outcome.code == 2
    assert DONE not in outcome.out
    assert "set 1 row aside" in last_line(outcome.out)
    assert "fix list.xlsx" in last_line(outcome.out)
    assert run(capsys, "ingest", clinic / "export.csv", *into).code == 0
    assert last_line(run(capsys, "check", "clinic.duckdb", "--no-page").out) == DONE


def test_check_makes_the_page_for_its_audience(records: Path, capsys: Capture) -> None:
    """The pages of one clinic, marked internal, are written and named on the screen."""
    arguments = ["check", records, "--clinic", "C01", "--audience", "internal", "--out", "pages"]
    outcome = run(capsys, *arguments)
    assert outcome.code == 0, outcome.err
    names = {path.name for path in Path("pages").iterdir()}
    stem = "data-quality_C01_INTERNAL"
    assert names == {f"{stem}.html", f"{stem}.pdf", f"{stem}.manifest.json"}
    assert f"{stem}.pdf" in outcome.out
    assert last_line(outcome.out) == DONE


def test_the_page_is_for_release_unless_asked(
    records: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    """Without --audience the page follows the settings, whose default is release."""
    asked: list[dict[str, object]] = []
    monkeypatch.setattr(check, "make_report", lambda *of, **_: asked.append(of[2]))
    run(capsys, "check", records)
    run(capsys, "check", records, "--audience", "internal")
    assert [parameters["audience"] for parameters in asked] == ["release", "internal"]


def test_errors_are_found_by_row_and_nothing_else_is_done(
    capsys: Capture, monkeypatch: Patch
) -> None:
    """A folder edited by hand is told by table, column and row, never by value; exit 2, no page."""
    monkeypatch.setattr(check, "make_report", lambda *_: pytest.fail("a page was made"))
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=30, seed=1)
    folder = ho.write_cohort(cohort, "records", format="csv")
    table = folder / "assessments.csv"
    header, first, *rest = table.read_text(encoding="utf-8").splitlines()
    cells = first.split(",")
    cells[header.split(",").index("stage")] = "77"
    table.write_text("\n".join([header, ",".join(cells), *rest]) + "\n", encoding="utf-8")
    outcome = run(capsys, "check", folder)
    assert outcome.code == 2
    assert "error: assessments.stage: 1 row (row 1)" in outcome.out
    assert "77" not in outcome.out
    assert last_line(outcome.out).startswith("Not done: 2 cells need mending; begin with ")


def test_few_are_counted_on_the_screen(capsys: Capture) -> None:
    """The screen is the clinic's own desk: one blank of four is one of four."""
    told = [episode(f"E{n}", observed=10, symptom_duration="acute") for n in range(3)]
    folder = ho.write_cohort(cohort_of(*told, episode("E9", observed=10)), "few")
    outcome = run(capsys, "check", folder, "--no-page")
    assert "On day 0: Duration of symptoms\t3 of 4 (75%)" in outcome.out


def test_deidentified_and_empty_records_are_checked_without_a_page(capsys: Capture) -> None:
    """Where nothing can be described, the findings and the verdict still are."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=1)
    empty = cohort.select(episode_id=cohort.episodes["episode_id"].iloc[:1].tolist())
    without = type(cohort)(
        patients=empty.patients,
        episodes=empty.episodes.iloc[:0],
        visits=empty.visits.iloc[:0],
        assessments=empty.assessments.iloc[:0],
        outcomes=empty.outcomes.iloc[:0],
        data_cut=empty.data_cut,
    )
    outcome = run(capsys, "check", ho.write_cohort(without, "empty"))
    assert outcome.code == 0, outcome.err
    assert last_line(outcome.out) == DONE


def test_a_registry_is_checked_like_a_folder(records: Path, capsys: Capture) -> None:
    """The registry that holds the same records gives the same table and the same verdict."""
    with open_registry("clinic.duckdb", create=True) as registry:
        registry.load(ho.read_cohort(records))
    folder = run(capsys, "check", records, "--no-page")
    registry_told = run(capsys, "check", "clinic.duckdb", "--no-page")
    assert registry_told.code == 0, registry_told.err
    assert registry_told.out == folder.out


def test_check_of_nothing_says_so(capsys: Capture) -> None:
    """A folder that is no cohort, and no folder at all, are one message and exit 2."""
    assert "is no cohort" in run(capsys, "check", ".").err
    assert "hinge check FOLDER" in run(capsys, "check").err
