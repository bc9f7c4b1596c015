"""The law on ARCHITECTURE.md: it names every room and every module, and nothing else."""

import ast
import re
from pathlib import Path

from tests.architecture.source_laws import PACKAGE, modules, parse

ENTRY = re.compile(r"^- `(?P<module>[\w./]+\.py)`: \S.*$", re.MULTILINE)
ROOM = re.compile(r"^## `(?P<room>\w+)/`", re.MULTILINE)


def named_modules(page: str) -> set[str]:
    """The modules that have a line, as paths below the package."""
    return {match["module"] for match in ENTRY.finditer(page)}


def real_modules(root: Path) -> dict[str, str]:
    """The modules that hold code, each with the line that its docstring suggests."""
    found = {}
    for path in modules(root):
        tree = parse(path)
        kinds = (ast.FunctionDef, ast.ClassDef)
        if path.name == "__init__.py" and not any(isinstance(n, kinds) for n in tree.body):
            continue
        name = path.relative_to(root / PACKAGE).as_posix()
        first = (ast.get_docstring(tree) or "").splitlines()[:1]
        found[name] = f"- `{name}`: {''.join(first).rstrip('.')}."
    return found


def real_rooms(root: Path) -> set[str]:
    """The packages directly below the package."""
    return {path.parent.name for path in (root / PACKAGE).glob("*/__init__.py")}


def untrue_lines(root: Path) -> list[str]:
    """What the page lacks, as lines to paste, and what it names that is not there."""
    page = (root / "ARCHITECTURE.md").read_text(encoding="utf-8")
    modules_there = real_modules(root)
    named = named_modules(page)
    rooms = set(ROOM.findall(page))
    return [
        *(f"add     {line}" for name, line in modules_there.items() if name not in named),
        *(f"remove  - `{name}`" for name in sorted(named - set(modules_there))),
        *(f"add     ## `{room}/`" for room in sorted(real_rooms(root) - rooms)),
        *(f"remove  ## `{room}/`" for room in sorted(rooms - real_rooms(root))),
    ]
