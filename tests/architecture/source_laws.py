"""Laws on source files, each a function from a root folder to the places that break it.

They take a root so that a tiny tree in a temporary folder can prove that each law is able to fail.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = "hinge_outcomes"
MAX_LINES = 400
EMPTY_NAMES = {"utils", "util", "helpers", "helper", "common", "misc"}
STANDARD_LIBRARY_ONLY = ("domain", "exceptions")
HOMES = {
    "matplotlib": "plotting",
    "seaborn": "plotting",
    "papermill": "reporting",
    "nbconvert": "reporting",
    "dask": "execution",
    "distributed": "execution",
}
PLATFORM_MODULES = {"fcntl", "resource", "pwd", "grp", "termios"}


def modules(root: Path) -> list[Path]:
    """Every module of the package under ``root``, in a fixed order."""
    return sorted((root / PACKAGE).rglob("*.py"))


def place(root: Path, path: Path, line: int | None = None) -> str:
    """A path relative to the root, with its line, as an editor can open it."""
    where = path.relative_to(root).as_posix()
    return where if line is None else f"{where}:{line}"


def room(root: Path, path: Path) -> str:
    """The first folder or module under the package: ``cohort`` for ``cohort/frames.py``."""
    parts = path.relative_to(root / PACKAGE).with_suffix("").parts
    return parts[0]


def parse(path: Path) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Each imported module with its line, at any depth, written as a statement or as a call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module, node.lineno
        elif (
            isinstance(node, ast.Call)
            and getattr(node.func, "attr", getattr(node.func, "id", "")) == "import_module"
            and node.args
            and isinstance(node.args[0], ast.Constant)
            and isinstance(node.args[0].value, str)
        ):
            yield node.args[0].value, node.lineno


def too_long(root: Path) -> list[str]:
    """Modules that nobody can read in one sitting."""
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in modules(root)}
    return [f"{place(root, p)}: {n} lines" for p, n in lengths.items() if n > MAX_LINES]


def without_mirror(root: Path) -> list[str]:
    """Modules that hold code but have no test file at the mirrored place."""
    missing = []
    for path in modules(root):
        tree = parse(path)
        is_init = path.name == "__init__.py"
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        if is_init and not any(isinstance(node, kinds) for node in tree.body):
            continue
        stem = "init" if is_init else path.stem
        inside = path.relative_to(root / PACKAGE).parent
        test = root / "tests" / inside / f"test_{stem}.py"
        if not test.is_file():
            missing.append(f"{place(root, path)}: expected {place(root, test)}")
    return missing


def empty_names(root: Path) -> list[str]:
    """Modules and folders, in the package and its tests, whose name says nothing."""
    paths = [*modules(root), *sorted((root / "tests").rglob("*.py"))]
    return [
        place(root, path)
        for path in paths
        if EMPTY_NAMES & {*path.relative_to(root).with_suffix("").parts}
        or path.stem.removeprefix("test_") in EMPTY_NAMES
    ]


def beyond_standard_library(root: Path) -> list[str]:
    """Imports of anything but the standard library where only that is allowed."""
    found = []
    for path in modules(root):
        if room(root, path) not in STANDARD_LIBRARY_ONLY:
            continue
        for name, line in imports(parse(path)):
            top = name.partition(".")[0]
            if top != PACKAGE and top not in sys.stdlib_module_names:
                found.append(f"{place(root, path, line)}: {name}")
    return found


def away_from_home(root: Path) -> list[str]:
    """Imports of a library outside the one room that may know it."""
    found = []
    for path in modules(root):
        for name, line in imports(parse(path)):
            home = HOMES.get(name.partition(".")[0])
            if home is not None and room(root, path) != home:
                found.append(f"{place(root, path, line)}: {name} belongs in {home}")
    return found


def bound_to_one_platform(root: Path) -> list[str]:
    """Uses, when a module is imported, of what exists on one operating system only."""
    found = []
    for path in modules(root):
        for node in at_import(parse(path)):
            names = [name for name, _ in imports(node)] if is_import(node) else []
            found += [
                f"{place(root, path, node.lineno)}: {name}"
                for name in names
                if name.partition(".")[0] in PLATFORM_MODULES
            ]
            if isinstance(node, ast.Attribute) and node.attr in {"fork", "forkpty"}:
                found.append(f"{place(root, path, node.lineno)}: {node.attr}")
    return found


def is_import(node: ast.AST) -> bool:
    """Whether a node is an import statement."""
    return isinstance(node, ast.Import | ast.ImportFrom)


def at_import(tree: ast.AST) -> Iterator[ast.expr | ast.stmt]:
    """Nodes that run when the module is imported: all but what stands inside a function."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.expr | ast.stmt):
            yield node
        yield from at_import(node)


def global_randomness(root: Path) -> list[str]:
    """Imports of the module whose generator is shared by the whole process."""
    return [
        f"{place(root, path, line)}: {name}"
        for path in modules(root)
        for name, line in imports(parse(path))
        if name == "random"
    ]


def public_functions(root: Path) -> dict[str, list[str]]:
    """Names of public top-level functions, each with the places that define it."""
    found: dict[str, list[str]] = {}
    for path in modules(root):
        for node in parse(path).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                found.setdefault(node.name, []).append(place(root, path, node.lineno))
    return found


def modules_named_like_functions(root: Path) -> list[str]:
    """Modules that share their name with a public function, so that one hides the other."""
    functions = public_functions(root)
    return [
        f"{place(root, path)}: also a function at {functions[path.stem][0]}"
        for path in modules(root)
        if path.stem in functions
    ]


def tests_without_fact(root: Path) -> list[str]:
    """Tests that do not say in one sentence which fact they prove."""
    found = []
    for path in sorted((root / "tests").rglob("test_*.py")):
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                fact = " ".join((ast.get_docstring(node) or "").split())
                if not fact.endswith("."):
                    found.append(f"{place(root, path, node.lineno)}: {node.name}")
    return found
