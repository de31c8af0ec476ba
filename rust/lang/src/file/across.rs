//! What is doubtful about rules only when they are seen together.

use std::collections::{HashMap, HashSet};

use crate::codes::{Code, files as codes};
use crate::condition::meaning::{MeaningParts, PartBeginning, part_beginnings};
use crate::diagnostic::Diagnostic;
use crate::file::loaded::{Loaded, LoadedRule};
use crate::file::said::shown;
use crate::rule::{Emit, MeaningHash, Rule};
use crate::source::{LineIndex, SourceFile};

/// How many rules with one part are compared with each other; beyond it a warning may be missing.
const COMPARED: usize = 16;

/// Warns of rules that mean the same as another or add nothing to it.
pub(crate) fn report(loaded: &mut Loaded, files: &[SourceFile]) {
    let mut first_of: HashMap<(MeaningHash, Emit), usize> =
        HashMap::with_capacity(loaded.rules.len());
    let mut findings = Vec::new();
    let mut distinct: Vec<(usize, &Rule)> = Vec::with_capacity(loaded.rules.len());
    for (index, one) in loaded.rules.iter().enumerate() {
        let rule = &*one.rule;
        if !rule.enabled {
            continue;
        }
        // One that is only counted is not told twice.
        let first = *first_of.entry((rule.hash, rule.emit)).or_insert(index);
        if first == index {
            distinct.push((index, rule));
        } else {
            findings.push((codes::DUPLICATE_RULE, index, first));
        }
    }
    for (index, wider) in shadowed(&akin(&distinct)) {
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

/// The rules of which some part may be a part of another rule too. Most rules have none, and their parts are not spelled
/// out.
fn akin<'a>(rules: &[(usize, &'a Rule)]) -> Vec<Distinct<'a>> {
    // The only rule that has a part which begins so; `None` where several have.
    let mut only: HashMap<PartBeginning<'a>, Option<usize>> = HashMap::with_capacity(rules.len());
    for (index, rule) in rules {
        for lead in part_beginnings(&rule.body) {
            let has = only.entry(lead).or_insert(Some(*index));
            *has = has.filter(|other| other == index);
        }
    }
    let is_akin =
        |rule: &Rule| part_beginnings(&rule.body).any(|lead| only.get(&lead) == Some(&None));
    let akin = rules.iter().filter(|(_, rule)| is_akin(rule));
    akin.map(|&(index, rule)| Distinct {
        index,
        rule,
        parts: MeaningParts::of(&rule.body, rule.completeness),
    })
    .collect()
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
