//! Checked rules for tests, built without the language.

use std::sync::Arc;

use betrace_lang::rule::{
    Aggregate, Base, Binding, BindingId, Body, CompareOp, Expr, ExprKind, Field, MeaningHash,
    Measure, Number, Operand, Predicate, Quantity, Related, Relation, Rule, RuleId, Scope,
    Selector, Severity, SpanSelector,
};

pub(crate) fn named(name: &str) -> Selector {
    filtered(name, Vec::new())
}

pub(crate) fn filtered(name: &str, filter: Vec<Predicate>) -> Selector {
    Selector::Spans(SpanSelector {
        base: match name {
            "any" => Base::Any,
            "root" => Base::Root,
            name => Base::Named(name.into()),
        },
        filter,
        trace: Vec::new(),
    })
}

pub(crate) fn bound(binding: u8) -> Selector {
    Selector::Bound(BindingId(binding))
}

pub(crate) fn related(left: Selector, relation: Relation) -> Selector {
    Selector::Related(Box::new(Related { left, relation }))
}

pub(crate) fn then(left: Selector, right: Selector) -> Selector {
    let within = None;
    related(left, Relation::Then { right, within })
}

pub(crate) fn inside(left: Selector, right: Selector) -> Selector {
    related(left, Relation::Inside { right })
}

pub(crate) fn attribute(key: &str) -> Field {
    Field::Attribute {
        scope: Scope::SpanThenResource,
        key: key.into(),
    }
}

pub(crate) fn compare(field: Field, op: CompareOp, value: Operand) -> Predicate {
    Predicate::Compare { field, op, value }
}

pub(crate) fn bound_field(binding: u8, key: &str) -> Operand {
    Operand::Field(Field::Bound {
        binding: BindingId(binding),
        field: Box::new(attribute(key)),
    })
}

pub(crate) fn expr(kind: ExprKind, text: &str) -> Expr {
    Expr {
        kind,
        text: text.into(),
    }
}

pub(crate) fn has(selector: Selector) -> Expr {
    let text = match &selector {
        Selector::Spans(SpanSelector {
            base: Base::Named(name),
            ..
        }) => name.to_string(),
        _ => "selector".to_owned(),
    };
    expr(ExprKind::Exists(selector), &text)
}

pub(crate) fn not(inner: Expr) -> Expr {
    let text = format!("not {}", inner.text);
    expr(ExprKind::Not(Box::new(inner)), &text)
}

pub(crate) fn all(parts: Vec<Expr>) -> Expr {
    let text: Vec<&str> = parts.iter().map(|part| &*part.text).collect();
    let text = text.join(" and ");
    expr(ExprKind::And(parts), &text)
}

pub(crate) fn any(parts: Vec<Expr>) -> Expr {
    let text: Vec<&str> = parts.iter().map(|part| &*part.text).collect();
    let text = text.join(" or ");
    expr(ExprKind::Or(parts), &text)
}

pub(crate) fn count(selector: Selector, op: CompareOp, value: i128) -> Expr {
    measured(Measure::Count(selector), op, value)
}

pub(crate) fn measured(left: Measure, op: CompareOp, value: i128) -> Expr {
    let right = Quantity::Number(Number::Int(value));
    expr(ExprKind::Compare { left, op, right }, "measure")
}

pub(crate) fn of(function: Aggregate, selector: Selector, key: &str) -> Measure {
    Measure::Of {
        function,
        selector,
        field: attribute(key),
    }
}

/// A rule without clauses.
pub(crate) fn rule(id: &str) -> Rule {
    Rule {
        id: RuleId(id.into()),
        name: None,
        description: None,
        severity: Severity::High,
        enabled: true,
        tags: Vec::new(),
        compliance: Vec::new(),
        message: None,
        body: Body {
            bindings: Vec::new(),
            when: None,
            exceptions: Vec::new(),
            never: None,
            always: None,
            is_pattern: false,
        },
        hash: MeaningHash([0; 16]),
    }
}

/// Clauses, one after another.
pub(crate) trait Clauses: Sized {
    fn body(&mut self) -> &mut Body;

    fn when(mut self, expr: Expr) -> Self {
        self.body().when = Some(expr);
        self
    }

    fn each(mut self, name: &str, selector: Selector) -> Self {
        self.body().bindings.push(Binding {
            name: name.to_owned(),
            selector,
        });
        self
    }

    fn always(mut self, expr: Expr) -> Self {
        self.body().always = Some(expr);
        self
    }

    fn never(mut self, expr: Expr) -> Self {
        self.body().never = Some(expr);
        self
    }

    fn except(mut self, expr: Expr) -> Self {
        self.body().exceptions.push(expr);
        self
    }
}

impl Clauses for Rule {
    fn body(&mut self) -> &mut Body {
        &mut self.body
    }
}

pub(crate) fn set(rules: Vec<Rule>) -> Vec<Arc<Rule>> {
    rules.into_iter().map(Arc::new).collect()
}
