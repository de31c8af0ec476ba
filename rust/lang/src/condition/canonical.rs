//! The canonical text of a checked rule: complete, the same for every spelling of the same meaning,
//! and itself a condition that reads back as the same rule, but for the fields of a rule file, which are spelled out.

mod measure;
mod window;

use std::fmt::Write;

use crate::condition::spelling::{first_of, gap, is_plain, list, literal, quote};
use crate::condition::token::Function;
use crate::condition::vocabulary::Vocabulary;
use crate::rule::{
    Base, BindingId, Body, Expr, ExprKind, Field, GroupKey, ListSource, Operand, Predicate,
    Related, Relation, Scope, Selector, Term,
};

/// The canonical text of a body. Exceptions, which a condition cannot say, follow as `except { … }`.
#[must_use]
pub fn canonical(body: &Body) -> String {
    Printer::of(body).body(body)
}

/// Words that are a keyword or a value somewhere, and so are quoted as names, as functions are.
const WORDS: [&str; 36] = [
    "every", "some", "when", "each", "always", "never", "and", "or", "not", "in", "matches",
    "contains", "starts", "ends", "with", "by", "parent", "before", "after", "then", "within",
    "inside", "child", "sibling", "of", "linked", "to", "between", "next", "until", "as", "true",
    "false", "rule", "where", "is",
];

fn is_word(name: &str) -> bool {
    WORDS.contains(&name) || Function::named(name).is_some()
}

/// What a key that begins so would be read as being in.
fn is_prefix(word: &str) -> bool {
    word == "trace" || Scope::written(word).is_some()
}

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
        if let Some(over) = &body.over {
            return self.over(over);
        }
        if let (true, Some(never)) = (body.is_pattern && body.exceptions.is_empty(), &body.never) {
            return self.expr(never);
        }
        let mut clauses = Vec::new();
        if !body.bindings.is_empty() {
            let bound: Vec<String> = body
                .bindings
                .iter()
                .map(|binding| format!("{} as {}", self.selector(&binding.selector), binding.name))
                .collect();
            let mut each = bound.join(", ");
            if let Some(when) = &body.when {
                let _ = write!(each, " and {}", self.within_and(when));
            }
            clauses.push(format!("when each {{ {each} }}"));
        } else if let Some(when) = &body.when {
            clauses.push(format!("when {{ {} }}", self.expr(when)));
        }
        for exception in &body.exceptions {
            clauses.push(format!("except {{ {} }}", self.expr(exception)));
        }
        if let Some(always) = &body.always {
            clauses.push(format!("always {{ {} }}", self.expr(always)));
        }
        if let Some(never) = &body.never {
            let word = if body.is_pattern { "pattern" } else { "never" };
            clauses.push(format!("{word} {{ {} }}", self.expr(never)));
        }
        clauses.join("\n")
    }

    pub fn expr(&self, expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::And(parts) => joined(parts, " and ", |part| self.within_and(part)),
            ExprKind::Or(parts) => joined(parts, " or ", |part| self.within_or(part)),
            ExprKind::Not(inner) => match inner.kind {
                ExprKind::Exists(Selector::Spans(_)) | ExprKind::Bound { .. } => {
                    format!("not {}", self.expr(inner))
                }
                _ => format!("not ({})", self.expr(inner)),
            },
            ExprKind::Exists(selector) => self.selector(selector),
            ExprKind::Bound { binding, filter } => {
                self.filtered(self.bound(*binding).to_owned(), filter.iter())
            }
            ExprKind::Compare { left, op, right } => {
                format!(
                    "{} {} {}",
                    self.measure(left),
                    op.as_str(),
                    self.quantity(right)
                )
            }
            ExprKind::CompareTotals { left, op, right } => {
                let (left, right) = (self.total(left), self.total(right));
                format!("{left} {} {right}", op.as_str())
            }
            ExprKind::GroupCompare {
                measure,
                by,
                op,
                value,
            } => {
                let by = self.keys(by);
                let (measure, value) = (self.measure(measure), self.quantity(value));
                format!("{measure} by {by} {} {value}", op.as_str())
            }
            ExprKind::Trace(predicate) => self.predicate(predicate),
        }
    }

    fn within_and(&self, expr: &Expr) -> String {
        match expr.kind {
            ExprKind::Or(_) => format!("({})", self.expr(expr)),
            _ => self.expr(expr),
        }
    }

    fn within_or(&self, expr: &Expr) -> String {
        match expr.kind {
            ExprKind::And(_) => format!("({})", self.expr(expr)),
            _ => self.expr(expr),
        }
    }

    pub fn selector(&self, selector: &Selector) -> String {
        match selector {
            Selector::Bound(binding) => self.bound(*binding).to_owned(),
            // Behind its fields a comma would be read as one before another.
            Selector::Related(related) if !related.relation.by().is_empty() => {
                format!("({})", self.related(related))
            }
            Selector::Related(related) => self.related(related),
            Selector::Spans(spans) => {
                let text = match &spans.base {
                    Base::Any => "any".to_owned(),
                    Base::Root => "root".to_owned(),
                    Base::Leaf => "leaf".to_owned(),
                    Base::Named(name) => self.span_name(name),
                };
                self.filtered(text, spans.filter.iter().chain(&spans.trace))
            }
        }
    }

    /// The name of a bound span.
    fn bound(&self, binding: BindingId) -> &str {
        let name = self.bindings.get(usize::from(binding.0));
        name.copied().unwrap_or("?")
    }

    /// With all parts in one `.where( )`, if there are any.
    fn filtered<'p>(&self, mut text: String, parts: impl Iterator<Item = &'p Predicate>) -> String {
        let parts: Vec<&Predicate> = parts.collect();
        match parts.as_slice() {
            [] => {}
            [only] => {
                let _ = write!(text, ".where({})", self.predicate(only));
            }
            parts => {
                let filter = joined(parts, " and ", |part| self.predicate_within_and(part));
                let _ = write!(text, ".where({filter})");
            }
        }
        text
    }

    fn operand_selector(&self, selector: &Selector) -> String {
        match selector {
            Selector::Related(related) => format!("({})", self.related(related)),
            _ => self.selector(selector),
        }
    }

    fn related(&self, related: &Related) -> String {
        let right = |selector: &Selector| self.operand_selector(selector);
        let words = related.relation.words();
        let relation = match &related.relation {
            Relation::Between { from, to } => {
                format!("{words} {} and next {}", right(from), right(to))
            }
            Relation::AfterUntil { from, to } => {
                format!("{words} {} until next {}", right(from), right(to))
            }
            Relation::Echoing { right: of, by } => {
                format!("{words} {} by {}", right(of), self.keys(by))
            }
            relation => {
                let operands: Vec<String> = relation.operands().into_iter().map(right).collect();
                format!("{words} {}", operands.join(" "))
            }
        };
        let within = related.relation.within().map(gap).unwrap_or_default();
        format!(
            "{} {relation}{within}",
            self.operand_selector(&related.left)
        )
    }

    fn keys(&self, by: &[GroupKey]) -> String {
        joined(by, ", ", |key| match key {
            GroupKey::Parent => "parent".to_owned(),
            GroupKey::Field(field) => self.field(field),
        })
    }

    pub fn predicate(&self, predicate: &Predicate) -> String {
        match predicate {
            Predicate::And(parts) => joined(parts, " and ", |part| self.predicate_within_and(part)),
            Predicate::Or(parts) => joined(parts, " or ", |part| match part {
                Predicate::And(_) => format!("({})", self.predicate(part)),
                _ => self.predicate(part),
            }),
            Predicate::Not(inner) => match &**inner {
                Predicate::In { left, list } => {
                    format!("{} not in {}", self.term(left), self.list(list))
                }
                inner => format!("not ({})", self.predicate(inner)),
            },
            Predicate::Compare { left, op, right } => {
                format!(
                    "{} {} {}",
                    self.term(left),
                    op.as_str(),
                    self.operand(right)
                )
            }
            Predicate::In { left, list } => format!("{} in {}", self.term(left), self.list(list)),
            Predicate::Each { quantifier, of } => {
                format!("{} {}", quantifier.as_str(), self.predicate(of))
            }
            Predicate::Matches { left, pattern } => {
                format!("{} matches {}", self.term(left), quote(pattern))
            }
            Predicate::Text { op, left, right } => {
                format!(
                    "{} {} {}",
                    self.term(left),
                    op.as_str(),
                    self.operand(right)
                )
            }
            Predicate::Asks { test, field } => format!("{}({})", test.as_str(), self.field(field)),
            // Scoped fields are the item's own in there too, and need no care for words.
            Predicate::Item { scope, filter } => {
                format!("{}.where({})", scope.as_str(), self.predicate(filter))
            }
        }
    }

    fn predicate_within_and(&self, predicate: &Predicate) -> String {
        match predicate {
            Predicate::Or(_) => format!("({})", self.predicate(predicate)),
            _ => self.predicate(predicate),
        }
    }

    fn list(&self, source: &ListSource) -> String {
        match source {
            ListSource::Literals(values) => list(values),
            ListSource::Field(field) => self.field(field),
        }
    }

    fn operand(&self, operand: &Operand) -> String {
        match operand {
            Operand::Literal(value) => literal(value),
            Operand::Term(term) => self.term(term),
        }
    }

    pub(super) fn term(&self, term: &Term) -> String {
        match term {
            Term::Field(field) => self.field(field),
            Term::As { field, unit } => format!("{} as {}", self.field(field), unit.as_str()),
            Term::Lower(field) => format!("lower({})", self.field(field)),
            Term::Length(field) => format!("length({})", self.field(field)),
            Term::Add(parts) => {
                format!("{} + {}", self.operand(&parts.0), self.operand(&parts.1))
            }
            Term::Subtract(parts) => {
                format!("{} - {}", self.operand(&parts.0), self.operand(&parts.1))
            }
        }
    }

    pub fn field(&self, field: &Field) -> String {
        match field {
            Field::Intrinsic(intrinsic) => intrinsic.as_str().to_owned(),
            // A condition can only name it; its meaning is what it stands for.
            Field::FirstOf(field) if self.vocabulary.is_some() => field.name.to_string(),
            Field::FirstOf(field) => first_of(field),
            Field::Bound { binding, field } => {
                let name = self.bound(*binding);
                match &**field {
                    Field::Attribute {
                        scope: Scope::SpanThenResource,
                        key,
                    } => {
                        let first = key.split('.').next().unwrap_or_default();
                        if is_plain(key) && !(is_prefix(first) && key.contains('.')) {
                            format!("{name}.{key}")
                        } else {
                            format!("{name}.{}", quote(key))
                        }
                    }
                    inner => format!("{name}.{}", self.field(inner)),
                }
            }
            Field::Attribute { scope, key } => {
                if *scope == Scope::SpanThenResource {
                    return self.plain_key(key);
                }
                let prefix = scope.as_str();
                if is_plain(key) && &**key != "attributes" {
                    format!("{prefix}.{key}")
                } else {
                    format!("{prefix}.{}", quote(key))
                }
            }
        }
    }

    /// An attribute that is looked for in span and resource.
    fn plain_key(&self, key: &str) -> String {
        let first = key.split('.').next().unwrap_or_default();
        let is_scoped = key.contains('.') && is_prefix(first);
        if is_plain(key) && !is_scoped && !is_word(key) && !self.is_taken(key) {
            key.to_owned()
        } else {
            quote(key)
        }
    }

    fn span_name(&self, name: &str) -> String {
        let is_reserved = matches!(name, "any" | "root" | "leaf" | "trace.has" | "trace.count")
            || name.starts_with("trace.spans")
            || name.ends_with(".where")
            || matches!(name, "span.attributes" | "resource.attributes");
        if is_plain(name) && !is_reserved && !is_word(name) && !self.is_taken(name) {
            name.to_owned()
        } else {
            quote(name)
        }
    }

    fn is_taken(&self, name: &str) -> bool {
        let first = name.split('.').next().unwrap_or_default();
        self.bindings.contains(&name)
            || self.bindings.contains(&first)
            || self
                .vocabulary
                .is_some_and(|vocabulary| vocabulary.kind_of(name).is_some())
    }
}

fn joined<T>(parts: &[T], join: &str, print: impl Fn(&T) -> String) -> String {
    parts.iter().map(print).collect::<Vec<_>>().join(join)
}
