//! The mutants that cargo-mutants lists, in an order that a seed gives, so that every part of it is a sample.

use std::collections::BTreeSet;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// A place in a file, both counted from 1, columns in characters.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, PartialEq, Eq)]
pub struct Extent {
    pub start: Place,
    pub end: Place,
}

/// One change to one file, as `cargo mutants --list --json` has it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Mutant {
    /// Place and change, in words.
    pub name: String,
    pub file: String,
    pub span: Extent,
    pub replacement: String,
    pub genre: String,
}

/// Which part of how many, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    pub part: usize,
    pub of: usize,
}

impl Shard {
    /// From `k/n`.
    pub fn read(text: &str) -> Option<Shard> {
        let (part, of) = text.split_once('/')?;
        let shard = Shard {
            part: part.parse().ok()?,
            of: of.parse().ok()?,
        };
        (1..=shard.of).contains(&shard.part).then_some(shard)
    }
}

/// # Errors
/// If the file is not there, or no such list.
pub fn read(path: &Path) -> Result<Vec<Mutant>, String> {
    let text = std::fs::read(path).map_err(|fault| format!("{}: {fault}", path.display()))?;
    serde_json::from_slice(&text).map_err(|fault| format!("{}: {fault}", path.display()))
}

/// As [`read`] reads it.
///
/// # Errors
/// If the file cannot be written.
pub fn write(path: &Path, mutants: &[Mutant]) -> Result<(), String> {
    let told = |fault: &dyn std::fmt::Display| format!("{}: {fault}", path.display());
    let text = serde_json::to_vec(mutants).map_err(|fault| told(&fault))?;
    let folder = path.parent().unwrap_or(path);
    std::fs::create_dir_all(folder).map_err(|fault| told(&fault))?;
    std::fs::write(path, text).map_err(|fault| told(&fault))
}

/// Every file's first mutant comes before any file's second one, so that a sample as large as there are files has all of
/// them; else the order is the seed's alone.
pub fn sample(mut mutants: Vec<Mutant>, seed: u64, shard: Shard) -> Vec<Mutant> {
    mutants.sort_by_cached_key(|mutant| (hash(seed, &mutant.name), mutant.name.clone()));
    let mut files = BTreeSet::new();
    let (mut first, rest): (Vec<Mutant>, Vec<Mutant>) = mutants
        .into_iter()
        .partition(|mutant| files.insert(mutant.file.clone()));
    first.extend(rest);
    let per = first.len().div_ceil(shard.of).max(1);
    let parts = first.chunks(per).nth(shard.part - 1);
    parts.map(<[Mutant]>::to_vec).unwrap_or_default()
}

/// FNV-1a, mixed so that names that begin alike lie apart.
fn hash(seed: u64, name: &str) -> u64 {
    let hashed = name
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325 ^ seed, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    let mixed = (hashed ^ (hashed >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutant(file: &str, name: &str) -> Mutant {
        let place = Place { line: 1, column: 1 };
        Mutant {
            name: name.to_owned(),
            file: file.to_owned(),
            span: Extent {
                start: place,
                end: place,
            },
            replacement: String::new(),
            genre: "FnValue".to_owned(),
        }
    }

    #[test]
    fn a_sample_has_every_file_before_any_twice_and_parts_do_not_overlap() {
        let all: Vec<Mutant> = (0..60)
            .map(|number| mutant(["a", "b", "c"][number % 3], &format!("m{number}")))
            .collect();
        let part = |part| sample(all.clone(), 7, Shard { part, of: 10 });
        let files: BTreeSet<String> = part(1).into_iter().take(3).map(|one| one.file).collect();
        assert_eq!(files.len(), 3);
        let names: BTreeSet<String> = (1..=10).flat_map(part).map(|one| one.name).collect();
        assert_eq!(names.len(), all.len());
    }

    #[test]
    fn a_shard_is_a_part_of_as_many() {
        assert_eq!(Shard::read("2/8"), Some(Shard { part: 2, of: 8 }));
        for wrong in ["0/8", "9/8", "8", "a/b", ""] {
            assert_eq!(Shard::read(wrong), None, "{wrong}");
        }
    }
}
