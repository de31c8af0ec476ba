//! What is doubtful about rules only when they are seen together.

use std::collections::BTreeSet;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashMap, HashSet};

use crate::codes::{Code, files as codes};
use crate::condition::meaning::{MeaningParts, part_beginnings};
use crate::diagnostic::Diagnostic;
use crate::file::loaded::{Loaded, LoadedRule};
use crate::file::said::shown;
use crate::rule::{Emit, MeaningHash, Rule};
use crate::source::{LineIndex, SourceFile};

/// How many rules with one part are compared with each other; beyond it a warning may be missing.
const COMPARED: usize = 16;

/// What rules are held against each other by, noted of each as it comes.
#[derive(Default)]
pub(crate) struct Across {
    first_of: HashMap<(MeaningHash, Emit), usize>,
    /// Rules, each behind one that means the same and is told as it is.
    doubled: Vec<(usize, usize)>,
    /// Of the others, hashes of what their parts begin with.
    beginnings: Vec<(u64, usize)>,
    hasher: DefaultHashBuilder,
}

impl Across {
    pub fn make_room(&mut self, more: usize) {
        self.first_of.reserve(more);
        self.beginnings.reserve(more);
    }

    /// Notes the rule of this index.
    pub fn add(&mut self, index: usize, rule: &Rule) {
        if !rule.enabled {
            return;
        }
        // One that is only counted is not told twice.
        let first = *self.first_of.entry((rule.hash, rule.emit)).or_insert(index);
        if first != index {
            return self.doubled.push((first, index));
        }
        let leads = part_beginnings(&rule.body);
        let hashes = leads.map(|lead| (self.hasher.hash_one(lead), index));
        self.beginnings.extend(hashes);
    }

    /// Warns of rules that mean the same as another or add nothing to it.
    pub fn report(self, loaded: &mut Loaded, files: &[SourceFile]) {
        let doubled = self.doubled.iter();
        let doubled = doubled.map(|(first, index)| (codes::DUPLICATE_RULE, *index, *first));
        let mut findings: Vec<(Code, usize, usize)> = doubled.collect();
        for (index, wider) in shadowed(&self.akin(&loaded.rules)) {
            findings.push((codes::SHADOWED_RULE, index, wider));
        }
        let mut doubts = Doubts {
            files,
            lines: HashMap::new(),
        };
        let diagnostics: Vec<Diagnostic> = findings
            .into_iter()
            .filter_map(|(code, index, other)| {
                doubts.diagnostic(code, &loaded.rules[index], &loaded.rules[other])
            })
            .collect();
        loaded.diagnostics.extend(diagnostics);
    }

    /// The rules of which some part may be a part of another rule too. Most rules have none, and their parts are not spelled
    /// out.
    fn akin(mut self, rules: &[LoadedRule]) -> Vec<Distinct<'_>> {
        self.beginnings.sort_unstable();
        self.beginnings.dedup();
        let alike = self.beginnings.chunk_by(|a, b| a.0 == b.0);
        let shared = alike.filter(|alike| alike.len() > 1).flatten();
        let akin: BTreeSet<usize> = shared.map(|(_, index)| *index).collect();
        let of = |index: usize| {
            let rule = &*rules[index].rule;
            Distinct {
                index,
                rule,
                parts: MeaningParts::of(&rule.body, rule.completeness),
            }
        };
        akin.into_iter().map(of).collect()
    }
}

/// A rule that means what none before it does that is told as it is.
struct Distinct<'a> {
    index: usize,
    rule: &'a Rule,
    parts: MeaningParts,
}

struct Doubts<'a> {
    files: &'a [SourceFile],
    lines: HashMap<usize, LineIndex<'a>>,
}

impl Doubts<'_> {
    /// At the id of `rule`, about its relation to another.
    fn diagnostic(
        &mut self,
        code: Code,
        rule: &LoadedRule,
        other: &LoadedRule,
    ) -> Option<Diagnostic> {
        let file = self.files.get(rule.place.file)?;
        let lines = self
            .lines
            .entry(rule.place.file)
            .or_insert_with(|| LineIndex::new(&file.text));
        let begin = lines.byte(rule.place.line, rule.place.column);
        let range = begin..begin + rule.rule.id.0.len();
        let place = other.place.shown(self.files);
        let (verb, help) = match code {
            codes::SHADOWED_RULE => (
                "adds nothing to",
                format!("whenever it is violated, so is the one at {place}"),
            ),
            _ => (
                "means the same as",
                format!("the other one is at {place}; each violation is reported twice"),
            ),
        };
        let message = format!("this rule {verb} the rule `{}`", shown(&other.rule.id.0));
        let mut diagnostic = Diagnostic::new(code, rule.place.file, range, lines, message);
        diagnostic.rule = Some(rule.rule.id.clone());
        diagnostic.help = Some(help);
        Some(diagnostic)
    }
}

/// Whether a violation of `one` leaves nothing to be told by a violation of `other`: it is as grave, is a span where the
/// other is, and stands for the same controls and tags.
fn tells_as_much(one: &Rule, other: &Rule) -> bool {
    let controls = |rule: &Rule| -> HashSet<(String, String)> {
        let all = rule.compliance.iter();
        all.flat_map(|compliance| {
            let framework = compliance.framework.clone();
            let whole = std::iter::once(String::new());
            let of = whole.chain(compliance.controls.iter().cloned());
            of.map(move |control| (framework.clone(), control))
        })
        .collect()
    };
    one.severity >= other.severity
        && (one.emit == Emit::Spans || other.emit == Emit::None)
        && other.tags.iter().all(|tag| one.tags.contains(tag))
        && controls(other).is_subset(&controls(one))
}

/// Pairs of a rule and one that is violated whenever it is.
fn shadowed(rules: &[Distinct<'_>]) -> Vec<(usize, usize)> {
    let mut by_part: HashMap<(MeaningHash, bool, MeaningHash), Vec<usize>> = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        for (is_never, parts) in [(true, &rule.parts.never), (false, &rule.parts.always)] {
            for part in parts {
                let sharers = by_part
                    .entry((rule.parts.scope, is_never, *part))
                    .or_default();
                if sharers.len() < COMPARED {
                    sharers.push(at);
                }
            }
        }
    }
    let mut found = Vec::new();
    for rule in rules {
        let parts = &rule.parts;
        let Some((is_never, part)) = parts
            .never
            .iter()
            .map(|part| (true, part))
            .chain(parts.always.iter().map(|part| (false, part)))
            .next()
        else {
            continue;
        };
        // An obligation of its own makes violations of its own.
        let is_within = rule.rule.body.bindings.is_empty() && parts.scope != parts.everywhere;
        let wider_scope = is_within.then_some(parts.everywhere);
        let candidates = [Some(parts.scope), wider_scope].into_iter().flatten();
        let candidates = candidates
            .filter_map(|scope| by_part.get(&(scope, is_never, *part)))
            .flatten();
        let wider = candidates.map(|&at| &rules[at]).find(|other| {
            other.index != rule.index
                && tells_as_much(other.rule, rule.rule)
                && parts.never.is_subset(&other.parts.never)
                && parts.always.is_subset(&other.parts.always)
        });
        if let Some(wider) = wider {
            found.push((rule.index, wider.index));
        }
    }
    found
}
