//! What one trace adds to its windows.

use betrace_lang::rule::Number;

use crate::logic::tri::Reasons;
use crate::plan::ids::RuleIndex;
use crate::window::distinct::ValueKey;

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
    /// What a group is called.
    pub fn label(&self, of: PartOf) -> String {
        let PartOf::Values { at: (from, to), .. } = of else {
            return String::new();
        };
        let mut rest = &self.values[from as usize..to as usize];
        // As long as one value is.
        let mut label = String::with_capacity(rest.len().saturating_sub(size_of::<u64>()));
        while let Some((length, behind)) = rest.split_first_chunk() {
            let (value, behind) = behind.split_at(u64::from_le_bytes(*length) as usize);
            if rest.len() < (to - from) as usize {
                label.push(BETWEEN);
            }
            // Only what is a text was pushed.
            let value = std::str::from_utf8(value).unwrap_or_default();
            match value.contains(BETWEEN) {
                true => label += &value.replace(BETWEEN, " "),
                false => label += value,
            }
            rest = behind;
        }
        label
    }
}

/// What a trace that closes adds to the groups of its windows, rule by rule. Its memory is used again for the next.
#[derive(Debug, Default)]
pub(crate) struct Adds {
    parts: Vec<GroupPart>,
    /// The values of groups, each behind its length.
    values: Vec<u8>,
    /// Where the group that is being named begins.
    named: usize,
    rules: Vec<(RuleIndex, Asked)>,
    /// Of the rule that is being asked.
    pub open: Option<Reasons>,
}

/// When the window of a rule begins, where its parts end, and what else is known of it.
#[derive(Clone, Copy, Debug)]
struct Asked {
    start: u64,
    end: usize,
    open: Option<Reasons>,
    met: Option<bool>,
}

impl Adds {
    pub fn clear(&mut self) {
        self.parts.clear();
        self.values.clear();
        self.rules.clear();
        self.open = None;
    }

    /// How many parts there are, of all rules.
    pub fn len(&self) -> usize {
        self.parts.len()
    }

    pub fn push(&mut self, of: PartOf, added: Added) {
        self.parts.push(GroupPart { of, added });
    }

    /// The values of a group follow.
    pub fn begin_group(&mut self) {
        self.named = self.values.len();
    }

    pub fn push_value(&mut self, value: &str) {
        let length = (value.len() as u64).to_le_bytes();
        self.values.extend_from_slice(&length);
        self.values.extend_from_slice(value.as_bytes());
    }

    /// There is no group after all.
    pub fn drop_group(&mut self) {
        self.values.truncate(self.named);
    }

    /// The group with these values.
    pub fn end_group(&mut self) -> PartOf {
        let mut key = [0; 16];
        let hash = blake3::hash(&self.values[self.named..]);
        key.copy_from_slice(&hash.as_bytes()[..16]);
        PartOf::Values {
            key: u128::from_le_bytes(key),
            at: (self.named as u32, self.values.len() as u32),
        }
    }

    /// That is all for a rule and its window, which begins at `start`.
    pub fn end_rule(&mut self, rule: RuleIndex, start: u64, met: Option<bool>) {
        let (end, open) = (self.parts.len(), self.open.take());
        let before = self.rules.last().map_or(0, |(_, asked)| asked.end);
        if end > before || open.is_some() || met.is_some() {
            let asked = Asked {
                start,
                end,
                open,
                met,
            };
            self.rules.push((rule, asked));
        }
    }

    /// Gives what there is for each rule in turn, and when its window begins.
    pub fn each(&mut self, mut take: impl FnMut(RuleIndex, u64, RuleAdds<'_>)) {
        let mut from = 0;
        for (rule, asked) in &self.rules {
            let adds = RuleAdds {
                parts: &mut self.parts[from..asked.end],
                open: asked.open,
                met: asked.met,
                values: &self.values,
            };
            take(*rule, asked.start, adds);
            from = asked.end;
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
