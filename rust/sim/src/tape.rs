//! The choices that a generator makes, kept on a tape, so that everything generated shrinks by itself.
//!
//! A generator asks for numbers; a fresh tape answers from a seed and records them. To shrink, the
//! numbers are cut out or lowered and the generator runs again: since 0 always picks the simplest
//! thing and a tape that ran out answers 0, a smaller tape makes a smaller case, and never an
//! impossible one.

/// A recorded sequence of choices.
#[derive(Clone, Debug, PartialEq)]
pub struct Tape {
    choices: Vec<u32>,
    at: usize,
    /// While recording; a replayed tape answers 0 at its end.
    random: Option<u64>,
}

impl Tape {
    #[must_use]
    pub fn recording(seed: u64) -> Tape {
        Tape {
            choices: Vec::new(),
            at: 0,
            random: Some(seed),
        }
    }

    #[must_use]
    pub fn replaying(choices: Vec<u32>) -> Tape {
        Tape {
            choices,
            at: 0,
            random: None,
        }
    }

    /// A number below `n`; 0 is the simplest.
    pub fn below(&mut self, n: usize) -> usize {
        if self.at == self.choices.len() {
            let choice = self
                .random
                .as_mut()
                .map_or(0, |state| (split_mix(state) >> 40) as u32);
            self.choices.push(choice % n.max(1) as u32);
        }
        let choice = self.choices[self.at];
        self.at += 1;
        choice as usize % n.max(1)
    }

    /// True in `percent` of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        // 0 is "no", so that what is rare shrinks away.
        self.below(100) >= 100 - percent
    }

    pub fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// An index, as often as its weight says.
    pub fn weighted(&mut self, weights: &[usize]) -> usize {
        let mut left = self.below(weights.iter().sum());
        for (index, weight) in weights.iter().enumerate() {
            if left < *weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// What was asked for so far.
    #[must_use]
    pub fn used(&self) -> Vec<u32> {
        self.choices[..self.at.min(self.choices.len())].to_vec()
    }
}

/// Sebastiano Vigna's SplitMix64.
fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Makes the tapes smaller for as long as `fails` still says so, within a budget of attempts.
pub fn shrink(tapes: &mut [Vec<u32>], budget: usize, mut fails: impl FnMut(&[Vec<u32>]) -> bool) {
    let mut left = budget;
    let mut attempt = |tapes: &mut [Vec<u32>], which: usize, candidate: Vec<u32>| {
        if left == 0 || candidate == tapes[which] {
            return false;
        }
        left -= 1;
        let before = std::mem::replace(&mut tapes[which], candidate);
        let smaller = fails(tapes);
        if !smaller {
            tapes[which] = before;
        }
        smaller
    };
    loop {
        let mut progress = false;
        for which in 0..tapes.len() {
            for size in [32, 16, 8, 4, 3, 2, 1] {
                let mut at = 0;
                while at < tapes[which].len() {
                    let end = (at + size).min(tapes[which].len());
                    let mut cut = tapes[which].clone();
                    cut.drain(at..end);
                    if attempt(tapes, which, cut) {
                        progress = true;
                        continue;
                    }
                    let mut zeroed = tapes[which].clone();
                    zeroed[at..end].fill(0);
                    progress |= attempt(tapes, which, zeroed);
                    at += size;
                }
            }
            for at in 0..tapes[which].len() {
                for lower in [
                    |choice: u32| choice / 2,
                    |choice: u32| choice.saturating_sub(1),
                ] {
                    let mut lowered = tapes[which].clone();
                    let Some(choice) = lowered.get_mut(at) else {
                        break;
                    };
                    *choice = lower(*choice);
                    progress |= attempt(tapes, which, lowered);
                }
            }
        }
        if !progress {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tape_replays_what_it_recorded() {
        let mut tape = Tape::recording(7);
        let first: Vec<usize> = (1..50).map(|n| tape.below(n)).collect();
        let mut again = Tape::replaying(tape.used());
        assert_eq!(first, (1..50).map(|n| again.below(n)).collect::<Vec<_>>());
        assert_eq!(again.below(9), 0);
    }

    #[test]
    fn shrinking_ends_at_the_smallest_that_fails() {
        let mut tapes = [vec![9, 4, 7, 120, 3, 3, 55, 1]];
        shrink(&mut tapes, 5000, |tapes| {
            tapes[0].iter().any(|choice| *choice >= 50)
        });
        assert_eq!(tapes, [vec![50]]);
    }
}
