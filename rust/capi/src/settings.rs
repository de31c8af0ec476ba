//! How an engine runs, as C says it.

use std::hash::{BuildHasher, Hasher, RandomState};

use betrace_engine::{Completeness, MarkKey, OwnSpans, Settings, ViolationTrace};
use betrace_lang::rule::{Template, Withheld};

use libc::size_t;

use crate::code::{BETRACE_INVALID_ARGUMENT, BETRACE_OK, guard};
use crate::memory::{Answer, Place, borrow};

/// A trace closed by idle time is complete if a root span came.
pub const BETRACE_COMPLETE_ROOT: i32 = 0;
/// ... if a root came and every span's parent.
pub const BETRACE_COMPLETE_LINKED: i32 = 1;
/// ... in any case.
pub const BETRACE_COMPLETE_IDLE: i32 = 2;

/// A violation span stands in the trace that broke the rule.
pub const BETRACE_TRACE_OFFENDER: i32 = 0;
/// A violation span stands in a trace of its own, linked to the offender.
pub const BETRACE_TRACE_OWN: i32 = 1;

/// Most keys of marks that an engine takes.
pub const BETRACE_MARK_KEYS_MAX: size_t = 8;

/// A secret of 16 to 1024 bytes. The library keeps what it derives from it, and never writes it anywhere.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct BetraceMarkKey {
    pub secret: *const u8,
    pub secret_len: size_t,
}

/// Most names of attributes that an engine withholds, and most bytes of one.
pub const BETRACE_WITHHELD_MAX: size_t = 1000;
pub const BETRACE_WITHHELD_BYTES_MAX: size_t = 256;

/// The key of an attribute, or the beginning of keys and a `*`, in UTF-8.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct BetraceName {
    pub text: *const u8,
    pub text_len: size_t,
}

/// How an engine runs. Fill it by betrace_settings_init and change what you want otherwise.
/// All times are nanoseconds.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct BetraceSettings {
    /// sizeof(betrace_settings), as betrace_settings_init wrote it.
    pub struct_size: size_t,
    /// A trace closes when no span of it came for so long. Default 10 s.
    pub idle_timeout: u64,
    /// While its root has not come (or, with BETRACE_COMPLETE_LINKED, a span's parent), a trace does not close
    /// before no span of it came for so long. Default 60 s.
    pub root_timeout: u64,
    /// A trace closes at the latest so long after its first span came. Default 5 min.
    pub max_age: u64,
    /// How long a closed trace's state is kept for late spans. Default 1 min.
    pub late_window: u64,
    /// How long a closed trace's id alone is kept after that. Default 1 h.
    pub forget_after: u64,
    /// Bound of all state that grows with input, in bytes. Default 256 MiB.
    pub memory_bytes: u64,
    /// Spans of one trace that are evaluated. Default 20000.
    pub spans_per_trace: u32,
    /// Into how many separately locked parts traces are divided, at most 1024; 0 lets the engine choose.
    pub shards: u32,
    /// BETRACE_COMPLETE_*. Default BETRACE_COMPLETE_ROOT.
    pub completeness: i32,
    /// BETRACE_TRACE_*. Default BETRACE_TRACE_OFFENDER.
    pub violation_trace: i32,
    /// Not 0: traces that may have begun before this engine did end inconclusive. Default 1.
    pub restart_grace: i32,
    /// 0 to 1000: what happens is noted by period, for betrace_engine_evidence, with at most so many ids of traces that kept a
    /// rule. Below 0: nothing is noted. Default -1.
    pub evidence_samples: i32,
    /// Keys by which violation spans are known when they come by again, so that no rule judges them: they bear a mark
    /// that the first of these keys made, and those with a mark of any of them are known. At most
    /// BETRACE_MARK_KEYS_MAX; read during betrace_engine_new only. Default none: nothing is marked, and no span is
    /// taken for a violation.
    pub mark_keys: *const BetraceMarkKey,
    pub mark_keys_len: size_t,
    /// Attributes whose values messages do not show: `[withheld]` stands in their place. At most BETRACE_WITHHELD_MAX, each
    /// of 1 to BETRACE_WITHHELD_BYTES_MAX bytes; read during betrace_engine_new only. Default none.
    pub withheld: *const BetraceName,
    pub withheld_len: size_t,
    /// How much messages show of a value, in bytes. 1 to 256. Default 256.
    pub value_bytes: u32,
}

/// How violations are written.
#[derive(Debug)]
pub(crate) struct Writing {
    pub trace: ViolationTrace,
    /// What marks them.
    pub key: Option<MarkKey>,
    /// What their messages do not show.
    pub withheld: Withheld,
}

impl BetraceSettings {
    fn initial() -> BetraceSettings {
        let settings = Settings::default();
        BetraceSettings {
            struct_size: size_of::<BetraceSettings>(),
            idle_timeout: settings.idle_timeout,
            root_timeout: settings.root_timeout,
            max_age: settings.max_age,
            late_window: settings.late_window,
            forget_after: settings.forget_after,
            memory_bytes: settings.memory_bytes,
            spans_per_trace: settings.spans_per_trace,
            shards: 0,
            completeness: BETRACE_COMPLETE_ROOT,
            violation_trace: BETRACE_TRACE_OFFENDER,
            restart_grace: i32::from(settings.restart_grace),
            evidence_samples: -1,
            mark_keys: std::ptr::null(),
            mark_keys_len: 0,
            withheld: std::ptr::null(),
            withheld_len: 0,
            value_bytes: u32::from(Template::MOST_VALUE_BYTES),
        }
    }

    /// # Safety
    /// `mark_keys` and what it points to must be readable.
    unsafe fn marks(&self) -> Answer<Vec<MarkKey>> {
        if self.mark_keys_len > BETRACE_MARK_KEYS_MAX {
            return Err(BETRACE_INVALID_ARGUMENT);
        }
        // SAFETY: the same contract.
        let keys = unsafe { borrow(self.mark_keys, self.mark_keys_len) }?;
        let derived = keys.iter().map(|key| {
            // SAFETY: the same contract.
            let secret = unsafe { borrow(key.secret, key.secret_len) }?;
            MarkKey::new(secret).ok_or(BETRACE_INVALID_ARGUMENT)
        });
        derived.collect()
    }

    /// # Safety
    /// `withheld` and what it points to must be readable.
    unsafe fn hidden(&self) -> Answer<Withheld> {
        let most = u32::from(Template::MOST_VALUE_BYTES);
        if self.withheld_len > BETRACE_WITHHELD_MAX || !(1..=most).contains(&self.value_bytes) {
            return Err(BETRACE_INVALID_ARGUMENT);
        }
        // SAFETY: the same contract.
        let names = unsafe { borrow(self.withheld, self.withheld_len) }?;
        let names = names.iter().map(|name| {
            // SAFETY: the same contract.
            let text = unsafe { borrow(name.text, name.text_len) }?;
            let text = std::str::from_utf8(text).map_err(|_| BETRACE_INVALID_ARGUMENT)?;
            // Elsewhere than at the end an asterisk stands for nothing, and who wrote it would have nothing withheld.
            let begins = text.strip_suffix('*').unwrap_or(text);
            let fits =
                (1..=BETRACE_WITHHELD_BYTES_MAX).contains(&text.len()) && !begins.contains('*');
            fits.then(|| text.to_owned())
                .ok_or(BETRACE_INVALID_ARGUMENT)
        });
        let names: Vec<String> = names.collect::<Answer<_>>()?;
        let value_bytes = u16::try_from(self.value_bytes).map_err(|_| BETRACE_INVALID_ARGUMENT)?;
        Ok(Withheld::new(names, value_bytes))
    }

    /// The settings as the engine has them, and how violations are written.
    ///
    /// # Safety
    /// `mark_keys`, `withheld` and what they point to must be readable.
    pub(crate) unsafe fn checked(&self) -> Answer<(Settings, Writing)> {
        if self.struct_size != size_of::<BetraceSettings>() {
            return Err(BETRACE_INVALID_ARGUMENT);
        }
        // SAFETY: the same contract.
        let (marks, withheld) = unsafe { (self.marks()?, self.hidden()?) };
        let defaults = Settings::default();
        let settings = Settings {
            idle_timeout: self.idle_timeout,
            root_timeout: self.root_timeout,
            max_age: self.max_age,
            late_window: self.late_window,
            forget_after: self.forget_after,
            completeness: match self.completeness {
                BETRACE_COMPLETE_ROOT => Completeness::Root,
                BETRACE_COMPLETE_LINKED => Completeness::Linked,
                BETRACE_COMPLETE_IDLE => Completeness::Idle,
                _ => return Err(BETRACE_INVALID_ARGUMENT),
            },
            memory_bytes: self.memory_bytes,
            spans_per_trace: self.spans_per_trace,
            shards: match self.shards {
                0 => defaults.shards,
                1..=1024 => self.shards,
                _ => return Err(BETRACE_INVALID_ARGUMENT),
            },
            restart_grace: self.restart_grace != 0,
            kept_samples: match self.evidence_samples {
                ..0 => None,
                samples @ 0..=1000 => Some(samples as u16),
                _ => return Err(BETRACE_INVALID_ARGUMENT),
            },
            own_spans: OwnSpans::Marked(marks.clone()),
            // Hosts take spans from strangers, who must not be able to choose colliding trace ids.
            seed: RandomState::new().build_hasher().finish(),
            ..defaults
        };
        let trace = match self.violation_trace {
            BETRACE_TRACE_OFFENDER => ViolationTrace::Offender,
            BETRACE_TRACE_OWN => ViolationTrace::Own,
            _ => return Err(BETRACE_INVALID_ARGUMENT),
        };
        let key = marks.into_iter().next();
        let writing = Writing {
            trace,
            key,
            withheld,
        };
        Ok((settings, writing))
    }
}

/// Fills `settings` with the defaults.
///
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
///
/// # Safety
/// `settings` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_settings_init(settings: *mut BetraceSettings) -> i32 {
    guard(|| {
        // SAFETY: the same contract.
        match unsafe { Place::new(settings) } {
            Ok(place) => {
                place.set(BetraceSettings::initial());
                BETRACE_OK
            }
            Err(code) => code,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(change: impl FnOnce(&mut BetraceSettings)) -> bool {
        let mut settings = BetraceSettings::initial();
        change(&mut settings);
        // SAFETY: whoever changes settings leaves what they point to for as long as the process runs.
        unsafe { settings.checked() }.is_ok()
    }

    fn keys(count: usize) -> &'static [BetraceMarkKey] {
        static SECRET: [u8; 16] = [7; 16];
        let key = BetraceMarkKey {
            secret: SECRET.as_ptr(),
            secret_len: SECRET.len(),
        };
        Box::leak(vec![key; count].into_boxed_slice())
    }

    fn names(count: usize, bytes: usize) -> &'static [BetraceName] {
        static TEXT: [u8; BETRACE_WITHHELD_BYTES_MAX + 1] = [b'n'; BETRACE_WITHHELD_BYTES_MAX + 1];
        let name = BetraceName {
            text: TEXT.as_ptr(),
            text_len: bytes,
        };
        Box::leak(vec![name; count].into_boxed_slice())
    }

    #[test]
    fn keys_of_marks_are_taken_to_their_number_and_refused_beyond() {
        let with = |count| {
            is_taken(|settings| {
                let keys = keys(count);
                (settings.mark_keys, settings.mark_keys_len) = (keys.as_ptr(), keys.len());
            })
        };
        assert!(with(BETRACE_MARK_KEYS_MAX));
        assert!(!with(BETRACE_MARK_KEYS_MAX + 1));
    }

    #[test]
    fn withheld_names_are_taken_to_their_number_and_length_and_refused_beyond() {
        let with = |count, bytes| {
            is_taken(|settings| {
                let names = names(count, bytes);
                (settings.withheld, settings.withheld_len) = (names.as_ptr(), names.len());
            })
        };
        let (most, longest) = (BETRACE_WITHHELD_MAX, BETRACE_WITHHELD_BYTES_MAX);
        assert!(with(most, longest));
        assert!(!with(most + 1, longest));
        assert!(!with(most, longest + 1));
        assert!(with(1, 1) && !with(1, 0));
    }

    #[test]
    fn numbers_are_taken_within_what_the_header_says_and_refused_beyond() {
        for (shards, fits) in [(0, true), (1024, true), (1025, false)] {
            assert_eq!(
                is_taken(|settings| settings.shards = shards),
                fits,
                "{shards}"
            );
        }
        for (samples, fits) in [(i32::MIN, true), (-1, true), (1000, true), (1001, false)] {
            let is_taken = is_taken(|settings| settings.evidence_samples = samples);
            assert_eq!(is_taken, fits, "{samples}");
        }
        for (bytes, fits) in [(0, false), (1, true), (256, true), (257, false)] {
            assert_eq!(
                is_taken(|settings| settings.value_bytes = bytes),
                fits,
                "{bytes}"
            );
        }
    }
}
