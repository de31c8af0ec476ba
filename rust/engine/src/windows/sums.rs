//! What all windows that are over came to, rule by rule and group by group: counters that other processes have too, and
//! that whoever watches all of them adds up.
//!
//! A window is counted once, when it is over, so that the difference of two readings is whole windows. A group stands here
//! with nothing from the first trace of its first window on: whoever reads counters sees its first step then. Names are few,
//! the first that come have them, and what has none is counted as [`REST`]; a name that had nothing for
//! [`IDLE_WINDOWS`] windows goes to a group that asks for one.

use std::borrow::Cow;
use std::sync::Arc;

use betrace_lang::rule::{Aggregate, Over, WITHHELD, WindowMeasure};
use hashbrown::HashMap;
use hashbrown::hash_map::EntryRef;

use crate::heap::heap;
use crate::intern::RuleKey;
use crate::logic::interval::End;
use crate::stats::WindowSums;
use crate::windows::adds::BETWEEN;
use crate::windows::gathered::{Gathered, KeptValues};

/// Groups of one rule that are counted by name.
pub(crate) const NAMED_OF_RULE: usize = 200;
/// Groups of all rules that are counted by name.
pub(crate) const NAMED_GROUPS: usize = 2_000;
/// Windows of a rule in which a group had nothing, before its name may go to another.
pub(crate) const IDLE_WINDOWS: u64 = 16;

/// Where groups stand together that have no name here.
pub(crate) const REST: &str = "_other";

/// Of all rules.
#[derive(Debug, Default)]
pub(crate) struct Sums {
    rules: HashMap<RuleKey, Box<RuleSums>>,
    /// What names may take, in bytes.
    bound: usize,
    bytes: usize,
    named: usize,
}

#[derive(Debug, Default)]
struct RuleSums {
    /// By the values of the group as they are shown; in no order, as whoever reads them sorts. A name is mostly that of a group
    /// too.
    named: HashMap<Arc<str>, NamedSums>,
    rest: Option<GroupSums>,
    /// Windows that are over.
    windows: u64,
    /// How many were when names were last taken back.
    swept: u64,
}

#[derive(Debug, Default)]
struct NamedSums {
    count: GroupSums,
    /// The last window of the rule in which it had something.
    last: u64,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GroupSums {
    samples: u64,
    hits: u64,
    unknown: u64,
    sum: f64,
}

impl GroupSums {
    pub fn add(&mut self, group: &Gathered) {
        self.samples = self.samples.saturating_add(group.samples);
        self.hits = self.hits.saturating_add(group.hits);
        self.unknown = self.unknown.saturating_add(group.perhaps);
        if let KeptValues::Total(total) = &group.values {
            let sum = match total.sum() {
                End::Lowest => f64::MIN,
                End::At(number) => number.to_f64(),
                End::Highest => f64::MAX,
            };
            self.sum = (self.sum + sum).clamp(f64::MIN, f64::MAX);
        }
    }

    fn join(&mut self, other: &GroupSums) {
        self.samples = self.samples.saturating_add(other.samples);
        self.hits = self.hits.saturating_add(other.hits);
        self.unknown = self.unknown.saturating_add(other.unknown);
        self.sum = (self.sum + other.sum).clamp(f64::MIN, f64::MAX);
    }

    fn is_nothing(&self) -> bool {
        self.samples == 0 && self.unknown == 0
    }
}

impl RuleSums {
    /// A window that is over is to be counted; whether the group has a name.
    fn add(&mut self, over: &Over, label: &str, group: &Gathered) -> bool {
        let named = self.named.get_mut(&*shown(over, label));
        let is_named = named.is_some();
        if let Some(named) = named {
            named.last = self.windows + 1;
            named.count.add(group);
        }
        is_named
    }
}

impl Sums {
    /// `bound`: what names may take, in bytes.
    pub fn new(bound: usize) -> Sums {
        Sums {
            bound,
            ..Sums::default()
        }
    }

    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A group of the rule is there.
    pub fn name(&mut self, rule: RuleKey, over: &Over, label: &Arc<str>) {
        let shown: Cow<'_, Arc<str>> = match shown(over, label) {
            Cow::Borrowed(_) => Cow::Borrowed(label),
            Cow::Owned(shown) => Cow::Owned(shown.into()),
        };
        if !self.name_if_room(rule, &shown) {
            self.forget_idle(rule);
            self.name_if_room(rule, &shown);
        }
    }

    /// Whether it has a name then.
    fn name_if_room(&mut self, rule: RuleKey, shown: &Arc<str>) -> bool {
        let of_rule = self.rules.entry(rule).or_default();
        let bytes = self.bytes + bytes_of(shown);
        let own = of_rule.named.len();
        let has_room = own < NAMED_OF_RULE && self.named < NAMED_GROUPS && bytes <= self.bound;
        if !has_room {
            return of_rule.named.contains_key(&**shown);
        }
        if let EntryRef::Vacant(free) = of_rule.named.entry_ref(shown) {
            free.insert(NamedSums {
                count: GroupSums::default(),
                last: of_rule.windows + 1,
            });
            self.named += 1;
            self.bytes = bytes;
        }
        true
    }

    /// A group of a window of the rule that is over; whether it has a name, by which it is counted now.
    pub fn add(&mut self, rule: RuleKey, over: &Over, label: &str, group: &Gathered) -> bool {
        self.rules.entry(rule).or_default().add(over, label, group)
    }

    /// All groups of a window of the rule were added. `rest`: those that have no name; `any`: what may be of any group.
    pub fn end(&mut self, rule: RuleKey, over: &Over, mut rest: GroupSums, any: &Gathered) {
        let of_rule = self.rules.entry(rule).or_default();
        of_rule.windows += 1;
        match of_rule.named.get_mut("") {
            // Where there are no groups, what may be of any is of this one.
            Some(all) if over.by.is_empty() => {
                all.count.unknown = all.count.unknown.saturating_add(any.perhaps);
            }
            _ => rest.add(any),
        }
        if !rest.is_nothing() {
            of_rule.rest.get_or_insert_default().join(&rest);
        }
    }

    /// What is known of a rule, the groups in the order of their values and the rest behind them.
    pub fn of(&self, rule: RuleKey, over: &Over) -> Vec<WindowSums> {
        let is_sum = matches!(
            over.measure,
            WindowMeasure::Of {
                function: Aggregate::Sum | Aggregate::Avg,
                ..
            }
        );
        let scale = if over.measure.is_duration() {
            1e-9
        } else {
            1.0
        };
        let told = |group: Vec<String>, count: &GroupSums| WindowSums {
            group,
            samples: count.samples,
            unknown: count.unknown,
            hits: over.measure.has_hits().then_some(count.hits),
            sum: is_sum.then_some(count.sum * scale),
        };
        let values = |label: &str| -> Vec<String> {
            let values = label.split(BETWEEN).map(str::to_owned);
            values
                .chain(std::iter::repeat_with(String::new))
                .take(over.by.len())
                .collect()
        };
        let Some(known) = self.rules.get(&rule) else {
            // Of all traces together there is a counter from the start.
            let all = over
                .by
                .is_empty()
                .then(|| told(Vec::new(), &GroupSums::default()));
            return all.into_iter().collect();
        };
        let mut named: Vec<_> = known.named.iter().collect();
        named.sort_unstable_by_key(|(label, _)| *label);
        let mut all: Vec<WindowSums> = named
            .into_iter()
            .map(|(label, one)| told(values(label), &one.count))
            .collect();
        let rest = known.rest.as_ref();
        all.extend(rest.map(|rest| told(vec![REST.to_owned(); over.by.len()], rest)));
        all
    }

    /// The rules are others from now on.
    pub fn refit(&mut self, rules: impl Fn(RuleKey) -> bool) {
        self.rules.retain(|rule, _| rules(*rule));
        self.weigh();
    }

    fn weigh(&mut self) {
        let named = || self.rules.values().flat_map(|rule| rule.named.keys());
        (self.named, self.bytes) = (named().count(), named().map(|name| bytes_of(name)).sum());
    }

    /// Takes back names of the rule that had nothing for long, once a window.
    fn forget_idle(&mut self, rule: RuleKey) {
        let Some(of_rule) = self.rules.get_mut(&rule) else {
            return;
        };
        if std::mem::replace(&mut of_rule.swept, of_rule.windows) == of_rule.windows {
            return;
        }
        let windows = of_rule.windows;
        of_rule
            .named
            .retain(|_, one| windows - one.last.min(windows) < IDLE_WINDOWS);
        self.weigh();
    }
}

/// The label of a group without what is withheld.
fn shown<'l>(over: &Over, label: &'l str) -> Cow<'l, str> {
    if !over.withholds_any() {
        return label.into();
    }
    let values = label.split(BETWEEN).enumerate();
    let values: Vec<&str> = values
        .map(|(at, value)| if over.withholds(at) { WITHHELD } else { value })
        .collect();
    values.join(&BETWEEN.to_string()).into()
}

fn bytes_of(name: &str) -> usize {
    // A table that has just grown has sixteen places for seven names, and a byte more for each.
    let place = size_of::<(Arc<str>, NamedSums)>() + 1;
    place * 16 / 7 + heap(name.len())
}
