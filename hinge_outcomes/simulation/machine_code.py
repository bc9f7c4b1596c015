"""Compile the patient-by-patient functions of the simulator to machine code, through numba."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(function: Function) -> Function:
    """Compile a function when it is first called from another compiled one.

    Parameters
    ----------
    function : callable
        Scalars, arrays, records and named tuples in, scalars out; arrays and records may be filled.

    Returns
    -------
    callable
        The same function; division by zero gives infinity, as in NumPy.
    """
    return cast(Function, numba.njit(nogil=True, error_model="numpy")(function))


def compiled_and_kept(function: Function) -> Function:
    """Compile a function that Python calls, and keep the machine code for the next process.

    numba takes its copy from the disk as long as the file of this one function is unchanged,
    whatever became of the functions it calls. So the function must be a closure over
    `sources_digest`: numba compares what a closure holds.

    Parameters
    ----------
    function : callable
        A closure over the digest.

    Returns
    -------
    callable
        The compiled function, which does not hold Python's global lock while it runs.
    """
    try:
        return cast(Function, numba.njit(nogil=True, error_model="numpy", cache=True)(function))
    except RuntimeError:  # no folder that may be written to: compile in every process
        return compiled(function)


def sources_digest() -> int:
    """Give a number that changes with every change to the simulator's source files.

    Returns
    -------
    int
        63 bits of a hash.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return int.from_bytes(digest.digest()[:8], "little") >> 1
