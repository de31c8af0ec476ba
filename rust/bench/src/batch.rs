//! One message of the traffic, whose traces and spans can be made others where they stand in its bytes: so a bench makes its
//! messages once and sends them as often as it likes.

use std::collections::HashSet;

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::ResourceSpans;
use prost::Message;

/// One message, and where its ids stand.
pub struct Batch {
    bytes: Vec<u8>,
    ids: Vec<IdPlaces>,
    round: u64,
}

/// Where the ids of a span stand in its message.
#[derive(Clone, Copy)]
struct IdPlaces {
    trace: usize,
    span: usize,
    parent: Option<usize>,
    /// Its trace began at the end of the round before.
    is_carried: bool,
}

impl Batch {
    /// `carried`: the traces that began in the round before.
    pub(crate) fn new(resource_spans: Vec<ResourceSpans>, carried: &HashSet<Vec<u8>>) -> Batch {
        let request = ExportTraceServiceRequest { resource_spans };
        let bytes = request.encode_to_vec();
        let scopes = request
            .resource_spans
            .iter()
            .flat_map(|one| &one.scope_spans);
        let mut at = 0;
        let mut place = |tag: u8, id: &[u8]| {
            let wanted = [&[tag, id.len() as u8], id].concat();
            let found = bytes[at..].windows(wanted.len());
            at += found.take_while(|window| *window != wanted).count();
            at += wanted.len();
            at - id.len()
        };
        let ids = scopes.flat_map(|scope| &scope.spans).map(|span| IdPlaces {
            trace: place(0x0a, &span.trace_id),
            span: place(0x12, &span.span_id),
            parent: (!span.parent_span_id.is_empty()).then(|| place(0x22, &span.parent_span_id)),
            is_carried: carried.contains(&span.trace_id),
        });
        let ids = ids.collect();
        Batch {
            bytes,
            ids,
            round: 0,
        }
    }

    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How many spans it has.
    #[must_use]
    pub fn spans(&self) -> usize {
        self.ids.len()
    }

    /// Makes the traces others: those of a round are the same in every batch, and those of two rounds never. The spans of a
    /// trace that began at the end of a [cycle](crate::shop::Shop::cycle) come with the next round.
    pub fn renumber(&mut self, round: u64) {
        let change = |is_carried: bool| {
            let back = u64::from(is_carried);
            let (old, new) = (self.round.saturating_sub(back), round.saturating_sub(back));
            (old ^ new).to_le_bytes()
        };
        for id in &self.ids {
            let change = change(id.is_carried);
            exclusive_or(&mut self.bytes[id.trace..id.trace + 8], change);
        }
        self.round = round;
    }

    /// Gives each span a trace, by its number, and all spans other ids than any other `round` gave them.
    pub fn readdress(&mut self, round: u64, mut trace: impl FnMut(usize) -> [u8; 16]) {
        let change = (self.round ^ round).to_le_bytes();
        self.round = round;
        for (number, id) in self.ids.iter().enumerate() {
            self.bytes[id.trace..id.trace + 16].copy_from_slice(&trace(number));
            exclusive_or(&mut self.bytes[id.span..id.span + 8], change);
            if let Some(at) = id.parent {
                exclusive_or(&mut self.bytes[at..at + 8], change);
            }
        }
    }
}

fn exclusive_or(bytes: &mut [u8], change: [u8; 8]) {
    for (byte, change) in bytes.iter_mut().zip(change) {
        *byte ^= change;
    }
}
