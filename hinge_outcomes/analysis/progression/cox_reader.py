"""Read a frame of rows (start, stop] into the arrays of a Cox model."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.analysis.formulas import Covariates, make_covariates, read_variables
from hinge_outcomes.analysis.progression.refused_rows import check_columns, refuse_rows
from hinge_outcomes.analysis.progression.risk_sets import Flags, Floats, Integers
from hinge_outcomes.exceptions import DataError


@dataclass(frozen=True, slots=True, repr=False)
class CoxRows:
    """Hold the complete rows of a frame as numbers.

    Parameters
    ----------
    covariates : Covariates
        What the columns of the formula are.
    start, stop : ndarray, shape (n,)
        Bounds; a start of minus infinity means from the beginning.
    is_event : ndarray of bool, shape (n,)
        Whether the row ends in the event.
    weight : ndarray, shape (n,)
        Case weights, above 0.
    stratum : ndarray, shape (n,)
        Stratum numbers.
    strata : DataFrame
        The values of the stratum columns, one row per stratum number.
    cluster : ndarray, shape (n,), or None
        Cluster numbers, if errors are to allow for clusters.
    n_clusters : int
        How many clusters there are; 0 without.
    cluster_name : str or None
        What the clusters are.
    kept : ndarray, shape (n,)
        Places of these rows in the frame.
    n_dropped : int
        Rows left out for a missing value.
    """

    covariates: Covariates
    start: Floats
    stop: Floats
    is_event: Flags
    weight: Floats
    stratum: Integers
    strata: pd.DataFrame
    cluster: Integers | None
    n_clusters: int
    cluster_name: str | None
    kept: Integers
    n_dropped: int

    def some(self, is_kept: Flags, is_event: Flags, covariates: Covariates) -> "CoxRows":
        """Take some of the rows, with another event.

        Parameters
        ----------
        is_kept : ndarray of bool, shape (n,)
            Which rows.
        is_event : ndarray of bool, shape (n,)
            Whether each row ends in the event.
        covariates : Covariates
            The columns that go with them.

        Returns
        -------
        CoxRows
            Strata and clusters that have no row left are forgotten.
        """
        strata, stratum = np.unique(self.stratum[is_kept], return_inverse=True)
        cluster, n_clusters = None, 0
        if self.cluster is not None:
            labels, cluster = np.unique(self.cluster[is_kept], return_inverse=True)
            n_clusters = len(labels)
        return replace(
            self,
            covariates=covariates,
            start=self.start[is_kept],
            stop=self.stop[is_kept],
            is_event=is_event[is_kept],
            weight=self.weight[is_kept],
            stratum=stratum,
            strata=self.strata.iloc[strata].reset_index(drop=True),
            cluster=cluster,
            n_clusters=n_clusters,
            kept=self.kept[is_kept],
        )


def read_rows(
    frame: pd.DataFrame,
    formula: str,
    *,
    start: str | None,
    stop: str,
    event: str,
    strata: str | Sequence[str] | None = None,
    cluster: str | npt.ArrayLike | None = None,
    weights: str | npt.ArrayLike | None = None,
) -> tuple[CoxRows, Floats]:
    """Read rows into arrays; leave out and count those with a missing value in a column used.

    Rows of weight 0 are left out too. Weights that are not whole numbers are no counts of cases:
    without ``cluster`` each row is then a cluster of its own, as in R.

    Parameters
    ----------
    frame : DataFrame
        One row per (start, stop].
    formula : str
        The covariates.
    start : str or None
        Column with the start; None means that all are at risk from the beginning.
    stop, event : str
        Columns with the stop and with the event (True or 1, False or 0).
    strata : str or sequence of str, optional
        Columns whose values make strata.
    cluster, weights : str or array_like, optional
        Column, or one value per row.

    Returns
    -------
    CoxRows
        Everything but the covariates' columns.
    ndarray, shape (p, n)
        The covariates' columns.

    Raises
    ------
    DataError
        If a column is missing, no row is complete, a start is not before its stop, or a time,
        event or weight is not what it must be.
    AnalysisError
        If the formula cannot be used.

    Examples
    --------
    >>> frame = pd.DataFrame({"start": [0, 0], "stop": [3, 5], "event": [1, 0], "age": [60, None]})
    >>> rows, columns = read_rows(frame, "age", start="start", stop="stop", event="event")
    >>> rows.n_dropped, columns.tolist()
    (1, [[60.0]])
    """
    strata = [strata] if isinstance(strata, str) else list(strata or [])
    variables = read_variables(formula)
    named = [name for name in (start, cluster, weights) if isinstance(name, str)]
    check_columns(frame, [stop, event, *named, *strata, *variables])
    used = frame[list(dict.fromkeys([*variables, *strata]))]
    group = _per_row(frame, cluster, "cluster")
    weight = _per_row(frame, weights, "weights")
    end = numbers_or_missing(frame[stop], stop)
    begin = (
        np.full(len(frame), -np.inf) if start is None else numbers_or_missing(frame[start], start)
    )
    refuse_rows(
        begin >= end,
        f"{stop} is not later than {start}",
        "Every row needs a length; give an event on day 0 half a day (stop 0.5).",
    )
    happened = _events(frame[event], event)
    mass = np.ones(len(frame)) if weight is None else numbers_or_missing(weight, "weights")
    refuse_rows(mass < 0, "A weight is negative", "A weight is 0 or more.")
    is_complete = ~(np.isnan(begin) | np.isnan(end) | np.isnan(happened) | np.isnan(mass))
    is_complete &= used.notna().all(axis=1).to_numpy(dtype=bool)
    if group is not None:
        is_complete &= group.notna().to_numpy(dtype=bool)
    kept = np.flatnonzero(is_complete & (mass != 0))
    if not len(kept):
        raise DataError(
            f"None of the {len(frame):,} rows is complete in the columns that the model reads: "
            f"{', '.join([*([start] if start else []), stop, event, *used.columns])}."
        )
    complete = used if len(kept) == len(frame) else used.iloc[kept]
    covariates, columns = make_covariates(formula, complete)
    stratum, labels = _strata(complete[strata])
    cluster_name = cluster if isinstance(cluster, str) else "cluster"
    codes: Integers | None = None
    if group is not None:
        codes = pd.factorize(group.iloc[kept])[0].astype(np.int64)
    elif (mass != np.rint(mass)).any():
        codes, cluster_name = np.arange(len(kept)), "row"
    return CoxRows(
        covariates=covariates,
        start=begin[kept],
        stop=end[kept],
        is_event=happened[kept] == 1,
        weight=mass[kept],
        stratum=stratum,
        strata=labels,
        cluster=codes,
        n_clusters=0 if codes is None else int(codes.max() + 1),
        cluster_name=None if codes is None else cluster_name,
        kept=kept,
        n_dropped=int((~is_complete).sum()),
    ), np.ascontiguousarray(columns.T)


def _per_row(
    frame: pd.DataFrame, values: str | npt.ArrayLike | None, name: str
) -> pd.Series | None:
    if values is None:
        return None
    if isinstance(values, str):
        return frame[values]
    series = pd.Series(values)
    if len(series) != len(frame):
        raise DataError(
            f"{name} has {len(series)} values for {len(frame)} rows. "
            "Give one per row, or the name of a column."
        )
    return series


def numbers_or_missing(column: pd.Series, name: str) -> Floats:
    """Read a column as numbers; missing values stay missing.

    Parameters
    ----------
    column : Series
        The column.
    name : str
        Its name, for messages.

    Returns
    -------
    ndarray, shape (n,)
        Numbers, NaN where missing.

    Raises
    ------
    DataError
        If a value is not a number, or infinite.
    """
    try:
        values = column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError):
        # The cause would quote a value of the column, so it is cut off here.
        raise DataError(
            f"{name} is not a number in every row (its type is {column.dtype}). Give numbers, "
            "such as days since the start."
        ) from None
    refuse_rows(np.isinf(values), f"{name} is infinite", "Give a number, or leave it missing.")
    return np.asarray(values, dtype=float)


def _events(column: pd.Series, name: str) -> Floats:
    values = numbers_or_missing(column, name)
    refuse_rows(
        ~np.isin(values, [0, 1]) & ~np.isnan(values),
        f"{name} is neither 0 nor 1",
        "Write 1 or True where the row ends in the event, 0 or False where it does not.",
    )
    return values


def _strata(columns: pd.DataFrame) -> tuple[Integers, pd.DataFrame]:
    """Number the combinations of values that occur, in their sorted order."""
    if not columns.shape[1]:
        return np.zeros(len(columns), dtype=np.int64), pd.DataFrame(index=[0])
    codes: Any = np.zeros(len(columns), dtype=np.int64)
    for name in columns.columns:
        own, labels = pd.factorize(columns[name], sort=True)
        codes = np.unique(codes * max(len(labels), 1) + own, return_inverse=True)[1]
    first = np.unique(codes, return_index=True)[1]
    return codes.astype(np.int64), columns.iloc[first].reset_index(drop=True)
