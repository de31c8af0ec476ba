//! A warmed scan does not allocate, whatever the spans are and however many selectors there are.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

#[path = "../benches/traffic/selectors.rs"]
mod selectors;
#[path = "../benches/traffic/mod.rs"]
mod traffic;

use prost::Message;

#[test]
fn a_warmed_scan_does_not_allocate() {
    let matcher = selectors::matcher(1_000);
    let mut scratch = matcher.scratch();
    let batches: Vec<Vec<u8>> = (0..4)
        .map(|number| traffic::batch(number, 256).encode_to_vec())
        .collect();
    let mut hits = 0;
    let mut digest = 0u64;
    let mut scan = || {
        for bytes in &batches {
            matcher
                .scan(bytes, &mut scratch, |view, found| {
                    hits += found.hits().len();
                    digest = digest.wrapping_add(view.digest());
                })
                .unwrap();
        }
    };
    scan();
    let seen = allocation_counter::measure(&mut scan);
    assert_eq!(seen.count_total, 0);
    assert!(hits > 1_000 && digest != 0);
    // The counter counts.
    let bites = allocation_counter::measure(|| drop(std::hint::black_box(vec![0u8; 10])));
    assert_eq!(bites.count_total, 1);
}
