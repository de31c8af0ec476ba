//! Ids that are kept, gone, stored, and asked for behind a filter.

use super::*;
use crate::state::id_place::shard_of;

/// A route from a number (the finalizer of splitmix64).
fn route(number: u64) -> u64 {
    let mixed = (number ^ number >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

fn share(bytes: u64) -> Share {
    Share::new(bytes, 1, 80)
}

/// What all parts hold.
fn held(forgotten: &Forgotten) -> usize {
    let generations = forgotten.generations.iter().map(IdGeneration::bytes);
    let filter = forgotten.filter.as_ref().map_or(0, IdFilter::bytes);
    generations.sum::<usize>() + filter
}

#[test]
fn ids_are_kept_for_their_time_and_not_much_longer() {
    let mut forgotten = Forgotten::default();
    forgotten.add((route(1), false), Timestamp(0), share(1 << 20));
    forgotten.add((route(2), false), Timestamp(20), share(1 << 20));
    assert!(forgotten.has(route(1)));
    assert!(!forgotten.has(route(3)));
    forgotten.expire(Timestamp(79), 80);
    assert!(forgotten.has(route(1)));
    forgotten.expire(Timestamp(80), 80);
    assert!(!forgotten.has(route(1)));
    assert!(forgotten.has(route(2)));
}

#[test]
fn no_id_of_a_full_share_is_lost_but_with_the_oldest_and_those_are_counted() {
    let share = share(64 << 10);
    let mut forgotten = Forgotten::default();
    let most = 100_000;
    for number in 0..most {
        forgotten.add((route(number), false), Timestamp(0), share);
        assert!(forgotten.bytes() <= share.bytes, "{number}");
    }
    assert_eq!(held(&forgotten), forgotten.bytes());
    assert!(forgotten.dropped() > most / 2);
    // An id that looks like one that is there already is not kept twice.
    assert!(forgotten.len() + forgotten.dropped() <= most);
    let kept = most - forgotten.len();
    assert!((kept..most).all(|number| forgotten.has(route(number))));
}

#[test]
fn no_id_that_is_there_is_kept_back_by_the_filter_however_it_is_made_anew() {
    let share = Share::new(4 << 20, 1, 80_000);
    let mut forgotten = Forgotten::default();
    let (mut made, mut was_made) = (0, false);
    // A generation is over after 20,000, and an id is kept for some 80,000; few come then, and none in the end.
    let moments = (0..300_000).chain((300_000..500_000).step_by(100));
    for number in moments {
        let now = Timestamp(number);
        forgotten.add((route(number), true), now, share);
        if number % 1_000 == 0 {
            forgotten.expire(now, share.keep);
        }
        let is_made = forgotten.filter.as_ref().is_some_and(IdFilter::is_made);
        made += u32::from(is_made && !was_made);
        was_made = is_made;
        if is_made || number % 9_973 == 0 {
            let step = if number < 300_000 { 1 } else { 100 };
            let kept = (1..400).map(|ago| number.saturating_sub(ago * ago / 2 * step));
            let mut there = kept
                .filter(|kept| number - kept < share.keep && (*kept < 300_000 || kept % 100 == 0));
            assert!(there.all(|kept| forgotten.has(route(kept))), "{number}");
            assert_eq!(held(&forgotten), forgotten.bytes());
        }
    }
    assert!(made > 12, "{made}");
    let filter = forgotten.filter.as_ref().map_or(0, IdFilter::bytes);
    // For a thousand ids, where there was one for a hundred thousand.
    assert!((1..8_000).contains(&filter), "{filter}");
    forgotten.expire(Timestamp(1 << 20), share.keep);
    assert_eq!(forgotten.bytes(), 0);
}

#[test]
fn the_next_filter_knows_all_that_is_left_where_ids_go_while_it_is_made() {
    let share = Share::new(4 << 20, 1, 80_000);
    // Of sixteen parts each.
    for notes in [0, 1, 10, 20, 40] {
        let mut forgotten = Forgotten::default();
        for number in 0..79_000 {
            forgotten.add((route(number), true), Timestamp(number), share);
        }
        forgotten.begin_filter(usize::MAX);
        (0..notes).for_each(|_| forgotten.note_some());
        forgotten.expire(Timestamp(100_000), share.keep);
        assert_eq!(forgotten.len(), 59_000);
        while forgotten.filter.as_ref().is_some_and(IdFilter::is_made) {
            forgotten.note_some();
        }
        let mut there = 20_000..79_000;
        assert!(there.all(|number| forgotten.has(route(number))), "{notes}");
        assert_eq!(held(&forgotten), forgotten.bytes());
    }
}

#[test]
fn ids_that_were_stored_with_other_settings_are_looked_for_beside_the_filter() {
    let [few, many] = [1 << 16, 1 << 24].map(|bytes| Share::new(bytes, 1, 80_000));
    let mut forgotten = Forgotten::default();
    let mut number = 0;
    // Of the same numbers again, after others.
    for (bits, count) in [(many.bits, 300), (few.bits, 500), (many.bits, 700), (24, 9)] {
        let latest = Timestamp(number);
        let stored = StoredIds {
            latest,
            bits,
            routes: Vec::new(),
        };
        for _ in 0..count {
            forgotten.restore(route(number), &stored, many);
            number += 1;
            assert!((0..number).all(|number| forgotten.has(route(number))));
        }
    }
    assert_eq!(forgotten.generations.len(), 4);
    assert_eq!(held(&forgotten), forgotten.bytes());
}

#[test]
fn most_new_ids_are_looked_for_in_the_filter_alone() {
    let share = share(4 << 20);
    let mut forgotten = Forgotten::default();
    let mut looked = 0;
    for number in 0..100_000 {
        looked += u32::from(forgotten.among(route(number)).next().is_some());
        forgotten.add((route(number), true), Timestamp(0), share);
    }
    assert!(looked < 100_000 / 14, "{looked}");
}

#[test]
fn what_is_stored_comes_back_in_any_number_of_shards() {
    let numbers: Vec<u64> = (0..3000).collect();
    let mut stored = Vec::new();
    let three = Share::new(1 << 20, 3, 80);
    for shard in 0..3 {
        let mut forgotten = Forgotten::default();
        for number in &numbers {
            if shard_of(route(*number), 3) == shard {
                forgotten.add((route(*number), false), Timestamp(*number), three);
            }
        }
        stored.extend(forgotten.copy().stored(shard));
    }
    for (bytes, shards) in [(1 << 20, 5), (1 << 16, 8), (1 << 24, 1)] {
        let share = Share::new(bytes * 8, shards, 80);
        let mut restored: Vec<Forgotten> = (0..shards).map(|_| Forgotten::default()).collect();
        for ids in &stored {
            for route in &ids.routes {
                let at = shard_of(*route, u64::from(shards));
                restored[at as usize].restore(*route, ids, share);
            }
        }
        for number in &numbers {
            let at = shard_of(route(*number), u64::from(shards));
            assert!(
                restored[at as usize].has(route(*number)),
                "{number} of {shards}"
            );
        }
    }
}

/// The promise of the module, at the size of an hour of 4,200 traces a second with the default bound.
#[test]
#[ignore = "fills fifteen million ids; run it in release"]
fn fifteen_million_ids_take_below_two_bytes_each_and_rarely_look_like_another() {
    let (shards, count) = (8, 15_000_000u64);
    let share = Share::new((256 << 20) / 6, shards, 3600);
    let mut all: Vec<Forgotten> = (0..shards).map(|_| Forgotten::default()).collect();
    let at = |route| shard_of(route, u64::from(shards)) as usize;
    for number in 0..count {
        let now = Timestamp(number * 3600 / count);
        all[at(route(number))].add((route(number), false), now, share);
    }
    let bytes: usize = all.iter().map(Forgotten::bytes).sum();
    let probes = 2_000_000;
    let hits = (count..count + probes)
        .filter(|number| all[at(route(*number))].has(route(*number)))
        .count();
    println!("{:.3} bytes an id", bytes as f64 / count as f64);
    println!("{:.6} false hits", hits as f64 / probes as f64);
    assert!((0..count).all(|number| all[at(route(number))].has(route(number))));
    assert!((bytes as f64) < 2.0 * count as f64);
    assert!((hits as f64) < probes as f64 / 1000.0);
}
