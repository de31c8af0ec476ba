//! Faults of texts, put where they stand in the file.

use std::{
    collections::{HashMap, HashSet},
    ops::Range,
    sync::Arc,
};

use crate::codes::{Code, DiagnosticSeverity, conditions};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::fault::{Fault, Origin};
use crate::file::brought::Elsewhere;
use crate::file::read::{Reader, Text};
use crate::file::rulefile::RuleFile;
use crate::file::yaml::{Scalar, ScalarMap, Style, YamlNode};
use crate::source::LineIndex;

/// Where the macros of a file stand, and what was said of them.
pub(super) struct Placing<'a> {
    macros: HashMap<String, YamlNode<'a>>,
    /// Where macros are mapped to, once one has a fault.
    maps: HashMap<String, ScalarMap>,
    elsewhere: Elsewhere<'a>,
    /// Faults of macros, which each rule that uses the macro would report again.
    reported: HashSet<(Code, usize, Range<usize>, String)>,
}

impl<'a> Placing<'a> {
    pub fn new(file: &RuleFile<'a>, elsewhere: Elsewhere<'a>) -> Placing<'a> {
        let macros = file
            .macros
            .iter()
            .map(|named| (named.name.clone(), named.value.node.clone()))
            .collect();
        Placing {
            macros,
            maps: HashMap::new(),
            elsewhere,
            reported: HashSet::new(),
        }
    }

    /// Reports the faults of a text of the file, and of the macros in it.
    pub fn place(&mut self, reader: &mut Reader<'_>, text: &Text<'_>, faults: Vec<Fault>) {
        if faults.is_empty() {
            return;
        }
        let here = text
            .node
            .as_scalar()
            .map(|scalar| ScalarMap::new(scalar, reader.text));
        let end = End::of(&text.node, reader.text);
        for mut fault in faults {
            let (range, node, rule) = match &fault.origin {
                Origin::Here => {
                    if matches!(fault.code, conditions::UNCLOSED | conditions::UNCLOSED_TEXT) {
                        match end {
                            End::Own => {}
                            End::Comment => fault.help = Some(IN_A_COMMENT.to_owned()),
                            // Of that it is said what it is.
                            End::Colon => {
                                reader.errors += 1;
                                continue;
                            }
                        }
                    }
                    let range = match &here {
                        Some(_) if text.value.is_empty() => header(&text.node, reader.text),
                        Some(map) => map.range(fault.range.clone()),
                        None => text.node.range.clone(),
                    };
                    (range, Some(&text.node), reader.rule.clone())
                }
                Origin::Macro(name) => {
                    let range = self.macro_range(reader, name, fault.range.clone());
                    if self.was_reported(reader, reader.file, &range, &fault) {
                        continue;
                    }
                    (range, self.macros.get(&**name), None)
                }
                Origin::Used { file, name } => {
                    self.place_elsewhere(reader, (*file, name.clone()), fault.clone());
                    continue;
                }
            };
            let lines = &reader.lines;
            let message = std::mem::take(&mut fault.message);
            let mut diagnostic = Diagnostic::new(fault.code, reader.file, range, lines, message);
            diagnostic.rule = rule;
            with_ways_out(&mut diagnostic, fault, node);
            reader.push(diagnostic);
        }
    }

    /// A fault in a macro of another file, which stands in that file.
    fn place_elsewhere(&mut self, reader: &mut Reader<'_>, key: (usize, Arc<str>), fault: Fault) {
        let Some((node, text)) = self.elsewhere.get(&key).cloned() else {
            return;
        };
        let Some(scalar) = node.as_scalar() else {
            return;
        };
        let range = ScalarMap::new(scalar, &text).range(fault.range.clone());
        if self.was_reported(reader, key.0, &range, &fault) {
            return;
        }
        let lines = LineIndex::new(&text);
        let mut diagnostic =
            Diagnostic::new(fault.code, key.0, range, &lines, fault.message.clone());
        with_ways_out(&mut diagnostic, fault, Some(&node));
        reader.push(diagnostic);
    }

    /// Whether this was said of a macro before. The rule is faulty all the same.
    fn was_reported(
        &mut self,
        reader: &mut Reader<'_>,
        file: usize,
        range: &Range<usize>,
        fault: &Fault,
    ) -> bool {
        let said = (fault.code, file, range.clone(), fault.message.clone());
        let is_new = self.reported.insert(said);
        let is_error = fault.code.severity() == DiagnosticSeverity::Error;
        reader.errors += usize::from(is_error && !is_new);
        !is_new
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
        let map = ScalarMap::new(scalar, reader.text);
        let placed = map.range(range);
        self.maps.insert(name.to_owned(), map);
        placed
    }
}

/// The last sign before an empty text: the `|` of a block, or the opening quote.
fn header(node: &YamlNode<'_>, source: &str) -> Range<usize> {
    let before = source.get(..node.range.start).unwrap_or_default();
    let behind = source.get(node.range.clone()).unwrap_or_default();
    match (
        behind.trim().is_empty(),
        before.trim_end().char_indices().next_back(),
    ) {
        (true, Some((at, sign))) => at..at + sign.len_utf8(),
        _ => node.range.clone(),
    }
}

/// What YAML ended a text at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Own,
    /// ` #` behind a plain text.
    Comment,
    /// `: ` in a plain text, which is a fault of the YAML.
    Colon,
}

const IN_A_COMMENT: &str =
    "YAML takes what stands behind ` #` for a comment: write the text as a block (`|`)";

impl End {
    fn of(node: &YamlNode<'_>, source: &str) -> End {
        let Some(scalar) = node.as_scalar().filter(|one| one.style == Style::Plain) else {
            return End::Own;
        };
        let end = ScalarMap::new(scalar, source).end();
        let behind = source.get(end..).unwrap_or_default();
        let next = behind.trim_start_matches([' ', '\t']);
        match next.chars().next() {
            Some('#') if next.len() < behind.len() => End::Comment,
            Some(':') => End::Colon,
            _ => End::Own,
        }
    }
}

/// Help and suggestion, the latter as the text at the node is written.
fn with_ways_out(diagnostic: &mut Diagnostic, fault: Fault, node: Option<&YamlNode<'_>>) {
    let written = node.and_then(|node| node.as_scalar());
    diagnostic.suggestion = fault
        .suggestion
        .as_ref()
        .and_then(|suggestion| written?.write(suggestion, &fault.range));
    let would_be_quoted = |suggestion: &str| {
        let is_taken = |scalar: &Scalar<'_>| scalar.would_be_quoted(suggestion, &fault.range);
        written.is_some_and(is_taken)
    };
    diagnostic.help = match (fault.help, fault.suggestion) {
        (_, Some(suggestion))
            if diagnostic.suggestion.is_none() && would_be_quoted(&suggestion) =>
        {
            Some(format!(
                "write `{suggestion}`, and the whole text as a block (`|`), since YAML takes quotes at the beginning for its own"
            ))
        }
        (None, Some(suggestion)) if diagnostic.suggestion.is_none() => {
            Some(format!("write `{suggestion}`"))
        }
        (help, _) => help,
    };
}
