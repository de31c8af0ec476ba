//! Rules, with the texts that they were read from, so that they can be sent to where they are needed.

use std::path::PathBuf;
use std::sync::Arc;

use betrace_cli::embed::NeverApplied;
use betrace_cli::paths;
use betrace_engine::RuleStats;
use betrace_lang::rule::Rule;
use betrace_lang::{Limits, Loaded, Place, SourceFile, load, render_json, render_text};
use pyo3::exceptions::{PyOSError, PyValueError};
use pyo3::prelude::*;

use crate::columns::name_of;

/// What `betrace check --format json` says of one file.
#[pyfunction]
pub fn check(text: &str, name: &str) -> String {
    let files = [SourceFile::new(name, text)];
    let loaded = load(&files, &Limits::default());
    render_json(&loaded.diagnostics, &files, loaded.rule_count)
}

/// The enabled rules of some files without errors.
#[pyclass(frozen, module = "betrace._betrace")]
pub struct Rules {
    files: Vec<SourceFile>,
    pub enabled: Vec<Arc<Rule>>,
    over_traces: Vec<(String, String)>,
}

#[pymethods]
impl Rules {
    /// Of pairs of a name and a text.
    #[new]
    fn new(files: Vec<(String, String)>) -> PyResult<Rules> {
        let files = files.into_iter();
        Rules::faultless(
            files
                .map(|(name, text)| SourceFile::new(name, text))
                .collect(),
        )
    }

    /// Of files, and of directories all `*.yaml` and `*.yml` below.
    #[staticmethod]
    fn read(paths: Vec<PathBuf>) -> PyResult<Rules> {
        let files = paths::rule_files(&paths, &Limits::default());
        Rules::faultless(files.map_err(|error| PyOSError::new_err(error.to_string()))?)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Rules>) -> (Bound<'py, PyAny>, (Vec<(String, String)>,)) {
        let files = slf.get().files.iter();
        let files = files.map(|file| (file.name.to_string(), file.text.to_string()));
        (slf.get_type().into_any(), (files.collect(),))
    }

    fn __len__(&self) -> usize {
        self.enabled.len()
    }

    /// Their ids.
    #[getter]
    fn ids(&self) -> Vec<String> {
        self.enabled
            .iter()
            .map(|rule| rule.id.0.to_string())
            .collect()
    }

    /// Those over many traces: where each stands, as `rules.yaml:3:9`, and its id.
    #[getter]
    fn over_traces(&self) -> Vec<(String, String)> {
        self.over_traces.clone()
    }

    /// Why a rule never came into play, by its figures over all traces; `None`: it did, or may have.
    #[pyo3(signature = (rule, *, violated, satisfied, not_applicable, inconclusive, spans_matched))]
    fn never_applied(
        &self,
        rule: &str,
        violated: u64,
        satisfied: u64,
        not_applicable: u64,
        inconclusive: u64,
        spans_matched: u64,
    ) -> Option<&'static str> {
        let found = self.enabled.iter().find(|known| &*known.id.0 == rule)?;
        let mut stats = RuleStats {
            violated,
            satisfied,
            not_applicable,
            spans_matched,
            ..RuleStats::default()
        };
        if let Some(first) = stats.inconclusive.iter_mut().next() {
            *first = inconclusive;
        }
        NeverApplied::of(found, &stats).map(name_of)
    }
}

impl Rules {
    fn faultless(files: Vec<SourceFile>) -> PyResult<Rules> {
        let Loaded {
            rules, diagnostics, ..
        } = load(&files, &Limits::default());
        let errors: Vec<_> = diagnostics
            .into_iter()
            .filter(|one| one.is_error())
            .collect();
        if !errors.is_empty() {
            return Err(PyValueError::new_err(render_text(&errors, &files, false)));
        }
        let enabled = || rules.iter().filter(|loaded| loaded.rule.enabled);
        let over_traces = enabled().filter(|loaded| loaded.rule.body.over.is_some());
        let over_traces = over_traces.map(|loaded| {
            let Place { file, line, column } = loaded.place;
            let place = format!("{}:{line}:{column}", files[file].name);
            (place, loaded.rule.id.0.to_string())
        });
        Ok(Rules {
            over_traces: over_traces.collect(),
            enabled: enabled().map(|loaded| loaded.rule.clone()).collect(),
            files,
        })
    }
}
