"""Panel models per CPU-second: the free ladder, continuous times, covariates, beside R's msm."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.panel_courses import MOVES, N_STATES, Courses, simulate_courses
from benchmarks.r_peer import NOT_RUN, r_versions, run_r
from hinge_outcomes.analysis.progression.panel_data import PanelData
from hinge_outcomes.analysis.progression.panel_fit import PanelFit, fit_panel
from hinge_outcomes.analysis.progression.rate_structure import RateStructure

PANEL_HEAD = [
    "panel model", "patients", "observations", "patterns", "parameters", "ours, CPU s",
    "R msm, CPU s", "times as fast", "ours, -2 log L", "msm, -2 log L",
]  # fmt: skip
SEED = 1

_MSM = """
suppressMessages(library(msm))
arguments <- commandArgs(trailingOnly = TRUE)
data <- read.csv(arguments[1])
moves <- matrix(as.integer(strsplit(arguments[2], "[ ,]")[[1]]), ncol = 2, byrow = TRUE)
Q <- matrix(0, 12, 12)
Q[moves] <- 0.01
start <- crudeinits.msm(state ~ day, subject = patient, data = data, qmatrix = Q)
start[Q > 0 & start <= 0] <- 1e-3
diag(start) <- 0
took <- system.time(fit <- msm(state ~ day, subject = patient, data = data, qmatrix = start,
  deathexact = 12, method = "BFGS", control = list(fnscale = 10000, reltol = 1e-10, maxit = 1000)))
cat(sprintf('{"cpu_s": %.3f, "minus2loglik": %.8f, "msm": "%s", "r": "%s"}',
  took["user.self"] + took["sys.self"], fit$minus2loglik, packageVersion("msm"),
  getRversion()))
"""


@dataclass(frozen=True)
class _Work:
    """One thing to fit: what it is called, the arrays, how often to repeat it."""

    name: str
    panel: PanelData
    structure: RateStructure
    rounds: int
    courses: Courses | None = None  # for the peer


def panel_rows(quick: bool) -> list[list[str]]:
    """Fit every panel in turn and give the rows under `PANEL_HEAD`.

    CPU seconds from arrays in memory to estimates with their covariance, counting included, one
    thread; medians of rounds after one that warms up. R's msm fits the first panel alone.
    """
    rows = []
    for make in _works(quick):
        work = make()
        seconds, fit = _measure(work)
        peer = None if quick or work.courses is None else fit_with_msm(work.courses)
        rows.append(_row(work, seconds, fit, peer, is_asked=work.courses is not None))
    return rows


def panel_text(quick: bool) -> str:
    """Say what the rows are, with the peer's versions and options."""
    peer = r_versions("msm")
    why = " (the quick form leaves it out)" if quick and peer != NOT_RUN else ""
    return (
        "A ladder of ten stages, mastered and lost (dated exactly), patients seen every 5 to 14 "
        "days for 15 weeks, simulated with a fixed seed; every stage has its own rates up, back "
        "and out. Ours: estimates, observed information and the check of the optimum. "
        f"Peer: {peer}{why}, optim BFGS with analytic derivatives, crude initial rates, "
        "reltol 1e-10, its Hessian included, one thread, the same file."
    )


def _row(
    work: _Work, seconds: float, fit: PanelFit, peer: dict[str, Any] | None, *, is_asked: bool
) -> list[str]:
    ours = f"{seconds:.3f}" if fit.optimum.converged else f"{seconds:.3f} (no maximum)"
    blank = NOT_RUN if is_asked else ""
    return [
        work.name,
        f"{int(work.panel.subject[-1]) + 1:,}",
        f"{len(work.panel.time):,}",
        f"{len(work.panel.values):,}",
        str(len(work.structure.names)),
        ours,
        blank if peer is None else f"{peer['cpu_s']:.1f}",
        "" if peer is None else f"{peer['cpu_s'] / seconds:,.0f}",
        f"{fit.minus_two_loglik:.6f}",
        blank if peer is None else f"{peer['minus2loglik']:.6f}",
    ]


def _measure(work: _Work) -> tuple[float, PanelFit]:
    fit = fit_panel(work.panel, work.structure)
    taken = []
    for _ in range(work.rounds):
        start = time.process_time()
        fit = fit_panel(work.panel, work.structure)
        taken.append(time.process_time() - start)
    return statistics.median(taken), fit


def _works(quick: bool) -> list[Callable[[], _Work]]:
    """Give the panels, each made only when its turn has come."""
    rounds = 3 if quick else 7
    largest = 100_000 if quick else 1_000_000

    def whole(n: int, rounds: int, peer: bool = False) -> Callable[[], _Work]:
        def make() -> _Work:
            courses = simulate_courses(n, SEED)
            return _Work(
                "29 free rates, whole days",
                _panel(courses, np.zeros((n, 0))),
                _structure(0),
                rounds,
                courses if peer else None,
            )

        return make

    def continuous() -> _Work:
        courses = simulate_courses(2_000, SEED, whole_days=False)
        return _Work(
            "29 free rates, continuous times",
            _panel(courses, np.zeros((2_000, 0))),
            _structure(0),
            rounds,
        )

    def three() -> _Work:
        rng = np.random.default_rng(SEED)
        x = np.column_stack(
            [rng.integers(0, 2, 5_000), rng.integers(0, 3, 5_000), rng.integers(20, 80, 5_000) / 50]
        ).astype(float)
        x -= x.mean(axis=0)
        courses = simulate_courses(5_000, SEED, log_ratio=x @ [0.3, -0.2, 0.4])
        return _Work("three covariates upwards", _panel(courses, x), _structure(3), min(rounds, 3))

    def many() -> _Work:
        x = np.random.default_rng(SEED).normal(size=(2_000, 1))
        courses = simulate_courses(2_000, SEED, log_ratio=0.3 * x[:, 0])
        return _Work(
            "a continuous covariate upwards", _panel(courses, x), _structure(1), min(rounds, 3)
        )

    return [
        whole(500, rounds, peer=True),
        whole(2_000, rounds),
        whole(10_000, rounds),
        whole(largest, min(rounds, 3)),
        continuous,
        three,
        many,
    ]


def _structure(n_covariates: int) -> RateStructure:
    """Free rates; each covariate acts alike on all moves upwards."""
    n = len(MOVES)
    maps = np.zeros((n_covariates + 1, n, n + n_covariates))
    maps[0, :, :n] = np.eye(n)
    upwards = [start + 1 == to for start, to in MOVES]
    for number in range(n_covariates):
        maps[number + 1, upwards, n + number] = 1.0
    names = tuple(f"{start + 1} to {to + 1}" for start, to in MOVES)
    effects = tuple(f"effect {number + 1}" for number in range(n_covariates))
    return RateStructure(N_STATES, np.array(MOVES), maps, names + effects)


def _panel(courses: Courses, x: Any) -> PanelData:
    values, pattern = np.unique(x, axis=0, return_inverse=True)
    if not x.shape[1]:
        values, pattern = np.zeros((1, 0)), np.zeros(len(x), dtype=np.int64)
    return PanelData(
        states=tuple(range(1, N_STATES + 1)),
        subject=courses.patient,
        time=courses.day,
        code=courses.state,
        sets=np.eye(N_STATES, dtype=bool),
        pattern=pattern.ravel()[courses.patient],
        values=np.column_stack([np.ones(len(values)), values]),
        is_exact=np.arange(N_STATES) == N_STATES - 1,
        exact_times=False,
    )


def fit_with_msm(courses: Courses) -> dict[str, Any] | None:
    """Fit the free ladder in R on the same observations; None where R or msm is missing."""
    frame = pd.DataFrame(
        {"patient": courses.patient, "day": courses.day, "state": courses.state + 1}
    )
    moves = " ".join(f"{start + 1},{end + 1}" for start, end in MOVES)
    return run_r(_MSM, "msm", frame, [moves])
