//! From a stream to pieces that fit in memory: lines, elements of documents, frames, records.

pub mod elements;
pub mod frames;
pub mod inspected;
pub mod lines;
pub mod request;
mod walk;

/// The longest piece that is held in memory: a frame, a record of a request, an element of a document.
pub const MAX_PIECE: usize = 96 << 20;
