//! The cursor alone on any bytes: no panic, a fault lies inside the message, and what was told of each span can be read.
//! `scan` holds it against prost.
#![no_main]

#[path = "../../engine/tests/scan_support/reading.rs"]
#[allow(dead_code)]
mod reading;
#[path = "../../engine/tests/scan_support/words.rs"]
#[allow(dead_code)]
mod words;

use std::cell::RefCell;

use betrace_engine::internals::{FieldId, MatchScratch, Matcher, MatcherBuilder};
use libfuzzer_sys::fuzz_target;

struct Reader {
    matcher: Matcher,
    scratch: MatchScratch,
    ids: Vec<FieldId>,
}

impl Reader {
    fn new() -> Reader {
        let mut builder = MatcherBuilder::new();
        let fields = reading::fields();
        let ids = fields.iter().map(|field| builder.field(field)).collect();
        let matcher = builder.build();
        Reader {
            scratch: matcher.scratch(),
            matcher,
            ids,
        }
    }
}

thread_local! {
    static READER: RefCell<Reader> = RefCell::new(Reader::new());
}

fuzz_target!(|bytes: &[u8]| READER.with_borrow_mut(|reader| {
    let mut spans = 0;
    let ids = &reader.ids;
    let result = reader.matcher.scan(bytes, &mut reader.scratch, |view, _| {
        spans += 1;
        std::hint::black_box(view.digest());
        for id in ids {
            std::hint::black_box(view.owned(*id));
        }
    });
    match result {
        Ok(stats) => assert!(stats.malformed + spans <= bytes.len() as u64),
        Err(error) => assert!(error.offset <= bytes.len()),
    }
}));
