//! `load_rules`: from the text of 10,000 realistic rules, a hundred regular expressions among them, to a plan that runs;
//! against the YAML crate that reads the same text and does nothing with it, and the same expressions compiled.

use std::hint::black_box;

use betrace_bench::pairs::{compare, pairs, processor_time};
use betrace_bench::row::Row;
use betrace_bench::rules;
use betrace_engine::{Engine, Timestamp};
use betrace_lang::{Limits, SourceFile};
use regex::Regex;
use saphyr_parser::Parser;

use crate::running::settings;

const RULES: usize = 10_000;
const PAIRS: usize = 15;

pub fn row() -> Row {
    let text = rules::many(RULES);
    let millis = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    let compared = compare(
        pairs(PAIRS),
        |_| millis(processor_time(|| load(&text))),
        |_| millis(processor_time(|| read(&text))),
    );
    Row::new(
        "load_rules",
        "YAML read and expressions compiled",
        "ms",
        compared,
    )
}

/// As the Collector does it, which wants to hear of warnings too.
fn load(text: &str) {
    let file = SourceFile::new("rules.yaml", text.to_owned());
    let loaded = betrace_lang::load(&[file], &Limits::default());
    assert!(!loaded.has_errors(), "every rule here is faultless");
    let rules = loaded.rules.into_iter().map(|loaded| loaded.rule).collect();
    let engine = Engine::new(rules, settings(), Timestamp(1));
    assert!(black_box(engine).is_ok());
}

fn read(text: &str) {
    for event in Parser::new_from_str(text) {
        assert!(black_box(event).is_ok());
    }
    for n in (0..RULES).step_by(100) {
        assert!(black_box(Regex::new(&rules::pattern(n))).is_ok());
    }
}
