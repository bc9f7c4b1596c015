"""The errors: one family, whose members can be caught by what went wrong."""

import inspect

import pytest

from hinge_outcomes import exceptions
from hinge_outcomes.exceptions import (
    AnalysisError,
    ConfigError,
    ContractError,
    ConvergenceError,
    DataError,
    HingeError,
    MappingError,
    MissingExtraError,
    NoEventsError,
    NoRowsError,
    NotIdentifiableError,
    ParameterError,
    RegistryError,
    ReportError,
)

PARENTS = {
    DataError: HingeError,
    NoRowsError: DataError,
    ContractError: DataError,
    MappingError: DataError,
    RegistryError: DataError,
    AnalysisError: HingeError,
    NoEventsError: AnalysisError,
    NotIdentifiableError: AnalysisError,
    ConvergenceError: AnalysisError,
    ConfigError: HingeError,
    ReportError: HingeError,
    ParameterError: ReportError,
    MissingExtraError: HingeError,
}


@pytest.mark.parametrize("error", PARENTS, ids=lambda error: error.__name__)
def test_each_error_has_its_parent(error: type[HingeError]) -> None:
    """A caller can catch an error by its own name or by its family's."""
    assert error.__bases__ == (PARENTS[error],)


def test_no_error_is_left_out() -> None:
    """Every error of the module belongs to the family tree that this test knows."""
    defined = {item for _, item in inspect.getmembers(exceptions, inspect.isclass)}
    assert defined == {HingeError, *PARENTS}


def test_the_family_is_no_builtin_error() -> None:
    """Catching the family catches no bug: none of its members is a ValueError or a KeyError."""
    assert HingeError.__bases__ == (Exception,)
