//! `betrace check --config`: every fault of a processor's keys in one run, the same as the processor refuses.

use std::collections::BTreeSet;

use super::support::*;
use serde_json::Value;

const TABLE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../testdata/configurations/faults.yaml"
);

/// A case of the table: its name, the lines of its configuration, and the keys that are wrong.
struct Case {
    says: String,
    config: String,
    keys: BTreeSet<String>,
}

/// The table as text, so that a configuration keeps its own form: `- says:`, `  config:` and `  keys:` begin its parts.
fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(TABLE).unwrap();
    let parts = text.split("\n- says: ").skip(1);
    let cases: Vec<Case> = parts
        .map(|part| {
            let (says, rest) = part.split_once("\n  config:").unwrap();
            let (config, keys) = rest.split_once("\n  keys:").unwrap();
            let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
            let keys = keys.split(|c| !is_part(c)).filter(|key| !key.is_empty());
            Case {
                says: says.to_owned(),
                config: config.to_owned(),
                keys: keys.map(str::to_owned).collect(),
            }
        })
        .collect();
    assert!(cases.len() > 20, "{}", cases.len());
    cases
}

/// What is told of a configuration with this processor, and the exit code.
fn told(desk: &Desk, config: &str) -> (Vec<Value>, i32) {
    desk.write(
        "otelcol.yaml",
        format!("processors:\n  betrace:{config}\n").as_bytes(),
    );
    let ran = desk.run(&["check", "--config", "otelcol.yaml", "--format", "json"]);
    let told: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    (told["diagnostics"].as_array().unwrap().clone(), ran.code)
}

#[test]
fn all_faults_of_a_configuration_are_told_in_one_run() {
    let desk = Desk::with(&[("f", "")]);
    for Case { says, config, keys } in cases() {
        let (told, code) = told(&desk, &config);
        let found: BTreeSet<String> = told
            .iter()
            .map(|one| {
                assert_eq!(one["severity"], "error", "{says}: {one}");
                assert_eq!(one["file"], "otelcol.yaml", "{says}: {one}");
                assert!(one["help"].is_string(), "{says}: {one}");
                let message = one["message"].as_str().unwrap();
                message.split(':').next().unwrap().to_owned()
            })
            .collect();
        assert_eq!(found, keys, "{says}");
        let is_unreadable = keys.contains("rules.files");
        let wanted = if keys.is_empty() {
            0
        } else {
            1 + i32::from(is_unreadable)
        };
        assert_eq!(code, wanted, "{says}");
    }
}

#[test]
fn a_fault_has_its_place_and_a_way_out() {
    let desk = Desk::with(&[]);
    let config = "
    rules: { inline: [{ id: r, condition: 'never { x }' }] }
    trace:
      idle_timout: 5s
      late_window: 60
      max_age: 5s
    limits: { memory_mib: 64.5, rules_mib: 0.5 }
    violations: { key: secret, emit: span }";
    let (told, code) = told(&desk, config);
    assert_eq!(code, 1);
    let lines: Vec<String> = told
        .iter()
        .map(|one| {
            let place = (
                one["line"].as_u64().unwrap(),
                one["column"].as_u64().unwrap(),
            );
            let said = |key: &str| one[key].as_str().unwrap_or("-").to_owned();
            format!(
                "{} {place:?} {}; {}; {}",
                said("code"),
                said("message"),
                said("help"),
                said("suggestion")
            )
        })
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
    let ran = desk.run(&["check", "--config", "otelcol.yaml"]);
    assert!(
        ran.out.contains("violations: { key: ******, emit: span }"),
        "{}",
        ran.out
    );
    assert!(!ran.out.contains("secret"), "{}", ran.out);
}

#[test]
fn what_is_offered_for_a_time_is_a_time_of_the_collector() {
    let desk = Desk::with(&[]);
    let rules = "\n    rules: { inline: [{ id: r, condition: 'never { x }' }] }";
    for (key, value, offered) in [
        ("trace: { late_window: ", "1d", "24h"),
        ("trace: { forget_after: ", "2 days", "48h"),
        ("trace: { late_window: ", "5 s", "5s"),
        ("trace: { late_window: ", "90sec", "90s"),
        ("trace: { late_window: ", "2 hours", "2h"),
        ("trace: { late_window: ", "500 ms", "500ms"),
        ("trace: { late_window: ", "1Min", "1m"),
        ("trace: { late_window: ", "7", "7s"),
    ] {
        let (diagnostics, _) = told(&desk, &format!("{rules}\n    {key}{value} }}"));
        assert_eq!(diagnostics.len(), 1, "{value}: {diagnostics:?}");
        assert_eq!(diagnostics[0]["suggestion"], offered, "{value}");
        let (diagnostics, code) = told(&desk, &format!("{rules}\n    {key}{offered} }}"));
        assert_eq!((diagnostics.len(), code), (0, 0), "{offered}");
    }
    for (text, help) in [
        ("evidence: { every: 25h }", "it may be 0, or from 1s to 24h"),
        ("trace: { forget_after: 169h }", "it may be from 0s to 168h"),
        (
            "trace: { late_window: 5x }",
            "write it as 10s, 250ms or 1m30s; none is below zero",
        ),
    ] {
        let (diagnostics, _) = told(&desk, &format!("{rules}\n    {text}"));
        assert_eq!(diagnostics[0]["help"], help, "{text}");
    }
}

#[test]
fn evidence_that_is_prepared_and_never_written_is_doubted() {
    let desk = Desk::with(&[]);
    let rules = "\n    rules: { inline: [{ id: r, condition: 'never { x }' }] }";
    for (evidence, wanted) in [
        ("{ emit: file, directory: /var }", 1),
        ("{ key_file: /etc/key.pem }", 1),
        ("{ key: '${env:BETRACE_NOT_SET}', directory: /var }", 1),
        ("{ every: 0s, key_file: /etc/key.pem }", 0),
        (
            "{ every: '${env:BETRACE_NOT_SET}', key_file: /etc/key.pem }",
            0,
        ),
        ("{ samples: 3 }", 0),
    ] {
        let (diagnostics, code) = told(&desk, &format!("{rules}\n    evidence: {evidence}"));
        let codes = diagnostics.iter().map(|one| &one["code"]);
        let count = codes.filter(|code| *code == "W0304").count();
        assert_eq!((count, code), (wanted, 0), "{evidence}: {diagnostics:?}");
    }
}

#[test]
fn a_key_that_stands_elsewhere_is_sent_there() {
    let desk = Desk::with(&[]);
    let rules = "\n    rules: { inline: [{ id: r, condition: 'never { x }' }] }";
    for (text, help) in [
        ("memory_mib: 64", "`memory_mib` stands below `limits`"),
        (
            "trace: { spans_per_trace: 9 }",
            "`spans_per_trace` stands below `limits`",
        ),
        (
            "trace: { storage_interval: 9s }",
            "`storage_interval` stands in the processor itself",
        ),
        // There are two of them.
        (
            "emit: none",
            "known here: evidence, limits, membership, privacy, rules, status, storage, storage_interval, trace, violations",
        ),
    ] {
        let (diagnostics, code) = told(&desk, &format!("{rules}\n    {text}"));
        assert_eq!((&diagnostics[0]["help"], code), (&help.into(), 1), "{text}");
    }
}

#[test]
fn secrets_that_are_written_out_are_not_shown_beside_a_faulty_rule() {
    let desk = Desk::with(&[]);
    let config = " { violations: { key: hunter2hunter2hunter2 }, rules: { inline: [{ id: r, condition: 'never { x' }] } }";
    desk.write(
        "otelcol.yaml",
        format!("processors:\n  betrace:{config}\n").as_bytes(),
    );
    let ran = desk.run(&["check", "--config", "otelcol.yaml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("never { x"), "{}", ran.out);
    assert!(!ran.out.contains("hunter2"), "{}", ran.out);
}

#[test]
fn what_comes_from_elsewhere_is_not_judged() {
    let desk = Desk::with(&[]);
    let config = "
    rules: { inline: [{ id: r, condition: 'never { x }' }] }
    trace: { idle_timeout: '${file:idle}', max_age: '${env:BETRACE_NOT_SET}' }
    limits: { memory_mib: '${env:BETRACE_NOT_SET}' }
    violations: { key: '${file:key}', previous_keys: ['${file:old}'] }
    status: ${file:status}";
    assert_eq!(told(&desk, config), (Vec::new(), 0));
    // So is a rule in the configuration.
    let config = "
    rules:
      inline:
        - id: r
          message: 'on ${env:HOSTNAME}'
          condition: never { count(x) > ${env:BETRACE_NOT_SET} }";
    assert_eq!(told(&desk, config), (Vec::new(), 0));
}

/// Of each: code, severity, line, columns, message.
fn lines(told: &[Value]) -> String {
    let of = |one: &Value| {
        let said = |key: &str| one[key].to_string().replace('"', "");
        let place = ["line", "column", "end_column"].map(said).join(":");
        format!(
            "{} {} {place} {}",
            said("code"),
            said("severity"),
            one["message"].as_str().unwrap()
        )
    };
    told.iter().map(of).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_fault_beside_a_placeholder_is_told_whatever_stands_in_its_place() {
    let desk = Desk::with(&[]);
    let config = "
    rules:
      inline:
        - { id: '${env:BETRACE_NOT_SET}', condition: 'never { x }', sevrity: low }
        - id: a
          condition: never { x.wher(y > ${env:BETRACE_NOT_SET:-5} and z == 1) }
        - id: b
          condition: never { x.wher(y > ${env:BETRACE_NOT_SET} and z == 1) }
        - id: c # on ${env:HOSTNAME}
          conditon: never { x } # ${env:HOSTNAME}
        - id: d
          condition: |
            when { x.where(y == '${env:BETRACE_NOT_SET}') }
            alwais { z }
          severity: [ '${env:BETRACE_NOT_SET}' ]";
    let (told, code) = told(&desk, config);
    insta::assert_snapshot!(lines(&told));
    assert_eq!(code, 1);
}

#[test]
fn a_value_that_is_known_is_judged_at_its_placeholder() {
    let desk = Desk::with(&[]);
    let config = "
    rules:
      inline:
        - id: '${env:BETRACE_NOT_SET:-a}'
          severity: ${env:BETRACE_NOT_SET:-urgent}
          condition: never { x.where(y > ${env:BETRACE_NOT_SET:-5k}) } # größer
        - id: 'r$$'
          condition: never { x }";
    let (told, code) = told(&desk, config);
    insta::assert_snapshot!(lines(&told));
    assert!(
        told.iter().all(|one| one["suggestion"].is_null()),
        "{told:#?}"
    );
    assert_eq!(code, 1);
}

/// What fits nothing that is tried, but may fit in the Collector: told, and neither an error nor a warning of this run.
#[test]
fn what_only_the_collector_knows_is_told_as_unsure() {
    let desk = Desk::with(&[]);
    let config = "
    rules:
      inline:
        - id: a
          condition: never { x.where(span:kind == ${env:BETRACE_NOT_SET}) }
        - id: b
          condition: ${file:condition}
          severity: ${env:BETRACE_NOT_SET}
          message: in ${env:BETRACE_NOT_SET}
          enabled: ${env:BETRACE_NOT_SET}
        - id: c
          condition: never { x.where(y matches \"${env:BETRACE_NOT_SET:-#\\d}\") }";
    let (told, code) = told(&desk, config);
    insta::assert_snapshot!(lines(&told));
    assert_eq!(code, 0);
}

/// It may be there where the Collector runs: so it is named, and nothing fails for it.
#[test]
fn what_evidence_needs_and_is_not_here_is_named() {
    let desk = Desk::with(&[("key.pem", ""), ("records/kept", "")]);
    let told_of = |evidence: &str| {
        let rules = "rules: { inline: [ { id: r, condition: 'never { x }' } ] }";
        let (told, code) = told(&desk, &format!("\n    {rules}\n    evidence: {evidence}"));
        assert_eq!(code, 0, "{evidence}");
        let told = told.iter().map(|one| {
            assert_eq!(
                (&one["code"], &one["severity"]),
                (&"N0301".into(), &"note".into())
            );
            assert!(
                one["help"]
                    .as_str()
                    .unwrap()
                    .contains("where the Collector runs")
            );
            one["message"].as_str().unwrap().to_owned()
        });
        told.collect::<Vec<_>>()
    };
    let file = |rest: &str| format!("{{ every: 1h, emit: file, {rest} }}");
    for silent in [
        file("directory: records"),
        file("directory: records, key_file: key.pem, previous_key_file: key.pem"),
        file("directory: '${env:BETRACE_NOT_SET}/x'"),
        "{ every: 0s, emit: file, directory: nowhere, key_file: nowhere }".to_owned(),
        "{ every: 1h, directory: nowhere }".to_owned(),
    ] {
        assert_eq!(told_of(&silent), [""; 0], "{silent}");
    }
    let gone = "nowhere: No such file or directory (os error 2)";
    assert_eq!(
        told_of(&file(
            "directory: nowhere, key_file: nowhere, previous_key_file: nowhere"
        )),
        ["directory", "key_file", "previous_key_file"]
            .map(|key| format!("evidence.{key}: not there for this command: {gone}"))
    );
    assert_eq!(
        told_of(&file("directory: key.pem")),
        ["evidence.directory: not there for this command: key.pem: not a directory"]
    );
}

#[test]
fn faults_of_every_processor_are_told() {
    let desk = Desk::with(&[]);
    let config = " { rules: { files: [nowhere] } }\n  betrace/two: { trace: { max_age: 1ms } }\n  betrace/three:";
    let (told, code) = told(&desk, config);
    let messages: Vec<&str> = told
        .iter()
        .map(|one| one["message"].as_str().unwrap())
        .collect();
    let begin = [
        "rules.files: ",
        "rules: names no rules",
        "trace.max_age: ",
        "trace.max_age: ",
        "rules: names no rules",
    ];
    assert_eq!(messages.len(), begin.len(), "{messages:?}");
    for (message, begin) in messages.iter().zip(begin) {
        assert!(message.starts_with(begin), "{messages:?}");
    }
    assert_eq!(code, 2, "some rules cannot be read");
}

#[test]
fn what_cannot_be_read_of_one_processor_hides_nothing_of_the_next() {
    let desk = Desk::with(&[]);
    let config = " { rules: { files: [nowhere] } }\n  betrace/two: { rules: { inline: [{ id: r, enabled: false, condition: 'never { x }' }] } }";
    let (told, code) = told(&desk, config);
    let codes: Vec<&str> = told
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    assert_eq!((codes, code), (vec!["E0304", "E0305"], 2));
}

/// What the processor reads of directories and patterns, and what it refuses of them.
#[test]
fn files_are_found_as_the_processor_finds_them() {
    let rule = |id: &str| format!("rules: [ {{ id: {id}, condition: 'never {{ x }}' }} ]\n");
    let desk = Desk::with(&[
        ("rules/ONE.YAML", &rule("one")),
        ("rules/.half-written.yaml", "rules: ["),
        ("rules/below/two.yaml", &rule("two")),
        ("rules/below/deep/three.yaml", &rule("three")),
        ("void/none.yaml", "rules: []\n"),
    ]);
    let rules_in = |files: &str| {
        desk.write(
            "otelcol.yaml",
            format!("processors: {{ betrace: {{ rules: {{ files: {files} }} }} }}\n").as_bytes(),
        );
        let ran = desk.run(&["check", "--config", "otelcol.yaml", "--format", "json"]);
        let told: Value = serde_json::from_str(&ran.out).unwrap();
        (told["rules"].as_u64().unwrap(), ran.code)
    };
    assert_eq!(rules_in("[rules]"), (3, 0));
    assert_eq!(rules_in("[rules, ./rules/ONE.YAML]"), (3, 0));
    // To the processor `**` is `*`, and a directory that it meets is read whole.
    assert_eq!(rules_in("['rules/**/*.yaml']"), (1, 0));
    assert_eq!(rules_in("['rules/[^.O]*/**']"), (2, 0));
    // No rule at all is none that is enabled.
    assert_eq!(rules_in("[void]"), (0, 1));
    std::os::unix::fs::symlink("gone.yaml", desk.path("rules/four.yaml")).unwrap();
    assert_eq!(rules_in("[rules]").1, 2, "a link to nowhere");
}

#[test]
fn more_text_than_is_read_is_told() {
    let desk = Desk::with(&[]);
    let text = format!(
        "# {}\nrules: [ {{ id: r, condition: 'never {{ x }}' }} ]\n",
        "x".repeat(1 << 20)
    );
    desk.write("rules.yaml", text.as_bytes());
    let (found, code) = told(&desk, " { rules: { files: [rules.yaml], max_mib: 1 } }");
    assert_eq!(code, 1);
    assert!(
        found[0]["message"]
            .as_str()
            .unwrap()
            .starts_with("rules.max_mib: "),
        "{found:?}"
    );
    assert_eq!(
        told(&desk, " { rules: { files: [rules.yaml], max_mib: 2 } }").1,
        0
    );
}

#[test]
fn lists_may_be_so_long_and_no_longer() {
    let desk = Desk::with(&[]);
    let faults = |keys: usize, names: usize, length: usize| {
        let keys = vec!["0123456789abcdef"; keys].join(", ");
        let names = vec!["n".repeat(length); names].join(", ");
        let config = format!(
            " {{ violations: {{ key: 0123456789abcdef, previous_keys: [{keys}] }}, privacy: {{ attributes: [{names}] }}, rules: {{ allow_empty: true }} }}"
        );
        told(&desk, &config).0.len()
    };
    assert_eq!(faults(7, 500, 256), 0);
    assert_eq!(faults(8, 500, 256), 1);
    assert_eq!(faults(7, 501, 256), 1);
    assert_eq!(faults(7, 1, 257), 1);
}
