//! What others keep for us: text that nobody else can read, nor make so that we would take it.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// How many bytes the secret of a key has.
pub const SECRET_BYTES: usize = 32;
/// In front of what is sealed: the number of the key, so that no other one has to be tried.
const ID_BYTES: usize = 4;

/// A key by which texts are sealed (ChaCha20-Poly1305, RFC 8439). Each has a random nonce of 96 bits,
/// so that one key is fit for some four billion of them.
pub struct SealingKey {
    id: u32,
    key: LessSafeKey,
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

impl SealingKey {
    /// The key with this number and this secret.
    #[must_use]
    pub fn new(id: u32, secret: &[u8; SECRET_BYTES]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, secret);
        let key = key.expect("the algorithm takes keys of 32 bytes, which these are");
        let key = LessSafeKey::new(key);
        Self { id, key }
    }

    /// Seals a text for a purpose; for another one it is not opened.
    #[must_use]
    pub fn seal(&self, purpose: &str, text: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce[..]);
        let mut body = text.to_vec();
        let associated = Aad::from(purpose.as_bytes());
        let nonce_used = Nonce::assume_unique_for_key(nonce);
        self.key
            .seal_in_place_append_tag(nonce_used, associated, &mut body)
            .expect("it fails for texts of 256 GB only");
        [&self.id.to_be_bytes()[..], &nonce, &body].concat()
    }

    /// The text; `None` when it was not sealed by this key for this purpose, or was changed.
    #[must_use]
    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (id, rest) = sealed.split_at_checked(ID_BYTES)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN)?;
        if id != self.id.to_be_bytes() {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let associated = Aad::from(purpose.as_bytes());
        let text = self.key.open_in_place(nonce, associated, &mut body).ok()?;
        Some(text.to_vec())
    }

    /// Whether it says to be sealed by this key.
    #[must_use]
    pub fn is_named_by(&self, sealed: &[u8]) -> bool {
        sealed.starts_with(&self.id.to_be_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_sealed_is_opened() {
        let key = SealingKey::new(7, &[1; SECRET_BYTES]);
        let sealed = key.seal("session", b"open sesame");
        assert_eq!(
            key.open("session", &sealed).as_deref(),
            Some(&b"open sesame"[..])
        );
        assert!(!sealed.windows(6).any(|window| window == b"sesame"));
        assert_ne!(sealed, key.seal("session", b"open sesame"), "each is new");
        assert_eq!(key.open("other", &sealed), None);
        for other in [
            SealingKey::new(8, &[1; SECRET_BYTES]),
            SealingKey::new(7, &[2; SECRET_BYTES]),
        ] {
            assert_eq!(other.open("session", &sealed), None);
        }
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert_eq!(key.open("session", &changed), None, "byte {at}");
            assert_eq!(key.open("session", &sealed[..at]), None, "cut at {at}");
        }
        assert!(key.is_named_by(&sealed) && !key.is_named_by(&[0, 0, 0, 8]));
    }
}
