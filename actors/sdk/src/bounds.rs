//! Checks of what a contract says of its values beyond their types; `actor!` writes them from
//! the contract's docs (`@range 1..99`, `@length 1..50`, `@key`, `@line 1..128`), as
//! `bindings::bounds::create(&order)?` for a function `create` that may decline with
//! `invalid(list<violation>)`. All mistakes are found, not the first only.

use core::fmt::{Display, Write as _};

/// The longest key of an actor.
const KEY_CHARS_MAX: usize = 128;
/// The most mistakes that are told; nobody reads more.
const FOUND_MAX: usize = 100;
/// The longest piece of somebody's input that a message repeats.
const QUOTED_CHARS_MAX: usize = 60;

/// Mistakes: each a JSON pointer and a message.
#[derive(Default)]
pub struct Found(Vec<(String, String)>);

/// A value whose contract says more of it than its type.
pub trait Bounded {
    fn check(&self, at: At<'_>, found: &mut Found);
}

/// A pointer into the arguments. It is spelled out only when something is wrong there.
#[derive(Clone, Copy)]
pub struct At<'a> {
    up: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Item(usize),
}

impl<'a> At<'a> {
    /// The pointer to a parameter.
    #[must_use]
    pub fn parameter(name: &'a str) -> Self {
        let step = Step::Field(name);
        Self { up: None, step }
    }

    #[must_use]
    pub fn field(&'a self, name: &'a str) -> Self {
        let step = Step::Field(name);
        Self {
            up: Some(self),
            step,
        }
    }

    #[must_use]
    pub fn item(&'a self, index: usize) -> Self {
        let step = Step::Item(index);
        Self {
            up: Some(self),
            step,
        }
    }

    /// Writes the pointer. Names of a contract have nothing that a pointer would have to escape.
    fn spell(&self, pointer: &mut String) {
        if let Some(up) = self.up {
            up.spell(pointer);
        }
        pointer.push('/');
        match self.step {
            Step::Field(name) => pointer.push_str(name),
            Step::Item(index) => {
                // Writing to a string does not fail.
                let _ = write!(pointer, "{index}");
            }
        }
    }
}

impl Found {
    #[must_use]
    pub fn into_inner(self) -> Vec<(String, String)> {
        self.0
    }

    #[cold]
    fn note(&mut self, at: At<'_>, message: String) {
        if self.0.len() < FOUND_MAX {
            let mut pointer = String::new();
            at.spell(&mut pointer);
            self.0.push((pointer, message));
        }
    }

    /// Notes a number outside of its range; what is no number is in no range.
    pub fn range<T: PartialOrd + Display>(&mut self, at: At<'_>, value: &T, least: T, most: T) {
        // Not by `<` and `>`: of what is no number both are false, and it must be noted.
        if !(*value >= least && *value <= most) {
            self.note(at, format!("expected {least} to {most}, found {value}"));
        }
    }

    pub fn length(&mut self, at: At<'_>, found: usize, least: usize, most: usize) {
        if !(least..=most).contains(&found) {
            let expected = from_to(least, most);
            self.note(at, format!("expected {expected} elements, found {found}"));
        }
    }

    pub fn key(&mut self, at: At<'_>, text: &str) {
        let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-');
        // Bytes are counted for characters: all that are legal have one byte.
        if !(1..=KEY_CHARS_MAX).contains(&text.len()) || !text.bytes().all(legal) {
            let expected = format!("1 to {KEY_CHARS_MAX} characters of A-Z a-z 0-9 . _ : -");
            self.note(at, format!("expected {expected}, found {}", quoted(text)));
        }
    }

    pub fn line(&mut self, at: At<'_>, text: &str, least: usize, most: usize) {
        // A character has at most four bytes, so most texts need not be counted.
        let fits = text.len() <= most && text.len() >= 4 * least;
        if !fits {
            let chars = text.chars().count();
            if !(least..=most).contains(&chars) {
                let expected = from_to(least, most);
                self.note(at, format!("expected {expected} characters, found {chars}"));
            }
        }
        if let Some(c) = text.chars().find(|c| is_unprintable(*c)) {
            let what = "control characters and changes of direction are not allowed";
            self.note(at, format!("{what}, found U+{:04X}", u32::from(c)));
        }
    }
}

fn from_to(least: usize, most: usize) -> String {
    if least == 0 {
        format!("at most {most}")
    } else {
        format!("{least} to {most}")
    }
}

/// Moves the cursor, ends the line, or changes the direction of the text around it: what a
/// person reads would not be what was written. (Unicode's categories Cc, Zl, Zp and the
/// embeddings, overrides and isolates of UAX #9; its marks only help a letter, and keyboards
/// of languages that are written from the right insert them.)
#[must_use]
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text that must not be refused, as one line: what is unprintable becomes a space.
#[must_use]
pub fn printable(text: &str) -> String {
    let printable = |c| if is_unprintable(c) { ' ' } else { c };
    text.chars().map(printable).collect()
}

fn quoted(text: &str) -> String {
    let mut chars = text.chars();
    let short: String = chars.by_ref().take(QUOTED_CHARS_MAX).collect();
    let dots = if chars.next().is_some() { "…" } else { "" };
    format!("{short:?}{dots}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> usize {
        let mut found = Found::default();
        found.line(At::parameter("name"), text, 1, 5);
        found.0.len()
    }

    #[test]
    fn a_line_of_people_is_taken_and_what_deceives_them_is_not() {
        for text in ["a", "pizza", "péché", "ピザ屋です", "בית", "👩‍🍳"] {
            assert_eq!(line(text), 0, "{text}");
        }
        for text in [
            "",
            "a\nb",
            "a\rb",
            "\0",
            "\u{1b}[2J",
            "a\u{202e}b",
            "\u{2066}",
            "sixsix",
        ] {
            assert_eq!(line(text), 1, "{text:?}");
        }
        assert_eq!(line("sixsix\u{85}"), 2, "both are told");
        assert_eq!(printable("a\u{202e}b\nc"), "a b c");
    }

    #[test]
    fn each_mistake_is_told_by_its_place() {
        let mut found = Found::default();
        let order = At::parameter("order");
        let items = order.field("items");
        found.length(items, 51, 1, 50);
        found.range(items.item(2).field("quantity"), &100_u32, 1, 99);
        found.range(order.field("lat"), &f64::NAN, -90.0, 90.0);
        found.key(order.field("customerId"), "a/b");
        let expected = [
            ("/order/items", "expected 1 to 50 elements, found 51"),
            ("/order/items/2/quantity", "expected 1 to 99, found 100"),
            ("/order/lat", "expected -90 to 90, found NaN"),
            (
                "/order/customerId",
                "expected 1 to 128 characters of A-Z a-z 0-9 . _ : -, found \"a/b\"",
            ),
        ];
        let expected = expected.map(|(at, text)| (at.to_owned(), text.to_owned()));
        assert_eq!(found.into_inner(), expected);
    }
}
