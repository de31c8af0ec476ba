//! `evidence report`: what a page looks like, and which frameworks there is a page of.

use crate::support::{Desk, request, span};

const RULES: &str = "rules:
  - id: audited
    compliance: { House: [H1] }
    condition: 'when { read } always { audit.log }'
  - id: quick
    compliance: { House: [H1] }
    condition: 'over 10s always { share(read and audit.log, read) >= 50% }'
";

/// A broken trace and an unfinished one, and the record of them.
fn desk() -> Desk {
    let traces = [
        request(&[span(1, 1, 0, "GET"), span(1, 2, 1, "read")]),
        request(&[span(2, 2, 1, "read")]),
    ];
    let desk = Desk::with(&[("rules.yaml", RULES), ("t.jsonl", &traces.join("\n"))]);
    let args = [
        "replay",
        "--rules",
        "rules.yaml",
        "t.jsonl",
        "--evidence",
        "e.jsonl",
    ];
    assert_eq!(desk.run(&args).code, 1);
    desk
}

const REPORT: [&str; 6] = [
    "evidence",
    "report",
    "e.jsonl",
    "--rules",
    "rules.yaml",
    "--framework",
];

#[test]
fn a_framework_of_which_there_is_nothing_is_refused_with_those_that_there_are() {
    let desk = desk();
    let ran = desk.run(&[&REPORT[..], &["SOC3", "--unsigned"]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    for said in ["--framework SOC3", "SOC2", "HIPAA", "House", "--control"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    // Of a control that is named it can be said that no rule speaks for it.
    for of in [&["SOC3", "--control", "X1"][..], &["house"], &["GDPR"]] {
        let ran = desk.run(&[&REPORT[..], of, &["--unsigned"]].concat());
        assert_eq!(ran.code, 0, "{of:?} {}", ran.err);
    }
}

#[test]
fn nothing_that_follows_a_list_becomes_a_part_of_it() {
    let desk = desk();
    let ran = desk.run(&[&REPORT[..], &["House", "--unsigned"]].concat());
    let whole = ran.out.contains("records are whole") || ran.out.contains("record, whole");
    assert!(whole, "{}", ran.out);
    // Without leave for unsigned records there are faults to be listed.
    std::fs::write(desk.path("k.pem"), KEY).unwrap();
    let faulty = desk.run(&[&REPORT[..], &["House", "--public-key", "k.pem"]].concat());
    assert!(
        faulty.out.contains("NOT WHOLE"),
        "{}{}",
        faulty.out,
        faulty.err
    );
    for page in [&ran.out, &faulty.out] {
        let lines: Vec<&str> = page.lines().collect();
        for pair in lines.windows(2) {
            let [item, behind] = pair else { continue };
            let is_free = behind.is_empty() || behind.starts_with("- ") || behind.starts_with('#');
            assert!(
                !item.starts_with("- ") || is_free,
                "{item}\n{behind}\n\n{page}"
            );
        }
    }
}

#[test]
fn the_end_of_each_instance_is_told() {
    let desk = desk();
    let more = [
        "replay",
        "--rules",
        "rules.yaml",
        "u.jsonl",
        "--evidence",
        "f.jsonl",
    ];
    desk.write(
        "u.jsonl",
        request(&[span(3, 1, 0, "read"), span(3, 2, 1, "audit.log")]).as_bytes(),
    );
    desk.run(&more);
    let verify = [
        "evidence",
        "verify",
        "e.jsonl",
        "f.jsonl",
        "--unsigned",
        "--format",
        "json",
    ];
    let told = &desk.run(&verify).json_lines()[0];
    let instances = told["instances"].as_array().unwrap();
    assert_eq!(instances.len(), 2, "{told}");
    for format in ["markdown", "html"] {
        let ran = desk.run(
            &[
                &REPORT[..],
                &["House", "f.jsonl", "--unsigned", "--format", format],
            ]
            .concat(),
        );
        for one in instances {
            let hash = one["last_sha256"].as_str().unwrap();
            let of = format!("1:{hash} of {}", one["instance"].as_str().unwrap());
            assert!(ran.out.contains(&of), "{of}\n{}", ran.out);
        }
    }
}

const KEY: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
";
