//! What is asked before the ids of closed traces are looked through: some bits an id, of which one look at one word says of
//! nearly every new one that it is not there.
//!
//! It is made of the ids that are there, for twice as many of them, and made anew when so many came: what it knows of ids that
//! are gone meanwhile costs a look, and is never wrong. So that nobody waits for that, the next one is filled with some
//! ids at a time beside this one. One that would get too little memory for its ids has none, and says "perhaps" of every id.

use betrace_pages::prefetch;

use crate::heap::heap;
use crate::state::id_place::RouteNumbers;
use crate::sync::worked;

/// It is made with so many bits for each id that is there, and not with fewer than so many.
const BITS: usize = 12;
const FEWEST_BITS: usize = 4;

/// And for so many ids at the least.
const LEAST: usize = 64;

/// It has no more words, so that nobody waits until they are handed out: those of seven hundred thousand ids.
const MOST_WORDS: usize = 1 << 17;

#[derive(Debug)]
pub(crate) struct IdFilter {
    /// Those of the ids that it is for.
    pub numbers: RouteNumbers,
    now: Words,
    next: Option<Words>,
}

/// Two bits of one word for each id.
#[derive(Debug, Default)]
struct Words {
    words: Box<[u64]>,
    /// How many ids were noted, and beyond how many it is to be made anew.
    noted: usize,
    most: usize,
}

impl IdFilter {
    pub fn new(numbers: RouteNumbers) -> IdFilter {
        IdFilter {
            numbers,
            now: Words::default(),
            next: None,
        }
    }

    /// Whether an id may be there, by its number. It is not, where this says so.
    #[inline]
    pub fn may_have(&self, number: u64) -> bool {
        let bits = bits(number);
        let word = self.now.words.get(self.now.at(number));
        word.is_none_or(|word| word & bits == bits)
    }

    /// Whether it says anything but "perhaps".
    pub fn says_more(&self) -> bool {
        !self.now.words.is_empty()
    }

    /// Asks for what [`IdFilter::may_have`] reads before that is needed.
    #[inline]
    pub fn prefetch(&self, number: u64) {
        if let Some(word) = self.now.words.get(self.now.at(number)) {
            prefetch(word);
        }
    }

    /// An id came.
    pub fn note(&mut self, number: u64) {
        self.now.note(number);
        if let Some(next) = &mut self.next {
            next.note(number);
        }
    }

    /// An id that is there, for the next filter.
    pub fn note_again(&mut self, number: u64) {
        if let Some(next) = &mut self.next {
            next.note(number);
        }
    }

    /// Whether the next one is being made.
    pub fn is_made(&self) -> bool {
        self.next.is_some()
    }

    /// Whether it is time for the next one.
    pub fn is_full(&self) -> bool {
        self.next.is_none() && self.now.noted >= self.now.most
    }

    /// Ids went, and so many are there. It is time for the next one if most of what this one knows of is gone.
    pub fn went_to(&mut self, there: usize) {
        if self.now.noted > LEAST.max(2 * there) {
            self.now.most = 0;
        }
    }

    /// Begins the next one, for the ids that are there, so many of them, in no more bytes. All of them are then to be [noted
    /// again](IdFilter::note_again).
    pub fn begin(&mut self, count: usize, bytes: usize) {
        let wanted = (LEAST.max(count) * BITS).div_ceil(64);
        let most = (bytes.saturating_sub(heap(1)) / 8).min(MOST_WORDS);
        let words = wanted.min(most);
        let next = Words {
            most: LEAST.max(2 * count),
            ..Words::default()
        };
        if words * 64 < count * FEWEST_BITS {
            self.now = Words {
                noted: count,
                ..next
            };
            return;
        }
        worked(words / 64);
        let words = vec![0; words].into();
        self.next = Some(Words { words, ..next });
    }

    /// All ids that are there were noted again.
    pub fn end(&mut self) {
        if let Some(next) = self.next.take() {
            self.now = next;
        }
    }

    /// Gives back all that it holds.
    pub fn clear(&mut self) {
        self.now.words = Box::default();
        self.next = None;
    }

    /// What it holds on the heap.
    pub fn bytes(&self) -> usize {
        let bytes = |words: &Words| heap(words.words.len() * 8);
        bytes(&self.now) + self.next.as_ref().map_or(0, bytes)
    }
}

impl Words {
    /// In which word a number's bits are.
    #[inline]
    fn at(&self, number: u64) -> usize {
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        ((mixed * self.words.len() as u64) >> 32) as usize
    }

    #[inline]
    fn note(&mut self, number: u64) {
        self.noted += 1;
        let at = self.at(number);
        if let Some(word) = self.words.get_mut(at) {
            *word |= bits(number);
        }
    }
}

/// Which bits of its word say that a number is there.
#[inline]
fn bits(number: u64) -> u64 {
    1 << (number % 64) | 1 << (number / 64 % 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hash::fold;

    fn filter() -> IdFilter {
        IdFilter::new(RouteNumbers::new(35, 1))
    }

    fn number(of: u64) -> u64 {
        fold(of, 7) >> 29
    }

    /// Of ids that are there.
    fn made(filter: &mut IdFilter, count: u64, bytes: usize) {
        filter.begin(count as usize, bytes);
        (0..count).for_each(|of| filter.note_again(number(of)));
        filter.end();
    }

    fn has_all(filter: &IdFilter, count: u64) -> bool {
        (0..count).all(|of| filter.may_have(number(of)))
    }

    /// Of a thousand ids that are not there.
    fn hits(filter: &IdFilter, count: u64) -> usize {
        let others = (count..count + 10_000).filter(|of| filter.may_have(number(*of)));
        others.count() / 10
    }

    #[test]
    fn it_knows_what_was_noted_and_says_no_of_nearly_all_else() {
        let mut filter = filter();
        assert!(filter.may_have(0) && filter.is_full());
        made(&mut filter, 5_000, usize::MAX);
        assert!(has_all(&filter, 5_000));
        assert!(hits(&filter, 5_000) < 50, "{}", hits(&filter, 5_000));
        for of in 5_000..10_000 {
            assert!(!filter.is_full(), "{of}");
            filter.note(number(of));
        }
        assert!(filter.is_full());
        assert!(has_all(&filter, 10_000));
        assert!(hits(&filter, 10_000) < 130, "{}", hits(&filter, 10_000));
    }

    #[test]
    fn the_next_one_is_asked_once_it_knows_all() {
        let mut filter = filter();
        made(&mut filter, 100, usize::MAX);
        filter.begin(100, usize::MAX);
        filter.note(number(100));
        assert!(filter.is_made() && !filter.is_full());
        assert!(has_all(&filter, 101));
        (0..100).for_each(|of| filter.note_again(number(of)));
        filter.end();
        assert!(!filter.is_made());
        assert!(has_all(&filter, 101));
    }

    #[test]
    fn without_the_memory_that_it_needs_it_says_no_of_nothing() {
        let (mut filter, enough) = (filter(), 5_000 * FEWEST_BITS / 8 + heap(1) + 8);
        made(&mut filter, 5_000, enough - heap(1));
        assert_eq!((filter.bytes(), hits(&filter, 5_000)), (0, 1000));
        assert!(!filter.is_full());
        made(&mut filter, 5_000, enough);
        assert!((1..=enough).contains(&filter.bytes()));
        assert!(has_all(&filter, 5_000));
        let rate = hits(&filter, 5_000);
        assert!((100..300).contains(&rate), "{rate}");
        filter.clear();
        assert_eq!((filter.bytes(), hits(&filter, 5_000)), (0, 1000));
    }

    #[test]
    fn it_has_no_more_words_than_are_handed_out_at_once() {
        let (mut filter, most) = (filter(), MOST_WORDS * 64 / BITS);
        for (count, words) in [(most - 100, MOST_WORDS - 18), (2 * most, MOST_WORDS)] {
            filter.begin(count, usize::MAX);
            filter.end();
            assert_eq!(filter.bytes(), heap(words * 8));
        }
        filter.begin(MOST_WORDS * 64 / FEWEST_BITS + 1, usize::MAX);
        assert_eq!(filter.bytes(), 0);
    }

    #[test]
    fn it_is_full_of_what_is_gone() {
        let mut filter = filter();
        made(&mut filter, 5_000, usize::MAX);
        filter.went_to(2_500);
        assert!(!filter.is_full());
        filter.went_to(2_499);
        assert!(filter.is_full());
        made(&mut filter, 0, usize::MAX);
        filter.went_to(0);
        assert!(!filter.is_full());
        assert!(!filter.may_have(0));
    }
}
