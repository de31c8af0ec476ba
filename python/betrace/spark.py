"""The same over a DataFrame, on a cluster: rows of spans go in, verdicts come out.

The rows have the columns of the table ``otel_traces`` that the Collector's ClickHouse exporter fills (``docs/formats.md``
says which are read). The spans of a trace are brought together by Spark, sorted by trace, and handed to the engine a
batch at a time; a worker holds the state of some thousand traces, never their spans, whatever the size of a partition.
A trace may lie anywhere: in many files, on many machines, in any order.

>>> spans = spark.read.parquet("s3a://traces/2026/11/")
>>> betrace.spark.replay(spans, "rules/").write.parquet("verdicts")
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import from_arrow_schema

from betrace import ROWS, Paths, load
from betrace._betrace import Replayed, Rules, Session
from betrace._schema import COUNTS, OF_TRACES, SUMMARY

__all__ = ["Evaluation", "evaluate", "replay"]

NEEDED = ("Timestamp", "TraceId", "SpanId", "SpanName")
READ = (
    "ParentSpanId",
    "TraceState",
    "SpanKind",
    "ServiceName",
    "ResourceAttributes",
    "ScopeName",
    "ScopeVersion",
    "SpanAttributes",
    "Duration",
    "StatusCode",
    "StatusMessage",
    "Events",
    "Links",
)
"""The further columns that are read; nested ones by what stands before the dot."""

_TRACE = "betrace_trace"
"""The column by which rows are brought together: equal for all spellings of an id."""

_PARTS = pa.schema(
    [
        pa.field("verdict", pa.struct(list(OF_TRACES))),
        pa.field("summary", pa.struct(list(SUMMARY))),
        pa.field("fault", pa.string()),
    ]
)
"""What workers give: of each row, one of these is there."""


@dataclass(frozen=True)
class Evaluation:
    """What rules say about a DataFrame of spans. Each frame is computed where it is used; :meth:`persist` keeps what
    they have in common."""

    rules: Rules
    parts: DataFrame

    @property
    def verdicts(self) -> DataFrame:
        """As :attr:`betrace.VERDICTS` without ``window``, in no order."""
        return self.parts.where("verdict is not null").select("verdict.*")

    @property
    def faults(self) -> DataFrame:
        """What could not be read: a handful of each sort a worker, and how many more."""
        return self.parts.where("fault is not null").select("fault")

    @property
    def summary(self) -> DataFrame:
        """As :attr:`betrace.SUMMARY`: the figures of all workers, added up."""
        of_parts = self.parts.where("summary is not null").select("summary.*")
        # Where no worker had anything to do, the rules are there all the same.
        nothing = [(rule, *[0] * len(COUNTS), None, None, None) for rule in self.rules.ids]
        of_parts = of_parts.union(self.parts.sparkSession.createDataFrame(nothing, from_arrow_schema(SUMMARY)))
        sums = [F.sum(name).alias(name) for name in COUNTS]
        first = F.min("first_violation_unix_nano").alias("first_violation_unix_nano")
        last = F.max("last_violation_unix_nano").alias("last_violation_unix_nano")
        added = of_parts.groupBy("rule").agg(*sums, first, last).coalesce(1)
        rules = self.rules

        def complete(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                rows = batch.to_pylist()
                never = [rules.never_applied(row["rule"], **{name: row[name] for name in COUNTS}) for row in rows]
                columns = {name: [row[name] for row in rows] for name in SUMMARY.names if name != "never_applied"}
                yield pa.RecordBatch.from_pydict(columns | {"never_applied": never}, schema=SUMMARY)

        return added.mapInArrow(complete, from_arrow_schema(SUMMARY))

    def persist(self) -> Evaluation:
        """Keeps what is computed, so that several of the frames take one pass over the spans."""
        return Evaluation(self.rules, self.parts.persist())

    def unpersist(self) -> None:
        self.parts.unpersist()


def replay(df: DataFrame, rules: Paths | Rules, *, verdicts: Iterable[str] = (), **options: int) -> DataFrame:
    """The verdicts of :func:`evaluate`; a row that cannot be read ends the job with its fault."""
    return evaluate(df, rules, verdicts=verdicts, on_fault="raise", **options).verdicts


def evaluate(
    df: DataFrame,
    rules: Paths | Rules,
    *,
    verdicts: Iterable[str] = (),
    on_fault: str = "raise",
    partitions: int | None = None,
    together: int = 100_000,
    memory_mib: int = 512,
) -> Evaluation:
    """Evaluates rules over the spans of a DataFrame; as lazy as Spark is.

    :param df: spans, a row each, with columns of ClickHouse's ``otel_traces``; others are left alone.
    :param rules: rule files here on the driver, or :class:`betrace.Rules`; their texts go to the workers. Rules over
        many traces (``over 5m …``) are refused, with their places.
    :param verdicts: as of :func:`betrace.replay`.
    :param on_fault: ``raise`` ends the job where a row cannot be read, ``keep`` leaves it out and tells of it in
        ``faults``.
    :param partitions: into how many the traces are divided; by default as many as Spark thinks right.
    :param together: about how many spans are evaluated together; a trace is never cut.
    :param memory_mib: what the state of traces may take in each worker.
    """
    if on_fault not in ("raise", "keep"):
        raise ValueError(f"on_fault is raise or keep, not {on_fault!r}")
    if together < 1:
        raise ValueError("together is at least 1")
    missing = [name for name in NEEDED if name not in df.columns]
    if missing:
        raise ValueError(f"the DataFrame has no {', '.join(missing)}: columns as in ClickHouse's otel_traces are read")
    loaded, wanted = load(rules), list(verdicts)
    if loaded.over_traces:
        raise ValueError("\n".join(map(_not_here, loaded.over_traces)))
    # What is wrong with the options is said here and not on some worker.
    Session(loaded, wanted, memory_mib)
    known = [name for name in df.columns if name.split(".")[0] in NEEDED + READ]
    # Short ids are read with the zeros that they lack.
    trace = F.lpad(F.lower(F.trim(F.col("TraceId"))), 32, "0").alias(_TRACE)
    # Spark hands no column on whose name has a dot; the workers name them again.
    spans = df.select(trace, *[F.col(f"`{name}`").alias(name.replace(".", "_dot_")) for name in known])
    count = [] if partitions is None else [partitions]
    sorted_ = spans.repartition(*count, _TRACE).sortWithinPartitions(_TRACE)
    worker = _Worker(loaded, tuple(known), wanted, memory_mib, together, on_fault == "raise")
    return Evaluation(loaded, sorted_.mapInArrow(worker, from_arrow_schema(_PARTS)))


def _not_here(rule: tuple[str, str]) -> str:
    place, name = rule
    return (
        f"{place}: rule {name} is over many traces, and a worker has but some of them: evaluate it in one process, by"
        " `betrace.replay` or the command `betrace replay`, and leave it out here (`enabled: false`, or other files)"
    )


@dataclass(frozen=True)
class _Worker:
    """Runs on the workers, once for each partition."""

    rules: Rules
    columns: tuple[str, ...]
    verdicts: list[str]
    memory_mib: int
    together: int
    is_strict: bool

    def __call__(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        session, spans, open_trace = self._session(), 0, None
        for batch in batches:
            if batch.num_rows == 0:
                continue
            spans += batch.num_rows
            cut = _begin_of_last(batch, open_trace) if spans > self.together else None
            if cut is not None:
                self._feed(session, batch.slice(0, cut))
                yield from self._end(session)
                batch = batch.slice(cut)
                session, spans = self._session(), batch.num_rows
            self._feed(session, batch)
            open_trace = batch.column(_TRACE)[-1].as_py()
        yield from self._end(session)

    def _session(self) -> Session:
        return Session(self.rules, self.verdicts, self.memory_mib)

    def _feed(self, session: Session, batch: pa.RecordBatch) -> None:
        if batch.num_rows == 0:
            return
        table = pa.Table.from_batches([batch]).drop_columns([_TRACE]).rename_columns(list(self.columns))
        parquet = pa.BufferOutputStream()
        pq.write_table(table, parquet, compression="none", use_dictionary=False, write_statistics=False)
        session.feed(parquet.getvalue().to_pybytes())

    def _end(self, session: Session) -> Iterator[pa.RecordBatch]:
        played: Replayed = session.end()
        if played.faults and self.is_strict:
            raise ValueError("rows that are no spans, which on_fault='keep' leaves out: " + "; ".join(played.faults))
        for start in range(0, len(played), ROWS):
            yield _part("verdict", pa.RecordBatch.from_pydict(played.verdicts(start, start + ROWS), schema=OF_TRACES))
        yield _part("summary", pa.RecordBatch.from_pydict(played.summary(), schema=SUMMARY))
        if played.faults:
            yield _part("fault", pa.array(played.faults, pa.string()))


def _begin_of_last(batch: pa.RecordBatch, before: str | None) -> int | None:
    """Where the last trace of rows in the order of their traces begins; None: in the rows before, whose last trace
    is given."""
    traces = batch.column(_TRACE)
    if not traces[-1].is_valid:
        return None
    begin = pc.index(traces, traces[-1]).as_py()
    return None if begin == 0 and traces[0].as_py() == before else begin


def _part(name: str, rows: pa.RecordBatch | pa.Array) -> pa.RecordBatch:
    """Rows of one kind among those of all."""
    if isinstance(rows, pa.RecordBatch):
        rows = rows.to_struct_array()
    columns = [rows.cast(field.type) if field.name == name else pa.nulls(len(rows), field.type) for field in _PARTS]
    return pa.RecordBatch.from_arrays(columns, schema=_PARTS)
