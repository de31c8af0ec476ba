//! Evidence records: what rules found in a period, stated so that somebody who trusts nobody can check it.
//!
//! A record is an in-toto [`Statement`] in canonical JSON, inside a DSSE [`Envelope`] that an Ed25519 key signs. It carries
//! the hash of the record before it, its number and the Merkle root of its entries, so that nothing can be changed, taken
//! out or put in unseen. [`seal`] makes one of what an engine counted, and is the only place that does: the Collector's
//! processor and `betrace replay` both call it. [`verify`] reads records back and names every fault.
//!
//! A record holds ids, hashes, names of rules and counts, never a value of a span. It is evidence, and certifies nothing.
//!
//! The format is described in `docs/compliance.md`, which checks one record by hand with public tools.
#![forbid(unsafe_code)]
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::panic,
        reason = "a test that meets the unexpected ends there"
    )
)]

mod digest;
mod envelope;
mod key;
mod record;
mod seal;
mod time;
mod verify;

pub use digest::{Hashing, Sha256Hex, inclusion, leaf_hash, merkle_root};
pub use envelope::{Envelope, NotARecord, PAYLOAD_TYPE, pre_authentication};
pub use key::{FaultyKey, PublicKey, Signer, UNSIGNED};
pub use record::{
    Before, Cause, Chain, Clock, Ended, Entries, Entry, PREDICATE_TYPE, Period, Predicate,
    Producer, Recordings, RuleEntry, RulesSummary, STATEMENT_TYPE, Statement, Subject, Traces,
    Verdicts, ViolationEntry, Violations, Written, canonical,
};
pub use seal::{Facts, LIST_BYTES, Replayed, Sealed, rules_hash, seal};
pub use time::{time_of, time_text};
pub use verify::{
    Checked, Expectations, Fault, FaultKind, Line, Note, RECORD_BYTES, Verification, verify,
};
