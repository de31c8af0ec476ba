//! Evidence records: what an engine counted in a period, signed and chained.

use betrace_evidence::{Facts, Signer, canonical, seal};
use libc::size_t;

use crate::code::{BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT, BETRACE_OK, guard};
use crate::engine::{BetraceEngine, on_engine};
use crate::memory::{Answer, Out, Place, borrow, explain, handle};

/// A key that signs evidence records. It never changes, and may be used from several threads at once.
pub struct BetraceSigner {
    signer: Signer,
}

/// Reads an Ed25519 private key in PEM (PKCS #8), as `openssl genpkey -algorithm ed25519` writes it.
///
/// @param pem      the key; the library keeps what it needs of it, wipes that when the handle is freed, and never writes it
///                 anywhere
/// @param previous the key before it, which signs the record of the hand-over too; none where previous_len is 0
/// @param signer   receives the handle; free it by betrace_signer_free
/// @param err_buf,err_cap,err_len  receive a text about BETRACE_INVALID_ARGUMENT, as in betrace_engine_new
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED (no handle was made)
///
/// # Safety
/// `pem` and `previous` must be readable, `signer` and the error buffer must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_signer_new(
    pem: *const u8,
    pem_len: size_t,
    previous: *const u8,
    previous_len: size_t,
    signer: *mut *mut BetraceSigner,
    err_buf: *mut u8,
    err_cap: size_t,
    err_len: *mut size_t,
) -> i32 {
    guard(|| {
        let answer = || -> Answer<i32> {
            // SAFETY: the same contract.
            let (place, error, pem, previous) = unsafe {
                (
                    Place::new(signer)?,
                    Out::wanted(err_buf, err_cap, err_len)?,
                    borrow(pem, pem_len)?,
                    borrow(previous, previous_len)?,
                )
            };
            place.set(std::ptr::null_mut());
            let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
            let previous = (!previous.is_empty()).then(|| text(previous));
            match Signer::of_pem(text(pem), previous) {
                Ok(signer) => {
                    place.set(Box::into_raw(Box::new(BetraceSigner { signer })));
                    Ok(BETRACE_OK)
                }
                Err(fault) => {
                    explain(&error, &fault.to_string());
                    Err(BETRACE_INVALID_ARGUMENT)
                }
            }
        };
        answer().unwrap_or_else(|code| code)
    })
}

/// Frees the handle and wipes its key. NULL is allowed and does nothing.
///
/// # Safety
/// `signer` must be NULL, or a live handle that no thread uses any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_signer_free(signer: *mut BetraceSigner) {
    guard(|| {
        if signer.is_null() || !signer.is_aligned() {
            return BETRACE_INVALID_ARGUMENT;
        }
        // SAFETY: made by `Box::into_raw` in `betrace_signer_new`, and given up by the caller.
        drop(unsafe { Box::from_raw(signer) });
        BETRACE_OK
    });
}

/// Ends a period and writes its evidence record, as JSON: {"chain":{...},"envelope":{...}}. The envelope, as it stands there,
/// is the record; the chain is for the next call. Where rules were replaced since the last call the oldest period of such
/// rules is told first, with the cause "reload", whatever the caller says; call again for the rest.
///
/// Where the buffer is too small the record waits for the next call, which answers the same one (whatever its facts).
///
/// @param signer signs the record; NULL: it says that it is unsigned
/// @param facts  what the caller knows, as JSON: {"chain":as answered last or null,"instance":32 hexadecimal digits of a chain
///               that begins,"cause":"start|period|stop","now":nanoseconds since 1970,"producer":{"processor","pipeline"},
///               "chain_lost":b,"violations_lost":{cause:n},"clock":{"jumps":n,"forward_ms":n,"back_ms":n},
///               "records":{"failed":n,"dropped":n}}; all but instance, cause and now may be left out
/// @param err_buf,err_cap,err_len  receive a text about BETRACE_INVALID_ARGUMENT, as in betrace_engine_new
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT (facts that are none, or an engine whose settings
///         ask for no evidence), BETRACE_POISONED
///
/// # Safety
/// `engine` must be a live handle, `signer` one or NULL; `facts_len` bytes at `facts` must be readable; `cap` bytes at `buf`,
/// `len` and the error buffer must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_engine_evidence(
    engine: *const BetraceEngine,
    signer: *const BetraceSigner,
    facts: *const u8,
    facts_len: size_t,
    buf: *mut u8,
    cap: size_t,
    len: *mut size_t,
    err_buf: *mut u8,
    err_cap: size_t,
    err_len: *mut size_t,
) -> i32 {
    // SAFETY: the same contract.
    unsafe {
        on_engine(engine, |engine| {
            let error = Out::wanted(err_buf, err_cap, err_len)?;
            let out = Out::new(buf, cap, len)?;
            let facts = borrow(facts, facts_len)?;
            let signer = if signer.is_null() {
                None
            } else {
                Some(&handle(signer)?.signer)
            };
            let mut waiting = engine.record.lock();
            let record = match waiting.take() {
                Some(record) => record,
                None => engine.record_of(facts, signer).map_err(|fault| {
                    explain(&error, &fault);
                    BETRACE_INVALID_ARGUMENT
                })?,
            };
            let code = out.write(&record);
            if code == BETRACE_BUFFER_TOO_SMALL {
                *waiting = Some(record);
            }
            Ok(code)
        })
    }
}

fn is_instance(name: &str) -> bool {
    name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl BetraceEngine {
    fn record_of(&self, facts: &[u8], signer: Option<&Signer>) -> Result<Vec<u8>, String> {
        let facts: Facts =
            serde_json::from_slice(facts).map_err(|error| format!("the facts: {error}"))?;
        if !is_instance(&facts.instance) {
            return Err("the facts: `instance` is not 32 hexadecimal digits".to_owned());
        }
        let Some(period) = self.engine.take_period() else {
            return Err("the engine's settings ask for no evidence".to_owned());
        };
        Ok(canonical(&seal(&period, &facts, signer)))
    }
}
