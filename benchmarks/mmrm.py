"""Models for repeated measures per CPU-second, beside R's nlme::gls."""

from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.measuring import median_seconds
from benchmarks.r_peer import NOT_RUN, r_versions, run_r
from hinge_outcomes.analysis.pain.mmrm import fit_mmrm
from hinge_outcomes.analysis.pain.mmrm_result import MMRMFit

MMRM_HEAD = [
    "MMRM, unstructured, REML", "patients", "scores", "ours, CPU s", "R gls, CPU s",
    "times as fast", "ours, log L", "gls, log L",
]  # fmt: skip
SEED = 1
N_VISITS = 6
PATIENCE_S, QUICK_PATIENCE_S = 300, 60
LEAST_TIMES_GLS = 50

_GLS = """
suppressMessages(library(nlme))
data <- read.csv(commandArgs(trailingOnly = TRUE)[1])
data$week <- factor(data$visit)
spent <- system.time(fit <- gls(score ~ before + arm * week, data, method = "REML",
  correlation = corSymm(form = ~ visit | patient), weights = varIdent(form = ~ 1 | week)))
cat(sprintf('{"cpu_s": %.3f, "loglik": %.6f}', spent["user.self"] + spent["sys.self"],
  as.numeric(logLik(fit))))
"""


def mmrm_rows(quick: bool) -> list[list[str]]:
    """Fit every size in turn and give the rows under `MMRM_HEAD`.

    CPU seconds from a frame in memory to the table with errors and degrees of freedom, one thread;
    medians of rounds after one that warms up. gls fits the same rows, read from a file beforehand,
    and is asked for no degrees of freedom.
    """
    sizes = [(500, True), (10_000, False)] if quick else [
        (500, True), (2_000, True), (10_000, True), (100_000, False),
    ]  # fmt: skip
    rows = []
    for n_patients, has_peer in sizes:
        frame = make_visits(n_patients)
        seconds, fit = median_seconds(partial(_fit, frame), 3)
        patience = QUICK_PATIENCE_S if quick else PATIENCE_S
        peer = run_r(_GLS, "nlme", frame, (), patience) if has_peer else {}
        rows.append(_row(frame, seconds, fit, peer))
    return rows


def mmrm_text() -> str:
    """Say what the rows are, with the peer's versions and options."""
    return (
        f"Two arms at {N_VISITS} visits; who leaves does not come back, and one score in twenty "
        "is missing besides; simulated with a fixed seed. Ours: `fit_mmrm` from a frame to the "
        "table with Satterthwaite's degrees of freedom. Peer: "
        f"{r_versions('nlme')}, `gls` with `corSymm` and `varIdent`, defaults, the same rows, one "
        f"thread, stopped after {PATIENCE_S} CPU-s (aim: at least {LEAST_TIMES_GLS} times as fast)."
        " gls's search stops short of the maximum."
    )


def make_visits(n_patients: int) -> pd.DataFrame:
    """Simulate scores: patient, visit, arm, before, score."""
    rng = np.random.default_rng(SEED)
    visit = np.arange(N_VISITS)
    lag = np.abs(np.subtract.outer(visit, visit))
    spread = 2 * (1 + 0.1 * visit)
    root = np.linalg.cholesky(0.8**lag * np.outer(spread, spread))
    arm, before = rng.integers(0, 2, n_patients), rng.normal(6, 2, n_patients)
    score = 0.5 * before[:, None] - (0.4 + 0.2 * arm[:, None]) * visit
    score = score + rng.standard_normal((n_patients, N_VISITS)) @ root.T
    leaves = rng.random((n_patients, N_VISITS)) < 0.08
    leaves[:, 0] = False
    is_seen = (np.cumsum(leaves, axis=1) == 0) & (rng.random(score.shape) > 0.05)
    frame = pd.DataFrame(
        {
            "patient": np.repeat(np.arange(n_patients), N_VISITS),
            "visit": np.tile(visit + 1, n_patients),
            "arm": np.repeat(np.where(arm == 1, "new", "old"), N_VISITS),
            "before": np.repeat(before, N_VISITS),
            "score": score.ravel(),
        }
    )
    return frame[is_seen.ravel()].reset_index(drop=True)


def _fit(frame: pd.DataFrame) -> MMRMFit:
    fit = fit_mmrm(frame, "score ~ before + arm * C(visit)", subject="patient", visit="visit")
    fit.table()
    return fit


def _row(
    frame: pd.DataFrame, seconds: float, fit: MMRMFit, peer: dict[str, Any] | None
) -> list[str]:
    head = [fit.structure, f"{fit.n_subjects:,}", f"{len(frame):,}", f"{seconds:.3f}"]
    loglik = f"{fit.loglik:.6f}"
    if peer is None:
        return [*head, NOT_RUN, "", loglik, ""]
    if not peer:
        return [*head, "", "", loglik, ""]
    if "stopped" in peer:
        least = f"over {peer['stopped'] / seconds:,.0f}"
        return [*head, f"stopped after {peer['stopped']:.0f}", least, loglik, ""]
    return [
        *head, f"{peer['cpu_s']:.1f}", f"{peer['cpu_s'] / seconds:,.0f}", loglik,
        f"{peer['loglik']:.6f}",
    ]  # fmt: skip
