"""The blocks that hold words: headings, prose, lists, boxes, headline numbers and the title."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from hinge_outcomes.exceptions import ReportError
from hinge_outcomes.reporting.published import Published
from hinge_outcomes.reporting.text import Paragraph, as_paragraphs, need_text


@dataclass(frozen=True, slots=True)
class Heading(Published):
    """Open a section of the report.

    Parameters
    ----------
    text : str
        The words of the heading.
    level : {2, 3, 4}
        2 for a section, 3 and 4 below it; level 1 is the title of the page.
    starts_page : bool
        Begin a new page in print and in the PDF.
    """

    text: str
    level: int = 2
    starts_page: bool = False
    kind: ClassVar[str] = "heading"

    def __post_init__(self) -> None:
        need_text("Heading", "text", self.text)
        if self.level not in (2, 3, 4):
            raise ReportError(
                f"A Heading has level 2, 3 or 4, not {self.level!r}; "
                "level 1 belongs to the TitleBlock."
            )


@dataclass(frozen=True, slots=True)
class Prose(Published):
    """Say something in plain paragraphs.

    Parameters
    ----------
    paragraphs : str or sequence of str
        One paragraph, or several.
    """

    paragraphs: tuple[Paragraph, ...]
    kind: ClassVar[str] = "prose"

    def __init__(self, paragraphs: Any) -> None:
        object.__setattr__(self, "paragraphs", as_paragraphs("Prose", "paragraphs", paragraphs))


@dataclass(frozen=True, slots=True)
class Bullets(Published):
    """List points one under the other.

    Parameters
    ----------
    items : sequence of str
        One entry per point.
    is_ordered : bool
        Number the points.
    """

    items: tuple[Paragraph, ...]
    is_ordered: bool = False
    kind: ClassVar[str] = "bullets"

    def __init__(self, items: Any, is_ordered: bool = False) -> None:
        object.__setattr__(self, "items", as_paragraphs("Bullets", "items", items))
        object.__setattr__(self, "is_ordered", bool(is_ordered))


@dataclass(frozen=True, slots=True)
class Notice(Published):
    """Put a statement in a box, so that nobody misses it.

    Parameters
    ----------
    paragraphs : str or sequence of str
        What the box says.
    title : str
        A few words above it; may be empty.
    tone : {"info", "warning"}
        "warning" for what limits the reading of the page.
    """

    paragraphs: tuple[Paragraph, ...]
    title: str = ""
    tone: Literal["info", "warning"] = "info"
    kind: ClassVar[str] = "notice"

    def __init__(
        self, paragraphs: Any, title: str = "", tone: Literal["info", "warning"] = "info"
    ) -> None:
        if tone not in ("info", "warning"):
            raise ReportError(f"A Notice has the tone 'info' or 'warning', not {tone!r}.")
        object.__setattr__(self, "paragraphs", as_paragraphs("Notice", "paragraphs", paragraphs))
        object.__setattr__(self, "title", title)
        object.__setattr__(self, "tone", tone)


@dataclass(frozen=True, slots=True)
class KeyNumber(Published):
    """Show one headline number with what it counts.

    Parameters
    ----------
    label : str
        What the number is ("Started care").
    value : str
        The number as it is printed ("104", "62%", "fewer than 11").
    detail : str
        Its interval and its people ("95% CI 51 to 72%; started Apr-Jun 2026").
    tone : {"plain", "muted"}
        "muted" where a value cannot be shown.
    """

    label: str
    value: str
    detail: str = ""
    tone: Literal["plain", "muted"] = "plain"
    kind: ClassVar[str] = "key_number"

    def __post_init__(self) -> None:
        need_text("KeyNumber", "label", self.label)
        need_text("KeyNumber", "value", self.value)
        if self.tone not in ("plain", "muted"):
            raise ReportError(f"A KeyNumber has the tone 'plain' or 'muted', not {self.tone!r}.")


@dataclass(frozen=True, slots=True)
class KeyNumbers(Published):
    """Set several headline numbers side by side.

    Parameters
    ----------
    numbers : sequence of KeyNumber
        In reading order.
    """

    numbers: tuple[KeyNumber, ...]
    kind: ClassVar[str] = "key_numbers"

    def __post_init__(self) -> None:
        numbers = tuple(
            KeyNumber(**{key: text for key, text in item.items() if key != "kind"})
            if isinstance(item, Mapping)
            else item
            for item in self.numbers
        )
        if not numbers:
            raise ReportError("KeyNumbers needs at least one KeyNumber.")
        object.__setattr__(self, "numbers", numbers)


@dataclass(frozen=True, slots=True)
class TitleBlock(Published):
    """Name the report: whose it is, which quarter, who may read it. One per notebook.

    Parameters
    ----------
    title : str
        The one heading of level 1, and the title of the PDF.
    subtitle : str
        A sentence under it.
    clinic : str
        The clinic's name, not its id.
    quarter : str
        "Jul-Sep 2026" or as the clinic calls it.
    data_cut : str
        The date up to which the data are complete.
    audience : {"release", "internal"}
        "internal" marks every page INTERNAL.
    is_synthetic : bool
        Mark every page as made from invented patients.
    facts : sequence of (label, value)
        Further lines beside clinic, quarter and data cut.
    footer : sequence of str
        Statements for the end of the report, such as assumptions of the data's mapping.
    """

    title: str
    subtitle: str = ""
    clinic: str = ""
    quarter: str = ""
    data_cut: str = ""
    audience: Literal["release", "internal"] = "release"
    is_synthetic: bool = False
    facts: tuple[tuple[str, str], ...] = ()
    footer: tuple[str, ...] = ()
    kind: ClassVar[str] = "title"

    def __post_init__(self) -> None:
        need_text("TitleBlock", "title", self.title)
        if self.audience not in ("release", "internal"):
            raise ReportError(
                f"TitleBlock.audience is 'release' or 'internal', not {self.audience!r}."
            )
        facts = self.facts.items() if isinstance(self.facts, Mapping) else self.facts
        pairs = tuple((str(label), str(value)) for label, value in facts)
        footer = (self.footer,) if isinstance(self.footer, str) else tuple(self.footer)
        object.__setattr__(self, "data_cut", str(self.data_cut))
        object.__setattr__(self, "facts", pairs)
        object.__setattr__(self, "footer", footer)
