//! A trace with what all traces of its shard share: the texts that its records name, and memory in which what its spans left is
//! counted.

use std::ops::{Deref, DerefMut};

use crate::state::cell::Cells;
use crate::state::settled::SettledCells;
use crate::state::texts::Texts;
use crate::state::trace::TraceState;

/// A trace to be asked.
#[derive(Clone, Copy)]
pub(crate) struct NamedTrace<'t> {
    pub trace: &'t TraceState,
    pub texts: &'t Texts,
    pub cells: Cells<'t>,
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
    pub(super) trace: &'t mut TraceState,
    pub(super) texts: &'t Texts,
    /// With what it noted, if it did.
    pub(super) settled: Option<&'t SettledCells>,
}

impl NamedTraceMut<'_> {
    #[inline(always)]
    pub fn asked(&self) -> NamedTrace<'_> {
        NamedTrace {
            trace: self.trace,
            texts: self.texts,
            cells: self.trace.cells(self.settled),
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
