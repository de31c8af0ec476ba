//! Tar and zip archives: each file in them is read as if it stood alone, its name before its faults.

use std::fs::File;
use std::io::Read;

use super::out::Out;
use super::packed;
use super::source::Source;
use super::{At, Origin, Outcome, read_source, unreadable};

/// How many archives may stand in one another.
pub const MAX_NESTED: u32 = 3;

/// Reads the files of a tar archive as they come.
pub fn tar(source: &mut Source<'_>, depth: u32, out: &mut Out<'_>) -> Outcome {
    let mut archive = tar::Archive::new(source);
    let mut tally = Tally::default();
    match archive.entries() {
        Ok(entries) => {
            for entry in entries {
                match entry {
                    Ok(entry) if entry.header().entry_type().is_file() => {
                        let name = shown(&entry.path_bytes());
                        tally.count(inside(entry, &name, depth, out));
                    }
                    Ok(_) => {}
                    Err(error) => {
                        out.broken(At::Byte(0), &format!("the tar archive is broken: {error}"));
                        tally.is_broken = true;
                        break;
                    }
                }
            }
        }
        Err(error) => {
            out.broken(At::Byte(0), &unreadable(&error));
            tally.is_broken = true;
        }
    }
    tally.end(out)
}

/// Reads the files of a zip archive in the order of its directory.
pub fn zip(file: File, depth: u32, out: &mut Out<'_>) -> Outcome {
    let mut tally = Tally::default();
    let mut archive = match zip::ZipArchive::new(file) {
        Ok(archive) => archive,
        Err(error) => {
            out.broken(At::Byte(0), &format!("the zip archive is broken: {error}"));
            return Outcome::Read;
        }
    };
    for index in 0..archive.len() {
        match archive.by_index(index) {
            Ok(entry) if entry.is_file() => {
                let name = shown(entry.name_raw());
                tally.count(inside(entry, &name, depth, out));
            }
            Ok(_) => {}
            Err(error) => {
                let message = format!("file {index} of the zip archive cannot be read: {error}");
                out.broken(At::Byte(0), &message);
                tally.is_broken = true;
            }
        }
    }
    tally.end(out)
}

/// What became of an archive's files.
#[derive(Default)]
struct Tally {
    read: u64,
    other: u64,
    is_broken: bool,
}

impl Tally {
    fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Read => self.read += 1,
            Outcome::NotTraces => self.other += 1,
            Outcome::Empty => {}
        }
    }

    fn end(self, out: &mut Out<'_>) -> Outcome {
        if self.read == 0 && self.other == 0 && !self.is_broken {
            return Outcome::Empty;
        }
        if self.read == 0 && !self.is_broken {
            let message = format!(
                "an archive of {} files, none of which holds traces",
                self.other
            );
            out.broken(At::Byte(0), &message);
        }
        Outcome::Read
    }
}

fn inside(entry: impl Read, name: &str, depth: u32, out: &mut Out<'_>) -> Outcome {
    let outer = out.enter(name);
    let outcome = match packed::unpacked(entry) {
        Ok(mut source) => read_source(&mut source, Origin::Stream, depth + 1, out),
        Err(error) => {
            out.broken(At::Byte(0), &unreadable(&error));
            Outcome::Read
        }
    };
    if outcome == Outcome::NotTraces {
        out.note("skipped, not traces");
    }
    out.leave(outer);
    outcome
}

fn shown(name: &[u8]) -> String {
    const LONGEST: usize = 200;
    let name = String::from_utf8_lossy(name);
    name.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .take(LONGEST)
        .collect()
}
