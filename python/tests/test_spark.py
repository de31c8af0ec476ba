"""On a cluster of two workers on this machine: the verdicts of the command, whatever happens to the workers."""

import os
import pathlib
import signal
import sys
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import of_traces, ordered, summaries, table
from rows import ROOT, RULES, WINDOWS, rows

import betrace

pyspark = pytest.importorskip("pyspark", reason="no PySpark: pip install './python[spark]'")

import betrace.spark  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from pyspark.sql import functions as F  # noqa: E402


@pytest.fixture(scope="module")
def spark(tmp_path_factory):
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["SPARK_HOME"] = str(pathlib.Path(pyspark.__file__).parent)
    # The cluster's own word of what it starts its workers for.
    os.environ["SPARK_SCALA_VERSION"] = "2.13"
    settings = {
        "spark.ui.enabled": "false",
        "spark.sql.session.timeZone": "America/New_York",
        "spark.local.dir": str(tmp_path_factory.mktemp("spark")),
        # A sort of more rows goes to disk.
        "spark.shuffle.spill.numElementsForceSpillThreshold": "50",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "37",
        # A machine that does much else is slow, and its workers are not dead for that.
        "spark.network.timeout": "1800s",
        "spark.worker.timeout": "1800",
        "spark.python.authenticate.socketTimeout": "600s",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
    }
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("betrace")
    for name, value in settings.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    yield session
    session.stop()


def found(frame):
    return ordered([row.asDict(recursive=True) for row in frame.collect()])


def spilled(frame):
    """How many bytes the sorts of a frame that was collected took to disk."""
    nodes, size = [frame._jdf.queryExecution().executedPlan()], 0
    while nodes:
        node = nodes.pop()
        if node.nodeName() == "AdaptiveSparkPlan":
            nodes.append(node.executedPlan())
        if node.nodeName().endswith("QueryStage"):
            nodes.append(node.plan())
        metric = node.metrics().get("spillSize")
        if metric.isDefined():
            size += metric.get().value()
        children = node.children()
        nodes.extend(children.apply(number) for number in range(children.size()))
    return size


@pytest.mark.parametrize("partitions, together", [(1, 100_000), (1, 100), (200, 100_000), (3, 1), (None, 250)])
def test_verdicts_are_those_of_the_command_on_one_partition_or_many(spark, command, recorded, partitions, together):
    lines, _ = command("--verdicts", "all", recorded)
    spans = spark.read.parquet(str(recorded))
    evaluation = betrace.spark.evaluate(spans, RULES, verdicts=["all"], partitions=partitions, together=together)
    verdicts = evaluation.verdicts
    assert found(verdicts) == of_traces(lines)
    assert spilled(verdicts) > 0
    assert evaluation.faults.count() == 0


def test_summaries_are_added_up_to_those_of_the_command(spark, command, recorded):
    lines, _ = command("--summary", recorded)
    right = summaries(lines)
    spans = spark.read.parquet(str(recorded))
    evaluation = betrace.spark.evaluate(spans, RULES, partitions=5, together=100)
    assert sorted((row.asDict() for row in evaluation.summary.collect()), key=lambda row: row["rule"]) == right
    nothing = betrace.spark.evaluate(spans.where("false"), RULES).summary.collect()
    assert [row["violated"] for row in nothing] == [0] * len(right)
    assert {row["never_applied"] for row in nothing} == {"no_span"}


@pytest.mark.parametrize("kind", [pa.timestamp("us", "UTC"), pa.timestamp("us")], ids=str)
def test_times_of_spark_are_read_as_what_they_are(spark, command, tmp_path, kind):
    of_recordings = table(list(rows()))
    times = of_recordings.column("Timestamp").cast(pa.timestamp("ns")).cast(kind, safe=False)
    pq.write_table(of_recordings.set_column(0, "Timestamp", times), tmp_path / "spans.parquet")
    lines, _ = command("--verdicts", "all", tmp_path)
    spans = spark.read.parquet(str(tmp_path))
    assert spans.schema["Timestamp"].dataType.typeName() in ("timestamp", "timestamp_ntz")
    assert found(betrace.spark.replay(spans, RULES, verdicts=["all"])) == of_traces(lines)


def test_ids_in_any_spelling_are_one_trace(spark, recorded):
    spans = spark.read.parquet(str(recorded))
    mixed = spans.withColumn("TraceId", F.when(F.rand(7) < 0.5, F.upper("TraceId")).otherwise(F.col("TraceId")))
    right = found(betrace.spark.replay(spans, RULES, verdicts=["all"]))
    assert found(betrace.spark.replay(mixed, RULES, verdicts=["all"], partitions=9)) == right


def test_a_row_that_is_no_span_ends_the_job_or_is_told(spark, recorded):
    spans = spark.read.parquet(str(recorded))
    right = found(betrace.spark.replay(spans, RULES, verdicts=["all"]))
    broken = spans.limit(1).withColumn("TraceId", F.lit("no id"))
    nothing = spans.limit(1).withColumn("TraceId", F.lit(None).cast("string"))
    both = spans.union(broken).union(nothing)
    with pytest.raises(Exception, match="TraceId is no id of 32 hex digits: `no id`"):
        betrace.spark.replay(spans.union(broken), RULES).collect()
    kept = betrace.spark.evaluate(both, RULES, verdicts=["all"], on_fault="keep", partitions=4).persist()
    assert found(kept.verdicts) == right
    assert len(kept.faults.collect()) == 2
    kept.unpersist()


def test_a_worker_that_is_killed_in_the_middle_changes_nothing(spark, command, recorded, tmp_path):
    lines, _ = command("--verdicts", "all", recorded)
    called, answered, killed = (tmp_path / name for name in ("called", "answered", "killed"))

    # Reading and writing a named pipe wait for the other side, so nobody looks at a clock.
    os.mkfifo(called)
    os.mkfifo(answered)
    answer = os.open(answered, os.O_RDWR)

    def gate(batches):
        """Within the task of the evaluation: says which process runs it, and waits until that was killed."""
        from pyspark import TaskContext

        if TaskContext.get().partitionId() == 3 and not killed.exists():
            # Executor, daemon of Python, worker.
            stat = pathlib.Path(f"/proc/{os.getppid()}/stat").read_text()
            with answered.open() as waiting:
                called.write_text(stat.rpartition(")")[2].split()[1])
                waiting.read()
        yield from batches

    def kill():
        try:
            executor = int(called.read_text())
            assert b"CoarseGrainedExecutorBackend" in pathlib.Path(f"/proc/{executor}/cmdline").read_bytes()
            os.kill(executor, signal.SIGKILL)
            killed.touch()
        finally:
            os.close(answer)

    spans = spark.read.parquet(str(recorded))
    parts = betrace.spark.evaluate(spans, RULES, verdicts=["all"], partitions=8, together=50).parts
    gated = betrace.spark.Evaluation(betrace.load(RULES), parts.mapInArrow(gate, parts.schema))
    threading.Thread(target=kill, daemon=True).start()
    verdicts = found(gated.verdicts)
    assert killed.exists(), "nothing was killed"
    assert verdicts == of_traces(lines)


def test_what_cannot_be_evaluated_is_refused_before_a_job_runs(spark, recorded):
    spans = spark.read.parquet(str(recorded))
    with pytest.raises(ValueError, match="no TraceId, SpanName"):
        betrace.spark.replay(spans.drop("TraceId", "SpanName"), RULES)
    with pytest.raises(ValueError, match="violated"):
        betrace.spark.replay(spans, RULES, verdicts=["right"])
    with pytest.raises(ValueError, match="on_fault"):
        betrace.spark.evaluate(spans, RULES, on_fault="hide")


def test_rules_over_many_traces_are_refused_with_their_places_and_a_way_out(spark, recorded):
    spans = spark.read.parquet(str(recorded))
    with pytest.raises(ValueError, match="windows.yaml:3:9: rule busy is over many traces.*`betrace replay`") as caught:
        betrace.spark.replay(spans, [WINDOWS, RULES])
    # Each of them, and no disabled one.
    assert len(str(caught.value).splitlines()) == 3


def test_the_page_shows_what_runs(spark, recorded, tmp_path, capsys):
    page = (ROOT / "docs" / "scaling-history.md").read_text()
    shown = page.split("```python\n")[1].split("```")[0]
    # Spark finds paths from where it was started.
    for name, path in [("traces/", recorded), ("rules/", RULES), ("verdicts/", tmp_path / "verdicts")]:
        assert f'"{name}"' in shown
        shown = shown.replace(f'"{name}"', repr(str(path)))
    exec(shown, {"spark": spark})
    assert spark.read.parquet(str(tmp_path / "verdicts")).count() > 0
    assert "never_applied" in capsys.readouterr().out
