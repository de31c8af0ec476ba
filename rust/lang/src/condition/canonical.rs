//! The canonical text of a checked rule: complete, the same for every spelling of the same meaning,
//! and itself a condition that reads back as the same rule, but for the fields of a rule file, which are spelled out.

mod measure;
mod predicate;
mod window;

use crate::condition::spelling::{is_plain, push_gap, push_quoted};
use crate::condition::token::Function;
use crate::condition::vocabulary::Vocabulary;
use crate::rule::{
    Base, BindingId, Body, Expr, ExprKind, Field, GroupKey, Predicate, Related, Relation, Scope,
    Selector,
};

/// The canonical text of a body. Exceptions, which a condition cannot say, follow as `except { … }`.
#[must_use]
pub fn canonical(body: &Body) -> String {
    let mut text = String::with_capacity(USUAL_BYTES);
    push_canonical(&mut text, body);
    text
}

/// Writes the canonical text behind what is there.
pub(crate) fn push_canonical(out: &mut String, body: &Body) {
    Printer::of(body).push_body(out, body);
}

/// What most rules come to.
pub(crate) const USUAL_BYTES: usize = 256;

/// Words that are a keyword or a value somewhere, and so are quoted as names, as functions are.
fn is_word(name: &str) -> bool {
    let is_keyword = matches!(
        name,
        "every"
            | "some"
            | "when"
            | "each"
            | "always"
            | "never"
            | "and"
            | "or"
            | "not"
            | "in"
            | "matches"
            | "contains"
            | "starts"
            | "ends"
            | "with"
            | "by"
            | "parent"
            | "before"
            | "after"
            | "then"
            | "within"
            | "inside"
            | "child"
            | "sibling"
            | "of"
            | "linked"
            | "to"
            | "between"
            | "next"
            | "until"
            | "as"
            | "true"
            | "false"
            | "rule"
            | "where"
            | "is"
    );
    is_keyword || Function::named(name).is_some()
}

/// What a key that begins so would be read as being in.
fn is_prefix(word: &str) -> bool {
    word == "trace" || Scope::written(word).is_some()
}

/// Writes meanings as text. What is written goes behind what was written before it, so that a rule takes one piece of
/// memory however many parts it has.
pub(crate) struct Printer<'a> {
    bindings: Vec<&'a str>,
    vocabulary: Option<&'a Vocabulary>,
}

impl<'a> Printer<'a> {
    /// Of what stands in `body`.
    pub fn of(body: &'a Body) -> Printer<'a> {
        let bindings = body.bindings.iter();
        Printer::new(bindings.map(|one| one.name.as_str()).collect(), None)
    }

    pub fn new(bindings: Vec<&'a str>, vocabulary: Option<&'a Vocabulary>) -> Printer<'a> {
        Printer {
            bindings,
            vocabulary,
        }
    }

    pub fn body(&self, body: &Body) -> String {
        text(|out| self.push_body(out, body))
    }

    pub fn expr(&self, expr: &Expr) -> String {
        text(|out| self.push_expr(out, expr))
    }

    pub fn selector(&self, selector: &Selector) -> String {
        text(|out| self.push_selector(out, selector))
    }

    pub fn predicate(&self, predicate: &Predicate) -> String {
        text(|out| self.push_predicate(out, predicate))
    }

    pub fn field(&self, field: &Field) -> String {
        text(|out| self.push_field(out, field))
    }

    pub fn push_body(&self, out: &mut String, body: &Body) {
        if let Some(over) = &body.over {
            return self.push_over(out, over);
        }
        if let (true, Some(never)) = (body.is_pattern && body.exceptions.is_empty(), &body.never) {
            return self.push_expr(out, never);
        }
        let begin = out.len();
        if !body.bindings.is_empty() {
            self.push_when_each(out, body);
        } else if let Some(when) = &body.when {
            self.push_clause(out, begin, "when", when);
        }
        for exception in &*body.exceptions {
            self.push_clause(out, begin, "except", exception);
        }
        if let Some(always) = &body.always {
            self.push_clause(out, begin, "always", always);
        }
        if let Some(never) = &body.never {
            let word = if body.is_pattern { "pattern" } else { "never" };
            self.push_clause(out, begin, word, never);
        }
    }

    fn push_when_each(&self, out: &mut String, body: &Body) {
        out.push_str("when each { ");
        for (index, binding) in body.bindings.iter().enumerate() {
            if index > 0 {
                out.push_str(", ");
            }
            self.push_selector(out, &binding.selector);
            out.push_str(" as ");
            out.push_str(&binding.name);
        }
        if let Some(when) = &body.when {
            out.push_str(" and ");
            self.push_within_and(out, when);
        }
        out.push_str(" }");
    }

    /// One clause, on a line of its own; those of the body begin at `begin`.
    fn push_clause(&self, out: &mut String, begin: usize, word: &str, condition: &Expr) {
        if out.len() > begin {
            out.push('\n');
        }
        out.push_str(word);
        out.push_str(" { ");
        self.push_expr(out, condition);
        out.push_str(" }");
    }

    pub fn push_expr(&self, out: &mut String, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(parts) => push_joined(out, parts, " and ", |out, part| {
                self.push_within_and(out, part);
            }),
            ExprKind::Or(parts) => push_joined(out, parts, " or ", |out, part| match part.kind {
                ExprKind::And(_) => enclosed(out, |out| self.push_expr(out, part)),
                _ => self.push_expr(out, part),
            }),
            ExprKind::Not(inner) => {
                out.push_str("not ");
                match inner.kind {
                    ExprKind::Exists(Selector::Spans(_)) | ExprKind::Bound { .. } => {
                        self.push_expr(out, inner);
                    }
                    _ => enclosed(out, |out| self.push_expr(out, inner)),
                }
            }
            ExprKind::Exists(selector) => self.push_selector(out, selector),
            ExprKind::Bound { binding, filter } => {
                out.push_str(self.bound(*binding));
                self.push_filter(out, filter.iter());
            }
            ExprKind::Compare { left, op, right } => {
                self.push_measure(out, left);
                push_between(out, op.as_str());
                self.push_quantity(out, right);
            }
            ExprKind::CompareTotals { left, op, right } => {
                self.push_total(out, left);
                push_between(out, op.as_str());
                self.push_total(out, right);
            }
            ExprKind::GroupCompare {
                measure,
                by,
                op,
                value,
            } => {
                self.push_measure(out, measure);
                out.push_str(" by ");
                self.push_keys(out, by);
                push_between(out, op.as_str());
                self.push_quantity(out, value);
            }
            ExprKind::Trace(predicate) => self.push_predicate(out, predicate),
        }
    }

    fn push_within_and(&self, out: &mut String, expr: &Expr) {
        match expr.kind {
            ExprKind::Or(_) => enclosed(out, |out| self.push_expr(out, expr)),
            _ => self.push_expr(out, expr),
        }
    }

    pub fn push_selector(&self, out: &mut String, selector: &Selector) {
        match selector {
            Selector::Bound(binding) => out.push_str(self.bound(*binding)),
            // Behind its fields a comma would be read as one before another.
            Selector::Related(related) if !related.relation.by().is_empty() => {
                enclosed(out, |out| self.push_related(out, related));
            }
            Selector::Related(related) => self.push_related(out, related),
            Selector::Spans(spans) => {
                match &spans.base {
                    Base::Any => out.push_str("any"),
                    Base::Root => out.push_str("root"),
                    Base::Leaf => out.push_str("leaf"),
                    Base::Named(name) => self.push_span_name(out, name),
                }
                self.push_filter(out, spans.filter.iter().chain(&spans.trace));
            }
        }
    }

    /// The name of a bound span.
    fn bound(&self, binding: BindingId) -> &str {
        let name = self.bindings.get(usize::from(binding.0));
        name.copied().unwrap_or("?")
    }

    /// All parts in one `.where( )`, if there are any.
    fn push_filter<'p>(
        &self,
        out: &mut String,
        parts: impl Iterator<Item = &'p Predicate> + Clone,
    ) {
        let is_alone = parts.clone().nth(1).is_none();
        for (index, part) in parts.clone().enumerate() {
            out.push_str(if index == 0 { ".where(" } else { " and " });
            match is_alone {
                true => self.push_predicate(out, part),
                false => self.push_predicate_within_and(out, part),
            }
        }
        if parts.count() > 0 {
            out.push(')');
        }
    }

    fn push_operand_selector(&self, out: &mut String, selector: &Selector) {
        match selector {
            Selector::Related(related) => enclosed(out, |out| self.push_related(out, related)),
            _ => self.push_selector(out, selector),
        }
    }

    fn push_related(&self, out: &mut String, related: &Related) {
        self.push_operand_selector(out, &related.left);
        push_between(out, related.relation.words());
        match &related.relation {
            Relation::Between { from, to } => {
                self.push_operand_selector(out, from);
                out.push_str(" and next ");
                self.push_operand_selector(out, to);
            }
            Relation::AfterUntil { from, to } => {
                self.push_operand_selector(out, from);
                out.push_str(" until next ");
                self.push_operand_selector(out, to);
            }
            Relation::Echoing { right, by } => {
                self.push_operand_selector(out, right);
                out.push_str(" by ");
                self.push_keys(out, by);
            }
            relation => push_joined(out, relation.operands(), " ", |out, operand| {
                self.push_operand_selector(out, operand);
            }),
        }
        if let Some(gap) = related.relation.within() {
            push_gap(out, gap);
        }
    }

    fn push_keys(&self, out: &mut String, by: &[GroupKey]) {
        push_joined(out, by, ", ", |out, key| match key {
            GroupKey::Parent => out.push_str("parent"),
            GroupKey::Field(field) => self.push_field(out, field),
        });
    }

    fn push_span_name(&self, out: &mut String, name: &str) {
        let is_reserved = matches!(name, "any" | "root" | "leaf" | "trace.has" | "trace.count")
            || name.starts_with("trace.spans")
            || name.ends_with(".where")
            || matches!(name, "span.attributes" | "resource.attributes");
        if is_plain(name) && !is_reserved && !is_word(name) && !self.is_taken(name) {
            out.push_str(name);
        } else {
            push_quoted(out, name);
        }
    }

    fn is_taken(&self, name: &str) -> bool {
        let is_bound = || {
            let first = first_segment(name);
            self.bindings.contains(&name) || self.bindings.contains(&first)
        };
        !self.bindings.is_empty() && is_bound()
            || self
                .vocabulary
                .is_some_and(|vocabulary| vocabulary.kind_of(name).is_some())
    }
}

/// What stands before the first dot.
fn first_segment(name: &str) -> &str {
    let dot = memchr::memchr(b'.', name.as_bytes());
    &name[..dot.unwrap_or(name.len())]
}

/// What is written as a text of its own.
fn text(push: impl FnOnce(&mut String)) -> String {
    let mut out = String::new();
    push(&mut out);
    out
}

fn enclosed(out: &mut String, push: impl FnOnce(&mut String)) {
    out.push('(');
    push(out);
    out.push(')');
}

/// An operator between its operands.
fn push_between(out: &mut String, operator: &str) {
    out.push(' ');
    out.push_str(operator);
    out.push(' ');
}

fn push_joined<T>(
    out: &mut String,
    parts: impl IntoIterator<Item = T>,
    join: &str,
    push: impl Fn(&mut String, T),
) {
    for (index, part) in parts.into_iter().enumerate() {
        if index > 0 {
            out.push_str(join);
        }
        push(out, part);
    }
}
