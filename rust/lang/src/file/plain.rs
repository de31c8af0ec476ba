//! What a plain YAML scalar means: a number, a boolean, a duration or text. Quoted ones are text.

use crate::codes::{Code, conditions as codes};
use crate::condition::check::notation::{Figure, either, figure, is_padded};
use crate::condition::spelling;
use crate::file::read::Reader;
use crate::file::yaml::{Scalar, Style, YamlNode};
use crate::rule::{Literal, Name, Number};

/// An item of `lists:`, typed as the same word in a condition would be.
pub(crate) fn literal(scalar: &Scalar<'_>) -> Literal {
    let text = || Literal::Text(Name::from(&*scalar.value));
    if scalar.style != Style::Plain {
        return text();
    }
    match &*scalar.value {
        "true" => Literal::Bool(true),
        "false" => Literal::Bool(false),
        value => match number(value) {
            Some(number) => Literal::Number(number),
            None => match duration(value).and_then(|nanos| u64::try_from(nanos).ok()) {
                Some(nanos) => Literal::Duration(nanos),
                None => text(),
            },
        },
    }
}

/// As [`literal`], with a doubt about what YAML has for something else than this language.
pub(crate) fn listed_literal(
    reader: &mut Reader<'_>,
    node: &YamlNode<'_>,
    scalar: &Scalar<'_>,
) -> Literal {
    let value = literal(scalar);
    if scalar.style == Style::Plain
        && let Some((code, message, suggestion)) = doubt(&scalar.value, &value)
    {
        let range = reader.span(node);
        let quoted = format!(
            "if the text is meant, put it in quotes: `\"{}\"`",
            scalar.value
        );
        let diagnostic = reader.report(code, range, message);
        diagnostic.help = Some(quoted);
        diagnostic.suggestion = suggestion;
    }
    value
}

/// What a plain word probably means that is a text here, or a number that is another one to YAML.
fn doubt(word: &str, value: &Literal) -> Option<(Code, String, Option<String>)> {
    match value {
        Literal::Text(_) if matches!(word, "True" | "TRUE" | "False" | "FALSE") => Some((
            codes::ODD_WORD,
            format!("`{word}` is a text here; booleans are `true` and `false`"),
            Some(word.to_ascii_lowercase()),
        )),
        Literal::Text(_) => match figure(word)? {
            Figure::One(number) => Some((
                codes::NUMBER_AGAINST_TEXT,
                format!("`{word}` is a text here and no number; it is written out `{number}`"),
                Some(number),
            )),
            Figure::Either(decimal, binary) => Some((
                codes::NUMBER_AGAINST_TEXT,
                format!(
                    "`{word}` is a text here and no number; {}",
                    either(&decimal, &binary)
                ),
                None,
            )),
        },
        Literal::Number(number) => is_padded(word).then(|| {
            let number = spelling::number(*number);
            let message =
                format!("`{word}` is the number {number} here, which the text `{word}` is not");
            (
                codes::ZEROS_BEFORE_NUMBER,
                message,
                Some(format!("\"{word}\"")),
            )
        }),
        _ => None,
    }
}

fn number(text: &str) -> Option<Number> {
    if !is_number(text) {
        return None;
    }
    let digits = text.replace('_', "");
    match digits.parse::<i128>() {
        Ok(int) => Some(Number::Int(int)),
        Err(_) => digits.parse::<f64>().ok().and_then(Number::from_f64),
    }
}

/// Sign, digits with `_` between them, decimals, exponent.
pub(crate) fn is_number(text: &str) -> bool {
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (
            mantissa,
            Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent)),
        ),
        None => (text, None),
    };
    let (whole, decimals) = match mantissa.split_once('.') {
        Some((whole, decimals)) => (whole, Some(decimals)),
        None => (mantissa, None),
    };
    let are_digits = |text: &str| {
        !text.is_empty()
            && text.bytes().all(|b| b.is_ascii_digit() || b == b'_')
            && !text.starts_with('_')
            && !text.ends_with('_')
    };
    are_digits(whole) && decimals.is_none_or(are_digits) && exponent.is_none_or(are_digits)
}

/// Nanoseconds of a number with a unit; `None` if it is not one or too long for an `i64`.
pub(crate) fn duration(text: &str) -> Option<i64> {
    let split = text.find(|c: char| c.is_ascii_alphabetic() || c == 'µ' || c == 'μ')?;
    let (digits, unit) = text.split_at(split);
    let nanos: i128 = match unit {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    };
    if !is_number(digits) {
        return None;
    }
    let digits = digits.replace('_', "");
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, digits.strip_prefix('+').unwrap_or(&digits)),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let mut total = whole.parse::<i128>().ok()?.checked_mul(nanos)?;
    let mut unit = nanos;
    for digit in decimals.bytes() {
        unit /= 10;
        total += i128::from(digit - b'0') * unit;
    }
    i64::try_from(sign * total).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(value: &str) -> Scalar<'_> {
        Scalar::new(value, Style::Plain)
    }

    #[test]
    fn numbers_durations_and_text_are_told_apart() {
        assert_eq!(literal(&plain("5")), Literal::Number(Number::Int(5)));
        assert_eq!(
            literal(&plain("1_000.50")),
            Literal::Number(Number::Float(1000.5))
        );
        assert_eq!(literal(&plain("-1e3")), Literal::Number(Number::Int(-1000)));
        assert_eq!(literal(&plain("250ms")), Literal::Duration(250_000_000));
        assert_eq!(literal(&plain("true")), Literal::Bool(true));
        for text in [
            "0x1f", "1.2.3", "_1", "1_", "5 ms", "stripe", "e5", ".5", "1e", "-", "inf", "nan",
            "-5ms",
        ] {
            assert_eq!(literal(&plain(text)), Literal::Text(text.into()), "{text}");
        }
        assert_eq!(
            literal(&Scalar::new("5", Style::SingleQuoted)),
            Literal::Text("5".into())
        );
    }

    #[test]
    fn durations_are_exact() {
        assert_eq!(duration("1.5s"), Some(1_500_000_000));
        assert_eq!(duration("-0.000001ms"), Some(-1));
        assert_eq!(duration("2m"), Some(120_000_000_000));
        assert_eq!(duration("9223372036854775807ns"), Some(i64::MAX));
        assert_eq!(duration("9223372036854775808ns"), None);
        assert_eq!(duration("99999999999999999999999999999999999999999h"), None);
        for text in ["5", "ms", "5 ms", "1e3s", "5d", "", "--5s"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
