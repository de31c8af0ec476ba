//! Selectors as a rule set of a given size has them; a span meets about five whatever the size.

use betrace_engine::internals::{Matcher, MatcherBuilder};
use betrace_lang::rule::{
    Base, CompareOp, Field, Intrinsic, Literal, Number, Operand, Predicate, Scope, TextOp,
};

use crate::traffic::{NAMES, name};

fn unscoped(key: &str) -> Field {
    Field::Attribute {
        scope: Scope::SpanThenResource,
        key: key.into(),
    }
}

fn number(key: &str, op: CompareOp, value: i128) -> Predicate {
    Predicate::Compare {
        left: unscoped(key).into(),
        op,
        right: Operand::Literal(Literal::Number(Number::Int(value))),
    }
}

fn text(field: Field, value: &str) -> Predicate {
    Predicate::Compare {
        left: field.into(),
        op: CompareOp::Eq,
        right: Operand::Literal(Literal::Text(value.into())),
    }
}

fn matches(pattern: &str) -> Predicate {
    Predicate::Matches {
        left: Field::Intrinsic(Intrinsic::SpanName).into(),
        pattern: pattern.into(),
    }
}

/// The selectors of `rules` rules, two a rule; the first hundred rules bring what traffic meets, the others ask
/// for names, services, routes, users and bounds that it never has. At most a hundred have a pattern.
pub fn matcher(rules: usize) -> Matcher {
    let mut builder = MatcherBuilder::new();
    let mut select = |base: Base, filter: &[Predicate]| {
        if builder.selector(&base, filter).is_err() {
            unreachable!("every pattern here compiles");
        }
    };
    for index in 0..rules {
        let met = index < 100;
        let named = if met {
            name(index * NAMES / 100)
        } else {
            format!("never.seen_{index}")
        };
        select(Base::Named(named.as_str().into()), &[]);
        match index % 10 {
            0 if index < 1_000 => select(Base::Any, &[matches(&format!("^admin\\.op_{index}$"))]),
            1 => select(
                Base::Any,
                &[number(
                    "http.response.status_code",
                    CompareOp::Ge,
                    500 + index as i128,
                )],
            ),
            2 => select(
                Base::Any,
                &[text(unscoped("http.route"), &format!("/never/{index}"))],
            ),
            3 => select(
                Base::Any,
                &[text(
                    unscoped("user.id"),
                    &format!("user-{}", index + 10_000),
                )],
            ),
            4 => select(
                Base::Any,
                &[
                    text(unscoped("service.name"), &format!("absent-{index}")),
                    number("amount", CompareOp::Gt, 5),
                ],
            ),
            5 => select(
                Base::Any,
                &[Predicate::exists(unscoped(&format!("pii.field_{index}")))],
            ),
            6 => select(
                Base::Root,
                &[text(
                    unscoped("tenant"),
                    &format!("tenant-{}", index + 1_000),
                )],
            ),
            7 => select(
                Base::Named(name(index % NAMES).as_str().into()),
                &[number("amount", CompareOp::Gt, 1_000 + index as i128)],
            ),
            8 => select(
                Base::Named(name(index % NAMES).as_str().into()),
                &[Predicate::Text {
                    op: TextOp::Contains,
                    left: unscoped("db.query.text").into(),
                    right: Operand::Literal(Literal::Text(format!("password_{index}").into())),
                }],
            ),
            _ => select(
                Base::Any,
                &[number(&format!("quota.{index}"), CompareOp::Gt, 10)],
            ),
        }
    }
    // What every span or many meet.
    select(Base::Any, &[]);
    select(Base::Any, &[Predicate::exists(unscoped("user.id"))]);
    select(
        Base::Any,
        &[number("network.peer.port", CompareOp::Gt, 1_023)],
    );
    select(
        Base::Any,
        &[text(unscoped("deployment.environment.name"), "production")],
    );
    select(
        Base::Any,
        &[Predicate::Compare {
            left: Field::Intrinsic(Intrinsic::SpanDuration).into(),
            op: CompareOp::Gt,
            right: Operand::Literal(Literal::Duration(40_000_000)),
        }],
    );
    select(Base::Root, &[]);
    builder.build()
}
