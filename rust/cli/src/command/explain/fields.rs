//! What a rule reads of spans.

use std::collections::BTreeSet;

use betrace_lang::rule::{
    Base, Body, Expr, ExprKind, Field, GroupKey, Measure, Over, Quantity, Rule, Segment, Selector,
};

use crate::english::field::{Names, spelled};

/// Everything that the checked rule names.
#[derive(Debug, Default)]
pub struct Reads {
    /// As the language spells them.
    pub fields: BTreeSet<String>,
    /// Names by which spans are selected.
    pub span_names: BTreeSet<String>,
    /// Fields that are kept for each bound or related span until the trace is forgotten.
    pub has_members: bool,
}

impl Reads {
    #[must_use]
    pub fn of(rule: &Rule) -> Reads {
        let body = &rule.body;
        let mut walk = Walk {
            body,
            reads: Reads::default(),
        };
        for binding in &body.bindings {
            walk.reads.has_members = true;
            walk.selector(&binding.selector);
        }
        for expr in [&body.when, &body.never, &body.always]
            .into_iter()
            .flatten()
        {
            walk.expr(expr);
        }
        body.exceptions
            .iter()
            .for_each(|exception| walk.expr(exception));
        if let Some(over) = &body.over {
            walk.over(over);
        }
        for segment in rule.message.iter().flat_map(|message| &message.segments) {
            match segment {
                Segment::Bound { field, .. } | Segment::Shown { field, .. } => walk.field(field),
                Segment::Text(_) | Segment::Count | Segment::TraceId => {}
            }
        }
        walk.reads
    }
}

struct Walk<'r> {
    body: &'r Body,
    reads: Reads,
}

impl Walk<'_> {
    fn over(&mut self, over: &Over) {
        self.reads.has_members = true;
        let conditions = over.measure.conditions();
        if conditions.is_empty() {
            let selectors = over.measure.selectors();
            selectors.into_iter().for_each(|one| self.selector(one));
        }
        conditions.into_iter().for_each(|one| self.expr(one));
        over.by.iter().for_each(|field| self.field(field));
        let term = over.measure.term().map(|term| term.reads());
        term.into_iter()
            .flatten()
            .for_each(|field| self.field(field));
    }

    fn field(&mut self, field: &Field) {
        // What is read of a bound span is read of the spans that its selector selects.
        let own = match field {
            Field::Bound { field, .. } => field,
            own => own,
        };
        let spelled = spelled(own, Names(&self.body.bindings));
        self.reads.fields.insert(spelled);
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::And(parts) | ExprKind::Or(parts) => parts.iter().for_each(|p| self.expr(p)),
            ExprKind::Not(inner) => self.expr(inner),
            ExprKind::Exists(selector) => self.selector(selector),
            ExprKind::Compare { left, right, .. } => {
                self.measure(left);
                self.quantity(right);
            }
            ExprKind::CompareTotals { left, right, .. } => {
                for part in left.parts.iter().chain(&right.parts) {
                    self.quantity(&part.of);
                }
            }
            ExprKind::GroupCompare { measure, by, .. } => {
                self.measure(measure);
                self.keys(by);
            }
            ExprKind::Bound { filter, .. } => {
                for field in filter.iter().flat_map(|part| part.reads()) {
                    self.field(field);
                }
            }
            ExprKind::Trace(predicate) => {
                for field in predicate.reads() {
                    self.field(field);
                }
            }
        }
    }

    fn keys(&mut self, by: &[GroupKey]) {
        for key in by {
            match key {
                GroupKey::Field(field) => self.field(field),
                GroupKey::Parent => {
                    self.reads.fields.insert("span:parentID".to_owned());
                }
            }
        }
    }

    fn quantity(&mut self, quantity: &Quantity) {
        match quantity {
            Quantity::Measure { measure, .. } => self.measure(measure),
            Quantity::Term(term) => term.reads().into_iter().for_each(|one| self.field(one)),
            Quantity::Number(_) | Quantity::Duration(_) => {}
        }
    }

    fn measure(&mut self, measure: &Measure) {
        match measure {
            Measure::Count(selector)
            | Measure::Within { selector, .. }
            | Measure::Overlap(selector) => self.selector(selector),
            Measure::Of { selector, of, .. } => {
                self.selector(selector);
                of.reads().into_iter().for_each(|field| self.field(field));
            }
        }
    }

    fn selector(&mut self, selector: &Selector) {
        match selector {
            Selector::Bound(_) => {}
            Selector::Spans(spans) => {
                match &spans.base {
                    Base::Named(name) => {
                        self.reads.span_names.insert(name.to_string());
                    }
                    Base::Root | Base::Leaf => {
                        self.reads.fields.insert("span:parentID".to_owned());
                    }
                    Base::Any => {}
                }
                for predicate in spans.filter.iter().chain(&spans.trace) {
                    for field in predicate.reads() {
                        self.field(field);
                    }
                }
            }
            Selector::Related(related) => {
                self.reads.has_members = true;
                self.selector(&related.left);
                if related.relation.reads_parents() {
                    self.reads.fields.insert("span:parentID".to_owned());
                }
                self.keys(related.relation.by());
                for operand in related.relation.operands() {
                    self.selector(operand);
                }
            }
        }
    }
}
