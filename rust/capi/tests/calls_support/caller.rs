//! A caller of the C interface that does whatever its [`Feed`] says, and asserts what the header promises of any call: a
//! code that it may answer with, no poisoned handle, a buffer that is too small loses nothing, and a damaged snapshot is
//! refused. The tests and the fuzz target `calls` drive it.

use std::ptr;

use betrace::*;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

use super::feed::Feed;
use super::spans::{self, SECOND, START};

const SOURCES: [&str; 4] = [
    include_str!("rules.yaml"),
    "rules:\n  - { id: presence, condition: 'never { a or b }' }\n",
    "rules:\n  - { id: faulty, condition: 'never { x.where( }' }\n",
    "",
];

/// What the caller holds.
struct Caller {
    /// The handles are its own to free.
    is_owner: bool,
    rules: *mut BetraceRules,
    engine: *mut BetraceEngine,
    snapshot: Vec<u8>,
    now: u64,
    /// A failing call's text goes here.
    error: [u8; 40],
}

impl Drop for Caller {
    fn drop(&mut self) {
        if !self.is_owner {
            return;
        }
        // SAFETY: both are NULL or live, and nobody else holds them.
        unsafe {
            betrace_engine_free(self.engine);
            betrace_rules_free(self.rules);
        }
    }
}

/// Asks with a buffer of no byte, then with one byte too few, then with what was said to be enough, until it is: others
/// may have made the answer longer meanwhile. Empty where the call was refused.
fn asked(mut call: impl FnMut(*mut u8, usize, &mut usize) -> i32) -> Vec<u8> {
    let mut needed = 0;
    let code = call(ptr::null_mut(), 0, &mut needed);
    if code == BETRACE_INVALID_ARGUMENT {
        return Vec::new();
    }
    assert_one_of(code, &[BETRACE_BUFFER_TOO_SMALL]);
    assert_eq!(code == BETRACE_OK, needed == 0);
    let mut room = needed.saturating_sub(1);
    loop {
        let mut buffer = vec![0xee; room + GUARD];
        let mut length = 0;
        let code = call(buffer.as_mut_ptr(), room, &mut length);
        assert_one_of(code, &[BETRACE_BUFFER_TOO_SMALL]);
        let written = if code == BETRACE_OK { length } else { 0 };
        assert!(
            buffer[written..].iter().all(|byte| *byte == 0xee),
            "half an answer, or one beyond the buffer"
        );
        if code == BETRACE_OK {
            buffer.truncate(written);
            return buffer;
        }
        assert!(length > room, "{length} bytes did not fit into {room}");
        room = length;
    }
}

/// Bytes behind a buffer that nobody may write.
const GUARD: usize = 16;

fn assert_one_of(code: i32, allowed: &[i32]) {
    assert!(code == BETRACE_OK || allowed.contains(&code), "code {code}");
}

impl Caller {
    fn compile(&mut self, feed: &mut Feed<'_>) {
        let text = match feed.below(SOURCES.len() + 1) {
            0 => {
                let length = usize::from(feed.byte());
                feed.bytes(length)
            }
            which => SOURCES[which - 1].as_bytes(),
        };
        let source = BetraceSource {
            name: b"rules.yaml".as_ptr(),
            name_len: 10,
            text: text.as_ptr(),
            text_len: text.len(),
        };
        // SAFETY: the old handle is given up; what the source points to lives through the call.
        unsafe {
            betrace_rules_free(self.rules);
            assert_eq!(
                betrace_rules_compile(&source, 1, &mut self.rules),
                BETRACE_OK
            );
            let (mut count, mut errors) = (0, 0);
            assert_eq!(
                betrace_rules_count(self.rules, &mut count, &mut errors),
                BETRACE_OK
            );
            for format in [
                BETRACE_REPORT_TEXT,
                BETRACE_REPORT_JSON,
                BETRACE_REPORT_RULES,
            ] {
                let report =
                    asked(|buf, cap, len| betrace_rules_report(self.rules, format, buf, cap, len));
                assert!(errors == 0 || !report.is_empty());
            }
        }
    }

    fn make(&mut self, feed: &mut Feed<'_>) {
        // SAFETY: the old handle is given up; all places are this caller's.
        unsafe {
            let mut settings = std::mem::zeroed::<BetraceSettings>();
            assert_eq!(betrace_settings_init(&mut settings), BETRACE_OK);
            settings.shards = u32::from(feed.byte()) % 4;
            settings.memory_bytes = 1 << (feed.byte() % 24);
            settings.spans_per_trace = u32::from(feed.byte());
            settings.completeness = i32::from(feed.byte()) % 4;
            settings.violation_trace = i32::from(feed.byte()) % 3;
            settings.root_timeout = u64::from(feed.byte()) * SECOND;
            settings.restart_grace = i32::from(feed.byte()) % 2;
            settings.evidence_samples = (self.now % 4) as i32 - 1;
            settings.value_bytes = (self.now % 257) as u32;
            betrace_engine_free(self.engine);
            let mut length = 0;
            let code = betrace_engine_new(
                self.rules,
                &settings,
                self.now,
                &mut self.engine,
                self.error.as_mut_ptr(),
                self.error.len(),
                &mut length,
            );
            assert_one_of(code, &[BETRACE_INVALID_ARGUMENT, BETRACE_FAULTY_RULES]);
            assert_eq!(self.engine.is_null(), code != BETRACE_OK);
        }
    }

    /// Others may end periods meanwhile, so all that is known of a record is that it is whole. A call with facts that are none
    /// answers a record that waits, and is refused where none does: who has others beside him cannot know.
    fn evidence(&mut self, feed: &mut Feed<'_>) {
        let instance = "0".repeat(32);
        let causes = ["start", "period", "stop", "nonsense"];
        let cause = causes[feed.below(if self.is_owner { 4 } else { 3 })];
        let facts = format!(
            "{{\"instance\":\"{instance}\",\"cause\":\"{cause}\",\"now\":{}}}",
            self.now
        );
        let (engine, error) = (self.engine, &mut self.error);
        // SAFETY: the engine is NULL or live, there is no signer, and all places are this caller's.
        let record = asked(|buf, cap, len| unsafe {
            let mut length = 0;
            betrace_engine_evidence(
                engine,
                ptr::null(),
                facts.as_ptr(),
                facts.len(),
                buf,
                cap,
                len,
                error.as_mut_ptr(),
                error.len(),
                &mut length,
            )
        });
        assert!(record.is_empty() || record.starts_with(b"{\"chain\":{") && record.ends_with(b"}"));
    }

    fn consume(&mut self, feed: &mut Feed<'_>) {
        let mut message = spans::message(feed);
        if feed.below(8) == 0 {
            let length = usize::from(feed.byte());
            message.extend_from_slice(feed.bytes(length));
        }
        let (mut pending, mut length) = (0, 0);
        // SAFETY: the engine is NULL or live, and all else is this caller's.
        let code = unsafe {
            betrace_engine_consume(
                self.engine,
                message.as_ptr(),
                message.len(),
                self.now,
                &mut pending,
                self.error.as_mut_ptr(),
                self.error.len(),
                &mut length,
            )
        };
        assert_one_of(code, &[BETRACE_INVALID_ARGUMENT, BETRACE_MALFORMED]);
    }

    fn take(&mut self, limit: usize) {
        let (engine, mut count) = (self.engine, 0);
        // SAFETY: as for `consume`.
        let taken = asked(|buf, cap, len| unsafe {
            betrace_engine_take_violations(engine, limit, buf, cap, len, &mut count)
        });
        if taken.is_empty() {
            return;
        }
        let message = ExportTraceServiceRequest::decode(&*taken).expect("violations are OTLP");
        let scopes = message
            .resource_spans
            .iter()
            .flat_map(|group| &group.scope_spans);
        assert_eq!(scopes.map(|scope| scope.spans.len()).sum::<usize>(), count);
    }

    fn restore(&mut self, feed: &mut Feed<'_>) {
        let mut snapshot = self.snapshot.clone();
        let at = usize::from(feed.byte());
        let flipped = feed.byte();
        let is_damaged = match snapshot.get_mut(at) {
            Some(byte) => {
                *byte ^= flipped;
                flipped != 0
            }
            None => false,
        };
        let mut length = 0;
        // SAFETY: as for `consume`.
        let code = unsafe {
            betrace_engine_restore(
                self.engine,
                snapshot.as_ptr(),
                snapshot.len(),
                self.now,
                self.error.as_mut_ptr(),
                self.error.len(),
                &mut length,
            )
        };
        assert_one_of(code, &[BETRACE_INVALID_ARGUMENT, BETRACE_SNAPSHOT_REFUSED]);
        assert!(!is_damaged || code != BETRACE_OK, "damage was believed");
    }

    fn step(&mut self, feed: &mut Feed<'_>) {
        match feed.below(13) {
            0 => self.compile(feed),
            1 => self.make(feed),
            2 => {
                // SAFETY: given up here, and by nobody else.
                unsafe { betrace_engine_free(self.engine) };
                self.engine = ptr::null_mut();
            }
            3 => self.restore(feed),
            _ => self.step_on_shared(feed),
        }
    }

    /// A call that others may make at the same time.
    fn step_on_shared(&mut self, feed: &mut Feed<'_>) {
        let engine = self.engine;
        // SAFETY: the engine is NULL or live, and all places are this caller's.
        unsafe {
            match feed.below(11) {
                0..=2 => self.consume(feed),
                3 => {
                    let step = i64::from(feed.byte() as i8) << (feed.byte() % 36);
                    self.now = self.now.wrapping_add_signed(step);
                    assert_one_of(
                        betrace_engine_tick(engine, self.now),
                        &[BETRACE_INVALID_ARGUMENT],
                    );
                }
                4 => {
                    let cause = i32::from(feed.byte()) % 3;
                    let code = betrace_engine_close_traces(engine, cause, self.now);
                    assert_one_of(code, &[BETRACE_INVALID_ARGUMENT]);
                }
                5 => self.take(usize::from(feed.byte())),
                6 => {
                    let kind = i32::from(feed.byte()) % 3;
                    self.snapshot =
                        asked(|buf, cap, len| betrace_engine_snapshot(engine, kind, buf, cap, len));
                }
                7 => {
                    let (error, cap, mut length) = (self.error.as_mut_ptr(), self.error.len(), 0);
                    let code = betrace_engine_replace_rules(
                        engine,
                        self.rules,
                        self.now,
                        error,
                        cap,
                        &mut length,
                    );
                    assert_one_of(code, &[BETRACE_INVALID_ARGUMENT, BETRACE_FAULTY_RULES]);
                }
                8 => {
                    let which = i32::from(feed.byte()) % 3;
                    asked(|buf, cap, len| betrace_engine_stats(engine, which, buf, cap, len));
                }
                9 => self.evidence(feed),
                _ => {
                    asked(|buf, cap, len| betrace_engine_wanted(engine, buf, cap, len));
                }
            }
        }
    }
}

/// One sequence of calls, as the choices say.
pub fn sequence(choices: &[u8]) {
    let mut caller = Caller {
        is_owner: true,
        rules: ptr::null_mut(),
        engine: ptr::null_mut(),
        snapshot: Vec::new(),
        now: START,
        error: [0; 40],
    };
    // Most sequences begin with an engine, or they would only try what NULL does.
    caller.compile(&mut Feed(&[1]));
    caller.make(&mut Feed(&[2, 23, 200]));
    let mut feed = Feed(choices);
    while !feed.0.is_empty() {
        caller.step(&mut feed);
    }
}

/// The calls that may come from several threads at once, on one engine, each thread as its choices say.
pub fn side_by_side(choices: &[&[u8]]) {
    let mut owner = Caller {
        is_owner: true,
        rules: ptr::null_mut(),
        engine: ptr::null_mut(),
        snapshot: Vec::new(),
        // By which some keep a ledger and others do not.
        now: START + u64::from(choices[0][0]),
        error: [0; 40],
    };
    owner.compile(&mut Feed(&[1]));
    owner.make(&mut Feed(&[1, 20, 200]));
    let shared = Shared(owner.rules, owner.engine);
    std::thread::scope(|scope| {
        let threads = choices.iter().map(|choices| {
            scope.spawn(move || {
                let Shared(rules, engine) = { shared };
                let mut caller = Caller {
                    is_owner: false,
                    rules,
                    engine,
                    snapshot: Vec::new(),
                    now: START,
                    error: [0; 40],
                };
                let mut feed = Feed(choices);
                while !feed.0.is_empty() {
                    caller.step_on_shared(&mut feed);
                }
            })
        });
        // valgrind's tools know a thread that is joined, and nothing of a scope that waits for its threads.
        let threads: Vec<_> = threads.collect();
        threads
            .into_iter()
            .for_each(|thread| thread.join().unwrap());
    });
}

/// Handles that several threads use; their owner frees them.
#[derive(Clone, Copy)]
struct Shared(*mut BetraceRules, *mut BetraceEngine);

// SAFETY: the header says that handles may be used from several threads at once, but not while they are freed.
unsafe impl Send for Shared {}
