"""What it costs to evaluate recordings in Parquet: by one process, and by Spark on as many cores as are named.

    target/tools/python/bin/python python/tests/rate.py --copies 200 --cores 1 2

Prints the table of docs/scaling-history.md, in seconds of processor time, which a machine that does something else
does not change much. The spans are the recordings of testdata/traces, copied under other ids. Copies are alike, and
compress as no real spans do: what a terabyte takes is therefore said of what the same spans are as OTLP JSON.
"""

import argparse
import os
import pathlib
import sys
import tempfile
import time

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from conftest import table
from rows import RECORDINGS, RULES, rows

import betrace


def write(folder, copies, files):
    """The recordings so often, in so many files, with the spans of a trace in all of them."""
    found = list(rows())
    for part in range(files):
        once = table(found[part::files])
        at, ids = once.schema.get_field_index("TraceId"), once.column("TraceId")

        def copied(copy, once=once, at=at, ids=ids):
            # Other leading digits for each copy, in no order, as ids have them.
            head = f"{copy * 2654435761 % 2**32:08x}"
            return once.set_column(at, once.schema.field(at), pc.binary_replace_slice(ids, 0, 8, head))

        some = pa.concat_tables(map(copied, range(copies)))
        pq.write_table(some, folder / f"part-{part}.parquet", compression="zstd", row_group_size=50_000)
    return len(found) * copies


def processor_time():
    """Of this process and all below it, in seconds."""
    parents, used = {}, {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            stat = pathlib.Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(name)] = int(stat[1])
        # Its own, and that of children which ended.
        used[int(name)] = sum(map(int, stat[11:15])) / os.sysconf("SC_CLK_TCK")

    def is_below(process):
        while process and process != os.getpid():
            process = parents.get(process)
        return process == os.getpid()

    return sum(seconds for process, seconds in used.items() if is_below(process))


def of_process(folder):
    begun, used = time.monotonic(), processor_time()
    played = betrace.replay(folder, RULES)
    return played, time.monotonic() - begun, processor_time() - used


def of_spark(folder, cores):
    import betrace.spark
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master(f"local[{cores}]").config("spark.ui.enabled", "false")
    session = builder.config("spark.driver.memory", "2g").getOrCreate()
    session.range(1).count()
    begun, used = time.monotonic(), processor_time()
    verdicts = betrace.spark.replay(session.read.parquet(str(folder)), RULES, partitions=8 * cores).count()
    took, used = time.monotonic() - begun, processor_time() - used
    session.stop()
    return verdicts, took, used


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--cores", type=int, nargs="*", default=[1, 2])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        spans = write(folder, options.copies, 8)
        size = sum(path.stat().st_size for path in folder.iterdir()) / spans
        plain = sum(path.stat().st_size for path in RECORDINGS) * options.copies / spans
        rules = len(betrace.load(RULES))
        print(f"{spans:,} spans, {rules} rules; {size:.0f} bytes a span here, {plain:.0f} as OTLP JSON\n")
        print("| by | seconds | of a processor | spans a second of a processor | ratio | a terabyte of OTLP JSON |")
        print("|---|---|---|---|---|---|")

        played, took, used = of_process(folder)
        assert played.spans == spans, f"{played.spans} of {spans} spans"
        least = used

        def told(what, took, used):
            hours = 1e12 / plain * used / spans / 3600
            columns = [what, f"{took:.1f}", f"{used:.1f}", f"{spans / used:,.0f}", f"{used / least:.2f}"]
            print(f"| {' | '.join(columns)} | {hours:.0f} core hours |", flush=True)

        told("`betrace.replay`, one process", took, used)
        for cores in options.cores:
            verdicts, took, used = of_spark(folder, cores)
            assert verdicts == len(played), f"{verdicts} verdicts, not {len(played)}"
            told(f"`betrace.spark.replay`, `local[{cores}]`", took, used)


main()
