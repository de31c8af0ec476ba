//! The C interface as sequences of calls that chance chooses, alone and side by side on one engine. `make sanitize` runs
//! this under valgrind's memcheck and the address and thread sanitizers, the fuzz target `calls` with choices that
//! reach new code. `BETRACE_CALLS` sets how many sequences.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    unsafe_code,
    reason = "a test that calls C functions, and ends where it meets the unexpected"
)]

mod calls_support;

use calls_support::caller::{sequence, side_by_side};

fn sequences() -> u64 {
    std::env::var("BETRACE_CALLS").map_or(60, |count| count.parse().unwrap())
}

/// Sebastiano Vigna's SplitMix64.
fn choices(seed: u64, count: usize) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as u8
    };
    (0..count).map(|_| next()).collect()
}

#[test]
fn any_sequence_of_calls_answers_as_the_header_says() {
    for seed in 0..sequences() {
        sequence(&choices(seed, 400));
    }
}

#[test]
fn calls_from_several_threads_answer_as_the_header_says() {
    for seed in 0..sequences() / 4 {
        let choices = [0, 1, 2].map(|thread| choices(seed << 8 | thread | 1 << 63, 200));
        side_by_side(&choices.each_ref().map(Vec::as_slice));
    }
}
