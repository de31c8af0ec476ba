//! What is read on the way down is what the grammar reads, node by node, and what it refuses is refused.

use betrace_bench::rules;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::condition::descent::read;
use crate::condition::lexer::lex;
use crate::condition::parse::by_grammar;
use crate::condition::shipped::vocabulary;
use crate::limits::Limits;
use crate::source::SourceFile;

const PIECES: [&str; 64] = [
    "when {",
    "when each {",
    "always {",
    "never {",
    "}",
    "} never {",
    "} always {",
    "(",
    ")",
    "[",
    "]",
    "[]",
    "a",
    "a",
    "b.c",
    "\"q r\"",
    "any",
    "p",
    "and",
    "or",
    "not",
    "every",
    "some",
    ".where(",
    ".where(x == 3)",
    ".count()",
    "x > 1.5",
    "==",
    "<=",
    "!=",
    "in [a, b]",
    "not in",
    "matches \"x\"",
    "contains",
    "starts with",
    "count(",
    "sum(a, x)",
    "p99(a, span:duration)",
    "()",
    ",",
    "by",
    "by f, g",
    "*",
    "+",
    "-",
    "2",
    "99%",
    "5s",
    "within 5s",
    "within 2s..",
    "within 2s..5s",
    "before",
    "starts after b",
    "then",
    "after",
    "until next",
    "between a",
    "and next b",
    "echoing b by x",
    "as p",
    "over 5m by f",
    "at least 10 with confidence 99%",
    "span.\"odd key\"",
    "rule \"n\" when span.x == 1",
];

/// Whether the text is sound.
fn agree(text: &str) -> bool {
    let limits = Limits::default();
    let tokens = lex(text.into(), &limits, &mut Vec::new()).tokens;
    if tokens.is_empty() {
        return false;
    }
    let ours = read(tokens.clone());
    let (theirs, refusals) = by_grammar(tokens);
    let theirs = refusals.is_empty().then_some(theirs);
    assert_eq!(format!("{ours:#?}"), format!("{theirs:#?}"), "{text}");
    theirs.is_some()
}

#[test]
fn any_text_is_read_as_the_grammar_reads_it() {
    let texts = proptest::collection::vec(0..PIECES.len(), 1..9);
    let mut runner = TestRunner::deterministic();
    let mut sound = 0;
    for _ in 0..40_000 {
        let Ok(tree) = texts.new_tree(&mut runner) else {
            continue;
        };
        let pieces = tree.current().into_iter().map(|piece| PIECES[piece]);
        let text: Vec<&str> = pieces.collect();
        sound += usize::from(agree(&text.join(" ")));
    }
    assert!(sound > 500, "{sound}");
}

#[test]
fn rules_are_read_as_the_grammar_reads_them() {
    let files = [rules::hundred(), rules::many(100)].map(|text| SourceFile::new("r.yaml", text));
    for rule in crate::load(&files, &Limits::default()).rules {
        assert!(agree(&rule.condition_text), "{}", rule.condition_text);
    }
    let macros = vocabulary().filter_map(|one| one.as_macro());
    macros.for_each(|one| assert!(agree(&one.text), "{}", one.text));
    for text in [
        "over 5m never { traces(a) > 2 }",
        "over 1h by service.name, x at least 10 with confidence 99% always { share(a, b) >= 95% }",
        "over 5m at least 3 never { count(a) > 2 * before }",
        "when each { a.where(x == 1) as p, b after p within 2s.. as q and c } always { p.x + q.y - 2 > 3 }",
        "a between b and next c",
        "a after b until next c",
        "a echoing b by x, y",
        "a before b within 2s..5s inside c",
        "count(a) within 10s > 2 * count(b)",
        "count(a) by x, parent > 2",
        "max(a, x as ms) > lower(p.y)",
        "every x in [a] or not some y not in span.l",
        "trace.spans.where(service == a).count() > 3",
        "rule \"n\" when span.status == error then signal",
        "when { } always { a }",
        "span.\"odd key\" == resource.attributes[\"k\"]",
    ] {
        assert!(agree(text), "{text}");
    }
}
