//! The world outside the collectors: requests run, processes export what they made, a load balancer sends every span to
//! the collector of its trace, and links carry the messages, or do not.
//!
//! The world never asks a collector what it did with a message, so that all collectors can be played side by side over
//! what [`World::advance`] left in their logs.

use std::sync::Arc;

use betrace_lang::rule::Rule;

use super::fault::Fault;
use super::hostile;
use super::link::Message;
use super::mail::{Act, BEGIN, Mail};
use super::network::{Event, Made, Network};
use super::process::Process;
use super::random::Random;
use super::record::{Record, SpanAt};
use super::traffic::{REPLICAS, SERVICES, Traffic};
use super::weather::{Change, SECOND, forecast};
use super::{COLLECTORS, Config};

pub struct World {
    network: Network,
    traffic: Traffic,
    pace: Random,
    /// Between two requests, on average.
    gap: u64,
    /// No request begins from then on.
    end: u64,
    processes: Vec<Process>,
    forecast: Vec<(u64, Change)>,
    rules: usize,
    spans_a_second: u64,
    seed: u64,
    hostile: Random,
}

impl World {
    #[must_use]
    pub fn new(rules: &[Arc<Rule>], config: &Config) -> World {
        let length = config.minutes * 60 * SECOND;
        let traffic = Traffic::of(rules, config.seed);
        let mut world = World {
            network: Network::new(config.seed),
            gap: (SECOND as f64 * traffic.mean / config.spans_a_second.max(1) as f64) as u64,
            traffic,
            pace: Random::of(config.seed, "pace"),
            end: BEGIN + length,
            processes: (0..SERVICES * REPLICAS)
                .map(|_| Process::default())
                .collect(),
            forecast: forecast(config.seed, length),
            rules: rules.len(),
            spans_a_second: config.spans_a_second,
            seed: config.seed,
            hostile: Random::of(config.seed, "hostile"),
        };
        world.network.think(BEGIN, Event::Request);
        for process in 0..world.processes.len() {
            let at = BEGIN + world.network.random.below(3 * SECOND);
            world.network.think(at, Event::Export(process));
        }
        for collector in 0..COLLECTORS {
            let phase = collector as u64 * SECOND / COLLECTORS as u64;
            world.network.think(BEGIN + phase, Event::Tick(collector));
        }
        for number in 0..world.forecast.len() {
            world
                .network
                .think(BEGIN + world.forecast[number].0, Event::Weather(number));
        }
        world
    }

    /// Lets time pass.
    pub fn advance(&mut self, until: u64, mail: &mut [Mail]) {
        while let Some(event) = self.network.next(until) {
            self.happen(event, mail);
        }
        self.network.now = until;
    }

    fn happen(&mut self, event: Event, mail: &mut [Mail]) {
        match event {
            Event::Request => self.request(mail),
            Event::Ended(span, process) => self.ended(span, process, mail),
            Event::Export(process) => self.export(process, mail),
            Event::Arrives(collector, message) => self.network.arrives(collector, message, mail),
            Event::Drain(collector) => self.network.drain(collector, mail),
            Event::Tick(collector) => {
                mail[collector].log.push((self.network.now, Act::Tick));
                self.network
                    .think(self.network.now + SECOND, Event::Tick(collector));
            }
            Event::Start(collector) => mail[collector].log.push((self.network.now, Act::Start)),
            Event::Weather(number) => {
                let change = self.forecast[number].1.clone();
                self.change(change, mail);
            }
        }
    }

    fn request(&mut self, mail: &mut [Mail]) {
        let next = self.network.now + self.pace.between(1, 2 * self.gap);
        if next < self.end {
            self.network.think(next, Event::Request);
        }
        let serial = self.network.serial;
        let request = self.traffic.request(serial, self.network.now);
        let mut record = Record {
            serial,
            ..Record::default()
        };
        if request.is_slow {
            record.touch(Fault::SlowRequest);
            self.network.inject(Fault::SlowRequest);
        }
        let mut offsets = Vec::with_capacity(request.spans.len());
        for (number, made) in request.spans.into_iter().enumerate() {
            let ended = made.span.end;
            let mut span = made.span;
            let clock = &mut self.processes[made.process];
            let touched = clock.tell(&mut span, &mut self.network.random);
            offsets.push(clock.offset);
            touched.each().for_each(|fault| record.touch(fault));
            record.spans.push(span);
            self.network
                .think(ended, Event::Ended((serial, number as u16), made.process));
        }
        if offsets.iter().any(|offset| *offset != 0) {
            record.offsets = offsets;
        }
        record.under_way = record.spans.len() as u32;
        self.network.add(record, mail);
    }

    fn ended(&mut self, span: SpanAt, process: usize, mail: &mut [Mail]) {
        let now = self.network.now;
        let of = &mut self.processes[process];
        if now < of.dead_until {
            self.network.lost(&[span], Fault::ServiceCrash, mail);
        } else if !of.queue(span) {
            self.network.lost(&[span], Fault::ExporterStall, mail);
        }
    }

    fn export(&mut self, process: usize, mail: &mut [Mail]) {
        let again = self.network.now + self.network.random.between(SECOND / 2, 2 * SECOND);
        self.network.think(again, Event::Export(process));
        if self.network.now < self.processes[process].stalled_until {
            let waiting = std::mem::take(&mut self.processes[process].waiting);
            self.network.touch(&waiting, Fault::ExporterStall, mail);
            self.processes[process].waiting = waiting;
            return;
        }
        for (collector, spans) in self.processes[process].export() {
            self.network.send(collector, Message { spans }, mail);
        }
    }

    fn change(&mut self, change: Change, mail: &mut [Mail]) {
        let now = self.network.now;
        match change {
            Change::Cut { collector, until } => {
                self.network.links[collector].cut_until = BEGIN + until;
                self.network.inject(Fault::Partition);
                self.network.think(BEGIN + until, Event::Drain(collector));
            }
            Change::Lossy { collector, until } => {
                self.network.links[collector].lossy_until = BEGIN + until
            }
            Change::Slow { collector, until } => {
                self.network.links[collector].slow_until = BEGIN + until
            }
            Change::Store { collector } => {
                if now > self.network.links[collector].down_until {
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
                self.network.lost(&waiting, Fault::ServiceCrash, mail);
            }
            Change::Stall { process, until } => {
                self.processes[process].stalled_until = BEGIN + until;
                self.network.inject(Fault::ExporterStall);
            }
            Change::Skew { process, by } => {
                self.processes[process].offset = by;
                if by != 0 {
                    self.network.inject(Fault::ClockSkew);
                }
            }
            Change::Steps { process, until } => {
                self.processes[process].steps_until = BEGIN + until;
                self.network.inject(Fault::ClockStep);
            }
            Change::Reload { set } => self.reload(set, mail),
            Change::Flood => {
                self.network.inject(Fault::Flood);
                for mail in mail.iter_mut() {
                    mail.log.push((now, Act::Flood));
                }
                hostile::flood(
                    &mut self.network,
                    self.spans_a_second,
                    &mut self.hostile,
                    mail,
                );
            }
            Change::Hostile => {
                hostile::act(&mut self.network, &mut self.hostile, mail);
            }
        }
    }

    fn down(&mut self, collector: usize, until: u64, act: Act, fault: Fault, mail: &mut [Mail]) {
        let link = &mut self.network.links[collector];
        if self.network.now <= link.down_until {
            return;
        }
        link.down_until = BEGIN + until;
        link.down_by = fault;
        mail[collector].log.push((self.network.now, act));
        self.network.inject(fault);
        self.network.think(BEGIN + until, Event::Start(collector));
        self.network
            .think(BEGIN + until + 1, Event::Drain(collector));
    }

    fn reload(&mut self, set: u64, mail: &mut [Mail]) {
        let mut random = Random::of(self.seed ^ set, "rule set");
        let mut rules: Vec<bool> = (0..self.rules)
            .map(|_| set == 0 || random.chance(930))
            .collect();
        if !rules.contains(&true) {
            rules.fill(true);
        }
        self.network.inject(Fault::Reload);
        let rules = Arc::new(rules);
        for mail in mail {
            mail.log
                .push((self.network.now, Act::Reload(Arc::clone(&rules))));
        }
    }

    #[must_use]
    pub fn now(&self) -> u64 {
        self.network.now
    }

    /// How many traces there were so far, which is the number of the next.
    #[must_use]
    pub fn traces(&self) -> u64 {
        self.network.serial
    }

    /// What was made so far, and what went wrong.
    #[must_use]
    pub fn made(&self) -> &Made {
        &self.network.made
    }
}
