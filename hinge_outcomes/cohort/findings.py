"""What a check found: which rule, which table and column, which rows; never a value."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

SEVERITIES = ("error", "warning")

_ROWS_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Report one broken rule.

    Parameters
    ----------
    severity : str
        "error" (the tables cannot be used so) or "warning" (they can, knowing this).
    table, column : str
        Where.
    rule : str
        Short name of the rule.
    rows : tuple of int
        All rows that break it, counted from 1 in the order given.
    message : str
        What was expected and what to do.
    """

    severity: str
    table: str
    column: str
    rule: str
    rows: tuple[int, ...]
    message: str

    @property
    def sentence(self) -> str:
        """Say the finding in one sentence, with the first few row numbers.

        Returns
        -------
        str
            The sentence.

        Examples
        --------
        >>> Finding("error", "visits", "status", "null", (2, 9), "A status is needed.").sentence
        'visits.status: 2 rows (rows 2, 9). A status is needed.'
        """
        where = f"{self.table}.{self.column}" if self.column else self.table
        if not self.rows:
            return f"{where}: {self.message}"
        shown = ", ".join(str(row) for row in self.rows[:_ROWS_SHOWN])
        more = ", …" if len(self.rows) > _ROWS_SHOWN else ""
        noun = "row" if len(self.rows) == 1 else "rows"
        return f"{where}: {len(self.rows):,} {noun} ({noun} {shown}{more}). {self.message}"


@dataclass(frozen=True, slots=True)
class Findings:
    """Hold all findings of one check.

    Parameters
    ----------
    items : tuple of Finding
        Errors first.
    """

    items: tuple[Finding, ...]

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> "Findings":
        """Collect findings, errors first.

        Parameters
        ----------
        findings : iterable of Finding
            In any order.

        Returns
        -------
        Findings
            The collection.
        """
        return cls(tuple(sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Give the findings that forbid using the tables.

        Returns
        -------
        tuple of Finding
            Those of severity error.
        """
        return tuple(finding for finding in self.items if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Give the findings to know about.

        Returns
        -------
        tuple of Finding
            Those of severity warning.
        """
        return tuple(finding for finding in self.items if finding.severity == "warning")

    def table(self) -> pd.DataFrame:
        """Give one row per finding.

        Returns
        -------
        DataFrame
            Columns severity, table, column, rule, n_rows, rows, message.
        """
        columns = ["severity", "table", "column", "rule", "n_rows", "rows", "message"]
        return pd.DataFrame(
            [
                (f.severity, f.table, f.column, f.rule, len(f.rows), f.rows, f.message)
                for f in self.items
            ],
            columns=columns,
        )

    def summary(self) -> str:
        """Say in words how the tables are.

        Returns
        -------
        str
            One line, then one line per finding.

        Examples
        --------
        >>> Findings(()).summary()
        'Nothing wrong was found.'
        """
        if not self.items:
            return "Nothing wrong was found."
        head = f"{_count(len(self.errors), 'error')} and {_count(len(self.warnings), 'warning')}."
        return "\n".join([head, *(f"{f.severity}: {f.sentence}" for f in self.items)])

    def _repr_html_(self) -> str:
        if not self.items:
            return "<p>Nothing wrong was found.</p>"
        html: str = self.table().drop(columns="rows").to_html(index=False, border=0)
        return html


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
