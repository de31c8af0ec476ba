//! The rules of the moment: whoever is under way reads them, and whoever has others waits until nobody does.
//!
//! Those who come behind him wait as well, so that he gets his turn. Whoever is at it for long therefore looks now and then
//! whether the rules [are awaited](PresentRules::are_awaited), and lets them go between two pieces of his work. A piece may be
//! long too, as of a trace that costs much: then those who wait behind go on for a while, and he tries again.

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::engine::rule_set::RuleSet;
use crate::sync::{AtomicU64, ReadGuard, RwLock, WriteGuard};

/// For how long others wait behind whoever changes the rules, and he behind them; and how often, until he gets his turn
/// however long it takes.
const TURN: Duration = Duration::from_millis(5);
const TURNS: usize = 1_000;

pub(crate) struct PresentRules {
    rules: RwLock<RuleSet>,
    /// How many wait for them.
    awaited: AtomicU64,
}

impl PresentRules {
    pub fn new(rules: RuleSet) -> PresentRules {
        PresentRules {
            rules: RwLock::new(rules),
            awaited: AtomicU64::new(0),
        }
    }

    pub fn read(&self) -> ReadGuard<'_, RuleSet> {
        self.rules.read()
    }

    pub fn write(&self) -> WriteGuard<'_, RuleSet> {
        let _awaited = self.await_them();
        for _ in 0..TURNS {
            if let Some(rules) = self.rules.try_write_for(TURN) {
                return rules;
            }
            std::thread::sleep(TURN);
        }
        self.rules.write()
    }

    /// Somebody waits for them, for as long as this is there.
    pub fn await_them(&self) -> AwaitedRules<'_> {
        self.awaited.fetch_add(1, Ordering::Relaxed);
        AwaitedRules(&self.awaited)
    }

    /// Whether a piece of work had better end. A model of the locks ends it at every opportunity.
    pub fn are_awaited(&self) -> bool {
        cfg!(loom) || self.awaited.load(Ordering::Relaxed) > 0
    }
}

/// Somebody waits for the rules.
pub(crate) struct AwaitedRules<'r>(&'r AtomicU64);

impl Drop for AwaitedRules<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use crate::{Engine, Settings, Timestamp};

    #[test]
    fn they_are_awaited_for_as_long_as_somebody_waits() {
        let engine = Engine::new(Vec::new(), Settings::default(), Timestamp(0)).unwrap();
        assert!(!engine.rules.are_awaited());
        let [one, other] = [(); 2].map(|()| engine.rules.await_them());
        drop(one);
        assert!(engine.rules.are_awaited());
        drop(other);
        assert!(!engine.rules.are_awaited());
    }
}
