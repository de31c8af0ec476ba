//! What stands in the events and links of a span, read where some rule asks for it.

use std::ops::Range;

use crate::scan::head::append_hex;
use crate::scan::keys::KeyTable;
use crate::scan::lists::ListSet;
use crate::scan::read::ReadState;
use crate::scan::read_plan::{
    EVENT_NAME_SLOT, EVENT_SHIFT, EVENT_TIME_SLOT, LINK_SHIFT, LINK_SPAN_SLOT, LINK_TRACE_SLOT,
    ReadPlan,
};
use crate::wire::pair::KeyValue;
use crate::wire::value::{Raw, RawKind};
use crate::wire::{Cursor, ScanError};

impl ReadState {
    pub(super) fn event(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        self.events.next_owner();
        let mut name = 0..0;
        let mut time = 0;
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            match tag.field {
                1 => time = cursor.expect_fixed64(tag)?,
                2 => name = cursor.expect_payload(tag)?,
                3 => {
                    let entry = cursor.expect_payload(tag)?;
                    list_attribute(message, entry, &plan.event, EVENT_SHIFT, &mut self.events)?;
                }
                _ => cursor.skip(tag)?,
            }
        }
        if plan.event_names && !name.is_empty() {
            self.events
                .push(EVENT_NAME_SLOT, Raw::place(RawKind::Text, &name));
        }
        if plan.event_times {
            let kind = RawKind::Int;
            self.events.push(EVENT_TIME_SLOT, Raw { kind, bits: time });
        }
        Ok(())
    }

    pub(super) fn link(
        &mut self,
        message: &[u8],
        plan: &ReadPlan,
        range: Range<usize>,
    ) -> Result<(), ScanError> {
        self.links.next_owner();
        let (mut trace, mut span) = (0..0, 0..0);
        let mut cursor = Cursor::new(message, range);
        while !cursor.is_done() {
            let tag = cursor.tag()?;
            match tag.field {
                1 => trace = cursor.expect_payload(tag)?,
                2 => span = cursor.expect_payload(tag)?,
                4 => {
                    let entry = cursor.expect_payload(tag)?;
                    list_attribute(message, entry, &plan.link, LINK_SHIFT, &mut self.links)?;
                }
                _ => cursor.skip(tag)?,
            }
        }
        if plan.link_ids {
            self.link_id::<16>(LINK_TRACE_SLOT, &message[trace]);
            self.link_id::<8>(LINK_SPAN_SLOT, &message[span]);
        }
        Ok(())
    }

    /// An id of another length, or of zeros, is none.
    fn link_id<const N: usize>(&mut self, slot: u32, id: &[u8]) {
        if id.len() != N || id.iter().all(|byte| *byte == 0) {
            return;
        }
        let start = self.link_ids.len();
        append_hex(id, &mut self.link_ids);
        let text = Raw::place(RawKind::Text, &(start..self.link_ids.len()));
        self.links.push(slot, text);
    }
}

fn list_attribute(
    message: &[u8],
    entry: Range<usize>,
    keys: &KeyTable,
    shift: u32,
    lists: &mut ListSet,
) -> Result<(), ScanError> {
    let pair = KeyValue::read(message, entry)?;
    if let Some(slot) = keys.slot(pair.key)
        && !lists.is_set(slot + shift)
    {
        lists.push(slot + shift, pair.value(message)?);
    }
    Ok(())
}
