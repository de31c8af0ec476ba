//! Records of a trace that has nothing else.

use super::*;
use crate::intern::FieldKey;
use crate::state::texts::NAME_BYTES;
use crate::value::OwnedValue;

/// The records of a trace that has nothing else.
struct Alone {
    block: Block,
    pool: BlockPool,
    apart: Option<Box<SetApart>>,
}

impl Alone {
    fn new() -> Alone {
        Alone {
            block: Block::default(),
            pool: BlockPool::default(),
            apart: None,
        }
    }

    fn change(&mut self) -> RecordsMut<'_> {
        RecordsMut {
            block: &mut self.block,
            pool: &mut self.pool,
            apart: &mut self.apart,
            parents: Parents::OfRecorded,
        }
    }

    fn kept(&self) -> Option<&Kept> {
        self.apart.as_ref()?.kept.as_deref()
    }

    fn read(&self) -> Records<'_> {
        Records {
            block: &self.block,
            seen: Seen::of(&self.block, None, Parents::OfRecorded),
            kept: self.kept(),
        }
    }

    fn held(&mut self, name: &[u8]) -> RecordId {
        let id = self.change().add(NewRecord {
            span: 0,
            parent: [0; 8],
            start: EventTime(1),
            end: EventTime(2),
            name,
            service: b"shop",
            key: HashKey::new(1),
            arrived: None,
        });
        self.change().hold(id);
        id
    }
}

#[test]
fn a_record_reads_as_it_was_written() {
    let record = PackedRecord {
        start: EventTime(3),
        end: EventTime(4),
        span: 5,
        name: TextId(6),
        service: TextId(7),
        refs: 8,
        parent: [9; 8],
    };
    assert_eq!(PackedRecord::unpacked(&record.packed()), record);
}

#[test]
fn a_released_record_gives_its_place_back() {
    let mut alone = Alone::new();
    let first = alone.held(b"a");
    let second = alone.held(b"b");
    alone.change().hold(second);
    alone.change().release(first);
    alone.change().release(second);
    let third = alone.held(b"a");
    assert_eq!(third, first);
    let (records, texts) = (alone.read(), &alone.pool.texts);
    assert_eq!(texts.get(records.get(second).name), b"b");
    assert_eq!(texts.get(records.get(third).service), b"shop");
}

#[test]
fn texts_go_with_the_records_that_name_them() {
    let mut alone = Alone::new();
    let [first, second] = [b"a", b"b"].map(|name| alone.held(name));
    let [gone, kept] = [first, second].map(|record| alone.read().get(record).name);
    alone.change().release(first);
    let texts = &alone.pool.texts;
    assert_eq!((texts.get(gone), texts.get(kept)), (&b""[..], &b"b"[..]));
    alone.change().release_texts();
    assert_eq!(alone.pool.texts.get(kept), b"");
}

#[test]
fn a_released_record_gives_back_what_was_kept_of_its_span() {
    let field = FieldKey(7);
    let mut alone = Alone::new();
    alone.held(b"a");
    let bytes = |alone: &Alone| alone.kept().map_or(0, Kept::heap_bytes);
    for _ in 0..3 {
        let id = alone.held(b"b");
        alone.change().project(id, 1, |projection| {
            projection.keep(field, || OwnedValue::Text([b'x'; 100].into()))
        });
        assert!(bytes(&alone) >= 100);
        alone.change().release(id);
    }
    assert!(bytes(&alone) < 400);
    assert_eq!(alone.kept().unwrap().projections.len(), 1);
    let next = alone.held(b"c");
    assert_eq!(alone.read().projection(next).unwrap().value(field), None);
}

#[test]
fn names_are_kept_bounded() {
    let mut alone = Alone::new();
    let id = alone.held(&[b'x'; 1000]);
    let name = alone.read().get(id).name;
    assert_eq!(alone.pool.texts.get(name).len(), NAME_BYTES);
}
