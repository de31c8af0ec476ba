//! One request, asked again where that may help: bounded in time, in bytes and in attempts.

use std::io::{ErrorKind, Read};
use std::time::Duration;

use ureq::http::Response;
use ureq::http::header::{ACCEPT, DATE, RETRY_AFTER};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

use super::clock::Clock;

/// An answer of more bytes is not taken; the readers of recordings take no larger document either.
pub const MOST_BYTES: u64 = 96 << 20;

const ATTEMPTS: u32 = 5;
/// Doubled with each further attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// However long a server asks for.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A clock that is off by more than this many seconds is worth a word.
const CLOCK_OFF: u64 = 60;

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    /// 404: nothing is there.
    Nothing,
    /// More than [`MOST_BYTES`].
    TooLarge,
    /// This very thing is not given, in words; after all attempts that may have helped.
    Rejected(String),
    /// Nothing is given to us, or nobody answers.
    Failed(String),
}

impl Refused {
    fn after(self, attempts: u32) -> Refused {
        match self {
            Refused::Rejected(why) => Refused::Rejected(format!("{why} ({attempts} attempts)")),
            Refused::Failed(why) => Refused::Failed(format!("{why} ({attempts} attempts)")),
            Refused::Nothing | Refused::TooLarge => self,
        }
    }
}

/// An answer, and by how many seconds the server's clock is ahead (or behind, below zero) where that is worth a word.
#[derive(Debug)]
pub struct Answer {
    pub bytes: Vec<u8>,
    pub clock_off: Option<i64>,
}

pub struct Client {
    agent: Agent,
    headers: Vec<(String, String)>,
    most_bytes: u64,
}

impl Client {
    /// `headers` go with every request. `roots`: certificates in PEM to be trusted instead of the usual ones.
    ///
    /// # Errors
    /// In words, if `roots` holds no certificate or something that is none.
    pub fn new(headers: Vec<(String, String)>, roots: Option<&[u8]>) -> Result<Client, String> {
        let mut tls = TlsConfig::builder();
        if let Some(pem) = roots {
            let mut certificates = Vec::new();
            for item in parse_pem(pem) {
                match item.map_err(|error| error.to_string())? {
                    PemItem::Certificate(certificate) => certificates.push(certificate),
                    _ => return Err("holds more than certificates".to_owned()),
                }
            }
            if certificates.is_empty() {
                return Err("holds no certificate".to_owned());
            }
            tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_global(Some(Duration::from_secs(120)))
            .user_agent(concat!("betrace/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build())
            .build();
        Ok(Client {
            agent: config.new_agent(),
            headers,
            most_bytes: MOST_BYTES,
        })
    }

    /// For tests of the bound.
    #[cfg(test)]
    pub fn taking(mut self, most_bytes: u64) -> Client {
        self.most_bytes = most_bytes;
        self
    }

    /// # Errors
    /// See [`Refused`].
    pub fn get(&self, url: &str, clock: &dyn Clock) -> Result<Answer, Refused> {
        let mut pause = FIRST_PAUSE;
        for attempt in 1.. {
            let (refused, wants) = match self.once(url, clock) {
                Ok(answer) => return Ok(answer),
                Err(Once::Final(refused)) => return Err(refused),
                Err(Once::Again(refused, wants)) => (refused, wants),
            };
            if attempt == ATTEMPTS {
                return Err(refused.after(ATTEMPTS));
            }
            clock.pause(wants.unwrap_or(pause).min(LONGEST_PAUSE));
            pause *= 2;
        }
        Err(Refused::Failed("no attempt".to_owned()))
    }

    fn once(&self, url: &str, clock: &dyn Clock) -> Result<Answer, Once> {
        let mut request = self.agent.get(url).header(ACCEPT, "application/json");
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let response = request.call().map_err(Once::of)?;
        let clock_off = clock_off(&response, clock.now());
        let status = response.status();
        match status.as_u16() {
            200 => {}
            404 => return Err(Once::Final(Refused::Nothing)),
            429 | 500 | 502 | 503 | 504 => {
                let wants =
                    header(&response, RETRY_AFTER.as_str()).and_then(|text| text.parse().ok());
                let told = Refused::Rejected(told(response));
                return Err(Once::Again(told, wants.map(Duration::from_secs)));
            }
            401 | 403 | 407 => return Err(Once::Final(Refused::Failed(told(response)))),
            _ => return Err(Once::Final(Refused::Rejected(told(response)))),
        }
        let mut bytes = Vec::new();
        body(response)
            .take(self.most_bytes + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| {
                let why = format!("the answer broke off: {error}");
                Once::Again(Refused::Rejected(why), None)
            })?;
        if bytes.len() as u64 > self.most_bytes {
            return Err(Once::Final(Refused::TooLarge));
        }
        Ok(Answer { bytes, clock_off })
    }
}

/// An address without the name and password that may stand in it.
pub fn without_secret(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let host = rest.find(['/', '?']).unwrap_or(rest.len());
    match rest[..host].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => url.to_owned(),
    }
}

enum Once {
    Final(Refused),
    /// What went wrong, and how long the server wants to be left alone.
    Again(Refused, Option<Duration>),
}

impl Once {
    /// What never can succeed is not asked again.
    fn of(error: ureq::Error) -> Once {
        // A certificate that is not believed comes as one.
        let is_invalid =
            matches!(&error, ureq::Error::Io(io) if io.kind() == ErrorKind::InvalidData);
        let never_passes = matches!(
            error,
            ureq::Error::BadUri(_)
                | ureq::Error::Http(_)
                | ureq::Error::HostNotFound
                | ureq::Error::TooManyRedirects
                | ureq::Error::Tls(_)
                | ureq::Error::Rustls(_)
        );
        if is_invalid || never_passes {
            Once::Final(Refused::Failed(error.to_string()))
        } else {
            Once::Again(Refused::Failed(error.to_string()), None)
        }
    }
}

fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name)?.to_str().ok()
}

/// What the server says; whoever reads it bounds it.
fn body(response: Response<Body>) -> impl Read {
    let body = response.into_body().into_with_config();
    body.limit(u64::MAX).reader()
}

/// The status, and the beginning of what the server says.
fn told(response: Response<Body>) -> String {
    let status = response.status();
    let mut text = Vec::new();
    // What cannot be read says nothing.
    let _ = body(response).take(200).read_to_end(&mut text);
    let text = String::from_utf8_lossy(&text);
    format!("{status}: {}", text.trim())
        .trim_end_matches([':', ' '])
        .to_owned()
}

/// By the header `Date`, as HTTP writes it: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn clock_off(response: &Response<Body>, now: u64) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let parts: Vec<&str> = header(response, DATE.as_str())?.split(' ').collect();
    let [_, day, month, year, time, "GMT"] = parts[..] else {
        return None;
    };
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let written = format!("{year}-{month:02}-{day}T{time}");
    let theirs = crate::traces::time_of(written.as_bytes())? / 1_000_000_000;
    let off = theirs.cast_signed() - (now / 1_000_000_000).cast_signed();
    (off.unsigned_abs() > CLOCK_OFF).then_some(off)
}

#[cfg(test)]
mod tests;
