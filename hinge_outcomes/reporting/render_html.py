"""The web page: one self-contained file, made by nbconvert with the project's own template."""

import base64
from pathlib import Path
from typing import Any

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.document import Document

_TEMPLATES = Path(__file__).with_name("templates")


def html_page(document: Document, notebook: Any = None) -> str:
    """Return a document as one HTML file that needs nothing from the network.

    Every text is escaped by the template; figures are embedded as images with their alternative
    text, so that nothing inside a drawing can act on the page.

    Parameters
    ----------
    document : Document
        What the report says.
    notebook : NotebookNode, optional
        The executed notebook; nbconvert wants one, the template reads only the document.

    Returns
    -------
    str
        The page.
    """
    # nbconvert loads every exporter it knows, so it is imported only where a page is made.
    from nbconvert.exporters.templateexporter import TemplateExporter
    from nbformat.v4 import new_notebook

    data = document.to_data()
    for block in data["blocks"]:
        if block["kind"] == "figure":
            block["address"] = _image_address(block)
    exporter = TemplateExporter(  # type: ignore[no-untyped-call]
        template_paths=[str(_TEMPLATES)], template_file="page.html.j2", file_extension=".html"
    )
    resources = {"document": data, "style": _style()}
    page, _ = exporter.from_notebook_node(
        notebook or new_notebook(),  # type: ignore[no-untyped-call]
        resources=resources,
    )
    return "\n".join(line.rstrip() for line in page.splitlines() if line.strip()) + "\n"


def _style() -> str:
    style = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    if "</" in style:
        raise ReportError("page.css must not hold a closing tag.")
    # Base64, because the page shall hold no network address, not even the name of a vocabulary.
    mark = (_TEMPLATES / "mark.svg").read_text(encoding="utf-8")
    drawn = {
        name: _svg_address(mark.replace("COLOUR", colour).replace("WORDS", words))
        for name, colour, words in (
            ("synthetic-mark", "#0b5563", "SYNTHETIC DATA"),
            ("internal-mark", "#8e1b2f", "INTERNAL"),
        )
    }
    rules = " ".join(f'--{name}: url("{address}");' for name, address in drawn.items())
    return f":root {{ {rules} }}\n{style}"


def _image_address(block: dict[str, Any]) -> str:
    return _svg_address(block["svg"]) if block["svg"] else f"data:image/png;base64,{block['png']}"


def _svg_address(svg: str) -> str:
    content = base64.b64encode(svg.encode("utf-8")).decode("ascii")
    return f"data:image/svg+xml;base64,{content}"
