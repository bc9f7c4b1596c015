"""Mixed models per CPU-second beside R's lme4, and statsmodels where it can."""

import json
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import median_seconds
from benchmarks.r_peer import NOT_RUN, r_versions, run_r
from hinge_outcomes.analysis.pain.mixed_model import fit_mixed_model
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit

MIXED_HEAD = [
    "mixed model, REML", "patients", "scores", "ours, CPU s", "peer", "peer, CPU s",
    "times as fast", "ours, -2 log L", "peer, -2 log L", "peak MB",
]  # fmt: skip
SEED = 1
DAYS = np.array([0, 14, 42, 91, 182, 273, 364])
LEAST_TIMES_LME4, MOST_SECONDS, MOST_MB = 30, 10, 4_000
SLOPE, INTERCEPTS = "1 + day", "1"
NESTED = ("clinic", "clinician", "patient")

_LMER = """
suppressMessages(library(lme4))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1])
data$time <- data$day / 365
for (name in intersect(c("clinic", "clinician", "patient"), names(data)))
  data[[name]] <- factor(data[[name]])
model <- as.formula(arguments[2])
took <- c()
for (round in seq_len(as.integer(arguments[3]))) {
  spent <- system.time(fit <- suppressWarnings(suppressMessages(lmer(model, data))))
  took <- c(took, spent["user.self"] + spent["sys.self"])
}
cat(sprintf('{"cpu_s": %.3f, "criterion": %.6f}', median(took), REMLcrit(fit)))
"""


def mixed_rows(quick: bool) -> list[list[str]]:
    """Fit every model in turn and give the rows under `MIXED_HEAD`.

    CPU seconds from a frame in memory to the table with errors and degrees of freedom, one thread;
    medians of rounds after one that warms up. lme4 fits the same rows, read from a file beforehand,
    with time in years, since in days it does not converge.
    """
    size, million = (10_000, 100_000) if quick else (100_000, 1_000_000)
    rows = [
        _beside_lme4("intercept and slope", make_scores(size), [], "(1 + time | patient)", 3),
        _alone("intercept and slope", million),
        _beside_statsmodels(500),
        _beside_lme4(
            "patients in clinicians in clinics", make_scores(size // 10, nested=True),
            list(NESTED[:2]), "(1 | clinic) + (1 | clinician) + (1 + time | patient)", 1,
        ),
    ]  # fmt: skip
    if not quick:
        nested = make_scores(size, nested=True)
        seconds, fit = median_seconds(lambda: _fit(nested, list(NESTED[:2])), 1)
        rows.append(_head("patients in clinicians in clinics", nested, seconds, fit))
    return rows


def mixed_text() -> str:
    """Say what the rows are, with the peers' versions and options."""
    from importlib.metadata import version

    return (
        "Patients scored on seven days of a year, each with an own intercept and slope; simulated "
        "with a fixed seed. Ours: `fit_mixed_model` from a frame to the table with Satterthwaite's "
        f"degrees of freedom, time in days. Peers: {r_versions('lme4')}, `lmer`, defaults, the "
        "same rows with time in years (its criterion is put back into days), no degrees of "
        f"freedom; statsmodels {version('statsmodels')} `MixedLM`, time in years. One thread each "
        f"(aims: at least {LEAST_TIMES_LME4} times as fast as lme4; 1,000,000 patients in under "
        f"{MOST_SECONDS} CPU-s and {MOST_MB:,} MB, a process of its own)."
    )


def make_scores(n_patients: int, *, nested: bool = False) -> pd.DataFrame:
    """Simulate scores: patient, day, score, and clinician and clinic where nested."""
    rng = np.random.default_rng(SEED)
    own = rng.normal(size=(n_patients, 2)) * [1.5, 0.004]
    patient = np.arange(n_patients)
    mean = 6 + own[:, :1] + (own[:, 1:] - 0.006) * DAYS
    if nested:
        n_clinicians = max(n_patients // 50, 4)
        clinician = rng.integers(0, n_clinicians, n_patients)
        clinic = clinician % max(n_clinicians // 20, 2)
        mean = mean + rng.normal(0, 0.4, n_clinicians)[clinician][:, None]
        mean = mean + rng.normal(0, 0.3, n_clinicians)[clinic][:, None]
    score = mean + rng.normal(size=(n_patients, len(DAYS)))
    frame = {"patient": patient, "day": None, "score": None}
    if nested:
        frame = {"clinic": clinic, "clinician": clinician, **frame}
    frame = {
        name: None if column is None else np.repeat(column, len(DAYS))
        for name, column in frame.items()
    }
    frame["day"], frame["score"] = np.tile(DAYS, n_patients), score.ravel()
    return pd.DataFrame(frame)


def _fit(frame: pd.DataFrame, above: list[str]) -> MixedModelFit:
    fit = fit_mixed_model(
        frame,
        "score ~ day",
        group=[*above, "patient"],
        random=[*(INTERCEPTS for _ in above), SLOPE],
    )
    fit.table()
    return fit


def _head(name: str, frame: pd.DataFrame, seconds: float, fit: MixedModelFit) -> list[str]:
    return [
        name, f"{fit.n_groups:,}", f"{len(frame):,}", f"{seconds:.2f}", "", "", "",
        f"{-2 * fit.loglik:.6f}", "", "",
    ]  # fmt: skip


def _beside_lme4(
    name: str, frame: pd.DataFrame, above: list[str], random: str, rounds: int
) -> list[str]:
    seconds, fit = median_seconds(lambda: _fit(frame, above), rounds)
    row = _head(name, frame, seconds, fit)
    row[4] = "lme4"
    peer = run_r(_LMER, "lme4", frame, [f"score ~ time + {random}", "1"])
    if peer is None:
        row[5] = NOT_RUN
        return row
    row[5], row[6] = f"{peer['cpu_s']:.1f}", f"{peer['cpu_s'] / seconds:.0f}"
    # log|X'V^-1 X| counts the unit of time: years to days.
    row[8] = f"{peer['criterion'] + 2 * np.log(365):.6f}"
    return row


def _beside_statsmodels(n_patients: int) -> list[str]:
    from statsmodels.regression.mixed_linear_model import MixedLM

    frame = make_scores(n_patients)
    seconds, fit = median_seconds(lambda: _fit(frame, []), 3)
    row = _head("intercept and slope", frame, seconds, fit)
    years = frame.assign(time=frame["day"] / 365)
    start = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = MixedLM.from_formula(
            "score ~ time", years, groups="patient", re_formula="~time"
        ).fit(reml=True)
    taken = time.process_time() - start
    row[4:7] = ["statsmodels", f"{taken:.1f}", f"{taken / seconds:.0f}"]
    criterion = -2 * theirs.llf + 2 * np.log(365)
    row[8] = f"{criterion:.6f}" if theirs.converged else "did not converge"
    return row


def _alone(name: str, n_patients: int) -> list[str]:
    """Fit in a process of its own, so that its peak memory is that of the fit and its frame."""
    watched = [sys.executable, "-m", "benchmarks.mixed", str(n_patients)]
    done = subprocess.run(watched, capture_output=True, text=True, check=True,
                          cwd=Path(__file__).parents[1])  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return [
        name, f"{n_patients:,}", f"{n_patients * len(DAYS):,}", f"{found['cpu_s']:.2f}", "", "",
        "", f"{found['criterion']:.6f}", "", f"{found['peak_mb']:,.0f}",
    ]  # fmt: skip


def main(n_patients: int) -> None:
    """Fit once and print CPU seconds, criterion and the peak memory of this process."""
    import resource

    frame = make_scores(n_patients)
    _fit(frame.iloc[: 700 * len(DAYS)], [])
    start = time.process_time()
    fit = _fit(frame, [])
    spent = time.process_time() - start
    # Linux states the peak in KiB, macOS in bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    took = {"cpu_s": spent, "criterion": -2 * fit.loglik, "peak_mb": peak}
    print(json.dumps(took))  # noqa: T201


if __name__ == "__main__":
    main(int(sys.argv[1]))
