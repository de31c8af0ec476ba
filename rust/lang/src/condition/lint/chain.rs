//! `a inside b inside c`: two relations of one kind, both of `a`.

use std::ops::Range;

use crate::codes::conditions as code;
use crate::condition::ast::{Link, LinkWord, Node};
use crate::diagnostic::fault::Fault;

/// Where a relation is said twice of the first spans, though it reads as a path from one to the next. `is_bound`: of
/// each link whether its operand is a bound span, of which two may well be meant.
pub(crate) fn chain(
    node: &Node,
    first: &Node,
    links: &[Link],
    is_bound: &[bool],
    source: impl Fn(Range<usize>) -> String,
) -> Option<Fault> {
    let at = links
        .windows(2)
        .zip(is_bound.windows(2))
        .position(|(pair, bound)| {
            pair[0].word == pair[1].word && is_read_as_path(pair[0].word) && !(bound[0] && bound[1])
        })?;
    let [one, next] = [&links[at], &links[at + 1]];
    let word = source(one.range.start..one.operand.start);
    let (first, middle, last) = (
        source(first.range()),
        source(one.operand.range()),
        source(next.operand.range()),
    );
    let message = format!(
        "this asks for `{first} {word} {middle}` and `{first} {word} {last}`: both are said of `{first}`"
    );
    let fault = Fault::new(code::CHAIN_OF_ONE, node.range(), message);
    let path = format!("{first} {word} ({middle} {word} {last})");
    let order = match one.word {
        LinkWord::Before | LinkWord::StartsBefore | LinkWord::EndsBefore => {
            Some(format!("{first} then {middle} then {last}"))
        }
        LinkWord::After | LinkWord::StartsAfter | LinkWord::EndsAfter => {
            Some(format!("{last} then {middle} then {first}"))
        }
        _ => None,
    };
    Some(match order {
        Some(order) => fault.help(format!("for three in this order: `{order}`")),
        None if links.len() == 2 => fault
            .help(format!("for a path from one to the next: `{path}`"))
            .suggest(path),
        None => fault.help(format!("for a path from one to the next: `{path}`")),
    })
}

fn is_read_as_path(word: LinkWord) -> bool {
    word.compares_ends()
        || matches!(
            word,
            LinkWord::Inside | LinkWord::Containing | LinkWord::ChildOf | LinkWord::ParentOf
        )
}
