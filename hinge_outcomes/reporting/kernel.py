"""Start the kernel of a report with this very Python, closed off from the user's Jupyter set-up."""

import os
import sys
from pathlib import Path
from typing import Any

_ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def kernel_environment(folder: Path) -> dict[str, str]:
    """Return what is added to the environment of a report's kernel.

    Parameters
    ----------
    folder : Path
        The private folder of this run.

    Returns
    -------
    dict of str to str
        One thread for linear algebra, none of the user's IPython or matplotlib settings, and a
        search path on which this package is found.

    Examples
    --------
    >>> kernel_environment(Path("run"))["OMP_NUM_THREADS"]
    '1'
    """
    settings = folder / "ipython"
    environment = dict.fromkeys(_ONE_THREAD, "1")
    environment |= {
        "IPYTHONDIR": str(settings),
        "PYTHONSTARTUP": "",
        "MATPLOTLIBRC": str(folder / "matplotlibrc"),
        "PYTHONHASHSEED": "0",
    }
    package = Path(__file__).resolve().parents[2]
    if package.name not in ("site-packages", "dist-packages"):
        paths = [str(package), os.environ.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return environment


def kernel_manager_class(folder: Path) -> type[Any]:
    """Return a kernel manager that starts ``sys.executable``, whatever kernels are installed.

    Jupyter finds kernels by name on ``JUPYTER_PATH``, where a stranger's ``python3`` may come
    first. This manager asks nobody: it carries its own kernel specification. Where the libraries
    can, what manager and kernel say to each other is encrypted.

    Parameters
    ----------
    folder : Path
        The private folder of this run; connection file and settings go there.

    Returns
    -------
    type
        A subclass of jupyter_client's AsyncKernelManager.
    """
    import zmq
    from jupyter_client.kernelspec import KernelSpec
    from jupyter_client.manager import AsyncKernelManager

    # A template variable in a value would be filled in by jupyter_client: "$" is doubled.
    environment = {
        name: value.replace("$", "$$") for name, value in kernel_environment(folder).items()
    }
    (folder / "matplotlibrc").touch()
    spec = KernelSpec(
        # The log level hides ipykernel's notes on transport and interrupts: what a reader should
        # know comes as an error of this package.
        argv=[
            sys.executable,
            "-m",
            "ipykernel_launcher",
            "-f",
            "{connection_file}",
            "--log-level=CRITICAL",
        ],
        display_name="hinge_outcomes",
        language="python",
        env=environment,
        metadata={"supported_encryption": "curve"},
    )

    class ReportKernelManager(AsyncKernelManager):
        @property
        def kernel_spec(self) -> KernelSpec:
            return spec

        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            self.connection_file = str(folder / "kernel.json")
            if self.has_trait("transport_encryption") and zmq.has("curve"):
                self.transport_encryption = "auto"

    return ReportKernelManager
