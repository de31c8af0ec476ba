//! What rules say in English, where their files are given.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::english::reading::reading;
use crate::exit::Exit;
use crate::rules;

/// By id and meaning: a file that says something else than what was in use is no reading of it.
#[derive(Default)]
pub struct Readings(HashMap<(String, String), Vec<String>>);

impl Readings {
    pub fn of(paths: &[PathBuf]) -> Result<Readings, Exit> {
        if paths.is_empty() {
            return Ok(Readings::default());
        }
        let loaded = rules::load_faultless(paths)?;
        let readings = loaded.rules.iter().map(|loaded| {
            let rule = &loaded.rule;
            let meaning = rule.hash.0.iter().map(|byte| format!("{byte:02x}"));
            ((rule.id.0.to_string(), meaning.collect()), reading(rule))
        });
        Ok(Readings(readings.collect()))
    }

    pub fn get(&self, id: &str, meaning: &str) -> Vec<String> {
        let key = (id.to_owned(), meaning.to_owned());
        self.0.get(&key).cloned().unwrap_or_default()
    }
}
