"""The same columns as a DataFrame library writes them: microseconds, maps, lists of structs. spark_columns.py FOLDER"""
import datetime, sys
import pyarrow as pa
import pyarrow.parquet as pq

text = pa.map_(pa.string(), pa.string())
schema = pa.schema([
    ("Timestamp", pa.timestamp("us", tz="UTC")), ("TraceId", pa.string()), ("SpanId", pa.string()), ("ParentSpanId", pa.string()),
    ("SpanName", pa.string()), ("SpanKind", pa.string()), ("ServiceName", pa.string()), ("ResourceAttributes", text), ("ScopeName", pa.string()),
    ("SpanAttributes", text), ("Duration", pa.int64()), ("StatusCode", pa.string()), ("StatusMessage", pa.string()),
    ("Events", pa.list_(pa.struct([("Timestamp", pa.timestamp("us", tz="UTC")), ("Name", pa.string()), ("Attributes", text)]))),
    ("Links", pa.list_(pa.struct([("TraceId", pa.string()), ("SpanId", pa.string()), ("TraceState", pa.string()), ("Attributes", text)]))),
    ("unread", pa.int32()),
])
trace, start = "5b8aa5a2d2c872e8321cf37308d69df2", datetime.datetime.fromtimestamp(1700000000, datetime.timezone.utc)
micros = lambda n: start + datetime.timedelta(microseconds=n)
op = dict(Timestamp=start, TraceId=trace, SpanId="00000000000000a1", ParentSpanId=None, SpanName="op", SpanKind="SERVER", ServiceName="shop",
          ResourceAttributes=[("service.version", "1.4.2")], ScopeName="lib", SpanAttributes=[], Duration=1000000, StatusCode="Unset", StatusMessage=None, Events=[], Links=None, unread=1)
child = dict(op, Timestamp=micros(100), SpanId="00000000000000a2", ParentSpanId="00000000000000a1", SpanName="child", SpanKind="CLIENT", SpanAttributes=[("n", "5")],
             Duration=100000, StatusCode="Error", StatusMessage="boom", Events=[dict(Timestamp=micros(150), Name="retry", Attributes=[("attempt", "2")])],
             Links=[dict(TraceId=trace, SpanId="00000000000000a1", TraceState="", Attributes=[])])
table = pa.Table.from_pylist([op, child], schema=schema)
pq.write_table(table, f"{sys.argv[1]}/columns.parquet", compression="snappy")
pq.write_table(table, f"{sys.argv[1]}/columns-int96.parquet", use_deprecated_int96_timestamps=True)
