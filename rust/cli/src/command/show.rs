//! `betrace show`: what recordings hold, one trace drawn, and a trace as a test of a rule.

mod as_test;
mod listing;

use crate::args::{Show, ShowFormat};
use crate::drawing::{SHOWN, draw};
use crate::exit::Exit;
use crate::output::{Output, Paint, counted};
use crate::recording;
use crate::words::moment;

pub fn run(args: &Show, out: &mut Output) -> Exit {
    match &args.trace {
        _ if args.as_test => as_test::run(args, out),
        Some(id) => one_trace(args, id, out),
        None => listing::run(args, out),
    }
}

fn one_trace(args: &Show, id: &str, out: &mut Output) -> Exit {
    let recorded = match recording::find(Some(id), &args.traces) {
        Ok(recorded) => recorded,
        Err(exit) => return exit,
    };
    if args.format == ShowFormat::Json {
        // As OTLP JSON, which every command reads again.
        out.json(&recorded.request);
    } else {
        let all = recorded.drawn(|_| Vec::new());
        out.line(format_args!(
            "{}, {}, from {}",
            out.palette().paint(Paint::Bold, recorded.trace),
            counted(all.len(), "span"),
            moment(recorded.begin())
        ));
        let most = if args.all { usize::MAX } else { SHOWN };
        for line in draw(&all, most) {
            out.line(format_args!("  {line}"));
        }
        if all.len() > most {
            out.line("  (--all draws every span)");
        }
        if recorded.is_partial {
            out.line("  (more spans than these, by the word of what recorded it)");
        }
    }
    if recorded.is_broken {
        Exit::Broken
    } else {
        Exit::Fine
    }
}
