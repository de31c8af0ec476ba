//! Rules over many traces, by all spans of all of them: each window and group is worked out anew, from lists.

use std::collections::BTreeMap;

use betrace_lang::rule::{
    Aggregate, Expr, Over, Peer, Rule, Selector, Term, WindowBound, WindowMeasure,
};

use super::field::Held;
use super::gathered::{Allowed, Gathered, Item};
use super::value::Val;
use super::{Bound, Completeness, Trace, Truth};
use crate::model::Span;

/// When a window begins, and the values of a group.
pub type Place = (u64, Vec<String>);

#[derive(Default)]
struct Window {
    groups: BTreeMap<Vec<String>, Gathered>,
    any: Gathered,
}

/// What a rule over many traces says of these traces, each closed by itself when all had come.
#[must_use]
pub fn windows(
    rule: &Rule,
    over: &Over,
    traces: &[Vec<Span>],
    completeness: Completeness,
) -> BTreeMap<Place, Allowed> {
    let mut windows: BTreeMap<u64, Window> = BTreeMap::new();
    for spans in traces {
        let trace = Trace::of(spans);
        let missing = trace.missing(completeness.of(rule));
        let Some(began) = trace.begins() else {
            continue;
        };
        let window = windows.entry(began - began % over.length).or_default();
        if over.by.is_empty() {
            window.groups.entry(Vec::new()).or_default();
        }
        let is_whole = missing.is_empty();
        let trace = if is_whole { trace } else { trace.open(missing) };
        window.any.is_open |= !is_whole && !over.measure.is_of_traces();
        window.any.is_open |= trace.add(over, window);
    }
    let starts: Vec<u64> = windows.keys().copied().collect();
    let mut said = BTreeMap::new();
    for start in starts {
        let before = start.checked_sub(over.length);
        let before = before.and_then(|before| windows.get(&before));
        for (group, allowed) in windows[&start].judged(over, before) {
            said.insert((start, group), allowed);
        }
    }
    said
}

impl<'t> Trace<'t> {
    /// Adds what counts of this trace; whether more may, of any group.
    fn add(&self, over: &Over, window: &mut Window) -> bool {
        match &over.measure {
            WindowMeasure::Count(spans) => {
                self.spans_in(over, spans, window, |_| Some(Item::Plain))
            }
            WindowMeasure::Of {
                function,
                selector,
                of,
            } => {
                let is_distinct = *function == Aggregate::Distinct;
                self.spans_in(over, selector, window, |span| {
                    self.item(is_distinct, of, span)
                })
            }
            WindowMeasure::Quantile { selector, of, .. } => {
                self.spans_in(over, selector, window, |span| self.item(false, of, span))
            }
            WindowMeasure::ShareOfSpans { of, among } => {
                let part = self.select(of, &Bound::default());
                self.spans_in(over, among, window, |span| {
                    let place = self.spans.iter().position(|one| std::ptr::eq(*one, span))?;
                    Some(match part.has(place).or(part.more) {
                        Truth::True => Item::Hit,
                        Truth::False => Item::Plain,
                        Truth::Open(_) => Item::Unknown,
                    })
                })
            }
            WindowMeasure::Traces(condition) => {
                self.trace_in(over, window, Truth::True, condition);
                false
            }
            WindowMeasure::ShareOfTraces { of, among } => {
                let among = self.holds(among, &Bound::default());
                if among != Truth::False {
                    self.trace_in(over, window, among, of);
                }
                false
            }
        }
    }

    fn item(&self, is_distinct: bool, of: &Term, span: &'t Span) -> Option<Item> {
        let Held::One(value) = self.term(of, Some(span), None, &Bound::default()) else {
            unreachable!("a measure takes one value of each span");
        };
        match &value {
            Val::Undetermined => Some(Item::Unknown),
            _ if is_distinct => value.group().map(Item::Text),
            Val::Time(nanos) => Some(Item::Number(*nanos)),
            value => value.number().map(Item::Number),
        }
    }

    fn spans_in(
        &self,
        over: &Over,
        selector: &Selector,
        window: &mut Window,
        of: impl Fn(&'t Span) -> Option<Item>,
    ) -> bool {
        let selection = self.select(selector, &Bound::default());
        for &(place, selected) in &selection.members {
            let span = self.spans[place];
            let Some(item) = of(span) else {
                continue;
            };
            let item = match selected {
                Truth::True => item,
                _ => Item::Unknown,
            };
            self.put(over, span, item, window);
        }
        selection.more != Truth::False
    }

    fn trace_in(&self, over: &Over, window: &mut Window, counts: Truth, condition: &Expr) {
        let item = match (counts, self.holds(condition, &Bound::default())) {
            (Truth::True, Truth::True) => Item::Hit,
            (Truth::True, Truth::False) => Item::Plain,
            _ => Item::Unknown,
        };
        if over.by.is_empty() {
            let group = window.groups.entry(Vec::new()).or_default();
            return group.items.push(item);
        }
        let mut roots = self.spans.iter().filter(|span| span.parent.is_none());
        match (roots.next(), roots.next(), self.more) {
            (None, _, Truth::False) => {}
            (None, _, _) => window.any.items.push(Item::Unknown),
            // Of several roots another may come before the first.
            (Some(_), Some(_), Truth::Open(_)) => window.any.items.push(Item::Unknown),
            (Some(root), _, _) => self.put(over, root, item, window),
        }
    }

    /// In the group of its span, if that has one.
    fn put(&self, over: &Over, span: &'t Span, item: Item, window: &mut Window) {
        let mut group = Vec::new();
        for field in &over.by {
            match self.value(field, span, &Bound::default()) {
                Val::Undetermined => return window.any.items.push(Item::Unknown),
                Val::Duration(nanos) => group.push(betrace_lang::duration_text(nanos)),
                value => match value.group() {
                    Some(value) => group.push(value),
                    None => return,
                },
            }
        }
        window.groups.entry(group).or_default().items.push(item);
    }
}

impl Window {
    fn judged(&self, over: &Over, before: Option<&Window>) -> Vec<(Vec<String>, Allowed)> {
        let whole: BTreeMap<&Vec<String>, Gathered> = self
            .groups
            .iter()
            .map(|(group, gathered)| (group, gathered.with(&self.any)))
            .collect();
        let is_large = |gathered: &&Gathered| gathered.sure() as u64 >= over.at_least.max(1);
        let asked = whole.values().filter(is_large).count().max(1);
        let judged = whole.iter().map(|(group, gathered)| {
            let others: Vec<&Gathered> = whole
                .iter()
                .filter(|(other, _)| other != &group)
                .map(|(_, gathered)| gathered)
                .collect();
            let before = before.and_then(|before| {
                let known = before.groups.get(*group)?;
                Some(known.with(&before.any))
            });
            let rivals = match over.bound {
                WindowBound::Peer { peer, .. } => match peer {
                    Peer::Before => before.into_iter().collect(),
                    Peer::Others => {
                        let mut all = Gathered::default();
                        for other in &others {
                            all.items.extend(other.items.iter().cloned());
                            all.is_open |= other.is_open;
                        }
                        let is_some = all.is_open || !all.items.is_empty();
                        is_some.then_some(all).into_iter().collect()
                    }
                    _ => others.into_iter().filter(is_large).cloned().collect(),
                },
                _ => Vec::new(),
            };
            ((*group).clone(), gathered.judged(over, &rivals, asked))
        });
        judged.collect()
    }
}
