//! Signatures: ed25519 (RFC 8032) over a prefix of our own and the module's digest.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use pizza_types::ModuleDigest;
use serde::{Deserialize, Serialize};

/// A signature for a module is one for nothing else.
const PREFIX: &[u8] = b"awesome-pizza module v1\0";

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error("there is none, and this silo takes only signed modules")]
    Missing,
    #[error("none of the trusted keys has signed this module")]
    Untrusted,
    #[error("key {key:?} is trusted for {}, not for {actor_type:?}", .types.join(", "))]
    NotForType {
        key: String,
        types: Vec<String>,
        actor_type: String,
    },
    #[error("it is not one: {0}")]
    Malformed(String),
}

/// What lies beside a signed module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// Of the key that signed.
    pub public_key: String,
    pub signature: String,
}

/// A key whose modules a silo takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    pub name: String,
    /// Base64 of 32 bytes.
    pub public_key: String,
    /// Only modules of these actor types; `plugins` stands for plugins. Empty: all.
    #[serde(default)]
    pub types: Vec<String>,
}

pub struct SecretKey(SigningKey);

impl SecretKey {
    #[must_use]
    pub fn generate() -> Self {
        Self(SigningKey::from_bytes(&rand::random()))
    }

    #[must_use]
    pub fn public_key(&self) -> String {
        BASE64_STANDARD.encode(self.0.verifying_key().as_bytes())
    }

    /// For the file that keeps it, and nowhere else.
    #[must_use]
    pub fn expose(&self) -> String {
        BASE64_STANDARD.encode(self.0.as_bytes())
    }

    #[must_use]
    pub fn sign(&self, digest: ModuleDigest) -> Signature {
        let signature = self.0.sign(&message(digest));
        Signature {
            public_key: self.public_key(),
            signature: BASE64_STANDARD.encode(signature.to_bytes()),
        }
    }
}

impl FromStr for SecretKey {
    type Err = SignError;

    fn from_str(text: &str) -> Result<Self, SignError> {
        Ok(Self(SigningKey::from_bytes(&bytes(text)?)))
    }
}

/// Nothing of it is ever shown by mistake.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}…)", &self.public_key()[..8])
    }
}

/// Whose code a silo takes.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    pub require_signature: bool,
    pub trusted: Vec<TrustedKey>,
}

/// What a key that is limited to plugins names instead of an actor type.
pub const PLUGINS: &str = "plugins";

impl Trust {
    /// The trusted key that signed what is given, if one did. A signature that is not
    /// needed must still be a good one.
    ///
    /// # Errors
    /// When the signature is none of a key that is trusted for this, or there must be one.
    pub fn signer(
        &self,
        signature: Option<&Signature>,
        digest: ModuleDigest,
        actor_type: &str,
    ) -> Result<Option<String>, SignError> {
        match signature {
            Some(signature) => {
                verify(&self.trusted, signature, digest, actor_type).map(|key| Some(key.to_owned()))
            }
            None if self.require_signature => Err(SignError::Missing),
            None => Ok(None),
        }
    }

    /// Whether what was signed by this key when it came may still be loaded: what is kept
    /// may be older than the silo's distrust.
    ///
    /// # Errors
    /// When a signature is required and this is none that is trusted now.
    pub fn admit(&self, signer: Option<&str>, actor_type: &str) -> Result<(), SignError> {
        if !self.require_signature {
            return Ok(());
        }
        let signer = signer.ok_or(SignError::Missing)?;
        let key = self.trusted.iter().find(|key| key.name == signer);
        key.ok_or(SignError::Untrusted)?.serves(actor_type)
    }
}

impl TrustedKey {
    fn serves(&self, actor_type: &str) -> Result<(), SignError> {
        if self.types.is_empty() || self.types.iter().any(|name| name == actor_type) {
            return Ok(());
        }
        Err(SignError::NotForType {
            key: self.name.clone(),
            types: self.types.clone(),
            actor_type: actor_type.to_owned(),
        })
    }
}

/// The name of the trusted key that signed the module.
///
/// # Errors
/// When none did, or it is not trusted for this actor type.
pub fn verify<'k>(
    trusted: &'k [TrustedKey],
    signature: &Signature,
    digest: ModuleDigest,
    actor_type: &str,
) -> Result<&'k str, SignError> {
    let key = trusted
        .iter()
        .find(|key| key.public_key == signature.public_key);
    let key = key.ok_or(SignError::Untrusted)?;
    let malformed = |error: ed25519_dalek::SignatureError| SignError::Malformed(error.to_string());
    let public = VerifyingKey::from_bytes(&bytes(&key.public_key)?).map_err(malformed)?;
    let signed = ed25519_dalek::Signature::from_bytes(&bytes(&signature.signature)?);
    // Strict: neither weak keys nor a second form of the same signature.
    let valid = public.verify_strict(&message(digest), &signed);
    valid.map_err(|_| SignError::Untrusted)?;
    key.serves(actor_type)?;
    Ok(&key.name)
}

fn message(digest: ModuleDigest) -> Vec<u8> {
    [PREFIX, &digest.0].concat()
}

fn bytes<const N: usize>(text: &str) -> Result<[u8; N], SignError> {
    let bytes = BASE64_STANDARD.decode(text.trim());
    let bytes = bytes.map_err(|error| SignError::Malformed(error.to_string()))?;
    let length = bytes.len();
    let fits = <[u8; N]>::try_from(bytes);
    fits.map_err(|_| SignError::Malformed(format!("{length} bytes instead of {N}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_keys_count_and_only_for_their_types() {
        let (ours, theirs) = (SecretKey::generate(), SecretKey::generate());
        let trust = |types: &[&str]| {
            vec![TrustedKey {
                name: "ours".to_owned(),
                public_key: ours.public_key(),
                types: types.iter().map(ToString::to_string).collect(),
            }]
        };
        let (digest, other) = (ModuleDigest([1; 32]), ModuleDigest([2; 32]));
        let signed = ours.sign(digest);
        assert_eq!(verify(&trust(&[]), &signed, digest, "order"), Ok("ours"));
        assert_eq!(
            verify(&trust(&["order"]), &signed, digest, "order"),
            Ok("ours")
        );
        let (all, chefs) = (trust(&[]), trust(&["chef"]));
        let narrow = verify(&chefs, &signed, digest, "order");
        assert!(
            matches!(narrow, Err(SignError::NotForType { .. })),
            "{narrow:?}"
        );
        for (signature, digest) in [
            (signed.clone(), other),
            (theirs.sign(digest), digest),
            (
                Signature {
                    public_key: ours.public_key(),
                    ..theirs.sign(digest)
                },
                digest,
            ),
        ] {
            assert_eq!(
                verify(&trust(&[]), &signature, digest, "order"),
                Err(SignError::Untrusted)
            );
        }
        let broken = Signature {
            signature: "AAAA".to_owned(),
            ..signed
        };
        let refused = verify(&all, &broken, digest, "order");
        assert!(
            matches!(refused, Err(SignError::Malformed(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn what_is_kept_is_loaded_only_while_its_key_is_trusted() {
        let key = |name: &str, types: &[&str]| TrustedKey {
            name: name.to_owned(),
            public_key: String::new(),
            types: types.iter().map(ToString::to_string).collect(),
        };
        let trust = |require_signature| Trust {
            require_signature,
            trusted: vec![key("ours", &[]), key("strangers", &[PLUGINS])],
        };
        assert_eq!(trust(false).admit(None, "order"), Ok(()));
        assert_eq!(trust(true).admit(Some("ours"), "order"), Ok(()));
        assert_eq!(trust(true).admit(Some("strangers"), PLUGINS), Ok(()));
        assert_eq!(trust(true).admit(None, "order"), Err(SignError::Missing));
        let former = trust(true).admit(Some("former"), "order");
        assert_eq!(former, Err(SignError::Untrusted));
        let narrow = trust(true).admit(Some("strangers"), "order");
        assert!(
            matches!(narrow, Err(SignError::NotForType { .. })),
            "{narrow:?}"
        );
    }

    #[test]
    fn a_key_comes_back_from_its_file_and_is_not_shown() {
        let key = SecretKey::generate();
        let again: SecretKey = key.expose().parse().expect("a key");
        assert_eq!(again.public_key(), key.public_key());
        assert!(!format!("{key:?}").contains(&key.expose()));
        assert!("nonsense!".parse::<SecretKey>().is_err());
    }
}
