"""J7 in Python: what a record of 10 fields takes, of which 6 may be missing, and how long a scan over a million takes.

Usage: python3 benches/peers/records.py [records | csv]. Each form runs in a process of its own; bytes are the growth of its resident memory.
"""

import os
import random
import resource
import statistics
import subprocess
import sys
import time

REQUIRED = ("at", "channel", "is_valid", "is_calibrated")
OPTIONAL = ("celsius", "humidity", "pascal", "events", "serviced_at", "firmware")


class Slots:
    __slots__ = REQUIRED + OPTIONAL


class Dict:
    pass


def filled(record, n, rng):
    record.at = 1_400_000_000_000_000 + n
    record.channel = rng.randrange(16)
    record.is_valid = rng.random() < 15 / 16
    record.is_calibrated = rng.random() < 0.5
    for name in ("celsius", "humidity", "pascal"):
        setattr(record, name, rng.random() * 100 if rng.random() < 0.75 else None)
    for name in ("events", "serviced_at", "firmware"):
        setattr(record, name, rng.randrange(65536) if rng.random() < 0.75 else None)
    return record


def scan(records):
    sums = [0] * 10
    for record in records:
        sums[0] += record.at
        sums[1] += record.channel
        sums[2] += record.is_valid
        sums[3] += record.is_calibrated
        if record.celsius is not None:
            sums[4] += record.celsius
        if record.humidity is not None:
            sums[5] += record.humidity
        if record.pascal is not None:
            sums[6] += record.pascal
        if record.events is not None:
            sums[7] += record.events
        if record.serviced_at is not None:
            sums[8] += record.serviced_at
        if record.firmware is not None:
            sums[9] += record.firmware
    return sums


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


def measured(kind, n):
    rng = random.Random(7)
    before = resident()
    records = [filled(kind(), i, rng) for i in range(n)]
    size = (resident() - before) / n
    times = []
    for _ in range(5):
        started = time.perf_counter()
        scan(records)
        times.append(time.perf_counter() - started)
    name = "__slots__" if kind is Slots else "__dict__"
    time_each = statistics.median(times) / n * 1e9
    if os.environ.get("CSV"):
        print(f"records,{name},{size:.0f},bytes a record\nrecords,{name},{time_each:.3f},ns a record")
    else:
        print(f"{name:<10} {size:5.0f} bytes   {time_each:7.1f} ns a record")


if __name__ == "__main__":
    as_csv = sys.argv[1:] == ["csv"]
    count = int(sys.argv[1]) if len(sys.argv) > 1 and not as_csv else 1_000_000
    if as_csv:
        os.environ["CSV"] = "1"
    only = os.environ.get("FORM")
    if only:
        measured({"slots": Slots, "dict": Dict}[only], count)
    else:
        for form in ("slots", "dict"):
            subprocess.run([sys.executable, __file__, str(count)], env={**os.environ, "FORM": form}, check=True)
