//! Kinds of faults that only one form of rule can say, each found as that form.

use serde_json::json;

use super::asked::Asked;
use super::support::*;

/// What the first suggestion says where every eighth bad trace is made `true`, and no other.
fn first(make: impl for<'a> Fn(u128, bool, &mut Vec<Made<'a>>)) -> String {
    let traces = |range: std::ops::Range<u128>, is_bad: bool| {
        let mut spans = Vec::new();
        for trace in range {
            make(trace, is_bad && trace % 8 == 0, &mut spans);
        }
        request(&spans)
    };
    let desk = Desk::with(&[
        ("good.jsonl", &traces(1..161, false)),
        ("bad.jsonl", &traces(1_000..1_160, true)),
    ]);
    let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
    assert!(!asked.lines.is_empty(), "{}", asked.err);
    assert_eq!(asked.lines[0]["bad"]["violated"], 20, "{}", asked.lines[0]);
    assert_eq!(asked.lines[0]["good"]["violated"], 0, "{}", asked.lines[0]);
    asked.rules()[0].to_owned()
}

#[test]
fn a_span_that_every_trace_had_whatever_it_was_about() {
    let rule = first(|trace, is_broken, spans| {
        spans.push(span(
            trace,
            1,
            0,
            ["buy", "browse", "refund"][trace as usize % 3],
        ));
        if !is_broken {
            spans.push(span(trace, 2, 1, "auth.check"));
        }
    });
    assert_eq!(
        rule.split_whitespace().collect::<Vec<_>>().join(" "),
        "when { any } always { auth.check }"
    );
}

#[test]
fn two_spans_with_one_value_of_what_told_them_apart() {
    let rule = first(|trace, is_broken, spans| {
        spans.push(span(trace, 1, 0, "order"));
        for n in 0..2 + trace as u64 % 3 {
            let mut print = span(trace, 2 + n, 1, "ticket.print");
            let row = if is_broken { 0 } else { n };
            print.attributes = json!({"seat": format!("row {}", letter(row))});
            spans.push(print);
        }
    });
    assert_eq!(rule, "never { count(ticket.print) by seat > 1 }");
}

fn letter(n: u64) -> char {
    char::from(b'a' + n as u8)
}

#[test]
fn fewer_spans_than_a_number_says() {
    let rule = first(|trace, is_broken, spans| {
        let many = 2 + trace as u64 % 4;
        let mut batch = span(trace, 1, 0, "batch");
        batch.attributes = json!({"batch.size": many});
        spans.push(batch);
        for n in 0..many - u64::from(is_broken) {
            spans.push(span(trace, 2 + n, 1, "item"));
        }
    });
    assert!(
        rule.contains("count(item inside p) == p.batch.size"),
        "{rule}"
    );
}

#[test]
fn a_word_of_few_in_a_name_with_numbers_stands_for_its_numbers_alone() {
    let rule = first(|trace, is_broken, spans| {
        spans.push(span(trace, 1, 0, "order"));
        let name: &'static str = NAMES[trace as usize % NAMES.len()];
        spans.push(span(trace, 2, 1, name));
        if is_broken {
            spans.push(span(trace, 3, 1, name));
        }
    });
    assert!(rule.contains("^op-[0-9]+$"), "{rule}");
}

const NAMES: [&str; 8] = [
    "op-10", "op-11", "op-12", "op-13", "op-14", "op-15", "op-16", "op-17",
];
