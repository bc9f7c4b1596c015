"""From a formula to columns of numbers, with errors a user can act on."""

import ast
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hinge_outcomes.exceptions import AnalysisError

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, repr=False)
class Covariates:
    """Hold what a formula without outcome and intercept makes of a frame.

    Parameters
    ----------
    formula : str
        The formula as it was given.
    names : tuple of str
        Names of the p columns, such as ``sex[T.male]``.
    terms : dict of str to slice
        The columns of each term.
    variables : tuple of str
        Columns of the frame that the formula reads.
    spec : formulaic.ModelSpec
        What makes the same columns for further rows.
    kept : tuple of int
        Which of the columns that ``spec`` makes, counted without the intercept.
    """

    formula: str
    names: tuple[str, ...]
    terms: dict[str, slice]
    variables: tuple[str, ...]
    spec: Any
    kept: tuple[int, ...]

    def some(self, is_kept: npt.NDArray[np.bool_]) -> "Covariates":
        """Leave out columns.

        Parameters
        ----------
        is_kept : ndarray of bool, shape (p,)
            Which columns stay.

        Returns
        -------
        Covariates
            The others; a term that loses all its columns is gone.
        """
        counts = np.concatenate([[0], np.cumsum(is_kept)])
        terms = {
            term: slice(int(counts[place.start]), int(counts[place.stop]))
            for term, place in self.terms.items()
        }
        left = np.flatnonzero(is_kept)
        return replace(
            self,
            names=tuple(self.names[number] for number in left),
            terms={term: place for term, place in terms.items() if place.stop > place.start},
            kept=tuple(self.kept[number] for number in left),
        )

    def columns_of(self, rows: pd.DataFrame) -> Floats:
        """Make the same columns for further rows.

        Parameters
        ----------
        rows : DataFrame
            Complete in the variables of the formula.

        Returns
        -------
        ndarray, shape (n, p)
            The columns.

        Raises
        ------
        AnalysisError
            If a variable is missing, incomplete, or holds a group that was not there before.
        """
        missing = [name for name in self.variables if name not in rows.columns]
        if missing:
            raise AnalysisError(
                f"The formula {self.formula!r} needs {', '.join(missing)} too. "
                f"Give all of: {', '.join(self.variables)}."
            )
        blank = [name for name in self.variables if rows[name].isna().any()]
        if blank:
            raise AnalysisError(f"A value of {', '.join(blank)} is missing. Give one for each.")
        plain = plain_columns(rows[list(self.variables)])
        for name in self.variables:
            state = self.spec.encoder_state.get(name)
            levels = state[1].get("categories") if state else None
            if levels is not None and not plain[name].isin(list(levels)).all():
                raise AnalysisError(
                    f"Column {name} holds a group that the fit has not seen. Its groups are: "
                    f"{', '.join(map(str, levels))}."
                )
        if not self.names:
            return np.empty((len(rows), 0))
        return _without_intercept(_matrix(self.spec, plain, self.formula))[:, list(self.kept)]


def read_variables(formula: str) -> tuple[str, ...]:
    """List the columns that a formula reads.

    Parameters
    ----------
    formula : str
        Terms joined by +, : or *, such as ``age + sex``; a leading ``~`` is allowed.

    Returns
    -------
    tuple of str
        Names, sorted.

    Raises
    ------
    AnalysisError
        If the formula cannot be read, or names an outcome.

    Examples
    --------
    >>> read_variables("age + C(sex) : x"), read_variables("1")
    (('age', 'sex', 'x'), ())
    """
    return column_names(_parse(formula))


def column_names(parsed: Any) -> tuple[str, ...]:
    """List the columns that a read formula needs.

    formulaic's own list leaves out what stands inside functions that remember the data, such as
    ``cr`` and ``poly``.

    Parameters
    ----------
    parsed : formulaic.Formula or formulaic.ModelSpec
        What was read.

    Returns
    -------
    tuple of str
        Names, sorted.

    Examples
    --------
    >>> from formulaic import Formula
    >>> column_names(Formula("y ~ poly(day, 2) + np.log(age) + C(sex)"))
    ('age', 'day', 'sex', 'y')
    """
    found = {str(name) for name in parsed.required_variables}
    formula = getattr(parsed, "formula", parsed)
    sides = [formula.lhs, formula.rhs] if hasattr(formula, "lhs") else [formula]
    for factor in (factor for side in sides for term in side for factor in term.factors):
        try:
            tree = ast.parse(str(factor.expr), mode="eval")
        except SyntaxError:  # a name in backticks, which formulaic lists itself
            continue
        called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        modules = [part for node in called for part in ast.walk(node) if isinstance(part, ast.Name)]
        found |= {
            node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in modules
        }
    return tuple(sorted(found))


def make_covariates(formula: str, rows: pd.DataFrame) -> tuple[Covariates, Floats]:
    """Make the columns of a formula, without the intercept.

    Text and category columns become one column for each group but the first, as in R; groups nobody
    is in are forgotten.

    Parameters
    ----------
    formula : str
        Terms joined by +, : or *. ``1`` makes no columns.
    rows : DataFrame
        Complete in the columns that the formula reads.

    Returns
    -------
    Covariates
        What the columns are.
    ndarray, shape (n, p)
        The columns.

    Raises
    ------
    AnalysisError
        If a term cannot be computed, or is not finite in some row.

    Examples
    --------
    >>> rows = pd.DataFrame({"age": [30, 40], "sex": ["female", "male"]})
    >>> found, columns = make_covariates("sex + age", rows)
    >>> found.names, columns.tolist()
    (('sex[T.male]', 'age'), [[0.0, 30.0], [1.0, 40.0]])
    """
    variables = read_variables(formula)
    plain = plain_columns(rows[list(variables)])
    made = _matrix(_parse(formula), plain, formula)
    columns = _without_intercept(made)
    is_finite = np.isfinite(columns).all(axis=1)
    if not is_finite.all():
        raise AnalysisError(
            f"A term of {formula!r} is infinite or not a number in {int((~is_finite).sum())} rows. "
            "Expected finite numbers; look for a logarithm or a division in the formula."
        )
    spec = made.model_spec
    offset = made.shape[1] - columns.shape[1]
    terms = {
        str(term): slice(place.start - offset, place.stop - offset)
        for term, place in spec.term_slices.items()
        if place.start >= offset
    }
    names = tuple(str(name) for name in made.columns[offset:])
    kept = tuple(range(len(names)))
    return Covariates(formula, names, terms, variables, spec, kept), columns


def plain_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """Turn nullable and small numbers into wide ones, and forget categories nobody has.

    Parameters
    ----------
    rows : DataFrame
        Complete rows.

    Returns
    -------
    DataFrame
        The same rows; days held as 16-bit integers would overflow when squared in a formula.

    Examples
    --------
    >>> plain_columns(pd.DataFrame({"day": pd.array([300], dtype="Int16")}))["day"].dtype
    dtype('int64')
    """
    plain = {}
    for name in rows.columns:
        column = rows[name]
        if pd.api.types.is_bool_dtype(column):
            column = column.astype(bool)
        elif pd.api.types.is_integer_dtype(column):
            column = column.astype("int64")
        elif pd.api.types.is_numeric_dtype(column):
            column = column.astype("float64")
        elif isinstance(column.dtype, pd.CategoricalDtype):
            column = column.cat.remove_unused_categories()
        plain[name] = column
    return pd.DataFrame(plain, index=rows.index)


def _parse(formula: str) -> Any:
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(formula)
    except FormulaicError:
        raise AnalysisError(
            f"The formula {formula!r} cannot be read. Expected terms joined by +, : or *, such as "
            "'age + sex'; '1' stands for no covariates."
        ) from None
    if hasattr(parsed, "lhs"):
        raise AnalysisError(
            f"The formula {formula!r} names an outcome. Give the covariates alone, such as "
            "'age + sex': times and events have arguments of their own."
        )
    # The intercept is always there, so that groups are coded against a first one.
    return Formula(["1", *(str(term) for term in parsed if str(term) != "1")])


def _matrix(maker: Any, rows: pd.DataFrame, formula: str) -> Any:
    from formulaic.errors import FormulaicError

    try:
        return maker.get_model_matrix(rows, context={}, na_action="raise")
    except (FormulaicError, ValueError, TypeError, ArithmeticError):
        # The library's own message may quote values, so it is not passed on.
        raise AnalysisError(
            f"The terms of {formula!r} cannot be computed from these columns. Expected numeric "
            "columns inside functions, and no logarithm of zero or less; text columns become "
            "groups by themselves."
        ) from None


def _without_intercept(made: Any) -> Floats:
    return np.asarray(made, dtype=np.float64)[:, 1:]
