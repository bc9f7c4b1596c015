"""How a block looks in JupyterLab: small escaped HTML, in the colours of the notebook's theme."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

_BOX = (
    "border-left:4px solid {colour};padding:.5em 1em;margin:.5em 0;background:rgba(127,127,127,.08)"
)
_TAGS = {"strong": "strong", "emphasis": "em", "code": "code"}


def block_html(data: Mapping[str, Any]) -> str:
    """Return a block as the HTML that JupyterLab shows under its cell.

    Parameters
    ----------
    data : mapping
        The block's JSON data.

    Returns
    -------
    str
        HTML in which every text is escaped.

    Examples
    --------
    >>> block_html({"kind": "heading", "text": "Pain & function", "level": 2})
    '<h2>Pain &amp; function</h2>'
    """
    return _MAKERS[data["kind"]](data)


def _paragraph(spans: Sequence[Mapping[str, str]]) -> str:
    parts = []
    for span in spans:
        tag = _TAGS.get(span["style"])
        words = escape(span["text"])
        parts.append(f"<{tag}>{words}</{tag}>" if tag else words)
    return "".join(parts)


def _heading(data: Mapping[str, Any]) -> str:
    return f"<h{data['level']}>{escape(data['text'])}</h{data['level']}>"


def _prose(data: Mapping[str, Any]) -> str:
    return "".join(f"<p>{_paragraph(item)}</p>" for item in data["paragraphs"])


def _bullets(data: Mapping[str, Any]) -> str:
    tag = "ol" if data["is_ordered"] else "ul"
    items = "".join(f"<li>{_paragraph(item)}</li>" for item in data["items"])
    return f"<{tag}>{items}</{tag}>"


def _notice(data: Mapping[str, Any]) -> str:
    style = _BOX.format(colour="#b45309" if data["tone"] == "warning" else "#0f766e")
    title = f"<p><strong>{escape(data['title'])}</strong></p>" if data["title"] else ""
    return f'<div style="{style}">{title}{_prose(data)}</div>'


def _key_numbers(data: Mapping[str, Any]) -> str:
    cards = "".join(
        '<div style="min-width:9em"><div>' + escape(item["label"]) + "</div>"
        '<div style="font-size:1.6em;font-weight:600">' + escape(item["value"]) + "</div>"
        "<small>" + escape(item["detail"]) + "</small></div>"
        for item in data["numbers"]
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:1em 2em">{cards}</div>'


def _figure(data: Mapping[str, Any]) -> str:
    import base64

    if data["svg"]:
        kind, content = "svg+xml", base64.b64encode(data["svg"].encode("utf-8")).decode("ascii")
    else:
        kind, content = "png", data["png"]
    return (
        f'<figure style="margin:0"><img style="max-width:100%" alt="{escape(data["alt"])}" '
        f'src="data:image/{kind};base64,{content}">'
        f"<figcaption>{escape(data['caption'])}</figcaption></figure>"
    )


def _table(data: Mapping[str, Any]) -> str:
    sides = ["right" if side == "number" else "left" for side in data["alignment"]]
    head = "".join(
        f'<th scope="col" style="text-align:{side}">{escape(name)}</th>'
        for name, side in zip(data["columns"], sides, strict=True)
    )
    body = []
    for row in data["rows"]:
        cells = []
        for name, side, cell in zip(data["columns"], sides, row, strict=True):
            tag, scope = ("th", ' scope="row"') if name == data["row_header"] else ("td", "")
            cells.append(f'<{tag}{scope} style="text-align:{side}">{escape(cell)}</{tag}>')
        body.append(f"<tr>{''.join(cells)}</tr>")
    notes = "".join(f"<p><small>{escape(note)}</small></p>" for note in data["notes"])
    return (
        f'<table><caption style="text-align:left">{escape(data["caption"])}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>{notes}"
    )


def _title(data: Mapping[str, Any]) -> str:
    facts = [
        ("Clinic", data["clinic"]),
        ("Quarter", data["quarter"]),
        ("Data cut", data["data_cut"]),
        *data["facts"],
    ]
    marks = ["INTERNAL"] if data["audience"] == "internal" else []
    marks += ["Synthetic data: invented patients"] if data["is_synthetic"] else []
    lines = [f"{escape(label)}: {escape(value)}" for label, value in facts if value]
    return (
        f"<h1>{escape(data['title'])}</h1>"
        + (f"<p>{escape(data['subtitle'])}</p>" if data["subtitle"] else "")
        + f"<p>{' · '.join(lines)}</p>"
        + "".join(f"<p><strong>{mark}</strong></p>" for mark in marks)
    )


def _blocks(data: Mapping[str, Any]) -> str:
    return "".join(block_html(item) for item in data["blocks"])


_MAKERS = {
    "heading": _heading,
    "prose": _prose,
    "bullets": _bullets,
    "notice": _notice,
    "key_numbers": _key_numbers,
    "figure": _figure,
    "table": _table,
    "title": _title,
    "blocks": _blocks,
}
