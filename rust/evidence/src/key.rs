//! Keys: Ed25519, as `openssl genpkey -algorithm ed25519` writes them. A key is named by the SHA-256 of its public half in
//! DER, which `openssl pkey -pubout -outform DER | sha256sum` prints.

use std::fmt;

use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePublicKey};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};

use crate::digest::Sha256Hex;

/// Stands in a record for the name of its key, where it has none.
pub const UNSIGNED: &str = "unsigned";

/// Why a key cannot be used. It never says what the key is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultyKey(&'static str);

impl fmt::Display for FaultyKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.0)
    }
}

impl std::error::Error for FaultyKey {}

struct Key {
    secret: SigningKey,
    id: String,
}

impl Key {
    fn of_pem(pem: &str) -> Result<Key, FaultyKey> {
        let secret = SigningKey::from_pkcs8_pem(pem.trim()).map_err(|_| {
            FaultyKey("no Ed25519 private key in PEM (PKCS #8), as openssl genpkey -algorithm ed25519 writes it")
        })?;
        let id = id_of(&secret.verifying_key())?;
        Ok(Key { secret, id })
    }
}

fn id_of(key: &VerifyingKey) -> Result<String, FaultyKey> {
    let der = key
        .to_public_key_der()
        .map_err(|_| FaultyKey("its public half cannot be written"))?;
    Ok(Sha256Hex::of(der.as_bytes()).to_string())
}

/// What signs records, and the key before it, which signs the hand-over too. The secrets are wiped when it goes.
pub struct Signer {
    key: Key,
    previous: Option<Key>,
}

impl Signer {
    /// Of private keys in PEM.
    ///
    /// # Errors
    /// If one of them is none.
    pub fn of_pem(pem: &str, previous: Option<&str>) -> Result<Signer, FaultyKey> {
        Ok(Signer {
            key: Key::of_pem(pem)?,
            previous: previous.map(Key::of_pem).transpose()?,
        })
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.key.id
    }

    /// Whether a hand-over from the key of this name can be signed by it.
    #[must_use]
    pub fn can_take_over_from(&self, id: &str) -> bool {
        self.previous.as_ref().is_some_and(|key| key.id == id)
    }

    /// Signatures with the names of their keys: of the key, and for a hand-over of the one before.
    pub(crate) fn sign(&self, bytes: &[u8], is_hand_over: bool) -> Vec<(String, [u8; 64])> {
        let previous = self.previous.as_ref().filter(|_| is_hand_over);
        let keys = [Some(&self.key), previous].into_iter().flatten();
        keys.map(|key| (key.id.clone(), key.secret.sign(bytes).to_bytes()))
            .collect()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Signer({})", self.key.id)
    }
}

/// What signatures are held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    key: VerifyingKey,
    id: String,
}

impl PublicKey {
    /// Of a public key in PEM, as `openssl pkey -pubout` writes it.
    ///
    /// # Errors
    /// If it is none.
    pub fn of_pem(pem: &str) -> Result<PublicKey, FaultyKey> {
        let key = VerifyingKey::from_public_key_pem(pem.trim()).map_err(|_| {
            FaultyKey("no Ed25519 public key in PEM, as openssl pkey -pubout writes it")
        })?;
        let id = id_of(&key)?;
        Ok(PublicKey { key, id })
    }

    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(bytes, &signature).is_ok())
    }
}
