//! Inner parts of the engine for this project's own tests, benches and fuzz targets: the matcher, the
//! predicates, the values and the protobuf cursor, each on its own. Nothing here is a promise to anybody
//! else; it may change with any commit.

pub use crate::logic::truth::Truth;
pub use crate::mark::Whose;
pub use crate::matcher::answers::Answers;
pub use crate::matcher::ids::{Hit, SelectorId, UnlikeId};
pub use crate::matcher::{MatchScratch, Matcher, MatcherBuilder};
pub use crate::predicate::fields::{BoundSpans, FieldId, FieldTable, Fields, NoBindings};
pub use crate::predicate::{CompiledPredicate, PatternError};
pub use crate::scan::ScanStats;
pub use crate::scan::view::SpanView;
pub use crate::value::{OwnedValue, TextBuffer, Value, compare, number, shortest_text};
pub use crate::wire::value::array_elements;
pub use crate::wire::{Cursor, MAX_GROUP_DEPTH, ScanError, ScanErrorKind};
