//! Rules and traces that the fuzzer chooses, generated as in the property tests: engine and oracle agree whatever the
//! delivery, and thin messages give the same as whole ones.
#![no_main]

use betrace_sim::generate;
use betrace_sim::tape::Tape;
use betrace_sim::trial::{LAWS, check};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let [salt, law, half, rest @ ..] = bytes else {
        return;
    };
    let choices: Vec<u32> = rest.iter().map(|byte| u32::from(*byte)).collect();
    let (rule, trace) = choices.split_at(choices.len() * usize::from(*half) / 256);
    let source = generate::rule(&mut Tape::replaying(rule.to_vec()));
    let Ok(rule) = source.check("r") else {
        return;
    };
    let spans = generate::trace(&mut Tape::replaying(trace.to_vec()), 0);
    if spans.is_empty() {
        return;
    }
    // Every other run asks the law of thin messages.
    let asked = match law % 2 {
        0 => "thin",
        _ => LAWS[usize::from(law / 2) % LAWS.len()].name,
    };
    let held = check(&[rule], &[spans], u64::from(*salt), |law| law.name == asked);
    if let Err(divergence) = held {
        panic!("{}\n{divergence}", source.condition);
    }
});
