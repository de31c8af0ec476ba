//! Recorded traces as a table: spans of a trace side by side, names and keys as numbers, values small. Everything that is mined
//! is counted here; what a candidate is worth is said by the engine over the recordings themselves.
//!
//! [`builder`] reads requests as they come; [`value`] says what is kept of a value.

pub mod builder;
pub mod value;

use std::ops::Range;

use crate::bits::{Layout, Sides};
use crate::fold::Shape;

use value::{Texts, Value};

/// A name of spans, or a pattern of names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NameId(pub u32);

/// A key of attributes, or what is read like one: `span:kind`, `service.name`, `event:name`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId(pub u32);

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// An attribute of the span.
    Attribute,
    /// An attribute of one of its events: there may be several.
    Event,
    /// That it has links, whatever they lead to.
    Link,
    /// What every span has: its kind, its status, its service.
    Own,
}

impl Place {
    /// A span may have it or not, and once at most.
    #[must_use]
    pub fn may_be_missing(self) -> bool {
        matches!(self, Place::Attribute | Place::Link)
    }
}

/// A key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Without its scope.
    pub text: Box<str>,
    pub place: Place,
    /// Its values say nothing that a rule could hold on to.
    pub is_noise: bool,
    pub texts: Texts,
}

/// A trace's side of the comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Bad,
    Good,
}

/// One value of a span.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub key: KeyId,
    pub value: Value,
}

/// One span.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: NameId,
    /// Among all rows; `None`: a root.
    pub parent: Option<Parent>,
    /// Unix nanoseconds.
    pub start: u64,
    pub end: u64,
    cells: Range<u32>,
}

/// What is known of a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    Row(u32),
    /// It never came.
    Lost,
}

/// One trace.
#[derive(Clone, Debug)]
pub struct Trace {
    pub id: [u8; 16],
    /// Where it stands in sets of traces.
    pub slot: usize,
    /// A root came, nothing says that more was to come, and every span has its times: what is absent was not there.
    pub is_complete: bool,
    /// Rows, in the order of their starts.
    pub rows: Range<u32>,
}

/// All traces, the bad ones first; of a side by their ids.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub traces: Vec<Trace>,
    pub names: Vec<Shape>,
    pub keys: Vec<Key>,
    pub layout: Layout,
    pub sides: Sides,
    rows: Vec<Row>,
    cells: Vec<Cell>,
}

impl Table {
    /// All spans.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The spans of a trace.
    #[must_use]
    pub fn rows_of(&self, trace: &Trace) -> &[Row] {
        &self.rows[trace.rows.start as usize..trace.rows.end as usize]
    }

    /// What a span says, by key; of the keys of events there may be several.
    #[must_use]
    pub fn cells_of(&self, row: &Row) -> &[Cell] {
        &self.cells[row.cells.start as usize..row.cells.end as usize]
    }

    /// On which side it is.
    #[must_use]
    pub fn side(&self, trace: &Trace) -> Side {
        if trace.slot < self.layout.first_good() {
            Side::Bad
        } else {
            Side::Good
        }
    }

    #[must_use]
    pub fn key(&self, key: KeyId) -> &Key {
        &self.keys[key.0 as usize]
    }

    #[must_use]
    pub fn shape(&self, name: NameId) -> &Shape {
        &self.names[name.0 as usize]
    }

    /// The name of that text.
    #[must_use]
    pub fn name_of(&self, text: &str) -> Option<NameId> {
        let is = |shape: &Shape| matches!(shape, Shape::Name(name) if **name == *text);
        let at = self.names.iter().position(is)?;
        Some(NameId(u32::try_from(at).ok()?))
    }
}
