//! The index finds exactly the selectors that asking every one of them finds.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

mod scan_support;

use std::collections::BTreeMap;
use std::sync::Arc;

use betrace_engine::internals::{CompiledPredicate, MatcherBuilder, NoBindings, SelectorId, Truth};
use betrace_lang::rule::{
    Alternative, Base, CompareOp, Field, FirstOf, Intrinsic, ItemScope, ListSource, Literal,
    Number, Operand, Predicate, Proviso, Quantifier, ReadAt, Reading, Scope, Term, TextOp, Unit,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use prost::Message;
use scan_support::generate;

fn any_field() -> BoxedStrategy<Field> {
    let scopes = vec![
        Scope::SpanThenResource,
        Scope::SpanThenResource,
        Scope::Span,
        Scope::Resource,
        Scope::Instrumentation,
        Scope::Event,
        Scope::Link,
    ];
    let intrinsics = vec![
        Intrinsic::SpanName,
        Intrinsic::SpanKind,
        Intrinsic::SpanStatus,
        Intrinsic::SpanStatusMessage,
        Intrinsic::SpanDuration,
        Intrinsic::SpanParentId,
        Intrinsic::EventName,
        Intrinsic::EventTimeSinceStart,
        Intrinsic::LinkSpanId,
        Intrinsic::InstrumentationName,
    ];
    prop_oneof![
        4 => (select(&generate::KEYS[..]), select(scopes)).prop_map(|(key, scope)| {
            Field::Attribute { scope, key: key.into() }
        }),
        1 => select(intrinsics).prop_map(Field::Intrinsic),
        1 => vec((select(&generate::KEYS[..]), 0..4, 0..8), 1..4).prop_map(first_of),
    ]
    .boxed()
}

fn first_of(of: Vec<(&str, i32, i32)>) -> Field {
    let of = of.into_iter().map(|(key, reading, from)| Alternative {
        origin: match from {
            0 => ReadAt::Event(Arc::from(key)),
            1 => ReadAt::Intrinsic(Intrinsic::SpanName),
            2 => ReadAt::Intrinsic(Intrinsic::SpanStatusMessage),
            _ => ReadAt::Attribute(Arc::from(key)),
        },
        proviso: (from >= 6).then(|| Proviso {
            origin: match from {
                6 => ReadAt::Attribute(Arc::from(key)),
                _ => ReadAt::Intrinsic(Intrinsic::SpanKind),
            },
            text: Arc::from(if from == 6 {
                generate::TEXTS[0]
            } else {
                "client"
            }),
        }),
        reading: match reading {
            0 => Reading::AsItIs,
            1 => {
                let texts = generate::TEXTS.iter().map(|text| Arc::from(*text));
                Reading::Mapped(
                    texts
                        .chain([Arc::from("5")])
                        .map(|text| (text, Arc::from("ok")))
                        .collect(),
                )
            }
            2 => Reading::Part(Arc::from("^(.)")),
            _ => Reading::Word {
                pattern: Arc::from("^."),
                word: Arc::from("ok"),
            },
        },
    });
    Field::FirstOf(Arc::new(FirstOf {
        name: Arc::from("first"),
        of: of.collect(),
    }))
}

fn literal() -> BoxedStrategy<Literal> {
    prop_oneof![
        4 => select(&generate::TEXTS[..]).prop_map(|text| Literal::Text(text.into())),
        1 => select(&generate::NAMES[..]).prop_map(|text| Literal::Text(text.into())),
        1 => select(vec!["ok", "server", "error"]).prop_map(|text| Literal::Text(text.into())),
        4 => (-2i128..8).prop_map(|value| Literal::Number(Number::Int(value))),
        1 => Just(Literal::Number(Number::Float(0.5))),
        1 => Just(Literal::Number(Number::Int(1 << 100))),
        2 => any::<bool>().prop_map(Literal::Bool),
        1 => (0u64..10).prop_map(Literal::Duration),
    ]
    .boxed()
}

/// A side that is read of the span; all but the sum of a field that may have many values.
fn term() -> BoxedStrategy<Term> {
    let summand = || {
        (select(&generate::KEYS[..]), literal()).prop_map(|(key, literal)| {
            let field = Field::Attribute {
                scope: Scope::SpanThenResource,
                key: key.into(),
            };
            Box::new((Operand::from(field), Operand::from(literal)))
        })
    };
    prop_oneof![
        12 => any_field().prop_map(Term::Field),
        2 => any_field().prop_map(Term::Lower),
        1 => any_field().prop_map(Term::Length),
        1 => any_field().prop_map(|field| Term::As { field, unit: Unit::Microseconds }),
        1 => summand().prop_map(Term::Add),
        1 => summand().prop_map(Term::Subtract),
    ]
    .boxed()
}

fn operand() -> BoxedStrategy<Operand> {
    prop_oneof![
        8 => literal().prop_map(Operand::Literal),
        1 => term().prop_map(Operand::Term),
    ]
    .boxed()
}

fn predicate() -> impl Strategy<Value = Predicate> {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    let leaf = prop_oneof![
        6 => (term(), select(vec![Eq, Eq, Eq, Ne, Lt, Le, Gt, Ge]), operand())
            .prop_map(|(left, op, right)| Predicate::Compare { left, op, right }),
        2 => (term(), vec(literal(), 1..12))
            .prop_map(|(left, values)| Predicate::In { left, list: ListSource::Literals(values) }),
        1 => (term(), any_field())
            .prop_map(|(left, list)| Predicate::In { left, list: ListSource::Field(list) }),
        2 => (select(vec![Quantifier::Every, Quantifier::Some]), any_field(), vec(literal(), 1..4), any::<bool>())
            .prop_map(|(quantifier, field, values, is_negated)| {
                let of = Box::new(Predicate::In { left: field.into(), list: ListSource::Literals(values) });
                let of = if is_negated { Box::new(Predicate::Not(of)) } else { of };
                Predicate::Each { quantifier, of }
            }),
        2 => (term(), select(vec!["^s", "5", "e$", "", "(?i)get"])).prop_map(|(left, pattern)| {
            Predicate::Matches { left, pattern: pattern.into() }
        }),
        1 => (term(), operand()).prop_map(|(left, right)| {
            Predicate::Text { op: TextOp::Contains, left, right }
        }),
        1 => any_field().prop_map(Predicate::exists),
        1 => any_field().prop_map(Predicate::missing),
    ];
    leaf.boxed().prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(Predicate::And),
            vec(inner.clone(), 2..4).prop_map(Predicate::Or),
            (select(&ItemScope::ALL[..]), inner.clone()).prop_map(|(scope, filter)| {
                Predicate::Item {
                    scope,
                    filter: Box::new(filter),
                }
            }),
            inner.prop_map(|part| Predicate::Not(Box::new(part))),
        ]
    })
}

fn base() -> impl Strategy<Value = Base> {
    prop_oneof![
        select(&generate::NAMES[..]).prop_map(|name| Base::Named(name.into())),
        Just(Base::Any),
        Just(Base::Any),
        Just(Base::Root),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(150) })]

    #[test]
    fn the_index_finds_what_asking_everyone_finds(
        request in generate::request(),
        selectors in vec((base(), vec(predicate(), 0..4)), 0..60),
    ) {
        let mut builder = MatcherBuilder::new();
        let mut asked: BTreeMap<SelectorId, (Base, Vec<CompiledPredicate>)> = BTreeMap::new();
        for (base, filter) in &selectors {
            let id = builder.selector(base, filter).unwrap();
            let parts = filter
                .iter()
                .map(|part| builder.predicate(part).unwrap())
                .collect();
            asked.insert(id, (base.clone(), parts));
        }
        let matcher = builder.build();
        prop_assert_eq!(matcher.selectors(), asked.len());
        let mut scratch = matcher.scratch();
        let bytes = request.encode_to_vec();
        // Again with one scratch: nothing may be left of the first time but ways, which are known from the third on.
        for _ in 0..4 {
            let mut faults = Vec::new();
            matcher.scan(&bytes, &mut scratch, |view, answers| {
                let mut found: Vec<(SelectorId, bool)> =
                    answers.hits().iter().map(|hit| (hit.selector(), hit.certain())).collect();
                found.sort_unstable();
                let mut expected = Vec::new();
                for (id, (base, parts)) in &asked {
                    let is_base = match base {
                        Base::Named(name) => view.name() == name.as_bytes(),
                        Base::Any | Base::Leaf => true,
                        Base::Root => view.parent().is_none(),
                    };
                    let truth = parts.iter().fold(Truth::from(is_base), |truth, part| {
                        truth.and(part.eval(view, &NoBindings, &mut 0))
                    });
                    if truth.may_be_true() {
                        expected.push((*id, truth.is_true()));
                    }
                }
                if found != expected {
                    faults.push((view.name().to_vec(), found, expected));
                }
            }).unwrap();
            prop_assert_eq!(faults, vec![]);
        }
    }

    /// Of selectors with a single comparison of one value, the counts are those of asking everyone.
    #[test]
    fn unlike_types_are_counted_as_by_asking_everyone(
        request in generate::request(),
        filters in vec(
            (select(&generate::KEYS[..]), select(vec![CompareOp::Eq, CompareOp::Lt]), literal()),
            1..40,
        ),
    ) {
        let mut builder = MatcherBuilder::new();
        let mut asked = BTreeMap::new();
        for (key, op, literal) in filters {
            let part = Predicate::Compare {
                left: Field::Attribute { scope: Scope::SpanThenResource, key: key.into() }.into(),
                op,
                right: Operand::Literal(literal),
            };
            let id = builder.selector(&Base::Any, std::slice::from_ref(&part)).unwrap();
            asked.insert(id, builder.predicate(&part).unwrap());
        }
        let matcher = builder.build();
        let mut expected = vec![0u64; matcher.selectors()];
        let mut found = expected.clone();
        matcher.scan(&request.encode_to_vec(), &mut matcher.scratch(), |view, answers| {
            for id in answers.unlike() {
                for selector in matcher.selectors_of(*id) {
                    found[selector.index()] += 1;
                }
            }
            for (id, part) in &asked {
                part.eval(view, &NoBindings, &mut expected[id.index()]);
            }
        }).unwrap();
        prop_assert_eq!(found, expected);
    }
}
