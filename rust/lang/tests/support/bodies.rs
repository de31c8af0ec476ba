//! Checked rules out of thin air, of every shape that the language has.

use betrace_lang::rule::*;
use proptest::collection::vec;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        4 => "[a-z]{1,5}(\\.[a-z]{1,4}(-[a-z0-9]{1,3})?){0,2}",
        1 => prop::sample::select(vec!["when", "any", "root", "leaf", "count", "not", "true", "p", "p.x", "span.x", "trace.spans", "trace.has", "x.where", "2fa", "in", "parent", "span.attributes", "trace.spans.any"]).prop_map(str::to_owned),
        1 => "\\PC{1,12}",
        1 => "[ -~\\n\\t\\\\\"'{}#/]{1,10}",
    ]
    .prop_map(Name::from)
}

fn text() -> impl Strategy<Value = Name> {
    prop_oneof![
        "[a-zA-Z0-9.]{0,6}",
        "\\PC{0,10}",
        "[ -~\\n\\t\\\\\"'u{}]{0,8}",
        Just("a\u{202e}b\0".to_owned())
    ]
    .prop_map(Name::from)
}

fn number() -> impl Strategy<Value = Number> {
    prop_oneof![
        (-1000i128..1000).prop_map(Number::Int),
        any::<i64>().prop_map(|value| Number::Int(value.into())),
        any::<f64>().prop_filter_map("finite", Number::from_f64),
        (0u32..10_000).prop_filter_map("finite", |value| Number::from_f64(f64::from(value) / 8.0)),
    ]
}

fn nanos() -> impl Strategy<Value = Nanos> {
    prop_oneof![
        0u64..10_000_000_000,
        (0u64..1000).prop_map(|s| s * 1_000_000_000),
        any::<u64>()
    ]
}

fn gap() -> impl Strategy<Value = Gap> {
    (nanos(), nanos(), 0..3u8).prop_map(|(one, other, kind)| Gap {
        least: if kind == 0 { 0 } else { one.min(other) },
        most: (kind < 2 || one.min(other) == 0).then(|| one.max(other)),
    })
}

fn op() -> impl Strategy<Value = CompareOp> {
    use CompareOp::*;
    prop::sample::select(vec![Eq, Ne, Lt, Le, Gt, Ge])
}

fn equality() -> impl Strategy<Value = CompareOp> {
    prop::sample::select(vec![CompareOp::Eq, CompareOp::Ne])
}

fn scope() -> impl Strategy<Value = Scope> {
    use Scope::*;
    prop::sample::select(vec![
        SpanThenResource,
        SpanThenResource,
        Span,
        Resource,
        Instrumentation,
        Event,
        Link,
    ])
}

fn attribute() -> impl Strategy<Value = Field> {
    (scope(), name()).prop_map(|(scope, key)| Field::Attribute { scope, key })
}

/// One value on each span.
fn single() -> impl Strategy<Value = Field> {
    prop_oneof![
        4 => attribute().prop_filter("one value", |field| !matches!(field, Field::Attribute { scope: Scope::Event | Scope::Link, .. })),
        1 => prop::sample::select(vec![Intrinsic::SpanName, Intrinsic::SpanStatusMessage, Intrinsic::SpanId, Intrinsic::SpanParentId, Intrinsic::InstrumentationName]).prop_map(Field::Intrinsic),
    ]
}

/// One to four, as what groups spans.
fn group_keys() -> impl Strategy<Value = Vec<GroupKey>> {
    let key = |key: Option<Field>| key.map_or(GroupKey::Parent, GroupKey::Field);
    vec(prop::option::of(single()).prop_map(key), 1..=4)
}

fn text_field() -> impl Strategy<Value = Field> {
    prop_oneof![
        4 => attribute(),
        1 => prop::sample::select(vec![Intrinsic::SpanName, Intrinsic::SpanParentId, Intrinsic::TraceId, Intrinsic::EventName, Intrinsic::InstrumentationVersion]).prop_map(Field::Intrinsic),
    ]
}

fn right_field(bindings: u8) -> BoxedStrategy<Field> {
    let scoped = single().prop_filter("scoped", |field| {
        !matches!(
            field,
            Field::Attribute {
                scope: Scope::SpanThenResource,
                ..
            }
        )
    });
    (scoped, single(), any::<u8>())
        .prop_map(move |(scoped, inner, pick)| {
            if bindings > 0 && pick % 2 == 0 {
                Field::Bound {
                    binding: BindingId((pick / 2) % bindings),
                    field: Box::new(inner),
                }
            } else {
                scoped
            }
        })
        .boxed()
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        number().prop_map(Literal::Number),
        any::<bool>().prop_map(Literal::Bool),
        text().prop_map(Literal::Text)
    ]
}

fn pattern() -> impl Strategy<Value = TextPattern> {
    prop::sample::select(vec![
        "^a.*b$",
        "\\d+\\.",
        "a|b",
        "\"quoted\"",
        "\\\\",
        "[^\\n\\t]",
        "x{1,3}",
        "\\u{e9}",
    ])
    .prop_map(TextPattern::from)
}

fn text_op() -> impl Strategy<Value = TextOp> {
    prop::sample::select(vec![TextOp::Contains, TextOp::StartsWith, TextOp::EndsWith])
}

fn leaf(bindings: u8) -> impl Strategy<Value = Predicate> {
    prop_oneof![
        (attribute(), op(), number()).prop_map(|(field, op, value)| Predicate::Compare {
            left: field.into(),
            op,
            right: Literal::Number(value).into()
        }),
        (text_field(), op(), text()).prop_map(|(field, op, value)| Predicate::Compare {
            left: field.into(),
            op,
            right: Literal::Text(value).into()
        }),
        (attribute(), equality(), any::<bool>()).prop_map(|(field, op, value)| {
            Predicate::Compare {
                left: field.into(),
                op,
                right: Literal::Bool(value).into(),
            }
        }),
        (op(), nanos()).prop_map(|(op, value)| Predicate::Compare {
            left: Field::Intrinsic(Intrinsic::SpanDuration).into(),
            op,
            right: Literal::Duration(value).into()
        }),
        (
            equality(),
            prop::sample::select(vec!["ok", "error", "unset"])
        )
            .prop_map(|(op, word)| Predicate::Compare {
                left: Field::Intrinsic(Intrinsic::SpanStatus).into(),
                op,
                right: Literal::Text(word.into()).into()
            }),
        (single(), op(), right_field(bindings)).prop_map(|(field, op, value)| Predicate::Compare {
            left: field.into(),
            op,
            right: value.into()
        }),
        (attribute(), vec(literal(), 1..4)).prop_map(|(field, values)| Predicate::In {
            left: field.into(),
            list: ListSource::Literals(values)
        }),
        (text_field(), pattern()).prop_map(|(field, pattern)| Predicate::Matches {
            left: field.into(),
            pattern
        }),
        (text_field(), text_op(), literal()).prop_map(|(field, op, value)| Predicate::Text {
            op,
            left: field.into(),
            right: value.into()
        }),
        text_field().prop_map(Predicate::exists),
        text_field().prop_map(Predicate::missing),
        reckoned(bindings),
        elements(bindings),
    ]
}

/// Of the elements of arrays, or one of them.
fn elements(bindings: u8) -> BoxedStrategy<Predicate> {
    let list = move || {
        right_field(bindings).prop_filter("an attribute", |field| field.intrinsic().is_none())
    };
    let test = prop_oneof![
        vec(literal(), 1..4).prop_map(ListSource::Literals),
        list().prop_map(ListSource::Field),
    ];
    let quantifier = prop::sample::select(vec![Quantifier::Every, Quantifier::Some]);
    prop_oneof![
        (attribute(), list()).prop_map(|(field, list)| Predicate::In {
            left: field.into(),
            list: ListSource::Field(list)
        }),
        (
            quantifier,
            prop_oneof![attribute(), list()],
            test,
            any::<bool>()
        )
            .prop_map(|(quantifier, array, list, is_negated)| {
                let left = array.into();
                let of = Predicate::In { left, list };
                let of = Box::new(match is_negated {
                    true => Predicate::Not(Box::new(of)),
                    false => of,
                });
                Predicate::Each { quantifier, of }
            }),
    ]
    .boxed()
}

/// Sides that are more than a field.
fn reckoned(bindings: u8) -> BoxedStrategy<Predicate> {
    let sum = move |time: bool| {
        (
            summand(bindings, time),
            part(bindings, time),
            any::<bool>(),
            any::<bool>(),
        )
            .prop_map(|(one, other, is_difference, is_turned)| {
                let parts = Box::new(if is_turned {
                    (other, one)
                } else {
                    (one, other)
                });
                match is_difference {
                    true => Term::Subtract(parts),
                    false => Term::Add(parts),
                }
            })
    };
    let side = move |time: bool| {
        prop_oneof![
            summand(bindings, time).prop_map(|part| match part {
                Operand::Term(term) => term,
                Operand::Literal(_) => Term::Length(Field::Intrinsic(Intrinsic::SpanName)),
            }),
            sum(time),
        ]
    };
    prop_oneof![
        (sum(false), op(), number()).prop_map(|(left, op, value)| Predicate::Compare {
            left,
            op,
            right: Literal::Number(value).into()
        }),
        (side(true), op(), nanos())
            .prop_filter("reckoned", |(left, ..)| left.as_field().is_none())
            .prop_map(|(left, op, value)| Predicate::Compare {
                left,
                op,
                right: Literal::Duration(value).into()
            }),
        any::<bool>()
            .prop_flat_map(move |time| (side(time), op(), sum(time)))
            .prop_filter("no bound span alone", |(left, ..)| {
                !matches!(left, Term::Field(Field::Bound { .. }))
            })
            .prop_map(|(left, op, right)| Predicate::Compare {
                left,
                op,
                right: Operand::Term(right)
            }),
        (text_field(), op(), text()).prop_map(|(field, op, value)| Predicate::Compare {
            left: Term::Lower(field),
            op,
            right: Literal::Text(value).into()
        }),
        (text_field(), vec(number().prop_map(Literal::Number), 1..4)).prop_map(
            |(field, values)| Predicate::In {
                left: Term::Length(field),
                list: ListSource::Literals(values)
            }
        ),
        (text_field(), pattern()).prop_map(|(field, pattern)| Predicate::Matches {
            left: Term::Lower(field),
            pattern
        }),
        (attribute(), unit(), op(), nanos()).prop_map(|(field, unit, op, value)| {
            Predicate::Compare {
                left: Term::As { field, unit },
                op,
                right: Literal::Duration(value).into(),
            }
        }),
    ]
    .boxed()
}

fn unit() -> impl Strategy<Value = Unit> {
    use Unit::*;
    prop::sample::select(vec![
        Nanoseconds,
        Microseconds,
        Milliseconds,
        Seconds,
        Minutes,
        Hours,
    ])
}

/// What can be added and is read of a span: attributes and durations.
fn summand(bindings: u8, time: bool) -> BoxedStrategy<Operand> {
    let attribute = attribute().prop_filter("one value", |field| !field.has_many_values());
    (attribute, unit(), any::<u8>())
        .prop_map(move |(field, unit, pick)| {
            let bound = |field| match bindings > 0 && pick % 2 == 0 {
                true => Field::Bound {
                    binding: BindingId((pick / 2) % bindings),
                    field: Box::new(field),
                },
                false => field,
            };
            Operand::Term(match (time, pick / 16 % 3) {
                (true, 0) => Term::Field(bound(Field::Intrinsic(Intrinsic::SpanDuration))),
                (true, _) => Term::As {
                    field: bound(field),
                    unit,
                },
                (false, 0) => Term::Length(bound(field)),
                (false, _) => Term::Field(bound(field)),
            })
        })
        .boxed()
}

/// Or a value.
fn part(bindings: u8, time: bool) -> BoxedStrategy<Operand> {
    (summand(bindings, time), number(), nanos(), any::<bool>())
        .prop_map(
            move |(read, number, nanos, is_read)| match (is_read, time) {
                (true, _) => read,
                (false, true) => Literal::Duration(nanos).into(),
                (false, false) => Literal::Number(number).into(),
            },
        )
        .boxed()
}

/// A condition on one event or link.
fn item(bindings: u8) -> impl Strategy<Value = Predicate> {
    let scope = prop::sample::select(vec![ItemScope::Event, ItemScope::Link]);
    (
        scope,
        name(),
        name(),
        text(),
        pattern(),
        right_field(bindings),
        any::<u8>(),
    )
        .prop_map(|(scope, key, other, value, pattern, right, pick)| {
            let attribute = |key| Field::Attribute {
                scope: scope.into(),
                key,
            };
            let own = Field::Intrinsic(match (scope, pick % 2) {
                (ItemScope::Event, _) => Intrinsic::EventName,
                (ItemScope::Link, 0) => Intrinsic::LinkTraceId,
                (ItemScope::Link, _) => Intrinsic::LinkSpanId,
            });
            let equal = |left: Field, right: Operand| Predicate::Compare {
                left: left.into(),
                op: CompareOp::Eq,
                right,
            };
            let parts = vec![
                Predicate::Compare {
                    left: Term::Lower(attribute(other.clone())),
                    op: CompareOp::Ne,
                    right: Literal::Text(value.clone()).into(),
                },
                equal(own, Literal::Text(value).into()),
                Predicate::Not(Box::new(Predicate::Matches {
                    left: attribute(key.clone()).into(),
                    pattern,
                })),
                equal(attribute(key.clone()), attribute(other).into()),
                equal(attribute(key.clone()), right.into()),
                Predicate::missing(attribute(key)),
            ];
            let filter = match pick % 4 {
                0 => Predicate::And(parts),
                1 => Predicate::Or(parts),
                _ => parts[usize::from(pick) % 6].clone(),
            };
            Predicate::Item {
                scope,
                filter: Box::new(filter),
            }
        })
}

fn predicate(bindings: u8) -> BoxedStrategy<Predicate> {
    let leaf = prop_oneof![8 => leaf(bindings).boxed(), 1 => item(bindings).boxed()].boxed();
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|parts| flat_predicates(parts, true)),
            vec(inner.clone(), 2..4).prop_map(|parts| flat_predicates(parts, false)),
            inner.prop_map(|inner| match inner {
                Predicate::Not(twice) => *twice,
                once => Predicate::Not(Box::new(once)),
            }),
        ]
    })
    .boxed()
}

fn flat_predicates(parts: Vec<Predicate>, is_and: bool) -> Predicate {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Predicate::And(inner) if is_and => flat.extend(inner),
            Predicate::Or(inner) if !is_and => flat.extend(inner),
            other => flat.push(other),
        }
    }
    if is_and {
        Predicate::And(flat)
    } else {
        Predicate::Or(flat)
    }
}

/// The parts of one `where`.
fn flat(parts: Vec<Predicate>) -> Vec<Predicate> {
    let mut flat = Vec::new();
    for part in parts {
        match part {
            Predicate::And(inner) => flat.extend(inner),
            other => flat.push(other),
        }
    }
    flat
}

fn trace_predicate() -> BoxedStrategy<Predicate> {
    let name = || {
        prop::sample::select(vec![Intrinsic::TraceRootName, Intrinsic::TraceRootService])
            .prop_map(Field::Intrinsic)
    };
    prop_oneof![
        (op(), nanos()).prop_map(|(op, value)| Predicate::Compare {
            left: Field::Intrinsic(Intrinsic::TraceDuration).into(),
            op,
            right: Literal::Duration(value).into()
        }),
        (op(), number()).prop_map(|(op, value)| Predicate::Compare {
            left: Field::Intrinsic(Intrinsic::TraceSpanCount).into(),
            op,
            right: Literal::Number(value).into()
        }),
        (name(), equality(), text()).prop_map(|(field, op, value)| Predicate::Compare {
            left: field.into(),
            op,
            right: Literal::Text(value).into()
        }),
        (name(), vec(text().prop_map(Literal::Text), 1..3)).prop_map(|(field, values)| {
            Predicate::Not(Box::new(Predicate::In {
                left: field.into(),
                list: ListSource::Literals(values),
            }))
        }),
        (name(), pattern()).prop_map(|(field, pattern)| Predicate::Matches {
            left: field.into(),
            pattern
        }),
    ]
    .boxed()
}

fn spans(bindings: u8) -> impl Strategy<Value = Selector> {
    let base = prop_oneof![4 => name().prop_map(Base::Named), 1 => Just(Base::Any), 1 => Just(Base::Root), 1 => Just(Base::Leaf)];
    let filter = vec(predicate(bindings), 0..3).prop_map(flat);
    (base, filter, vec(trace_predicate(), 0..2)).prop_map(|(base, filter, trace)| {
        Selector::from(SpanSelector {
            base,
            filter,
            trace,
        })
    })
}

pub fn selector(bindings: u8) -> impl Strategy<Value = Selector> {
    let leaf = (spans(bindings), any::<u8>()).prop_map(move |(spans, pick)| {
        if bindings > 0 && pick % 3 == 0 {
            Selector::Bound(BindingId((pick / 3) % bindings))
        } else {
            spans
        }
    });
    leaf.prop_recursive(2, 5, 3, |inner| {
        (
            inner.clone(),
            inner.clone(),
            inner,
            0u8..24,
            prop::option::of(gap()),
            group_keys(),
        )
            .prop_map(|(left, right, to, kind, within, by)| {
                let relation = match kind {
                    0 => Relation::Before { right, within },
                    1 => Relation::After { right, within },
                    2 => Relation::Then { right, within },
                    3 => Relation::Inside { right },
                    4 => Relation::ChildOf { right },
                    5 => Relation::SiblingOf { right },
                    6 => Relation::Between { from: right, to },
                    7 => Relation::StartsBefore { right, within },
                    8 => Relation::StartsAfter { right, within },
                    9 => Relation::EndsBefore { right, within },
                    10 => Relation::EndsAfter { right, within },
                    18 => Relation::NextAfter { right },
                    19 => Relation::DirectlyAfter { right },
                    11 => Relation::Overlaps { right },
                    12 => Relation::During { right },
                    13 => Relation::ParentOf { right },
                    14 => Relation::Containing { right },
                    15 => Relation::Outside { right },
                    16 => Relation::NotChildOf { right },
                    17 => Relation::NotSiblingOf { right },
                    20 => Relation::LinkedTo { right },
                    21 => Relation::Except { right },
                    22 => Relation::Echoing { right, by },
                    _ => Relation::AfterUntil { from: right, to },
                };
                Selector::Related(Box::new(Related { left, relation }))
            })
    })
}

fn measure(bindings: u8) -> BoxedStrategy<Measure> {
    let function = prop::sample::select(vec![
        Aggregate::Sum,
        Aggregate::Min,
        Aggregate::Max,
        Aggregate::Avg,
        Aggregate::Distinct,
    ]);
    prop_oneof![
        selector(bindings).prop_map(Measure::Count),
        selector(bindings).prop_map(Measure::Overlap),
        (selector(bindings), nanos())
            .prop_map(|(selector, window)| Measure::Within { selector, window }),
        (function, selector(bindings), scope(), name()).prop_map(
            |(function, selector, scope, key)| {
                // Of events and links a span has many.
                let scope = match scope {
                    Scope::Event | Scope::Link => Scope::Span,
                    one => one,
                };
                Measure::Of {
                    function,
                    selector,
                    of: measured(function, Field::Attribute { scope, key }),
                }
            }
        ),
    ]
    .boxed()
}

/// Of the field, or of what is made of it.
fn measured(function: Aggregate, field: Field) -> Term {
    let one = Operand::Literal(Literal::Number(Number::Int(1)));
    match function {
        Aggregate::Sum => Term::Length(field),
        Aggregate::Min => Term::Add(Box::new((field.into(), one))),
        Aggregate::Avg => Term::Subtract(Box::new((one, field.into()))),
        Aggregate::Max | Aggregate::Distinct => Term::Field(field),
    }
}

/// A number that is read of a bound span, where there is one.
fn of_bound(bindings: u8) -> impl Strategy<Value = Quantity> {
    (scope(), name(), any::<u8>(), number()).prop_map(move |(scope, key, pick, value)| {
        if bindings == 0 {
            return Quantity::Number(Number::Int(i128::from(pick)));
        }
        // Of events and links a span has many.
        let scope = match scope {
            Scope::Event | Scope::Link => Scope::Span,
            one => one,
        };
        let field = Field::Bound {
            binding: BindingId(pick % bindings),
            field: Box::new(Field::Attribute { scope, key }),
        };
        let value = Operand::Literal(Literal::Number(value));
        Quantity::Term(match pick / bindings % 4 {
            0 => Term::Length(field),
            1 => Term::Add(Box::new((field.into(), value))),
            2 => Term::Subtract(Box::new((value, field.into()))),
            _ => Term::Field(field),
        })
    })
}

/// Of numbers, as nothing of time is here.
fn addend(bindings: u8) -> impl Strategy<Value = Addend> {
    let of = prop_oneof![
        1 => (0i128..1000).prop_map(|value| (Number::Int(1), Quantity::Number(Number::Int(value)))),
        3 => (measure(bindings), 1u32..40).prop_filter_map("factor", |(of, factor)| {
            Number::from_f64(f64::from(factor) / 4.0).map(|factor| (factor, Quantity::Measure { factor: Number::Int(1), measure: Box::new(of) }))
        }),
    ];
    (any::<bool>(), of).prop_map(|(is_taken_away, (factor, of))| Addend {
        is_taken_away,
        factor,
        of,
    })
}

fn condition(bindings: u8) -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        4 => selector(bindings).prop_map(ExprKind::Exists),
        1 => (measure(bindings), op(), of_bound(bindings)).prop_map(|(left, op, right)| ExprKind::Compare { left: Box::new(left), op, right: Box::new(right) }),
        1 => (measure(bindings), op(), number()).prop_map(|(left, op, value)| ExprKind::Compare { left: Box::new(left), op, right: Box::new(Quantity::Number(value)) }),
        1 => (measure(bindings), op(), measure(bindings), 1u32..40).prop_filter_map("factor", |(left, op, measure, factor)| {
            Number::from_f64(f64::from(factor) / 4.0).map(|factor| ExprKind::Compare { left: Box::new(left), op, right: Box::new(Quantity::Measure { factor, measure: Box::new(measure) }) })
        }),
        1 => (vec(addend(bindings), 1..3), vec(addend(bindings), 0..2), measure(bindings), op()).prop_map(|(mut left, right, of, op)| {
            left[0].is_taken_away = false;
            left.push(Addend { is_taken_away: true, factor: Number::Int(1), of: Quantity::Measure { factor: Number::Int(1), measure: Box::new(of) } });
            let mut right = if right.is_empty() { vec![Addend { is_taken_away: false, factor: Number::Int(1), of: Quantity::Number(Number::Int(4)) }] } else { right };
            right[0].is_taken_away = false;
            ExprKind::CompareTotals { left: Box::new(Total { parts: left }), op, right: Box::new(Total { parts: right }) }
        }),
        1 => (selector(bindings), op(), nanos()).prop_map(|(selector, op, value)| ExprKind::Compare {
            left: Box::new(Measure::Of { function: Aggregate::Max, selector, of: Field::Intrinsic(Intrinsic::SpanDuration).into() }),
            op,
            right: Box::new(Quantity::Duration(value)),
        }),
        1 => (measure(bindings), group_keys(), any::<bool>(), number()).prop_map(|(measure, by, above, value)| ExprKind::GroupCompare {
            measure: Box::new(measure),
            by: by.into(),
            op: if above { GroupOp::Gt } else { GroupOp::Ge },
            value: Box::new(Quantity::Number(value)),
        }),
        1 => trace_predicate().prop_map(Box::new).prop_map(ExprKind::Trace),
        2 => (vec(predicate(bindings), 1..3), any::<u8>(), trace_predicate()).prop_map(move |(parts, pick, trace)| match bindings {
            0 => ExprKind::Trace(Box::new(trace)),
            bindings => ExprKind::Bound { binding: BindingId(pick % bindings), filter: flat(parts) },
        }),
    ]
    .prop_map(expr)
    .boxed();
    leaf.prop_recursive(3, 6, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 2..4).prop_map(|parts| joined(parts, true)),
            vec(inner.clone(), 2..4).prop_map(|parts| joined(parts, false)),
            inner.prop_map(|inner| match inner.kind {
                ExprKind::Not(twice) => *twice,
                kind => expr(ExprKind::Not(Box::new(expr(kind)))),
            }),
        ]
    })
}

fn expr(kind: ExprKind) -> Expr {
    Expr {
        kind,
        text: "".into(),
    }
}

fn joined(parts: Vec<Expr>, is_and: bool) -> Expr {
    let mut flat = Vec::new();
    for part in parts {
        match part.kind {
            ExprKind::And(inner) if is_and => flat.extend(inner),
            ExprKind::Or(inner) if !is_and => flat.extend(inner),
            _ => flat.push(part),
        }
    }
    expr(if is_and {
        ExprKind::And(flat)
    } else {
        ExprKind::Or(flat)
    })
}

/// What is measured of many traces, and a value of its unit.
fn over_traces() -> BoxedStrategy<(WindowMeasure, WindowBound)> {
    let plain = number().prop_map(WindowBound::Number);
    let time = nanos().prop_map(WindowBound::Duration);
    let took = || Term::Field(Field::Intrinsic(Intrinsic::SpanDuration));
    let share = (0u32..=1000)
        .prop_map(|part| WindowBound::Number(Number::from_f64(f64::from(part) / 1000.0).unwrap()));
    let rank = (1u16..1000).prop_map(Rank);
    prop_oneof![
        (spans(0), plain).prop_map(|(spans, bound)| (WindowMeasure::Count(spans), bound)),
        (spans(0), rank, time).prop_map(move |(selector, rank, bound)| {
            let of = took();
            (WindowMeasure::Quantile { rank, selector, of }, bound)
        }),
        (spans(0), single(), number()).prop_map(|(selector, field, bound)| {
            let of = Term::Field(field);
            let function = Aggregate::Distinct;
            (
                WindowMeasure::Of {
                    function,
                    selector,
                    of,
                },
                WindowBound::Number(bound),
            )
        }),
        (condition(0), number())
            .prop_map(|(of, bound)| (WindowMeasure::Traces(of), WindowBound::Number(bound))),
        (condition(0), condition(0), share).prop_map(|(of, among, bound)| {
            // Two selectors alone are a share of spans.
            let of = joined(vec![of, among.clone()], true);
            (WindowMeasure::ShareOfTraces { of, among }, bound)
        }),
    ]
    .boxed()
}

fn over() -> impl Strategy<Value = Body> {
    let length = (1u64..1000).prop_map(|seconds| seconds * 1_000_000_000);
    let by = vec(single(), 0..=4);
    let order = prop::sample::select(vec![
        CompareOp::Lt,
        CompareOp::Le,
        CompareOp::Gt,
        CompareOp::Ge,
    ]);
    let rest = (any::<bool>(), 0u64..5, 5_000u16..9_999, order);
    let peer = prop::option::of((any::<bool>(), number()));
    (length, by, over_traces(), rest, peer).prop_map(
        |(length, by, (measure, bound), rest, peer)| {
            let (is_always, at_least, confidence, op) = rest;
            // Each field makes groups once, and a share alone is known with a confidence.
            let mut keys: Vec<Field> = Vec::new();
            for field in by {
                if !keys.contains(&field) {
                    keys.push(field);
                }
            }
            let by = keys;
            let confidence = match measure.is_share() {
                true => Confidence(confidence),
                false => Confidence::USUAL,
            };
            let bound = match peer {
                Some((has_factor, factor)) if factor.compare(Number::Int(0)).is_gt() => {
                    WindowBound::Peer {
                        factor: if has_factor { factor } else { Number::Int(1) },
                        peer: if by.is_empty() {
                            Peer::Before
                        } else {
                            Peer::Highest
                        },
                    }
                }
                _ => bound,
            };
            Body {
                over: Some(Box::new(Over {
                    length,
                    by,
                    at_least,
                    confidence,
                    clause: if is_always {
                        ClauseKind::Always
                    } else {
                        ClauseKind::Never
                    },
                    measure,
                    op,
                    bound,
                    text: "".into(),
                    measured: "".into(),
                    withheld: [false; Over::MOST_KEYS],
                })),
                bindings: Vec::new(),
                when: None,
                exceptions: [].into(),
                never: None,
                always: None,
                is_pattern: false,
            }
        },
    )
}

pub fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        1 => over(),
        1 => condition(0).prop_map(|never| Body { over: None, bindings: Vec::new(), when: None, exceptions: [].into(), never: Some(never), always: None, is_pattern: true }),
        2 => (prop::option::of(condition(0)), condition(0), prop::option::of(condition(0)))
            .prop_map(|(when, never, always)| Body { over: None, bindings: Vec::new(), when, exceptions: [].into(), never: Some(never), always, is_pattern: false }),
        2 => (spans(0), spans(1), prop::option::of(condition(2)), condition(2))
            .prop_map(|(first, second, when, always)| Body {
                over: None,
                bindings: vec![
                    Binding { name: "p".into(), selector: first },
                    Binding { name: "q2".into(), selector: second },
                ],
                when,
                exceptions: [].into(),
                never: None,
                always: Some(always),
                is_pattern: false,
            }),
    ]
}
