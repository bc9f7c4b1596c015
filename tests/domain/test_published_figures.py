"""Published figures: each says whom it describes, where it is from, and which values agree."""

from hinge_outcomes.domain.published_figures import PUBLISHED_FIGURES


def test_every_figure_has_a_band_a_population_and_a_source() -> None:
    """A figure without one of them could not be held against anything."""
    for figure in PUBLISHED_FIGURES:
        assert figure.low < figure.high, figure.name
        assert figure.population, figure.name
        assert figure.source, figure.name
        assert figure.mark in "SDA", figure.name


def test_held_figures_are_named_once_and_first() -> None:
    """Two bands for one statistic would leave open which one the default is held to."""
    held = [figure.name for figure in PUBLISHED_FIGURES if figure.is_held]
    assert len(held) == len(set(held))
    assert [figure.is_held for figure in PUBLISHED_FIGURES] == sorted(
        (figure.is_held for figure in PUBLISHED_FIGURES), reverse=True
    )


def test_contradictions_are_said() -> None:
    """Responders of physiotherapy, of usual care, and the published course cannot all be met."""
    noted = {figure.name for figure in PUBLISHED_FIGURES if figure.note}
    assert {"odi_responders", "nprs_responders_6", "pain_acute_6"} <= noted
