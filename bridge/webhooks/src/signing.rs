//! Signatures as Standard Webhooks has them: HMAC-SHA256 over id, time and body.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pizza_edge::Secret;
use ring::hmac::{HMAC_SHA256, Key, sign};

/// What secrets begin with.
const PREFIX: &str = "whsec_";
/// Which kind of signature it is.
const VERSION: &str = "v1";
/// The bytes that a secret has, by the specification.
const BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The keys that sign, the newest first.
pub(crate) struct Signer(Vec<Key>);

impl Signer {
    /// Reads secrets; `None` where there is none, or one is not of the form.
    pub(crate) fn read(secrets: &[Secret]) -> Option<Self> {
        let key = |secret: &Secret| {
            let text = secret.expose().strip_prefix(PREFIX)?;
            let bytes = BASE64_STANDARD.decode(text).ok()?;
            let is_fit = BYTES.contains(&bytes.len());
            is_fit.then(|| Key::new(HMAC_SHA256, &bytes))
        };
        let keys: Vec<Key> = secrets.iter().map(key).collect::<Option<_>>()?;
        (!keys.is_empty()).then_some(Self(keys))
    }

    /// The header `webhook-signature`: one signature of each key.
    pub(crate) fn signatures(&self, id: &str, timestamp_s: u64, body: &[u8]) -> String {
        let signed = [format!("{id}.{timestamp_s}.").as_bytes(), body].concat();
        let signature = |key: &Key| {
            let signature = BASE64_STANDARD.encode(sign(key, &signed));
            format!("{VERSION},{signature}")
        };
        let all: Vec<String> = self.0.iter().map(signature).collect();
        all.join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The example of the specification's own libraries.
    #[test]
    fn the_specifications_example_is_signed_alike() {
        let signer = Signer::read(&[SECRET.into()]).expect("a secret");
        let body = br#"{"test": 2432232314}"#;
        let signed = signer.signatures("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn each_secret_signs_and_what_is_none_is_refused() {
        let other = format!("whsec_{}", BASE64_STANDARD.encode([7; 32]));
        let both = Signer::read(&[other.as_str().into(), SECRET.into()]).expect("secrets");
        let signed = both.signatures("id", 1, b"body");
        let alone = Signer::read(&[SECRET.into()]).expect("a secret");
        assert_eq!(signed.split(' ').count(), 2);
        assert_eq!(
            signed.split(' ').next_back(),
            Some(&*alone.signatures("id", 1, b"body"))
        );
        let short = format!("whsec_{}", BASE64_STANDARD.encode([7; 23]));
        for secrets in [vec![], vec!["whsec_"], vec!["sesame"], vec![SECRET, &short]] {
            let secrets: Vec<Secret> = secrets.into_iter().map(Secret::from).collect();
            assert!(Signer::read(&secrets).is_none());
        }
    }
}
