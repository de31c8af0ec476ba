//! What checking any part of a text needs: its words, its faults, its limits, and its macros looked through.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::ast::{Document, Node, NodeKind};
use crate::condition::canonical::Printer;
use crate::condition::check::settle::settle;
use crate::condition::parse::parse;
use crate::condition::scan::folded;
use crate::condition::vocabulary::{Macro, Vocabulary};
use crate::diagnostic::fault::{Fault, Origin};
use crate::limits::Limits;
use crate::rule::{BindingId, Field};

/// Trees deeper than this, macros expanded, are refused; one text alone cannot get there.
const MAX_DEPTH: usize = 256;
/// Macros inside macros.
const MAX_MACRO_DEPTH: usize = 16;

/// Reads a text and has it checked; `None` where an error was found.
pub(super) fn checked<R>(
    text: &str,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
    check: impl for<'a> FnOnce(&mut Checker<'a>, &'a Document) -> Option<R>,
) -> Option<R> {
    let first = faults.len();
    let document = parse(text, limits, faults);
    let mut checker = Checker::new(text, vocabulary, limits, faults);
    let checked = check(&mut checker, &document);
    settle(faults, first);
    checked.filter(|_| !faults[first..].iter().any(Fault::is_error))
}

/// Checks one text, whatever stands in it: the files beside this one add how each form is checked.
pub(super) struct Checker<'a> {
    pub vocabulary: &'a Vocabulary,
    pub limits: &'a Limits,
    pub faults: &'a mut Vec<Fault>,
    pub bindings: Vec<Arc<str>>,
    pub place: CheckedText<'a>,
    macros: Vec<Arc<str>>,
    reported_macros: BTreeSet<Arc<str>>,
    nodes: usize,
    depth: usize,
    is_cut: bool,
    /// Inside the older `rule "name" when …`.
    pub in_rule: bool,
    /// Inside `always`, or below an odd number of `not`: what is false there may break the rule.
    pub breaks_if_false: bool,
    /// Fields of `not verified` in the present filter.
    pub denied: Vec<Field>,
}

/// Which text is being checked.
#[derive(Clone)]
pub(super) struct CheckedText<'a> {
    pub text: &'a str,
    pub origin: Origin,
    /// Inside a macro: how its use reads in the rule.
    pub shown: Option<Arc<str>>,
}

impl<'a> Checker<'a> {
    fn new(
        text: &'a str,
        vocabulary: &'a Vocabulary,
        limits: &'a Limits,
        faults: &'a mut Vec<Fault>,
    ) -> Checker<'a> {
        Checker {
            vocabulary,
            limits,
            faults,
            bindings: Vec::new(),
            place: CheckedText {
                text,
                origin: Origin::Here,
                shown: None,
            },
            macros: Vec::new(),
            reported_macros: BTreeSet::new(),
            nodes: 0,
            depth: 0,
            is_cut: false,
            in_rule: false,
            breaks_if_false: false,
            denied: Vec::new(),
        }
    }

    pub fn fault(
        &mut self,
        code: Code,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> &mut Fault {
        let mut fault = Fault::new(code, range, message);
        fault.origin = self.place.origin.clone();
        let at = self.faults.len();
        self.faults.push(fault);
        &mut self.faults[at]
    }

    /// One level down; `None` where a limit is met.
    pub fn nested<R>(
        &mut self,
        node: &Node,
        check: impl FnOnce(&mut Self) -> Option<R>,
    ) -> Option<R> {
        if self.is_cut {
            return None;
        }
        self.nodes += 1;
        if self.nodes > self.limits.macro_nodes || self.depth >= MAX_DEPTH {
            self.is_cut = true;
            let message = if self.depth >= MAX_DEPTH {
                "this nests too deep once its macros are expanded".to_owned()
            } else {
                format!(
                    "this has more than {} parts once its macros are expanded",
                    self.limits.macro_nodes
                )
            };
            self.fault(code::MACRO_LIMIT, node.range(), message).help =
                Some("split the rule, or say it with a list: `x in names`".into());
            return None;
        }
        self.depth += 1;
        let checked = check(self);
        self.depth -= 1;
        checked
    }

    /// The source of `node`, white space folded.
    pub fn text_of(&self, range: Range<usize>) -> Arc<str> {
        match &self.place.shown {
            Some(shown) => shown.clone(),
            None => folded(&self.place.text[range]).into(),
        }
    }

    /// The source of `node` as it stands.
    pub fn source(&self, node: &Node) -> String {
        folded(&self.place.text[node.range()])
    }

    /// Writes modern forms, with names quoted where something else is called the same.
    pub fn printer(&self) -> Printer<'_> {
        Printer::new(
            self.bindings.iter().map(|name| &**name).collect(),
            Some(self.vocabulary),
        )
    }

    pub fn binding(&self, name: &str) -> Option<BindingId> {
        let at = self.bindings.iter().position(|bound| **bound == *name)?;
        u8::try_from(at).ok().map(BindingId)
    }

    pub fn find_macro(&self, node: &Node) -> Option<(&'a Arc<str>, &'a Macro)> {
        match &node.bare().kind {
            NodeKind::Name(name) if self.binding(name).is_none() => {
                self.vocabulary.find_macro(name)
            }
            _ => None,
        }
    }

    /// `node` as it reads where its macros, if it is the name of one, are looked through.
    pub fn looked_through(&self, node: &'a Node) -> &'a Node {
        let mut node = node.bare();
        for _ in 0..MAX_MACRO_DEPTH {
            let Some((_, found)) = self.find_macro(node) else {
                break;
            };
            match &found.document(self.limits).0 {
                Document::Pattern(items) => match items.as_slice() {
                    [only] => node = only.bare(),
                    _ => break,
                },
                _ => break,
            }
        }
        node
    }

    /// Whether `node` is a number computed from spans.
    pub fn is_measure(&self, node: &'a Node) -> bool {
        let is_call = |node: &Node| matches!(&node.kind, NodeKind::Call { function, .. } if function.is_measure());
        let node = self.looked_through(node);
        match &node.kind {
            NodeKind::Call { .. } => is_call(node),
            NodeKind::By { .. } | NodeKind::DotCount(_) => true,
            NodeKind::Times { left, right } => self.is_measure(left) || self.is_measure(right),
            NodeKind::Where { base, .. } => is_call(base.bare()),
            _ => false,
        }
    }

    pub fn is_trace_field(&self, node: &'a Node) -> bool {
        matches!(&self.looked_through(node).kind, NodeKind::Intrinsic(name) if name.starts_with("trace:"))
    }

    /// Checks a macro's text in place of its name.
    pub fn expanded<R>(
        &mut self,
        node: &Node,
        name: &'a Arc<str>,
        found: &'a Macro,
        check: impl FnOnce(&mut Self, &'a Node) -> Option<R>,
    ) -> Option<R> {
        if self.macros.contains(name) || self.macros.len() >= MAX_MACRO_DEPTH {
            let mut path: Vec<&str> = self.macros.iter().map(|name| &**name).collect();
            path.push(name);
            let (code, message) = if self.macros.contains(name) {
                (
                    code::MACRO_CYCLE,
                    format!("the macro `{name}` uses itself: {}", path.join(" → ")),
                )
            } else {
                (
                    code::MACRO_LIMIT,
                    format!("macros are used inside each other more than {MAX_MACRO_DEPTH} deep"),
                )
            };
            self.fault(code, node.range(), message);
            return None;
        }
        let (document, faults) = found.document(self.limits);
        let is_faulty = faults.iter().any(Fault::is_error);
        if self.reported_macros.insert(name.clone()) {
            for fault in faults {
                let mut fault = fault.clone();
                fault.origin = Origin::Macro(name.clone());
                self.faults.push(fault);
            }
        }
        if let Some((_, message)) = not_an_expression(document) {
            let message = format!("the macro `{name}` cannot be used: {message}");
            self.fault(code::CLAUSES_HERE, node.range(), message);
            return None;
        }
        let Document::Pattern(items) = document else {
            return None;
        };
        let only = items.first().filter(|_| !is_faulty)?;
        let outer = self.place.clone();
        self.place = CheckedText {
            text: &found.text,
            origin: Origin::Macro(name.clone()),
            shown: Some(self.text_of(node.range())),
        };
        self.macros.push(name.clone());
        let checked = self.nested(only, |checker| check(checker, only));
        self.macros.pop();
        self.place = outer;
        checked
    }
}

/// Why a document that is no pattern cannot stand for a macro or an exception.
pub(super) fn not_an_expression(document: &Document) -> Option<(Range<usize>, &'static str)> {
    match document {
        Document::Clauses(clauses) => {
            let range = clauses.first().map_or(0..0, |clause| clause.range.clone());
            Some((
                range,
                "clauses belong in a rule's condition; here stands one condition",
            ))
        }
        Document::OneSpanRule { body, .. } => Some((
            body.range(),
            "a whole rule cannot stand here; write its condition alone",
        )),
        Document::Pattern(items) => items.get(1).map(|second| {
            (
                second.range(),
                "one condition stands here; join several with `and` or `or`",
            )
        }),
        Document::Broken => None,
    }
}
