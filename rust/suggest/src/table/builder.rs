//! From requests, as they come, to the table: each span once, its parents found, the traces put on their sides.

use std::collections::{HashMap, HashSet};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value;
use opentelemetry_proto::tonic::trace::v1::Span;

use crate::bits::{Layout, Sides};
use crate::fold::fold;
use crate::noise::is_noise;

use crate::table::value::{Texts, Value, hash};
use crate::table::{Cell, Key, KeyId, NameId, Parent, Place, Row, Side, Table, Trace};

/// Different names that are told apart; spans of further ones count as none.
pub const MOST_NAMES: usize = 100_000;

/// Different keys that are looked at.
pub const MOST_KEYS: usize = 4_000;

/// Events and attributes of one span that are looked at.
const MOST_CELLS: usize = 256;

/// The index of a trace in the order in which they came.
type TraceIndex = u32;

/// Where a trace came from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub good: bool,
    pub bad: bool,
}

/// What is known of a trace before it is put on a side.
#[derive(Clone, Debug)]
pub struct Seen {
    pub id: [u8; 16],
    pub origin: Origin,
    is_partial: bool,
}

struct Raw {
    trace: TraceIndex,
    id: u64,
    parent: u64,
    row: Row,
}

/// Takes requests.
#[derive(Default)]
pub struct Builder {
    traces: Vec<Seen>,
    by_id: HashMap<[u8; 16], TraceIndex>,
    names: Vec<Box<str>>,
    name_ids: HashMap<Box<str>, NameId>,
    keys: Vec<Key>,
    key_ids: [HashMap<Box<str>, KeyId>; 4],
    spans: Vec<Raw>,
    cells: Vec<Cell>,
    /// Spans whose names came when the table of names was full.
    pub unnamed: u64,
    /// Attributes that are not looked at: of keys that came when the table of keys was full, or beyond those of their span.
    pub unread: u64,
}

impl Builder {
    /// The spans of a request from recordings of good or of bad times.
    pub fn add(&mut self, request: &ExportTraceServiceRequest, from: Side) {
        for resource in &request.resource_spans {
            let attributes = resource.resource.as_ref();
            let service = attributes.and_then(|resource| service(&resource.attributes));
            let spans = resource.scope_spans.iter().flat_map(|scope| &scope.spans);
            for span in spans {
                self.span(span, service, from);
            }
        }
    }

    /// More of this trace was recorded than came.
    pub fn mark_partial(&mut self, trace: [u8; 16]) {
        if let Some(index) = self.by_id.get(&trace) {
            self.traces[*index as usize].is_partial = true;
        }
    }

    /// The traces so far.
    #[must_use]
    pub fn traces(&self) -> &[Seen] {
        &self.traces
    }

    fn span(&mut self, span: &Span, service: Option<&str>, from: Side) {
        let (Ok(id), Some(span_id)) = (<[u8; 16]>::try_from(&*span.trace_id), id(&span.span_id))
        else {
            return;
        };
        let next = TraceIndex::try_from(self.traces.len()).unwrap_or(TraceIndex::MAX);
        let trace = *self.by_id.entry(id).or_insert(next);
        if trace == next {
            self.traces.push(Seen {
                id,
                origin: Origin::default(),
                is_partial: false,
            });
        }
        let origin = &mut self.traces[trace as usize].origin;
        match from {
            Side::Good => origin.good = true,
            Side::Bad => origin.bad = true,
        }
        let Some(name) = self.name(&span.name) else {
            self.unnamed += 1;
            return;
        };
        let cells = self.cells_of(span, service);
        self.spans.push(Raw {
            trace,
            id: span_id,
            parent: self::id(&span.parent_span_id).unwrap_or(0),
            row: Row {
                name,
                parent: None,
                start: span.start_time_unix_nano,
                end: span.end_time_unix_nano,
                cells,
            },
        });
    }

    fn name(&mut self, text: &str) -> Option<NameId> {
        if let Some(name) = self.name_ids.get(text) {
            return Some(*name);
        }
        if self.names.len() >= MOST_NAMES {
            return None;
        }
        let name = NameId(u32::try_from(self.names.len()).ok()?);
        self.names.push(text.into());
        self.name_ids.insert(text.into(), name);
        Some(name)
    }

    fn key(&mut self, place: Place, text: &str) -> Option<KeyId> {
        let ids = &mut self.key_ids[place as usize];
        if let Some(key) = ids.get(text) {
            return Some(*key);
        }
        if self.keys.len() >= MOST_KEYS || text.is_empty() {
            return None;
        }
        let key = KeyId(u32::try_from(self.keys.len()).ok()?);
        self.keys.push(Key {
            text: text.into(),
            place,
            is_noise: !matches!(place, Place::Own | Place::Link) && is_noise(text),
            texts: Texts::default(),
        });
        ids.insert(text.into(), key);
        Some(key)
    }

    fn cells_of(&mut self, span: &Span, service: Option<&str>) -> std::ops::Range<u32> {
        let begin = self.cells.len();
        let kind = match span.kind {
            1 => "internal",
            2 => "server",
            3 => "client",
            4 => "producer",
            5 => "consumer",
            _ => "unspecified",
        };
        let status = match span.status.as_ref().map_or(0, |status| status.code) {
            1 => "ok",
            2 => "error",
            _ => "unset",
        };
        self.own("span:kind", kind);
        self.own("span:status", status);
        if let Some(service) = service {
            self.own("service.name", service);
        }
        self.attributes(Place::Attribute, &span.attributes, begin);
        for event in span.events.iter().take(MOST_CELLS) {
            self.text(Place::Event, "event:name", &event.name);
            self.attributes(Place::Event, &event.attributes, begin);
        }
        if !span.links.is_empty()
            && let Some(key) = self.key(Place::Link, "link:spanID")
        {
            let value = Value::Other;
            self.cells.push(Cell { key, value });
        }
        self.cells[begin..].sort_by_key(|cell| (cell.key, cell.value.bits()));
        let at = |index: usize| u32::try_from(index).unwrap_or(u32::MAX);
        at(begin)..at(self.cells.len())
    }

    fn own(&mut self, key: &str, text: &str) {
        self.text(Place::Own, key, text);
    }

    fn text(&mut self, place: Place, key: &str, text: &str) {
        if let Some(key) = self.key(place, key) {
            let value = self.keys[key.0 as usize].texts.value(text);
            self.cells.push(Cell { key, value });
        }
    }

    /// Of equal keys of a span the first counts.
    fn attributes(&mut self, place: Place, all: &[KeyValue], begin: usize) {
        let first = self.cells.len();
        for one in all {
            let Some(value) = one.value.as_ref().and_then(|value| value.value.as_ref()) else {
                continue;
            };
            if self.cells.len() - begin >= MOST_CELLS {
                self.unread += 1;
                continue;
            }
            let Some(key) = self.key(place, &one.key) else {
                self.unread += 1;
                continue;
            };
            if self.cells[first..].iter().any(|cell| cell.key == key) {
                continue;
            }
            let value = match value {
                any_value::Value::StringValue(text) => self.keys[key.0 as usize].texts.value(text),
                any_value::Value::BoolValue(value) => Value::Bool(*value),
                any_value::Value::IntValue(value) => Value::Number(*value as f64),
                any_value::Value::DoubleValue(value) if value.is_finite() => Value::Number(*value),
                _ => Value::Other,
            };
            self.cells.push(Cell { key, value });
        }
    }

    /// No more comes. `side` says where a trace belongs; `None`: it is left out.
    #[must_use]
    pub fn finish(mut self, side: impl Fn(&Seen) -> Option<Side>) -> Table {
        let mut order: Vec<(Side, [u8; 16], TraceIndex)> = (0..)
            .zip(&self.traces)
            .filter_map(|(index, seen)| Some((side(seen)?, seen.id, index)))
            .collect();
        order.sort_unstable();
        let count = |wanted: Side| order.iter().filter(|(side, ..)| *side == wanted).count();
        let sides = Sides {
            bad: u32::try_from(count(Side::Bad)).unwrap_or(u32::MAX),
            good: u32::try_from(count(Side::Good)).unwrap_or(u32::MAX),
        };
        let layout = Layout::of(sides);
        let mut place = vec![u32::MAX; self.traces.len()];
        for (at, (_, _, index)) in (0..).zip(&order) {
            place[*index as usize] = at;
        }
        let (names, shape_of) = fold(&self.names);
        let mut spans = std::mem::take(&mut self.spans);
        spans.retain(|raw| place[raw.trace as usize] != u32::MAX);
        for raw in &mut spans {
            raw.trace = place[raw.trace as usize];
            let shape = shape_of[raw.row.name.0 as usize];
            raw.row.name = NameId(u32::try_from(shape).unwrap_or(u32::MAX));
        }
        spans.sort_by_key(|raw| (raw.trace, raw.row.start, raw.id));
        let mut table = Table {
            names,
            keys: self.keys,
            layout,
            sides,
            cells: self.cells,
            ..Table::default()
        };
        for (at, (_, id, index)) in order.iter().enumerate() {
            let slot = match at.checked_sub(sides.bad as usize) {
                Some(good) => layout.first_good() + good,
                None => at,
            };
            let is_partial = self.traces[*index as usize].is_partial;
            let end = spans.partition_point(|raw| raw.trace as usize <= at);
            let begin = spans.partition_point(|raw| (raw.trace as usize) < at);
            place_trace(&mut table, &spans[begin..end], *id, slot, is_partial);
        }
        table
    }
}

fn place_trace(table: &mut Table, spans: &[Raw], id: [u8; 16], slot: usize, is_partial: bool) {
    let base = table.rows.len();
    let mut seen = HashSet::new();
    let mut by_id: HashMap<u64, u32> = HashMap::new();
    let mut kept: Vec<&Raw> = Vec::with_capacity(spans.len());
    for raw in spans {
        // Kind and service stand first among what a span says; of copies the first counts.
        let own = &table.cells[raw.row.cells.start as usize..raw.row.cells.end as usize];
        let own = own.iter().filter(|cell| {
            let key = &table.keys[cell.key.0 as usize];
            key.place == Place::Own && &*key.text != "span:status"
        });
        let mut mark = Vec::new();
        own.for_each(|cell| mark.extend(cell.value.bits().to_le_bytes()));
        if seen.insert((raw.id, hash(&mark))) {
            by_id.entry(raw.id).or_insert(row_index(base + kept.len()));
            kept.push(raw);
        }
    }
    let mut has_root = false;
    let mut is_timed = true;
    for raw in kept {
        let mut row = raw.row.clone();
        row.parent = (raw.parent != 0).then(|| {
            let parent = by_id.get(&raw.parent);
            parent.map_or(Parent::Lost, |row| Parent::Row(*row))
        });
        has_root |= row.parent.is_none();
        is_timed &= row.start > 0 && row.end >= row.start;
        table.rows.push(row);
    }
    table.traces.push(Trace {
        id,
        slot,
        is_complete: has_root && is_timed && !is_partial,
        rows: row_index(base)..row_index(table.rows.len()),
    });
}

fn row_index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn id(bytes: &[u8]) -> Option<u64> {
    let id = u64::from_be_bytes(bytes.try_into().ok()?);
    (id != 0).then_some(id)
}

fn service(attributes: &[KeyValue]) -> Option<&str> {
    let one = attributes.iter().find(|one| one.key == "service.name")?;
    match one.value.as_ref()?.value.as_ref()? {
        any_value::Value::StringValue(text) => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
