//! What is said of single signs and words: letters that only look Latin, methods of other languages, what would go on where a
//! text breaks off, comparisons that a count decides by itself, characters by their number, and names that stand for macros.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::rule::{Completeness, Rank};
use betrace_lang::{Fault, Limits, SourceFile, canonical, check_macro, load, render_text};
use support::{applied, check, shown};

/// The faults of `text`, of which one must say `answer`.
fn told(text: &str, answer: &str, wrong: &mut String) -> Vec<Fault> {
    let (_, faults) = check(text);
    let says = |fault: &Fault| {
        let help = fault.help.as_deref().unwrap_or_default();
        fault.message.contains(answer) || help.contains(answer)
    };
    if !faults.iter().any(says) {
        *wrong += &format!("{text}\n  wanted {answer}\n{}\n", shown(text, &faults));
    }
    faults
}

/// Holds that what is suggested for `written`, which has a fault, makes it mean what `meant` does.
fn mends(written: &str, meant: &str, wrong: &mut String) {
    let (_, faults) = check(written);
    let got = check(&applied(written, &faults)).0.as_ref().map(canonical);
    if faults.is_empty() || got != check(meant).0.as_ref().map(canonical) {
        *wrong += &format!("{written}\n{}\n", shown(written, &faults));
    }
}

/// Greek, Cyrillic, Armenian and Turkish letters, each before the Latin one that it looks like.
#[rustfmt::skip]
const LETTERS: &[&str] = &[
    "аa", "αa", "АA", "ΑA", "ВB", "ΒB", "еe", "εe", "ЕE", "ΕE", "НH", "ΗH", "іi", "ιi", "ıi", "ІI", "ΙI", "јj", "кk", "κk",
    "КK", "ΚK", "МM", "ΜM", "ոn", "оo", "οo", "օo", "ОO", "ΟO", "рp", "ρp", "РP", "ΡP", "сc", "ϲc", "СC", "ѕs", "ЅS", "тt",
    "τt", "ТT", "ΤT", "υu", "սu", "νv", "ѵv", "ѡw", "хx", "χx", "ХX", "ΧX", "уy", "γy", "УY", "ΥY", "ΖZ",
];

#[test]
fn a_letter_that_only_looks_latin_is_named_with_the_one_that_it_looks_like() {
    let mut wrong = String::new();
    for pair in LETTERS {
        let mut letters = pair.chars();
        let (strange, plain) = (letters.next().unwrap(), letters.next().unwrap());
        let text = format!("never {{ q{strange}q }}");
        let names = format!("`q{plain}q` but has other characters in it: {strange} (U+");
        told(&text, &names, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_sign_that_is_not_typed_in_code_is_answered_by_the_one_that_is() {
    let mut wrong = String::new();
    for (written, meant) in [
        ("never { any.where(x ≠ 3) }", "never { any.where(x != 3) }"),
        ("never { any.where(x ≥ 3) }", "never { any.where(x >= 3) }"),
        ("never { any.where(x ≤ 3) }", "never { any.where(x <= 3) }"),
        ("never { ¬ a }", "never { not a }"),
        ("never { a ∧ b }", "never { a and b }"),
        ("never { a ∨ b }", "never { a or b }"),
        (
            "never { any.where(x in [a， b]) }",
            "never { any.where(x in [a, b]) }",
        ),
        (
            "never { any.where(x == “a b”) }",
            "never { any.where(x == \"a b\") }",
        ),
        (
            "never { any.where(x == «a b») }",
            "never { any.where(x == \"a b\") }",
        ),
        ("never {\u{a0}a\u{3000}and\u{2009}b }", "never { a and b }"),
        ("never { a\u{200b} and b }", "never { a and b }"),
        ("never ｛ a ｝", "never { a }"),
        ("never ｛ count（a）＞３｝", "never { count(a) > 3 }"),
        (
            "when { a．where（x in ［1，2］） } always ｛ b ｝",
            "when { a.where(x in [1, 2]) } always { b }",
        ),
        (
            "never { any.where（x is null） }",
            "never { any.where(missing(x)) }",
        ),
    ] {
        mends(written, meant, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_form_that_is_twice_as_wide_and_a_typographic_dash_are_named_with_what_they_are() {
    let mut wrong = String::new();
    for sign in "＝（）｛｝［］＞＜，．：＊＋".chars() {
        let names = format!("(U+{:04X}) is a full-width form", u32::from(sign));
        told(&format!("never {{ a {sign} b }}"), &names, &mut wrong);
    }
    for sign in "‐‑‒–—−".chars() {
        let names = format!("(U+{:04X}) is a typographic dash; write -", u32::from(sign));
        told(
            &format!("never {{ any.where(x < {sign}3) }}"),
            &names,
            &mut wrong,
        );
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_is_invisible_in_a_name_is_told_once_whatever_else_is_in_it() {
    let text = "never { pa\u{200b}уment }";
    let (_, faults) = check(text);
    let errors = faults.iter().filter(|fault| fault.is_error());
    assert_eq!(errors.count(), 1, "{}", shown(text, &faults));
}

#[test]
fn a_method_of_another_language_is_answered_by_what_says_it_here() {
    let mut wrong = String::new();
    for (methods, answer) in [
        (
            "exists any some isNotEmpty present",
            "a selector is true where it selects a span",
        ),
        ("isEmpty none", "write `not any.where(…)`"),
        (
            "avgLatency averageLatency avgDuration latency duration",
            "`avg(any.where(…), span:duration) > 200ms`",
        ),
        ("count", "`count` stands before the selector"),
        ("length size len", "write `count(any.where(…))`"),
        ("all every", "or bind the span with `when each { … as p }`"),
        ("filter find select", "write `any.where(…)`"),
        ("max min sum avg", "`max(S, field)`"),
        ("before after then inside", "`A before B`"),
        (
            "frobnicate",
            "a selector is filtered by `.where(…)`, counted by",
        ),
    ] {
        for method in methods.split(' ') {
            for text in [
                format!("never {{ payment.where(x == 1).{method} }}"),
                format!("never {{ (a or b).{method} }}"),
            ] {
                told(&text, answer, &mut wrong);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn where_a_text_breaks_off_it_is_said_what_would_go_on() {
    let mut wrong = String::new();
    for (text, wanted) in [
        ("never { any.where(x ==) }", "expected a value after `==`"),
        ("never { any.where(x in) }", "expected a list after `in`"),
        (
            "never { any.where(x not in) }",
            "expected a list after `not in`",
        ),
        (
            "never { any.where(x matches) }",
            "expected a quoted regular expression",
        ),
        (
            "never { any.where(x contains) }",
            "expected a text after `contains`",
        ),
        (
            "never { any.where(x starts with) }",
            "expected a text after `starts with`",
        ),
        (
            "never { any.where(x ends with) }",
            "expected a text after `ends with`",
        ),
        (
            "never { a after b within }",
            "expected a duration after `within`",
        ),
        (
            "when each { a as } never { b }",
            "expected a name for the bound span",
        ),
        (
            "never { any.where(x + ) }",
            "expected a field or a number after `+`",
        ),
        (
            "never { count(a) by > 3 }",
            "expected a field or `parent` after `by`",
        ),
        (
            "never { a after b until next }",
            "expected a selector after `until next`",
        ),
        ("never { a before }", "expected a selector after `before`"),
        (
            "never { a child of }",
            "expected a selector after `child of`",
        ),
        ("never { a between b }", "expected `and next` after `b`"),
        ("never { a and }", "expected a condition after `and`"),
        ("never { a } b", "expected another clause or the end"),
        (
            "never { a 3 }",
            "expected `and`, `or`, another operator or the end",
        ),
    ] {
        told(text, wanted, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_comparison_that_a_count_decides_by_itself_is_told_with_how_it_ends() {
    let mut wrong = String::new();
    let mut holds = |count: &str, op: &str, number: &str, wanted: Option<bool>| {
        let text = format!("never {{ z and {count} {op} {number} }}");
        let (_, faults) = check(&text);
        let says = |what: &str| faults.iter().any(|fault| fault.message.contains(what));
        let told = (says("in every trace"), says("in no trace"));
        if told != (wanted == Some(true), wanted == Some(false)) {
            wrong += &format!("{text}: {told:?}\n{}", shown(&text, &faults));
        }
    };
    for (op, number, wanted) in [
        (">=", "0", Some(true)),
        (">=", "1", None),
        (">", "-1", Some(true)),
        (">", "0", None),
        ("<", "0", Some(false)),
        ("<", "1", None),
        ("<=", "-1", Some(false)),
        ("<=", "0", None),
        ("==", "-1", Some(false)),
        ("==", "1.5", Some(false)),
        ("==", "0", None),
        ("==", "2", None),
        ("!=", "-1", Some(true)),
        ("!=", "1.5", Some(true)),
        ("!=", "0", None),
        ("!=", "2", None),
    ] {
        for count in [
            "count(a)",
            "distinct(a, x)",
            "overlap(a)",
            "count(a) within 5s",
        ] {
            holds(count, op, number, wanted);
        }
        holds("sum(a, x)", op, number, None);
    }
    // Of nothing a count is zero.
    let nothing = "count(a.where(x == 1 and x == 2))";
    for (op, number, wanted) in [
        ("==", "0", true),
        ("==", "1", false),
        ("!=", "0", false),
        ("!=", "1", true),
        ("<", "0", false),
        ("<", "1", true),
        ("<=", "-1", false),
        ("<=", "0", true),
        (">", "-1", true),
        (">", "0", false),
        (">=", "0", true),
        (">=", "1", false),
    ] {
        holds(nothing, op, number, Some(wanted));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_character_by_its_number_has_one_to_six_digits_and_nothing_else() {
    for (written, text) in [
        ("\\u{41}", "A"),
        ("\\u{1F600}", "😀"),
        ("\\u{10FFFF}", "\u{10ffff}"),
    ] {
        let (body, faults) = check(&format!("never {{ any.where(x == \"{written}b\") }}"));
        assert!(!faults.iter().any(Fault::is_error), "{written}: {faults:?}");
        let plain = check(&format!("never {{ any.where(x == \"{text}b\") }}")).0;
        assert_eq!(body.as_ref().map(canonical), plain.as_ref().map(canonical));
    }
    for wrong in [
        "\\u{}",
        "\\u{+41}",
        "\\u{0000041}",
        "\\u{110000}",
        "\\u{d800}",
        "\\u{4g}",
        "\\u{41",
    ] {
        let (body, faults) = check(&format!("never {{ any.where(x == \"{wrong}\") }}"));
        assert!(
            body.is_none() || !faults.is_empty(),
            "{wrong} is taken in silence"
        );
    }
}

#[test]
fn a_quantile_is_between_nothing_and_a_hundred_with_one_decimal_at_most() {
    for (word, thousandths) in [
        ("p50", 500),
        ("p5", 50),
        ("p99.9", 999),
        ("p0.1", 1),
        ("p99", 990),
    ] {
        assert_eq!(Rank::named(word), Some(Rank(thousandths)), "{word}");
    }
    for word in [
        "p", "p0", "p0.0", "p100", "p99.99", "p.5", "p5.", "px", "p5x", "p-5", "50", "q50", "p5.x",
        "p100.0",
    ] {
        assert_eq!(Rank::named(word), None, "{word}");
    }
}

#[test]
fn what_asks_for_all_that_some_rules_ask_for_is_the_strictest_of_them() {
    use Completeness::{Idle, Linked, Root};
    for (of, all) in [
        (&[][..], Idle),
        (&[Idle], Idle),
        (&[Idle, Root], Root),
        (&[Root, Idle], Root),
        (&[Linked, Idle], Linked),
        (&[Root, Linked], Linked),
        (&[Linked, Root], Linked),
        (&[Idle, Root, Linked, Idle], Linked),
    ] {
        assert_eq!(Completeness::of_all(of.iter().copied()), all, "{of:?}");
    }
}

/// What is said of a rule file.
fn said(text: &str) -> String {
    let files = [SourceFile::new("rules.yaml", text)];
    render_text(&load(&files, &Limits::default()).diagnostics, &files, false)
}

#[test]
fn a_macro_is_read_by_itself_though_no_rule_uses_it() {
    let errors = |text: &str| {
        let mut faults = Vec::new();
        check_macro(text, &Limits::default(), &mut faults);
        faults.iter().filter(|fault| fault.is_error()).count()
    };
    assert_eq!(errors("payment.where(amount > 3)"), 0);
    for wrong in ["payment.where(amount >)", "never { a }", "a and"] {
        assert_eq!(errors(wrong), 1, "{wrong}");
        let rules = "rules: [{id: r, condition: 'never { a }'}]";
        let said = said(&format!("macros:\n  lone: '{wrong}'\n{rules}\n"));
        assert!(said.contains("error["), "{wrong}: {said}");
    }
}

#[test]
fn a_file_without_rules_is_told_once_and_not_where_they_are_only_empty() {
    let missing = "a rule file needs `rules`";
    for (text, is_told) in [
        ("title: mine\n", true),
        ("rules: []\n", false),
        ("rules:\n", false),
        ("macros: {m: 'a'}\n", false),
    ] {
        let said = said(text);
        assert_eq!(said.contains(missing), is_told, "{text:?}: {said}");
    }
}

#[test]
fn a_chain_that_says_all_of_its_first_span_is_told_with_the_two_that_it_says() {
    let mut wrong = String::new();
    for (text, answer) in [
        (
            "never { a before b before c }",
            "`a before b` and `a before c`",
        ),
        (
            "never { a inside b inside c }",
            "`a inside b` and `a inside c`",
        ),
        (
            "never { a after b before c before d }",
            "`a before c` and `a before d`",
        ),
    ] {
        told(text, answer, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn words_that_are_written_large_are_kept_small_in_what_is_suggested() {
    let mut wrong = String::new();
    for (written, meant) in [
        ("never { EITHER a OR b }", "never { a or b }"),
        (
            "FOR EACH { a as p } NEVER { b after p }",
            "when each { a as p } never { b after p }",
        ),
        (
            "never { MAX(payment.amount) > 3 }",
            "never { max(payment, amount) > 3 }",
        ),
        (
            "never { 50% of COUNT(b) < count(a) }",
            "never { 0.5 * count(b) < count(a) }",
        ),
        (
            "never { zahlung.überweisung }",
            "never { \"zahlung.überweisung\" }",
        ),
    ] {
        let (_, faults) = check(written);
        let edited = applied(written, &faults);
        let got = check(&edited).0.as_ref().map(canonical);
        let is_small = !edited.contains(|sign: char| sign.is_ascii_uppercase());
        if !is_small || got != check(meant).0.as_ref().map(canonical) {
            wrong += &format!("{written}\n{}\n", shown(written, &faults));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_factor_stands_on_either_side_of_what_it_multiplies_and_is_above_zero() {
    let of = |text: &str| check(text).0.as_ref().map(canonical);
    let before = of("never { count(a) > 2 * count(b) }");
    assert!(before.is_some());
    assert_eq!(of("never { count(a) > count(b) * 2 }"), before);
    let mut wrong = String::new();
    told(
        "never { count(a) > count(b) * count(c) }",
        "a factor is a plain number",
        &mut wrong,
    );
    told(
        "never { count(a) > 0 * count(b) }",
        "a factor is above zero",
        &mut wrong,
    );
    told(
        "never { count(a) > count(b) * -1 }",
        "a factor is above zero",
        &mut wrong,
    );
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_went_well_is_asked_of_the_status_as_instrumentations_leave_it() {
    let mut wrong = String::new();
    for (written, meant) in [
        (
            "never { any.where(status == ok) }",
            "never { any.where(span:status != error) }",
        ),
        (
            "never { any.where(status != ok) }",
            "never { any.where(span:status == error) }",
        ),
        (
            "never { any.where(span:status == ok) }",
            "never { any.where(span:status != error) }",
        ),
        (
            "never { any.where(span:status != ok) }",
            "never { any.where(span:status == error) }",
        ),
        (
            "never { any.where(x == null and y == n) }",
            "never { any.where(missing(x) and y == n) }",
        ),
        (
            "never { any.where(y == null and x != null) }",
            "never { any.where(missing(y) and exists(x)) }",
        ),
    ] {
        mends(written, meant, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_path_that_is_no_name_is_quoted_with_the_method_before_it_and_with_no_other_word() {
    let mut wrong = String::new();
    for (written, meant) in [
        ("never { GET /users/{id} }", "never { \"GET /users/{id}\" }"),
        ("never { /users/{id} }", "never { \"/users/{id}\" }"),
    ] {
        mends(written, meant, &mut wrong);
    }
    for text in [
        "never { get /users }",
        "never { GET\n/users }",
        "never { GET and /users }",
    ] {
        told(text, "must be quoted: \"/users\"", &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_clause_without_braces_is_told_but_where_its_word_is_the_name_of_a_span() {
    let needs = |text: &str| {
        let (_, faults) = check(text);
        faults
            .iter()
            .any(|fault| fault.message.contains("needs its condition in braces"))
    };
    for text in [
        "when a and b after c always { d }",
        "when \"a b\" or c never { d }",
    ] {
        assert!(needs(text), "{text}\n{}", shown(text, &check(text).1));
    }
    for text in [
        "never inside b",
        "always before b and c",
        "never { b }",
        "never",
    ] {
        assert!(!needs(text), "{text}\n{}", shown(text, &check(text).1));
    }
}

#[test]
fn what_reads_as_of_another_span_is_answered_with_its_comparison_and_no_more() {
    let mut wrong = String::new();
    for (text, answer) in [
        (
            "never { any.where(parent.x == (3) and y == 4) }",
            "`S child of any.where(x == (3))`;",
        ),
        (
            "never { any.where(parent.x in [1, 2] or y == 4) }",
            "`S child of any.where(x in [1, 2])`;",
        ),
        (
            "never { any.where((parent.x == 3) and y == 4) }",
            "`S child of any.where(x == 3)`;",
        ),
        (
            "never { any.where(root.x == 3 and y == 4) }",
            "`root.where(x == 3)`",
        ),
    ] {
        told(text, answer, &mut wrong);
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_stands_in_a_comment_is_left_as_it_is() {
    for (written, edited) in [
        (
            "never { any.where(user.id is null) // user.id is null\n }",
            "never { any.where(missing(user.id)) // user.id is null\n }",
        ),
        (
            "never { any.where(user.id is null) # user.id is null\n }",
            "never { any.where(missing(user.id)) # user.id is null\n }",
        ),
        (
            "// a followed by b\nnever { a followed by b }",
            "// a followed by b\nnever { a then b }",
        ),
    ] {
        let (_, faults) = check(written);
        assert_eq!(
            applied(written, &faults),
            edited,
            "{}",
            shown(written, &faults)
        );
    }
}

#[test]
fn spans_that_are_bound_by_the_wrong_clause_are_bound_all_the_same() {
    let text = "when { a as p and b as q } always { p.where(z == q.z) and c after q }";
    let (_, faults) = check(text);
    let errors: Vec<_> = faults.iter().filter(|fault| fault.is_error()).collect();
    assert_eq!(errors.len(), 1, "{}", shown(text, &faults));
    assert_eq!(errors[0].suggestion.as_deref(), Some("when each"));
}

#[test]
fn an_attribute_is_nearly_a_known_one_by_one_letter_and_from_sixteen_on_by_two() {
    let is_near = |key: &str| {
        let (_, faults) = check(&format!("never {{ any.where({key} == x) }}"));
        faults.iter().any(|fault| {
            fault
                .message
                .contains("is nearly the semantic conventions'")
        })
    };
    for key in [
        "server.addresses",
        "server.addres",
        "server.addresss",
        "messaging.systemm",
    ] {
        assert!(is_near(key), "{key}");
    }
    for key in ["server.address", "server.addre", "order.addressee"] {
        assert!(!is_near(key), "{key}");
    }
}

#[test]
fn a_comparison_that_is_the_same_in_every_window_is_told() {
    let never = "this can hold in no window, so the rule never fires";
    let always = "this holds in every window, so the rule never fires";
    let fires = "so the rule fires on every window that it asks about";
    let mut wrong = String::new();
    for (text, message) in [
        ("over 1m never { count(x) < 0 }", never),
        ("over 1m always { count(x) >= 0 }", always),
        ("over 1m never { count(x) >= 0 }", fires),
        ("over 1m never { count(x) == 2.5 }", never),
        ("over 1m never { distinct(x, f) < 0 }", never),
        ("over 1m always { sum(x, span:duration) >= 0s }", always),
        ("over 1m always { traces(a and b) >= 0 }", always),
        ("over 1m never { traces(a and not a) > 5 }", never),
        ("over 1m always { share(a and b, a) <= 100% }", always),
        ("over 1m never { share(a and b, a) > 100% }", never),
        ("over 1m always { share(x.where(y == 1), x) < 0 }", fires),
        ("over 1m by f at least 200 never { count(x) > 100 }", fires),
        (
            "over 1m by f at least 200 always { count(x) > 100 }",
            always,
        ),
        (
            "over 1m never { count(x.where(y > 3 and y < 2)) > 5 }",
            never,
        ),
        (
            "over 1m never { avg(x.where(y > 3 and y < 2), y) > 5 }",
            "can select no span, so nothing is measured and the rule never fires",
        ),
        (
            "over 1m never { share(a and b and not b, b and not b) > 5% }",
            "can hold in no trace, so nothing is measured and the rule never fires",
        ),
        (
            "over 1m never { traces(a and count(b) >= 0) > 5 }",
            "`count(b) >= 0` holds in every trace, so it says nothing",
        ),
        (
            "never { sum(x, span:duration) < 0s }",
            "this can hold in no trace, so it never fires",
        ),
    ] {
        told(text, message, &mut wrong);
    }
    for fine in [
        "over 1m never { count(x) > 0 }",
        "over 1m by f at least 200 never { count(x) > 200 }",
        "over 1m always { count(x) == 0 }",
        "over 1m never { min(x, f) < 0 }",
        "over 1m never { sum(x, f) < 0 }",
        "over 1m never { avg(x, f) < 0 }",
        "over 1m always { share(a and b, a) >= 100% }",
        "over 1m never { share(a and b, a) > 0% }",
        "over 1m never { traces(a and b) > 0 * before }",
        "over 1m never { p50(x, f) < 0 }",
    ] {
        let (_, faults) = check(fine);
        let is_told = faults
            .iter()
            .any(|fault| ["W0108", "W0109", "W0117"].contains(&fault.code.0));
        if is_told {
            wrong += &shown(fine, &faults);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_bound_span_that_is_called_as_something_else_is_told_once_with_a_name_that_is_free() {
    let mut wrong = String::new();
    for (name, kind) in [
        ("privileged", "a macro"),
        ("processors", "a list"),
        ("answer", "a field"),
    ] {
        let text = format!(
            "when each {{ charge as p, refund as {name} }} always {{ {name}.where(x == 3) and audit after {name} }}"
        );
        let faults = told(&text, &format!("`{name}` is {kind}"), &mut wrong);
        told(&text, "choose another name, such as `q`", &mut wrong);
        let errors = faults.iter().filter(|fault| fault.is_error());
        if errors.count() != 1 {
            wrong += &shown(&text, &faults);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_lacks_its_last_span_is_not_answered_with_a_span_of_another_name() {
    let (_, faults) = check("never { a between b and next }");
    assert!(faults.iter().any(Fault::is_error));
    assert!(faults.iter().all(|fault| fault.suggestion.is_none()));
}

#[test]
fn rules_over_many_traces_stand_in_one_file_however_they_are_laid_out() {
    let conditions = [
        "over 5m by user.id              never  { count(sales.request) > 100 }",
        "over 1h                         always { share(checkout and payment.charge_card, checkout) >= 99% }",
        "over 24h by applicant.group at least 200\n                                      always { share(loan.decide.where(approved), loan.decide) >= 0.8 * highest }",
        "over 15m by span.http.route     always { p99(any.where(span:kind == server), span:duration) < 800ms }",
        "over 1h                         never  { share(payment and not fraud_check, payment) > 3 * before }",
        "                                never  { overlap(sales.request) by user.id > 10 }        # one trace: most at the same time",
    ];
    let rules = conditions
        .iter()
        .enumerate()
        .map(|(at, condition)| format!("  - id: rule-{at}\n    condition: |\n      {condition}\n"));
    let text = format!("rules:\n{}", rules.collect::<String>());
    let loaded = load(&[SourceFile::new("rules.yaml", text)], &Limits::default());
    let told: Vec<String> = loaded
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.message.clone())
        .collect();
    assert_eq!(told, [""; 0]);
    let is_over = loaded
        .rules
        .iter()
        .map(|loaded| loaded.rule.body.over.is_some());
    assert_eq!(
        is_over.collect::<Vec<_>>(),
        [true, true, true, true, true, false]
    );
}
