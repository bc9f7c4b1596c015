"""Long proofs of the simulator: same bytes, kills survived, lawful records, truth recovered."""

import itertools
import math
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import hinge_outcomes as ho
from hinge_outcomes.cohort.hashing import content_hash
from hinge_outcomes.cohort.manifest import read_manifest
from hinge_outcomes.cohort.parts import read_parts
from hinge_outcomes.cohort.tables import TABLE_NAMES
from hinge_outcomes.simulation.calibration import calibrate, followed_up
from hinge_outcomes.simulation.estimands import DAYS, true_estimands
from hinge_outcomes.simulation.generator import simulated_sheets
from hinge_outcomes.simulation.inputs import simulated_places
from hinge_outcomes.simulation.markov_ladder import exact_latent_mastery
from hinge_outcomes.simulation.partitions import write_simulation
from hinge_outcomes.simulation.records import EVENT_KINDS
from hinge_outcomes.simulation.scenario import scenario_names
from validation.proofs import Proof

MOST_Z = 4.0


def proofs(is_quick: bool) -> list[Proof]:
    """Run every proof; quick ones are smaller by a factor of twenty or more."""
    return [
        same_content(5_000 if is_quick else 50_000),
        million(50_000 if is_quick else 1_000_000),
        kills_survived(50_000 if is_quick else 200_000, 3 if is_quick else 12),
        lawful_records(500 if is_quick else 10_000),
        rates_recovered(3_000 if is_quick else 10_000, 5 if is_quick else 40),
        exact_mastery(4 if is_quick else 40, 2_000 if is_quick else 20_000),
        calibrated(5 if is_quick else 40),
    ]


def same_content(n_episodes: int) -> Proof:
    """Content hashes of all tables for every chunk size and number of workers."""
    hashes = {}
    for chunk_size, workers in itertools.product((1_000, 5_000, 50_000), (1, 2)):
        cohort = ho.simulate(
            ho.Scenario.default(), n_episodes=n_episodes, seed=7, chunk_size=chunk_size,
            workers=workers,
        )  # fmt: skip
        hashes[chunk_size, workers] = [
            content_hash(name, getattr(cohort, name)) for name in TABLE_NAMES
        ]
    first = next(iter(hashes.values()))
    return Proof(
        f"Same seed, same content: {n_episodes:,} episodes of `clinic`, any chunks and workers",
        ("patients at once", "workers", *TABLE_NAMES),
        [
            (f"{chunk:,}", str(workers), *(each[:12] for each in found))
            for (chunk, workers), found in hashes.items()
        ],
        all(found == first for found in hashes.values()),
    )


def million(n_episodes: int) -> Proof:
    """A large streamed run: equal bytes for other workers and chunks, and a small run inside it."""
    scenario = ho.Scenario.named("network")
    with tempfile.TemporaryDirectory() as folder:
        one = write_simulation(scenario, Path(folder, "one"), n_episodes=n_episodes, seed=7)
        two = write_simulation(
            scenario, Path(folder, "two"), n_episodes=n_episodes, seed=7, workers=2,
            chunk_size=3_333,
        )  # fmt: skip
        files = [_files_of(each) for each in (one, two)]
        manifest = read_manifest(one)["tables"]
        small = ho.simulate(scenario, n_episodes=1_000, seed=7)
        ids = set(small.episodes["episode_id"])
        rows = []
        is_equal = files[0] == files[1]
        for name in TABLE_NAMES:
            first, damaged = read_parts(one, name, manifest[name]["files"][:1], ())
            key = "patient_id" if name == "patients" else "episode_id"
            own = set(small.patients["patient_id"]) if name == "patients" else ids
            table = getattr(small, name)
            begins = first[first[key].isin(own)].reset_index(drop=True)
            tables = {each: getattr(small, each) for each in TABLE_NAMES} | {name: begins}
            again = ho.Cohort(**tables, data_cut=small.data_cut, is_synthetic=True)
            is_same = content_hash(name, getattr(again, name)) == content_hash(name, table)
            is_equal &= is_same and not damaged
            rows.append(
                (name, f"{manifest[name]['rows']:,}", str(len(manifest[name]["files"])),
                 "yes" if files[0] == files[1] else "no", "yes" if is_same else "no")
            )  # fmt: skip
    return Proof(
        f"A streamed run of {n_episodes:,} episodes of `network` has the same bytes for 1 and 2 "
        "workers, and its first 1,000 episodes are those of a run of 1,000",
        ("table", "rows", "parts", "same bytes", "first 1,000 equal"),
        rows,
        bool(is_equal),
    )


def _files_of(folder: Path) -> dict[str, str]:
    manifest = read_manifest(folder)["tables"]
    return {
        file["file"]: file["sha256"] for name in TABLE_NAMES for file in manifest[name]["files"]
    }


def kills_survived(n_episodes: int, kills: int) -> Proof:
    """A run killed again and again at random moments ends with the bytes of one left alone."""
    rng = random.Random(11)
    with tempfile.TemporaryDirectory() as folder:
        options = ["simulate", "clinic", "--episodes", str(n_episodes), "--seed", "5", "--workers"]
        calm, wild = Path(folder, "calm"), Path(folder, "wild")
        start = time.monotonic()
        _hinge([*options, "2", "--out", str(calm)]).wait()
        span = time.monotonic() - start
        rows, done, is_equal = [], 0, True
        for kill in range(1, kills + 1):
            wait = rng.uniform(0.3, 1.0) * min(span, 12.0)
            process = _hinge([*options, str(1 + kill % 2), "--out", str(wild)])
            try:
                process.wait(timeout=wait)
                was_running = False
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                was_running = True
            done = len(list(wild.glob("visits/*.parquet"))) if wild.exists() else 0
            if not was_running and kill < kills:  # it was done before the kill: begin again
                is_equal &= _files_of(calm) == _files_of(wild)
                shutil.rmtree(wild)
            rows.append((str(kill), f"{wait:.1f}", "yes" if was_running else "no", str(done)))
        code = _hinge([*options, "1", "--out", str(wild)]).wait()
        is_equal &= code == 0 and _files_of(calm) == _files_of(wild)
        left = {path.relative_to(wild) for path in wild.rglob("*") if path.is_file()}
        is_clean = left == {path.relative_to(calm) for path in calm.rglob("*") if path.is_file()}
    return Proof(
        f"{n_episodes:,} episodes, killed {kills} times (SIGKILL), end with the same bytes",
        ("kill", "after, s", "was running", "parts by then"),
        [*rows, ("end", "", "", f"same bytes: {is_equal}, same files: {is_clean}")],
        is_equal and is_clean,
    )


def _hinge(arguments: list[str]) -> "subprocess.Popen[bytes]":
    code = "import sys; from hinge_outcomes.cli import main; main(sys.argv[1:])"
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def lawful_records(n_episodes: int) -> Proof:
    """Whatever a shipped scenario makes, `validate` finds nothing wrong with."""
    rows, is_lawful = [], True
    for name in scenario_names():
        cohort = ho.simulate(ho.Scenario.named(name), n_episodes=n_episodes, seed=13)
        found = ho.validate(cohort)
        is_lawful &= len(found) == 0
        rows.append((name, f"{len(cohort.visits):,}", found.summary()))
    return Proof(
        f"`validate` finds nothing wrong with {n_episodes:,} episodes of any shipped scenario",
        ("scenario", "visits", "findings"),
        rows,
        is_lawful,
    )


def rates_recovered(n_episodes: int, seeds: int) -> Proof:
    """z of every rate of the matched scenario from exact times, over many seeds."""
    scenario = followed_up(ho.Scenario.named("matched"), 600)
    z: dict[str, list[float]] = {}
    for seed in range(seeds):
        for name, value in _rate_scores(scenario, n_episodes, seed).items():
            z.setdefault(name, []).append(value)
    rows, holds = [], True
    for name, values in sorted(z.items(), key=_by_kind_and_stage):
        mean, spread = float(np.mean(values)), float(np.std(values, ddof=1))
        # The mean of z has error 1 / root(seeds), its SD about 1 / root(2 seeds).
        is_fine = abs(mean) < MOST_Z / math.sqrt(seeds)
        is_fine &= abs(spread - 1) < MOST_Z / math.sqrt(2 * seeds)
        holds &= is_fine
        rows.append((name, f"{mean:+.3f}", f"{spread:.3f}", f"{max(map(abs, values)):.2f}"))
    return Proof(
        f"Rates of `matched` from exact times: z over {seeds} seeds of {n_episodes:,} episodes has "
        "mean 0 and SD 1",
        ("rate", "mean of z", "SD of z", "largest absolute z"),
        rows,
        holds,
    )


def _rate_scores(scenario: ho.Scenario, n_episodes: int, seed: int) -> dict[str, float]:
    """z of forward and backward rates by stage, of leaving and of referral."""
    places = simulated_places(scenario, seed)
    sheets = simulated_sheets(scenario, places, n_episodes=n_episodes, seed=seed, keeps_truth=True)
    people, events = sheets.episodes, sheets.events
    end = np.minimum(people["closed"], people["horizon"].astype(float))
    counts: dict[str, float] = {}
    expected: dict[str, float] = {}
    stage, since = people["entry"].astype(int).tolist(), [0.0] * n_episodes
    is_learning = [True] * n_episodes
    forward, backward = np.exp(people["forward"]), np.exp(people["backward"])
    rates = 1 / np.array(scenario.learning.dwell_days)
    setbacks = np.array(scenario.setbacks.per_day)

    def spend(who: int, until: float) -> None:
        at, days = stage[who], until - since[who]
        for kind, rate in (
            (f"forward, stage {at}", rates[at - 1] * forward[who]),
            (f"backward, stage {at}", setbacks[at - 1] * backward[who]),
        ):
            expected[kind] = expected.get(kind, 0.0) + days * rate
        since[who] = until

    for event in events:
        kind = EVENT_KINDS[event["kind"]]
        who = int(event["episode"])
        if kind not in ("learned", "setback") or not is_learning[who]:
            continue
        spend(who, float(event["time"]))
        name = f"{'forward' if kind == 'learned' else 'backward'}, stage {stage[who]}"
        counts[name] = counts.get(name, 0.0) + 1
        if kind == "learned" and stage[who] == people["target"][who]:
            is_learning[who] = False
        stage[who] = max(stage[who] + (1 if kind == "learned" else -1), 1)
    for who in range(n_episodes):
        if is_learning[who]:
            spend(who, float(end[who]))
    total = float(end.sum())
    expected |= {
        "leaving": scenario.loss.per_day * total,
        "referral": scenario.discharge.referred_per_day * total,
    }
    counts |= {
        "leaving": float((people["left"] <= end).sum()),
        "referral": float((people["referred"] <= end).sum()),
    }
    return {
        name: (counts.get(name, 0.0) - mean) / math.sqrt(mean)
        for name, mean in expected.items()
        if mean > 20
    }


def _by_kind_and_stage(item: tuple[str, Any]) -> tuple[str, int]:
    kind, _, number = item[0].partition(", stage ")
    return kind, int(number or 0)


def exact_mastery(replicates: int, n_episodes: int) -> Proof:
    """Latent mastery of the matched scenario: matrix exponentials against a large run."""
    scenario = ho.Scenario.named("matched")
    followed = followed_up(scenario, 420)
    days = np.array(DAYS, dtype=float)
    reached_by = {"target": np.zeros(len(days)), "3": np.zeros(len(days)), "7": np.zeros(len(days))}
    asked = dict.fromkeys(reached_by, 0)
    for seed in range(replicates):
        places = simulated_places(followed, seed)
        sheets = simulated_sheets(
            followed, places, n_episodes=n_episodes, seed=seed, keeps_truth=True
        )
        people = sheets.episodes
        learned = sheets.events[sheets.events["kind"] == 0]
        first = np.full((n_episodes, 11), np.inf)
        np.minimum.at(first, (learned["episode"], learned["stage"]), learned["time"])
        for stage in reached_by:
            if stage == "target":
                reached = first[np.arange(n_episodes), people["target"]]
            else:
                k = int(stage)
                reached = first[(people["entry"] <= k) & (k <= people["target"]), k]
            reached_by[stage] += (reached[:, None] <= days).sum(axis=0)
            asked[stage] += len(reached)
    rows, holds = [], True
    for stage, counts in reached_by.items():
        exact = np.array(exact_latent_mastery(scenario, stage, days))
        # Patients of the matched scenario are independent: nobody returns, places do not differ.
        errors = np.sqrt(exact * (1 - exact) / asked[stage])
        for day, truth, value, error in zip(
            DAYS, exact, counts / asked[stage], errors, strict=True
        ):
            z = (value - truth) / error
            holds &= abs(z) < MOST_Z
            rows.append(
                (stage, str(day), f"{truth:.5f}", f"{value:.5f}", f"{error:.5f}", f"{z:+.2f}")
            )
    return Proof(
        "Latent mastery of `matched`: exact probabilities against "
        f"{replicates * n_episodes:,} simulated patients",
        ("stage", "day", "exact", "simulated", "error", "z"),
        rows,
        bool(holds),
    )


def calibrated(replicates: int) -> Proof:
    """The default scenario against published figures, with small Monte Carlo errors."""
    found = calibrate(ho.Scenario.default(), replicates=replicates)
    table = found.table()
    rows = [
        (
            row.target, row.population, f"{row.low:.4g} to {row.high:.4g}",
            f"{row.simulated:.3f} ({row.mc_error:.3f})", row.verdict,
        )
        for row in table.itertuples(index=False)
    ]  # fmt: skip
    truth = true_estimands(ho.Scenario.default(), replicates=max(replicates // 2, 2))
    wanted = [
        ("documented_mastery", "target", 180), ("latent_mastery", "target", 180),
        ("mean_days_mastered", "target", 365), ("mean_days_unmastered", "target", 365),
        ("nprs_change", "", 91), ("nprs_mic", "", 91), ("odi_mic", "", 91),
        ("nprs_change_icc", "", 91),
    ]  # fmt: skip
    frame = truth.table().set_index(["estimand", "stage", "day"])
    for key in wanted:
        row = frame.loc[key]
        rows.append(
            (f"true {key[0]}, day {key[2]}", "the scenario itself", "",
             f"{row['value']:.4f} ({row['mc_error']:.4f})", "context")
        )  # fmt: skip
    return Proof(
        "The default scenario meets every published figure of physiotherapy",
        ("figure", "population", "band", "simulated (MC error)", "verdict"),
        rows,
        bool((table["verdict"] != "misses").all()),
    )
