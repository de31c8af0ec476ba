//! The keys of the processor and what each may hold. Tests hold this table against the processor's own schema, and what is
//! refused here against what the processor refuses (`testdata/configurations/faults.yaml`).

/// What stands behind a key. Bounds are inclusive, times are nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Duration {
        least: u64,
        most: u64,
        /// 0 turns it off, whatever the least is.
        or_zero: bool,
    },
    Whole {
        least: i64,
        most: i64,
    },
    Flag,
    Word(&'static [&'static str]),
    Text,
    Texts,
    /// As [`Kind::Text`] and [`Kind::Texts`], and never shown.
    Secret,
    Secrets,
    /// Rules, which are checked as such.
    Rules,
}

const MILLISECOND: u64 = 1_000_000;
const SECOND: u64 = 1000 * MILLISECOND;
const HOUR: u64 = 3600 * SECOND;
const DAY: u64 = 24 * HOUR;

/// MiB that rules may hold.
const MOST_RULES_MIB: i64 = 4096;

const fn from(least: u64, most: u64) -> Kind {
    Kind::Duration {
        least,
        most,
        or_zero: false,
    }
}

const fn zero_or_from(least: u64, most: u64) -> Kind {
    Kind::Duration {
        least,
        most,
        or_zero: true,
    }
}

const fn whole(least: i64, most: i64) -> Kind {
    Kind::Whole { least, most }
}

/// Each with the section that it stands in.
pub const KEYS: &[(&str, Kind)] = &[
    ("evidence.directory", Kind::Text),
    ("evidence.emit", Kind::Word(&["spans", "file"])),
    ("evidence.every", zero_or_from(SECOND, DAY)),
    ("evidence.key", Kind::Secret),
    ("evidence.key_file", Kind::Text),
    ("evidence.previous_key_file", Kind::Text),
    ("evidence.samples", whole(0, 1000)),
    ("limits.memory_mib", whole(1, 65_536)),
    ("limits.rule_labels", whole(1, 1900)),
    ("limits.rules_mib", whole(1, MOST_RULES_MIB)),
    ("limits.spans_per_trace", whole(1, 500_000)),
    ("membership.dns", Kind::Text),
    ("membership.interval", from(100 * MILLISECOND, HOUR)),
    ("membership.moving_file", Kind::Text),
    ("membership.settle", from(0, HOUR)),
    ("membership.static", Kind::Texts),
    ("privacy.attributes", Kind::Texts),
    ("privacy.sensitive", Kind::Flag),
    ("privacy.value_bytes", whole(1, 256)),
    ("rules.allow_empty", Kind::Flag),
    ("rules.files", Kind::Texts),
    ("rules.inline", Kind::Rules),
    ("rules.max_mib", whole(1, 50)),
    (
        "rules.reload_interval",
        zero_or_from(100 * MILLISECOND, DAY),
    ),
    ("status.endpoint", Kind::Text),
    ("storage", Kind::Text),
    ("storage_interval", zero_or_from(SECOND, HOUR)),
    (
        "trace.completeness",
        Kind::Word(&["root", "linked", "idle"]),
    ),
    ("trace.forget_after", from(0, 7 * DAY)),
    ("trace.idle_timeout", from(10 * MILLISECOND, HOUR)),
    ("trace.late_window", from(0, DAY)),
    ("trace.max_age", from(10 * MILLISECOND, DAY)),
    ("trace.root_timeout", from(0, DAY)),
    ("violations.emit", Kind::Word(&["spans", "none"])),
    ("violations.key", Kind::Secret),
    ("violations.max_per_second", whole(1, 100_000)),
    ("violations.previous_keys", Kind::Secrets),
    ("violations.retry_for", from(SECOND, DAY)),
    ("violations.trace", Kind::Word(&["offender", "own"])),
];

/// What a key holds; `None`: there is no such key, or it is a section.
pub fn kind(key: &str) -> Option<Kind> {
    let found = KEYS.iter().find(|(name, _)| *name == key);
    found.map(|(_, kind)| *kind)
}

/// Whether other keys stand below this one.
pub fn is_section(key: &str) -> bool {
    KEYS.iter().any(|(name, _)| {
        name.split_once('.')
            .is_some_and(|(section, _)| section == key)
    })
}

/// The names that may stand in a section, or, in the empty one, in the processor itself.
pub fn names_in(section: &str) -> Vec<&'static str> {
    let inside = KEYS.iter().filter_map(|(name, _)| match section {
        "" => Some(name.split_once('.').map_or(*name, |(section, _)| section)),
        _ => name.strip_prefix(section)?.strip_prefix('.'),
    });
    let mut names: Vec<&str> = inside.collect();
    names.dedup();
    names
}

/// The section, empty for the processor itself, in which alone a key of this name stands, and the name.
pub fn place_of(word: &str) -> Option<(&'static str, &'static str)> {
    let split = |name: &'static str| name.split_once('.').unwrap_or(("", name));
    let mut places = KEYS.iter().map(|(name, _)| split(name));
    let found = places.find(|(_, name)| *name == word)?;
    places.all(|(_, name)| name != word).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// What the schema says of a key.
    fn written(kind: Kind) -> (&'static str, Option<Vec<&'static str>>) {
        match kind {
            Kind::Word(words) => ("string", Some(words.to_vec())),
            Kind::Duration { .. } | Kind::Text | Kind::Secret => ("string", None),
            Kind::Whole { .. } => ("integer", None),
            Kind::Flag => ("boolean", None),
            Kind::Texts | Kind::Secrets | Kind::Rules => ("array", None),
        }
    }

    #[test]
    fn the_keys_are_those_of_the_processors_schema() {
        let schema = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../go/betraceprocessor/config.schema.json"
        );
        let schema: Value = serde_json::from_slice(&std::fs::read(schema).unwrap()).unwrap();
        let mut found = Vec::new();
        for (name, inside) in schema["properties"].as_object().unwrap() {
            match inside["properties"].as_object() {
                None => found.push((name.clone(), inside)),
                Some(keys) => {
                    found.extend(keys.iter().map(|(key, of)| (format!("{name}.{key}"), of)));
                }
            }
        }
        let names = |keys: &[(String, &Value)]| -> Vec<String> {
            keys.iter().map(|(key, _)| key.clone()).collect()
        };
        let known: Vec<String> = KEYS.iter().map(|(key, _)| (*key).to_owned()).collect();
        assert_eq!(known, names(&found));
        for ((key, of), (_, kind)) in found.iter().zip(KEYS) {
            let (kind_of, words) = written(*kind);
            assert_eq!(of["type"], kind_of, "{key}");
            let enumerated = of["enum"]
                .as_array()
                .map(|words| -> Vec<&str> { words.iter().filter_map(Value::as_str).collect() });
            assert_eq!(enumerated, words, "{key}");
            let is_duration = matches!(kind, Kind::Duration { .. });
            assert_eq!(of["pattern"].is_string(), is_duration, "{key}");
            if let (Kind::Whole { least, most }, true) = (*kind, of["minimum"].is_number()) {
                assert_eq!(
                    (&of["minimum"], &of["maximum"]),
                    (&least.into(), &most.into()),
                    "{key}"
                );
            }
        }
    }

    #[test]
    fn names_stand_in_their_sections() {
        assert!(is_section("trace") && !is_section("storage") && !is_section("trac"));
        assert!(names_in("status") == ["endpoint"]);
        assert_eq!(names_in("")[..3], ["evidence", "limits", "membership"]);
        assert_eq!(names_in("").len(), 10);
    }
}
