//! Notes of edges: facts of the store, bounded in size and number.

use bytes::Bytes;
use pizza_client::Note;
use pizza_client::notes::{IN_A_FOLDER_MAX, NAME_BYTES_MAX, VALUE_BYTES_MAX};
use pizza_store::{Store, StoreError};
use pizza_types::CallError;

use crate::refused::refused;

/// The start of the names of their facts, which keeps them apart from everything else in the store.
const NOTE: &str = "note/";
/// How many are read at once to count them.
const COUNTED: usize = 100;

/// The name of a note's fact.
pub(crate) fn fact(name: &str) -> String {
    format!("{NOTE}{name}")
}

/// Notes whose names begin with `prefix`.
pub(crate) async fn list(
    store: &dyn Store,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Result<Vec<Note>, StoreError> {
    let after = after.map(fact);
    let facts = store.facts(&fact(prefix), after.as_deref(), limit).await?;
    let notes = facts.into_iter().filter_map(|(name, value)| {
        let name = name.strip_prefix(NOTE)?.to_owned();
        Some(Note { name, value })
    });
    Ok(notes.collect())
}

/// Whether there is room for a note: for its name, its size, and one more of its folder.
///
/// # Errors
/// What there is too much of.
pub(crate) async fn check(
    store: &dyn Store,
    name: &str,
    value: Option<&Bytes>,
) -> Result<(), CallError> {
    let folder = name.rsplit_once('/').map(|(folder, _)| folder);
    let Some(folder) = folder.filter(|_| name.len() <= NAME_BYTES_MAX) else {
        let message = format!("it has a folder, and {NAME_BYTES_MAX} bytes at most");
        return Err(CallError::bad_argument("/name", message));
    };
    let Some(value) = value else {
        return Ok(());
    };
    if value.len() > VALUE_BYTES_MAX {
        let message = format!("it has {} bytes, of {VALUE_BYTES_MAX} at most", value.len());
        return Err(CallError::bad_argument("/value", message));
    }
    let known = store.fact(&fact(name)).await.map_err(refused)?;
    if known.is_some() {
        return Ok(());
    }
    let count = count(store, folder).await.map_err(refused)?;
    if count >= IN_A_FOLDER_MAX {
        let message = format!("{folder} has {count} notes, which is all it may have");
        return Err(CallError::bad_argument("/name", message));
    }
    Ok(())
}

/// How many notes a folder has.
pub(crate) async fn count(store: &dyn Store, folder: &str) -> Result<usize, StoreError> {
    let (prefix, mut after, mut count) = (fact(&format!("{folder}/")), None, 0);
    while count < IN_A_FOLDER_MAX {
        let page = store.facts(&prefix, after.as_deref(), COUNTED).await?;
        let Some((last, _)) = page.last() else {
            break;
        };
        after = Some(last.clone());
        count += page.len();
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use pizza_store::{FactStore as _, MemoryStore};

    #[tokio::test]
    async fn a_note_is_bounded_in_name_size_and_number() {
        let store = MemoryStore::default();
        let value = Bytes::from_static(b"what it says");
        for number in 0..IN_A_FOLDER_MAX {
            let name = fact(&format!("a/b/{number:05}"));
            store.set_fact(&name, value.clone()).await.expect("noted");
        }
        let large = Bytes::from(vec![0; VALUE_BYTES_MAX + 1]);
        let long = format!("a/{}", "x".repeat(NAME_BYTES_MAX));
        for (name, value, expected) in [
            ("a/c/1", Some(&value), true),
            ("a/b/00001", Some(&value), true),
            ("a/b/new", Some(&value), false),
            ("a/b/new", None, true),
            ("bare", Some(&value), false),
            ("a/c/1", Some(&large), false),
            (&long, Some(&value), false),
        ] {
            let checked = check(&store, name, value).await;
            assert_eq!(checked.is_ok(), expected, "{name}: {checked:?}");
        }
        let listed = list(&store, "a/b/", Some("a/b/00997"), 10).await;
        let names: Vec<_> = listed.expect("read").into_iter().map(|n| n.name).collect();
        assert_eq!(names, ["a/b/00998", "a/b/00999"]);
    }
}
