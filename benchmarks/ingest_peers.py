"""One load of the visits by a peer: ``python -m benchmarks.ingest_peers PEER FOLDER DATABASE``.

Every peer reads each cell as text, checks what the mapping checks (a real date in the declared
format, a known attendance, 0 to 7 days, a known case, no day before the first, no row told twice),
keeps the rows that fail with their line and reason, numbers the visits, and stores the others in a
DuckDB file.
"""

import os
import sys
from pathlib import Path

for _name in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_name] = "1"

import duckdb  # noqa: E402

STATUS = {"came": "attended", "missed": "no_show", "cancelled": "cancelled"}
KEY = ["case", "date", "status"]


def pandera_on_pandas(folder: Path, database: Path) -> tuple[int, int]:
    """Check by pandera's lazy validation of a pandas frame."""
    import pandas as pd
    import pandera.errors
    import pandera.pandas as pa

    cases = pd.read_csv(folder / "cases.csv", dtype="str", keep_default_na=False)
    starts = pd.to_datetime(cases["start"], format="%Y-%m-%d").set_axis(cases["case"])
    visits = pd.read_csv(folder / "visits.csv", dtype="str", keep_default_na=False)
    first = starts.reindex(visits["case"]).set_axis(visits.index)
    date = pd.to_datetime(visits["date"], format="%Y-%m-%d", errors="coerce")
    visits["day"] = (date - first).dt.days
    visits["days"] = pd.to_numeric(visits["exercise days"], errors="coerce")
    is_blank = visits["exercise days"] == ""
    visits["days"] = visits["days"].where(~is_blank, 0)
    schema = pa.DataFrameSchema(
        {
            # Not Check.isin: its message would repeat all known cases for every failing row.
            "case": pa.Column(str, pa.Check(lambda texts: texts.isin(cases["case"]))),
            "date": pa.Column(str, pa.Check(lambda texts: date.notna())),
            "status": pa.Column(str, pa.Check.isin(STATUS)),
            "days": pa.Column(float, pa.Check.in_range(0, 7), coerce=True),
            "day": pa.Column(float, pa.Check.ge(0), nullable=True),
        },
        unique=KEY,
    )
    bad: set[int] = set()
    try:
        schema.validate(visits, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        bad = set(errors.failure_cases["index"].dropna().astype(int))
    is_bad = visits.index.isin(list(bad))
    good = visits[~is_bad]
    good = good.assign(
        status=good["status"].map(STATUS),
        days=good["days"].where(~is_blank[~is_bad]),
        number=good.sort_values(["case", "day"], kind="stable").groupby("case").cumcount() + 1,
    )
    kept = good[["case", "day", "number", "status", "therapist", "days"]]
    return _store(kept, database), len(bad)


def pandera_on_polars(folder: Path, database: Path) -> tuple[int, int]:
    """Check by pandera's lazy validation of a polars frame."""
    import pandera.errors
    import pandera.polars as pa
    import polars as pl

    text = {"infer_schema": False, "empty_string_is_null": False}
    cases = pl.read_csv(folder / "cases.csv", **text)
    visits = pl.read_csv(folder / "visits.csv", **text).with_row_index("row")
    form = "%Y-%m-%d"
    visits = visits.join(
        cases.select("case", pl.col("start").str.to_date(form)), on="case", how="left",
        maintain_order="left",
    ).with_columns(
        day=(pl.col("date").str.to_date(form, strict=False) - pl.col("start")).dt.total_days(),
        days=pl.when(pl.col("exercise days") == "").then(0)
        .otherwise(pl.col("exercise days").cast(pl.Int64, strict=False)),
    )  # fmt: skip
    schema = pa.DataFrameSchema(
        {
            "case": pa.Column(
                pl.String,
                pa.Check(
                    lambda data: data.lazyframe.select(
                        pl.col("case").is_in(cases["case"].implode())
                    )
                ),
            ),
            "day": pa.Column(pl.Int64, pa.Check.ge(0)),
            "status": pa.Column(pl.String, pa.Check.isin(list(STATUS))),
            "days": pa.Column(pl.Int64, pa.Check.in_range(0, 7)),
        },
        unique=KEY,
    )
    bad = pl.Series("row", [], dtype=pl.UInt32)
    try:
        schema.validate(visits, lazy=True)
    except pandera.errors.SchemaErrors as errors:
        found = errors.failure_cases["index"].drop_nulls().cast(pl.UInt32)
        bad = found.unique()
    good = visits.filter(~pl.col("row").is_in(bad.implode())).sort("case", "day")
    good = good.with_columns(
        number=pl.int_range(pl.len()).over("case") + 1,
        status=pl.col("status").replace_strict(STATUS),
        days=pl.when(pl.col("exercise days") != "").then("days"),
    ).select("case", "day", "number", "status", "therapist", "days")
    return _store(good.to_arrow(), database), len(bad)


def duckdb_by_hand(folder: Path, database: Path) -> tuple[int, int]:
    """Check by SQL."""
    with duckdb.connect(str(database), config={"threads": 1}) as connection:
        for name in ("cases", "visits"):
            connection.execute(
                f"CREATE TEMP TABLE {name} AS SELECT *, row_number() OVER () + 1 AS line FROM "
                f"read_csv('{folder / name}.csv', all_varchar = true, header = true, delim = ',')"
            )
        connection.execute("""
            CREATE TEMP TABLE read AS
            SELECT v.*, c.start IS NOT NULL AS is_known,
                try_strptime(v.date, '%Y-%m-%d')::DATE - c.start::DATE AS day,
                CASE WHEN v."exercise days" IS NULL THEN NULL
                     ELSE coalesce(try_cast(v."exercise days" AS INTEGER), -1) END AS days,
                row_number() OVER (PARTITION BY v."case", v.date, v.status ORDER BY v.line) AS told
            FROM visits v LEFT JOIN cases c ON v."case" = c."case"
        """)
        rule = """CASE WHEN NOT is_known THEN 'no_episode' WHEN day IS NULL THEN 'not_a_date'
            WHEN day < 0 THEN 'out_of_range' WHEN told > 1 THEN 'duplicate_row'
            WHEN status NOT IN ('came', 'missed', 'cancelled') OR status IS NULL THEN 'unknown_code'
            WHEN days NOT BETWEEN 0 AND 7 THEN 'out_of_range' END"""
        connection.execute(
            f"CREATE TABLE quarantine AS SELECT *, {rule} AS rule FROM read WHERE rule IS NOT NULL"
        )
        connection.execute(f"""
            CREATE TABLE kept AS
            SELECT "case", day,
                row_number() OVER (PARTITION BY "case" ORDER BY day, line) AS number,
                CASE status WHEN 'came' THEN 'attended' WHEN 'missed' THEN 'no_show'
                    ELSE 'cancelled' END AS status, therapist, days
            FROM read WHERE ({rule}) IS NULL
        """)
        counts = [
            connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            for name in ("kept", "quarantine")
        ]
    return counts[0], counts[1]


def _store(good, database: Path) -> int:  # type: ignore[no-untyped-def]
    with duckdb.connect(str(database), config={"threads": 1}) as connection:
        connection.execute("CREATE TABLE kept AS SELECT * FROM good")
        return connection.execute("SELECT count(*) FROM kept").fetchone()[0]


PEERS = {
    "pandera on pandas": pandera_on_pandas,
    "pandera on polars": pandera_on_polars,
    "DuckDB by hand": duckdb_by_hand,
}

if __name__ == "__main__":
    import pyarrow

    pyarrow.set_cpu_count(1)
    _kept, _bad = PEERS[sys.argv[1]](Path(sys.argv[2]), Path(sys.argv[3]))
    print(_kept, _bad)  # noqa: T201
