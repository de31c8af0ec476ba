//! From a tree to meaning: names are resolved, literals typed, macros and lists expanded, and every
//! shape that the language refuses is refused with what to write instead. All faults of a text are
//! reported, not just the first.

mod clauses;
mod condition;
mod field;
mod group;
mod intrinsic;
mod literal;
mod measure;
mod older;
mod operand;
mod predicate;
mod selector;

pub(crate) use field::{older_name, template_field};
pub(crate) use older::is_one_span;

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::ast::{Document, Node, NodeKind};
use crate::condition::canonical::Printer;
use crate::condition::lint;
use crate::condition::parse::parse;
use crate::condition::vocabulary::{Macro, Vocabulary};
use crate::diagnostic::fault::{Fault, Origin};
use crate::limits::Limits;
use crate::rule::{BindingId, Body, Expr, Field};

/// Trees deeper than this, macros expanded, are refused; one text alone cannot get there.
const MAX_DEPTH: usize = 256;
/// Macros inside macros.
const MAX_MACRO_DEPTH: usize = 16;

/// Checks the condition of a rule: a pattern or clauses. `None` where an error was found; warnings
/// and notes leave it whole. The body has no exceptions yet.
pub fn check_condition(
    text: &str,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Option<Body> {
    let first = faults.len();
    let document = parse(text, limits, faults);
    let mut checker = Checker::new(text, vocabulary, limits, faults);
    let body = checker.body(&document);
    if let Some(body) = &body {
        lint::body(&document, body, faults);
    }
    settle(faults, first);
    body.filter(|_| !faults[first..].iter().any(Fault::is_error))
}

/// Checks an exception of the rule that `body` is of: a condition in which the rule's bound spans may
/// be named.
pub fn check_exception(
    text: &str,
    body: &Body,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Option<Expr> {
    let first = faults.len();
    let document = parse(text, limits, faults);
    let mut checker = Checker::new(text, vocabulary, limits, faults);
    checker.bindings = body
        .bindings
        .iter()
        .map(|binding| binding.name.as_str().into())
        .collect();
    let expr = checker.exception(&document);
    settle(faults, first);
    expr.filter(|_| !faults[first..].iter().any(Fault::is_error))
}

/// Checks the form of a macro's text. What it means is checked where it is used.
pub fn check_macro(text: &str, limits: &Limits, faults: &mut Vec<Fault>) {
    let first = faults.len();
    let document = parse(text, limits, faults);
    if let Some((range, message)) = not_an_expression(&document) {
        faults.push(Fault::new(code::CLAUSES_HERE, range, message));
    }
    settle(faults, first);
}

/// In the order of the text, each once.
fn settle(faults: &mut Vec<Fault>, first: usize) {
    faults[first..].sort_by(|a, b| {
        (&a.origin, a.range.start, a.range.end, a.code).cmp(&(
            &b.origin,
            b.range.start,
            b.range.end,
            b.code,
        ))
    });
    let settled = &faults[first..];
    // What was mended in place of the author may read as anything.
    let mended: Vec<&Fault> = settled
        .iter()
        .filter(|fault| is_mending(fault.code))
        .collect();
    let is_mended = |fault: &Fault| {
        fault.code.0 > code::EMPTY.0
            && mended.iter().any(|open| {
                open.code != fault.code
                    && open.origin == fault.origin
                    && fault.range.start <= open.range.start
                    && open.range.end <= fault.range.end
            })
    };
    // `trace.spans` inside a longer form that has its own note.
    let is_inner = |fault: &Fault| {
        fault.code == code::OLDER_TRACE_SPANS
            && settled.iter().any(|other| {
                other.code == fault.code
                    && other.origin == fault.origin
                    && other.range.start == fault.range.start
                    && other.range.end > fault.range.end
            })
    };
    let dropped: Vec<bool> = settled
        .iter()
        .map(|fault| is_mended(fault) || is_inner(fault))
        .collect();
    let mut seen = BTreeSet::new();
    let mut index = 0;
    faults.retain(|fault| {
        index += 1;
        index <= first
            || !dropped[index - first - 1]
                && seen.insert((
                    fault.origin.clone(),
                    fault.range.start,
                    fault.range.end,
                    fault.code,
                    fault.message.clone(),
                ))
    });
}

/// Faults whose place was filled with something that the author did not write.
fn is_mending(code: Code) -> bool {
    [
        code::UNCLOSED,
        code::UNKNOWN_FUNCTION,
        code::NO_METHODS,
        code::NO_VARIABLES,
        code::NO_STATISTICS,
        code::NO_LAMBDAS,
    ]
    .contains(&code)
}

/// Why a document that is no pattern cannot stand for a macro or an exception.
fn not_an_expression(document: &Document) -> Option<(Range<usize>, &'static str)> {
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

struct Checker<'a> {
    vocabulary: &'a Vocabulary,
    limits: &'a Limits,
    faults: &'a mut Vec<Fault>,
    bindings: Vec<Arc<str>>,
    place: Place<'a>,
    macros: Vec<Arc<str>>,
    reported_macros: BTreeSet<Arc<str>>,
    nodes: usize,
    depth: usize,
    is_cut: bool,
    /// Inside the older `rule "name" when …`.
    in_rule: bool,
    /// Inside `always`, or below an odd number of `not`: what is false there may break the rule.
    breaks_if_false: bool,
    /// Fields of `not verified` in the present filter.
    denied: Vec<Field>,
}

/// Which text is being checked.
#[derive(Clone)]
struct Place<'a> {
    text: &'a str,
    origin: Origin,
    /// Inside a macro: how its use reads in the rule.
    shown: Option<Arc<str>>,
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
            place: Place {
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

    fn fault(&mut self, code: Code, range: Range<usize>, message: impl Into<String>) -> &mut Fault {
        let mut fault = Fault::new(code, range, message);
        fault.origin = self.place.origin.clone();
        let at = self.faults.len();
        self.faults.push(fault);
        &mut self.faults[at]
    }

    /// One level down; `None` where a limit is met.
    fn nested<R>(&mut self, node: &Node, check: impl FnOnce(&mut Self) -> Option<R>) -> Option<R> {
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
    fn text_of(&self, range: Range<usize>) -> Arc<str> {
        match &self.place.shown {
            Some(shown) => shown.clone(),
            None => folded(&self.place.text[range]).into(),
        }
    }

    /// The source of `node` as it stands.
    fn source(&self, node: &Node) -> String {
        folded(&self.place.text[node.range()])
    }

    /// Writes modern forms, with names quoted where something else is called the same.
    fn printer(&self) -> Printer<'_> {
        Printer::new(
            self.bindings.iter().map(|name| &**name).collect(),
            Some(self.vocabulary),
        )
    }

    fn binding(&self, name: &str) -> Option<BindingId> {
        let at = self.bindings.iter().position(|bound| **bound == *name)?;
        u8::try_from(at).ok().map(BindingId)
    }

    fn find_macro(&self, node: &Node) -> Option<(&'a Arc<str>, &'a Macro)> {
        match &node.bare().kind {
            NodeKind::Name(name) if self.binding(name).is_none() => {
                self.vocabulary.find_macro(name)
            }
            _ => None,
        }
    }

    /// `node` as it reads where its macros, if it is the name of one, are looked through.
    fn looked_through(&self, node: &'a Node) -> &'a Node {
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

    /// Checks a macro's text in place of its name.
    fn expanded<R>(
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
        self.place = Place {
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

    fn exception(&mut self, document: &'a Document) -> Option<Expr> {
        if let Some((range, message)) = not_an_expression(document) {
            self.fault(code::CLAUSES_HERE, range, message);
            return None;
        }
        match document {
            Document::Pattern(items) => self.condition(items.first()?),
            _ => None,
        }
    }
}

/// White space folded to single spaces, comments left out, quoted texts kept as they are.
pub(crate) fn folded(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut quote: Option<char> = None;
    let mut is_escaped = false;
    let mut signs = text.char_indices().peekable();
    let mut space = false;
    while let Some((at, sign)) = signs.next() {
        if let Some(mark) = quote {
            folded.push(sign);
            if is_escaped {
                is_escaped = false;
            } else if sign == '\\' {
                is_escaped = true;
            } else if sign == mark {
                quote = None;
            }
            continue;
        }
        if sign == '#' || text[at..].starts_with("//") {
            while signs.next_if(|(_, next)| *next != '\n').is_some() {}
            space = true;
        } else if sign.is_whitespace() {
            space = true;
        } else {
            if space && !folded.is_empty() {
                folded.push(' ');
            }
            space = false;
            if sign == '"' || sign == '\'' {
                quote = Some(sign);
            }
            folded.push(sign);
        }
    }
    folded
}
