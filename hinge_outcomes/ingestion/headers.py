"""The header of an export: names over one line or several, and whether those mapped are there."""

from collections.abc import Iterable, Sequence

from hinge_outcomes.exceptions import DataError, MappingError
from hinge_outcomes.ingestion.settings import suggest

_HEADER_SHOWN = 60
_NAME_SHOWN = 40


def join_header(rows: Sequence[Sequence[str]], *, is_filled: bool = False) -> tuple[str, ...]:
    """Make one name per column of a header that takes one line or several.

    A title over several columns, as merged cells leave it, holds for the empty cells to its right,
    up to the next title; a name with nothing under it is a column's own.

    Parameters
    ----------
    rows : sequence of sequence of str
        The header's lines, from the top.
    is_filled : bool, default False
        Whether a title stands already in every cell that it holds for.

    Returns
    -------
    tuple of str
        Names without surrounding blanks; the parts of a name are joined by a blank.

    Examples
    --------
    >>> join_header([["id", "Baseline", "", "Week 6", ""], ["", "ODI", "NRS", "ODI", "NRS"]])
    ('id', 'Baseline ODI', 'Baseline NRS', 'Week 6 ODI', 'Week 6 NRS')
    """
    width = max(len(row) for row in rows)
    lines = [[cell.strip() for cell in row] + [""] * (width - len(row)) for row in rows]
    titles = [""] * (len(lines) - 1)
    names = []
    for place in range(width):
        column = [line[place] for line in lines]
        for level, title in enumerate(column[:-1]):
            if title:
                # A title ends what the titles below it had said of the columns on its left.
                titles[level:] = [title] + [""] * (len(titles) - level - 1)
        if is_filled:
            names.append(" ".join(part for part in column if part))
        elif column[-1]:
            names.append(" ".join(part for part in (*titles, column[-1]) if part))
        else:
            names.append(" ".join(part for part in column if part))
            titles = [""] * len(titles)
    return tuple(names)


def check_header(
    name: str,
    header: tuple[str, ...],
    columns: tuple[str, ...],
    *,
    form: str = "[file] delimiter",
    n_lines: int = 1,
) -> None:
    """Refuse a file that lacks a mapped column, or has it twice.

    Parameters
    ----------
    name : str
        File name.
    header : tuple of str
        Its columns.
    columns : tuple of str
        The mapped columns.
    form : str, default "[file] delimiter"
        The setting that is to blame where no mapped column is found.
    n_lines : int, default 1
        Lines that the header takes. Of several, the last may be a patient's if there are fewer in
        truth, so the names made of them are not listed.

    Raises
    ------
    MappingError
        If a mapped column is not there.
    DataError
        If it is there more than once.
    """
    missing = [column for column in columns if column not in header]
    if missing and len(missing) == len(columns):
        # A file without a header would put a patient's values into the message.
        raise MappingError(
            f"None of the {len(columns)} columns that the mapping names stands in the first line "
            f"of {name}. Expected a header with {', '.join(columns)}. Check that the file is the "
            "export the mapping was made for, that its first line names the columns, and that "
            f"{form} is the one it uses."
        )
    if missing:
        known = header if n_lines == 1 else ()
        asked = " ".join(f"{column!r}.{suggest(column, known)}" for column in missing)
        noun = "a column" if len(missing) == 1 else f"{len(missing)} columns"
        raise MappingError(
            f"The mapping names {noun} that {name} does not have: {asked} "
            + (_list_names(header) if n_lines == 1 else f"Check that header_rows is {n_lines}.")
        )
    twice = [column for column in columns if header.count(column) > 1]
    if twice:
        raise DataError(
            f"{name} has the column {twice[0]!r} more than once, so it is not clear which is "
            "meant. Rename one of them in the export."
        )


def distinct_names(header: Iterable[str]) -> tuple[str, ...]:
    """Tell columns of the same name apart, so that none of them is lost.

    Parameters
    ----------
    header : iterable of str
        Names.

    Returns
    -------
    tuple of str
        The first of several stays as it is, the others are numbered.

    Examples
    --------
    >>> distinct_names(["id", "note", "note", ""])
    ('id', 'note', 'note (2)', '')
    """
    given = tuple(header)
    names: dict[str, None] = {}
    for name in given:
        number, free = 1, name
        while free in names or (number > 1 and free in given):
            number += 1
            free = f"{name} ({number})"
        names[free] = None
    return tuple(names)


def _list_names(header: tuple[str, ...]) -> str:
    shown = ", ".join(_shown(column) for column in header[:_HEADER_SHOWN])
    more = f" and {len(header) - _HEADER_SHOWN} more" if len(header) > _HEADER_SHOWN else ""
    return f"The columns there are: {shown}{more}."


def _shown(column: str) -> str:
    """Show the beginning of a name; below a line end a quoted name may have swallowed a row."""
    text = column.splitlines()[0] if column else ""
    text = "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)
    return text if len(text) <= _NAME_SHOWN else f"{text[:_NAME_SHOWN]}…"
