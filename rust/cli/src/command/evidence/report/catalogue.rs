//! The controls that the packs speak for: what they ask, in our words, and what traces cannot show of it.

const CONTROLS: &str = include_str!("../../../../data/controls.txt");

pub struct Known {
    pub framework: &'static str,
    pub id: &'static str,
    pub asks: &'static str,
    pub cannot_show: &'static str,
}

pub fn all() -> impl Iterator<Item = Known> {
    let lines = CONTROLS.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let mut parts = line.split(" | ");
        Some(Known {
            framework: parts.next()?,
            id: parts.next()?,
            asks: parts.next()?,
            cannot_show: parts.next()?,
        })
    })
}

/// Two spellings of one framework: `SOC2` and `soc 2`.
pub fn is_same(a: &str, b: &str) -> bool {
    let letters = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    letters(a) == letters(b)
}

/// As the catalogue spells it, where it has it.
pub fn framework(typed: &str) -> String {
    let known = all().find(|one| is_same(one.framework, typed));
    known.map_or_else(|| typed.to_owned(), |one| one.framework.to_owned())
}

/// The frameworks of the catalogue, one for each of its controls.
pub fn frameworks() -> impl Iterator<Item = &'static str> {
    all().map(|one| one.framework)
}
