//! Fields of `Span`, by number and by the tag that they have in one byte.

pub const TRACE_ID: u32 = 1;
pub const SPAN_ID: u32 = 2;
pub const PARENT_ID: u32 = 4;
pub const NAME: u32 = 5;
pub const KIND: u32 = 6;
pub const START: u32 = 7;
pub const END: u32 = 8;
pub const ATTRIBUTES: u32 = 9;
pub const EVENTS: u32 = 11;
pub const LINKS: u32 = 13;
pub const STATUS: u32 = 15;
pub const ATTRIBUTES_TAG: u8 = payload(ATTRIBUTES);
pub const TRACE_ID_TAG: u8 = payload(TRACE_ID);
pub const SPAN_ID_TAG: u8 = payload(SPAN_ID);
pub const PARENT_ID_TAG: u8 = payload(PARENT_ID);
pub const NAME_TAG: u8 = payload(NAME);
pub const KIND_TAG: u8 = (KIND << 3) as u8;
pub const EVENTS_TAG: u8 = payload(EVENTS);
pub const LINKS_TAG: u8 = payload(LINKS);
pub const TRACE_STATE_TAG: u8 = payload(3);
/// Of `flags`, in two bytes; the field takes six.
pub const FLAGS_TAG: [u8; 2] = [0x85, 0x01];
pub const FLAGS_BYTES: usize = 6;
pub const START_TAG: u8 = (START << 3 | 1) as u8;
pub const END_TAG: u8 = (END << 3 | 1) as u8;

const fn payload(field: u32) -> u8 {
    (field << 3 | 2) as u8
}
