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

#[cfg(test)]
mod tests {
    use super::{step, stepped};

    /// What a list is said to take is what it takes, so no allocator's growth shows.
    #[test]
    fn a_list_grows_in_steps_that_its_length_alone_gives() {
        let mut list: Vec<u64> = Vec::new();
        for number in 0..200 {
            step(&mut list);
            list.push(number);
            assert_eq!(list.capacity(), stepped(list.len()), "{number}");
        }
    }
}
