"""Measure CPU seconds fairly: repeated runs that take turns, medians, ratios pair by pair."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Result = TypeVar("Result")


@dataclass(frozen=True)
class Timings:
    """Hold the CPU seconds of several rounds per run, each divided by the work it did."""

    seconds: Mapping[str, tuple[float, ...]]

    def median(self, name: str) -> float:
        """Give the median CPU seconds of a run, per unit of work."""
        return statistics.median(self.seconds[name])

    def ratio(self, name: str, to: str) -> float:
        """Give how many times as long one run takes as another: median over rounds."""
        pairs = zip(self.seconds[name], self.seconds[to], strict=True)
        return statistics.median(one / other for one, other in pairs)

    def ratio_span(self, name: str, to: str) -> tuple[float, float]:
        """Give the smallest and the largest ratio of a round."""
        pairs = list(zip(self.seconds[name], self.seconds[to], strict=True))
        found = [one / other for one, other in pairs]
        return min(found), max(found)


def take_turns(runs: Mapping[str, Callable[[], float]], *, rounds: int) -> Timings:
    """Run everything in turn, A B C A B C, so that a busy minute slows all of them alike.

    Each run gives how much work it did, in the unit that seconds are stated for. A first round
    warms up: it compiles, loads and allocates, and is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for round_number in range(rounds + 1):
        for name, run in runs.items():
            start = time.process_time()
            work = run()
            spent = time.process_time() - start
            if round_number:
                seconds[name].append(spent / work)
    return Timings({name: tuple(values) for name, values in seconds.items()})


def median_seconds(run: Callable[[], Result], rounds: int) -> tuple[float, Result]:
    """Run once to warm up and then so many rounds: median CPU seconds and the last result."""
    result = run()
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        result = run()
        taken.append(time.process_time() - start)
    return statistics.median(taken), result
