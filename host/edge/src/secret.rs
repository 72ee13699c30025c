//! Text that is never shown: a token or a password.

use std::fmt;

use serde::Deserialize;
use subtle::{Choice, ConstantTimeEq};

/// A token or a password. Neither logs nor panics show it, since it has no `Display`, and its
/// `Debug` says only that there is one.
#[derive(Clone, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// A new secret of so many random bytes, as hexadecimal digits. 32 are beyond guessing for
    /// anybody, 16 for anybody who has to ask over a network.
    #[must_use]
    pub fn random(bytes: usize) -> Self {
        let mut random = vec![0_u8; bytes];
        rand::fill(&mut random[..]);
        Self(random.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The text itself. What becomes of it is the caller's business.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text itself, for a library that keeps it.
    #[must_use]
    pub fn into_exposed(self) -> String {
        self.0
    }

    /// Whether `given` is the same, in a time that does not tell how much of it was right.
    #[must_use]
    pub fn is(&self, given: &str) -> bool {
        self.ct_eq(given.as_bytes()).into()
    }

    /// Like [`is`](Self::is), for more than one comparison whose number must not show either.
    #[must_use]
    pub fn ct_eq(&self, given: &[u8]) -> Choice {
        // Texts of another length are told apart at once: the length is no secret.
        self.0.as_bytes().ct_eq(given)
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_not_shown() {
        let secret = Secret::from("open sesame");
        for shown in [format!("{secret:?}"), format!("{:#?}", Some(&secret))] {
            assert!(!shown.contains("sesame"), "{shown}");
        }
        assert_eq!(secret.expose(), "open sesame");
    }

    #[test]
    fn only_the_same_text_is_the_same() {
        let secret = Secret::from("open sesame");
        for (given, expected) in [
            ("open sesame", true),
            ("open sesam", false),
            ("open sesame ", false),
            ("Open sesame", false),
            ("", false),
        ] {
            assert_eq!(secret.is(given), expected, "{given:?}");
        }
    }

    #[test]
    fn random_ones_differ_and_are_fit_for_a_header() {
        let [one, other] = [Secret::random(16), Secret::random(16)];
        assert_ne!(one.expose(), other.expose());
        assert_eq!(one.expose().len(), 32);
        assert!(one.expose().bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
