//! What a bench found, kept as a file of its own until all are put into one table.

use std::fs;
use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::pairs::Compared;

/// One line of the table.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    pub ours: f64,
    pub peer: f64,
    pub peer_name: String,
    /// The median of `ours / peer` of all pairs, and the bounds that hold the true one at 95 %.
    pub ratio: f64,
    pub low: f64,
    pub high: f64,
    /// Of `ours` and `peer`.
    pub unit: String,
}

impl Row {
    #[must_use]
    pub fn new(name: &str, peer_name: &str, unit: &str, compared: Compared) -> Row {
        Row {
            name: name.to_owned(),
            ours: compared.ours,
            peer: compared.peer,
            peer_name: peer_name.to_owned(),
            ratio: compared.ratio,
            low: compared.low,
            high: compared.high,
            unit: unit.to_owned(),
        }
    }

    /// Leaves the row for the table, unless the bench is only tested.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn keep(&self) -> io::Result<()> {
        if std::env::args().any(|argument| argument == "--test") {
            return Ok(());
        }
        let folder = folder().join("rows");
        fs::create_dir_all(&folder)?;
        let text = serde_json::to_string_pretty(self)?;
        fs::write(folder.join(format!("{}.json", self.name)), text + "\n")
    }

    /// The row of that name; `None`: it was not measured.
    ///
    /// # Errors
    /// If it is there and cannot be read.
    pub fn kept(name: &str) -> io::Result<Option<Row>> {
        match fs::read(folder().join("rows").join(format!("{name}.json"))) {
            Ok(text) => Ok(Some(serde_json::from_slice(&text)?)),
            Err(fault) if fault.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// For those who look on.
    #[must_use]
    pub fn said(&self) -> String {
        let Row {
            name,
            ours,
            peer,
            peer_name,
            ratio,
            low,
            high,
            unit,
        } = self;
        format!(
            "{name}: {ours:.1} {unit}, {peer_name} {peer:.1}: {ratio:.3} ({low:.3} to {high:.3})"
        )
    }
}

/// Where benches leave what they found.
#[must_use]
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/bench"))
}
