"""The section 'simulate': episodes per CPU-second against bare draws, SimPy and a plain loop."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import hinge_outcomes as ho
from benchmarks.bare_draws import Draws, draw_barely, draws_per_episode, needed_draws
from benchmarks.markdown import table
from benchmarks.measuring import Timings, take_turns
from benchmarks.patient_setting import Setting
from benchmarks.patient_tables import peer_tables
from benchmarks.plain_patients import follow_plainly
from hinge_outcomes.simulation.first_compilation import compile_apart
from hinge_outcomes.simulation.generator import simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.tables import simulated_tables

TITLE = "Simulating a cohort"
SEED = 7
MOST_TIMES_BARE_DRAWS, LEAST_TIMES_SIMPY, MOST_MEMORY_MB = 5, 60, 512

_RECORDS, _TABLES, _FRAMES = "records", "five Arrow tables", "ho.simulate: a Cohort of frames"
_PCG64, _PHILOX = "bare draws, PCG64", "bare draws, Philox"
_PLAIN, _SIMPY = "plain Python loop, five tables", "SimPy, five tables"

Run = Callable[[], float]


def section(*, quick: bool) -> str:
    """Run the section and give its results as Markdown."""
    scenario = ho.Scenario.default()
    places = simulated_places(scenario, SEED)
    compile_apart()  # to compile here would fill this process with objects, which slow all runs
    truth = simulated_sheets(scenario, places, n_episodes=5_000, seed=SEED, keeps_truth=True)
    draws = needed_draws(truth, scenario, places)
    per_episode = draws_per_episode(draws, len(truth.episodes))
    n_patients = 300 if quick else 1_000
    runs = {
        **_our_runs(scenario, places, 20_000),
        **_bare_runs(per_episode, 20_000),
        **_peer_runs(scenario, places, n_patients),
    }
    rounds = 3 if quick else 7
    timings = take_turns(runs, rounds=rounds)
    return "\n\n".join(
        [
            f"Default scenario, seed {SEED}, one thread. Median CPU time of {rounds} rounds in "
            "which all runs take turns, after a round that warms up; ratios are medians of each "
            f"round's own. Ours and the bare draws: 20,000 episodes; peers: {n_patients:,} "
            "patients. A benchmark's test shows that the peers make the same patients.",
            _speed_table(timings),
            _verdict(timings),
            "Draws that an average episode needs (counted on 5,000 simulated episodes):",
            _draws_table(draws, len(truth.episodes)),
            _memory_text(50_000 if quick else 1_000_000),
        ]
    )


def _our_runs(scenario: ho.Scenario, places: Any, n: int) -> dict[str, Run]:
    def records() -> float:
        simulated_sheets(scenario, places, n_episodes=n, seed=SEED)
        return n

    def tables() -> float:
        simulated_tables(simulated_sheets(scenario, places, n_episodes=n, seed=SEED), places)
        return n

    def frames() -> float:
        ho.simulate(scenario, n_episodes=n, seed=SEED)
        return n

    return {_RECORDS: records, _TABLES: tables, _FRAMES: frames}


def _bare_runs(per_episode: dict[str, float], n: int) -> dict[str, Run]:
    pcg64 = np.random.default_rng(SEED)
    philox = np.random.Generator(np.random.Philox(SEED))
    return {
        _PCG64: lambda: draw_barely(pcg64, per_episode, n),
        _PHILOX: lambda: draw_barely(philox, per_episode, n),
    }


def _peer_runs(scenario: ho.Scenario, places: Any, n_patients: int) -> dict[str, Run]:
    setting = Setting(scenario, places)
    followers = {_PLAIN: follow_plainly}
    try:
        from benchmarks.simpy_patients import follow_in_simpy

        followers[_SIMPY] = follow_in_simpy
    except ImportError:
        pass  # the table says that it was not run

    def run(follow: Any) -> float:
        episodes, rows = follow(setting, n_patients=n_patients, seed=SEED)
        peer_tables(episodes, rows, places)
        return len(episodes)

    return {name: lambda follow=follow: run(follow) for name, follow in followers.items()}


def _speed_table(timings: Timings) -> str:
    rows = []
    for name in (_RECORDS, _TABLES, _FRAMES, _PCG64, _PHILOX, _PLAIN, _SIMPY):
        if name not in timings.seconds:
            rows.append([name, "not run", "", ""])
            continue
        seconds = timings.median(name)
        low, high = timings.ratio_span(name, _TABLES)
        ratio = f"{_short(timings.ratio(name, _TABLES))} ({_short(low)} to {_short(high)})"
        rows.append(
            [
                name,
                f"{seconds * 1e6:,.2f}",
                f"{1 / seconds:,.0f}",
                "1" if name == _TABLES else ratio,
            ]
        )
    head = ["run", "CPU, µs an episode", "episodes a CPU-second", "CPU against our five tables"]
    return table(head, rows)


def _short(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def _verdict(timings: Timings) -> str:
    lines = []
    for name, bare in (("PCG64", _PCG64), ("Philox, as our own stream", _PHILOX)):
        lines.append(
            f"- Five tables cost {timings.ratio(_TABLES, bare):.1f} times the bare draws of "
            f"{name}; frames {timings.ratio(_FRAMES, bare):.1f} times "
            f"(aim: at most {MOST_TIMES_BARE_DRAWS})."
        )
    for name in (_SIMPY, _PLAIN):
        aim = f" (aim: at least {LEAST_TIMES_SIMPY})" if name == _SIMPY else ""
        if name not in timings.seconds:
            lines.append(f"- Against {name}: not run{aim}.")
            continue
        lines.append(
            f"- Against {name}: {timings.ratio(name, _TABLES):.0f} times as fast{aim}; frames "
            f"{timings.ratio(name, _FRAMES):.0f} times."
        )
    return "\n".join(lines)


def _draws_table(draws: list[Draws], n_episodes: int) -> str:
    rows = [[each.mechanism, each.kind, f"{each.count / n_episodes:.2f}"] for each in draws]
    for kind, count in draws_per_episode(draws, n_episodes).items():
        rows.append([f"**all {kind}s**", kind, f"**{count:.1f}**"])
    return table(["mechanism", "kind", "draws an episode"], rows)


def _memory_text(n_episodes: int) -> str:
    """Run the command in a process of its own and say what it took."""
    if not hasattr(os, "wait4"):
        return f"{n_episodes:,} episodes to Parquet: not run (this system does not tell memory)."
    with tempfile.TemporaryDirectory() as folder:
        hinge = [sys.executable, "-c", "from hinge_outcomes.cli import main; main()"]
        wish = ["simulate", "network", "--episodes", str(n_episodes), "--seed", str(SEED)]
        command = [*hinge, *wish, "--out", str(Path(folder) / "cohort")]
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.peak_memory", *command],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        took = json.loads(done.stdout)
        size = sum(file.stat().st_size for file in Path(folder).rglob("*") if file.is_file())
    if took["code"] != 0:
        return f"{n_episodes:,} episodes to Parquet: not run (the command failed)."
    return (
        f"`hinge simulate network --episodes {n_episodes:_}` to Parquet, all five tables, one "
        f"thread: peak resident memory {took['peak_mb']:.0f} MB (aim: at most {MOST_MEMORY_MB}), "
        f"{took['cpu_s']:.1f} CPU-s, {took['wall_s']:.1f} s of wall time, {size / 1e6:,.0f} MB on "
        "the disk."
    )
