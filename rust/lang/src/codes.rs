//! Every diagnostic's code, in one table: what it means, why it is so, and a wrong and a right example.
//!
//! Codes are stable: once released, one never changes its meaning or is used again. The first letter
//! is the severity (`E` error, `W` warning, `N` note). The pages of `docs/diagnostics.md` are written
//! from here.

/// A stable name of one kind of fault, such as `E0010`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Code(pub &'static str);

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DiagnosticSeverity {
    /// The rule (or the file) cannot be used.
    Error,
    /// It can, but probably says something else than was meant.
    Warning,
    /// Fails nothing, not even `check --strict`.
    Note,
}

impl DiagnosticSeverity {
    /// As printed in text and JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            DiagnosticSeverity::Error => "error",
            DiagnosticSeverity::Warning => "warning",
            DiagnosticSeverity::Note => "note",
        }
    }
}

/// What the table says about a code.
#[derive(Clone, Copy, Debug)]
pub struct Declaration {
    pub code: Code,
    pub title: &'static str,
    /// A paragraph: what is wrong, why it matters, what to do.
    pub explanation: &'static str,
    /// A rule file, or part of one, that gives this code.
    pub bad: &'static str,
    /// The same, right.
    pub good: &'static str,
}

impl Code {
    #[must_use]
    pub fn severity(self) -> DiagnosticSeverity {
        match self.0.as_bytes().first() {
            Some(b'W') => DiagnosticSeverity::Warning,
            Some(b'N') => DiagnosticSeverity::Note,
            _ => DiagnosticSeverity::Error,
        }
    }

    #[must_use]
    pub fn declaration(self) -> Option<&'static Declaration> {
        declarations().find(|declaration| declaration.code == self)
    }
}

/// Declares codes as constants together with their table.
macro_rules! declare_codes {
    ($( $name:ident = $code:literal, $title:literal { $explanation:literal, bad: $bad:literal, good: $good:literal } )*) => {
        $( #[doc = $title] pub const $name: $crate::codes::Code = $crate::codes::Code($code); )*
        pub(super) const DECLARATIONS: &[$crate::codes::Declaration] = &[
            $( $crate::codes::Declaration {
                code: $name, title: $title, explanation: $explanation, bad: $bad, good: $good,
            } ),*
        ];
    };
}

pub mod conditions;
pub mod files;
mod page;

pub use page::diagnostics_page;

const TABLES: &[&[Declaration]] = &[files::DECLARATIONS, conditions::DECLARATIONS];

/// All codes, by table.
pub fn declarations() -> impl Iterator<Item = &'static Declaration> {
    TABLES.iter().copied().flatten()
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
}
