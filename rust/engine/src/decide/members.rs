//! The members of a selector: those spans of the trace, known by their records, that it selects
//! certainly or perhaps, and whether more may come.

use std::cell::OnceCell;
use std::rc::Rc;

use betrace_lang::rule::BindingId;
use betrace_lang::verdict::Reason;
use hashbrown::HashMap;

use crate::decide::order::Order;
use crate::decide::{BINDINGS, Eval, Tuple, UNBOUND};
use crate::id::SpanId;
use crate::logic::tri::{Reasons, Tri};
use crate::logic::truth::Truth;
use crate::plan::{Node, NodeKind};
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::{BoundSpans, FieldId, Fields};
use crate::state::cell::{Cell, RecordId};
use crate::state::record::{FieldKey, Projection};
use crate::value::Value;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    pub record: RecordId,
    pub certain: bool,
}

#[derive(Debug, Default)]
pub(crate) struct MemberSet {
    pub items: Vec<Member>,
    /// More may come.
    pub open: bool,
    /// It is not known in full though the trace may be complete.
    pub capped: bool,
    /// Why some are not certain, or more may come though the trace is complete.
    pub reasons: Reasons,
    order: OnceCell<Order>,
    by_span: OnceCell<HashMap<SpanId, Vec<Member>>>,
    by_parent: OnceCell<HashMap<SpanId, Vec<Member>>>,
}

impl MemberSet {
    pub fn exists(&self) -> Tri {
        if self.items.iter().any(|member| member.certain) {
            Tri::True
        } else if self.open || !self.items.is_empty() {
            Tri::Open(self.reasons)
        } else {
            Tri::False
        }
    }

    pub fn order(&self, eval: &Eval<'_>) -> &Order {
        self.order
            .get_or_init(|| Order::new(&self.items, &eval.trace.records))
    }

    pub fn with_id(&self, eval: &Eval<'_>, id: SpanId) -> &[Member] {
        let index = self
            .by_span
            .get_or_init(|| self.index(|record| Some(eval.trace.records.get(record).span_id)));
        index.get(&id).map_or(&[], Vec::as_slice)
    }

    pub fn with_parent(&self, eval: &Eval<'_>, id: SpanId) -> &[Member] {
        let index = self
            .by_parent
            .get_or_init(|| self.index(|record| eval.trace.records.get(record).parent()));
        index.get(&id).map_or(&[], Vec::as_slice)
    }

    fn index(&self, key: impl Fn(RecordId) -> Option<SpanId>) -> HashMap<SpanId, Vec<Member>> {
        let mut index: HashMap<SpanId, Vec<Member>> = HashMap::with_capacity(self.items.len());
        for member in &self.items {
            if let Some(id) = key(member.record) {
                index.entry(id).or_default().push(*member);
            }
        }
        index
    }
}

impl<'a> Eval<'a> {
    /// The members as far as the bound spans decide them.
    pub fn members(&mut self, node: &'a Node) -> Rc<MemberSet> {
        let mut seen_by = [UNBOUND; BINDINGS];
        for (binding, record) in self.tuple.iter().enumerate() {
            if node.mask & (1 << binding) != 0 {
                seen_by[binding] = *record;
            }
        }
        if let Some((tuple, set)) = &self.memo[node.memo]
            && *tuple == seen_by
        {
            return set.clone();
        }
        let set = Rc::new(self.find_members(node));
        self.memo[node.memo] = Some((seen_by, set.clone()));
        set
    }

    fn find_members(&mut self, node: &'a Node) -> MemberSet {
        match &node.kind {
            NodeKind::Bound(binding) => MemberSet {
                items: vec![Member {
                    record: self.tuple[*binding],
                    certain: true,
                }],
                ..MemberSet::default()
            },
            NodeKind::Spans {
                records,
                filter,
                trace,
            } => {
                let selects = self.trace_tests(trace);
                self.find_spans(*records, filter, selects)
            }
            NodeKind::Related { left, relation } => {
                let left = self.members(left);
                let mut set = MemberSet {
                    open: left.open,
                    capped: left.capped,
                    reasons: left.reasons,
                    ..MemberSet::default()
                };
                for member in &left.items {
                    let holds = if self.spend(1) {
                        self.relate(member.record, relation)
                    } else {
                        Tri::Open(Reasons::of(Reason::StateCap))
                    };
                    match holds {
                        Tri::False => {}
                        Tri::True => set.items.push(*member),
                        Tri::Open(reasons) => {
                            set.reasons = set.reasons.with(reasons);
                            set.items.push(Member {
                                record: member.record,
                                certain: false,
                            });
                        }
                    }
                }
                set
            }
        }
    }

    fn find_spans(
        &mut self,
        records: u32,
        filter: &'a [CompiledPredicate],
        selects: Tri,
    ) -> MemberSet {
        if selects == Tri::False {
            return MemberSet::default();
        }
        let mut set = MemberSet {
            open: !self.closed,
            reasons: selects.reasons(),
            ..MemberSet::default()
        };
        let Some(Cell::Records(cell)) = self.trace.cell(records) else {
            return set;
        };
        if cell.capped {
            set.open = true;
            set.capped = true;
            set.reasons.add(Reason::StateCap);
        }
        let mut members = cell.members.clone();
        members.sort_unstable_by_key(|(record, _)| self.trace.records.get(*record).rank());
        for (record, certain) in &members {
            let truth = if self.spend(1 + filter.len()) {
                self.filter(*record, filter)
            } else {
                set.reasons.add(Reason::StateCap);
                Truth::OPEN
            };
            if !truth.may_be_true() {
                continue;
            }
            let proved = *certain && truth.is_true();
            if !proved && self.work <= crate::decide::WORK_CAP {
                set.reasons.add(Reason::Skew);
            }
            set.items.push(Member {
                record: *record,
                certain: proved && selects == Tri::True,
            });
        }
        set
    }

    fn filter(&self, record: RecordId, filter: &[CompiledPredicate]) -> Truth {
        let mut all = Truth::TRUE;
        for part in filter {
            let span = RecordFields::new(self, record);
            let bound = BoundRecords::new(self);
            let mut truth = part.eval(&span, &bound, &mut 0);
            if span.is_cut() || bound.0.iter().flatten().any(RecordFields::is_cut) {
                truth = truth.either(Truth::OPEN);
            }
            all = all.and(truth);
        }
        all
    }

    /// A field that was kept of a record; missing where it was not.
    pub fn kept(&self, record: RecordId, field: FieldKey) -> Value<'a> {
        self.trace
            .records
            .projection(record)
            .and_then(|projection| value_in(projection, field))
            .unwrap_or(Value::Missing)
    }
}

fn value_in(projection: &Projection, field: FieldKey) -> Option<Value<'_>> {
    let (_, value) = projection.values.iter().find(|(key, _)| *key == field)?;
    Some(value.as_value())
}

/// A record as a predicate reads it.
struct RecordFields<'e> {
    keys: &'e [FieldKey],
    projection: Option<&'e Projection>,
}

impl<'e> RecordFields<'e> {
    fn new(eval: &Eval<'e>, record: RecordId) -> RecordFields<'e> {
        RecordFields {
            keys: &eval.plan.field_keys,
            projection: eval.trace.records.projection(record),
        }
    }

    fn is_cut(&self) -> bool {
        self.projection.is_some_and(|projection| projection.cut)
    }
}

impl Fields for RecordFields<'_> {
    fn value(&self, field: FieldId) -> Value<'_> {
        let key = self.keys.get(field.index()).copied();
        match (self.projection, key) {
            (Some(projection), Some(key)) => value_in(projection, key).unwrap_or(Value::Missing),
            _ => Value::Missing,
        }
    }

    fn any(&self, field: FieldId, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        let Some(key) = self.keys.get(field.index()) else {
            return false;
        };
        self.projection
            .into_iter()
            .flat_map(|projection| &projection.values)
            .find(|(kept, _)| kept == key)
            .is_some_and(|(_, value)| value.any(test))
    }
}

struct BoundRecords<'e>([Option<RecordFields<'e>>; BINDINGS]);

impl<'e> BoundRecords<'e> {
    fn new(eval: &Eval<'e>) -> BoundRecords<'e> {
        let tuple: Tuple = eval.tuple;
        BoundRecords(
            tuple.map(|record| (record != UNBOUND).then(|| RecordFields::new(eval, record))),
        )
    }
}

impl BoundSpans for BoundRecords<'_> {
    fn span(&self, binding: BindingId) -> Option<&dyn Fields> {
        let record = self.0.get(usize::from(binding.0))?.as_ref()?;
        Some(record)
    }
}
