"""Long proofs of the clinic's door: kills survived, every error found, no input that breaks it."""

from validation.corruption import corrupt
from validation.fuzz_readers import OUTCOMES, fuzz_readers
from validation.kill_loads import kill_loads
from validation.proofs import Proof

SEED = 4
_BLANKS = [""] * (len(OUTCOMES) - 1)


def proofs(is_quick: bool) -> list[Proof]:
    """Run the section: three proofs."""
    return [_kills(is_quick), _corruption(is_quick), _fuzz(is_quick)]


def _kills(is_quick: bool) -> Proof:
    n_kills, n_rows = (5, 50_000) if is_quick else (100, 1_000_000)
    result = kill_loads(n_kills=n_kills, n_rows=n_rows, seed=SEED)
    figures = (
        result.n_kills, result.ended_before, result.found_old, result.found_new,
        result.found_other, result.repeats_equal,
    )  # fmt: skip
    return Proof(
        claim=f"A load of {n_rows:,} rows may be killed at any moment: the registry opens, holds "
        "the old or the new state, and the same load again ends as an undisturbed one",
        columns=(
            "kills",
            "not counted: ended before",
            "old state",
            "new state",
            "between",
            "ended equal",
        ),
        rows=[tuple(str(figure) for figure in figures)],
        holds=result.holds,
    )


def _corruption(is_quick: bool) -> Proof:
    n_errors, n_episodes = (640, 400) if is_quick else (10_000, 4_000)
    result = corrupt(n_errors, seed=SEED, n_episodes=n_episodes)
    rows = [
        (str(row.kind), str(row.rule), str(row.put_in), str(row.found))
        for row in result.by_kind.itertuples(index=False)
    ]
    rows.append(("together", "", str(result.n_errors), str(result.n_found)))
    rows.append(("clean rows set aside", "", "", str(result.n_clean_lost)))
    rows.append(("other findings", "", "", str(result.n_beside)))
    return Proof(
        claim="Every error put into a clean export is found with its file, line, column and rule, "
        "no clean row is set aside, and the corrected fix list completes the cohort",
        columns=("error", "rule", "put in", "found"),
        rows=rows,
        holds=result.n_found == result.n_errors
        and not result.n_clean_lost
        and not result.n_beside
        and result.is_completed,
    )


def _fuzz(is_quick: bool) -> Proof:
    n_inputs = 2_000 if is_quick else 100_000
    result = fuzz_readers(n_inputs, seed=SEED)
    return Proof(
        claim=f"{n_inputs:,} damaged files of all formats are read or refused: no traceback, no "
        "hang, no file touched elsewhere, no cell in a message",
        columns=("kind", *OUTCOMES),
        rows=[*result.rows(), ("slowest, in seconds", f"{result.slowest:.1f}", *_BLANKS)],
        holds=result.holds,
    )
