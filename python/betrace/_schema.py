"""What verdicts and summaries look like as Arrow tables."""

import pyarrow as pa

_REACH = pa.list_(pa.float64())
"""The least and the largest that a value may be; null is infinite."""

WINDOW = pa.struct(
    [
        pa.field("start_unix_nano", pa.int64()),
        pa.field("end_unix_nano", pa.int64()),
        pa.field("group", pa.map_(pa.string(), pa.string())),
        pa.field("measure", pa.string()),
        pa.field("unit", pa.string()),
        pa.field("value", _REACH),
        pa.field("bound", _REACH),
        pa.field("confidence", pa.float64()),
        pa.field("samples", pa.int64()),
        # Of a share, and of a number of traces.
        pa.field("hits", pa.int64()),
        pa.field("unknown", pa.int64()),
        pa.field("exemplars", pa.list_(pa.struct([pa.field("trace_id", pa.string()), pa.field("span_id", pa.string())]))),
    ]
)
"""What a rule over many traces measured of a group in a stretch of time."""

VERDICTS = pa.schema(
    [
        pa.field("rule", pa.string(), nullable=False),
        pa.field("trace_id", pa.string(), nullable=False),
        pa.field("verdict", pa.string(), nullable=False),
        pa.field("clause", pa.string()),
        pa.field("clause_text", pa.string()),
        pa.field("message", pa.string()),
        pa.field("severity", pa.string(), nullable=False),
        pa.field("emit", pa.string()),
        pa.field("reason", pa.string()),
        pa.field("complete", pa.bool_(), nullable=False),
        pa.field("count", pa.int64()),
        # Null beyond the year 2262.
        pa.field("start_time_unix_nano", pa.int64()),
        pa.field("end_time_unix_nano", pa.int64()),
        pa.field(
            "evidence",
            pa.list_(
                pa.struct(
                    [
                        pa.field("span_id", pa.string()),
                        pa.field("role", pa.string()),
                        pa.field("name", pa.string()),
                        pa.field("service", pa.string()),
                    ]
                )
            ),
        ),
        pa.field("violation_id", pa.string()),
        # Of rules over many traces.
        pa.field("window", WINDOW),
    ]
)
"""One verdict of one rule about one trace, or about a group in a window, as ``betrace replay --format json`` writes it.
``never_applied`` is none of a trace, and stands in the summary."""

OF_TRACES = VERDICTS.remove(VERDICTS.get_field_index("window"))
"""The same where there are no rules over many traces."""

SUMMARY = pa.schema(
    [
        pa.field("rule", pa.string(), nullable=False),
        pa.field("violated", pa.int64()),
        pa.field("satisfied", pa.int64()),
        pa.field("not_applicable", pa.int64()),
        pa.field("inconclusive", pa.int64()),
        pa.field("spans_matched", pa.int64()),
        pa.field("first_violation_unix_nano", pa.int64()),
        pa.field("last_violation_unix_nano", pa.int64()),
        pa.field("never_applied", pa.string()),
    ]
)
"""What all traces came to, a row a rule, as ``betrace replay --summary`` writes it."""

COUNTS = ["violated", "satisfied", "not_applicable", "inconclusive", "spans_matched"]
"""The columns of a summary that add up over parts of the traces."""
