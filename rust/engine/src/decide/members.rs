//! The finding of members: which spans of the trace a selector selects.
//!
//! A selector may stand in a relation to others, whose members are found in turn; each set is remembered for
//! the bound spans that it was found for.

use std::rc::Rc;

use betrace_lang::verdict::Reason;
use hashbrown::HashSet;

use crate::decide::alike;
use crate::decide::chosen::{Candidates, Stretch};
use crate::decide::eval::{BINDINGS, Eval, EvalScratch};
use crate::decide::member_set::{Member, MemberSet};
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
use crate::state::cell::Cell;
use crate::state::record_id::RecordId;
use crate::value::Compared;

/// Steps to ask one part of a filter of a record.
const PER_PART: usize = 8;

/// So few candidates are asked one by one.
const FEW: usize = 8;

impl<'a> Eval<'a> {
    /// Asks something of the members, as far as the bound spans decide them.
    pub fn with_members<R>(
        &mut self,
        node: &'a Node,
        ask: impl FnOnce(&mut Eval<'a>, &MemberSet) -> R,
    ) -> R {
        let mut seen_by = [None; BINDINGS];
        for (binding, record) in self.tuple.iter().enumerate() {
            if node.mask & (1 << binding) != 0 {
                seen_by[binding] = *record;
            }
        }
        let known = self.scratch.memo[node.memo].members.take();
        let set = match known {
            Some((tuple, set)) if tuple == seen_by => set,
            known => {
                let set = known
                    .map(|(_, set)| set)
                    .or_else(|| self.scratch.free.pop());
                let mut set = set.unwrap_or_default();
                set.clear();
                self.find(node, &mut set);
                set
            }
        };
        let answer = ask(self, &set);
        self.scratch.memo[node.memo].members = Some((seen_by, set));
        answer
    }

    fn find(&mut self, node: &'a Node, set: &mut MemberSet) {
        match &node.kind {
            NodeKind::Bound(binding) => {
                set.items.extend(self.tuple[*binding].map(|record| Member {
                    record,
                    certain: true,
                }));
            }
            NodeKind::Spans {
                records,
                filter,
                join,
                trace,
                is_leaf,
            } => {
                let parents = is_leaf.then(|| self.parents());
                self.find_spans(node, *records, (filter, *join), trace, parents, set);
            }
            NodeKind::Related { left, relation } => {
                self.with_members(left, |eval, left| eval.find_related(left, relation, set));
            }
        }
    }

    /// Those of `left` that stand in the relation.
    fn find_related(&mut self, left: &MemberSet, relation: &'a RelationPlan, set: &mut MemberSet) {
        set.open = left.open;
        set.reasons = left.reasons;
        set.capped = left.capped;
        for member in &left.items {
            let holds = if self.budget.spend(1) {
                self.relate(member.record, left, relation)
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
        set: &mut MemberSet,
    ) {
        let facts = self.facts;
        let selects = facts.trace_tests(trace);
        if selects == Tri::False {
            return;
        }
        set.open = !facts.closed;
        set.reasons = selects.reasons();
        let Candidates {
            spans: candidates,
            is_capped,
        } = self.candidates(node, records);
        if is_capped {
            set.open = true;
            set.capped = true;
            set.reasons.add(Reason::StateCap);
        }
        let is_parent = |record| {
            let id = &facts.record(record).span_id;
            parents.as_ref().is_some_and(|parents| parents.contains(id))
        };
        let stays = parents.is_none() || facts.closed;
        let mut places = std::mem::take(&mut self.scratch.places);
        let is_joined = join.is_some_and(|join| {
            self.is_joined(node.memo, join, (records, candidates), &mut places)
        });
        let count = if is_joined {
            places.len()
        } else {
            candidates.len()
        };
        for index in 0..count {
            let at = places.get(index).map_or(index, |place| *place as usize);
            let (record, certain) = self.scratch.chosen.span(candidates, at);
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
        places.clear();
        self.scratch.places = places;
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

    /// What is chosen from, lowest first. It is work once for all bound spans, whoever did it.
    fn candidates(&mut self, node: &Node, records: CellId) -> Candidates {
        if let Some(known) = self.scratch.memo[node.memo].candidates {
            return known;
        }
        let candidates = match self.facts.cells.get(records) {
            Some(Cell::Records(cell)) => {
                self.budget.spend(cell.len());
                let chosen = &mut self.scratch.chosen;
                chosen.of_cell(&self.facts, records, cell)
            }
            _ => Candidates::default(),
        };
        if node.mask != 0 {
            self.scratch.memo[node.memo].candidates = Some(candidates);
        }
        candidates
    }

    /// Whether not all candidates are to be asked, but those in `places`, that may share the bound span's value.
    fn is_joined(
        &mut self,
        memo: usize,
        join: JoinPlan,
        (records, candidates): (CellId, Stretch),
        places: &mut Vec<u32>,
    ) -> bool {
        let Some(bound) = self.tuple[join.binding] else {
            return false;
        };
        if candidates.len() < FEW {
            return false;
        }
        let EvalScratch {
            memo: memos,
            chosen,
            ..
        } = &mut *self.scratch;
        let joined = *memos[memo].join.get_or_insert_with(|| {
            self.budget.spend(PER_PART * candidates.len());
            chosen.join(&self.facts, records, candidates, join.own)
        });
        chosen.joined(&self.facts, joined, (bound, join.bound), places)
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
            } => self.with_members(right, |_, right| {
                order::nearest(&facts, span, right, *points, *within)
            }),
            RelationPlan::Then { right, within } => {
                self.with_members(right, |_, right| order::then(&facts, span, right, *within))
            }
            RelationPlan::Paired { pair, right } => self.pair(span, *pair, right),
            RelationPlan::NextAfter { right } => self.with_members(right, |eval, right| {
                order::next_after(&facts, &mut eval.budget, span, left, right)
            }),
            RelationPlan::DirectlyAfter { right, all } => {
                self.with_members(right, |eval, right| {
                    eval.with_members(all, |eval, all| {
                        between::directly_after(&facts, &mut eval.budget, span, right, all)
                    })
                })
            }
            RelationPlan::LinkedTo { right, ids } => self.with_members(right, |eval, right| {
                structure::linked_to(&facts, &mut eval.budget, span, right, *ids)
            }),
            RelationPlan::Echoing { right, by } => self.with_members(right, |eval, right| {
                alike::echoing(&facts, &mut eval.budget, span, right, by)
            }),
            RelationPlan::Between { from, to } => self.scoped(span, from, to, true),
            RelationPlan::AfterUntil { from, to } => self.scoped(span, from, to, false),
        }
    }

    fn pair(&mut self, span: RecordId, pair: Pair, right: &'a Node) -> Tri {
        let facts = self.facts;
        let is_bound = matches!(right.kind, NodeKind::Bound(_));
        self.with_members(right, |eval, set| {
            let budget = &mut eval.budget;
            match pair {
                Pair::Overlaps => order::overlaps(&facts, span, set),
                Pair::During => order::during(&facts, span, set),
                Pair::Inside => structure::inside(&facts, budget, span, set),
                Pair::Outside => structure::inside(&facts, budget, span, set).negate(),
                Pair::Containing => structure::containing(&facts, budget, span, set),
                Pair::ParentOf => structure::parent_of(&facts, span, set),
                Pair::ChildOf => structure::child_of(&facts, span, set, is_bound),
                Pair::NotChildOf => structure::child_of(&facts, span, set, is_bound).negate(),
                Pair::SiblingOf => structure::sibling_of(&facts, span, set),
                Pair::NotSiblingOf => structure::sibling_of(&facts, span, set).negate(),
                Pair::Except => structure::except(&facts, span, set),
            }
        })
    }

    fn scoped(&mut self, span: RecordId, from: &'a Node, to: &'a Node, needs_end: bool) -> Tri {
        let facts = self.facts;
        self.with_members(from, |eval, openers| {
            eval.with_members(to, |eval, enders| {
                order::scoped(&facts, &mut eval.budget, span, openers, enders, needs_end)
            })
        })
    }
}
