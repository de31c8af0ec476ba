//! What all summaries of a window have in common.

/// Something that is kept of many values.
///
/// It is a function of the set of what was added, whatever the order and the parts: the same set gives the same
/// encoding and the same [`heap_bytes`](Summary::heap_bytes).
pub(crate) trait Summary: Clone {
    /// Adds what was added to the other.
    fn merge(&mut self, other: &Self);

    /// What it takes on the heap, in bytes. Never falls while things are added, though memory may be given back.
    fn heap_bytes(&self) -> usize;
}

/// How much room a list of `len` takes that grows in steps, so that what it takes hangs on its length alone.
pub(crate) fn stepped(len: usize) -> usize {
    len.next_multiple_of(16)
}

/// Makes room for one more.
pub(crate) fn step<T>(list: &mut Vec<T>) {
    if list.len() == list.capacity() {
        list.reserve_exact(stepped(list.len() + 1) - list.len());
    }
}
