//! Measures by groups: whether some group reaches a value, and which group a violation shows.

use std::collections::BTreeMap;

use betrace_lang::rule::{CompareOp, GroupKey, GroupOp, Measure};

use super::measure::{Range, compare};
use super::number::End;
use super::select::Selection;
use super::value::Val;
use super::{Bound, Trace, Truth};
use crate::model::hex;

/// Spans, and how surely each is one of them.
type Members = Vec<(usize, Truth)>;

impl Trace<'_> {
    /// `count(S) by f > n`: some group reaches it.
    pub fn some_group(
        &self,
        measure: &Measure,
        by: &[GroupKey],
        op: GroupOp,
        value: &Range,
        bound: &Bound,
    ) -> Truth {
        let selection = self.select(measure.selector(), bound);
        let (groups, undetermined) = self.groups(&selection, by);
        let group = |members| {
            self.reaches(
                (measure, op, value),
                members,
                (&undetermined, selection.more),
                bound,
            )
        };
        // Those of no known group may be one of their own.
        let groups = groups.into_values().chain([Vec::new()]);
        Truth::any(groups.map(group)).or(selection.more)
    }

    /// Whether one group does, to which those of no known group may belong.
    fn reaches(
        &self,
        (measure, op, value): (&Measure, GroupOp, &Range),
        members: Members,
        (undetermined, more): (&Members, Truth),
        bound: &Bound,
    ) -> Truth {
        let op = match op {
            GroupOp::Gt => CompareOp::Gt,
            GroupOp::Ge => CompareOp::Ge,
        };
        let perhaps = undetermined.iter();
        let perhaps = perhaps.map(|(span, selected)| (*span, selected.and(Truth::SKEW)));
        let members: Members = members.into_iter().chain(perhaps).collect();
        // There is no group before someone is in it.
        let is_there = Truth::any(members.iter().map(|member| member.1));
        let range = self.measure_of(measure, &Selection { members, more }, bound);
        compare(&range, op, value).and(is_there)
    }

    /// The sure spans of the group that a violation shows: of the groups that reach the value, or else of all, the one with
    /// the most by its sure spans alone; of several such the one with the lowest span. `None` without a group.
    pub fn largest_group(
        &self,
        measure: &Measure,
        by: &[GroupKey],
        op: GroupOp,
        value: &Range,
        bound: &Bound,
    ) -> Option<Vec<usize>> {
        let selection = self.select(measure.selector(), bound);
        let (groups, undetermined) = self.groups(&selection, by);
        let mut largest: Option<(bool, End, Vec<usize>)> = None;
        for members in groups.into_values() {
            let sure: Members = members
                .iter()
                .copied()
                .filter(|one| one.1 == Truth::True)
                .collect();
            if sure.is_empty() {
                continue;
            }
            let reaches = self.reaches(
                (measure, op, value),
                members,
                (&undetermined, selection.more),
                bound,
            );
            let mut spans: Vec<usize> = sure.iter().map(|(span, _)| *span).collect();
            spans.sort_unstable();
            let alone = Selection {
                members: sure,
                more: Truth::False,
            };
            let range = self.measure_of(measure, &alone, bound);
            let sure_low = range.ends.filter(|_| !range.perhaps_nothing);
            let most = sure_low.map_or(End::NegativeInfinity, |(low, _)| low);
            let reaches = reaches == Truth::True;
            let is_larger = largest.as_ref().is_none_or(|(reached, than, lowest)| {
                let by_value = reaches.cmp(reached).then(most.compare(*than));
                by_value.then(lowest[0].cmp(&spans[0])).is_gt()
            });
            if is_larger {
                largest = Some((reaches, most, spans));
            }
        }
        largest.map(|(_, _, spans)| spans)
    }

    /// The groups, and the spans whose group is not known.
    fn groups(
        &self,
        selection: &Selection,
        by: &[GroupKey],
    ) -> (BTreeMap<Vec<String>, Members>, Members) {
        let mut groups: BTreeMap<Vec<String>, Members> = BTreeMap::new();
        let mut undetermined = Vec::new();
        for &(index, selected) in &selection.members {
            match self.keys_of(index, by) {
                Some(Some(keys)) => groups.entry(keys).or_default().push((index, selected)),
                Some(None) => undetermined.push((index, selected)),
                None => {}
            }
        }
        (groups, undetermined)
    }

    /// What a span is in a group by: `None` of one that lacks a key, `Some(None)` of one that has some which is not known.
    pub(super) fn keys_of(&self, index: usize, by: &[GroupKey]) -> Option<Option<Vec<String>>> {
        let (span, bound) = (self.spans[index], Bound::default());
        let keys = by.iter().map(|key| match key {
            GroupKey::Field(field) => match self.value(field, span, &bound) {
                Val::Undetermined => Some(None),
                value => value.group().map(Some),
            },
            GroupKey::Parent => span.parent.map(|parent| Some(hex(&parent))),
        });
        let keys = keys.collect::<Option<Vec<Option<String>>>>()?;
        Some(keys.into_iter().collect())
    }
}
