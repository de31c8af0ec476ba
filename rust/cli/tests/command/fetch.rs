//! `betrace fetch` against servers that answer as Jaeger and Tempo do (the shapes are those of `testdata/formats`).

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::support::{Desk, Ran, request, span};

/// What was asked for: the path, and the other lines of the request.
type Log = Arc<Mutex<Vec<(String, String)>>>;

struct Server {
    url: String,
    log: Log,
}

impl Server {
    /// Answers each path with a status and a text, until the test ends.
    fn new(answer: impl Fn(&str) -> (u16, String) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let log = Log::default();
        let kept = Arc::clone(&log);
        let answer = Arc::new(answer);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (kept, answer) = (Arc::clone(&kept), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    let lines = lines.map_while(Result::ok);
                    let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
                    let Some(first) = lines.first() else { return };
                    let path = first.split(' ').nth(1).unwrap().to_owned();
                    let (status, text) = answer(&path);
                    kept.lock().unwrap().push((path, lines[1..].join("\n")));
                    let length = text.len();
                    let head = format!(
                        "HTTP/1.1 {status} x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
                    );
                    // A client that was ended has gone.
                    let _ = stream.write_all(format!("{head}{text}").as_bytes());
                });
            }
        });
        Server { url, log }
    }

    /// What was asked for since the last time.
    fn asked(&self) -> Vec<String> {
        let asked = std::mem::take(&mut *self.log.lock().unwrap());
        asked.into_iter().map(|(path, _)| path).collect()
    }
}

fn fetch(desk: &Desk, args: &[&str], environment: &[(&str, &str)]) -> Ran {
    let output = Command::new(env!("CARGO_BIN_EXE_betrace"))
        .arg("fetch")
        .args(args)
        .envs(environment.iter().copied())
        .env("NO_PROXY", "127.0.0.1")
        .current_dir(desk.path("."))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A document of that key with traces of one span.
fn document(key: &str, traces: &[u128]) -> String {
    let spans: Vec<_> = traces
        .iter()
        .map(|trace| span(*trace, 1, 0, "pay"))
        .collect();
    format!("{{\"{key}\":{}}}", request(&spans))
}

const FROM_TO: [&str; 4] = ["--from", "2023-11-14T22:00", "--to", "2023-11-14T23:00"];
const RULES: &str = "rules: [ { id: r, condition: \"never { pay }\" } ]";

/// The traces that `replay` finds.
fn replayed(desk: &Desk, bytes: &[u8]) -> Vec<String> {
    let args = ["replay", "--rules", "rules.yaml", "--format", "json", "-"];
    let ran = desk.run_with(&args, bytes);
    let traces = ran.json_lines().into_iter();
    let traces = traces.map(|line| {
        line["trace_id"]
            .as_str()
            .unwrap()
            .trim_start_matches('0')
            .to_owned()
    });
    traces.collect()
}

#[cfg(target_os = "linux")]
#[test]
fn what_does_not_fit_on_the_disk_is_a_failure() {
    let server = Server::new(|path| match path {
        "/api/v3/services" => (200, "{\"services\":[\"pay\"]}".to_owned()),
        _ => (200, document("result", &[1])),
    });
    let args = [&["fetch", "jaeger", &server.url], &FROM_TO[..]].concat();
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_betrace"))
        .args(args)
        .env("NO_PROXY", "127.0.0.1")
        .stdin(Stdio::null())
        .stdout(full)
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert_eq!(told.matches("cannot write").count(), 1, "{told}");
}

#[test]
fn jaeger_is_asked_for_each_service_and_for_halves_where_an_answer_is_full() {
    let server = Server::new(|path| match path {
        "/j/api/v3/services" => (200, "{\"services\":[\"pay\",\"a b\"]}".to_owned()),
        path if path.contains("service_name=a%20b&") => {
            (404, "{\"error\":{\"httpCode\":404}}".to_owned())
        }
        path if path.contains("min=2023-11-14T22%3A00%3A00")
            && path.contains("max=2023-11-14T23%3A00") =>
        {
            (200, document("result", &[1, 2, 3]))
        }
        path if path.contains("min=2023-11-14T22%3A00%3A00") => (200, document("result", &[1, 2])),
        _ => (200, document("result", &[3])),
    });
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let url = format!("{}/j/", server.url);
    let args = [&["jaeger", &url, "--page", "3"], &FROM_TO[..]].concat();
    let ran = fetch(&desk, &args, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("3 traces in"), "{}", ran.err);
    assert_eq!(replayed(&desk, ran.out.as_bytes()), ["1", "2", "3"]);
    let asked = server.asked();
    assert_eq!(asked.len(), 5, "{asked:#?}");
    let half =
        "min=2023-11-14T22%3A00%3A00.000000000Z&query.start_time_max=2023-11-14T22%3A30%3A00";
    assert!(asked.iter().any(|path| path.contains(half)), "{asked:#?}");
}

#[test]
fn tempo_gives_each_trace_that_a_search_finds_and_what_is_gone_is_told() {
    let server = Server::new(|path| {
        match path {
        path if path.starts_with("/api/search?q=%7Bname%3D%22pay%22%7D&start=1699999200&end=1700002800&") => {
            (200, "{\"traces\":[{\"traceID\":\"1\"},{\"traceID\":\"2\"},{\"traceID\":\"3\"}],\"metrics\":{}}".to_owned())
        }
        "/api/v2/traces/1" => (200, document("trace", &[1])),
        "/api/v2/traces/3" => (200, document("trace", &[3])),
        _ => (404, String::new()),
    }
    });
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let query = ["--query", "{name=\"pay\"}", "-o", "traces.json"];
    let args = [&["tempo", &server.url], &query[..], &FROM_TO].concat();
    let environment = [
        ("BETRACE_FETCH_TOKEN", "s3cret"),
        ("BETRACE_FETCH_HEADERS", "X-Scope-OrgID: me\n\nX-Two: 2\n"),
    ];
    let ran = fetch(&desk, &args, &environment);
    assert_eq!(ran.code, 3, "{}", ran.err);
    assert!(
        ran.err.contains("trace 2: found, and not there any more"),
        "{}",
        ran.err
    );
    let bytes = std::fs::read(desk.path("traces.json")).unwrap();
    assert_eq!(replayed(&desk, &bytes), ["1", "3"]);
    for (path, lines) in server.log.lock().unwrap().iter() {
        let lines = lines.to_lowercase();
        for header in [
            "authorization: bearer s3cret",
            "x-scope-orgid: me",
            "x-two: 2",
            "accept: application/json",
        ] {
            assert!(
                lines.lines().any(|line| line == header),
                "{path}: no {header} in\n{lines}"
            );
        }
    }
    assert!(!ran.err.contains("s3cret"));
}

#[test]
fn a_fetch_that_was_cut_off_goes_on_where_it_was() {
    let is_open = Arc::new(Mutex::new(false));
    let opened = Arc::clone(&is_open);
    let server = Server::new(move |path| match path {
        path if path.starts_with("/api/search?") => (
            200,
            "{\"traces\":[{\"traceID\":\"1\"},{\"traceID\":\"2\"}]}".to_owned(),
        ),
        "/api/v2/traces/1" => (200, document("trace", &[1])),
        _ if *is_open.lock().unwrap() => (200, document("trace", &[2])),
        _ => (403, "not now".to_owned()),
    });
    let desk = Desk::with(&[("rules.yaml", RULES)]);
    let args = [
        "tempo",
        &server.url,
        "--at-once",
        "1",
        "--output",
        "traces.json",
    ];
    let ran = fetch(&desk, &args, &[]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.err
            .contains("403 Forbidden: not now; the same command goes on from here"),
        "{}",
        ran.err
    );
    assert!(!desk.path("traces.json").exists());
    let first = server.asked();
    *opened.lock().unwrap() = true;
    let other = fetch(&desk, &[&args[..], &["--page", "7"]].concat(), &[]);
    assert_eq!(other.code, 2);
    assert!(other.err.contains("of another fetch"), "{}", other.err);
    let ran = fetch(&desk, &args, &[]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    // The hour is the one of the first run.
    let again = server.asked();
    assert_eq!(again, [first[0].as_str(), "/api/v2/traces/2"]);
    let bytes = std::fs::read(desk.path("traces.json")).unwrap();
    assert_eq!(replayed(&desk, &bytes), ["1", "2"]);
    assert!(!desk.path("traces.json.part").exists() && !desk.path("traces.json.list").exists());
}

#[test]
fn a_trace_that_is_not_given_costs_itself_and_five_in_a_row_end_the_fetch() {
    let found = |count: u32| {
        let hits: Vec<String> = (1..=count)
            .map(|id| format!("{{\"traceID\":\"{id}\"}}"))
            .collect();
        format!("{{\"traces\":[{}]}}", hits.join(","))
    };
    for (bad, code) in [(1..=4, 3), (1..=5, 2)] {
        let listed = found(7);
        let server = Server::new(move |path| match path.strip_prefix("/api/v2/traces/") {
            None => (200, listed.clone()),
            Some(id) if bad.contains(&id.parse::<u32>().unwrap()) => {
                (422, "exceeds max size".to_owned())
            }
            Some(id) => (200, document("trace", &[id.parse().unwrap()])),
        });
        let desk = Desk::with(&[("rules.yaml", RULES)]);
        let ran = fetch(&desk, &["tempo", &server.url, "--at-once", "1"], &[]);
        assert_eq!(ran.code, code, "{}", ran.err);
        assert!(
            ran.err
                .contains("422 Unprocessable Entity: exceeds max size"),
            "{}",
            ran.err
        );
        let traces = if code == 3 {
            vec!["5", "6", "7"]
        } else {
            vec![]
        };
        assert_eq!(replayed(&desk, ran.out.as_bytes()), traces);
    }
}

#[test]
fn what_cannot_be_asked_is_told_and_nothing_is_written() {
    let server = Server::new(|_| (200, "<html>sign in</html>".to_owned()));
    let desk = Desk::with(&[("not.pem", "no certificate")]);
    let url = server.url.as_str();
    for (args, told) in [
        (&["jaeger", url][..], "an answer that is not understood"),
        (&["tempo", url], "an answer that is not understood"),
        (
            &["jaeger", url, "--service", "a"],
            "an answer that holds no traces",
        ),
        (&["jaeger", "localhost:16686"], "no http:// or https:// URL"),
        (
            &["jaeger", url, "--query", "{}"],
            "which Jaeger does not know",
        ),
        (&["tempo", url, "--from", "now"], "--from now: no time"),
        (
            &["tempo", url, "--from", "2500-01-01"],
            "--from lies in the future",
        ),
        (
            &["tempo", url, "--ca", "not.pem"],
            "not.pem: holds no certificate",
        ),
        (
            &["tempo", url, "-o", "no/folder"],
            "there is no directory no to write to",
        ),
        (&["tempo", url, "-o", "."], "name a file in it"),
    ] {
        let ran = fetch(&desk, args, &[]);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(told), "{args:?}: {}", ran.err);
        assert!(ran.out.is_empty());
    }
    let ran = fetch(
        &desk,
        &["tempo", url],
        &[("BETRACE_FETCH_HEADERS", "s3cret")],
    );
    assert_eq!(ran.code, 2);
    assert!(
        ran.err.contains("BETRACE_FETCH_HEADERS") && !ran.err.contains("s3cret"),
        "{}",
        ran.err
    );
}
