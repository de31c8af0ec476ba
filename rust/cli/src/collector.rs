//! The rules inside a Collector configuration: of each `betrace` processor the files that it names, the rules that it
//! holds itself, and when its traces are over.
//!
//! Inline rules are checked in place. Everything of the configuration but the list is blanked out and
//! its key becomes `rules`, byte for byte in the same room, so that every fault has its true line and
//! column.

mod faults;
mod inline;
mod keys;
mod missing;
pub mod remark;
mod said;
mod sampling;
mod scalar;
pub mod timing;
mod together;
mod yaml;

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use betrace_lang::{Diagnostic, Limits, LineIndex, Loaded, LoadedRule, SourceFile, load};

use crate::paths;

use inline::{Filled, Inline};
use keys::{KEYS, Kind};
use remark::{NO_RULES, Remark, UNREADABLE_RULES};
use said::Said;
use sampling::Asked;
use timing::Timing;
use yaml::{Fault, Node, parse};

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
    /// When its traces are over, as far as it can be read.
    pub timing: Timing,
    /// What is wrong with its keys, in the order of their places; the rules can be checked all the same.
    pub faults: Vec<Remark>,
    /// What is shown, and what places are said of.
    pub shown: Vec<SourceFile>,
    /// What is loaded, but for inline rules.
    files: Vec<SourceFile>,
    /// The last of `shown`, where there are any.
    inline: Option<Inline>,
    /// Where `rules` stands, if a set without an enabled rule is refused.
    enabled_wanted_at: Option<Range<usize>>,
    /// Whether a set without an enabled rule is taken.
    pub allows_empty: bool,
}

impl Set {
    /// The rules; faults are of the places in `shown`. What is not known here is read as it is written.
    pub fn load(&self, limits: &Limits) -> Loaded {
        match &self.inline {
            Some(inline) => self.load_with(&inline.filled(None), limits),
            None => load(&self.files, limits),
        }
    }

    /// As [`Set::load`], for those who want to know all that is wrong: of rules that take something that is not known here, what
    /// is wrong whatever it is, and what may be.
    pub fn check(&self, limits: &Limits) -> Loaded {
        let mut loaded = self.load(limits);
        let Some(inline) = &self.inline else {
            return loaded;
        };
        let of_inline = |said: Vec<Diagnostic>| -> (Vec<_>, Vec<_>) {
            said.into_iter()
                .partition(|one| one.file == self.files.len())
        };
        let readings = inline.readings(|with| {
            let read = self.load_with(&inline.filled(Some(with)), limits);
            of_inline(read.diagnostics).0
        });
        let (known, others) = of_inline(loaded.diagnostics);
        loaded.diagnostics = others;
        loaded.diagnostics.extend(inline.told(known, &readings));
        loaded
    }

    fn load_with(&self, filled: &Filled, limits: &Limits) -> Loaded {
        let (mut files, at) = (self.files.clone(), self.files.len());
        files.push(SourceFile::new(&*self.shown[at].name, &*filled.text));
        let mut loaded = load(&files, limits);
        let lines = LineIndex::new(&self.shown[at].text);
        let said = loaded.diagnostics.into_iter();
        let said = said.map(|one| match one.file == at {
            true => filled.placed(one, &lines),
            false => one,
        });
        loaded.diagnostics = said.collect();
        loaded
    }

    /// What is wrong with rules that have no fault: not one of them is enabled.
    pub fn not_enabled(&self, rules: &[LoadedRule]) -> Option<Remark> {
        let place = self.enabled_wanted_at.clone()?;
        let is_checked = rules.iter().any(|loaded| loaded.rule.enabled);
        (!is_checked).then(|| {
            let what = match rules {
                [] => "there is no rule in what they name, so nothing would be checked",
                _ => "not one of them is enabled, so nothing would be checked",
            };
            let help = match rules {
                [] => "write one; `rules: { allow_empty: true }` allows that",
                _ => "enable one; `rules: { allow_empty: true }` allows that",
            };
            Remark::of("rules", place, NO_RULES, what, help)
        })
    }
}

/// The configuration cannot be read: where, why, and what to do.
#[derive(Debug)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Configuration {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Configuration, ConfigError> {
        let name = path.display().to_string();
        let bytes = fs::read(path).map_err(|error| {
            ConfigError(paths::no_file(path, &error, "a Collector configuration"))
        })?;
        let text =
            String::from_utf8(bytes).map_err(|_| ConfigError(format!("{name}: not UTF-8 text")))?;
        let root = parse(&text).map_err(|fault| {
            let Fault {
                line,
                column,
                message,
            } = fault;
            ConfigError(format!("{name}:{line}:{column}: {message}"))
        })?;
        Ok(Configuration { name, text, root })
    }

    /// As a person knows it, but for secrets: asterisks stand in their place.
    pub fn shown(&self) -> SourceFile {
        let mut bytes = self.text.clone().into_bytes();
        for range in self.processors().flat_map(|(_, node)| secrets(node)) {
            bytes[range].fill(b'*');
        }
        let text = String::from_utf8(bytes).unwrap_or_default();
        SourceFile::new(self.name.as_str(), text)
    }

    /// What the processor of this set names and is not there, and whether samplers behind it drop what its rules find at the close
    /// of a trace.
    pub fn doubts(&self, set: &Set, longest_trace: u64, rules: &[LoadedRule]) -> Vec<Remark> {
        let asked = Asked {
            processor: &set.processor,
            timing: &set.timing,
            longest_trace,
            rules,
        };
        let own = |(key, _): &(&Node, &Node)| key.text() == Some(&*set.processor);
        let processor = self.processors().find(own);
        let mut doubts = processor.map_or_else(Vec::new, |(_, processor)| {
            missing::doubts(&Said {
                processor,
                resolved: &with_environment,
            })
        });
        doubts.extend(sampling::doubts(&self.root, &asked, with_environment));
        doubts
    }

    /// Finds the processors of type `betrace` (`betrace`, `betrace/name`) and their rules.
    pub fn rule_sets(&self, limits: &Limits) -> Result<Vec<Set>, ConfigError> {
        let processors = self.processors();
        let sets: Vec<Set> = processors
            .map(|(key, processor)| self.rule_set(key, processor, limits))
            .collect();
        if sets.is_empty() {
            return Err(ConfigError(self.without_processor()));
        }
        Ok(sets)
    }

    /// What to do with a configuration in which nothing of ours stands, which may be none.
    fn without_processor(&self) -> String {
        let name = &self.name;
        let is_collectors = ["service", "receivers", "processors", "exporters"]
            .into_iter()
            .any(|section| self.root.get(section).is_some());
        if !is_collectors && self.root.get("rules").is_some() {
            return format!(
                "{name}: this is a rule file, and no Collector configuration: name it as RULES, without --config"
            );
        }
        format!(
            "{name}: no processor of type betrace is in this configuration; one stands under `processors`: `betrace: {{ rules: {{ files: [rules] }} }}`"
        )
    }

    /// Each with its name.
    fn processors(&self) -> impl Iterator<Item = (&Node, &Node)> {
        let all = self.root.get("processors");
        let all = all.map_or(&[][..], Node::entries).iter();
        let is_ours = |id: &str| id == "betrace" || id.starts_with("betrace/");
        all.filter(move |(key, _)| key.text().is_some_and(is_ours))
            .map(|(key, processor)| (key, processor))
    }

    fn rule_set(&self, key: &Node, processor: &Node, limits: &Limits) -> Set {
        let said = Said {
            processor,
            resolved: &with_environment,
        };
        let rules_at = processor.entry("rules").map_or(key, |(rules, _)| rules);
        let rules_at = rules_at.range.clone();
        let allows_empty = together::allows_empty(&said);
        let mut set = Set {
            processor: key.text().unwrap_or_default().to_owned(),
            timing: Timing::of(&said),
            faults: faults::faults(processor, &with_environment),
            shown: Vec::new(),
            files: Vec::new(),
            inline: None,
            enabled_wanted_at: (!allows_empty).then(|| rules_at.clone()),
            allows_empty,
        };
        set.faults.extend(together::faults(&said));
        let without_rules = together::without_rules(&said, rules_at.clone());
        if without_rules.is_some() {
            set.enabled_wanted_at = None;
        }
        set.faults.extend(without_rules);
        let mut named = Vec::new();
        for (place, pattern) in said.texts("rules.files") {
            match rule_paths(&pattern, allows_empty) {
                Ok(paths) => named.extend(paths),
                Err(message) => set.faults.push(unreadable(place, &message)),
            }
        }
        match paths::rule_files(&named, limits) {
            Ok(files) => set.shown.clone_from(&files),
            Err(error) => set.faults.push(unreadable(rules_at, &error.to_string())),
        }
        set.files.clone_from(&set.shown);
        let mut size: usize = set.files.iter().map(|file| file.text.len()).sum();
        if let Some((key, list)) = processor
            .get("rules")
            .and_then(|rules| rules.entry("inline"))
            && !list.elements().is_empty()
        {
            size += list.range.len();
            let text = masked(&self.text, key, list);
            set.inline = Some(Inline::of(text, list, &with_environment));
            set.shown.push(self.shown());
        }
        set.faults.extend(together::too_large(&said, size));
        set.faults.sort_by_key(|fault| fault.range.start);
        set
    }
}

fn unreadable(place: Range<usize>, message: &str) -> Remark {
    let help = "name files, directories or globs that are there";
    Remark::of("rules.files", place, UNREADABLE_RULES, message, help)
}

/// Where secrets stand that are written out.
fn secrets(processor: &Node) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let kept = KEYS
        .iter()
        .filter(|(_, kind)| matches!(kind, Kind::Secret | Kind::Secrets));
    let said = Said {
        processor,
        resolved: &with_environment,
    };
    for (key, _) in kept {
        let nodes = said
            .entry(key)
            .map_or(&[][..], |(_, value)| match value.elements() {
                [] => std::slice::from_ref(value),
                elements => elements,
            });
        let is_written = |node: &&Node| node.text().is_some_and(|text| !text.starts_with("${"));
        found.extend(
            nodes
                .iter()
                .filter(is_written)
                .map(|node| node.range.clone()),
        );
    }
    found
}

/// Finds the processors of type `betrace` (`betrace`, `betrace/name`) and their rules.
pub fn rule_sets(path: &Path, limits: &Limits) -> Result<(SourceFile, Vec<Set>), ConfigError> {
    let configuration = Configuration::read(path)?;
    let sets = configuration.rule_sets(limits)?;
    Ok((configuration.shown(), sets))
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

/// The rule files of a file, a directory, or a pattern with `*`, as the processor reads it.
fn rule_paths(pattern: &str, allows_empty: bool) -> Result<Vec<PathBuf>, String> {
    let path = PathBuf::from(pattern);
    let found: Vec<PathBuf> = if path.exists() {
        vec![path]
    } else {
        let found =
            glob::glob(&as_of_crate(pattern)).map_err(|error| format!("{pattern:?}: {error}"))?;
        found.filter_map(Result::ok).collect()
    };
    if found.is_empty() {
        return Err(format!("{pattern:?}: no such file"));
    }
    let mut named = Vec::new();
    for path in found {
        match paths::rule_paths(std::slice::from_ref(&path)) {
            Ok(_) => named.push(path),
            // A directory that can be read, and is empty.
            Err(_) if allows_empty && fs::read_dir(&path).is_ok() => {}
            Err(error) => return Err(error.to_string()),
        }
    }
    Ok(named)
}

/// A pattern of the processor as the crate reads it: to the processor `**` is `*`, and what is excluded stands behind `[^`.
fn as_of_crate(pattern: &str) -> String {
    let mut one = pattern.replace("[^", "[!");
    while one.contains("**") {
        one = one.replace("**", "*");
    }
    one
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
