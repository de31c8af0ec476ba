//! All selectors of all rules as one matcher: each span meets only those that it could satisfy.
//!
//! A [`MatcherBuilder`] takes the span selectors of a rule set, keeps equal ones once, and compiles their
//! conditions. The [`Matcher`] reads a message once and hands every span to its visitor together with its
//! [`Hit`]s. It is immutable and shared between threads; what changes during a scan lives in a
//! [`Scratch`](crate::scan::Scratch).

pub(crate) mod access;
pub(crate) mod answers;
pub(crate) mod field;
pub(crate) mod group;
pub(crate) mod index;
pub(crate) mod routes;

use betrace_lang::rule::{Base, CompareOp, Field, Intrinsic, Literal, Operand, Predicate};
use hashbrown::HashMap;

pub(crate) use crate::matcher::answers::MatchState;
use crate::matcher::index::Index;
pub use crate::matcher::index::UnlikeId;
use crate::predicate::fields::{FieldId, FieldTable};
use crate::predicate::{CompiledPredicate, PatternError};
use crate::scan::read_plan::ReadPlan;
use crate::scan::view::SpanView;
use crate::scan::{ScanError, ScanStats, Scanner, Scratch};
use crate::wanted::Wanted;

/// A selector of some matcher; dense from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SelectorId(pub u32);

impl SelectorId {
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A selector that a span satisfies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    pub selector: SelectorId,
    /// False: perhaps; the span's times have no order, and the selector hangs on them.
    pub certain: bool,
}

/// A condition shared by the selectors that have it as a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct PartId(pub u32);

/// A selector before indexing: what a span must be, and which parts must be true of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Selecting {
    pub base: Base,
    pub parts: Vec<PartId>,
}

/// Collects selectors and fields; equal ones are kept once.
#[derive(Debug, Default)]
pub struct MatcherBuilder {
    fields: FieldTable,
    selectors: Vec<Selecting>,
    selector_ids: HashMap<Selecting, SelectorId>,
    parts: Vec<(Predicate, CompiledPredicate)>,
    /// By the printed form: a predicate holds decimals, which have no hash of their own.
    part_ids: HashMap<String, PartId>,
}

impl MatcherBuilder {
    #[must_use]
    pub fn new() -> MatcherBuilder {
        MatcherBuilder::default()
    }

    /// A selector of spans that are `base` and make every part of `filter` true. No part reads a bound span.
    ///
    /// # Errors
    /// If a regular expression cannot be compiled.
    pub fn selector(
        &mut self,
        base: &Base,
        filter: &[Predicate],
    ) -> Result<SelectorId, PatternError> {
        let mut base = base.clone();
        let mut parts = Vec::with_capacity(filter.len());
        let mut left: Vec<&Predicate> = filter.iter().rev().collect();
        while let Some(part) = left.pop() {
            match part {
                Predicate::And(inner) => left.extend(inner.iter().rev()),
                // A name asked for by value is a name.
                Predicate::Compare {
                    field: Field::Intrinsic(Intrinsic::SpanName),
                    op: CompareOp::Eq,
                    value: Operand::Literal(Literal::Text(name)),
                } if base == Base::Any => base = Base::Named(name.clone()),
                other => parts.push(self.part(other)?),
            }
        }
        parts.sort_unstable();
        parts.dedup();
        let selecting = Selecting { base, parts };
        if let Some(id) = self.selector_ids.get(&selecting) {
            return Ok(*id);
        }
        let id = SelectorId(u32::try_from(self.selectors.len()).unwrap_or(u32::MAX));
        self.selectors.push(selecting.clone());
        self.selector_ids.insert(selecting, id);
        Ok(id)
    }

    fn part(&mut self, predicate: &Predicate) -> Result<PartId, PatternError> {
        let printed = format!("{predicate:?}");
        if let Some(id) = self.part_ids.get(&printed) {
            return Ok(*id);
        }
        let compiled = self.predicate(predicate)?;
        let id = PartId(u32::try_from(self.parts.len()).unwrap_or(u32::MAX));
        self.parts.push((predicate.clone(), compiled));
        self.part_ids.insert(printed, id);
        Ok(id)
    }

    /// A predicate over this matcher's fields that the caller evaluates, such as one that reads bound spans.
    ///
    /// # Errors
    /// If a regular expression cannot be compiled.
    pub fn predicate(&mut self, predicate: &Predicate) -> Result<CompiledPredicate, PatternError> {
        CompiledPredicate::new(predicate, &mut self.fields)
    }

    /// A field that is to be read although no selector asks for it.
    pub fn field(&mut self, field: &Field) -> FieldId {
        self.fields.intern(field)
    }

    #[must_use]
    pub fn build(self) -> Matcher {
        let plan = ReadPlan::new(&self.fields);
        Matcher {
            wanted: Wanted::new(&self.fields),
            index: Index::new(self.selectors, self.parts, &self.fields, &plan),
            plan,
            fields: self.fields,
        }
    }
}

/// The selectors of a rule set, indexed.
#[derive(Debug)]
pub struct Matcher {
    fields: FieldTable,
    plan: ReadPlan,
    wanted: Wanted,
    index: Index,
}

impl Matcher {
    /// What a message must carry for this matcher.
    #[must_use]
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    #[must_use]
    pub fn fields(&self) -> &FieldTable {
        &self.fields
    }

    /// How many distinct selectors there are.
    #[must_use]
    pub fn selectors(&self) -> usize {
        self.index.selectors()
    }

    /// How many [`UnlikeId`]s there are.
    #[must_use]
    pub fn unlike_ids(&self) -> usize {
        self.index.unlike_ids()
    }

    /// The selectors whose comparison an [`UnlikeId`] stands for.
    #[must_use]
    pub fn selectors_of(&self, unlike: UnlikeId) -> &[SelectorId] {
        self.index.selectors_of(unlike)
    }

    /// Working memory; one for each thread that scans.
    #[must_use]
    pub fn scratch(&self) -> Scratch {
        Scratch::default()
    }

    /// Visits every span of an `ExportTraceServiceRequest` in its order, each with the selectors that it
    /// satisfies. Spans with malformed ids are counted and passed over; our own violation spans are visited
    /// without hits.
    ///
    /// # Errors
    /// If the bytes are not OTLP: where and why. The spans before that place have been visited.
    pub fn scan<'a>(
        &self,
        otlp: &'a [u8],
        scratch: &mut Scratch,
        visit: impl FnMut(&SpanView<'a, '_>, &[Hit]),
    ) -> Result<ScanStats, ScanError> {
        Scanner::run(otlp, self, scratch, visit)
    }

    pub(crate) fn plan(&self) -> &ReadPlan {
        &self.plan
    }

    pub(crate) fn find(&self, view: &SpanView<'_, '_>, state: &mut MatchState) {
        self.index.find(view, state);
    }
}
