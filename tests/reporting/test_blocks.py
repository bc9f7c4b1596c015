"""Blocks as a notebook publishes them and a report reads them back."""

import subprocess
import sys

import pytest

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.blocks import Blocks, Heading, Prose, read_blocks
from tests.reporting.sample import sample_blocks, sample_title


def test_blocks_are_read_back_as_they_were():
    """Publishing and reading back is the identity, for a block of every kind."""
    blocks = (sample_title(), *sample_blocks())
    assert read_blocks(Blocks(blocks).to_data()) == blocks


def test_blocks_in_blocks_are_laid_out_flat():
    """Lists and Blocks may be nested; the reading order stays."""
    one, two, three = Heading("A"), Prose("b"), Prose("c")
    assert Blocks(one, [two, Blocks(three)]).blocks == (one, two, three)


def test_what_is_no_block_is_refused():
    """Blocks takes blocks only, and reading back knows only this version's kinds."""
    with pytest.raises(ReportError, match="str"):
        Blocks("text")
    with pytest.raises(ReportError, match="hologram"):
        read_blocks({"kind": "hologram"})
    with pytest.raises(ReportError, match="incomplete"):
        read_blocks({"kind": "heading"})


def test_blocks_cost_a_notebook_little():
    """Importing the blocks loads neither papermill nor nbconvert nor matplotlib."""
    code = (
        "import sys, hinge_outcomes.reporting.blocks;"
        "print({'papermill', 'nbconvert', 'matplotlib', 'pandas', 'typst'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
