//! The world outside the collectors: requests run, processes export what they made, a load balancer sends every span to
//! the collector of its trace, and links carry the messages, or do not.
//!
//! The world never asks a collector what it did with a message, so that all collectors can be played side by side over
//! what [`World::advance`] left in their logs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use betrace_lang::rule::Rule;

use super::fault::Fault;
use super::hostile;
use super::link::{Link, Message, Sent};
use super::mail::{Act, BEGIN, Mail};
use super::process::Process;
use super::random::{Random, mix};
use super::record::{Record, SpanAt};
use super::traffic::{REPLICAS, SERVICES, Traffic};
use super::weather::{Change, SECOND, forecast};
use super::{COLLECTORS, Config};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Event {
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

pub struct World {
    now: u64,
    /// Of all that is to come, by time and in the order in which it was thought of.
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    thought: u64,
    traffic: Traffic,
    pace: Random,
    /// Between two requests, on average.
    gap: u64,
    /// No request begins from then on.
    end: u64,
    processes: Vec<Process>,
    links: Vec<Link>,
    forecast: Vec<(u64, Change)>,
    pub serial: u64,
    rules: usize,
    pub(super) spans_a_second: u64,
    seed: u64,
    network: Random,
    hostile: Random,
    pub made: Made,
}

impl World {
    #[must_use]
    pub fn new(rules: &[Arc<Rule>], config: &Config) -> World {
        let length = config.minutes * 60 * SECOND;
        let traffic = Traffic::of(rules, config.seed);
        let mut world = World {
            now: BEGIN,
            events: BinaryHeap::new(),
            thought: 0,
            gap: (SECOND as f64 * traffic.mean / config.spans_a_second.max(1) as f64) as u64,
            traffic,
            pace: Random::of(config.seed, "pace"),
            end: BEGIN + length,
            processes: (0..SERVICES * REPLICAS)
                .map(|_| Process::default())
                .collect(),
            links: (0..COLLECTORS).map(|_| Link::default()).collect(),
            forecast: forecast(config.seed, length),
            serial: 0,
            rules: rules.len(),
            spans_a_second: config.spans_a_second,
            seed: config.seed,
            network: Random::of(config.seed, "network"),
            hostile: Random::of(config.seed, "hostile"),
            made: Made::default(),
        };
        world.think(BEGIN, Event::Request);
        for process in 0..world.processes.len() {
            let at = BEGIN + world.network.below(3 * SECOND);
            world.think(at, Event::Export(process));
        }
        for collector in 0..COLLECTORS {
            let phase = collector as u64 * SECOND / COLLECTORS as u64;
            world.think(BEGIN + phase, Event::Tick(collector));
        }
        for number in 0..world.forecast.len() {
            world.think(BEGIN + world.forecast[number].0, Event::Weather(number));
        }
        world
    }

    pub(super) fn think(&mut self, at: u64, event: Event) {
        self.thought += 1;
        self.events.push(Reverse((at, self.thought, event)));
    }

    /// Lets time pass.
    pub fn advance(&mut self, until: u64, mail: &mut [Mail]) {
        while let Some(Reverse((at, _, _))) = self.events.peek() {
            if *at >= until {
                break;
            }
            if let Some(Reverse((at, _, event))) = self.events.pop() {
                self.now = at;
                self.happen(event, mail);
            }
        }
        self.now = until;
    }

    fn happen(&mut self, event: Event, mail: &mut [Mail]) {
        match event {
            Event::Request => self.request(mail),
            Event::Ended(span, process) => self.ended(span, process, mail),
            Event::Export(process) => self.export(process, mail),
            Event::Arrives(collector, message) => self.arrives(collector, message, mail),
            Event::Drain(collector) => self.drain(collector, mail),
            Event::Tick(collector) => {
                mail[collector].log.push((self.now, Act::Tick));
                self.think(self.now + SECOND, Event::Tick(collector));
            }
            Event::Start(collector) => mail[collector].log.push((self.now, Act::Start)),
            Event::Weather(number) => {
                let change = self.forecast[number].1.clone();
                self.change(change, mail);
            }
        }
    }

    /// Which collector has the traces of that number.
    #[must_use]
    pub fn owner(serial: u64) -> usize {
        (mix(serial ^ 0x10ad_ba1a) % COLLECTORS as u64) as usize
    }

    pub(super) fn record(mail: &mut [Mail], serial: u64) -> Option<&mut Record> {
        mail[World::owner(serial)].records.get_mut(&serial)
    }

    fn request(&mut self, mail: &mut [Mail]) {
        let next = self.now + self.pace.between(1, 2 * self.gap);
        if next < self.end {
            self.think(next, Event::Request);
        }
        let serial = self.serial;
        let request = self.traffic.request(serial, self.now);
        let mut record = Record {
            serial,
            ..Record::default()
        };
        if request.is_slow {
            record.touch(Fault::SlowRequest);
            self.inject(Fault::SlowRequest);
        }
        let mut offsets = Vec::with_capacity(request.spans.len());
        for (number, made) in request.spans.into_iter().enumerate() {
            let (mut span, ended) = (made.span.clone(), made.span.end);
            let clock = &mut self.processes[made.process];
            let touched = clock.tell(&mut span, &mut self.network);
            offsets.push(clock.offset);
            touched.each().for_each(|fault| record.touch(fault));
            record.spans.push(span);
            self.think(ended, Event::Ended((serial, number as u16), made.process));
        }
        if offsets.iter().any(|offset| *offset != 0) {
            record.offsets = offsets;
        }
        record.under_way = record.spans.len() as u32;
        self.add(record, mail);
    }

    /// A new trace, with the next number.
    pub(super) fn add(&mut self, record: Record, mail: &mut [Mail]) {
        self.made.traces += 1;
        self.made.spans += record.spans.len() as u64;
        mail[World::owner(self.serial)]
            .records
            .insert(self.serial, record);
        self.serial += 1;
    }

    pub(super) fn inject(&mut self, fault: Fault) {
        self.made.faults[fault as usize] += 1;
    }

    /// Spans that never come.
    fn lost(&mut self, spans: &[SpanAt], why: Fault, mail: &mut [Mail]) {
        self.inject(why);
        for (serial, _) in spans {
            if let Some(record) = World::record(mail, *serial) {
                record.touch(why);
                record.under_way -= 1;
            }
        }
    }

    pub(super) fn touch(&self, spans: &[SpanAt], why: Fault, mail: &mut [Mail]) {
        for (serial, _) in spans {
            if let Some(record) = World::record(mail, *serial) {
                record.touch(why);
            }
        }
    }

    fn ended(&mut self, span: SpanAt, process: usize, mail: &mut [Mail]) {
        let now = self.now;
        let of = &mut self.processes[process];
        if now < of.dead_until {
            self.lost(&[span], Fault::ServiceCrash, mail);
        } else if !of.queue(span) {
            self.lost(&[span], Fault::ExporterStall, mail);
        }
    }

    fn export(&mut self, process: usize, mail: &mut [Mail]) {
        let again = self.now + self.network.between(SECOND / 2, 2 * SECOND);
        self.think(again, Event::Export(process));
        if self.now < self.processes[process].stalled_until {
            let waiting = std::mem::take(&mut self.processes[process].waiting);
            self.touch(&waiting, Fault::ExporterStall, mail);
            self.processes[process].waiting = waiting;
            return;
        }
        for (collector, spans) in self.processes[process].export() {
            self.send(collector, Message { spans }, mail);
        }
    }

    pub(super) fn send(&mut self, collector: usize, message: Message, mail: &mut [Mail]) {
        let sent = self.links[collector].send(self.now, &mut self.network);
        for fault in &sent.faults {
            self.inject(*fault);
            self.touch(&message.spans, *fault, mail);
        }
        let Sent { arrives, again, .. } = sent;
        if let Some(again) = again {
            for (serial, _) in &message.spans {
                if let Some(record) = World::record(mail, *serial) {
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

    fn arrives(&mut self, collector: usize, message: Message, mail: &mut [Mail]) {
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

    fn drain(&mut self, collector: usize, mail: &mut [Mail]) {
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

    fn change(&mut self, change: Change, mail: &mut [Mail]) {
        let now = self.now;
        match change {
            Change::Cut { collector, until } => {
                self.links[collector].cut_until = BEGIN + until;
                self.inject(Fault::Partition);
                self.think(BEGIN + until, Event::Drain(collector));
            }
            Change::Lossy { collector, until } => self.links[collector].lossy_until = BEGIN + until,
            Change::Slow { collector, until } => self.links[collector].slow_until = BEGIN + until,
            Change::Store { collector } => {
                if now > self.links[collector].down_until {
                    mail[collector].log.push((now, Act::Store));
                }
            }
            Change::Kill { collector, until } => {
                self.down(collector, until, Act::Kill, Fault::CollectorCrash, mail);
            }
            Change::Stop { collector, until } => {
                self.down(collector, until, Act::Stop, Fault::CollectorRestart, mail);
            }
            Change::Die { process, until } => {
                self.processes[process].dead_until = BEGIN + until;
                let waiting = std::mem::take(&mut self.processes[process].waiting);
                self.lost(&waiting, Fault::ServiceCrash, mail);
            }
            Change::Stall { process, until } => {
                self.processes[process].stalled_until = BEGIN + until;
                self.inject(Fault::ExporterStall);
            }
            Change::Skew { process, by } => {
                self.processes[process].offset = by;
                if by != 0 {
                    self.inject(Fault::ClockSkew);
                }
            }
            Change::Steps { process, until } => {
                self.processes[process].steps_until = BEGIN + until;
                self.inject(Fault::ClockStep);
            }
            Change::Reload { set } => self.reload(set, mail),
            Change::Flood => {
                self.inject(Fault::Flood);
                for mail in mail.iter_mut() {
                    mail.log.push((now, Act::Flood));
                }
                let mut random = self.hostile.clone();
                hostile::flood(self, &mut random, mail);
                self.hostile = random;
            }
            Change::Hostile => {
                let mut random = self.hostile.clone();
                hostile::act(self, &mut random, mail);
                self.hostile = random;
            }
        }
    }

    fn down(&mut self, collector: usize, until: u64, act: Act, fault: Fault, mail: &mut [Mail]) {
        let link = &mut self.links[collector];
        if self.now <= link.down_until {
            return;
        }
        link.down_until = BEGIN + until;
        link.down_by = fault;
        mail[collector].log.push((self.now, act));
        self.inject(fault);
        self.think(BEGIN + until, Event::Start(collector));
        self.think(BEGIN + until + 1, Event::Drain(collector));
    }

    fn reload(&mut self, set: u64, mail: &mut [Mail]) {
        let mut random = Random::of(self.seed ^ set, "rule set");
        let mut rules: Vec<bool> = (0..self.rules)
            .map(|_| set == 0 || random.chance(930))
            .collect();
        if !rules.contains(&true) {
            rules.fill(true);
        }
        self.inject(Fault::Reload);
        let rules = Arc::new(rules);
        for mail in mail {
            mail.log.push((self.now, Act::Reload(Arc::clone(&rules))));
        }
    }

    #[must_use]
    pub fn now(&self) -> u64 {
        self.now
    }

    /// Sends bytes straight to a collector that is there.
    pub(super) fn bytes(&mut self, collector: usize, bytes: Vec<u8>, mail: &mut [Mail]) {
        if self.now > self.links[collector].down_until {
            mail[collector].log.push((self.now, Act::Bytes(bytes)));
        }
    }
}
