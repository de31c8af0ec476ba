//! Suggestions as a rule file, each with tests that are cut from the traces that break it and keep it.

use std::fmt::Write;

use betrace_engine::Completeness;
use betrace_lang::verdict::Verdict;
use betrace_lang::{FormatOptions, format_file};

use crate::as_test::{as_it_is, made, translated};
use crate::compared::Places;
use crate::english::reading::in_sentences;
use crate::output::{self, Output, counted, grouped};

use super::examples::Examples;
use super::keeping::{keeping, spoken_of};
use super::suggested::{Suggested, Suggestion};
use super::text::{kept, share, upper};

/// The rule file.
pub fn write(
    suggested: &Suggested,
    examples: &Examples,
    places: &Places<'_>,
    completeness: Completeness,
    out: &mut Output,
) {
    let mut text = String::from("rules:\n");
    for one in &suggested.all {
        rule(one, &mut text);
        tests(one, examples, places, completeness, &mut text);
    }
    match format_file(&text, FormatOptions::default()) {
        Ok(formatted) => out.text(&formatted),
        // It was made of rules that load; rather than nothing it is shown as it is.
        Err(_) => out.text(&text),
    }
}

fn rule(one: &Suggestion, text: &mut String) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  - id: {}", one.id);
    let _ = writeln!(text, "    description: >-");
    let says = in_sentences(&one.rule);
    let _ = writeln!(text, "      {}", output::one_line(&says));
    if one.bad.traces == 0 {
        let _ = writeln!(text, "      Suggested: {}.", kept(one.good));
    } else {
        let _ = writeln!(
            text,
            "      Suggested: it breaks in {} of {}, and in {} of {} (at most {}).",
            grouped(one.bad.violated.into()),
            counted(one.bad.traces, "bad trace"),
            grouped(one.good.violated.into()),
            counted(one.good.traces, "good trace"),
            share(upper(one.good))
        );
    }
    let _ = writeln!(text, "    condition: |");
    for line in one.condition.lines() {
        let _ = writeln!(text, "      {line}");
    }
}

fn tests(
    one: &Suggestion,
    examples: &Examples,
    places: &Places<'_>,
    completeness: Completeness,
    text: &mut String,
) {
    let broken = one.verdicts.shown.iter().map(|finding| finding.trace_id.0);
    let mut written: Vec<String> = Vec::new();
    let kept = keeping(one, places);
    for id in broken.chain(kept) {
        let Some(recorded) = examples.get(id) else {
            continue;
        };
        let test = translated(recorded, completeness);
        let spoken_of = (Some(id) == kept)
            .then(|| spoken_of(&one.rule, test.clone()))
            .flatten()
            .and_then(|test| as_it_is(&one.rule, test, Verdict::Satisfied));
        let test = match spoken_of.map_or_else(|| made(&one.rule, test).map(|made| made.text), Ok) {
            Ok(test) => test,
            Err(fault) => {
                output::note(format_args!(
                    "{}: no test of trace {}: {fault}",
                    one.id, recorded.trace
                ));
                continue;
            }
        };
        // Two traces that differ in nothing that counts are one test.
        let body = |test: &str| test.lines().skip(2).collect::<Vec<_>>().join("\n");
        if written.iter().all(|other| body(other) != body(&test)) {
            written.push(test);
        }
    }
    if written.is_empty() {
        return;
    }
    text.push_str("    tests:\n");
    for test in written {
        // Without the key, which stands once.
        for line in test.lines().skip(1) {
            let _ = writeln!(text, "    {line}");
        }
    }
}
