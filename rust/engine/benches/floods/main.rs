//! Floods, and what is left of the promises under them: `make floods` prints the table.
//!
//! Each flood runs in a process of its own, at each memory bound, against an engine as the Collector
//! has it. *Resident* is what the operating system says that the process holds at most (`VmHWM`), less what
//! it held with the engine made and the sender's buffer in place; of it the bound must keep all but a tenth.
//! *Left* is what it holds an hour of the engine's time after the flood. *Time* is that of the processor under this thread.
//! While a flood runs, a second thread asks the engine for the lock of a part of the traces, again and again: how long it
//! sleeps for it, no longer than others run meanwhile, is what another batch would wait, however crowded the machine.
//!
//! A promise that is broken ends the run with status 1:
//! - resident at most the bound of traces and that of findings that wait, and a tenth;
//! - left at most an eighth of what was resident, and 2 MiB, in which code that ran once has a part, and findings that still wait;
//! - a span costs at most 20 times what it costs in the flood `eights`, close included;
//! - 999 of 1,000 waits for a lock are at most 10 ms.
//!
//! `floods NAME MIB` runs one of them, `floods quick` the smallest of each.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "what a bench is for is its figures"
)]
#![allow(
    unsafe_code,
    reason = "the C interface's own file that gives memory back is used as it is"
)]

#[path = "../../../capi/src/heap.rs"]
mod heap;
mod measure;
mod otlp;
mod shapes;

use std::env;
use std::process::{Command, ExitCode};
use std::time::Duration;

use crate::measure::{LEAST_LEFT, MIB, Measured, QUEUE, run};
use crate::shapes::{SHAPES, Shape};

const BUDGETS: [u64; 3] = [8, 32, 256];

/// How much a span may cost, in costs of an ordinary one; and how long another batch may wait for a lock.
const MOST_TIMES: f64 = 20.0;
const MOST_WAIT: Duration = Duration::from_millis(10);

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A line of the table, and whether its promises are kept.
fn line(shape: &Shape, mib: u64, ordinary: f64, measured: &Measured) -> (String, bool) {
    let most = (mib + QUEUE / MIB) as f64;
    let ratio = measured.resident as f64 / MIB as f64 / most;
    let times = measured.span / ordinary;
    // Findings that nobody takes wait on.
    let waiting = if shape.is_taken { 0 } else { QUEUE };
    let most_left = measured.resident / 8 + LEAST_LEFT + waiting;
    let mut broken = String::new();
    for (is_broken, what) in [
        (ratio > 1.1 && !shape.is_work, " memory"),
        (measured.left > most_left, " left"),
        (times > MOST_TIMES, " work"),
        (measured.wait > MOST_WAIT, " lock"),
    ] {
        broken += if is_broken { what } else { "" };
    }
    let kept = broken.is_empty();
    let text = format!(
        "| {:8} | {:5} | {:8.1} | {:5.2} | {:9.1} | {:5.1} | {:7.0} | {:5.1} | {:7.2} | {:7.2} | {:6.2} | {:7.2} | {} |",
        shape.name,
        most,
        measured.resident as f64 / MIB as f64,
        ratio,
        measured.accounted as f64 / MIB as f64,
        measured.left as f64 / MIB as f64,
        measured.span,
        times,
        millis(measured.longest_call),
        millis(measured.longest_close),
        millis(measured.wait),
        millis(measured.longest_wait),
        if kept {
            "kept".to_owned()
        } else {
            format!("BROKEN:{broken}")
        },
    );
    (text, kept)
}

const HEAD: &str = "\
| flood    | bound | resident | ratio | accounted |  left | ns/span | times | call ms | tick ms | p99.9  | longest | promises |
|----------|------:|---------:|------:|----------:|------:|--------:|------:|--------:|--------:|-------:|--------:|----------|";

/// One flood in a process of its own, which prints what it measured.
fn apart(shape: &Shape, mib: u64) -> Option<Measured> {
    let itself = env::current_exe().ok()?;
    let ran = Command::new(itself)
        .args([shape.name, &mib.to_string()])
        .output()
        .ok()?;
    let text = String::from_utf8(ran.stdout).ok()?;
    eprint!("{}", String::from_utf8_lossy(&ran.stderr));
    let figures: Vec<f64> = text
        .split_whitespace()
        .filter_map(|word| word.parse().ok())
        .collect();
    let [resident, left, span, call, close, wait, longest, accounted] = figures[..] else {
        return None;
    };
    let time = |nanos: f64| Duration::from_nanos(nanos as u64);
    Some(Measured {
        resident: resident as u64,
        left: left as u64,
        span,
        longest_call: time(call),
        longest_close: time(close),
        wait: time(wait),
        longest_wait: time(longest),
        accounted: accounted as u64,
    })
}

/// What a span costs in the flood `eights`: the median of three, as one of them moves by a third with what else the machine does.
fn ordinary_span() -> Option<f64> {
    let shape = SHAPES.iter().find(|shape| shape.name == "eights")?;
    let mut spans = Vec::new();
    for _ in 0..3 {
        spans.push(apart(shape, 32)?.span);
    }
    spans.sort_by(f64::total_cmp);
    Some(spans[1])
}

fn table(budgets: &[u64]) -> ExitCode {
    for shape in &SHAPES {
        println!("{:8}  {}", shape.name, shape.about);
    }
    println!("\n{HEAD}");
    let Some(ordinary) = ordinary_span() else {
        println!("the flood of ordinary spans did not end well");
        return ExitCode::FAILURE;
    };
    let mut all_kept = true;
    for shape in &SHAPES {
        let budgets = if shape.is_work { &[256] } else { budgets };
        for mib in budgets {
            let Some(measured) = apart(shape, *mib) else {
                println!("| {:8} | {mib:5} | the flood did not end well", shape.name);
                all_kept = false;
                continue;
            };
            let (text, kept) = line(shape, *mib, ordinary, &measured);
            println!("{text}");
            all_kept &= kept;
        }
    }
    if all_kept {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn main() -> ExitCode {
    let words: Vec<String> = env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    match &words[..] {
        [] => table(&BUDGETS),
        [quick] if quick == "quick" => table(&BUDGETS[..1]),
        [name, mib] => {
            let shape = SHAPES.iter().find(|shape| shape.name == name);
            let (Some(shape), Ok(mib)) = (shape, mib.parse()) else {
                eprintln!("no such flood: {name} {mib}");
                return ExitCode::FAILURE;
            };
            let measured = run(shape, mib, shape.spans_at(mib));
            let nanos = [
                measured.longest_call,
                measured.longest_close,
                measured.wait,
                measured.longest_wait,
            ]
            .map(|time| time.as_nanos().to_string());
            let (resident, span) = (measured.resident, measured.span);
            println!(
                "{resident} {} {span} {} {}",
                measured.left,
                nanos.join(" "),
                measured.accounted
            );
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("floods [quick | NAME MIB]");
            ExitCode::FAILURE
        }
    }
}
