//! The members of a selector in time, sorted once, so that a relation asks each question in
//! logarithmic time.

use crate::decide::members::Member;
use crate::state::cell::RecordId;
use crate::state::record::Records;

/// A member's place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    at: u64,
    record: RecordId,
}

/// Points in ascending order, of all members or of the certain ones.
#[derive(Debug, Default)]
pub(crate) struct Points(Vec<Point>);

impl Points {
    fn sorted(points: impl Iterator<Item = (u64, RecordId)>) -> Points {
        let mut points: Vec<Point> = points.map(|(at, record)| Point { at, record }).collect();
        points.sort_unstable();
        Points(points)
    }

    /// The first at or after `from` that is none of `but`.
    pub fn first_from(&self, from: u64, but: &[RecordId]) -> Option<u64> {
        let place = self.0.partition_point(|point| point.at < from);
        self.0[place..]
            .iter()
            .find(|point| !but.contains(&point.record))
            .map(|point| point.at)
    }

    /// The last at or before `until` that is none of `but`.
    pub fn last_until(&self, until: u64, but: &[RecordId]) -> Option<u64> {
        let place = self.0.partition_point(|point| point.at <= until);
        self.0[..place]
            .iter()
            .rev()
            .find(|point| !but.contains(&point.record))
            .map(|point| point.at)
    }
}

#[derive(Debug)]
pub(crate) struct Order {
    pub certain_starts: Points,
    pub starts: Points,
    pub certain_ends: Points,
    pub ends: Points,
    /// Members whose times have no order.
    skewed: Vec<RecordId>,
}

impl Order {
    pub fn new(members: &[Member], records: &Records) -> Order {
        let ordered = |certain_only: bool| {
            members
                .iter()
                .filter(move |member| member.certain || !certain_only)
                .map(|member| (member.record, records.get(member.record)))
                .filter(|(_, record)| record.has_order())
        };
        let starts = |certain| Points::sorted(ordered(certain).map(|(id, at)| (at.start, id)));
        let ends = |certain| Points::sorted(ordered(certain).map(|(id, at)| (at.end, id)));
        Order {
            certain_starts: starts(true),
            starts: starts(false),
            certain_ends: ends(true),
            ends: ends(false),
            skewed: members
                .iter()
                .map(|member| member.record)
                .filter(|record| !records.get(*record).has_order())
                .collect(),
        }
    }

    /// Whether a member besides `but` has no order.
    pub fn is_skewed(&self, but: &[RecordId]) -> bool {
        self.skewed.iter().any(|record| !but.contains(record))
    }
}
