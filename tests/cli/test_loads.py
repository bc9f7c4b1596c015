"""The command that takes exports in: folders, registries, corrections; one message a wrong turn."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import hinge_outcomes as ho
from hinge_outcomes.cli import loads
from hinge_outcomes.cohort.registry import read_registry
from tests.architecture.trees import ROOT
from tests.cli.running import files_below, run

Capture = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch

EXPORT = ROOT / "examples" / "clinic" / "export.csv"
MAPPING = ROOT / "examples" / "clinic" / "mapping.toml"
INTO = ["--mapping", MAPPING, "--registry", "clinic.duckdb"]


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: Patch) -> None:
    """Work in a folder of our own, with a private folder of our own."""
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("HINGE_KEY", raising=False)
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "profile")


def raising(number: int) -> Callable[..., None]:
    """A function that fails as the operating system does."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


def rows_of(records: ho.Cohort) -> dict[str, int]:
    """How many rows each table holds."""
    return {name: len(getattr(records, name)) for name in ("patients", "episodes", "visits")}


def test_a_registry_grows_and_a_repeated_load_changes_nothing(capsys: Capture) -> None:
    """The first load makes registry and key; the same again is told and adds no row."""
    first = run(capsys, "ingest", EXPORT, *INTO)
    assert first.code == 0, first.err
    assert "hinge key backup" in first.out
    before = read_registry("clinic.duckdb")
    assert before.n_episodes == 48
    again = run(capsys, "ingest", EXPORT, *INTO)
    assert again.code == 0, again.err
    assert "Nothing was changed." in again.out
    assert rows_of(read_registry("clinic.duckdb")) == rows_of(before)


def test_a_registry_holds_no_number_of_the_clinics(capsys: Capture) -> None:
    """What identified a patient in the export is nowhere in the registry's bytes or tables."""
    assert run(capsys, "ingest", EXPORT, *INTO).code == 0
    records = read_registry("clinic.duckdb")
    assert not records.episodes["episode_id"].str.startswith("K").any()
    assert b"K1001" not in Path("clinic.duckdb").read_bytes()


def test_corrected_rows_replace_and_history_stays(capsys: Capture) -> None:
    """A mended export changes the rows it corrects; the state before can still be read."""
    assert run(capsys, "ingest", EXPORT, *INTO).code == 0
    text = EXPORT.read_text(encoding="utf-8-sig")
    Path("mended.csv").write_text(text.replace(";insurer;", ";own;"), encoding="utf-8")
    outcome = run(capsys, "ingest", "mended.csv", *INTO)
    assert outcome.code == 0, outcome.err
    assert rows_of(read_registry("clinic.duckdb")) == rows_of(
        read_registry("clinic.duckdb", as_of=1)
    )
    payers = [set(read_registry("clinic.duckdb", as_of=n).episodes["x_payer"]) for n in (1, 2)]
    assert payers == [{"insurer", "own"}, {"own"}]


def test_later_appointments_are_joined_to_what_is_known(capsys: Capture) -> None:
    """A second export with the last rows alone gives the registry that the whole export gives."""
    lines = EXPORT.read_text(encoding="utf-8-sig").splitlines()
    Path("first.csv").write_text("\n".join(lines[:-9]) + "\n", encoding="utf-8")
    Path("later.csv").write_text("\n".join([lines[0], *lines[-9:]]) + "\n", encoding="utf-8")
    assert run(capsys, "ingest", "first.csv", *INTO).code == 0
    outcome = run(capsys, "ingest", "later.csv", *INTO)
    assert outcome.code == 0, outcome.err
    whole = run(capsys, "ingest", EXPORT, "--mapping", MAPPING, "--registry", "whole.duckdb")
    assert whole.code == 0, whole.err
    joined, at_once = read_registry("clinic.duckdb"), read_registry("whole.duckdb")
    for name in ("patients", "episodes", "visits", "assessments", "outcomes"):
        assert getattr(joined, name).equals(getattr(at_once, name)), name


def test_a_whole_export_retires_what_it_no_longer_holds(capsys: Capture) -> None:
    """With --whole a deleted appointment goes, also one of an episode that is still told."""
    assert run(capsys, "ingest", EXPORT, *INTO).code == 0
    lines = EXPORT.read_text(encoding="utf-8-sig").splitlines()
    Path("fewer.csv").write_text("\n".join([*lines[:2], *lines[3:]]) + "\n", encoding="utf-8")
    outcome = run(capsys, "ingest", "fewer.csv", *INTO, "--whole")
    assert outcome.code == 0, outcome.err
    at_once = run(capsys, "ingest", "fewer.csv", "--mapping", MAPPING, "--registry", "once.duckdb")
    assert at_once.code == 0, at_once.err
    now, once = read_registry("clinic.duckdb"), read_registry("once.duckdb")
    assert len(now.visits) == len(read_registry("clinic.duckdb", as_of=1).visits) - 1
    for name in ("patients", "episodes", "visits", "assessments", "outcomes"):
        assert getattr(now, name).equals(getattr(once, name)), name


def test_an_export_that_only_continues_is_not_whole(capsys: Capture) -> None:
    """A mapping that continues and --whole contradict each other, and the message says so."""
    text = "continues = true\n" + MAPPING.read_text(encoding="utf-8")
    Path("later.toml").write_text(text, encoding="utf-8")
    into = ("--mapping", "later.toml", "--registry", "clinic.duckdb", "--whole")
    outcome = run(capsys, "ingest", EXPORT, *into)
    assert outcome.code == 2
    assert "Leave out one of the two" in outcome.err


def test_a_corrected_fix_list_completes_the_registry(tmp_path: Path, capsys: Capture) -> None:
    """The sheet that names a bad cell comes back with the right one, and the row comes in."""
    from tests.ingestion.sheets import fill_in

    lines = EXPORT.read_text(encoding="utf-8-sig").splitlines()
    place = next(n for n, line in enumerate(lines) if ";came;" in line)
    lines[place] = lines[place].replace(";came;", ";perhaps;", 1)
    Path("export.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    first = run(capsys, "ingest", "export.csv", *INTO, "--fix-list", "fixes.xlsx")
    assert first.code == 0, first.err
    assert "perhaps" not in first.out
    fill_in(Path("fixes.xlsx"), {(place + 1, "Attendance"): "came"})
    outcome = run(capsys, "ingest", "export.csv", *INTO, "--corrections", "fixes.xlsx")
    assert outcome.code == 0, outcome.err
    assert outcome.out.splitlines()[-1] == "Done: nothing in this export needs mending."
    assert len(read_registry("clinic.duckdb").visits) == len(
        ho.ingest(EXPORT, mapping=MAPPING).cohort.visits
    )


def spoiled(*words: str) -> list[int]:
    """Write the export with kept appointments misspelt, and give their lines."""
    lines = EXPORT.read_text(encoding="utf-8-sig").splitlines()
    places = [n for n, line in enumerate(lines) if ";came;" in line][: len(words)]
    for place, word in zip(places, words, strict=True):
        lines[place] = lines[place].replace(";came;", f";{word};", 1)
    Path("export.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [place + 1 for place in places]


def test_the_newest_fix_list_keeps_the_answers_of_the_ones_before(capsys: Capture) -> None:
    """Whoever answers a second list loads that one alone, and no earlier answer is lost."""
    from tests.ingestion.sheets import fill_in

    first, second = spoiled("perhaps", "maybe")
    fixes = Path("fixes.xlsx")
    assert run(capsys, "ingest", "export.csv", *INTO, "--fix-list", fixes).code == 0
    fill_in(fixes, {(first, "Attendance"): "came"})
    again = ["ingest", "export.csv", *INTO, "--fix-list", fixes, "--corrections", fixes]
    assert run(capsys, *again).code == 0
    fill_in(fixes, {(first, "Attendance"): "came", (second, "Attendance"): "came"})
    outcome = run(capsys, *again)
    assert outcome.out.splitlines()[-1] == "Done: nothing in this export needs mending."
    assert [path.name for path in Path().glob("*.xlsx")] == ["fixes.xlsx"]


def test_a_filled_fix_list_that_was_forgotten_is_not_replaced(capsys: Capture) -> None:
    """Without --corrections a new list is written beside the answers, not over them."""
    from tests.ingestion.sheets import fill_in

    (line,) = spoiled("perhaps")
    fixes = Path("fixes.xlsx")
    load = ["ingest", "export.csv", *INTO, "--fix-list", fixes]
    assert run(capsys, *load).code == 0
    fill_in(fixes, {(line, "Attendance"): "came"})
    answered = fixes.read_bytes()
    outcome = run(capsys, *load)
    assert "fixes kept 1.xlsx" in outcome.out
    assert Path("fixes kept 1.xlsx").read_bytes() == answered
    assert fixes.exists()


def test_the_command_that_loads_the_answers_is_ready_to_copy(capsys: Capture) -> None:
    """The last lines hold the whole command, a file name with a blank in quotation marks."""
    spoiled("perhaps")
    outcome = run(capsys, "ingest", "export.csv", *INTO)
    command = next(line for line in outcome.out.splitlines() if line.startswith("Load again"))
    assert "hinge ingest export.csv --mapping" in command
    assert command.endswith('fix list.xlsx"')


def test_a_later_export_is_loaded_with_its_own_data_cut(capsys: Capture) -> None:
    """Rows after the mapping's data cut raise the question; a day on the command line answers."""
    text = MAPPING.read_text(encoding="utf-8")
    text = text.replace("data_cut = 2026-06-30", "data_cut = 2026-05-31")
    Path("last.toml").write_text(text, encoding="utf-8")
    into = ["ingest", EXPORT, "--mapping", "last.toml", "--registry", "clinic.duckdb"]
    outcome = run(capsys, *into, "--accept-loss")
    assert "load it with --data-cut" in outcome.out + outcome.err
    outcome = run(capsys, *into, "--data-cut", "2026-06-30")
    assert outcome.code == 0, outcome.err
    assert "--data-cut" not in outcome.out
    assert read_registry("clinic.duckdb").cut_of().isoformat() == "2026-06-30"
    assert "Write it as 2026-09-30" in run(capsys, *into, "--data-cut", "30.6.2026").err


def test_a_whole_export_with_rows_set_aside_retires_nothing(capsys: Capture) -> None:
    """With --whole a course of care whose row was set aside would be retired: refused, exit 2."""
    assert run(capsys, "ingest", EXPORT, *INTO).code == 0
    before = Path("clinic.duckdb").read_bytes()
    text = EXPORT.read_text(encoding="utf-8-sig").replace(";came;", ";perhaps;", 1)
    Path("export.csv").write_text(text, encoding="utf-8")
    outcome = run(capsys, "ingest", "export.csv", *INTO, "--whole")
    assert outcome.code == 2
    assert "--whole would retire" in outcome.err
    assert Path("clinic.duckdb").read_bytes() == before
    lines = EXPORT.read_text(encoding="utf-8-sig").splitlines()
    fewer = [line for line in lines if not line.startswith("K1001;")]
    Path("fewer.csv").write_text("\n".join(fewer) + "\n", encoding="utf-8")
    assert run(capsys, "ingest", "fewer.csv", *INTO, "--whole").code == 0
    assert read_registry("clinic.duckdb").n_episodes == 47


def test_another_key_is_refused_before_a_row_is_read(
    tmp_path: Path, capsys: Capture, monkeypatch: Patch
) -> None:
    """On a computer with another key the load stops, names the way back, and changes nothing."""
    assert run(capsys, "ingest", EXPORT, *INTO).code == 0
    before = Path("clinic.duckdb").read_bytes()
    monkeypatch.setenv("HINGE_KEY", "ab" * 32)
    outcome = run(capsys, "ingest", "not-there.csv", *INTO)
    assert outcome.code == 2
    assert "hinge key restore" in outcome.err
    monkeypatch.delenv("HINGE_KEY")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "new computer")
    outcome = run(capsys, "ingest", EXPORT, *INTO)
    assert outcome.code == 2
    assert "hinge key restore" in outcome.err
    assert Path("clinic.duckdb").read_bytes() == before


def test_ingest_writes_a_cohort_that_passes_its_check(capsys: Capture) -> None:
    """An export becomes a cohort folder, with an account of every row on the screen."""
    outcome = run(capsys, "ingest", EXPORT, "--mapping", MAPPING, "--out", "records")
    assert outcome.code == 0, outcome.err
    assert "805 rows read = 805 accepted" in outcome.out
    assert ho.read_cohort("records").n_episodes == 48
    checked = run(capsys, "check", "records", "--no-page")
    assert checked.code == 0
    assert checked.out.startswith("Nothing wrong was found.\n")


def test_ingest_reads_what_the_settings_name(capsys: Capture) -> None:
    """With source, mapping and cohort in hinge.toml, the command needs no argument."""
    Path("hinge.toml").write_text(
        f"cohort = 'records'\n[ingest]\nsource = '{EXPORT}'\nmapping = '{MAPPING}'\n",
        encoding="utf-8",
    )
    assert run(capsys, "ingest").code == 0
    assert run(capsys, "check", "--no-page").code == 0


def test_rows_set_aside_are_kept_in_private(tmp_path: Path, capsys: Capture) -> None:
    """A row that cannot be read is stored for its owner alone, outside the cohort, and named."""
    text = EXPORT.read_text(encoding="utf-8-sig").splitlines()
    text[1] = text[1].replace("10/05/2026", "31/31/2026", 1)
    Path("export.csv").write_text("\n".join(text) + "\n", encoding="utf-8")
    outcome = run(capsys, "ingest", "export.csv", "--mapping", MAPPING, "--out", "records")
    assert outcome.code == 0, outcome.err
    kept = sorted(tmp_path / "profile" / name for name in files_below(tmp_path / "profile"))
    assert [path.name for path in kept] == ["fix list.xlsx", "set aside.csv"]
    assert "31/31/2026" in kept[1].read_text(encoding="utf-8")
    assert "31/31/2026" not in outcome.out
    for private in kept:
        assert str(private) in outcome.out
        if os.name == "posix":
            assert private.stat().st_mode & 0o077 == 0
            assert private.parent.stat().st_mode & 0o077 == 0
    assert outcome.out.splitlines()[-1].startswith("Not done: 1 cell to look at.")
    # Read again after it was mended: nothing of the old quarantine stays behind.
    assert run(capsys, "ingest", EXPORT, "--mapping", MAPPING, "--out", "records").code == 0
    assert not files_below(tmp_path / "profile")


def test_cohorts_of_one_name_have_quarantines_of_their_own(tmp_path: Path) -> None:
    """Two folders of the same name in different places never share a private file."""
    one, other = tmp_path / "a" / "r", tmp_path / "b" / "r"
    assert loads.private_folder(one) != loads.private_folder(other)


def test_a_quarantine_may_be_named(tmp_path: Path, capsys: Capture) -> None:
    """With --quarantine and --fix-list both go to those files and nowhere else."""
    lines = EXPORT.read_text(encoding="utf-8-sig").splitlines()
    Path("export.csv").write_text("\n".join([*lines, "one;cell"]) + "\n", encoding="utf-8")
    arguments = [
        "export.csv",
        "--mapping",
        MAPPING,
        "--out",
        "records",
        "--quarantine",
        "aside.csv",
        "--fix-list",
        "fixes.xlsx",
    ]
    assert run(capsys, "ingest", *arguments).code == 0
    assert "one;cell" in Path("aside.csv").read_text(encoding="utf-8")
    assert not (tmp_path / "profile").exists()


def test_an_export_that_is_mostly_set_aside_is_not_taken_in_silence(capsys: Capture) -> None:
    """Read with the wrong order of day and month, most rows fail: exit 2, unless accepted."""
    text = MAPPING.read_text(encoding="utf-8").replace("%d/%m/%Y", "%m/%d/%Y")
    Path("mapping.toml").write_text(text, encoding="utf-8")
    arguments = ["ingest", EXPORT, "--mapping", "mapping.toml", "--out", "records"]
    outcome = run(capsys, *arguments)
    assert outcome.code == 2
    assert "--accept-loss" in outcome.err
    assert files_below(".") == {"mapping.toml"}
    assert run(capsys, *arguments, "--accept-loss").code == 0


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "export.csv is empty"),
        (b"\n\n", "export.csv is empty"),
        (bytes(range(256)) * 9, "not UTF-8 text"),
        (b"\x00\x01\x02" * 99, "export.csv"),
        (b"a,b\n1,2\n", "None of the 27 columns that the mapping names"),
    ],
)
def test_an_export_that_cannot_be_read_writes_nothing(
    content: bytes, message: str, capsys: Capture
) -> None:
    """An empty file, binary noise and foreign columns are one message, exit 2, and no folder."""
    Path("export.csv").write_bytes(content)
    outcome = run(capsys, "ingest", "export.csv", "--mapping", MAPPING, "--out", "records")
    assert outcome.code == 2
    assert message in outcome.err
    assert files_below(".") == {"export.csv"}


def test_a_mapping_that_names_a_missing_column_is_named(capsys: Capture) -> None:
    """The message names the column and lists those that are there."""
    text = MAPPING.read_text(encoding="utf-8").replace('sex = "Gender"', 'sex = "Sexus"')
    Path("mapping.toml").write_text(text, encoding="utf-8")
    outcome = run(capsys, "ingest", EXPORT, "--mapping", "mapping.toml", "--out", "records")
    assert outcome.code == 2
    assert "'Sexus'" in outcome.err
    assert "Gender" in outcome.err
    assert files_below(".") == {"mapping.toml"}


def test_an_export_of_which_no_row_can_enter_writes_nothing(capsys: Capture) -> None:
    """Where every row is set aside, no empty cohort is written in their place."""
    header = EXPORT.read_text(encoding="utf-8-sig").splitlines()[0]
    Path("export.csv").write_text(f"{header}\none;cell\n", encoding="utf-8")
    outcome = run(capsys, "ingest", "export.csv", "--mapping", MAPPING, "--out", "records")
    assert outcome.code == 2
    assert "No row could enter" in outcome.err
    assert files_below(".") == {"export.csv"}


def test_a_full_disk_leaves_no_cohort(monkeypatch: Patch, capsys: Capture) -> None:
    """An intake that finds the disk full is one message, exit 2, and no half-written folder."""
    monkeypatch.setattr("hinge_outcomes.cohort.storage._write_table", raising(errno.ENOSPC))
    outcome = run(capsys, "ingest", EXPORT, "--mapping", MAPPING, "--out", "records")
    assert outcome.code == 2
    assert outcome.err.startswith("hinge: The disk is full: records was not written")
    assert not list(Path.cwd().iterdir())


def test_ingest_says_what_it_needs(capsys: Capture) -> None:
    """Without an export the message names the arguments and the settings."""
    outcome = run(capsys, "ingest")
    assert outcome.code == 2
    assert "--mapping MAPPING" in outcome.err
    assert "[ingest]" in outcome.err
