//! Selectors of a rule as members, relations and masks of bound spans.

use betrace_lang::rule::{Field, Operand, Predicate, Related, Relation, Selector, SpanSelector};

use crate::matcher::ids::SelectorId;
use crate::plan::compile::Compiler;
use crate::plan::{
    Against, ConditionKind, FeedKind, Measuring, Node, NodeKind, RelationPlan, Selecting,
};
use crate::predicate::PatternError;

impl Compiler<'_> {
    /// The members of a selector, and the span selectors from which they come.
    pub fn node(&mut self, selector: &Selector) -> Result<(Node, Vec<SelectorId>), PatternError> {
        let (kind, mask, leaves) = match selector {
            Selector::Bound(binding) => {
                let binding = usize::from(binding.0);
                let leaves = self.rule.bound.get(binding).cloned().unwrap_or_default();
                (NodeKind::Bound(binding), 1 << binding, leaves)
            }
            Selector::Spans(spans) => self.spans(spans)?,
            Selector::Related(related) => self.related(related)?,
        };
        let memo = self.rule.memos;
        self.rule.memos += 1;
        Ok((Node { memo, mask, kind }, leaves))
    }

    fn spans(
        &mut self,
        spans: &SpanSelector,
    ) -> Result<(NodeKind, u8, Vec<SelectorId>), PatternError> {
        let (bound, fixed): (Vec<Predicate>, Vec<Predicate>) =
            spans.filter.iter().cloned().partition(reads_bound);
        let (selector, records) = self.feed(spans, &fixed, "records", FeedKind::Records)?;
        let mut filter = Vec::with_capacity(bound.len());
        let mut mask = 0;
        for part in &bound {
            filter.push(self.draft.builder.predicate(part)?);
            for field in fields(part) {
                match field {
                    Field::Bound { binding, field } => {
                        mask |= 1 << binding.0;
                        self.project_bound(usize::from(binding.0), field);
                    }
                    field => self.project(&[selector], field),
                }
            }
        }
        let trace = self.trace_tests(&spans.trace)?;
        Ok((
            NodeKind::Spans {
                records,
                filter,
                trace,
            },
            mask,
            vec![selector],
        ))
    }

    fn related(
        &mut self,
        related: &Related,
    ) -> Result<(NodeKind, u8, Vec<SelectorId>), PatternError> {
        let (left, leaves) = self.node(&related.left)?;
        let mut mask = left.mask;
        let mut operand = |compiler: &mut Self, selector: &Selector| {
            let node = compiler.node(selector)?.0;
            mask |= node.mask;
            Ok::<Node, PatternError>(node)
        };
        let relation = match &related.relation {
            Relation::Before { right, within } => RelationPlan::Before {
                right: operand(self, right)?,
                within: *within,
            },
            Relation::After { right, within } => RelationPlan::After {
                right: operand(self, right)?,
                within: *within,
            },
            Relation::Then { right, within } => RelationPlan::Then {
                right: operand(self, right)?,
                within: *within,
            },
            Relation::Inside { right } => {
                let right = operand(self, right)?;
                self.draft.structure = true;
                RelationPlan::Inside { right }
            }
            Relation::ChildOf { right } => {
                let right = operand(self, right)?;
                self.draft.structure = true;
                RelationPlan::ChildOf { right }
            }
            Relation::SiblingOf { right } => RelationPlan::SiblingOf {
                right: operand(self, right)?,
            },
            Relation::Between { from, to } => RelationPlan::Between {
                from: operand(self, from)?,
                to: operand(self, to)?,
            },
            Relation::AfterUntil { from, to } => RelationPlan::AfterUntil {
                from: operand(self, from)?,
                to: operand(self, to)?,
            },
        };
        let kind = NodeKind::Related {
            left: Box::new(left),
            relation: Box::new(relation),
        };
        Ok((kind, mask, leaves))
    }
}

/// A selector that numbers alone can answer for.
pub(crate) fn counted(selector: &Selector) -> Option<&SpanSelector> {
    match selector {
        Selector::Spans(spans) if !spans.filter.iter().any(reads_bound) => Some(spans),
        _ => None,
    }
}

fn reads_bound(predicate: &Predicate) -> bool {
    fields(predicate)
        .iter()
        .any(|field| matches!(field, Field::Bound { .. }))
}

fn fields(predicate: &Predicate) -> Vec<&Field> {
    let mut found = Vec::new();
    let mut left = vec![predicate];
    while let Some(predicate) = left.pop() {
        match predicate {
            Predicate::And(parts) | Predicate::Or(parts) => left.extend(parts),
            Predicate::Not(inner) => left.push(inner),
            Predicate::Compare { field, value, .. } | Predicate::Text { field, value, .. } => {
                found.push(field);
                if let Operand::Field(field) = value {
                    found.push(field);
                }
            }
            Predicate::In { field, .. }
            | Predicate::Matches { field, .. }
            | Predicate::Exists(field)
            | Predicate::Missing(field) => found.push(field),
        }
    }
    found
}

pub(crate) fn mask(kind: &ConditionKind) -> u8 {
    let selecting = |selecting: &Selecting| match selecting {
        Selecting::Counted { .. } => 0,
        Selecting::Members(node) => node.mask,
    };
    let measure = |measure: &Measuring| match measure {
        Measuring::Count(of) | Measuring::Of { selecting: of, .. } => selecting(of),
    };
    match kind {
        ConditionKind::And(parts) | ConditionKind::Or(parts) => {
            parts.iter().fold(0, |mask, part| mask | part.mask)
        }
        ConditionKind::Not(inner) => inner.mask,
        ConditionKind::Exists(of) | ConditionKind::Groups { selecting: of, .. } => selecting(of),
        ConditionKind::Compare { left, right, .. } => {
            measure(left)
                | match right {
                    Against::Value(_) => 0,
                    Against::Measure { measure: of, .. } => measure(of),
                }
        }
        ConditionKind::Trace(_) => 0,
    }
}
