//! Rules as a handle: compiled once, with everything that is wrong with them.

use std::sync::Arc;

use betrace_lang::codes::DiagnosticSeverity;
use betrace_lang::rule::Rule;
use betrace_lang::{Diagnostic, Limits, LoadedRule, SourceFile};
use libc::size_t;
use once_cell::sync::OnceCell;
use serde::Serialize;

use crate::code::{BETRACE_INVALID_ARGUMENT, BETRACE_OK, BETRACE_POISONED, guard};
use crate::heap;
use crate::memory::{Answer, Out, Place, borrow, handle};

/// One rule file. The library copies what it needs; both texts may be freed after the call.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct BetraceSource {
    /// The file's name as reports show it, in UTF-8 without a closing NUL.
    pub name: *const u8,
    pub name_len: size_t,
    /// The file's content.
    pub text: *const u8,
    pub text_len: size_t,
}

/// A compiled rule set. It never changes, and may be used from several threads at once.
#[derive(Debug)]
pub struct BetraceRules {
    loaded: Vec<LoadedRule>,
    /// The enabled ones of a set without errors, gathered when an engine first asks for them.
    checked: OnceCell<Vec<Arc<Rule>>>,
    files: Vec<SourceFile>,
    diagnostics: Vec<Diagnostic>,
    count: size_t,
}

#[derive(Serialize)]
struct Listed<'r> {
    id: &'r str,
    name: Option<&'r str>,
    severity: &'static str,
    hash: String,
    file: &'r str,
    line: u32,
}

impl BetraceRules {
    fn text_bytes(&self) -> usize {
        self.files.iter().map(|file| file.text.len()).sum()
    }

    /// The rules that an engine evaluates.
    fn listed(&self) -> Vec<Listed<'_>> {
        let enabled = self.loaded.iter().filter(|loaded| loaded.rule.enabled);
        let listed = enabled.map(|loaded| {
            let rule = &*loaded.rule;
            let file = self.files.get(loaded.place.file);
            Listed {
                id: &rule.id.0,
                name: rule.name.as_deref(),
                severity: rule.severity.as_str(),
                hash: rule
                    .hash
                    .0
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                file: file.map_or("", |file| &file.name),
                line: loaded.place.line,
            }
        });
        listed.collect()
    }

    fn errors(&self) -> usize {
        self.diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == DiagnosticSeverity::Error)
            .count()
    }

    /// What an engine takes: a set with an error is none.
    pub(crate) fn checked(&self) -> Result<Vec<Arc<Rule>>, String> {
        let rules = self.checked.get_or_try_init(|| match self.errors() {
            0 => Ok(self
                .loaded
                .iter()
                .map(|loaded| &loaded.rule)
                .filter(|rule| rule.enabled)
                .cloned()
                .collect()),
            1 => Err("the rules have an error".to_owned()),
            errors => Err(format!("the rules have {errors} errors")),
        });
        rules.cloned()
    }
}

/// Compiling takes some thirty times the bytes of the texts, in the memory of whichever thread does it. From so many bytes on
/// it is handed back once the set is freed, or each thread that ever compiled would hold it for good.
const LARGE_SET: usize = 64 << 10;

/// For people: code, place, source line, caret, help.
pub const BETRACE_REPORT_TEXT: i32 = 0;
/// For programs: {"diagnostics":[{"code","severity","file","line","column",...}],"rules":n}.
pub const BETRACE_REPORT_JSON: i32 = 1;

/// For programs, which rules there are that an engine evaluates, in their order:
/// [{"id","name","severity","hash","file","line"}]. The hash is that of betrace.rule.hash.
pub const BETRACE_REPORT_RULES: i32 = 2;

/// Compiles rule files. Faults in them do not make the call fail: ask betrace_rules_count whether
/// there are errors and betrace_rules_report which.
///
/// @param sources `count` rule files; names need not be different
/// @param rules   receives the handle; free it by betrace_rules_free
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED (no handle was made)
///
/// # Safety
/// The sources and what they point to must be readable, `rules` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_compile(
    sources: *const BetraceSource,
    count: size_t,
    rules: *mut *mut BetraceRules,
) -> i32 {
    // SAFETY: the same contract.
    unsafe { betrace_rules_compile_within(sources, count, 0, 0, rules) }
}

/// Compiles rule files as betrace_rules_compile does, and warns of rules whose deadlines (`within`) are longer
/// than a trace is kept open.
///
/// @param longest_deadline  max_age less idle_timeout of the engine, in nanoseconds; 0: with their defaults
/// @param rules_bytes  what the rules may hold in memory once they are in use (see betrace_rules_bytes); more is an error
///                 of the rule that passes it. 0: 128 MiB
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT, BETRACE_POISONED (no handle was made)
///
/// # Safety
/// As for betrace_rules_compile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_compile_within(
    sources: *const BetraceSource,
    count: size_t,
    longest_deadline: u64,
    rules_bytes: u64,
    rules: *mut *mut BetraceRules,
) -> i32 {
    guard(|| {
        // SAFETY: the same contract.
        let place = match unsafe { Place::new(rules) } {
            Ok(place) => place,
            Err(code) => return code,
        };
        place.set(std::ptr::null_mut());
        // SAFETY: the same contract.
        match unsafe { read_sources(sources, count) } {
            Ok(files) => {
                place.set(Box::into_raw(Box::new(compile(
                    files,
                    longest_deadline,
                    rules_bytes,
                ))));
                BETRACE_OK
            }
            Err(code) => code,
        }
    })
}

/// # Safety
/// As for [`betrace_rules_compile`].
unsafe fn read_sources(sources: *const BetraceSource, count: usize) -> Answer<Vec<SourceFile>> {
    // SAFETY: the same contract.
    let sources = unsafe { borrow(sources, count) }?;
    sources
        .iter()
        .map(|source| {
            // SAFETY: the same contract.
            let (name, text) = unsafe {
                (
                    borrow(source.name, source.name_len)?,
                    borrow(source.text, source.text_len)?,
                )
            };
            Ok(SourceFile::from_bytes(String::from_utf8_lossy(name), text))
        })
        .collect()
}

/// Writes which files these use (`use:`) that are not among them, as JSON: a list of names, without `.` and `..`, each
/// relative to what the names of the sources are relative to. Whoever reads rule files adds those that may be read and
/// asks again; what is still missing when the files are compiled is an error in the report.
///
/// @param sources `count` rule files, as for betrace_rules_compile
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT
///
/// # Safety
/// The sources and what they point to must be readable; `cap` bytes at `buf`, and `len`, must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_missing_files(
    sources: *const BetraceSource,
    count: size_t,
    buf: *mut u8,
    cap: size_t,
    len: *mut size_t,
) -> i32 {
    guard(|| {
        // SAFETY: the same contract.
        let (files, out) = match unsafe { (read_sources(sources, count), Out::new(buf, cap, len)) }
        {
            (Ok(files), Ok(out)) => (files, out),
            (Err(code), _) | (_, Err(code)) => return code,
        };
        let names = betrace_lang::missing_files(&files, &Limits::default());
        match serde_json::to_vec(&names) {
            Ok(text) => out.write(&text),
            Err(_) => BETRACE_POISONED,
        }
    })
}

fn compile(files: Vec<SourceFile>, longest_deadline: u64, rules_bytes: u64) -> BetraceRules {
    let mut limits = Limits::default();
    if longest_deadline > 0 {
        limits.longest_deadline = longest_deadline;
    }
    if rules_bytes > 0 {
        limits.rules_bytes = usize::try_from(rules_bytes).unwrap_or(usize::MAX);
    }
    let loaded = betrace_lang::load(&files, &limits);
    BetraceRules {
        loaded: loaded.rules,
        checked: OnceCell::new(),
        files,
        diagnostics: loaded.diagnostics,
        count: loaded.rule_count,
    }
}

/// Counts.
///
/// @param rules  NULL is BETRACE_INVALID_ARGUMENT
/// @param count  receives how many rules were read, faulty and disabled ones too; may be NULL
/// @param errors receives how many errors there are; may be NULL. Only a set without errors can be
///               given to an engine.
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
///
/// # Safety
/// `rules` must be a live handle; `count` and `errors` must be writable or NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_count(
    rules: *const BetraceRules,
    count: *mut size_t,
    errors: *mut size_t,
) -> i32 {
    guard(|| {
        let answer = || -> Answer<()> {
            // SAFETY: the same contract.
            let (rules, count, errors) = unsafe {
                (
                    handle(rules)?,
                    Place::wanted(count)?,
                    Place::wanted(errors)?,
                )
            };
            if let Some(place) = count {
                place.set(rules.count);
            }
            if let Some(place) = errors {
                place.set(rules.errors());
            }
            Ok(())
        };
        answer().err().unwrap_or(BETRACE_OK)
    })
}

/// Counts the rules that an engine made from them evaluates: those without faults that are enabled.
///
/// @param rules NULL is BETRACE_INVALID_ARGUMENT
/// @param count receives the number
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
///
/// # Safety
/// `rules` must be a live handle; `count` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_count_enabled(
    rules: *const BetraceRules,
    count: *mut size_t,
) -> i32 {
    guard(|| {
        // SAFETY: the same contract.
        let (Ok(rules), Ok(count)) = (unsafe { (handle(rules), Place::new(count)) }) else {
            return BETRACE_INVALID_ARGUMENT;
        };
        let enabled = rules.loaded.iter().filter(|loaded| loaded.rule.enabled);
        count.set(enabled.count());
        BETRACE_OK
    })
}

/// Says what the enabled rules hold in memory once an engine uses them, beside what traces take: about, and mostly their
/// regular expressions as compiled, equal ones once.
///
/// @param rules NULL is BETRACE_INVALID_ARGUMENT
/// @param bytes receives the number
/// @return BETRACE_OK, BETRACE_INVALID_ARGUMENT
///
/// # Safety
/// `rules` must be a live handle; `bytes` must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_bytes(rules: *const BetraceRules, bytes: *mut u64) -> i32 {
    guard(|| {
        // SAFETY: the same contract.
        let (Ok(rules), Ok(bytes)) = (unsafe { (handle(rules), Place::new(bytes)) }) else {
            return BETRACE_INVALID_ARGUMENT;
        };
        bytes.set(rules.loaded.iter().map(|one| one.bytes as u64).sum());
        BETRACE_OK
    })
}

/// Writes everything that is to be said about the rules: as text errors first, then warnings and notes, each in their
/// order in the files; as JSON all in their order in the files. UTF-8 without a closing NUL; the text form is empty where
/// there is nothing to say.
///
/// @param format BETRACE_REPORT_TEXT, BETRACE_REPORT_JSON or BETRACE_REPORT_RULES
/// @return BETRACE_OK, BETRACE_BUFFER_TOO_SMALL, BETRACE_INVALID_ARGUMENT
///
/// # Safety
/// `rules` must be a live handle; `cap` bytes at `buf`, and `len`, must be writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_report(
    rules: *const BetraceRules,
    format: i32,
    buf: *mut u8,
    cap: size_t,
    len: *mut size_t,
) -> i32 {
    guard(|| {
        // SAFETY: the same contract.
        let (Ok(rules), Ok(out)) = (unsafe { (handle(rules), Out::new(buf, cap, len)) }) else {
            return BETRACE_INVALID_ARGUMENT;
        };
        let text = match format {
            BETRACE_REPORT_TEXT => {
                betrace_lang::render_text(&rules.diagnostics, &rules.files, false)
            }
            BETRACE_REPORT_JSON => {
                betrace_lang::render_json(&rules.diagnostics, &rules.files, rules.count)
            }
            BETRACE_REPORT_RULES => match serde_json::to_string(&rules.listed()) {
                Ok(text) => text,
                Err(_) => return BETRACE_POISONED,
            },
            _ => return BETRACE_INVALID_ARGUMENT,
        };
        out.write(text.as_bytes())
    })
}

/// Frees the handle. Engines made from it go on. NULL is allowed and does nothing.
///
/// # Safety
/// `rules` must be NULL, or a live handle that nobody uses any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn betrace_rules_free(rules: *mut BetraceRules) {
    guard(|| {
        if rules.is_null() || !rules.is_aligned() {
            return BETRACE_POISONED;
        }
        // SAFETY: made by `Box::into_raw` in `betrace_rules_compile`, and given up by the caller.
        let rules = unsafe { Box::from_raw(rules) };
        let is_large = rules.text_bytes() >= LARGE_SET;
        drop(rules);
        if is_large {
            heap::give_back();
        }
        BETRACE_OK
    });
}
