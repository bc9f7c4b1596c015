"""Laws on notebooks, each a function from a root folder to the places that break it."""

import ast
import json
import sys
from pathlib import Path
from typing import Any

PACKAGE = "hinge_outcomes"


def notebooks(root: Path) -> list[Path]:
    """Every notebook that ships."""
    return sorted((root / "notebooks").glob("*.ipynb"))


def code_cells(path: Path) -> list[dict[str, Any]]:
    """The code cells of a notebook."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return [cell for cell in content["cells"] if cell["cell_type"] == "code"]


def syntax(cell: dict[str, Any]) -> ast.Module:
    """The syntax tree of a cell, without IPython's magic lines."""
    source = cell["source"] if isinstance(cell["source"], str) else "".join(cell["source"])
    lines = ["" if line.startswith(("%", "!")) else line for line in source.splitlines()]
    return ast.parse("\n".join(lines))


def definitions(root: Path) -> list[str]:
    """Functions and classes a notebook defines; they belong in the library, with tests."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
    return [
        f"{path.name}, code cell {number}: {type(node).__name__}"
        for path in notebooks(root)
        for number, cell in enumerate(code_cells(path), start=1)
        for node in ast.walk(syntax(cell))
        if isinstance(node, kinds)
    ]


def stored_outputs(root: Path) -> list[str]:
    """Cells that store an output or an execution count, which may hold a patient's data."""
    return [
        f"{path.name}, code cell {number}"
        for path in notebooks(root)
        for number, cell in enumerate(code_cells(path), start=1)
        if cell.get("outputs") or cell.get("execution_count") is not None
    ]


def not_one_parameters_cell(root: Path) -> list[str]:
    """Notebooks that papermill could not parametrise, or would in two places."""
    counts = {
        path.name: sum(
            "parameters" in cell.get("metadata", {}).get("tags", []) for cell in code_cells(path)
        )
        for path in notebooks(root)
    }
    return [f"{name}: {count} parameters cells" for name, count in counts.items() if count != 1]


def own_calculations(root: Path) -> list[str]:
    """Imports beyond this library and the standard library: every number is the library's."""
    found = []
    for path in notebooks(root):
        for number, cell in enumerate(code_cells(path), start=1):
            for node in ast.walk(syntax(cell)):
                names = (
                    [alias.name for alias in node.names]
                    if isinstance(node, ast.Import)
                    else [node.module or ""]
                    if isinstance(node, ast.ImportFrom)
                    else []
                )
                found += [
                    f"{path.name}, code cell {number}: {name}"
                    for name in names
                    if name.partition(".")[0] not in {PACKAGE, *sys.stdlib_module_names}
                ]
    return found
