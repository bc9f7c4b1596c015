"""The headline numbers of a clinic's quarter, each with its people, interval and right to be shown.

Activity counts are of the quarter itself. Follow-up figures speak of the last quarter all of whose
starters have been followed long enough by the page's quarter end, and name it.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pandas as pd

from hinge_outcomes.analysis.inference import wilson_interval
from hinge_outcomes.analysis.pain.change import estimate_change
from hinge_outcomes.analysis.pain.follow_up_scores import derive_follow_up_scores
from hinge_outcomes.analysis.pain.responders import estimate_responders
from hinge_outcomes.analysis.progression.mastery import estimate_mastery
from hinge_outcomes.analysis.progression.occupancy import estimate_occupancy
from hinge_outcomes.analysis.progression.stays import derive_stays
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.domain.follow_up import WINDOWS, Window
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.states import LOST
from hinge_outcomes.reporting.disclosure import Disclosure
from hinge_outcomes.reporting.flow import END_WORDS, Activity, count_activity
from hinge_outcomes.reporting.measures import TOO_FEW, Measure, measure_with_stand_in
from hinge_outcomes.reporting.people import QUARTERS_A_YEAR, followed

FOLLOW_UP_DAYS = (91, 42)
"""The follow-up the headline speaks of: the first of these that anybody has reached."""

MASTERY_DAYS = (180, 365)
LOSS_DAY = 180
HEADLINE_INSTRUMENTS = ("nprs", "odi")

_MONTHS = {180: "6 months", 365: "12 months"}


def headline_measures(
    cohort: Cohort, quarter: Quarter, disclosure: Disclosure
) -> dict[str, Measure]:
    """Compute the headline numbers of one clinic and quarter.

    Parameters
    ----------
    cohort : Cohort
        All of the clinic's episodes, whenever they began.
    quarter : Quarter
        The page's quarter.
    disclosure : Disclosure
        The audience's rules.

    Returns
    -------
    dict of str to Measure
        before, started, ended_<reason>, open, capture, change_<instrument>,
        response_<instrument>, and where stages were recorded mastery_180, mastery_365 and loss, in
        reading order; a hidden figure holds no number.
    """
    measures = activity_measures(
        count_activity(cohort, quarter),
        quarter,
        disclosure,
        year=count_activity(cohort, quarter.shift(1 - QUARTERS_A_YEAR), quarter),
    )
    window = headline_window(cohort, quarter)

    def add(key: str, label: str, unit: str, days: int, compute: Callable[..., object]) -> None:
        empty = Measure(key, label, unit)  # type: ignore[arg-type]
        measures[key] = measure_with_stand_in(
            empty,
            partial(compute, empty, disclosure),  # type: ignore[arg-type]
            followed(cohort, quarter, days),
            cohort,
            disclosure,
        )

    add(
        "capture",
        f"Pain score returned at {window.name}",
        "share",
        window.last_day,
        partial(_capture, window),
    )
    for code in HEADLINE_INSTRUMENTS:
        measured = INSTRUMENTS[code].measures
        label = f"Change in {measured} ({code.upper()}) at {window.name}"
        add(f"change_{code}", label, "points", window.last_day, partial(_change, window, code))
        least = f"{INSTRUMENTS[code].mic:g} points"
        label = f"{measured.capitalize()} better by at least {least} at {window.name}"
        add(f"response_{code}", label, "share", window.last_day, partial(_response, window, code))
    if not cohort.has_stages:
        return measures
    for day in MASTERY_DAYS:
        label = f"Mastered their target stage within {_MONTHS[day]}"
        add(f"mastery_{day}", label, "share", day, partial(_mastery, day))
    add("loss", f"Left unplanned within {_MONTHS[LOSS_DAY]}", "share", LOSS_DAY, _loss)
    return measures


def headline_window(cohort: Cohort, quarter: Quarter) -> Window:
    """Choose the follow-up that the headline speaks of.

    Parameters
    ----------
    cohort : Cohort
        All of the clinic's episodes.
    quarter : Quarter
        The page's quarter.

    Returns
    -------
    Window
        13 weeks; 6 weeks where nobody has been followed for 13.
    """
    for day in FOLLOW_UP_DAYS:
        if followed(cohort, quarter, WINDOWS[day].last_day) is not None:
            return WINDOWS[day]
    return WINDOWS[FOLLOW_UP_DAYS[0]]


def activity_measures(
    activity: Activity,
    quarter: Quarter,
    disclosure: Disclosure,
    *,
    year: Activity | None = None,
) -> dict[str, Measure]:
    """Turn a quarter's traffic into figures that may be printed side by side.

    Parameters
    ----------
    activity : Activity
        open before + started = ended by reason + open after.
    quarter : Quarter
        The quarter they are of.
    disclosure : Disclosure
        The audience's rules.
    year : Activity, optional
        The traffic of the twelve months that end with the quarter: stands in, and says so, for
        ends by reason that are too few in the quarter.

    Returns
    -------
    dict of str to Measure
        before, started, ended_<reason>, open.
    """
    parts = {"open": activity.n_after}
    parts |= {f"ended_{reason}": count for reason, count in activity.ended.items()}
    shown = disclosure.shown_parts(parts)
    # The other side of the balance: a small number of starters must not follow from the rest.
    sources = {"before": activity.n_before, "started": activity.n_started}
    if not all(disclosure.may_show_count(count) for count in sources.values()):
        shown |= dict.fromkeys(sources, False)
    else:
        shown |= dict.fromkeys(sources, True)
    labels = {
        "before": "In care when the quarter began",
        "started": "Started care",
        **{f"ended_{reason}": f"Ended: {words}" for reason, words in END_WORDS.items()},
        "open": "In care when the quarter ended",
    }
    counts = {**sources, **parts}
    over_year = {f"ended_{reason}": n for reason, n in year.ended.items()} if year else {}
    stands_in = disclosure.shown_parts(over_year)
    twelve_months = f"{quarter.shift(1 - QUARTERS_A_YEAR).start:%b %Y}–{quarter.end:%b %Y}"
    measures = {}
    for key, label in labels.items():
        empty = Measure(key, label, "episodes", people=quarter.label)
        if shown[key]:
            measures[key] = replace(empty, estimate=float(counts[key]))
        elif stands_in.get(key, False):
            measures[key] = replace(
                empty, estimate=float(over_year[key]), people=twelve_months, is_stand_in=True
            )
        else:
            measures[key] = replace(empty, why_not=TOO_FEW)
    return measures


def _capture(
    window: Window, empty: Measure, disclosure: Disclosure, cohort: Cohort
) -> tuple[Measure, bool]:
    scores = derive_follow_up_scores(cohort, "nprs", window.target_day)
    due = int(scores["is_closed"].sum())
    returned = int((scores["is_closed"] & scores["follow_up_score"].notna()).sum())
    low, high = wilson_interval(returned, due)
    found = _fill(empty, returned / due if due else float("nan"), low, high)
    return found, disclosure.may_show_share(returned, due)


def _change(
    window: Window, code: str, empty: Measure, disclosure: Disclosure, cohort: Cohort
) -> tuple[Measure, bool]:
    row = estimate_change(cohort, code, window.target_day).table().iloc[0]
    found = _fill(empty, row["estimate"], row["ci_low"], row["ci_high"])
    return found, disclosure.may_show_mean(int(row["n_analysed"]))


def _response(
    window: Window, code: str, empty: Measure, disclosure: Disclosure, cohort: Cohort
) -> tuple[Measure, bool]:
    row = response_row(estimate_responders(cohort, code, window.target_day).table())
    found = _fill(empty, row["estimate"], row["ci_low"], row["ci_high"])
    may_show = disclosure.may_show_share(int(row["n_responders"]), int(row["n"]))
    return found, may_show


def response_row(table: pd.DataFrame) -> pd.Series:
    """Pick the headline row of a responder table: the absolute MIC, among all with both scores.

    Parameters
    ----------
    table : DataFrame
        What ``estimate_responders`` gives for one group.

    Returns
    -------
    Series
        The row.
    """
    chosen = (table["criterion"] == "mic") & (table["population"] == "all")
    return table[chosen].iloc[0]


def _mastery(
    day: int, empty: Measure, disclosure: Disclosure, cohort: Cohort
) -> tuple[Measure, bool]:
    estimate = estimate_mastery(cohort, horizon_day=day)
    table = estimate.table()
    row = table[(table["quantity"] == "probability") & (table["day"] == day)].iloc[0]
    found = _fill(empty, row["estimate"], row["ci_low"], row["ci_high"])
    return found, disclosure.may_show_share(int(row["n_events"]), cohort.n_episodes)


def _loss(empty: Measure, disclosure: Disclosure, cohort: Cohort) -> tuple[Measure, bool]:
    occupancy = estimate_occupancy(derive_stays(cohort), times=[LOSS_DAY], conf_type="cloglog")
    table = occupancy.table()
    row = table[table["state"] == LOST].iloc[0]
    found = _fill(empty, row["estimate"], row["ci_low"], row["ci_high"])
    return found, disclosure.may_show_share(int(row["n_events"]), cohort.n_episodes)


def _fill(empty: Measure, estimate: float, low: object, high: object) -> Measure:
    def number(value: object) -> float | None:
        return None if pd.isna(value) else float(value)  # type: ignore[arg-type]

    return Measure(
        empty.key,
        empty.label,
        empty.unit,
        estimate=number(estimate),
        ci_low=number(low),
        ci_high=number(high),
    )
