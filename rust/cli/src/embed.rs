//! What a program takes of this one that replays recordings as `betrace replay` does, and is no command.

use clap::ValueEnum as _;

use crate::args::VerdictName;

pub use crate::applied::NeverApplied;
pub use crate::command::replay::wanted::Wanted;
pub use crate::judged::of_recordings;

/// Which findings are wanted, by the names of verdicts as `--verdicts` has them; of none, its default.
///
/// # Errors
/// The names that there are, if one is none of them.
pub fn wanted(names: &[String]) -> Result<Wanted, String> {
    let named = |name: &String| VerdictName::from_str(name, false);
    let names: Result<Vec<VerdictName>, String> = names.iter().map(named).collect();
    names.map(|names| Wanted::of(&names)).map_err(|_| {
        let known = VerdictName::value_variants().iter();
        let known = known.filter_map(|name| Some(name.to_possible_value()?.get_name().to_owned()));
        format!("verdicts are {}", known.collect::<Vec<_>>().join(", "))
    })
}
