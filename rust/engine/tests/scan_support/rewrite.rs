//! One message, written as other writers might: fields in another order, lengths and tags padded, unknown
//! fields in between, single messages split into parts, an earlier value that a later one replaces.

use super::Dice;

#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Request,
    ResourceSpans,
    Resource,
    ScopeSpans,
    Scope,
    Span,
    Event,
    Link,
    Status,
    KeyValue,
    AnyValue,
    ArrayValue,
    KeyValueList,
    /// Not a message.
    Scalar,
}

fn child(kind: Kind, field: u64) -> Kind {
    match (kind, field) {
        (Kind::Request, 1) => Kind::ResourceSpans,
        (Kind::ResourceSpans, 1) => Kind::Resource,
        (Kind::ResourceSpans, 2) => Kind::ScopeSpans,
        (Kind::ScopeSpans, 1) => Kind::Scope,
        (Kind::ScopeSpans, 2) => Kind::Span,
        (Kind::Resource, 1)
        | (Kind::Scope | Kind::Event, 3)
        | (Kind::Span, 9)
        | (Kind::Link, 4) => Kind::KeyValue,
        (Kind::Span, 11) => Kind::Event,
        (Kind::Span, 13) => Kind::Link,
        (Kind::Span, 15) => Kind::Status,
        (Kind::KeyValue, 2) | (Kind::ArrayValue, 1) => Kind::AnyValue,
        (Kind::AnyValue, 5) => Kind::ArrayValue,
        (Kind::AnyValue, 6) => Kind::KeyValueList,
        (Kind::KeyValueList, 1) => Kind::KeyValue,
        _ => Kind::Scalar,
    }
}

struct Field {
    number: u64,
    bytes: Vec<u8>,
}

pub fn rewrite(message: &[u8], dice: &mut Dice) -> Vec<u8> {
    write(Kind::Request, message, dice)
}

fn write(kind: Kind, message: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut fields = Vec::new();
    for (number, wire, payload) in split(message) {
        let inner = child(kind, number);
        if wire == 2 && inner != Kind::Scalar {
            // A single message may come in parts, which are merged.
            let parts = match inner {
                Kind::Resource | Kind::Scope | Kind::Status if dice.one_in(3) => halves(payload),
                _ => vec![payload.to_vec()],
            };
            for part in parts {
                let bytes = field(number, 2, &write(inner, &part, dice), dice);
                fields.push(Field { number, bytes });
            }
        } else {
            let is_scalar = matches!(
                (kind, number),
                (Kind::Span, 1 | 2 | 4..=8) | (Kind::Scope | Kind::KeyValue, 1)
            );
            if is_scalar && dice.one_in(8) {
                let bytes = field(number, wire, &replaced(wire), dice);
                fields.push(Field { number, bytes });
            }
            let bytes = field(number, wire, payload, dice);
            fields.push(Field { number, bytes });
        }
    }
    while dice.one_in(4) {
        fields.push(Field {
            number: 1000 + dice.next() % 64,
            bytes: unknown(dice),
        });
    }
    shuffle(fields, dice).into_iter().flatten().collect()
}

/// A value that the right one, which follows, replaces.
fn replaced(wire: u64) -> Vec<u8> {
    match wire {
        0 => vec![3],
        1 => vec![9; 8],
        _ => b"before".to_vec(),
    }
}

fn halves(message: &[u8]) -> Vec<Vec<u8>> {
    let mut parts = vec![Vec::new(), Vec::new()];
    for (index, (number, wire, payload)) in split(message).into_iter().enumerate() {
        plain(number, wire, payload, &mut parts[index % 2]);
    }
    // Fields of one number keep their order only within and across the parts as they stand.
    let joined: Vec<(u64, Vec<u8>)> = parts
        .iter()
        .flat_map(|part| split(part))
        .map(|(number, _, payload)| (number, payload.to_vec()))
        .collect();
    let original: Vec<(u64, Vec<u8>)> = split(message)
        .into_iter()
        .map(|(number, _, payload)| (number, payload.to_vec()))
        .collect();
    let order = |list: &[(u64, Vec<u8>)]| {
        let mut list = list.to_vec();
        list.sort_by_key(|(number, _)| *number);
        list
    };
    if order(&joined) == order(&original) {
        parts
    } else {
        let fields = split(message);
        let (first, rest) = fields.split_at(fields.len() / 2);
        [first, rest]
            .iter()
            .map(|fields| {
                let mut out = Vec::new();
                for (number, wire, payload) in *fields {
                    plain(*number, *wire, payload, &mut out);
                }
                out
            })
            .collect()
    }
}

fn plain(number: u64, wire: u64, payload: &[u8], out: &mut Vec<u8>) {
    varint(number << 3 | wire, 0, out);
    if wire == 2 {
        varint(payload.len() as u64, 0, out);
    }
    out.extend_from_slice(payload);
}

/// Keeps the order of fields with one number; numbers mix.
fn shuffle(mut fields: Vec<Field>, dice: &mut Dice) -> Vec<Vec<u8>> {
    let mut out = Vec::new();
    while !fields.is_empty() {
        let pick = dice.roll(fields.len() as u64) as usize;
        let number = fields[pick].number;
        let first = fields
            .iter()
            .position(|field| field.number == number)
            .unwrap();
        out.push(fields.remove(first).bytes);
    }
    out
}

fn field(number: u64, wire: u64, payload: &[u8], dice: &mut Dice) -> Vec<u8> {
    let mut out = Vec::new();
    varint(number << 3 | wire, padding(dice), &mut out);
    if wire == 2 {
        varint(payload.len() as u64, padding(dice), &mut out);
    }
    out.extend_from_slice(payload);
    out
}

fn padding(dice: &mut Dice) -> usize {
    if dice.one_in(3) {
        dice.roll(4) as usize
    } else {
        0
    }
}

fn unknown(dice: &mut Dice) -> Vec<u8> {
    let number = 1000 + dice.roll(64);
    let wire = [0, 1, 2, 3, 5][dice.roll(5) as usize];
    let mut out = Vec::new();
    varint(number << 3 | wire, padding(dice), &mut out);
    match wire {
        0 => varint(dice.next(), 0, &mut out),
        1 => out.extend_from_slice(&[7; 8]),
        2 => {
            varint(3, padding(dice), &mut out);
            out.extend_from_slice(&[0xff; 3]);
        }
        3 => {
            if dice.one_in(2) {
                out.extend_from_slice(&unknown(dice));
            }
            varint(number << 3 | 4, 0, &mut out);
        }
        _ => out.extend_from_slice(&[7; 4]),
    }
    out
}

fn varint(mut value: u64, padding: usize, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    if padding == 0 {
        out.push(value as u8);
        return;
    }
    out.push(value as u8 | 0x80);
    out.extend(std::iter::repeat_n(0x80, padding - 1));
    out.push(0);
}

/// The fields of a message that prost has written.
fn split(message: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut out = Vec::new();
    let mut rest = message;
    while !rest.is_empty() {
        let key = read(&mut rest);
        let (number, wire) = (key >> 3, key & 7);
        let length = match wire {
            0 => rest.iter().position(|byte| *byte < 0x80).unwrap() + 1,
            1 => 8,
            2 => read(&mut rest) as usize,
            _ => 4,
        };
        let (payload, after) = rest.split_at(length);
        out.push((number, wire, payload));
        rest = after;
    }
    out
}

fn read(rest: &mut &[u8]) -> u64 {
    let mut value = 0;
    for shift in (0..).step_by(7) {
        let byte = rest[0];
        *rest = &rest[1..];
        value |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    value
}
