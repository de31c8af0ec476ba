//! What is doubtful about rules only when they are seen together.

use std::collections::{HashMap, HashSet};

use crate::codes::files as codes;
use crate::condition::meaning::meaning_hash;
use crate::diagnostic::Diagnostic;
use crate::file::load::Loaded;
use crate::file::read::{Reader, shown};
use crate::file::rulefile::{RuleFile, WrittenRule};
use crate::rule::{Body, Expr, ExprKind, MeaningHash, Rule};
use crate::source::{LineIndex, SourceFile};

/// Warns of macros and lists that no rule of their file uses, be it through other macros.
pub(crate) fn report_unused(reader: &mut Reader<'_>, file: &RuleFile, rules: &[WrittenRule]) {
    if file.macros.is_empty() && file.lists.is_empty() {
        return;
    }
    let macros: HashMap<&str, &str> = file
        .macros
        .iter()
        .map(|named| (&*named.name, &*named.value.value))
        .collect();
    let lists: HashSet<&str> = file.lists.iter().map(|named| &*named.name).collect();
    let mut used: HashSet<&str> = HashSet::new();
    let mut texts: Vec<&str> = Vec::new();
    for rule in rules {
        texts.extend(
            rule.condition
                .iter()
                .chain(&rule.exceptions)
                .map(|text| &*text.value),
        );
    }
    while let Some(text) = texts.pop() {
        for word in words(text) {
            if let Some((&name, &expansion)) = macros.get_key_value(word) {
                if used.insert(name) {
                    texts.push(expansion);
                }
            } else if let Some(&name) = lists.get(word) {
                used.insert(name);
            }
        }
    }
    for named in &file.macros {
        if !used.contains(&*named.name) {
            let range = reader.span(&named.key);
            reader.report(
                codes::UNUSED_MACRO,
                range,
                format!("no rule uses the macro `{}`", named.name),
            );
        }
    }
    for named in &file.lists {
        if !used.contains(&*named.name) {
            let range = reader.span(&named.key);
            reader.report(
                codes::UNUSED_LIST,
                range,
                format!("no rule uses the list `{}`", named.name),
            );
        }
    }
}

/// Words that may be names of macros or lists, those in quotes among them: better no warning than a
/// wrong one. What follows a dot (`name.where`) is not part of such a name.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    text.split(move |c| !is_part(c))
        .filter_map(|word| word.split('.').next())
        .filter(|word| !word.is_empty())
}

/// A rule as the sum of its parts: it is violated whenever its scope applies and some part is broken.
struct Parts<'a> {
    index: usize,
    rule: &'a Rule,
    /// Of `when`, bindings and exceptions.
    scope: MeaningHash,
    /// It applies to every trace.
    is_unscoped: bool,
    never: HashSet<MeaningHash>,
    always: HashSet<MeaningHash>,
}

/// How many rules with one part are compared with each other; beyond it a warning may be missing.
const COMPARED: usize = 16;

/// Warns of rules that mean the same as another or add nothing to it.
pub(crate) fn report(loaded: &mut Loaded, files: &[SourceFile]) {
    let mut first_of: HashMap<MeaningHash, usize> = HashMap::new();
    let mut same: Vec<(usize, usize)> = Vec::new();
    let mut distinct: Vec<Parts<'_>> = Vec::new();
    let everywhere = meaning_hash(&scope_of(&blank()));
    for (index, rule) in loaded
        .rules
        .iter()
        .enumerate()
        .filter(|(_, loaded)| loaded.rule.enabled)
    {
        let rule = &*rule.rule;
        if let Some(&first) = first_of.get(&rule.hash) {
            same.push((index, first));
            continue;
        }
        first_of.insert(rule.hash, index);
        let scope = meaning_hash(&scope_of(&rule.body));
        distinct.push(Parts {
            index,
            rule,
            scope,
            is_unscoped: scope == everywhere,
            never: rule
                .body
                .never
                .as_ref()
                .map(|never| parts(never, true))
                .unwrap_or_default(),
            always: rule
                .body
                .always
                .as_ref()
                .map(|always| parts(always, false))
                .unwrap_or_default(),
        });
    }
    let shadowed = shadowed(&distinct);
    let mut findings = Vec::new();
    for (index, first) in same {
        findings.push((codes::DUPLICATE_RULE, index, first, "means the same as"));
    }
    for (index, wider) in shadowed {
        findings.push((codes::SHADOWED_RULE, index, wider, "adds nothing to"));
    }
    let mut lines: HashMap<usize, LineIndex<'_>> = HashMap::new();
    let mut diagnostics = Vec::new();
    for (code, index, other, verb) in findings {
        let (rule, other) = (&loaded.rules[index], &loaded.rules[other]);
        let Some(file) = files.get(rule.place.file) else {
            continue;
        };
        let lines = lines
            .entry(rule.place.file)
            .or_insert_with(|| LineIndex::new(&file.text));
        let begin = lines.byte(rule.place.line, rule.place.column);
        let range = begin..begin + rule.rule.id.0.len();
        let message = format!("this rule {verb} the rule `{}`", shown(&other.rule.id.0));
        let mut diagnostic = Diagnostic::new(code, rule.place.file, range, lines, message);
        diagnostic.rule = Some(rule.rule.id.clone());
        let name = files
            .get(other.place.file)
            .map_or("", |file| file.name.as_str());
        let place = format!("{name}:{}:{}", other.place.line, other.place.column);
        diagnostic.help = Some(match code {
            codes::SHADOWED_RULE => format!("whenever it is violated, so is the one at {place}"),
            _ => format!("the other one is at {place}; each violation is reported twice"),
        });
        diagnostics.push(diagnostic);
    }
    loaded.diagnostics.append(&mut diagnostics);
}

/// Pairs of a rule and one that is violated whenever it is.
fn shadowed(rules: &[Parts<'_>]) -> Vec<(usize, usize)> {
    let mut by_part: HashMap<(MeaningHash, bool, MeaningHash), Vec<usize>> = HashMap::new();
    for (at, rule) in rules.iter().enumerate() {
        for (is_never, parts) in [(true, &rule.never), (false, &rule.always)] {
            for part in parts {
                let sharers = by_part.entry((rule.scope, is_never, *part)).or_default();
                if sharers.len() < COMPARED {
                    sharers.push(at);
                }
            }
        }
    }
    let everywhere = rules
        .iter()
        .find(|rule| rule.is_unscoped)
        .map(|rule| rule.scope);
    let mut found = Vec::new();
    for rule in rules {
        let Some((is_never, part)) = rule
            .never
            .iter()
            .map(|part| (true, part))
            .chain(rule.always.iter().map(|part| (false, part)))
            .next()
        else {
            continue;
        };
        // An obligation of its own makes violations of its own.
        let wider_scope =
            everywhere.filter(|_| rule.rule.body.bindings.is_empty() && !rule.is_unscoped);
        let candidates = [Some(rule.scope), wider_scope].into_iter().flatten();
        let candidates = candidates
            .filter_map(|scope| by_part.get(&(scope, is_never, *part)))
            .flatten();
        let wider = candidates.map(|&at| &rules[at]).find(|other| {
            other.index != rule.index
                && other.rule.severity >= rule.rule.severity
                && rule.never.is_subset(&other.never)
                && rule.always.is_subset(&other.always)
        });
        if let Some(wider) = wider {
            found.push((rule.index, wider.index));
        }
    }
    found
}

/// The parts of which one suffices to break a clause: of `never` those of an `or`, of `always` those
/// of an `and`.
fn parts(clause: &Expr, is_never: bool) -> HashSet<MeaningHash> {
    let parts = match (&clause.kind, is_never) {
        (ExprKind::Or(parts), true) | (ExprKind::And(parts), false) => parts.as_slice(),
        _ => std::slice::from_ref(clause),
    };
    parts
        .iter()
        .map(|part| {
            meaning_hash(&Body {
                never: Some(part.clone()),
                ..blank()
            })
        })
        .collect()
}

fn scope_of(body: &Body) -> Body {
    Body {
        bindings: body.bindings.clone(),
        when: body.when.clone(),
        exceptions: body.exceptions.clone(),
        ..blank()
    }
}

fn blank() -> Body {
    Body {
        bindings: Vec::new(),
        when: None,
        exceptions: Vec::new(),
        never: None,
        always: None,
        is_pattern: false,
    }
}
