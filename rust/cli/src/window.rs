//! A stretch of time as it is typed, and which partition folders may hold something of it.
//!
//! The Collector's S3 exporter puts files into folders by when they were sent, `year=2026/month=11/day=21/hour=09/minute=30` by
//! default. A span is sent after it ended, so a folder is told by its name alone whether it can matter.

use std::ops::{Range, RangeInclusive};
use std::path::Path;

use crate::traces::time_of;

/// How long before and after the stretch folders are read: a trace began before the last of its spans are sent, and what
/// began before the stretch is told by its earlier spans.
const AROUND: u64 = 3600 * 1_000_000_000;

/// From a time on and before another; `None`: unbounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub from: Option<u64>,
    pub to: Option<u64>,
}

impl Window {
    /// Of `--from` and `--to` as typed.
    ///
    /// # Errors
    /// In words, if one of them is no time, or nothing lies between them.
    pub fn of(from: Option<&str>, to: Option<&str>) -> Result<Window, String> {
        let read = |name: &str, text: Option<&str>| {
            let Some(text) = text else { return Ok(None) };
            let time = typed(text);
            time.map(Some).ok_or_else(|| {
                format!("{name} {text}: no time; as 2026-11-21, 2026-11-21T09:30 or 2026-11-21T09:30:00+01:00")
            })
        };
        let window = Window {
            from: read("--from", from)?,
            to: read("--to", to)?,
        };
        let begin = window.from.unwrap_or(0);
        if window.to.is_some_and(|to| to <= begin) {
            return Err("--to is not after --from".to_owned());
        }
        Ok(window)
    }

    #[must_use]
    pub fn is_everything(&self) -> bool {
        *self == Window::default()
    }

    /// From its first moment to its last, in Unix nanoseconds. Where no end was typed that is the last of all times, at which a
    /// span may be.
    #[must_use]
    pub fn range(&self) -> RangeInclusive<u64> {
        let last = self.to.map_or(u64::MAX, |to| to.saturating_sub(1));
        self.from.unwrap_or(0)..=last
    }

    /// `false`: by its name nothing in this folder belongs to a trace that began in the stretch.
    #[must_use]
    pub fn may_hold(&self, folder: &Path) -> bool {
        let (first, last) = self.range().into_inner();
        partition(folder).is_none_or(|sent| {
            sent.end > first.saturating_sub(AROUND) && sent.start <= last.saturating_add(AROUND)
        })
    }
}

/// As [`time_of`], and shorter: a date alone, or a time without seconds.
#[must_use]
pub fn typed(text: &str) -> Option<u64> {
    let whole = match text.len() {
        10 => format!("{text}T00:00:00"),
        _ if text.as_bytes().get(16) == Some(&b':') => text.to_owned(),
        _ => {
            let (minutes, zone) = text.split_at_checked(16)?;
            format!("{minutes}:00{zone}")
        }
    };
    time_of(whole.as_bytes())
}

/// When what lies in this folder was sent, in UTC, if its path says so: `year=` and then as much as there is of `month=`, `day=`,
/// `hour=` and `minute=`.
fn partition(folder: &Path) -> Option<Range<u64>> {
    const UNITS: [&str; 5] = ["year", "month", "day", "hour", "minute"];
    let mut parts: Vec<u64> = Vec::new();
    for component in folder.components() {
        let part = component
            .as_os_str()
            .to_str()
            .and_then(|name| name.split_once('='));
        let Some((unit, number)) = part else { continue };
        if Some(unit) == UNITS.get(parts.len()).copied() {
            parts.push(number.parse().ok()?);
        }
    }
    let begin = |parts: &[u64]| {
        let at = |index: usize, least: u64| parts.get(index).copied().unwrap_or(least);
        let text = format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:00",
            at(0, 0),
            at(1, 1),
            at(2, 1),
            at(3, 0),
            at(4, 0)
        );
        time_of(text.as_bytes())
    };
    let start = begin(&parts)?;
    let nanos = |seconds: u64| start + seconds * 1_000_000_000;
    let end = match parts[..] {
        [] => return None,
        [year] => begin(&[year + 1])?,
        [year, 12] => begin(&[year + 1])?,
        [year, month] => begin(&[year, month + 1])?,
        [_, _, _] => nanos(86_400),
        [_, _, _, _] => nanos(3600),
        _ => nanos(60),
    };
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_typed_as_dates_or_with_as_much_as_is_known() {
        for (text, time) in [
            ("2026-11-21", "2026-11-21T00:00:00"),
            ("2026-11-21T09:30", "2026-11-21T09:30:00"),
            ("2026-11-21 09:30+01:00", "2026-11-21T08:30:00"),
            ("2024-02-29", "2024-02-29T00:00:00"),
            ("2000-02-29", "2000-02-29T00:00:00"),
            ("2026-11-21T24:00", "2026-11-22T00:00:00"),
            ("2026-11-21T09:30:15.5Z", "2026-11-21T09:30:15.5"),
        ] {
            assert_eq!(typed(text), time_of(time.as_bytes()), "{text}");
            assert!(typed(text).is_some());
        }
        for text in [
            "",
            "yesterday",
            "2026",
            "2026-13-01",
            "2026-02-29",
            "2026-04-31",
            "2100-02-29",
            "2026-11-00",
            "2026-11-21T24:01",
            "2026-11-21T25:00",
            "2026-11-21T09",
            "2026-11-21T09:30x",
            "ééééééééé",
        ] {
            assert_eq!(typed(text), None, "{text}");
        }
        assert!(Window::of(Some("2026-11-21"), Some("2026-11-21")).is_err());
        assert!(Window::of(None, Some("1970-01-01")).is_err());
        assert!(Window::of(Some("2026-11-21"), Some("2026-11-22")).is_ok());
    }

    #[test]
    fn a_folder_is_told_by_as_much_of_a_time_as_its_path_has() {
        let hours = |path: &str| {
            let sent = partition(Path::new(path))?;
            Some((sent.end - sent.start) / 3_600_000_000_000)
        };
        for (path, length) in [
            ("traces/year=2024", Some(366 * 24)),
            ("traces/year=2026/month=02", Some(28 * 24)),
            ("traces/year=2026/month=12", Some(31 * 24)),
            ("b/year=2026/month=11/day=21", Some(24)),
            ("b/year=2026/month=11/day=21/hour=09", Some(1)),
            ("b/year=2026/month=11/day=21/hour=09/minute=30", Some(0)),
            ("b/year=2026/month=11/day=21/shop/hour=09", Some(1)),
            ("b/month=11/day=21", None),
            ("b/year=now", None),
            ("b/year=2026/month=13", None),
            ("b/2026/11/21", None),
        ] {
            assert_eq!(hours(path), length, "{path}");
        }
    }

    #[test]
    fn a_folder_is_read_up_to_an_hour_around_the_stretch_and_no_further() {
        let window = Window::of(Some("2026-11-21T09:00"), Some("2026-11-21T10:00")).unwrap();
        let read = |hour: &str| {
            let folder = format!("year=2026/month=11/day=21/hour={hour}");
            window.may_hold(Path::new(&folder))
        };
        let hours = ["06", "07", "08", "09", "10", "11", "12"].map(read);
        assert_eq!(hours, [false, false, true, true, true, false, false]);
        assert!(window.may_hold(Path::new("day")));
        assert!(window.may_hold(Path::new("year=2026/month=11")));
        assert!(!window.may_hold(Path::new("year=2026/month=10")));
        assert!(!window.may_hold(Path::new("year=2025")));
    }
}
