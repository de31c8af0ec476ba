//! Extremes of which each is a whole number of 64 bits, of spans that are all selected for certain: nearly all are. A range lies
//! in its trace's [block](crate::state::block), in the room of two links.

use betrace_lang::rule::Number;

use crate::state::block::{Block, List};
use crate::state::block_pool::BlockPool;
use crate::state::chain::LINK_BYTES;
use crate::state::values::{Amount, Extremes, ExtremesCell};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct WholeRange {
    low: i64,
    high: i64,
}

impl WholeRange {
    /// Of no number: `low` is above `high`.
    const NONE: WholeRange = WholeRange {
        low: i64::MAX,
        high: i64::MIN,
    };

    /// Adds one of no number; returns where it lies among the links.
    pub fn begin(block: &mut Block, pool: &mut BlockPool) -> u32 {
        let WholeRange { low, high } = WholeRange::NONE;
        let at = block.push(pool, List::Links, low.to_le_bytes());
        block.push(pool, List::Links, high.to_le_bytes());
        at as u32
    }

    /// The one that lies there.
    #[inline(always)]
    pub fn at(block: &Block, at: u32) -> WholeRange {
        let links = block.elements::<LINK_BYTES>(List::Links);
        let ends = links.get(at as usize..).and_then(<[_]>::first_chunk);
        ends.map_or(WholeRange::NONE, |[low, high]| WholeRange {
            low: i64::from_le_bytes(*low),
            high: i64::from_le_bytes(*high),
        })
    }

    /// Puts it there.
    #[inline(always)]
    pub fn put(self, block: &mut Block, at: u32) {
        let links = block.elements_mut::<LINK_BYTES>(List::Links);
        if let Some([low, high]) = links
            .get_mut(at as usize..)
            .and_then(<[_]>::first_chunk_mut)
        {
            (*low, *high) = (self.low.to_le_bytes(), self.high.to_le_bytes());
        }
    }

    /// Adds what there is to be added. `false`: it is not of this kind, and nothing is added.
    pub fn add(&mut self, amount: Amount, certain: bool) -> bool {
        let number = match amount {
            Amount::None => return true,
            Amount::Number(Number::Int(number)) | Amount::Duration(Number::Int(number)) => number,
            Amount::Number(_) | Amount::Duration(_) | Amount::Unknown => return false,
        };
        let Ok(number) = i64::try_from(number) else {
            return false;
        };
        if certain {
            self.widen(number);
        }
        certain
    }

    /// Adds a number of a certain span.
    #[inline(always)]
    pub fn widen(&mut self, number: i64) {
        self.low = self.low.min(number);
        self.high = self.high.max(number);
    }

    pub fn extremes(self) -> ExtremesCell {
        let is_some = self.low <= self.high;
        let certain = is_some.then(|| Extremes::of(self.low, self.high));
        let certain = certain.unwrap_or_default();
        ExtremesCell {
            certain,
            all: certain,
            unknown: 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_lie_among_links_and_do_not_touch_each_other() {
        let (mut block, mut pool) = (Block::default(), BlockPool::default());
        block.push(&mut pool, List::Links, [7; LINK_BYTES]);
        let places = [0; 2].map(|_| WholeRange::begin(&mut block, &mut pool));
        for (place, numbers) in places.into_iter().zip([[3, -9], [i64::MIN, i64::MAX]]) {
            let mut range = WholeRange::at(&block, place);
            numbers.into_iter().for_each(|number| range.widen(number));
            range.put(&mut block, place);
        }
        let ends = places.map(|place| WholeRange::at(&block, place));
        let of = |low, high| WholeRange { low, high };
        assert_eq!(ends, [of(-9, 3), of(i64::MIN, i64::MAX)]);
        assert_eq!(
            block.elements::<LINK_BYTES>(List::Links)[0],
            [7; LINK_BYTES]
        );
    }
}
