//! Which tests ask which switch, and whether they fail when it is on.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Serialize};

use crate::tree::Binary;

/// A test, how long it takes, and the switches that it asks.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Test {
    pub binary: usize,
    pub name: String,
    pub takes: Duration,
    pub asks: Vec<usize>,
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// By this test, or by the end of its process.
    Caught(String),
    /// A test did not end.
    TimedOut(String),
    Survived,
    /// No test asks its switch.
    Unasked,
}

/// A test that takes longer bites too late to be of use.
const LONGEST: Duration = Duration::from_secs(90);

/// Quick ones run many in a process.
const QUICK: Duration = Duration::from_millis(400);

/// How many of them are tried before all others.
const FIRST: usize = 8;

/// Bytes of memory that a process may ask for.
const MEMORY_KIB: u64 = 12 << 20;

/// So many times longer than on a processor of its own a test may take, where it waits for its turn or for nothing.
const CROWD: u32 = 12;

pub struct Tests {
    pub binaries: Vec<Binary>,
    pub tests: Vec<Test>,
    /// Tests that fail in the copy, or take too long, before anything is changed.
    pub left_out: Vec<String>,
}

enum End {
    Passed,
    Failed(String),
    TimedOut,
}

/// What was learned of a binary as it was built at that time: of each test, or that it is left out.
type Learned = BTreeMap<String, (Option<SystemTime>, Vec<(String, Option<Test>)>)>;

impl Tests {
    /// Runs each test alone, and takes down what it asks; of binaries that are as they were, what was learned then. Where
    /// tests are named, by parts of their names behind that of their binary, those alone; then, and where one that takes
    /// `longest` is given up, nothing of it is kept.
    ///
    /// # Errors
    /// If a binary does not say what tests it has, or what was learned cannot be written.
    pub fn learn(
        binaries: Vec<Binary>,
        scratch: &Path,
        named: &[String],
        longest: Option<Duration>,
    ) -> Result<Tests, String> {
        let is_whole = named.is_empty() && longest.is_none();
        let path = scratch.join("learned.json");
        let text = match named {
            [] => std::fs::read(&path).unwrap_or_default(),
            _ => Vec::new(),
        };
        let longest = longest.unwrap_or(LONGEST).min(LONGEST);
        let mut learned: Learned = serde_json::from_slice(&text).unwrap_or_default();
        let built = |binary: &Binary| {
            std::fs::metadata(&binary.path)
                .and_then(|of| of.modified())
                .ok()
        };
        learned.retain(|name, (at, _)| {
            let binary = binaries.iter().find(|binary| binary.name == *name);
            binary.is_some_and(|binary| at.is_some() && built(binary) == *at)
        });
        let mut all: Vec<(usize, String)> = Vec::new();
        for (at, binary) in binaries.iter().enumerate() {
            if !learned.contains_key(&binary.name) {
                let is_named = |test: &String| {
                    let test = format!("{} {test}", binary.name);
                    named.is_empty() || named.iter().any(|part| test.contains(part.as_str()))
                };
                let names = names(binary)?.into_iter().filter(is_named);
                all.extend(names.map(|name| (at, name)));
                learned.insert(binary.name.clone(), (built(binary), Vec::new()));
            }
        }
        let tried = side_by_side(&all, |number, (at, name)| {
            let asked = scratch.join(format!("asked-{number}"));
            learn_one(*at, &binaries[*at], name, &asked, longest)
        });
        for ((at, name), test) in all.into_iter().zip(tried) {
            let of_binary = learned.get_mut(&binaries[at].name);
            of_binary
                .into_iter()
                .for_each(|(_, tests)| tests.push((name.clone(), test.clone())));
        }
        if is_whole {
            let text = serde_json::to_vec(&learned).map_err(|fault| fault.to_string())?;
            std::fs::write(&path, text).map_err(|fault| format!("{}: {fault}", path.display()))?;
        }
        let (mut tests, mut left_out) = (Vec::new(), Vec::new());
        for (at, binary) in binaries.iter().enumerate() {
            let of_binary = learned.remove(&binary.name).map(|(_, tests)| tests);
            for (name, test) in of_binary.unwrap_or_default() {
                match test {
                    Some(test) => tests.push(Test { binary: at, ..test }),
                    None => left_out.push(format!("{} {name}", binary.name)),
                }
            }
        }
        Ok(Tests {
            binaries,
            tests,
            left_out,
        })
    }

    /// Leaves out those that take longer.
    pub fn no_longer_than(&mut self, most: Duration) {
        let (kept, long): (Vec<Test>, Vec<Test>) = std::mem::take(&mut self.tests)
            .into_iter()
            .partition(|test| test.takes <= most);
        self.tests = kept;
        let named = |test: Test| format!("{} {}", self.binaries[test.binary].name, test.name);
        self.left_out.extend(long.into_iter().map(named));
    }

    /// Runs those that ask the mutant's switch until one bites.
    #[must_use]
    pub fn fate(&self, mutant: usize) -> Fate {
        let groups = self.groups(mutant);
        if groups.is_empty() {
            return Fate::Unasked;
        }
        let number = mutant.to_string();
        let environment = [("BETRACE_MUTANT", number.as_ref())];
        for tests in groups {
            let binary = &self.binaries[tests[0].binary];
            let usual: Duration = tests.iter().map(|test| test.takes).sum();
            let names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
            let most = usual * 4 + Duration::from_secs(15);
            match run(binary, &names, &environment, most) {
                End::Passed => {}
                End::Failed(test) => return Fate::Caught(format!("{} {test}", binary.name)),
                End::TimedOut => return Fate::TimedOut(binary.name.clone()),
            }
        }
        Fate::Survived
    }

    /// The tests that ask the switch, those together that share a process: the quick ones first, and of them those that ask
    /// little else, for they are most likely about it. A process runs its tests in an order of its own, so the first ones are few.
    fn groups(&self, mutant: usize) -> Vec<Vec<&Test>> {
        let asking = self.tests.iter();
        let (mut quick, mut slow): (Vec<&Test>, Vec<&Test>) = asking
            .filter(|test| test.asks.binary_search(&mutant).is_ok())
            .partition(|test| test.takes <= QUICK);
        quick.sort_by_key(|test| test.takes.as_micros() * test.asks.len() as u128);
        slow.sort_by_key(|test| test.takes);
        let (mut groups, mut left, mut many) = (Vec::new(), &quick[..], FIRST);
        while !left.is_empty() {
            let (now, later) = left.split_at(many.min(left.len()));
            let mut by_binary: BTreeMap<usize, Vec<&Test>> = BTreeMap::new();
            for test in now {
                by_binary.entry(test.binary).or_default().push(test);
            }
            let mut together: Vec<Vec<&Test>> = by_binary.into_values().collect();
            together.sort_by_key(|tests| tests.iter().map(|test| test.takes).sum::<Duration>());
            groups.extend(together);
            (left, many) = (later, many * 4);
        }
        groups.extend(slow.into_iter().map(|test| vec![test]));
        groups
    }
}

/// `None`: it does not pass, or takes too long.
fn learn_one(
    at: usize,
    binary: &Binary,
    name: &str,
    asked: &Path,
    longest: Duration,
) -> Option<Test> {
    let begun = Instant::now();
    let environment = [("BETRACE_MUTANTS_ASKED", asked.as_os_str())];
    let end = run(binary, &[name], &environment, longest);
    let takes = begun.elapsed();
    let text = std::fs::read_to_string(asked).unwrap_or_default();
    let _ = std::fs::remove_file(asked);
    let mut asks: Vec<usize> = text.lines().filter_map(|line| line.parse().ok()).collect();
    asks.sort_unstable();
    asks.dedup();
    matches!(end, End::Passed).then(|| Test {
        binary: at,
        name: name.to_owned(),
        takes,
        asks,
    })
}

/// Does it for each, as many at once as there are processors; results in the order of what was given.
pub fn side_by_side<T: Sync, R: Send>(all: &[T], each: impl Fn(usize, &T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(number) else {
                return done;
            };
            done.push((number, each(number, one)));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut done: Vec<(usize, R)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let ended = threads.into_iter().map(|thread| thread.join());
        ended
            .flat_map(|done| done.unwrap_or_else(|fault| std::panic::resume_unwind(fault)))
            .collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

/// The tests of a binary that are not ignored.
fn names(binary: &Binary) -> Result<Vec<String>, String> {
    let list = |more: &[&str]| -> Result<Vec<String>, String> {
        let output = Command::new(&binary.path)
            .args(["--list", "--format", "terse"])
            .args(more)
            .current_dir(&binary.folder)
            .output();
        let output = output.map_err(|fault| format!("{}: {fault}", binary.name))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let tests = text.lines().filter_map(|line| line.strip_suffix(": test"));
        Ok(tests.map(str::to_owned).collect())
    };
    let ignored = list(&["--ignored"])?;
    let mut names = list(&[])?;
    names.retain(|name| !ignored.contains(name));
    Ok(names)
}

/// Runs tests of a binary one after the other, and ends them at the first that fails.
fn run(
    binary: &Binary,
    names: &[&str],
    environment: &[(&str, &std::ffi::OsStr)],
    most: Duration,
) -> End {
    // What it takes of a processor is bounded, for the time that passes says little on a machine that others use.
    let limited = format!(
        "ulimit -v {MEMORY_KIB}; ulimit -t {}; exec \"$@\"",
        most.as_secs().max(1)
    );
    let child = Command::new("sh")
        .args(["-c", &limited, "sh"])
        .arg(&binary.path)
        .args(["--exact", "--test-threads", "1"])
        .args(names)
        .current_dir(&binary.folder)
        .env("CARGO_MANIFEST_DIR", &binary.folder)
        .env("INSTA_UPDATE", "no")
        // What one run catches another one does too.
        .env("BETRACE_LAWS_SEED", "1000")
        .env("INSTA_WORKSPACE_ROOT", binary.folder.join("../.."))
        .envs(environment.iter().copied())
        // With all that it starts, so that nothing of it outlives it.
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else {
        return End::Failed("cannot be run".to_owned());
    };
    let lines = lines(&mut child);
    let begun = Instant::now();
    let mut last = String::new();
    let end = loop {
        let left = (most * CROWD).saturating_sub(begun.elapsed());
        match lines.recv_timeout(left) {
            Ok(line) => {
                let test = line
                    .strip_prefix("test ")
                    .and_then(|rest| rest.split_once(" ... "));
                if let Some((test, result)) = test {
                    last = test.to_owned();
                    if result.ends_with("FAILED") {
                        break End::Failed(last);
                    }
                }
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => break End::TimedOut,
            // It closed its output: it has ended, or does so now.
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                return match child.wait() {
                    Ok(status) if status.success() => End::Passed,
                    Ok(status) if status.signal().is_some_and(is_of_time) => End::TimedOut,
                    _ => End::Failed(format!("(after {last})")),
                };
            }
        }
    };
    // It may have ended by itself meanwhile.
    end_all(&child);
    let _ = child.kill();
    let _ = child.wait();
    end
}

/// The signals by which the system ends what took too much of a processor: SIGXCPU, then SIGKILL.
fn is_of_time(signal: i32) -> bool {
    signal == 24 || signal == 9
}

/// Ends a process and those that it started, as a command that does not end.
fn end_all(child: &Child) {
    let group = format!("-{}", child.id());
    let mut kill = Command::new("kill");
    let _ = kill
        .args(["-KILL", "--", &group])
        .stderr(Stdio::null())
        .status();
}

fn lines(child: &mut Child) -> std::sync::mpsc::Receiver<String> {
    let (to, from) = std::sync::mpsc::channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            let mut reader = BufReader::new(output);
            let mut line = Vec::new();
            while reader
                .by_ref()
                .read_until(b'\n', &mut line)
                .is_ok_and(|read| read > 0)
            {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                if to.send(text).is_err() {
                    return;
                }
                line.clear();
            }
        });
    }
    from
}
