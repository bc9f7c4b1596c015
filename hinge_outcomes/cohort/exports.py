"""A cohort given to other programs: Parquet, CSV, Excel, and CDISC ADaM as Parquet or XPT."""

import datetime as dt
import io
import json
import os
from pathlib import Path
from typing import Any

import pandas as pd

from hinge_outcomes.cohort.atomic_files import whole_folder
from hinge_outcomes.cohort.cdisc import AdamData, derive_adam
from hinge_outcomes.cohort.formulas import neutralise_cohort
from hinge_outcomes.cohort.frames import Cohort
from hinge_outcomes.cohort.storage import csv_text, write_cohort
from hinge_outcomes.cohort.workbook import write_workbook
from hinge_outcomes.cohort.xport import write_xport
from hinge_outcomes.domain.rules import LossRule, MasteryCriterion
from hinge_outcomes.exceptions import DataError

EXPORT_FORMATS = ("parquet", "csv", "xlsx", "adam", "xpt")

EXPORT_FILE = "export.json"
"""Says what a folder made by an export holds; a folder that has one is complete."""

_CRITERION = MasteryCriterion()
_LOSS = LossRule()


def write_export(
    cohort: Cohort,
    folder: str | os.PathLike[str],
    *,
    format: str,
    study_id: str = "HINGE",
    criterion: MasteryCriterion = _CRITERION,
    loss: LossRule = _LOSS,
) -> Path:
    """Write a cohort for another program, in a folder that appears whole or not at all.

    "parquet" and "csv" are cohort folders, which ``read_cohort`` reads again, with a
    ``datapackage.json`` and a data dictionary. "xlsx" is one workbook. "adam" is ADSL, ADQS and
    ADTTE as Parquet, with the variables' labels, and "xpt" the same as SAS transport files of
    version 5; both have ``variables.csv``. What a spreadsheet may open (CSV and workbook) has an
    apostrophe before texts that would be run as formulas. Records that came in through ``ingest``
    have no such ids, so their CSV is exact; Parquet always is.

    Parameters
    ----------
    cohort : Cohort
        The records.
    folder : path
        The folder; an older export there is replaced, anything else is refused.
    format : {"parquet", "csv", "xlsx", "adam", "xpt"}
        What to write.
    study_id : str, default "HINGE"
        For "adam" and "xpt": STUDYID.
    criterion : MasteryCriterion, default MasteryCriterion()
        For "adam" and "xpt": what documents mastery.
    loss : LossRule, default LossRule()
        For "adam" and "xpt": when a silent patient counts as lost.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DataError
        If the format is unknown, the folder holds something else, the disk is full, or the format
        cannot hold the records; the message names a format that can.
    NotIdentifiableError
        For "adam" and "xpt", if times to events cannot be told.

    Examples
    --------
    >>> import tempfile
    >>> import hinge_outcomes as ho
    >>> cohort = ho.simulate(ho.Scenario.default(), n_episodes=20, seed=7)
    >>> with tempfile.TemporaryDirectory() as place:
    ...     path = ho.write_export(cohort, f"{place}/for-sas", format="xpt")
    ...     sorted(file.name for file in path.iterdir())
    ['adqs.xpt', 'adsl.xpt', 'adtte.xpt', 'export.json', 'variables.csv']
    """
    if format not in EXPORT_FORMATS:
        raise DataError(
            f"{format!r} is no format for an export. Allowed: {', '.join(EXPORT_FORMATS)}."
        )
    target = Path(folder)
    _check_replaceable(target, is_cohort=format in ("parquet", "csv"))
    if format == "parquet":
        return write_cohort(cohort, target)
    if format == "csv":
        return write_cohort(neutralise_cohort(cohort), target, format="csv")
    contents: dict[str, bytes] = {}
    if format == "xlsx":
        contents["cohort.xlsx"] = write_workbook(cohort)
    else:
        adam = derive_adam(cohort, study_id=study_id, criterion=criterion, loss=loss)
        contents |= _adam_files(adam, format, made=cohort.cut_of())
        contents["variables.csv"] = _csv(adam.variables())
    contents[EXPORT_FILE] = _json(_facts(cohort, format, sorted(contents)))
    with whole_folder(target) as temporary:
        for name, content in contents.items():
            (temporary / name).write_bytes(content)
    return target


def _check_replaceable(target: Path, *, is_cohort: bool) -> None:
    """Refuse to replace what no export made; `write_cohort` knows cohort folders by itself."""
    if (target / EXPORT_FILE).is_file():
        if is_cohort:
            raise DataError(
                f"{target.name} holds an export in another format, so it is not replaced. Name "
                "another folder."
            )
        return
    if is_cohort or not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    raise DataError(
        f"{target.name} exists and is no export, so it is not replaced. Name another folder."
    )


def _adam_files(adam: AdamData, format: str, *, made: dt.date) -> dict[str, bytes]:
    files = {}
    for name, frame in adam.datasets.items():
        if format == "xpt":
            files[f"{name.lower()}.xpt"] = write_xport(
                frame,
                name,
                label=adam.titles[name],
                labels={column: adam.labels[column] for column in frame},
                created=dt.datetime.combine(made, dt.time()),
            )
        else:
            files[f"{name.lower()}.parquet"] = _labelled_parquet(frame, adam.titles[name], adam)
    return files


def _labelled_parquet(frame: pd.DataFrame, title: str, adam: AdamData) -> bytes:
    """Write Parquet in which every column carries its label, and days have no time of day."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    fields = [
        pa.field(
            field.name,
            pa.date32() if pa.types.is_timestamp(field.type) else field.type,
            metadata={"label": adam.labels[field.name]},
        )
        for field in table.schema
    ]
    metadata = {**(table.schema.metadata or {}), b"label": title.encode()}
    sink = io.BytesIO()
    pq.write_table(table.cast(pa.schema(fields, metadata)), sink, compression="zstd")
    return sink.getvalue()


def _facts(cohort: Cohort, format: str, files: list[str]) -> dict[str, Any]:
    return {
        "format": format,
        "files": files,
        "is_synthetic": cohort.is_synthetic,
        "is_deidentified": cohort.is_deidentified,
        "complete_to": cohort.cut_of().isoformat(),
        "n_patients": cohort.n_patients,
        "n_episodes": cohort.n_episodes,
    }


def _csv(frame: pd.DataFrame) -> bytes:
    return csv_text(frame).encode("utf-8")


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


__all__ = ["EXPORT_FILE", "EXPORT_FORMATS", "write_export"]
