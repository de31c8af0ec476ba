//! Recordings read once: into the table that is mined, and kept for the engine.

use std::path::PathBuf;

use betrace_suggest::{Builder, Side};

use crate::exit::Exit;
use crate::feed::{Fed, decoded, feed};
use crate::output;
use crate::paths;
use crate::spool::{Frame, Spool, Spooled};

/// What was read.
pub struct Gathered {
    pub builder: Builder,
    pub spooled: Spooled,
    /// Some of it was broken, which has been told.
    pub is_broken: bool,
}

/// Reads the recordings of good and of bad times; what is wrong has been told.
pub fn gathered(good: &[PathBuf], bad: &[PathBuf]) -> Result<Gathered, Exit> {
    let mut builder = Builder::default();
    let mut spool = Spool::new().map_err(told)?;
    let (mut is_broken, mut failed) = (false, None);
    for (paths, side) in [(bad, Side::Bad), (good, Side::Good)] {
        if paths.is_empty() {
            continue;
        }
        let inputs = paths::trace_inputs(paths).map_err(|error| {
            output::fault(error);
            Exit::Usage
        })?;
        is_broken |= feed(inputs, |fed| {
            let frame = match fed {
                Fed::Spans(otlp) => {
                    builder.add(&decoded(otlp)?, side);
                    Frame::Spans(otlp)
                }
                Fed::Partial(trace) => {
                    builder.mark_partial(trace.0);
                    Frame::Partial(trace)
                }
            };
            if let (None, Err(error)) = (&failed, spool.push(frame)) {
                failed = Some(error);
            }
            Ok(())
        });
    }
    match failed {
        Some(error) => Err(told(error)),
        None => Ok(Gathered {
            builder,
            spooled: spool.finish().map_err(told)?,
            is_broken,
        }),
    }
}

fn told(error: std::io::Error) -> Exit {
    output::fault(format_args!(
        "cannot keep the recordings in a temporary file: {error}"
    ));
    Exit::Usage
}
