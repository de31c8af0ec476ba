//! The locks and atomics of the engine: parking_lot's and the standard library's. Compiled with `--cfg loom` they are
//! loom's, which runs a test in every order in which its threads may take them ([`tests::interleavings`](crate::tests)), and
//! with `--cfg helgrind` those of pthreads, which valgrind's tools understand; nothing else in this crate may name a lock. In
//! tests they count what is [done](worked) while they are held.

#[cfg(helgrind)]
use betrace_pthread as locks;
#[cfg(not(any(helgrind, loom)))]
use parking_lot as locks;

/// What one core writes while others write what stands beside it, on lines of their own: the two that processors fetch
/// together.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Apart<T>(pub T);

/// Some 15 to 40 ns each.
const SPINS: u32 = if cfg!(loom) { 0 } else { 40 };

#[cfg(helgrind)]
pub(crate) use locks::AtomicU64;
#[cfg(not(any(helgrind, loom)))]
pub(crate) use std::sync::atomic::AtomicU64;

#[cfg(not(any(loom, test)))]
pub(crate) use locks::{
    Mutex, MutexGuard, RwLock, RwLockReadGuard as ReadGuard, RwLockWriteGuard as WriteGuard,
};

#[cfg(all(test, not(loom)))]
pub(crate) use metered::{
    MeteredGuard as MutexGuard, MeteredMutex as Mutex, MeteredReadGuard as ReadGuard,
    MeteredRwLock as RwLock, WriteGuard, most_work, most_work_of_readers, times_lent, worked,
};

/// So much was done that others who want the lock wait for: a thing looked at, moved, written or given back. Counted in tests
/// alone, by which no lock is held for more than a bounded number of them.
#[cfg(not(all(test, not(loom))))]
#[inline(always)]
pub(crate) fn worked(_: usize) {}

/// Lets a microsecond go by.
pub(crate) fn look_again_soon() {
    for _ in 0..SPINS {
        std::hint::spin_loop();
    }
}

/// Does work piece by piece until it says that it is done; between two pieces whoever waits for the lock goes first.
pub(crate) fn piecewise<T>(held: &mut MutexGuard<'_, T>, mut piece: impl FnMut(&mut T) -> bool) {
    while !piece(held) {
        MutexGuard::bump(held);
    }
}

#[cfg(loom)]
pub(crate) use loom::sync::atomic::AtomicU64;

#[cfg(loom)]
pub(crate) use modelled::{Mutex, MutexGuard, ReadGuard, RwLock, WriteGuard};

/// loom's locks behind those parts of parking_lot's interface that the engine uses. A lock is poisoned only by a panic,
/// with which a model ends.
#[cfg(loom)]
mod modelled {
    use std::ops::{Deref, DerefMut};
    use std::time::Duration;

    use loom::sync;
    pub(crate) use loom::sync::{RwLockReadGuard as ReadGuard, RwLockWriteGuard as WriteGuard};

    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(sync::Mutex<T>);

    /// `None` only while it is lent.
    pub(crate) struct MutexGuard<'l, T> {
        lock: &'l Mutex<T>,
        held: Option<sync::MutexGuard<'l, T>>,
    }

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Mutex<T> {
            Mutex(sync::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            MutexGuard {
                lock: self,
                held: Some(self.0.lock().expect("no thread panicked")),
            }
        }

        /// `None`: others have it.
        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            let held = self.0.try_lock().ok()?;
            Some(MutexGuard {
                lock: self,
                held: Some(held),
            })
        }
    }

    impl<T> MutexGuard<'_, T> {
        /// Lets others have the lock, if there are any: here it is always let go.
        pub fn bump(guard: &mut Self) {
            guard.held = None;
            guard.held = Some(guard.lock.0.lock().expect("no thread panicked"));
        }
    }

    impl<T> Deref for MutexGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            self.held.as_ref().expect("held but within bump")
        }
    }

    impl<T> DerefMut for MutexGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            self.held.as_mut().expect("held but within bump")
        }
    }

    #[derive(Debug)]
    pub(crate) struct RwLock<T>(sync::RwLock<T>);

    impl<T> RwLock<T> {
        pub fn new(value: T) -> RwLock<T> {
            RwLock(sync::RwLock::new(value))
        }

        pub fn read(&self) -> ReadGuard<'_, T> {
            self.0.read().expect("no thread panicked")
        }

        pub fn write(&self) -> WriteGuard<'_, T> {
            self.0.write().expect("no thread panicked")
        }

        /// A model knows no time: it waits.
        pub fn try_write_for(&self, _: Duration) -> Option<WriteGuard<'_, T>> {
            Some(self.write())
        }
    }
}

/// A lock which notes the most that its thread did while it held one.
#[cfg(all(test, not(loom)))]
mod metered {
    use std::any::type_name;
    use std::cell::Cell;
    use std::ops::{Deref, DerefMut};
    use std::time::Duration;

    use crate::sync::locks;
    pub(crate) use crate::sync::locks::RwLockWriteGuard as WriteGuard;

    /// Locks that no batch takes: those of whoever changes rules, asks what was counted or ends windows.
    const LONG_HELD: [&str; 2] = ["()", "betrace_engine::intern::Interner"];

    thread_local! {
        static DONE: Cell<usize> = const { Cell::new(0) };
        static WORST: Cell<usize> = const { Cell::new(0) };
        static WORST_OF_READERS: Cell<usize> = const { Cell::new(0) };
        static LENT: Cell<usize> = const { Cell::new(0) };
    }

    pub(crate) fn worked(things: usize) {
        DONE.set(DONE.get() + things);
    }

    /// The most that this thread did under a lock since it asked.
    pub(crate) fn most_work() -> usize {
        WORST.take()
    }

    /// And while others could change nothing of what it read.
    pub(crate) fn most_work_of_readers() -> usize {
        WORST_OF_READERS.take()
    }

    /// How often this thread let whoever waits go first since it asked.
    pub(crate) fn times_lent() -> usize {
        LENT.take()
    }

    #[derive(Debug)]
    pub(crate) struct MeteredRwLock<T>(locks::RwLock<T>);

    pub(crate) struct MeteredReadGuard<'l, T> {
        held: locks::RwLockReadGuard<'l, T>,
        since: usize,
    }

    impl<T> MeteredRwLock<T> {
        pub fn new(value: T) -> MeteredRwLock<T> {
            MeteredRwLock(locks::RwLock::new(value))
        }

        pub fn read(&self) -> MeteredReadGuard<'_, T> {
            let (held, since) = (self.0.read(), DONE.get());
            MeteredReadGuard { held, since }
        }

        pub fn write(&self) -> WriteGuard<'_, T> {
            self.0.write()
        }

        pub fn try_write_for(&self, time: Duration) -> Option<WriteGuard<'_, T>> {
            self.0.try_write_for(time)
        }
    }

    impl<T> Deref for MeteredReadGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.held
        }
    }

    impl<T> Drop for MeteredReadGuard<'_, T> {
        fn drop(&mut self) {
            let done = DONE.get() - self.since;
            WORST_OF_READERS.set(WORST_OF_READERS.get().max(done));
        }
    }

    #[derive(Debug, Default)]
    pub(crate) struct MeteredMutex<T>(locks::Mutex<T>);

    pub(crate) struct MeteredGuard<'l, T> {
        held: locks::MutexGuard<'l, T>,
        since: usize,
    }

    impl<T> MeteredMutex<T> {
        pub fn new(value: T) -> MeteredMutex<T> {
            MeteredMutex(locks::Mutex::new(value))
        }

        pub fn lock(&self) -> MeteredGuard<'_, T> {
            let (held, since) = (self.0.lock(), DONE.get());
            MeteredGuard { held, since }
        }

        pub fn try_lock(&self) -> Option<MeteredGuard<'_, T>> {
            let (held, since) = (self.0.try_lock()?, DONE.get());
            Some(MeteredGuard { held, since })
        }
    }

    impl<T> MeteredGuard<'_, T> {
        fn note(&mut self) {
            let since = std::mem::replace(&mut self.since, DONE.get());
            let batches_wait = !LONG_HELD.contains(&type_name::<T>());
            if batches_wait {
                WORST.set(WORST.get().max(DONE.get() - since));
            }
        }

        pub fn bump(guard: &mut Self) {
            guard.note();
            LENT.set(LENT.get() + 1);
            locks::MutexGuard::bump(&mut guard.held);
        }
    }

    impl<T> Drop for MeteredGuard<'_, T> {
        fn drop(&mut self) {
            self.note();
        }
    }

    impl<T> Deref for MeteredGuard<'_, T> {
        type Target = T;

        fn deref(&self) -> &T {
            &self.held
        }
    }

    impl<T> DerefMut for MeteredGuard<'_, T> {
        fn deref_mut(&mut self) -> &mut T {
            &mut self.held
        }
    }
}
