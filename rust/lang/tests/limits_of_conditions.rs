//! Each limit inside a condition, at its value and one beyond it, and texts made to hurt.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::time::Duration;

use betrace_lang::codes::{Code, conditions as code};
use betrace_lang::rule::{Literal, Number};
use betrace_lang::{Limits, Vocabulary, check_condition};

/// How long this thread has run on a processor: a busy machine makes nothing slow. As Linux counts it.
fn spent() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanos = text.split(' ').next().unwrap().parse().unwrap();
    Duration::from_nanos(nanos)
}

fn codes_with(text: &str, vocabulary: &Vocabulary, limits: &Limits) -> Vec<Code> {
    let mut faults = Vec::new();
    let started = spent();
    let body = check_condition(text, vocabulary, limits, &mut faults);
    let took = spent() - started;
    assert!(took < Duration::from_secs(10), "slow: {took:?}");
    faults.retain(betrace_lang::Fault::is_error);
    assert_eq!(body.is_some(), faults.is_empty());
    for fault in &faults {
        assert!(fault.range.end <= text.len() || fault.origin != betrace_lang::Origin::Here);
    }
    let mut codes: Vec<Code> = faults.into_iter().map(|fault| fault.code).collect();
    codes.dedup();
    codes
}

fn codes(text: &str) -> Vec<Code> {
    codes_with(text, &Vocabulary::new(), &Limits::default())
}

#[test]
fn bytes_of_a_text() {
    let fill = |bytes: usize| format!("never {{ a }}{}", " ".repeat(bytes - 11));
    assert_eq!(codes(&fill(64 << 10)), []);
    assert_eq!(codes(&fill((64 << 10) + 1)), [code::TEXT_TOO_LONG]);
    assert_eq!(codes(&"é".repeat(64 << 10)), [code::TEXT_TOO_LONG]);
    // Nothing else is said of a text that was not read.
    let mut faults = Vec::new();
    let long = fill((64 << 10) + 1);
    check_condition(&long, &Vocabulary::new(), &Limits::default(), &mut faults);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn nesting() {
    let parens = |depth: usize| format!("{}a{}", "(".repeat(depth), ")".repeat(depth));
    assert_eq!(codes(&parens(64)), []);
    assert_eq!(codes(&parens(65)), [code::NESTED_TOO_DEEPLY]);
    let nots = |depth: usize| format!("{}a", "not ".repeat(depth));
    assert_eq!(codes(&nots(64)), []);
    assert_eq!(codes(&nots(65)), [code::NESTED_TOO_DEEPLY]);
    assert_eq!(codes(&nots(16_000)), [code::NESTED_TOO_DEEPLY]);
    let both = |depth: usize| format!("{}a{}", "not (b or ".repeat(depth), ")".repeat(depth));
    assert_eq!(codes(&both(32)), []);
    assert_eq!(codes(&both(33)), [code::NESTED_TOO_DEEPLY]);
    let filters = |depth: usize| {
        format!(
            "any.where({}x == 1{})",
            "(a == 1 and ".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert_eq!(codes(&filters(63)), []);
    assert_eq!(codes(&filters(64)), [code::NESTED_TOO_DEEPLY]);
    let of_event = |depth: usize| {
        format!(
            "any.where(event.where({}x == 1{}))",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert_eq!(codes(&of_event(62)), []);
    assert_eq!(codes(&of_event(63)), [code::NESTED_TOO_DEEPLY]);
    let of_bound = |depth: usize| {
        format!(
            "when each {{ a as p }} never {{ p.where({}x == 1{}) }}",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert_eq!(codes(&of_bound(62)), []);
    assert_eq!(codes(&of_bound(63)), [code::NESTED_TOO_DEEPLY]);
    assert_eq!(codes(&"(".repeat(60_000)), [code::NESTED_TOO_DEEPLY]);
    assert_eq!(codes(&"[".repeat(60_000)), [code::NESTED_TOO_DEEPLY]);
}

#[test]
fn spans_of_an_order() {
    let before = |links: usize| format!("a{}", " before b".repeat(links));
    assert_eq!(codes(&before(64)), []);
    assert_eq!(codes(&before(65)), [code::NESTED_TOO_DEEPLY]);
    assert_eq!(codes(&before(7_000)), [code::NESTED_TOO_DEEPLY]);
    let then = |links: usize| format!("a{}", " then b".repeat(links));
    assert_eq!(codes(&then(64)), []);
    assert_eq!(codes(&then(65)), [code::NESTED_TOO_DEEPLY]);
    let nested = format!("({}){}", before(60), " before c".repeat(5));
    assert_eq!(codes(&nested), [code::NESTED_TOO_DEEPLY]);
}

#[test]
fn long_and_flat_is_fine() {
    let or = vec!["abc"; 4_000].join(" or ");
    assert_eq!(codes(&or), []);
    let filter = format!("any.where({})", vec!["x == 1"; 4_000].join(" and "));
    assert_eq!(codes(&filter), []);
    let chained = format!("any{}", ".where(x == 1)".repeat(4_000));
    assert_eq!(codes(&chained), []);
}

#[test]
fn bytes_of_a_name() {
    let name = |bytes: usize| "n".repeat(bytes);
    for shape in [
        "{}",
        "\"{}\"",
        "any.where({} == 1)",
        "any.where(\"{}\" == 1)",
        "any.where(span.\"{}\" == 1)",
        "any.where(exists(resource.\"{}\"))",
    ] {
        assert_eq!(codes(&shape.replace("{}", &name(256))), [], "{shape}");
        assert_eq!(
            codes(&shape.replace("{}", &name(257))),
            [code::NAME_TOO_LONG],
            "{shape}"
        );
    }
    let bound = |bytes: usize| {
        format!(
            "when each {{ a as {0} }} always {{ b after {0} }}",
            name(bytes)
        )
    };
    assert_eq!(codes(&bound(256)), []);
    assert!(codes(&bound(257)).contains(&code::NAME_TOO_LONG));
}

#[test]
fn literals_of_a_list() {
    let list = |count: usize| format!("any.where(x in [{}])", vec!["1"; count].join(","));
    assert_eq!(codes(&list(10_000)), []);
    assert_eq!(codes(&list(10_001)), [code::LIST_TOO_LONG]);
    for (count, expected) in [(10_000, vec![]), (10_001, vec![code::LIST_TOO_LONG])] {
        let mut vocabulary = Vocabulary::new();
        vocabulary.add_list("many", vec![Literal::Number(Number::Int(1)); count]);
        assert_eq!(
            codes_with("any.where(x in many)", &vocabulary, &Limits::default()),
            expected
        );
    }
}

#[test]
fn size_of_a_regular_expression() {
    let limits = |regex_bytes: usize| Limits {
        regex_bytes,
        ..Limits::default()
    };
    let fits = |regex_bytes: usize| {
        codes_with(
            "any.where(x matches \"^[a-f0-9]{40}$\")",
            &Vocabulary::new(),
            &limits(regex_bytes),
        )
        .is_empty()
    };
    // The smallest limit under which the expression fits.
    let smallest = (0..1 << 20)
        .collect::<Vec<usize>>()
        .partition_point(|bytes| !fits(*bytes));
    assert!(fits(smallest) && !fits(smallest - 1));
    assert_eq!(
        codes("any.where(x matches \"((\\\\w{50}){50}){50}\")"),
        [code::REGEX_TOO_LARGE]
    );
    assert_eq!(
        codes("any.where(x matches \"(((a{100}){100}){100}){100}\")"),
        [code::REGEX_TOO_LARGE]
    );
    assert_eq!(
        codes(&format!("any.where(x matches \"{}\")", "(".repeat(5_000))),
        [code::BAD_REGEX]
    );
}

#[test]
fn bound_spans() {
    assert_eq!(
        codes("when each { a as p, b as q, c as r } always { d after r }"),
        []
    );
    assert_eq!(
        codes("when each { a as p, b as q, c as r, d as s } always { d after r }"),
        [code::TOO_MANY_BINDINGS]
    );
}

#[test]
fn macros_that_explode_or_go_round() {
    let mut vocabulary = Vocabulary::new();
    vocabulary.add_macro("m0", "a or b");
    for level in 1..=20 {
        let below = format!("m{}", level - 1);
        vocabulary.add_macro(format!("m{level}"), vec![below; 10].join(" or "));
    }
    vocabulary.add_macro("me", "not me");
    let limits = Limits::default();
    assert_eq!(codes_with("m3", &vocabulary, &limits), []);
    assert_eq!(codes_with("m6", &vocabulary, &limits), [code::MACRO_LIMIT]);
    assert_eq!(codes_with("m20", &vocabulary, &limits), [code::MACRO_LIMIT]);
    assert_eq!(codes_with("me", &vocabulary, &limits), [code::MACRO_CYCLE]);
    // Deep, each of them near the limit of nesting.
    let mut vocabulary = Vocabulary::new();
    vocabulary.add_macro("d0", "a");
    for level in 1..=15 {
        let text = format!(
            "{}d{}{}",
            "(b or (c and ".repeat(30),
            level - 1,
            "))".repeat(30)
        );
        vocabulary.add_macro(format!("d{level}"), text);
    }
    assert_eq!(codes_with("d2", &vocabulary, &limits), []);
    assert_eq!(codes_with("d15", &vocabulary, &limits), [code::MACRO_LIMIT]);
    // The count of parts itself, at its value and beyond.
    let parts = |count: usize| Limits {
        macro_nodes: count,
        ..Limits::default()
    };
    let fits = |count: usize| codes_with("m1", &vocabulary_of_parts(), &parts(count)).is_empty();
    let smallest = (1..200)
        .collect::<Vec<usize>>()
        .partition_point(|count| !fits(*count))
        + 1;
    assert!(fits(smallest) && !fits(smallest - 1) && smallest > 10);
}

/// Macros of which each uses the one below it.
fn stairs(levels: usize, step: impl Fn(&str) -> String) -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    vocabulary.add_macro("m1", step("a"));
    for level in 2..=levels {
        vocabulary.add_macro(format!("m{level}"), step(&format!("m{}", level - 1)));
    }
    vocabulary
}

#[test]
fn macros_inside_macros() {
    let stairs = stairs(17, |below| format!("{below} or b"));
    assert_eq!(codes_with("m16", &stairs, &Limits::default()), []);
    assert_eq!(
        codes_with("m17", &stairs, &Limits::default()),
        [code::MACRO_LIMIT]
    );
}

#[test]
fn depth_of_a_condition_with_its_macros() {
    // Four macros of sixty negations each. The name of each is a level, and so are what stands at the end of all and
    // what is around the whole.
    let deep = |own: usize| {
        let stairs = stairs(4, |below| format!("{}{below}", "not ".repeat(60)));
        let text = format!("{}m4", "not ".repeat(own));
        codes_with(&text, &stairs, &Limits::default())
    };
    // Compiled without optimisation a level takes some ten kilobytes of stack, and a test's thread has two megabytes.
    let large = std::thread::Builder::new().stack_size(16 << 20);
    let tried = large.spawn(move || (deep(6), deep(7))).unwrap();
    assert_eq!(tried.join().unwrap(), (vec![], vec![code::MACRO_LIMIT]));
}

#[test]
fn fields_that_group() {
    let by = |keys: usize| {
        format!(
            "count(a) by {} > 5",
            ["e", "f", "g", "h", "i"][..keys].join(", ")
        )
    };
    assert_eq!(codes(&by(4)), []);
    assert_eq!(codes(&by(5)), [code::GROUPED]);
}

#[test]
fn fields_of_a_window() {
    let by = |keys: usize| {
        let keys = ["e", "f", "g", "h", "i"][..keys].join(", ");
        format!("over 1m by {keys} never {{ count(a) > 5 }}")
    };
    assert_eq!(codes(&by(4)), []);
    assert_eq!(codes(&by(5)), [code::WINDOW_HEAD]);
}

#[test]
fn windows_are_from_a_second_to_a_month() {
    let over = |length: &str| format!("over {length} never {{ count(a) > 5 }}");
    for length in ["1s", "31d"] {
        assert_eq!(codes(&over(length)), [], "{length}");
    }
    for length in ["999ms", "0s", "2678401s", "365d"] {
        assert_eq!(codes(&over(length)), [code::WINDOW_LENGTH], "{length}");
    }
}

#[test]
fn measures_of_one_comparison() {
    let total =
        |measures: usize| format!("{} > 5 * count(z)", vec!["count(a)"; measures].join(" + "));
    assert_eq!(codes(&total(3)), []);
    assert_eq!(codes(&total(4)), [code::FACTOR]);
}

#[test]
fn parts_of_one_comparison() {
    let total = |ones: usize| format!("count(a){} > 5", " + 1".repeat(ones));
    assert_eq!(codes(&total(6)), []);
    assert_eq!(codes(&total(7)), [code::FACTOR]);
}

#[test]
fn errors_of_one_text() {
    let errors = |count: usize| {
        let mut faults = Vec::new();
        let text = "§ ".repeat(count);
        assert!(
            check_condition(&text, &Vocabulary::new(), &Limits::default(), &mut faults).is_none()
        );
        let is_cut = faults
            .iter()
            .any(|fault| fault.message.contains("was not read for its many errors"));
        (
            faults.iter().filter(|fault| fault.is_error()).count(),
            is_cut,
        )
    };
    assert!(!errors(100).1);
    assert_eq!(errors(101), (101, true));
    assert_eq!(errors(500), (101, true));
}

fn vocabulary_of_parts() -> Vocabulary {
    let mut vocabulary = Vocabulary::new();
    vocabulary.add_macro("m1", vec!["a"; 20].join(" or "));
    vocabulary
}

#[test]
fn many_errors_end_early() {
    for piece in [
        ";",
        "([)",
        "(}",
        "a=",
        "\"x",
        "é ",
        "$a ",
        "a >> ",
        "x.foo() ",
        "a && ",
        "count(a) ",
    ] {
        let text = piece.repeat(60_000 / piece.len());
        let mut faults = Vec::new();
        let started = spent();
        assert!(
            check_condition(&text, &Vocabulary::new(), &Limits::default(), &mut faults).is_none(),
            "{piece}"
        );
        let took = spent() - started;
        assert!(took < Duration::from_secs(5), "{piece}: {took:?}");
        assert!(
            faults.iter().filter(|fault| fault.is_error()).count() <= 120,
            "{piece}: {}",
            faults.len()
        );
    }
}
