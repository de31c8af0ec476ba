//! `replay --from --to`: which traces are judged, and which folders are opened.

use crate::support::{Desk, Made, request, span};

const RULES: &str = "rules: [ { id: r, condition: \"never { bad }\" } ]";
const MINUTE: u64 = 60_000;

/// Minutes after 2023-11-14T22:13:20, at which the helpers' times begin; one trace of two spans with its name.
fn trace(number: u64, root: u64, child: u64) -> String {
    let at = |minute: u64| (minute * MINUTE, minute * MINUTE + 5);
    let root = Made {
        times: at(root),
        ..span(u128::from(number), 1, 0, "bad")
    };
    let child = Made {
        times: at(child),
        ..span(u128::from(number), 2, 1, "child")
    };
    request(&[root, child])
}

fn folder(hour: &str) -> String {
    format!("tree/year=2023/month=11/day={hour}/traces.json")
}

#[test]
fn folders_outside_are_not_opened_and_traces_outside_are_not_judged() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    // Not opened, or its fault would be told.
    desk.write(&folder("14/hour=20"), b"{\"resourceSpans\": broken");
    desk.write(&folder("15/hour=03"), b"{\"resourceSpans\": broken");
    desk.write(&folder("14/hour=22"), trace(1, 1, 2).as_bytes());
    // Begins before 23:00 and ends after it; begins at 23:00:20.
    desk.write(
        &folder("14/hour=23"),
        format!("{}\n{}", trace(2, 46, 60), trace(3, 47, 48)).as_bytes(),
    );
    // Begins before midnight, with spans in the next folder.
    desk.write(
        &folder("15/hour=00"),
        format!("{}\n{}", trace(4, 106, 108), trace(5, 107, 108)).as_bytes(),
    );
    let run = |options: &[&str]| {
        let args = [
            &[
                "replay",
                "--rules",
                "rules.yaml",
                "tree",
                "--format",
                "json",
            ],
            options,
        ]
        .concat();
        let ran = desk.run(&args);
        let traces: Vec<String> = ran
            .json_lines()
            .iter()
            .map(|line| {
                line["trace_id"]
                    .as_str()
                    .unwrap()
                    .trim_start_matches('0')
                    .to_owned()
            })
            .collect();
        (ran, traces)
    };
    let (ran, traces) = run(&["--from", "2023-11-14T23:00", "--to", "2023-11-15"]);
    assert_eq!(
        (ran.code, traces),
        (1, vec!["3".to_owned(), "4".to_owned()]),
        "{}",
        ran.err
    );
    for told in [
        "2 partition folders outside of --from and --to",
        "3 traces outside of --from and --to",
    ] {
        assert!(ran.err.contains(told), "{}", ran.err);
    }
    // The same as live: the counts are those of the traces that were asked for.
    let (live, traces) = run(&[
        "--from",
        "2023-11-14T23:00",
        "--to",
        "2023-11-15",
        "--close",
        "idle",
    ]);
    assert_eq!(
        (live.code, traces),
        (1, vec!["3".to_owned(), "4".to_owned()]),
        "{}",
        live.err
    );
    let summary = desk.run(&[
        "replay",
        "--rules",
        "rules.yaml",
        "tree",
        "--summary",
        "--verdicts",
        "satisfied",
        "--from",
        "2023-11-14T23:00",
        "--to",
        "2023-11-15",
    ]);
    assert!(
        summary
            .out
            .starts_with("r: 2 violated, 0 satisfied, 0 not applicable, 0 inconclusive"),
        "{}",
        summary.out
    );
    let (whole, _) = run(&[]);
    assert_eq!(whole.code, 3, "the broken files are read without a stretch");
}

#[test]
fn what_is_no_stretch_of_time_is_told() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    desk.write("t.json", trace(1, 1, 2).as_bytes());
    for (options, told) in [
        (["--from", "yesterday"], "--from yesterday: no time"),
        (["--to", "1969-01-01"], "--to 1969-01-01: no time"),
        (["--to", "1970-01-01"], "--to is not after --from"),
    ] {
        let ran =
            desk.run(&[&["replay", "--rules", "rules.yaml", "t.json"], &options[..]].concat());
        assert_eq!(ran.code, 2);
        assert!(ran.err.contains(told), "{}", ran.err);
    }
}
