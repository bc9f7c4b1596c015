"""The words of a ladder fit: one paragraph, and the model to try next."""

import pandas as pd

from hinge_outcomes.analysis.progression.ladder_words import describe_ladder, next_simpler

RATES = pd.DataFrame(
    {
        "kind": ["forward", "forward", "relapse", "relapse"],
        "estimate": [0.04, 0.04, 0.01, 0.02],
        "ci_low": [0.02, 0.02, 0.005, 0.01],
        "ci_high": [0.05, 0.05, 0.02, 0.03],
    }
)


def test_rates_are_told_as_one_in_so_many_days() -> None:
    """A shared rate with its interval, rates by stage as a span, the share with its interval."""
    shares = pd.Series({"day": 180, "estimate": 0.4, "ci_low": 0.35, "ci_high": 0.45})
    told = describe_ladder(RATES, shares, (1200, 1100), "hidden", 0.95)
    assert "1,200 episodes of 1,100 patients" in told
    assert "learning it: one in 25 days (20 to 50)" in told
    assert "losing what was automatic: one in 50 to 100 days, by stage" in told
    assert "40.0% (95% CI 35.0% to 45.0%) of these patients" in told
    assert "by day 180" in told


def test_the_next_simpler_model_has_fewer_rates_then_no_covariates_then_one_state_a_stage() -> None:
    """Free is followed by smooth; tied rates by no covariates; the simple form by patience."""
    told = [
        next_simpler((), (), shapes, has_terms=has_terms, is_hidden=is_hidden)
        for shapes, has_terms, is_hidden in (
            (["free", "tied", "none"], True, True),
            (["tied", "none"], True, True),
            (["tied"], False, True),
            (["tied"], False, False),
        )
    ]
    assert told == [
        "Next simpler: structure='smooth'.",
        "Next simpler: no covariates.",
        'Next simpler: form="simple".',
        "Select more patients.",
    ]


def test_errors_of_rating_that_run_off_are_to_be_left_out_first() -> None:
    """A chance of misrating at its limit: take ratings as true."""
    told = next_simpler(
        ["rated wrongly"], ["rated wrongly"], ["free"], has_terms=False, is_hidden=True
    )
    assert told == 'Next simpler: misrating="none".'
