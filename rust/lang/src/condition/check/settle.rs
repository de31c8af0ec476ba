//! The faults of one text, settled: in order, each once, and without those that only follow from another.

use std::collections::BTreeSet;

use crate::codes::Code;
use crate::codes::conditions as code;
use crate::diagnostic::fault::Fault;

/// In the order of the text, each once.
pub(super) fn settle(faults: &mut Vec<Fault>, first: usize) {
    // One alone follows from no other.
    if faults.len() <= first + 1 {
        return;
    }
    faults[first..].sort_by(|a, b| {
        (&a.origin, a.range.start, a.range.end, a.code).cmp(&(
            &b.origin,
            b.range.start,
            b.range.end,
            b.code,
        ))
    });
    let settled = &faults[first..];
    // What was mended in place of the author may read as anything.
    let mended: Vec<&Fault> = settled
        .iter()
        .filter(|fault| is_mending(fault.code))
        .collect();
    let is_mended = |fault: &Fault| {
        fault.code.0 > code::EMPTY.0
            && mended.iter().any(|open| {
                open.code != fault.code
                    && open.origin == fault.origin
                    && fault.range.start <= open.range.start
                    && open.range.end <= fault.range.end
            })
    };
    // `trace.spans` inside a longer form that has its own note.
    let is_inner = |fault: &Fault| {
        fault.code == code::OLDER_TRACE_SPANS
            && settled.iter().any(|other| {
                other.code == fault.code
                    && other.origin == fault.origin
                    && other.range.start == fault.range.start
                    && other.range.end > fault.range.end
            })
    };
    // Who compares with nothing asks whether there is a value, and where another field is meant its absence is no matter.
    let doubted = [code::ODD_WORD, code::LIKE_INTRINSIC, code::EMPTY_IS_MISSING];
    let asks_presence = |fault: &Fault| {
        fault.code == code::HIDES_MISSING
            && settled.iter().any(|other| {
                doubted.contains(&other.code)
                    && other.origin == fault.origin
                    && fault.range.start <= other.range.start
                    && other.range.end <= fault.range.end
            })
    };
    let is_consequence =
        |fault: &Fault| is_mended(fault) || is_inner(fault) || is_cut_off(fault, settled);
    let dropped: Vec<bool> = settled
        .iter()
        .map(|fault| is_consequence(fault) || asks_presence(fault))
        .collect();
    let mut seen = BTreeSet::new();
    let mut index = 0;
    faults.retain(|fault| {
        index += 1;
        index <= first
            || !dropped[index - first - 1]
                && seen.insert((
                    fault.origin.clone(),
                    fault.range.start,
                    fault.range.end,
                    fault.code,
                    fault.message.clone(),
                ))
    });
}

/// What stands behind a `when` and was not understood may be the clause that it lacks.
fn is_cut_off(fault: &Fault, all: &[Fault]) -> bool {
    let is_behind = |other: &Fault| {
        other.code == code::UNEXPECTED
            && other.origin == fault.origin
            && other.range.start > fault.range.start
    };
    fault.code == code::WHEN_ALONE && all.iter().any(is_behind)
}

/// Faults whose place was filled with something that the author did not write.
fn is_mending(code: Code) -> bool {
    [
        code::UNCLOSED,
        code::UNKNOWN_FUNCTION,
        code::NO_METHODS,
        code::NO_VARIABLES,
        code::NO_STATISTICS,
        code::NO_LAMBDAS,
    ]
    .contains(&code)
}
