//! The rules inside a Collector configuration: of each `betrace` processor the files that it names, the rules that it
//! holds itself, and when its traces are over.
//!
//! Inline rules are checked in place. Everything of the configuration but the list is blanked out and
//! its key becomes `rules`, byte for byte in the same room, so that every fault has its true line and
//! column.

pub mod sampling;
pub mod timing;
mod yaml;

use std::fmt;
use std::path::{Path, PathBuf};

use betrace_lang::{Limits, LoadedRule, SourceFile};

use crate::paths;

use sampling::{Asked, Doubt};
use timing::Timing;
use yaml::{Node, parse};

/// A configuration, read once.
pub struct Configuration {
    name: String,
    text: String,
    root: Node,
}

/// One processor's rules, which are a set of their own.
pub struct Set {
    /// `betrace` or `betrace/name`.
    pub processor: String,
    /// When its traces are over, or what is wrong with it: rules can be checked all the same.
    pub timing: Result<Timing, ConfigError>,
    /// What is loaded.
    pub files: Vec<SourceFile>,
    /// What is shown: the same places, nothing blanked.
    pub shown: Vec<SourceFile>,
}

/// The configuration cannot be read, or names rules that cannot.
#[derive(Debug)]
pub struct ConfigError {
    place: String,
    message: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Configuration {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Configuration, ConfigError> {
        let name = path.display().to_string();
        let error = |message: String| ConfigError {
            place: name.clone(),
            message,
        };
        let bytes = std::fs::read(path).map_err(|cause| error(cause.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|_| error("not UTF-8 text".to_owned()))?;
        let root = parse(&text).map_err(|fault| ConfigError {
            place: format!("{name}:{}:{}", fault.line, fault.column),
            message: fault.message,
        })?;
        Ok(Configuration { name, text, root })
    }

    /// As a person knows it.
    pub fn shown(&self) -> SourceFile {
        SourceFile::new(self.name.as_str(), self.text.as_str())
    }

    /// Whether samplers behind the processor of this set drop what its rules find at the close of a trace.
    pub fn doubts(
        &self,
        set: &Set,
        timing: &Timing,
        longest_trace: u64,
        rules: &[LoadedRule],
    ) -> Vec<Doubt> {
        let asked = Asked {
            processor: &set.processor,
            timing,
            longest_trace,
            rules,
        };
        sampling::doubts(&self.root, &asked, with_environment)
    }

    /// Finds the processors of type `betrace` (`betrace`, `betrace/name`) and their rules.
    pub fn rule_sets(&self, limits: &Limits) -> Result<Vec<Set>, ConfigError> {
        let Configuration { name, text, root } = self;
        let error = |message: String| ConfigError {
            place: name.clone(),
            message,
        };
        let mut sets = Vec::new();
        for (key, processor) in root.get("processors").map_or(&[][..], Node::entries) {
            let id = key.text().unwrap_or_default();
            if id != "betrace" && !id.starts_with("betrace/") {
                continue;
            }
            let Some(rules) = processor.get("rules") else {
                return Err(error(format!("the processor {id} names no rules")));
            };
            let timing = Timing::of(processor, with_environment);
            let mut set = Set {
                processor: id.to_owned(),
                timing: timing.map_err(|message| error(format!("{id}: {message}"))),
                files: Vec::new(),
                shown: Vec::new(),
            };
            let patterns = rules.get("files").map_or(&[][..], Node::elements);
            let mut named = Vec::new();
            for pattern in patterns.iter().filter_map(Node::text) {
                let pattern = with_environment(pattern);
                named
                    .extend(expand(&pattern).map_err(|message| error(format!("{id}: {message}")))?);
            }
            if !named.is_empty() {
                let files = paths::rule_files(&named, limits).map_err(|e| error(e.to_string()))?;
                set.shown.clone_from(&files);
                set.files = files;
            }
            if let Some((key, list)) = rules.entry("inline")
                && !list.elements().is_empty()
            {
                set.files
                    .push(SourceFile::new(name.as_str(), masked(text, key, list)));
                set.shown
                    .push(SourceFile::new(name.as_str(), text.as_str()));
            }
            if set.files.is_empty() {
                return Err(error(format!(
                    "the processor {id} names no rules that can be followed from here"
                )));
            }
            sets.push(set);
        }
        if sets.is_empty() {
            return Err(error(
                "no processor of type betrace is in this configuration".to_owned(),
            ));
        }
        Ok(sets)
    }
}

/// Finds the processors of type `betrace` (`betrace`, `betrace/name`) and their rules.
pub fn rule_sets(path: &Path, limits: &Limits) -> Result<Vec<Set>, ConfigError> {
    Configuration::read(path)?.rule_sets(limits)
}

/// The text with everything but the list blanked, and the list's key written `rules`.
fn masked(text: &str, key: &Node, list: &Node) -> String {
    const KEY: &[u8] = b"rules";
    let mut bytes: Vec<u8> = text
        .bytes()
        .enumerate()
        .map(|(at, byte)| {
            let is_kept = (key.range.end..list.range.end).contains(&at);
            if is_kept || byte == b'\n' || byte == b'\r' {
                byte
            } else {
                b' '
            }
        })
        .collect();
    // `inline`, quoted or not, is longer than `rules`; what is left of it stands blank before the colon.
    bytes[key.range.start..key.range.start + KEY.len()].copy_from_slice(KEY);
    String::from_utf8(bytes).unwrap_or_default()
}

/// A file, a directory, or a pattern with `*`, as the processor reads it.
fn expand(pattern: &str) -> Result<Vec<PathBuf>, String> {
    let path = PathBuf::from(pattern);
    if path.exists() {
        return Ok(vec![path]);
    }
    let found: Vec<PathBuf> = glob::glob(pattern)
        .map_err(|error| format!("rule files {pattern:?}: {error}"))?
        .filter_map(Result::ok)
        .collect();
    if found.is_empty() {
        return Err(format!("rule files {pattern:?}: no such file"));
    }
    Ok(found)
}

/// Replaces `${NAME}`, `${env:NAME}` and `${env:NAME:-default}` as the Collector does.
fn with_environment(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(begin) = rest.find("${") {
        let Some(length) = rest[begin..].find('}') else {
            break;
        };
        out.push_str(&rest[..begin]);
        let inside = &rest[begin + 2..begin + length];
        let inside = inside.strip_prefix("env:").unwrap_or(inside);
        let (name, default) = inside.split_once(":-").unwrap_or((inside, ""));
        out.push_str(&std::env::var(name).unwrap_or_else(|_| default.to_owned()));
        rest = &rest[begin + length + 1..];
    }
    out.push_str(rest);
    out
}
