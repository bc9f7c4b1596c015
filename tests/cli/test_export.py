"""The export command: every format, and a release that is refused while somebody stands out."""

import json
from pathlib import Path

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cohort.registry import open_registry
from hinge_outcomes.cohort.release_risk import validate_release
from tests.cli.running import files_below, run

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder of our own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made-up patients in a folder, enough for some to be safe together."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=3000, seed=5)
    return ho.write_cohort(cohort, tmp_path_factory.mktemp("clinic") / "records")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A few made-up patients in a folder."""
    cohort = ho.simulate(ho.Scenario.default(), n_episodes=40, seed=5)
    return ho.write_cohort(cohort, tmp_path_factory.mktemp("clinic") / "few")


@pytest.mark.parametrize(
    ("format", "file"),
    [("parquet", "visits.parquet"), ("csv", "datapackage.json"), ("xlsx", "cohort.xlsx"),
     ("adam", "adtte.parquet"), ("xpt", "adqs.xpt")],
)  # fmt: skip
def test_every_format_is_written(few: Path, capsys: Capture, format: str, file: str) -> None:
    """Each format makes its folder and says what it holds and that it is not for release."""
    done = run(capsys, "export", few, "--format", format, "--out", "out")
    assert done.code == 0, done.err
    assert file in files_below("out")
    assert "40 episodes of" in done.out
    assert "not for release" in done.out


def test_a_registry_is_exported_too(few: Path, tmp_path: Path, capsys: Capture) -> None:
    """The records of a registry are exported as those of a folder are."""
    with open_registry(tmp_path / "clinic.duckdb", create=True) as registry:
        registry.load(ho.read_cohort(few))
    done = run(capsys, "export", tmp_path / "clinic.duckdb", "--format", "csv", "--out", "out")
    assert done.code == 0, done.err
    assert ho.read_cohort("out").episodes.equals(ho.read_cohort(few).episodes)


def test_a_risky_release_is_refused(records: Path, capsys: Capture) -> None:
    """While somebody stands out nothing is written; rows and both ways on are named."""
    refused = run(capsys, "export", records, "--deidentified")
    assert refused.code == 2
    assert "Not safe to release." in refused.err
    assert "(rows " in refused.err
    assert "--leave-out" in refused.err
    assert "--accept-risk" in refused.err
    assert files_below(".") == set()


def test_leaving_out_makes_a_safe_release(records: Path, capsys: Capture) -> None:
    """With --leave-out the others are written, deidentified and safe."""
    done = run(capsys, "export", records, "--deidentified", "--leave-out", "--out", "out")
    assert done.code == 0, done.err
    assert "were left out" in done.out
    assert "Safe to release." in done.out
    assert "not for release" not in done.out
    released = ho.read_cohort("out")
    assert released.is_deidentified
    assert released.clinics == ("A", "B", "C", "D", "E", "F")
    assert validate_release(released).is_safe


def test_accepting_the_risk_writes_all(few: Path, capsys: Capture) -> None:
    """With --accept-risk everybody is written and the risk is said; clinics keep their ids."""
    done = run(
        capsys, "export", few, "--deidentified", "--accept-risk", "--keep-clinics",
        "--format", "xlsx", "--out", "out",
    )  # fmt: skip
    assert done.code == 0, done.err
    assert "Not safe to release." in done.out
    facts = json.loads(Path("out/export.json").read_text(encoding="utf-8"))
    assert (facts["is_deidentified"], facts["n_episodes"]) == (True, 40)


@pytest.mark.parametrize("flag", ["--leave-out", "--accept-risk", "--keep-clinics"])
def test_flags_of_a_release_need_one(few: Path, capsys: Capture, flag: str) -> None:
    """A flag that only means something for a release is not passed over in silence."""
    refused = run(capsys, "export", few, flag)
    assert refused.code == 2
    assert "need --deidentified" in refused.err


def test_the_setting_names_the_records(few: Path, capsys: Capture) -> None:
    """Without an argument the records are those of hinge.toml; without either it says so."""
    refused = run(capsys, "export")
    assert refused.code == 2
    assert "Say which records" in refused.err
    Path("hinge.toml").write_text(f"cohort = {json.dumps(str(few))}\n", encoding="utf-8")
    assert run(capsys, "export", "--format", "csv").code == 0
    assert "visits.csv" in files_below("export")


def test_the_help_has_examples(capsys: Capture) -> None:
    """`hinge export --help` shows a command for Excel, for SAS and for a release."""
    shown = run(capsys, "export", "--help").out
    for part in ("--format xlsx", "--format xpt", "--deidentified --leave-out"):
        assert part in shown
