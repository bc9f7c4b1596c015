"""CDISC ADaM data sets made from a cohort: subjects, questionnaire scores, times to events.

References
----------
.. [1] CDISC. Analysis Data Model Implementation Guide, version 1.3, 2021.
.. [2] CDISC. The ADaM Basic Data Structure for Time-to-Event Analyses, version 1.0, 2012.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from hinge_outcomes.cohort.day0 import derive_day0
from hinge_outcomes.cohort.events import episode_ends
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.windows import match_windows
from hinge_outcomes.domain.follow_up import WINDOWS
from hinge_outcomes.domain.instruments import INSTRUMENTS
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.domain.states import DISCHARGED, LOST, MASTERED, REFERRED
from hinge_outcomes.exceptions import NotIdentifiableError

TREATMENT = "HIP HINGE PROGRESSION"

PARAMETER_CODES = {
    code: code.upper().replace("_", "") for code in INSTRUMENTS if code != "start_back"
} | {"start_back": "STARTBCK"}
"""PARAMCD of each instrument: at most 8 characters."""

CENSORED = {DISCHARGED: 2, REFERRED: 3, LOST: 4}
"""CNSR by the end that came first; 0 is an event, 1 is follow-up that goes on."""

_EVENTS = {
    "MASTERY": "DOCUMENTED MASTERY OF OWN TARGET STAGE",
    "LOST": "LOST TO CARE",
    "ENDCARE": "END OF CARE",
}
_PARAMETERS = {
    "MASTERY": "Time to First Documented Mastery of Own Target Stage (days)",
    "LOST": "Time to Loss from Care (days)",
    "ENDCARE": "Time to End of Care for Any Reason (days)",
}
_CENSORING = {
    1: "LAST DAY TO WHICH AN EVENT WOULD BE KNOWN",
    2: "PLANNED DISCHARGE",
    3: "REFERRAL",
    4: "LOSS FROM CARE",
}
_SEXES = {"female": "F", "male": "M"}
_LABELS = {
    "STUDYID": "Study Identifier",
    "USUBJID": "Unique Subject Identifier",
    "SUBJID": "Subject Identifier for the Study",
    "SITEID": "Study Site Identifier",
    "EPISODE": "Episode of Care Identifier",
    "APERIOD": "Period (Episode of the Subject)",
    "AGE": "Age",
    "AGEU": "Age Units",
    "SEX": "Sex",
    "ARM": "Description of Planned Arm",
    "TRT01P": "Planned Treatment for Period 01",
    "TRTSDT": "Date of First Exposure to Treatment",
    "TRTSYR": "Year of First Exposure to Treatment",
    "NEPISODE": "Number of Episodes of Care",
    "ENTRYSTG": "Stage Entered At",
    "TARGSTG": "Target Stage",
    "SYMDUR": "Duration of Symptoms",
    "SBRISK": "STarT Back Risk Class",
    "PARAMCD": "Parameter Code",
    "PARAM": "Parameter",
    "AVAL": "Analysis Value",
    "AVISIT": "Analysis Visit",
    "AVISITN": "Analysis Visit (N)",
    "ADT": "Analysis Date",
    "ADY": "Analysis Relative Day",
    "ABLFL": "Baseline Record Flag",
    "ANL01FL": "Analysis Flag 01",
    "BASE": "Baseline Value",
    "CHG": "Change from Baseline",
    "STARTDT": "Time-to-Event Origin Date for Subject",
    "CNSR": "Censor",
    "EVNTDESC": "Event or Censoring Description",
    "CNSDTDSC": "Censor Date Description",
}
_TITLES = {
    "ADSL": "Subject-Level Analysis",
    "ADQS": "Questionnaire Analysis",
    "ADTTE": "Time-to-Event Analysis",
}
_CRITERION = MasteryCriterion()
_LOSS = LossRule()


@dataclass(frozen=True, slots=True, repr=False)
class AdamData:
    """Hold the ADaM data sets of a cohort with their descriptions.

    Parameters
    ----------
    datasets : mapping of str to DataFrame
        ADSL (one row per subject), ADQS (one per score) and ADTTE (one per episode and event).
    titles : mapping of str to str
        What each data set is called; at most 40 characters.
    labels : mapping of str to str
        What each variable is called; at most 40 characters.
    """

    datasets: Mapping[str, pd.DataFrame]
    titles: Mapping[str, str]
    labels: Mapping[str, str]

    def variables(self) -> pd.DataFrame:
        """Describe every variable.

        Returns
        -------
        DataFrame
            Columns dataset, variable, label, type ("text", "integer", "float" or "date").
        """
        return pd.DataFrame(
            [
                (name, column, self.labels[column], _type_word(frame[column]))
                for name, frame in self.datasets.items()
                for column in frame
            ],
            columns=["dataset", "variable", "label", "type"],
        )


def derive_adam(
    cohort: Cohort,
    *,
    study_id: str = "HINGE",
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
) -> AdamData:
    """Make the CDISC ADaM data sets ADSL, ADQS and ADTTE from a cohort.

    A subject is a patient. Patients return: each episode is a period of theirs, numbered APERIOD by
    its start, and what ADSL says of a subject is so on day 0 of the first one. ADY knows no day 0:
    day d of the cohort is ADY d + 1, or d before the start. In ADQS the score nearest to a planned
    day, within its window, carries AVISIT and ANL01FL; BASE is the baseline score, and CHG is given
    for later scores. In ADTTE AVAL counts days from STARTDT to ADT,
    0 for the day of the start. CNSR is 0 where the event
    happened; where it did not, CNSR says what came first: 1 follow-up that goes on, 2 planned
    discharge, 3 referral, 4 loss. These compete with mastery: whoever treats all of them as plain
    censoring gets 1 - Kaplan-Meier, which is too large. In LOST and ENDCARE mastery ends nothing.

    Parameters
    ----------
    cohort : Cohort
        The records. In a deidentified one, whose dates are years, dates are left out (ADSL tells
        TRTSYR).
    study_id : str, default "HINGE"
        STUDYID, and the beginning of USUBJID.
    criterion : MasteryCriterion, default MasteryCriterion()
        What documents mastery.
    loss : LossRule, default LossRule()
        When a silent patient counts as lost.

    Returns
    -------
    AdamData
        ``.datasets``, ``.titles``, ``.labels``, ``.variables()``.

    Raises
    ------
    NotIdentifiableError
        If last_observed_day was removed, so that times to events cannot be told.

    Examples
    --------
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=50, seed=7)
    >>> adam = derive_adam(cohort)
    >>> adam.datasets["ADTTE"]["PARAMCD"].unique().tolist()
    ['ENDCARE', 'LOST', 'MASTERY']
    """
    episodes = _episodes(cohort, study_id)
    ends = episode_ends(cohort, criterion=criterion, loss=loss)
    n_unknown = int(ends["care_end_day"].isna().sum())
    if n_unknown:
        raise NotIdentifiableError(
            f"episodes.last_observed_day is missing in {n_unknown:,} of {len(ends):,} episodes, as "
            "deidentification leaves it where care goes on, so ADTTE cannot say how long they were "
            "followed. Export the clinic's own records, or those whose end was seen."
        )
    datasets = {
        "ADSL": _subjects(episodes),
        "ADQS": _scores(cohort, episodes),
        "ADTTE": _times(episodes, ends),
    }
    if cohort.is_deidentified:
        dates = ["TRTSDT", "ADT", "STARTDT"]
        datasets = {
            name: frame.drop(columns=dates, errors="ignore") for name, frame in datasets.items()
        }
    return AdamData(datasets=datasets, titles=_TITLES, labels=_LABELS)


def _episodes(cohort: Cohort, study_id: str) -> pd.DataFrame:
    """List the episodes by patient and start, with what identifies them in every data set."""
    known = derive_day0(cohort).assign(start=cohort.episodes["start_date"])
    known = known.sort_values(["patient_id", "start", "episode_id"], ignore_index=True)
    by_patient = known.groupby("patient_id", sort=False)
    return known.assign(
        STUDYID=study_id,
        USUBJID=study_id + "-" + known["patient_id"],
        SUBJID=known["patient_id"],
        SITEID=known["clinic_id"],
        EPISODE=known["episode_id"],
        APERIOD=(by_patient.cumcount() + 1).astype("Int16"),
        NEPISODE=by_patient["episode_id"].transform("size").astype("Int16"),
    )


def _subjects(episodes: pd.DataFrame) -> pd.DataFrame:
    first = episodes.drop_duplicates("patient_id").reset_index(drop=True)
    sex = first["sex"].astype("object").map(_SEXES).fillna("U")
    return pd.DataFrame(
        {
            "STUDYID": first["STUDYID"],
            "USUBJID": first["USUBJID"],
            "SUBJID": first["SUBJID"],
            "SITEID": first["SITEID"],
            "AGE": first["age"],
            "AGEU": pd.Series("YEARS", index=first.index).where(first["age"].notna()),
            "SEX": sex.astype("str"),
            "ARM": TREATMENT,
            "TRT01P": TREATMENT,
            "TRTSDT": first["start"],
            "TRTSYR": first["start"].dt.year.astype("Int16"),
            "NEPISODE": first["NEPISODE"],
            "ENTRYSTG": first["entry_stage"],
            "TARGSTG": first["target_stage"],
            "SYMDUR": _capitals(first["symptom_duration"]),
            "SBRISK": _capitals(first["start_back_risk"]),
        }
    )


def _scores(cohort: Cohort, episodes: pd.DataFrame) -> pd.DataFrame:
    key = ["episode_id", "instrument", "measured_day"]
    measured = cohort.outcomes[[*key, "score"]].astype({"instrument": "object"})
    planned = match_windows(measured, sorted(WINDOWS)).drop(columns="score")
    frame = measured.merge(planned, on=key, how="left", validate="one_to_one")
    baseline = frame.loc[frame["target_day"] == 0, [*key, "score"]].rename(
        columns={"score": "BASE", "measured_day": "baseline_day"}
    )
    frame = frame.merge(baseline, on=key[:2], how="left", validate="many_to_one")
    frame = frame.merge(
        episodes[["STUDYID", "USUBJID", "SITEID", "EPISODE", "APERIOD", "episode_id", "start"]],
        on="episode_id",
        validate="many_to_one",
    )
    day = frame["measured_day"].astype("int64")
    is_later = (frame["measured_day"] > frame["baseline_day"]).fillna(False)
    names = {target: window.name.upper() for target, window in WINDOWS.items()}
    titles = {code: instrument.name for code, instrument in INSTRUMENTS.items()}
    made = pd.DataFrame(
        {
            "STUDYID": frame["STUDYID"],
            "USUBJID": frame["USUBJID"],
            "SITEID": frame["SITEID"],
            "EPISODE": frame["EPISODE"],
            "APERIOD": frame["APERIOD"],
            "PARAMCD": frame["instrument"].map(PARAMETER_CODES).astype("str"),
            "PARAM": frame["instrument"].map(titles).astype("str"),
            "AVAL": frame["score"],
            "AVISIT": frame["target_day"].map(names).astype("str"),
            "AVISITN": frame["target_day"].astype("Int16"),
            "ADT": _dates(frame["start"], day),
            "ADY": _relative_days(day),
            "ABLFL": _flags(frame["target_day"] == 0),
            "ANL01FL": _flags(frame["target_day"].notna()),
            "BASE": frame["BASE"],
            "CHG": (frame["score"] - frame["BASE"]).where(is_later.astype(bool)),
        }
    )
    return made.sort_values(["USUBJID", "APERIOD", "PARAMCD", "ADY"], ignore_index=True)


def _times(episodes: pd.DataFrame, ends: pd.DataFrame) -> pd.DataFrame:
    frame = episodes.merge(ends, on="episode_id", validate="one_to_one")
    mastery = frame[frame["target_stage"].notna()]
    made = pd.concat(
        [
            _event_rows(mastery, "MASTERY", mastery["end_day"], mastery["end_state"], {MASTERED}),
            _event_rows(frame, "LOST", frame["care_end_day"], frame["care_end_state"], {LOST}),
            _event_rows(
                frame, "ENDCARE", frame["care_end_day"], frame["care_end_state"],
                {DISCHARGED, REFERRED, LOST},
            ),
        ],
        ignore_index=True,
    )  # fmt: skip
    return made.sort_values(["USUBJID", "APERIOD", "PARAMCD"], ignore_index=True)


def _event_rows(
    frame: pd.DataFrame, code: str, day: pd.Series, state: pd.Series, events: set[str]
) -> pd.DataFrame:
    """Write the rows of one parameter: CNSR is 0 for its events, never for anything else."""
    days = day.astype("int64")
    censored = state.map(CENSORED).fillna(1).astype("int64")
    cnsr = censored.mask(state.isin(events), 0)
    is_event = cnsr == 0
    why = cnsr.map(_CENSORING)
    return pd.DataFrame(
        {
            "STUDYID": frame["STUDYID"],
            "USUBJID": frame["USUBJID"],
            "SITEID": frame["SITEID"],
            "EPISODE": frame["EPISODE"],
            "APERIOD": frame["APERIOD"],
            "PARAMCD": code,
            "PARAM": _PARAMETERS[code],
            "AVAL": days.astype("float64"),
            "CNSR": cnsr.astype("Int16"),
            "STARTDT": frame["start"],
            "ADT": _dates(frame["start"], days),
            "EVNTDESC": why.where(~is_event, _EVENTS[code]).astype("str"),
            "CNSDTDSC": why.where(~is_event).astype("str"),
        }
    )


def _dates(start: pd.Series, days: pd.Series) -> pd.Series:
    return (start + pd.to_timedelta(days, unit="D")).astype("M8[s]")


def _relative_days(days: pd.Series) -> pd.Series:
    return days.where(days < 0, days + 1).astype("Int16")


def _flags(is_set: pd.Series) -> pd.Series:
    return pd.Series("Y", index=is_set.index, dtype="str").where(is_set.fillna(False).astype(bool))


def _capitals(codes: pd.Series) -> pd.Series:
    return codes.astype("object").str.upper().astype("str")


def _type_word(values: pd.Series) -> str:
    kinds = {"M": "date", "i": "integer", "f": "float"}
    return kinds.get(values.dtype.kind, "text")


__all__ = ["CENSORED", "PARAMETER_CODES", "AdamData", "derive_adam"]
