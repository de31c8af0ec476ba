//! What is asked of a backend, and what its answers lead to.
//!
//! Neither interface has pages. An answer that is as long as it may be is thrown away and each half of its stretch of time asked
//! instead, until all of it fits or the stretch is as short as the backend can tell.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::words::moment;

use super::answer::traces_in;
use super::client::{Refused, without_secret};

const MILLI: u64 = 1_000_000;
const SECOND: u64 = 1000 * MILLI;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Jaeger's API v3.
    Jaeger,
    /// Tempo's search by TraceQL, and its API v2 for each trace that is found.
    Tempo,
}

/// Something to ask for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Which services there are.
    Services,
    /// Traces of a service (empty: whichever) in a stretch of time, in Unix nanoseconds.
    Stretch { service: String, from: u64, to: u64 },
    /// By its id, as the backend writes it.
    Trace(String),
}

/// What is asked.
#[derive(Clone, Debug)]
pub struct Backend {
    pub kind: Kind,
    /// Without a slash at its end.
    pub url: String,
    pub service: Option<String>,
    pub query: Option<String>,
    pub from: u64,
    pub to: u64,
    /// Traces in one answer.
    pub page: usize,
}

/// What an answer comes to.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// To be kept as it is.
    pub keeps: bool,
    pub traces: usize,
    pub further: Vec<Task>,
    /// What is missing, in words.
    pub missing: Option<String>,
    /// Because the backend did not give it, which it may do of one trace or of all.
    pub is_rejected: bool,
}

impl Backend {
    #[must_use]
    pub fn first(&self) -> Task {
        match (self.kind, &self.service) {
            (Kind::Jaeger, None) => Task::Services,
            (Kind::Jaeger, Some(service)) => self.all_of(service.clone()),
            (Kind::Tempo, _) => self.all_of(String::new()),
        }
    }

    fn all_of(&self, service: String) -> Task {
        Task::Stretch {
            service,
            from: self.from,
            to: self.to,
        }
    }

    #[must_use]
    pub fn url_of(&self, task: &Task) -> String {
        let base = &self.url;
        match (self.kind, task) {
            (Kind::Jaeger, Task::Services) => format!("{base}/api/v3/services"),
            (Kind::Jaeger, Task::Stretch { service, from, to }) => format!(
                "{base}/api/v3/traces?query.service_name={}&query.start_time_min={}&query.start_time_max={}&query.search_depth={page}&query.num_traces={page}",
                encoded(service),
                encoded(&rfc3339(*from)),
                encoded(&rfc3339(*to)),
                page = self.page
            ),
            (Kind::Jaeger, Task::Trace(id)) => format!("{base}/api/v3/traces/{}", encoded(id)),
            (Kind::Tempo, Task::Trace(id)) => format!("{base}/api/v2/traces/{}", encoded(id)),
            (Kind::Tempo, Task::Services) => format!("{base}/api/search/tag/service.name/values"),
            (Kind::Tempo, Task::Stretch { from, to, .. }) => format!(
                "{base}/api/search?q={}&start={}&end={}&limit={}&spss=1",
                encoded(&self.traceql()),
                from / SECOND,
                to.div_ceil(SECOND),
                self.page
            ),
        }
    }

    /// What is typed, or the service alone, or everything.
    fn traceql(&self) -> String {
        match (&self.query, &self.service) {
            (Some(query), _) => query.clone(),
            (None, Some(service)) => {
                let service = service.replace('\\', "\\\\").replace('"', "\\\"");
                format!("{{resource.service.name=\"{service}\"}}")
            }
            (None, None) => "{}".to_owned(),
        }
    }

    /// What follows from the answer to `task`.
    ///
    /// # Errors
    /// In words, if it is none that could be.
    pub fn step(&self, task: &Task, answer: Result<&[u8], Refused>) -> Result<Step, String> {
        let bytes = match answer {
            Ok(bytes) => bytes,
            Err(Refused::Failed(why)) => {
                return Err(format!("{}: {why}", without_secret(&self.url)));
            }
            Err(Refused::Rejected(why)) => {
                return match task {
                    Task::Trace(id) => Ok(Step {
                        missing: Some(format!("trace {id}: {why}")),
                        is_rejected: true,
                        ..Step::default()
                    }),
                    Task::Services | Task::Stretch { .. } => Err(why),
                };
            }
            Err(Refused::Nothing) => return Ok(nothing(task)),
            Err(Refused::TooLarge) => {
                return Ok(self.too_much(task, "an answer of more than 96 MiB"));
            }
        };
        match (self.kind, task) {
            (_, Task::Services) => self.services(bytes),
            (Kind::Tempo, Task::Stretch { .. }) => self.found(task, bytes),
            (Kind::Jaeger, Task::Stretch { .. }) => {
                let traces = traces_in(bytes)?;
                if traces >= self.page {
                    let why = format!("{} traces or more", self.page);
                    return Ok(self.too_much(task, &why));
                }
                Ok(kept(traces))
            }
            (_, Task::Trace(_)) => traces_in(bytes).map(kept),
        }
    }

    fn services(&self, bytes: &[u8]) -> Result<Step, String> {
        #[derive(Deserialize)]
        struct Services {
            services: Vec<String>,
        }
        let answer: Services = understood(bytes)?;
        let services: BTreeSet<String> = answer.services.into_iter().collect();
        Ok(Step {
            further: services
                .into_iter()
                .map(|service| self.all_of(service))
                .collect(),
            ..Step::default()
        })
    }

    /// Traces that a search found.
    fn found(&self, task: &Task, bytes: &[u8]) -> Result<Step, String> {
        #[derive(Deserialize)]
        struct Found {
            #[serde(default)]
            traces: Vec<Hit>,
        }
        #[derive(Deserialize)]
        struct Hit {
            #[serde(rename = "traceID")]
            id: String,
        }
        let answer: Found = understood(bytes)?;
        let mut step = Step::default();
        if answer.traces.len() >= self.page {
            step = self.too_much(task, &format!("{} traces or more", self.page));
            if step.missing.is_none() {
                return Ok(step);
            }
        }
        let ids: BTreeSet<String> = answer.traces.into_iter().map(|hit| hit.id).collect();
        step.further.extend(ids.into_iter().map(Task::Trace));
        Ok(step)
    }

    /// Both halves of a stretch, or that it cannot be halved.
    fn too_much(&self, task: &Task, why: &str) -> Step {
        let shortest = match self.kind {
            Kind::Jaeger => MILLI,
            Kind::Tempo => SECOND,
        };
        match task {
            Task::Stretch { service, from, to } if to - from > shortest => {
                let middle = (from + (to - from) / 2) / shortest * shortest;
                let middle = middle.clamp(from + 1, to - 1);
                let half = |from, to| Task::Stretch {
                    service: service.clone(),
                    from,
                    to,
                };
                Step {
                    further: vec![half(*from, middle), half(middle, *to)],
                    ..Step::default()
                }
            }
            Task::Stretch { from, .. } => Step {
                missing: Some(format!("{why} at {}: some are left out", moment(*from))),
                // What came is better than nothing.
                keeps: self.kind == Kind::Jaeger && !why.starts_with("an answer"),
                ..Step::default()
            },
            Task::Trace(id) => Step {
                missing: Some(format!("trace {id}: {why}: it is left out")),
                ..Step::default()
            },
            Task::Services => Step {
                missing: Some(format!("the list of services: {why}")),
                ..Step::default()
            },
        }
    }
}

fn kept(traces: usize) -> Step {
    Step {
        keeps: true,
        traces,
        ..Step::default()
    }
}

/// Of a stretch without traces some versions say 404; a trace that was found a moment ago should be there.
fn nothing(task: &Task) -> Step {
    let missing = match task {
        Task::Stretch { .. } => None,
        Task::Trace(id) => Some(format!("trace {id}: found, and not there any more")),
        Task::Services => {
            Some("no such interface there: is the URL that of its query service?".to_owned())
        }
    };
    Step {
        missing,
        ..Step::default()
    }
}

fn understood<'a, T: Deserialize<'a>>(bytes: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(bytes)
        .map_err(|error| format!("an answer that is not understood: {error}"))
}

/// `2026-11-21T09:55:22.803000001Z`
fn rfc3339(nanos: u64) -> String {
    let text = moment(nanos);
    let date_and_time = text.get(..19).unwrap_or_default().replace(' ', "T");
    format!("{date_and_time}.{:09}Z", nanos % SECOND)
}

/// For a part of a URL: everything but letters, digits and `-._~` becomes `%XX` (RFC 3986, 2.1).
fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn backend(kind: Kind) -> Backend {
        Backend {
            kind,
            url: "http://host/prefix".to_owned(),
            service: Some("shop & co".to_owned()),
            query: None,
            from: 1_795_254_921_119_000_001,
            to: 1_795_254_922_119_000_000,
            page: 2,
        }
    }

    #[test]
    fn urls_name_exactly_what_is_asked_for() {
        let jaeger = backend(Kind::Jaeger);
        assert_eq!(
            jaeger.url_of(&jaeger.first()),
            "http://host/prefix/api/v3/traces?query.service_name=shop%20%26%20co&query.start_time_min=2026-11-21T09%3A55%3A21.119000001Z\
             &query.start_time_max=2026-11-21T09%3A55%3A22.119000000Z&query.search_depth=2&query.num_traces=2"
        );
        let mut tempo = backend(Kind::Tempo);
        tempo.service = Some("a\"b\\".to_owned());
        assert_eq!(
            tempo.url_of(&tempo.first()),
            "http://host/prefix/api/search?q=%7Bresource.service.name%3D%22a%5C%22b%5C%5C%22%7D&start=1795254921&end=1795254923&limit=2&spss=1"
        );
        tempo.query = Some("{status=error}".to_owned());
        assert!(
            tempo
                .url_of(&tempo.first())
                .contains("?q=%7Bstatus%3Derror%7D&")
        );
    }

    #[test]
    fn a_full_answer_is_asked_again_by_halves_until_time_is_too_short() {
        let tempo = backend(Kind::Tempo);
        let full = br#"{"traces":[{"traceID":"1"},{"traceID":"2"}]}"#;
        let stretch = |from: u64, to: u64| Task::Stretch {
            service: String::new(),
            from,
            to,
        };
        let step = tempo.step(&stretch(0, 10 * SECOND), Ok(full)).unwrap();
        assert_eq!(
            step.further,
            [stretch(0, 5 * SECOND), stretch(5 * SECOND, 10 * SECOND)]
        );
        let step = tempo.step(&stretch(0, SECOND), Ok(full)).unwrap();
        assert_eq!(
            step.further,
            [Task::Trace("1".to_owned()), Task::Trace("2".to_owned())]
        );
        assert!(step.missing.is_some());
        let one = br#"{"traces":[{"traceID":"1","startTimeUnixNano":"5"}],"metrics":{}}"#;
        let step = tempo.step(&stretch(0, 10 * SECOND), Ok(one)).unwrap();
        assert_eq!(
            (step.further, step.missing),
            (vec![Task::Trace("1".to_owned())], None)
        );
    }

    #[test]
    fn what_is_not_there_and_what_is_no_answer_are_told_apart() {
        let jaeger = backend(Kind::Jaeger);
        let trace = Task::Trace("7".to_owned());
        assert_eq!(
            jaeger.step(&jaeger.first(), Err(Refused::Nothing)),
            Ok(Step::default())
        );
        assert!(
            jaeger
                .step(&trace, Err(Refused::Nothing))
                .unwrap()
                .missing
                .is_some()
        );
        let large = jaeger
            .step(&jaeger.first(), Err(Refused::TooLarge))
            .unwrap();
        assert_eq!(large.further.len(), 2);
        assert!(
            jaeger
                .step(&trace, Err(Refused::TooLarge))
                .unwrap()
                .missing
                .is_some()
        );
        for bytes in [&b"<html>"[..], b"{\"result\":", b"{\"services\":[]}"] {
            assert!(
                jaeger.step(&jaeger.first(), Ok(bytes)).is_err(),
                "{bytes:?}"
            );
        }
        assert!(jaeger.step(&Task::Services, Ok(b"{}")).is_err());
        let failed = Err(Refused::Failed("401".to_owned()));
        let told = jaeger.step(&Task::Services, failed);
        assert_eq!(told, Err("http://host/prefix: 401".to_owned()));
    }
}
