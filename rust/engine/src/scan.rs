//! From OTLP bytes to spans with the values that rules read.
//!
//! One pass over an `ExportTraceServiceRequest` (or `TracesData`), nothing decoded that no rule asks for.
//! Protobuf fixes no order of fields, so the resource is looked for before its spans, and the scope before
//! its own; a message that is split into parts is read as their merge. To look for a scope among a thousand spans is to
//! wait for memory a thousand times, and all writers that are known write it first: a visitor who can forget spans gets them
//! at once, and again in the one case in a million. Values of the resource and the scope are read once. Bytes that break off are read as far as they go: a whole span whose resource and scope are
//! known has been visited before the error is returned.
//!
//! A visitor who has seen enough for now leaves the message, and another scan goes on behind the span that he saw last.
//!
//! [`scan`] walks the containers; [`read`] reads what stands in them into slots, as [`read_plan`] says, [resources] that came
//! before and attributes that are [expected] with less work; each span is lent to a visitor as a [`view`]. What the visitor makes
//! of it is none of this room's business; he may set it [`aside`] to look at it later, in whatever order.

pub(crate) mod aside;
mod attributes;
pub(crate) mod digest;
pub(crate) mod expected;
pub(crate) mod first_of;
pub(crate) mod head;
mod items;
pub(crate) mod keys;
#[cfg(test)]
mod late_parts;
pub(crate) mod lists;
pub(crate) mod part;
pub(crate) mod read;
pub(crate) mod read_plan;
pub(crate) mod resources;
pub(crate) mod slots;
mod span_field;
mod value_digest;
pub(crate) mod view;

use std::ops::Range;

use crate::mark::Whose;
use crate::scan::read::ReadState;
use crate::scan::read_plan::ReadPlan;
use crate::scan::view::SpanView;
use crate::wire::{Cursor, ScanError, ScanErrorKind, error, usual_payload};

/// What one scan went over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ScanStats {
    /// Spans visited, our own among them.
    pub spans: u64,
    /// Spans passed over because an id is zero or of the wrong length.
    pub malformed: u64,
    /// Our own violation spans.
    pub own: u64,
}

/// What a scan went over, and where the next may go on with the message, if it was left before its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scanned {
    pub stats: ScanStats,
    pub rest: Option<usize>,
}

/// Who is shown spans, each with what was found of it.
pub(crate) trait Visitor<'a, Found> {
    /// Sees the next span. `false`: there is no room for a further one before a [pause](Visitor::pause).
    fn visit(&mut self, span: &SpanView<'a, '_>, found: &Found) -> bool;

    /// `true`: it notes where it stands, and [takes back](Visitor::take_back) what it sees from here on if it must.
    fn note(&mut self) -> bool {
        false
    }

    /// Forgets what it saw since it [noted](Visitor::note) where it stands, as if that had not come. Never after a pause.
    fn take_back(&mut self) {}

    /// What it saw stands as it was seen. `false`: it wants to leave.
    fn pause(&mut self) -> bool {
        false
    }
}

impl<'a, Found, F: FnMut(&SpanView<'a, '_>, &Found) -> bool> Visitor<'a, Found> for F {
    fn visit(&mut self, span: &SpanView<'a, '_>, found: &Found) -> bool {
        self(span, found)
    }
}

/// Lends the spans of `message` that begin at `from` or behind it to a visitor, in their order, until that leaves.
///
/// # Errors
/// If the bytes are not OTLP: where and why. The spans before that place have been visited.
pub(crate) fn scan<'a>(
    (message, from): (&'a [u8], usize),
    plan: &ReadPlan,
    read: &mut ReadState,
    visitor: impl Visitor<'a, ()>,
) -> Result<Scanned, ScanError> {
    if u32::try_from(message.len()).is_err() {
        return Err(error(0, ScanErrorKind::TooLarge));
    }
    read.begin(plan);
    let mut scanner = Scanner {
        message,
        from,
        plan,
        read,
        visitor,
        noted: None,
        stats: ScanStats::default(),
    };
    let whole = 0..message.len();
    let rest = match scanner.each(whole, REQUEST_RESOURCE_SPANS, Scanner::resource_spans) {
        Ok(()) => None,
        Err(WhyLeft::Enough(at)) => Some(at),
        Err(WhyLeft::Fault(fault)) => return Err(fault),
        // Nobody takes back what he did not note.
        Err(WhyLeft::LatePart) => None,
    };
    let stats = scanner.stats;
    Ok(Scanned { stats, rest })
}

/// Why a message is left before its end.
enum WhyLeft {
    Fault(ScanError),
    /// Behind this place nobody wants to see any more for now.
    Enough(usize),
    /// What stands beside the spans that were visited stands behind one of them.
    LatePart,
}

impl From<ScanError> for WhyLeft {
    fn from(fault: ScanError) -> WhyLeft {
        WhyLeft::Fault(fault)
    }
}

struct Scanner<'a, 's, V> {
    message: &'a [u8],
    /// What is before this was visited by another scan.
    from: usize,
    plan: &'s ReadPlan,
    read: &'s mut ReadState,
    visitor: V,
    /// Where the spans of a scope stand that may have to be taken back.
    noted: Option<Range<usize>>,
    stats: ScanStats,
}

/// Whether a payload is all there. Of one that breaks off nothing is believed that a lost part could change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    BrokenOff,
}

/// Field numbers of a container of repeated messages: the one-off part and the repeated one.
const REQUEST_RESOURCE_SPANS: u32 = 1;
const FIRST: u32 = 1;
const REPEATED: u32 = 2;

/// The tag of a message's field of one of these numbers.
const fn payload_tag(field: u32) -> u8 {
    (field << 3 | 2) as u8
}

impl<'a, V: Visitor<'a, ()>> Scanner<'a, '_, V> {
    /// Reads each payload of a repeated message field. What is left of one that breaks off is read too.
    fn each(
        &mut self,
        range: Range<usize>,
        field: u32,
        mut read: impl FnMut(&mut Self, Range<usize>, Extent) -> Result<(), WhyLeft>,
    ) -> Result<(), WhyLeft> {
        let end = range.end;
        let mut cursor = Cursor::new(self.message, range);
        let bytes = cursor.bytes();
        while let Some(first) = cursor.peek() {
            if first == payload_tag(field)
                && let Some((start, end)) = usual_payload(bytes, cursor.at() + 1)
            {
                cursor.go_to(end);
                read(self, start..end, Extent::Whole)?;
                continue;
            }
            let tag = cursor.tag()?;
            if tag.field != field {
                if tag.field == FIRST && self.noted.is_some() {
                    return Err(WhyLeft::LatePart);
                }
                cursor.skip(tag)?;
                continue;
            }
            match cursor.expect_payload(tag) {
                Ok(payload) => read(self, payload, Extent::Whole)?,
                Err(fault) if fault.kind == ScanErrorKind::Truncated => {
                    read(self, cursor.at()..end, Extent::BrokenOff)?;
                    return Err(fault.into());
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        Ok(())
    }

    /// Reads each part of a message that stands beside repeated ones, wherever it stands, and tells whether
    /// there is any. Faults of the framing are left to [`Scanner::each`], which goes over the same bytes.
    fn parts(
        &mut self,
        range: &Range<usize>,
        mut read: impl FnMut(&mut Self, Range<usize>) -> Result<(), ScanError>,
    ) -> Result<bool, ScanError> {
        let mut found = false;
        let mut cursor = Cursor::new(self.message, range.clone());
        let bytes = cursor.bytes();
        while let Some(first) = cursor.peek() {
            // Of the repeated ones there are many.
            if first == payload_tag(REPEATED)
                && let Some((_, end)) = usual_payload(bytes, cursor.at() + 1)
            {
                cursor.go_to(end);
                continue;
            }
            let Ok(tag) = cursor.tag() else { break };
            if tag.field == FIRST {
                let payload = cursor.expect_payload(tag)?;
                read(self, payload)?;
                found = true;
            } else if cursor.skip(tag).is_err() {
                break;
            }
        }
        Ok(found)
    }

    fn resource_spans(&mut self, range: Range<usize>, extent: Extent) -> Result<(), WhyLeft> {
        if range.end <= self.from {
            return Ok(());
        }
        self.read.begin_resource(self.plan);
        let found = self.parts(&range, |scanner, part| {
            scanner.read.resource(scanner.message, scanner.plan, part)
        })?;
        if extent == Extent::BrokenOff && !found {
            return Ok(());
        }
        self.each(range, REPEATED, Scanner::scope_spans)
    }

    fn scope_spans(&mut self, range: Range<usize>, extent: Extent) -> Result<(), WhyLeft> {
        if range.end <= self.from {
            return Ok(());
        }
        let before = self.stats;
        if extent == Extent::Whole && self.visitor.note() {
            let result = self.spans_at_once(range.clone());
            let noted = self.noted.take();
            let is_late = match &result {
                Ok(()) => false,
                Err(WhyLeft::LatePart) => true,
                // What stands behind the fault was not seen.
                Err(_) => noted.is_some_and(|spans| self.has_part(&spans)),
            };
            if !is_late {
                return result;
            }
            self.visitor.take_back();
            self.stats = before;
        }
        self.read.begin_scope(self.plan);
        let found = self.parts(&range, |scanner, part| {
            scanner.read.scope(scanner.message, scanner.plan, part)
        })?;
        if extent == Extent::BrokenOff && !found {
            return Ok(());
        }
        self.read.end_scope(self.message);
        self.each(range, REPEATED, Scanner::span)
    }

    /// Reads the spans of a scope as if what says which it is stood before all of them.
    fn spans_at_once(&mut self, range: Range<usize>) -> Result<(), WhyLeft> {
        self.read.begin_scope(self.plan);
        let mut cursor = Cursor::new(self.message, range.clone());
        while cursor.peek() == Some(payload_tag(FIRST)) {
            let tag = cursor.tag()?;
            let part = cursor.expect_payload(tag)?;
            self.read.scope(self.message, self.plan, part)?;
        }
        self.read.end_scope(self.message);
        let spans = cursor.at()..range.end;
        self.noted = Some(spans.clone());
        self.each(spans, REPEATED, Scanner::span)
    }

    /// Whether something here says which scope it is, or may.
    fn has_part(&mut self, range: &Range<usize>) -> bool {
        !matches!(self.parts(range, |_, _| Ok(())), Ok(false))
    }

    fn span(&mut self, range: Range<usize>, extent: Extent) -> Result<(), WhyLeft> {
        let end = range.end;
        if extent == Extent::BrokenOff || range.start < self.from {
            return Ok(());
        }
        let Some(whose) = self.read.span(self.message, self.plan, range)? else {
            self.stats.malformed += 1;
            return Ok(());
        };
        self.stats.spans += 1;
        self.stats.own += u64::from(whose == Whose::Own);
        let visitor = &mut self.visitor;
        let mut visit = |view: &SpanView<'a, '_>| visitor.visit(view, &());
        if SpanView::lend(self.message, self.plan, self.read, whose, &mut visit) {
            return Ok(());
        }
        if let Some(spans) = self.noted.take()
            && self.has_part(&(end..spans.end))
        {
            return Err(WhyLeft::LatePart);
        }
        match self.visitor.pause() {
            true => Ok(()),
            false => Err(WhyLeft::Enough(end)),
        }
    }
}
