//! Objects that stand for something else than a record: one key, and what belongs to it.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess};

use super::walk::Walk;
use crate::error::Problem;

/// Reads what is left of an object that is refused, after a key whose value was not read.
pub(super) fn pass_over_value<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>()?;
    pass_over(map)
}

/// Reads what is left of an object that is refused.
pub(super) fn pass_over<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A key, borrowed from the document unless it has escapes.
#[derive(Deserialize)]
pub(super) struct Key<'k>(#[serde(borrow)] pub(super) Cow<'k, str>);

/// `{"name": payload}`: the one key, and what `pick` finds for it; `None` for an object that
/// is refused, and has been read.
pub(super) fn single<'de, A: MapAccess<'de>, T>(
    walk: &Walk<'_>,
    map: &mut A,
    expected: &str,
    pick: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<Option<(T, String)>, A::Error> {
    // An empty object has no key to point at: the error is about the object itself.
    let Some(Key(key)) = map.next_key::<Key<'de>>()? else {
        walk.note(Problem::WrongType {
            expected: expected.to_owned(),
            found: "an empty object".to_owned(),
        })?;
        return Ok(None);
    };
    match pick(&key) {
        Ok(picked) => Ok(Some((picked, key.into_owned()))),
        Err(problem) => {
            walk.note(problem)?;
            pass_over_value(map)?;
            Ok(None)
        }
    }
}

/// Nothing may follow the one key.
pub(super) fn is_alone<'de, A: MapAccess<'de>>(
    walk: &Walk<'_>,
    map: &mut A,
) -> Result<(), A::Error> {
    if map.next_key::<IgnoredAny>()?.is_none() {
        return Ok(());
    }
    walk.note(Problem::WrongType {
        expected: "an object with exactly one key".to_owned(),
        found: "more than one".to_owned(),
    })?;
    pass_over_value(map)
}

/// A case without a payload may be written with null.
pub(super) fn no_payload<'de, A: MapAccess<'de>>(
    walk: &Walk<'_>,
    map: &mut A,
    key: &str,
) -> Result<(), A::Error> {
    if map.next_value::<Option<IgnoredAny>>()?.is_none() {
        return Ok(());
    }
    let problem = Problem::WrongType {
        expected: "null, for the case has no value".to_owned(),
        found: "a value".to_owned(),
    };
    walk.note_at(problem, key)
}
