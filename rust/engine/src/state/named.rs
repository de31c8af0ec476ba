//! A trace with the texts that its records name, which all traces of its shard share.

use std::ops::{Deref, DerefMut};

use crate::state::texts::Texts;
use crate::state::trace::TraceState;

/// A trace to be asked.
#[derive(Clone, Copy)]
pub(crate) struct NamedTrace<'t> {
    pub trace: &'t TraceState,
    pub texts: &'t Texts,
}

impl Deref for NamedTrace<'_> {
    type Target = TraceState;

    #[inline(always)]
    fn deref(&self) -> &TraceState {
        self.trace
    }
}

/// A trace to be asked and told.
pub(crate) struct NamedTraceMut<'t> {
    pub trace: &'t mut TraceState,
    pub texts: &'t Texts,
}

impl NamedTraceMut<'_> {
    #[inline(always)]
    pub fn asked(&self) -> NamedTrace<'_> {
        NamedTrace {
            trace: self.trace,
            texts: self.texts,
        }
    }
}

impl Deref for NamedTraceMut<'_> {
    type Target = TraceState;

    #[inline(always)]
    fn deref(&self) -> &TraceState {
        self.trace
    }
}

impl DerefMut for NamedTraceMut<'_> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut TraceState {
        self.trace
    }
}
