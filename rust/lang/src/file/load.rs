//! From rule files to checked rules and everything that is wrong with them.

use std::collections::{HashMap, hash_map};
use std::sync::Arc;

use crate::codes::files as codes;
use crate::diagnostic::Diagnostic;
use crate::file::check_rule::RuleChecker;
use crate::file::loaded::{Loaded, Place};
use crate::file::read::{Reader, shown};
use crate::file::rulefile::RuleFile;
use crate::file::written::WrittenRule;
use crate::file::{across, unused, yaml};
use crate::limits::Limits;
use crate::rule::{Rule, RuleId};
use crate::source::{LineIndex, SourceFile};

/// Loads rule files as one set. Never fails as a whole: a faulty rule costs that rule.
#[must_use]
pub fn load(files: &[SourceFile], limits: &Limits) -> Loaded {
    let mut loader = Loader {
        limits,
        loaded: Loaded::default(),
        ids: HashMap::new(),
        is_full: false,
        not_kept: 0,
    };
    for (index, file) in files.iter().enumerate() {
        loader.load_file(index, file, files);
    }
    across::report(&mut loader.loaded, files);
    let not_kept = loader.not_kept;
    let mut loaded = loader.loaded;
    loaded.diagnostics.sort_by_key(|diagnostic| {
        (
            diagnostic.file,
            diagnostic.range.start,
            diagnostic.range.end,
        )
    });
    cap(&mut loaded.diagnostics, not_kept, files, limits);
    loaded
}

/// The enabled rules of a set without errors; else the errors, with the warnings and notes among them.
///
/// # Errors
///
/// All diagnostics, if one of them is an error.
pub fn compile(files: &[SourceFile]) -> Result<Vec<Arc<Rule>>, Vec<Diagnostic>> {
    let loaded = load(files, &Limits::default());
    if loaded.has_errors() {
        return Err(loaded.diagnostics);
    }
    Ok(loaded
        .rules
        .into_iter()
        .map(|loaded| loaded.rule)
        .filter(|rule| rule.enabled)
        .collect())
}

/// Keeps the number of diagnostics bounded; the last one says how many are not shown.
fn cap(diagnostics: &mut Vec<Diagnostic>, not_kept: usize, files: &[SourceFile], limits: &Limits) {
    if diagnostics.len() <= limits.diagnostics {
        return;
    }
    let more = diagnostics.len() - limits.diagnostics + not_kept;
    diagnostics.truncate(limits.diagnostics);
    let (file, at) = diagnostics
        .last()
        .map_or((0, 0), |last| (last.file, last.range.start));
    if let Some(source) = files.get(file) {
        let message = format!("{more} more faults are not shown");
        let lines = LineIndex::new(&source.text);
        diagnostics.push(Diagnostic::new(
            codes::TOO_MANY_FAULTS,
            file,
            at..at,
            &lines,
            message,
        ));
    }
}

struct Loader<'a> {
    limits: &'a Limits,
    loaded: Loaded,
    /// Where each id stands first.
    ids: HashMap<RuleId, Place>,
    /// The limit of rules was passed and reported.
    is_full: bool,
    not_kept: usize,
}

impl Loader<'_> {
    fn load_file(&mut self, index: usize, file: &SourceFile, files: &[SourceFile]) {
        let text = &*file.text;
        if text.len() > self.limits.file_bytes {
            let most = self.limits.file_bytes;
            let lines = LineIndex::new("");
            let message = format!("this file has {} bytes; the limit is {most}", text.len());
            self.loaded.diagnostics.push(Diagnostic::new(
                codes::FILE_TOO_LARGE,
                index,
                0..0,
                &lines,
                message,
            ));
            return;
        }
        let mut reader = Reader::new(index, text, self.limits);
        let mut faults = Vec::new();
        let documents = yaml::parse(text, self.limits, &mut faults);
        for fault in faults {
            reader.report(fault.code, fault.range, fault.message).help = fault.help;
        }
        let yaml_faults = reader.diagnostics.len();
        let mut read: Vec<RuleFile> = Vec::new();
        for document in documents {
            if !document.continues || read.is_empty() {
                read.push(RuleFile::default());
            }
            if let Some(last) = read.last_mut() {
                last.read(&mut reader, &document.root, document.continues);
            }
        }
        if read.iter().all(|file| file.rules.is_empty()) && reader.errors == 0 {
            reader.report(codes::NO_RULES, 0..0, "this file has no rules");
        }
        attribute_yaml_faults(&mut reader, &mut read, yaml_faults);
        for file in &mut read {
            self.check(&mut reader, file, files);
        }
        self.not_kept += reader.not_kept;
        self.loaded.diagnostics.append(&mut reader.diagnostics);
        // Later files can only add to what is counted.
        let most = self.limits.diagnostics.saturating_mul(2);
        self.not_kept += self.loaded.diagnostics.len().saturating_sub(most);
        self.loaded.diagnostics.truncate(most);
    }

    fn check(&mut self, reader: &mut Reader<'_>, file: &mut RuleFile, files: &[SourceFile]) {
        let rules = std::mem::take(&mut file.rules);
        unused::report(reader, file, &rules);
        let mut checker = RuleChecker::new(file, reader.limits);
        checker.check_macros(reader, file);
        for written in rules {
            self.loaded.rule_count += 1;
            if self.loaded.rule_count > self.limits.rules {
                if !self.is_full {
                    self.is_full = true;
                    let message = format!("a set has {} rules at most", self.limits.rules);
                    reader.report(codes::TOO_MANY, written.at.clone(), message);
                }
                continue;
            }
            let (meaning, is_faulty) = reader.within(written.id.clone(), |reader| {
                self.check_id(reader, &written, files);
                checker.check(reader, &written)
            });
            if let Some(meaning) = meaning
                && !is_faulty
                && !written.is_faulty
            {
                self.loaded
                    .rules
                    .extend(written.loaded(reader.file, meaning));
            }
        }
        self.loaded.rule_count += file.unread;
    }

    fn check_id(&mut self, reader: &mut Reader<'_>, written: &WrittenRule, files: &[SourceFile]) {
        let Some(id) = &written.id else { return };
        match self.ids.entry(id.clone()) {
            hash_map::Entry::Vacant(first) => {
                first.insert(written.place(reader.file));
            }
            hash_map::Entry::Occupied(first) => {
                let help = format!("the first one is at {}", first.get().shown(files));
                let message = format!("there is another rule with the id `{}`", shown(&id.0));
                reader
                    .report(codes::DUPLICATE_ID, written.at.clone(), message)
                    .help = Some(help);
            }
        }
    }
}

/// A fault in the YAML of a rule is that rule's fault.
fn attribute_yaml_faults(reader: &mut Reader<'_>, read: &mut [RuleFile], count: usize) {
    let mut rules: Vec<&mut WrittenRule> =
        read.iter_mut().flat_map(|file| &mut file.rules).collect();
    rules.sort_by_key(|rule| rule.range.start);
    for diagnostic in reader.diagnostics.iter_mut().take(count) {
        let at = diagnostic.range.start;
        let after = rules.partition_point(|rule| rule.range.start <= at);
        if let Some(rule) = after.checked_sub(1).and_then(|index| rules.get_mut(index))
            && at < rule.range.end.max(rule.range.start + 1)
        {
            rule.is_faulty = true;
            diagnostic.rule.clone_from(&rule.id);
        }
    }
}
