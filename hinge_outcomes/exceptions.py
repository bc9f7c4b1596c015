"""Every error this package raises on purpose, and what each one is for.

A message says what was wrong, what was expected, what was found and what to do. It never quotes a
patient's value: rows are named by number, columns by name.
"""


class HingeError(Exception):
    """An error the user can act on; the command line prints it without a traceback."""


class DataError(HingeError):
    """The records cannot be used as they are."""


class NoRowsError(DataError):
    """A file has its header and no records."""


class ContractError(DataError):
    """The five tables break their declaration."""


class MappingError(DataError):
    """A mapping file names something that is not there or cannot be meant."""


class RegistryError(DataError):
    """The registry cannot be read or written."""


class AnalysisError(HingeError):
    """A question that these records cannot answer."""


class NoEventsError(AnalysisError):
    """Nobody had the event, so there is nothing to estimate."""


class NotIdentifiableError(AnalysisError):
    """The records hold no information on what was asked."""


class ConvergenceError(AnalysisError):
    """A fit did not reach its optimum; the message names the next simpler model."""


class ConfigError(HingeError):
    """A value in ``hinge.toml``, the environment or a flag is not allowed."""


class ReportError(HingeError):
    """A report could not be made; no half-written file is left behind."""


class ParameterError(ReportError):
    """A report was given a parameter it does not have, or a value it cannot take."""


class MissingExtraError(HingeError):
    """A library is needed that an optional extra installs; the message names the extra."""
