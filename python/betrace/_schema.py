"""What verdicts and summaries look like as Arrow tables."""

import pyarrow as pa

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
    ]
)
"""One verdict of one rule about one trace, as ``betrace replay --format json`` writes it. ``never_applied`` is none of
a trace, and stands in the summary."""

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
