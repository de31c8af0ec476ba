//! What checking any part of a text needs: its words, its faults, its limits, and its macros looked through.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::ops::Range;

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::condition::ast::{Document, Node};
use crate::condition::canonical::Printer;
use crate::condition::scan::SourceText;
use crate::condition::vocabulary::{FoundMacro, NOTHING, Vocabulary, Whose};
use crate::condition::written::Written;
use crate::diagnostic::fault::{Fault, Origin};
use crate::limits::Limits;
use crate::rule::{BindingId, Field, ItemScope, Name};

/// Trees deeper than this, macros expanded, are refused; one text alone cannot get there.
const MAX_DEPTH: usize = 256;
/// Macros inside macros.
pub(super) const MAX_MACRO_DEPTH: usize = 16;

/// Checks one text, whatever stands in it: the files beside this one add how each form is checked.
pub(super) struct Checker<'a> {
    pub vocabulary: &'a Vocabulary,
    pub limits: &'a Limits,
    pub faults: &'a mut Vec<Fault>,
    pub bindings: Vec<Name>,
    /// Of each bound span the name of the spans that it is one of, empty where it has none.
    pub bound_bases: Vec<Name>,
    pub place: SourceText<'a>,
    /// The other file whose macros are read now.
    home: Option<usize>,
    macros: Vec<Origin>,
    reported_macros: BTreeSet<Origin>,
    nodes: usize,
    depth: usize,
    is_cut: bool,
    /// What is doubtful is looked for; without it only faults that cost the rule count.
    pub doubts: bool,
    /// Inside the older `rule "name" when …`.
    pub in_rule: bool,
    /// Inside `always`, or below an odd number of `not`: what is false there may break the rule, and a span that is not
    /// selected is nowhere an excuse.
    pub breaks_if_false: bool,
    pub in_always: bool,
    /// Behind `every` or `some`: the left-hand side is an array, be it of a bound span.
    pub in_each: bool,
    /// Fields of `not verified` in the present filter.
    pub denied: Vec<Field>,
    /// The bound span that the present filter is of.
    pub subject: Option<Subject>,
    /// Inside `event.where( )` or `link.where( )`: fields are one event's or link's.
    pub item: Option<ItemScope>,
}

/// A bound span that a condition is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// `p.where(x == 3)`: fields stand without its name.
    Filtered(BindingId),
    /// `p.x == 3`: the comparison begins with its name.
    Named(BindingId),
}

impl Subject {
    pub fn binding(self) -> BindingId {
        match self {
            Subject::Filtered(binding) | Subject::Named(binding) => binding,
        }
    }
}

impl<'a> Checker<'a> {
    pub fn new(
        written: Written<'a>,
        vocabulary: &'a Vocabulary,
        limits: &'a Limits,
        faults: &'a mut Vec<Fault>,
    ) -> Checker<'a> {
        Checker {
            vocabulary,
            limits,
            faults,
            bindings: Vec::new(),
            bound_bases: Vec::new(),
            place: SourceText {
                text: written.text,
                written,
                origin: Origin::Here,
                shown: None,
                is_folded: OnceCell::new(),
            },
            home: None,
            macros: Vec::new(),
            reported_macros: BTreeSet::new(),
            nodes: 0,
            depth: 0,
            is_cut: false,
            doubts: true,
            in_rule: false,
            breaks_if_false: false,
            in_always: false,
            in_each: false,
            denied: Vec::new(),
            subject: None,
            item: None,
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

    /// One level down, to be followed by [`Checker::ascend`]; `None` where a limit is met.
    pub fn descend(&mut self, node: &Node) -> Option<()> {
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
        Some(())
    }

    pub fn ascend(&mut self) {
        self.depth -= 1;
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

    /// Checks a macro's text in place of its name.
    pub fn expanded<R>(
        &mut self,
        node: &Node,
        found: FoundMacro<'a>,
        check: impl FnOnce(&mut Self, &'a Node) -> Option<R>,
    ) -> Option<R> {
        let origin = self.origin_of(found);
        self.check_depth(node, found.name, &origin)?;
        let (document, faults) = found.text.document(self.limits);
        let is_faulty = faults.iter().any(Fault::is_error);
        if self.reported_macros.insert(origin.clone()) {
            for fault in faults {
                let mut fault = fault.clone();
                fault.origin = origin.clone();
                self.faults.push(fault);
            }
        }
        if let Some((_, message)) = not_an_expression(document) {
            let name = found.name;
            let message = format!("the macro `{name}` cannot be used: {message}");
            self.fault(code::CLAUSES_HERE, node.range(), message).help = Some(format!(
                "write in `{name}` the condition alone, and the clauses in the rule"
            ));
            return None;
        }
        let Document::Pattern(items) = document else {
            return None;
        };
        let only = items.first().filter(|_| !is_faulty)?;
        let outer = self.place.clone();
        self.place = SourceText {
            text: &found.text.text,
            written: (&*found.text.text).into(),
            origin: origin.clone(),
            shown: Some(self.place.shown(node.range())),
            is_folded: OnceCell::new(),
        };
        self.macros.push(origin);
        let own = self.set_aside(found.whose);
        let first = self.faults.len();
        // What ships asks spans: its bare names are attributes of no event.
        let is_of_item = self.item.is_some() && matches!(found.whose, Whose::Shipped);
        let checked = match self.descend(only) {
            Some(()) if is_of_item => {
                self.fault(code::FIELD_HERE, node.range(), "");
                self.ascend();
                None
            }
            Some(()) => {
                let checked = check(self, only);
                self.ascend();
                checked
            }
            None => None,
        };
        self.macros.pop();
        self.place = outer;
        self.take_back(own);
        if matches!(found.whose, Whose::Shipped) {
            self.place_shipped(node, found, first);
        }
        checked
    }

    fn origin_of(&self, found: FoundMacro<'a>) -> Origin {
        let name = found.name.clone();
        let file = match found.whose {
            Whose::Used(home) => Some(home.file),
            Whose::Shipped => None,
            Whose::Same => self.home,
        };
        match file {
            Some(file) => Origin::Used { file, name },
            None => Origin::Macro(name),
        }
    }

    /// `None` where a macro uses itself, or too many stand inside each other.
    fn check_depth(&mut self, node: &Node, name: &str, origin: &Origin) -> Option<()> {
        let is_cycle = self.macros.contains(origin);
        if !is_cycle && self.macros.len() < MAX_MACRO_DEPTH {
            return Some(());
        }
        let outer = self.macros.iter().filter_map(Origin::name);
        let path: Vec<&str> = outer.chain([name]).collect();
        let (code, message, help) = if is_cycle {
            (
                code::MACRO_CYCLE,
                format!("the macro `{name}` uses itself: {}", path.join(" → ")),
                "write in one of them, in place of the other's name, what is meant",
            )
        } else {
            (
                code::MACRO_LIMIT,
                format!("macros are used inside each other more than {MAX_MACRO_DEPTH} deep"),
                "write in one of them, in place of another's name, what that stands for",
            )
        };
        self.fault(code, node.range(), message).help = Some(help.into());
        None
    }

    /// The names with which a macro is read: those of its own file, and for one that ships none at all, be it of a
    /// bound span.
    fn set_aside(&mut self, whose: Whose<'a>) -> Aside<'a> {
        let mut aside = Aside {
            vocabulary: self.vocabulary,
            home: self.home,
            bound: None,
        };
        match whose {
            Whose::Same => {}
            Whose::Used(home) => {
                self.vocabulary = &home.vocabulary;
                self.home = Some(home.file);
            }
            Whose::Shipped => {
                self.vocabulary = &NOTHING;
                self.home = None;
                aside.bound = Some((
                    std::mem::take(&mut self.bindings),
                    std::mem::take(&mut self.bound_bases),
                ));
            }
        }
        aside
    }

    fn take_back(&mut self, aside: Aside<'a>) {
        self.vocabulary = aside.vocabulary;
        self.home = aside.home;
        if let Some(bound) = aside.bound {
            (self.bindings, self.bound_bases) = bound;
        }
    }

    /// What is wrong inside a macro that ships is wrong with its use, and no doubt about its text is the reader's.
    fn place_shipped(&mut self, node: &Node, found: FoundMacro<'a>, first: usize) {
        let inside = self.faults.split_off(first);
        let Some(error) = inside.into_iter().find(Fault::is_error) else {
            return;
        };
        if [code::MACRO_LIMIT, code::MACRO_CYCLE].contains(&error.code) {
            self.fault(error.code, node.range(), error.message).help = error.help;
            return;
        }
        let name = found.name;
        let is_bound = self.subject.is_some();
        let (message, help) = match found.text.selects_spans(self.limits) {
            _ if self.item.is_some() => {
                let item = self.item.map_or("", ItemScope::as_str);
                (
                    format!(
                        "inside `{item}.where(…)` stand the fields of one {item}, and `{name}` asks a span"
                    ),
                    format!("join it with `and`, outside: `{item}.where(…) and {name}`"),
                )
            }
            true if is_bound => (
                format!("`{name}` selects spans; what is asked of a bound span is a condition"),
                "bind the spans that it selects, or join them outside".to_owned(),
            ),
            true => (
                format!("`{name}` selects spans; here stands a condition on one span"),
                format!("ask it of the spans that it selects: `{name}.where(…)`"),
            ),
            false => (
                format!("`{name}` is a condition on one span, so it stands inside `where`"),
                format!("`any.where({name})`"),
            ),
        };
        self.fault(code::LIST_HERE, node.range(), message).help = Some(help);
    }
}

/// Bound spans: their names, and those of the spans that each is one of.
type BoundNames = (Vec<Name>, Vec<Name>);

/// Names that wait until a macro is read.
struct Aside<'a> {
    vocabulary: &'a Vocabulary,
    home: Option<usize>,
    bound: Option<BoundNames>,
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
        Document::Windows { head, .. } => Some((
            head.range.clone(),
            "a rule over many traces cannot stand here; here stands one condition",
        )),
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
