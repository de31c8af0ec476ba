use proptest::prelude::*;

use super::*;
use crate::state::block_pool::SLOT;

const ALL: [List; LISTS] = [
    List::Links,
    List::Cells,
    List::Records,
    List::Spans,
    List::Shown,
];

#[test]
fn a_block_that_is_given_back_is_the_next_of_its_size() {
    let mut pool = BlockPool::default();
    pool.limit(1 << 16, 1);
    let filled = |pool: &mut BlockPool| {
        let mut block = Block::default();
        for number in 0..100u64 {
            block.push(pool, List::Spans, number.to_le_bytes());
        }
        block
    };
    let mut block = filled(&mut pool);
    let of_block = held(block.len());
    let before = pool.bytes();
    block.release(&mut pool);
    assert_eq!(pool.bytes(), before + of_block + SLOT);
    // It begins larger, each time, until it need not grow.
    for _ in 0..100 {
        filled(&mut pool).release(&mut pool);
    }
    let after_some = pool.bytes();
    let measured = allocation_counter::measure(|| filled(&mut pool).release(&mut pool));
    assert_eq!(measured.count_total, 0);
    assert_eq!(pool.bytes(), after_some);
    pool.limit(0, 1000);
    assert_eq!(pool.bytes(), 0);
}

proptest! {
    #[test]
    fn lists_in_a_block_are_as_lists_apart(
        steps in proptest::collection::vec((0..LISTS, any::<prop::sample::Index>(), any::<u64>()), 0..600),
    ) {
        let mut pool = BlockPool::default();
        pool.limit(1 << 20, 1);
        let mut block = Block::default();
        let mut lists: [Vec<[u8; 8]>; LISTS] = Default::default();
        for (list, at, number) in steps {
            if number % 3 == 0 {
                let wanted = |at: usize| (number >> (8 + 4 * at)) as u32 % 4 * 8;
                block.reserve(&mut pool, std::array::from_fn(wanted));
            }
            let at = at.index(lists[list].len() + 1);
            lists[list].insert(at, number.to_le_bytes());
            block.insert(&mut pool, ALL[list], at, number.to_le_bytes());
        }
        for (list, kept) in ALL.into_iter().zip(&lists) {
            prop_assert_eq!(block.elements::<8>(list), &kept[..]);
        }
        let least: usize = lists.iter().map(|list| list.len() * 8).sum();
        let reserved = 24 * LISTS;
        prop_assert!(block.len() <= (least + reserved) * 7 / 4 + 240);
    }
}
