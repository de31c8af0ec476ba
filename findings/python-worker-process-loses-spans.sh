#!/bin/bash
# What a worker process of Python's multiprocessing does (Process, Pool, or the executor of concurrent.futures) leaves no
# span: the worker's copy of the batch processor is given up with it. Python's SDK flushes when a program ends, by atexit,
# and such a worker ends without that; the program that waits for it in good order, and sends its own spans, does not help.
#
# Why it matters to who writes rules: the work that was heavy enough for a process of its own is missing from its trace, and
# rules that rest on absence ("each order is written") fire for all of it. A worker that lives on shows some of its spans.
#
# Expectation: a worker that ends in good order sends what it holds, as the program does; the SDK sees to forks itself.
# Versions: opentelemetry-sdk 1.45.2 (Python 3.11 on Linux, where workers are forked).
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; cd "$work"
python3 -m venv v
v/bin/pip install -q --no-compile --disable-pip-version-check opentelemetry-sdk==1.45.2

cat > probe.py <<'PY'
import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Pool, Process

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult


class Lines(SpanExporter):
    """Writes names past Python's buffers, which such a worker loses as well."""

    def export(self, spans):
        os.write(1, "".join(f"{span.name}\n" for span in spans).encode())
        return SpanExportResult.SUCCESS


provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(Lines()))
tracer = provider.get_tracer("probe")


def work(name):
    with tracer.start_as_current_span(name):
        pass
    if name.endswith("flushed"):
        provider.force_flush()


for flushed in ["", " flushed"]:
    with tracer.start_as_current_span("program"):
        process = Process(target=work, args=("process" + flushed,))
        process.start()
        process.join()
        with ProcessPoolExecutor(1) as executor:
            executor.submit(work, "executor" + flushed).result()
        with Pool(1) as pool:
            pool.map(work, ["pool" + flushed])
            pool.close()
            pool.join()
PY
seen=$(v/bin/python -W ignore probe.py | sort)

echo "opentelemetry-sdk 1.45.2: spans of three kinds of workers, each waited for until it has ended, and once more with a flush"
echo "expected: three of the program's workers and three that flush, beside the program's two"
echo "seen:"; echo "$seen"
[ "$seen" = "executor flushed
pool flushed
process flushed
program
program" ] || { echo "the behaviour changed"; exit 1; }
