//! What rules ask of traces, by the cells that they ask for: found without hashing, as each cell of each trace that closes is
//! looked up.

use crate::intern::CellId;

/// Some things for each of some cells, in the order in which they were given.
#[derive(Debug)]
pub(crate) struct ByCell<R> {
    /// The least of the cells.
    first: u32,
    /// For each number from the first on where what it has begins; the last is where all end.
    begins: Vec<u32>,
    all: Vec<R>,
}

impl<R> Default for ByCell<R> {
    fn default() -> ByCell<R> {
        ByCell {
            first: 0,
            begins: Vec::new(),
            all: Vec::new(),
        }
    }
}

impl<R: Copy> FromIterator<(CellId, R)> for ByCell<R> {
    fn from_iter<I: IntoIterator<Item = (CellId, R)>>(of: I) -> ByCell<R> {
        let given: Vec<(CellId, R)> = of.into_iter().collect();
        let cells = || given.iter().map(|(cell, _)| cell.0);
        let (Some((_, any)), Some(first), Some(last)) =
            (given.first(), cells().min(), cells().max())
        else {
            return ByCell::default();
        };
        // How many each has, two places on; then where each begins, one place on; and what is put there moves it to where it ends.
        let mut begins = vec![0u32; (last - first) as usize + 3];
        cells().for_each(|cell| begins[(cell - first) as usize + 2] += 1);
        let mut before = 0;
        for more in &mut begins {
            before += *more;
            *more = before;
        }
        let mut all = vec![*any; given.len()];
        for (cell, one) in &given {
            let at = &mut begins[(cell.0 - first) as usize + 1];
            all[*at as usize] = *one;
            *at += 1;
        }
        begins.pop();
        ByCell { first, begins, all }
    }
}

impl<R: Ord> ByCell<R> {
    /// What each cell has, ascending.
    pub fn ascending(mut self) -> ByCell<R> {
        for place in self.begins.windows(2) {
            self.all[place[0] as usize..place[1] as usize].sort_unstable();
        }
        self
    }
}

impl<R> ByCell<R> {
    #[inline]
    pub fn get(&self, cell: CellId) -> &[R] {
        let begins = cell.0.checked_sub(self.first);
        let begins = begins.and_then(|at| self.begins.get(at as usize..)?.first_chunk());
        begins.map_or(&[], |[from, to]| &self.all[*from as usize..*to as usize])
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cell_has_what_it_was_given_in_that_order_and_others_have_nothing() {
        let given = [(7, 'c'), (3, 'a'), (7, 'b'), (9, 'd')];
        let all: ByCell<char> = given
            .map(|(cell, of)| (CellId(cell), of))
            .into_iter()
            .collect();
        for cell in 0..12 {
            let of_cell = given.iter().filter(|(of, _)| *of == cell);
            let expected: Vec<char> = of_cell.map(|(_, of)| *of).collect();
            assert_eq!(all.get(CellId(cell)), expected, "{cell}");
        }
        assert_eq!(all.ascending().get(CellId(7)), ['b', 'c']);
        assert!(ByCell::<char>::default().get(CellId(0)).is_empty());
    }
}
