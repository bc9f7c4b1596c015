"""A proof: what it shows, the rows that show it, and whether it holds."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Proof:
    """Hold what one long proof has shown: its claim, a table, and whether the claim holds."""

    claim: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    holds: bool


def page_of(name: str, proofs: Sequence[Proof], *, is_quick: bool, ran_on: str) -> str:
    """Lay the proofs of a section out as Markdown, with the command that makes the page."""
    options = ' ARGS="--quick"' if is_quick else ""
    lines = [
        f"# Long proofs: {name}",
        "",
        f"Made by `make validate SECTION={name}{options}`: {ran_on}.",
    ]
    for proof in proofs:
        lines += [
            "",
            f"## {proof.claim}",
            "",
            "Holds." if proof.holds else "**Does not hold.**",
            "",
        ]
        lines += [_row(proof.columns), _row(["---"] * len(proof.columns))]
        lines += [_row(row) for row in proof.rows]
    return "\n".join(lines) + "\n"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
