//! The language's coercion table, case by case.
#![allow(
    clippy::unwrap_used,
    reason = "a test that meets the unexpected ends there"
)]

use betrace_engine::internals::{
    BoundSpans, CompiledPredicate, FieldId, FieldTable, Fields, NoBindings, OwnedValue, TextBuffer,
    Truth, Value, compare, number, shortest_text,
};
use betrace_lang::rule::{
    BindingId, CompareOp, Field, ListSource, Literal, Number, Operand, Predicate, Scope, TextOp,
};

const T: Truth = Truth::TRUE;
const F: Truth = Truth::FALSE;
const U: Truth = Truth::UNKNOWN;

fn text(text: &str) -> Value<'_> {
    Value::Text(text.as_bytes())
}

#[test]
fn values_compare_by_the_coercion_table() {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    let cases = [
        // Numbers, exactly; number text is JSON's grammar.
        (Value::Int(5), Eq, Value::Float(5.0), T, false),
        (
            Value::Int(i64::MAX),
            Lt,
            Value::Float(9_223_372_036_854_775_808.0),
            T,
            false,
        ),
        (text("5"), Eq, Value::Int(5), T, false),
        (text("5.0"), Eq, Value::Int(5), T, false),
        (text("-1e2"), Le, Value::Float(-100.0), T, false),
        (text("1E+2"), Eq, Value::Int(100), T, false),
        (
            text("9007199254740993"),
            Gt,
            Value::Float(9_007_199_254_740_992.0),
            T,
            false,
        ),
        (
            text("9007199254740993.0"),
            Gt,
            Value::Float(9_007_199_254_740_992.0),
            T,
            false,
        ),
        (text("05"), Eq, Value::Int(5), U, true),
        (text("+5"), Eq, Value::Int(5), U, true),
        (text("5."), Eq, Value::Int(5), U, true),
        (text(".5"), Eq, Value::Float(0.5), U, true),
        (text(" 5"), Eq, Value::Int(5), U, true),
        (text("5 "), Eq, Value::Int(5), U, true),
        (text("0x5"), Eq, Value::Int(5), U, true),
        (text("NaN"), Eq, Value::Int(5), U, true),
        (text("1e"), Eq, Value::Int(5), U, true),
        (text("-"), Eq, Value::Int(5), U, true),
        (text(""), Eq, Value::Int(0), U, true),
        (Value::Float(f64::NAN), Ne, Value::Int(5), U, false),
        (Value::Float(f64::INFINITY), Gt, Value::Int(5), U, false),
        (Value::Float(-0.0), Eq, Value::Int(0), T, false),
        // Text against text is by bytes.
        (text("5"), Eq, text("5.0"), F, false),
        (text("10"), Lt, text("9"), T, false),
        (Value::Text(b"\xff"), Gt, text("z"), T, false),
        // Booleans.
        (Value::Bool(true), Eq, text("true"), T, false),
        (text("false"), Ne, Value::Bool(true), T, false),
        (text("True"), Eq, Value::Bool(true), U, true),
        (Value::Int(1), Eq, Value::Bool(true), U, true),
        (Value::Bool(false), Lt, Value::Bool(true), U, true),
        // Durations meet durations only; one without order is open.
        (
            Value::Duration(Some(5)),
            Ge,
            Value::Duration(Some(5)),
            T,
            false,
        ),
        (
            Value::Duration(None),
            Ge,
            Value::Duration(Some(5)),
            Truth::OPEN,
            false,
        ),
        (Value::Int(5), Eq, Value::Duration(Some(5)), U, true),
        // The rest is unlike everything, itself too; missing is unknown and not unlike.
        (Value::Array(b""), Eq, Value::Array(b""), U, true),
        (Value::Bytes(b"x"), Eq, text("x"), U, true),
        (Value::Other, Ne, Value::Int(1), U, true),
        (Value::Missing, Eq, Value::Int(1), U, false),
        (Value::Int(1), Ne, Value::Missing, U, false),
    ];
    for (left, op, right, truth, unlike) in cases {
        let compared = compare(left, op, right);
        assert_eq!(
            (compared.truth, compared.unlike),
            (truth, unlike),
            "{left:?} {op:?} {right:?}"
        );
        let turned = match op {
            Lt => Gt,
            Gt => Lt,
            Le => Ge,
            Ge => Le,
            same => same,
        };
        let compared = compare(right, turned, left);
        assert_eq!(
            (compared.truth, compared.unlike),
            (truth, unlike),
            "{right:?} {turned:?} {left:?}"
        );
    }
}

#[test]
fn the_shortest_text_groups_equal_numbers() {
    let cases = [
        (Value::Int(-7), "-7"),
        (Value::Float(5.0), "5"),
        (Value::Float(-0.0), "0"),
        (Value::Float(0.1), "0.1"),
        (Value::Float(1e20), "100000000000000000000"),
        (Value::Float(1e-7), "0.0000001"),
        (Value::Bool(true), "true"),
        (text("5.0"), "5.0"),
    ];
    for (value, expected) in cases {
        let mut buffer = TextBuffer::new();
        assert_eq!(shortest_text(value, &mut buffer), Some(expected.as_bytes()));
    }
    for value in [
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        -5e-324,
        2.225_073_858_507_201_4e-308,
    ] {
        let mut buffer = TextBuffer::new();
        let shown = shortest_text(Value::Float(value), &mut buffer).unwrap();
        let back: f64 = std::str::from_utf8(shown).unwrap().parse().unwrap();
        assert_eq!(back.to_bits(), value.to_bits());
    }
    for value in [
        Value::Float(f64::NAN),
        Value::Missing,
        Value::Array(b""),
        Value::Other,
    ] {
        assert_eq!(shortest_text(value, &mut TextBuffer::new()), None);
    }
}

#[test]
fn number_text_is_exact_where_it_is_an_integer_and_bounded_where_it_is_not() {
    let long = "9".repeat(38);
    assert_eq!(
        number(text(&long)),
        Some(Number::Int(long.parse().unwrap()))
    );
    assert_eq!(number(text("12e-1")), Some(Number::Float(1.2)));
    assert_eq!(number(text("1200e-2")), Some(Number::Int(12)));
    assert_eq!(
        number(text("0e999999999999999999999")),
        Some(Number::Int(0))
    );
    assert_eq!(number(text("1e999999999999999999999")), None);
    assert_eq!(number(text(&"9".repeat(100_000))), None);
    assert_eq!(number(text("1e-999")), Some(Number::Int(0)));
}

/// One field per value, in order; `list` stands for events.
struct Record(Vec<OwnedValue>);

impl Fields for Record {
    fn value(&self, field: FieldId) -> Value<'_> {
        self.0[field.index()].as_value()
    }

    fn any(&self, field: FieldId, test: &mut dyn FnMut(Value<'_>) -> bool) -> bool {
        self.0[field.index()].any(test)
    }
}

struct OneBound(Record);

impl BoundSpans for OneBound {
    fn span(&self, binding: BindingId) -> Option<&dyn Fields> {
        (binding.0 == 0).then_some(&self.0)
    }
}

fn field(scope: Scope) -> Field {
    Field::Attribute {
        scope,
        key: "x".into(),
    }
}

fn eval(predicate: &Predicate, value: OwnedValue) -> (Truth, u64) {
    let mut fields = FieldTable::default();
    let compiled = CompiledPredicate::new(predicate, &mut fields).unwrap();
    let mut unlike = 0;
    let truth = compiled.eval(&Record(vec![value]), &NoBindings, &mut unlike);
    (truth, unlike)
}

fn owned(value: &str) -> OwnedValue {
    OwnedValue::Text(value.as_bytes().into())
}

fn literal(text: &str) -> Literal {
    Literal::Text(text.into())
}

fn test_text(op: TextOp, value: Literal) -> Predicate {
    Predicate::Text {
        op,
        left: field(Scope::Span).into(),
        right: Operand::Literal(value),
    }
}

/// An encoded array of two texts, a number and `true`.
fn array() -> OwnedValue {
    let encoded = b"\x0a\x03\x0a\x01a\x0a\x06\x0a\x04b\"cd\x0a\x02\x18\x07\x0a\x02\x10\x01";
    OwnedValue::Array(encoded[..].into())
}

#[test]
fn text_operators_see_shortest_text_and_elements() {
    let contains = |text: &str| test_text(TextOp::Contains, literal(text));
    assert_eq!(eval(&contains("ri"), owned("stripe")), (T, 0));
    assert_eq!(eval(&contains("xx"), owned("stripe")), (F, 0));
    assert_eq!(eval(&contains(".2"), OwnedValue::Float(1.25)), (T, 0));
    assert_eq!(eval(&contains("."), OwnedValue::Float(5.0)), (F, 0));
    assert_eq!(eval(&contains("ru"), OwnedValue::Bool(true)), (T, 0));
    assert_eq!(eval(&contains("x"), OwnedValue::Missing), (U, 0));
    assert_eq!(
        eval(&contains("x"), OwnedValue::Bytes((*b"x").into())),
        (U, 1)
    );
    assert_eq!(eval(&contains("x"), OwnedValue::Float(f64::NAN)), (U, 0));
    assert_eq!(eval(&contains("a"), array()), (T, 0));
    assert_eq!(eval(&contains("cd"), array()), (F, 0));
    assert_eq!(eval(&contains("7"), array()), (T, 0));
    assert_eq!(eval(&contains("true"), array()), (T, 0));
    let seven = Literal::Number(Number::from_f64(7.0).unwrap());
    assert_eq!(eval(&test_text(TextOp::Contains, seven), array()), (T, 0));
    assert_eq!(
        eval(&test_text(TextOp::StartsWith, literal("a")), array()),
        (U, 1)
    );
    assert_eq!(
        eval(
            &test_text(TextOp::StartsWith, literal("12")),
            OwnedValue::Int(123)
        ),
        (T, 0)
    );
    assert_eq!(
        eval(&test_text(TextOp::EndsWith, literal("pe")), owned("stripe")),
        (T, 0)
    );
    let matches = |pattern: &str| Predicate::Matches {
        left: field(Scope::Span).into(),
        pattern: pattern.into(),
    };
    assert_eq!(eval(&matches("^s.*e$"), owned("stripe")), (T, 0));
    assert_eq!(eval(&matches("trip"), owned("stripe")), (T, 0));
    assert_eq!(eval(&matches("^5$"), OwnedValue::Float(5.0)), (T, 0));
    assert_eq!(
        eval(&matches("x"), OwnedValue::Text((*b"\xffx\xfe").into())),
        (T, 0)
    );
    assert_eq!(eval(&matches("x"), array()), (U, 1));
    assert!(CompiledPredicate::new(&matches("("), &mut FieldTable::default()).is_err());
}

#[test]
fn a_long_list_answers_as_a_short_one() {
    let mixed = [
        literal("a"),
        literal("5"),
        literal("true"),
        Literal::Number(Number::Int(7)),
        Literal::Number(Number::Float(0.5)),
        Literal::Bool(false),
        Literal::Number(Number::Int((1 << 53) + 1)),
        literal("b"),
        literal("c"),
        Literal::Duration(5),
    ];
    let values = [
        owned("a"),
        owned("5"),
        owned("5.0"),
        owned("7"),
        owned("7.0"),
        owned("true"),
        owned("false"),
        owned("zz"),
        OwnedValue::Int(5),
        OwnedValue::Int(7),
        OwnedValue::Int(8),
        OwnedValue::Int(1 << 53),
        OwnedValue::Float(0.5),
        OwnedValue::Float(f64::NAN),
        OwnedValue::Bool(true),
        OwnedValue::Bool(false),
        OwnedValue::Missing,
        OwnedValue::Duration(Some(5)),
        OwnedValue::Duration(None),
        array(),
        OwnedValue::Other,
    ];
    let subsets: Vec<Vec<Literal>> = (1u32..1 << mixed.len())
        .map(|bits| {
            (0..mixed.len())
                .filter(|index| bits >> index & 1 == 1)
                .map(|index| mixed[index].clone())
                .collect()
        })
        .collect();
    let compiled = |values: Vec<Literal>| {
        let predicate = Predicate::In {
            left: field(Scope::Span).into(),
            list: ListSource::Literals(values),
        };
        CompiledPredicate::new(&predicate, &mut FieldTable::default()).unwrap()
    };
    for subset in subsets {
        let short: Vec<CompiledPredicate> = subset
            .iter()
            .map(|one| compiled(vec![one.clone()]))
            .collect();
        // The same literals, said often enough to be hashed.
        let long = compiled(
            subset
                .iter()
                .cycle()
                .take(subset.len() * 9)
                .cloned()
                .collect(),
        );
        for value in &values {
            let record = Record(vec![value.clone()]);
            let expected = short.iter().fold(F, |truth, one| {
                truth.or(one.eval(&record, &NoBindings, &mut 0))
            });
            let truth = long.eval(&record, &NoBindings, &mut 0);
            assert_eq!(truth, expected, "{value:?} in {subset:?}");
        }
    }
}

#[test]
fn events_answer_true_if_one_does_and_false_otherwise() {
    let above = |scope| Predicate::Compare {
        left: field(scope).into(),
        op: CompareOp::Gt,
        right: Operand::Literal(Literal::Number(Number::Int(5))),
    };
    let events = |values: &[i64]| {
        OwnedValue::List(values.iter().map(|value| OwnedValue::Int(*value)).collect())
    };
    assert_eq!(eval(&above(Scope::Event), events(&[1, 6])).0, T);
    assert_eq!(eval(&above(Scope::Event), events(&[1, 2])).0, F);
    assert_eq!(eval(&above(Scope::Link), OwnedValue::Missing).0, F);
    let not = Predicate::Not(Box::new(above(Scope::Event)));
    assert_eq!(eval(&not, OwnedValue::Missing).0, T);
    let not = Predicate::Not(Box::new(above(Scope::Span)));
    assert_eq!(eval(&not, OwnedValue::Missing).0, U);
    assert_eq!(
        eval(&Predicate::exists(field(Scope::Event)), events(&[1])).0,
        T
    );
    assert_eq!(
        eval(
            &Predicate::missing(field(Scope::Event)),
            OwnedValue::Missing
        )
        .0,
        T
    );
}

#[test]
fn a_bound_field_is_read_from_the_bound_span() {
    let same = Predicate::Compare {
        left: field(Scope::Span).into(),
        op: CompareOp::Eq,
        right: Operand::from(Field::Bound {
            binding: BindingId(0),
            field: Box::new(field(Scope::Span)),
        }),
    };
    let mut fields = FieldTable::default();
    let compiled = CompiledPredicate::new(&same, &mut fields).unwrap();
    assert_eq!(fields.len(), 1);
    let span = Record(vec![owned("5")]);
    let bound = |value| OneBound(Record(vec![value]));
    assert_eq!(compiled.eval(&span, &bound(OwnedValue::Int(5)), &mut 0), T);
    assert_eq!(compiled.eval(&span, &bound(owned("5.0")), &mut 0), F);
    assert_eq!(compiled.eval(&span, &bound(OwnedValue::Missing), &mut 0), U);
    assert_eq!(compiled.eval(&span, &NoBindings, &mut 0), U);
}
