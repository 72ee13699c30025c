//! A token of the admin API. That of operators is given, or made at the first start and kept where only the
//! owner of the data directory can read it; that of edges is given, or there is none.

use std::path::{Path, PathBuf};
use std::{fs, io};

use pizza_edge::{Secret, private_file};
use serde::Deserialize;

const FILE: &str = "admin-token";
/// The bytes of a token that is made here: 256 bits cannot be guessed.
const RANDOM_BYTES: usize = 32;
/// The fewest characters of a token that somebody chose.
const CHARACTERS_MIN: usize = 16;

/// A token of the admin API.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct Token(Secret);

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error(
        "the token has {0} characters that are fit for one; it takes at least {CHARACTERS_MIN}, and no spaces"
    )]
    Unfit(usize),
    #[error("the admin token's file {} cannot be used", path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("{} holds no token; delete it, and the next start of the silo makes a new one", path.display())]
    NoToken { path: PathBuf },
    #[error(
        "edge_token is the same as the token of operators: who has it would be one; it takes another, or none"
    )]
    Same,
}

impl Token {
    /// A token that somebody chose.
    ///
    /// # Errors
    /// When it is too short, or could not be sent in a header.
    pub fn checked(self) -> Result<Self, TokenError> {
        let text = self.0.expose();
        let fit = text.bytes().take_while(u8::is_ascii_graphic).count();
        if fit < text.len() || fit < CHARACTERS_MIN {
            return Err(TokenError::Unfit(fit));
        }
        Ok(self)
    }

    /// The token that is kept in the data directory; where there is none, a new one.
    ///
    /// # Errors
    /// When the file cannot be read or written, or is not a token.
    pub fn kept_in(data: &Path) -> Result<Self, TokenError> {
        let path = Self::path(data);
        if !path.exists() {
            let token = Self(Secret::random(RANDOM_BYTES));
            let line = format!("{}\n", token.expose());
            let written = private_file::write(&path, &line);
            written.map_err(|source| TokenError::File { path, source })?;
            return Ok(token);
        }
        // Before its mode is mended: a file that is none of ours shall stay as it is.
        let token = Self::read_from(data)?;
        // Somebody's umask or copy may have opened it to others.
        let closed = private_file::close_to_others(&path);
        closed.map_err(|source| TokenError::File { path, source })?;
        Ok(token)
    }

    /// # Errors
    /// When there is no such file, it cannot be read, or is not a token.
    pub fn read_from(data: &Path) -> Result<Self, TokenError> {
        let path = Self::path(data);
        match fs::read_to_string(&path) {
            Ok(text) => {
                let token = Self(text.trim().into()).checked();
                token.map_err(|_| TokenError::NoToken { path })
            }
            Err(source) => Err(TokenError::File { path, source }),
        }
    }

    #[must_use]
    pub fn path(data: &Path) -> PathBuf {
        data.join(FILE)
    }

    /// Whether this is the token, compared in a time that does not tell how much of it was right.
    pub(super) fn is(&self, given: &str) -> bool {
        self.0.is(given)
    }

    /// The token as text, for the header of a request.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose()
    }
}

impl From<String> for Token {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_token_is_made_once_and_is_the_owners() {
        let dir = tempfile::tempdir().expect("a directory");
        let data = dir.path().join("data");
        assert!(Token::read_from(&data).is_err());
        let made = Token::kept_in(&data).expect("made");
        assert_eq!(made.expose().len(), 64);
        let mode = || {
            let file = fs::metadata(Token::path(&data)).expect("a file");
            file.permissions().mode() & 0o777
        };
        assert_eq!(mode(), 0o600);
        let opened = fs::set_permissions(Token::path(&data), Permissions::from_mode(0o644));
        opened.expect("set");
        for again in [Token::read_from(&data), Token::kept_in(&data)] {
            assert!(made.is(again.expect("read").expose()));
        }
        assert_eq!(mode(), 0o600);
        assert!(!format!("{made:?}").contains(made.expose()));
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let long = "a".repeat(16);
        for (text, fits) in [
            (long.as_str(), true),
            ("short", false),
            ("", false),
            ("with a space in its middle", false),
            ("sixteen-and-more\n", false),
            ("pizza-mit-käse-und-mehr", false),
        ] {
            let checked = Token::from(text.to_owned()).checked();
            assert_eq!(checked.is_ok(), fits, "{text:?}");
        }
        let dir = tempfile::tempdir().expect("a directory");
        fs::write(Token::path(dir.path()), "").expect("written");
        let error = Token::kept_in(dir.path()).expect_err("refused").to_string();
        assert!(
            error.contains("admin-token") && error.contains("delete"),
            "{error}"
        );
    }
}
