//! Runs the binary in a directory of its own.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub fn json_lines(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// A directory with files; paths in the output are relative to it.
pub struct Desk {
    directory: tempfile::TempDir,
}

impl Desk {
    pub fn with(files: &[(&str, &str)]) -> Desk {
        let desk = Desk {
            directory: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            desk.write(name, text.as_bytes());
        }
        desk
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, b"")
    }

    pub fn run_with(&self, args: &[&str], stdin: &[u8]) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_betrace"))
            .args(args)
            .current_dir(self.directory.path())
            .env_remove("NO_COLOR")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        let stdin = stdin.to_vec();
        let writer = std::thread::spawn(move || {
            // The command may not read it at all.
            let _ = input.write_all(&stdin);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// One span of a trace made for a test.
#[derive(Clone)]
pub struct Made<'a> {
    pub trace: u128,
    pub id: u64,
    pub parent: u64,
    pub name: &'a str,
    pub attributes: Value,
    /// Milliseconds.
    pub times: (u64, u64),
}

pub fn span(trace: u128, id: u64, parent: u64, name: &str) -> Made<'_> {
    Made {
        trace,
        id,
        parent,
        name,
        attributes: json!({}),
        times: (id * 10, id * 10 + 5),
    }
}

/// A request with these spans, of the service `shop`, on one line.
pub fn request(spans: &[Made<'_>]) -> String {
    let spans: Vec<Value> = spans
        .iter()
        .map(|made| {
            let attributes: Vec<Value> = made
                .attributes
                .as_object()
                .unwrap()
                .iter()
                .map(|(key, value)| {
                    let value = match value {
                        Value::Number(n) if n.is_i64() => json!({"intValue": n.to_string()}),
                        Value::Number(n) => json!({"doubleValue": n}),
                        Value::Bool(b) => json!({"boolValue": b}),
                        other => json!({"stringValue": other.as_str().unwrap()}),
                    };
                    json!({"key": key, "value": value})
                })
                .collect();
            let parent = if made.parent == 0 {
                String::new()
            } else {
                format!("{:016x}", made.parent)
            };
            let nanos = |ms: u64| (1_700_000_000_000_000_000 + ms * 1_000_000).to_string();
            json!({
                "traceId": format!("{:032x}", made.trace), "spanId": format!("{:016x}", made.id), "parentSpanId": parent,
                "name": made.name, "kind": 1, "attributes": attributes,
                "startTimeUnixNano": nanos(made.times.0), "endTimeUnixNano": nanos(made.times.1),
            })
        })
        .collect();
    json!({"resourceSpans": [{
        "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]},
        "scopeSpans": [{"spans": spans}],
    }]})
    .to_string()
}

/// The folder of recorded traces beside the repository, if it is there.
pub fn shared_data() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let shared =
        std::env::var_os("BETRACE_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let data = shared.join("data");
    if data.is_dir() {
        return Some(data);
    }
    eprintln!("skipped: no recorded traces at {}", data.display());
    None
}
