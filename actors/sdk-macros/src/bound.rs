//! What a contract says of a value beyond its type, in lines of its docs that begin with `@`:
//! `@range 1..99`, `@length 1..50`, `@key`, `@line 1..128`; of a function's parameter
//! `@param reason @line 0..500`. Other lines are the author's. The gateway reads this file too,
//! for the API's document.

/// A line of the docs that bounds a value.
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
    /// The bounds of the value itself.
    ///
    /// # Errors
    /// When a bound is not written as it should be.
    pub(crate) fn bounds(self) -> Result<Vec<Bound>, String> {
        // What is said of a parameter is not said of the function.
        let own = self.tags().filter(|tag| !tag.starts_with("param "));
        own.filter_map(|tag| parse(tag).transpose()).collect()
    }

    /// The bounds of one parameter of a function.
    ///
    /// # Errors
    /// As [`bounds`](Self::bounds).
    pub(crate) fn of_parameter(self, name: &str) -> Result<Vec<Bound>, String> {
        let of = |tag: &'a str| tag.strip_prefix("param ")?.split_once(" @");
        let named = self.tags().filter_map(of);
        let named = named.filter(|(of, _)| of.trim() == name);
        named
            .filter_map(|(_, tag)| parse(tag).transpose())
            .collect()
    }

    fn tags(self) -> impl Iterator<Item = &'a str> {
        self.0
            .lines()
            .filter_map(|line| line.trim().strip_prefix('@'))
    }
}

fn parse(tag: &str) -> Result<Option<Bound>, String> {
    let not_understood = || format!("@{tag} is no bound: write it as @range 1..99 or @line 0..500");
    let (name, rest) = tag.split_once(' ').unwrap_or((tag, ""));
    if name == "key" {
        return Ok(Some(Bound::Key));
    }
    if !["range", "length", "line"].contains(&name) {
        return Ok(None);
    }
    let (least, most) = rest.trim().split_once("..").ok_or_else(not_understood)?;
    let count = |text: &str| text.parse::<usize>().map_err(|_| not_understood());
    Ok(Some(match name {
        "range" => {
            let numbers = [least, most].map(str::parse::<f64>);
            if numbers.iter().any(Result::is_err) {
                return Err(not_understood());
            }
            Bound::Range(least.to_owned(), most.to_owned())
        }
        "length" => Bound::Length(count(least)?, count(most)?),
        _ => Bound::Line(count(least)?, count(most)?),
    }))
}
