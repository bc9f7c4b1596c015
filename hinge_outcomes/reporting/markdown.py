"""Turn the markdown cells of a notebook into blocks, through mistune's syntax tree."""

from collections.abc import Sequence
from html import unescape
from typing import Any, Literal

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.text import Paragraph, Span
from hinge_outcomes.reporting.words import Bullets, Heading, Notice, Prose, TitleBlock

MarkdownBlock = Heading | Prose | Bullets | Notice | TitleBlock
_Style = Literal["plain", "strong", "emphasis", "code"]


def read_markdown(source: str) -> tuple[MarkdownBlock, ...]:
    """Turn markdown into blocks.

    Headings, paragraphs, lists of one level, block quotes (boxes) and code are understood; raw HTML
    is shown as the text it is. A heading of level 1 becomes a `TitleBlock`. Links keep their words,
    followed by the address as text.

    Parameters
    ----------
    source : str
        The markdown of one cell.

    Returns
    -------
    tuple of blocks
        In reading order.

    Raises
    ------
    ReportError
        If the markdown holds a picture, a table or a list in a list: these are published as blocks.

    Examples
    --------
    >>> read_markdown("## Pain\\n\\nIt *falls*.")[0]
    Heading(text='Pain', level=2, starts_page=False)
    """
    import mistune

    tokens = mistune.create_markdown(renderer=None, plugins=["table"])(source)
    return tuple(block for token in _tokens(tokens) for block in _blocks(token))


def _tokens(value: Any) -> list[dict[str, Any]]:
    return [token for token in value if token["type"] not in ("blank_line", "thematic_break")]


def _blocks(token: dict[str, Any]) -> list[MarkdownBlock]:
    kind = token["type"]
    if kind == "heading":
        return [_heading(token)]
    if kind in ("paragraph", "block_text"):
        return [Prose((_spans(token["children"]),))]
    if kind in ("block_code", "block_html"):
        style: _Style = "code" if kind == "block_code" else "plain"
        return [Prose(tuple((Span(line, style),) for line in _lines(token["raw"])))]
    if kind == "list":
        return [_list(token)]
    if kind == "block_quote":
        inner = _tokens(token["children"])
        if any(item["type"] not in ("paragraph", "block_text") for item in inner):
            raise ReportError("A block quote in a markdown cell holds paragraphs only.")
        return [Notice(tuple(_spans(item["children"]) for item in inner))]
    raise ReportError(
        f"A markdown cell holds a {kind.replace('_', ' ')}, which a report cannot take from "
        "markdown. Publish it from a code cell, as a Table or a Figure with caption."
    )


def _lines(raw: str) -> list[str]:
    return [line for line in raw.splitlines() if line.strip()]


def _heading(token: dict[str, Any]) -> Heading | TitleBlock:
    words = "".join(span.text for span in _spans(token["children"]))
    level = token["attrs"]["level"]
    return TitleBlock(words) if level == 1 else Heading(words, level)


def _list(token: dict[str, Any]) -> Bullets:
    items = []
    for item in token["children"]:
        inner = _tokens(item["children"])
        if len(inner) != 1 or inner[0]["type"] not in ("paragraph", "block_text"):
            raise ReportError(
                "A point of a list in a markdown cell is one paragraph; no list in a list."
            )
        items.append(_spans(inner[0]["children"]))
    return Bullets(items, is_ordered=bool(token["attrs"]["ordered"]))


def _spans(tokens: Sequence[dict[str, Any]], style: _Style = "plain") -> Paragraph:
    spans: list[Span] = []
    for token in tokens:
        kind = token["type"]
        if kind in ("text", "inline_html"):
            spans.append(Span(unescape(token["raw"]) if kind == "text" else token["raw"], style))
        elif kind in ("softbreak", "linebreak"):
            spans.append(Span(" ", style))
        elif kind == "codespan":
            spans.append(Span(unescape(token["raw"]), "code"))
        elif kind in ("strong", "emphasis"):
            spans.extend(_spans(token["children"], kind))
        elif kind == "link":
            spans.extend(_link(token, style))
        else:
            raise ReportError(
                f"A markdown cell holds a {kind.replace('_', ' ')}, which a report cannot take "
                "from markdown. A picture is published from a code cell, as a Figure."
            )
    return tuple(spans)


def _link(token: dict[str, Any], style: _Style) -> list[Span]:
    # A page holds no network address that a browser could follow, so the address is shown bare.
    address = str(token["attrs"]["url"]).removeprefix("https://").removeprefix("http://")
    words = list(_spans(token["children"], style))
    shown = "".join(span.text for span in words).removeprefix("https://").removeprefix("http://")
    return [Span(shown, style)] if shown == address else [*words, Span(f" ({address})", style)]
