//! The engine as a handle. A panic inside poisons the handle and nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use betrace_engine::{CloseCause, Engine, SnapshotKind, Timestamp, encode_violations};
use betrace_lang::rule::Rule;
use libc::size_t;

#[cfg(helgrind)]
use betrace_pthread::Mutex;
#[cfg(not(helgrind))]
use parking_lot::Mutex;

use crate::code::{
    BETRACE_BUFFER_TOO_SMALL, BETRACE_FAULTY_RULES, BETRACE_INVALID_ARGUMENT, BETRACE_MALFORMED,
    BETRACE_OK, BETRACE_POISONED, guard,
};
use crate::heap;
use crate::memory::{Answer, Out, Place, borrow, explain, handle};
use crate::rules::BetraceRules;
use crate::settings::{BetraceSettings, Writing};

/// The rules for an engine that writes violations so, or why there are none.
fn faultless(
    rules: &BetraceRules,
    writing: &Writing,
    error: &Option<Out>,
) -> Answer<Vec<Arc<Rule>>> {
    let rules = rules.checked().map_err(|fault| {
        explain(error, &fault);
        BETRACE_FAULTY_RULES
    })?;
    let shown = rules.iter().map(|rule| writing.withheld.out_of(rule));
    Ok(shown.collect())
}

/// Evaluates one rule set over the spans that it is given. All functions but betrace_engine_free may
/// be called from several threads at once.
pub struct BetraceEngine {
    pub(crate) engine: Engine,
    writing: Writing,
    /// Violations that were taken from the engine and did not fit into the caller's buffer.
    outbox: Mutex<Option<Outbox>>,
    /// An evidence record that did not.
    pub(crate) record: Mutex<Option<Vec<u8>>>,
    /// Likewise a snapshot of this kind: of a large state it takes a while, and as much memory again.
    pub(crate) snapshot: Mutex<Option<(SnapshotKind, Vec<u8>)>>,
    poisoned: AtomicBool,
}

struct Outbox {
    message: Vec<u8>,
    count: size_t,
}

/// Nothing more will come: traces close as by their idle time.
pub const BETRACE_CLOSE_END_OF_INPUT: i32 = 0;
/// The process stops: what is unknown of live traces ends inconclusive.
pub const BETRACE_CLOSE_SHUTDOWN: i32 = 1;

/// Runs `call` on a sound engine; a panic makes it unsound for ever.
///
/// # Safety
/// `engine` must be NULL or a live handle.
pub(crate) unsafe fn on_engine(
    engine: *const BetraceEngine,
    call: impl FnOnce(&BetraceEngine) -> Answer<i32>,
) -> i32 {
    // SAFETY: the same contract.
    let engine = match unsafe { handle(engine) } {
        Ok(engine) => engine,
        Err(code) => return code,
    };
    if engine.poisoned.load(Ordering::Acquire) {
        return BETRACE_POISONED;
    }
    let code = guard(|| call(engine).unwrap_or_else(|code| code));
    if code == BETRACE_POISONED {
        engine.poisoned.store(true, Ordering::Release);
    }
    code
}

/// Makes an engine.
///
/// @param rules    a set without errors; the engine keeps what it needs, the handle may be freed
/// @param settings from betrace_settings_init; what it points to is read during the call only
/// @param now      the time, nanoseconds since 1970, as in all calls; an engine's time never goes back
/// @param engine   receives the handle; free it by betrace_engine_free
/// @param err_buf,err_cap,err_len  receive a text about BETRACE_FAULTY_RULES, cut where it does not
///                 fit; err_len (may be NULL) receives the length of the whole text
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_FAULTY_RULES, BETRACE_POISONED (no handle was made)
///
/// # Safety
/// `rules` must be a live handle, `settings` readable, `engine` writable, the error buffer writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_new(
    rules: *const BetraceRules,
    settings: *const BetraceSettings,
    now: u64,
    engine: *mut *mut BetraceEngine,
    err_buf: *mut u8,
    err_cap: size_t,
    err_len: *mut size_t,
) -> i32 {
    guard(|| {
        let answer = || -> Answer<i32> {
            // SAFETY: the same contract.
            let (place, error, rules, settings) = unsafe {
                (
                    Place::new(engine)?,
                    Out::wanted(err_buf, err_cap, err_len)?,
                    handle(rules)?,
                    handle(settings)?,
                )
            };
            place.set(std::ptr::null_mut());
            // SAFETY: the same contract, of what the settings point to.
            let (settings, writing) = unsafe { settings.checked() }?;
            let rules = faultless(rules, &writing, &error)?;
            match Engine::new(rules, settings, Timestamp(now)) {
                Ok(engine) => {
                    place.set(Box::into_raw(Box::new(BetraceEngine {
                        engine,
                        writing,
                        outbox: Mutex::new(None),
                        record: Mutex::new(None),
                        snapshot: Mutex::new(None),
                        poisoned: AtomicBool::new(false),
                    })));
                    Ok(BETRACE_OK)
                }
                Err(fault) => {
                    explain(&error, &fault.to_string());
                    Err(BETRACE_FAULTY_RULES)
                }
            }
        };
        answer().unwrap_or_else(|code| code)
    })
}

/// Writes which fields of a span the rules read, as JSON:
/// {"span_attributes":[...],"resource_attributes":[...],"instrumentation_attributes":[...],
/// "event_attributes":[...],"link_attributes":[...],"event_names":b,"event_times":b,"link_ids":b,
/// "status":b,"status_message":b,"scope_version":b}. A key that is read from the span, else the resource, is in both lists.
/// A message that holds these fields and ids, parent id, name, kind, times, service.name, the scope's
/// name (and, in scope "betrace", the attributes betrace.violation.id and betrace.mark) gets the same verdicts as the
/// whole message. Ask again after betrace_engine_replace_rules.
///
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_wanted(
    engine: *const BetraceEngine,
    buf: *mut u8,
    cap: size_t,
    len: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            let out = Out::new(buf, cap, len)?;
            let wanted = serde_json::to_vec(&handle.engine.wanted());
            Ok(out.write(&wanted.unwrap_or_default()))
        })
    }
}

/// Evaluates one batch of spans.
///
/// @param otlp    an OTLP ExportTraceServiceRequest (or TracesData) in protobuf; read during the call
///                only
/// @param pending receives how many violations wait to be taken; may be NULL
/// @param err_buf,err_cap,err_len  receive a text about BETRACE_MALFORMED, as in betrace_engine_new
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_MALFORMED, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle; `otlp_len` bytes at `otlp` must be readable and unchanged during
/// the call; `pending` and the error buffer must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_consume(
    engine: *const BetraceEngine,
    otlp: *const u8,
    otlp_len: size_t,
    now: u64,
    pending: *mut u64,
    err_buf: *mut u8,
    err_cap: size_t,
    err_len: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            let otlp = borrow(otlp, otlp_len)?;
            let pending = Place::wanted(pending)?;
            let error = Out::wanted(err_buf, err_cap, err_len)?;
            match handle.engine.consume(otlp, Timestamp(now)) {
                Ok(consumed) => {
                    if let Some(place) = pending {
                        place.set(consumed.queued_findings);
                    }
                    Ok(BETRACE_OK)
                }
                Err(fault) => {
                    explain(&error, &fault.to_string());
                    Err(BETRACE_MALFORMED)
                }
            }
        })
    }
}

/// Closes every trace that is due. Call it about once a second.
///
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_tick(engine: *const BetraceEngine, now: u64) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            handle.engine.tick(Timestamp(now));
            if handle.engine.take_freed() {
                heap::give_back();
            }
            Ok(BETRACE_OK)
        })
    }
}

/// Says that the engines which share the traces are others than before, and until when spans may have gone to another of
/// them than others of their trace: traces that were opened by then, or began before, end inconclusive (moved) for what
/// rests on absence. Call it sooner after the change than traces are idle.
///
/// @param until nanoseconds since 1970; takes the place of an earlier call's. UINT64_MAX: until the next call
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_moved(engine: *const BetraceEngine, until: u64) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            handle.engine.moved(Timestamp(until));
            Ok(BETRACE_OK)
        })
    }
}

/// Closes every live trace.
///
/// @param cause BETRACE_CLOSE_END_OF_INPUT or BETRACE_CLOSE_SHUTDOWN
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_close_traces(
    engine: *const BetraceEngine,
    cause: i32,
    now: u64,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            let cause = match cause {
                BETRACE_CLOSE_END_OF_INPUT => CloseCause::EndOfInput,
                BETRACE_CLOSE_SHUTDOWN => CloseCause::Shutdown,
                _ => return Err(BETRACE_INVALID_ARGUMENT),
            };
            handle.engine.close_traces(Timestamp(now), cause);
            Ok(BETRACE_OK)
        })
    }
}

/// Takes violations, the oldest first, as an OTLP ExportTraceServiceRequest in protobuf.
///
/// Where the buffer is too small the violations wait for the next call, which answers the same ones
/// (whatever its limit).
///
/// @param limit at most so many violations
/// @param len   receives the length of the message; 0 where there is no violation
/// @param count receives how many violations the message holds
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle; `cap` bytes at `buf`, `len` and `count` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_take_violations(
    engine: *const BetraceEngine,
    limit: size_t,
    buf: *mut u8,
    cap: size_t,
    len: *mut size_t,
    count: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |handle| {
            let out = Out::new(buf, cap, len)?;
            let count = Place::new(count)?;
            let mut waiting = handle.outbox.lock();
            let outbox = waiting.take().unwrap_or_else(|| handle.take(limit));
            let code = out.write(&outbox.message);
            count.set(outbox.count);
            if code == BETRACE_BUFFER_TOO_SMALL {
                *waiting = Some(outbox);
            }
            Ok(code)
        })
    }
}

impl BetraceEngine {
    fn take(&self, limit: usize) -> Outbox {
        let findings = self.engine.take_findings(limit);
        Outbox {
            message: encode_violations(&findings, self.writing.trace, self.writing.key.as_ref()),
            count: findings.len(),
        }
    }
}

/// Swaps the rules. A rule whose id and meaning are unchanged keeps its state; one that was added or
/// changed sees the traces that are live or remembered now as incomplete. Where the call fails the
/// old rules go on.
///
/// @param err_buf,err_cap,err_len  receive a text about BETRACE_FAULTY_RULES, as in betrace_engine_new
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_FAULTY_RULES, BETRACE_POISONED
///
/// # Safety
/// `engine` and `rules` must be live handles, the error buffer must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_replace_rules(
    engine: *const BetraceEngine,
    rules: *const BetraceRules,
    now: u64,
    err_buf: *mut u8,
    err_cap: size_t,
    err_len: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |engine| {
            let rules = handle(rules)?;
            let error = Out::wanted(err_buf, err_cap, err_len)?;
            let rules = faultless(rules, &engine.writing, &error)?;
            let replaced = engine.engine.replace_rules(rules, Timestamp(now));
            replaced.map(|()| BETRACE_OK).map_err(|fault| {
                explain(&error, &fault.to_string());
                BETRACE_FAULTY_RULES
            })
        })
    }
}

/// Frees the handle and all its state; a poisoned one too. NULL is allowed and does nothing.
///
/// # Safety
/// `engine` must be NULL, or a live handle that no thread uses any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_free(engine: *mut BetraceEngine) {
    guard(|| {
        if engine.is_null() || !engine.is_aligned() {
            return BETRACE_INVALID_ARGUMENT;
        }
        // SAFETY: made by `Box::into_raw` in `betrace_engine_new`, and given up by the caller.
        drop(unsafe { Box::from_raw(engine) });
        BETRACE_OK
    });
}

/// Panics on purpose inside a call, to show that a panic stays inside. Not in release builds and not
/// in the header.
///
/// # Safety
/// `engine` must be a live handle.
#[cfg(debug_assertions)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_test_panic(engine: *const BetraceEngine) -> i32 {
    // SAFETY: the same contract.
    #[expect(clippy::panic, reason = "this is what the function is for")]
    unsafe {
        on_engine(engine, |_| panic!("on purpose"))
    }
}
