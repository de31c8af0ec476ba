//! The members of a selector: those spans of the trace, known by their records, that it selects
//! certainly or perhaps, and whether more may come. Pure data over the trace's records, with what a
//! relation asks of it prepared once: the members in time, by their id and by their parent.

use std::cell::{OnceCell, RefCell};

use hashbrown::HashMap;

use crate::id::SpanId;
use crate::logic::tri::{Reasons, Tri};
use crate::state::key::TextKey;
use crate::state::record::Records;
use crate::state::record_id::RecordId;
use crate::time::EventTime;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub record: RecordId,
    pub certain: bool,
}

/// So many members are few.
const SMALL: usize = 64;

/// So few members are looked at one by one.
const FEW: usize = 4;

/// What few sets are asked stands behind a pointer: a set is made for most selectors of most rules.
#[derive(Debug, Default)]
pub(crate) struct MemberSet {
    pub items: Vec<Member>,
    /// More may come.
    pub open: bool,
    /// It is not known in full though the trace may be complete.
    pub capped: bool,
    /// Why some are not certain, or more may come though the trace is complete.
    pub reasons: Reasons,
    certain: OnceCell<u64>,
    order: OnceCell<Box<Order>>,
    /// One of another set, whose memory is used again.
    spare: RefCell<Option<Box<Order>>>,
    by_span: OnceCell<Box<HashMap<SpanId, Sharers>>>,
    by_parent: OnceCell<Box<HashMap<SpanId, Sharers>>>,
    by_record: OnceCell<Box<HashMap<RecordId, bool>>>,
    /// Those that are alike in the fields of the one relation that asks.
    pub alike: OnceCell<Box<AlikeMembers>>,
    /// What is above ids, as far as it was asked.
    pub climbed: RefCell<Option<Box<Climbed>>>,
    pub ancestors: OnceCell<Box<Ancestors>>,
    pub lines: OnceCell<Box<HashMap<RecordId, Line>>>,
}

/// The ids above a member, and whether they lead to a root on every way up.
#[derive(Debug)]
pub(crate) struct Line {
    pub ids: Vec<SpanId>,
    pub known: bool,
}

/// What lies above the members.
#[derive(Debug, Default)]
pub(crate) struct Ancestors {
    /// The ids of all their ancestors, and whether one is above a certain member.
    pub ids: HashMap<SpanId, bool>,
    /// Members whose chain to a root is not known.
    pub unknown: Vec<RecordId>,
    /// Not all was looked at, for want of steps.
    pub is_cut: bool,
}

impl MemberSet {
    /// No members so far.
    pub fn new(open: bool, reasons: Reasons) -> MemberSet {
        MemberSet {
            open,
            reasons,
            ..MemberSet::default()
        }
    }

    /// No members, and nothing known of them; what holds them in time is used again.
    pub fn clear(&mut self) {
        self.items.clear();
        self.open = false;
        self.capped = false;
        self.reasons = Reasons::NONE;
        self.certain.take();
        if let Some(order) = self.order.take() {
            *self.spare.get_mut() = Some(order);
        }
        self.by_span.take();
        self.by_parent.take();
        self.by_record.take();
        self.alike.take();
        self.climbed.get_mut().take();
        self.ancestors.take();
        self.lines.take();
    }

    /// Whether its memory is worth keeping.
    pub fn is_small(&self) -> bool {
        self.items.capacity() <= SMALL
    }

    /// How many are certain.
    pub fn certain(&self) -> u64 {
        let certain = self.items.iter().filter(|member| member.certain);
        *self.certain.get_or_init(|| certain.count() as u64)
    }

    pub fn exists(&self) -> Tri {
        if self.certain() > 0 {
            Tri::True
        } else if self.open || !self.items.is_empty() {
            Tri::Open(self.reasons)
        } else {
            Tri::False
        }
    }

    /// Whether nothing besides `record` is or will be a member.
    pub fn is_none_but(&self, record: RecordId) -> bool {
        !self.open && self.items.iter().all(|member| member.record == record)
    }

    /// Whether a member is certain; `None` of what is none.
    pub fn certainty(&self, record: RecordId) -> Option<bool> {
        let by_record = self.by_record.get_or_init(|| {
            let members = self.items.iter();
            Box::new(
                members
                    .map(|member| (member.record, member.certain))
                    .collect(),
            )
        });
        by_record.get(&record).copied()
    }

    pub fn order(&self, records: Records<'_>) -> &Order {
        self.order.get_or_init(|| {
            let mut order = self.spare.take().unwrap_or_default();
            order.fill(&self.items, records);
            order
        })
    }

    pub fn with_id(&self, records: Records<'_>, id: SpanId) -> Sharers {
        if self.items.len() <= FEW {
            let mut sharers = Sharers::default();
            let members = self.items.iter();
            let members = members.filter(|member| records.get(member.record).span_id == id);
            members.for_each(|member| sharers.add(*member));
            return sharers;
        }
        let index = self
            .by_span
            .get_or_init(|| Box::new(self.index(|record| Some(records.get(record).span_id))));
        index.get(&id).copied().unwrap_or_default()
    }

    pub fn with_parent(&self, records: Records<'_>, id: SpanId) -> Sharers {
        let index = self
            .by_parent
            .get_or_init(|| Box::new(self.index(|record| records.get(record).parent())));
        index.get(&id).copied().unwrap_or_default()
    }

    fn index(&self, key: impl Fn(RecordId) -> Option<SpanId>) -> HashMap<SpanId, Sharers> {
        let mut index: HashMap<SpanId, Sharers> = HashMap::with_capacity(self.items.len());
        for member in &self.items {
            if let Some(id) = key(member.record) {
                index.entry(id).or_default().add(*member);
            }
        }
        index
    }
}

/// The members that share an id or a parent, however many they are: the first of them that is certain, the first
/// that is one perhaps, and of each whether it has company.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sharers {
    pub certain: Option<Sharer>,
    pub perhaps: Option<Sharer>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sharer {
    record: RecordId,
    is_alone: bool,
}

impl Sharers {
    fn add(&mut self, member: Member) {
        let kind = if member.certain {
            &mut self.certain
        } else {
            &mut self.perhaps
        };
        match kind {
            Some(first) => first.is_alone = false,
            None => {
                *kind = Some(Sharer {
                    record: member.record,
                    is_alone: true,
                });
            }
        }
    }

    /// Whether another than `record` is among them, and then whether one of those is certain.
    pub fn besides(&self, record: RecordId) -> Option<bool> {
        let is_there = |kind: Option<Sharer>| {
            kind.is_some_and(|first| first.record != record || !first.is_alone)
        };
        if is_there(self.certain) {
            Some(true)
        } else {
            is_there(self.perhaps).then_some(false)
        }
    }
}

/// What is known of an id and all that is above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Above {
    /// A certain member is there.
    pub certain: bool,
    /// A member is there that is one only perhaps.
    pub perhaps: bool,
    /// Some way up does not lead to a root: a parent never came, or it leads round.
    pub unknown: bool,
    /// Some way up leads round, so that the answer depends on where it began.
    pub is_round: bool,
}

impl Above {
    pub fn add(&mut self, other: Above) {
        self.certain |= other.certain;
        self.perhaps |= other.perhaps;
        self.unknown |= other.unknown;
        self.is_round |= other.is_round;
    }
}

/// What was found above ids so far; `None`: the way up leads through it just now.
pub(crate) type Climbed = HashMap<SpanId, Option<Above>>;

/// The members in time, sorted once, so that a relation asks each question in logarithmic time.
#[derive(Debug, Default)]
pub(crate) struct Order {
    pub certain_starts: Points,
    pub starts: Points,
    pub certain_ends: Points,
    pub ends: Points,
    pub certain_reach: Reach,
    pub reach: Reach,
    /// Members whose times have no order.
    skewed: Vec<RecordId>,
}

/// A member's place in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Point {
    at: EventTime,
    record: RecordId,
}

/// Points in ascending order, of all members or of the certain ones.
#[derive(Debug, Default)]
pub(crate) struct Points(Vec<Point>);

impl Points {
    fn fill(&mut self, points: impl Iterator<Item = (EventTime, RecordId)>) {
        self.0.clear();
        self.0
            .extend(points.map(|(at, record)| Point { at, record }));
        self.0.sort_unstable();
    }

    /// The first at or after `from` that is none of `but`.
    pub fn first_from(&self, from: EventTime, but: &[RecordId]) -> Option<EventTime> {
        let place = self.0.partition_point(|point| point.at < from);
        self.0[place..]
            .iter()
            .find(|point| !but.contains(&point.record))
            .map(|point| point.at)
    }

    /// The last at or before `until` that is none of `but`.
    pub fn last_until(&self, until: EventTime, but: &[RecordId]) -> Option<EventTime> {
        let place = self.0.partition_point(|point| point.at <= until);
        self.0[..place]
            .iter()
            .rev()
            .find(|point| !but.contains(&point.record))
            .map(|point| point.at)
    }
}

/// How far the members that start up to some time reach: by their starts, with the two that end last of all that start no
/// later, of which one may be the span that is asked about.
#[derive(Debug, Default)]
pub(crate) struct Reach(Vec<(EventTime, [Option<Point>; 2])>);

impl Reach {
    fn fill(&mut self, spans: impl Iterator<Item = (EventTime, Point)>) {
        self.0.clear();
        self.0
            .extend(spans.map(|(start, end)| (start, [Some(end), None])));
        self.0.sort_unstable();
        let mut farthest = [None; 2];
        for (_, reached) in &mut self.0 {
            let [end, _] = *reached;
            let [first, second] = farthest;
            farthest = if end > first {
                [end, first]
            } else {
                [first, second.max(end)]
            };
            *reached = farthest;
        }
    }

    /// The latest end of those that start at or before `start`.
    pub fn until(&self, start: EventTime, but: RecordId) -> Option<EventTime> {
        let place = self.0.partition_point(|(at, _)| *at <= start);
        let (_, farthest) = self.0.get(place.checked_sub(1)?)?;
        let mut others = farthest.iter().flatten().filter(|end| end.record != but);
        others.next().map(|end| end.at)
    }
}

impl Order {
    pub fn fill(&mut self, members: &[Member], records: Records<'_>) {
        let ordered = |certain_only: bool| {
            members
                .iter()
                .filter(move |member| member.certain || !certain_only)
                .map(|member| (member.record, records.get(member.record)))
                .filter(|(_, record)| record.has_order())
        };
        let starts = |certain| ordered(certain).map(|(id, at)| (at.start, id));
        let ends = |certain| ordered(certain).map(|(id, at)| (at.end, id));
        let spans = |certain| {
            ordered(certain).map(|(record, span)| {
                (
                    span.start,
                    Point {
                        at: span.end,
                        record,
                    },
                )
            })
        };
        self.certain_starts.fill(starts(true));
        self.starts.fill(starts(false));
        self.certain_reach.fill(spans(true));
        self.reach.fill(spans(false));
        self.certain_ends.fill(ends(true));
        self.ends.fill(ends(false));
        let skewed = members.iter().map(|member| member.record);
        let skewed = skewed.filter(|record| !records.get(*record).has_order());
        self.skewed.clear();
        self.skewed.extend(skewed);
    }

    /// Whether a member besides `but` has no order.
    pub fn is_skewed(&self, but: &[RecordId]) -> bool {
        self.skewed.iter().any(|record| !but.contains(record))
    }
}

/// Members by what they are alike in.
#[derive(Debug, Default)]
pub(crate) struct AlikeMembers {
    pub known: HashMap<Vec<TextKey>, AlikeGroup>,
    /// Those of which it is not known.
    pub unknown: Vec<Member>,
}

#[derive(Debug, Default)]
pub(crate) struct AlikeGroup {
    pub members: Vec<Member>,
    pub order: Order,
}
