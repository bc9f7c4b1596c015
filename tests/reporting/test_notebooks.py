"""Finding and executing notebooks."""

import json
import logging
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from hinge_outcomes.exceptions import ParameterError, ReportError
from hinge_outcomes.reporting import notebooks
from hinge_outcomes.reporting.notebooks import execute_notebook, notebook_names, read_notebook


def written(*sources):
    """Return a notebook of a parameters cell, a heading and these code cells."""
    cells = [
        new_code_cell("a = 1", metadata={"tags": ["parameters"]}),
        new_markdown_cell("## Pain\n\nwords"),
        *(new_code_cell(source) for source in sources),
    ]
    return nbformat.writes(new_notebook(cells=cells))


def said(notebook):
    """Return what the cells printed, in order."""
    return [
        output.text.strip()
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "stream"
    ]


def test_a_false_kernel_does_not_matter(tmp_path, monkeypatch, capfd):
    """A broken ``python3`` first on JUPYTER_PATH is never started, and the run says nothing."""
    spec = tmp_path / "kernels" / "python3"
    spec.mkdir(parents=True)
    false = {"argv": ["/bin/false", "{connection_file}"], "display_name": "x", "language": "python"}
    (spec / "kernel.json").write_text(json.dumps(false), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    seen = []
    source = "import os, sys; print(sys.executable, os.environ['OMP_NUM_THREADS'], a, os.getcwd())"
    executed = execute_notebook(
        written(source, "import hinge_outcomes"),
        {"a": 2},
        progress=lambda done, total: seen.append((done, total)),
    )
    python, threads, value, folder = said(executed)[0].split()
    assert (python, threads, value) == (sys.executable, "1", "2")
    assert Path(folder) != Path.cwd()
    assert not Path(folder).exists()
    assert seen == [(1, 4), (1, 4), (3, 4), (4, 4)]
    assert capfd.readouterr() == ("", "")


def test_an_error_of_this_package_is_told(capfd):
    """A failing cell is named by position and heading, with this package's message and no more."""
    source = "from hinge_outcomes.exceptions import NoEventsError\nraise NoEventsError('Nobody.')"
    with pytest.raises(ReportError) as caught:
        execute_notebook(written(source), {"a": 2}, name="pain-reduction")
    message = str(caught.value)
    assert "'pain-reduction' stopped in cell 3, under “Pain”: NoEventsError: Nobody." in message
    assert "Traceback" not in message
    assert capfd.readouterr() == ("", "")


def test_an_error_of_another_library_is_not_repeated():
    """A message that could quote a record is replaced by its type and the way to see it."""
    with pytest.raises(ReportError) as caught:
        execute_notebook(written("{}['P17']"), {})
    assert "cell 3, under “Pain” with KeyError" in str(caught.value)
    assert "P17" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_kernel_that_dies_is_told():
    """A process that ends in a cell is one sentence, not a hang."""
    with pytest.raises(ReportError, match="died in cell 3"):
        execute_notebook(written("import os; os._exit(3)"), {})


def test_a_cell_without_end_is_stopped():
    """A cell that takes longer than allowed ends the run."""
    with pytest.raises(ReportError, match="more than 1 s"):
        execute_notebook(written("import time; time.sleep(60)"), {}, cell_limit_seconds=1)


def test_an_unknown_parameter_never_starts_a_kernel(monkeypatch):
    """A parameter that the notebook does not set is refused before papermill runs."""
    monkeypatch.setattr("papermill.execute_notebook", lambda *a, **k: pytest.fail("started"))
    with pytest.raises(ParameterError, match=r"\['b'\].*\['a'\]"):
        execute_notebook(written(), {"b": 1})
    with pytest.raises(ReportError, match="0 cells tagged"):
        execute_notebook(nbformat.writes(new_notebook()), {})


def test_a_hostile_parameter_stays_a_text():
    """A value full of quotes and line ends arrives as the text it is."""
    value = '\'"\\\n"""; raise SystemExit  # ü \u202e'
    executed = execute_notebook(written("print(ascii(a))"), {"a": value})
    assert said(executed) == [ascii(value)]


def test_logging_is_left_as_it_was():
    """Quiet execution leaves the levels of the loggers alone."""
    before = logging.getLogger("papermill").level
    execute_notebook(written(), {})
    assert logging.getLogger("papermill").level == before


def test_packaged_notebooks_are_found_in_a_checkout_and_in_a_wheel(tmp_path, monkeypatch):
    """The notebooks come from the checkout, or from the package where there is none."""
    assert notebook_names() == tuple(sorted(notebook_names()))
    folder = tmp_path / "_notebooks"
    folder.mkdir()
    (folder / "demo.ipynb").write_text("{}", encoding="utf-8")
    monkeypatch.setattr(notebooks, "__file__", str(tmp_path / "a" / "b" / "notebooks.py"))
    monkeypatch.setattr(notebooks, "files", lambda package: tmp_path)
    assert notebook_names() == ("demo",)
    assert read_notebook("demo") == "{}"
    with pytest.raises(ReportError, match="nonesuch"):
        read_notebook("nonesuch")
