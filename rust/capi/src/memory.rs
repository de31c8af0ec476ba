//! Memory that the caller owns: slices from pointers and lengths, and buffers to write into.

use std::slice;

use crate::code::{BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_OK};

/// What a call that failed early answers.
pub(crate) type Answer<T> = Result<T, i32>;

fn is_absurd<T>(count: usize) -> bool {
    // Rust's own bound of what one object may span.
    count > isize::MAX as usize / size_of::<T>().max(1)
}

/// The `count` values at `data`, which may be NULL only if there are none.
///
/// # Safety
/// Where `data` is not NULL, `count` values of `T` must be readable there, and unchanged during `'a`.
pub(crate) unsafe fn borrow<'a, T>(data: *const T, count: usize) -> Answer<&'a [T]> {
    if count == 0 {
        return Ok(&[]);
    }
    if data.is_null() || !data.is_aligned() || is_absurd::<T>(count) {
        return Err(BETRACE_INVALID_ARGUMENT);
    }
    // SAFETY: not NULL, aligned and of a possible size, all checked above; readable and unchanged by
    // this function's own contract.
    Ok(unsafe { slice::from_raw_parts(data, count) })
}

/// What `pointer` points to.
///
/// # Safety
/// Where `pointer` is not NULL it must point to a live `T` that nobody changes during `'a`.
pub(crate) unsafe fn handle<'a, T>(pointer: *const T) -> Answer<&'a T> {
    if !pointer.is_aligned() {
        return Err(BETRACE_INVALID_ARGUMENT);
    }
    // SAFETY: aligned as checked, NULL gives None, and else live by this function's own contract.
    unsafe { pointer.as_ref() }.ok_or(BETRACE_INVALID_ARGUMENT)
}

/// A place of the caller's for one value.
pub(crate) struct Place<T>(*mut T);

impl<T: Copy> Place<T> {
    /// # Safety
    /// Where `pointer` is not NULL it must be writable as long as the place lives.
    pub(crate) unsafe fn new(pointer: *mut T) -> Answer<Place<T>> {
        if pointer.is_null() || !pointer.is_aligned() {
            return Err(BETRACE_INVALID_ARGUMENT);
        }
        Ok(Place(pointer))
    }

    /// The same, where NULL means that the caller does not want to know.
    ///
    /// # Safety
    /// As for [`Place::new`].
    pub(crate) unsafe fn wanted(pointer: *mut T) -> Answer<Option<Place<T>>> {
        if pointer.is_null() {
            return Ok(None);
        }
        // SAFETY: the same contract.
        unsafe { Place::new(pointer) }.map(Some)
    }

    pub(crate) fn set(&self, value: T) {
        // SAFETY: not NULL and aligned since `new`, writable by the contract of `new`.
        unsafe { self.0.write(value) }
    }
}

/// A buffer of the caller's and the place for the length of what belongs into it.
pub(crate) struct Out {
    data: *mut u8,
    capacity: usize,
    length: Place<usize>,
}

impl Out {
    /// `data` may be NULL where `capacity` is 0, which asks for the length alone.
    ///
    /// # Safety
    /// Where they are not NULL, `capacity` bytes at `data` and `length` must be writable as long as
    /// the buffer lives, and nobody else may use them meanwhile.
    pub(crate) unsafe fn new(data: *mut u8, capacity: usize, length: *mut usize) -> Answer<Out> {
        // SAFETY: the same contract.
        let length = unsafe { Place::new(length) }?;
        if (data.is_null() && capacity > 0) || is_absurd::<u8>(capacity) {
            return Err(BETRACE_INVALID_ARGUMENT);
        }
        Ok(Out {
            data,
            capacity,
            length,
        })
    }

    /// The buffer for a text about a failure, which the caller may not want at all.
    ///
    /// # Safety
    /// As for [`Out::new`].
    pub(crate) unsafe fn wanted(
        data: *mut u8,
        capacity: usize,
        length: *mut usize,
    ) -> Answer<Option<Out>> {
        if length.is_null() {
            return Ok(None);
        }
        // SAFETY: the same contract.
        let out = unsafe { Out::new(data, capacity, length) }?;
        out.length.set(0);
        Ok(Some(out))
    }

    /// Writes all of `bytes`, or only says how many there are.
    pub(crate) fn write(&self, bytes: &[u8]) -> i32 {
        self.length.set(bytes.len());
        if bytes.len() > self.capacity {
            return BETRACE_BUFFER_TOO_SMALL;
        }
        self.copy(bytes);
        BETRACE_OK
    }

    /// Writes as much of `text` as fits, never half a character; the length is that of the whole.
    fn write_truncated(&self, text: &str) {
        self.length.set(text.len());
        self.copy(&text.as_bytes()[..text.floor_char_boundary(self.capacity)]);
    }

    fn copy(&self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        // SAFETY: both callers keep `bytes.len() <= capacity`, so `data` is not NULL (capacity > 0),
        // writable by the contract of `new`, and apart from `bytes`, which is ours.
        unsafe {
            self.data
                .copy_from_nonoverlapping(bytes.as_ptr(), bytes.len());
        }
    }
}

/// Says why, to a caller who wants to know.
pub(crate) fn explain(out: &Option<Out>, text: &str) {
    if let Some(out) = out {
        out.write_truncated(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_null_pointer_with_a_length_is_a_code() {
        // SAFETY: NULL is what these calls must refuse.
        unsafe {
            assert!(borrow::<u8>(std::ptr::null(), 1).is_err());
            assert!(borrow::<u8>(std::ptr::null(), 0).is_ok());
            assert!(handle::<u64>(std::ptr::null()).is_err());
            assert!(Place::<u64>::new(std::ptr::null_mut()).is_err());
            let mut length = 0;
            assert!(Out::new(std::ptr::null_mut(), 1, &mut length).is_err());
            assert!(Out::new(std::ptr::null_mut(), 0, &mut length).is_ok());
        }
    }

    #[test]
    fn an_absurd_length_is_a_code() {
        let byte = 0_u64;
        // SAFETY: the length is refused before anything is read.
        unsafe {
            assert!(borrow(&byte, isize::MAX as usize / 8 + 1).is_err());
            assert!(borrow((&raw const byte).cast::<u8>(), usize::MAX).is_err());
        }
    }

    #[test]
    fn text_is_cut_between_characters() {
        let mut bytes = [0_u8; 4];
        let mut length = 0;
        // SAFETY: both live to the end of the test.
        let out = unsafe { Out::new(bytes.as_mut_ptr(), bytes.len(), &mut length) }.unwrap();
        out.write_truncated("aéé");
        assert_eq!(length, 5);
        assert_eq!(&bytes, "aé\0".as_bytes());
    }
}
