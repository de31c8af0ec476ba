//! How far reading is, on a terminal; nothing elsewhere.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const REDRAWN: Duration = Duration::from_millis(100);

/// A bar on standard error that follows a count of bytes.
pub struct Progress {
    count: Arc<AtomicU64>,
    shown: Option<Shown>,
}

struct Shown {
    bar: ProgressBar,
    is_over: Arc<AtomicBool>,
    drawer: JoinHandle<()>,
}

impl Progress {
    /// `total` bytes are expected; 0 where that is unknown.
    #[must_use]
    pub fn new(total: u64) -> Progress {
        let count = Arc::new(AtomicU64::new(0));
        let shown = io::stderr()
            .is_terminal()
            .then(|| Shown::new(total, &count));
        Progress { count, shown }
    }

    /// To be raised by what is read.
    #[must_use]
    pub fn count(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.count)
    }

    /// Does something that writes to standard error, out of the bar's way.
    pub fn aside(&self, write: impl FnOnce()) {
        match &self.shown {
            Some(shown) => shown.bar.suspend(write),
            None => write(),
        }
    }

    pub fn end(self) {
        if let Some(shown) = self.shown {
            shown.is_over.store(true, Ordering::Relaxed);
            // Drawing cannot fail in a way that matters.
            let _ = shown.drawer.join();
            shown.bar.finish_and_clear();
        }
    }
}

impl Shown {
    fn new(total: u64, count: &Arc<AtomicU64>) -> Shown {
        let bar = ProgressBar::with_draw_target(
            (total > 0).then_some(total),
            ProgressDrawTarget::stderr(),
        );
        let template = if total > 0 {
            "reading {bar:30} {percent:>3} % of {total_bytes}, {bytes_per_sec}, {eta} left"
        } else {
            "reading {spinner} {bytes}, {bytes_per_sec}"
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let is_over = Arc::new(AtomicBool::new(false));
        let drawer = {
            let (bar, count, is_over) = (bar.clone(), Arc::clone(count), Arc::clone(&is_over));
            thread::spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    bar.set_position(count.load(Ordering::Relaxed));
                    thread::sleep(REDRAWN);
                }
            })
        };
        Shown {
            bar,
            is_over,
            drawer,
        }
    }
}
