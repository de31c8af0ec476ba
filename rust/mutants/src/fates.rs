//! What became of mutants, in a file that stays and grows: sessions and machines add up, and no mutant is tried twice.
//!
//! A line is file, line, change, fate, and by what, with tabs between. A mutant is known by its file and its change in words,
//! which name the function but not the line, so that a fate outlives what is written above it. Where a function holds the
//! same change at two places, one of them stands for both.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::bite::Fate;
use crate::list::Mutant;

/// File and change.
type Key = (String, String);

/// What a line says of a mutant, beside its key.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    line: String,
    fate: String,
    by: String,
}

/// Which mutants are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// Those of which nothing is known.
    New,
    /// Those that no test bit so far.
    Survivors,
    /// What is left to do: those that no test bit so far, and some of each file of which nothing is known.
    Left,
}

/// Of a file of which nothing is known, so many are taken, for one may not compile.
const OF_A_FILE: usize = 2;

pub struct Fates {
    path: PathBuf,
    known: BTreeMap<Key, Entry>,
}

const CAUGHT: &str = "caught";
const NO_END: &str = "does not end";
const SURVIVED: &str = "survived";
const UNASKED: &str = "unasked";

/// A mutant's name is `file:line:column: change`.
fn parts(name: &str) -> (&str, &str, &str) {
    let (place, change) = name.split_once(": ").unwrap_or((name, ""));
    let mut place = place.split(':');
    let (file, line) = (place.next(), place.next());
    (file.unwrap_or_default(), line.unwrap_or_default(), change)
}

fn key(mutant: &Mutant) -> Key {
    let (file, _, change) = parts(&mutant.name);
    (file.to_owned(), change.to_owned())
}

impl Fates {
    /// A file that is not there knows nothing.
    ///
    /// # Errors
    /// If the file cannot be read, or has a line that is none.
    pub fn read(path: &Path) -> Result<Fates, String> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(fault) => return Err(format!("{}: {fault}", path.display())),
        };
        let mut known = BTreeMap::new();
        for text in text.lines() {
            let columns: Vec<&str> = text.split('\t').collect();
            let [file, line, change, fate, by] = columns[..] else {
                return Err(format!("{}: no fate: {text}", path.display()));
            };
            let entry = Entry {
                line: line.to_owned(),
                fate: fate.to_owned(),
                by: by.to_owned(),
            };
            // What stands later was tried later.
            known.insert((file.to_owned(), change.to_owned()), entry);
        }
        Ok(Fates {
            path: path.to_owned(),
            known,
        })
    }

    /// Leaves those that are asked for; of several with one key, the first.
    pub fn ask(&self, of: Of, mutants: &mut Vec<Mutant>) {
        let mut taken = BTreeSet::new();
        let files: BTreeSet<&str> = self.known.keys().map(|(file, _)| file.as_str()).collect();
        let mut of_file: BTreeMap<String, usize> = BTreeMap::new();
        mutants.retain(|mutant| {
            if !self.is_asked(of, mutant) || taken.contains(&key(mutant)) {
                return false;
            }
            if of == Of::Left && !self.known.contains_key(&key(mutant)) {
                let many = of_file.entry(mutant.file.clone()).or_default();
                if files.contains(mutant.file.as_str()) || *many == OF_A_FILE {
                    return false;
                }
                *many += 1;
            }
            taken.insert(key(mutant))
        });
    }

    #[must_use]
    pub fn is_asked(&self, of: Of, mutant: &Mutant) -> bool {
        match (of, self.known.get(&key(mutant))) {
            (Of::New, known) => known.is_none(),
            (Of::Survivors | Of::Left, Some(known)) => known.fate != CAUGHT,
            (Of::Survivors, None) => false,
            (Of::Left, None) => true,
        }
    }

    /// Writes a fate down at once. `tested`: the packages whose tests were asked.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn add(&mut self, mutant: &Mutant, fate: &Fate, tested: &str) -> Result<(), String> {
        let (fate, by) = match fate {
            Fate::Caught(by) => (CAUGHT, by.as_str()),
            Fate::TimedOut(by) => (NO_END, by.as_str()),
            Fate::Survived => (SURVIVED, tested),
            Fate::Unasked => (UNASKED, tested),
        };
        let entry = Entry {
            line: parts(&mutant.name).1.to_owned(),
            fate: fate.to_owned(),
            by: by.to_owned(),
        };
        let key = key(mutant);
        let line = written(&key, &entry);
        self.known.insert(key, entry);
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.path);
        file.and_then(|mut file| file.write_all(line.as_bytes()))
            .map_err(|fault| format!("{}: {fault}", self.path.display()))
    }

    /// Writes the file anew: one line for each mutant, in order, so that what two machines found is merged by lines.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn settle(&self) -> Result<(), String> {
        let lines: String = self
            .known
            .iter()
            .map(|(key, entry)| written(key, entry))
            .collect();
        std::fs::write(&self.path, lines)
            .map_err(|fault| format!("{}: {fault}", self.path.display()))
    }

    /// How many of a package are known, by what became of them, and in how many files.
    #[must_use]
    pub fn summary(&self, package: &str) -> String {
        let folder = format!("rust/{package}/");
        let of_package = || {
            self.known
                .iter()
                .filter(|((file, _), _)| file.starts_with(&folder))
        };
        let many = |fate: &str| of_package().filter(|(_, entry)| entry.fate == fate).count();
        let files: BTreeSet<&str> = of_package().map(|((file, _), _)| file.as_str()).collect();
        let (all, caught) = (of_package().count(), many(CAUGHT));
        format!(
            "{package}: {all} tried in {} files: {caught} caught, {} do not end, {} survived, {} asked by no test: {:.1} % caught",
            files.len(),
            many(NO_END),
            many(SURVIVED),
            many(UNASKED),
            100.0 * caught as f64 / all.max(1) as f64
        )
    }
}

fn written((file, change): &Key, entry: &Entry) -> String {
    let Entry { line, fate, by } = entry;
    format!("{file}\t{line}\t{change}\t{fate}\t{by}\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::list::{Extent, Place};

    fn mutant(name: &str) -> Mutant {
        let place = Place { line: 1, column: 1 };
        Mutant {
            name: name.to_owned(),
            file: parts(name).0.to_owned(),
            span: Extent {
                start: place,
                end: place,
            },
            replacement: String::new(),
            genre: "FnValue".to_owned(),
        }
    }

    fn asked(fates: &Fates, of: Of, names: &[&str]) -> Vec<String> {
        let mut mutants: Vec<Mutant> = names.iter().map(|name| mutant(name)).collect();
        fates.ask(of, &mut mutants);
        mutants.into_iter().map(|mutant| mutant.name).collect()
    }

    #[test]
    fn a_fate_is_known_wherever_its_function_has_moved_to_and_only_survivors_are_tried_again() {
        let path = std::env::temp_dir().join(format!("betrace-fates-{}", std::process::id()));
        let _ = std::fs::remove_file(&path);
        let mut fates = Fates::read(&path).expect("no file is an empty one");
        let names = ["rust/lang/src/a.rs:3:5: replace f with ()", "b.rs:1:1: g"];
        for (name, fate) in names
            .iter()
            .zip([Fate::Caught("lang/a t".to_owned()), Fate::Survived])
        {
            fates.add(&mutant(name), &fate, "lang").expect("written");
        }
        let fates = Fates::read(&path).expect("read");
        let now = [
            "rust/lang/src/a.rs:9:5: replace f with ()",
            "b.rs:2:1: g",
            "b.rs:2:1: h",
            "b.rs:8:1: h",
        ];
        assert_eq!(asked(&fates, Of::New, &now), ["b.rs:2:1: h"]);
        assert_eq!(asked(&fates, Of::Survivors, &now), ["b.rs:2:1: g"]);
        let of_files = [
            "b.rs:2:1: g",
            "b.rs:3:1: h",
            "c.rs:1:1: i",
            "c.rs:2:1: j",
            "c.rs:3:1: k",
        ];
        let left = ["b.rs:2:1: g", "c.rs:1:1: i", "c.rs:2:1: j"];
        assert_eq!(asked(&fates, Of::Left, &of_files), left);
        fates.settle().expect("written anew");
        let text = std::fs::read_to_string(&path).expect("there");
        assert_eq!(
            text,
            "b.rs\t1\tg\tsurvived\tlang\nrust/lang/src/a.rs\t3\treplace f with ()\tcaught\tlang/a t\n"
        );
        assert!(fates.summary("lang").ends_with("100.0 % caught"));
        std::fs::remove_file(&path).expect("there");
    }
}
