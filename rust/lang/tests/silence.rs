//! Rules that would stay silent, and messages that would print nothing, are told: values that cannot be, places that there are not,
//! items of lists as well as values that stand alone. What is offered means what was meant.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::{Diagnostic, Limits, SourceFile, canonical, load};
use support::{applied, check, shown};

fn codes(text: &str) -> Vec<&'static str> {
    let (_, faults) = check(text);
    faults.iter().map(|fault| fault.code.0).collect()
}

#[test]
fn what_can_be_of_no_span_is_told_and_what_can_be_is_not() {
    let mut wrong = String::new();
    for (part, is_possible) in [
        ("any.where(span:duration < 0s)", false),
        ("any.where(span:duration <= 0s)", true),
        ("any.where(event:timeSinceStart < 0s)", false),
        ("any.where(length(x) < 0)", false),
        ("any.where(length(x) == 1.5)", false),
        ("any.where(length(x) < 1)", true),
        ("any.where(x as ms < 0s)", true),
        ("any.where(span:duration - 5s < 0s)", true),
        ("any.where(x < 0)", true),
        ("trace:spanCount < 1", false),
        ("trace:spanCount <= 1", true),
        ("trace:duration < 0s", false),
        ("any.where(span:kind starts with SERV)", false),
        ("any.where(span:kind starts with serv)", true),
        ("any.where(span:kind matches \"SERVER|CLIENT\")", false),
        ("any.where(span:kind matches \"(?i)SERVER|CLIENT\")", true),
        ("any.where(span:status contains ERR)", false),
        ("any.where(lower(span:status) contains err)", true),
        ("any.where(span:name starts with SERV)", true),
        ("root inside any", false),
        ("root child of x", false),
        ("x sibling of root", false),
        ("x containing root", false),
        ("x parent of root.where(y == 1)", false),
        ("root outside x", true),
        ("root not child of x", true),
        ("root containing x", true),
        ("x inside root", true),
        ("leaf containing any", false),
        ("x child of leaf", false),
        ("leaf inside x", true),
        ("(root before x) inside y", false),
        ("count(root) by parent > 1", false),
        ("count(root) by user > 1", true),
        ("count(x) by parent > 1", true),
    ] {
        for (text, code) in [
            (format!("never {{ {part} }}"), "W0108"),
            (format!("when {{ {part} }} never {{ z }}"), "W0108"),
        ] {
            let told = codes(&text).contains(&code);
            if told == is_possible {
                wrong += &format!("{text}\n{}\n", shown(&text, &check(&text).1));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn a_value_that_nothing_emits_is_told_of_in_a_list_too() {
    for (list, meant) in [
        (
            "otel:http.method in [get, POST]",
            "otel:http.method in [GET, POST]",
        ),
        (
            "otel:db.system not in [postgres]",
            "otel:db.system not in [postgresql]",
        ),
        (
            "otel:db.operation in [\"SELECT users\"]",
            "otel:db.operation in [SELECT]",
        ),
    ] {
        let text = format!("never {{ any.where({list}) }}");
        let (_, faults) = check(&text);
        let told = faults
            .iter()
            .filter(|fault| ["W0128", "W0129"].contains(&fault.code.0));
        let told: Vec<_> = told.cloned().collect();
        assert_eq!(told.len(), 1, "{}", shown(&text, &faults));
        let mended = check(&applied(&text, &told)).0;
        let meant = check(&format!("never {{ any.where({meant}) }}")).0;
        assert_eq!(
            mended.as_ref().map(canonical),
            meant.as_ref().map(canonical)
        );
    }
    // Of another field it is asked, which the item alone cannot say.
    let (_, faults) = check("never { any.where(error.type in [timeout, E1]) }");
    let of_value = faults.iter().find(|fault| fault.code.0 == "W0128").unwrap();
    assert_eq!(of_value.suggestion, None);
    assert!(
        of_value
            .help
            .as_ref()
            .unwrap()
            .contains("otel:error.kind == timeout")
    );
    for fine in [
        "never { any.where(otel:http.method in [GET, POST]) }",
        "never { any.where(\"http.request.method\" in [get]) }",
        "never { any.where(otel:http.method in otel:http.safe_methods) }",
    ] {
        let told = codes(fine);
        assert!(!told.contains(&"W0128"), "{fine} {told:?}");
    }
}

fn of_list(items: &str, condition: &str) -> Vec<Diagnostic> {
    let text = format!("lists: {{ l: [{items}] }}\nrules:\n- id: a\n  condition: '{condition}'\n");
    let file = SourceFile::from_bytes("rules.yaml".to_owned(), text.as_bytes());
    load(&[file], &Limits::default()).diagnostics
}

#[test]
fn what_is_said_of_an_item_does_not_write_over_the_name_of_its_list() {
    for (items, condition, code, count) in [
        (
            "web, servr",
            "never { any.where(span:kind in l) }",
            "E0154",
            2,
        ),
        ("SERVR", "never { any.where(span:kind in l) }", "E0154", 1),
        ("Admin", "never { any.where(lower(x) in l) }", "W0125", 1),
        (
            "get, POST",
            "never { any.where(otel:http.method in l) }",
            "W0128",
            1,
        ),
        (
            "5xx, 404",
            "never { any.where(otel:http.status in l) }",
            "W0138",
            1,
        ),
        (
            "ok, bad",
            "never { any.where(otel:http.status in l) }",
            "W0138",
            1,
        ),
    ] {
        let told = of_list(items, condition);
        let of_code: Vec<_> = told.iter().filter(|one| one.code.0 == code).collect();
        assert_eq!(of_code.len(), count, "{items} {told:?}");
        assert!(
            of_code.iter().all(|one| one.suggestion.is_none()),
            "{items} {told:?}"
        );
    }
    // A list may be of several fields, and numbers in quotes are numbers.
    for (items, condition) in [
        ("404, bad", "never { any.where(otel:http.status in l) }"),
        ("\"404\"", "never { any.where(otel:http.status in l) }"),
        ("ok, bad", "never { any.where(mood in l) }"),
        ("server, CLIENT", "never { any.where(span:kind in l) }"),
    ] {
        let told = of_list(items, condition);
        assert!(told.is_empty(), "{items} {told:?}");
    }
}

#[test]
fn of_each_element_no_two_comparisons_are_offered() {
    for text in [
        "never { any.where(some x in [5xx, 5]) }",
        "never { any.where(every codes == 5xx) }",
    ] {
        let (_, faults) = check(text);
        let told = faults.iter().find(|fault| fault.code.0 == "W0138").unwrap();
        assert_eq!(told.suggestion, None, "{text}");
        let help = told.help.as_ref().unwrap();
        assert!(!help.contains(" and "), "{help}");
    }
    let (_, faults) = check("never { any.where(some sizes in [10k, 5]) }");
    assert!(
        shown("", &faults).contains("sizes in [10_000, 5]"),
        "{faults:?}"
    );
}

fn of_message(message: &str, condition: &str) -> Vec<Diagnostic> {
    let text = format!("rules:\n- id: a\n  message: '{message}'\n  condition: '{condition}'\n");
    let file = SourceFile::from_bytes("rules.yaml".to_owned(), text.as_bytes());
    let mut told = load(&[file], &Limits::default()).diagnostics;
    told.retain(|one| one.line == 3);
    told
}

#[test]
fn a_placeholder_that_hardly_ever_has_a_value_is_told() {
    let each = "when each { pay as p } always { audit }";
    for (message, code, meant) in [
        ("took {p.duration}", "W0105", Some("{p.span:duration}")),
        ("{trigger.status}", "W0105", Some("{trigger.span:status}")),
        ("by {p.service}", "W0105", Some("{p.service.name}")),
        (
            "{p.http.status_code}",
            "W0113",
            Some("{p.otel:http.status}"),
        ),
        ("{p.exception.type}", "W0141", None),
    ] {
        let told = of_message(message, each);
        let [one] = &told[..] else {
            panic!("{message} {told:?}")
        };
        assert_eq!(
            (one.code.0, one.suggestion.as_deref()),
            (code, meant),
            "{one:?}"
        );
        if let Some(meant) = meant {
            assert_eq!(of_message(meant, each), [], "{meant}");
        }
    }
    for (message, condition) in [
        (
            "{p.\"duration\"} {p.amount} {p.span:duration} {count}",
            each,
        ),
        ("{p.otel:http.status} {p.resource.host.name}", each),
        // The rule itself reads the attribute.
        (
            "{p.status}",
            "when each { pay.where(status == paid) as p } always { audit }",
        ),
        (
            "{p.status}",
            "when each { pay as p } never { not p.where(status == paid) }",
        ),
    ] {
        assert_eq!(of_message(message, condition), [], "{message}");
    }
}

/// Of rules whose violations show no span in the role; what they show, where that is one, is offered.
#[test]
fn a_placeholder_of_a_span_that_no_violation_shows_is_told() {
    for (role, condition, offered) in [
        // What must be there is not: nothing offends.
        ("offender", "when { pay } always { audit }", Some("trigger")),
        (
            "offender",
            "when each { pay as p } always { audit after p }",
            Some("trigger"),
        ),
        (
            "offender",
            "always { audit and count(check) >= 1 }",
            Some("trigger"),
        ),
        ("offender", "never { not audit }", Some("trigger")),
        ("offender", "never { trace:spanCount > 9 }", Some("trigger")),
        // A bound span is shown once, as what it is bound as.
        (
            "offender",
            "when each { pay as p } never { p.where(n > 2) }",
            Some("trigger"),
        ),
        (
            "offender",
            "when each { pay as p } never { p inside audit }",
            Some("trigger"),
        ),
        (
            "offender",
            "when each { pay as p, audit as q } always { q after p }",
            None,
        ),
        ("witness", "when each { pay as p } never { audit }", None),
        ("witness", "never { count(pay) > 2 }", Some("offender")),
        // What was found is there, so nothing stands for it.
        (
            "trigger",
            "never { pay or count(audit) > 2 }",
            Some("offender"),
        ),
        (
            "trigger",
            "never { count(pay) by user > 2 }",
            Some("offender"),
        ),
        (
            "trigger",
            "when { not audit } never { pay }",
            Some("offender"),
        ),
        ("trigger", "always { not pay }", Some("offender")),
        ("trigger", "always { count(pay) <= 3 }", Some("offender")),
    ] {
        let told = of_message(&format!("of {{{role}.x}}"), condition);
        let [one] = &told[..] else {
            panic!("{role} {condition} {told:?}")
        };
        let meant = offered.map(|role| format!("{{{role}.x}}"));
        assert_eq!(
            (one.code.0, &one.suggestion),
            ("W0142", &meant),
            "{condition}"
        );
        if let Some(meant) = meant {
            assert_eq!(of_message(&meant, condition), [], "{condition}");
        }
    }
    for (role, condition) in [
        ("offender", "never { pay or not audit }"),
        ("offender", "always { count(pay) == 1 }"),
        ("offender", "always { audit and not pay }"),
        (
            "offender",
            "when each { pay as p } never { audit inside p }",
        ),
        ("offender", "never { 2 * count(pay) + count(audit) > 3 }"),
        ("trigger", "when { pay } never { audit }"),
        ("trigger", "always { pay }"),
        ("trigger", "never { count(pay) < 3 }"),
        ("trigger", "always { max(pay, n) < 3 }"),
        ("trigger", "never { pay or not audit }"),
        ("trigger", "never { not pay }"),
        (
            "witness",
            "when each { pay as p, audit as q } always { q after p }",
        ),
        ("witness", "never { count(pay) > count(audit) }"),
        (
            "witness",
            "when { pay } never { count(pay) + count(audit) > count(check) + 1 }",
        ),
    ] {
        assert_eq!(
            of_message(&format!("of {{{role}.x}}"), condition),
            [],
            "{role} {condition}"
        );
    }
}
