//! All that is on its way: what is to happen and when, the links to the collectors, and what each trace that was made has still to
//! wait for. Whoever sends, well-meaning or not, does so by this.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::COLLECTORS;
use super::fault::Fault;
use super::link::{Link, Message, Sent};
use super::mail::{Act, BEGIN, Mail, owner, record};
use super::random::Random;
use super::record::{Record, SpanAt};

/// What is to happen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// A request begins, and the next is thought of.
    Request,
    /// A span has ended in its process.
    Ended(SpanAt, usize),
    Export(usize),
    Arrives(usize, Message),
    /// What waits before a link may go.
    Drain(usize),
    Tick(usize),
    Start(usize),
    Weather(usize),
}

/// What was made and what went wrong.
#[derive(Clone, Debug, Default)]
pub struct Made {
    pub traces: u64,
    pub spans: u64,
    /// How often each kind of fault was injected.
    pub faults: [u64; Fault::ALL.len()],
}

/// All that is on its way, and what became of it.
pub struct Network {
    pub now: u64,
    /// Of all that is to come, by time and in the order in which it was thought of.
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    thought: u64,
    pub links: Vec<Link>,
    /// Of the next trace.
    pub serial: u64,
    pub random: Random,
    pub made: Made,
}

impl Network {
    #[must_use]
    pub fn new(seed: u64) -> Network {
        Network {
            now: BEGIN,
            events: BinaryHeap::new(),
            thought: 0,
            links: (0..COLLECTORS).map(|_| Link::default()).collect(),
            serial: 0,
            random: Random::of(seed, "network"),
            made: Made::default(),
        }
    }

    /// Has something happen then.
    pub fn think(&mut self, at: u64, event: Event) {
        self.thought += 1;
        self.events.push(Reverse((at, self.thought, event)));
    }

    /// What happens next, if that is before then; it is that time from now on.
    pub fn next(&mut self, until: u64) -> Option<Event> {
        self.events.peek().filter(|next| next.0.0 < until)?;
        let Reverse((at, _, event)) = self.events.pop()?;
        self.now = at;
        Some(event)
    }

    /// A new trace, with the next number.
    pub fn add(&mut self, record: Record, mail: &mut [Mail]) {
        self.made.traces += 1;
        self.made.spans += record.spans.len() as u64;
        mail[owner(self.serial)].records.insert(self.serial, record);
        self.serial += 1;
    }

    /// A fault of that kind is injected.
    pub fn inject(&mut self, fault: Fault) {
        self.made.faults[fault as usize] += 1;
    }

    /// Spans that never come.
    pub fn lost(&mut self, spans: &[SpanAt], why: Fault, mail: &mut [Mail]) {
        self.inject(why);
        for (serial, _) in spans {
            if let Some(record) = record(mail, *serial) {
                record.touch(why);
                record.under_way -= 1;
            }
        }
    }

    /// Those traces met a fault.
    pub fn touch(&self, spans: &[SpanAt], why: Fault, mail: &mut [Mail]) {
        for (serial, _) in spans {
            if let Some(record) = record(mail, *serial) {
                record.touch(why);
            }
        }
    }

    /// To a collector, over its link.
    pub fn send(&mut self, collector: usize, message: Message, mail: &mut [Mail]) {
        let sent = self.links[collector].send(self.now, &mut self.random);
        for fault in &sent.faults {
            self.inject(*fault);
            self.touch(&message.spans, *fault, mail);
        }
        let Sent { arrives, again, .. } = sent;
        if let Some(again) = again {
            for (serial, _) in &message.spans {
                if let Some(record) = record(mail, *serial) {
                    record.under_way += 1;
                }
            }
            self.think(again, Event::Arrives(collector, message.clone()));
        }
        match arrives {
            Some(at) => self.think(at, Event::Arrives(collector, message)),
            None => self.lost(&message.spans, Fault::Loss, mail),
        }
    }

    /// At the end of a link: it may be shut.
    pub fn arrives(&mut self, collector: usize, message: Message, mail: &mut [Mail]) {
        let link = &mut self.links[collector];
        let Some(why) = link.is_shut(self.now) else {
            return self.deliver(collector, message, mail);
        };
        let dropped = link.wait(message.clone());
        self.touch(&message.spans, why, mail);
        if let Some(dropped) = dropped {
            self.lost(&dropped.spans, why, mail);
        }
    }

    /// Delivers what waited, if the link is open again.
    pub fn drain(&mut self, collector: usize, mail: &mut [Mail]) {
        if self.links[collector].is_shut(self.now).is_some() {
            return;
        }
        for message in self.links[collector].take_waiting() {
            self.deliver(collector, message, mail);
        }
    }

    fn deliver(&mut self, collector: usize, message: Message, mail: &mut [Mail]) {
        let log = &mut mail[collector].log;
        log.push((self.now, Act::Message(message.spans)));
    }

    /// Sends bytes straight to a collector that is there.
    pub fn bytes(&mut self, collector: usize, bytes: Vec<u8>, mail: &mut [Mail]) {
        if self.now > self.links[collector].down_until {
            mail[collector].log.push((self.now, Act::Bytes(bytes)));
        }
    }
}
