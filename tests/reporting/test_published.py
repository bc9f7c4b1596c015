"""What every block has in common."""

import json

import pytest

from hinge_outcomes.reporting.blocks import Blocks
from hinge_outcomes.reporting.published import BLOCK_MIMETYPE
from tests.reporting.sample import sample_blocks, sample_title

EVERY_KIND = [sample_title(), *sample_blocks(), Blocks(sample_blocks())]


@pytest.mark.parametrize("block", EVERY_KIND, ids=lambda block: block.kind)
def test_every_block_can_be_shown_and_stored(block):
    """A block of any kind is JSON for the report and HTML for JupyterLab."""
    bundle = block._repr_mimebundle_()
    assert json.loads(json.dumps(bundle[BLOCK_MIMETYPE]))["kind"] == block.kind
    assert bundle["text/html"].startswith("<")
