"""The printed page: a tagged PDF by typst, from the same blocks as the web page."""

import base64
import datetime as dt
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.document import Document

_TEMPLATE = Path(__file__).with_name("templates") / "page.typ"
# A document without a time of its own has this one, so that its bytes are the same on every day.
_NO_TIME = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_LONG_WORD = re.compile(r"\S{21,}")


def pdf_page(document: Document, *, paper: Literal["a4", "letter"] = "a4") -> bytes:
    """Return a document as a PDF that screen readers can read (PDF/UA-1).

    The template reads the document as JSON data, so no text of it is ever read as markup. Only the
    bundled fonts are used.

    Parameters
    ----------
    document : Document
        What the report says.
    paper : {"a4", "letter"}
        The size of the page.

    Returns
    -------
    bytes
        The PDF; equal for equal documents.

    Raises
    ------
    ReportError
        If the document cannot be set as PDF/UA-1, for example without alternative text.
    """
    import typst

    if paper not in ("a4", "letter"):
        raise ReportError(f"The paper of a PDF is 'a4' or 'letter', not {paper!r}.")
    data = document.to_data()
    drawings = [_take_drawing(block) for block in data["blocks"] if block["kind"] == "figure"]
    data = {**_breakable(data), "paper": paper}
    figures = [block for block in data["blocks"] if block["kind"] == "figure"]
    for block, drawing in zip(figures, drawings, strict=True):
        block.update(drawing)
    try:
        pdf = _compiler().compile(
            format="pdf",
            sys_inputs={"doc": json.dumps(data, ensure_ascii=False)},
            pdf_standards="ua-1",
            timestamp=_timestamp(document.provenance.created),
        )
    except typst.TypstError as error:
        # The message speaks of the template, the diagnostic might quote the document.
        raise ReportError(
            f"The PDF could not be made: {error.message}. The web page is not affected; ask for "
            "the format html alone to get it."
        ) from None
    if not isinstance(pdf, bytes):
        raise ReportError("The PDF could not be made: typst returned no single file.")
    return pdf


@cache
def _compiler() -> Any:
    import typst

    from hinge_outcomes.plotting import font_folder

    return typst.Compiler(
        _TEMPLATE,
        root=_TEMPLATE.parent,
        font_paths=typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(font_folder())],
        ),
    )


def _take_drawing(block: dict[str, Any]) -> dict[str, Any]:
    svg, png = block.pop("svg"), block.pop("png")
    # JSON has no bytes; typst makes them from a list of numbers.
    return {"svg": svg, "png_bytes": [] if svg else list(base64.b64decode(png))}


def _breakable(value: Any) -> Any:
    """Let words of more than 20 characters break, as a browser does with ``anywhere``."""
    if isinstance(value, str):
        return _LONG_WORD.sub(lambda word: "\u200b".join(_pieces(word.group())), value)
    if isinstance(value, dict):
        return {key: _breakable(item) for key, item in value.items()}
    return [_breakable(item) for item in value] if isinstance(value, list) else value


def _pieces(word: str) -> list[str]:
    return [word[start : start + 6] for start in range(0, len(word), 6)]


def _timestamp(created: str) -> dt.datetime:
    try:
        moment = dt.datetime.strptime(created, "%Y-%m-%d %H:%M:%S UTC")
    except ValueError:
        return _NO_TIME
    return moment.replace(tzinfo=dt.UTC)
