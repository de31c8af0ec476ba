//! Times as records write them: UTC, to the nanosecond, always thirty characters.

/// `2026-11-28T10:00:00.000000000Z` of nanoseconds since 1970. Days are counted as in Howard Hinnant's `civil_from_days`.
#[must_use]
pub fn time_text(unix_nanos: u64) -> String {
    let seconds = unix_nanos / 1_000_000_000;
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:09}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        unix_nanos % 1_000_000_000
    )
}

/// Reads what [`time_text`] writes, and nothing else.
#[must_use]
pub fn time_of(text: &str) -> Option<u64> {
    let number = |from: usize, to: usize| -> Option<u64> {
        let digits = text.get(from..to)?;
        digits.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
        digits.parse().ok()
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    if year < 1970 || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    // `days_from_civil` of the same author.
    let shifted_year = year - u64::from(month <= 2);
    let (era, year_of_era) = (shifted_year / 400, shifted_year % 400);
    let shifted_month = (month + 9) % 12;
    let day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * 146_097 + day_of_era).checked_sub(719_468)?;
    let second = number(11, 13)? * 3600 + number(14, 16)? * 60 + number(17, 19)?;
    let nanos = (days * 86_400 + second)
        .checked_mul(1_000_000_000)?
        .checked_add(number(20, 29)?)?;
    // Whatever is spelled otherwise, or is no such day, reads back as something else.
    (time_text(nanos) == text).then_some(nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_back_and_other_spellings_do_not() {
        for (nanos, text) in [
            (0, "1970-01-01T00:00:00.000000000Z"),
            (951_782_400_000_000_001, "2000-02-29T00:00:00.000000001Z"),
            (1_700_000_000_123_456_789, "2023-11-14T22:13:20.123456789Z"),
        ] {
            assert_eq!(time_text(nanos), text);
            assert_eq!(time_of(text), Some(nanos));
        }
        for text in [
            "",
            "2023-11-14T22:13:20Z",
            "2023-02-30T00:00:00.000000000Z",
            "2023-11-14T24:00:00.000000000Z",
            "2023-11-14 22:13:20.123456789Z",
            "2023-11-14T22:13:20.123456789+",
            "9999-99-99T99:99:99.999999999Z",
            "+023-11-14T22:13:20.123456789Z",
            "2023-11-14T22:13:20.12345678éZ",
        ] {
            assert_eq!(time_of(text), None, "{text}");
        }
    }
}
