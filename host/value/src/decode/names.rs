//! Names of cases, flags and fields, as a document spells them.

use crate::error::{Problem, quoted};
use crate::ty::Name;

/// The names that there are, for the error that tells them.
pub(super) fn known(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.map(|name| name.as_ref().to_owned()).collect();
    names.join(", ")
}

/// # Errors
/// When there is no such name, with those that there are.
pub(super) fn name_index(names: &[Name], found: &str) -> Result<u32, Problem> {
    let index = names
        .iter()
        // Both spellings: people copy names from WIT, too.
        .position(|name| name.json == found || name.name == found);
    let index = index.and_then(|index| u32::try_from(index).ok());
    index.ok_or_else(|| Problem::UnknownName {
        found: quoted(found),
        known: known(names.iter().map(|name| &name.json)),
    })
}
