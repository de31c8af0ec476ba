//! A lock for many readers or one writer, before whom new readers wait, as parking_lot's do.

use std::cell::UnsafeCell;
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::time::Duration;

use libc::{c_int, pthread_rwlock_t};

use crate::is_done;

/// glibc's name for it.
const PREFER_WRITER_NONRECURSIVE: c_int = 2;

/// The tools know a lock by its address, so it stays there when this is moved.
#[derive(Debug)]
pub struct RwLock<T> {
    lock: Box<UnsafeCell<pthread_rwlock_t>>,
    value: UnsafeCell<T>,
}

// SAFETY: one thread at a time has the value to change it, and each may be it.
unsafe impl<T: Send> Send for RwLock<T> {}
// SAFETY: the same, and several read it at once.
unsafe impl<T: Send + Sync> Sync for RwLock<T> {}

/// It stays with the thread that locked.
pub struct RwLockReadGuard<'l, T> {
    lock: &'l RwLock<T>,
    thread: PhantomData<*mut ()>,
}

/// The same.
pub struct RwLockWriteGuard<'l, T> {
    lock: &'l RwLock<T>,
    thread: PhantomData<*mut ()>,
}

impl<T> RwLock<T> {
    pub fn new(value: T) -> RwLock<T> {
        let lock = Box::new(UnsafeCell::new(libc::PTHREAD_RWLOCK_INITIALIZER));
        let mut attributes = MaybeUninit::uninit();
        let at = attributes.as_mut_ptr();
        // SAFETY: the attributes are initialised first, and the lock lies where it will.
        unsafe {
            is_done(libc::pthread_rwlockattr_init(at));
            is_done(libc::pthread_rwlockattr_setkind_np(
                at,
                PREFER_WRITER_NONRECURSIVE,
            ));
            is_done(libc::pthread_rwlock_init(lock.get(), at));
            is_done(libc::pthread_rwlockattr_destroy(at));
        }
        RwLock {
            lock,
            value: UnsafeCell::new(value),
        }
    }

    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        // SAFETY: it is initialised, and stays where it is.
        is_done(unsafe { libc::pthread_rwlock_rdlock(self.lock.get()) });
        RwLockReadGuard {
            lock: self,
            thread: PhantomData,
        }
    }

    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        // SAFETY: the same.
        is_done(unsafe { libc::pthread_rwlock_wrlock(self.lock.get()) });
        RwLockWriteGuard {
            lock: self,
            thread: PhantomData,
        }
    }

    /// It waits for as long as it takes: helgrind calls a lock that was not granted in time a fault.
    pub fn try_write_for(&self, _: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        Some(self.write())
    }

    fn unlock(&self) {
        // SAFETY: the same, and a guard of this thread goes.
        is_done(unsafe { libc::pthread_rwlock_unlock(self.lock.get()) });
    }
}

impl<T> Drop for RwLock<T> {
    fn drop(&mut self) {
        // SAFETY: nobody borrows it any more.
        is_done(unsafe { libc::pthread_rwlock_destroy(self.lock.get()) });
    }
}

impl<T> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.unlock();
    }
}

impl<T> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        self.lock.unlock();
    }
}

impl<T> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread has the lock, as readers do.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this thread alone has the lock.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: the same, and the guard is borrowed by one.
        unsafe { &mut *self.lock.value.get() }
    }
}
