//! What rules speak of, turned into sketches of spans: traffic is made of these, so that any rules meet spans that they
//! select, and spans that they just miss.

use betrace_lang::rule::{
    Aggregate, Base, Expr, ExprKind, Field, GroupKey, Intrinsic, ListSource, Literal, Measure,
    Name, Number, Operand, Predicate, Quantity, ReadAt, Reading, Rule, Scope, Selector,
    SpanSelector, Term,
};

use crate::model::Value;

/// Where a value stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    Attribute(Scope, Name),
    Intrinsic(Intrinsic),
}

/// A value that a span may have.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    Value(Value),
    /// The same for all spans of a trace, mostly: what rules join by.
    Shared,
    Nanos(u64),
}

/// A field that a rule reads, and values that it tells apart; the first is one that it asks for.
#[derive(Clone, Debug)]
pub struct Read {
    pub target: Target,
    pub choices: Vec<Choice>,
}

/// A span that a rule selects.
#[derive(Clone, Debug, Default)]
pub struct Sketch {
    pub name: Option<Name>,
    pub is_root: bool,
    pub reads: Vec<Read>,
    /// A rule counts these.
    pub repeats: u64,
    /// Fields of bound spans that it is compared with.
    joins: Vec<(usize, Field)>,
}

/// A trace with more of the same is of no use to anybody.
const MOST_REPEATS: u64 = 12;

/// The longest duration that traffic imitates, in nanoseconds.
const LONGEST: u64 = 3_000_000_000;

/// The spans that a rule speaks of.
#[must_use]
pub fn sketches(rule: &Rule) -> Vec<Sketch> {
    let body = &rule.body;
    let mut drawn = Drawn::default();
    for binding in &body.bindings {
        drawn.bound.push(drawn.sketches.len());
        of_selector(&binding.selector, 1, &mut drawn);
    }
    let conditions = [&body.when, &body.always, &body.never];
    for condition in conditions.into_iter().flatten().chain(&*body.exceptions) {
        of_condition(condition, &mut drawn);
    }
    let joins: Vec<(usize, Field)> = drawn.sketches.iter_mut().flat_map(Sketch::joined).collect();
    for (binding, field) in joins {
        if let Some(sketch) = drawn.of_bound(binding) {
            read(&field, vec![Choice::Shared], sketch);
        }
    }
    drawn.sketches
}

#[derive(Default)]
struct Drawn {
    sketches: Vec<Sketch>,
    /// By binding, the sketch of the span that is bound.
    bound: Vec<usize>,
}

impl Drawn {
    fn of_bound(&mut self, binding: usize) -> Option<&mut Sketch> {
        self.sketches.get_mut(*self.bound.get(binding)?)
    }
}

impl Sketch {
    fn joined(&mut self) -> Vec<(usize, Field)> {
        std::mem::take(&mut self.joins)
    }
}

fn of_condition(condition: &Expr, to: &mut Drawn) {
    match &condition.kind {
        ExprKind::And(parts) | ExprKind::Or(parts) => {
            parts.iter().for_each(|part| of_condition(part, to));
        }
        ExprKind::Not(part) => of_condition(part, to),
        ExprKind::Exists(selector) => of_selector(selector, 1, to),
        ExprKind::Bound { binding, filter } => {
            if let Some(sketch) = to.of_bound(usize::from(binding.0)) {
                filter.iter().for_each(|part| of_predicate(part, sketch));
            }
        }
        ExprKind::Compare { left, right, .. } => {
            of_measure(left, wanted(right), Vec::new(), to);
            if let Quantity::Measure { measure, .. } = &**right {
                of_measure(measure, 1, Vec::new(), to);
            }
        }
        ExprKind::CompareTotals { left, right, .. } => {
            for measure in left.measures().chain(right.measures()) {
                of_measure(measure, 2, Vec::new(), to);
            }
        }
        ExprKind::GroupCompare {
            measure, by, value, ..
        } => {
            let fields = by.iter().filter_map(|key| match key {
                GroupKey::Field(field) => Some(field.clone()),
                GroupKey::Parent => None,
            });
            of_measure(measure, wanted(value), fields.collect(), to);
        }
        ExprKind::Trace(_) => {}
    }
}

/// How many spans reach a bound, and one more.
fn wanted(bound: &Quantity) -> u64 {
    match bound {
        Quantity::Number(Number::Int(count)) => u64::try_from(*count).unwrap_or(0) + 1,
        _ => 2,
    }
}

fn of_measure(measure: &Measure, count: u64, by: Vec<Field>, to: &mut Drawn) {
    let is_counted =
        !matches!(measure, Measure::Of { function, .. } if *function != Aggregate::Distinct);
    let before = to.sketches.len();
    let repeats = if is_counted { count } else { 2 };
    of_selector(measure.selector(), repeats.clamp(1, MOST_REPEATS), to);
    for sketch in &mut to.sketches[before..] {
        if let Measure::Of { of, .. } = measure {
            let numbers = [40, 3, 700].map(|number| Choice::Value(Value::Int(number)));
            for field in of.reads() {
                read(field, numbers.to_vec(), sketch);
            }
        }
        for field in &by {
            read(field, vec![Choice::Shared], sketch);
        }
    }
}

fn of_selector(selector: &Selector, repeats: u64, to: &mut Drawn) {
    let plain = selector.plain();
    for (at, spans) in plain.into_iter().enumerate() {
        let mut sketch = of_spans(spans);
        sketch.repeats = if at == 0 { repeats } else { 1 };
        to.sketches.push(sketch);
    }
}

fn of_spans(spans: &SpanSelector) -> Sketch {
    let mut sketch = Sketch::default();
    match &spans.base {
        Base::Named(name) => sketch.name = Some(name.clone()),
        Base::Root => sketch.is_root = true,
        Base::Any | Base::Leaf => {}
    }
    for part in &spans.filter {
        of_predicate(part, &mut sketch);
    }
    sketch
}

fn of_predicate(predicate: &Predicate, sketch: &mut Sketch) {
    match predicate {
        Predicate::And(parts) | Predicate::Or(parts) => {
            parts.iter().for_each(|part| of_predicate(part, sketch));
        }
        Predicate::Not(part) | Predicate::Each { of: part, .. } => of_predicate(part, sketch),
        Predicate::Item { filter, .. } => of_predicate(filter, sketch),
        Predicate::Compare { left, right, .. } | Predicate::Text { left, right, .. } => {
            let choices = against(right, sketch);
            of_term(left, &choices, sketch);
        }
        Predicate::In { left, list } => {
            let choices = match list {
                ListSource::Literals(literals) => literals.iter().flat_map(near).collect(),
                ListSource::Field(_) => vec![Choice::Shared],
            };
            of_term(left, &choices, sketch);
        }
        Predicate::Matches { left, pattern } => {
            of_term(left, &[text(&plain_part(pattern)), text("other")], sketch);
        }
        Predicate::Asks { field, .. } => read(field, vec![text("x"), Choice::Shared], sketch),
    }
}

fn text(text: &str) -> Choice {
    Choice::Value(Value::Text(text.to_owned()))
}

/// A text that a regular expression meets where it is simple.
fn plain_part(pattern: &str) -> String {
    let first = pattern.split('|').next().unwrap_or_default();
    let letters = first.trim_start_matches("(?i)").chars();
    letters.filter(|c| !"^$\\()[]{}?*+".contains(*c)).collect()
}

fn against(operand: &Operand, sketch: &mut Sketch) -> Vec<Choice> {
    match operand {
        Operand::Literal(literal) => near(literal),
        Operand::Term(term) => {
            for field in term.reads() {
                if let Field::Bound { binding, field } = field {
                    let join = (usize::from(binding.0), (**field).clone());
                    sketch.joins.push(join);
                } else {
                    read(field, vec![Choice::Shared], sketch);
                }
            }
            vec![Choice::Shared]
        }
    }
}

/// A literal and its neighbours.
fn near(literal: &Literal) -> Vec<Choice> {
    match literal {
        Literal::Number(Number::Int(number)) => {
            let number = i64::try_from(*number).unwrap_or(i64::MAX - 1);
            let near = [number, number.saturating_add(1), number.saturating_sub(1)];
            near.map(|number| Choice::Value(Value::Int(number)))
                .to_vec()
        }
        Literal::Number(Number::Float(number)) => [*number, number + 0.5, number - 0.5]
            .map(|number| Choice::Value(Value::Float(number)))
            .to_vec(),
        Literal::Bool(is) => [*is, !is].map(|is| Choice::Value(Value::Bool(is))).to_vec(),
        Literal::Duration(nanos) => vec![
            Choice::Nanos((nanos + 1_000_000).min(LONGEST)),
            Choice::Nanos((nanos / 2).min(LONGEST)),
        ],
        Literal::Text(word) => vec![text(word), text(&format!("{word}.x")), text("other")],
    }
}

fn of_term(term: &Term, choices: &[Choice], sketch: &mut Sketch) {
    match term {
        Term::Field(field) | Term::Lower(field) => read(field, choices.to_vec(), sketch),
        Term::As { field, unit } => {
            let number = |choice: &Choice| match choice {
                Choice::Nanos(nanos) => Choice::Value(Value::Int((nanos / unit.nanos()) as i64)),
                other => other.clone(),
            };
            read(field, choices.iter().map(number).collect(), sketch);
        }
        Term::Length(field) => read(
            field,
            vec![text("x"), text("a longer text than that")],
            sketch,
        ),
        Term::Add(_) | Term::Subtract(_) => {
            for field in term.reads() {
                let numbers = [9, 2, 100].map(|number| Choice::Value(Value::Int(number)));
                read(field, numbers.to_vec(), sketch);
            }
        }
    }
}

fn read(field: &Field, choices: Vec<Choice>, sketch: &mut Sketch) {
    let (target, choices) = match field {
        Field::Attribute { scope, key } => (Target::Attribute(*scope, key.clone()), choices),
        Field::Intrinsic(intrinsic) => (Target::Intrinsic(*intrinsic), choices),
        Field::FirstOf(field) => {
            let Some(first) = field.of.first() else {
                return;
            };
            if let Some(proviso) = &first.proviso {
                let holds = vec![text(&proviso.text)];
                meet(target(&proviso.origin), holds, sketch);
            }
            (target(&first.origin), before(&first.reading, choices))
        }
        // It stands on another span, which has what that one is asked for.
        Field::Bound { .. } => return,
    };
    meet(target, choices, sketch);
}

fn target(origin: &ReadAt) -> Target {
    match origin {
        ReadAt::Attribute(key) => Target::Attribute(Scope::SpanThenResource, Name::from(&**key)),
        ReadAt::Event(key) => Target::Attribute(Scope::Event, Name::from(&**key)),
        ReadAt::Intrinsic(intrinsic) => Target::Intrinsic(*intrinsic),
    }
}

fn meet(target: Target, choices: Vec<Choice>, sketch: &mut Sketch) {
    match sketch.reads.iter_mut().find(|known| known.target == target) {
        Some(known) => known.choices.extend(choices),
        None => sketch.reads.push(Read { target, choices }),
    }
}

/// What an attribute holds where a rule sees `choices`.
fn before(reading: &Reading, choices: Vec<Choice>) -> Vec<Choice> {
    let Reading::Mapped(table) = reading else {
        return choices;
    };
    let unmapped = |choice: Choice| match &choice {
        Choice::Value(Value::Text(to)) => {
            let row = table.iter().find(|(_, word)| **word == **to);
            row.map_or(choice, |(from, _)| match from.parse() {
                Ok(number) => Choice::Value(Value::Int(number)),
                Err(_) => text(from),
            })
        }
        _ => choice,
    };
    choices.into_iter().map(unmapped).collect()
}
