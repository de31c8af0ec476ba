//! Where the index leads: to selectors that the access itself settles, and to those of which more is to be asked.

use crate::matcher::ids::{Hit, SelectorId, UnlikeId};
use crate::scan::keys::KeyTable;
use crate::scan::slots::Signs;

/// Who is led to selectors: the span at hand, or its scope on behalf of all of its spans.
pub(crate) trait Follow {
    /// These are satisfied.
    fn settled(&mut self, hits: &[Hit]);

    /// These may be.
    fn ask_all(&mut self, selectors: &[u32]);

    /// A comparison met a value of an unlike type.
    fn count_unlike(&mut self, id: UnlikeId);
}

/// A selector that an access leads to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lead {
    pub selector: u32,
    /// Nothing else is asked of the span.
    pub is_settled: bool,
}

/// The selectors that one access leads to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leads {
    settled: Vec<Hit>,
    asked: Vec<u32>,
}

impl Leads {
    pub(crate) const NOWHERE: Leads = Leads {
        settled: Vec::new(),
        asked: Vec::new(),
    };

    pub(crate) fn add(&mut self, lead: Lead) {
        if lead.is_settled {
            self.settled.push(Hit {
                selector: SelectorId(lead.selector),
                certain: true,
            });
        } else {
            self.asked.push(lead.selector);
        }
    }

    pub(crate) fn is_nowhere(&self) -> bool {
        self.settled.is_empty() && self.asked.is_empty()
    }

    #[inline]
    pub(crate) fn follow(&self, by: &mut impl Follow) {
        by.settled(&self.settled);
        by.ask_all(&self.asked);
    }
}

/// By texts that are equal.
#[derive(Debug, Default)]
pub(crate) struct TextLeads {
    texts: KeyTable,
    /// By the numbers of texts.
    leads: Vec<Leads>,
}

impl TextLeads {
    pub(crate) fn add(&mut self, text: &str, lead: Lead) {
        let text = self.texts.intern(text.as_bytes()) as usize;
        if self.leads.len() <= text {
            self.leads.push(Leads::default());
        }
        self.leads[text].add(lead);
    }

    /// Called once all are here.
    pub(crate) fn settle(&mut self) {
        self.texts.settle();
    }

    #[inline]
    pub(crate) fn of(&self, text: &[u8]) -> Option<&Leads> {
        self.leads.get(self.texts.slot(text)? as usize)
    }
}

/// Where the values of a resource and a scope lead all spans of the scope that do not have values of their own in their place.
#[derive(Debug, Default)]
pub(crate) struct ScopeLeads {
    /// Of the scope, as the scan numbers them.
    serial: u64,
    settled: Vec<Hit>,
    asked: Vec<u32>,
    unlike: Vec<UnlikeId>,
    shadows: Signs,
}

impl ScopeLeads {
    /// Whether these are of another scope; then they begin anew.
    #[inline]
    pub(crate) fn begin(&mut self, serial: u64) -> bool {
        if self.serial == serial {
            return false;
        }
        self.serial = serial;
        self.settled.clear();
        self.asked.clear();
        self.unlike.clear();
        self.shadows = Signs::NONE;
        true
    }

    /// A span that has a value in this slot is not led by that of the resource.
    pub(crate) fn give_way(&mut self, slot: u32) {
        self.shadows = self.shadows.with(Signs::of(slot));
    }

    /// Whether a span with these signs may have a value in the place of one that led here.
    #[inline]
    pub(crate) fn may_give_way(&self, span: Signs) -> bool {
        self.shadows.meet(span)
    }

    #[inline]
    pub(crate) fn follow(&self, by: &mut impl Follow) {
        by.settled(&self.settled);
        by.ask_all(&self.asked);
        for id in &self.unlike {
            by.count_unlike(*id);
        }
    }
}

impl Follow for ScopeLeads {
    fn settled(&mut self, hits: &[Hit]) {
        self.settled.extend_from_slice(hits);
    }

    fn ask_all(&mut self, selectors: &[u32]) {
        self.asked.extend_from_slice(selectors);
    }

    fn count_unlike(&mut self, id: UnlikeId) {
        self.unlike.push(id);
    }
}
