"""J7 in Python: bytes a record and the time of a full scan, for objects with `__dict__`, with `__slots__`, and for plain dicts.

`records.py [csv] [RECORDS]` holds the records of benches/records.rs, each form in a process of its own. Needs /proc.
"""

import multiprocessing
import statistics
import sys
import time

FIELDS = ("id", "at", "sensor", "celsius", "humidity", "pressure", "battery", "site", "fault", "retries")
ROUNDS = 5


class Dict:
    def __init__(self, *values):
        (self.id, self.at, self.sensor, self.celsius, self.humidity, self.pressure, self.battery, self.site,
            self.fault, self.retries) = values


class Slots:
    __slots__ = FIELDS
    __init__ = Dict.__init__


def values(n):
    def there(bit):
        return n >> bit & 1 == 0

    # A float of its own in each field, as they come from a decoder.
    number = float(n % 1000)
    return (
        n,
        1_700_000_000_000_000 + n,
        f"sensor-{n % 1000:03}",
        number,
        number + 0.0 if there(0) else None,
        number + 0.0 if there(1) else None,
        number + 0.0 if there(2) else None,
        n % 50 if there(3) else None,
        n % 7 if there(4) else None,
        n % 3 if there(5) else None,
    )


def of_object(r):
    return (
        r.id + r.at + len(r.sensor) + r.celsius + (r.humidity or 0) + (r.pressure or 0) + (r.battery or 0)
        + (r.site or 0) + (r.fault or 0) + (r.retries or 0)
    )


def of_mapping(r):
    return (
        r["id"] + r["at"] + len(r["sensor"]) + r["celsius"] + (r["humidity"] or 0) + (r["pressure"] or 0)
        + (r["battery"] or 0) + (r["site"] or 0) + (r["fault"] or 0) + (r["retries"] or 0)
    )


FORMS = {
    "__slots__": (lambda values: Slots(*values), of_object),
    "__dict__": (lambda values: Dict(*values), of_object),
    "dict": (lambda values: dict(zip(FIELDS, values)), of_mapping),
}


def resident():
    with open("/proc/self/status") as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


def measure(form, records, csv):
    make, read = FORMS[form]
    before = resident()
    kept = [make(values(n)) for n in range(records)]
    size = (resident() - before) / records
    times = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        sum(map(read, kept))
        times.append((time.perf_counter() - started) * 1e9 / records)
    if csv:
        print(f"records,{form},{size:.0f},bytes a record\nrecords,{form},{statistics.median(times):.3f},ns a record")
        return
    print(f"{form:<10} {size:5.0f} bytes a record  {statistics.median(times):8.2f} ns a record scanned")


if __name__ == "__main__":
    words = sys.argv[1:]
    csv = "csv" in words
    count = next((int(word) for word in words if word != "csv"), 1_000_000)
    for form in FORMS:
        process = multiprocessing.Process(target=measure, args=(form, count, csv))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(process.exitcode)
