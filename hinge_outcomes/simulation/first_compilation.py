"""Compile the simulator in a process of its own, which gives back the memory that compiling takes.

Compiling takes about 150 MB that numba does not return. Machine code that is on the disk already is
loaded in a moment and takes a tenth of that.
"""

import subprocess
import sys
from typing import Any

import numba
import numpy as np

from hinge_outcomes.simulation.care import patient_follower
from hinge_outcomes.simulation.generator import simulated_runs
from hinge_outcomes.simulation.inputs import simulated_places, simulation_inputs
from hinge_outcomes.simulation.records import CARE, PAGE
from hinge_outcomes.simulation.scenario import Scenario

_COMMAND = "from hinge_outcomes.simulation.first_compilation import compile_here; compile_here()"


def compile_apart() -> None:
    """Compile the simulator in another process, unless its machine code is on the disk.

    Where that process fails, nothing is lost: this one compiles when it first simulates.
    """
    if is_on_disk() or not sys.executable:
        return
    subprocess.run(
        [sys.executable, "-c", _COMMAND],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def compile_here() -> None:
    """Compile the simulator in this process and leave its machine code on the disk."""
    scenario = Scenario.default()
    next(simulated_runs(scenario, simulated_places(scenario, 0), 0, chunk_size=1))


def is_on_disk() -> bool:
    """Tell whether the machine code of this very simulator is on the disk.

    Returns
    -------
    bool
        True also where numba keeps none or does not say: another process would not help then.
    """
    scenario = Scenario.default()
    arguments = (
        simulation_inputs(scenario),
        simulated_places(scenario, 0),
        np.uint64(0),
        0,
        1,
        np.empty(1, PAGE),
        np.empty(1, CARE),
    )
    follower: Any = patient_follower()
    kind_of: Any = numba.typeof
    try:
        cache = follower._cache
        if cache.cache_path is None:
            return True
        kinds = tuple(kind_of(each) for each in arguments)
        return cache.load_overload(kinds, follower.targetctx) is not None
    except AttributeError:  # another numba, which names these otherwise
        return True
