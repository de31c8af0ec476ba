//! Folders as they are: several kinds of recordings, things that are no files, links in a circle, a file that grows.

use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::{fs, thread};

use crate::support::{Desk, Ran, request, span};

const RULES: &str = "rules: [ { id: r, condition: \"never { pay }\" } ]";

fn sample(name: &str) -> PathBuf {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/formats/samples");
    samples.join(name)
}

fn one(trace: u128) -> String {
    format!("{}\n", request(&[span(trace, 1, 0, "pay")]))
}

/// The traces that broke the rule.
fn replay(desk: &Desk, paths: &[&str]) -> (Ran, Vec<u128>) {
    let options = ["replay", "--rules", "rules.yaml", "--format", "json"];
    let ran = desk.run(&[&options[..], paths].concat());
    let traces = ran.json_lines().into_iter();
    let traces =
        traces.map(|line| u128::from_str_radix(line["trace_id"].as_str().unwrap(), 16).unwrap());
    let traces = traces.collect();
    (ran, traces)
}

#[test]
fn each_file_of_a_folder_is_read_as_what_it_is() {
    let desk = Desk::with(&[
        ("all/README.md", "# Traces\n"),
        ("all/.hidden.json", "{broken"),
        ("all/picture.png", "\u{89}PNG\r\n\u{1a}\n"),
    ]);
    let kinds = [
        "otlp.jsonl",
        "otlp-document.json",
        "jaeger-ui.json",
        "zipkin-v2.json",
        "tempo-v2.json",
        "clickhouse.jsonl",
        "columns.parquet",
        "go-stdouttrace.jsonl",
        "java-logging.txt",
    ];
    for (number, name) in kinds.iter().enumerate() {
        let target = desk.path(&format!("all/{number}/{name}"));
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(sample(name), target).unwrap();
    }
    let spans = |ran: &Ran| ran.out.lines().next().unwrap_or_default().to_owned();
    let alone: u64 = kinds
        .iter()
        .map(|name| {
            let ran = desk.run(&["show", "--format", "json", sample(name).to_str().unwrap()]);
            ran.json_lines()[0]["spans"].as_u64().unwrap()
        })
        .sum();
    let ran = desk.run(&["show", "--format", "json", "all"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(
        ran.json_lines()[0]["spans"].as_u64(),
        Some(alone),
        "{}",
        spans(&ran)
    );
    assert!(alone >= 2 * kinds.len() as u64);
    for name in ["all/README.md", "all/picture.png"] {
        assert!(
            ran.err.contains(&format!("{name}: skipped, not traces")),
            "{}",
            ran.err
        );
    }
    // One that is broken makes the exit 3, and the others are read all the same.
    desk.write("all/cut.json", b"{\"resourceSpans\":[{\"scopeSpans\":");
    let ran = desk.run(&["show", "--format", "json", "all"]);
    assert_eq!(
        (ran.code, ran.json_lines()[0]["spans"].as_u64()),
        (3, Some(alone))
    );
    assert!(ran.err.contains("all/cut.json"), "{}", ran.err);
}

#[test]
fn sockets_pipes_devices_and_links_to_nowhere_in_a_folder_are_passed_over() {
    let desk = Desk::with(&[("rules.yaml", RULES), ("all/one.json", &one(1))]);
    let _listener = UnixListener::bind(desk.path("all/socket")).unwrap();
    let made = Command::new("mkfifo").arg(desk.path("all/pipe")).status();
    assert!(made.unwrap().success());
    symlink("/dev/zero", desk.path("all/zero")).unwrap();
    symlink("elsewhere", desk.path("all/nowhere")).unwrap();
    symlink("itself", desk.path("all/itself")).unwrap();
    let (ran, traces) = replay(&desk, &["all"]);
    assert_eq!((ran.code, traces), (1, vec![1]), "{}", ran.err);
}

#[test]
fn a_device_that_is_named_holds_no_traces_and_a_socket_cannot_be_opened() {
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let _listener = UnixListener::bind(desk.path("socket")).unwrap();
    for (path, told) in [
        ("/dev/null", "empty, no traces"),
        ("/dev/zero", "/dev/zero: "),
        ("socket", "cannot open"),
    ] {
        let (ran, _) = replay(&desk, &[path]);
        assert_eq!(ran.code, 3, "{path}: {}", ran.err);
        assert!(ran.err.contains(told), "{path}: {}", ran.err);
    }
}

#[test]
fn links_in_a_circle_end_and_each_file_is_read_once() {
    let desk = Desk::with(&[
        ("rules.yaml", RULES),
        ("all/a/one.json", &one(1)),
        ("all/b/two.json", &one(2)),
    ]);
    symlink("..", desk.path("all/a/up")).unwrap();
    symlink("../a", desk.path("all/b/side")).unwrap();
    symlink(".", desk.path("all/self")).unwrap();
    let (ran, traces) = replay(&desk, &["all"]);
    assert_eq!((ran.code, traces), (1, vec![1, 2]), "{}", ran.err);
    assert!(ran.err.contains("2 spans in 2 traces"), "{}", ran.err);
}

#[test]
fn of_a_file_that_grows_what_is_whole_is_read_and_nothing_else() {
    const BEFORE: u128 = 500;
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    desk.write(
        "grows.jsonl",
        (1..=BEFORE).map(one).collect::<String>().as_bytes(),
    );
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(desk.path("grows.jsonl"))
        .unwrap();
    let is_read = AtomicBool::new(false);
    let ((ran, traces), written) = thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut last = BEFORE;
            // In halves of lines, and no faster than it can be read: bounded, in case nobody ends it.
            while !is_read.load(Ordering::Relaxed) && last < 200_000 {
                last += 1;
                let line = one(last);
                let (half, rest) = line.split_at(line.len() / 2);
                file.write_all(half.as_bytes()).unwrap();
                file.write_all(rest.as_bytes()).unwrap();
                thread::yield_now();
            }
            last
        });
        let replayed = replay(&desk, &["grows.jsonl"]);
        is_read.store(true, Ordering::Relaxed);
        (replayed, writer.join().unwrap())
    });
    // The last line may have been half there.
    assert!(matches!(ran.code, 1 | 3), "{}", ran.err);
    let read = traces.len() as u128;
    assert!((BEFORE..=written).contains(&read), "{read} of {written}");
    assert_eq!(traces, (1..=read).collect::<Vec<_>>());
    assert!(ran.err.lines().count() <= 2, "{}", ran.err);
}
