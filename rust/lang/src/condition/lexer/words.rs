//! The words of the language and those that people bring from others. Functions are declared where their meaning is:
//! see [`Function`](crate::condition::token::Function).

use crate::condition::token::Token;

/// Whether two words are the same; most differ in their first letter.
pub(super) fn is_same(word: &str, other: &str) -> bool {
    word.as_bytes().first() == other.as_bytes().first() && word == other
}

/// What begins a clause, before a brace.
pub(super) const CLAUSES: [(&str, Token); 3] = [
    ("when", Token::When),
    ("always", Token::Always),
    ("never", Token::Never),
];

/// What stands behind an operand.
pub(super) const OPERATORS: [(&str, Token); 12] = [
    ("and", Token::And),
    ("or", Token::Or),
    ("in", Token::In),
    ("matches", Token::Matches),
    ("contains", Token::Contains),
    ("before", Token::Before),
    ("after", Token::After),
    ("then", Token::Then),
    ("within", Token::Within),
    ("inside", Token::Inside),
    ("between", Token::Between),
    ("as", Token::As),
];

/// Stands behind a measure only; elsewhere it is a name.
pub(super) const BY: (&str, Token) = ("by", Token::By);

/// Operators that are names everywhere but behind an operand, many of several words. Where several begin alike, the one
/// that is mostly meant comes first.
pub(super) const PHRASES: [(&[&str], Token); 22] = [
    (&["not", "in"], Token::NotIn),
    (&["not", "child", "of"], Token::NotChildOf),
    (&["not", "sibling", "of"], Token::NotSiblingOf),
    (&["starts", "with"], Token::StartsWith),
    (&["starts", "before"], Token::StartsBefore),
    (&["starts", "after"], Token::StartsAfter),
    (&["ends", "with"], Token::EndsWith),
    (&["ends", "before"], Token::EndsBefore),
    (&["ends", "after"], Token::EndsAfter),
    (&["overlaps"], Token::Overlaps),
    (&["during"], Token::During),
    (&["next", "after"], Token::NextAfter),
    (&["directly", "after"], Token::DirectlyAfter),
    (&["containing"], Token::Containing),
    (&["outside"], Token::Outside),
    (&["parent", "of"], Token::ParentOf),
    (&["child", "of"], Token::ChildOf),
    (&["sibling", "of"], Token::SiblingOf),
    (&["linked", "to"], Token::LinkedTo),
    (&["except"], Token::Except),
    (&["echoing"], Token::Echoing),
    (&["until", "next"], Token::UntilNext),
];

/// What people write who come from another language, where an operator is expected.
pub(super) const FOREIGN: [(&str, &str, Token); 14] = [
    ("equals", "==", Token::Equal),
    ("eq", "==", Token::Equal),
    ("ne", "!=", Token::NotEqual),
    ("gt", ">", Token::Greater),
    ("gte", ">=", Token::GreaterEqual),
    ("lt", "<", Token::Less),
    ("lte", "<=", Token::LessEqual),
    ("regex", "matches", Token::Matches),
    ("startswith", "starts with", Token::StartsWith),
    ("starts_with", "starts with", Token::StartsWith),
    ("endswith", "ends with", Token::EndsWith),
    ("ends_with", "ends with", Token::EndsWith),
    ("childof", "child of", Token::ChildOf),
    ("child_of", "child of", Token::ChildOf),
];

/// Functions of other tools that look at many traces at once.
pub(super) const STATISTICS: [&str; 15] = [
    "percentile",
    "quantile",
    "rate",
    "increase",
    "stddev",
    "stdev",
    "median",
    "histogram",
    "histogram_over_time",
    "quantile_over_time",
    "count_over_time",
    "avg_over_time",
    "baseline",
    "anomaly",
    "trend",
];
