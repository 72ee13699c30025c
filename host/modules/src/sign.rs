//! Signatures: ed25519 (RFC 8032) over a prefix of our own, what the module is for, and its
//! digest: a module that was signed for one actor type is signed for no other.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::{Signer as _, SigningKey, VerifyingKey};
use pizza_types::ModuleDigest;
use serde::{Deserialize, Serialize};

/// The beginning of all that is signed here: a signature for a module is one for nothing else.
const PREFIX: &[u8] = b"awesome-pizza module v2\0";

/// The only format that is taken. Format 1 covered the digest alone, and did not say so.
const FORMAT: u32 = 2;

/// Why a signature was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    #[error(
        "there is none, and this silo takes only signed modules: pizza module sign FILE --key KEY \
         --type TYPE"
    )]
    Missing,
    #[error(
        "none of the trusted keys has signed this module: remove FILE.sig, where none is required; or \
         sign it again by a key that is trusted; or trust the key, in [[silo.modules.trusted]]"
    )]
    Untrusted,
    #[error(
        "key {key:?} is trusted for {}, not for {actor_type:?}: add it to the key's types in \
         [[silo.modules.trusted]], or sign by another key", .types.join(", ")
    )]
    NotForType {
        key: String,
        types: Vec<String>,
        actor_type: String,
    },
    #[error(
        "it is of format {0}, which does not cover what the module is for; sign it again: \
         pizza module sign FILE --key KEY --type TYPE"
    )]
    Format(u32),
    #[error(
        "it is one for {signed:?}, not for {wanted:?}: push it with --type {signed}, or sign it again \
         with --type {wanted}"
    )]
    SignedForOther { signed: String, wanted: String },
    #[error(
        "it was checked when it came, against a key named {0:?}, and not kept, so that it cannot \
         be checked again; push it once more with its signature"
    )]
    NotKept(String),
    #[error("it is not one: {0}; remove FILE.sig, or sign the module again")]
    Malformed(String),
}

/// What lies beside a signed module.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    #[serde(default = "first_format")]
    pub format: u32,
    /// The actor type that the module is for; `plugins` for a plugin.
    #[serde(default)]
    pub actor_type: String,
    /// The public key of the key that signed, base64 of 32 bytes.
    pub public_key: String,
    /// The Ed25519 signature (RFC 8032), base64 of 64 bytes.
    pub signature: String,
}

fn first_format() -> u32 {
    1
}

/// A key whose modules a silo takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrustedKey {
    pub name: String,
    /// The public key, base64 of 32 bytes.
    pub public_key: String,
    /// The actor types that the key is trusted for; `plugins` stands for plugins. Empty: all.
    #[serde(default)]
    pub types: Vec<String>,
}

/// A key that signs modules.
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// A new key, from the random numbers of the operating system.
    #[must_use]
    pub fn generate() -> Self {
        Self(SigningKey::from_bytes(&rand::random()))
    }

    /// What others check its signatures with: base64 of 32 bytes.
    #[must_use]
    pub fn public_key(&self) -> String {
        BASE64_STANDARD.encode(self.0.verifying_key().as_bytes())
    }

    /// The secret as text, for the file that keeps it and nowhere else.
    #[must_use]
    pub fn expose(&self) -> String {
        BASE64_STANDARD.encode(self.0.as_bytes())
    }

    /// Signs a module for an actor type. A signature for one type is none for another.
    #[must_use]
    pub fn sign(&self, digest: ModuleDigest, actor_type: &str) -> Signature {
        let signature = self.0.sign(&message(digest, actor_type));
        Signature {
            format: FORMAT,
            actor_type: actor_type.to_owned(),
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

/// Shows the beginning of the public key: nothing of the secret is ever shown by mistake.
impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKey({}…)", &self.public_key()[..8])
    }
}

/// Whose code a silo takes.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    /// Whether a module without a signature is refused.
    pub require_signature: bool,
    /// The keys whose signatures are taken.
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
            // Also where none is required: a signature that is wrong is a sign of trouble.
            Some(signature) => {
                verify(&self.trusted, signature, digest, actor_type).map(|key| Some(key.to_owned()))
            }
            None if self.require_signature => Err(SignError::Missing),
            None => Ok(None),
        }
    }

    /// Whether what is kept may still be loaded: it may be older than the silo's distrust,
    /// and another key may have its key's name by now. So its signature is checked again.
    ///
    /// # Errors
    /// When a signature is required and this is none that is trusted now.
    pub fn admit(
        &self,
        kept: Option<&Signature>,
        signed_by: Option<&str>,
        digest: ModuleDigest,
        actor_type: &str,
    ) -> Result<(), SignError> {
        if !self.require_signature {
            return Ok(());
        }
        match (kept, signed_by) {
            (Some(kept), _) => verify(&self.trusted, kept, digest, actor_type).map(drop),
            (None, Some(name)) => Err(SignError::NotKept(name.to_owned())),
            (None, None) => Err(SignError::Missing),
        }
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
    if signature.format != FORMAT {
        return Err(SignError::Format(signature.format));
    }
    if signature.actor_type != actor_type {
        return Err(SignError::SignedForOther {
            signed: signature.actor_type.chars().take(80).collect(),
            wanted: actor_type.to_owned(),
        });
    }
    let key = trusted
        .iter()
        .find(|key| key.public_key == signature.public_key);
    let key = key.ok_or(SignError::Untrusted)?;
    let malformed = |error: ed25519_dalek::SignatureError| SignError::Malformed(error.to_string());
    let public = VerifyingKey::from_bytes(&bytes(&key.public_key)?).map_err(malformed)?;
    let signed = ed25519_dalek::Signature::from_bytes(&bytes(&signature.signature)?);
    // Strict: neither weak keys nor a second form of the same signature.
    let valid = public.verify_strict(&message(digest, actor_type), &signed);
    valid.map_err(|_| SignError::Untrusted)?;
    key.serves(actor_type)?;
    Ok(&key.name)
}

/// What is signed. The digest always has the same length, so the type is what follows it.
fn message(digest: ModuleDigest, actor_type: &str) -> Vec<u8> {
    [PREFIX, &digest.0, actor_type.as_bytes()].concat()
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
        let signed = ours.sign(digest, "meter");
        assert_eq!(verify(&trust(&[]), &signed, digest, "meter"), Ok("ours"));
        assert_eq!(
            verify(&trust(&["meter"]), &signed, digest, "meter"),
            Ok("ours")
        );
        let (all, clocks) = (trust(&[]), trust(&["clock"]));
        let narrow = verify(&clocks, &signed, digest, "meter");
        assert!(
            matches!(narrow, Err(SignError::NotForType { .. })),
            "{narrow:?}"
        );
        for (signature, digest) in [
            (signed.clone(), other),
            (theirs.sign(digest, "meter"), digest),
            (
                Signature {
                    public_key: ours.public_key(),
                    ..theirs.sign(digest, "meter")
                },
                digest,
            ),
        ] {
            assert_eq!(
                verify(&trust(&[]), &signature, digest, "meter"),
                Err(SignError::Untrusted)
            );
        }
        let broken = Signature {
            signature: "AAAA".to_owned(),
            ..signed
        };
        let refused = verify(&all, &broken, digest, "meter");
        assert!(
            matches!(refused, Err(SignError::Malformed(_))),
            "{refused:?}"
        );
    }

    #[test]
    fn what_is_kept_is_checked_against_the_key_and_not_its_name() {
        let (ours, other) = (SecretKey::generate(), SecretKey::generate());
        let trust = |require_signature, key: &SecretKey, types: &[&str]| Trust {
            require_signature,
            trusted: vec![TrustedKey {
                name: "ours".to_owned(),
                public_key: key.public_key(),
                types: types.iter().map(ToString::to_string).collect(),
            }],
        };
        let digest = ModuleDigest([1; 32]);
        let kept = ours.sign(digest, "meter");
        let (kept, name) = (Some(&kept), Some("ours"));
        let admit = |trust: Trust, kept, name| trust.admit(kept, name, digest, "meter");
        assert_eq!(admit(trust(false, &ours, &[]), None, None), Ok(()));
        assert_eq!(admit(trust(true, &ours, &[]), kept, name), Ok(()));
        assert_eq!(
            admit(trust(true, &ours, &[]), None, None),
            Err(SignError::Missing)
        );
        let replaced = admit(trust(true, &other, &[]), kept, name);
        assert_eq!(
            replaced,
            Err(SignError::Untrusted),
            "another key by its name"
        );
        let old = admit(trust(true, &ours, &[]), None, name);
        assert!(matches!(old, Err(SignError::NotKept(_))), "{old:?}");
        let narrow = admit(trust(true, &ours, &[PLUGINS]), kept, name);
        let is_narrow = matches!(narrow, Err(SignError::NotForType { .. }));
        assert!(is_narrow, "{narrow:?}");
    }

    #[test]
    fn a_signature_is_for_one_actor_type_whatever_it_says() {
        let ours = SecretKey::generate();
        let trusted = [TrustedKey {
            name: "ours".to_owned(),
            public_key: ours.public_key(),
            types: Vec::new(),
        }];
        let digest = ModuleDigest([1; 32]);
        let signed = ours.sign(digest, "clock");
        let other = verify(&trusted, &signed, digest, "meter");
        let is_other = matches!(other, Err(SignError::SignedForOther { .. }));
        assert!(is_other, "{other:?}");
        let renamed = Signature {
            actor_type: "meter".to_owned(),
            ..signed
        };
        let renamed = verify(&trusted, &renamed, digest, "meter");
        assert_eq!(renamed, Err(SignError::Untrusted));
        let old = r#"{"public_key": "AAAA", "signature": "AAAA"}"#;
        let old: Signature = serde_json::from_str(old).expect("the first format");
        let old = verify(&trusted, &old, digest, "meter");
        assert_eq!(old, Err(SignError::Format(1)));
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
