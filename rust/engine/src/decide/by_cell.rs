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

impl<R> FromIterator<(CellId, R)> for ByCell<R> {
    fn from_iter<I: IntoIterator<Item = (CellId, R)>>(of: I) -> ByCell<R> {
        let mut all: Vec<(CellId, R)> = of.into_iter().collect();
        all.sort_by_key(|(cell, _)| *cell);
        let Some(((first, _), (last, _))) = all.first().zip(all.last()) else {
            return ByCell::default();
        };
        let first = first.0;
        let mut before = 0;
        let begins = (first..=last.0 + 1).map(|cell| {
            let more = all[before..].iter().take_while(|(of, _)| of.0 < cell);
            before += more.count();
            before as u32
        });
        ByCell {
            first,
            begins: begins.collect(),
            all: all.into_iter().map(|(_, one)| one).collect(),
        }
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
        assert!(ByCell::<char>::default().get(CellId(0)).is_empty());
    }
}
