"""The laws on notebooks hold here, and each is able to fail."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.architecture import notebook_laws
from tests.architecture.trees import ROOT, plant

Law = Callable[[Path], list[str]]

LAWS = [
    notebook_laws.definitions,
    notebook_laws.stored_outputs,
    notebook_laws.not_one_parameters_cell,
    notebook_laws.own_calculations,
]


def notebook(*cells: dict[str, Any]) -> str:
    """A notebook with one parameters cell and the given code cells."""
    parameters = {"source": "clinic = 'C01'", "metadata": {"tags": ["parameters"]}}
    filled = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, **cell}
        for cell in (parameters, *cells)
    ]
    return json.dumps({"cells": filled, "nbformat": 4, "nbformat_minor": 5, "metadata": {}})


BREACHES: list[tuple[Law, dict[str, Any], str]] = [
    (
        notebook_laws.definitions,
        {"source": ["%matplotlib inline\n", "def f():\n", "    return 1\n"]},
        "page.ipynb, code cell 2: FunctionDef",
    ),
    (
        notebook_laws.definitions,
        {"source": "class A: pass"},
        "page.ipynb, code cell 2: ClassDef",
    ),
    (
        notebook_laws.stored_outputs,
        {"source": "1", "outputs": [{"output_type": "stream"}]},
        "page.ipynb, code cell 2",
    ),
    (
        notebook_laws.stored_outputs,
        {"source": "1", "execution_count": 3},
        "page.ipynb, code cell 2",
    ),
    (
        notebook_laws.not_one_parameters_cell,
        {"source": "1", "metadata": {"tags": ["parameters"]}},
        "page.ipynb: 2 parameters cells",
    ),
    (
        notebook_laws.own_calculations,
        {"source": "import numpy as np"},
        "page.ipynb, code cell 2: numpy",
    ),
    (
        notebook_laws.own_calculations,
        {"source": "from scipy import stats"},
        "page.ipynb, code cell 2: scipy",
    ),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_the_law_holds_in_every_notebook(law: Law) -> None:
    """No notebook that ships breaks the law."""
    assert not law(ROOT), "\n".join(["", *law(ROOT)])


@pytest.mark.parametrize(
    ("law", "cell", "breach"), BREACHES, ids=[law.__name__ for law, _, _ in BREACHES]
)
def test_the_law_sees_a_breach(law: Law, cell: dict[str, Any], breach: str, tmp_path: Path) -> None:
    """A notebook made to break the law is reported by its cell."""
    assert law(plant(tmp_path, {"notebooks/page.ipynb": notebook(cell)})) == [breach]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_a_lawful_notebook_passes(law: Law, tmp_path: Path) -> None:
    """A notebook that imports only this library and the standard library is not reported."""
    cell = {"source": "from pathlib import Path\nimport hinge_outcomes as ho"}
    assert law(plant(tmp_path, {"notebooks/page.ipynb": notebook(cell)})) == []
