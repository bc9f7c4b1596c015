"""The true states behind what was seen: the likeliest course, and the chance of each state."""

import pandas as pd

from hinge_outcomes.analysis.progression.hidden_likelihood import (
    HiddenLikelihood,
    hidden_objective,
)
from hinge_outcomes.analysis.progression.panel_model import PanelModel


def likely_courses(model: PanelModel) -> pd.DataFrame:
    """Give each subject's likeliest course; see `PanelMarkovFit.most_likely_states`.

    Parameters
    ----------
    model : PanelModel
        The fitted model.

    Returns
    -------
    DataFrame
        A row per observation, subjects together and in order of time.

    Raises
    ------
    AnalysisError
        If every row is the time of a move, so that nothing is uncertain.

    Notes
    -----
    The likeliest course is that of Viterbi: the most probable as a whole. At a single row it need
    not be the most probable state, and chances need not make up a possible course.
    """
    fit, panel = model.fit, model.panel
    likelihood = fit.objective
    if not isinstance(likelihood, HiddenLikelihood):
        likelihood = hidden_objective(panel, fit.structure)
    recursion = likelihood.recursion(fit.optimum.theta)
    course, chances = recursion.likeliest_states(), recursion.state_chances()
    kept = ~model.is_added
    found = pd.DataFrame(
        {
            "row": model.row[kept],
            "time": panel.time[kept],
            "observed": [model.graph.codes[code] for code in panel.code[kept]],
            "most_likely": [panel.states[state] for state in course[kept]],
        }
    )
    for number, label in enumerate(panel.states):
        found[f"chance_{label}"] = chances[kept, number]
    return found
