//! Values with values inside.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::{Error as _, IgnoredAny, MapAccess, SeqAccess};

use super::{Seed, Walk, known, name_index};
use crate::error::{Problem, quoted};
use crate::ty::{Field, Name, ResultType, Type, Variant};
use crate::value::Value;

/// Stands where an error was noted; nobody will see it.
pub(super) const REFUSED: Value = Value::Bool(false);

/// What is left of an object that is refused, after a key whose value was not read.
pub(super) fn pass_over_value<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>()?;
    pass_over(map)
}

/// What is left of an object that is refused.
pub(super) fn pass_over<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
    Ok(())
}

/// A key, borrowed from the document unless it has escapes.
#[derive(Deserialize)]
struct Key<'k>(#[serde(borrow)] Cow<'k, str>);

pub(super) fn list<'de, A: SeqAccess<'de>>(
    ty: &Type,
    walk: &Walk<'_>,
    mut seq: A,
) -> Result<Value, A::Error> {
    let mut values = Vec::new();
    loop {
        let (index, before) = (values.len(), walk.noted());
        let next = seq.next_element_seed(Seed::new(ty, walk));
        match walk.step(before, next, || index.to_string())? {
            Some(value) => values.push(value),
            None => return Ok(Value::List(values)),
        }
    }
}

pub(super) fn tuple<'de, A: SeqAccess<'de>>(
    types: &[Type],
    walk: &Walk<'_>,
    seq: A,
) -> Result<Value, A::Error> {
    by_position(types.iter(), Absent::Refused, walk, seq).map(Value::Tuple)
}

/// What may be left out at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    Refused,
    /// Options, as in an object.
    Options,
}

/// One value for each type, no more, and no less than must be.
pub(super) fn by_position<'de, 't, A: SeqAccess<'de>>(
    types: impl DoubleEndedIterator<Item = &'t Type> + ExactSizeIterator + Clone,
    absent: Absent,
    walk: &Walk<'_>,
    mut seq: A,
) -> Result<Vec<Value>, A::Error> {
    let expected = types.len();
    let least = match absent {
        Absent::Refused => expected,
        Absent::Options => {
            let options = types.clone().rev();
            let options = options.take_while(|ty| matches!(ty, Type::Option(_)));
            expected - options.count()
        }
    };
    let mut values = Vec::with_capacity(expected);
    for ty in types {
        let (found, before) = (values.len(), walk.noted());
        let next = seq.next_element_seed(Seed::new(ty, walk));
        match walk.step(before, next, || found.to_string())? {
            Some(value) => values.push(value),
            None if found >= least => values.push(Value::Option(None)),
            None => {
                walk.note(wrong_arity(found, least, expected))?;
                return Ok(values);
            }
        }
    }
    let mut found = expected;
    while seq.next_element::<IgnoredAny>()?.is_some() {
        found += 1;
    }
    if found > expected {
        walk.note(wrong_arity(found, least, expected))?;
    }
    Ok(values)
}

fn wrong_arity(found: usize, least: usize, most: usize) -> Problem {
    let expected = most;
    if least == most {
        return Problem::Arity { found, expected };
    }
    Problem::ArityRange { found, least, most }
}

pub(super) fn flags<'de, A: SeqAccess<'de>>(
    names: &[Name],
    walk: &Walk<'_>,
    mut seq: A,
) -> Result<Value, A::Error> {
    let mut set = Vec::new();
    let mut at = 0_usize;
    loop {
        let before = walk.noted();
        let next = seq.next_element_seed(Seed::new(&Type::String, walk));
        let Some(value) = walk.step(before, next, || at.to_string())? else {
            break;
        };
        if let Value::String(name) = value {
            match name_index(names, &name) {
                Ok(index) => set.push(index),
                Err(problem) => refuse(walk, problem, &at.to_string())?,
            }
        }
        at += 1;
    }
    set.sort_unstable();
    set.dedup();
    Ok(Value::Flags(set))
}

pub(super) fn record<'de, A: MapAccess<'de>>(
    fields: &[Field],
    walk: &Walk<'_>,
    mut map: A,
) -> Result<Vec<Value>, A::Error> {
    let mut values: Vec<Option<Value>> = vec![None; fields.len()];
    // Fields mostly come in their own order, so the search starts where the last one was.
    let mut guess = 0;
    while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
        let from_guess = (guess..fields.len()).chain(0..guess);
        let Some(at) = { from_guess }.find(|at| fields[*at].json == key) else {
            let known = known(fields.iter().map(|field| &field.json));
            refuse(walk, Problem::UnknownField { known }, &key)?;
            map.next_value::<IgnoredAny>()?;
            continue;
        };
        if values[at].is_some() {
            refuse(walk, Problem::Duplicate, &key)?;
            map.next_value::<IgnoredAny>()?;
            continue;
        }
        let before = walk.noted();
        let value = map.next_value_seed(Seed::new(&fields[at].ty, walk));
        values[at] = Some(walk.step(before, value, || key.into_owned())?);
        guess = at + 1;
    }
    let mut complete = Vec::with_capacity(fields.len());
    for (value, field) in values.into_iter().zip(fields) {
        complete.push(match (value, &field.ty) {
            (Some(value), _) => value,
            (None, Type::Option(_)) => Value::Option(None),
            (None, _) => {
                refuse(walk, Problem::Missing, &field.json)?;
                continue;
            }
        });
    }
    Ok(complete)
}

/// Notes what is wrong one step further in.
fn refuse<E: serde::de::Error>(walk: &Walk<'_>, problem: Problem, step: &str) -> Result<(), E> {
    let before = walk.noted();
    let noted = walk.note(problem).map(|_| ());
    walk.step(before, noted, || step.to_owned())
}

/// `{"name": payload}`: the one key, and what `pick` finds for it; `None` for an object that
/// is refused, and has been read.
fn single<'de, A: MapAccess<'de>, T>(
    walk: &Walk<'_>,
    map: &mut A,
    expected: &str,
    pick: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<Option<(T, String)>, A::Error> {
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
fn is_alone<'de, A: MapAccess<'de>>(walk: &Walk<'_>, map: &mut A) -> Result<(), A::Error> {
    if map.next_key::<IgnoredAny>()?.is_none() {
        return Ok(());
    }
    walk.note(Problem::WrongType {
        expected: "an object with exactly one key".to_owned(),
        found: "more than one".to_owned(),
    })?;
    pass_over_value(map)
}

/// The payload of a single-key object; nothing may follow it.
fn payload<'de, A: MapAccess<'de>>(
    walk: &Walk<'_>,
    map: &mut A,
    key: &str,
    ty: Option<&Type>,
) -> Result<Option<Value>, A::Error> {
    let value = match ty {
        Some(ty) => {
            let before = walk.noted();
            let value = map.next_value_seed(Seed::new(ty, walk));
            Some(walk.step(before, value, || key.to_owned())?)
        }
        None => {
            no_payload(walk, map, key)?;
            None
        }
    };
    is_alone(walk, map)?;
    Ok(value)
}

/// A case without a payload may be written with null.
fn no_payload<'de, A: MapAccess<'de>>(
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
    refuse(walk, problem, key)
}

pub(super) fn variant<'de, A: MapAccess<'de>>(
    variant: &Variant,
    walk: &Walk<'_>,
    mut map: A,
) -> Result<Value, A::Error> {
    let pick = |key: &str| {
        let found = variant
            .cases
            .iter()
            .position(|case| case.json == key || case.name == key);
        found.ok_or_else(|| Problem::UnknownName {
            found: quoted(key),
            known: known(variant.cases.iter().map(|case| &case.json)),
        })
    };
    let Some((index, key)) = single(walk, &mut map, "an object with one case", pick)? else {
        return Ok(REFUSED);
    };
    let payload = payload(walk, &mut map, &key, variant.cases[index].ty.as_ref())?;
    let index = u32::try_from(index).map_err(A::Error::custom)?;
    Ok(Value::Variant(index, payload.map(Box::new)))
}

pub(super) fn result<'de, A: MapAccess<'de>>(
    result: &ResultType,
    walk: &Walk<'_>,
    mut map: A,
) -> Result<Value, A::Error> {
    let pick = |key: &str| match key {
        "ok" => Ok(true),
        "err" => Ok(false),
        other => Err(Problem::UnknownName {
            found: quoted(other),
            known: "ok, err".to_owned(),
        }),
    };
    let Some((ok, key)) = single(walk, &mut map, "an object with ok or err", pick)? else {
        return Ok(REFUSED);
    };
    let ty = if ok { &result.ok } else { &result.err };
    let payload = payload(walk, &mut map, &key, ty.as_ref())?.map(Box::new);
    Ok(Value::Result(if ok { Ok(payload) } else { Err(payload) }))
}

/// The inner one of two options: `{"some": …}`.
pub(super) fn wrapped<'de, A: MapAccess<'de>>(
    ty: &Type,
    walk: &Walk<'_>,
    mut map: A,
) -> Result<Value, A::Error> {
    let pick = |key: &str| match key {
        "some" => Ok(()),
        other => Err(Problem::UnknownName {
            found: quoted(other),
            known: "some".to_owned(),
        }),
    };
    let Some(((), key)) = single(walk, &mut map, "an object with some", pick)? else {
        return Ok(REFUSED);
    };
    let before = walk.noted();
    let inner = map.next_value_seed(Seed::new(ty, walk));
    let inner = walk.step(before, inner, || key)?;
    is_alone(walk, &mut map)?;
    Ok(inner)
}
