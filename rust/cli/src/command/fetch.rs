//! `betrace fetch`: traces from Jaeger or Tempo into a file, or on standard output into `replay`.

use std::env;
use std::fs;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use crate::args::{Fetch, FetchBackend};
use crate::exit::Exit;
use crate::output::{self, Output, counted, grouped};
use crate::paths;
use crate::remote::backend::{Backend, Kind};
use crate::remote::client::Client;
use crate::remote::clock::Clock;
use crate::remote::round::{self, Fetched};
use crate::remote::store::Parts;
use crate::window::Window;

const HOUR: u64 = 3600 * 1_000_000_000;

const TOKEN: &str = "BETRACE_FETCH_TOKEN";
const HEADERS: &str = "BETRACE_FETCH_HEADERS";

pub fn run(args: &Fetch, out: &mut Output) -> Exit {
    let fetched = match fetch(args, out) {
        Ok(fetched) => fetched,
        Err(error) => {
            output::fault(error);
            return Exit::Usage;
        }
    };
    tell(&fetched);
    if fetched.missing.is_empty() {
        Exit::Fine
    } else {
        Exit::Broken
    }
}

fn fetch(args: &Fetch, out: &mut Output) -> Result<Fetched, String> {
    let mut backend = backend(args)?;
    let client = client(args)?;
    let at_once = args.at_once as usize;
    if paths::is_stdin(&args.output) {
        let fetched = round::fetch(&backend, &client, &Wall, at_once, out)?;
        out.flush();
        return Ok(fetched);
    }
    paths::writable(&args.output)?;
    let mut window = (backend.from, backend.to);
    let mut parts = Parts::open(&args.output, &header(args), &mut window)?;
    (backend.from, backend.to) = window;
    let fetched = round::fetch(&backend, &client, &Wall, at_once, &mut parts)
        .map_err(|error| format!("{error}; the same command goes on from here"))?;
    parts.finish()?;
    Ok(fetched)
}

fn backend(args: &Fetch) -> Result<Backend, String> {
    let kind = match args.backend {
        FetchBackend::Jaeger => Kind::Jaeger,
        FetchBackend::Tempo => Kind::Tempo,
    };
    if kind == Kind::Jaeger && args.query.is_some() {
        return Err("--query is TraceQL, which Jaeger does not know".to_owned());
    }
    if !(args.url.starts_with("http://") || args.url.starts_with("https://")) {
        return Err(format!("{}: no http:// or https:// URL", args.url));
    }
    let window = Window::of(args.from.as_deref(), args.to.as_deref())?;
    let to = window.to.unwrap_or_else(|| Wall.now());
    let from = window.from.unwrap_or_else(|| to.saturating_sub(HOUR));
    if from >= to {
        return Err("--from lies in the future".to_owned());
    }
    Ok(Backend {
        kind,
        url: args.url.trim_end_matches('/').to_owned(),
        service: args.service.clone(),
        query: args.query.clone(),
        from,
        to,
        page: args.page as usize,
    })
}

fn client(args: &Fetch) -> Result<Client, String> {
    let variable = |name: &str| match env::var(name) {
        Ok(text) => Ok(text),
        Err(env::VarError::NotPresent) => Ok(String::new()),
        Err(env::VarError::NotUnicode(_)) => Err(format!("{name} is no text")),
    };
    let mut headers = Vec::new();
    let token = variable(TOKEN)?;
    if !token.is_empty() {
        headers.push((
            "Authorization".to_owned(),
            format!("Bearer {}", token.trim()),
        ));
    }
    for line in variable(HEADERS)?
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        // What it says may be a secret, so it is not shown.
        let (name, value) = line
            .split_once(':')
            .ok_or_else(|| format!("{HEADERS}: a line is no `Name: value`"))?;
        headers.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    let roots = match &args.ca {
        None => None,
        Some(path) => Some(
            fs::read(path)
                .map_err(|error| paths::no_file(path, &error, "a file of certificates in PEM"))?,
        ),
    };
    Client::new(headers, roots.as_deref()).map_err(|error| match &args.ca {
        Some(path) => format!("{}: {error}", path.display()),
        None => error,
    })
}

/// What makes it the same fetch when it is run again, on one line.
fn header(args: &Fetch) -> String {
    #[derive(Serialize)]
    struct Header<'a> {
        betrace_fetch: u32,
        backend: String,
        url: &'a str,
        service: Option<&'a str>,
        query: Option<&'a str>,
        from: Option<&'a str>,
        to: Option<&'a str>,
        page: u32,
    }
    let header = Header {
        betrace_fetch: 1,
        backend: format!("{:?}", args.backend),
        url: &args.url,
        service: args.service.as_deref(),
        query: args.query.as_deref(),
        from: args.from.as_deref(),
        to: args.to.as_deref(),
        page: args.page,
    };
    serde_json::to_string(&header).unwrap_or_default()
}

fn tell(fetched: &Fetched) {
    for missing in &fetched.missing {
        output::fault(missing);
    }
    if fetched.more_missing > 0 {
        output::fault(format_args!("and {} more", grouped(fetched.more_missing)));
    }
    if let Some(off) = fetched.clock_off {
        let (by, way) = (
            off.unsigned_abs(),
            if off > 0 { "ahead of" } else { "behind" },
        );
        output::note(format_args!(
            "the server's clock is {} {way} this one: name --from and --to by its time",
            counted(by, "second")
        ));
    }
    let mut text = format!(
        "{} in {} bytes",
        counted(fetched.traces, "trace"),
        grouped(fetched.bytes)
    );
    if fetched.resumed > 0 {
        text.push_str(&format!(
            ", and {} from before",
            counted(fetched.resumed, "answer")
        ));
    }
    output::note(text);
}

/// The clock of the machine.
struct Wall;

impl Clock for Wall {
    fn now(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| since.as_nanos() as u64)
    }

    fn pause(&self, length: Duration) {
        thread::sleep(length);
    }
}
