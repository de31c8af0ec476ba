//! `evidence report`: what is said control by control, and never more than is known.

use serde_json::Value;

use crate::support::{Desk, Ran, request, span};

const RULES: &str = "rules:
  - id: audited
    severity: high
    compliance: { SOC2: [CC6.1, 'odd <b>|`name`*'], GDPR: [Art. 30] }
    condition: 'when { read } always { audit.log }'
  - id: never-met
    compliance: { SOC2: [CC7.2] }
    condition: 'never { debug.dump }'
  - id: unknown
    compliance: { SOC2: [CC8.1] }
    condition: 'when { deploy } always { approve }'
";

/// Recordings of a kept, a broken and an unfinished trace, and the record of them.
fn desk(broken: bool) -> Desk {
    recorded(broken, true)
}

fn recorded(broken: bool, unfinished: bool) -> Desk {
    let mut traces = vec![request(&[
        span(2, 1, 0, "GET"),
        span(2, 2, 1, "read"),
        span(2, 3, 1, "audit.log"),
    ])];
    if unfinished {
        traces.push(request(&[span(3, 2, 1, "deploy")]));
    }
    if broken {
        traces.push(request(&[span(1, 1, 0, "GET"), span(1, 2, 1, "read")]));
    }
    let desk = Desk::with(&[("rules.yaml", RULES), ("t.jsonl", &traces.join("\n"))]);
    let args = [
        "replay",
        "--rules",
        "rules.yaml",
        "t.jsonl",
        "--evidence",
        "e.jsonl",
    ];
    let ran = desk.run(&args);
    assert_eq!(ran.code, i32::from(broken), "{}", ran.err);
    desk
}

fn report(desk: &Desk, more: &[&str]) -> Ran {
    let mut args = vec![
        "evidence",
        "report",
        "e.jsonl",
        "--unsigned",
        "--rules",
        "rules.yaml",
    ];
    args.extend(more);
    desk.run(&args)
}

fn control<'v>(told: &'v Value, id: &str) -> &'v Value {
    let controls = told["controls"].as_array().unwrap();
    controls.iter().find(|one| one["id"] == id).unwrap()
}

#[test]
fn each_control_has_its_rules_and_each_rule_what_became_of_it() {
    let desk = desk(true);
    let url = ["--trace-url", "https://traces.example/{trace_id}"];
    let mut args = vec![
        "--framework",
        "soc 2",
        "--format",
        "json",
        "--control",
        "CC9.9",
    ];
    args.extend(url);
    let ran = report(&desk, &args);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let told = &ran.json_lines()[0];
    assert_eq!(told["framework"]["name"], "SOC2");
    assert_eq!(told["coverage"]["share"], 1.0);
    let rule = &control(told, "CC6.1")["rules"][0];
    assert_eq!(rule["status"], "broken");
    assert_eq!((&rule["kept"], &rule["violated"]), (&1.into(), &1.into()));
    let reading = rule["reading"].to_string();
    assert!(reading.contains("audit.log"), "{reading}");
    let kept = format!("https://traces.example/{:032x}", 2);
    assert_eq!(rule["sample"][0]["url"], kept.as_str());
    let broken = format!("{:032x}", 1);
    assert_eq!(rule["named_violations"][0]["trace"]["id"], broken.as_str());
    assert_eq!(
        control(told, "CC7.2")["rules"][0]["status"],
        "not_exercised"
    );
    let unknown = &control(told, "CC8.1")["rules"][0];
    assert_eq!(unknown["status"], "partly_unknown");
    assert_eq!(unknown["inconclusive"]["no_root"], 1);
    assert_eq!(control(told, "CC9.9")["rules"].as_array().unwrap().len(), 0);
    assert_eq!(control(told, "CC6.3")["rules"].as_array().unwrap().len(), 0);
}

#[test]
fn nothing_that_was_not_exercised_is_called_kept_or_passed() {
    let desk = desk(true);
    for format in ["markdown", "html"] {
        let ran = report(&desk, &["--framework", "SOC2", "--format", format]);
        let text = &ran.out;
        assert!(text.contains("not exercised"), "{text}");
        assert!(text.contains("No rule speaks for this control"), "{text}");
        assert!(
            text.contains("Certification requires external auditors"),
            "{text}"
        );
        assert!(!text.to_lowercase().contains("passed"), "{text}");
        assert!(
            !text.contains("certified") && !text.contains("compliant"),
            "{text}"
        );
    }
}

#[test]
fn who_signs_reads_at_the_head_how_it_stands_and_from_whom_it_is() {
    let desk = desk(true);
    for format in ["markdown", "html"] {
        let args = [
            "--framework",
            "SOC2",
            "--format",
            format,
            "--control",
            "CC9.9",
        ];
        let page = report(&desk, &args).out;
        for text in [
            "Of 6 controls: 2 have a rule that was broken; 1 has a rule of which something is unknown, and none that was \
             broken; 1 has only rules that were not exercised; 2 have no rule. 100.00 % of the time was watched. The records are whole.",
            "nobody: unsigned",
            concat!("BeTrace ", env!("CARGO_PKG_VERSION")),
            "unknown: 1, no",
            "no root span came",
            "Who signs here has read this report.",
        ] {
            assert!(page.contains(text), "{text}: {page}");
        }
        assert!(page.contains("1 record is unsigned."), "{page}");
    }
    let json = ["--framework", "SOC2", "--format", "json"];
    let told = &report(&desk, &json).json_lines()[0];
    let record = desk.run(&[
        "evidence",
        "verify",
        "e.jsonl",
        "--unsigned",
        "--format",
        "json",
    ]);
    let last = &record.json_lines()[0]["instances"][0];
    assert_eq!(told["last_record_sha256"], last["last_sha256"]);
    assert_eq!(told["last_record"], 1);
    assert_eq!(told["origin"]["signers"], serde_json::json!(["unsigned"]));
    assert_eq!(told["origin"]["rule_sets"].as_array().unwrap().len(), 1);
}

#[test]
fn a_name_with_odd_characters_is_text_and_nothing_else() {
    let desk = desk(true);
    let page = report(&desk, &["--framework", "SOC2", "--format", "html"]).out;
    assert!(page.contains("odd &lt;b&gt;|`name`*") && !page.contains("odd <b>"));
    for foreign in ["<script", "src=", "@import", "url("] {
        assert!(!page.contains(foreign), "{foreign}");
    }
    let page = report(&desk, &["--framework", "SOC2"]).out;
    assert!(page.contains(r"## odd \<b\>\|\`name\`\*"), "{page}");
}

#[test]
fn a_time_without_a_record_is_a_hole_and_no_good_news() {
    let desk = desk(false);
    let json = ["--framework", "SOC2", "--format", "json"];
    let ran = report(
        &desk,
        &[&json[..], &["--from", "2024-01-01", "--to", "2024-02-01"]].concat(),
    );
    assert_eq!(ran.code, 1);
    let told = &ran.json_lines()[0];
    assert_eq!(
        (&told["records"], &told["coverage"]["share"]),
        (&0.into(), &0.0.into())
    );
    assert_eq!(told["coverage"]["holes"].as_array().unwrap().len(), 1);
    assert!(
        told["controls"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["rules"] == serde_json::json!([]))
    );
    let page = report(
        &desk,
        &[
            "--framework",
            "SOC2",
            "--from",
            "2024-01-01",
            "--to",
            "2024-02-01",
        ],
    )
    .out;
    assert!(page.contains("No record is of this time"), "{page}");
    // A part of the time alone.
    let ran = report(&desk, &[&json[..], &["--to", "2023-11-14T22:14"]].concat());
    let share = ran.json_lines()[0]["coverage"]["share"].as_f64().unwrap();
    assert!(share > 0.0 && share < 0.1, "{share}");
}

#[test]
fn a_reading_of_another_meaning_is_not_shown() {
    let desk = desk(true);
    desk.write(
        "rules.yaml",
        RULES.replace("audit.log", "audit.other").as_bytes(),
    );
    let ran = report(&desk, &["--framework", "GDPR", "--format", "json"]);
    let told = &ran.json_lines()[0];
    let rule = &control(told, "Art. 30")["rules"][0];
    assert_eq!(rule["reading"], serde_json::json!([]));
}

#[test]
fn records_that_are_not_whole_are_reported_as_such() {
    let desk = desk(false);
    let hash = "0".repeat(64);
    let known = format!("7:{hash}");
    let args = ["--framework", "SOC2", "--expect-last", &known];
    let ran = report(&desk, &args);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("NOT WHOLE: 1 fault"), "{}", ran.out);
    let ran = report(&desk, &[&args[..], &["--format", "oscal"]].concat());
    let document = &ran.json_lines()[0]["assessment-results"]["results"][0];
    assert!(document["remarks"].as_str().unwrap().contains("not_there"));
    for finding in document["findings"].as_array().unwrap() {
        assert_eq!(finding["target"]["status"]["state"], "not-satisfied");
    }
}

#[test]
fn oscal_says_satisfied_of_what_is_known_and_of_nothing_else_and_the_same_each_time() {
    let states = |desk: &Desk| -> Vec<(String, String)> {
        let ran = report(desk, &["--framework", "SOC2", "--format", "oscal"]);
        let document = &ran.json_lines()[0];
        let result = &document["assessment-results"]["results"][0];
        let findings = result["findings"].as_array().unwrap().iter();
        let said = findings.map(|one| {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            (text(&one["title"]), text(&one["target"]["status"]["state"]))
        });
        said.collect()
    };
    let told: Vec<(String, String)> = [
        ("CC6.1: audited", "satisfied"),
        ("CC7.2: never-met", "not-satisfied"),
        ("CC8.1: unknown", "not-satisfied"),
        ("odd <b>|`name`*: audited", "satisfied"),
    ]
    .map(|(title, state)| (title.to_owned(), state.to_owned()))
    .into();
    assert_eq!(states(&recorded(false, false)), told);
    // Of a trace that breaks off nobody knows whether it would have read.
    let unknown = states(&desk(false));
    assert!(
        unknown.iter().all(|(_, state)| state == "not-satisfied"),
        "{unknown:?}"
    );

    let desk = desk(false);
    let args = ["--framework", "SOC2", "--format", "oscal"];
    let ran = report(&desk, &args);
    assert_eq!(report(&desk, &args).out, ran.out);
    let document = &ran.json_lines()[0]["assessment-results"];
    assert_eq!(document["metadata"]["oscal-version"], "1.2.1");
    let result = &document["results"][0];
    let observed: Vec<&Value> = result["observations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["uuid"])
        .collect();
    for finding in result["findings"].as_array().unwrap() {
        let related = &finding["related-observations"][0]["observation-uuid"];
        assert!(observed.contains(&related), "{finding}");
    }
    let other = report(&desk, &["--framework", "GDPR", "--format", "oscal"]);
    assert_ne!(
        other.json_lines()[0]["assessment-results"]["uuid"],
        document["uuid"]
    );
}

/// Without a signature anybody may write anything.
#[test]
fn figures_without_measure_end_no_command() {
    use betrace_evidence::{Entry, Envelope, Statement, canonical};
    let desk = desk(true);
    let line = std::fs::read(desk.path("e.jsonl")).unwrap();
    let payload = Envelope::of_line(line.trim_ascii_end())
        .unwrap()
        .payload()
        .unwrap();
    let mut statement: Statement = serde_json::from_slice(&payload).unwrap();
    let predicate = &mut statement.predicate;
    predicate.sequence = u64::MAX;
    predicate.violations.total = 0;
    predicate.rules.total = 0;
    predicate.traces.shed = u64::MAX;
    predicate.records.dropped = u64::MAX;
    predicate.records.periods_lost = u64::MAX;
    predicate
        .spans
        .values_mut()
        .for_each(|count| *count = u64::MAX);
    for entry in &mut predicate.entries.list {
        if let Entry::Rule(rule) = entry {
            rule.kept = u64::MAX;
            rule.violated = u64::MAX;
            rule.violations = u64::MAX;
            rule.inconclusive = [("a".to_owned(), u64::MAX), ("b".to_owned(), u64::MAX)].into();
        }
    }
    std::mem::swap(&mut predicate.period.from, &mut predicate.period.to);
    let mut lines = Vec::new();
    for cause in [
        betrace_evidence::Cause::Start,
        betrace_evidence::Cause::Stop,
    ] {
        statement.predicate.cause = cause;
        lines.extend(Envelope::around(&canonical(&statement), None, false).line());
        lines.push(b'\n');
    }
    desk.write("e.jsonl", &[line, lines].concat());
    for format in ["markdown", "html", "json", "oscal"] {
        let ran = report(&desk, &["--framework", "SOC2", "--format", format]);
        assert_eq!(ran.code, 1, "{}", ran.err);
    }
    let ran = desk.run(&["evidence", "verify", "--unsigned", "e.jsonl"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
}

/// `make oscal` puts the tool there, in the version that testdata/evidence/requirements.txt names.
#[test]
fn trestle_takes_the_document() {
    let tool = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../target/tools/trestle/bin/trestle");
    if !tool.exists() {
        eprintln!("skipped: there is no compliance-trestle; make oscal installs it and runs this");
        return;
    }
    let tool = tool.canonicalize().unwrap();
    for broken in [false, true] {
        let desk = desk(broken);
        let ran = report(
            &desk,
            &[
                "--framework",
                "SOC2",
                "--format",
                "oscal",
                "--trace-url",
                "https://t.example/{trace_id}",
            ],
        );
        desk.write("results.json", ran.out.as_bytes());
        std::fs::create_dir(desk.path("workspace")).unwrap();
        let trestle = |args: &[&str]| {
            let output = std::process::Command::new(&tool)
                .args(args)
                .current_dir(desk.path("workspace"))
                .output()
                .unwrap();
            let told = [output.stdout, output.stderr].concat();
            let told = String::from_utf8_lossy(&told).into_owned();
            assert!(output.status.success(), "{args:?}: {told}");
            told
        };
        trestle(&["init", "--local"]);
        trestle(&["import", "-f", "../results.json", "-o", "evidence"]);
        let told = trestle(&["validate", "-t", "assessment-results", "-n", "evidence"]);
        assert!(
            told.contains("VALID") && !told.contains("NOT VALID"),
            "{told}"
        );
    }
}

#[test]
fn of_a_time_without_records_it_is_said_that_there_are_none_and_of_when_there_are() {
    let desk = desk(false);
    let beyond = ["--from", "2099-01-01", "--to", "2099-02-01"];
    let ran = report(&desk, &[&["--framework", "soc2"][..], &beyond].concat());
    assert_eq!(ran.code, 1, "{}", ran.err);
    let nothing = "No record is of this stretch of time, so that nothing is said of";
    assert!(ran.out.contains(nothing), "{}", ran.out);
    assert!(!ran.out.contains("no rule"), "{}", ran.out);
    let elsewhere = "No record is of this stretch of time; those that are here are from ";
    assert!(ran.out.contains(elsewhere), "{}", ran.out);
    let way_out = "Name a time of these with --from and --to.";
    assert!(
        ran.err.contains(elsewhere) && ran.err.contains(way_out),
        "{}",
        ran.err
    );
    let ran = report(&desk, &["--framework", "soc2"]);
    assert!(
        !ran.out.contains(elsewhere) && !ran.err.contains(way_out),
        "{}{}",
        ran.out,
        ran.err
    );
}
