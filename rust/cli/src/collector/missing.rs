//! What must be there when the Collector starts and is not there where this command runs, which may be another machine: so a
//! note says so, and no fault.

use std::fs::{self, File};
use std::io;

use betrace_lang::codes::Code;

use super::inline::is_known;
use super::remark::Remark;
use super::said::Said;

/// docs/command.md has a row for it.
const NOT_HERE: Code = Code("N0301");

/// In the order of the keys.
pub fn doubts<F: Fn(&str) -> String>(said: &Said<'_, F>) -> Vec<Remark> {
    let every = said.time("evidence.every", 0);
    if every.is_none_or(|every| every == 0) {
        return Vec::new();
    }
    let writes = said.text("evidence.emit").as_deref() == Some("file");
    let directory = writes.then_some((
        "evidence.directory",
        "make it where the Collector runs, such that it may write there; it starts without, and records wait in vain",
    ));
    let without_key = "put it where the Collector runs, which does not start without it";
    let keys = ["evidence.key_file", "evidence.previous_key_file"].map(|key| (key, without_key));
    let all = directory.into_iter().chain(keys);
    all.filter_map(|(key, help)| {
        let (path, (_, value)) = (said.text(key)?, said.entry(key)?);
        if !is_known(value.text()?, said.resolved) {
            return None;
        }
        let fault = match key {
            "evidence.directory" => is_directory(&path),
            _ => File::open(&path).map(drop),
        };
        let what = format!("not there for this command: {path}: {}", fault.err()?);
        Some(Remark::of(key, value.range.clone(), NOT_HERE, what, help))
    })
    .collect()
}

fn is_directory(path: &str) -> io::Result<()> {
    match fs::metadata(path)?.is_dir() {
        true => Ok(()),
        false => Err(io::ErrorKind::NotADirectory.into()),
    }
}
