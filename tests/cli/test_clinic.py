"""The report command; each wrong turn is one message and exit 2."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cli import clinic
from hinge_outcomes.config import read_config
from hinge_outcomes.reporting import render
from hinge_outcomes.reporting.notebooks import execute_notebook
from tests.architecture.trees import ROOT
from tests.cli.running import files_below, run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

EXPORT = ROOT / "examples" / "clinic" / "export.csv"
MAPPING = ROOT / "examples" / "clinic" / "mapping.toml"
REPORT = "quarterly-outcomes_C01_2026Q3"
PAGES = {f"{REPORT}.html", f"{REPORT}.pdf", f"{REPORT}.manifest.json"}


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: Patch) -> None:
    """Work in a folder of our own, with a private folder of our own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "profile")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cohort of made-up patients in a folder."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=600, seed=5)
    return ho.write_cohort(cohort, tmp_path_factory.mktemp("clinic") / "records")


@pytest.fixture(scope="module")
def one_run() -> dict[str, Any]:
    """The notebook as it was executed once, for tests of what happens after it."""
    return {}


@pytest.fixture
def no_kernel(monkeypatch: Patch) -> None:
    """Fail a test in which a kernel starts."""
    monkeypatch.setattr(render, "execute_notebook", lambda *_, **__: pytest.fail("kernel started"))


@pytest.fixture
def same_run(one_run: dict[str, Any], monkeypatch: Patch) -> None:
    """Execute the notebook for the first test that needs it, and give the others its result."""

    def execute(*arguments: Any, **options: Any) -> Any:
        if "node" not in one_run:
            one_run["node"] = execute_notebook(*arguments, **options)
        return one_run["node"]

    monkeypatch.setattr(render, "execute_notebook", execute)


def raising(number: int) -> Callable[..., None]:
    """A function that fails as the operating system does."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def test_report_prints_its_files_and_the_time_of_each_step(
    records: Path, same_run: None, capsys: Capture
) -> None:
    """A report names its page, its PDF and its manifest, and each step with its seconds."""
    outcome = run(capsys, "report", "--cohort", records, "--clinic", "C01", "--last-quarter")
    assert outcome.code == 0, outcome.err
    assert files_below("reports") == PAGES
    *steps, empty, html, pdf, manifest = outcome.out.splitlines()
    assert empty == ""
    assert [Path(line).suffix for line in (html, pdf, manifest)] == [".html", ".pdf", ".json"]
    assert all(Path(line).is_file() for line in (html, pdf, manifest))
    assert [line[:16].strip() for line in steps] == [
        "Read the records",
        "Run the notebook",
        "Make the web pag",
        "Make the PDF",
        "Write the files",
    ]
    assert all(line.endswith(" s") for line in steps)


def test_a_pdf_held_open_gets_a_second_name(
    records: Path, same_run: None, monkeypatch: Patch, capsys: Capture
) -> None:
    """Where another program holds the PDF, one sentence names the second file, and it is done."""
    replace = Path.replace

    def held(self: Path, target: Path) -> Path:
        if target.name == f"{REPORT}.pdf":
            raise PermissionError(errno.EACCES, "held open", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", held)
    outcome = run(capsys, "report", "--cohort", records, "--clinic", "C01")
    assert outcome.code == 0, outcome.err
    second = f"{REPORT} (2).pdf"
    assert f"{REPORT}.pdf is open in another program" in outcome.out
    assert outcome.out.count(second) == 2  # once in the sentence, once among the paths
    assert files_below("reports") == PAGES - {f"{REPORT}.pdf"} | {second}


def test_a_full_disk_leaves_no_page(
    records: Path, same_run: None, monkeypatch: Patch, capsys: Capture
) -> None:
    """A write that finds the disk full is one message, exit 2, and no half-written file."""
    monkeypatch.setattr(os, "fsync", raising(errno.ENOSPC))
    outcome = run(capsys, "report", "--cohort", records, "--clinic", "C01")
    assert outcome.code == 2
    assert outcome.err.startswith("hinge: The disk is full")
    assert outcome.err.count("\n") == 1
    assert not files_below("reports")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["quarterly"], "There is no report 'quarterly'. Did you mean 'quarterly-outcomes'?"),
        (["-p", "audiance=internal"], "no parameter 'audiance'. Did you mean 'audience'?"),
        (["-p", "audience=everyone"], "audience cannot be 'everyone'"),
        (["-p", "audience"], "Write name=value"),
        (["-p", "audience=release", "-p", "audience=internal"], "given twice"),
        (["--clinic", "C1"], "There is no clinic 'C1' in these records. Did you mean 'C01'?"),
        (["--clinic", "C01", "--quarter", "Q3"], "Write the year and Q1 to Q4, as in 2026Q3"),
        (["--clinic", "C01", "--quarter", "2031Q1"], "Nobody in clinic C01 started care in"),
        (["--clinic", "C01", "--cohort", "nowhere"], "is no cohort: it has no manifest.json"),
        (["--quarter", "2026Q3", "--last-quarter"], "not both"),
        (["--registry", "clinic.duckdb", "--cohort", "records"], "not both"),
    ],
)
def test_a_wrong_request_is_refused_before_any_kernel(
    arguments: list[str], message: str, records: Path, no_kernel: None, capsys: Capture
) -> None:
    """What cannot be reported is one message with a suggestion, exit 2, and no file."""
    cohort = [] if "--cohort" in arguments else ["--cohort", records]
    outcome = run(capsys, "report", *cohort, *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert "Traceback" not in outcome.err
    assert not files_below(".")


def test_a_report_of_no_records_says_how_to_name_them(no_kernel: None, capsys: Capture) -> None:
    """Without a cohort from any source, the message names the flag and the file."""
    outcome = run(capsys, "report")
    assert outcome.code == 2
    assert "--cohort FOLDER" in outcome.err
    assert "hinge.toml" in outcome.err


def asked_of_the_report(monkeypatch: Patch) -> dict[str, Any]:
    """What the renderer is asked, kept instead of rendered."""
    asked: dict[str, Any] = {}

    def make(name: str, cohort: Path, parameters: dict[str, Any], out: Path) -> Path:
        asked.update(name=name, cohort=cohort, parameters=parameters, out=out)
        return out

    monkeypatch.setattr(clinic, "make_report", make)
    return asked


def test_settings_reach_the_report(monkeypatch: Patch, capsys: Capture) -> None:
    """What hinge.toml says once becomes the report's parameters, and a flag beats it."""
    Path("hinge.toml").write_text(
        'cohort = "records"\nclinic = "C01"\npaper = "letter"\naudience = "internal"\n'
        'fiscal_year_start = 4\n[clinics]\nC01 = "Hill Clinic"\n',
        encoding="utf-8",
    )
    asked = asked_of_the_report(monkeypatch)
    assert run(capsys, "report", "--audience", "release", "--quarter", "2026Q1").code == 0
    assert asked["cohort"] == Path.cwd() / "records"
    assert asked["out"] == Path("reports")
    assert asked["parameters"] == {
        "clinic_id": "C01",
        "clinic_name": "Hill Clinic",
        "audience": "release",
        "paper": "letter",
        "quarter": "2025Q2",
    }


def test_a_registry_may_be_reported_on_in_place_of_a_folder(
    monkeypatch: Patch, capsys: Capture
) -> None:
    """The flag is called as that of ingest, and stands before a cohort in the settings."""
    asked = asked_of_the_report(monkeypatch)
    Path("hinge.toml").write_text('cohort = "records"\n', encoding="utf-8")
    assert run(capsys, "report", "--registry", "clinic.duckdb").code == 0
    assert asked["cohort"].name == "clinic.duckdb"


def test_free_parameters_reach_the_report(monkeypatch: Patch, capsys: Capture) -> None:
    """Each -p is passed on by its name, and a value may hold an equals sign."""
    asked = asked_of_the_report(monkeypatch)
    arguments = ["time-to-mastery", "--cohort", "r", "-p", "stage=4", "-p", "kind=a=b"]
    assert run(capsys, "report", *arguments).code == 0
    assert asked["name"] == "time-to-mastery"
    assert {"stage": "4", "kind": "a=b"}.items() <= asked["parameters"].items()


def test_a_setting_is_no_order_and_a_flag_is() -> None:
    """A report without a paper is not asked for one by a setting, but it is by a flag."""
    written = read_config(environment={"HINGE_PAPER": "letter"})
    flag = read_config(environment={}, flags={"paper": "letter"})
    assert "paper" not in clinic.settings_for(("audience",), written)
    assert clinic.settings_for(("audience",), flag)["paper"] == "letter"


def test_the_manifest_of_a_report_is_json(records: Path, same_run: None, capsys: Capture) -> None:
    """The file beside the pages says in JSON what was asked."""
    assert run(capsys, "report", "--cohort", records, "--clinic", "C01", "--out", "p").code == 0
    manifest = json.loads(Path("p", f"{REPORT}.manifest.json").read_text(encoding="utf-8"))
    assert manifest["parameters"]["clinic_id"] == "C01"
