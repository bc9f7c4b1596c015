"""How pain and disability changed, follow-up by follow-up, and how many scores are missing."""

from dataclasses import replace

from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.pain.course import fit_pain
from hinge_outcomes.analysis.pain.follow_up_scores import derive_follow_up_scores
from hinge_outcomes.analysis.pain.responders import estimate_responders
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.domain.follow_up import FOLLOW_UPS, Window
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.exceptions import AnalysisError
from hinge_outcomes.reporting.answer import YEAR_MARK
from hinge_outcomes.reporting.blocks import Blocks, Figure, Notice, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, Disclosure
from hinge_outcomes.reporting.headline import headline_window
from hinge_outcomes.reporting.measures import NOT_YET, TOO_FEW, write_interval, write_number
from hinge_outcomes.reporting.pain_tables import change_table, course_figure
from hinge_outcomes.reporting.people import People, followed

REPORTED = ("nprs", "odi")


def outcome_blocks(
    cohort: Cohort, instrument: str, quarter: Quarter, disclosure: Disclosure
) -> Blocks:
    """Set out how an outcome changed in one clinic.

    Parameters
    ----------
    cohort : Cohort
        All of the clinic's episodes.
    instrument : str
        Code of the instrument.
    quarter : Quarter
        The page's quarter.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Blocks
        The course over a year where it can be fitted, then the table by follow-up; or a notice.
    """
    tool = INSTRUMENTS[instrument]
    if not (cohort.outcomes["instrument"].astype("object") == instrument).any():
        return Blocks(Notice(f"This cohort holds no scores of {tool.name}."))
    table = _follow_up_table(cohort, instrument, quarter, disclosure)
    groups = _group_tables(cohort, instrument, quarter, disclosure)
    return Blocks(*_course(cohort, instrument, quarter, disclosure), table, *groups)


def _follow_up_table(
    cohort: Cohort, instrument: str, quarter: Quarter, disclosure: Disclosure
) -> Table:
    tool = INSTRUMENTS[instrument]
    rows = [_row(cohort, instrument, window, quarter, disclosure) for window in FOLLOW_UPS]
    better = "higher" if tool.higher_is_better else "lower"
    notes = [
        f"Change is follow-up minus baseline in {tool.unit}; {better} is better. "
        f"Improved and worse: by at least {tool.mic:g} {tool.unit}, the change that matters (MIC). "
        "Scores count whatever became of the episode; people without both scores are left out, "
        "never counted as not improved.",
    ]
    if any(YEAR_MARK in cell for row in rows for cell in row):
        notes.append(f"{YEAR_MARK} of twelve months of starters, as the quarter is too small.")
    if any(HIDDEN in row for row in rows):
        notes.append(f"{HIDDEN}: 1 to 10 people on one side of the figure.")
    return Table(
        caption=f"{tool.measures.capitalize()} ({tool.name}) by follow-up",
        columns=("Follow-up", "Whose", "Before", "After", "Change (95% CI)", "Improved", "Worse"),
        rows=tuple(rows),
        alignment=("text", "text", *("number",) * 5),
        notes=tuple(notes),
    )


def _row(
    cohort: Cohort, instrument: str, window: Window, quarter: Quarter, disclosure: Disclosure
) -> tuple[str, ...]:
    people = followed(cohort, quarter, window.last_day)
    nothing = ("–",) * 5
    if people is None:
        return (window.name, NOT_YET, *nothing)
    candidates = [people] if disclosure.shows_all else [people, people.year(cohort)]
    try:
        cells = _cells(candidates, instrument, window, disclosure)
    except AnalysisError:
        return (window.name, f"{people.label}; no scores at this follow-up", *nothing)
    return cells or (window.name, f"{people.label}; {TOO_FEW}", *nothing)


def _cells(
    candidates: list[People], instrument: str, window: Window, disclosure: Disclosure
) -> tuple[str, ...] | None:
    """Fill one row for the first people who are enough; single shares may need twelve months."""
    day = window.target_day
    for people in candidates:
        change = estimate_change(people.cohort, instrument, day).table().iloc[0]
        if not disclosure.may_show_mean(int(change["n_analysed"])):
            continue
        interval = write_interval(change["ci_low"], change["ci_high"], "points")
        return (
            window.name,
            people.label,
            write_number(change["baseline_mean"], "points"),
            write_number(change["follow_up_mean"], "points"),
            f"{write_number(change['estimate'], 'points')} ({interval})",
            *_improved_and_worse(candidates, instrument, day, disclosure),
        )
    return None


def _improved_and_worse(
    candidates: list[People], instrument: str, day: int, disclosure: Disclosure
) -> tuple[str, str]:
    """Write both shares; each may need twelve months, and neither may give the rest away."""
    found: dict[str, tuple[str, People]] = {}
    for people in candidates:
        table = estimate_responders(people.cohort, instrument, day).table()
        rows = table[table["population"] == "all"].set_index("criterion")
        mark = YEAR_MARK if people.is_year else ""
        for criterion in ("mic", "deteriorated"):
            row = rows.loc[criterion]
            counted = int(row["n_responders"])
            may_show = disclosure.may_show_share(counted, int(row["n"]))
            beside = found.get("mic")
            if criterion == "deteriorated" and beside is not None and beside[1] is people:
                improved = int(rows.loc["mic", "n_responders"])
                may_show &= disclosure.may_show_count(int(row["n"]) - counted - improved)
            if criterion not in found and may_show:
                found[criterion] = (write_number(row["estimate"], "share") + mark, people)
    hidden = (HIDDEN, candidates[0])
    return found.get("mic", hidden)[0], found.get("deteriorated", hidden)[0]


def _group_tables(
    cohort: Cohort, instrument: str, quarter: Quarter, disclosure: Disclosure
) -> list[Table]:
    """Set out the change by each required grouping of the clinic's own, such as a trial's arms."""
    window = headline_window(cohort, quarter)
    people = followed(cohort, quarter, window.last_day)
    if people is None:
        return []
    own = [
        column
        for column in cohort.extra_columns
        if (column.table, column.type, column.timing) == ("episodes", "category", "day0")
        and column.is_required
    ]
    tables = []
    for column in own:
        try:
            change = estimate_change(people.cohort, instrument, window.target_day, column.name)
        except AnalysisError:
            continue
        made = change_table(change, disclosure)
        label = column.label or column.name
        tables.append(
            replace(made, caption=f"{made.caption}, by group", notes=(label, *made.notes))
        )
    return tables


def _course(
    cohort: Cohort, instrument: str, quarter: Quarter, disclosure: Disclosure
) -> list[Figure | Notice]:
    """Draw the fitted course of the last twelve months' starters that have been followed a year."""
    people = followed(cohort, quarter, FOLLOW_UPS[-1].last_day)
    if people is None:
        return []
    year = people.year(cohort)
    try:
        fit = fit_pain(year.cohort, instrument)
    except AnalysisError:
        return []
    return [course_figure(fit, year.label, disclosure)]


def completeness_table(cohort: Cohort, quarter: Quarter, disclosure: Disclosure) -> Table:
    """Set out how many scores came back and how many are missing.

    Parameters
    ----------
    cohort : Cohort
        All of the clinic's episodes.
    quarter : Quarter
        The page's quarter.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    Table
        One row per instrument and follow-up.
    """
    rows = []
    for code in REPORTED:
        if not (cohort.outcomes["instrument"].astype("object") == code).any():
            continue
        for window in FOLLOW_UPS:
            people = followed(cohort, quarter, window.last_day)
            if people is None:
                rows.append((code.upper(), window.name, NOT_YET, "–", "–"))
                continue
            candidates = [people] if disclosure.shows_all else [people, people.year(cohort)]
            cells = [_returned(candidate, code, window, disclosure) for candidate in candidates]
            shown = [row for row in cells if HIDDEN not in row]
            rows.append((code.upper(), window.name, *(shown or cells)[0]))
    return Table(
        caption="Scores that came back",
        columns=("Score", "Follow-up", "Whose", "Due", "Returned"),
        rows=tuple(rows),
        alignment=("text", "text", "text", "number", "number"),
        notes=(
            "Nothing is filled in for a missing score. Those who do not answer may fare "
            "differently: the figures above speak of those who did.",
        ),
    )


def _returned(
    people: People, code: str, window: Window, disclosure: Disclosure
) -> tuple[str, str, str]:
    scores = derive_follow_up_scores(people.cohort, code, window.target_day)
    scores = scores[scores["is_closed"]]
    due, returned = len(scores), int(scores["follow_up_score"].notna().sum())
    shown_due = f"{due:,}" if disclosure.may_show_count(due) else HIDDEN
    return people.label, shown_due, _part(returned, due, disclosure)


def _part(part: int, whole: int, disclosure: Disclosure) -> str:
    if not disclosure.may_show_share(part, whole):
        return HIDDEN
    return f"{part:,} ({write_number(part / whole, 'share')})"
