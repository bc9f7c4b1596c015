"""Let a reviewer refit a result in R: the rows, a script, our numbers beside R's."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hinge_outcomes.analysis.pain.course import PainCourse
from hinge_outcomes.analysis.pain.mixed_result import MixedModelFit
from hinge_outcomes.analysis.pain.mmrm_result import MMRMFit
from hinge_outcomes.analysis.pain.r_mixed_model import course_check, mixed_model_check
from hinge_outcomes.analysis.pain.r_mmrm import mmrm_check
from hinge_outcomes.analysis.progression.cox_result import CoxFit
from hinge_outcomes.analysis.progression.hazards_result import HazardsFit
from hinge_outcomes.analysis.progression.ladder_result import LadderFit
from hinge_outcomes.analysis.progression.mastery_result import MasteryEstimate
from hinge_outcomes.analysis.progression.occupancy_result import Occupancy
from hinge_outcomes.analysis.progression.panel_result import PanelMarkovFit
from hinge_outcomes.analysis.progression.r_cox import cox_check, hazards_check
from hinge_outcomes.analysis.progression.r_occupancy import mastery_check, occupancy_check
from hinge_outcomes.analysis.progression.r_panel import ladder_check, panel_check
from hinge_outcomes.analysis.r_script import SCRIPT, RCheck
from hinge_outcomes.analysis.results import Result
from hinge_outcomes.cohort.atomic_files import write_all_whole
from hinge_outcomes.cohort.private_files import make_private_folder
from hinge_outcomes.exceptions import AnalysisError

_CHECKS: dict[type[Result], Callable[[Any], RCheck]] = {
    Occupancy: occupancy_check,
    MasteryEstimate: mastery_check,
    CoxFit: cox_check,
    HazardsFit: hazards_check,
    PanelMarkovFit: panel_check,
    LadderFit: ladder_check,
    MixedModelFit: mixed_model_check,
    PainCourse: course_check,
    MMRMFit: mmrm_check,
}

SUPPORTED = (
    "aalen_johansen", "estimate_occupancy", "estimate_mastery", "fit_cox", "fit_hazards",
    "fit_panel_markov", "fit_ladder(form='simple')", "fit_mixed_model", "fit_pain", "fit_mmrm",
)  # fmt: skip
"""What makes the results that can be checked."""


def write_r_check(result: Result, folder: str | os.PathLike[str]) -> Path:
    """Write the rows behind a result and an R script that fits them again.

    The script refits the model in R's survival, msm, lme4 or nlme and prints R's numbers beside
    ours, with the differences. It needs R and that package; nothing here does.

    The files hold one row per stay, visit or score of single patients. Patients, clinicians and
    clinics are running numbers, but times, stages and covariates are as recorded: treat the folder
    as patient data. Only its owner may read the files.

    Parameters
    ----------
    result : Result
        What aalen_johansen, estimate_occupancy, estimate_mastery, fit_cox, fit_hazards,
        fit_panel_markov, fit_ladder(form="simple"), fit_mixed_model, fit_pain or fit_mmrm gave.
    folder : path
        Where to write; made if it is not there. Files of an earlier check are replaced.

    Returns
    -------
    Path
        The script. Run it in its folder: ``Rscript check.R``.

    Raises
    ------
    AnalysisError
        If R has no counterpart to this result, or the fit did not converge.
    DataError
        If the disk is full.

    Notes
    -----
    Covariates are written as the columns that the model used (dummies, splines), under the names
    x1, x2 and so on, so that R fits exactly this model whatever formula made them. R keeps what
    each subject contributes to an occupancy at every time: where that would take more than 2 GB,
    its errors are left out. A ladder takes msm minutes, and with covariates up to hours.

    Examples
    --------
    >>> import tempfile
    >>> import pandas as pd
    >>> from hinge_outcomes.analysis.progression.occupancy import aalen_johansen
    >>> stays = pd.DataFrame({"id": ["Ann", "Bob"], "tstart": 0, "tstop": [3, 5],
    ...                       "from": "ill", "to": ["well", None]})
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     script = write_r_check(aalen_johansen(stays), folder)
    ...     print(script.name, sorted(path.name for path in script.parent.iterdir()))
    ...     print(script.with_name("stays.csv").read_text(encoding="utf-8"))
    check.R ['check.R', 'ours.csv', 'starts.csv', 'stays.csv']
    group,id,cluster,start,stop,from,to,weight
    1,1,1,0.0,3.0,1,2,1.0
    1,2,2,0.0,5.0,1,0,1.0
    <BLANKLINE>
    """
    make = next((check for kind, check in _CHECKS.items() if isinstance(result, kind)), None)
    if make is None:
        raise AnalysisError(
            f"There is no R check of a {type(result).__name__}. There is one of the results of: "
            f"{', '.join(SUPPORTED)}."
        )
    files = make(result).files()
    target = make_private_folder(Path(folder))
    write_all_whole({target / name: text for name, text in files.items()}, is_private=True)
    return target / SCRIPT
