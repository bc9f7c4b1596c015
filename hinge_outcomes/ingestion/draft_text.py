"""A drafted mapping as TOML: a comment on every guess, and inactive lines under every question."""

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import tomlkit
from tomlkit.items import Item, Table

from hinge_outcomes.cohort.extra_columns import TABLE_NAMES
from hinge_outcomes.ingestion.draft_codes import CodeSection
from hinge_outcomes.ingestion.draft_files import Writing, out_of_range
from hinge_outcomes.ingestion.draft_guesses import Guess
from hinge_outcomes.ingestion.draft_tables import Part
from hinge_outcomes.ingestion.sources import DELIMITERS, Source

NO_STAGES = (
    "The ten stages are in none of these exports yet. `hinge capture xlsx` makes the sheet on "
    "which they are recorded from now on, one row per visit; a filled sheet needs no mapping."
)

_WIDTH = 98
_HEAD = (
    "GUESS says what was guessed, and why: read each of them. ASK is a question: what stands under "
    "it behind a # is not in force, and the answer is given by taking the # away from the right "
    "line, or by completing it. A code that is only a typing error stays as it is: the fix list "
    "will name its rows. A column that is not named in a section never enters."
)
_ASK_CUT = (
    "up to which day is the export complete? It decides who is still in care, so it is never "
    "guessed. Write it as 2026-09-30 and take the # away."
)
_ASK_IDLE = (
    "nothing in {} could be understood, so it fills no table. Leave the file out of the load, or "
    "write a [[source]] for it and say what its columns are."
)


@dataclass(frozen=True, slots=True, repr=False)
class DraftedFile:
    """Hold one file of a draft.

    Parameters
    ----------
    name : str
        What readers call it.
    source : Source
        How it is opened.
    guesses : list of Guess
        What its columns were taken for.
    writing : Writing
        How its cells are written.
    """

    name: str
    source: Source
    guesses: list[Guess]
    writing: Writing


def write_draft(
    files: Sequence[DraftedFile],
    parts: Sequence[Part],
    codes: Sequence[CodeSection],
    absent: dict[str, list[str]],
    skipped: Sequence[str] = (),
) -> tuple[str, tuple[str, ...]]:
    """Write a draft as a TOML file.

    Parameters
    ----------
    files : sequence of DraftedFile
        The files of the load.
    parts : sequence of Part
        Sections of the tables.
    codes : sequence of CodeSection
        Sections of the codes.
    absent : dict of str to list of str
        By table, the columns that nothing fills.
    skipped : sequence of str, default ()
        Sheets that hold no records.

    Returns
    -------
    text : str
        The file.
    asks : tuple of str
        The questions in it, each with its place.
    """
    writer = _Writer(is_single=len(files) == 1 and not files[0].source.sheet)
    return writer.write(files, parts, codes, absent, skipped), tuple(writer.asks)


class _Writer:
    """Write a draft, and remember what is asked."""

    def __init__(self, *, is_single: bool) -> None:
        self.asks: list[str] = []
        self._is_single = is_single
        self._document = tomlkit.document()

    def write(
        self,
        files: Sequence[DraftedFile],
        parts: Sequence[Part],
        codes: Sequence[CodeSection],
        absent: dict[str, list[str]],
        skipped: Sequence[str],
    ) -> str:
        """Write all sections."""
        names = ", ".join(file.name for file in files)
        self._say(self._document, f"Drafted by `hinge mapping draft` from {names}.")
        if skipped:
            sheets = ", ".join(map(_quoted, skipped))
            self._say(self._document, f"Sheets without records were passed over: {sheets}.")
        self._say(self._document, _HEAD)
        self._document.add(tomlkit.nl())
        self._document.add("name", _value(names))
        self._ask(self._document, "data_cut", _ASK_CUT)
        self._document.add(tomlkit.comment("data_cut = "))
        filling = {part.source for part in parts}
        self._write_files([file for file in files if file.source.name in filling])
        for file in files:
            if file.source.name not in filling:
                self._ask(self._document, file.name, _ASK_IDLE.format(file.name))
        self._write_tables(parts)
        self._write_codes(codes)
        self._write_rest(files, absent)
        return tomlkit.dumps(self._document)

    def _write_files(self, files: Sequence[DraftedFile]) -> None:
        sources = tomlkit.aot()
        for file in files:
            table = tomlkit.table()
            if not self._is_single:
                table.add("name", _value(file.source.name))
                table.add("file", _value(file.source.pattern))
                if file.source.sheet:
                    table.add("sheet", _value(file.source.sheet))
                self._say(
                    table, "Has next quarter's file another name? Write a pattern: visits*.csv."
                )
            self._write_written(table, file)
            if self._is_single:
                self._document.add(tomlkit.nl())
                self._document.add("file", table)
            else:
                sources.append(table)
        if not self._is_single:
            self._document.add(tomlkit.nl())
            self._document.add("source", sources)

    def _write_written(self, table: Table, file: DraftedFile) -> None:
        source, writing = file.source, file.writing
        if source.format == "csv":
            names = {sign: name for name, sign in DELIMITERS.items()}
            why = "lines have the same number of cells under it"
            self._add(table, "delimiter", names[source.delimiters[0]], why)
            self._add(table, "encoding", source.encoding, "by its bytes")
        else:
            table.add("format", _value(source.format))
            if source.header_rows > 1:
                why = "the first row alone names too few columns"
                self._add(table, "header_rows", source.header_rows, why)
        if writing.decimal_ask:
            self._ask(table, "decimal", f"which is the decimal sign? {writing.decimal_ask}")
            self._inactive(table, [("decimal", ","), ("decimal", ".")])
        elif writing.decimal:
            self._add(table, "decimal", writing.decimal, writing.decimal_why)
        if writing.dates_ask:
            self._ask(table, "date_format", f"{file.name}: {writing.dates_ask}")
            others = list(writing.date_formats)
            self._inactive(
                table, [("date_format", [*others, each]) for each in writing.date_choices]
            )
        elif writing.date_formats:
            self._add(table, "date_format", list(writing.date_formats), writing.dates_why)
        if writing.missing:
            why = "they look as if they stood for a missing value"
            self._add(table, "missing", list(writing.missing), why)
        for guess in file.guesses:
            if out_of_range(guess):
                question = (
                    f"a few numbers of {_quoted(guess.column)} lie outside the range of "
                    f"{guess.role}. Does one stand for a missing score? Then write it here, as in "
                    'missing = ["99"]. If all are typing errors, go on: each will be named.'
                )
                self._ask(table, "missing", question)

    def _write_tables(self, parts: Sequence[Part]) -> None:
        tables = tomlkit.table(is_super_table=True)
        for name in TABLE_NAMES:
            drafted = [self._section(part) for part in parts if part.table == name]
            if len(drafted) == 1:
                tables.add(name, drafted[0])
            elif drafted:
                several = tomlkit.aot()
                for section in drafted:
                    several.append(section)
                tables.add(name, several)
        self._document.add("tables", tables)

    def _section(self, part: Part) -> Table:
        section = tomlkit.table()
        if not self._is_single:
            section.add("source", _value(part.source))
        for line in part.lines:
            if line.ask:
                where = f"{part.table}.{line.key}"
                self._ask(section, where, line.ask)
                self._inactive(section, [(line.key, choice) for choice in line.choices or ("…",)])
            else:
                self._add(section, line.key, line.value, line.why)
        section.add(tomlkit.nl())
        return section

    def _write_codes(self, codes: Sequence[CodeSection]) -> None:
        if not codes:
            return
        sections = tomlkit.table(is_super_table=True)
        for drafted in codes:
            section = tomlkit.table()
            if drafted.ask:
                self._ask(section, f"codes.{drafted.target}", drafted.ask)
            for code in drafted.codes:
                if code.value is None:
                    section.add(tomlkit.comment(f"{_quoted(code.text)} = "))
                else:
                    self._add(section, code.text, code.value, drafted.why, is_dotted=False)
            section.add(tomlkit.nl())
            sections.add(drafted.target, section)
        self._document.add("codes", sections)

    def _write_rest(self, files: Sequence[DraftedFile], absent: dict[str, list[str]]) -> None:
        document = self._document
        left = [(file.name, guess) for file in files for guess in file.guesses if not guess.role]
        if left:
            self._say(
                document,
                "Columns that are left out. To keep one as a column of your own, call it x_… in "
                "its section and declare it under [extra.x_…].",
            )
            for name, guess in left:
                where = "" if self._is_single else f" ({name})"
                self._say(document, f"- {_quoted(guess.column)}{where}: {guess.why}")
            document.add(tomlkit.nl())
        self._say(document, "What is not in these exports:" if absent else "Nothing is missing.")
        for table, columns in absent.items():
            self._say(document, f"- {table}: {', '.join(columns)}")
        if "stage" in absent.get("assessments", ()):
            self._say(document, NO_STAGES)

    def _add(self, table: Table, key: str, value: Any, why: str, *, is_dotted: bool = True) -> None:
        item = _value(value)
        if why:
            item.comment(f"GUESS: {_one_line(why)}")
            item.trivia.comment_ws = "  "
        table.add(tomlkit.key(key.split(".") if is_dotted and "." in key else key), item)

    def _ask(self, table: Any, where: str, question: str) -> None:
        self.asks.append(f"{where}: {question}")
        self._say(table, f"ASK: {question}")

    def _say(self, table: Any, sentence: str) -> None:
        for line in textwrap.wrap(_one_line(sentence), _WIDTH, subsequent_indent="  "):
            table.add(tomlkit.comment(line))

    def _inactive(self, table: Table, choices: Iterable[tuple[str, Any]]) -> None:
        for key, value in choices:
            table.add(tomlkit.comment(f"{key} = {_value(value).as_string()}"))


def _value(value: Any) -> Item:
    if isinstance(value, dict):
        inline = tomlkit.inline_table()
        for key, each in value.items():
            inline.add(key, _value(each))
        return inline
    if isinstance(value, list):
        array = tomlkit.array()
        for each in value:
            array.append(_value(each))
        return array
    item: Item = tomlkit.item(value)
    return item


def _quoted(text: str) -> str:
    return tomlkit.item(text).as_string()


def _one_line(text: str) -> str:
    """Write a text so that it cannot leave its comment."""
    return "".join(sign if sign.isprintable() else " " for sign in text)
