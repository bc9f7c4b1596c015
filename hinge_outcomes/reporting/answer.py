"""Page one: what the quarter means in three sentences, and the headline numbers behind them."""

from collections.abc import Mapping

from hinge_outcomes.cohort.quarters import Quarter
from hinge_outcomes.reporting.blocks import Blocks, Bullets, KeyNumber, KeyNumbers, Table
from hinge_outcomes.reporting.disclosure import HIDDEN, HIDDEN_NOTE
from hinge_outcomes.reporting.measures import Measure, write_interval, write_number

GOOD_CAPTURE, FAIR_CAPTURE = 0.75, 0.50
"""Share of scores returned that lets outcomes be judged, and that lets them be read at all.

MIPS measure 220 asks 75%; registries rank only clinics with at least 50% (Deutscher 2018).
"""

HIGH_LOSS = 0.45
"""Upper end of the assumed usual range of unplanned leaving, 35-45% (an assumption)."""

YEAR_MARK = "*"
"""Marks a number of twelve months that stands in for one of the quarter."""

_LOSS_NOTE = " An episode without a visit for 42 days counts as lost to follow-up from that day on."

_KEYS = ("change_nprs", "response_nprs", "response_odi", "mastery_180", "loss", "capture")


def answer_bullets(
    measures: Mapping[str, Measure], has_stages: bool, follow_up: str = "13 weeks"
) -> Bullets:
    """Say what the quarter means, in three sentences.

    Parameters
    ----------
    measures : mapping of str to Measure
        The headline numbers.
    has_stages : bool
        Whether stages were recorded.
    follow_up : str, default "13 weeks"
        The follow-up that the outcome figures speak of.

    Returns
    -------
    Bullets
        Pain and function; mastery; what to watch.
    """
    return Bullets(
        [
            _pain(measures, follow_up),
            _mastery(measures, has_stages),
            _watch(measures, follow_up.removesuffix("s").replace(" ", "-")),
        ]
    )


def _pain(measures: Mapping[str, Measure], follow_up: str) -> str:
    change, response = measures["change_nprs"], measures["response_nprs"]
    if change.estimate is None:
        return f"Pain: no figure at {follow_up} for the quarter ({change.why_not})."
    fell = change.estimate < 0
    size = write_number(abs(change.estimate), "points")
    text = (
        f"Pain {'fell' if fell else 'rose'} by {size} points on average in {follow_up} "
        f"({_amounts(change, fell)}{change.people})"
    )
    if response.is_shown:
        text += f"; {response.value} improved by at least 2 points, the change that matters"
    return text + ". Part of any fall is natural course, not treatment."


def _amounts(change: Measure, fell: bool) -> str:
    """Write the interval in the direction of the sentence, so that a fall has positive limits."""
    if change.ci_low is None or change.ci_high is None:
        return ""
    low, high = (-change.ci_high, -change.ci_low) if fell else (change.ci_low, change.ci_high)
    sure = "" if low > 0 else ", so it may be no change at all"
    return f"95% CI {write_interval(low, high, 'points')}{sure}; "


def _mastery(measures: Mapping[str, Measure], has_stages: bool) -> str:
    if not has_stages:
        return "Mastery: this cohort holds no stage assessments, so nothing can be said about it."
    half, full = measures["mastery_180"], measures["mastery_365"]
    told = [
        f"{measure.value} within {months} ({measure.people})"
        for measure, months in ((half, "6 months"), (full, "12 months"))
        if measure.is_shown
    ]
    if not told:
        return f"Mastery: no figure for the quarter ({half.why_not})."
    return f"Target stage mastered by {' and by '.join(told)}."


def _watch(measures: Mapping[str, Measure], when: str) -> str:
    capture, loss = measures["capture"], measures.get("loss")
    to_do, fine, unknown = [], [], []
    if capture.estimate is None:
        unknown.append(f"the share of {when} scores returned ({capture.why_not})")
    elif capture.estimate < FAIR_CAPTURE:
        to_do.append(
            f"only {capture.value} of the {when} pain scores came back, and below half the "
            "outcome figures say little, so ask every patient for the score"
        )
    elif capture.estimate < GOOD_CAPTURE:
        to_do.append(
            f"{capture.value} of the {when} pain scores came back; aim for 75%, since those who "
            "do not answer may fare differently"
        )
    else:
        fine.append(f"{capture.value} of the {when} pain scores came back (75% is asked)")
    if loss is not None and loss.estimate is None:
        unknown.append(f"how many left unplanned ({loss.why_not})")
    elif loss is not None and loss.estimate is not None:
        words = f"{loss.value} left unplanned within 6 months"
        if loss.estimate > HIGH_LOSS:
            to_do.append(f"{words}, more than {HIGH_LOSS:.0%}, so ask why they leave")
        else:
            fine.append(f"{words} ({HIGH_LOSS:.0%} or less is taken as usual)")
    parts = [
        f"To do: {'; '.join(to_do)}." if to_do else "",
        f"Within limits: {'; '.join(fine)}." if fine else "",
        f"Cannot be judged: {'; '.join(unknown)}." if unknown else "",
    ]
    return " ".join(part for part in parts if part)


def headline_blocks(
    measures: Mapping[str, Measure], quarter: Quarter, has_visits: bool = True
) -> Blocks:
    """Set out the headline numbers and the quarter's traffic.

    Parameters
    ----------
    measures : mapping of str to Measure
        The headline numbers.
    quarter : Quarter
        The page's quarter.
    has_visits : bool, default True
        Whether visits were recorded, so that the loss rule could fire.

    Returns
    -------
    Blocks
        Key numbers, then a table of all.
    """
    numbers = [
        KeyNumber(
            measures[key].label,
            measures[key].value,
            measures[key].detail,
            "plain" if measures[key].is_shown else "muted",
        )
        for key in _KEYS
        if key in measures
    ]
    traffic = [m for m in measures.values() if m.unit == "episodes"]
    outcomes = [m for m in measures.values() if m.unit != "episodes"]
    activity = Table(
        caption=f"Who came and who left, {quarter.label}",
        columns=("Episodes", "Number"),
        rows=tuple((m.label, m.value + (YEAR_MARK if m.is_stand_in else "")) for m in traffic),
        notes=(
            "In care at the start + started = ended + in care at the end."
            + (_LOSS_NOTE if has_visits else ""),
            *_year_note(traffic),
            *_hidden_note(traffic),
        ),
    )
    figures = Table(
        caption="Outcomes of those followed long enough",
        columns=("Figure", "Value", "95% CI", "Whose"),
        rows=tuple((m.label, m.value, m.interval or "–", _whose(m)) for m in outcomes),
        alignment=("text", "number", "number", "text"),
        notes=_hidden_note(outcomes),
    )
    return Blocks(KeyNumbers(tuple(numbers)), figures, activity)


def _whose(measure: Measure) -> str:
    parts = [measure.people, measure.why_not, "12 months" if measure.is_stand_in else ""]
    return "; ".join(part for part in parts if part) or "–"


def _year_note(measures: list[Measure]) -> tuple[str, ...]:
    stand_ins = [measure for measure in measures if measure.is_stand_in]
    if not stand_ins:
        return ()
    return (f"{YEAR_MARK} in twelve months ({stand_ins[0].people}); too few in the quarter.",)


def _hidden_note(measures: list[Measure]) -> tuple[str, ...]:
    return (HIDDEN_NOTE,) if any(measure.value == HIDDEN for measure in measures) else ()
