"""How blocks look in JupyterLab."""

import pytest

from hinge_outcomes.reporting.blocks import Blocks, Notice, Prose, Table, TitleBlock
from hinge_outcomes.reporting.preview import block_html
from tests.reporting.sample import HOSTILE


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_no_text_becomes_markup(text):
    """A hostile text is shown as text in every place a block has for one."""
    blocks = Blocks(
        TitleBlock(text, clinic=text),
        Prose(text),
        Notice(text, title=text),
        Table(caption=text, columns=[text], rows=[[text]], notes=[text]),
    )
    page = block_html(blocks.to_data())
    assert "<script" not in page
    assert "</style" not in page
    assert "<b>" not in page
