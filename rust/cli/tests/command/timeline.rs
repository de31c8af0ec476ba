//! `replay --timeline`: when a rule began to be broken, and what the broken traces share.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Desk, Made, Ran, request, span};

const RULES: &str = r#"
rules:
  - id: no-bypass
    condition: "never { bypass }"
  - id: checked-pay
    condition: "when { pay } always { check }"
"#;

const HOUR: u64 = 3_600_000;

/// One trace of an hour, of the version that the service has then; its root is called `name`.
fn trace(number: u64, at: u64, name: &str, version: &str) -> String {
    let spans = [Made {
        times: (at, at + 5),
        ..span(u128::from(number) + 1, 1, 0, name)
    }];
    let version = json!({"key": "service.version", "value": {"stringValue": version}});
    let mut request: Value = serde_json::from_str(&request(&spans)).unwrap();
    let attributes = &mut request["resourceSpans"][0]["resource"]["attributes"];
    attributes.as_array_mut().unwrap().push(version);
    format!("{request}\n")
}

/// A day of forty traces an hour; from hour 15 on, with version 1.4.2, every tenth is bad.
fn day() -> Vec<String> {
    let hours = (0..24).map(|hour| {
        let traces = (0..40).map(move |number| {
            let version = if hour < 15 { "1.4.1" } else { "1.4.2" };
            let name = if hour >= 15 && number % 10 == 7 {
                "bypass"
            } else {
                "pay"
            };
            let at = hour * HOUR + number * 80_000;
            trace(hour * 40 + number, at, name, version)
        });
        traces.collect()
    });
    hours.collect()
}

fn desk(files: &[String]) -> Desk {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    for (number, text) in files.iter().enumerate() {
        desk.write(&format!("day/{number:02}.jsonl"), text.as_bytes());
    }
    desk
}

fn timeline(desk: &Desk, options: &[&str]) -> Ran {
    let args = [
        &["replay", "--rules", "rules.yaml", "day", "--timeline"],
        options,
    ]
    .concat();
    desk.run(&args)
}

#[test]
fn a_rule_broken_since_a_deployment_is_told_with_the_hour_and_the_version() {
    let ran = timeline(&desk(&day()), &["1h", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let lines = ran.json_lines();
    let rules: Vec<&Value> = lines.iter().map(|line| &line["timeline"]).collect();
    assert_eq!(rules.len(), 2);
    let told = rules
        .iter()
        .find(|told| told["rule"] == "no-bypass")
        .unwrap();
    let nanos = |hour: u64| 1_700_000_000_000_000_000 + hour * HOUR * 1_000_000;
    let bucket = |hour: u64| (nanos(hour) / (HOUR * 1_000_000) * HOUR * 1_000_000).to_string();
    assert_eq!(
        told["change"]["from_unix_nano"],
        bucket(15).as_str(),
        "{told}"
    );
    assert_eq!(told["change"]["until_unix_nano"], Value::Null);
    assert!(
        told["change"]["confidence"].as_f64() >= Some(0.96),
        "{told}"
    );
    let first = nanos(15) + 7 * 80_000 * 1_000_000;
    let before = first - 80_000 * 1_000_000;
    assert_eq!(
        told["first_violated"]["start_time_unix_nano"],
        first.to_string()
    );
    assert_eq!(
        told["last_satisfied_before"]["start_time_unix_nano"],
        before.to_string()
    );
    assert_eq!(
        told["shared"],
        json!([{"service": "shop", "attribute": "service.version", "value": "1.4.2",
                "violated_with": 36, "violated": 36, "satisfied_with": 324, "satisfied": 924}])
    );
    // The other rule applied to all, and none of them has the check: no share is higher than another.
    let other = rules
        .iter()
        .find(|told| told["rule"] == "checked-pay")
        .unwrap();
    assert_eq!(
        (&other["change"], &other["shared"]),
        (&Value::Null, &json!([]))
    );
}

#[test]
fn the_order_of_traces_and_how_they_lie_in_files_change_nothing() {
    let day = day();
    let ran = timeline(&desk(&day), &["auto"]);
    let mut lines: Vec<String> = day.concat().lines().map(str::to_owned).collect();
    lines.reverse();
    let (one, other) = lines.split_at(301);
    let shuffled = desk(&[one.join("\n"), other.join("\n")]);
    assert_eq!(timeline(&shuffled, &["auto"]).out, ran.out);
    // Closed as live, in the order of time.
    assert_eq!(
        timeline(&desk(&day), &["auto", "--close", "idle"]).out,
        ran.out
    );
}

#[test]
fn a_timeline_for_people_says_when_by_how_much_and_with_what() {
    let ran = timeline(&desk(&day()), &[]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for text in [
        "no-bypass: broken by 36 of 960 traces (3.8 %)",
        "  change   since 2023-11-15 13:00: 9.9 %, otherwise 0.0 %; confidence 99.9 %",
        "  with     shop service.version 1.4.2: 36 of 36 that broke it, 324 of 924 that kept it",
        "checked-pay: broken by 924 of 924 traces (100.0 %); 36 not applicable",
    ] {
        assert!(
            ran.out.lines().any(|line| line == text),
            "{text}\nin\n{}",
            ran.out
        );
    }
}

/// The elements of a page, each closed in its turn; `meta` is alone.
fn elements(page: &str) -> usize {
    let mut open: Vec<&str> = Vec::new();
    let mut count = 0;
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap();
        let name = tag.split(' ').next().unwrap();
        if let Some(closed) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(closed), "{tag}");
        } else if !(name.starts_with('!') || name == "meta" || tag.ends_with('/')) {
            open.push(name);
        }
        count += 1;
    }
    assert!(open.is_empty(), "{open:?}");
    count
}

#[test]
fn the_page_is_whole_and_what_traces_say_does_nothing_in_it() {
    let hostile = "</dd><script>alert(1)</script>\u{7}\"'&";
    let traces = (0..40).map(|number| {
        let (name, version) = if number < 20 {
            ("pay", "1")
        } else {
            ("bypass", hostile)
        };
        trace(number, number * 1000, name, version)
    });
    let desk = desk(&[traces.collect()]);
    let ran = timeline(&desk, &["1m", "--format", "html"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(elements(&ran.out) > 40);
    assert!(
        ran.out.contains("&lt;/dd&gt;&lt;script&gt;alert(1)"),
        "{}",
        ran.out
    );
    for never in [
        "<script", "http:", "https:", "src=", "href=", "\u{7}", "NaN", "inf",
    ] {
        assert!(!ran.out.contains(never), "{never} in {}", ran.out);
    }
}

#[test]
fn what_makes_no_timeline_is_told() {
    let desk = desk(&[trace(1, 0, "pay", "1")]);
    for (options, told) in [
        (&["1x"][..], "put --timeline last"),
        (&["0s"], "put --timeline last"),
        (&["99999999999999999999w"], "put --timeline last"),
        (&["1h", "--format", "otlp"], "text, json or html"),
        (&["1h", "--summary"], "cannot be used with"),
    ] {
        let ran = timeline(&desk, options);
        assert_eq!(ran.code, 2, "{options:?}");
        assert!(ran.err.contains(told), "{options:?}: {}", ran.err);
    }
    let ran = desk.run(&["replay", "--rules", "rules.yaml", "--format", "html", "day"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("--timeline"), "{}", ran.err);
}

#[test]
fn the_front_page_answers_when_it_started_in_one_command() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = std::fs::read_to_string(root.join("README.md")).unwrap();
    let command = page
        .lines()
        .find(|line| line.starts_with("betrace replay") && line.contains("--timeline"))
        .unwrap();
    let args = command
        .split('#')
        .next()
        .unwrap()
        .split_whitespace()
        .skip(1);
    let args: Vec<String> = args
        .map(|word| match word.strip_prefix("testdata/") {
            Some(_) => root.join(word).display().to_string(),
            None => word.to_owned(),
        })
        .collect();
    let ran = Desk::with(&[]).run(&args.iter().map(String::as_str).collect::<Vec<_>>());
    let printed = ran.out.split("\n\n").next().unwrap();
    assert!(
        page.contains(&format!("```text\n{printed}\n```")),
        "{printed}"
    );
}
