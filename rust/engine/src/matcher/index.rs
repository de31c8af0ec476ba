//! Which selectors a span could satisfy.
//!
//! Selectors are grouped by the name that they ask for; those of any span and of roots are groups of their
//! own. Inside a [`Group`] they are found by the values that a span has.

use betrace_lang::rule::{Base, Predicate};
use hashbrown::HashMap;

use crate::matcher::access::{access, settles};
use crate::matcher::answers::Answers;
use crate::matcher::ask::{Asking, Questions, SelectorParts};
use crate::matcher::field::Building;
use crate::matcher::group::{Approach, Group, GroupMember};
use crate::matcher::ids::{SelectorId, UnlikeId};
use crate::matcher::leads::ScopeLeads;
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::FieldTable;
use crate::scan::keys::KeyTable;
use crate::scan::read_plan::ReadPlan;
use crate::scan::view::SpanView;

#[derive(Debug)]
pub(crate) struct Index {
    questions: Questions,
    /// By the names that selectors ask for, and the group of each.
    names: KeyTable,
    named: Vec<Group>,
    any: Group,
    root: Group,
    unlike: Vec<Vec<SelectorId>>,
}

impl Index {
    pub(crate) fn new(
        selectors: Vec<SelectorParts>,
        parts: Vec<(Predicate, CompiledPredicate)>,
        fields: &FieldTable,
        plan: &ReadPlan,
    ) -> Index {
        let mut named: HashMap<Box<[u8]>, Vec<GroupMember>> = HashMap::new();
        let (mut any, mut root) = (Vec::new(), Vec::new());
        for (id, selector) in (0u32..).zip(&selectors) {
            let is_single = selector.parts.len() == 1;
            let asked = selector.parts.iter().map(|part| &parts[part.0 as usize].0);
            let approaches = asked.filter_map(|part| {
                let access = access(part, fields)?;
                Some(Approach {
                    settles: is_single && settles(part, &access),
                    access,
                })
            });
            let member = GroupMember {
                selector: id,
                approaches: approaches.collect(),
                is_bare: selector.parts.is_empty(),
            };
            match &selector.base {
                Base::Named(name) => named
                    .entry(name.as_bytes().into())
                    .or_default()
                    .push(member),
                // Whether it is a leaf is not the span's to say.
                Base::Any | Base::Leaf => any.push(member),
                Base::Root => root.push(member),
            }
        }
        let mut unlike: Vec<Vec<SelectorId>> = (0u32..)
            .zip(&selectors)
            .map(|(id, _)| vec![SelectorId(id)])
            .collect();
        let mut repeated = vec![false; selectors.len()];
        let mut building = Building {
            fields,
            plan,
            unlike: &mut unlike,
            repeated: &mut repeated,
        };
        let any = Group::new(&any, &mut building);
        let root = Group::new(&root, &mut building);
        // In the order of names, so that ids are a function of the rules.
        let mut by_name: Vec<(Box<[u8]>, Vec<GroupMember>)> = named.into_iter().collect();
        by_name.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        let mut names = KeyTable::default();
        let mut named = Vec::with_capacity(by_name.len());
        for (name, members) in by_name {
            names.intern(&name);
            named.push(Group::new(&members, &mut building));
        }
        names.settle();
        Index {
            questions: Questions::new(selectors, parts, &repeated, fields, plan),
            names,
            named,
            any,
            root,
            unlike,
        }
    }

    pub(crate) fn selectors(&self) -> usize {
        self.questions.selectors.len()
    }

    pub(crate) fn unlike_ids(&self) -> usize {
        self.unlike.len()
    }

    pub(crate) fn selectors_of(&self, unlike: UnlikeId) -> &[SelectorId] {
        self.unlike
            .get(unlike.0 as usize)
            .map_or(&[], Vec::as_slice)
    }

    /// Fills `answers` with the hits of `view`; `scope` is what is known of the spans of its scope.
    pub(crate) fn find(
        &self,
        view: &SpanView<'_, '_>,
        scope: &mut ScopeLeads,
        answers: &mut Answers,
    ) {
        let questions = &self.questions;
        answers.begin_span(
            view.scope_serial(),
            questions.parts.len(),
            questions.selectors.len(),
        );
        let mut asking = Asking {
            questions,
            view,
            answers,
        };
        if let Some(name) = self.names.slot(view.name())
            && let Some(group) = self.named.get(name as usize)
        {
            group.ask(&mut asking);
        }
        self.any.ask_within(scope, &mut asking);
        if view.parent().is_none() {
            self.root.ask(&mut asking);
        }
    }
}
