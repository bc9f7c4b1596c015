"""Read one kind of FHIR resource as a table of text: bundles and NDJSON, R4 and R5, as plain JSON.

A row's line is its line in NDJSON, and in a bundle or a list the number of its entry from 1. A line
that cannot be read counts to the kinds of resources that it names, and to every kind if it names
none. Whatever was entered in error or is not final is left out and counted.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from hinge_outcomes.exceptions import MappingError
from hinge_outcomes.ingestion.fhir_answers import Answers, list_items, read_answers, read_questions
from hinge_outcomes.ingestion.fhir_elements import (
    WrongShapeError,
    code_of,
    extension,
    id_of,
    part_of,
    parts_of,
    text_of,
)
from hinge_outcomes.ingestion.fhir_json import (
    LONGEST,
    NOT_A_RESOURCE,
    NOT_JSON,
    Entry,
    read_export,
    written,
)
from hinge_outcomes.ingestion.fhir_resources import (
    COLUMNS,
    CONDITION,
    ENTERED_IN_ERROR,
    FINAL,
    FLATTEN,
)
from hinge_outcomes.ingestion.raw_table import RawColumn, RawTable
from hinge_outcomes.ingestion.settings import suggest
from hinge_outcomes.ingestion.sources import Source

ITEM, EXTENSION = "item ", "extension "
ITEMS = "items"

_REFERENCES = (
    "id", "patient", "episode", "encounter", "organization", "careManager", "practitioner",
)  # fmt: skip
_TOO_LONG = "cell_too_long"


def read_fhir(
    path: str | os.PathLike[str], source: Source, columns: tuple[str, ...] = ()
) -> RawTable:
    """Read the resources of one kind from a FHIR export.

    Parameters
    ----------
    path : path
        NDJSON, a bundle, a list of resources or a single one, as JSON; other kinds of resources in
        it are passed over.
    source : Source
        Its ``resource`` says which kind is read, its ``encoding`` how the file is written.
    columns : tuple of str, default ()
        The columns that the mapping reads. Those of ``fhir_resources.COLUMNS`` are there always;
        ``extension <url>`` and ``item <linkId>`` only if they are asked for.

    Returns
    -------
    RawTable
        One row per resource (of an Observation one per component too); ``n_excluded`` counts those
        that were entered in error or are not final.

    Raises
    ------
    MappingError
        If the kind of resource is not known, or a column is none of its columns.
    DataError
        If the file cannot be opened, is empty, is no JSON, or holds no FHIR resource.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> file = Path(folder.name, "export.ndjson")
    >>> _ = file.write_text('{"resourceType": "Patient", "id": "7", "gender": "female"}', "utf-8")
    >>> table = read_fhir(file, Source(resource="Patient"))
    >>> table.name, table.columns["gender"].cells().tolist()
    ('export.ndjson [Patient]', ['female'])
    >>> folder.cleanup()
    """
    file = Path(path)
    kind = source.resource
    header = _header(kind, columns)
    export = read_export(file, source.encoding)
    found = _Found(kind, header[len(COLUMNS[kind]) :])
    for entry in export.entries():
        found.add(entry)
    return RawTable(
        name=f"{file.name} [{kind}]",
        header=header,
        columns=found.columns(header),
        lines=np.array(found.lines, dtype="int64"),
        broken=found.broken,
        raw_text=found.raw_text,
        digest=export.digest,
        n_excluded=found.n_excluded,
    )


def _header(kind: str, columns: tuple[str, ...]) -> tuple[str, ...]:
    if kind not in COLUMNS:
        raise MappingError(
            f"A FHIR source needs resource = one of {', '.join(COLUMNS)}.{suggest(kind, COLUMNS)}"
        )
    is_response = kind == "QuestionnaireResponse"
    known = [*COLUMNS[kind], *([ITEMS] if is_response else [])]
    asked = list(dict.fromkeys(column for column in columns if column not in known))
    for column in asked:
        if column.startswith(EXTENSION) or (is_response and column.startswith(ITEM)):
            continue
        also = f" and {ITEM}<linkId>" if is_response else ""
        raise MappingError(
            f"The mapping names the column {column!r}, which {kind} does not have."
            f"{suggest(column, known)} Its columns are {', '.join(known)}; besides, "
            f"{EXTENSION}<url>{also}."
        )
    return (*known, *asked)


class _Found:
    """Gather the rows of one kind of resource, and what is needed to resolve its references."""

    def __init__(self, kind: str, asked: tuple[str, ...]) -> None:
        self._kind = kind
        self._asked = [name for name in asked if name != ITEMS]
        self._rows: list[tuple[str, ...]] = []
        self._more: list[list[str]] = []
        self._answers: list[Answers] = []
        self._ids: dict[str, str] = {}
        self._episodes: dict[str, str] = {}
        self._conditions: dict[str, str] = {}
        self._questions: dict[str, list[str]] = {}
        self._empty = ("",) * len(COLUMNS[kind])
        self.lines: list[int] = []
        self.broken: dict[int, str] = {}
        self.raw_text: dict[int, str] = {}
        self.n_excluded = 0

    def add(self, entry: Entry) -> None:
        """Take in one resource of the export."""
        if entry.rule:
            named = [kind for kind in COLUMNS if f'"{kind}"' in entry.text]
            if not named or self._kind in named:
                self._break(entry, entry.rule, entry.text)
            return
        item = entry.resource
        try:
            id_ = text_of(item.get("id"))
            if entry.url and id_:
                self._ids[entry.url] = id_
            if item["resourceType"] == self._kind:
                self._take(entry, id_ or id_of(entry.url))
            elif item["resourceType"] == "Encounter":
                episodes = parts_of(item, "episodeOfCare")
                if episodes:
                    self._episodes[id_ or entry.url] = id_of(text_of(episodes[0].get("reference")))
            elif item["resourceType"] == "Condition":
                self._conditions[CONDITION + (id_ or entry.url)] = code_of(part_of(item, "code"))
            elif item["resourceType"] == "Questionnaire":
                self._questions[text_of(item.get("url")) or id_] = read_questions(item)
        except WrongShapeError:
            if item["resourceType"] == self._kind:
                self._break(entry, NOT_A_RESOURCE, written(item))

    def _take(self, entry: Entry, id_: str) -> None:
        item = entry.resource
        status = item.get("status")
        finals = FINAL.get(self._kind)
        if status == ENTERED_IN_ERROR or (finals and status not in finals):
            self.n_excluded += 1
            return
        rows = FLATTEN[self._kind](item)
        answers = read_answers(item) if self._kind == "QuestionnaireResponse" else {}
        more = [
            extension(item, name.removeprefix(EXTENSION))
            if name.startswith(EXTENSION)
            else answers.get(name.removeprefix(ITEM), ("", False))[0]
            for name in self._asked
        ]
        rule = _unfit("".join([id_, *more, *(cell for row in rows for cell in row)]))
        if rule:
            self._break(entry, rule, written(item))
            return
        for row in rows:
            self._append(entry.line, (id_, *row), more, answers)

    def _break(self, entry: Entry, rule: str, text: str) -> None:
        self.broken[len(self.lines)] = rule
        self.raw_text[len(self.lines)] = text
        self._append(entry.line, self._empty, [""] * len(self._asked), {})

    def _append(
        self, line: int, row: tuple[str, ...], more: list[str], answers: Answers
    ) -> None:  # fmt: skip
        self.lines.append(line)
        self._rows.append(row)
        self._more.append(more)
        self._answers.append(answers)

    def columns(self, header: tuple[str, ...]) -> Mapping[str, RawColumn]:
        """Give the columns, with every reference resolved."""
        names = COLUMNS[self._kind]
        cells = {name: [row[place] for row in self._rows] for place, name in enumerate(names)}
        if self._kind == "QuestionnaireResponse":
            cells[ITEMS] = list_items(cells["questionnaire"], self._answers, self._questions)
        for place, name in enumerate(self._asked):
            cells[name] = [row[place] for row in self._more]
        columns = {name: RawColumn.of(cells[name]) for name in header}
        for name in _REFERENCES:
            if name in columns:
                columns[name] = self._resolved(columns[name], self._ids)
        if "encounter" in columns:
            columns["episode"] = self._with_episodes(columns["episode"], columns["encounter"])
        if "diagnosis" in columns:
            columns["diagnosis"] = self._with_codes(columns["diagnosis"])
        return columns

    @staticmethod
    def _resolved(column: RawColumn, ids: Mapping[str, str]) -> RawColumn:
        words = [ids.get(word, word) for word in column.words]
        return RawColumn(np.array(words, dtype="object"), column.codes)

    def _with_episodes(self, episode: RawColumn, encounter: RawColumn) -> RawColumn:
        """Name the encounter's episode where a row names none."""
        known = {self._ids.get(name, name): found for name, found in self._episodes.items()}
        told = [self._ids.get(known.get(word, ""), known.get(word, "")) for word in encounter.words]
        by_encounter = np.array(told, dtype="object")[encounter.codes]
        own = episode.cells()
        return RawColumn.of(np.where(own == "", by_encounter, own).tolist())

    def _with_codes(self, diagnosis: RawColumn) -> RawColumn:
        """Put the codes of conditions in the place of references to them."""
        known = {
            CONDITION + self._ids.get(name.removeprefix(CONDITION), name.removeprefix(CONDITION)): c
            for name, c in self._conditions.items()
        }
        words = []
        for word in diagnosis.words:
            codes = [known.get(code, code) for code in word.split("; ")]
            words.append("; ".join(code for code in codes if not code.startswith(CONDITION)))
        return RawColumn(np.array(words, dtype="object"), diagnosis.codes)


def _unfit(text: str) -> str:
    """Name the rule that a row's text breaks: nothing so long, or half a letter, can be stored."""
    if len(text) > LONGEST:
        return _TOO_LONG
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return NOT_JSON
    return ""


__all__ = ["EXTENSION", "ITEM", "ITEMS", "read_fhir"]
