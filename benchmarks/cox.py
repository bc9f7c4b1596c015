"""Cox models per CPU-second: late entry, strata, clusters and ties, beside R's coxph."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import median_seconds
from benchmarks.r_peer import NOT_RUN, r_versions, run_r
from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.hazards import fit_cox

COX_HEAD = [
    "Cox model, Efron's ties", "rows", "events", "distinct times", "ours, CPU s", "R coxph, CPU s",
    "times as fast", "apart: coefficient", "robust error", "log L (relative)",
]  # fmt: skip
SEED = 1
PATIENCE_S = 180
"""After so long R is stopped where times are continuous: its score residuals do not end there."""

LEAST_TIMES_COXPH = 10

_COXPH = """
suppressMessages(library(survival))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1])
model <- as.formula(paste("Surv(start, stop, event) ~", arguments[2], "+ strata(stratum)"))
# The default eps of 1e-9 stops short of the last digits: one more step for the comparison.
fit <- coxph(model, data, cluster = cluster, control = coxph.control(eps = 1e-12,
  toler.chol = 1e-14))
took <- sapply(seq_len(as.integer(arguments[3])), function(round) {
  spent <- system.time(coxph(model, data, cluster = cluster))
  spent["user.self"] + spent["sys.self"]
})
cat(sprintf('{"cpu_s": %.3f, "coefficients": [%s], "errors": [%s], "loglik": %.10f}',
  median(took), paste(format(coef(fit), digits = 17), collapse = ","),
  paste(format(sqrt(diag(vcov(fit))), digits = 17), collapse = ","), fit$loglik[2]))
"""


@dataclass(frozen=True)
class _Work:
    """One model: what it is called, its covariates, and whether its times are whole days."""

    name: str
    formula: str
    whole_days: bool


_WORKS = (
    _Work("one covariate, whole days", "x", True),
    _Work("two covariates, whole days", "x + age", True),
    _Work("two covariates, continuous times", "x + age", False),
)


def cox_rows(quick: bool) -> list[list[str]]:
    """Fit every model in turn and give the rows under `COX_HEAD`.

    CPU seconds from a frame in memory to the table with robust errors, one thread; medians of
    rounds after one that warms up. R's coxph fits the same rows, read from a file beforehand.
    """
    n_rows, rounds = (80_000, 3) if quick else (800_000, 5)
    rows = []
    for work in _WORKS:
        frame = make_stays(n_rows, whole_days=work.whole_days)
        seconds, fit = median_seconds(partial(_fit, frame, work.formula), rounds)
        patience = None if work.whole_days else PATIENCE_S
        peer = run_r(_COXPH, "survival", frame, [work.formula, "3"], patience)
        rows.append(_row(work, frame, seconds, fit, peer))
    return rows


def cox_text() -> str:
    """Say what the rows are, with the peer's versions and options."""
    return (
        "Stays of 100,000 patients (the clusters) in ten stages (the strata), with late entry and "
        "a covariate that speeds the move up; simulated with a fixed seed. Ours: `fit_cox` with "
        f"its table. Peer: {r_versions('survival')}, `coxph` with `strata()` and `cluster=`, "
        f"defaults, one thread, the same rows (aim: at least {LEAST_TIMES_COXPH} times as fast). "
        "The digits are compared with a run of coxph at eps = 1e-12, whose time is not counted."
    )


def make_stays(n_rows: int, *, whole_days: bool) -> pd.DataFrame:
    """Simulate stays: start, stop, event, x, age, stratum, cluster."""
    rng = np.random.default_rng(SEED)
    x = rng.normal(size=n_rows)
    start = rng.uniform(0, 250, n_rows)
    length = rng.exponential(30 * np.exp(-0.3 * x), n_rows)
    is_event = rng.random(n_rows) < 0.65
    if whole_days:
        start, length = np.floor(start), np.ceil(length)
    return pd.DataFrame(
        {
            "start": start,
            "stop": start + np.maximum(length, 0.001),
            "event": is_event.astype(int),
            "x": x,
            "age": np.round(rng.normal(55, 16, n_rows)),
            "stratum": rng.integers(1, 11, n_rows),
            "cluster": rng.integers(0, max(n_rows // 8, 2), n_rows),
        }
    )


def _fit(frame: pd.DataFrame, formula: str) -> CoxFit:
    fit = fit_cox(
        frame,
        formula,
        start="start",
        stop="stop",
        event="event",
        strata="stratum",
        cluster="cluster",
    )
    fit.table()
    return fit


def _row(
    work: _Work, frame: pd.DataFrame, seconds: float, fit: CoxFit, peer: dict[str, Any] | None
) -> list[str]:
    n_times = frame.loc[frame["event"] == 1, "stop"].nunique()
    head = [work.name, f"{fit.n_rows:,}", f"{fit.n_events:,}", f"{n_times:,}", f"{seconds:.2f}"]
    if peer is None:
        return [*head, NOT_RUN, "", "", "", ""]
    if "stopped" in peer:
        least = f"over {peer['stopped'] / seconds:.0f}"
        return [*head, f"stopped after {peer['stopped']:.0f}", least, "", "", ""]
    table = fit.table()
    return [
        *head,
        f"{peer['cpu_s']:.2f}",
        f"{peer['cpu_s'] / seconds:.1f}",
        f"{np.abs(table['estimate'] - peer['coefficients']).max():.0e}",
        f"{np.abs(table['std_error'] - peer['errors']).max():.0e}",
        f"{abs(fit.loglik / peer['loglik'] - 1):.0e}",
    ]
