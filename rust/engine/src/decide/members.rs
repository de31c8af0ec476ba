//! The finding of members: which spans of the trace a selector selects.
//!
//! A selector may stand in a relation to others, whose members are found in turn; each set is remembered for
//! the bound spans that it was found for.

use std::rc::Rc;

use betrace_lang::verdict::Reason;
use hashbrown::HashSet;

use crate::decide::eval::{BINDINGS, Eval};
use crate::decide::join::JoinIndex;
use crate::decide::member_set::{Candidates, Member, MemberSet};
use crate::decide::recorded::{BoundRecords, RecordFields};
use crate::decide::structure;
use crate::decide::{between, order};
use crate::id::SpanId;
use crate::intern::CellId;
use crate::logic::interval::{End, Interval};
use crate::logic::measured::Measured;
use crate::logic::tri::{Reasons, Tri};
use crate::logic::truth::Truth;
use crate::plan::join::JoinPlan;
use crate::plan::node::{Node, NodeKind, Pair, RelationPlan};
use crate::plan::trace::TraceTest;
use crate::predicate::CompiledPredicate;
use crate::predicate::fields::NoFields;
use crate::predicate::reckoning::CompiledTerm;
use crate::state::cell::{Cell, RecordsCell};
use crate::state::record::RecordId;
use crate::value::Compared;

/// Steps to ask one part of a filter of a record.
const PER_PART: usize = 8;

/// So few candidates are asked one by one.
const FEW: usize = 8;

impl<'a> Eval<'a> {
    /// The members as far as the bound spans decide them.
    pub fn members(&mut self, node: &'a Node) -> Rc<MemberSet> {
        let mut seen_by = [None; BINDINGS];
        for (binding, record) in self.tuple.iter().enumerate() {
            if node.mask & (1 << binding) != 0 {
                seen_by[binding] = *record;
            }
        }
        if let Some((tuple, set)) = &self.memo[node.memo].members
            && *tuple == seen_by
        {
            return set.clone();
        }
        let set = Rc::new(self.find(node));
        self.memo[node.memo].members = Some((seen_by, set.clone()));
        set
    }

    fn find(&mut self, node: &'a Node) -> MemberSet {
        match &node.kind {
            NodeKind::Bound(binding) => {
                let mut set = MemberSet::new(false, Reasons::NONE);
                set.items.extend(self.tuple[*binding].map(|record| Member {
                    record,
                    certain: true,
                }));
                set
            }
            NodeKind::Spans {
                records,
                filter,
                join,
                trace,
                is_leaf,
            } => {
                let parents = is_leaf.then(|| self.parents());
                self.find_spans(node, *records, (filter, *join), trace, parents)
            }
            NodeKind::Related { left, relation } => {
                let left = self.members(left);
                let mut set = MemberSet::new(left.open, left.reasons);
                set.capped = left.capped;
                for member in &left.items {
                    let holds = if self.budget.spend(1) {
                        self.relate(member.record, &left, relation)
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

    /// Without those that are some span's parent, if leaves are asked for; which they are perhaps, until the trace has
    /// closed.
    fn find_spans(
        &mut self,
        node: &Node,
        records: CellId,
        (filter, join): (&'a [CompiledPredicate], Option<JoinPlan>),
        trace: &[TraceTest],
        parents: Option<Rc<HashSet<SpanId>>>,
    ) -> MemberSet {
        let facts = self.facts;
        let selects = facts.trace_tests(trace);
        if selects == Tri::False {
            return MemberSet::default();
        }
        let mut set = MemberSet::new(!facts.closed, selects.reasons());
        let Some(Cell::Records(cell)) = facts.trace.cell(records) else {
            return set;
        };
        if cell.capped {
            set.open = true;
            set.capped = true;
            set.reasons.add(Reason::StateCap);
        }
        let (kept, once);
        let candidates = if node.mask == 0 {
            once = self.sorted(cell.members());
            &once[..]
        } else {
            kept = self.candidates(node.memo, cell);
            &kept[..]
        };
        let is_parent = |record| {
            let id = &facts.record(record).span_id;
            parents.as_ref().is_some_and(|parents| parents.contains(id))
        };
        let stays = parents.is_none() || facts.closed;
        let joined = join.and_then(|join| self.joined(node.memo, join, candidates));
        let count = joined.as_ref().map_or(candidates.len(), Vec::len);
        for at in 0..count {
            let at = joined.as_ref().map_or(at, |joined| joined[at] as usize);
            let (record, certain) = candidates[at];
            if is_parent(record) {
                continue;
            }
            let truth = if self.budget.spend(1 + PER_PART * filter.len()) {
                self.filter(record, filter)
            } else {
                set.reasons.add(Reason::StateCap);
                Truth::OPEN
            };
            if !truth.may_be_true() {
                continue;
            }
            let proved = certain && truth.is_true();
            if !proved && !self.budget.is_spent() {
                set.reasons.add(Reason::Skew);
            }
            set.items.push(Member {
                record,
                certain: proved && selects == Tri::True && stays,
            });
        }
        set
    }

    /// What is some span's parent.
    fn parents(&mut self) -> Rc<HashSet<SpanId>> {
        let facts = self.facts;
        let parents = self.parents.get_or_insert_with(|| {
            self.budget.spend(facts.trace.span_count());
            Rc::new(facts.trace.seen().all_parents())
        });
        parents.clone()
    }

    /// What is chosen from, lowest first.
    fn sorted(&mut self, mut members: Vec<(RecordId, bool)>) -> Vec<(RecordId, bool)> {
        let facts = self.facts;
        self.budget.spend(members.len());
        members.sort_unstable_by_key(|(record, _)| facts.record(*record).rank());
        members
    }

    /// Likewise, sorted once for all bound spans.
    fn candidates(&mut self, memo: usize, cell: RecordsCell<'_>) -> Candidates {
        if let Some(candidates) = &self.memo[memo].candidates {
            return candidates.clone();
        }
        let candidates: Candidates = self.sorted(cell.members()).into();
        self.memo[memo].candidates = Some(candidates.clone());
        candidates
    }

    /// The places of the candidates that may share the bound span's value; `None`: all are to be asked.
    fn joined(
        &mut self,
        memo: usize,
        join: JoinPlan,
        candidates: &[(RecordId, bool)],
    ) -> Option<Vec<u32>> {
        let facts = self.facts;
        let bound = self.tuple[join.binding]?;
        if candidates.len() < FEW {
            return None;
        }
        let budget = &mut self.budget;
        let index = self.memo[memo].join.get_or_insert_with(|| {
            budget.spend(PER_PART * candidates.len());
            Rc::new(JoinIndex::new(&facts, candidates, join.own))
        });
        index.matching(&facts, bound, join.bound)
    }

    /// What is reckoned from the bound spans; without a number nothing compares.
    pub fn reckoned(&self, term: &CompiledTerm) -> Measured {
        let bound = self.bound();
        match term.of(&NoFields, &bound) {
            _ if bound.is_short() => Measured::Perhaps(Interval::unknown()),
            Ok(number) => Measured::Range(Interval::exactly(End::At(number))),
            Err(why) if why == Compared::OPEN => {
                let skew = Reasons::of(Reason::Skew);
                Measured::Perhaps(Interval::unknown().with_reasons(skew))
            }
            Err(_) => Measured::Never,
        }
    }

    fn bound(&self) -> BoundRecords<'_> {
        let fields = |record| RecordFields::new(&self.facts, record);
        BoundRecords(self.tuple.map(|record| record.map(fields)))
    }

    fn filter(&self, record: RecordId, filter: &[CompiledPredicate]) -> Truth {
        let mut all = Truth::TRUE;
        for part in filter {
            let span = RecordFields::new(&self.facts, record);
            let bound = self.bound();
            let mut truth = part.eval(&span, &bound, &mut 0);
            if span.is_short() || bound.is_short() {
                truth = truth.either(Truth::OPEN);
            }
            all = all.and(truth);
        }
        all
    }

    /// Whether a bound span proves every part of `filter`.
    pub fn proves(&mut self, binding: usize, filter: &'a [CompiledPredicate]) -> Tri {
        let Some(record) = self.tuple[binding] else {
            return Tri::Open(Reasons::NONE);
        };
        if !self.budget.spend(1 + PER_PART * filter.len()) {
            return Tri::Open(Reasons::of(Reason::StateCap));
        }
        let truth = self.filter(record, filter);
        if truth.is_true() {
            Tri::True
        } else if truth.may_be_true() {
            Tri::Open(Reasons::of(Reason::Skew))
        } else {
            Tri::False
        }
    }

    fn relate(&mut self, span: RecordId, left: &MemberSet, relation: &'a RelationPlan) -> Tri {
        let facts = self.facts;
        match relation {
            RelationPlan::Ordered {
                order: points,
                right,
                within,
            } => order::nearest(&facts, span, &self.members(right), *points, *within),
            RelationPlan::Then { right, within } => {
                order::then(&facts, span, &self.members(right), *within)
            }
            RelationPlan::Paired { pair, right } => self.pair(span, *pair, right),
            RelationPlan::NextAfter { right } => {
                let right = self.members(right);
                order::next_after(&facts, &mut self.budget, span, left, &right)
            }
            RelationPlan::DirectlyAfter { right, all } => {
                let (right, all) = (self.members(right), self.members(all));
                between::directly_after(&facts, &mut self.budget, span, &right, &all)
            }
            RelationPlan::LinkedTo { right, ids } => {
                let set = self.members(right);
                structure::linked_to(&facts, &mut self.budget, span, &set, *ids)
            }
            RelationPlan::Between { from, to } => self.scoped(span, from, to, true),
            RelationPlan::AfterUntil { from, to } => self.scoped(span, from, to, false),
        }
    }

    fn pair(&mut self, span: RecordId, pair: Pair, right: &'a Node) -> Tri {
        let facts = self.facts;
        let set = self.members(right);
        let is_bound = matches!(right.kind, NodeKind::Bound(_));
        let budget = &mut self.budget;
        match pair {
            Pair::Overlaps => order::overlaps(&facts, span, &set),
            Pair::During => order::during(&facts, span, &set),
            Pair::Inside => structure::inside(&facts, budget, span, &set),
            Pair::Outside => structure::inside(&facts, budget, span, &set).negate(),
            Pair::Containing => structure::containing(&facts, budget, span, &set),
            Pair::ParentOf => structure::parent_of(&facts, span, &set),
            Pair::ChildOf => structure::child_of(&facts, span, &set, is_bound),
            Pair::NotChildOf => structure::child_of(&facts, span, &set, is_bound).negate(),
            Pair::SiblingOf => structure::sibling_of(&facts, span, &set),
            Pair::NotSiblingOf => structure::sibling_of(&facts, span, &set).negate(),
        }
    }

    fn scoped(&mut self, span: RecordId, from: &'a Node, to: &'a Node, needs_end: bool) -> Tri {
        let facts = self.facts;
        let openers = self.members(from);
        let enders = self.members(to);
        order::scoped(&facts, &mut self.budget, span, &openers, &enders, needs_end)
    }
}
