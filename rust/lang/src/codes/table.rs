//! All codes.

use super::code::{Code, Declaration};
use super::conditions::{doubts, form, meaning};
use super::files;

const TABLES: &[&[Declaration]] = &[
    files::DECLARATIONS,
    form::DECLARATIONS,
    meaning::DECLARATIONS,
    doubts::DECLARATIONS,
];

/// All codes, by table.
pub fn declarations() -> impl Iterator<Item = &'static Declaration> {
    TABLES.iter().copied().flatten()
}

impl Code {
    #[must_use]
    pub fn declaration(self) -> Option<&'static Declaration> {
        declarations().find(|declaration| declaration.code == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_well_formed_and_unique() {
        let mut seen = std::collections::BTreeSet::new();
        for declaration in declarations() {
            let code = declaration.code.0;
            assert!(seen.insert(code), "{code} is declared twice");
            assert!(
                code.len() == 5 && code[1..].bytes().all(|b| b.is_ascii_digit()),
                "{code}"
            );
            assert!("EWN".contains(&code[..1]), "{code}");
            for text in [
                declaration.title,
                declaration.explanation,
                declaration.bad,
                declaration.good,
            ] {
                assert!(!text.trim().is_empty(), "{code} lacks a text");
            }
        }
    }

    #[test]
    fn each_code_is_declared_and_no_other() {
        for declaration in declarations() {
            let found = declaration.code.declaration();
            assert!(found.is_some_and(|found| std::ptr::eq(found, declaration)));
        }
        assert!(Code("E9999").declaration().is_none());
    }
}
