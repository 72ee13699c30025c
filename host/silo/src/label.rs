//! Labels of silos.

use std::str::FromStr;
use std::sync::Arc;

use serde::Deserialize;

/// The longest label, in characters.
const CHARACTERS_MAX: usize = 64;

/// What a silo has that actors may ask for by name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Label(pub(crate) Arc<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no label: it takes 1 to {CHARACTERS_MAX} characters of A-Z a-z 0-9 . _ -")]
pub struct InvalidLabel(String);

impl FromStr for Label {
    type Err = InvalidLabel;

    fn from_str(text: &str) -> Result<Self, InvalidLabel> {
        // No comma among them: it stands between labels in a variable.
        let may_have = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if (1..=CHARACTERS_MAX).contains(&text.len()) && text.chars().all(may_have) {
            return Ok(Self(text.into()));
        }
        Err(InvalidLabel(text.to_owned()))
    }
}

impl TryFrom<String> for Label {
    type Error = InvalidLabel;

    fn try_from(text: String) -> Result<Self, InvalidLabel> {
        text.parse()
    }
}
