//! Where the id of a closed trace belongs: in a shard, and there by a number without gaps, the kept bits of its route.

/// These bits of a route say in which shard a trace lies (see [`shard_of`]).
pub(crate) const SHARD_BITS: u32 = 24;

/// In which of `shards` a trace lies, by its route.
pub(crate) fn shard_of(route: u64, shards: u64) -> u64 {
    u64::from(low(route, SHARD_BITS) as u32 % shards as u32)
}

fn low(route: u64, bits: u32) -> u64 {
    route & (u64::MAX >> (64 - bits))
}

/// The kept bits of the routes of one shard, as numbers without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RouteNumbers {
    /// How many of a route's lowest bits are kept.
    pub bits: u32,
    shards: u32,
    /// How many of the lowest numbers lie in one shard.
    a_shard: u32,
}

impl RouteNumbers {
    pub fn new(bits: u32, shards: u32) -> RouteNumbers {
        let shards = shards.max(1);
        RouteNumbers {
            bits,
            shards,
            a_shard: (1u32 << SHARD_BITS).div_ceil(shards),
        }
    }

    /// All numbers are below this one.
    pub fn below(self) -> u64 {
        (1 << (self.bits - SHARD_BITS)) * u64::from(self.a_shard)
    }

    /// Of an id, by its [`route`](crate::hash::route).
    #[inline]
    pub fn of(self, route: u64) -> u64 {
        let kept = low(route, self.bits);
        let lowest = low(kept, SHARD_BITS) as u32 / self.shards;
        (kept >> SHARD_BITS) * u64::from(self.a_shard) + u64::from(lowest)
    }

    /// The kept bits again; `shard` is the number of the one that the id lies in.
    pub fn route(self, number: u64, shard: u64) -> u64 {
        let a_shard = u64::from(self.a_shard);
        let (upper, lower) = (number / a_shard, number % a_shard);
        upper << SHARD_BITS | (lower * u64::from(self.shards) + shard)
    }
}
