//! Where the index leads: to selectors that the access itself settles, and to those of which more is to be asked.

use crate::few::Few;
use crate::matcher::ids::UnlikeId;
use crate::scan::keys::KeyTable;
use crate::scan::slots::Signs;

/// Who is led to selectors: the span at hand, or its scope on behalf of all of its spans.
pub(crate) trait Follow {
    /// Comes to a selector.
    fn lead(&mut self, lead: Lead);

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
pub(crate) struct Leads(Few<Lead>);

impl Leads {
    pub(crate) const NOWHERE: Leads = Leads(Few::None);

    pub(crate) fn add(&mut self, lead: Lead) {
        self.0.push(lead);
    }

    pub(crate) fn is_nowhere(&self) -> bool {
        self.0.is_empty()
    }

    #[inline(always)]
    pub(crate) fn follow(&self, by: &mut impl Follow) {
        for lead in self.0.iter() {
            by.lead(*lead);
        }
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
    leads: Vec<Lead>,
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
        self.leads.clear();
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
        for lead in &self.leads {
            by.lead(*lead);
        }
        for id in &self.unlike {
            by.count_unlike(*id);
        }
    }
}

impl Follow for ScopeLeads {
    fn lead(&mut self, lead: Lead) {
        self.leads.push(lead);
    }

    fn count_unlike(&mut self, id: UnlikeId) {
        self.unlike.push(id);
    }
}
