//! What a rule file says is in the rule and its tests as it was written: every key, and what stands where one is left out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

use std::fmt::Write;

use betrace_lang::rule::{Segment, Withheld};
use betrace_lang::rule_test::{AttributeValue, RuleTest, TestSpan};
use betrace_lang::{Limits, LoadedRule, SourceFile, load, render_text};

fn one(text: &str) -> LoadedRule {
    let files = [SourceFile::new("rules.yaml", text)];
    let mut loaded = load(&files, &Limits::default());
    let said = render_text(&loaded.diagnostics, &files, false);
    assert_eq!(said, "");
    loaded.rules.pop().unwrap()
}

fn tests(tests: &str) -> Vec<RuleTest> {
    let head = "rules:\n  - id: r\n    condition: 'never { a }'\n    tests:\n";
    one(&format!("{head}{tests}")).tests
}

fn value(value: &AttributeValue) -> String {
    match value {
        AttributeValue::Empty => "null".to_owned(),
        AttributeValue::Bool(value) => format!("bool {value}"),
        AttributeValue::Int(value) => format!("int {value}"),
        AttributeValue::Float(value) => format!("float {value}"),
        AttributeValue::Text(value) => format!("text {value}"),
        AttributeValue::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(self::value).collect::<Vec<_>>().join(", ")
            )
        }
        AttributeValue::Map(entries) => format!("{{{}}}", attributes(entries)),
    }
}

fn attributes(attributes: &[(String, AttributeValue)]) -> String {
    let one = |(key, held): &(String, AttributeValue)| format!("{key}: {}", value(held));
    attributes.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// A line for each, times in milliseconds.
fn shown(spans: &[TestSpan]) -> String {
    let mut out = String::new();
    for span in spans {
        let TestSpan {
            name,
            service,
            parent,
            kind,
            status,
            status_message,
            ..
        } = span;
        let label = span.label.as_deref().unwrap_or("-");
        let (start, end) = (span.start / 1_000_000, span.end / 1_000_000);
        write!(
            out,
            "{label} {name} of {service}, {parent:?}, {start}..{end} {} {}",
            kind.as_str(),
            status.as_str()
        )
        .unwrap();
        write!(
            out,
            " {status_message:?} ({}) resource ({})",
            attributes(&span.attributes),
            attributes(&span.resource)
        )
        .unwrap();
        let scope = &span.instrumentation;
        write!(
            out,
            " scope {} {} ({})",
            scope.name,
            scope.version,
            attributes(&scope.attributes)
        )
        .unwrap();
        for event in &span.events {
            write!(
                out,
                " event {} at {} ({})",
                event.name,
                event.at / 1_000_000,
                attributes(&event.attributes)
            )
            .unwrap();
        }
        for link in &span.links {
            write!(
                out,
                " link to {:?} ({})",
                link.to,
                attributes(&link.attributes)
            )
            .unwrap();
        }
        out.push('\n');
    }
    out
}

#[test]
fn a_span_of_a_test_has_all_that_is_written_of_it() {
    let spans = &tests(
        "      - name: all
        expect: satisfied
        trace:
          - span: top
            id: first
            service: shop
            kind: server
            status: error
            status_message: out of stock
            start: 5ms
            duration: 90ms
            attributes:
              whole: 7
              negative: -7
              half: 0.5
              much: 1e3
              quoted: '7'
              word: on time
              yes: true
              nothing: null
              endless: -.inf
              large: .inf
              list: [1, two, false]
              map: {inner: {deep: 1}}
            resource: {region: eu}
            instrumentation: {name: http, version: '1.2', attributes: {level: 3}}
            events:
              - name: retried
                at: 2ms
                attributes: {times: 2}
            links:
              - {to: second, attributes: {why: retry}}
              - {}
            children:
              - plain
              - {span: quick, duration: 3ms, service: desk}
          - {span: late, id: second, orphan: true}
",
    )[0]
    .spans;
    assert_eq!(
        shown(spans),
        "first top of shop, Root, 5..95 server error \"out of stock\" (whole: int 7, negative: int -7, half: float 0.5, \
         much: float 1000, quoted: text 7, word: text on time, yes: bool true, nothing: null, endless: float -inf, \
         large: float inf, list: [int 1, text two, bool false], map: {inner: {deep: int 1}}) resource (region: text eu) \
         scope http 1.2 (level: int 3) event retried at 7 (times: int 2) link to Some(3) (why: text retry) link to None ()\n\
         - plain of shop, Span(0), 6..7 internal unset \"\" () resource (region: text eu) scope   ()\n\
         - quick of desk, Span(0), 8..11 internal unset \"\" () resource (region: text eu) scope   ()\n\
         second late of test, Lost, 96..97 internal unset \"\" () resource () scope   ()\n"
    );
}

#[test]
fn repeated_spans_follow_each_other_with_all_below_them_and_lead_where_the_first_one_leads() {
    let spans = &tests(
        "      - name: repeated
        expect: satisfied
        trace:
          - span: top
            children:
              - span: twice
                repeat: 2
                links: [{to: below}]
                children: [below]
",
    )[0]
    .spans;
    let scope = "internal unset \"\" () resource () scope   ()";
    assert_eq!(
        shown(spans),
        format!(
            "- top of test, Root, 0..9 {scope}\n- twice of test, Span(0), 1..4 {scope} link to Some(2) ()\n\
             - below of test, Span(1), 2..3 {scope}\n- twice of test, Span(0), 5..8 {scope} link to Some(2) ()\n\
             - below of test, Span(3), 6..7 {scope}\n"
        )
    );
}

#[test]
fn a_test_expects_what_is_written_and_nothing_else() {
    let tests = tests(
        "      - name: broken
        completeness: linked
        trace: [{span: a, id: x}, a, b]
        expect: violated
        clause: never
        evidence: [x, a]
        count: 2
        violations: 1
        message: no a
      - name: open
        incomplete: true
        traces:
          - {trace: [a], at: 2s, repeat: 3}
          - {trace: [b, c]}
        expect: inconclusive
        reason: shutdown
",
    );
    let [broken, open] = &tests[..] else {
        panic!("two tests")
    };
    assert_eq!(
        (&*broken.name, broken.place.line, broken.is_incomplete),
        ("broken", 5, false)
    );
    assert_eq!(
        (&*open.name, open.place.line, open.is_incomplete),
        ("open", 14, true)
    );
    assert_eq!(
        (broken.completeness.as_str(), open.completeness.as_str()),
        ("linked", "root")
    );
    assert_eq!(
        (broken.spans.len(), broken.traces.len(), open.spans.len()),
        (3, 0, 0)
    );
    let traces = open
        .traces
        .iter()
        .map(|trace| (trace.spans.len(), trace.at, trace.repeat));
    assert_eq!(
        traces.collect::<Vec<_>>(),
        [(1, 2_000_000_000, 3), (2, 0, 1)]
    );
    let (says, opens) = (&broken.expect, &open.expect);
    let evidence = says.evidence.iter().map(|one| (&*one.text, &one.spans[..]));
    assert_eq!(
        evidence.collect::<Vec<_>>(),
        [("x", &[0][..]), ("a", &[0, 1])]
    );
    assert_eq!(
        (says.count, says.violations, says.message.as_deref()),
        (Some(2), Some(1), Some("no a"))
    );
    assert_eq!(
        (says.clause.map(|clause| clause.as_str()), says.reason),
        (Some("never"), None)
    );
    assert_eq!(opens.reason.map(|reason| reason.as_str()), Some("shutdown"));
    assert!(opens.evidence.is_empty() && opens.clause.is_none() && opens.count.is_none());
    assert!(opens.violations.is_none() && opens.message.is_none());
    assert_eq!(
        (says.verdict.as_str(), opens.verdict.as_str()),
        ("violated", "inconclusive")
    );
}

#[test]
fn a_framework_stands_once_with_its_controls_wherever_it_is_named() {
    let rule = one("rules:
  - id: r
    condition: 'never { a }'
    compliance: {soc2: [CC6.1, CC6.2], hipaa: null}
    compliance_frameworks: [soc2, iso27001]
")
    .rule;
    let compliance = rule
        .compliance
        .iter()
        .map(|one| (&*one.framework, one.controls.join(" ")));
    assert_eq!(
        compliance.collect::<Vec<_>>(),
        [
            ("soc2", "CC6.1 CC6.2".to_owned()),
            ("hipaa", String::new()),
            ("iso27001", String::new())
        ]
    );
}

#[test]
fn messages_and_groups_withhold_what_is_named_and_nothing_else() {
    let rule = one("fields:
  contact: [mail, user.mail]
  code: [http.response.status_code, http.status_code]
rules:
  - id: r
    condition: 'when each { a as p } never { b after p }'
    message: '{p.card} {p.user.id} {p.users} {p.contact} {p.code} {p.span:name} {offender.card}'
")
    .rule;
    let names = ["user.*", "card", "mail"].map(str::to_owned);
    let hidden = Withheld::new(names, 10).out_of(&rule);
    let message = hidden.message.as_ref().unwrap();
    let shows = |segment: &Segment| match segment {
        Segment::Text(text) => text.clone(),
        _ => "*".to_owned(),
    };
    let text: String = message.segments.iter().map(shows).collect();
    assert_eq!(text, "[withheld] [withheld] * [withheld] * * [withheld]");
    assert_eq!((message.value_bytes, hidden.hash), (10, rule.hash));
    let nothing = Withheld::new([], 1000).out_of(&rule);
    let message = nothing.message.as_ref().unwrap();
    assert_eq!(message.value_bytes, 256);
    assert!(
        !message
            .segments
            .contains(&Segment::Text("[withheld]".to_owned()))
    );

    let over = one("rules:
  - id: r
    condition: 'over 1h by user.id, region never { count(traces) > 5 }'
")
    .rule;
    let hidden = Withheld::new(["user.id".to_owned()], 10).out_of(&over);
    assert_eq!(
        hidden.body.over.as_ref().unwrap().withheld,
        [true, false, false, false]
    );
    assert_eq!(over.body.over.as_ref().unwrap().withheld, [false; 4]);
}

#[test]
fn what_a_window_measures_is_known_for_what_it_is() {
    for (measure, is_duration, has_hits, is_share) in [
        ("count(a) > 1", false, false, false),
        ("traces(a) > 1", false, true, false),
        ("share(a.where(x == 1), a) > 50%", false, true, true),
        ("share(b and a, b) > 50%", false, true, true),
        ("max(a, span:duration) > 3s", true, false, false),
        ("sum(a, span:duration) > 3s", true, false, false),
        ("distinct(a, span:duration) > 3", false, false, false),
        ("p99(a, span:duration) > 3s", true, false, false),
        ("p99(a, x) > 3", false, false, false),
        ("avg(a, x) > 3", false, false, false),
    ] {
        let files = [SourceFile::new(
            "rules.yaml",
            format!("rules: [{{id: r, condition: 'over 1h never {{ {measure} }}'}}]"),
        )];
        let loaded = load(&files, &Limits::default());
        let said = || render_text(&loaded.diagnostics, &files, false);
        let rule = loaded.rules.first().unwrap_or_else(|| panic!("{}", said()));
        let over = &rule.rule.body.over.as_ref().unwrap().measure;
        let is = (over.is_duration(), over.has_hits(), over.is_share());
        assert_eq!(is, (is_duration, has_hits, is_share), "{measure}");
    }
}

#[test]
fn a_rule_knows_which_names_of_the_vocabulary_it_stands_on() {
    let rule = one("macros: {slow: 'any.where(otel:db.system == redis)'}
rules:
  - id: r
    condition: 'when { slow } never { any.where(otel:http.status >= 500) }'
");
    let names: Vec<&str> = rule.vocabulary.iter().map(|one| &*one.name).collect();
    for name in ["otel:http.status", "otel:db.system"] {
        assert!(names.contains(&name), "{names:?}");
    }
    assert!(!names.contains(&"otel:rpc.status"), "{names:?}");
}

#[test]
fn every_expression_that_a_rule_stands_on_counts_among_its_bytes_but_an_equal_one_once() {
    let bytes = |fields: &str, conditions: &[&str]| -> Vec<usize> {
        let mut text = format!("{fields}rules:\n");
        for (number, condition) in conditions.iter().enumerate() {
            text.push_str(&format!(
                "  - id: r{number}\n    condition: '{condition}'\n"
            ));
        }
        let files = [SourceFile::new("rules.yaml", text)];
        let loaded = load(&files, &Limits::default());
        let said = render_text(&loaded.diagnostics, &files, false);
        assert_eq!(loaded.rules.len(), conditions.len(), "{said}");
        loaded.rules.iter().map(|rule| rule.bytes).collect()
    };
    let plain = bytes(
        "",
        &["never { any.where(x == \"[a-z]{3,40}-[0-9]{2,30}\") }"],
    )[0];
    let matching = "never { any.where(x matches \"[a-z]{3,40}-[0-9]{2,30}\") }";
    let twice = bytes("", &[matching, matching]);
    assert!(
        twice[0] > plain + 1000 && twice[1] < plain + 1000,
        "{plain}, {twice:?}"
    );
    for (fields, condition) in [
        (
            "",
            "never { any.where(every x matches \"[a-z]{3,40}-[0-9]{2,30}\") }",
        ),
        (
            "",
            "never { any.where(event.where(x matches \"[a-z]{3,40}-[0-9]{2,30}\")) }",
        ),
        (
            "",
            "never { any.where(not (x matches \"[a-z]{3,40}-[0-9]{2,30}\" or y)) }",
        ),
        (
            "",
            "when { a inside any.where(x matches \"[a-z]{3,40}-[0-9]{2,30}\") } never { b }",
        ),
        (
            "fields: {part: [{x: \"([a-z]{3,40}-[0-9]{2,30})\"}, y]}\n",
            "never { any.where(part == one) }",
        ),
        (
            "fields: {part: [{x: \"([a-z]{3,40}-[0-9]{2,30})\"}, y]}\n",
            "when each { a.where(exists(part)) as p } never { b.where(z == p.part) }",
        ),
    ] {
        let takes = bytes(fields, &[condition])[0];
        assert!(takes > plain + 1000, "{condition}: {takes} and {plain}");
    }
}

/// The rules that are good, and each fault with the rule that it is told of.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let loaded = load(&[SourceFile::new("rules.yaml", text)], &Limits::default());
    let good = loaded.rules.iter().map(|one| one.rule.id.0.to_string());
    let fault = |fault: &betrace_lang::Diagnostic| {
        let rule = fault.rule.as_ref().map_or("-", |rule| &*rule.0);
        format!("{} {rule}", fault.code.0)
    };
    (
        good.collect(),
        loaded.diagnostics.iter().map(fault).collect(),
    )
}

/// A fault of the YAML costs the rule that it cuts off, and no other.
#[test]
fn a_fault_takes_the_rule_that_it_cuts_off_and_no_other() {
    let (a, b) = (
        "- id: a\n  condition: never { x }\n",
        "- id: b\n  condition: never { y }\n",
    );
    for (text, good, faults) in [
        (format!("rules:\n{a}{b}"), vec!["a", "b"], vec![]),
        (
            format!("rules:\n{a}- id: c\n  condition: never {{ z }}\n  description: a: b\n"),
            vec!["a"],
            vec!["E0003 -"],
        ),
        (format!("rules:\n{a}]\n"), vec![], vec!["E0003 -"]),
        (format!("rules:\n{a}{b}]\n"), vec!["a"], vec!["E0003 -"]),
        (
            format!("rules:\n{a}{b}rules: []\n"),
            vec!["a", "b"],
            vec!["E0006 -"],
        ),
        (
            "rules: [{id: a, condition: p and not q}]]\n".to_owned(),
            vec!["a"],
            vec!["E0003 -"],
        ),
    ] {
        let (are_good, are_told) = read(&text);
        assert_eq!(
            (are_good, are_told),
            (
                good.iter().map(|id| (*id).to_owned()).collect(),
                faults
                    .iter()
                    .map(|fault| (*fault).to_owned())
                    .collect::<Vec<_>>()
            ),
            "{text}"
        );
    }
}

/// `rules:` that holds nothing is another thing than a file without it, and a file that others use needs none.
#[test]
fn a_file_without_rules_says_so_once() {
    for (text, faults) in [
        ("rules:\n", vec!["W0001 -"]),
        ("rules: []\n", vec!["W0001 -"]),
        ("macros: {a: b}\n", vec!["W0001 -"]),
        ("version: 1\n", vec!["E0008 -", "E0009 -"]),
        ("- id: a\n  condition: never { x }\n", vec!["E0007 -"]),
    ] {
        assert_eq!(read(text).1, faults, "{text}");
    }
}

/// A macro is one expression, whether a rule stands on it or not.
#[test]
fn clauses_in_a_macro_are_told_where_no_rule_uses_it() {
    let text =
        "macros: {both: 'when { a } always { b }'}\nrules:\n- id: a\n  condition: never { x }\n";
    let (good, faults) = read(text);
    assert_eq!(good, ["a"]);
    assert!(faults.contains(&"E0122 -".to_owned()), "{faults:?}");
}

/// What was refused where it stands is told there alone; the rule that needs it is faulty all the same.
#[test]
fn a_rule_that_needs_what_was_refused_is_no_rule() {
    let text = "rules:\n- id: a\n  condition: never { x }\n  exceptions: &loop [*loop]\n- id: b\n  condition: never { x }\n  tags: &tags {a: *tags}\n- id: c\n  condition: never { y }\n";
    let (good, faults) = read(text);
    assert_eq!(good, ["c"]);
    assert!(
        faults.iter().all(|fault| fault.starts_with("E00")),
        "{faults:?}"
    );
    assert_eq!(
        faults
            .iter()
            .filter(|fault| fault.starts_with("E0005"))
            .count(),
        2,
        "{faults:?}"
    );
}
