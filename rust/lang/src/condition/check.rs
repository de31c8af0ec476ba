//! From a tree to meaning: names are resolved, literals typed, macros and lists expanded, and every
//! shape that the language refuses is refused with what to write instead. All faults of a text are
//! reported, not just the first.

//!
//! [`checker`] walks the tree; [`clauses`] are of conditions ([`condition`]) and of spans that are bound ([`binding`]); conditions are of bound spans ([`bound`]), selectors
//! ([`selector`], [`order`]) and measures ([`measure`], [`group`], compared with [`quantity`]), selectors of predicates ([`predicate`]), predicates of a field
//! ([`field`], [`intrinsic`], [`item`]), perhaps computed with ([`term`], [`kind`]) or an array ([`each`]), and a value ([`operand`], [`literal`], [`pattern`]). [`older`] says what older spellings
//! mean now.

mod alternatives;
mod binding;
mod bound;
mod checker;
mod clauses;
mod condition;
mod doubt;
mod each;
mod elsewhere;
mod field;
mod form;
mod group;
mod hidden;
mod intrinsic;
mod item;
mod kind;
mod literal;
mod measure;
pub(crate) mod notation;
mod numeric;
mod older;
mod operand;
mod order;
mod pattern;
mod predicate;
mod quantity;
mod refusal;
mod selector;
mod settle;
mod share;
mod subject;
mod term;
mod total;
mod wildcard;
mod window;

use crate::codes::conditions as code;
pub(crate) use crate::condition::check::field::like_intrinsic;

use crate::condition::check::checker::{Checker, not_an_expression};
use crate::condition::check::settle::settle;
use crate::condition::lint;
use crate::condition::parse::parse;
use crate::condition::suggest::improve;
use crate::condition::vocabulary::Vocabulary;
use crate::condition::written::Written;
use crate::diagnostic::fault::Fault;
use crate::limits::Limits;
use crate::rule::{Body, Expr};

/// Checks the condition of a rule: a pattern or clauses. `None` where an error was found; warnings
/// and notes leave it whole. The body has no exceptions yet.
pub fn check_condition(
    text: &str,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Option<Body> {
    check_written_condition(text.into(), vocabulary, limits, faults)
}

/// As [`check_condition`], of a text that may stand in a file.
pub(crate) fn check_written_condition(
    text: Written<'_>,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Option<Body> {
    let first = faults.len();
    let body = checked_condition(text, vocabulary, limits, faults, true);
    improve(text.text, faults, first, &|text, doubts| {
        let mut faults = Vec::new();
        checked_condition(text.into(), vocabulary, limits, &mut faults, doubts);
        faults
    });
    body
}

/// As [`check_condition`], for those who want to know what it means: the faults say whether it cannot be used, and otherwise
/// not all that is doubtful, nor what to write instead.
pub(crate) fn understood_condition(
    text: Written<'_>,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Option<Body> {
    checked_condition(text, vocabulary, limits, faults, false)
}

/// As [`check_condition`], without a second look at suggestions; without `doubts`, as [`understood_condition`].
fn checked_condition(
    text: Written<'_>,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
    doubts: bool,
) -> Option<Body> {
    let first = faults.len();
    let document = parse(text, limits, faults);
    let mut checker = Checker::new(text, vocabulary, limits, faults);
    checker.doubts = doubts;
    let body = checker.body(&document);
    if let Some(body) = body.as_ref().filter(|_| doubts) {
        lint::body(text.text, &document, body, vocabulary, faults);
    }
    settle(faults, first);
    // Handed on as it is: a body is large.
    if faults[first..].iter().any(Fault::is_error) {
        return None;
    }
    body
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
    check_written_exception(text.into(), body, vocabulary, limits, faults)
}

/// As [`check_exception`], of a text that may stand in a file.
pub(crate) fn check_written_exception(
    text: Written<'_>,
    body: &Body,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Option<Expr> {
    let first = faults.len();
    let expr = checked_exception(text, body, vocabulary, limits, faults);
    improve(text.text, faults, first, &|text, _| {
        let mut faults = Vec::new();
        checked_exception(text.into(), body, vocabulary, limits, &mut faults);
        faults
    });
    expr
}

fn checked_exception(
    text: Written<'_>,
    body: &Body,
    vocabulary: &Vocabulary,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) -> Option<Expr> {
    let first = faults.len();
    if body.over.is_some() {
        let message = "a rule over many traces has no exceptions";
        let fault = Fault::new(code::WINDOW_CLAUSE, 0..text.text.len(), message);
        faults.push(fault.help("say in its measure what a trace or a span has to be to count"));
        return None;
    }
    let document = parse(text, limits, faults);
    let mut checker = Checker::new(text, vocabulary, limits, faults);
    let names = body
        .bindings
        .iter()
        .map(|binding| binding.name.as_str().into());
    checker.bindings = names.collect();
    let expr = checker.exception(&document);
    settle(faults, first);
    expr.filter(|_| !faults[first..].iter().any(Fault::is_error))
}

/// Checks the form of a macro's text. What it means is checked where it is used.
pub fn check_macro(text: &str, limits: &Limits, faults: &mut Vec<Fault>) {
    let first = faults.len();
    checked_macro(text, limits, faults);
    improve(text, faults, first, &|text, _| {
        let mut faults = Vec::new();
        checked_macro(text, limits, &mut faults);
        faults
    });
}

fn checked_macro(text: &str, limits: &Limits, faults: &mut Vec<Fault>) {
    let first = faults.len();
    let document = parse(text.into(), limits, faults);
    if let Some((range, message)) = not_an_expression(&document) {
        faults.push(Fault::new(code::CLAUSES_HERE, range, message));
    }
    settle(faults, first);
}
