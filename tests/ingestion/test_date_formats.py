"""Date formats that leave nothing open."""

import pytest

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.date_formats import EXCEL_DAYS, check_date_format


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y %H:%M", "%Y%m%d", "%d %b %Y", "%d. %B %Y",
     "%Y-%j", "%Y-%m-%d %H:%M:%S.%f", "%m/%d/%Y %I:%M %p", "%d %% %m %Y", EXCEL_DAYS],
)  # fmt: skip
def test_a_format_with_year_month_and_day_is_lawful(form: str) -> None:
    """Any order, with or without a time of day; the day of a year will do for month and day."""
    check_date_format("[file]", form)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ("%d/%m/%y", r"two-digit year.*century"),
        ("%Y-%m", "must name year, month and day"),
        ("%d/%Y", "must name year, month and day"),
        ("%d/%m", "must name year, month and day"),
        ("%x", "must name year, month and day"),
        ("%Y-%m-%d %Z", "must name year, month and day"),
        ("%Y-%U-%u", "must name year, month and day"),
        ("%Y%%m%%d", "must name year, month and day"),
        ("dd/mm/yyyy", "must name year, month and day"),
        ("Excel", "must name year, month and day"),
        ("", "must name year, month and day"),
    ],
)
def test_a_format_that_leaves_something_open_is_refused(form: str, words: str) -> None:
    """No century, no month, no day, or a code that depends on the machine: never read."""
    with pytest.raises(MappingError, match=f"here: .*{words}"):
        check_date_format("here", form)
