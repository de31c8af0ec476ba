//! Fields of spans as the shapes that are no OTLP write them. An error says in words what cannot be
//! read; null and absence are no error.

use std::borrow::Cow;

use crate::traces::text::scalar;
use crate::traces::text::told::excerpt;
use crate::traces::text::tree::Tree;

/// A tree in a message.
#[must_use]
pub fn shown(tree: &Tree<'_>) -> String {
    match tree {
        Tree::Null => "null".to_owned(),
        Tree::Bool(value) => value.to_string(),
        Tree::Number(digits) => excerpt(digits),
        Tree::Text(text) => excerpt(text),
        Tree::List(_) => "[…]".to_owned(),
        Tree::Object(_) => "{…}".to_owned(),
    }
}

/// Up to `2N` hex digits, not all of them zero.
pub fn id<const N: usize>(tree: &Tree<'_>, what: &str) -> Result<[u8; N], String> {
    let id = tree.text().and_then(scalar::short_id::<N>);
    id.filter(|id| *id != [0; N])
        .ok_or_else(|| format!("{what} is no id of {} hex digits: `{}`", 2 * N, shown(tree)))
}

/// As [`id`], but empty, null and zero are none.
pub fn optional_id<const N: usize>(tree: &Tree<'_>, what: &str) -> Result<Option<[u8; N]>, String> {
    let text = match tree {
        Tree::Null => return Ok(None),
        tree => tree.text().unwrap_or(b"?"),
    };
    if text.is_empty() {
        return Ok(None);
    }
    let id = scalar::short_id::<N>(text)
        .ok_or_else(|| format!("{what} is no id of {} hex digits: `{}`", 2 * N, shown(tree)))?;
    Ok((id != [0; N]).then_some(id))
}

/// Text, or nothing.
pub fn text<'t>(tree: &'t Tree<'t>, what: &str) -> Result<Cow<'t, [u8]>, String> {
    match tree {
        Tree::Null => Ok(Cow::Borrowed(b"")),
        Tree::Text(text) => Ok(Cow::Borrowed(text)),
        other => Err(format!("{what} is no text: `{}`", shown(other))),
    }
}

/// Microseconds as nanoseconds.
pub fn micros(tree: &Tree<'_>, what: &str) -> Result<u64, String> {
    if tree.is_null() {
        return Ok(0);
    }
    let time = tree.uint().and_then(|micros| micros.checked_mul(1000));
    time.ok_or_else(|| format!("{what} is no count of microseconds: `{}`", shown(tree)))
}

/// Nanoseconds, as a number or text of one.
pub fn nanos(tree: &Tree<'_>, what: &str) -> Result<u64, String> {
    if tree.is_null() {
        return Ok(0);
    }
    tree.uint()
        .ok_or_else(|| format!("{what} is no count of nanoseconds: `{}`", shown(tree)))
}

/// Where a span that began then and lasted so long ends.
pub fn end(start: u64, duration: u64) -> Result<u64, String> {
    start
        .checked_add(duration)
        .ok_or_else(|| format!("a span that ends after the year 2554: {duration} ns from {start}"))
}

/// A time as text, such as `2023-11-14T22:13:20.000001Z`.
pub fn written_time(tree: &Tree<'_>, what: &str) -> Result<u64, String> {
    if tree.is_null() {
        return Ok(0);
    }
    tree.text()
        .and_then(time_of)
        .ok_or_else(|| format!("{what} is no time: `{}`", shown(tree)))
}

/// Whether a calendar has the day.
fn is_date(year: i64, month: i64, day: i64) -> bool {
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// Whether a day has the time: a leap second is one, and so is the midnight at its end.
fn is_time(hour: i64, minute: i64, second: i64) -> bool {
    (hour < 24 && minute < 60 && second <= 60) || (hour, minute, second) == (24, 0, 0)
}

/// Nanoseconds since 1970 of `YYYY-MM-DD hh:mm:ss`, with `T` or a space between, a fraction or none,
/// and `Z`, an offset or nothing (UTC) behind it. The year 1, which Go prints for no time, is 0.
#[must_use]
pub fn time_of(text: &[u8]) -> Option<u64> {
    let number = |from: usize, to: usize| -> Option<i64> {
        text.get(from..to)?.iter().try_fold(0i64, |value, digit| {
            digit
                .is_ascii_digit()
                .then(|| value * 10 + i64::from(digit - b'0'))
        })
    };
    let marks = [(4, b"-"), (7, b"-"), (13, b":"), (16, b":")];
    if !marks
        .iter()
        .all(|(at, mark)| text.get(*at..at + 1) == Some(mark.as_slice()))
    {
        return None;
    }
    if !matches!(text.get(10), Some(b'T' | b't' | b' ')) {
        return None;
    }
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !is_date(year, month, day) || !is_time(hour, minute, second) {
        return None;
    }
    let mut rest = &text[19..];
    let mut fraction = 0i64;
    if let Some(after) = rest.strip_prefix(b".") {
        let digits = after.iter().take_while(|b| b.is_ascii_digit()).count();
        if digits == 0 {
            return None;
        }
        for place in 0..9 {
            let digit = after.get(place).filter(|_| place < digits);
            fraction = fraction * 10 + digit.map_or(0, |digit| i64::from(digit - b'0'));
        }
        rest = &after[digits..];
    }
    let offset = match rest {
        b"" | b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), zone @ ..] => {
            let two = |digits: &[u8]| -> Option<i64> {
                let text = std::str::from_utf8(digits).ok()?;
                text.parse()
                    .ok()
                    .filter(|_| digits.len() == 2 && digits[0].is_ascii_digit())
            };
            let minutes = match zone.len() {
                5 if zone[2] == b':' => two(&zone[..2])? * 60 + two(&zone[3..])?,
                4 => two(&zone[..2])? * 60 + two(&zone[2..])?,
                2 => two(zone)? * 60,
                _ => return None,
            };
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    if year == 1 {
        return Some(0);
    }
    let seconds =
        days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - offset * 60;
    u64::try_from(seconds)
        .ok()?
        .checked_mul(1_000_000_000)?
        .checked_add(fraction.cast_unsigned())
}

/// Days from 1970-01-01 to a date of the Gregorian calendar (H. Hinnant, "chrono-compatible low-level
/// date algorithms", `days_from_civil`).
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_forms_that_tools_write() {
        for (text, nanos) in [
            ("2023-11-14T22:13:20Z", 1_700_000_000_000_000_000),
            ("2023-11-14T22:13:20.000001Z", 1_700_000_000_000_001_000),
            ("2023-11-14 22:13:20.123456789", 1_700_000_000_123_456_789),
            ("2023-11-15T00:13:20.5+02:00", 1_700_000_000_500_000_000),
            ("2023-11-14T17:13:20-0500", 1_700_000_000_000_000_000),
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29T12:00:00Z", 951_825_600_000_000_000),
            ("0001-01-01T00:00:00Z", 0),
            (
                "2023-11-14T22:13:20.1234567891234Z",
                1_700_000_000_123_456_789,
            ),
        ] {
            assert_eq!(time_of(text.as_bytes()), Some(nanos), "{text}");
        }
        for text in [
            "",
            "2023",
            "2023-11-14",
            "2023-13-14T22:13:20Z",
            "2023-11-14T22:13:20.Z",
            "1969-12-31T23:59:59Z",
            "2023-11-14T22:13:20+2",
            "2023-11-14T22:13:20 CET",
            "9999-11-14T22:13:20Z",
            "2023-11-14x22:13:20Z",
            "2023-11-1xT22:13:20Z",
            "2023-11-14T22:13:20+-2:00",
        ] {
            assert_eq!(time_of(text.as_bytes()), None, "{text}");
        }
    }
}
