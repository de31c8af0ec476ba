//! The formatter: one form, comments kept, meaning kept, older spellings rewritten on request.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::{FormatOptions, format_condition};
use support::{check, shown};

const PLAIN: FormatOptions = FormatOptions { modern: false };
const MODERN: FormatOptions = FormatOptions { modern: true };

fn formatted(text: &str, options: FormatOptions) -> String {
    let once = match format_condition(text, options) {
        Ok(once) => once,
        Err(faults) => return format!("refused\n{}", shown(text, &faults)),
    };
    let twice = format_condition(&once, options).unwrap();
    assert_eq!(once, twice, "formatting again changes {text:?}");
    assert_eq!(comments(text), comments(&once), "{once}");
    let (before, _) = check(text);
    let (after, faults) = check(&once);
    assert_eq!(before, after, "{text}\n{once}\n{}", shown(&once, &faults));
    if options.modern && after.is_some() {
        let notes: Vec<_> = faults
            .iter()
            .filter(|fault| fault.code.0.starts_with('N'))
            .cloned()
            .collect();
        assert!(notes.is_empty(), "{once}\n{}", shown(&once, &notes));
    }
    once
}

/// Marks of the comments in test texts, wherever they stand.
fn comments(text: &str) -> Vec<&str> {
    let mut found: Vec<&str> = text
        .split_whitespace()
        .filter(|word| word.starts_with("c:"))
        .collect();
    found.sort_unstable();
    found
}

fn all(texts: &[&str], options: FormatOptions) -> String {
    let shown: Vec<String> = texts.iter().map(|text| formatted(text, options)).collect();
    shown.join("\n----\n")
}

#[test]
fn one_form() {
    insta::assert_snapshot!(all(
        &[
            "when{payment .where( amount>1000 )}always   {payment.fraud_check}\n\n\nnever{x   before\n y}",
            "count( http.retry )>3",
            "when { payment.where(amount > 10000) and (customer.new or not customer.where(verified)) } always { fraud_check and (fraud_score.where(score < 0.3) or manual_review) } never { bypass_validation or skip_check }",
            "when { payment.where(amount > 10000) and (customer.new or not customer.where(verified)) and another.rather.long.name.of.a.span }\nalways { a }",
            "never { any.where(http.response.status_code >= 500 and http.route starts with \"/api/v1/customers\" and server.address in [one, two, three, four, five, six, seven, eight]) }",
            "never { any.where((a == 1 or b == 2) and (c == 3 or d == 4)) and (aaaaaaaaaaaaaaaaaaaaaaaaaaaa or bbbbbbbbbbbbbbbbbbbbbbbb and ccccccccccccccccccccccccccc) }",
            "when each { payment.where(amount > 1000) as p, order.created.where(order.id == p.order.id) as o and inventory.reserve then o } always { fraud_check before p within 5s or fraud_check starts  before p within 2s .. 5s }",
            "A   then B\tthen (C   between q and\nnext R)",
            "count(db.query)by(tenant)>10",
            "2*count(a)<count(b)",
            "never { x.where(a not   in [ 1,2 ]) and y.where(b starts\n with z) }",
            "a AND NOT b",
            "never { span.attributes[ \"k\" ] == 'v' }",
            "rule \"x\" when span.type == \"a\" &&\n span.b == 1\nthen\n  // c:act\n  alert()\n",
        ],
        PLAIN
    ));
}

#[test]
fn a_comparison_of_a_bound_span_gets_its_where() {
    for (text, wanted) in [
        (
            "when each { a as p } always { p.x==3 }",
            "when each { a as p } always { p.where(x == 3) }",
        ),
        (
            "when each { a as p, b as q and q.x in [1] } never { p.x == q.x and not (p.span:duration > 2s or exists(p.y)) }",
            "when each { a as p, b as q and q.where(x in [1]) } never { p.where(x == q.x) and not (p.where(span:duration > 2s) or p.where(exists(y))) }",
        ),
        (
            "when each { a as p } never { p.\"a b\" == 1 or p.span.\"c\" == 2 or (p.z) < 3 }",
            "when each { a as p } never { p.where(\"a b\" == 1) or p.where(span.\"c\" == 2) or p.where((z) < 3) }",
        ),
        (
            "when each { a as p } never { p.x // c:why\n == 1 }",
            "when each { a as p }\nnever {\n  p.where(\n    // c:why\n    x == 1\n  )\n}",
        ),
        ("never { a.where(p.x == 3) }", "never { a.where(p.x == 3) }"),
        (
            "when each { a as p } never { b.where(exists(y)) and missing(p.x) }",
            "when each { a as p } never { b.where(exists(y)) and p.where(missing(x)) }",
        ),
    ] {
        let once = formatted(text, PLAIN);
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(words(&once), words(wanted));
        assert_eq!(words(&formatted(text, MODERN)), words(wanted));
    }
    // At the limit of nesting there is no room for it.
    let deep = |depth: usize| {
        format!(
            "when each {{ a as p }} never {{ {}p.x == 1{} }}",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    let joined = |depth: usize| formatted(&deep(depth), PLAIN).replace(char::is_whitespace, "");
    assert!(joined(62).contains("p.where(x==1)"));
    assert!(joined(63).contains("(p.x==1)"));
}

#[test]
fn comments_stay() {
    insta::assert_snapshot!(all(
        &[
            "// c:before\nwhen { a } // c:when\n# c:between\nalways { b } // c:always\n// c:end",
            "when { // c:open\n a and // c:a\n // c:b\n b // c:last\n}\nalways { c }",
            "a // c:one\nand not b # c:two",
            "never { any.where(a == 1 and // c:one\n b == 2) and x // c:two\n }",
            "never { count( // c:one\n a) > 3 }",
            "never { a // c:mid\n before // c:mid2\n b and c }",
            "never { a.where(x in [1, // c:one\n 2, # c:two\n 3]) and b.where( # c:three\n y == 1) }",
            "never { (a // c:1\n or b) and (c // c:2\n or d) // c:3\n // c:4\n }",
            "// c:only\na and not b",
            "a and not b\n\n// c:tail\n// c:tail2",
            "never { not // c:not\n a.where(x == \"// no\") // c:yes\n }",
        ],
        PLAIN
    ));
}

/// What follows a comment on its line would be swallowed by it; what only looks like one, in a quoted text, swallows nothing.
#[test]
fn a_comment_behind_a_quoted_text_ends_its_line_and_quoted_signs_do_not() {
    insta::assert_snapshot!(all(
        &[
            "never { (a.where(x == \"b\") // c:1\n) }",
            "never { a.where(x in [\"b\" // c:1\n]) and c }",
            "never { a.where(x == \"b\\\\\" // c:1\n) or c }",
            "never { a.where(x == \"b\\\"// no\" // c:1\n) or c }",
            "never { any.where(x == 'b' // c:1\n and y == \"c\" // c:2\n) and (d // c:3\n) }",
            "never { a.where(x == \"#\") and b.where(y == '//' and z == 1) and c.where(x == \"it's\") // c:1\n }",
            "never { count(a // c:1\n) by t // c:2\n > 3 // c:3\n }",
            "never { a.where(x == 1) // c:1\n // c:2\n and b // c:3\n // c:4\n }",
            "never { b.where(x == \"q\") // c:1\n and // c:2\n c }",
            "never { b.where(x == \"qq\") // c:1\n and // c:2\n c // c:3\n // c:4\n }",
            "when { a } always { (b // c:1\n // c:2\n) // c:3\n // c:4\n }",
        ],
        PLAIN
    ));
}

#[test]
fn older_spellings_are_rewritten() {
    insta::assert_snapshot!(all(
        &[
            "a AND NOT b OR c",
            "a && !b || ! (c)",
            "a&&!b||!c&&\"d e\"",
            "pay||ment.charge",
            "span.x==1&&!span.y==2||trace.has(a)&&trace.count(b)>3",
            "trace.has(payment) and not trace.has(audit)",
            "trace.has(a or b) and not has(c and d)",
            "has(payment) and not has(audit.where(x == 'y'))",
            "trace.count(http.retry) > 3",
            "trace.count(http.retry).where(status_code == 500 and span.service == 'a') > 3",
            "trace.spans.where(service == 'sales').count() > 10 AND trace.spans.any.where(user_id == '12345')",
            "trace.spans.count() > 50",
            "rule \"cache_miss\" when span.type == \"http.request\" && span.attributes[\"cache_miss\"] == true then ...",
            "rule \"cache_miss\" when // c:why\n span.type == \"http.request\"",
            "span.status == \"ERROR\" and span.attributes[\"k\"] == \"v\" and not payment",
            "(span.status == \"ERROR\" or span.x == 1) and not payment",
            "not span.attributes[\"k\"]",
            "span.attributes[\"k\"] and not (span.attributes['odd key'])",
            "trace.has(span.name == \"a\" and resource.region == \"eu\") and x",
            "count(span.status == \"ERROR\") > 3 and trace.count(span.kind in ['SERVER', CLIENT]) > 1",
            "span.duration > 500ms and span.service == \"auth\" and span.operation == 'x' and span.kind == 'SERVER'",
            "count(db.query) by (tenant) > 10",
            "never { any.where(span.attributes[\"odd key\"] == 1 and span.status == x) }",
            "WHEN { a } ALWAYS { b }",
            "payment or span.x == 1 or span.y == 2",
            "trace.spans.where(x in processors // c:list\n and service == 'a').count() > 5",
            "never { has(privileged) }",
            "trace.has(payment).where(amount > 1000 and span.status == 'ERROR') and not has(audit)",
        ],
        MODERN
    ));
}

#[test]
fn a_count_behind_a_dot_stays_behind_it_in_its_own_form() {
    assert_eq!(
        formatted("never { trace.spans .count( ) > 50 }", PLAIN),
        "never { trace.spans.count() > 50 }"
    );
}

#[test]
fn what_cannot_be_read_is_not_touched() {
    assert!(format_condition("never { a and }", PLAIN).is_err());
    assert!(format_condition("", PLAIN).is_err());
}
