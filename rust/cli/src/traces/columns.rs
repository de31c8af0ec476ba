//! Parquet files with the columns of ClickHouse's `otel_traces`: each row is put into a tree and read as
//! the same row in JSON is. Only the columns that are read are taken from the file.

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use parquet::basic::{LogicalType, TimeUnit, Type as Physical};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, FileReader};
use parquet::file::serialized_reader::SerializedFileReader;
use parquet::record::{Field, Row};
use parquet::schema::types::Type;

use super::At;
use super::out::Out;
use super::shape::clickhouse;
use super::text::tree::Tree;
use super::wire::write::{BATCH, Writer};

/// The columns that a trace cannot do without.
const NEEDED: [&str; 4] = ["Timestamp", "TraceId", "SpanId", "SpanName"];

/// The further columns that are read; nested ones by what stands before the dot.
const READ: [&str; 13] = [
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
];

/// How deeply groups and lists may nest in a column.
const MAX_DEPTH: u32 = 8;

pub fn read(file: impl ChunkReader + 'static, out: &mut Out<'_>) {
    // The library takes some broken files for a fault of its own; that is no reason to end here.
    let outcome = catch_unwind(AssertUnwindSafe(|| rows(file, out)));
    match outcome {
        Ok(Ok(())) => {}
        Ok(Err(message)) => out.broken(At::Byte(0), &message),
        Err(_) => out.broken(
            At::Byte(0),
            "the Parquet file is broken in a way its reader did not expect",
        ),
    }
}

fn rows(file: impl ChunkReader + 'static, out: &mut Out<'_>) -> Result<(), String> {
    let broken = |error: ParquetError| format!("the Parquet file is broken: {error}");
    let reader = SerializedFileReader::new(file).map_err(broken)?;
    let schema = reader.metadata().file_metadata().schema().clone();
    let wanted = projection(&schema)?;
    let units = units(&schema);
    let mut writer = Writer::default();
    let rows = reader.get_row_iter(Some(wanted)).map_err(broken)?;
    for (number, row) in rows.enumerate() {
        let row = row.map_err(broken)?;
        let read = tree(row, &units).and_then(|tree| clickhouse::row(&tree, &mut writer));
        if let Err(message) = read {
            // A row has no place in bytes; its number is the place.
            out.broken(At::Row(number as u64), &message);
        }
        if writer.len() >= BATCH {
            out.batch(writer.bytes(), At::Row(number as u64));
            writer.clear();
        }
    }
    if !writer.is_empty() {
        out.batch(writer.bytes(), At::Row(0));
    }
    Ok(())
}

/// The part of the schema that is read.
fn projection(schema: &Type) -> Result<Type, String> {
    let fields = schema.get_fields();
    let named = |name: &str| fields.iter().find(|field| field.name() == name);
    if named("rs").is_some() || named("ResourceSpans").is_some() {
        return Err(
            "a block of Tempo's own storage, which is not read: download traces from its API (/api/v2/traces/ID) instead"
                .to_owned(),
        );
    }
    for name in NEEDED {
        if named(name).is_none() {
            return Err(format!(
                "a Parquet file without the column `{name}`: columns named as in ClickHouse's otel_traces are read"
            ));
        }
    }
    if let Some(time) = named("Timestamp")
        && time.is_primitive()
        && time.get_physical_type() == Physical::INT96
    {
        return Err(
            "the column `Timestamp` is INT96, which loses nanoseconds: write it as INT64 (in Spark, \
             spark.sql.parquet.outputTimestampType=TIMESTAMP_MICROS)"
                .to_owned(),
        );
    }
    let kept: Vec<Arc<Type>> = fields
        .iter()
        .filter(|field| {
            let outer = field.name().split('.').next().unwrap_or_default();
            NEEDED.contains(&outer) || READ.contains(&outer)
        })
        .cloned()
        .collect();
    Type::group_type_builder(schema.name())
        .with_fields(kept)
        .build()
        .map_err(|error| error.to_string())
}

/// The columns that are times or have some, with how many of its numbers make a second. The row reader says so itself
/// only of those that are adjusted to UTC, and hands the others over as plain numbers.
fn units(schema: &Type) -> Vec<(String, i64)> {
    let times = ["Timestamp", "Events.Timestamp", "Events"];
    let fields = schema.get_fields().iter();
    let times = fields.filter(|field| times.contains(&field.name()));
    times
        .map(|field| {
            (
                field.name().to_owned(),
                unit(field).unwrap_or(1_000_000_000),
            )
        })
        .collect()
}

/// That of the first time in it.
fn unit(field: &Type) -> Option<i64> {
    if field.is_group() {
        return field.get_fields().iter().find_map(|field| unit(field));
    }
    match field.get_basic_info().logical_type_ref()? {
        LogicalType::Timestamp(time) => Some(match time.unit {
            TimeUnit::MILLIS => 1_000,
            TimeUnit::MICROS => 1_000_000,
            TimeUnit::NANOS => 1_000_000_000,
        }),
        _ => None,
    }
}

fn tree(row: Row, units: &[(String, i64)]) -> Result<Tree<'static>, String> {
    row.into_columns()
        .into_iter()
        .map(|(name, field)| {
            let unit = units.iter().find(|(column, _)| *column == name);
            let unit = unit.map(|(_, unit)| *unit);
            Ok((name.into_bytes(), value(field, unit, 0)?))
        })
        .collect::<Result<Vec<_>, String>>()
        .map(Tree::Object)
}

/// `unit`: whole numbers under a name of a time are so many to a second.
fn value(field: Field, unit: Option<i64>, depth: u32) -> Result<Tree<'static>, String> {
    if depth > MAX_DEPTH {
        return Err("a column nests too deeply".to_owned());
    }
    let number = |text: String| Tree::Number(Cow::Owned(text.into_bytes()));
    Ok(match field {
        Field::Null => Tree::Null,
        Field::Bool(value) => Tree::Bool(value),
        Field::ULong(nanos) if unit.is_some() => number(format!(
            "{}.{:09}",
            nanos / 1_000_000_000,
            nanos % 1_000_000_000
        )),
        Field::TimestampMillis(millis) => seconds(millis, 1000)?,
        Field::TimestampMicros(micros) => seconds(micros, 1_000_000)?,
        Field::Byte(value) => number(value.to_string()),
        Field::Short(value) => number(value.to_string()),
        Field::Int(value) => number(value.to_string()),
        Field::Long(value) => match unit {
            Some(a_second) => seconds(value, a_second)?,
            None => number(value.to_string()),
        },
        Field::UByte(value) => number(value.to_string()),
        Field::UShort(value) => number(value.to_string()),
        Field::UInt(value) => number(value.to_string()),
        Field::ULong(value) => number(value.to_string()),
        Field::Float(value) => number(value.to_string()),
        Field::Double(value) => number(value.to_string()),
        Field::Str(text) => Tree::Text(Cow::Owned(text.into_bytes())),
        Field::Bytes(bytes) => Tree::Text(Cow::Owned(bytes.data().to_vec())),
        Field::Group(row) => Tree::Object(
            row.into_columns()
                .into_iter()
                .map(|(name, field)| {
                    let unit = unit.filter(|_| name == "Timestamp");
                    Ok((name.into_bytes(), value(field, unit, depth + 1)?))
                })
                .collect::<Result<_, String>>()?,
        ),
        Field::ListInternal(list) => Tree::List(
            list.elements()
                .iter()
                .map(|element| value(element.clone(), unit, depth + 1))
                .collect::<Result<_, String>>()?,
        ),
        Field::MapInternal(map) => Tree::Object(
            map.entries()
                .iter()
                .map(|(key, member)| {
                    let key = match key {
                        Field::Str(text) => text.clone().into_bytes(),
                        Field::Bytes(bytes) => bytes.data().to_vec(),
                        other => return Err(format!("a map with the key `{other}`")),
                    };
                    Ok((key, value(member.clone(), None, depth + 1)?))
                })
                .collect::<Result<_, String>>()?,
        ),
        other => {
            return Err(format!(
                "a value of a type that no column of spans has: `{other}`"
            ));
        }
    })
}

/// A time as a number of seconds.
fn seconds(value: i64, a_second: i64) -> Result<Tree<'static>, String> {
    if value < 0 {
        return Err(format!("a time before 1970: `{value}`"));
    }
    let nanos = value % a_second * (1_000_000_000 / a_second);
    let text = format!("{}.{nanos:09}", value / a_second);
    Ok(Tree::Number(Cow::Owned(text.into_bytes())))
}

#[cfg(test)]
mod tests {
    use parquet::schema::parser::parse_message_type;

    use super::*;

    #[test]
    fn a_column_nests_to_its_deepest_and_is_a_fault_beyond() {
        let nested = |depth: u32| {
            (0..depth).fold(Field::Int(1), |field, _| {
                Field::Group(Row::new(vec![("k".to_owned(), field)]))
            })
        };
        assert!(value(nested(MAX_DEPTH), None, 0).is_ok());
        let fault = value(nested(MAX_DEPTH + 1), None, 0).unwrap_err();
        assert_eq!(fault, "a column nests too deeply");
    }

    #[test]
    fn a_time_has_the_unit_of_its_column_whether_it_is_adjusted_to_utc_or_not() {
        let unit_of = |column: &str| {
            let schema = parse_message_type(&format!("message rows {{ {column} }}")).unwrap();
            units(&schema)
        };
        for (unit, a_second) in [
            ("MILLIS", 1_000),
            ("MICROS", 1_000_000),
            ("NANOS", 1_000_000_000),
        ] {
            for is_utc in [true, false] {
                let kind = format!("REQUIRED INT64 {{}} (TIMESTAMP({unit},{is_utc}));");
                let column = kind.replace("{}", "Timestamp");
                assert_eq!(unit_of(&column), [("Timestamp".to_owned(), a_second)]);
                let element = kind.replace("{}", "element");
                let list = format!(
                    "OPTIONAL GROUP Events.Timestamp (LIST) {{ REPEATED GROUP list {{ {element} }} }}"
                );
                assert_eq!(unit_of(&list), [("Events.Timestamp".to_owned(), a_second)]);
            }
        }
        assert_eq!(unit_of("REQUIRED INT64 Timestamp;")[0].1, 1_000_000_000);
        assert!(unit_of("REQUIRED INT64 Duration;").is_empty());
        assert!(
            matches!(value(Field::Long(1_500_000), Some(1_000_000), 0), Ok(Tree::Number(text)) if *text == *b"1.500000000")
        );
    }
}
