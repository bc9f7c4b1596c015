"""Coverage: how often intervals hold the truth over many replicates, with its Monte Carlo error."""

import multiprocessing
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

WORKERS = 2
MOST_ERRORS = 3.5
"""A cell may differ from nominal by so many Monte Carlo standard errors."""

COLUMNS = (
    "quantity", "truth", "replicates", "bias", "empirical SE", "model SE", "SE ratio", "coverage",
    "MCSE", "errors from nominal", "not given", "failed",
)  # fmt: skip

Answer = tuple[float, float, float, float]
"""Estimate, standard error, lower and upper limit, on the scale of the truth."""

Replicate = Callable[[int], Mapping[str, Answer] | None]
"""From a seed to named answers; None where the fit failed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Hold the performance of one estimator: as ADEMP defines the measures, with their errors."""

    quantity: str
    truth: float
    n: int
    bias: float
    empirical: float
    model: float
    coverage: float
    error: float
    not_given: int
    failed: int
    nominal: float = 0.95

    @property
    def errors_from_nominal(self) -> float:
        """Tell how far coverage lies from nominal, in Monte Carlo standard errors at nominal."""
        nominal = np.sqrt(self.nominal * (1 - self.nominal) / max(self.n, 1))
        return float((self.coverage - self.nominal) / nominal)

    @property
    def holds(self) -> bool:
        """Tell whether coverage is within the errors allowed, and no more than 1% failed.

        A number that is not given because nobody was followed so long is no failure; it is counted.
        """
        few_failed = self.failed <= 0.01 * (self.n + self.not_given + self.failed)
        return self.n > 0 and abs(self.errors_from_nominal) <= MOST_ERRORS and few_failed

    def row(self) -> tuple[str, ...]:
        """Write the cell as a row of ``COLUMNS``."""
        return (
            self.quantity, f"{self.truth:.5g}", f"{self.n:,}", f"{self.bias:+.2g}",
            f"{self.empirical:.3g}", f"{self.model:.3g}", f"{self.model / self.empirical:.3f}",
            f"{self.coverage:.2%}", f"{self.error:.2%}", f"{self.errors_from_nominal:+.1f}",
            f"{self.not_given}", f"{self.failed}",
        )  # fmt: skip


def run_replicates(
    replicate: Replicate, seeds: Iterable[int], workers: int = WORKERS
) -> list[Mapping[str, Answer] | None]:
    """Run a replicate for each seed, in processes that do not share state; in the seeds' order."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        return list(pool.map(replicate, seeds, chunksize=10))


def judge(answers: list[Mapping[str, Answer] | None], truths: Mapping[str, float]) -> list[Cell]:
    """Compare the answers of all replicates with the truth, failures counted."""
    cells = []
    for name, truth in truths.items():
        given = [one[name] for one in answers if one is not None and name in one]
        rows = np.array(given).reshape(-1, 4)
        whole = rows[np.isfinite(rows).all(axis=1)]
        holds = (whole[:, 2] <= truth) & (truth <= whole[:, 3])
        n = len(whole)
        share = float(holds.mean()) if n else np.nan
        cells.append(
            Cell(
                quantity=name,
                truth=truth,
                n=n,
                bias=float(whole[:, 0].mean() - truth) if n else np.nan,
                empirical=float(whole[:, 0].std(ddof=1)) if n > 1 else np.nan,
                model=float(np.sqrt((whole[:, 1] ** 2).mean())) if n else np.nan,
                coverage=share,
                error=float(np.sqrt(share * (1 - share) / n)) if n else np.nan,
                not_given=len(rows) - n,
                failed=len(answers) - len(rows),
            )
        )
    return cells
