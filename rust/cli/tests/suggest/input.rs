//! What is wrong with the input is said, and nothing is made up.

use serde_json::{Value, json};

use super::asked::{Asked, repository, split};
use super::support::*;

/// Traces with `order` and what else they are to have.
fn shop(range: std::ops::Range<u128>, names: &[&str]) -> String {
    let mut spans = Vec::new();
    for trace in range {
        spans.push(span(trace, 1, 0, "order"));
        for (name, id) in names.iter().zip(2..) {
            spans.push(span(trace, id, 1, name));
        }
    }
    request(&spans)
}

#[test]
fn the_same_traces_on_both_sides_say_nothing() {
    let desk = Desk::with(&[("a.jsonl", &shop(1..30, &["pay"]))]);
    let ran = desk.run(&["suggest", "--good", "a.jsonl", "--bad", "a.jsonl"]);
    assert_eq!((ran.code, &*ran.out), (2, ""));
    assert!(
        ran.err
            .contains("29 traces in both --good and --bad: left out"),
        "{}",
        ran.err
    );
    assert!(ran.err.contains("there is no good trace"), "{}", ran.err);
}

#[test]
fn traces_of_one_kind_on_both_sides_give_no_rule_that_is_more_than_chance() {
    let desk = Desk::with(&[]);
    let (one, other) = split(&repository("testdata/traces/healthy.jsonl.zst"));
    desk.write("one.jsonl", one.as_bytes());
    desk.write("other.jsonl", other.as_bytes());
    let asked = Asked::of(&desk, &["--good", "one.jsonl", "--bad", "other.jsonl"]);
    for line in &asked.lines {
        assert_eq!(line["is_certain"], false, "{line}");
    }
    assert!(asked.lines.len() <= 3, "{}", asked.err);
}

#[test]
fn one_bad_trace_is_said_and_gives_what_can_be_said() {
    let mut bad = shop(200..201, &["pay"]);
    bad.push('\n');
    let desk = Desk::with(&[
        ("good.jsonl", &shop(1..60, &["pay", "ship"])),
        ("bad.jsonl", &bad),
    ]);
    let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
    assert!(asked.err.contains("one bad trace only"), "{}", asked.err);
    let rules = asked.rules().join("\n");
    assert!(rules.contains("always { ship }"), "{rules}");
    assert_eq!(asked.lines[0]["held_out"], Value::Null);
}

#[test]
fn bad_traces_may_be_named_and_may_be_chosen_by_a_condition() {
    let mut all = format!(
        "{}\n{}",
        shop(1..60, &["pay", "ship"]),
        shop(100..106, &["pay"])
    );
    all.push('\n');
    let desk = Desk::with(&[("all.jsonl", &all)]);
    let ids: Vec<String> = (100..106).map(|n: u128| format!("{n:x}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let named = Asked::of(
        &desk,
        &[&["--good", "all.jsonl", "--bad-trace"], &ids[..]].concat(),
    );
    let chosen = Asked::of(
        &desk,
        &["--good", "all.jsonl", "--bad-where", "pay and not ship"],
    );
    assert!(
        chosen.err.contains("--bad-where holds in 6 traces"),
        "{}",
        chosen.err
    );
    let broken = Asked::of(
        &desk,
        &[
            "--good",
            "all.jsonl",
            "--bad-where",
            "when { pay } always { ship }",
        ],
    );
    assert!(
        broken
            .err
            .contains("--bad-where is a rule, and broken in 6 traces"),
        "{}",
        broken.err
    );
    for asked in [named, chosen, broken] {
        let first = &asked.lines[0];
        assert_eq!(first["bad"]["violated"], 6, "{first}");
        assert_eq!(first["good"]["violated"], 0, "{first}");
        assert!(
            first["condition"].as_str().unwrap().contains("ship"),
            "{first}"
        );
    }
    for (args, told) in [
        (["--bad-trace", "xyz"], "is no trace id"),
        (["--bad-trace", "ffff"], "no span of the trace ffff"),
        (
            ["--bad-where", "pay and and"],
            "--bad-where is no condition",
        ),
        // The place is that in what was typed, and so is what is shown of it.
        (["--bad-where", "pay and and"], "--bad-where:1:9"),
        (["--bad-where", "pay and and"], "1 | pay and and"),
        (["--bad-where", "pay\nand and"], "--bad-where:2:5"),
        (["--bad-where", "never_there"], "there is no bad trace"),
        (
            ["--bad-where", "over 1h never { count(pay) > 3 }"],
            "--bad-where is a rule over many traces",
        ),
    ] {
        let ran = desk.run(&[&["suggest", "--good", "all.jsonl"], &args[..]].concat());
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(told), "{args:?}: {}", ran.err);
    }
}

#[test]
fn what_a_rule_catches_already_is_not_suggested() {
    let desk = Desk::with(&[
        ("good.jsonl", &shop(1..60, &["pay", "ship"])),
        ("bad.jsonl", &shop(100..106, &["pay"])),
        (
            "rules.yaml",
            "rules:\n  - id: shipped\n    condition: when { pay } always { ship }\n",
        ),
    ]);
    let asked = Asked::of(
        &desk,
        &[
            "--good",
            "good.jsonl",
            "--bad",
            "bad.jsonl",
            "--rules",
            "rules.yaml",
        ],
    );
    assert_eq!((asked.code, asked.lines.len()), (0, 0), "{:?}", asked.lines);
    assert!(
        asked.err.contains("a rule of --rules catches as much"),
        "{}",
        asked.err
    );
}

#[test]
fn names_with_ids_are_folded_and_said_so() {
    let names: Vec<String> = (0..40)
        .map(|n| format!("GET /users/{}", 8000 + n))
        .collect();
    let spans: Vec<_> = names
        .iter()
        .zip(1..)
        .map(|(name, trace)| span(trace, 1, 0, name))
        .collect();
    let bad: Vec<_> = (100..106)
        .flat_map(|trace| {
            let name = &names[trace as usize % 40];
            let mut failed = span(trace, 1, 0, name);
            failed.attributes = json!({"outcome": "refused"});
            [failed]
        })
        .collect();
    let good: Vec<_> = spans
        .into_iter()
        .map(|mut span| {
            span.attributes = json!({"outcome": "served"});
            span
        })
        .collect();
    let desk = Desk::with(&[
        ("good.jsonl", &request(&good)),
        ("bad.jsonl", &request(&bad)),
    ]);
    let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
    assert!(
        asked.err.contains(
            "40 names of spans have an id in them and are taken as one: ^GET /users/[0-9]+$"
        ),
        "{}",
        asked.err
    );
    let first = asked.rules()[0].to_owned();
    assert!(first.contains("outcome"), "{first}");
}

#[test]
fn what_is_absent_from_a_trace_that_was_cut_off_proves_nothing() {
    // No root came: the spans below it may be missing too.
    let cut: Vec<_> = (100..106).map(|trace| span(trace, 2, 1, "pay")).collect();
    let desk = Desk::with(&[
        ("good.jsonl", &shop(1..60, &["pay", "ship"])),
        ("bad.jsonl", &request(&cut)),
    ]);
    let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
    assert_eq!(asked.lines.len(), 0, "{:?}", asked.rules());
    let told = "6 of 6 bad traces incomplete: what is absent from them proves nothing";
    assert!(asked.err.contains(told), "{}", asked.err);
}

#[test]
fn one_good_trace_or_too_few_to_tell_anything_is_said() {
    let desk = Desk::with(&[
        ("one.jsonl", &shop(1..2, &["pay", "ship"])),
        ("three.jsonl", &shop(1..4, &["pay", "ship"])),
        ("five.jsonl", &shop(1..6, &["pay", "ship"])),
        ("forty.jsonl", &shop(1..41, &["pay", "ship"])),
        ("bad.jsonl", &shop(200..201, &["pay"])),
        ("same.jsonl", &shop(200..240, &["pay", "ship"])),
    ]);
    let asked = |good: &str, bad: &str| Asked::of(&desk, &["--good", good, "--bad", bad]);
    let one = asked("one.jsonl", "same.jsonl");
    assert!(one.err.contains("one good trace only"), "{}", one.err);
    let three = asked("three.jsonl", "bad.jsonl");
    assert!(three.lines.is_empty(), "{:?}", three.rules());
    assert!(
        three
            .err
            .contains("with so few traces any difference may be chance"),
        "{}",
        three.err
    );
    // What can be said of few is said, and as what it is.
    let five = asked("five.jsonl", "bad.jsonl");
    assert_eq!(five.lines[0]["is_certain"], false, "{}", five.err);
    assert!(
        five.rules().join(" ").contains("ship"),
        "{:?}",
        five.rules()
    );
    let same = asked("forty.jsonl", "same.jsonl");
    assert!(same.lines.is_empty(), "{:?}", same.rules());
    assert!(
        same.err
            .contains("what fewer than 4 bad traces share cannot be told from chance"),
        "{}",
        same.err
    );
}

#[test]
fn what_may_be_chance_stands_beside_nothing_that_is_more() {
    let colour = |trace: u128, name: &'static str| {
        let mut order = span(trace, 1, 0, name);
        let colour = ["red", "green", "blue", "white"][trace as usize % 4];
        order.attributes = json!({"colour": colour});
        order
    };
    let spans = |range: std::ops::Range<u128>, is_bad: bool| {
        let mut spans = Vec::new();
        for trace in range {
            let mut order = colour(trace, "order");
            // Four of a colour that no good one has: so much may be chance among what else there is to look at.
            if is_bad && trace % 10 == 0 {
                order.attributes = json!({"colour": "black"});
            }
            spans.push(order);
            if !(is_bad && trace % 2 == 1) {
                spans.push(span(trace, 2, 1, "ship"));
            }
        }
        request(&spans)
    };
    let desk = Desk::with(&[
        ("good.jsonl", &spans(1..41, false)),
        ("bad.jsonl", &spans(101..141, true)),
    ]);
    let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
    assert!(!asked.lines.is_empty());
    for line in &asked.lines {
        assert_eq!(line["is_certain"], true, "{line}");
    }
    assert!(
        asked
            .err
            .contains("left out: so many tests bring as much by chance"),
        "{}",
        asked.err
    );
}

#[test]
fn names_with_quotes_and_words_of_the_language_are_written_so_that_they_load() {
    for name in [
        "say \"hi\" \\ there",
        "when",
        "before",
        "span.x",
        "root",
        "a\u{202e}b",
        "count",
        "10 items",
        "x y",
    ] {
        let desk = Desk::with(&[
            ("good.jsonl", &shop(1..60, &["pay"])),
            ("bad.jsonl", &shop(100..106, &["pay", name])),
        ]);
        let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
        assert_eq!(
            asked.lines[0]["bad"]["violated"],
            6,
            "{name}: {:?}",
            asked.rules()
        );
    }
}

#[test]
fn recordings_that_are_broken_are_told_and_the_rest_is_used() {
    let broken = format!(
        "{}\n{{\"resourceSpans\": [\n",
        shop(1..60, &["pay", "ship"])
    );
    let desk = Desk::with(&[
        ("good.jsonl", &broken),
        ("bad.jsonl", &shop(100..106, &["pay"])),
    ]);
    let ran = desk.run(&["suggest", "--good", "good.jsonl", "--bad", "bad.jsonl"]);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(ran.out.contains("ship"), "{}", ran.out);
}

#[test]
fn ten_thousand_names_are_no_trouble() {
    let letters = |mut n: usize| {
        let mut word = String::from("op ");
        for _ in 0..4 {
            word.push(char::from(b'a' + (n % 26) as u8));
            n /= 26;
        }
        word
    };
    let names: Vec<String> = (0..10_000).map(letters).collect();
    let of = |traces: std::ops::Range<u128>, last: &'static str| {
        let mut spans = Vec::new();
        for trace in traces {
            spans.push(span(trace, 1, 0, "order"));
            // Each name in two traces, so that none is left out for being seldom.
            let begin = (trace as usize / 2 * 200) % 10_000;
            let some = names[begin..begin + 200].iter().zip(2..);
            spans.extend(some.map(|(name, id)| span(trace, id, 1, name)));
            spans.push(span(trace, 900, 1, last));
        }
        request(&spans)
    };
    let desk = Desk::with(&[
        ("good.jsonl", &of(2..102, "ship")),
        ("bad.jsonl", &of(200..206, "lose")),
    ]);
    let asked = Asked::of(&desk, &["--good", "good.jsonl", "--bad", "bad.jsonl"]);
    let first = &asked.lines[0];
    assert_eq!(first["bad"]["violated"], 6, "{first}");
    let rule = first["condition"].as_str().unwrap();
    assert!(rule.contains("lose") || rule.contains("ship"), "{rule}");
}
