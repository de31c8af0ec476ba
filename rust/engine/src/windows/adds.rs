//! What traces that close add to their windows. Some close before it goes there, so that each rule and each window is
//! looked for once for all of them.

use std::borrow::Cow;

use betrace_lang::rule::Number;

use crate::logic::tri::Reasons;
use crate::plan::ids::RuleIndex;
use crate::window::distinct::ValueKey;
use crate::windows::known_groups::KnownGroups;

/// Stands between the values of a label, and in none of them.
pub(crate) const BETWEEN: char = '\u{1f}';

/// To which group a part belongs.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PartOf {
    /// It is not known to which, so it may be any.
    Any,
    /// All there are, where a rule makes no groups.
    All,
    /// Those that have the same values for the fields of `by`; and where these stand among the [`Adds`].
    Values { key: ValueKey, at: (u32, u32) },
}

impl PartOf {
    pub fn key(self) -> Option<ValueKey> {
        match self {
            PartOf::Any => None,
            PartOf::All => Some(0),
            PartOf::Values { key, .. } => Some(key),
        }
    }
}

/// A part of what a trace adds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GroupPart {
    pub of: PartOf,
    pub added: Added,
}

/// What a trace adds for one rule.
#[derive(Debug)]
pub(crate) struct RuleAdds<'a> {
    pub trace: AddingTrace,
    pub parts: &'a mut [GroupPart],
    /// Why more of the trace may belong to any group; `None`: all of it is known.
    pub open: Option<Reasons>,
    /// Where traces with which the rule has nothing to do are counted together: it is not one of those, and whether it is
    /// complete.
    pub met: Option<bool>,
    /// In which the values of groups stand.
    pub values: &'a [u8],
}

impl RuleAdds<'_> {
    /// What a group is called, of as many values as its rule has fields. `text`: memory for it.
    pub fn label<'l>(&'l self, of: PartOf, text: &'l mut String) -> Cow<'l, str> {
        let PartOf::Values { at: (from, to), .. } = of else {
            return Cow::Borrowed("");
        };
        text.clear();
        let all = &self.values[from as usize..to as usize];
        let mut rest = all;
        while let Some((length, behind)) = rest.split_first_chunk() {
            let (value, behind) = behind.split_at(u64::from_le_bytes(*length) as usize);
            // Only what is a text was pushed.
            let value = std::str::from_utf8(value).unwrap_or_default();
            let value = match value.contains(BETWEEN) {
                true => Cow::Owned(value.replace(BETWEEN, " ")),
                false => Cow::Borrowed(value),
            };
            if rest.len() == all.len() && behind.is_empty() {
                return value;
            }
            if rest.len() < all.len() {
                text.push(BETWEEN);
            }
            *text += &value;
            rest = behind;
        }
        Cow::Borrowed(text)
    }
}

/// A trace among those whose [`Adds`] stand together, in the order in which they closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AddingTrace(pub u32);

/// What traces that close add to the groups of their windows, rule by rule. Its memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Adds {
    parts: Vec<GroupPart>,
    /// The values of groups, each behind its length.
    values: Vec<u8>,
    /// Where the group that is being named begins.
    named: usize,
    known: KnownGroups,
    asked: Vec<Asked>,
    /// By [`RuleIndex`]: when it was asked.
    of_rule: Vec<OfRule>,
    /// The rules that were, in no order.
    rules: Vec<RuleIndex>,
    /// Where the parts of the rule begin that is being asked, and why there may be more of them.
    begun: usize,
    pub open: Option<Reasons>,
}

/// A rule that was asked of a trace: when its window begins, where its parts are, and what else is known of it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    start: u64,
    trace: AddingTrace,
    from: u32,
    end: u32,
    /// Where the same rule was asked next; [`NONE`]: no more.
    next: u32,
    open: Option<Reasons>,
    met: Option<bool>,
}

/// In place of where a rule was asked: it was not.
const NONE: u32 = u32::MAX;

/// Where a rule was asked first and last, and when the first and the last of its windows begin.
#[derive(Clone, Copy, Debug)]
struct OfRule {
    first: u32,
    last: u32,
    earliest: u64,
    latest: u64,
}

impl OfRule {
    const NOTHING: OfRule = OfRule {
        first: NONE,
        last: NONE,
        earliest: u64::MAX,
        latest: 0,
    };
}

/// The times that a rule was asked, one trace after the other.
#[derive(Clone, Copy, Debug)]
struct AskedOfRule<'a> {
    asked: &'a [Asked],
    next: u32,
}

impl<'a> Iterator for AskedOfRule<'a> {
    type Item = &'a Asked;

    #[inline]
    fn next(&mut self) -> Option<&'a Asked> {
        let asked = self.asked.get(self.next as usize)?;
        self.next = asked.next;
        Some(asked)
    }
}

/// What some traces add for one rule to one window, one trace after the other.
#[derive(Debug)]
pub(crate) struct WindowAdds<'a> {
    asked: AskedOfRule<'a>,
    /// When the window begins.
    start: u64,
    parts: &'a mut [GroupPart],
    values: &'a [u8],
}

impl WindowAdds<'_> {
    /// What the next trace adds.
    #[inline]
    pub fn next_trace(&mut self) -> Option<RuleAdds<'_>> {
        let start = self.start;
        let asked = self.asked.find(|asked| asked.start == start)?;
        Some(RuleAdds {
            trace: asked.trace,
            parts: &mut self.parts[asked.from as usize..asked.end as usize],
            open: asked.open,
            met: asked.met,
            values: self.values,
        })
    }

    /// Of how many traces there is more.
    pub fn traces(&self) -> usize {
        self.left().count()
    }

    /// Whether some trace adds to a group.
    pub fn has_parts(&self) -> bool {
        self.left().any(|asked| asked.end > asked.from)
    }

    fn left(&self) -> impl Iterator<Item = &Asked> {
        let start = self.start;
        self.asked.filter(move |asked| asked.start == start)
    }
}

/// With so many parts, rules that were asked or bytes of values it is time that they go into their windows.
const MANY: usize = 1 << 10;
const MANY_BYTES: usize = 1 << 15;

impl Adds {
    pub fn clear(&mut self) {
        self.parts.clear();
        self.values.clear();
        self.asked.clear();
        for rule in self.rules.drain(..) {
            self.of_rule[rule.index()] = OfRule::NOTHING;
        }
        self.begun = 0;
        self.open = None;
    }

    /// Whether more had better wait until these are in their windows.
    pub fn is_full(&self) -> bool {
        self.parts.len() > MANY || self.asked.len() > MANY || self.values.len() > MANY_BYTES
    }

    pub fn push(&mut self, of: PartOf, added: Added) {
        self.parts.push(GroupPart { of, added });
    }

    /// The values of a group follow.
    pub fn begin_group(&mut self) {
        self.named = self.values.len();
    }

    /// `value` is a text, or is told as one is where some bytes are none.
    pub fn push_value(&mut self, value: &[u8]) {
        if !value.is_ascii()
            && let Cow::Owned(told) = String::from_utf8_lossy(value)
        {
            return self.push_text(told.as_bytes());
        }
        self.push_text(value);
    }

    fn push_text(&mut self, text: &[u8]) {
        let length = (text.len() as u64).to_le_bytes();
        self.values.extend_from_slice(&length);
        self.values.extend_from_slice(text);
    }

    /// There is no group after all.
    pub fn drop_group(&mut self) {
        self.values.truncate(self.named);
    }

    /// The group with these values.
    pub fn end_group(&mut self) -> PartOf {
        let key = self.known.key(&self.values[self.named..]);
        PartOf::Values {
            key,
            at: (self.named as u32, self.values.len() as u32),
        }
    }

    /// That is all that a trace has for a rule and its window, which begins at `start`.
    pub fn end_rule(&mut self, rule: RuleIndex, start: u64, trace: AddingTrace, met: Option<bool>) {
        let (end, open) = (self.parts.len(), self.open.take());
        let from = std::mem::replace(&mut self.begun, end);
        if end == from && open.is_none() && met.is_none() {
            return;
        }
        if self.of_rule.len() <= rule.index() {
            self.of_rule.resize(rule.index() + 1, OfRule::NOTHING);
        }
        let of_rule = &mut self.of_rule[rule.index()];
        let at = self.asked.len() as u32;
        match self.asked.get_mut(of_rule.last as usize) {
            Some(last) => last.next = at,
            None => {
                of_rule.first = at;
                self.rules.push(rule);
            }
        }
        of_rule.last = at;
        of_rule.earliest = of_rule.earliest.min(start);
        of_rule.latest = of_rule.latest.max(start);
        self.asked.push(Asked {
            start,
            trace,
            from: from as u32,
            end: end as u32,
            next: NONE,
            open,
            met,
        });
    }

    /// Gives what there is for each rule and window in turn, and when that begins.
    pub fn each(&mut self, mut take: impl FnMut(RuleIndex, u64, &mut WindowAdds<'_>)) {
        self.rules.sort_unstable();
        for rule in &self.rules {
            let of_rule = self.of_rule[rule.index()];
            let mut start = of_rule.earliest;
            loop {
                let all = AskedOfRule {
                    asked: &self.asked,
                    next: of_rule.first,
                };
                let mut adds = WindowAdds {
                    asked: all,
                    start,
                    parts: &mut self.parts,
                    values: &self.values,
                };
                take(*rule, start, &mut adds);
                // Most rules have one window.
                if start == of_rule.latest {
                    break;
                }
                let later = all.map(|asked| asked.start).filter(|one| *one > start);
                start = later.min().unwrap_or(of_rule.latest);
            }
        }
    }
}

/// What a trace adds with which a rule has nothing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IdleAdds {
    Nothing,
    /// It counts, and is not one of those that are looked for.
    Miss,
    /// It is not known what.
    Perhaps,
}

/// The same of one that closed complete, and of one that did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Idle {
    pub complete: IdleAdds,
    pub incomplete: IdleAdds,
}

/// What a trace adds to one group.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Added {
    /// So many spans that count.
    Spans(u64),
    /// A finite number that was measured of a span.
    Value(Number),
    /// What a span is called among different values.
    Text(ValueKey),
    /// A trace or a span that counts, and whether it is one of those that are looked for.
    Part(bool),
    /// One of which it is not known whether it counts, what it measures, or whether it is looked for.
    Perhaps(Reasons),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_traces_add_comes_by_rule_and_window_in_the_order_of_the_traces() {
        let mut adds = Adds::default();
        let all = [
            (0, 5, 10, 1),
            (0, 2, 10, 2),
            (1, 5, 20, 3),
            (1, 2, 10, 4),
            (2, 5, 10, 5),
        ];
        for (trace, rule, start, spans) in all {
            adds.push(PartOf::All, Added::Spans(spans));
            adds.end_rule(RuleIndex(rule), start, AddingTrace(trace), None);
        }
        // It has nothing, and is not given.
        adds.end_rule(RuleIndex(9), 10, AddingTrace(2), None);
        let mut given = Vec::new();
        adds.each(|rule, start, adds| {
            while let Some(of) = adds.next_trace() {
                let Added::Spans(spans) = of.parts[0].added else {
                    panic!("{:?}", of.parts);
                };
                given.push((of.trace.0, rule.0, start, spans));
            }
        });
        let sorted = [1, 3, 0, 4, 2].map(|at: usize| all[at]);
        assert_eq!(given, sorted);
    }
}
