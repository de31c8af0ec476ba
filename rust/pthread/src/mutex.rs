//! A mutex.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};

use crate::is_done;

/// The tools know a lock and what it guards by their addresses, so they stay there when the mutex is moved.
#[derive(Debug)]
pub struct Mutex<T>(Box<Guarded<T>>);

#[derive(Debug)]
struct Guarded<T> {
    lock: UnsafeCell<libc::pthread_mutex_t>,
    value: UnsafeCell<T>,
}

// SAFETY: one thread at a time has the value, and each may be it.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: the same.
unsafe impl<T: Send> Sync for Mutex<T> {}

/// It stays with the thread that locked.
pub struct MutexGuard<'l, T> {
    mutex: &'l Mutex<T>,
    thread: PhantomData<*mut ()>,
}

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        let mutex = Mutex(Box::new(Guarded {
            lock: UnsafeCell::new(libc::PTHREAD_MUTEX_INITIALIZER),
            value: UnsafeCell::new(value),
        }));
        // So that who locks it later comes after its making. What a thread has by a lock for readers it may only read, in
        // helgrind's eyes, and the rules hold mutexes.
        drop(mutex.lock());
        mutex
    }

    pub fn lock(&self) -> MutexGuard<'_, T> {
        // SAFETY: it is initialised, and stays where it is.
        is_done(unsafe { libc::pthread_mutex_lock(self.0.lock.get()) });
        self.guard()
    }

    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        // SAFETY: the same.
        is_done(unsafe { libc::pthread_mutex_trylock(self.0.lock.get()) }).then(|| self.guard())
    }

    fn guard(&self) -> MutexGuard<'_, T> {
        MutexGuard {
            mutex: self,
            thread: PhantomData,
        }
    }

    fn unlock(&self) {
        // SAFETY: the same, and a guard of this thread goes.
        is_done(unsafe { libc::pthread_mutex_unlock(self.0.lock.get()) });
    }
}

impl<T> MutexGuard<'_, T> {
    /// Lets others have it. pthreads hand a mutex to nobody, so they are given the time to take it.
    pub fn bump(guard: &mut Self) {
        guard.mutex.unlock();
        std::thread::yield_now();
        // The guard is there all the while.
        std::mem::forget(guard.mutex.lock());
    }
}

impl<T: Default> Default for Mutex<T> {
    fn default() -> Mutex<T> {
        Mutex::new(T::default())
    }
}

impl<T> Drop for Mutex<T> {
    fn drop(&mut self) {
        // SAFETY: nobody borrows it any more.
        is_done(unsafe { libc::pthread_mutex_destroy(self.0.lock.get()) });
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        self.mutex.unlock();
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread has the lock.
        unsafe { &*self.mutex.0.value.get() }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the same, and the guard is borrowed by one.
        unsafe { &mut *self.mutex.0.value.get() }
    }
}
