//! Where the branches of a source are, by the marks around them.

use std::collections::BTreeSet;

/// Branches that follow each other closely, as those of one place do, taken together.
pub fn heads(text: &str) -> Vec<(BTreeSet<usize>, usize, usize)> {
    let mut heads: Vec<(BTreeSet<usize>, usize, usize)> = Vec::new();
    for (number, from, to) in branches(text) {
        match heads.last_mut() {
            Some((numbers, _, end)) if from <= *end + CLOSE => {
                numbers.insert(number);
                *end = to.max(*end);
            }
            _ => heads.push((BTreeSet::from([number]), from, to)),
        }
    }
    heads
}

/// Between the branches of one place there is no more than `} if crate::switches::on(n) {`.
const CLOSE: usize = 60;

/// Every branch of a source: its mutant, and from where to where.
pub fn branches(text: &str) -> impl Iterator<Item = (usize, usize, usize)> + '_ {
    text.match_indices("/*m").filter_map(|(from, _)| {
        let number: usize = text[from + 3..].split("*/").next()?.parse().ok()?;
        let to = text[from..].find(&format!("/*e{number}*/"))?;
        Some((number, from, from + to))
    })
}

#[cfg(test)]
mod tests {
    use super::branches;

    #[test]
    fn branches_are_found_by_their_marks() {
        let text = "a /*m7*/b + /*m12*/c/*e12*/ /*e7*/ /*note*/";
        let found: Vec<_> = branches(text).collect();
        assert_eq!(found, [(7, 2, 28), (12, 12, 20)]);
    }
}
