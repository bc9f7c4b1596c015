"""One call from records to pages."""

import errno
import hashlib
import json
import re
import stat
from pathlib import Path

import nbformat
import pytest

from hinge_outcomes.cohort import atomic_files
from hinge_outcomes.cohort.registry import open_registry
from hinge_outcomes.cohort.storage import write_cohort
from hinge_outcomes.exceptions import DataError, ParameterError, ReportError
from hinge_outcomes.reporting import render
from hinge_outcomes.reporting.notebooks import execute_notebook
from hinge_outcomes.reporting.parameters import REPORTS
from hinge_outcomes.reporting.render import render_report, report_stem
from tests.reporting.sample import (
    executed,
    published,
    sample_blocks,
    sample_notebook,
    sample_title,
    small_cohort,
)

ASKED = {"clinic_id": "C01", "quarter": "2026Q3"}


@pytest.fixture
def no_kernel(monkeypatch):
    """Publish the sample without a kernel; what the notebook was asked is returned."""
    asked = {}

    def execute(notebook, parameters, **settings):
        asked.update(parameters)
        asked["is_private"] = _is_private(Path(parameters["cohort"]).parent)
        title = sample_title(audience=parameters["audience"], clinic=parameters["clinic_name"])
        settings["progress"](1, 1)
        return executed(published(title, *sample_blocks()))

    monkeypatch.setattr(render, "read_notebook", lambda name: "")
    monkeypatch.setattr(render, "execute_notebook", execute)
    return asked


def _is_private(folder):
    return stat.S_IMODE(folder.stat().st_mode) & 0o077 == 0


def test_one_call_makes_page_pdf_and_manifest(tmp_path, monkeypatch, capfd):
    """A real kernel runs the notebook; page, PDF and manifest stand in the folder, whole."""
    text = nbformat.writes(sample_notebook())
    monkeypatch.setattr(render, "read_notebook", lambda name: text)
    steps = []
    made = render_report(
        "quarterly-outcomes",
        small_cohort(),
        ASKED,
        tmp_path / "out",
        progress=lambda step, done, total: steps.append(step),
    )
    stem = "quarterly-outcomes_C01_2026Q3"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{stem}.html",
        f"{stem}.manifest.json",
        f"{stem}.pdf",
    ]
    assert "Riverside Physiotherapy" in made.paths["html"].read_text(encoding="utf-8")
    assert made.paths["pdf"].read_bytes().startswith(b"%PDF")
    assert list(made.timings) == list(dict.fromkeys(steps))
    assert made.messages == ()
    manifest = json.loads(made.paths["manifest"].read_text(encoding="utf-8"))
    assert manifest["parameters"]["quarter"] == "2026Q3"
    assert manifest["warned_cells"] == []
    assert capfd.readouterr() == ("", "")


def test_two_runs_differ_in_the_time_alone(tmp_path, no_kernel):
    """Two runs give the same page but for the time in its footer."""
    pages = []
    for run in "ab":
        made = render_report("quarterly-outcomes", small_cohort(), ASKED, tmp_path / run)
        page = made.paths["html"].read_text(encoding="utf-8")
        page, count = re.subn(r"<dd>[\d-]+ [\d:]+ UTC</dd>", "", page)
        assert count == 1
        pages.append(page)
    assert pages[0] == pages[1]


def test_a_cohort_in_memory_goes_through_a_private_folder(tmp_path, no_kernel):
    """The temporary folder is closed to others while the notebook runs, and gone afterwards."""
    render_report("quarterly-outcomes", small_cohort(), ASKED, tmp_path, formats=["html"])
    assert no_kernel["is_private"]
    assert not Path(no_kernel["cohort"]).exists()


def test_a_cohort_folder_is_used_where_it_is(tmp_path, no_kernel):
    """A folder is handed to the notebook by its full path, and its name is not on the page."""
    folder = write_cohort(small_cohort(), tmp_path / "records")
    made = render_report("quarterly-outcomes", folder, ASKED, tmp_path / "out", formats="html")
    assert no_kernel["cohort"] == str(folder.resolve())
    assert "records" not in made.paths["html"].read_text(encoding="utf-8")
    assert set(made.paths) == {"html", "manifest"}
    stored = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["tables"]
    shown = json.loads(made.paths["manifest"].read_text(encoding="utf-8"))["data"]["tables"]
    assert {name: table["content_hash"] for name, table in stored.items()} == {
        name: table["content_hash"] for name, table in shown.items()
    }


def test_a_registry_goes_through_a_private_folder(tmp_path, no_kernel):
    """The records of a registry reach the notebook as they were when the report began."""
    path = tmp_path / "clinic.duckdb"
    with open_registry(path, create=True) as registry:
        registry.load(small_cohort())
    made = render_report("quarterly-outcomes", path, ASKED, tmp_path / "out", formats="html")
    assert no_kernel["is_private"]
    assert Path(no_kernel["cohort"]).name == "cohort"
    assert not Path(no_kernel["cohort"]).exists()
    in_memory = render_report("quarterly-outcomes", small_cohort(), ASKED, tmp_path / "memory")
    told = [
        json.loads(each.paths["manifest"].read_text(encoding="utf-8"))["data"]
        for each in (made, in_memory)
    ]
    assert told[0] == told[1]


def test_internal_stands_in_the_file_name(tmp_path, no_kernel):
    """An internal report cannot be taken for a released one by its name."""
    asked = {**ASKED, "audience": "internal"}
    made = render_report("quarterly-outcomes", small_cohort(), asked, tmp_path)
    assert all("_INTERNAL." in path.name for path in made.paths.values())


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("quarterly", {}, "Did you mean 'quarterly-outcomes'"),
        ("quarterly-outcomes", {"parameters": {"clinic_id": "C9"}}, "C01"),
        ("quarterly-outcomes", {"parameters": {"cohort": "x"}}, "cohort="),
        ("quarterly-outcomes", {"formats": ["docx"]}, "html or pdf"),
        ("quarterly-outcomes", {"formats": []}, "html or pdf"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(tmp_path, monkeypatch, name, settings, words):
    """A mistake is one message, before a kernel starts or a folder is made."""
    monkeypatch.setattr(render, "execute_notebook", lambda *a, **k: pytest.fail("started"))
    with pytest.raises(ParameterError, match=re.escape(words)):
        render_report(name, small_cohort(), out=tmp_path / "out", **settings)
    assert not (tmp_path / "out").exists()


def test_records_that_are_not_there_are_told(tmp_path):
    """A folder that is no cohort is one message."""
    with pytest.raises(DataError, match="no cohort"):
        render_report("quarterly-outcomes", tmp_path / "nothing", ASKED, tmp_path)


def test_a_full_disk_leaves_nothing(tmp_path, monkeypatch, no_kernel):
    """When the disk is full at the second file, the message says so and no file is left."""
    sync = atomic_files.os.fsync
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    folder = write_cohort(small_cohort(), tmp_path / "records")
    monkeypatch.setattr(atomic_files.os, "fsync", full)
    with pytest.raises(ReportError, match="disk is full"):
        render_report("quarterly-outcomes", folder, ASKED, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_leaves_the_older_report_together(tmp_path, monkeypatch, no_kernel):
    """When the disk is full at the second file, every file of the older report stands unchanged."""
    folder = write_cohort(small_cohort(), tmp_path / "records")
    made = render_report("quarterly-outcomes", folder, ASKED, tmp_path / "out")
    for path in made.paths.values():
        path.write_bytes(b"older")
    sync = atomic_files.os.fsync
    calls = []

    def full(handle):
        calls.append(handle)
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    monkeypatch.setattr(atomic_files.os, "fsync", full)
    with pytest.raises(ReportError, match="disk is full"):
        render_report("quarterly-outcomes", folder, ASKED, tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == dict.fromkeys(
        made.paths.values(), b"older"
    )


def test_an_open_pdf_gets_a_second_name(tmp_path, monkeypatch, no_kernel):
    """A PDF held open by another program gives one sentence and a second file."""
    replace = Path.replace

    def held(self, target):
        if Path(target).name.endswith("2026Q3.pdf"):
            raise PermissionError(errno.EACCES, "in use")
        return replace(self, target)

    older = tmp_path / "quarterly-outcomes_C01_2026Q3.html"
    older.write_bytes(b"older")
    monkeypatch.setattr(Path, "replace", held)
    made = render_report("quarterly-outcomes", small_cohort(), ASKED, tmp_path)
    assert made.paths["pdf"].name == "quarterly-outcomes_C01_2026Q3 (2).pdf"
    assert made.paths["html"] == older
    assert older.read_bytes() != b"older"
    assert len(made.messages) == 1
    assert made.paths["pdf"].name in made.messages[0]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_closed_folder_is_told(tmp_path, monkeypatch, no_kernel):
    """A folder that nobody may write to is one message that names it."""

    def closed(**settings):
        raise PermissionError(errno.EACCES, "closed")

    folder = write_cohort(small_cohort(), tmp_path / "records")
    monkeypatch.setattr(atomic_files.tempfile, "mkstemp", closed)
    with pytest.raises(ReportError, match="cannot be written to"):
        render_report("quarterly-outcomes", folder, ASKED, tmp_path / "out")


def test_a_page_cannot_lose_its_marks(tmp_path, monkeypatch, no_kernel):
    """A title that hides that patients are invented, or who may read, stops the report."""
    with pytest.raises(ReportError, match="is_synthetic"):
        render_report("quarterly-outcomes", small_cohort(is_synthetic=False), ASKED, tmp_path)
    monkeypatch.setattr(
        render, "execute_notebook", lambda *a, **k: executed(published(sample_title()))
    )
    with pytest.raises(ReportError, match="audience"):
        render_report(
            "quarterly-outcomes", small_cohort(), {**ASKED, "audience": "internal"}, tmp_path
        )
    assert list(tmp_path.iterdir()) == []


def test_a_failing_notebook_writes_nothing(tmp_path, monkeypatch):
    """A cell that fails leaves no file, and the message names notebook and cell."""
    text = nbformat.writes(sample_notebook("1 / 0"))
    monkeypatch.setattr(render, "read_notebook", lambda name: text)
    monkeypatch.setattr(render, "execute_notebook", execute_notebook)
    with pytest.raises(ReportError, match=r"'quarterly-outcomes' stopped in cell 6"):
        render_report("quarterly-outcomes", small_cohort(), ASKED, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("clinic", "stem"),
    [
        ("C01", "r_C01"),
        ("W" * 40, "r_" + "W" * 40),
        ("../../etc/passwd", "r_etc-passwd-HASH"),
        ("C\u202e01", "r_C-U-202E-01-HASH"),
        ("CON:|?*", "r_CON-HASH"),
        ("Zürich Süd", "r_Z-rich-S-d-HASH"),
        ("...", "r_x-HASH"),
        ("", "r_x-HASH"),
        ("\ud800", "r_U-D800-HASH"),
        ("internal", "r_internal-HASH"),
        ("W" * 41, "r_" + "W" * 33 + "-HASH"),
    ],
)
def test_file_names_are_safe(clinic, stem):
    """A clinic's id becomes short and safe in a file name, with a hash where that changed it."""
    digest = hashlib.sha256(clinic.encode("utf-8", "surrogatepass")).hexdigest()[:6]
    assert report_stem("r", {"clinic_id": clinic}) == stem.replace("HASH", digest)


@pytest.mark.parametrize(
    ("name", "asked", "stem"),
    [
        ("quarterly-outcomes", ASKED, "quarterly-outcomes_C01_2026Q3"),
        (
            "quarterly-outcomes",
            {**ASKED, "clinic_name": "Riverside", "paper": "letter", "audience": "internal"},
            "quarterly-outcomes_C01_2026Q3_INTERNAL",
        ),
        (
            "time-to-mastery",
            {"stage": "4", "kind": "first", "horizon_day": 365},
            "time-to-mastery_4_first",
        ),
        (
            "time-to-mastery",
            {"horizon_day": 180, "kind": "first", "stage": "4"},
            "time-to-mastery_4_first_horizon_day-180",
        ),
        ("pain-reduction", {"instrument": "nprs", "at_day": 91}, "pain-reduction_nprs_91"),
        ("getting-started", {"clinic_id": None, "audience": "release"}, "getting-started"),
    ],
)
def test_file_names_say_what_was_asked(name, asked, stem):
    """The usual names stay simple; a parameter without its own place stands there by name."""
    assert report_stem(name, asked) == stem


def test_no_two_reports_share_a_file_name():
    """Ids made or cut alike, all clinics and one clinic, and each parameter give other names."""
    clinics = (None, "A B", "A/B", "A-B", "A_B", "W" * 41, "W" * 42, "INTERNAL")
    stems = [
        report_stem(definition.name, {"clinic_id": clinic, "audience": audience, **asked})
        for definition in REPORTS.values()
        for clinic in clinics
        for audience in ("release", "internal")
        for asked in _one_changed(definition)
    ]
    assert len({stem.lower() for stem in stems}) == len(stems)


def _one_changed(definition):
    left_out = {"cohort", "clinic_id", "clinic_name", "audience", "paper"}
    items = [item for item in definition.parameters if item.name not in left_out]
    usual = {item.name: item.default for item in items}
    yield usual
    for item in items:
        for value in item.choices or (180, 181):
            if value != item.default:
                yield {**usual, item.name: value}


def test_the_longest_file_name_is_short_enough():
    """With every part at its longest, the second name of a manifest stays under 120 characters."""
    asked = {"clinic_id": "W" * 99, "stage": "target", "kind": "maintained", "audience": "internal"}
    stems = {
        report_stem("time-to-mastery", {**asked, "horizon_day": day})
        for day in (10**80, 10**80 + 1, 10**90)
    }
    assert len(stems) == 3
    for stem in stems:
        assert len(f"{stem}.manifest (99).json") < 120
        assert stem.endswith("_INTERNAL")


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(tmp_path, no_kernel):
    """A file where the folder should be is refused before the notebook starts."""
    (tmp_path / "out").write_text("x", encoding="utf-8")
    with pytest.raises(ReportError, match="A file stands where the folder"):
        render_report("quarterly-outcomes", small_cohort(), ASKED, tmp_path / "out")
    assert not no_kernel
