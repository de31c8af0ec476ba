//! Lists as they stand in a sentence.

use super::listed;

#[test]
fn words_are_listed_as_in_a_sentence() {
    assert_eq!(listed(&["a"]), "`a`");
    assert_eq!(listed(&["a", "b"]), "`a` and `b`");
    assert_eq!(listed(&["a", "b", "c"]), "`a`, `b` and `c`");
    assert_eq!(listed(&[]), "");
}
