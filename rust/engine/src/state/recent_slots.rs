//! Where the traces stand that spans came of last. Most spans are of a trace of which others came just before: found here, a trace
//! takes one look into memory that may lie cold, where the table of all traces takes three, each of which waits for the one before it.

/// So many, by what traces are hashed by: several times as many as a part of all traces has between their first and their last
/// span where a thousand begin a second.
const RECENT: usize = 512;

/// Slots of traces, of which each may be another's by now, or nobody's.
#[derive(Debug)]
pub(super) struct RecentSlots([u32; RECENT]);

impl Default for RecentSlots {
    fn default() -> RecentSlots {
        RecentSlots([0; RECENT])
    }
}

/// By bits by which the table of all traces chooses neither a part nor a place in it.
#[inline(always)]
fn place_of(hash: u64) -> usize {
    (hash >> 40) as usize % RECENT
}

impl RecentSlots {
    /// Where the trace with this hash may stand.
    #[inline(always)]
    pub fn slot(&self, hash: u64) -> u32 {
        self.0[place_of(hash)]
    }

    /// Likewise, to be changed to where it stands.
    #[inline(always)]
    pub fn slot_mut(&mut self, hash: u64) -> &mut u32 {
        &mut self.0[place_of(hash)]
    }
}

#[cfg(test)]
mod tests {
    use super::RECENT;
    use crate::hash::HashKey;
    use crate::id::TraceId;
    use crate::logic::tri::Reasons;
    use crate::settings::Settings;
    use crate::state::shard::Shard;
    use crate::state::slots::TracePlace;
    use crate::state::trace::Generation;
    use crate::time::Timestamp;

    fn id(number: usize) -> TraceId {
        TraceId((number as u128 + 1).to_le_bytes())
    }

    fn open(shard: &mut Shard, number: usize) -> TracePlace {
        let (key, now) = (HashKey::new(7), Timestamp(1));
        let settings = Settings::default();
        let place = shard.open(key, id(number), now, Generation(1), &settings);
        assert_eq!(shard.get(place).unwrap().id(), id(number));
        place
    }

    #[test]
    fn a_trace_is_found_however_many_came_behind_it() {
        let mut shard = Shard::default();
        let places: Vec<TracePlace> = (0..4 * RECENT).map(|at| open(&mut shard, at)).collect();
        for _ in 0..2 {
            for (at, place) in places.iter().enumerate() {
                assert_eq!(open(&mut shard, at), *place);
            }
        }
        assert_eq!(shard.live(), places.len() as u64);
    }

    #[test]
    fn one_that_is_gone_is_not_found_where_another_stands_now() {
        let (mut shard, settings) = (Shard::default(), Settings::default());
        for at in 0..RECENT {
            let place = open(&mut shard, at);
            shard
                .get_mut(place)
                .unwrap()
                .close(Timestamp(2), Reasons::NONE);
            shard.remember(place);
            shard.forget_oldest(HashKey::new(7), &settings);
            // It takes the slot of the one before.
            let next = open(&mut shard, at + 1);
            let again = open(&mut shard, at);
            assert!(shard.get(next).unwrap().id() != shard.get(again).unwrap().id());
        }
    }
}
