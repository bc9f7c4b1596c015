"""The pieces a report is made of: what a notebook cell publishes and both pages are made from.

A cell ends with one of these objects (or with `Blocks` of several). JupyterLab shows it as it shows
anything else; the report reads the same object's JSON form, so the web page and the PDF cannot
disagree. All text is plain text: nothing in it is ever read as markup.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.exhibits import Figure, Table
from hinge_outcomes.reporting.published import BLOCK_MIMETYPE, Published
from hinge_outcomes.reporting.words import (
    Bullets,
    Heading,
    KeyNumber,
    KeyNumbers,
    Notice,
    Prose,
    TitleBlock,
)

__all__ = [
    "BLOCK_MIMETYPE",
    "Block",
    "Blocks",
    "Bullets",
    "Figure",
    "Heading",
    "KeyNumber",
    "KeyNumbers",
    "Notice",
    "Prose",
    "Table",
    "TitleBlock",
    "read_blocks",
]

Block = Heading | Prose | Bullets | Notice | KeyNumbers | Figure | Table | TitleBlock

_KINDS: dict[str, Any] = {
    cls.kind: cls
    for cls in (Heading, Prose, Bullets, Notice, KeyNumbers, Figure, Table, TitleBlock)
}


@dataclass(frozen=True, slots=True)
class Blocks(Published):
    """Publish several blocks from one cell.

    Parameters
    ----------
    blocks : sequence of blocks
        In reading order; `Blocks` inside `Blocks` are laid out flat.
    """

    blocks: tuple[Any, ...]
    kind: ClassVar[str] = "blocks"

    def __init__(self, *blocks: Any) -> None:
        flat: list[Any] = []
        for item in blocks:
            if isinstance(item, Blocks):
                flat.extend(item.blocks)
            elif isinstance(item, (list, tuple)):
                flat.extend(Blocks(*item).blocks)
            elif isinstance(item, Published):
                flat.append(item)
            else:
                raise ReportError(
                    f"Blocks holds blocks (Heading, Prose, Table, ...), not {type(item).__name__}."
                )
        object.__setattr__(self, "blocks", tuple(flat))


def read_blocks(data: Mapping[str, Any]) -> tuple[Block, ...]:
    """Read back the blocks that a notebook cell published.

    Parameters
    ----------
    data : mapping
        What ``to_data()`` returned and the notebook stored under `BLOCK_MIMETYPE`.

    Returns
    -------
    tuple of blocks
        One, or those of a `Blocks`.

    Raises
    ------
    ReportError
        If the data describe no block of this version.

    Examples
    --------
    >>> read_blocks(Prose("Two in three reached mastery.").to_data())[0].kind
    'prose'
    """
    kind = data.get("kind")
    if kind == "blocks":
        return tuple(block for item in data["blocks"] for block in read_blocks(item))
    if kind not in _KINDS:
        raise ReportError(
            f"A cell published a block of kind {kind!r}, which this version does not know; "
            f"it knows {sorted(_KINDS)}."
        )
    try:
        block: Block = _KINDS[kind](**{key: value for key, value in data.items() if key != "kind"})
    except TypeError as error:
        raise ReportError(f"A published {kind} block is incomplete: {error}.") from error
    return (block,)
