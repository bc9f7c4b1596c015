"""Privacy at the door: ids become pseudonyms before anything is stored."""

from dataclasses import replace

from hinge_outcomes.cohort.pseudonyms import pseudonymise
from hinge_outcomes.cohort.secret_key import Key
from hinge_outcomes.ingestion.extraction import Filled

_DOMAINS = {"patient_id": "patient", "episode_id": "episode", "clinician_id": "clinician"}


def with_pseudonyms(part: Filled, key: Key) -> Filled:
    """Replace the ids of a section by pseudonyms.

    Parameters
    ----------
    part : Filled
        Rows of a section.
    key : Key
        The secret.

    Returns
    -------
    Filled
        The same rows; each distinct id is computed once.
    """
    by_patient = any(rule.kind == "episode_of" for rule in part.block.rules)
    changed = {}
    for name, domain in _DOMAINS.items():
        if name not in part.frame:
            continue
        owner = "patient" if by_patient and name == "episode_id" else domain
        column = part.frame[name].cat.remove_unused_categories()
        words = pseudonymise(column.cat.categories.to_numpy(dtype="object"), key, owner)
        changed[name] = column.cat.rename_categories(list(words))
    return replace(part, frame=part.frame.assign(**changed)) if changed else part


__all__ = ["with_pseudonyms"]
