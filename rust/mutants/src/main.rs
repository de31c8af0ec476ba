//! Do the tests bite? Takes the mutants that cargo-mutants lists for `lang` and `engine`, writes those of a shard into a
//! copy of the repository, each behind a switch, builds the tests once, learns which test asks which switch, and runs
//! for each mutant the tests that ask for it, the quickest first, until one fails.
//!
//!     betrace-mutants LIST.json --fates FILE --shard 1/8 --seed 1 [--tests lang,engine] [--of survivors|left]
//!         [--only TEXT] [--most 300] [--longest 10] [--asked NAMES] [--targets lib,…] [--minutes 60] [--root .]
//!         [--into target/mutants]
//!
//! The order of the mutants is a function of the seed, so that what was tried when time is over is a sample too. Fates are
//! added to a file, and what stands there is not tried again, but for survivors that are asked for: by more tests, or once
//! there is a test more; `--of left` takes these and some of each file of which nothing is known. With `--resume yes` the
//! mutants that the copy holds are taken, and no new ones, so that nothing is compiled again but tests that changed.

mod bite;
mod fates;
mod list;
mod marks;
mod switch;
mod tree;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use bite::{Fate, Tests};
use fates::{Fates, Of};
use list::{Mutant, Shard};
use tree::Tree;

struct Arguments {
    list: PathBuf,
    root: PathBuf,
    into: PathBuf,
    build: PathBuf,
    shard: Shard,
    seed: u64,
    time: Option<Duration>,
    only: Option<String>,
    /// Whose tests are asked.
    packages: Vec<String>,
    of: Of,
    most: usize,
    is_resumed: bool,
    /// Tests that take longer are not asked.
    longest: Option<Duration>,
    /// New tests, by parts of their names: those alone are asked, and what they do not bite keeps its fate.
    asked: Vec<String>,
    /// Test targets that are built, `lib` or a name; empty: all.
    targets: Vec<String>,
    fates: PathBuf,
}

fn arguments() -> Result<Arguments, String> {
    let mut given = std::env::args().skip(1);
    let list = given
        .next()
        .ok_or("which list? A file of `cargo mutants --list --json`")?;
    let mut arguments = Arguments {
        list: list.into(),
        root: ".".into(),
        into: "target/mutants".into(),
        build: std::path::absolute("target").map_err(|fault| fault.to_string())?,
        shard: Shard { part: 1, of: 1 },
        seed: 1,
        time: None,
        only: None,
        packages: tree::TESTED.map(str::to_owned).to_vec(),
        of: Of::New,
        most: usize::MAX,
        is_resumed: false,
        longest: None,
        asked: Vec::new(),
        targets: Vec::new(),
        fates: "rust/mutants/fates.tsv".into(),
    };
    while let Some(name) = given.next() {
        let value = given.next().ok_or_else(|| format!("{name} of what?"))?;
        let wrong = || format!("{name} {value}?");
        let number = || value.parse::<u64>().map_err(|_| wrong());
        match name.as_str() {
            "--root" => arguments.root = value.into(),
            "--into" => arguments.into = value.into(),
            "--shard" => arguments.shard = Shard::read(&value).ok_or_else(wrong)?,
            "--seed" => arguments.seed = number()?,
            "--minutes" => arguments.time = Some(Duration::from_secs(60 * number()?)),
            "--only" => arguments.only = Some(value),
            "--tests" => arguments.packages = value.split(',').map(str::to_owned).collect(),
            "--of" if value == "new" => arguments.of = Of::New,
            "--of" if value == "survivors" => arguments.of = Of::Survivors,
            "--of" if value == "left" => arguments.of = Of::Left,
            "--most" => arguments.most = usize::try_from(number()?).map_err(|_| wrong())?,
            "--resume" if value == "yes" => arguments.is_resumed = true,
            "--asked" => arguments.asked = value.split(',').map(str::to_owned).collect(),
            "--targets" => arguments.targets = value.split(',').map(str::to_owned).collect(),
            "--longest" => arguments.longest = Some(Duration::from_secs(number()?)),
            "--fates" => arguments.fates = value.into(),
            "--build" => arguments.build = value.into(),
            _ => return Err(format!("{name}?")),
        }
    }
    Ok(arguments)
}

/// To be seen at once.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "mutants: {text}");
}

fn main() -> ExitCode {
    match arguments().and_then(|arguments| judge(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            say(&fault);
            ExitCode::FAILURE
        }
    }
}

fn judge(arguments: &Arguments) -> Result<(), String> {
    let known = Fates::read(&arguments.fates)?;
    let into = std::path::absolute(&arguments.into).map_err(|fault| fault.to_string())?;
    let chosen = into.join("chosen.json");
    let mutants = match arguments.is_resumed {
        true => list::read(&chosen)?,
        false => choose(arguments, &known)?,
    };
    list::write(&chosen, &mutants)?;
    let root = std::path::absolute(&arguments.root).map_err(|fault| fault.to_string())?;
    let build = std::path::absolute(&arguments.build).map_err(|fault| fault.to_string())?;
    let packages = arguments.packages.clone();
    let targets = arguments.targets.clone();
    let tree = Tree::copied(&root, into.join("tree"), build, packages, targets)?;
    let begun = Instant::now();
    let left_out = match arguments.is_resumed {
        true => {
            tree.refresh_tests()?;
            left_out_before(&tree, &mutants)?
        }
        false => prepare(&tree, &mutants)?,
    };
    let binaries = tree.tests()?;
    say(&format!("built in {:.0} s", begun.elapsed().as_secs_f64()));
    let begun = Instant::now();
    let mut tests = Tests::learn(binaries, &into, &arguments.asked, arguments.longest)?;
    if let Some(longest) = arguments.longest {
        tests.no_longer_than(longest);
    }
    let takes = tests.tests.iter().map(|test| test.takes.as_secs_f64());
    say(&format!(
        "{} tests, {:.0} s one after the other, learned in {:.0} s",
        tests.tests.len(),
        takes.sum::<f64>(),
        begun.elapsed().as_secs_f64()
    ));
    for test in &tests.left_out {
        say(&format!(
            "left out, for it fails in the copy or takes too long: {test}"
        ));
    }
    let begun = Instant::now();
    let (fates, known) = fates(&mutants, &left_out, &tests, known, arguments)?;
    report(&mutants, &left_out, &fates);
    let seconds = begun.elapsed().as_secs_f64();
    say(&format!(
        "{:.1} s a mutant",
        seconds / fates.len().max(1) as f64
    ));
    for package in tree::CHANGED {
        say(&known.summary(package));
    }
    known.settle()
}

/// Of the list, those that the arguments ask for.
fn choose(arguments: &Arguments, known: &Fates) -> Result<Vec<Mutant>, String> {
    let all = list::read(&arguments.list)?;
    let listed = all.len();
    let mut mutants = list::sample(all, arguments.seed, arguments.shard);
    known.ask(arguments.of, &mut mutants);
    if let Some(only) = &arguments.only {
        mutants.retain(|mutant| mutant.name.contains(only.as_str()));
    }
    mutants.truncate(arguments.most);
    say(&format!("{} of {listed} mutants", mutants.len()));
    Ok(mutants)
}

/// Those that have no switch in the copy as it is.
fn left_out_before(tree: &Tree, mutants: &[Mutant]) -> Result<BTreeMap<usize, String>, String> {
    let switched = tree.switched()?;
    let without = (0..mutants.len()).filter(|number| !switched.contains(number));
    Ok(without
        .map(|number| (number, "left out before".to_owned()))
        .collect())
}

/// Writes the switches until all that are there compile; returns the mutants that have none, with the reason.
fn prepare(tree: &Tree, mutants: &[Mutant]) -> Result<BTreeMap<usize, String>, String> {
    let mut left_out = BTreeMap::new();
    loop {
        let without = tree.switch(mutants, &left_out)?;
        left_out.extend(
            without
                .into_iter()
                .map(|(number, why)| (number, why.to_owned())),
        );
        let refused = tree.refused()?;
        say(&format!("{} do not compile", refused.len()));
        if refused.is_empty() {
            return Ok(left_out);
        }
        left_out.extend(refused);
    }
}

/// Runs the tests for each mutant, as long as there is time, and writes each fate down at once.
fn fates(
    mutants: &[Mutant],
    left_out: &BTreeMap<usize, String>,
    tests: &Tests,
    known: Fates,
    arguments: &Arguments,
) -> Result<(BTreeMap<usize, Fate>, Fates), String> {
    let mut tested = arguments.packages.join(",");
    if let Some(longest) = arguments.longest {
        tested.push_str(&format!(" up to {} s", longest.as_secs()));
    }
    let begun = Instant::now();
    let viable = mutants.iter().enumerate();
    let viable: Vec<(usize, &Mutant)> = viable
        .filter(|(number, _)| !left_out.contains_key(number))
        .filter(|(_, mutant)| known.is_asked(arguments.of, mutant))
        .collect();
    let known = Mutex::new(known);
    let fates = bite::side_by_side(&viable, |_, (number, mutant)| {
        if arguments.time.is_some_and(|time| begun.elapsed() >= time) {
            return Ok(None);
        }
        let tried = Instant::now();
        let fate = tests.fate(*number);
        let seconds = tried.elapsed().as_secs_f64();
        if !matches!(fate, Fate::Caught(_)) {
            say(&format!("{seconds:6.1} s {fate:?}: {}", mutant.name));
        }
        if arguments.asked.is_empty() || matches!(fate, Fate::Caught(_)) {
            let mut known = known.lock().map_err(|fault| fault.to_string())?;
            known.add(mutant, &fate, &tested)?;
        }
        Ok(Some((*number, fate)))
    });
    let fates: Result<BTreeMap<usize, Fate>, String> =
        fates.into_iter().filter_map(Result::transpose).collect();
    let known = known.into_inner().map_err(|fault| fault.to_string())?;
    Ok((fates?, known))
}

fn report(mutants: &[Mutant], left_out: &BTreeMap<usize, String>, fates: &BTreeMap<usize, Fate>) {
    let many = |is: fn(&Fate) -> bool| fates.values().filter(|fate| is(fate)).count();
    let caught = many(|fate| matches!(fate, Fate::Caught(_)));
    let timed_out = many(|fate| matches!(fate, Fate::TimedOut(_)));
    let survived = many(|fate| matches!(fate, Fate::Survived | Fate::Unasked));
    let files = |numbers: &mut dyn Iterator<Item = usize>| {
        let mut files: Vec<&str> = numbers
            .map(|number| mutants[number].file.as_str())
            .collect();
        files.sort_unstable();
        files.dedup();
        files.len()
    };
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for why in left_out.values() {
        *reasons.entry(why).or_default() += 1;
    }
    for (why, times) in reasons {
        say(&format!("left out {times}: {why}"));
    }
    say(&format!(
        "{} tried in {} files: {caught} caught, {timed_out} did not end, {survived} survived: {:.1} % caught",
        fates.len(),
        files(&mut fates.keys().copied()),
        100.0 * (caught + timed_out) as f64 / fates.len().max(1) as f64
    ));
}
