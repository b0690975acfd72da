"""The sensor job as it is written with Python's generators, polars and DuckDB.

`sensor_job.py FORM ROWS.csv ANOMALIES.jsonl SUMMARY.jsonl` makes one run and prints its time, without the start of Python and the
imports, and the most memory that the process ever had. `sensor_job.py same ANOMALIES SUMMARY OTHER OTHER` compares outputs:
the same lines in the same order, numbers within a billionth of each other. Needs setup.sh.
"""

import json
import math
import os
import sys
import time

WINDOW = 50
THRESHOLD = 3.0
TOLERANCE = 1e-9


class Moments:
    """Count, mean, squares and largest of all values, or of the last `size`."""

    __slots__ = ("at", "count", "max", "mean", "size", "squares", "values")

    def __init__(self, size=None):
        self.values, self.size, self.at = [], size, 0
        self.count, self.mean, self.squares, self.max = 0, 0.0, 0.0, -math.inf

    def add(self, value):
        if self.count == self.size:
            old, self.values[self.at] = self.values[self.at], value
            self.at = (self.at + 1) % self.size
            before, self.mean = self.mean, self.mean + (value - old) / self.size
            self.squares += (value - old) * (value - self.mean + old - before)
            return
        if self.size:
            self.values.append(value)
        self.count += 1
        before, self.mean = self.mean, self.mean + (value - self.mean) / self.count
        self.squares += (value - before) * (value - self.mean)
        self.max = max(self.max, value)

    def z(self, value):
        if self.count < 2 or self.squares <= 0.0:
            return None
        return (value - self.mean) / math.sqrt(self.squares / (self.count - 1))


def generators(rows, anomalies, summaries):
    """One generator a step, over the `csv` module."""
    import csv
    from datetime import datetime

    rejected = 0

    def readings(lines):
        nonlocal rejected
        for row in lines:
            try:
                ts, sensor, value, unit = row
                datetime.fromisoformat(ts)
                value = float(value)
                if not math.isfinite(value):
                    raise ValueError(value)
                yield ts, sensor, value, unit
            except ValueError:
                rejected += 1

    def scored(readings):
        windows = {}
        for ts, sensor, value, unit in readings:
            window = windows.get(sensor)
            if window is None:
                window = windows[sensor] = Moments(WINDOW)
            z = window.z(value)
            window.add(value)
            if z is not None:
                yield {"ts": ts, "sensor_id": sensor, "value": value, "unit": unit, "z": z}

    totals = {}
    with open(rows, newline="") as file, open(anomalies, "w") as out:
        lines = csv.reader(file)
        next(lines)
        for reading in scored(readings(lines)):
            total = totals.get(reading["sensor_id"])
            if total is None:
                total = totals[reading["sensor_id"]] = Moments()
            total.add(reading["value"])
            if abs(reading["z"]) > THRESHOLD:
                out.write(json.dumps(reading) + "\n")
    with open(summaries, "w") as out:
        for sensor, of in totals.items():
            summary = {"sensor_id": sensor, "count": of.count, "mean": of.mean, "max": of.max}
            out.write(json.dumps(summary) + "\n")
    return rejected


def polars(rows, anomalies, summaries):
    """A lazy query on all cores. Every column is read as text, and a fifth one, so that malformed rows are told apart."""
    import polars as pl

    schema = dict.fromkeys(["ts", "sensor_id", "value", "unit", "more"], pl.String)
    read = pl.scan_csv(rows, has_header=False, skip_rows=1, schema=schema, missing_columns="insert").with_columns(
        pl.col("ts").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", strict=False),
        pl.col("value").cast(pl.Float64, strict=False),
    )
    whole = pl.all_horizontal(pl.col("ts", "value", "unit").is_not_null(), pl.col("more").is_null())
    readings = read.filter(whole & pl.col("value").is_finite())
    mean = pl.col("value").rolling_mean(WINDOW, min_samples=2).shift(1)
    std = pl.col("value").rolling_std(WINDOW, min_samples=2).shift(1)
    scored = readings.with_columns(mean=mean.over("sensor_id"), std=std.over("sensor_id"))
    scored = scored.filter(pl.col("std") > 0.0).with_columns(z=(pl.col("value") - pl.col("mean")) / pl.col("std"))
    far = scored.filter(pl.col("z").abs() > THRESHOLD)
    far = far.select(pl.col("ts").dt.to_string("%Y-%m-%dT%H:%M:%SZ"), "sensor_id", "value", "unit", "z")
    sums = scored.group_by("sensor_id", maintain_order=True).agg(
        count=pl.len(), mean=pl.col("value").mean(), max=pl.col("value").max()
    )
    all_rows, whole_rows, far, sums = pl.collect_all(
        [read.select(pl.len()), readings.select(pl.len()), far, sums]
    )
    far.write_ndjson(anomalies)
    sums.write_ndjson(summaries)
    return all_rows.item() - whole_rows.item()


def duckdb(rows, anomalies, summaries):
    """SQL on all cores. Every column is read as text, and a fifth one, so that malformed rows are told apart."""
    import duckdb

    columns = {name: "VARCHAR" for name in ["ts", "sensor_id", "value", "unit", "more"]}
    db = duckdb.connect()
    db.execute(f"""
        CREATE TABLE scored AS
        WITH read AS (
            SELECT row_number() OVER () AS n, *, try_cast(ts AS TIMESTAMP) AS moment, try_cast(value AS DOUBLE) AS x
            FROM read_csv(?, header = true, auto_detect = false, null_padding = true, delim = ',', quote = '"',
                columns = {columns})
        )
        SELECT *, avg(x) OVER before AS mean, stddev_samp(x) OVER before AS std FROM read
        WHERE moment IS NOT NULL AND isfinite(x) AND unit IS NOT NULL AND more IS NULL
        WINDOW before AS (PARTITION BY sensor_id ORDER BY n ROWS BETWEEN {WINDOW} PRECEDING AND 1 PRECEDING)
    """, [str(rows)])
    db.execute("CREATE VIEW usable AS SELECT *, (x - mean) / std AS z FROM scored WHERE std > 0")
    db.execute(f"""
        COPY (SELECT ts, sensor_id, x AS value, unit, z FROM usable WHERE abs(z) > {THRESHOLD} ORDER BY n)
        TO '{anomalies}' (FORMAT json)
    """)
    db.execute(f"""
        COPY (SELECT sensor_id, count(*) AS count, avg(x) AS mean, max(x) AS max FROM usable
            GROUP BY sensor_id ORDER BY min(n))
        TO '{summaries}' (FORMAT json)
    """)
    with open(rows, "rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b"")) - 1
    return lines - db.execute("SELECT count(*) FROM scored").fetchone()[0]


def run(form, rows, anomalies, summaries):
    """Prints what one run of a form took, with its outputs on the disk."""
    __import__("csv" if form is generators else form.__name__)
    started = time.perf_counter()
    rejected = form(rows, anomalies, summaries)
    for path in (anomalies, summaries):
        with open(path, "rb") as out:
            os.fsync(out.fileno())
    took = time.perf_counter() - started
    with open("/proc/self/status") as status:
        memory = next(line.split(":")[1].strip() for line in status if line.startswith("VmHWM:"))
    print(f"{form.__name__}: {took:.3f} s, {rejected} rows rejected, at most {memory} of memory")


def same(ours, theirs):
    """Whether two files have the same lines, numbers within the tolerance."""

    def alike(a, b):
        if isinstance(a, float) or isinstance(b, float):
            return math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
        return a == b

    with open(ours) as left, open(theirs) as right:
        for number, (a, b) in enumerate(zip(left, right, strict=True), 1):
            a, b = json.loads(a), json.loads(b)
            if a.keys() != b.keys() or not all(alike(a[key], b[key]) for key in a):
                sys.exit(f"line {number} of {ours} and {theirs} differ: {a} and {b}")


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["same", anomalies, summaries, others, other_summaries]:
            same(anomalies, others)
            same(summaries, other_summaries)
        case ["generators" | "polars" | "duckdb" as form, rows, anomalies, summaries]:
            run(globals()[form], rows, anomalies, summaries)
        case _:
            sys.exit(__doc__)
