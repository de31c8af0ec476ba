//! A copy of the repository in which the mutants have their switches, and what the compiler says of it. Mutants that do not
//! compile are taken out, and the rest is tried again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::list::Mutant;
use crate::marks::{branches, heads};
use crate::switch::switch;

/// Which mutant is on, from the environment; and which are asked for, appended to a file that the environment names.
const SWITCHES: &str = r#"//! Written by betrace-mutants: one mutant may be on.
#![allow(warnings, clippy::all)]
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

static ON: LazyLock<usize> = LazyLock::new(|| {
    let on = std::env::var("BETRACE_MUTANT");
    on.ok().and_then(|on| on.parse().ok()).unwrap_or(usize::MAX)
});
static ASKED_INTO: LazyLock<Option<std::path::PathBuf>> =
    LazyLock::new(|| std::env::var_os("BETRACE_MUTANTS_ASKED").map(Into::into));
static ASKED: [AtomicBool; 1 << 16] = [const { AtomicBool::new(false) }; 1 << 16];

pub fn on(number: usize) -> bool {
    if !ASKED[number].load(Relaxed) && !ASKED[number].swap(true, Relaxed) {
        if let Some(path) = &*ASKED_INTO {
            use std::io::Write;
            let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
            let _ = file.and_then(|mut file| file.write_all(format!("{number}\n").as_bytes()));
        }
    }
    number == *ON
}
"#;

/// The packages that are changed, and those whose tests can be asked.
pub const CHANGED: [&str; 2] = ["lang", "engine"];
pub const TESTED: [&str; 4] = ["lang", "engine", "sim", "cli"];

pub struct Tree {
    /// The repository.
    from: PathBuf,
    copy: PathBuf,
    /// Where cargo builds it: beside the repository's own debug build, whose dependencies it shares.
    build: PathBuf,
    /// What git knows, as it is in the work tree.
    files: BTreeSet<String>,
    /// Whose tests are built.
    tested: Vec<String>,
    /// Of them these alone, `lib` or names of test targets; empty: all.
    targets: Vec<String>,
}

/// A test binary.
#[derive(Clone, Debug)]
pub struct Binary {
    pub path: PathBuf,
    /// `package/target`
    pub name: String,
    /// Where its tests run.
    pub folder: PathBuf,
}

#[derive(Deserialize)]
struct Line {
    reason: String,
    message: Option<Message>,
    executable: Option<PathBuf>,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    profile: Option<Profile>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Profile {
    test: bool,
}

#[derive(Deserialize)]
struct Message {
    level: String,
    rendered: Option<String>,
    spans: Vec<Spot>,
    children: Vec<Message>,
}

#[derive(Deserialize)]
struct Spot {
    file_name: PathBuf,
    byte_start: usize,
    byte_end: usize,
    is_primary: bool,
}

impl Tree {
    /// Copies what is not changed, and takes away what is no longer there.
    ///
    /// # Errors
    /// What git or the file system says.
    pub fn copied(
        from: &Path,
        copy: PathBuf,
        build: PathBuf,
        tested: Vec<String>,
        targets: Vec<String>,
    ) -> Result<Tree, String> {
        if let Some(other) = tested.iter().find(|name| !TESTED.contains(&name.as_str())) {
            return Err(format!(
                "{other}: tests of {} can be asked",
                TESTED.join(", ")
            ));
        }
        let listed = Command::new("git")
            .args([
                "ls-files",
                "-z",
                "--cached",
                "--others",
                "--exclude-standard",
            ])
            .current_dir(from)
            .output();
        let listed = listed.map_err(|fault| format!("git ls-files: {fault}"))?;
        let names = String::from_utf8_lossy(&listed.stdout);
        let is_there = |name: &&str| !name.is_empty() && from.join(name).is_file();
        let tree = Tree {
            files: names
                .split('\0')
                .filter(is_there)
                .map(str::to_owned)
                .collect(),
            from: from.to_owned(),
            copy,
            build,
            tested,
            targets,
        };
        tree.sweep(&tree.copy)?;
        for name in tree.files.iter().filter(|name| !is_changed(name)) {
            let path = tree.from.join(name);
            tree.put(name, &std::fs::read(&path).map_err(told(&path))?)?;
        }
        Ok(tree)
    }

    fn sweep(&self, folder: &Path) -> Result<(), String> {
        let Ok(entries) = std::fs::read_dir(folder) else {
            return Ok(());
        };
        for entry in entries {
            let path = entry.map_err(told(folder))?.path();
            let name = path
                .strip_prefix(&self.copy)
                .unwrap_or(&path)
                .to_string_lossy();
            if path.is_dir() {
                self.sweep(&path)?;
            } else if !self.files.contains(&*name) && !name.ends_with("/switches.rs") {
                std::fs::remove_file(&path).map_err(told(&path))?;
            }
        }
        Ok(())
    }

    /// Writes a file of the copy unless it is there, so that nothing is compiled for nothing.
    fn put(&self, name: &str, bytes: &[u8]) -> Result<(), String> {
        let to = self.copy.join(name);
        if std::fs::read(&to).is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        let folder = to.parent().unwrap_or(&self.copy);
        std::fs::create_dir_all(folder).map_err(told(folder))?;
        std::fs::write(&to, bytes).map_err(told(&to))
    }

    /// Writes switches for these mutants; returns those that have none, with the reason.
    ///
    /// # Errors
    /// If a source does not parse or cannot be written.
    pub fn switch(
        &self,
        mutants: &[Mutant],
        left_out: &BTreeMap<usize, String>,
    ) -> Result<Vec<(usize, &'static str)>, String> {
        let mut by_file: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
        for (number, mutant) in mutants.iter().enumerate() {
            if !left_out.contains_key(&number) {
                let of_file = by_file.entry(&mutant.file).or_default();
                of_file.push((number, mutant));
            }
        }
        let mut without = Vec::new();
        for file in self.files.iter().filter(|file| is_changed(file)) {
            let path = self.from.join(file);
            let mut text = std::fs::read_to_string(&path).map_err(told(&path))?;
            if let Some(mutants) = by_file.get(file.as_str()) {
                let switched =
                    switch(&text, mutants).map_err(|fault| format!("{file}: {fault}"))?;
                without.extend(switched.without);
                text = switched.text;
            }
            if let Some(folder) = file.strip_suffix("/src/lib.rs") {
                // What can be seen to panic is to panic when it runs.
                text.insert_str(0, "#![allow(arithmetic_overflow, unconditional_panic)]\n");
                text.push_str("\n#[doc(hidden)]\npub mod switches;\n");
                self.put(&format!("{folder}/src/switches.rs"), SWITCHES.as_bytes())?;
            }
            self.put(file, text.as_bytes())?;
        }
        Ok(without)
    }

    /// Brings the tests that stand among the sources, which have no mutants.
    ///
    /// # Errors
    /// What the file system says.
    pub fn refresh_tests(&self) -> Result<(), String> {
        let of_tests = |file: &&String| is_changed(file) && file.contains("/tests/");
        for file in self.files.iter().filter(of_tests) {
            let path = self.from.join(file);
            self.put(file, &std::fs::read(&path).map_err(told(&path))?)?;
        }
        Ok(())
    }

    /// The mutants that have a switch in the copy.
    ///
    /// # Errors
    /// If a source cannot be read.
    pub fn switched(&self) -> Result<BTreeSet<usize>, String> {
        let mut switched = BTreeSet::new();
        for file in self.files.iter().filter(|file| is_changed(file)) {
            let path = self.copy.join(file);
            let text = std::fs::read_to_string(&path).map_err(told(&path))?;
            switched.extend(branches(&text).map(|(number, ..)| number));
        }
        Ok(switched)
    }

    /// Runs cargo over the tested packages. Dependencies are those of a debug build; what is tested is optimised a little, for
    /// it is compiled once and runs many times, and has no places for a debugger, which take long to write and to link.
    fn cargo(&self, arguments: &[&str]) -> Result<(bool, Vec<Line>), String> {
        let package = |name: &String| ["--package".to_owned(), format!("betrace-{name}")];
        let profile = |name: &str| {
            let of = format!("profile.dev.package.betrace-{name}");
            [
                "--config".to_owned(),
                format!("{of}.opt-level=1"),
                "--config".to_owned(),
                format!("{of}.debug=0"),
            ]
        };
        let output = Command::new("cargo")
            .args(arguments)
            .args(["--locked", "--message-format", "json"])
            .args(self.tested.iter().flat_map(package))
            .args(TESTED.into_iter().flat_map(profile))
            .current_dir(&self.copy)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", &self.build)
            .stderr(Stdio::inherit())
            .output();
        let output = output.map_err(|fault| format!("cargo: {fault}"))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        Ok((output.status.success(), lines.collect()))
    }

    /// Compiles; returns the mutants that do not, with what the compiler says. None: all do.
    ///
    /// # Errors
    /// If something else does not compile.
    pub fn refused(&self) -> Result<BTreeMap<usize, String>, String> {
        let (is_sound, lines) = self.cargo(&["check", "--lib"])?;
        let mut refused = BTreeMap::new();
        let errors = lines.iter().filter_map(|line| line.message.as_ref());
        for error in errors.filter(|message| message.level == "error") {
            let rendered = error.rendered.as_deref().unwrap_or_default();
            let found = self.about(error);
            if found.is_empty() && !error.spans.is_empty() {
                return Err(format!("no mutant is at fault for this:\n{rendered}"));
            }
            for number in found {
                let first = rendered.lines().next().unwrap_or_default();
                refused.insert(number, first.to_owned());
            }
        }
        if !is_sound && refused.is_empty() {
            return Err("cargo check fails, and no mutant is at fault".to_owned());
        }
        Ok(refused)
    }

    /// The mutants that an error is about: those whose branch its place touches, else those of the nearest function head, for
    /// a branch can make all else of a function's type wrong.
    fn about(&self, error: &Message) -> BTreeSet<usize> {
        let mut spots: Vec<&Spot> = error.spans.iter().collect();
        spots.extend(error.children.iter().flat_map(|child| &child.spans));
        spots.sort_by_key(|spot| !spot.is_primary);
        let mut nearest: Option<(usize, BTreeSet<usize>)> = None;
        for spot in spots {
            let path = self.copy.join(&spot.file_name);
            let Ok(text) = std::fs::read_to_string(path) else {
                continue;
            };
            for (numbers, from, to) in heads(&text) {
                let distance =
                    from.saturating_sub(spot.byte_end) + spot.byte_start.saturating_sub(to);
                if distance == 0 {
                    let found = touched(&text, spot);
                    return if found.is_empty() { numbers } else { found };
                }
                if nearest.as_ref().is_none_or(|(than, _)| distance < *than) {
                    nearest = Some((distance, numbers));
                }
            }
        }
        nearest.map(|(_, numbers)| numbers).unwrap_or_default()
    }

    /// Builds the tests.
    ///
    /// # Errors
    /// If they do not compile.
    pub fn tests(&self) -> Result<Vec<Binary>, String> {
        let mut arguments = vec!["test", "--no-run"];
        match self.targets.as_slice() {
            [] => arguments.extend(["--lib", "--bins", "--tests"]),
            targets => {
                for target in targets {
                    match target.as_str() {
                        "lib" => arguments.push("--lib"),
                        name => arguments.extend(["--test", name]),
                    }
                }
            }
        }
        let (is_sound, lines) = self.cargo(&arguments)?;
        if !is_sound {
            let errors = lines.iter().filter_map(|line| line.message.as_ref());
            let errors = errors.filter(|message| message.level == "error");
            let rendered: Vec<&str> = errors
                .filter_map(|message| message.rendered.as_deref())
                .collect();
            return Err(format!("the tests do not compile\n{}", rendered.concat()));
        }
        let mut binaries = Vec::new();
        for line in lines
            .into_iter()
            .filter(|line| line.reason == "compiler-artifact")
        {
            let is_test = line.profile.is_some_and(|profile| profile.test);
            let (Some(path), Some(manifest), Some(target), true) =
                (line.executable, line.manifest_path, line.target, is_test)
            else {
                continue;
            };
            let folder = manifest.parent().map(Path::to_owned).unwrap_or_default();
            let package = folder
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            binaries.push(Binary {
                path,
                name: format!("{package}/{}", target.name),
                folder,
            });
        }
        Ok(binaries)
    }
}

fn touched(text: &str, spot: &Spot) -> BTreeSet<usize> {
    branches(text)
        .filter(|(_, from, to)| *from <= spot.byte_end && spot.byte_start <= *to)
        .map(|(number, ..)| number)
        .collect()
}

/// A source that may hold switches.
fn is_changed(file: &str) -> bool {
    let is_of = |package: &&str| file.starts_with(&format!("rust/{package}/src/"));
    file.ends_with(".rs") && CHANGED.iter().any(is_of)
}

fn told(path: &Path) -> impl Fn(std::io::Error) -> String + '_ {
    move |fault| format!("{}: {fault}", path.display())
}
