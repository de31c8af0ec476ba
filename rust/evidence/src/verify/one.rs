//! One record by itself: that it is written as records are, says of its entries what they are, and is signed.

use crate::digest::{Sha256Hex, leaf_hash, merkle_root};
use crate::envelope::{Envelope, NotARecord, pre_authentication};
use crate::key::UNSIGNED;
use crate::record::{Entry, PREDICATE_TYPE, RuleEntry, STATEMENT_TYPE, Statement, canonical};
use crate::seal::rules_hash_of;
use crate::time::time_of;

use crate::verify::told::{Checked, Expectations, FaultKind, Line, Verification};

/// The longest line that is read. The entries of a record are bounded; recordings, of which it names each, are so by the
/// command.
pub const RECORD_BYTES: usize = 8 << 20;

pub enum Read {
    Record(Box<Checked>),
    Nothing,
}

pub fn check(line: &Line<'_>, expected: &Expectations, found: &mut Verification) -> Read {
    let place = format!("{}:{}", line.file, line.number);
    let read = read(line.text);
    let (envelope, payload, statement) = match read {
        Ok(read) => read,
        Err(NotARecord(why)) => {
            found.fault(FaultKind::NotARecord, &place, why);
            return Read::Nothing;
        }
    };
    let period = &statement.predicate.period;
    let (Some(from), Some(to)) = (time_of(&period.from), time_of(&period.to)) else {
        found.fault(
            FaultKind::NotARecord,
            &place,
            "a period whose ends are no times".to_owned(),
        );
        return Read::Nothing;
    };
    let before = found.faults.len();
    for text in wrong_of_itself(&statement, from, to) {
        found.fault(FaultKind::Content, &place, text);
    }
    if let Some((kind, text)) = wrong_signature(&envelope, &payload, &statement, expected) {
        found.fault(kind, &place, text);
    }
    Read::Record(Box::new(Checked {
        hash: Sha256Hex::of(&payload),
        is_sound: found.faults.len() == before,
        place,
        statement,
        from,
        to,
    }))
}

fn read(line: &[u8]) -> Result<(Envelope, Vec<u8>, Statement), NotARecord> {
    if line.len() > RECORD_BYTES {
        return Err(NotARecord(format!(
            "a line of {} bytes; a record has at most {RECORD_BYTES}",
            line.len()
        )));
    }
    let envelope = Envelope::of_line(line)?;
    let payload = envelope.payload()?;
    let statement: Statement = serde_json::from_slice(&payload)
        .map_err(|error| NotARecord(format!("no statement about evidence: {error}")))?;
    if statement.kind != STATEMENT_TYPE || statement.predicate_type != PREDICATE_TYPE {
        return Err(NotARecord(format!(
            "a statement of another kind: {}",
            statement.predicate_type.escape_debug()
        )));
    }
    // So that no byte of it is without a meaning that was checked.
    if canonical(&statement) != payload {
        return Err(NotARecord(
            "a statement that is not written as statements are".to_owned(),
        ));
    }
    Ok((envelope, payload, statement))
}

/// What a record says of itself and is not so.
fn wrong_of_itself(statement: &Statement, from: u64, to: u64) -> Vec<String> {
    let predicate = &statement.predicate;
    let list = &predicate.entries.list;
    let mut wrong = Vec::new();
    let leaves: Vec<Sha256Hex> = list.iter().map(|one| leaf_hash(&canonical(one))).collect();
    if merkle_root(&leaves) != predicate.entries.merkle_root {
        wrong.push("the Merkle root is not that of the entries".to_owned());
    }
    let rules: Vec<&RuleEntry> = list
        .iter()
        .filter_map(|entry| match entry {
            Entry::Rule(rule) => Some(rule),
            Entry::Violation(_) => None,
        })
        .collect();
    let violations = (list.len() - rules.len()) as u64;
    if predicate.rules.listed != rules.len() as u64
        || predicate.violations.listed != violations
        || predicate.rules.total < predicate.rules.listed
        || predicate.violations.total < violations
    {
        wrong.push("there are not as many entries as it says".to_owned());
    }
    if predicate.rules.total == rules.len() as u64 {
        let named = rules.iter().map(|rule| (&*rule.id, rule.meaning.clone()));
        let hash = rules_hash_of(named.collect());
        let said = statement.subject.iter().find(|one| one.name == "rules");
        if said.and_then(|said| said.digest.get("sha256")) != Some(&hash) {
            wrong.push("the hash of the rule set is not that of its rules".to_owned());
        }
    }
    if from > to {
        wrong.push("the period ends before it begins".to_owned());
    }
    wrong
}

/// A signed record bears the signature of the key it names, and of the one before where it says that this one hands over,
/// and no other.
fn wrong_signature(
    envelope: &Envelope,
    payload: &[u8],
    statement: &Statement,
    expected: &Expectations,
) -> Option<(FaultKind, String)> {
    let signed = pre_authentication(payload);
    let predicate = &statement.predicate;
    let signatures: Vec<(&str, Vec<u8>)> = envelope.signatures().collect();
    if predicate.signer == UNSIGNED {
        if !signatures.is_empty() {
            let text = "it says that it is unsigned, and bears a signature".to_owned();
            return Some((FaultKind::Signature, text));
        }
        let text = "it is unsigned".to_owned();
        return (!expected.allows_unsigned).then_some((FaultKind::Unsigned, text));
    }
    let named = [Some(&predicate.signer), predicate.hand_over_from.as_ref()];
    let named: Vec<&str> = named.into_iter().flatten().map(String::as_str).collect();
    let bearing: Vec<&str> = signatures.iter().map(|(id, _)| *id).collect();
    if bearing != named {
        let text = format!(
            "it bears {} of {} signatures that it names, or others",
            bearing.iter().filter(|id| named.contains(id)).count(),
            named.len()
        );
        return Some((FaultKind::Signature, text));
    }
    signatures.iter().find_map(|(id, signature)| {
        let Some(key) = expected.keys.iter().find(|key| key.id() == *id) else {
            let text = format!("signed by a key that was not given: {}", id.escape_debug());
            return Some((FaultKind::UnknownKey, text));
        };
        let text = format!("the signature of the key {id} is wrong");
        (!key.has_signed(&signed, signature)).then_some((FaultKind::Signature, text))
    })
}
