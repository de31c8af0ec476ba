//! The protobuf wire format: what is written, and what little is read of it here.

pub mod fields;
pub mod varint;
pub mod write;
