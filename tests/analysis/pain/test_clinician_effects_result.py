"""What risk-adjusted effects show."""

from tests.analysis.pain.test_clinician_effects import EFFECTS


def test_the_summary_counts_verdicts_and_both_shares() -> None:
    """Above the gate every clinician is in one of three classes."""
    text = EFFECTS.summary()
    shown = EFFECTS.clinicians().query("reason == ''")
    assert f"Of {len(shown)} clinicians above the gate" in text
    assert "by ANOVA" in text
    assert "by REML" in text
    assert EFFECTS.clinics()["clinic_id"].is_unique
