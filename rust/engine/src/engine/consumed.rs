//! What a call says of the message that it read.

use std::fmt;

/// What one call of [`Engine::consume`] read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
    /// Spans read, malformed ones and BeTrace's own included.
    pub spans: u64,
    /// Of them those without a trace id of 16 bytes or a span id of 8, not all zero: they were left out.
    pub malformed: u64,
    /// Findings that wait to be taken after this call.
    pub queued_findings: u64,
}

/// The bytes are not an OTLP trace message. The spans before the fault were evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumeError {
    /// In bytes from the beginning of the message.
    pub offset: usize,
    /// What is wrong there.
    pub message: String,
}

impl fmt::Display for ConsumeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "byte {}: {}", self.offset, self.message)
    }
}

impl std::error::Error for ConsumeError {}
