//! The envelope around a statement: DSSE (Dead Simple Signing Envelope, v1), one line of JSON.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

use crate::key::Signer;
use crate::record::canonical;

/// Of every statement of in-toto.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Base64 of the statement's bytes.
    payload: String,
    #[serde(rename = "payloadType")]
    payload_type: String,
    signatures: Vec<Signature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    keyid: String,
    sig: String,
}

/// Why a line is no envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotARecord(pub String);

impl fmt::Display for NotARecord {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl std::error::Error for NotARecord {}

/// What is signed: the type and the payload, each behind its length.
#[must_use]
pub fn pre_authentication(payload: &[u8]) -> Vec<u8> {
    let head = format!(
        "DSSEv1 {} {PAYLOAD_TYPE} {} ",
        PAYLOAD_TYPE.len(),
        payload.len()
    );
    [head.as_bytes(), payload].concat()
}

impl Envelope {
    /// Around `payload`, signed where there is a key.
    #[must_use]
    pub fn around(payload: &[u8], signer: Option<&Signer>, is_hand_over: bool) -> Envelope {
        let signed = pre_authentication(payload);
        let signatures = signer.map_or_else(Vec::new, |signer| signer.sign(&signed, is_hand_over));
        Envelope {
            payload: STANDARD.encode(payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: signatures
                .into_iter()
                .map(|(keyid, sig)| Signature {
                    keyid,
                    sig: STANDARD.encode(sig),
                })
                .collect(),
        }
    }

    /// The line, without its end.
    #[must_use]
    pub fn line(&self) -> Vec<u8> {
        canonical(self)
    }

    /// Reads a line, which must be written just as [`Envelope::line`] writes it: what nobody signs, the JSON around, has
    /// one spelling, so that no change of it goes unseen.
    ///
    /// # Errors
    /// If it is no envelope of a statement, or spelled otherwise.
    pub fn of_line(line: &[u8]) -> Result<Envelope, NotARecord> {
        let envelope: Envelope = serde_json::from_slice(line)
            .map_err(|error| NotARecord(format!("no DSSE envelope: {error}")))?;
        if envelope.payload_type != PAYLOAD_TYPE {
            return Err(NotARecord("an envelope of something else".to_owned()));
        }
        if envelope.line() != line {
            return Err(NotARecord(
                "an envelope that is not written as envelopes are".to_owned(),
            ));
        }
        Ok(envelope)
    }

    /// The statement's bytes.
    ///
    /// # Errors
    /// If the payload is no base64.
    pub fn payload(&self) -> Result<Vec<u8>, NotARecord> {
        let payload = STANDARD.decode(&self.payload);
        payload.map_err(|error| NotARecord(format!("the payload is no base64: {error}")))
    }

    /// Names of keys with what is said to be their signature; a signature that is no base64 is empty, and so never right.
    pub(crate) fn signatures(&self) -> impl Iterator<Item = (&str, Vec<u8>)> {
        self.signatures.iter().map(|one| {
            let bytes = STANDARD.decode(&one.sig).unwrap_or_default();
            (one.keyid.as_str(), bytes)
        })
    }
}
