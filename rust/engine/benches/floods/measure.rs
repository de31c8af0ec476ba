//! One flood, and what the operating system says of it.
#![allow(dead_code, reason = "the test uses a part of it")]

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use std::{fs, thread};

use betrace_engine::{CloseCause, Engine, Settings, Timestamp, TraceId};
use betrace_lang::{SourceFile, compile};
use rustix::time::{ClockId, clock_gettime};

use crate::heap;
use crate::otlp::Message;
use crate::shapes::{Flood, Shape};

const START: u64 = 1_800_000_000_000_000_000;
const SECOND: u64 = 1_000_000_000;
pub const MIB: u64 = 1 << 20;

/// What findings that wait to be taken may hold, beside the bound.
pub const QUEUE: u64 = MIB;

/// What is left of a flood however small it was: pages of code, and of what every call works with.
pub const LEAST_LEFT: u64 = 2 * MIB;

/// What was measured of one flood.
#[derive(Clone, Copy)]
pub struct Measured {
    pub resident: u64,
    /// An hour after the flood is over.
    pub left: u64,
    /// A span, close included, in nanoseconds.
    pub span: f64,
    pub longest_call: Duration,
    pub longest_close: Duration,
    pub wait: Duration,
    pub longest_wait: Duration,
    pub accounted: u64,
}

fn engine(shape: &Shape, mib: u64) -> Engine {
    let conditions = (shape.rules)();
    let rules = conditions.iter().enumerate().map(|(index, condition)| {
        format!("  - id: r{index}\n    condition: |\n      {condition}\n")
    });
    let text = format!("rules:\n{}", rules.collect::<String>());
    let Ok(rules) = compile(&[SourceFile::new("rules.yaml", text)]) else {
        unreachable!("every rule here is faultless");
    };
    let settings = Settings {
        memory_bytes: mib * MIB,
        restart_grace: false,
        queue_bytes: QUEUE,
        ..Settings::default()
    };
    let Ok(engine) = Engine::new(rules, settings, Timestamp(START)) else {
        unreachable!("every rule here is within the limits");
    };
    engine
}

/// The most that the process held since [`forget_most`], in bytes.
fn most_held() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kib: u64 = number.map_or(0, |number| number.trim().parse().unwrap_or(0));
    assert!(
        kib > 0,
        "the operating system does not say what the process holds"
    );
    kib << 10
}

fn forget_most() {
    let done = fs::write("/proc/self/clear_refs", "5");
    assert!(
        done.is_ok(),
        "what the process held at most cannot be set back"
    );
}

/// The processor's time under this thread.
fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// How this thread's time goes by, so that what others of this process make it wait for is told from what other processes
/// do.
struct Moment {
    at: Instant,
    /// The processor's time under this thread, and under all others.
    own: Duration,
    others: Duration,
    /// How long this thread could run and did not get a processor.
    queued: Duration,
}

impl Moment {
    fn now() -> Moment {
        let all = clock_gettime(ClockId::ProcessCPUTime);
        let all = Duration::new(all.tv_sec as u64, all.tv_nsec as u32);
        let figures = fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        let queued = figures
            .split(' ')
            .nth(1)
            .and_then(|nanos| nanos.parse().ok());
        let (own, at) = (cpu(), Instant::now());
        Moment {
            at,
            own,
            others: all.saturating_sub(own),
            queued: Duration::from_nanos(queued.unwrap_or(0)),
        }
    }

    /// How long this thread slept since, but no longer than others ran meanwhile.
    fn waited(&self) -> Duration {
        let now = Moment::now();
        let ran = now.own.saturating_sub(self.own) + now.queued.saturating_sub(self.queued);
        let slept = (now.at - self.at).saturating_sub(ran);
        slept.min(now.others.saturating_sub(self.others))
    }
}

/// How long others wait for the lock of any part of the traces, ascending.
fn waits(engine: &Engine, is_over: &AtomicBool, mut waits: Vec<Duration>) -> Vec<Duration> {
    let mut trace = 1u64;
    while !is_over.load(Ordering::Relaxed) {
        trace = trace.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        let mut id = [7; 16];
        id[..8].copy_from_slice(&trace.to_le_bytes());
        let asked = Moment::now();
        engine.mark_partial(TraceId(id));
        if waits.len() < waits.capacity() {
            waits.push(asked.waited());
        }
        thread::sleep(Duration::from_micros(100));
    }
    waits.sort_unstable();
    waits
}

fn take(engine: &Engine) {
    while !engine.take_findings(256).is_empty() {}
}

/// A shape of flood against an engine with so much memory: `spans` of them.
pub fn run(shape: &Shape, mib: u64, spans: u64) -> Measured {
    let engine = engine(shape, mib);
    let mut message = Message::with_room(16 << 20);
    let is_over = AtomicBool::new(false);
    // Written to, so that its pages are there before memory is measured, however late the thread begins.
    let mut room = vec![Duration::MAX; 1 << 17];
    room.clear();
    let mut measured = Measured {
        resident: 0,
        left: 0,
        span: 0.0,
        longest_call: Duration::ZERO,
        longest_close: Duration::ZERO,
        wait: Duration::ZERO,
        longest_wait: Duration::ZERO,
        accounted: 0,
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| waits(&engine, &is_over, room));
        thread::sleep(Duration::from_millis(20));
        forget_most();
        let before = most_held();
        let over = flood(&engine, shape, spans, &mut message, &mut measured);
        measured.resident = most_held().saturating_sub(before);
        pass_an_hour(&engine, over);
        forget_most();
        measured.left = most_held().saturating_sub(before);
        is_over.store(true, Ordering::Relaxed);
        let waits = other.join().unwrap_or_default();
        let at = waits.len().saturating_sub(1 + waits.len() / 1000);
        measured.wait = waits.get(at).copied().unwrap_or_default();
        measured.longest_wait = waits.last().copied().unwrap_or_default();
    });
    measured
}

/// As the C interface does it.
fn tick(engine: &Engine, now: u64) {
    engine.tick(Timestamp(now));
    if engine.take_freed() {
        heap::give_back();
    }
}

/// All that is kept for a time goes: state of closed traces, and their ids.
fn pass_an_hour(engine: &Engine, mut now: u64) {
    for _ in 0..62 {
        now += 60 * SECOND;
        tick(engine, now);
    }
}

/// Returns the engine's time when it is over.
fn flood(
    engine: &Engine,
    shape: &Shape,
    spans: u64,
    message: &mut Message,
    to: &mut Measured,
) -> u64 {
    let (mut now, mut spent, mut ticked) = (START, Duration::ZERO, START);
    let mut flood = Flood::new();
    let mut timed = |longest: &mut Duration, call: &mut dyn FnMut()| {
        let began = cpu();
        call();
        let took = cpu().saturating_sub(began);
        *longest = took.max(*longest);
        spent += took;
    };
    for first in (0..spans).step_by(shape.batch as usize) {
        let bytes = flood.message(shape, first, now, message);
        now += shape.step * 1_000_000;
        timed(&mut to.longest_call, &mut || {
            let read = engine.consume(bytes, Timestamp(now));
            assert!(
                read.is_ok_and(|read| read.spans == shape.batch),
                "the flood is not OTLP"
            );
        });
        if now - ticked >= SECOND {
            ticked = now;
            timed(&mut to.longest_close, &mut || tick(engine, now));
        }
        if shape.is_taken {
            take(engine);
        }
    }
    to.accounted = engine.stats().memory_bytes;
    now += 61 * SECOND;
    timed(&mut to.longest_close, &mut || tick(engine, now));
    timed(&mut to.longest_close, &mut || {
        engine.close_traces(Timestamp(now), CloseCause::EndOfInput);
    });
    if shape.is_taken {
        take(engine);
    }
    to.span = spent.as_nanos() as f64 / spans as f64;
    now
}
