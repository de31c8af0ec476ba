//! All selectors of all rules as one matcher: each span meets only those that it could satisfy.
//!
//! A [`MatcherBuilder`] takes the span selectors of a rule set, keeps equal ones once, and compiles their
//! conditions. [`Matcher::scan`] is where reading and matching meet: the scanner lends a view of every span,
//! the [`index`] finds what the span satisfies, and the visitor gets both. A matcher is immutable and shared
//! between threads; what changes during a scan lives in a [`MatchScratch`].
//!
//! Inside: the [`index`] leads by name to a [`group`] of selectors, the group by the attributes that a span
//! has ([`routes`]) to those that ask for their values ([`field`]). Where that [settles](leads) a selector nothing more is
//! asked; each other one that comes near is [asked](ask). Answers are kept for as long as they hold ([`answers`]), and where
//! a resource leads is found once for all spans of a scope.

pub(crate) mod access;
pub(crate) mod answers;
pub(crate) mod ask;
mod class_set;
pub(crate) mod field;
pub(crate) mod group;
pub(crate) mod ids;
pub(crate) mod index;
pub(crate) mod leads;
pub(crate) mod routes;
pub(crate) mod unlike;
pub(crate) mod ways;

use std::hash::BuildHasher;

use betrace_lang::rule::{Base, CompareOp, Field, Intrinsic, Literal, Operand, Predicate, Term};
use hashbrown::hash_table::Entry;
use hashbrown::{DefaultHashBuilder, HashTable};

use crate::hash::fixed_hash;
use crate::intern::name::write_predicate;
use crate::intern::{Numbers, Stamp};
use crate::mark::{OwnSpans, Whose};
use crate::matcher::answers::Answers;
use crate::matcher::ask::SelectorParts;
use crate::matcher::ids::{PartId, SelectorId, UnlikeId};
use crate::matcher::index::Index;
use crate::matcher::leads::ScopeLeads;
use crate::matcher::ways::Ways;
use crate::predicate::fields::{FieldId, FieldTable};
use crate::predicate::reckoning::CompiledTerm;
use crate::predicate::{CompiledPredicate, PatternError};
use crate::scan::read::ReadState;
use crate::scan::read_plan::ReadPlan;
use crate::scan::view::SpanView;
use crate::scan::{ScanStats, Scanned, Visitor, scan};
use crate::wanted::Wanted;
use crate::wire::ScanError;

/// How digests are made, so that those that were made otherwise are not held against them.
const DIGEST_FORM: u8 = 3;

/// Collects selectors and fields; equal ones are kept once.
#[derive(Debug, Default)]
pub struct MatcherBuilder {
    fields: FieldTable,
    selectors: Vec<SelectorParts>,
    selector_ids: HashTable<SelectorId>,
    hasher: DefaultHashBuilder,
    parts: Vec<(Predicate, CompiledPredicate)>,
    /// By their names: a predicate holds decimals, which have no hash of their own.
    part_names: Numbers,
    /// The name that is looked for.
    name: String,
    /// See [`MatcherBuilder::filter_name`].
    filter_name: String,
    /// See [`MatcherBuilder::leave_times`].
    times_are_left: bool,
}

impl MatcherBuilder {
    #[must_use]
    pub fn new() -> MatcherBuilder {
        MatcherBuilder::default()
    }

    /// Room for so many selectors.
    pub(crate) fn make_room(&mut self, selectors: usize) {
        self.selectors.reserve(selectors);
        self.parts.reserve(selectors);
        self.part_names.make_room(selectors);
        let hash = |id: &SelectorId| self.hasher.hash_one(&self.selectors[id.index()]);
        self.selector_ids.reserve(selectors, hash);
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
        let mut names = std::mem::take(&mut self.filter_name);
        names.clear();
        for part in filter {
            names.push(' ');
            let begin = names.len();
            write_predicate(&mut names, part);
            self.add_part(part, &names[begin..], &mut base, &mut parts)?;
        }
        self.filter_name = names;
        parts.sort_unstable();
        parts.dedup();
        let selector = SelectorParts { base, parts };
        let (known, hasher) = (&mut self.selectors, &self.hasher);
        let entry = self.selector_ids.entry(
            hasher.hash_one(&selector),
            |id| known[id.index()] == selector,
            |id| hasher.hash_one(&known[id.index()]),
        );
        match entry {
            Entry::Occupied(id) => Ok(*id.get()),
            Entry::Vacant(free) => {
                let id = SelectorId(u32::try_from(known.len()).unwrap_or(u32::MAX));
                free.insert(id);
                known.push(selector);
                Ok(id)
            }
        }
    }

    /// The names of the parts of the filter that the last selector was made of, each behind a space.
    pub(crate) fn filter_name(&self) -> &str {
        &self.filter_name
    }

    fn add_part(
        &mut self,
        part: &Predicate,
        name: &str,
        base: &mut Base,
        parts: &mut Vec<PartId>,
    ) -> Result<(), PatternError> {
        match part {
            Predicate::And(inner) => {
                for part in inner {
                    let mut name = std::mem::take(&mut self.name);
                    name.clear();
                    write_predicate(&mut name, part);
                    self.add_part(part, &name, base, parts)?;
                    self.name = name;
                }
            }
            // A name asked for by value is a name.
            Predicate::Compare {
                left: Term::Field(Field::Intrinsic(Intrinsic::SpanName)),
                op: CompareOp::Eq,
                right: Operand::Literal(Literal::Text(name)),
            } if *base == Base::Any => *base = Base::Named(name.clone()),
            other => parts.push(self.part(other, name)?),
        }
        Ok(())
    }

    fn part(&mut self, predicate: &Predicate, name: &str) -> Result<PartId, PatternError> {
        if let Some(id) = self.part_names.get(name) {
            return Ok(PartId(id));
        }
        let compiled = self.predicate(predicate)?;
        self.parts.push((predicate.clone(), compiled));
        Ok(PartId(self.part_names.number(name, Stamp::default())))
    }

    /// A predicate over this matcher's fields that the caller evaluates, such as one that reads bound spans.
    ///
    /// # Errors
    /// If a regular expression cannot be compiled.
    pub fn predicate(&mut self, predicate: &Predicate) -> Result<CompiledPredicate, PatternError> {
        CompiledPredicate::new(predicate, &mut self.fields)
    }

    /// What a measure reads of a span.
    pub(crate) fn term(&mut self, term: &Term) -> CompiledTerm {
        CompiledTerm::new(term, &mut self.fields)
    }

    /// A field that is to be read although no selector asks for it.
    pub fn field(&mut self, field: &Field) -> FieldId {
        self.fields.intern(field)
    }

    /// No rule reads when spans began and ended, but for their durations.
    pub fn leave_times(&mut self) {
        self.times_are_left = true;
    }

    #[must_use]
    pub fn build(self) -> Matcher {
        let mut read_plan = ReadPlan::new(&self.fields);
        let is_of_times =
            |(_, field): (FieldId, &Field)| field.intrinsic().is_some_and(is_of_times);
        read_plan.times = !self.times_are_left || self.fields.iter().any(is_of_times);
        Matcher {
            wanted: Wanted::new(&self.fields),
            index: Index::new(self.selectors, self.parts, &self.fields, &read_plan),
            read_plan,
            fields: self.fields,
        }
    }
}

/// Whether a field's value may hang on when spans began or ended.
fn is_of_times(intrinsic: Intrinsic) -> bool {
    !matches!(
        intrinsic,
        Intrinsic::SpanName
            | Intrinsic::SpanKind
            | Intrinsic::SpanStatus
            | Intrinsic::SpanStatusMessage
            | Intrinsic::SpanId
            | Intrinsic::SpanParentId
            | Intrinsic::TraceId
            | Intrinsic::EventName
            | Intrinsic::LinkTraceId
            | Intrinsic::LinkSpanId
            | Intrinsic::InstrumentationName
            | Intrinsic::InstrumentationVersion
    )
}

/// The working memory of a scan with matching, reused from one to the next. Belongs to one thread at a time,
/// to no message and no matcher.
#[derive(Debug, Default)]
pub struct MatchScratch {
    read: ReadState,
    of_scope: ScopeLeads,
    ways: Ways,
    answers: Answers,
}

impl MatchScratch {
    /// One for scans that know these spans as our own.
    #[must_use]
    pub fn new(own: OwnSpans) -> MatchScratch {
        MatchScratch {
            read: ReadState::new(own),
            ..MatchScratch::default()
        }
    }
}

/// The selectors of a rule set, indexed.
#[derive(Debug)]
pub struct Matcher {
    fields: FieldTable,
    read_plan: ReadPlan,
    wanted: Wanted,
    index: Index,
}

impl Matcher {
    /// Of what digests are made: another number where they cannot be compared; never 0.
    #[must_use]
    pub fn digest_basis(&self) -> u64 {
        // Writing to memory cannot fail, and these types have an encoding.
        let wanted = postcard::to_allocvec(&(&self.wanted, self.read_plan.times));
        fixed_hash(&[&[DIGEST_FORM], &wanted.unwrap_or_default()]) | 1
    }

    /// What a message must carry for this matcher.
    #[must_use]
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// How it reads.
    pub(crate) fn read_plan(&self) -> &ReadPlan {
        &self.read_plan
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

    /// Working memory; one for each thread that scans. No span is taken for our own.
    #[must_use]
    pub fn scratch(&self) -> MatchScratch {
        MatchScratch::default()
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
        scratch: &mut MatchScratch,
        mut visit: impl FnMut(&SpanView<'a, '_>, &Answers),
    ) -> Result<ScanStats, ScanError> {
        let scanned = self.scan_from(
            (otlp, 0),
            scratch,
            |view: &SpanView<'a, '_>, found: &Answers| {
                visit(view, found);
                true
            },
        );
        Ok(scanned?.stats)
    }

    /// The same from a place of the message on, until the visitor leaves.
    ///
    /// # Errors
    /// As of [`Matcher::scan`].
    pub(crate) fn scan_from<'a>(
        &self,
        message: (&'a [u8], usize),
        scratch: &mut MatchScratch,
        visitor: impl Visitor<'a, Answers>,
    ) -> Result<Scanned, ScanError> {
        let MatchScratch {
            read,
            of_scope,
            ways,
            answers,
        } = scratch;
        ways.begin(&self.read_plan);
        let matching = Matching {
            index: &self.index,
            of_scope,
            ways,
            answers,
            visitor,
        };
        scan(message, &self.read_plan, read, matching)
    }
}

/// Finds what selects each span, for a visitor.
struct Matching<'m, V> {
    index: &'m Index,
    of_scope: &'m mut ScopeLeads,
    ways: &'m mut Ways,
    answers: &'m mut Answers,
    visitor: V,
}

impl<'a, V: Visitor<'a, Answers>> Visitor<'a, ()> for Matching<'_, V> {
    #[inline]
    fn visit(&mut self, span: &SpanView<'a, '_>, (): &()) -> bool {
        if span.whose() == Whose::Own {
            self.answers.clear();
        } else {
            let working = (&mut *self.of_scope, &mut *self.ways);
            self.index.find(span, working, self.answers);
        }
        self.visitor.visit(span, self.answers)
    }

    fn note(&mut self) -> bool {
        self.visitor.note()
    }

    fn take_back(&mut self) {
        self.visitor.take_back();
    }

    fn pause(&mut self) -> bool {
        self.visitor.pause()
    }
}
