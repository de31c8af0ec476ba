//! Selectors: which spans, how surely, and whether more may come.

use std::collections::BTreeSet;
use std::rc::Rc;

use betrace_lang::rule::{Base, Expr, Related, Relation, Rule, Selector, SpanSelector};

use super::{Bound, Trace, Truth};

/// What a selector selects.
pub struct Selection {
    /// Indices of spans that are selected surely (`True`) or perhaps (`Open`); never `False`.
    pub members: Vec<(usize, Truth)>,
    /// May a span that has not come yet be selected?
    pub more: Truth,
}

/// How a left span stands to what was selected on the right.
type Stands<'s> = Box<dyn Fn(usize) -> Truth + 's>;

impl Selection {
    #[must_use]
    pub fn exists(&self) -> Truth {
        Truth::any(self.members.iter().map(|member| member.1)).or(self.more)
    }

    /// The members but for some spans: the spans of a pair are distinct.
    pub fn others<const N: usize>(&self, but: [usize; N]) -> impl Iterator<Item = (usize, Truth)> {
        let members = self.members.iter().copied();
        members.filter(move |(span, _)| !but.contains(span))
    }

    /// How surely a span is a member.
    pub fn has(&self, span: usize) -> Truth {
        let member = self.members.iter().find(|(member, _)| *member == span);
        member.map_or(Truth::False, |member| member.1)
    }
}

/// The selectors that name no bound span, of a rule that binds some, by where they stand.
pub fn unbound(rule: &Rule) -> BTreeSet<usize> {
    fn gather(selector: &Selector, all: &mut BTreeSet<usize>) {
        if !format!("{selector:?}").contains("BindingId(") {
            all.insert(address(selector));
        }
        if let Selector::Related(related) = selector {
            gather(&related.left, all);
            for operand in related.relation.operands() {
                gather(operand, all);
            }
        }
    }
    let (body, mut all) = (&rule.body, BTreeSet::new());
    let clauses = [&body.when, &body.never, &body.always]
        .into_iter()
        .flatten();
    let of_clauses = clauses.chain(&*body.exceptions).flat_map(Expr::selectors);
    let of_bindings = body.bindings.iter().map(|binding| &binding.selector);
    if !body.bindings.is_empty() {
        of_clauses
            .chain(of_bindings)
            .for_each(|one| gather(one, &mut all));
    }
    all
}

fn address(selector: &Selector) -> usize {
    std::ptr::from_ref(selector).addr()
}

impl Trace<'_> {
    pub fn select(&self, selector: &Selector, bound: &Bound) -> Rc<Selection> {
        let at = address(selector);
        if !bound.once.contains(&at) {
            return Rc::new(self.selected(selector, bound));
        }
        let found = bound.found.borrow().get(&at).cloned();
        found.unwrap_or_else(|| {
            let selection = Rc::new(self.selected(selector, bound));
            bound.found.borrow_mut().insert(at, Rc::clone(&selection));
            selection
        })
    }

    fn selected(&self, selector: &Selector, bound: &Bound) -> Selection {
        match selector {
            Selector::Spans(spans) => self.spans_of(spans, bound),
            Selector::Bound(binding) => Selection {
                members: vec![(bound[usize::from(binding.0)], Truth::True)],
                more: Truth::False,
            },
            Selector::Related(related) => self.related(related, bound),
        }
    }

    fn spans_of(&self, selector: &SpanSelector, bound: &Bound) -> Selection {
        let of_trace = |part| self.trace_condition(part, bound);
        let trace = Truth::all(selector.trace.iter().map(of_trace));
        let mut members = Vec::with_capacity(self.spans.len());
        for (index, span) in self.spans.iter().enumerate() {
            let base = match &selector.base {
                Base::Named(name) => span.name == **name,
                Base::Any => true,
                Base::Root => span.parent.is_none(),
                Base::Leaf => !self.spans.iter().any(|child| child.parent == Some(span.id)),
            };
            if base && trace != Truth::False {
                let proven = |part| self.proven(part, span, bound);
                // A child may still come.
                let stays = match &selector.base {
                    Base::Leaf => self.more.not(),
                    _ => Truth::True,
                };
                let filtered = Truth::all(selector.filter.iter().map(proven));
                let selected = trace.and(stays).and(filtered);
                if selected != Truth::False {
                    members.push((index, selected));
                }
            }
        }
        Selection {
            members,
            more: self.more.and(trace),
        }
    }

    fn related(&self, related: &Related, bound: &Bound) -> Selection {
        let left = self.select(&related.left, bound);
        let mut members = Vec::with_capacity(left.members.len());
        if !left.members.is_empty() {
            let stands = self.stands(&related.relation, &left, bound);
            for &(span, selected) in &left.members {
                let selected = selected.and(stands(span));
                if selected != Truth::False {
                    members.push((span, selected));
                }
            }
        }
        Selection {
            members,
            more: left.more,
        }
    }

    fn stands<'s>(
        &'s self,
        relation: &'s Relation,
        left: &'s Selection,
        bound: &Bound,
    ) -> Stands<'s> {
        let operands = relation.operands();
        let mut operands = operands.map(|operand| (operand, self.select(operand, bound)));
        match (operands.next(), operands.next()) {
            (Some((_, right)), None) if matches!(relation, Relation::NextAfter { .. }) => {
                Box::new(move |a| self.next_after(a, left, &right))
            }
            (Some((_, right)), None) if !relation.by().is_empty() => {
                Box::new(move |a| self.echoing(a, &right, relation.by()))
            }
            (Some((selector, right)), None) => {
                let is_bound = matches!(selector, Selector::Bound(_));
                Box::new(move |a| self.stands_to(a, relation, &right, is_bound))
            }
            (Some((_, from)), Some((_, to))) => match relation {
                Relation::Between { .. } => Box::new(move |a| self.between(a, &from, &to)),
                _ => Box::new(move |a| self.after_until(a, &from, &to)),
            },
            _ => unreachable!("a relation is to something"),
        }
    }

    fn stands_to(&self, a: usize, relation: &Relation, right: &Selection, is_bound: bool) -> Truth {
        let within = relation.within();
        match relation {
            Relation::Before { .. } => self.before(a, right, within),
            Relation::After { .. } => self.after(a, right, within),
            Relation::StartsBefore { .. } => self.starts_before(a, right, within),
            Relation::StartsAfter { .. } => self.starts_after(a, right, within),
            Relation::EndsBefore { .. } => self.ends_before(a, right, within),
            Relation::EndsAfter { .. } => self.ends_after(a, right, within),
            Relation::Then { .. } => self.then(a, right, within),
            Relation::Overlaps { .. } => self.overlaps(a, right),
            Relation::During { .. } => self.during(a, right),
            Relation::Inside { .. } => self.inside(a, right),
            Relation::Outside { .. } => self.inside(a, right).not(),
            Relation::Containing { .. } => self.containing(a, right),
            Relation::ParentOf { .. } => self.parent_of(a, right),
            Relation::ChildOf { .. } => self.child_of(a, right, is_bound),
            Relation::NotChildOf { .. } => self.child_of(a, right, is_bound).not(),
            Relation::SiblingOf { .. } => self.sibling_of(a, right),
            Relation::LinkedTo { .. } => self.linked_to(a, right),
            Relation::NotSiblingOf { .. } => self.sibling_of(a, right).not(),
            Relation::Except { .. } => right.has(a).not(),
            Relation::DirectlyAfter { .. } => self.directly_after(a, right),
            Relation::NextAfter { .. }
            | Relation::Between { .. }
            | Relation::AfterUntil { .. }
            | Relation::Echoing { .. } => {
                unreachable!("they need more than one selection")
            }
        }
    }
}
