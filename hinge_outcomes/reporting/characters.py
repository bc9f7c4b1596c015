"""Show characters that cannot be printed, or that would mislead, by their number.

One rule for every face of a report: a control or direction mark, and a character that the bundled
fonts cannot draw, is shown as ``[U+202E]``. A mark that reverses a heading would do so in a browser
as well as on paper, and a character without a drawing would stop the PDF.
"""

import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

# Both weights are used on a page, so a character must be in both to count as covered.
_FACES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
_SPACES = "\t\n\r"
_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@cache
def covered_characters() -> frozenset[int]:
    """Return the code points that the bundled fonts can draw.

    Returns
    -------
    frozenset of int
        Unicode code points that are in every face the pages use.

    Examples
    --------
    >>> ord("ä") in covered_characters(), 0x1F9D8 in covered_characters()
    (True, False)
    """
    from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

    from hinge_outcomes.plotting import font_folder

    covered: set[int] | None = None
    for name in _FACES:
        with TTFont(Path(font_folder()) / name, lazy=True) as font:
            points = set(font.getBestCmap())
        covered = points if covered is None else covered & points
    return frozenset(covered or ())


def show_characters(text: str) -> str:
    """Replace what cannot be printed by its number, so that a reader sees it is there.

    Tabs and line ends become spaces. The text is not otherwise changed.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        Text in which every character can be drawn and none changes the direction of writing.

    Examples
    --------
    >>> show_characters("Clinic\\u202eC01")
    'Clinic[U+202E]C01'
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def show_all_characters(value: Any) -> Any:
    """Apply `show_characters` to every text inside JSON data.

    Parameters
    ----------
    value : object
        JSON data; the keys of dicts are left alone.

    Returns
    -------
    object
        New data of the same shape.

    Examples
    --------
    >>> show_all_characters({"rows": [["a\\u200b"]]})
    {'rows': [['a[U+200B]']]}
    """
    if isinstance(value, str):
        return show_characters(value)
    if isinstance(value, Mapping):
        return {key: show_all_characters(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [show_all_characters(item) for item in value]
    return value


def _shown(character: str) -> str:
    if " " <= character <= "~":
        return character
    if character in _SPACES:
        return " "
    hidden = unicodedata.category(character) in _HIDDEN
    if hidden or ord(character) not in covered_characters():
        return f"[U+{ord(character):04X}]"
    return character
