"""Aalen-Johansen with errors per CPU-second, beside R's survfit."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import median_seconds
from benchmarks.r_peer import NOT_RUN, r_versions, run_r
from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy

OCCUPANCY_HEAD = [
    "Aalen-Johansen with errors", "patients", "stays", "event times", "ours, CPU s",
    "R survfit, CPU s", "times as fast", "apart: estimate", "error",
]  # fmt: skip
SEED = 1
PATIENCE_S, QUICK_PATIENCE_S = 300, 60
"""After so long survfit is stopped: with continuous times its work is quadratic in them."""

LEAST_TIMES_SURVFIT, MOST_SECONDS = 7, 4
LAST_DAY = 289
COMPARED = (60.0, 120.0, 180.0, 240.0)

_SURVFIT = """
suppressMessages(library(survival))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1], na.strings = "")
data$event <- factor(ifelse(is.na(data$to), "censored", data$to),
  levels = c("censored", sort(unique(data$to[!is.na(data$to)]))))
fit <- function() survfit(Surv(tstart, tstop, event) ~ 1, data = data, id = id, istate = from)
took <- c()
for (round in seq_len(as.integer(arguments[2]))) {
  spent <- system.time(found <- fit())
  took <- c(took, spent["user.self"] + spent["sys.self"])
}
at <- summary(found, times = as.numeric(strsplit(arguments[3], ",")[[1]]))
cat(sprintf('{"cpu_s": %.3f, "states": [%s], "estimate": [%s], "error": [%s]}', median(took),
  paste0('"', found$states, '"', collapse = ","),
  paste(format(t(at$pstate), digits = 17), collapse = ","),
  paste(format(t(at$std.err), digits = 17), collapse = ",")))
"""


@dataclass(frozen=True)
class _Work:
    """One data set, how often each side runs, and how long the peer may take."""

    name: str
    n_patients: int
    is_whole: bool
    rounds: int
    peer_rounds: int


def occupancy_rows(quick: bool) -> list[list[str]]:
    """Estimate every data set in turn and give the rows under `OCCUPANCY_HEAD`.

    CPU seconds from a frame in memory to the table with errors, one thread; medians of rounds after
    one that warms up. Ours gives errors at 200 event times, its default; survfit, which reads the
    same rows from a file beforehand, at all of them.
    """
    works = [
        _Work("whole days", 10_000, True, 5, 3),
        _Work("whole days", 100_000, True, 3, 1),
        _Work("continuous times", 10_000, False, 5, 1),
        _Work("continuous times", 100_000, False, 3, 1),
    ]
    rows = []
    for work in works[:1] + works[2:3] if quick else works:
        stays = make_stays(work.n_patients, is_whole=work.is_whole)
        seconds, found = median_seconds(partial(_estimate, stays), work.rounds)
        patience = QUICK_PATIENCE_S if quick else PATIENCE_S
        arguments = [str(work.peer_rounds), ",".join(map(str, COMPARED))]
        peer = run_r(_SURVFIT, "survival", stays, arguments, patience)
        rows.append(_row(work, stays, seconds, found, peer))
    return rows


def occupancy_text() -> str:
    """Say what the rows are, with the peer's versions and options."""
    return (
        f"Patients on a ladder of ten stages over {LAST_DAY} days, forward, back, mastered or "
        "lost; simulated with a fixed seed. Ours: `aalen_johansen` with its table of 200 times, "
        f"its default. Peer: {r_versions('survival')}, `survfit` with `id=` and `istate=`, "
        "defaults (errors at all event times), one thread, the same rows (aims: at least "
        f"{LEAST_TIMES_SURVFIT} times as fast on whole days; under {MOST_SECONDS} s for 100,000 "
        "patients with continuous times)."
    )


def make_stays(n_patients: int, *, is_whole: bool) -> pd.DataFrame:
    """Simulate stays of patients who climb a ladder, all patients one step at a time."""
    rng = np.random.default_rng(SEED)
    time_now, stage = np.zeros(n_patients), rng.choice([1, 2, 3], n_patients)
    cut = np.minimum(rng.uniform(100, 500, n_patients), LAST_DAY)
    cut = np.ceil(cut) if is_whole else cut
    going, parts = np.arange(n_patients), []
    while len(going):
        stay = rng.exponential(25, len(going))
        stop = time_now[going] + (np.ceil(stay) if is_whole else stay)
        draw, at = rng.random(len(going)), stage[going]
        is_back = (draw >= 0.05) & (draw < 0.15) & (at > 1)
        target = np.where(draw < 0.05, 12, np.where(is_back, at - 1, at + 1))
        is_cut = stop > cut[going]
        stop = np.where(is_cut, cut[going], stop)
        has_length = stop > time_now[going]
        part = {
            "id": going,
            "tstart": time_now[going],
            "tstop": stop,
            "from": at,
            "to": np.where(is_cut, 0, target),
        }
        parts.append(pd.DataFrame(part)[has_length])
        time_now[going], stage[going] = stop, np.where(is_cut, at, target)
        going = going[~is_cut & (target < 11)]
    stays = pd.concat(parts, ignore_index=True)
    names = np.array(
        [None, *(f"stage_{number:02d}" for number in range(1, 11)), "w_mastered", "x_lost"]
    )
    return stays.assign(**{column: names[stays[column].to_numpy()] for column in ("from", "to")})


def _estimate(stays: pd.DataFrame) -> Occupancy:
    found = aalen_johansen(stays)
    found.table()
    return found


def _row(
    work: _Work,
    stays: pd.DataFrame,
    seconds: float,
    found: Occupancy,
    peer: dict[str, Any] | None,
) -> list[str]:
    head = [
        work.name,
        f"{work.n_patients:,}",
        f"{len(stays):,}",
        f"{len(found.event_times):,}",
        f"{seconds:.2f}",
    ]
    if peer is None:
        return [*head, NOT_RUN, "", "", ""]
    if "stopped" in peer:
        least = f"over {peer['stopped'] / seconds:.0f}"
        return [*head, f"stopped after {peer['stopped']:.0f}", least, "", ""]
    # R lists the states times by times; ours come state by state.
    table = found.probability_at(COMPARED)
    order = [found.states.index(state) for state in peer["states"]]
    apart = []
    for column, key in (("estimate", "estimate"), ("std_error", "error")):
        own = table[column].to_numpy().reshape(len(found.states), -1)[order]
        theirs = np.reshape(peer[key], (len(COMPARED), -1)).T
        apart.append(f"{np.abs(own - theirs).max():.0e}")
    return [*head, f"{peer['cpu_s']:.2f}", f"{peer['cpu_s'] / seconds:.1f}", *apart]
