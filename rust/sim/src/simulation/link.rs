//! A link from the load balancer to a collector, with the queue before it.

use std::collections::VecDeque;

use super::fault::Fault;
use super::random::Random;
use super::record::SpanAt;
use super::weather::SECOND;

const MILLISECOND: u64 = 1_000_000;

/// Messages that wait before a link that is shut; beyond it the oldest goes.
pub const WAITING: usize = 96;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Message {
    pub spans: Vec<SpanAt>,
}

/// What becomes of a message.
pub struct Sent {
    /// `None`: it is lost.
    pub arrives: Option<u64>,
    /// It comes a second time.
    pub again: Option<u64>,
    pub faults: Vec<Fault>,
}

#[derive(Debug)]
pub struct Link {
    pub cut_until: u64,
    pub lossy_until: u64,
    pub slow_until: u64,
    /// The collector is not there until then.
    pub down_until: u64,
    /// Because of this.
    pub down_by: Fault,
    waiting: VecDeque<Message>,
}

impl Default for Link {
    fn default() -> Link {
        Link {
            cut_until: 0,
            lossy_until: 0,
            slow_until: 0,
            down_until: 0,
            down_by: Fault::CollectorCrash,
            waiting: VecDeque::new(),
        }
    }
}

impl Link {
    pub fn send(&mut self, now: u64, random: &mut Random) -> Sent {
        let mut faults = Vec::new();
        let mut way = random.between(MILLISECOND, 40 * MILLISECOND);
        if now < self.slow_until {
            way += random.between(3 * SECOND, 25 * SECOND);
            faults.push(Fault::Delay);
        } else if random.chance(20) {
            way += random.between(SECOND / 5, 2 * SECOND);
            faults.push(Fault::Reordering);
        }
        let is_lost = random.chance(if now < self.lossy_until { 100 } else { 1 });
        let again = random.chance(8).then(|| {
            faults.push(Fault::Duplication);
            now + way + random.between(MILLISECOND, 20 * SECOND)
        });
        Sent {
            arrives: (!is_lost).then_some(now + way),
            again,
            faults,
        }
    }

    /// Why nothing comes through.
    #[must_use]
    pub fn is_shut(&self, now: u64) -> Option<Fault> {
        if now <= self.down_until {
            Some(self.down_by)
        } else {
            (now < self.cut_until).then_some(Fault::Partition)
        }
    }

    /// Returns the message that had to go for this one.
    pub fn wait(&mut self, message: Message) -> Option<Message> {
        self.waiting.push_back(message);
        (self.waiting.len() > WAITING).then(|| self.waiting.pop_front())?
    }

    pub fn take_waiting(&mut self) -> VecDeque<Message> {
        std::mem::take(&mut self.waiting)
    }
}
