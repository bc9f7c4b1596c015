"""The plain text inside blocks: paragraphs, their emphasis, and numbers as they are printed."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Literal

from hinge_outcomes.exceptions import ReportError


@dataclass(frozen=True, slots=True)
class Span:
    """Hold a run of words in one style.

    Parameters
    ----------
    text : str
        The words.
    style : {"plain", "strong", "emphasis", "code"}
        How they are set.
    """

    text: str
    style: Literal["plain", "strong", "emphasis", "code"] = "plain"

    def __post_init__(self) -> None:
        if not isinstance(self.text, str):
            raise ReportError(f"A Span holds text, not {type(self.text).__name__}.")
        if self.style not in ("plain", "strong", "emphasis", "code"):
            raise ReportError(
                f"A Span has the style 'plain', 'strong', 'emphasis' or 'code', not {self.style!r}."
            )


Paragraph = tuple[Span, ...]


def need_text(owner: str, name: str, value: object) -> None:
    """Refuse a block without the text that every reader needs.

    Parameters
    ----------
    owner, name : str
        The block and its field, for the message.
    value : object
        What was given.

    Raises
    ------
    ReportError
        If the value is not text or has no visible character.

    Examples
    --------
    >>> need_text("Figure", "alt", "Pain falls from 5 to 2")
    """
    if not isinstance(value, str) or not value.strip():
        found = "empty text" if isinstance(value, str) else type(value).__name__
        raise ReportError(f"{owner}.{name} must say something; found {found}.")


def as_paragraphs(owner: str, name: str, value: object) -> tuple[Paragraph, ...]:
    """Turn text, or several texts, into paragraphs of styled runs.

    Parameters
    ----------
    owner, name : str
        The block and its field, for the message.
    value : str or sequence
        One text, or a sequence of texts or of sequences of `Span`.

    Returns
    -------
    tuple of paragraphs
        Each paragraph is a tuple of `Span`.

    Raises
    ------
    ReportError
        If nothing is said or something is not text.

    Examples
    --------
    >>> as_paragraphs("Prose", "paragraphs", "All is well.")
    ((Span(text='All is well.', style='plain'),),)
    """
    items = (value,) if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not items:
        raise ReportError(f"{owner}.{name} takes a text or a list of texts, at least one.")
    paragraphs = tuple(_as_paragraph(owner, name, item) for item in items)
    if not all("".join(span.text for span in item).strip() for item in paragraphs):
        raise ReportError(f"{owner}.{name} must say something; found an empty paragraph.")
    return paragraphs


def format_cell(
    value: Any, how: str | Callable[[Any], str] | None = None, missing: str = "–"
) -> str:
    """Print one table cell.

    Parameters
    ----------
    value : object
        What the frame holds.
    how : str or callable, optional
        A format such as ``"{:.1f}"``, or a function from value to text; default: floats with two
        decimals, all else as it is.
    missing : str
        What stands for a missing value.

    Returns
    -------
    str
        The display text, with a real minus sign before negative numbers.

    Examples
    --------
    >>> format_cell(-1.25, "{:.1f}"), format_cell(None), format_cell(3)
    ('−1.2', '–', '3')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)) or _is_na(value):
        return missing
    if callable(how):
        return str(how(value))
    is_number = isinstance(value, (int, float)) or hasattr(value, "dtype")
    if how is None:
        is_float = isinstance(value, float)
        shown = f"{value:.2f}" if is_float else str(value)
    else:
        shown = how.format(value)
    return "−" + shown[1:] if is_number and shown[:1] == "-" and shown != "-" else shown


def plain_data(value: Any) -> Any:
    """Return a block's fields as JSON data.

    Parameters
    ----------
    value : object
        Text, number, bytes, dataclass, or containers of these.

    Returns
    -------
    object
        Dicts, lists, text and numbers only; bytes as base64 text.

    Examples
    --------
    >>> plain_data({"rows": (("a", "b"),), "png": b"x"})
    {'rows': [['a', 'b']], 'png': 'eA=='}
    """
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode("ascii")
    if is_dataclass(value) and not isinstance(value, type):
        to_data = getattr(value, "to_data", None)
        if to_data is not None:
            return to_data()
        return {item.name: plain_data(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain_data(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(item) for item in value]
    return value


def _as_paragraph(owner: str, name: str, item: object) -> Paragraph:
    if isinstance(item, str):
        return (Span(item),)
    if isinstance(item, (list, tuple)):
        return tuple(
            Span(**span) if isinstance(span, Mapping) else _need_span(owner, name, span)
            for span in item
        )
    raise ReportError(f"{owner}.{name} holds text, not {type(item).__name__}.")


def _need_span(owner: str, name: str, item: object) -> Span:
    if isinstance(item, str):
        return Span(item)
    if isinstance(item, Span):
        return item
    raise ReportError(f"{owner}.{name} holds text, not {type(item).__name__}.")


def _is_na(value: Any) -> bool:
    # pandas' own missing values (NA, NaT) are recognised by name, so that blocks need no pandas
    return type(value).__name__ in ("NAType", "NaTType")
