//! Chains of records and what is done to them: verification never says whole.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that meets the unexpected ends there"
)]

mod desk;

use betrace_evidence::{Cause, Envelope, Expectations, FaultKind, PublicKey, Signer};
use proptest::prelude::*;

use desk::{
    Desk, FIRST, FIRST_PUBLIC, SECOND, SECOND_KEY, SECOND_PUBLIC, check, expectations, kinds,
    signer,
};

#[test]
fn an_orderly_pause_a_kill_and_a_clock_that_was_set_back_are_told_apart() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    desk.stop();
    desk.now += 10 * SECOND;
    desk.record(Cause::Start);
    desk.now += 10 * SECOND;
    desk.record(Cause::Start);
    desk.now -= 15 * SECOND;
    desk.record(Cause::Start);
    let found = check(&desk.lines, &expectations());
    let wanted = [
        FaultKind::NotRunning,
        FaultKind::NotRunning,
        FaultKind::ClockBack,
    ];
    assert_eq!(kinds(&found), wanted);
    assert!(found.faults[0].text.starts_with("stopped in order"));
    assert!(found.faults[1].text.starts_with("killed"));
    let patient = Expectations {
        longest_pause: 10 * SECOND,
        ..expectations()
    };
    let found = check(&desk.lines, &patient);
    assert_eq!(kinds(&found), [FaultKind::ClockBack]);
    assert_eq!(found.notes.len(), 2);
}

#[test]
fn a_key_is_rotated_where_both_sign_and_not_otherwise() {
    let both = Expectations {
        keys: [FIRST_PUBLIC, SECOND_PUBLIC]
            .map(|pem| PublicKey::of_pem(pem).unwrap())
            .into(),
        ..Expectations::default()
    };
    for (previous, fault) in [(Some(FIRST), None), (None, Some(FaultKind::HandOver))] {
        let mut desk = Desk::new(signer());
        desk.run(1);
        desk.signer = Some(Signer::of_pem(SECOND_KEY, previous).unwrap());
        desk.now += SECOND;
        desk.record(Cause::Period);
        desk.record(Cause::Period);
        let found = check(&desk.lines, &both);
        assert_eq!(kinds(&found), Vec::from_iter(fault));
        assert_eq!(found.notes.len(), usize::from(fault.is_none()));
        let found = check(&desk.lines, &expectations());
        assert!(kinds(&found).contains(&FaultKind::UnknownKey));
    }
}

#[test]
fn an_unsigned_chain_says_so_and_is_checked_as_far_as_it_can_be() {
    let mut desk = Desk::new(None);
    desk.run(2);
    let found = check(&desk.lines, &expectations());
    assert_eq!(kinds(&found), [FaultKind::Unsigned; 3]);
    let lenient = Expectations {
        allows_unsigned: true,
        ..Expectations::default()
    };
    assert!(check(&desk.lines, &lenient).is_whole());
    desk.lines.remove(1);
    let wanted = [FaultKind::Missing, FaultKind::TimeGap];
    assert_eq!(kinds(&check(&desk.lines, &lenient)), wanted);
}

#[test]
fn two_processors_with_one_chain_are_found() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let (chain, now) = (desk.chain.clone(), desk.now);
    desk.now += SECOND;
    desk.record(Cause::Period);
    // The same storage, copied.
    desk.chain = chain;
    desk.now = now + 2 * SECOND;
    desk.record(Cause::Period);
    let found = check(&desk.lines, &expectations());
    assert_eq!(kinds(&found), [FaultKind::Forked]);
}

#[test]
fn two_instances_in_one_folder_are_two_chains() {
    let mut one = Desk::new(signer());
    let mut other = Desk::new(signer());
    other.instance = 'b';
    one.run(2);
    other.run(2);
    let both: Vec<Vec<u8>> = one
        .lines
        .iter()
        .zip(&other.lines)
        .flat_map(|(a, b)| [a.clone(), b.clone()])
        .collect();
    assert!(check(&both, &expectations()).is_whole());
}

#[test]
fn records_cut_off_at_the_end_are_found_by_whoever_knows_of_them() {
    let mut desk = Desk::new(signer());
    desk.run(3);
    let known = Expectations {
        known: vec![desk.last()],
        ..expectations()
    };
    let until = Expectations {
        until: Some(desk.now),
        ..expectations()
    };
    assert!(check(&desk.lines, &known).is_whole());
    assert!(check(&desk.lines, &until).is_whole());
    for cut in 1..desk.lines.len() {
        let left = &desk.lines[..desk.lines.len() - cut];
        assert!(check(left, &expectations()).is_whole(), "nobody can know");
        assert_eq!(kinds(&check(left, &known)), [FaultKind::NotThere]);
        assert_eq!(kinds(&check(left, &until)), [FaultKind::EndsEarly]);
    }
    assert!(!check(&[], &expectations()).is_whole(), "no record at all");
}

/// What the page for auditors says of `--expect-until`, and that a number and a hash know more.
#[test]
fn a_stop_is_believed_where_another_instance_goes_on() {
    let mut stopped = Desk::new(signer());
    stopped.run(1);
    stopped.stop();
    let whole = stopped.lines.len();
    stopped.now += SECOND;
    stopped.record(Cause::Start);
    let mut other = Desk::new(signer());
    other.instance = 'b';
    other.run(5);
    let until = Expectations {
        until: Some(other.now),
        longest_pause: 60 * SECOND,
        ..expectations()
    };
    let both = |left: usize| [&stopped.lines[..left], &other.lines].concat();
    let ends = kinds(&check(&both(whole + 1), &until));
    assert_eq!(ends, [FaultKind::EndsEarly], "it began again, and ended");
    let cut = both(whole);
    assert!(check(&cut, &until).is_whole(), "cut off at a stop");
    assert!(check(&other.lines, &until).is_whole(), "cut off whole");
    let known = Expectations {
        known: vec![stopped.last(), other.last()],
        ..until.clone()
    };
    assert_eq!(kinds(&check(&cut, &known)), [FaultKind::NotThere]);
    let alone = &stopped.lines[..whole];
    assert_eq!(kinds(&check(alone, &until)), [FaultKind::EndsEarly]);
}

#[test]
fn records_from_the_middle_on_need_the_one_before() {
    let mut desk = Desk::new(signer());
    desk.run(1);
    let before = desk.last();
    desk.now += SECOND;
    desk.record(Cause::Period);
    let rest = &desk.lines[2..];
    assert_eq!(kinds(&check(rest, &expectations())), [FaultKind::Missing]);
    let after = Expectations {
        after: vec![before],
        ..expectations()
    };
    assert!(check(rest, &after).is_whole());
}

#[test]
fn a_line_may_be_as_long_as_is_said_and_no_longer() {
    let mut line = vec![b' '; betrace_evidence::RECORD_BYTES];
    let found = check(&[line.clone()], &expectations());
    assert!(found.faults[0].text.contains("DSSE"), "{:?}", found.faults);
    line.push(b' ');
    let found = check(&[line], &expectations());
    assert!(found.faults[0].text.contains("bytes"), "{:?}", found.faults);
}

fn chain() -> (Vec<Vec<u8>>, Expectations) {
    let mut desk = Desk::new(signer());
    desk.run(4);
    desk.stop();
    let expected = Expectations {
        known: vec![desk.last()],
        ..expectations()
    };
    assert!(check(&desk.lines, &expected).is_whole());
    (desk.lines, expected)
}

#[test]
fn a_record_that_is_removed_repeated_or_moved_is_found_at_every_place() {
    let (lines, expected) = chain();
    for at in 0..lines.len() {
        let mut removed = lines.clone();
        let one = removed.remove(at);
        assert!(!check(&removed, &expected).is_whole(), "removed {at}");
        for to in 0..lines.len() {
            let mut moved = removed.clone();
            moved.insert(to, one.clone());
            assert_eq!(
                check(&moved, &expected).is_whole(),
                to == at,
                "{at} to {to}"
            );
            let mut repeated = lines.clone();
            repeated.insert(to, one.clone());
            assert!(
                !check(&repeated, &expected).is_whole(),
                "{at} again at {to}"
            );
            let mut swapped = lines.clone();
            swapped.swap(at, to);
            assert_eq!(check(&swapped, &expected).is_whole(), to == at);
        }
        for cut in [0, 1, lines[at].len() / 2, lines[at].len() - 1] {
            let mut cut_short = lines.clone();
            cut_short[at].truncate(cut);
            assert!(
                !check(&cut_short, &expected).is_whole(),
                "{at} cut to {cut}"
            );
        }
    }
}

fn shared() -> &'static (Vec<Vec<u8>>, Expectations) {
    use std::sync::OnceLock;
    static CHAIN: OnceLock<(Vec<Vec<u8>>, Expectations)> = OnceLock::new();
    CHAIN.get_or_init(chain)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whoever has no key can still write envelopes: whatever they hold ends nothing, and is not taken for signed.
    #[test]
    fn a_changed_statement_in_a_fresh_envelope_is_found(place in 0.0f64..1.0, byte in any::<u8>()) {
        let (mut lines, expected) = shared().clone();
        let mut payload = Envelope::of_line(&lines[3]).unwrap().payload().unwrap();
        let at = (place * payload.len() as f64) as usize;
        payload[at] = byte;
        lines[3] = Envelope::around(&payload, None, false).line();
        prop_assert!(!check(&lines, &expected).is_whole());
        let lenient = Expectations { allows_unsigned: true, ..expected };
        prop_assert!(!check(&lines, &lenient).is_whole());
    }

    #[test]
    fn a_changed_byte_is_found_wherever_it_is(record in 0usize..6, place in 0.0f64..1.0, bit in 0u8..8) {
        let (lines, expected) = shared();
        let mut changed = lines.clone();
        let line = &mut changed[record];
        let at = (place * line.len() as f64) as usize;
        line[at] ^= 1 << bit;
        prop_assert!(!check(&changed, expected).is_whole(), "record {record}, byte {at}, bit {bit}");
    }
}
