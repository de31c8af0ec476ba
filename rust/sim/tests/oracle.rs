//! The oracle against examples worked by hand, a sentence of the language each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_lang::verdict::Reason;
use betrace_sim::generate::Source;
use betrace_sim::model::{Event, Link, Span, Value};
use betrace_sim::oracle::{Answer, Completeness, judge};

/// `name start-end`, then perhaps `<parent`, `>linked`, `@time:key=value+key=value` for an event, and `key=value`s; ids are 1, 2,
/// 3 as written; times in ms.
fn spans(text: &str) -> Vec<Span> {
    let read = |(index, line): (usize, &str)| {
        let mut words = line.split_whitespace();
        let name = words.next().unwrap().to_owned();
        let (start, end) = words.next().unwrap().split_once('-').unwrap();
        let time = |text: &str| match text {
            "zero" => 0,
            text => (1_000 + text.parse::<u64>().unwrap()) * 1_000_000,
        };
        let id = |number: u8| [0, 0, 0, 0, 0, 0, 0, number];
        let mut span = Span {
            trace: [1; 16],
            id: id(index as u8 + 1),
            name,
            start: time(start),
            end: time(end),
            ..Span::default()
        };
        for word in words {
            if let Some(parent) = word.strip_prefix('<') {
                span.parent = Some(id(parent.parse().unwrap()));
            } else if let Some(other) = word.strip_prefix('>') {
                span.links.push(Link {
                    trace: span.trace,
                    span: id(other.parse().unwrap()),
                    attributes: Vec::new(),
                });
            } else if let Some(event) = word.strip_prefix('@') {
                let (time, attributes) = event.split_once(':').unwrap();
                let attribute = |pair: &str| {
                    let (key, value) = pair.split_once('=').unwrap();
                    (key.to_owned(), Value::Int(value.parse().unwrap()))
                };
                let attributes = attributes.split('+').filter(|pair| !pair.is_empty());
                span.events.push(Event {
                    name: "e".to_owned(),
                    time: (1_000 + time.parse::<u64>().unwrap()) * 1_000_000,
                    attributes: attributes.map(attribute).collect(),
                });
            } else if let Some(number) = word.strip_prefix('#') {
                span.id = id(number.parse().unwrap());
                span.kind = 2;
            } else {
                let (key, value) = word.split_once('=').unwrap();
                let one = |value: &str| match value.parse::<i64>() {
                    Ok(number) => Value::Int(number),
                    Err(_) => Value::Text(value.trim_matches('\'').to_owned()),
                };
                let value = match value
                    .strip_prefix('[')
                    .and_then(|list| list.strip_suffix(']'))
                {
                    Some(list) => Value::Array(list.split_terminator(';').map(one).collect()),
                    None => one(value),
                };
                span.attributes.push((key.to_owned(), value));
            }
        }
        span
    };
    text.split(',')
        .map(str::trim)
        .enumerate()
        .map(read)
        .collect()
}

fn answer(condition: &str, trace: &str, causes: &[Reason]) -> Answer {
    let source = Source {
        condition: condition.to_owned(),
        ..Source::default()
    };
    let rule = source
        .check("r")
        .unwrap_or_else(|fault| panic!("{condition}: {fault}"));
    judge(&rule, &spans(trace), Completeness::Idle, causes)
}

fn shown(answer: &Answer) -> String {
    let reason = answer
        .reason()
        .map(|reason| format!("({})", reason.as_str()));
    answer.verdict.as_str().to_owned() + &reason.unwrap_or_default()
}

/// Rule, trace, the verdict when it closed complete, and when it was cut off.
#[rustfmt::skip]
const EXAMPLES: &[(&str, &str, &str, &str)] = &[
    // Clauses.
    ("when { a } always { b }", "a 0-1, b 1-2", "satisfied", "satisfied"),
    ("when { a } always { b }", "a 0-1", "violated", "inconclusive(evicted)"),
    ("when { a } always { b }", "b 0-1", "not_applicable", "inconclusive(evicted)"),
    ("never { a }", "a 0-1", "violated", "violated"),
    ("never { a }", "b 0-1", "satisfied", "inconclusive(evicted)"),
    ("a and not b", "a 0-1", "violated", "inconclusive(evicted)"),
    ("a and not b", "a 0-1, b 0-1", "satisfied", "satisfied"),
    // Selecting needs proof.
    ("never { a.where(not (n > 2)) }", "a 0-1", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(n != 2) }", "a 0-1", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(n != 2) }", "a 0-1 n=3", "violated", "violated"),
    ("never { a.where(n > 2) }", "a 0-1 n='1e1'", "violated", "violated"),
    ("never { a.where(n > 2 or missing(n)) }", "a 0-1", "violated", "violated"),
    // Sums, units, lower case, lengths.
    ("never { a.where(n + m > 2) }", "a 0-1 n=1 m=2", "violated", "violated"),
    ("never { a.where(n + m > 2) }", "a 0-1 n=3", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(not (n + m > 2)) }", "a 0-1 n=3", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(n - m == span.k) }", "a 0-1 n='1e1' m=9007199254740993 k=-9007199254740983", "violated", "violated"),
    ("never { a.where(span:duration > n as ms) }", "a 0-3 n=2", "violated", "violated"),
    ("never { a.where(span:duration > n as ms) }", "a 0-3 n='x'", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(n as us == 1500ns) }", "a 0-3 n='1.5'", "violated", "violated"),
    ("never { a.where(n as s < 0s) }", "a 0-3 n=-1", "violated", "violated"),
    ("when each { b as p } never { a.where(span:duration - p.span:duration > 1ms) }", "a 0-3, b 0-1", "violated", "violated"),
    ("never { a.where(lower(k) == x) }", "a 0-1 k=X", "violated", "violated"),
    ("never { a.where(lower(k) == \"5\") }", "a 0-1 k=5", "violated", "violated"),
    ("never { a.where(length(k) == 2) }", "a 0-1 k=Éx", "violated", "violated"),
    ("never { a.where(length(k) < 9) }", "a 0-1 k=5", "satisfied", "inconclusive(evicted)"),
    // Elements of arrays.
    ("never { a.where(every l in [1, x]) }", "a 0-1 l=[1;x]", "violated", "violated"),
    ("never { a.where(every l in [1, x]) }", "a 0-1 l=[1;y]", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(every l in [1, x]) }", "a 0-1 l=[]", "violated", "violated"),
    ("never { a.where(some l in [1, x]) }", "a 0-1 l=[]", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(some l not in [z, x]) }", "a 0-1 l=[x;y]", "violated", "violated"),
    ("never { a.where(every l > 1) }", "a 0-1 l=[2;3]", "violated", "violated"),
    // An element that cannot be compared leaves it unknown, which its negation is too.
    ("never { a.where(every l > 1) }", "a 0-1 l=[2;x]", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(not (every l > 1)) }", "a 0-1 l=[2;x]", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(not (every l > 1)) }", "a 0-1 l=[1;x]", "violated", "violated"),
    ("never { a.where(every l in [x]) }", "a 0-1 l=x", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(n in span.l) }", "a 0-1 n=1 l=['1';2]", "violated", "violated"),
    ("never { a.where(n not in span.l) }", "a 0-1 n=1 l=[]", "violated", "violated"),
    ("never { a.where(n not in span.l) }", "a 0-1 n=1 l=1", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(lower(k) not in span.l) }", "a 0-1 k=[1;2] l=[]", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(lower(k) not in span.l) }", "a 0-1 k=x l=[]", "violated", "violated"),
    ("when each { b as p } never { a.where(every p.l in span.l) }", "a 0-1 l=[1;2;3], b 0-1 l=[3;1]", "violated", "violated"),
    ("when each { b as p } always { a.where(every p.l in span.l) }", "a 0-1 l=[1;2;3], b 0-1 l=[3;4]", "violated", "inconclusive(evicted)"),
    // Counting and measuring.
    ("never { count(a) > 1 }", "a 0-1, a 2-3", "violated", "violated"),
    ("always { max(a, n) <= 9 }", "b 0-1", "satisfied", "inconclusive(evicted)"),
    ("never { max(a, n) > 9 }", "a 0-1 n=10", "violated", "violated"),
    ("never { sum(a, n + m) > 3 }", "a 0-1 n=2 m=2, a 0-1 n=-9", "violated", "inconclusive(evicted)"),
    ("never { sum(a, n + m) > 4 }", "a 0-1 n=2 m=2, a 0-1 n=5", "satisfied", "inconclusive(evicted)"),
    ("never { max(a, n - m) > 3 }", "a 0-1 n=2 m=-2", "violated", "violated"),
    ("never { min(a, length(k)) < 2 }", "a 0-1 k=É", "violated", "violated"),
    ("never { max(a, n as ms) > 2ms }", "a 0-1 n=3", "violated", "violated"),
    ("never { max(a, span:duration - n as ms) > 1ms }", "a 0-4 n=2", "violated", "violated"),
    ("never { max(a, span:duration + 1ms) > 2ms }", "a 0-1, a 0-zero", "inconclusive(skew)", "inconclusive(evicted)"),
    ("always { max(a, length(k)) > 0 }", "a 0-1 k=5", "violated", "inconclusive(evicted)"),
    ("always { avg(a, n) != 3 }", "b 0-1", "violated", "inconclusive(evicted)"),
    ("never { sum(a, n) > 9 }", "a 0-1 n=10", "violated", "inconclusive(evicted)"),
    ("never { sum(a, span:duration) > 4ms }", "a 0-3, a 1-3", "violated", "violated"),
    ("never { count(a) by n >= 2 }", "a 0-1 n=5, a 1-2 n='5'", "violated", "violated"),
    ("never { count(a) by n >= 2 }", "a 0-1 n=5, a 1-2 n='5.0'", "satisfied", "inconclusive(evicted)"),
    ("never { count(a) by parent > 1 }", "a 0-1, a 1-2", "satisfied", "inconclusive(evicted)"),
    // Totals.
    ("never { count(a) + count(b) > 2 }", "a 0-1, b 1-2, b 2-3", "violated", "violated"),
    ("never { count(a) + count(b) > 2 }", "a 0-1, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { count(a) - count(b) > 1 }", "a 0-1, a 1-2", "violated", "inconclusive(evicted)"),
    ("never { 3 - count(a) < 2 }", "a 0-1, a 1-2", "violated", "violated"),
    ("never { 3 - (count(a) - 1) < 2 }", "a 0-1, a 1-2, a 2-3", "violated", "violated"),
    ("never { sum(a, n) + sum(a, m) > 4 }", "a 0-1 n=2, a 1-2 m=3", "violated", "inconclusive(evicted)"),
    ("never { sum(a, n) + sum(a, m) > 5 }", "a 0-1 n=2, a 1-2 m=3", "satisfied", "inconclusive(evicted)"),
    ("always { sum(a, n) == sum(b, n) + 0.5 * sum(c, n) }", "a 0-1 n=3, b 0-1 n=2, c 0-1 n=2", "satisfied", "inconclusive(evicted)"),
    ("never { max(a, n) - min(a, n) > 2 }", "a 0-1 n=1, a 1-2 n=4", "violated", "violated"),
    ("never { max(a, n) - min(a, n) > 2 }", "b 0-1", "satisfied", "inconclusive(evicted)"),
    ("never { max(a, n) + min(a, n) != 2 }", "b 0-1", "satisfied", "inconclusive(evicted)"),
    ("always { avg(a, n) + 1 > 0 }", "b 0-1", "violated", "inconclusive(evicted)"),
    ("when each { r as p } never { sum(a, span:duration) > 0.5 * p.span:duration }", "r 0-4, a 0-1, a 1-3", "violated", "violated"),
    ("when each { r as p } never { count(a) > p.n - 1 }", "r 0-4 n=2, a 0-1, a 1-3", "violated", "violated"),
    ("when each { r as p } never { count(a) > p.n - 1 }", "r 0-4, a 0-1, a 1-3", "satisfied", "inconclusive(evicted)"),
    ("never { sum(a, span:duration) + sum(b, span:duration) > 2ms }", "a 0-2, b 0-1", "violated", "violated"),
    ("never { count(a) > 2 * count(b) }", "a 0-1, a 1-2, a 2-3, b 0-1", "violated", "inconclusive(evicted)"),
    ("never { count(a) within 2ms > 2 }", "a 0-1, a 1-1, a 2-9, a 5-6", "violated", "violated"),
    ("never { count(a) within 1ms > 2 }", "a 0-1, a 1-1, a 2-9, a 5-6", "satisfied", "inconclusive(evicted)"),
    ("never { count(a) within 1ms > 1 }", "a 0-1, a 5-3", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { overlap(a) > 1 }", "a 0-2, a 1-3", "violated", "violated"),
    ("never { overlap(a) > 1 }", "a 0-2, a 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { overlap(a) > 1 }", "a 0-2, a 2-2, a 2-3", "violated", "violated"),
    ("never { overlap(a) > 0 }", "b 0-2", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { count(b) != p.n }", "a 0-1 n=1, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { count(b) > p.n }", "a 0-1 n=1, b 1-2, b 1-2", "violated", "violated"),
    ("when each { a as p } never { count(b) > p.n }", "a 0-1, b 1-2, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { p.n < count(b) }", "a 0-1 n='1.0', b 1-2, b 1-2", "violated", "violated"),
    ("when each { a as p } never { max(b, span:duration) > p.span:duration }", "a 0-1, b 1-3", "violated", "violated"),
    ("when each { a as p } never { sum(b, span:duration) > p.n as ms }", "a 0-1 n=2, b 1-2, b 1-3", "violated", "violated"),
    ("when each { a as p } never { sum(b, span:duration) > p.n as ms }", "a 0-1 n=3, b 1-2, b 1-3", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { sum(b, span:duration) > p.n as ms }", "a 0-1 n='x', b 1-2, b 1-3", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } always { p.span:duration + 1ms >= max(b, span:duration) }", "a 0-1, b 1-4", "violated", "violated"),
    ("when each { a as p } always { count(b) == p.n - p.m }", "a 0-1 n=5 m=3, b 1-2, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { count(b) > length(p.k) }", "a 0-1 k=É, b 1-2, b 1-2", "violated", "violated"),
    ("when each { a as p } never { max(b, span:duration) > p.span:duration + 1ms }", "a 0-zero, b 1-4", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { count(a) by n, m > 1 }", "a 0-1 n=1 m=1, a 1-1 n=1 m=2, a 1-1 n=1", "satisfied", "inconclusive(evicted)"),
    ("never { count(a) by n, m > 1 }", "a 0-1 n=1 m=2, a 1-1 n=1 m=2, a 1-1 n=1", "violated", "violated"),
    ("never { count(a) by parent, n > 1 }", "r 0-9, a 0-1 n=1 <1, a 1-1 n=1 <1, a 1-1 n=1", "violated", "violated"),
    ("never { sum(a, n) by m > 3 }", "a 0-1 n=2 m=1, a 1-1 n=2 m=1, a 1-1 n=2 m=2", "violated", "inconclusive(evicted)"),
    ("never { sum(a, n) by m > 3 }", "a 0-1 n=2 m=1, a 1-1 n=2 m=3, a 1-1 n=2", "satisfied", "inconclusive(evicted)"),
    ("never { sum(a, span:duration) by m > 3ms }", "a 0-2 m=1, a 1-3 m=1", "violated", "violated"),
    ("never { avg(a, n) by m >= 2 }", "a 0-1 m=1", "satisfied", "inconclusive(evicted)"),
    ("never { count(a) within 1ms by m > 1 }", "a 0-1 m=1, a 1-1 m=2, a 5-6 m=1", "satisfied", "inconclusive(evicted)"),
    ("never { overlap(a) by m > 1 }", "a 0-3 m=1, a 1-3 m=2, a 2-4 m=1", "violated", "violated"),
    ("never { overlap(a) by m > 1 }", "a 0-2 m=1, a 2-3 m=1", "satisfied", "inconclusive(evicted)"),
    ("never { overlap(a) by m > 1 }", "a 2-2 m=1, a 2-2 m=1", "violated", "violated"),
    ("never { overlap(a) by m > 1 }", "a 0-2 m=1, a 1-2, a 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { overlap(a) by m > 1 }", "a 0-3 m=1, a 3-1 m=1", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { overlap(a) by m > 1 }", "a 0-3 m=1, a 3-1 m=2", "satisfied", "inconclusive(evicted)"),
    ("never { overlap(a) by m, n > 1 }", "a 0-3 m=1 n=1, a 1-3 m=1 n=2, a 2-4 m=1", "satisfied", "inconclusive(evicted)"),
    // Order.
    ("never { a before b }", "a 0-1, b 1-2", "violated", "inconclusive(evicted)"),
    ("never { a before b }", "a 0-2, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { a before b }", "a 2-3, b 1-2, b 4-5", "satisfied", "inconclusive(evicted)"),
    ("never { a then b }", "a 2-3, b 1-2, b 4-5", "violated", "violated"),
    ("never { a then b then c }", "a 0-1, c 1-2, b 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a before b within 2ms }", "a 0-1, b 4-5", "satisfied", "inconclusive(evicted)"),
    ("never { a after b }", "b 0-1, a 2-3", "violated", "inconclusive(evicted)"),
    ("never { a before a }", "a 0-1", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } always { b before p }", "b 0-1, a 2-3", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { b before p }", "b 0-1, a 2-3", "violated", "violated"),
    ("never { a starts before b }", "a 0-9, b 1-2", "violated", "inconclusive(evicted)"),
    ("never { a starts before b }", "a 1-9, b 0-2, b 3-4", "satisfied", "inconclusive(evicted)"),
    ("never { a starts before b }", "a 1-9, b 1-2", "violated", "inconclusive(evicted)"),
    ("never { a starts before b }", "a 1-9", "satisfied", "inconclusive(evicted)"),
    ("never { a starts after b }", "a 1-2, b 0-9, b 1-3", "violated", "inconclusive(evicted)"),
    ("never { a ends before b }", "a 0-2, b 1-2, b 1-3", "violated", "inconclusive(evicted)"),
    ("never { a ends after b }", "a 0-2, b 1-3", "satisfied", "inconclusive(evicted)"),
    ("never { a ends after b within 1ms }", "a 0-9, b 1-8, b 1-2", "violated", "inconclusive(evicted)"),
    ("never { a ends after b within 1ms }", "a 0-9, b 1-7", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { b starts after p }", "a 0-9, b 1-2", "violated", "violated"),
    ("when each { a as p } never { p starts after b }", "a 1-9, b 0-2", "violated", "inconclusive(evicted)"),
    ("never { a before b within 2ms..3ms }", "a 0-1, b 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a before b within 2ms..3ms }", "a 0-1, b 3-4", "violated", "inconclusive(evicted)"),
    ("never { a before b within 2ms..3ms }", "a 0-1, b 4-5, b 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a then b within 2ms..3ms }", "a 0-1, b 4-5, b 2-3", "violated", "violated"),
    ("never { a then b within 2ms..3ms }", "a 0-1, b 2-3, b 5-6", "satisfied", "inconclusive(evicted)"),
    ("never { a after b within 0ms..3ms }", "b 0-1, a 4-5", "violated", "inconclusive(evicted)"),
    ("never { a after b within 3ms.. }", "b 0-1, a 4-5", "violated", "inconclusive(evicted)"),
    ("never { a after b within 4ms.. }", "b 0-1, a 4-5", "satisfied", "inconclusive(evicted)"),
    ("when each { b as p } never { a after p within 3ms.. }", "b 0-1, a 2-3, a 9-9", "violated", "violated"),
    ("when each { b as p } always { a ends after p within 2ms.. }", "b 0-8, a 0-9", "violated", "inconclusive(evicted)"),
    ("never { a then b within 2ms.. }", "a 0-1, b 2-3, b 900-901", "violated", "violated"),
    ("never { a then b within 2ms.. }", "a 0-1, b 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a starts before b }", "a 3-2, b 4-5", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { a overlaps b }", "a 0-2, b 1-3", "violated", "violated"),
    ("never { a overlaps b }", "a 0-2, b 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a overlaps b }", "a 2-2, b 2-3", "violated", "violated"),
    ("never { a overlaps b }", "a 3-3, b 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a overlaps b }", "a 2-2, b 2-2", "violated", "violated"),
    ("never { a overlaps a }", "a 0-2", "satisfied", "inconclusive(evicted)"),
    ("never { a overlaps b }", "a 0-2, b 3-1", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { a during b }", "a 1-2, b 1-2", "violated", "violated"),
    ("never { a during b }", "a 0-2, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { a during b }", "a 1-2, b 0-1, b 1-9", "violated", "violated"),
    // Structure.
    ("never { a inside b }", "b 0-9, c 1-2 <1, a 1-2 <2", "violated", "violated"),
    ("when each { a as p } always { p inside b }", "c 0-9, a 1-2 <1", "violated", "violated"),
    ("never { a inside b }", "b 0-9, a 1-2 <7", "inconclusive(orphan)", "inconclusive(evicted)"),
    ("never { a child of b }", "b 0-9, c 1-2 <1, a 1-2 <2", "satisfied", "inconclusive(evicted)"),
    ("never { a sibling of b }", "r 0-9, a 1-2 <1, b 1-2 <1", "violated", "violated"),
    ("never { a sibling of b }", "a 1-2, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { a parent of b }", "a 0-9, b 1-2 <1", "violated", "violated"),
    ("never { a parent of b }", "a 0-9, c 1-2 <1, b 1-2 <2", "satisfied", "inconclusive(evicted)"),
    ("never { a parent of b }", "a 0-9, b 1-2 <7", "satisfied", "inconclusive(evicted)"),
    ("never { a containing b }", "a 0-9, c 1-2 <1, b 1-2 <2", "violated", "violated"),
    ("never { a containing b }", "a 0-9, b 1-2 <7", "inconclusive(orphan)", "inconclusive(evicted)"),
    ("never { a containing b }", "a 0-9, b 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { a outside b }", "c 0-9, a 1-2 <1", "violated", "violated"),
    ("never { a outside b }", "b 0-9, c 1-2 <1, a 1-2 <2", "satisfied", "inconclusive(evicted)"),
    ("never { a outside b }", "a 1-2", "violated", "violated"),
    ("never { a outside b }", "a 1-2 <7", "inconclusive(orphan)", "inconclusive(evicted)"),
    ("never { a not child of b }", "c 0-9, a 1-2 <1", "violated", "violated"),
    ("never { a not child of b }", "b 0-9, a 1-2 <1", "satisfied", "inconclusive(evicted)"),
    ("never { a not child of b }", "a 1-2 <7", "inconclusive(orphan)", "inconclusive(evicted)"),
    ("when each { b as p } never { a not child of p }", "b 0-1, a 1-2 <7", "violated", "violated"),
    ("never { a not sibling of b }", "a 1-2 <7", "violated", "inconclusive(evicted)"),
    ("never { a not sibling of b }", "a 1-2", "violated", "violated"),
    ("never { a not sibling of b }", "a 1-2 <7, b 1-2 <7", "satisfied", "inconclusive(evicted)"),
    // Without some of them.
    ("never { a except a.where(n == 1) }", "a 0-1 n=1", "satisfied", "inconclusive(evicted)"),
    ("never { a except a.where(n == 1) }", "a 0-1 n=1, a 0-1 n=2", "violated", "violated"),
    ("never { a except b }", "a 0-1, b 0-1", "violated", "violated"),
    ("never { count(a except (a.where(n == 1) inside b)) > 1 }", "b 0-9, a 1-2 <1 n=1, a 1-2 <1 n=2, a 1-2 n=1", "violated", "violated"),
    ("never { a except (a.where(n == 1) inside b) }", "b 0-9, a 1-2 <1 n=1", "satisfied", "inconclusive(evicted)"),
    ("never { a except (a.where(n == 1) inside b) }", "a 1-2 <7 n=1", "inconclusive(orphan)", "inconclusive(evicted)"),
    ("never { a except (a.where(n == 1) inside b) }", "a 1-2 <7 n=2", "violated", "violated"),
    ("never { a except (a.where(n == 1) sibling of b) }", "a 1-2 <7 n=1", "violated", "inconclusive(evicted)"),
    ("when each { a as p } never { p except a.where(n == 1) }", "a 1-2 n=2", "violated", "violated"),
    // Echoes: later, within, and alike.
    ("never { a echoing b by n }", "b 0-9 n=1, a 1-9 n=1", "violated", "violated"),
    ("never { a echoing b by n }", "b 0-9 n=1, a 0-2 n=1", "satisfied", "inconclusive(evicted)"),
    ("never { a echoing b by n }", "b 0-9 n=1, a 1-10 n=1", "satisfied", "inconclusive(evicted)"),
    ("never { a echoing b by n }", "b 0-9 n=1, a 1-2 n=2", "satisfied", "inconclusive(evicted)"),
    ("never { a echoing b by n }", "b 0-9, a 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { a echoing b by n }", "b 3-2 n=1, a 1-2 n=1", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { a echoing b by n }", "b 3-2 n=1, a 1-2 n=2", "satisfied", "inconclusive(evicted)"),
    ("never { a echoing a by n }", "a 0-9 n=1, a 1-2 n=1", "violated", "violated"),
    ("never { count(a echoing a by n) > 1 }", "a 0-9 n=1, a 1-2 n=1, a 1-3 n=1", "violated", "violated"),
    ("never { a echoing b by parent, n }", "c 0-9, b 1-8 <1 n=1, a 2-3 <1 n=1", "violated", "violated"),
    ("never { a echoing b by parent, n }", "c 0-9, b 1-8 <1 n=1, a 2-3 <2 n=1", "satisfied", "inconclusive(evicted)"),
    ("never { a echoing b by parent }", "b 0-9, a 1-2", "satisfied", "inconclusive(evicted)"),
    ("never { a except (a echoing b by n) }", "a 1-2", "violated", "violated"),
    ("never { a except (a echoing b by n) }", "a 1-2 n=1", "violated", "inconclusive(evicted)"),
    ("when each { a as p } never { p echoing b by n }", "b 0-9 n=1, a 1-2 n=1", "violated", "violated"),
    ("when each { a as p, b as q } never { p echoing q by n }", "b 0-9 n=1, a 1-2 n=2", "satisfied", "inconclusive(evicted)"),
    ("never { leaf.where(span:name == a) }", "a 1-2, b 1-2", "violated", "inconclusive(evicted)"),
    ("never { leaf.where(span:name == a) }", "a 1-2, b 1-2 <1", "satisfied", "inconclusive(evicted)"),
    ("never { count(leaf) > 1 }", "a 0-9, b 1-2 <1, c 3-4 <1", "violated", "inconclusive(evicted)"),
    ("always { count(leaf) <= 1 }", "a 0-9, b 1-2 <1", "satisfied", "inconclusive(evicted)"),
    ("when each { b as p } never { p outside leaf }", "a 0-9, b 1-2 <1", "violated", "violated"),
    // Next ones.
    ("never { a.where(n == 1) next after b }", "b 0-1, a 2-3 n=1, a 1-2 n=2", "violated", "inconclusive(evicted)"),
    ("when each { a.where(n == 1) as p } never { p next after b }", "b 0-1, a 2-3 n=1, a 1-2 n=2", "violated", "violated"),
    ("never { count(a next after b) != 1 }", "b 0-1, a 2-3, a 1-2, a 5-6", "satisfied", "inconclusive(evicted)"),
    ("never { count(a next after b) != 2 }", "b 0-1, a 2-3, a 2-4, a 5-6", "satisfied", "inconclusive(evicted)"),
    ("never { count(a next after b) != 2 }", "b 0-1, a 2-3, b 3-4, a 5-6, a 7-8", "satisfied", "inconclusive(evicted)"),
    ("never { a next after b }", "b 0-3, a 2-4", "satisfied", "inconclusive(evicted)"),
    ("never { a next after a }", "a 0-3", "satisfied", "inconclusive(evicted)"),
    ("never { a next after b }", "b 0-1, a 3-2", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, a 4-5", "violated", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, c 2-3, a 4-5", "satisfied", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, c 1-4, a 4-5", "satisfied", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, c 2-5, a 4-5", "violated", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, c 2-3 <1, a 4-5", "violated", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, c 2-3, a 4-5 <2", "violated", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, c 2-3 <7, a 4-5", "inconclusive(orphan)", "inconclusive(evicted)"),
    ("never { a directly after b }", "b 0-1, c 3-2, a 4-5", "inconclusive(skew)", "inconclusive(evicted)"),
    // Scopes.
    ("never { a between q and next r }", "q 0-1, a 2-3, r 4-5", "violated", "inconclusive(evicted)"),
    ("never { a between q and next r }", "q 0-1, a 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a after q until next r }", "q 0-1, a 2-3", "violated", "inconclusive(evicted)"),
    ("never { a after q until next r }", "q 0-1, r 1-2, a 2-3", "satisfied", "inconclusive(evicted)"),
    // Correlation.
    ("when each { a.where(n > 1) as p } always { b.where(m == p.n) before p }", "b 0-1 m=2, a 2-3 n=2, a 2-3 n=3", "violated", "inconclusive(evicted)"),
    ("when each { a as p } always { b before p }", "b 0-1", "not_applicable", "inconclusive(evicted)"),
    ("when each { a as p, b as q and p then q } never { c }", "a 0-1, b 1-2, c 0-1", "violated", "violated"),
    // Conditions on one event: it makes all of it true; of none there is none.
    ("never { a.where(event.where(n == 1 and m == 2)) }", "a 0-9 @1:n=1+m=3 @2:n=2+m=2", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(event.n == 1 and event.m == 2) }", "a 0-9 @1:n=1+m=3 @2:n=2+m=2", "violated", "violated"),
    ("never { a.where(event.where(n == 1 and m == 2)) }", "a 0-9 @1:n=1+m=3 @2:n=1+m=2", "violated", "violated"),
    ("never { a.where(event.where(not (n == 1))) }", "a 0-9 @1:m=3", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(event.where(missing(n))) }", "a 0-9 @1:m=3", "violated", "violated"),
    ("never { a.where(not event.where(n == 1)) }", "a 0-9", "violated", "violated"),
    ("never { a.where(event.where(event:timeSinceStart > 2ms and n == 1)) }", "a 1-9 @3:n=1 @4:n=2", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(event:timeSinceStart > 2ms) }", "a 1-9 @3:n=1 @4:n=2", "violated", "violated"),
    ("never { a.where(event:timeSinceStart > 2ms) }", "a 3-9 @1:", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { b.where(event.where(n == p.n and m == 1)) }", "a 0-1 n=2, b 0-1 @0:n=2+m=1", "violated", "violated"),
    ("when each { a as p } always { p.where(event.where(n < event.m)) }", "a 0-1 @0:n=2+m=1 @1:n=1+m=2", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(event.where(n + m == 3 and n as ms > 1ms)) }", "a 0-9 @1:n=1+m=2 @2:n=2+m=2", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(event.where(n + m == 3 and n as ms > 1ms)) }", "a 0-9 @1:n=1+m=1 @2:n=2+m=1", "violated", "violated"),
    ("never { a.where(event.where(event:timeSinceStart > n as ms)) }", "a 0-9 @1:n=2 @3:n=2", "violated", "violated"),
    // Links.
    ("never { a linked to b }", "a 0-1 >2, b 0-1", "violated", "violated"),
    ("never { a linked to b }", "a 0-1 >3, b 0-1", "satisfied", "inconclusive(evicted)"),
    ("never { a linked to a }", "a 0-1 >1", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } always { p linked to b }", "a 0-1, b 0-1", "violated", "violated"),
    ("when each { a as p } always { p linked to b }", "a 0-1 >2", "violated", "inconclusive(evicted)"),
    ("when each { a as p } always { b.where(span:id == p.link:spanID) before p }", "b 0-1, a 2-3 >1", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { p.where(link.where(link:spanID == p.span:parentID)) }", "b 0-1, a 2-3 <1 >1", "violated", "violated"),
    // Conditions on a bound span: final once it is seen, and unknown is no.
    ("when each { a as p } always { p.where(n > 1) }", "a 0-1 n=2", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } always { p.where(n > 1) }", "a 0-1 n=1", "violated", "violated"),
    ("when each { a as p } always { p.where(n > 1) }", "a 0-1", "violated", "violated"),
    ("when each { a as p } never { p.where(n > 1) }", "a 0-1", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { not p.where(n > 1) }", "a 0-1", "violated", "violated"),
    ("when each { a as p } never { not p.n > 1 }", "a 0-1 n=2", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p } never { p.where(not (n > 1)) }", "a 0-1", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p, b as q } always { p.n == q.m }", "a 0-1 n=2, b 0-1 m=2", "satisfied", "inconclusive(evicted)"),
    ("when each { a as p, b as q } always { p.n == q.m }", "a 0-1 n=2, b 0-1 m=3", "violated", "violated"),
    ("when each { a as p } never { p.span:duration > 1ms }", "a 0-zero", "inconclusive(skew)", "inconclusive(evicted)"),
    ("when each { a as p and p.n > 1 } always { b }", "a 0-1 n=1", "not_applicable", "inconclusive(evicted)"),
    ("when each { a as p } never { p.where(n > 1 and trace:spanCount > 1) }", "a 0-1 n=2, b 0-1", "violated", "violated"),
    // Times.
    ("never { a before b }", "a 3-2, b 4-5", "inconclusive(skew)", "inconclusive(evicted)"),
    ("never { a.where(span:duration > 1ms) }", "a 0-zero", "inconclusive(skew)", "inconclusive(evicted)"),
    ("always { trace:duration < 2ms }", "a 0-1, b 2-3", "violated", "violated"),
    ("always { trace:duration < 9ms }", "a 0-1, b 2-3", "satisfied", "inconclusive(evicted)"),
    ("never { a.where(trace:spanCount > 1) }", "a 0-1, b 2-3", "violated", "violated"),
    ("always { trace:rootName == a }", "a 0-1, b 0-1 <1", "satisfied", "inconclusive(evicted)"),
];

#[test]
fn examples_worked_by_hand() {
    for (condition, trace, complete, cut) in EXAMPLES {
        let answers = [
            answer(condition, trace, &[]),
            answer(condition, trace, &[Reason::Evicted]),
        ];
        assert_eq!(
            answers.each_ref().map(shown),
            [*complete, *cut],
            "{condition} of {trace}"
        );
    }
}

#[test]
fn a_violation_names_the_part_that_failed() {
    let parts = |condition: &str, trace: &str| {
        let broken = answer(condition, trace, &[]).broken;
        broken
            .iter()
            .map(|broken| format!("{:?} {}", broken.clause, broken.text))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        parts("always { a and b and c }", "a 0-1, c 0-1"),
        ["Always b"]
    );
    assert_eq!(
        parts("always { d } never { (x or a) or c }", "a 0-1, c 0-1"),
        ["Never a"]
    );
    assert_eq!(parts("a and not b", "a 0-1"), ["Pattern a and not b"]);
    assert_eq!(
        parts(
            "when each { a as p } always { b after p }",
            "b 0-1, a 0-1, a 5-6"
        )
        .len(),
        2
    );
}

#[test]
fn the_first_of_differing_copies_counts_and_halves_are_two_spans() {
    assert_eq!(
        shown(&answer("never { count(any) > 1 }", "a 0-1, a 0-1", &[])),
        "violated"
    );
    let mut copies = spans("a 0-1, b 0-1");
    copies[1].id = copies[0].id;
    let source = Source {
        condition: "never { b }".to_owned(),
        ..Source::default()
    };
    let rule = source.check("r").unwrap();
    assert_eq!(
        judge(&rule, &copies, Completeness::Root, &[])
            .verdict
            .as_str(),
        "satisfied"
    );
    assert_eq!(
        shown(&answer("never { count(any) > 1 }", "a 0-1, b 0-1 #1", &[])),
        "violated"
    );
}
