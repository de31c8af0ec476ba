//! When to look at which trace. Traces open one after the other and wait equally long, so that nearly every timer is later than
//! those before it: these stand in a queue. What is due before the last of them goes into a heap, whose room comes and goes in
//! pieces too. An entry may be stale, as its trace is no longer live: it goes when it is due, or when it is come across by
//! chance.

use crate::heap::heap;
use crate::state::piece_queue::PieceQueue;
use crate::state::slots::TracePlace;
use crate::sync::worked;
use crate::time::Timestamp;

/// When, and at which trace.
pub(super) type Timer = (Timestamp, TracePlace);

/// How many timers are in a piece of the heap.
const PIECE: usize = 128;

/// How many are looked at, at most, each time that stale ones are looked for.
const LOOKS: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Timers {
    /// None is due before the one that came before it.
    in_order: PieceQueue<Timer>,
    others: TimerHeap,
}

#[derive(Debug, Default)]
struct TimerHeap {
    /// All but the last are full, and one more may stand ready.
    pieces: Vec<Vec<Timer>>,
    len: usize,
    /// Which is looked at next by chance.
    swept: usize,
}

impl Timers {
    #[cfg(test)]
    pub fn len(&self) -> usize {
        self.in_order.len() + self.others.len
    }

    /// The earliest; of equal ones that which stands in the queue.
    pub fn first(&self) -> Option<Timer> {
        match (self.in_order.first(), self.others.first()) {
            (Some(one), Some(other)) if other.0 < one.0 => Some(other),
            (one, other) => one.or(other),
        }
    }

    /// Those that are taken next: in their order, and those near the top of the heap.
    pub fn next(&self) -> [&[Timer]; 2] {
        let near_top = self.others.pieces.first().map_or(&[][..], |piece| piece);
        [self.in_order.next(), near_top]
    }

    #[inline(always)]
    pub fn push(&mut self, timer: Timer) {
        if self.in_order.last().is_none_or(|last| last.0 <= timer.0) {
            self.in_order.push(timer);
        } else {
            let (at, place) = timer;
            self.others.push(at, place);
        }
    }

    pub fn pop(&mut self) -> Option<Timer> {
        let first = self.first()?;
        if self.in_order.first() == Some(first) {
            self.in_order.pop()
        } else {
            self.others.pop()
        }
    }

    /// To be called for each timer that may have become stale: where there are more than `most`, a few are looked at.
    pub fn sweep(&mut self, most: usize, is_wanted: impl Fn(TracePlace) -> bool) {
        let of_queue = most.saturating_sub(self.others.len);
        self.in_order.sweep(of_queue, |(_, place)| is_wanted(place));
        let of_heap = most.saturating_sub(self.in_order.len());
        self.others.sweep(of_heap, is_wanted);
    }

    /// Gives back the room that stands ready for nobody.
    pub fn shrink(&mut self) {
        self.others.shrink();
    }

    pub fn bytes(&self) -> usize {
        self.in_order.bytes() + self.others.bytes()
    }
}

impl TimerHeap {
    fn first(&self) -> Option<Timer> {
        (self.len > 0).then(|| self.at(0))
    }

    #[inline(always)]
    fn at(&self, place: usize) -> Timer {
        self.pieces[place / PIECE][place % PIECE]
    }

    #[inline(always)]
    fn set(&mut self, place: usize, timer: Timer) {
        self.pieces[place / PIECE][place % PIECE] = timer;
    }

    /// Its parts by themselves, so that no timer is written anywhere but where it will stand.
    #[inline(never)]
    fn push(&mut self, due: Timestamp, place: TracePlace) {
        worked(1);
        let (timer, at) = ((due, place), self.len);
        if at / PIECE == self.pieces.len() {
            let room = if at == 0 { 4 } else { PIECE };
            self.pieces.push(Vec::with_capacity(room));
        }
        self.pieces[at / PIECE].push(timer);
        self.len += 1;
        self.rise(at, timer);
    }

    fn pop(&mut self) -> Option<Timer> {
        let first = self.first()?;
        self.remove(0);
        Some(first)
    }

    /// Takes one out, in whose place the last comes.
    fn remove(&mut self, at: usize) {
        self.len -= 1;
        let last = self.len / PIECE;
        worked(1);
        let Some(moved) = self.pieces[last].pop() else {
            return;
        };
        // One that is empty stays, for who comes next.
        self.pieces.truncate(last + 2);
        if at < self.len {
            let at = self.sink(at);
            self.rise(at, moved);
        }
    }

    /// The smaller ones below a place come up; returns where room is then.
    fn sink(&mut self, mut at: usize) -> usize {
        loop {
            let left = 2 * at + 1;
            if left >= self.len {
                return at;
            }
            let right = left + 1;
            let is_right = right < self.len && self.at(right) < self.at(left);
            let below = if is_right { right } else { left };
            self.set(at, self.at(below));
            at = below;
        }
    }

    /// A timer stands here, or higher up.
    fn rise(&mut self, mut at: usize, timer: Timer) {
        while at > 0 {
            let above = (at - 1) / 2;
            let other = self.at(above);
            if other <= timer {
                break;
            }
            self.set(at, other);
            at = above;
        }
        self.set(at, timer);
    }

    /// Where there are more than `most`, a few are looked at.
    fn sweep(&mut self, most: usize, is_wanted: impl Fn(TracePlace) -> bool) {
        for _ in 0..LOOKS {
            if self.len <= most {
                return;
            }
            if self.swept >= self.len {
                self.swept = 0;
            }
            if is_wanted(self.at(self.swept).1) {
                self.swept += 1;
            } else {
                self.remove(self.swept);
            }
        }
    }

    fn shrink(&mut self) {
        self.pieces.truncate(self.len.div_ceil(PIECE));
        if self.pieces.capacity() > 4 * self.pieces.len() {
            self.pieces.shrink_to(2 * self.pieces.len());
        }
    }

    fn bytes(&self) -> usize {
        let full = self.pieces.len().saturating_sub(1);
        let last = self.pieces.last().map_or(0, Vec::capacity);
        full * heap(PIECE * size_of::<Timer>())
            + heap(last * size_of::<Timer>())
            + heap(self.pieces.capacity() * size_of::<Vec<Timer>>())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::state::slots::place;

    /// xorshift64
    fn next(dice: &mut u64) -> u64 {
        *dice ^= *dice << 13;
        *dice ^= *dice >> 7;
        *dice ^= *dice << 17;
        *dice
    }

    /// Most are due after those before them, some by far earlier.
    fn due(dice: &mut u64, round: u32) -> Timestamp {
        let late = u64::from(round / 4);
        let is_early = next(dice).is_multiple_of(4);
        Timestamp(if is_early {
            next(dice) % (late + 1)
        } else {
            late
        })
    }

    #[test]
    fn the_earliest_is_first_whatever_comes_and_goes() {
        let (mut timers, mut kept, mut dice) = (Timers::default(), BTreeSet::new(), 7);
        let mut of_heap = 0;
        let pop = |timers: &mut Timers, kept: &mut BTreeSet<Timer>| {
            let first = timers.first();
            assert_eq!(timers.pop(), first);
            let earliest = kept.first().map(|(at, _)| *at);
            assert_eq!(first.map(|(at, _)| at), earliest);
            assert!(first.is_none_or(|first| kept.remove(&first)));
        };
        for round in 0..20_000u32 {
            let timer = (due(&mut dice, round), place(round));
            timers.push(timer);
            kept.insert(timer);
            if next(&mut dice).is_multiple_of(if round < 10_000 { 3 } else { 1 }) {
                pop(&mut timers, &mut kept);
            }
            assert_eq!(timers.len(), kept.len());
            of_heap = timers.others.len.max(of_heap);
        }
        assert!((500..5000).contains(&of_heap), "{of_heap}");
        while timers.len() > 0 {
            pop(&mut timers, &mut kept);
        }
        timers.shrink();
        assert!(kept.is_empty() && timers.bytes() < 400);
    }

    #[test]
    fn stale_ones_are_come_across_a_few_at_a_time_and_the_others_stay() {
        let (mut timers, mut kept, mut dice) = (Timers::default(), BTreeSet::new(), 9);
        let is_wanted = |one: TracePlace| one.slot.is_multiple_of(8);
        for round in 0..40_000u32 {
            let timer = (due(&mut dice, round), place(round));
            timers.push(timer);
            if is_wanted(timer.1) {
                kept.insert(timer);
            }
            timers.sweep(2 * kept.len() + 64, is_wanted);
        }
        let most = 2 * kept.len() + 3 * 256;
        assert!(timers.len() <= most, "{}", timers.len());
        let pieces = &timers.others.pieces;
        let held: usize = pieces.iter().map(|one| heap(one.capacity() * 16)).sum();
        assert!(timers.others.bytes().abs_diff(held) < 4000);
        while let Some(timer) = timers.pop() {
            assert_eq!(is_wanted(timer.1), kept.remove(&timer));
        }
        assert!(kept.is_empty());
    }

    #[test]
    fn few_take_little_and_many_leave_little_behind() {
        let latest = Timestamp(u64::MAX);
        let mut timers = Timers::default();
        timers.push((latest, place(0)));
        timers.push((Timestamp(1), place(1)));
        assert!(timers.others.bytes() < 8 * size_of::<Timer>() + 200);
        for round in 0..64 * PIECE as u32 {
            timers.push((Timestamp(u64::from(round)), place(round)));
        }
        assert!(timers.others.len > 60 * PIECE);
        while timers.pop().is_some() {}
        timers.shrink();
        assert!(timers.others.bytes() < 100, "{}", timers.others.bytes());
    }
}
