//! Formatting whole rule files: the meaning stays, a second time changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod support;

use betrace_lang::{FormatOptions, Limits, Loaded, SourceFile, canonical, format_file, load};

const PLAIN: FormatOptions = FormatOptions { modern: false };
const MODERN: FormatOptions = FormatOptions { modern: true };

fn loaded(text: &str) -> Loaded {
    load(&[SourceFile::new("rules.yaml", text)], &Limits::default())
}

fn hold(text: &str, context: &str) -> String {
    let before = loaded(text);
    assert!(!before.has_errors(), "{context}: {:?}", before.diagnostics);
    let mut last = String::new();
    for options in [MODERN, PLAIN] {
        let formatted =
            format_file(text, options).unwrap_or_else(|faults| panic!("{context}: {faults:?}"));
        let after = loaded(&formatted);
        assert_eq!(
            before.rules.len(),
            after.rules.len(),
            "{context}\n{formatted}"
        );
        for (before, after) in before.rules.iter().zip(&after.rules) {
            let context = format!("{context}: {} {options:?}", before.rule.id.0);
            assert_eq!(
                before.rule.hash, after.rule.hash,
                "{context}\n{}\n{}",
                before.condition_text, after.condition_text
            );
            assert_eq!(before.rule.body, after.rule.body, "{context}");
            assert_eq!(
                (before.rule.id.clone(), &before.rule.message),
                (after.rule.id.clone(), &after.rule.message)
            );
            assert_eq!(
                (before.rule.severity, before.tests.len()),
                (after.rule.severity, after.tests.len())
            );
        }
        assert_eq!(
            format_file(&formatted, options).unwrap(),
            formatted,
            "{context}: again, {options:?}"
        );
        if options.modern {
            let notes: Vec<_> = after
                .diagnostics
                .iter()
                .filter(|one| one.code.0.starts_with('N') && one.suggestion.is_some())
                .collect();
            assert!(notes.is_empty(), "{context}: {notes:?}\n{formatted}");
        }
        last = formatted;
    }
    last
}

#[test]
fn a_comparison_of_a_bound_span_gets_its_where_in_exceptions_too() {
    let text = "rules:\n- id: a\n  condition: |\n    when each { a as p }\n    always { p.x == 3 }\n  exceptions: ['p.y == 4 or q.where(p.y == 4)']\n";
    let wanted = "rules:\n- id: a\n  condition: |\n    when each { a as p }\n    always { p.where(x == 3) }\n  exceptions: ['p.where(y == 4) or q.where(p.y == 4)']\n";
    assert_eq!(format_file(text, PLAIN).unwrap(), wanted);
    assert_eq!(format_file(text, MODERN).unwrap(), wanted);
    assert_eq!(
        loaded(text).rules[0].rule.hash,
        loaded(wanted).rules[0].rule.hash
    );
}

#[test]
fn rule_files_of_the_repository_keep_their_meaning() {
    for path in support::rule_files() {
        hold(
            &std::fs::read_to_string(&path).unwrap(),
            &path.display().to_string(),
        );
    }
}

const MESSY: &str = r#"# The rules of the shop.
macros: { charge:   "payment.charge_card.where( amount>1000 )" }   # used below
lists:  { cards: [ visa,   amex ] }

rules:
  # Money first.
  - id:   a
    severity:   HIGH
    condition: when {charge} always{payment.fraud_check and   payment.audit} never { payment.bypass_validation or payment.skip_every_single_check or role.override }
    exceptions: [ 'root.where( test.run==true )',   "any.where(x == \"y\")" ]
    tests:
      - { name: t,   trace: [payment.charge_card], expect: not_applicable }

  - id: b
    expression: >
      when { payment.where(card in cards) }
      always { audit }

    message:   'kept   as it is'
  - { id: c, condition: 'trace.has(a)  AND NOT  b' }
  - id: d
    condition: |2
        // a comment stays
        count( retry )>3
"#;

#[test]
fn a_messy_file_becomes_tidy() {
    hold(MESSY, "messy");
    let both = format!(
        "{}\n======== modern ========\n{}",
        format_file(MESSY, PLAIN).unwrap(),
        format_file(MESSY, MODERN).unwrap()
    );
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("formatted", both);
    });
}

#[test]
fn faults_of_form_keep_a_file_as_it_is() {
    let text =
        "rules:\n  - id: a\n    condition: 'x and ('\n  - { id: b, condition: \"y and not\" }\n";
    let faults = format_file(text, PLAIN).unwrap_err();
    let places: Vec<_> = faults
        .iter()
        .map(|fault| (fault.line, fault.rule.clone().unwrap().0.to_string()))
        .collect();
    assert_eq!(places[0], (3, "a".to_owned()));
    assert_eq!(places.last().unwrap(), &(4, "b".to_owned()));
}

#[test]
fn a_condition_means_the_same_in_whatever_way_yaml_writes_it() {
    let conditions = [
        "a  and not b",
        "a or  \"b c\"",
        "never{ a }",
        "never{ a // why not\n and b }",
        "never{ a # why not\n and b }",
        "not  a",
        "(a or b)  and c",
        "yes",
        "count( a )>3",
        "any.where( x in [1,2] )",
        "any.where( span:name == \"a: b\" )",
        "never { any.where( x == \"it's # here // and: there\" ) }",
        "when{ payment.where(amount > 10000) and (customer.new or not customer.where(verified)) } always { fraud_check and (fraud_score.where(score < 0.3) or manual_review) }",
    ];
    let meaning = |text: &str| {
        let files = [SourceFile::new("rules.yaml", text)];
        let rules = load(&files, &Limits::default()).rules;
        rules.first().map(|one| canonical(&one.rule.body))
    };
    let mut written = 0;
    for condition in conditions {
        let double = condition
            .replace('\\', "\\\\")
            .replace('"', "\\\"")
            .replace('\n', "\\n");
        let single = condition.replace('\'', "''").replace('\n', "\n\n      ");
        let block = condition.replace('\n', "\n      ");
        for file in [
            format!("rules:\n  - id: r\n    condition: {condition}\n"),
            format!("rules:\n  - id: r\n    condition: \"{double}\"\n"),
            format!("rules:\n  - id: r\n    condition: '{single}'\n"),
            format!("rules:\n  - id: r\n    condition: |\n      {block}\n"),
            format!("rules:\n  - id: r\n    condition: >-\n      {block}\n"),
            format!("rules: [{{id: r, condition: \"{double}\"}}]\n"),
            format!("rules: [{{id: r, condition: '{single}'}}]\n"),
            format!("rules: [{{id: r, condition: {condition} }}]\n"),
        ] {
            // Not every text can be written in every way.
            let Some(before) = meaning(&file) else {
                continue;
            };
            for options in [PLAIN, MODERN] {
                let formatted = format_file(&file, options).unwrap();
                assert_eq!(
                    meaning(&formatted).as_ref(),
                    Some(&before),
                    "{file}\n{formatted}"
                );
                assert_eq!(
                    format_file(&formatted, options).unwrap(),
                    formatted,
                    "{file}"
                );
                written += 1;
            }
        }
    }
    assert!(written > 100, "{written} files");
}
