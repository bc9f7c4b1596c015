"""Damaged files by the thousand: each is read or refused in words, and nothing else happens."""

import faulthandler
import functools
import io
import json
import os
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from hinge_outcomes.exceptions import HingeError
from hinge_outcomes.ingestion.csv_files import read_csv
from hinge_outcomes.ingestion.raw_table import RawTable
from hinge_outcomes.ingestion.readers import read_source
from hinge_outcomes.ingestion.sources import Source

CANARY = "Qz7KvXCanary"
"""Stands in cells and never in a header: a message that holds it gives a value away."""

OUTCOMES = ("read", "refused", "failed", "gave away", "touched")

_BATCH = 500
_HANGS = 300.0
"""Seconds after which a reader is taken to hang."""
_TOKENS = (
    b'"', b'""', b",", b";", b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\xff\xfe", b"\xef\xbb\xbf",
    b"\xc3", b"\xed\xa0\x80", b"../../x", b"=1+1", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"NaN",
    b"1e999", b"null", b"{", b"}", b"[", b"]", b"<c r=\"XFD1048576\"><v>1</v></c>", b"</row>",
    b"9" * 400, b"-1", b"t=\"e\"", b"\xf0\x9f\xa6\xb4",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seed:
    """Hold a sound file that is going to be damaged.

    Parameters
    ----------
    kind : str
        What it is called in the table of results.
    content : bytes
        The file.
    source : Source
        How a mapping would declare it.
    columns : tuple of str
        The columns that a mapping would read.
    """

    kind: str
    content: bytes
    source: Source
    columns: tuple[str, ...] = ("id",)


@dataclass(frozen=True, slots=True)
class FuzzResult:
    """Hold what became of the damaged files.

    Parameters
    ----------
    counts : mapping of (str, str) to int
        Files by kind and outcome: "read", "refused" (in words), "failed" (with any other
        exception), "gave away" (a value in a message), "touched" (another file).
    slowest : float
        Seconds that the slowest file took.
    slowest_kind : str
        Its kind.
    problems : tuple of str
        What failed, by the number of the input, so that it can be made again.
    """

    counts: Mapping[tuple[str, str], int]
    slowest: float
    slowest_kind: str
    problems: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Tell whether every file was read or refused.

        Returns
        -------
        bool
            False also where a process died or hung.
        """
        return not self.problems

    def rows(self) -> list[tuple[str, ...]]:
        """Write the counts as a table.

        Returns
        -------
        list of tuple of str
            A row per kind: its name, then a count per outcome.
        """
        kinds = dict.fromkeys(kind for kind, _ in self.counts)
        return [
            (kind, *(f"{self.counts.get((kind, outcome), 0):,}" for outcome in OUTCOMES))
            for kind in kinds
        ]


def fuzz_readers(n_inputs: int, seed: int) -> FuzzResult:
    """Damage sound files in many ways and give them to the readers.

    Parameters
    ----------
    n_inputs : int
        Number of damaged files.
    seed : int
        What they are made from: the same seed makes the same files.

    Returns
    -------
    FuzzResult
        Counts by kind of file and outcome.
    """
    counts: Counter[tuple[str, str]] = Counter()
    slowest = (0.0, "")
    problems: list[str] = []
    starts = range(0, n_inputs, _BATCH)
    # A reader that crashes or hangs takes its process with it, which is noted here.
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(_run, seed, start, min(start + _BATCH, n_inputs)) for start in starts]
        for start, run in zip(starts, runs, strict=True):
            try:
                found, slow, failed = run.result()
            except Exception as error:
                problems.append(f"inputs from {start}: {type(error).__name__}")
                continue
            counts.update(found)
            slowest = max(slowest, slow)
            problems.extend(failed)
    return FuzzResult(dict(sorted(counts.items())), *slowest, tuple(problems))


def make_input(seed: int, number: int) -> tuple[Seed, bytes]:
    """Make one damaged file.

    Parameters
    ----------
    seed, number : int
        Of the run, and of the file within it.

    Returns
    -------
    seed : Seed
        The sound file.
    content : bytes
        The damaged one.
    """
    chance = random.Random(f"{seed}/{number}")
    sound = chance.choice(seeds())
    content = sound.content
    if sound.kind == "xlsx" and chance.random() < 0.7:
        # A damaged archive is refused by its sums; damage inside it reaches the parser.
        return sound, _damage_part(content, chance)
    return sound, _damage(content, chance)


def _run(
    seed: int, start: int, stop: int
) -> tuple[Counter[tuple[str, str]], tuple[float, str], list[str]]:
    """Read a batch of damaged files, in a process of its own."""
    counts: Counter[tuple[str, str]] = Counter()
    slowest = (0.0, "")
    problems = []
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as aside:
        _load_readers(Path(folder))
        private = Path(folder).resolve()
        said = _catch_stderr(Path(aside) / "stderr")
        touched = _watch(private)
        os.chdir(private)
        for number in range(start, stop):
            sound, content = make_input(seed, number)
            path = private / "input"
            path.write_bytes(content)
            touched.clear()
            began = time.perf_counter()
            faulthandler.dump_traceback_later(_HANGS, exit=True)  # ends the process, and is seen
            outcome, why = _read(sound, path, content)
            faulthandler.cancel_dump_traceback_later()
            took = time.perf_counter() - began
            others = [*touched, *(file.name for file in private.iterdir() if file != path)]
            if others:
                outcome, why = "touched", ", ".join(others)
            elif CANARY.encode() in said():
                outcome, why = "gave away", "on the error stream"
            counts[sound.kind, outcome] += 1
            slowest = max(slowest, (took, sound.kind))
            if outcome not in ("read", "refused"):
                problems.append(f"input {number} ({sound.kind}) {outcome}: {why}")
        os.chdir(tempfile.gettempdir())
    return counts, slowest, problems


def _read(sound: Seed, path: Path, content: bytes) -> tuple[str, str]:
    """Give a file to its reader, and say what came of it."""
    try:
        if sound.kind == "csv, compiled":
            raw = read_csv(path, sound.source, sound.columns, is_compiled=True)
        else:
            raw = read_source(path, sound.source, sound.columns)
    except HingeError as error:
        header = content.replace(b"\0", b"").split(b"\n")[0]
        if CANARY in str(error) and CANARY.encode() not in header:
            return "gave away", type(error).__name__
        return "refused", ""
    except BaseException as error:
        return "failed", f"{type(error).__name__}: {error}"
    return ("read", "") if _is_sound(raw) else ("failed", "the table does not hold together")


def _load_readers(folder: Path) -> None:
    """Read each sound file once: libraries are loaded and functions compiled before any watch."""
    for sound in seeds():
        path = folder / "input"
        path.write_bytes(sound.content)
        outcome, why = _read(sound, path, sound.content)
        if outcome != "read":
            raise AssertionError(f"A sound {sound.kind} file was not read: {outcome} {why}")


def _is_sound(raw: RawTable) -> bool:
    """Tell whether a table has a cell for each row and column, and a text for each fault."""
    return (
        tuple(raw.columns) == raw.header
        and all(len(column.cells()) == raw.n_rows for column in raw.columns.values())
        and raw.broken.keys() == raw.raw_text.keys()
        and CANARY not in repr(raw)
    )


_WATCHED: list[str] = []
_FOLDER: list[Path] = []


def _watch(folder: Path) -> list[str]:
    """Note every file that Python opens for writing outside a folder."""
    if not _FOLDER:
        sys.addaudithook(_note)  # it stays as long as the process does
    _FOLDER[:] = [folder]
    return _WATCHED


def _note(event: str, values: tuple[Any, ...]) -> None:
    writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
    if event == "open" and isinstance(values[2], int) and values[2] & writes:
        path = (
            Path(os.fsdecode(values[0])).absolute() if isinstance(values[0], (str, bytes)) else None
        )
        if path is not None and _FOLDER[0] not in path.parents:
            _WATCHED.append(path.name)


def _catch_stderr(file: Path) -> Callable[[], bytes]:
    """Send the error stream, native code's too, to a file; give a function that reads on in it."""
    with file.open("wb") as opened:
        os.dup2(opened.fileno(), 2)
    read = 0

    def said() -> bytes:
        nonlocal read
        with file.open("rb") as opened:
            opened.seek(read)
            text = opened.read()
        read += len(text)
        return text

    return said


@functools.cache
def seeds() -> tuple[Seed, ...]:
    """Make the sound files: each format, and CSV in each encoding and with each delimiter.

    Returns
    -------
    tuple of Seed
        Files that their readers read.
    """
    lines = ['id,"a ""b""",note', *(f'{n},{n / 7:.3f},"{CANARY}\n{n}"' for n in range(12))]
    text = "\r\n".join(lines) + "\r\n"
    wide = "\n".join(
        [",Basis,,Später", "id,ODI,NRS,ODI", *(f"ü{n},{CANARY},7,{n}" for n in range(9))]
    )
    return (
        Seed("csv", text.encode(), Source(format="csv")),
        Seed("csv", text.encode("utf-8-sig"), Source()),
        Seed("csv", text.replace(",", ";").encode("utf-16"), Source(delimiters=(",", ";"))),
        Seed("csv", wide.encode("latin-1"), Source(encoding="latin-1", header_rows=2),
             ("Basis ODI",)),
        Seed("csv", wide.replace(",", "\t").encode("cp1252"),
             Source(encoding="cp1252", delimiters=("\t",), header_rows=2), ("id", "Basis NRS")),
        Seed("csv, compiled", text.encode(), Source(format="csv")),
        Seed("csv, compiled", wide.encode("utf-16-le"),
             Source(encoding="utf-16-le", header_rows=2), ("id", "Basis ODI")),
        Seed("xlsx", _workbook(), Source()),
        Seed("xlsx", _workbook(), Source(format="xlsx", sheet="Scores", header_rows=2)),
        Seed("parquet", _parquet("snappy"), Source()),
        Seed("parquet", _parquet("none"), Source(format="parquet")),
        Seed("fhir", _bundle(), Source(format="fhir", resource="Patient")),
        Seed("fhir", _ndjson(), Source(format="fhir", resource="Observation")),
    )  # fmt: skip


def _workbook() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    for name in ("Visits", "Scores"):
        sheet = book.add_worksheet(name)
        sheet.merge_range("B1:C1", "Basis")
        sheet.write_row(int(name == "Scores"), 0, ["id", "ODI", "Tag"])
        for n in range(2, 9):
            sheet.write_row(n, 0, [n, f"{CANARY}{n}", None, n / 7, n % 2 == 0])
            sheet.write_number(n, 2, 46_000 + n / 3, day)
            sheet.write_formula(n, 5, "=1/0", None, "#DIV/0!")
    book.close()
    return buffer.getvalue()


def _parquet(compression: str) -> bytes:
    ids = pa.array([f"{CANARY}{n}" for n in range(300)])
    table = pa.table(
        {
            "id": ids,
            "n": pa.array([n / 3 if n % 5 else None for n in range(300)]),
            "kind": pa.array(["a", "b", None] * 100).dictionary_encode(),
            "day": pa.array(list(range(300)), pa.date32()),
            "moment": pa.array([n * 10**9 for n in range(300)], pa.timestamp("us", tz="UTC")),
            "list": pa.array([[n, None] for n in range(300)]),
            "record": pa.array([{"x": str(n)} for n in range(300)]),
        }
    )
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression=compression, row_group_size=100)
    return buffer.getvalue()


def _resources() -> list[dict[str, Any]]:
    patients = [
        {"resourceType": "Patient", "id": f"{CANARY}{n}", "birthDate": f"19{n + 50}-01-02"}
        for n in range(5)
    ]
    scores = [
        {
            "resourceType": "Observation", "id": f"o{n}", "status": "final",
            "subject": {"reference": f"Patient/{CANARY}{n}"},
            "code": {"coding": [{"system": "http://loinc.org", "code": "38221-8"}]},
            "effectiveDateTime": "2026-03-24T10:30:00+01:00",
            "valueQuantity": {"value": n * 6.5, "unit": "%"},
        }
        for n in range(5)
    ]  # fmt: skip
    return patients + scores


def _bundle() -> bytes:
    entries = [{"fullUrl": f"urn:uuid:{n}", "resource": r} for n, r in enumerate(_resources())]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    return json.dumps(bundle, indent=1).encode()


def _ndjson() -> bytes:
    return "\n".join(map(json.dumps, _resources())).encode()


def _damage_part(content: bytes, chance: random.Random) -> bytes:
    """Damage one part of an archive, and pack it again."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(buffer, "w") as new:
        names = old.namelist()
        chosen = chance.choice(names)
        for name in names:
            part = old.read(name)
            if name == chosen:
                part = _damage(part, chance)
            new.writestr(name, part, zipfile.ZIP_DEFLATED, compresslevel=1)
    return buffer.getvalue()


def _damage(content: bytes, chance: random.Random) -> bytes:
    """Damage bytes in one to four ways."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 4)):
        chance.choice(_DAMAGES)(data, chance)
    return bytes(data)


def _place(data: bytearray, chance: random.Random) -> int:
    return chance.randint(0, len(data))


def _flip_bits(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 1, 2, 8, 50))):
        if data:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _truncate(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _behead(data: bytearray, chance: random.Random) -> None:
    del data[: chance.randint(0, min(len(data), 200))]


def _splice(data: bytearray, chance: random.Random) -> None:
    start, stop = sorted((_place(data, chance), _place(data, chance)))
    chunk = bytes(data[start:stop])
    if chance.random() < 0.5:
        del data[start:stop]
    place = _place(data, chance)
    data[place:place] = chunk


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = _place(data, chance)
    chunk = bytes(data[start : start + chance.randint(1, 200)])
    data[start:start] = chunk * chance.choice((2, 10, 100, 1000))


def _insert(data: bytearray, chance: random.Random) -> None:
    for _ in range(chance.choice((1, 2, 20))):
        place = _place(data, chance)
        data[place:place] = chance.choice(_TOKENS)


def _nuls(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    data[place:place] = bytes(chance.choice((1, 2, 1000)))


def _huge_cell(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    size = chance.choices((10_000, 200_000, 1_100_000, 10_000_000), (100, 50, 10, 1))[0]
    data[place:place] = chance.choice((b"x", b"9", b'"', b"\n", b" ")) * size


def _deep_nesting(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    data[place:place] = chance.choice((b"[", b'{"a":', b"<a>", b'"')) * chance.choice((100, 50_000))


_DAMAGES = (
    _flip_bits, _flip_bits, _flip_bits, _truncate, _behead, _splice, _splice, _repeat, _insert,
    _insert, _nuls, _huge_cell, _deep_nesting,
)  # fmt: skip
