//! Inner parts of the engine for this project's own tests, benches and fuzz targets: the matcher, the
//! predicates, the values and the protobuf cursor, each on its own. Nothing here is a promise to anybody
//! else; it may change with any commit.

pub use crate::logic::truth::Truth;
pub use crate::matcher::{Hit, Matcher, MatcherBuilder, SelectorId, UnlikeId};
pub use crate::predicate::{
    BoundSpans, CompiledPredicate, FieldId, FieldTable, Fields, NoBindings, PatternError,
};
pub use crate::scan::{ScanError, ScanErrorKind, ScanStats, Scratch, SpanView};
pub use crate::value::{
    OwnedValue, TextBuffer, Value, array_elements, compare, number, shortest_text,
};
pub use crate::wire::{Cursor, MAX_GROUP_DEPTH};
