//! Spans go in, and when all of them are there, verdicts come out: a replay of files, or of tables one after the other.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use betrace_cli::embed::{Wanted, of_recordings, wanted};
use betrace_cli::paths;
use betrace_cli::traces::{self, At, Outcome, Sink};
use betrace_engine::{CloseCause, Engine, Finding, Settings, Timestamp, TraceId};
use pyo3::exceptions::{PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::columns;
use crate::rules::Rules;
use crate::summary::{RuleSummary, Seen};

/// A replay under way. It holds state of the traces alone, never their spans, and all of it is bounded.
#[pyclass(frozen, module = "betrace._betrace")]
pub struct Session(Mutex<Option<Running>>);

struct Running {
    rules: Vec<Arc<betrace_lang::rule::Rule>>,
    engine: Engine,
    wanted: Wanted,
    told: Told,
}

/// What reading came to, beside spans.
#[derive(Default)]
struct Told {
    faults: Vec<String>,
    notes: Vec<String>,
}

#[pymethods]
impl Session {
    /// `verdicts` as `--verdicts` has them; none: violated, and inconclusive where `when` held.
    #[new]
    fn new(rules: &Rules, verdicts: Vec<String>, memory_mib: u64) -> PyResult<Session> {
        if !(1..=1 << 20).contains(&memory_mib) {
            return Err(PyValueError::new_err("memory_mib is from 1 to 1048576"));
        }
        let wanted = wanted(&verdicts).map_err(PyValueError::new_err)?;
        let settings = Settings {
            report: wanted.report(),
            ..of_recordings(memory_mib)
        };
        let engine = Engine::new(rules.enabled.clone(), settings, Timestamp(0));
        Ok(Session(Mutex::new(Some(Running {
            rules: rules.enabled.clone(),
            engine: engine.map_err(|error| PyValueError::new_err(error.to_string()))?,
            wanted,
            told: Told::default(),
        }))))
    }

    /// Reads files, and of directories every file below, whatever their kinds.
    fn read(&self, py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<()> {
        let inputs = paths::trace_inputs(&paths);
        let inputs = inputs.map_err(|error| PyOSError::new_err(error.to_string()))?;
        if let Some(stdin) = inputs.files.iter().find(|input| input.is_stdin()) {
            return Err(PyValueError::new_err(format!(
                "{} is Python's own",
                stdin.name()
            )));
        }
        py.detach(|| self.running(|running| files(running, &inputs)))
    }

    /// Reads a Parquet file that is in memory: a table with columns of ClickHouse's `otel_traces`.
    fn feed(&self, py: Python<'_>, parquet: &[u8]) -> PyResult<()> {
        let parquet = bytes::Bytes::copy_from_slice(parquet);
        py.detach(|| {
            self.running(|running| {
                let mut feed = Feed {
                    name: "table",
                    running,
                };
                traces::read_table(parquet, &mut feed);
            })
        })
    }

    /// Closes all traces. The session is over.
    fn end(&self, py: Python<'_>) -> PyResult<Replayed> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let running = running.take().ok_or_else(over)?;
        Ok(py.detach(|| running.end()))
    }
}

impl Session {
    fn running<T>(&self, work: impl FnOnce(&mut Running) -> T) -> PyResult<T> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.as_mut().map(work).ok_or_else(over)
    }
}

fn over() -> PyErr {
    PyRuntimeError::new_err("the session is over")
}

/// As `betrace replay` does: what was named must hold traces, a directory in one of its files.
fn files(running: &mut Running, inputs: &paths::TraceInputs) {
    let mut is_barren = vec![true; inputs.directories.len()];
    let (mut empty, mut is_all_empty) = (Vec::new(), true);
    for input in &inputs.files {
        let name = input.name();
        let mut feed = Feed {
            name: &name,
            running,
        };
        let fault = match traces::read_file(&input.path, Arc::default(), &mut feed) {
            Ok(Outcome::Read) => None,
            Ok(Outcome::Empty) => {
                empty.extend(input.directory.is_none().then_some(name));
                continue;
            }
            Ok(Outcome::NotTraces) if input.directory.is_some() => {
                running
                    .told
                    .notes
                    .push(format!("{name}: skipped, not traces"));
                continue;
            }
            Ok(Outcome::NotTraces) => Some("no traces of a kind that is known".to_owned()),
            Err(error) => Some(format!("cannot open: {error}")),
        };
        if let Some(fault) = fault {
            running.told.faults.push(format!("{name}: {fault}"));
        }
        is_all_empty = false;
        if let Some(directory) = input.directory {
            is_barren[directory] = false;
        }
    }
    for name in empty {
        match is_all_empty {
            true => running
                .told
                .faults
                .push(format!("{name}: empty, no traces")),
            false => running.told.notes.push(format!("{name}: empty")),
        }
    }
    for (directory, is_barren) in inputs.directories.iter().zip(is_barren) {
        if is_barren {
            let fault = format!(
                "{}: no recorded traces in this directory",
                directory.display()
            );
            running.told.faults.push(fault);
        }
    }
}

/// Takes what a reader finds to the engine.
struct Feed<'a> {
    name: &'a str,
    running: &'a mut Running,
}

impl Sink for Feed<'_> {
    fn batch(&mut self, otlp: &[u8], at: At) {
        // The time stands still: no trace closes before all of it is there.
        if let Err(error) = self.running.engine.consume(otlp, Timestamp(0)) {
            let at = match at {
                At::Byte(base) => At::Byte(base + error.offset as u64),
                At::Line { .. } | At::Row(_) => at,
            };
            self.broken(at, &error.message);
        }
    }

    fn broken(&mut self, at: At, message: &str) {
        self.running
            .told
            .faults
            .push(format!("{}: {at}: {message}", self.name));
    }

    fn note(&mut self, message: &str) {
        self.running
            .told
            .notes
            .push(format!("{}: {message}", self.name));
    }

    fn partial(&mut self, trace: [u8; 16]) {
        let trace = TraceId(trace);
        self.running.engine.mark_partial(trace);
        let note = "partial by its source's word: what rests on absence is inconclusive";
        self.note(&format!("trace {trace}: {note}"));
    }
}

impl Running {
    fn end(self) -> Replayed {
        let (mut findings, mut seen) = (Vec::new(), Seen::default());
        self.engine
            .drain_traces(Timestamp(0), CloseCause::EndOfInput, |found| {
                for finding in found {
                    seen.note(&finding);
                    if self.wanted.has(&finding) {
                        findings.push(finding);
                    }
                }
            });
        findings.sort_by(|a: &Finding, b: &Finding| {
            (&a.rule.id, a.trace_id, a.violation_id).cmp(&(&b.rule.id, b.trace_id, b.violation_id))
        });
        let stats = self.engine.stats();
        Replayed {
            findings,
            summary: seen.summary(&self.rules, &stats),
            faults: self.told.faults,
            notes: self.told.notes,
            traces: stats.closed_traces,
            spans: stats.spans.evaluated,
            left_out: stats.spans.malformed
                + stats.spans.conflict
                + stats.spans.over_limit
                + stats.spans.late,
        }
    }
}

/// What a replay came to.
#[pyclass(frozen, module = "betrace._betrace")]
pub struct Replayed {
    findings: Vec<Finding>,
    summary: Vec<RuleSummary>,
    /// What could not be read, with its place.
    #[pyo3(get)]
    faults: Vec<String>,
    #[pyo3(get)]
    notes: Vec<String>,
    #[pyo3(get)]
    traces: u64,
    /// Those that rules have seen.
    #[pyo3(get)]
    spans: u64,
    /// Spans without a usable id, that differ from an earlier copy, over the limit of their trace, or late.
    #[pyo3(get)]
    left_out: u64,
}

#[pymethods]
impl Replayed {
    /// How many verdicts there are.
    fn __len__(&self) -> usize {
        self.findings.len()
    }

    /// The verdicts of a range, in the order of rule, trace and violation: by column, a list.
    fn verdicts<'py>(
        &self,
        py: Python<'py>,
        start: usize,
        end: usize,
    ) -> PyResult<Bound<'py, PyDict>> {
        let end = end.min(self.findings.len());
        columns::of_findings(py, &self.findings[start.min(end)..end])
    }

    /// A row a rule, in the order of their ids: by column, a list.
    fn summary<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        columns::of_summary(py, &self.summary)
    }
}
