"""A script for R that refits a model, with the rows it reads and our numbers to hold against."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

SCRIPT, OURS = "check.R", "ours.csv"

_HEAD = """\
# Refits in R's {library} what hinge_outcomes estimated: {about}.
# Run in this folder: Rscript {script}
# It prints our numbers beside R's, and writes them to compared.csv. The other files hold one row
# per observation of single patients, under running numbers: keep them as you keep patient data.
suppressPackageStartupMessages(library({library}))
ours <- read.csv("{ours}", encoding = "UTF-8")

"""

_FOOT = """
compared <- cbind(ours, R = theirs, difference = theirs - ours$ours)
options(digits = 10, width = 160, max.print = 100000)
print(compared, row.names = FALSE)
cat("\\nLargest difference, relative where the number is above 1:",
    format(max(abs(compared$difference) / pmax(1, abs(compared$ours)), na.rm = TRUE), digits = 3),
    "\\n", R.version.string, ", {library} ", as.character(packageVersion("{library}")), "\\n",
    sep = "")
write.csv(compared, "compared.csv", row.names = FALSE)
"""


@dataclass(frozen=True, slots=True, eq=False)
class RCheck:
    """Hold what R needs to fit a model again.

    Parameters
    ----------
    about : str
        What was estimated, in words that go on a line of comment.
    library : str
        The package of R that fits it.
    tables : mapping of str to DataFrame
        The rows to fit, by the name of their file without its ending; subjects and clusters are
        running numbers.
    ours : DataFrame
        Our numbers: what each is, then ``ours``.
    body : str
        R code that reads the tables and makes ``theirs``: one number per row of ``ours``.
    """

    about: str
    library: str
    tables: Mapping[str, pd.DataFrame]
    ours: pd.DataFrame
    body: str

    def script(self) -> str:
        """Give the whole script.

        Returns
        -------
        str
            R code that prints our numbers beside R's.
        """
        words = {
            "about": " ".join(self.about.split()),
            "library": self.library,
            "script": SCRIPT,
            "ours": OURS,
        }
        return _HEAD.format(**words) + self.body.strip("\n") + "\n" + _FOOT.format(**words)

    def files(self) -> dict[str, str]:
        """Give everything as texts.

        Returns
        -------
        dict of str to str
            By file name: the script, our numbers, the rows to fit.
        """
        tables = {f"{name}.csv": table for name, table in self.tables.items()}
        texts = {
            name: table.to_csv(index=False, lineterminator="\n", na_rep="NA")
            for name, table in {OURS: self.ours, **tables}.items()
        }
        return {SCRIPT: self.script(), **texts}


def r_vector(values: Sequence[float] | Sequence[str] | npt.NDArray[np.generic]) -> str:
    """Write values as a vector of R, to the last digit.

    Parameters
    ----------
    values : sequence of float or str
        Numbers or texts.

    Returns
    -------
    str
        Such as ``c(1, 2)``.

    Examples
    --------
    >>> r_vector([1, 2]), r_vector(["a", "b"])
    ('c(1, 2)', 'c("a", "b")')
    """
    return f"c({', '.join(_literal(value) for value in np.asarray(values).tolist())})"


def running_numbers(values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Replace labels by numbers that say nothing of them: 1 for the first that occurs.

    Parameters
    ----------
    values : array_like, shape (n,)
        Labels or numbers of subjects.

    Returns
    -------
    ndarray of int, shape (n,)
        Numbers from 1.

    Examples
    --------
    >>> running_numbers(np.array([7, 7, 3])).tolist()
    [1, 1, 2]
    """
    numbers: npt.NDArray[np.int64] = pd.factorize(np.asarray(values))[0].astype(np.int64) + 1
    return numbers


def _literal(value: float | str) -> str:
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)
