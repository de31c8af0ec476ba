//! Values of attributes, as YAML types them.

use crate::file::plain::is_number;
use crate::file::read::Reader;
use crate::file::rule_tests::model::AttributeValue;
use crate::file::yaml::{Scalar, Style, YamlKind, YamlNode};

/// A mapping of keys and values.
pub(super) fn read_attributes(
    reader: &mut Reader<'_>,
    node: &YamlNode<'_>,
) -> Vec<(String, AttributeValue)> {
    let entries = reader.entries(node, "attributes");
    let key = |node: &YamlNode<'_>| {
        node.as_scalar()
            .map(|key| key.value.to_string())
            .unwrap_or_default()
    };
    entries
        .iter()
        .map(|entry| (key(&entry.key), value(&entry.value)))
        .collect()
}

/// The YAML depth limit bounds the recursion.
fn value(node: &YamlNode<'_>) -> AttributeValue {
    match &node.kind {
        YamlKind::Scalar(scalar) => scalar_value(scalar),
        YamlKind::Sequence(sequence) => {
            AttributeValue::Array(sequence.items.iter().map(|item| value(item)).collect())
        }
        YamlKind::Mapping(mapping) => AttributeValue::Map(
            mapping
                .items
                .iter()
                .filter_map(|entry| {
                    Some((
                        entry.key.as_scalar()?.value.to_string(),
                        value(&entry.value),
                    ))
                })
                .collect(),
        ),
        YamlKind::Refused => AttributeValue::Empty,
    }
}

/// A scalar, written plainly or in quotes.
fn scalar_value(scalar: &Scalar<'_>) -> AttributeValue {
    let value = &*scalar.value;
    if scalar.is_null() {
        return AttributeValue::Empty;
    }
    if let Some(value) = scalar.as_bool() {
        return AttributeValue::Bool(value);
    }
    if scalar.style == Style::Plain {
        match value.to_ascii_lowercase().as_str() {
            ".nan" => return AttributeValue::Float(f64::NAN),
            ".inf" | "+.inf" => return AttributeValue::Float(f64::INFINITY),
            "-.inf" => return AttributeValue::Float(f64::NEG_INFINITY),
            _ => {}
        }
        if is_number(value) {
            let digits = value.replace('_', "");
            // Written with a point or exponent it is a decimal, as an instrumented program would send it.
            if let Ok(int) = digits.parse::<i64>() {
                return AttributeValue::Int(int);
            }
            if let Ok(float) = digits.parse::<f64>() {
                return AttributeValue::Float(float);
            }
        }
    }
    AttributeValue::Text(value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: &str) -> Scalar<'_> {
        Scalar::new(value, Style::Plain)
    }

    #[test]
    fn attributes_keep_the_kind_they_are_written_in() {
        assert_eq!(scalar_value(&plain("5")), AttributeValue::Int(5));
        assert_eq!(scalar_value(&plain("5.0")), AttributeValue::Float(5.0));
        assert_eq!(
            scalar_value(&plain("9223372036854775808")),
            AttributeValue::Float(9223372036854775808.0)
        );
        assert_eq!(scalar_value(&plain("null")), AttributeValue::Empty);
        assert_eq!(
            scalar_value(&plain("250ms")),
            AttributeValue::Text("250ms".into())
        );
        assert_eq!(
            scalar_value(&Scalar::new("", Style::DoubleQuoted)),
            AttributeValue::Text(String::new())
        );
        assert!(
            matches!(scalar_value(&plain(".nan")), AttributeValue::Float(value) if value.is_nan())
        );
    }
}
