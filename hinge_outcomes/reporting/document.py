"""From an executed notebook to the document that every face of a report is made from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hinge_outcomes.exceptions import HingeError, ReportError
from hinge_outcomes.reporting.blocks import (
    BLOCK_MIMETYPE,
    Block,
    Figure,
    Heading,
    Table,
    TitleBlock,
    read_blocks,
)
from hinge_outcomes.reporting.characters import show_all_characters
from hinge_outcomes.reporting.markdown import read_markdown
from hinge_outcomes.reporting.text import plain_data

SKIP_TAG = "notebook-only"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Say on the page itself where its numbers come from.

    Parameters
    ----------
    created : str
        When the page was made; the only text that differs between two runs.
    lines : sequence of (label, value)
        Parameters, data hashes, versions, commit.
    """

    created: str = ""
    lines: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """Hold what a report says, before it is given a face.

    Parameters
    ----------
    title : TitleBlock
        The head of the page.
    blocks : tuple of blocks
        Everything below it, in reading order.
    provenance : Provenance
        The small print at the end.
    warned_cells : tuple of int
        Positions of the cells that wrote to the error stream; nothing of it is on the page.
    """

    title: TitleBlock
    blocks: tuple[Block, ...]
    provenance: Provenance = Provenance()
    warned_cells: tuple[int, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """Return the document as JSON data, with figures and tables numbered.

        Returns
        -------
        dict
            ``title``, ``blocks`` (each with its ``label`` or ``anchor``), ``provenance``. Every
            text is safe to print: see `show_characters`.
        """
        counts = {"figure": 0, "table": 0}
        anchors: dict[str, int] = {}
        blocks = []
        for block in self.blocks:
            data = _printable(block)
            if isinstance(block, (Figure, Table)):
                counts[block.kind] += 1
                data["label"] = f"{block.kind.capitalize()} {counts[block.kind]}"
            if isinstance(block, Heading):
                data["anchor"] = _anchor(block.text, anchors)
            blocks.append(data)
        return {
            "title": _printable(self.title),
            "blocks": blocks,
            "provenance": show_all_characters(plain_data(self.provenance)),
        }


def read_document(notebook: Mapping[str, Any], provenance: Provenance | None = None) -> Document:
    """Read an executed notebook as a document.

    Markdown cells become headings, prose, lists and boxes. Code cells are not shown; each of their
    outputs must carry a block. Printed text is an error, because a page must not lose what someone
    meant to say; what a library writes to the error stream is left out, and its cell is remembered.
    Cells tagged ``notebook-only`` are left out whole.

    Parameters
    ----------
    notebook : mapping
        The executed notebook.
    provenance : Provenance, optional
        What the foot of the page says.

    Returns
    -------
    Document
        With exactly one title.

    Raises
    ------
    ReportError
        If an output carries no block, the headings skip a level, or there is not one title.
    """
    titles: list[TitleBlock] = []
    markdown_titles: list[TitleBlock] = []
    blocks: list[Block] = []
    warned: list[int] = []
    for number, cell in enumerate(notebook["cells"], start=1):
        if SKIP_TAG in cell.get("metadata", {}).get("tags", ()):
            continue
        try:
            found, is_warned = _read_cell(cell)
        except HingeError as error:
            raise ReportError(f"Cell {number} of the notebook: {error}") from error
        if is_warned:
            warned.append(number)
        for block in found:
            if not isinstance(block, TitleBlock):
                blocks.append(block)
            elif cell["cell_type"] == "markdown":
                markdown_titles.append(block)
            else:
                titles.append(block)
    _check_headings(blocks)
    return Document(
        title=_one_title(titles, markdown_titles),
        blocks=tuple(blocks),
        provenance=provenance or Provenance(),
        warned_cells=tuple(warned),
    )


def _printable(block: Block) -> dict[str, Any]:
    drawing = {"svg": block.svg} if isinstance(block, Figure) else {}
    if isinstance(block, Figure):
        # An SVG is a file of its own, not page text; its line ends stay as they are.
        block = replace(block, svg="<svg/>")
    data: dict[str, Any] = show_all_characters(block.to_data())
    return {**data, **drawing}


def _anchor(text: str, taken: dict[str, int]) -> str:
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "section"
    taken[base] = taken.get(base, 0) + 1
    return base if taken[base] == 1 else f"{base}-{taken[base]}"


def _one_title(titles: list[TitleBlock], markdown_titles: list[TitleBlock]) -> TitleBlock:
    # A published title wins over a markdown heading of level 1: that one is for JupyterLab.
    found = titles or markdown_titles
    if len(found) != 1:
        raise ReportError(
            f"A report has one title; the notebook has {len(found)}. Publish one TitleBlock, or "
            "write one markdown heading of level 1."
        )
    return found[0]


def _check_headings(blocks: list[Block]) -> None:
    level = 1
    for block in blocks:
        if isinstance(block, Heading):
            if block.level > level + 1:
                raise ReportError(
                    f"A heading of level {block.level} follows one of level {level}; headings go "
                    "down one level at a time, so that a screen reader can follow them."
                )
            level = block.level


def _read_cell(cell: Mapping[str, Any]) -> tuple[list[Block], bool]:
    if cell["cell_type"] == "markdown":
        return list(read_markdown(_text(cell["source"]))), False
    if cell["cell_type"] != "code":
        return [], False
    blocks: list[Block] = []
    is_warned = False
    for output in cell.get("outputs", ()):
        kind = output["output_type"]
        if kind == "stream" and output["name"] == "stderr":
            is_warned = True
        elif kind == "stream":
            if _text(output["text"]).strip():
                raise ReportError(
                    "it prints text, which no page would show. Publish a Prose block instead, or "
                    f"tag the cell {SKIP_TAG}."
                )
        else:
            blocks.extend(_read_output(output))
    return blocks, is_warned


def _read_output(output: Mapping[str, Any]) -> Iterator[Block]:
    if output["output_type"] == "error":
        raise ReportError(f"it ended with {output['ename']}.")
    data = output["data"].get(BLOCK_MIMETYPE)
    if data is None:
        raise ReportError(
            f"it shows something that is no block ({', '.join(sorted(output['data']))}). End the "
            "cell with a block (Table.from_frame, Figure.from_axes, Prose, ...), or tag the cell "
            f"{SKIP_TAG}."
        )
    yield from read_blocks(data)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "".join(value)
