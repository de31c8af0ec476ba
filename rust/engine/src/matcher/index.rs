//! Which selectors a span could satisfy.
//!
//! Selectors are grouped by the name that they ask for; those of any span and of roots are groups of their
//! own. Inside a [`Group`] they are found by the values that a span has.

use betrace_lang::rule::{Base, Predicate};

use crate::few::Few;
use crate::matcher::access::{access, settles};
use crate::matcher::answers::Answers;
use crate::matcher::ask::{Asking, Questions, SelectorParts};
use crate::matcher::field::Building;
use crate::matcher::group::{Approach, Group, GroupMember, SMALL};
use crate::matcher::ids::{SelectorId, UnlikeId};
use crate::matcher::leads::ScopeLeads;
use crate::matcher::unlike::UnlikeTable;
use crate::matcher::ways::Ways;
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
    unlike: UnlikeTable,
}

/// The selectors of an index, before they are in groups.
struct Members<'s> {
    selectors: &'s [SelectorParts],
    parts: &'s [(Predicate, CompiledPredicate)],
    fields: &'s FieldTable,
}

impl Members<'_> {
    /// Those of one group. In a small one nobody looks for ways to them.
    fn of(&self, ids: impl ExactSizeIterator<Item = u32>) -> Vec<GroupMember> {
        if ids.len() <= SMALL {
            return ids.map(|id| self.of_few(id)).collect();
        }
        let member = |id| GroupMember {
            approaches: self.approaches(&self.selectors[id as usize]),
            ..self.of_few(id)
        };
        ids.map(member).collect()
    }

    /// One of a small group.
    fn of_few(&self, id: u32) -> GroupMember {
        GroupMember {
            selector: id,
            approaches: Vec::new(),
            is_bare: self.selectors[id as usize].parts.is_empty(),
        }
    }

    fn approaches(&self, selector: &SelectorParts) -> Vec<Approach> {
        let is_single = selector.parts.len() == 1;
        let asked = selector.parts.iter();
        let asked = asked.map(|part| &self.parts[part.0 as usize].0);
        let approaches = asked.filter_map(|part| {
            let access = access(part, self.fields)?;
            Some(Approach {
                settles: is_single && settles(part, &access),
                access,
            })
        });
        approaches.collect()
    }
}

impl Index {
    pub(crate) fn new(
        selectors: Vec<SelectorParts>,
        parts: Vec<(Predicate, CompiledPredicate)>,
        fields: &FieldTable,
        plan: &ReadPlan,
    ) -> Index {
        // In the order in which they come, so that ids are a function of the rules.
        let mut names = KeyTable::with_room(selectors.len());
        let mut by_name: Vec<Few<u32>> = Vec::with_capacity(selectors.len());
        let (mut any, mut root) = (Vec::new(), Vec::new());
        for (id, selector) in (0u32..).zip(&selectors) {
            match &selector.base {
                Base::Named(name) => {
                    let number = names.intern(name.as_bytes()) as usize;
                    if number == by_name.len() {
                        by_name.push(Few::None);
                    }
                    by_name[number].push(id);
                }
                // Whether it is a leaf is not the span's to say.
                Base::Any | Base::Leaf => any.push(id),
                Base::Root => root.push(id),
            }
        }
        let mut unlike = UnlikeTable::new(selectors.len());
        let mut repeated = vec![false; selectors.len()];
        let mut building = Building {
            fields,
            plan,
            unlike: &mut unlike,
            repeated: &mut repeated,
        };
        let members = Members {
            selectors: &selectors,
            parts: &parts,
            fields,
        };
        let any = Group::new(&members.of(any.into_iter()), &mut building);
        let root = Group::new(&members.of(root.into_iter()), &mut building);
        let named = by_name.iter().map(|ids| match **ids {
            // Most names have one selector alone.
            [only] => Group::one_by_one(&[members.of_few(only)]),
            ref ids => Group::new(&members.of(ids.iter().copied()), &mut building),
        });
        let named = named.collect();
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
        self.unlike.selectors_of(unlike)
    }

    /// Fills `answers` with the hits of `view`; `scope` is what is known of the spans of its scope, `ways` of those that are like it.
    #[inline(always)]
    pub(crate) fn find(
        &self,
        view: &SpanView<'_, '_>,
        (scope, ways): (&mut ScopeLeads, &mut Ways),
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
            led_by: None,
        };
        if let Some(name) = self.names.slot(view.name())
            && let Some(group) = self.named.get(name as usize)
        {
            group.ask(&mut asking);
        }
        self.any.ask_within((scope, ways), &mut asking);
        if view.parent().is_none() {
            self.root.ask(&mut asking);
        }
    }
}
