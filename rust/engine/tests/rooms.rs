//! The order of the rooms in `src`, held by reading what each file uses of the others.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod floors;

use std::collections::BTreeMap;

use floors::{hold, modules};

/// From the ground up. A room uses those on lower floors, never one beside it or above.
const FLOORS: [&[&str]; 12] = [
    &["mark"],
    &[
        "few", "heap", "id", "intern", "logic", "settings", "stats", "sync", "time",
    ],
    &["finding", "hash", "value"],
    &["period", "violation", "window", "wire"],
    &["predicate"],
    &["scan", "wanted"],
    &["matcher"],
    &["plan"],
    &["state"],
    &["windows"],
    &["decide", "profile"],
    &["engine"],
];

#[test]
fn no_arrow_runs_up_and_no_file_uses_one_that_uses_it() {
    hold(&FLOORS, 200);
}

#[test]
fn no_type_name_stands_twice() {
    let mut homes: BTreeMap<String, String> = BTreeMap::new();
    for (module, code) in modules() {
        let words: Vec<&str> = code
            .split(|c: char| !(c.is_alphanumeric() || c == '_'))
            .collect();
        for pair in words.windows(2).filter(|pair| {
            let is_type = pair[1].starts_with(char::is_uppercase);
            ["struct", "enum", "trait", "type"].contains(&pair[0]) && is_type
        }) {
            // The associated types of every iterator, of every fallible conversion and of every reference.
            if !["Item", "Error", "Target"].contains(&pair[1]) || pair[0] != "type" {
                let other = homes.insert(pair[1].to_owned(), module.clone());
                assert_eq!(other, None, "{} stands in {module} too", pair[1]);
            }
        }
    }
    assert!(homes.len() > 100, "the types are not read");
}
