//! What to write instead: suggestions that are known to load.
//!
//! A suggestion is an edit, its range and what stands there then. Whatever made it, it is applied here and the text
//! checked again; one that mends nothing is taken back. A text that is refused is also held against phrases of other
//! languages ([`phrases`]): one whose replacement mends the text stands in place of the faults that it mends. Characters that
//! look like others are mended before that ([`alike`]).

mod alike;
mod edited;
mod known;
mod pattern;
mod phrases;
mod piece;
mod template;

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::scan::folded;
use crate::condition::suggest::edited::Edited;
use crate::condition::suggest::pattern::Matcher;
use crate::condition::suggest::phrases::{ADVICE, PHRASES};
use crate::condition::suggest::piece::{Fragment, Lexeme};
use crate::condition::suggest::template::{filled, joins};
use crate::diagnostic::fault::{Fault, Origin};

/// Bytes of a text beyond which phrases are not looked for.
const LONG: usize = 2048;
/// Errors of a text beyond which it is no rule that somebody means to mend one by one.
const MOST_ERRORS: usize = 32;
/// Phrases of one text.
const MOST_PHRASES: usize = 8;
/// How often one text is checked again, and how many bytes that may take; suggestions beyond it are kept as they are.
const MOST_CHECKS: usize = 64;
const MOST_BYTES: usize = 32 * LONG;

/// Checks a text anew, without suggestions of this room; without doubts if only its errors are asked for.
pub(crate) type Recheck<'a> = &'a dyn Fn(&str, bool) -> Vec<Fault>;

/// Looks at the faults of `text` again: finds phrases, and takes back suggestions that mend nothing.
pub(crate) fn improve(text: &str, faults: &mut Vec<Fault>, first: usize, recheck: Recheck<'_>) {
    if faults.len() == first {
        return;
    }
    if faults[first..]
        .iter()
        .filter(|fault| is_own_error(fault))
        .count()
        > MOST_ERRORS
    {
        return;
    }
    let found = faults.split_off(first);
    let mut mender = Mender {
        recheck,
        left: MOST_CHECKS,
        bytes: MOST_BYTES,
    };
    let alike = match text.len() <= LONG {
        true => mender.alike(text, &found),
        false => None,
    };
    faults.extend(alike.unwrap_or_else(|| mender.improved(text, found)));
}

struct Mender<'a> {
    recheck: Recheck<'a>,
    left: usize,
    bytes: usize,
}

impl Mender<'_> {
    fn check(&mut self, text: &str) -> Option<Vec<Fault>> {
        self.checked(text, true)
    }

    fn checked(&mut self, text: &str, doubts: bool) -> Option<Vec<Fault>> {
        self.left = self.left.checked_sub(1)?;
        self.bytes = self.bytes.checked_sub(text.len())?;
        Some((self.recheck)(text, doubts))
    }

    /// The faults of a text in which characters look like others; `None` where it reads no better with those that are meant.
    fn alike(&mut self, text: &str, found: &[Fault]) -> Option<Vec<Fault>> {
        let (mut alike, edited) = alike::mended(text, found)?;
        let after = self.check(&edited.text)?;
        if !Progress::of(&after).is_beyond(&Progress::of(found)) {
            return None;
        }
        let after = self.improved(&edited.text, after).into_iter();
        alike.extend(after.filter_map(|fault| alike::placed(fault, &edited)));
        alike.sort_by_key(|fault| (fault.origin.clone(), fault.range.start, fault.range.end));
        Some(alike)
    }

    /// The faults with phrases in place of what they mend, and without suggestions that mend nothing.
    fn improved(&mut self, text: &str, found: Vec<Fault>) -> Vec<Fault> {
        let is_refused = found.iter().any(is_own_error) && text.len() <= LONG;
        let found = match is_refused && !self.is_mended(text, &found) {
            true => self.phrases(text, found),
            false => found,
        };
        self.verified(text, found)
    }

    /// Whether the text loads with all its suggestions together.
    fn is_mended(&mut self, text: &str, found: &[Fault]) -> bool {
        let own = found.iter().filter(|fault| is_own_error(fault));
        let mut edits: Vec<(Range<usize>, &str)> = Vec::new();
        for fault in own {
            let Some(suggestion) = fault.suggestion.as_deref() else {
                return false;
            };
            edits.push((fault.range.clone(), suggestion));
        }
        edits.sort_by_key(|(range, _)| range.start);
        let is_apart = |pair: &[(Range<usize>, &str)]| pair[0].0.end <= pair[1].0.start;
        if !edits.windows(2).all(is_apart) {
            return false;
        }
        let mut edited = text.to_owned();
        for (range, suggestion) in edits.into_iter().rev() {
            edited.replace_range(range, suggestion);
        }
        let after = self.check(&edited);
        after.is_some_and(|after| !after.iter().any(Fault::is_error))
    }

    /// The faults with phrases in place of what they mend.
    fn phrases(&mut self, text: &str, found: Vec<Fault>) -> Vec<Fault> {
        let before = Progress::of(&found);
        let mut edited = Edited::new(text);
        let mut faults = found.clone();
        for _ in 0..MOST_PHRASES {
            let Some((next, after)) = self.next(&edited, &faults) else {
                break;
            };
            (edited, faults) = self.mended_within(next, after);
            if !faults.iter().any(is_own_error) {
                break;
            }
        }
        let after = Progress::of(&faults);
        let is_within =
            |fault: &Fault| is_own_error(fault) && edited.original(&fault.range).is_none();
        // An answer that is itself refused is none.
        if (after.unread, after.errors) >= (before.unread, before.errors)
            || faults.iter().any(is_within)
        {
            return advised(text, found);
        }
        let mut settled: Vec<Fault> = edited
            .edits
            .iter()
            .map(|(range, now)| phrase(text, range.clone(), &edited.text[now.clone()]))
            .collect();
        for mut fault in faults {
            if fault.origin == Origin::Here {
                let whole = edited.original(&fault.range);
                let at = match (whole, fault.is_error()) {
                    (Some(range), _) => range,
                    (None, true) => match edited.edit_at(&fault.range) {
                        Some(range) => range,
                        None => continue,
                    },
                    // Of what nobody wrote nothing is said.
                    (None, false) => continue,
                };
                if edited.original(&fault.range).is_none() {
                    fault.suggestion = None;
                }
                fault.range = at;
            }
            settled.push(fault);
        }
        settled.sort_by_key(|fault| (fault.origin.clone(), fault.range.start, fault.range.end));
        settled
    }

    /// What an edit took along of the text may have faults with suggestions of their own.
    fn mended_within(
        &mut self,
        mut edited: Edited,
        mut faults: Vec<Fault>,
    ) -> (Edited, Vec<Fault>) {
        for _ in 0..MOST_PHRASES {
            let is_within = |fault: &&Fault| {
                is_own_error(fault)
                    && fault.suggestion.is_some()
                    && edited.original(&fault.range).is_none()
            };
            let Some(inner) = faults.iter().find(is_within) else {
                break;
            };
            let mut next = edited.clone();
            next.edit(
                inner.range.clone(),
                inner.suggestion.as_deref().unwrap_or_default(),
            );
            let Some(after) = self.check(&next.text) else {
                break;
            };
            if Progress::of(&after).errors >= Progress::of(&faults).errors {
                break;
            }
            (edited, faults) = (next, after);
        }
        (edited, faults)
    }

    /// The text with one more phrase replaced, and its faults then: the first that mends most.
    fn next(&mut self, edited: &Edited, faults: &[Fault]) -> Option<(Edited, Vec<Fault>)> {
        let text = edited.text.as_str();
        let before = Progress::of(faults);
        let matcher = Matcher::new(text);
        let mut best: Option<(Progress, Edited, Vec<Fault>)> = None;
        for (range, with) in candidates(&matcher, PHRASES) {
            let mut next = edited.clone();
            next.edit(range.clone(), &with);
            let Some(after) = self.check(&next.text) else {
                break;
            };
            let progress = Progress::of(&after).seen_before(&range, with.len());
            let is_best = best.as_ref().map_or(&before, |(best, ..)| best);
            if progress.errors == 0 {
                return Some((next, after));
            }
            if progress.is_beyond(is_best) {
                best = Some((progress, next, after));
            }
        }
        best.map(|(_, next, after)| (next, after))
    }

    /// Takes back what mends nothing, and what is said of a part that is refused.
    fn verified(&mut self, text: &str, mut found: Vec<Fault>) -> Vec<Fault> {
        let refused: Vec<Range<usize>> = found
            .iter()
            .filter(|fault| is_own_error(fault))
            .map(|fault| fault.range.clone())
            .collect();
        let is_around = |fault: &Fault| {
            let is_inside = |range: &Range<usize>| {
                fault.range.start <= range.start && range.end <= fault.range.end
            };
            fault.origin == Origin::Here
                && fault.code.0.starts_with('W')
                && refused.iter().any(is_inside)
        };
        found.retain(|fault| !is_around(fault));
        let before = Progress::of(&found);
        for fault in &mut found {
            let Some(suggestion) = fault.suggestion.as_deref() else {
                continue;
            };
            if fault.origin != Origin::Here || fault.code.0.starts_with('N') {
                continue;
            }
            let is_sure = fault.is_sure && before.errors == 0;
            if is_sure && !cfg!(debug_assertions) {
                continue;
            }
            let mut edited = text.to_owned();
            edited.replace_range(fault.range.clone(), suggestion);
            if is_sure {
                let after = (self.recheck)(&edited, false);
                debug_assert!(!after.iter().any(Fault::is_error), "{edited}: {after:?}");
                continue;
            }
            let is_error = fault.is_error();
            // Of a text that loads it is asked only whether it still does.
            let doubts = before.errors > 0;
            let Some(after) = self.checked(&edited, doubts) else {
                break;
            };
            let after = Progress::of(&after).seen_before(&fault.range, suggestion.len());
            let is_good = match is_error {
                true => after.has_mended(&before),
                false => after.errors <= before.errors,
            };
            if !is_good {
                fault.suggestion = None;
            }
        }
        found
    }
}

/// How far a text is from being right.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Progress {
    /// Errors of form: what cannot be read hides what is wrong with its meaning.
    unread: usize,
    errors: usize,
    /// Where the first one begins.
    first: usize,
}

impl Progress {
    fn of(faults: &[Fault]) -> Progress {
        let errors = faults.iter().filter(|fault| fault.is_error());
        let first = errors.clone().map(|fault| fault.range.start).min();
        let is_of_form = |fault: &&Fault| fault.code.0 < code::WHEN_ALONE.0;
        Progress {
            unread: errors.clone().filter(is_of_form).count(),
            errors: errors.count(),
            first: first.unwrap_or(usize::MAX),
        }
    }

    /// With places as they were before `range` became `length` bytes long.
    fn seen_before(self, range: &Range<usize>, length: usize) -> Progress {
        let first = match self.first {
            at if at < range.start || at == usize::MAX => at,
            at if at < range.start + length => range.start,
            at => at - length + range.len(),
        };
        Progress { first, ..self }
    }

    /// An error less, or the next one, which it had hidden.
    fn has_mended(&self, other: &Progress) -> bool {
        self.errors < other.errors || self.errors == other.errors && self.first > other.first
    }

    /// Nearer to what can be read, then to what loads.
    fn is_beyond(&self, other: &Progress) -> bool {
        let (own, others) = ((self.unread, self.errors), (other.unread, other.errors));
        own < others || own == others && self.first > other.first
    }
}

fn is_own_error(fault: &Fault) -> bool {
    fault.is_error() && fault.origin == Origin::Here
}

/// Where a phrase stands, and what could stand there instead, by the order of the table.
fn candidates<'t>(
    matcher: &'t Matcher<'t>,
    table: &'static [(&'static str, &'static str)],
) -> impl Iterator<Item = (Range<usize>, String)> + 't {
    table.iter().flat_map(move |(pattern, template)| {
        (0..matcher.pieces.len()).filter_map(move |at| {
            let (end, bound) = matcher.find(pattern, at)?;
            let with = filled(template, matcher.text, &bound)?;
            let range = matcher.range(at, end);
            let with = match is_bound_tightly(matcher, at) && joins(&with) {
                true => format!("({with})"),
                false => with,
            };
            Some((range, with))
        })
    })
}

/// Whether a `not` stands before the piece.
fn is_bound_tightly(matcher: &Matcher<'_>, at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| matcher.pieces.get(at));
    let is_not = |piece: &Fragment| {
        let shown = &matcher.text[piece.range.clone()];
        piece.lexeme != Lexeme::Quoted && (shown.eq_ignore_ascii_case("not") || shown == "!")
    };
    before.is_some_and(is_not)
}

fn phrase(text: &str, range: Range<usize>, with: &str) -> Fault {
    const MOST: usize = 40;
    let (written, with) = (folded(&text[range.clone()]), folded(with));
    let message = match with.is_empty() {
        true => format!("`{written}` has no meaning here; leave it out"),
        false if written.chars().count() > MOST => format!("this is written `{with}`"),
        false => format!("`{written}` is written `{with}`"),
    };
    Fault::new(code::PHRASE, range, message).suggest(with)
}

/// The faults, where a phrase that no edit can answer stands with its ways out in place of what they say.
fn advised(text: &str, mut found: Vec<Fault>) -> Vec<Fault> {
    let matcher = Matcher::new(text);
    for (range, help) in candidates(&matcher, ADVICE) {
        let meets = |fault: &Fault| {
            is_own_error(fault) && fault.range.start < range.end && range.start < fault.range.end
        };
        if found.iter().any(meets) {
            found.retain(|fault| !meets(fault));
            let written = folded(&text[range.clone()]);
            let message = format!("`{written}` is not part of the language");
            found.push(Fault::new(code::PHRASE, range, message).help(help));
            break;
        }
    }
    found
}
