"""A small report with a block of every kind, and the hostile texts that no face may act on."""

import datetime as dt
from typing import Any

import pandas as pd
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.reporting.blocks import (
    BLOCK_MIMETYPE,
    Blocks,
    Bullets,
    Figure,
    Heading,
    KeyNumber,
    KeyNumbers,
    Notice,
    Prose,
    Table,
    TitleBlock,
)

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="640" height="300" viewBox="0 0 640 300">'
    '<rect width="640" height="300" fill="#f3f6f6"/>'
    '<path d="M40 40 C 160 200, 320 230, 600 250" fill="none" stroke="#0b5563" stroke-width="4"/>'
    "</svg>"
)

HOSTILE = {
    "script": "<script>alert('x')</script>",
    "closing": "</style></title><b>bold</b>",
    "typst": '#let x = 1; #read("/etc/passwd") $x^2$ *strong* _em_ `raw` @ref <label> // no',
    "rtl": "Clinic \u202egnirpS\u202c",
    "zero width": "C\u200b01",
    "emoji": "Knee \U0001f9d8 and back",
    "long": "W" * 200,
    "formula": "=1+1",
    "entity": "&lt;b&gt; &amp;",
    "jinja": "{{ 7 * 7 }} {% raw %}",
}


def published(*blocks: Any) -> Any:
    """Return a code cell as it looks after it published these blocks."""
    block = Blocks(*blocks)
    data = {BLOCK_MIMETYPE: block.to_data(), "text/html": block._repr_html_()}
    return new_code_cell("publish()", outputs=[new_output("display_data", data=data)])


def executed(*cells: Any) -> Any:
    """Return an executed notebook of these cells; markdown may be given as text."""
    return new_notebook(
        cells=[new_markdown_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    )


def sample_title(**changes: Any) -> TitleBlock:
    """Return the head of the sample report."""
    settings: dict[str, Any] = {
        "title": "Quarterly outcomes",
        "subtitle": "How long mastery of the hip hinge takes, and how much pain falls.",
        "clinic": "Riverside Physiotherapy",
        "quarter": "Jul–Sep 2026",
        "data_cut": "30 September 2026",
        "is_synthetic": True,
        "facts": [("Patients", "started Jul–Sep 2026")],
        "footer": ["Every episode starts on 1 January 2022."],
    }
    return TitleBlock(**{**settings, **changes})


def sample_blocks() -> list[Any]:
    """Return a block of every kind, as a clinic's report would use them."""
    rows = [
        ("Pain (NPRS 0–10)", "84", "−2.1", "−2.6 to −1.6", "61%"),
        ("Disability (ODI 0–100)", "81", "−11.4", "−14.2 to −8.6", "48%"),
        ("Function (PSFS 0–10)", "hidden", "hidden", "", "hidden"),
    ]
    return [
        Heading("This quarter in brief"),
        KeyNumbers(
            [
                KeyNumber("Started care", "104", "98 in the quarter before"),
                KeyNumber("Pain at 13 weeks", "−2.1", "95% CI −2.6 to −1.6; n = 84"),
                KeyNumber("Reached MIC in pain", "61%", "95% CI 50 to 71%"),
                KeyNumber("Mastered the target by 180 days", "42%", "95% CI 33 to 51%"),
                KeyNumber("Questionnaires returned", "68%", "13 weeks; aim 75%"),
                KeyNumber("Unplanned loss", "Fewer than 11", "too few to show", tone="muted"),
            ]
        ),
        Bullets(
            [
                "Pain falls as much as in the quarter before; the interval excludes no change.",
                "Capture at 13 weeks is under 75%: read the outcome figures with care.",
                "Two in five master their target stage within six months.",
            ]
        ),
        Notice(
            "Counts from 1 to 10 are hidden, and what would give them away.",
            title="Small numbers",
        ),
        Heading("Pain and function", starts_page=False),
        Prose(
            [
                "Mean change from the start of care to 13 weeks, among those who started in "
                "April to June 2026 and so have had their 13 weeks.",
                "Negative numbers mean less pain and less disability.",
            ]
        ),
        Table(
            caption="Change at 13 weeks. Higher PSFS is better.",
            columns=("Instrument", "n", "Mean change", "95% CI", "Reached MIC"),
            rows=rows,
            notes=["MIC: 2 points on the NPRS, 10 points on the ODI.", "hidden: fewer than 11."],
        ),
        Figure(
            alt="Pain falls steeply over six weeks and slowly after that.",
            caption="Pain over time, mean with 95% interval.",
            svg=SVG,
        ),
        Heading("By stage", level=3),
        Table(
            caption="The ten stages.",
            columns=("Stage", "What it is for", "At work", "Median days"),
            rows=[
                (
                    f"{number}  Stage name",
                    "A sentence on what this stage teaches and why it comes here.",
                    str(11 * number),
                    f"{3.5 * number:.1f}",
                )
                for number in range(1, 41)
            ],
            alignment=("text", "text", "number", "number"),
        ),
        Notice("Capture at 13 weeks is under 75%.", title="Read with care", tone="warning"),
    ]


def sample_notebook(*sources: str) -> Any:
    """Return a notebook, still to be executed, that publishes a block of every kind."""
    more = [new_code_cell(source) for source in sources]
    return new_notebook(
        cells=[
            new_code_cell(
                'cohort = ""\nclinic_id = ""\nclinic_name = ""\nquarter = ""\naudience = "release"',
                metadata={"tags": ["parameters"]},
            ),
            new_code_cell("from tests.reporting.sample import *"),
            new_code_cell("sample_title(audience=audience, clinic=clinic_name, quarter=quarter)"),
            new_markdown_cell(
                "## From markdown\n\nSome *words*, `code` and [a link](https://a.b)."
            ),
            new_code_cell("Blocks(sample_blocks())"),
            *more,
        ]
    )


def small_cohort(**changes: Any) -> Cohort:
    """Return a cohort of three episodes in two clinics, enough to ask a report of."""
    episodes = pd.DataFrame(
        {
            "episode_id": ["E1", "E2", "E3"],
            "patient_id": ["P1", "P2", "P3"],
            "clinic_id": ["C01", "C01", "C02"],
            "start_date": pd.to_datetime(["2026-07-03", "2026-04-10", "2025-01-15"]),
            "last_observed_day": [89, 173, 623],
        }
    )
    patients = pd.DataFrame({"patient_id": ["P1", "P2", "P3"], "birth_year": [1970, 1980, 1990]})
    outcomes = pd.DataFrame(
        {
            "episode_id": ["E1", "E1"],
            "measured_day": [0, 42],
            "instrument": ["nprs", "nprs"],
            "score": [6.0, 3.0],
        }
    )
    settings: dict[str, Any] = {
        "data_cut": dt.date(2026, 9, 30),
        "clinic_names": {"C01": "Riverside Physiotherapy"},
        "is_synthetic": True,
    }
    visits = pd.DataFrame({"episode_id": [], "visit_day": [], "visit_number": [], "status": []})
    assessments = pd.DataFrame({"episode_id": [], "assessed_day": [], "stage": []})
    return Cohort(
        patients=patients,
        episodes=episodes,
        visits=visits,
        assessments=assessments,
        outcomes=outcomes,
        **{**settings, **changes},
    )
