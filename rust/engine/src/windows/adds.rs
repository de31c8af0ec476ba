//! What one trace adds to its windows.

use std::borrow::Cow;

use betrace_lang::rule::Number;

use crate::hash::fold_text;
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
    /// What a group is called, into `label`, which is empty.
    pub fn label(&self, of: PartOf, label: &mut String) {
        let PartOf::Values { at: (from, to), .. } = of else {
            return;
        };
        let mut rest = &self.values[from as usize..to as usize];
        while let Some((length, behind)) = rest.split_first_chunk() {
            let (value, behind) = behind.split_at(u64::from_le_bytes(*length) as usize);
            if rest.len() < (to - from) as usize {
                label.push(BETWEEN);
            }
            // Only what is a text was pushed.
            let value = std::str::from_utf8(value).unwrap_or_default();
            match value.contains(BETWEEN) {
                true => *label += &value.replace(BETWEEN, " "),
                false => *label += value,
            }
            rest = behind;
        }
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
    known: KnownGroups,
    rules: Vec<(RuleIndex, Asked)>,
    /// By its length, when the window began in which the trace did: of those that are not over.
    pub windows: Vec<(u64, u64)>,
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

/// What groups of few short values are called, of the latest: most fields that make groups have few values, and the hash of one
/// takes longer than to find it.
#[derive(Debug, Default)]
struct KnownGroups(Vec<KnownGroup>);

#[derive(Clone, Copy, Debug)]
struct KnownGroup {
    key: ValueKey,
    /// 0: none.
    length: u8,
    values: [u8; SHORT],
}

/// How many are known, once there is one.
const KNOWN: usize = 256;
/// As long as that they are kept: a value of at most 39 bytes, with its length. Each takes a line of a cache.
const SHORT: usize = 47;

impl KnownGroups {
    fn key(&mut self, values: &[u8]) -> ValueKey {
        if values.len() > SHORT {
            return key_of(values);
        }
        if self.0.is_empty() {
            let none = KnownGroup {
                key: 0,
                length: 0,
                values: [0; SHORT],
            };
            self.0.resize(KNOWN, none);
        }
        let at = fold_text(0, values) as usize % KNOWN;
        let known = &mut self.0[at];
        if known.values[..usize::from(known.length)] != *values {
            known.key = key_of(values);
            known.length = values.len() as u8;
            known.values[..values.len()].copy_from_slice(values);
        }
        known.key
    }
}

/// The same for the same values alone.
fn key_of(values: &[u8]) -> ValueKey {
    let mut key = [0; 16];
    key.copy_from_slice(&blake3::hash(values).as_bytes()[..16]);
    u128::from_le_bytes(key)
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
