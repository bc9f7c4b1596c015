"""Sound files of every format, and the many ways in which a file can be damaged."""

import functools
import io
import json
import random
import zipfile
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import xlsxwriter

from hinge_outcomes.ingestion.sources import Source

CANARY = "Qz7KvXCanary"
"""Stands in cells and never in a header: a message that holds it gives a value away."""

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
