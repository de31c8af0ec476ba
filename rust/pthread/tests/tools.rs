//! That valgrind's tools know these locks: they are silent where one guards, and are not where it is left out or two are taken in
//! either order. Skipped aloud without valgrind.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    unsafe_code,
    reason = "a test with a race on purpose, which ends where it meets the unexpected"
)]

use std::cell::UnsafeCell;
use std::process::Command;
use std::thread;

use betrace_pthread::{Mutex, RwLock};

#[derive(Default)]
struct Unguarded(UnsafeCell<u64>);

// SAFETY: it is not, which the tools have to say.
unsafe impl Sync for Unguarded {}

impl Unguarded {
    fn add(&self) {
        // SAFETY: the same.
        unsafe { *self.0.get() += 1 };
    }
}

/// On two threads, which are joined.
fn side_by_side(work: impl Fn() + Sync) {
    thread::scope(|scope| {
        let work = &work;
        let threads = [0, 1].map(|_| scope.spawn(work));
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

#[test]
#[ignore = "the tools run it"]
fn guarded() {
    let (number, rules) = (Mutex::new(0), RwLock::new(Mutex::new(0)));
    side_by_side(|| {
        *number.lock() += 1;
        *rules.read().lock() += *number.lock();
        *rules.write() = Mutex::new(1);
    });
}

#[test]
#[ignore = "the tools run it"]
fn unguarded() {
    // Not on a stack, where DRD does not look.
    let (number, arrived) = (Box::<Unguarded>::default(), Mutex::new(0));
    side_by_side(|| {
        number.add();
        // DRD looks at threads alone that are there at the same time.
        *arrived.lock() += 1;
        while *arrived.lock() < 2 {
            thread::yield_now();
        }
    });
}

#[test]
#[ignore = "the tools run it"]
fn in_either_order() {
    let numbers = [Mutex::new(0), Mutex::new(0)];
    // One after the other: it is the order that counts, not whether they meet.
    for first in [0, 1] {
        let _first = numbers[first].lock();
        let _second = numbers[1 - first].lock();
    }
}

/// What a tool says of one of the above; nothing where it has nothing to say.
fn said(tool: &str, test: &str) -> String {
    let suppressions = concat!(env!("CARGO_MANIFEST_DIR"), "/../capi/helgrind.supp");
    let output = Command::new("valgrind")
        .args(["--quiet", &format!("--tool={tool}"), "--error-exitcode=9"])
        .arg(format!("--suppressions={suppressions}"))
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test, "--test-threads=1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    said
}

#[test]
fn the_tools_see_what_no_lock_guards_and_locks_in_either_order() {
    if Command::new("valgrind").arg("--version").output().is_err() {
        eprintln!("skipped: there is no valgrind");
        return;
    }
    assert_eq!(said("helgrind", "guarded"), "");
    assert_eq!(said("drd", "guarded"), "");
    assert!(said("helgrind", "unguarded").contains("data race"));
    assert!(said("drd", "unguarded").contains("Conflicting"));
    assert!(said("helgrind", "in_either_order").contains("lock order"));
}
