//! What tokens say where a tree may go on.

use crate::condition::ast::{LinkWord, Test};
use crate::condition::token::Token;
use crate::rule::TextOp;

pub(super) fn begins_operand(token: &Token) -> bool {
    token.is_operand()
        || matches!(
            token,
            Token::LeftParen | Token::LeftBracket | Token::Call(_)
        )
}

pub(super) fn test(token: &Token) -> Option<Test> {
    Some(match token {
        Token::In => Test::In,
        Token::NotIn => Test::NotIn,
        Token::Matches => Test::Matches,
        Token::Contains => Test::Text(TextOp::Contains),
        Token::StartsWith => Test::Text(TextOp::StartsWith),
        Token::EndsWith => Test::Text(TextOp::EndsWith),
        _ => return None,
    })
}

pub(super) fn link_word(token: &Token) -> Option<LinkWord> {
    Some(match token {
        Token::Before => LinkWord::Before,
        Token::After => LinkWord::After,
        Token::StartsBefore => LinkWord::StartsBefore,
        Token::StartsAfter => LinkWord::StartsAfter,
        Token::EndsBefore => LinkWord::EndsBefore,
        Token::EndsAfter => LinkWord::EndsAfter,
        Token::Then => LinkWord::Then,
        Token::Overlaps => LinkWord::Overlaps,
        Token::During => LinkWord::During,
        Token::NextAfter => LinkWord::NextAfter,
        Token::DirectlyAfter => LinkWord::DirectlyAfter,
        Token::Inside => LinkWord::Inside,
        Token::Containing => LinkWord::Containing,
        Token::Outside => LinkWord::Outside,
        Token::ParentOf => LinkWord::ParentOf,
        Token::NotChildOf => LinkWord::NotChildOf,
        Token::NotSiblingOf => LinkWord::NotSiblingOf,
        Token::ChildOf => LinkWord::ChildOf,
        Token::SiblingOf => LinkWord::SiblingOf,
        Token::LinkedTo => LinkWord::LinkedTo,
        Token::Except => LinkWord::Except,
        Token::Echoing => LinkWord::Echoing,
        Token::Between => LinkWord::Between,
        _ => return None,
    })
}
