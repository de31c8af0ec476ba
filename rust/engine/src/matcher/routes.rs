//! Which field indexes of a group an attribute's slot leads to.

use std::ops::Range;

use betrace_lang::rule::Intrinsic;
use foldhash::fast::FixedState;
use hashbrown::HashMap;

use crate::matcher::field::FieldIndex;
use crate::matcher::leads::Leads;
use crate::scan::keys::HASH;
use crate::scan::read_plan::{EVENT_SHIFT, LINK_SHIFT, Place, ReadPlan};
use crate::scan::view::{kind_text, status_text};

/// Numbers of kinds and of a status that may have words of their own.
const WORDS: Range<i32> = 0..6;

/// From the slots that a span has set to the fields worth trying.
#[derive(Debug)]
pub(crate) struct Routes {
    pub span: Route,
    pub resource: Route,
    pub event: Route,
    pub link: Route,
    pub scope: Vec<u32>,
    pub kind: WordLeads,
    pub status: WordLeads,
    /// Those that are tried on every span: of other intrinsics, and of several choices.
    pub rest: Vec<u32>,
}

/// Where each word leads that a span can have for a number.
#[derive(Debug, Default)]
pub(crate) struct WordLeads(Vec<Leads>);

impl WordLeads {
    /// `None`: the field asks of values what words do not say.
    fn new(field: &FieldIndex, word: fn(i32) -> &'static [u8]) -> Option<WordLeads> {
        let leads: Option<Vec<Leads>> = WORDS.map(|number| field.of_text(word(number))).collect();
        leads.map(WordLeads)
    }

    /// Numbers without a word share that of the first.
    #[inline]
    pub(crate) fn of(&self, number: i32) -> &Leads {
        const NOWHERE: &Leads = &Leads::NOWHERE;
        let at = usize::try_from(number).ok();
        let leads = at.and_then(|at| self.0.get(at)).or_else(|| self.0.first());
        leads.unwrap_or(NOWHERE)
    }
}

/// From one kind of slot to field indexes.
#[derive(Debug)]
pub(crate) enum Route {
    /// For each slot, start and end of its indexes.
    Dense(Box<[(u32, u32)]>, Box<[u32]>),
    Sparse(HashMap<u32, Box<[u32]>, FixedState>),
}

impl Route {
    fn new(mut pairs: Vec<(u32, u32)>, slots: usize) -> Route {
        pairs.sort_unstable();
        // A table with a place for each wanted key costs memory in each group that has one.
        if slots > 64 + 4 * pairs.len() {
            let mut sparse: HashMap<u32, Vec<u32>> = HashMap::new();
            for (slot, index) in pairs {
                sparse.entry(slot).or_default().push(index);
            }
            let mut table = HashMap::with_capacity_and_hasher(sparse.len(), HASH);
            table.extend(sparse.into_iter().map(|(slot, list)| (slot, list.into())));
            return Route::Sparse(table);
        }
        let mut heads = vec![(0, 0); slots];
        for (at, (slot, _)) in (0u32..).zip(&pairs) {
            if let Some(head) = heads.get_mut(*slot as usize) {
                if head.1 == 0 {
                    head.0 = at;
                }
                head.1 = at + 1;
            }
        }
        Route::Dense(
            heads.into(),
            pairs.iter().map(|(_, index)| *index).collect(),
        )
    }

    #[inline]
    pub(crate) fn leads(&self, slot: u32) -> &[u32] {
        match self {
            Route::Dense(heads, indexes) => heads
                .get(slot as usize)
                .and_then(|(start, end)| indexes.get(*start as usize..*end as usize))
                .unwrap_or(&[]),
            Route::Sparse(table) => table.get(&slot).map_or(&[], |indexes| indexes),
        }
    }
}

impl Routes {
    pub(crate) fn new(fields: &[FieldIndex], plan: &ReadPlan) -> Routes {
        let (mut span, mut resource) = (Vec::new(), Vec::new());
        let (mut event, mut link) = (Vec::new(), Vec::new());
        let (mut scope, mut rest) = (Vec::new(), Vec::new());
        let (mut kind, mut status) = (None, None);
        for (index, field) in (0u32..).zip(fields) {
            match field.place {
                Some(Place::Span(slot)) => span.push((slot, index)),
                Some(Place::SpanThenResource(of_span, of_resource)) => {
                    span.push((of_span, index));
                    resource.push((of_resource, index));
                }
                Some(Place::Resource(slot)) => resource.push((slot, index)),
                Some(Place::Event(slot)) => event.push((slot, index)),
                Some(Place::Link(slot)) => link.push((slot, index)),
                Some(Place::Scope(_)) => scope.push(index),
                Some(Place::Intrinsic(intrinsic)) => {
                    let words = match intrinsic {
                        Intrinsic::SpanKind => Some((&mut kind, WordLeads::new(field, kind_text))),
                        Intrinsic::SpanStatus => {
                            Some((&mut status, WordLeads::new(field, status_text)))
                        }
                        _ => None,
                    };
                    match words {
                        Some((place, words @ Some(_))) => *place = words,
                        _ => rest.push(index),
                    }
                }
                Some(Place::FirstOf(_)) | None => rest.push(index),
            }
        }
        Routes {
            span: Route::new(span, plan.span.len()),
            resource: Route::new(resource, plan.resource.len()),
            event: Route::new(event, plan.event.len() + EVENT_SHIFT as usize),
            link: Route::new(link, plan.link.len() + LINK_SHIFT as usize),
            scope,
            kind: kind.unwrap_or_default(),
            status: status.unwrap_or_default(),
            rest,
        }
    }
}
