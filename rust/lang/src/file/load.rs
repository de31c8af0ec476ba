//! From rule files to checked rules and everything that is wrong with them.

use std::{collections::HashMap, sync::Arc};

use crate::codes::files as codes;
use crate::diagnostic::Diagnostic;
use crate::file::across;
use crate::file::check_rule::RuleChecker;
use crate::file::read::Reader;
use crate::file::rule_test::RuleTest;
use crate::file::rulefile::{RuleFile, WrittenRule};
use crate::file::yaml;
use crate::limits::Limits;
use crate::rule::{Rule, RuleId};
use crate::source::{LineColumn, LineIndex, SourceFile};

/// What a set of rule files holds.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    /// The rules without an error, in the order of the files and within them; disabled ones too.
    pub rules: Vec<LoadedRule>,
    /// By file, then by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Rules that were written, faulty ones too.
    pub rule_count: usize,
}

/// A checked rule and what of its text the tools need.
#[derive(Clone, Debug)]
pub struct LoadedRule {
    pub rule: Arc<Rule>,
    pub place: Place,
    pub condition_text: Arc<str>,
    pub tests: Vec<RuleTest>,
}

/// Where a rule's id stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into the files that were loaded.
    pub file: usize,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl Loaded {
    /// At least one diagnostic is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

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
    ids: HashMap<RuleId, (usize, LineColumn)>,
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
        across::report_unused(reader, file, &rules);
        let mut checker = RuleChecker::new(file, reader.limits);
        checker.check_macros(reader, file);
        for mut written in rules {
            self.loaded.rule_count += 1;
            if self.loaded.rule_count > self.limits.rules {
                if !self.is_full {
                    self.is_full = true;
                    let message = format!("a set has {} rules at most", self.limits.rules);
                    reader.report(codes::TOO_MANY, written.at.clone(), message);
                }
                continue;
            }
            reader.rule.clone_from(&written.id);
            self.check_id(reader, &mut written, files);
            let errors = reader.errors;
            let body = checker.check(reader, &written);
            let is_faulty = written.is_faulty || reader.errors > errors;
            reader.rule = None;
            let Some((body, message, hash)) = body.filter(|_| !is_faulty) else {
                continue;
            };
            let (Some(id), Some(condition)) = (written.id, written.condition) else {
                continue;
            };
            let place = Place {
                file: reader.file,
                line: written.place.line,
                column: written.place.column,
            };
            let rule = Rule {
                id,
                name: written.name,
                description: written.description,
                severity: written.severity,
                enabled: written.enabled,
                tags: written.tags,
                compliance: written.compliance,
                message,
                body,
                hash,
            };
            let condition_text = condition.value;
            self.loaded.rules.push(LoadedRule {
                rule: Arc::new(rule),
                place,
                condition_text,
                tests: written.tests,
            });
        }
        self.loaded.rule_count += file.unread;
    }

    fn check_id(
        &mut self,
        reader: &mut Reader<'_>,
        written: &mut WrittenRule,
        files: &[SourceFile],
    ) {
        let Some(id) = &written.id else { return };
        match self.ids.get(id) {
            None => {
                self.ids.insert(id.clone(), (reader.file, written.place));
            }
            Some(&(file, first)) => {
                let name = files.get(file).map_or("", |file| file.name.as_str());
                let help = format!("the first one is at {name}:{}:{}", first.line, first.column);
                let message = format!(
                    "there is another rule with the id `{}`",
                    crate::file::read::shown(&id.0)
                );
                reader
                    .report(codes::DUPLICATE_ID, written.at.clone(), message)
                    .help = Some(help);
                written.is_faulty = true;
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
