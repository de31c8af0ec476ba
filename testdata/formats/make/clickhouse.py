"""Rows of ClickHouse's otel_traces by ClickHouse itself (chdb), in three formats. clickhouse.py FOLDER"""
import sys
from chdb import session

# exporter/clickhouseexporter/internal/sqltemplates/traces_table.sql of opentelemetry-collector-contrib, without codecs and indexes.
TABLE = """CREATE TABLE otel_traces (
Timestamp DateTime64(9), TraceId String, SpanId String, ParentSpanId String, TraceState String, SpanName LowCardinality(String),
SpanKind LowCardinality(String), ServiceName LowCardinality(String), ResourceAttributes Map(LowCardinality(String), String),
ScopeName String, ScopeVersion String, SpanAttributes Map(LowCardinality(String), String), Duration UInt64,
StatusCode LowCardinality(String), StatusMessage String,
Events Nested (Timestamp DateTime64(9), Name LowCardinality(String), Attributes Map(LowCardinality(String), String)),
Links Nested (TraceId String, SpanId String, TraceState String, Attributes Map(LowCardinality(String), String))) ENGINE = Memory"""
ROWS = """INSERT INTO otel_traces VALUES
(fromUnixTimestamp64Nano(1700000000000000000), '5b8aa5a2d2c872e8321cf37308d69df2', '00000000000000a1', '', '', 'op', 'Server', 'shop',
 {'service.name':'shop','service.version':'1.4.2'}, 'lib', '1.0', {}, 1000000, 'Unset', '', [], [], [], [], [], [], []),
(fromUnixTimestamp64Nano(1700000000000100001), '5b8aa5a2d2c872e8321cf37308d69df2', '00000000000000a2', '00000000000000a1', 'a=b', 'child', 'Client', 'shop',
 {'service.name':'shop','service.version':'1.4.2'}, 'lib', '1.0', {'n':'5','ok':'true'}, 100000, 'Error', 'boom',
 [fromUnixTimestamp64Nano(1700000000000150000)], ['retry'], [{'attempt':'2'}],
 ['5b8aa5a2d2c872e8321cf37308d69df2'], ['00000000000000a1'], ['c=d'], [{'k':'1'}])"""
database = session.Session()
for query in ["CREATE DATABASE d", "USE d", TABLE, ROWS]:
    database.query(query)
for name, format in [("clickhouse.jsonl", "JSONEachRow"), ("clickhouse.json", "JSON"), ("clickhouse.parquet", "Parquet")]:
    rows = database.query("SELECT * FROM otel_traces ORDER BY Timestamp", format)
    open(f"{sys.argv[1]}/{name}", "wb").write(rows.bytes())
