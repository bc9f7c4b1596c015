"""The blocks that show evidence: figures, which need words beside them, and tables."""

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting import preview
from hinge_outcomes.reporting.published import BLOCK_MIMETYPE, Published
from hinge_outcomes.reporting.text import format_cell, need_text


@dataclass(frozen=True, slots=True)
class Figure(Published):
    """Show a drawing with its caption and with words for those who cannot see it.

    Parameters
    ----------
    alt : str
        What a reader should know who cannot see the figure; required.
    caption : str
        The sentence under the figure; required.
    svg : str
        The drawing as SVG text, or empty.
    png : bytes or str
        The drawing as PNG (base64 text is taken too), or empty; one of the two must be there.
    """

    alt: str
    caption: str
    svg: str = field(default="", repr=False)
    png: bytes = field(default=b"", repr=False)
    kind: ClassVar[str] = "figure"

    def __post_init__(self) -> None:
        need_text("Figure", "alt", self.alt)
        need_text("Figure", "caption", self.caption)
        if isinstance(self.svg, bytes):
            object.__setattr__(self, "svg", self.svg.decode("utf-8"))
        if isinstance(self.png, str):
            object.__setattr__(self, "png", base64.b64decode(self.png))
        if not self.svg and not self.png:
            raise ReportError("A Figure needs a drawing: give svg, png or both.")

    @classmethod
    def from_axes(cls, ax: Any, *, caption: str, alt: str) -> "Figure":
        """Make a figure from what a ``draw_`` function or a result's ``.plot()`` returns.

        Parameters
        ----------
        ax : Axes
            The drawing.
        caption, alt : str
            As for `Figure`.

        Returns
        -------
        Figure
            With SVG for the pages and PNG for JupyterLab.
        """
        need_text("Figure", "alt", alt)
        need_text("Figure", "caption", caption)
        from hinge_outcomes.plotting import figure_bytes

        svg = bytes(figure_bytes(ax, "svg")).decode("utf-8")
        return cls(alt=alt, caption=caption, svg=svg, png=bytes(figure_bytes(ax, "png")))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        data = self.to_data()
        bundle = {BLOCK_MIMETYPE: data, "text/html": preview.block_html(data)}
        if self.png:
            bundle["image/png"] = base64.b64encode(self.png).decode("ascii")
        return bundle


@dataclass(frozen=True, slots=True)
class Table(Published):
    """Show numbers in rows and columns, each already in the form in which it is printed.

    Parameters
    ----------
    caption : str
        The sentence above the table; required.
    columns : sequence of str
        Column headings.
    rows : sequence of sequences of str
        One string per cell.
    row_header : str, optional
        The heading of the column that names each row; default the first column.
    alignment : sequence of {"text", "number"}, optional
        One per column; default "text" for the row header and "number" for all others.
    notes : sequence of str
        Small print under the table.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    row_header: str = ""
    alignment: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    kind: ClassVar[str] = "table"

    def __post_init__(self) -> None:
        need_text("Table", "caption", self.caption)
        columns = tuple(str(item) for item in self.columns)
        rows = tuple(tuple(row) for row in self.rows)
        if not columns:
            raise ReportError("A Table needs at least one column.")
        header = self.row_header or columns[0]
        if header not in columns:
            raise ReportError(
                f"Table.row_header must be one of its columns {list(columns)}, not {header!r}."
            )
        for number, row in enumerate(rows, start=1):
            if len(row) != len(columns):
                raise ReportError(
                    f"Row {number} of a Table has {len(row)} cells, expected {len(columns)}."
                )
            if any(not isinstance(cell, str) for cell in row):
                raise ReportError(
                    f"Row {number} of a Table holds a cell that is not text. Cells are display "
                    "strings; Table.from_frame(frame, formats=...) makes them from numbers."
                )
        alignment = tuple(self.alignment) or tuple(
            "text" if name == header else "number" for name in columns
        )
        if len(alignment) != len(columns) or not set(alignment) <= {"text", "number"}:
            raise ReportError("Table.alignment gives 'text' or 'number' once for each column.")
        notes = (self.notes,) if isinstance(self.notes, str) else tuple(self.notes)
        for name, value in (
            ("columns", columns),
            ("rows", rows),
            ("row_header", header),
            ("alignment", alignment),
            ("notes", notes),
        ):
            object.__setattr__(self, name, value)

    @classmethod
    def from_frame(
        cls,
        frame: Any,
        *,
        caption: str,
        formats: Mapping[str, str | Callable[[Any], str]] | None = None,
        labels: Mapping[str, str] | None = None,
        row_header: str | None = None,
        missing: str = "–",
        notes: Iterable[str] = (),
    ) -> "Table":
        """Make a table from a tidy frame.

        Parameters
        ----------
        frame : DataFrame
            One row per line of the table; the index is not shown.
        caption : str
            As for `Table`.
        formats : mapping of str to str or callable, optional
            Per column a format such as ``"{:.1f}"`` or ``"{:.0%}"``, or a function from value to
            text. Columns not named are shown as they are, floats with two decimals.
        labels : mapping of str to str, optional
            Headings for columns whose name is not what a reader should see.
        row_header : str, optional
            The frame's column that names the rows; default the first.
        missing : str
            What is shown where a value is missing.
        notes : sequence of str
            As for `Table`.

        Returns
        -------
        Table
            Numeric columns are aligned as numbers, as is every column named in `formats`.
        """
        formats, labels = dict(formats or {}), dict(labels or {})
        names = [str(name) for name in frame.columns]
        if unknown := sorted((set(formats) | set(labels)) - set(names)):
            raise ReportError(f"Table.from_frame: no columns {unknown}; the frame has {names}.")
        header = row_header or names[0]
        cells = [
            tuple(format_cell(value, formats.get(name), missing) for value in frame[name])
            for name in names
        ]
        numeric = [frame[name].dtype.kind in "iufb" or name in formats for name in names]
        return cls(
            caption=caption,
            columns=tuple(labels.get(name, name) for name in names),
            rows=tuple(zip(*cells, strict=True)),
            row_header=labels.get(header, header),
            alignment=tuple(
                "number" if is_number and name != header else "text"
                for name, is_number in zip(names, numeric, strict=True)
            ),
            notes=tuple(notes) if not isinstance(notes, str) else (notes,),
        )
