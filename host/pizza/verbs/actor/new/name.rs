//! What an actor may be called: the name is an actor type, a package and an interface of WIT,
//! a crate, and a type of Rust at once.

use std::str::FromStr;

/// The name of an actor type, for example `loyalty-card`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name(String);

/// The longest name: it becomes a part of many others.
const CHARACTERS_MAX: usize = 40;

/// Names that are taken: words of WIT, of Rust and of JavaScript, and what the project itself calls
/// so, in whatever language.
const TAKEN: &str = "\
    abstract actor actors alloc arguments as ask async await become bindings bool borrow box break \
    build call case catch char class calls debugger delete encode decode eval exports extends \
    finally function host implements instanceof interface key let new null package private \
    protected public publish reminder-events reminders silo stream-events streams switch this \
    throw timer-events timers typeof undefined var void \
    clone const constructor context continue copy core crate default deps deserialize do drop dyn \
    else enum err error-context export extern f32 f64 false final flags float32 float64 fn for \
    from func future gen host if impl import in include interface let lifecycle list log loop \
    macro main map match mod move mut none ok option override own package priv proc-macro pub \
    record ref resource result return s16 s32 s64 s8 self serde serialize silo silo-sdk some std \
    state static stream string struct super test tests trait true try tuple type typeof types u16 \
    u32 u64 u8 unsafe unsized use variant vec virtual where while with world yield";
/// Endings of names in which the silo reads a meaning.
const ENDINGS: [&str; 4] = ["-actor", "-client", "-queries", "-state"];

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Form(String),
    Taken(String),
    Ending(&'static str),
}

impl std::error::Error for Refusal {}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Form(name) => write!(
                f,
                "{name:?}: a name has at most {CHARACTERS_MAX} characters, in words of lower case \
                 letters and digits that begin with a letter, with '-' between them, like \
                 loyalty-card"
            ),
            Self::Taken(name) => write!(
                f,
                "{name:?} is a word of WIT, Rust or JavaScript, or is used in the project itself"
            ),
            Self::Ending(ending) => write!(
                f,
                "a name does not end in {ending:?}: what does has a meaning of its own"
            ),
        }
    }
}

impl FromStr for Name {
    type Err = Refusal;

    fn from_str(name: &str) -> Result<Self, Refusal> {
        let fits = name.len() <= CHARACTERS_MAX && name.split('-').all(is_word);
        if !fits {
            // Only its beginning: what somebody gave as a name may be of any length.
            return Err(Refusal::Form(name.chars().take(80).collect()));
        }
        if TAKEN.split(' ').any(|taken| taken == name) {
            return Err(Refusal::Taken(name.to_owned()));
        }
        match ENDINGS.into_iter().find(|ending| name.ends_with(ending)) {
            Some(ending) => Err(Refusal::Ending(ending)),
            None => Ok(Self(name.to_owned())),
        }
    }
}

fn is_word(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_lowercase())
        && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

impl Name {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as that of a module, like `loyalty_card`.
    pub(super) fn module(&self) -> String {
        self.0.replace('-', "_")
    }

    /// The name as that of a variable of JavaScript, like `loyaltyCard`.
    pub(super) fn camel(&self) -> String {
        let name = self.rust_type();
        name[..1].to_ascii_lowercase() + &name[1..]
    }

    /// The name as that of a type of Rust or a class, like `LoyaltyCard`.
    pub(super) fn rust_type(&self) -> String {
        let words = self.0.split('-');
        let capital = |word: &str| word[..1].to_ascii_uppercase() + &word[1..];
        words.map(capital).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_four_forms() {
        let name: Name = "loyalty-card2".parse().unwrap();
        assert_eq!(name.module(), "loyalty_card2");
        assert_eq!(name.rust_type(), "LoyaltyCard2");
        assert_eq!(name.camel(), "loyaltyCard2");
    }

    #[test]
    fn bad_names_are_refused_with_the_rule() {
        let long = "a".repeat(CHARACTERS_MAX + 1);
        let odd = [
            "", "-", "a-", "-a", "a--b", "Tally", "2nd", "a-2", "a_b", "a/b", "..", "ä",
        ];
        for name in odd.into_iter().chain([long.as_str()]) {
            let refused = name.parse::<Name>().unwrap_err();
            assert_eq!(refused, Refusal::Form(name.to_owned()));
            assert!(refused.to_string().contains("loyalty-card"));
        }
        for name in ["list", "fn", "types", "error-context", "test", "silo-sdk"] {
            let refused = name.parse::<Name>().unwrap_err();
            assert_eq!(refused, Refusal::Taken(name.to_owned()));
        }
        let client = "tally-client".parse::<Name>();
        assert_eq!(client, Err(Refusal::Ending("-client")));
    }
}
