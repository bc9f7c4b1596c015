"""Occupancy and mastery refitted by R's survival: the stays, the script, our numbers."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.starting_mix import StartingMix
from hinge_outcomes.analysis.progression.stay_arrays import StayArrays
from hinge_outcomes.analysis.r_script import RCheck, r_vector
from hinge_outcomes.domain.states import MASTERED
from hinge_outcomes.exceptions import AnalysisError

_MOST_TIMES = 8
"""So many times of an occupancy's table are compared, evenly spread."""

_MOST_CELLS = 250_000_000
"""R keeps the influence of every subject on every state at every time: beyond so many numbers
(2 GB) errors are not asked for."""

_ROUNDING = 1e-12

_BODY = """\
# States: {states}.
n_states <- {n_states}
stays <- read.csv("stays.csv")
{shares}{mix}pooling <- matrix({pooling}, nrow = n_states)

# to = 0 is censored. With p0 = NULL the shares are those at risk before the first event.
fitted <- function(rows, p0, influence) {{
  given <- if (is.null(p0)) list() else list(p0 = p0)
  do.call(survfit, c(list(Surv(start, stop, factor(to, 0:n_states)) ~ 1, data = rows, id = rows$id,
    istate = factor(rows$from, 1:n_states), weights = rows$weight, influence = influence), given))
}}
# Shares in force at each event time, by which both chances and mean times are weighted sums.
weights_of <- function(fit, asked) t(sapply(seq_len(nrow(asked)), function(i) {{
  if (asked$quantity[i] == "probability")
    return(as.numeric(0:length(fit$time) == findInterval(asked$at[i], fit$time)))
  diff(pmin(pmax(c(asked$since[i], fit$time, Inf), asked$since[i]), asked$at[i]))
}}))
estimate_of <- function(fit, asked) {{
  levels <- weights_of(fit, asked) %*% rbind(fit$p0, fit$pstate) %*% pooling
  levels[cbind(seq_len(nrow(asked)), asked$state)]
}}
{error}
theirs <- rep(NA_real_, nrow(ours))
for (group in unique(ours$group)) {{
  rows <- stays[stays$group == group, ]
  p0 <- {p0}
  place <- which(ours$group == group & ours$number == "estimate")
  fit <- fitted(rows, p0, FALSE)
  theirs[place] <- estimate_of(fit, ours[place, ])
  place <- which(ours$group == group & ours$number == "std_error")
  if (length(place)) theirs[place] <- error_of(rows, p0, ours[place, ])
}}
"""

_SHARES = 'starts <- read.csv("starts.csv")\n'
_GIVEN = "starts$share[starts$group == group]"

_MIX = """\
# The standard is a mix of starting states, counted among the clusters.
mix <- as.matrix(read.csv("mix.csv"))
"""

_INFLUENCE = """\
# What each cluster contributes: the sum of its subjects' weighted influence.
influence_of <- function(rows, p0, asked) {
  fit <- fitted(rows, p0, TRUE)
  of_subjects <- sapply(seq_len(nrow(asked)), function(i) {
    here <- weights_of(fit, asked[i, ])
    apply(fit$influence.pstate, 1, function(own) here %*% own %*% pooling[, asked$state[i]])
  })
  first <- !duplicated(rows$id)
  rowsum(of_subjects * rows$weight[first], rows$cluster[first])
}
"""

_ERROR = """error_of <- function(rows, p0, asked) sqrt(colSums(influence_of(rows, p0, asked)^2))
"""

_ERROR_WITH_MIX = """\
# A cluster's part in the standard counts too, also where it has no stays in the group.
error_of <- function(rows, p0, asked) {
  total <- matrix(0, nrow(mix), nrow(asked))
  found <- influence_of(rows, p0, asked)
  total[as.integer(rownames(found)), ] <- found
  for (start in which(colSums(mix) > 0)) {
    from_here <- estimate_of(fitted(rows, as.numeric(seq_len(n_states) == start), FALSE), asked)
    total <- total + ((mix[, start] - rowSums(mix) * p0[start]) / sum(mix)) %o% from_here
  }
  sqrt(colSums(total^2))
}
"""

_JACKKNIFE = """\
# Few clusters: each is left out in turn, its part in a counted standard too.
error_of <- function(rows, p0, asked) {{
  without <- sapply({clusters}, function(one) {{{left}
    estimate_of(fitted(rows[rows$cluster != one, ], p0, FALSE), asked)
  }})
  without <- matrix(without, nrow(asked))
  n <- ncol(without)
  sqrt((n - 1) / n * rowSums((without - rowMeans(without))^2))
}}
"""


def occupancy_check(result: Occupancy) -> RCheck:
    """Make the check of an occupancy.

    Parameters
    ----------
    result : Occupancy
        What `aalen_johansen` or `estimate_occupancy` gave.

    Returns
    -------
    RCheck
        Chances at up to eight times and mean times in each state until the last stay ends, with
        their errors.
    """
    places = np.linspace(0, max(len(result.times) - 1, 0), _MOST_TIMES).round().astype(int)
    last = float(result.stays.stop.max())
    means = result.restricted_mean(last).assign(quantity="mean time", time=last)
    chances = result.probability_at(result.times[np.unique(places)]).assign(quantity="probability")
    numbers = pd.concat([chances, means], ignore_index=True)
    return _check({"all": result}, {"all": numbers}, "the share of people in each state over time")


def mastery_check(result: MasteryEstimate) -> RCheck:
    """Make the check of an estimate of mastery.

    Parameters
    ----------
    result : MasteryEstimate
        What `estimate_mastery` gave.

    Returns
    -------
    RCheck
        The chance of mastery by each reported day and the mean days mastered, by group.

    Raises
    ------
    AnalysisError
        If groups that are brought to one standard differ in their states.
    """
    kinds = {"probability": "probability", "mean_days_mastered": "mean time"}
    answers = result.answers[result.answers["quantity"].isin(list(kinds))]
    numbers = answers.assign(
        quantity=answers["quantity"].map(kinds), state=MASTERED, time=answers["day"]
    )
    if result.landmark_day is not None:
        about = f"{result.kind} mastery from day {result.landmark_day} on"
    else:
        about = f"{result.kind} mastery"
    by_group = {group: numbers[numbers["group"] == group] for group in result.occupancies}
    return _check(result.occupancies, by_group, f"{about}, by group in the order of its table")


def _check(
    occupancies: Mapping[str, Occupancy], numbers: Mapping[str, pd.DataFrame], about: str
) -> RCheck:
    """Put the stays of all groups, and the numbers asked for, into one check."""
    some = next(iter(occupancies.values()))
    states = some.stays.states
    if any(each.stays.states != states for each in occupancies.values()):
        raise AnalysisError(
            "There is no R check of groups whose states differ, because in some of them nobody "
            "mastered. Check one group at a time: select it, and leave out by=."
        )
    tables = {"stays": _stays([each.stays for each in occupancies.values()])}
    starts = [each.start for each in occupancies.values()]
    given = [start for start in starts if start is not None]
    if given:
        tables["starts"] = _starts(given)
    counts = given[0].counts if given else None
    if counts is not None:
        tables["mix"] = pd.DataFrame(counts, columns=[f"s{k + 1}" for k in range(len(states))])
    pooling = np.eye(len(states)) if some.curve.pooling is None else some.curve.pooling
    has_errors = all(map(_has_errors, occupancies.values()))
    body = _BODY.format(
        states=", ".join(f"{k + 1} {_plain(name)}" for k, name in enumerate(states)),
        n_states=len(states),
        shares=_SHARES if given else "",
        mix=_MIX if counts is not None else "",
        pooling=r_vector(pooling.T.ravel()),
        error=_error(some, counts is not None) if has_errors else "",
        p0=_GIVEN if given else "NULL",
    )
    ours = _ours(occupancies, numbers, has_errors=has_errors)
    return RCheck(about, "survival", tables, ours, body)


def _error(some: Occupancy, is_counted: bool) -> str:
    if some.delete_one is None:
        return _INFLUENCE + (_ERROR_WITH_MIX if is_counted else _ERROR)
    if not is_counted:
        return _JACKKNIFE.format(clusters="sort(unique(rows$cluster))", left="")
    return _JACKKNIFE.format(
        clusters="which(rowSums(mix) > 0)",
        left="\n    p0 <- colSums(mix[-one, , drop = FALSE]) / sum(mix[-one, ])",
    )


def _has_errors(each: Occupancy) -> bool:
    """Tell whether R can give the errors: few enough numbers, one cluster and weight a subject."""
    stays = each.stays
    if each.delete_one is not None:
        return True
    same = stays.subject[1:] == stays.subject[:-1]
    differs = np.diff(stays.cluster) != 0
    differs |= np.diff(stays.weight) != 0
    is_whole = not (same & differs).any()
    cells = stays.n_subjects * len(each.event_times) * len(stays.states)
    return bool(is_whole and cells < _MOST_CELLS)


def _origin(each: Occupancy) -> float:
    return min(0.0, float(each.stays.start.min())) if each.origin is None else each.origin


def _stays(groups: list[StayArrays]) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {
                "group": number,
                "id": stays.subject + 1,
                "cluster": stays.cluster + 1,
                "start": stays.start,
                "stop": stays.stop,
                "from": stays.state + 1,
                "to": stays.destination + 1,
                "weight": stays.weight,
            }
        )
        for number, stays in enumerate(groups, start=1)
    ]
    return pd.concat(frames, ignore_index=True)


def _starts(given: list[StartingMix]) -> pd.DataFrame:
    frames = [
        pd.DataFrame(
            {"group": number, "state": np.arange(1, len(start.shares) + 1), "share": start.shares}
        )
        for number, start in enumerate(given, start=1)
    ]
    return pd.concat(frames, ignore_index=True)


def _ours(
    occupancies: Mapping[str, Occupancy], numbers: Mapping[str, pd.DataFrame], *, has_errors: bool
) -> pd.DataFrame:
    parts = []
    for place, (group, frame) in enumerate(numbers.items(), start=1):
        states = occupancies[group].states
        about = pd.DataFrame(
            {
                "group": place,
                "quantity": frame["quantity"],
                "state": [states.index(state) + 1 for state in frame["state"]],
                "name": [_plain(state) for state in frame["state"]],
                "since": _origin(occupancies[group]),
                "at": frame["time"].astype("float64"),
            }
        )
        parts.append(about.assign(number="estimate", ours=frame["estimate"]))
        if has_errors:
            error = frame["std_error"].mask(_is_edge(frame))
            parts.append(about.assign(number="std_error", ours=error))
    rows = pd.concat(parts, ignore_index=True)
    return rows[rows["ours"].notna()].reset_index(drop=True)


def _is_edge(frame: pd.DataFrame) -> pd.Series:
    """Tell where nobody or everybody is in a state, and no error is claimed."""
    is_chance = frame["quantity"] == "probability"
    inside = frame["estimate"].between(_ROUNDING, 1 - _ROUNDING)
    return is_chance & ~inside


def _plain(name: object) -> str:
    """Write a state's name so that it stays on its line of comment."""
    return " ".join(str(name).split())
