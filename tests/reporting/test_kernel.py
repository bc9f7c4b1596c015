"""The kernel of a report."""

import os
import stat
import sys
from pathlib import Path

from hinge_outcomes.reporting.kernel import kernel_environment, kernel_manager_class


def test_the_kernel_is_this_python_whatever_is_installed(tmp_path):
    """The manager answers with its own specification for any kernel name."""
    manager = kernel_manager_class(tmp_path)(kernel_name="no-such-kernel")
    assert manager.kernel_spec.argv[:3] == [sys.executable, "-m", "ipykernel_launcher"]
    assert Path(manager.connection_file).parent == tmp_path


def test_the_kernel_finds_this_package(tmp_path, monkeypatch):
    """The search path starts with this package's home and keeps what the user had."""
    import hinge_outcomes

    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    paths = kernel_environment(tmp_path)["PYTHONPATH"].split(os.pathsep)
    assert paths == [str(Path(hinge_outcomes.__file__).resolve().parents[1]), "elsewhere"]


def test_the_user_settings_stay_outside(tmp_path):
    """IPython's start-up files and matplotlib's settings come from the private folder."""
    environment = kernel_environment(tmp_path)
    assert environment["IPYTHONDIR"].startswith(str(tmp_path))
    assert environment["MATPLOTLIBRC"].startswith(str(tmp_path))
    assert environment["PYTHONSTARTUP"] == ""


def test_a_dollar_in_a_path_is_left_alone(tmp_path):
    """A template sign in the folder's name is not filled in by jupyter_client."""
    folder = tmp_path / "a$HOME"
    folder.mkdir()
    spec = kernel_manager_class(folder)(kernel_name="x").kernel_spec
    assert "a$$HOME" in spec.env["IPYTHONDIR"]
    assert stat.S_ISREG((folder / "matplotlibrc").stat().st_mode)
