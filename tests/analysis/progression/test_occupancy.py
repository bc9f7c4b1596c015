"""The Aalen-Johansen estimator: answers by hand, R's numbers, and what must always hold."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hinge_outcomes.analysis.progression.occupancy import aalen_johansen, estimate_occupancy
from hinge_outcomes.domain.states import STATES
from hinge_outcomes.exceptions import AnalysisError, DataError
from tests.analysis.progression.dense_oracle import dense_estimate, odd_histories
from tests.shared import SHARED, needs_shared

STATES_ODD = ["s0", "s1", "s2", "s3"]

# Two derivations of the same sum agree to rounding, which grows with a few hundred terms.
ROUNDING = 1e-12


def _stays(rows):
    return pd.DataFrame(rows, columns=["id", "tstart", "tstop", "from", "to"])


def _at(result, time, column, states):
    table = result.table()
    row = table[table["time"] == time].set_index("state")[column]
    return row.reindex(list(states)).to_numpy(dtype=float)


def _wide(result, column):
    table = result.table()
    return table[column].to_numpy(dtype=float).reshape(len(result.states), -1).T


KA1 = _stays(
    [(1, 0, 3, "s1", "m"), (2, 0, 5, "s1", "lost"), (3, 0, 7, "s2", "m"), (4, 0, 9, "s2", "m")]
)

KA2 = _stays(
    [
        (1, 0, 10, "s1", "s2"),
        (1, 10, 20, "s2", "m"),
        (2, 0, 6, "s1", "lost"),
        (3, 4, 15, "s2", "m"),
        (4, 0, 12, "s2", None),
        (5, 0, 20, "s1", None),
    ]
)

KA3 = _stays(
    [
        (1, 0, 10, "in", "m"),
        (2, 0, 20, "in", "lost"),
        (3, 0, 20, "in", None),
        (4, 0, 30, "in", "m"),
        (5, 0, 40, "in", None),
        (6, 0, 50, "in", "m"),
    ]
)


def test_without_censoring_the_known_answer_is_a_proportion():
    """Three of four end mastered: .75.

    Taking the start (half s1, half s2) as given, only s1 is uncertain: half of it, 1 of 2, so the
    variance is .25 * (.5 * .5 / 2) = .03125 and the error .176777. With the start estimated it is
    the binomial sqrt(.75 * .25 / 4) = .216506.
    """
    fixed = aalen_johansen(KA1, times=[9])
    estimated = aalen_johansen(KA1, times=[9], start_distribution="estimated")
    assert _at(fixed, 9, "estimate", ["m"]) == pytest.approx([0.75], abs=ROUNDING)
    assert _at(fixed, 9, "std_error", ["m"]) == pytest.approx([np.sqrt(0.03125)], abs=ROUNDING)
    assert _at(estimated, 9, "std_error", ["m"]) == pytest.approx(
        [np.sqrt(0.75 * 0.25 / 4)], abs=ROUNDING
    )


def test_late_entry_mixed_starts_and_censoring_give_the_known_answer():
    """At 6, the first event, 1, 2, 5 are in s1 and 3, 4 in s2: p0 = (.6, .4).

    6: one of three in s1 is lost: (.4, .4, 0, .2). 10: one of two in s1 moves: (.2, .6, 0, .2).
    15: 1 and 3 are in s2 (4 was censored at 12), 3 masters: half of .6: (.2, .3, .3, .2). Errors
    to the six digits printed by R survival.
    """
    states = ["s1", "s2", "m", "lost"]
    fixed = aalen_johansen(KA2, states=states, times=[15])
    estimated = aalen_johansen(KA2, states=states, times=[15], start_distribution="estimated")
    assert fixed.curve.shares == pytest.approx([0.6, 0.4, 0, 0], abs=ROUNDING)
    assert _at(fixed, 15, "estimate", states) == pytest.approx([0.2, 0.3, 0.3, 0.2], abs=ROUNDING)
    six_digits = 5e-7
    assert _at(fixed, 15, "std_error", states) == pytest.approx(
        [0.163299, 0.267706, 0.177951, 0.163299], abs=six_digits
    )
    assert _at(estimated, 15, "std_error", states) == pytest.approx(
        [0.178885, 0.238747, 0.238747, 0.178885], abs=six_digits
    )


def test_competing_loss_is_not_censoring():
    """1/6 master at 10; at 20 one of five is lost, and one censored after it: 2/3 are in care.

    At 30 one of three masters: 1/6 + 2/9 = .388889. At 50 the last one does: + 4/9 = .833333.
    One minus Kaplan-Meier, losses censored, would say 1.
    """
    result = aalen_johansen(KA3, times=[30, 50])
    assert _at(result, 30, "estimate", ["m"]) == pytest.approx([7 / 18], abs=ROUNDING)
    assert _at(result, 50, "estimate", ["m"]) == pytest.approx([5 / 6], abs=ROUNDING)
    six_digits = 5e-7
    assert _at(result, 30, "std_error", ["m"]) == pytest.approx([0.218722], abs=six_digits)


@pytest.mark.parametrize("start_distribution", ["fixed", "estimated"])
@pytest.mark.parametrize("stays", [KA2, KA3], ids=["KA2", "KA3"])
def test_doubling_everybody_under_their_cluster_adds_no_information(stays, start_distribution):
    """Copies of a person in that person's cluster, or weights of 2, leave error and estimate."""
    once = aalen_johansen(stays, start_distribution=start_distribution)
    copies = pd.concat([stays.assign(who=stays["id"]), stays.assign(who=stays["id"])])
    copies["id"] = np.repeat(["a", "b"], len(stays)) + copies["id"].astype(str)
    twice = aalen_johansen(copies, cluster="who", start_distribution=start_distribution)
    heavy = aalen_johansen(stays.assign(w=2.0), weights="w", start_distribution=start_distribution)
    for column in ("estimate", "std_error"):
        assert _wide(twice, column) == pytest.approx(_wide(once, column), abs=ROUNDING)
        assert _wide(heavy, column) == pytest.approx(_wide(once, column), abs=ROUNDING)
    # Without the cluster the copies pass for new people, and the error is too small by sqrt(2).
    naive = aalen_johansen(copies, start_distribution=start_distribution)
    assert _wide(naive, "std_error") == pytest.approx(
        _wide(once, "std_error") / np.sqrt(2), abs=ROUNDING
    )


def _mgus2(name):
    frame = pd.read_csv(SHARED / "reference" / "data" / "mgus2_ms.csv")
    if name == "mgus2_cr":
        frame = frame.groupby("id").head(1).copy()
        # The reference rounds up to whole months (see its notes).
        frame["tstop"] = np.ceil(frame["tstop"])
    frame["from"] = frame.groupby("id")["ev"].shift().fillna("(s0)")
    frame["to"] = frame["ev"].where(frame["ev"] != "censor")
    reference = json.loads((SHARED / "reference" / "aalen_johansen.json").read_text("utf-8"))
    return frame, reference[name]


@needs_shared
@pytest.mark.parametrize("name", ["mgus2_cr", "mgus2_3state"])
def test_estimates_errors_limits_and_means_are_those_of_r_survival(name):
    """R survival 3.5-3 on 1,384 patients: equal to the digits R prints (15), so 1e-12 holds.

    At the one estimate of 0 (pcm at 360, after censoring) R gives no limits, and nor do we.
    """
    frame, reference = _mgus2(name)
    result = aalen_johansen(frame, states=reference["states"], times=reference["time"])
    assert _wide(result, "estimate") == pytest.approx(np.array(reference["pstate"]), abs=1e-12)
    assert _wide(result, "std_error") == pytest.approx(np.array(reference["std.err"]), abs=1e-12)
    for ours, theirs in (("ci_low", "lower"), ("ci_high", "upper")):
        assert _wide(result, ours) == pytest.approx(
            np.array(reference[theirs], dtype=float), abs=1e-12, nan_ok=True
        )
    assert (_wide(result, "n_at_risk") == np.array(reference["n.risk"])).all()
    mean = result.restricted_mean(reference["tau"])
    assert mean["estimate"].to_numpy() == pytest.approx(
        [row[2] for row in reference["rmean"]["values"]], abs=1e-9
    )


@pytest.mark.parametrize("is_whole", [True, False], ids=["ties", "no ties"])
@pytest.mark.parametrize("start_distribution", ["fixed", "estimated"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_errors_are_derivatives_to_the_weights(seed, start_distribution, is_whole):
    """On cyclic, left-truncated, weighted, clustered histories with gaps, errors are exact.

    The oracle differentiates a dense product of matrices by complex steps.
    """
    stays = odd_histories(seed, 40, is_whole=is_whole)
    weights = np.random.default_rng(seed).uniform(0.2, 3, len(stays))
    clusters = (stays["id"] % 13).to_numpy()
    times = [-1.0, 0.5, 3.0, 4.0, 7.5, 12.0, 100.0]
    result = aalen_johansen(
        stays,
        states=STATES_ODD,
        cluster=clusters,
        weights=weights,
        start_distribution=start_distribution,
        times=times,
    )
    for number, time in enumerate(times):
        value, error, _ = dense_estimate(
            stays,
            STATES_ODD,
            time,
            clusters=clusters,
            weights=weights,
            start_distribution=start_distribution,
        )
        assert _wide(result, "estimate")[number] == pytest.approx(value, abs=ROUNDING)
        assert result.std_error[number] == pytest.approx(error, abs=ROUNDING)


def test_more_clusters_than_a_block_and_early_finishers_change_nothing(monkeypatch):
    """Blocks of three clusters, retired one by one, give the errors of one large block."""
    stays = odd_histories(5, 80)
    whole = aalen_johansen(stays, start_distribution="estimated")
    monkeypatch.setattr("hinge_outcomes.analysis.progression.influence._BLOCK", 3)
    pieces = aalen_johansen(stays, start_distribution="estimated")
    assert pieces.std_error == pytest.approx(whole.std_error, abs=ROUNDING)


HISTORIES = st.builds(
    odd_histories,
    seed=st.integers(0, 10_000),
    n=st.integers(1, 25),
    n_states=st.integers(2, 5),
    is_whole=st.booleans(),
)


@settings(max_examples=40, deadline=None)
@given(stays=HISTORIES)
def test_occupancies_sum_to_one_and_their_errors_to_nothing_new(stays):
    """Everybody is somewhere: shares add to one at every time, and none is outside [0, 1]."""
    estimate = _wide(aalen_johansen(stays), "estimate")
    assert estimate.sum(axis=1) == pytest.approx(1, abs=ROUNDING)
    assert (estimate >= 0).all()
    assert (estimate <= 1).all()


@settings(max_examples=25, deadline=None)
@given(stays=HISTORIES, seed=st.integers(0, 99))
def test_row_order_never_matters(stays, seed):
    """Shuffled rows give the same table, up to rounding."""
    states = sorted({*stays["from"], *stays["to"].dropna()})
    shuffled = stays.sample(frac=1, random_state=seed)
    one, other = (aalen_johansen(frame, states=states).table() for frame in (stays, shuffled))
    pd.testing.assert_frame_equal(one, other, rtol=0, atol=ROUNDING)


@settings(max_examples=25, deadline=None)
@given(stays=HISTORIES)
def test_weeks_instead_of_days_scale_times_and_means_only(stays):
    """Dividing all times by 7 moves the times and the means, and no probability or error."""
    weeks = stays.assign(tstart=stays["tstart"] / 7, tstop=stays["tstop"] / 7)
    by_day, by_week = aalen_johansen(stays), aalen_johansen(weeks)
    assert by_week.times * 7 == pytest.approx(by_day.times, rel=1e-12)
    for column in ("estimate", "std_error", "ci_low", "ci_high", "n_at_risk", "n_events"):
        assert _wide(by_week, column) == pytest.approx(_wide(by_day, column), abs=1e-9, nan_ok=True)
    upto = float(stays["tstop"].max())
    for column in ("estimate", "std_error"):
        mean = by_week.restricted_mean(upto / 7)[column].to_numpy()
        assert mean * 7 == pytest.approx(by_day.restricted_mean(upto)[column].to_numpy(), abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(stays=HISTORIES)
def test_the_occupancy_of_an_absorbing_state_never_falls(stays):
    """Nobody leaves the last state, so its share only grows."""
    result = aalen_johansen(stays)
    absorbing = [state not in set(stays["from"]) for state in result.states]
    assert (np.diff(result.curve.steps[:, absorbing], axis=0) >= -ROUNDING).all()


@settings(max_examples=40, deadline=None)
@given(
    histories=st.lists(
        st.lists(st.tuples(st.integers(1, 9), st.integers(0, 3)), min_size=1, max_size=5),
        min_size=1,
        max_size=15,
    )
)
def test_without_censoring_it_is_the_plain_proportion(histories):
    """When all are seen from 0 until they end, shares are counts over n with binomial errors."""
    rows, paths = [], []
    for number, moves in enumerate(histories):
        time, state, path = 0, "s0", []
        for length, target in moves:
            goal = f"s{target}" if f"s{target}" != state else "end"
            rows.append((number, time, time + length, state, goal))
            path.append((time, state))
            time, state = time + length, goal
            if state == "end":
                break
        else:
            rows.append((number, time, time + 1, state, "end"))
            path.append((time, state))
            time, state = time + 1, "end"
        paths.append([*path, (time, state)])
    stays = _stays(rows)
    result = aalen_johansen(stays, start_distribution="estimated")
    for number, time in enumerate(result.times):
        held = [[state for since, state in path if since <= time][-1] for path in paths]
        share = np.array([np.mean([state == own for own in held]) for state in result.states])
        assert _wide(result, "estimate")[number] == pytest.approx(share, abs=1e-10)
        error = np.sqrt(share * (1 - share) / len(paths))
        assert _wide(result, "std_error")[number] == pytest.approx(error, abs=1e-10)


def test_nobody_moving_leaves_everybody_where_they_started():
    """Without any event the starting shares stay, at the first time anyone leaves sight."""
    stays = _stays([(1, 0, 5, "s1", None), (2, 0, 8, "s2", None)])
    result = aalen_johansen(stays, start_distribution="estimated")
    assert _wide(result, "estimate").tolist() == [[0.5, 0.5]]
    assert result.times.tolist() == [5.0]
    assert _wide(result, "std_error") == pytest.approx(np.sqrt(0.25 / 2), abs=ROUNDING)


def test_stays_that_end_before_the_first_event_count_for_nothing():
    """Whoever is censored before the first event is not in the starting set."""
    extra = pd.concat([KA3, _stays([(7, 0, 9, "elsewhere", None)])])
    states = ["in", "m", "lost", "elsewhere"]
    with_it, without = (aalen_johansen(f, states=states, times=[10, 30]) for f in (extra, KA3))
    assert _wide(with_it, "estimate") == pytest.approx(_wide(without, "estimate"), abs=ROUNDING)


def test_rows_that_split_a_stay_change_nothing():
    """Cutting a stay in two, the first half censored, is not a censoring."""
    split = pd.concat(
        [
            KA3[KA3["id"] != 6],
            _stays([(6, 0, 23, "in", None), (6, 23, 50, "in", "m")]),
        ]
    )
    assert _wide(aalen_johansen(split), "std_error") == pytest.approx(
        _wide(aalen_johansen(KA3), "std_error"), abs=ROUNDING
    )


def test_the_default_grid_has_at_most_200_event_times_with_both_ends():
    """Three hundred event times are thinned to 200, from the first to the last."""
    stays = _stays([(number, 0, number + 1, "in", "m") for number in range(300)])
    times = aalen_johansen(stays).times
    assert len(times) == 200
    assert (times[0], times[-1]) == (1, 300)


def test_events_are_counted_since_the_previous_row():
    """Printed at 25 and 60, the masteries at 10, 30 and 50 are 1 and 2, and heads are counted."""
    result = aalen_johansen(KA3.assign(w=0.5), weights="w", times=[60, 25])
    assert _at(result, 25, "n_events", ["m", "lost"]).tolist() == [1, 1]
    assert _at(result, 60, "n_events", ["m", "lost"]).tolist() == [2, 0]
    assert _at(result, 25, "n_at_risk", ["in", "m"]).tolist() == [3, 0]


def test_options_that_do_not_exist_are_refused_with_those_that_do():
    """A mistyped option is an error that lists the allowed values."""
    with pytest.raises(AnalysisError, match="fixed, estimated"):
        aalen_johansen(KA1, start_distribution="random")
    with pytest.raises(AnalysisError, match="plain, log, cloglog, logit"):
        aalen_johansen(KA1, conf_type="log-log")
    with pytest.raises(AnalysisError, match="strictly between 0 and 1"):
        aalen_johansen(KA1, conf_level=95)
    with pytest.raises(DataError, match="times holds 1 missing"):
        aalen_johansen(KA1, times=[5, None])
    with pytest.raises(DataError, match="at least one"):
        aalen_johansen(KA1, times=[])


EPISODES = pd.DataFrame(
    {
        "episode_id": ["E1", "E1", "E2", "E3"],
        "patient_id": ["P1", "P1", "P2", "P1"],
        "start_day": pd.array([0, 14, 0, 0], dtype="Int16"),
        "stop_day": [14, 35, 21, 0.5],
        "from_state": ["stage_1", "stage_2", "stage_1", "stage_3"],
        "to_state": ["stage_2", "mastered", None, "lost"],
    }
)


def test_episodes_are_told_apart_but_clustered_by_patient():
    """Episodes are the histories, patients the clusters, and the ladder gives the order."""
    occupancy = estimate_occupancy(EPISODES)
    assert occupancy.states == STATES
    assert occupancy.stays.n_subjects == 3
    assert sorted(occupancy.clusters) == ["P1", "P2"]
    assert occupancy.start_distribution == "estimated"
    assert "3 episodes of 2 patients" in occupancy.summary()
    value, error, _ = dense_estimate(
        EPISODES.set_axis(["id", "who", "tstart", "tstop", "from", "to"], axis=1),
        list(STATES),
        14.0,
        clusters=EPISODES["patient_id"].to_numpy(),
        start_distribution="estimated",
    )
    assert _at(occupancy, 14.0, "estimate", STATES) == pytest.approx(value, abs=ROUNDING)
    assert _at(occupancy, 14.0, "std_error", STATES) == pytest.approx(error, abs=ROUNDING)


def test_another_cluster_can_be_named_for_episodes():
    """Clustering by episode treats returning patients as new ones, and says so."""
    occupancy = estimate_occupancy(EPISODES, cluster="episode_id")
    assert len(occupancy.clusters) == 3
    assert "independent clusters" in occupancy.summary()
