//! Checks the texts of a rule and puts their faults where they stand in the file.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    rc::Rc,
};

use crate::codes::{Code, files as codes};
use crate::condition::check::{check_condition, check_exception, check_macro};
use crate::condition::meaning::meaning_hash;
use crate::condition::template::check_template;
use crate::condition::vocabulary::Vocabulary;
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fault::{Fault, Origin};
use crate::file::read::{Reader, Text};
use crate::file::rulefile::{RuleFile, WrittenRule};
use crate::file::yaml::{Node, ScalarMap, Style};
use crate::limits::Limits;
use crate::rule::{Body, MeaningHash, Template};

/// Checks the rules of one file.
pub(crate) struct RuleChecker<'a> {
    limits: &'a Limits,
    vocabulary: Vocabulary,
    macros: HashMap<String, Rc<Node>>,
    /// Where macros are mapped to, once one has a fault.
    maps: HashMap<String, ScalarMap>,
    /// Faults of macros, which each rule that uses the macro would report again.
    reported: HashSet<(Code, Range<usize>, String)>,
}

impl<'a> RuleChecker<'a> {
    pub fn new(file: &RuleFile, limits: &'a Limits) -> RuleChecker<'a> {
        let mut vocabulary = Vocabulary::new();
        for named in &file.macros {
            vocabulary.add_macro(named.name.as_str(), named.value.value.clone());
        }
        for named in &file.lists {
            vocabulary.add_list(named.name.as_str(), named.value.clone());
        }
        let macros = file
            .macros
            .iter()
            .map(|named| (named.name.clone(), Rc::clone(&named.value.node)))
            .collect();
        RuleChecker {
            limits,
            vocabulary,
            macros,
            maps: HashMap::new(),
            reported: HashSet::new(),
        }
    }

    /// Reports what is wrong with macros by themselves, be they used or not.
    pub fn check_macros(&mut self, reader: &mut Reader<'_>, file: &RuleFile) {
        for named in &file.macros {
            warn_of_swallowed_lines(reader, &named.value);
            let mut faults = Vec::new();
            check_macro(&named.value.value, self.limits, &mut faults);
            for fault in &mut faults {
                fault.origin = Origin::Macro(named.name.as_str().into());
            }
            self.place(reader, &named.value, faults);
        }
    }

    /// The meaning of a rule, if its condition, exceptions and message have no error.
    pub fn check(
        &mut self,
        reader: &mut Reader<'_>,
        rule: &WrittenRule,
    ) -> Option<(Body, Option<Template>, MeaningHash)> {
        for text in rule.condition.iter().chain(&rule.exceptions) {
            warn_of_swallowed_lines(reader, text);
        }
        let condition = rule.condition.as_ref()?;
        let mut faults = Vec::new();
        let body = check_condition(&condition.value, &self.vocabulary, self.limits, &mut faults);
        self.place(reader, condition, faults);
        // A condition that binds nothing gives exceptions and message nothing to name, so they can be
        // judged even where it is faulty.
        let stand_in = || (!binds(&condition.value)).then(empty_body);
        let context = body.clone().or_else(stand_in);
        let mut is_whole = body.is_some();
        let mut exceptions = Vec::new();
        for exception in &rule.exceptions {
            let Some(context) = &context else { break };
            let mut faults = Vec::new();
            let checked = check_exception(
                &exception.value,
                context,
                &self.vocabulary,
                self.limits,
                &mut faults,
            );
            self.place(reader, exception, faults);
            is_whole &= checked.is_some();
            exceptions.extend(checked);
        }
        let mut message = None;
        if let (Some(text), Some(context)) = (&rule.message, &context)
            && text.value.len() <= self.limits.rule_bytes
        {
            let mut faults = Vec::new();
            message = check_template(&text.value, context, &mut faults);
            self.place(reader, text, faults);
            is_whole &= message.is_some();
        }
        let mut body = body?;
        body.exceptions = exceptions;
        let hash = meaning_hash(&body);
        is_whole.then_some((body, message, hash))
    }

    fn place(&mut self, reader: &mut Reader<'_>, text: &Text, faults: Vec<Fault>) {
        if faults.is_empty() {
            return;
        }
        let here = text.node.as_scalar().map(|scalar| scalar.map(reader.text));
        for fault in faults {
            let Fault {
                code,
                origin,
                range,
                message,
                help,
                suggestion,
            } = fault;
            let rule = reader.rule.take();
            let mut diagnostic = match &origin {
                Origin::Here => {
                    let range = here
                        .as_ref()
                        .map_or_else(|| text.node.range.clone(), |map| map.range(range));
                    let mut diagnostic =
                        Diagnostic::new(code, reader.file, range, &reader.lines, message);
                    diagnostic.rule.clone_from(&rule);
                    diagnostic
                }
                Origin::Macro(name) => {
                    let range = self.macro_range(reader, name, range);
                    if !self.reported.insert((code, range.clone(), message.clone())) {
                        // Reported already; the rule is faulty all the same.
                        reader.errors +=
                            usize::from(code.severity() == crate::codes::DiagnosticSeverity::Error);
                        reader.rule = rule;
                        continue;
                    }
                    Diagnostic::new(code, reader.file, range, &reader.lines, message)
                }
            };
            let node = match &origin {
                Origin::Here => Some(&text.node),
                Origin::Macro(name) => self.macros.get(&**name),
            };
            let written = node.and_then(|node| node.as_scalar());
            diagnostic.suggestion = suggestion
                .as_ref()
                .and_then(|suggestion| written?.write(suggestion));
            diagnostic.help = match (help, suggestion) {
                (None, Some(suggestion)) if diagnostic.suggestion.is_none() => {
                    Some(format!("write `{suggestion}`"))
                }
                (help, _) => help,
            };
            reader.push(diagnostic);
            reader.rule = rule;
        }
    }

    fn macro_range(
        &mut self,
        reader: &Reader<'_>,
        name: &str,
        range: Range<usize>,
    ) -> Range<usize> {
        if let Some(map) = self.maps.get(name) {
            return map.range(range);
        }
        let Some(scalar) = self.macros.get(name).and_then(|node| node.as_scalar()) else {
            return 0..0;
        };
        let map = scalar.map(reader.text);
        let placed = map.range(range);
        self.maps.insert(name.to_owned(), map);
        placed
    }
}

/// A comment ends with its line, and YAML may have made one line of several.
fn warn_of_swallowed_lines(reader: &mut Reader<'_>, text: &Text) {
    let Some(scalar) = text.node.as_scalar() else {
        return;
    };
    if scalar.style == Style::Literal || !(text.value.contains('#') || text.value.contains("//")) {
        return;
    }
    let map = scalar.map(reader.text);
    for comment in comments(&text.value) {
        let source = map.range(comment);
        let swallowed = reader
            .text
            .get(source.clone())
            .unwrap_or_default()
            .trim_end();
        if let Some(line_end) = swallowed.find('\n') {
            let range = source.start..source.start + swallowed[..line_end].trim_end().len();
            let diagnostic = reader.report(
                codes::SWALLOWED_LINES,
                range,
                "this comment swallows the lines behind it",
            );
            diagnostic.help = Some(
                "YAML makes one line of this text; write it as a literal block: `|`".to_owned(),
            );
        }
    }
}

/// The comments of a text, each to the end of its line.
fn comments(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut quote: Option<char> = None;
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        match (quote, sign) {
            (Some(_), '\\') => {
                signs.next();
            }
            (Some(open), sign) if sign == open || sign == '\n' => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(sign),
            (None, '#' | '/') if sign == '#' || matches!(signs.peek(), Some((_, '/'))) => {
                let end = text[at..].find('\n').map_or(text.len(), |len| at + len);
                found.push(at..end);
                while signs.next_if(|&(next, _)| next < end).is_some() {}
            }
            (None, _) => {}
        }
    }
    found
}

/// Whether a condition may bind spans: some word of it is `as`.
fn binds(condition: &str) -> bool {
    condition
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.' | '-')))
        .any(|word| word == "as")
}

fn empty_body() -> Body {
    Body {
        bindings: Vec::new(),
        when: None,
        exceptions: Vec::new(),
        never: None,
        always: None,
        is_pattern: false,
    }
}
