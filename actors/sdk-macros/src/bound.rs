//! What a contract says of a value beyond its type, in lines of its docs that begin with `@`:
//! `@range 1..99`, `@length 1..50`, `@key`, `@line 1..128`; of a function's parameter
//! `@param reason @line 0..500`. The gateway reads this file too, for the API's document.

/// One such line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Bound {
    /// A number is from the first to the second, as they are written.
    Range(String, String),
    /// A list has so many elements.
    Length(usize, usize),
    /// A text can be the key of an actor.
    Key,
    /// A text is one line of so many characters, none of which moves the cursor or turns
    /// the direction of what follows.
    Line(usize, usize),
}

/// Docs of a type, a field or a function.
#[derive(Clone, Copy, Default)]
pub(crate) struct Docs<'a>(pub(crate) &'a str);

impl<'a> Docs<'a> {
    /// What they say of the value itself.
    ///
    /// # Errors
    /// When a line that begins with `@` cannot be understood.
    pub(crate) fn bounds(self) -> Result<Vec<Bound>, String> {
        let own = self.tags().filter(|tag| !tag.starts_with("param "));
        own.map(parse).collect()
    }

    /// What they say of a parameter.
    ///
    /// # Errors
    /// As [`bounds`](Self::bounds).
    pub(crate) fn of_parameter(self, name: &str) -> Result<Vec<Bound>, String> {
        let of = |tag: &'a str| tag.strip_prefix("param ")?.split_once(" @");
        let named = self.tags().filter_map(of);
        let named = named.filter(|(of, _)| of.trim() == name);
        named.map(|(_, tag)| parse(tag)).collect()
    }

    fn tags(self) -> impl Iterator<Item = &'a str> {
        self.0
            .lines()
            .filter_map(|line| line.trim().strip_prefix('@'))
    }
}

fn parse(tag: &str) -> Result<Bound, String> {
    let not_understood = || format!("@{tag} is no bound: write @range, @length, @line or @key");
    let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
    if name == "key" && rest.is_empty() {
        return Ok(Bound::Key);
    }
    let (least, most) = rest.trim().split_once("..").ok_or_else(not_understood)?;
    let count = |text: &str| text.parse::<usize>().map_err(|_| not_understood());
    match name {
        "range" => {
            let numbers = [least, most].map(str::parse::<f64>);
            if numbers.iter().any(Result::is_err) {
                return Err(not_understood());
            }
            Ok(Bound::Range(least.to_owned(), most.to_owned()))
        }
        "length" => Ok(Bound::Length(count(least)?, count(most)?)),
        "line" => Ok(Bound::Line(count(least)?, count(most)?)),
        _ => Err(not_understood()),
    }
}
