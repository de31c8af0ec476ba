//! What a command is at where that takes long, on a terminal; nothing elsewhere.

use std::fmt::Display;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const REDRAWN: Duration = Duration::from_millis(100);

/// A line on standard error that says what is being done and for how long, until it is dropped.
pub struct Working(ProgressBar);

impl Working {
    #[must_use]
    pub fn at(what: impl Display) -> Working {
        // Draws nothing where standard error is no terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{msg} {spinner} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_string());
        bar.enable_steady_tick(REDRAWN);
        Working(bar)
    }
}

impl Drop for Working {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
