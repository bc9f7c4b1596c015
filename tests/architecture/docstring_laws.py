"""The law on docstrings: numpydoc validation of every public object, read from the source."""

import ast
import tomllib
from pathlib import Path

from numpydoc.hooks.validate_docstrings import AstValidator
from numpydoc.validate import ERROR_MSGS, validate

from tests.architecture.source_laws import modules, place


class SourceValidator(AstValidator):  # type: ignore[misc]
    """Numpydoc's validator, taught about dataclasses and properties.

    A dataclass has no ``__init__`` in the source: its parameters are its fields, documented under
    Parameters or Attributes. A property reads like an attribute, so it needs no Returns section.
    """

    @property
    def is_function_or_method(self) -> bool:
        """Whether the object is called by its users."""
        return isinstance(self.node, ast.FunctionDef) and not (
            {"property", "cached_property", "setter"} & decorators(self.node)
        )

    @property
    def type(self) -> str:
        """What the object is, in numpydoc's words."""
        return "property" if isinstance(self.node, ast.FunctionDef) else str(super().type)

    @property
    def is_dataclass(self) -> bool:
        """Whether the object is a class whose parameters are its fields."""
        return self.is_class and "dataclass" in decorators(self.node)

    @property
    def signature_parameters(self) -> tuple[str, ...]:
        """The parameters in their order."""
        if isinstance(self.node, ast.FunctionDef) and not self.is_function_or_method:
            return ()
        if not self.is_dataclass:
            return tuple(super().signature_parameters)
        return tuple(
            field.target.id
            for field in self.node.body
            if isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and not field.target.id.startswith("_")
            and "ClassVar" not in ast.unparse(field.annotation)
            and "init=False" not in ast.unparse(field.value or field.annotation)
        )

    @property
    def doc_all_parameters(self) -> dict[str, tuple[str, str]]:
        """What the docstring says of each parameter."""
        documented = dict(super().doc_all_parameters)
        if self.is_dataclass and not documented:
            documented = dict(self._doc_parameters(["Attributes"]))
        return documented


def decorators(node: ast.AST) -> set[str]:
    """Last names of an object's decorators: ``dataclass`` for ``@dataclasses.dataclass(...)``."""
    found = set()
    for decorator in getattr(node, "decorator_list", []):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        found.add(getattr(target, "attr", getattr(target, "id", "")))
    return found


def chosen_checks(pyproject: Path) -> set[str]:
    """The checks that pyproject.toml chooses: all but those it leaves out, each with a reason."""
    settings = tomllib.loads(pyproject.read_text(encoding="utf-8"))
    names = set(settings["tool"]["numpydoc_validation"]["checks"])
    return set(ERROR_MSGS) - names if "all" in names else names


def poor_docstrings(root: Path, checks: set[str]) -> list[str]:
    """Public objects whose docstring breaks one of the checks."""
    found = []
    for path in modules(root):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree) and tree.body:
            found.append(f"{place(root, path)}: the module has no docstring")
        for ancestry in public_objects([tree]):
            node = ancestry[-1]
            name = ".".join([path.stem, *(getattr(n, "name", "") for n in ancestry[1:])])
            report = validate(
                name, SourceValidator, ast_node=node, filename=str(path), ancestry=ancestry[:-1]
            )
            found += [
                f"{place(root, path, getattr(node, 'lineno', 1))}: {name}: {code} {message}"
                for code, message in report["errors"]
                if code in checks
            ]
    return found


def public_objects(ancestry: list[ast.AST]) -> list[list[ast.AST]]:
    """Public classes, functions and methods below a node, each with its ancestors."""
    found = []
    for node in ast.iter_child_nodes(ancestry[-1]):
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_") or {"overload", "setter"} & decorators(node):
            continue
        found.append([*ancestry, node])
        if isinstance(node, ast.ClassDef):
            found += public_objects([*ancestry, node])
    return found
