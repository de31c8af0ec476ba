//! Laws of the language, on rules and texts that nobody thought of.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

#[path = "support/bodies.rs"]
mod bodies;
mod support;

use betrace_lang::{
    FormatOptions, Limits, Vocabulary, canonical, check_condition, check_macro, check_template,
    format_condition, meaning_hash,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use support::shown;

fn read(text: &str) -> Result<betrace_lang::rule::Body, String> {
    let mut faults = Vec::new();
    let limits = Limits {
        name_bytes: 1000,
        ..Limits::default()
    };
    let body = check_condition(text, &Vocabulary::new(), &limits, &mut faults);
    body.ok_or_else(|| format!("{text}\n{}", shown(text, &faults)))
}

/// Pieces of texts, right and wrong.
fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "when",
        "always",
        "never",
        "each",
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".where(",
        ".count()",
        "and",
        "or",
        "not",
        "in",
        "matches",
        "contains",
        "starts with",
        "before",
        "after",
        "then",
        "within",
        "inside",
        "child of",
        "between",
        "and next",
        "until next",
        "as",
        "by",
        "==",
        "!=",
        "<",
        ">=",
        "=",
        ">>",
        "&&",
        "!",
        "payment",
        "a.b-c",
        "p",
        "p.x",
        "span.x",
        "span:name",
        "span:nme",
        "trace:duration",
        "event.x",
        "5",
        "-1.5e3",
        "500ms",
        "true",
        "\"x\"",
        "'y'",
        "\"",
        "count(",
        "sum(",
        "exists(",
        "has(",
        "trace.has(",
        "trace.spans",
        "trace.count(",
        "span.attributes[\"k\"]",
        "rule \"x\" when",
        "then",
        "any",
        "root",
        "2 *",
        "// c\n",
        "# c\n",
        "\n",
        "$t",
        "=>",
        "é",
        "\u{430}",
        "\u{202e}",
        "\0",
        "/",
        "privileged",
        "processors",
        "in processors",
        "as p",
        "{ a as p }",
        "always { b }",
        "where",
    ])
}

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..30).prop_map(|parts| parts.join(" "))
}

/// Texts that are right but for a slip or two, if any: a word left out, or a piece put in or in its place.
fn slips() -> impl Strategy<Value = String> {
    let slip = (any::<prop::sample::Index>(), 0..3, piece());
    (dialects(), prop::collection::vec(slip, 0..3)).prop_map(|(text, slips)| {
        let mut words: Vec<&str> = text.split(' ').collect();
        for (place, kind, piece) in slips {
            let at = place.index(words.len());
            match kind {
                0 => words[at] = piece,
                1 => words.insert(at, piece),
                _ => words[at] = "",
            }
        }
        words.join(" ")
    })
}

/// Conditions of older and newer spellings, mixed, with comments where they may stand.
fn dialects() -> impl Strategy<Value = String> {
    let leaves = vec![
        "payment",
        "\"GET /x\"",
        "any.where(x == 1)",
        "span.status == \"ERROR\"",
        "span.attributes[\"k\"]",
        "span.x > 5",
        "resource.attributes['odd key'] == 'v'",
        "span.kind in ['SERVER', client]",
        "span.duration > 5ms",
        "has(a)",
        "trace.has(span.name == 'x' && span.y == 1)",
        "trace.has(a or b)",
        "trace.spans.where(service == 'a').count() > 5",
        "trace.spans.any.where(span.service == 'a' || !verified)",
        "trace.spans.count() >= 2",
        "trace.count(a).where(b == 1) > 3",
        "trace.count(span.x == 1) == 2",
        "count(a) by (t) > 1",
        "count(has(a)) > 1",
        "a before b within 5s",
        "has(a) then b",
        "privileged",
        "audited",
        "retries > 3",
        "any.where(expensive and not span.attributes['k'])",
        "trace:duration > 2s",
        "any.where(x in processors)",
        "not span.attributes[\"a.b\"]",
        "any.where(not (span.attributes[\"a\"]))",
        "2 * count(a) > sum(any, x)",
        "max(span.x == 1, y) > 5",
    ];
    let leaf = prop::sample::select(leaves).prop_map(str::to_owned);
    let expr = leaf.prop_recursive(4, 12, 3, |inner| {
        let join = prop::sample::select(vec![
            " and ",
            " or ",
            " AND ",
            " || ",
            " && // c\n",
            " // c\nor\n# c\n",
        ]);
        prop_oneof![
            (prop::collection::vec(inner.clone(), 2..4), join)
                .prop_map(|(parts, join)| parts.join(join)),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("not ({inner})")),
            inner.prop_map(|inner| format!("!( // c\n{inner}\n)")),
        ]
    });
    (expr.clone(), expr, 0..3).prop_map(|(one, other, shape)| match shape {
        0 => one,
        1 => format!("WHEN {{ {one} // c\n}} never {{\n// c\n{other} }}"),
        _ => {
            format!("when each {{ a.where(x == 1) as p and ({one}\n) }} # c\nalways {{ {other} }}")
        }
    })
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES")
        .ok()
        .and_then(|cases| cases.parse().ok())
        .unwrap_or(100)
}

fn comments(text: &str) -> usize {
    text.matches("// c").count() + text.matches("# c").count()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn older_spellings_keep_their_meaning(text in dialects(), modern in any::<bool>()) {
        let (before, faults) = support::check(&text);
        prop_assert!(before.is_some(), "{}\n{}", &text, shown(&text, &faults));
        let formatted = format_condition(&text, FormatOptions { modern })
            .map_err(|faults| TestCaseError::fail(shown(&text, &faults)))?;
        let (after, faults) = support::check(&formatted);
        prop_assert_eq!(before, after, "{}\n{}\n{}", &text, &formatted, shown(&formatted, &faults));
        prop_assert_eq!(comments(&text), comments(&formatted), "{}\n{}", &text, &formatted);
        if modern {
            prop_assert!(!faults.iter().any(|fault| fault.code.0.starts_with('N')), "{}\n{}\n{}", &text, &formatted, shown(&formatted, &faults));
        }
        let twice = format_condition(&formatted, FormatOptions { modern }).ok();
        prop_assert_eq!(twice.as_deref(), Some(formatted.as_str()), "{}", &text);
    }

    #[test]
    fn the_canonical_text_reads_back_as_the_same_rule(body in bodies::body()) {
        let text = canonical(&body);
        let again = read(&text).map_err(TestCaseError::fail)?;
        prop_assert_eq!(&again, &body, "{}", &text);
        prop_assert_eq!(canonical(&again), text);
        prop_assert_eq!(meaning_hash(&again, None), meaning_hash(&body, None));
    }

    #[test]
    fn formatting_keeps_the_meaning(body in bodies::body(), modern in any::<bool>()) {
        let text = canonical(&body);
        let formatted = format_condition(&text, FormatOptions { modern })
            .map_err(|faults| TestCaseError::fail(shown(&text, &faults)))?;
        prop_assert_eq!(read(&formatted).map_err(TestCaseError::fail)?, body, "{}\n{}", &text, &formatted);
        let twice = format_condition(&formatted, FormatOptions { modern }).ok();
        prop_assert_eq!(twice.as_deref(), Some(formatted.as_str()));
    }

    #[test]
    fn any_text_ends_in_a_rule_or_in_placed_faults(text in prop_oneof![soup(), slips(), "\\PC{0,40}", "[ -~\n]{0,60}"]) {
        let (body, faults) = support::check(&text);
        prop_assert_eq!(body.is_some(), !faults.iter().any(betrace_lang::Fault::is_error), "{}", shown(&text, &faults));
        for fault in &faults {
            if fault.origin == betrace_lang::Origin::Here {
                prop_assert!(text.get(fault.range.clone()).is_some(), "{:?} of {:?}", fault, text);
            }
            prop_assert!(!fault.message.is_empty() && !fault.message.contains("Token"));
        }
        let mut faults = Vec::new();
        check_macro(&text, &Limits::default(), &mut faults);
        let as_macro = faults.len();
        if let Some(body) = &body {
            let template = check_template(&text, body, &Vocabulary::new(), &mut faults);
            let is_faulty = faults[as_macro..].iter().any(betrace_lang::Fault::is_error);
            prop_assert_eq!(template.is_none(), is_faulty, "{:?}", text);
        }
        for fault in &faults {
            prop_assert!(text.get(fault.range.clone()).is_some(), "{:?} of {:?}", fault, text);
        }
    }

    #[test]
    fn formatting_any_text_keeps_its_meaning(text in prop_oneof![soup(), slips()], modern in any::<bool>()) {
        let (before, _) = support::check(&text);
        if let Ok(formatted) = format_condition(&text, FormatOptions { modern }) {
            let (after, faults) = support::check(&formatted);
            if before.is_some() {
                prop_assert_eq!(before, after, "{}\n{}\n{}", &text, &formatted, shown(&formatted, &faults));
            }
            let twice = format_condition(&formatted, FormatOptions { modern }).ok();
            prop_assert_eq!(twice.as_deref(), Some(formatted.as_str()), "{}", &text);
        }
    }
}

/// The laws say nothing of a text that is refused, so many of those with slips must be read, and not all.
#[test]
fn slips_are_read_as_often_as_refused() {
    let mut runner = TestRunner::deterministic();
    let (mut rules, mut forms) = (0, 0);
    for _ in 0..400 {
        let text = slips().new_tree(&mut runner).unwrap().current();
        rules += usize::from(support::check(&text).0.is_some());
        forms += usize::from(format_condition(&text, FormatOptions::default()).is_ok());
    }
    assert!((100..350).contains(&rules), "{rules} of 400 are rules");
    assert!((100..350).contains(&forms), "{forms} of 400 have a form");
}
