//! Memory as its users have it: lists and tables, what they hold, and what the system gets back. One test, for the process's memory
//! is everybody's.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

use std::rc::Rc;

use betrace_pages::{Boxed, LARGEST, Pages, boxed, zeroed};
use hashbrown::HashTable;

const MIB: usize = 1 << 20;

/// What the process holds in memory, in bytes.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * rustix::param::page_size()
}

#[test]
fn lists_and_tables_hold_what_is_put_in_and_leave_nothing_behind() {
    let before = resident();
    for size in [100, 1000, LARGEST, LARGEST + 1] {
        let count = 64 * MIB / size;
        let mut blocks: Vec<Boxed<[u8]>> = (0..count).map(|_| zeroed(size)).collect();
        for (number, block) in blocks.iter_mut().enumerate() {
            assert!(block.iter().all(|byte| *byte == 0));
            block.fill(number as u8);
        }
        for (number, block) in blocks.iter().enumerate() {
            assert!(block.len() == size && block.iter().all(|byte| *byte == number as u8));
        }
        assert!(resident() > before + 60 * MIB);
        drop(blocks);
        let left = resident() - before;
        assert!(left < 4 * MIB, "{left} of {size}");
    }
    let shared = Rc::new(());
    let list = boxed(300, || Rc::clone(&shared));
    assert_eq!(Rc::strong_count(&shared), 301);
    drop(list);
    assert_eq!(Rc::strong_count(&shared), 1);
    let mut table = HashTable::new_in(Pages);
    let hash = |number: &u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for number in 0..20_000 {
        table.insert_unique(hash(&number), number, hash);
    }
    assert!((0..20_000).all(|number| table.find(hash(&number), |one| *one == number).is_some()));
    let (sender, lists) = std::sync::mpsc::channel::<Boxed<[u64]>>();
    let threads = (0..4).map(|thread| {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for round in 0..200 {
                let lists: Vec<Boxed<[u64]>> =
                    (0..50).map(|at| boxed(1 + 7 * at, || thread)).collect();
                let is_own = |list: &Boxed<[u64]>| list.iter().all(|one| *one == thread);
                assert!(lists.iter().all(is_own), "in round {round}");
                lists
                    .into_iter()
                    .for_each(|list| sender.send(list).unwrap());
            }
        })
    });
    let threads = threads.collect::<Vec<_>>();
    drop(sender);
    // Given back by another thread than took them.
    assert_eq!(lists.into_iter().count(), 4 * 200 * 50);
    for thread in threads {
        thread.join().unwrap();
    }
}
