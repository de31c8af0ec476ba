//! Characters that look like others, such as brackets of twice the width: all of them are one slip of a keyboard, so they
//! are mended together, and what is said of the text besides is said of the mended one.

use crate::codes::conditions as code;
use crate::condition::suggest::edited::Edited;
use crate::diagnostic::fault::{Fault, Origin};

/// The faults of such characters, by their places, and the text with all of them mended; `None` where there are none.
pub(super) fn mended(text: &str, found: &[Fault]) -> Option<(Vec<Fault>, Edited)> {
    let is_alike = |fault: &&Fault| {
        fault.origin == Origin::Here && fault.code == code::LOOK_ALIKE && fault.suggestion.is_some()
    };
    let mut alike: Vec<Fault> = found.iter().filter(is_alike).cloned().collect();
    alike.sort_by_key(|fault| fault.range.start);
    let is_apart = |pair: &[Fault]| pair[0].range.end <= pair[1].range.start;
    if alike.is_empty() || !alike.windows(2).all(is_apart) {
        return None;
    }
    let mut edited = Edited::new(text);
    for fault in alike.iter().rev() {
        let with = fault.suggestion.as_deref().unwrap_or_default();
        edited.edit(fault.range.clone(), with);
    }
    Some((alike, edited))
}

/// A fault of the mended text, where it stands in the text as it was written.
pub(super) fn placed(mut fault: Fault, edited: &Edited) -> Option<Fault> {
    if fault.origin != Origin::Here {
        return Some(fault);
    }
    if let Some(range) = edited.original(&fault.range) {
        fault.range = range;
        return Some(fault);
    }
    // What could be written here has such characters in it, or goes through them.
    fault.suggestion = None;
    let at = |place: usize| {
        let end = place..place;
        let edit = edited.edit_at(&end);
        edit.or_else(|| edited.original(&end))
    };
    fault.range = at(fault.range.start)?.start..at(fault.range.end)?.end;
    Some(fault)
}
