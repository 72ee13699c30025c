//! Values of every kind, directed by their type.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::names::{known, name_index};
use super::object::{Key, is_alone, no_payload, pass_over, single};
use super::scalar;
use super::walk::{REFUSED, Walk};
use crate::error::{Problem, quoted};
use crate::ty::{Field, Name, ResultType, Type, Variant};
use crate::value::Value;

/// Reads one value of a type. Values hold values, so a seed makes further seeds: that is why
/// all that is recursive is in this file.
pub(super) struct Seed<'a, 'l> {
    ty: &'a Type,
    walk: &'a Walk<'l>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<Value, D::Error> {
        let walk = self.walk;
        // Not for the payload of an option, which is the same value of the document.
        walk.enter()?;
        let value = de.deserialize_any(self);
        walk.leave();
        value
    }
}

impl<'a, 'l> Seed<'a, 'l> {
    pub(super) fn new(ty: &'a Type, walk: &'a Walk<'l>) -> Self {
        Self { ty, walk }
    }

    /// The seed for the payload of an option that was found to be there.
    fn payload(&self, ty: &'a Type) -> Self {
        Self::new(ty, self.walk)
    }
}

fn some(value: Value) -> Value {
    Value::Option(Some(Box::new(value)))
}

impl<'de> Visitor<'de> for Seed<'_, '_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ty.describe())
    }

    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<Value, E> {
        match self.ty {
            Type::Bool => Ok(Value::Bool(v)),
            Type::Option(ty) => self.payload(ty).visit_bool(v).map(some),
            ty => self.walk.wrong_type(ty, v),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Value, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_u64(v).map(some),
            ty => scalar::integer(ty, i128::from(v)).or_else(|problem| self.walk.note(problem)),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Value, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_i64(v).map(some),
            ty => scalar::integer(ty, i128::from(v)).or_else(|problem| self.walk.note(problem)),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Value, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_f64(v).map(some),
            ty => scalar::number(ty, v).or_else(|problem| self.walk.note(problem)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Value, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_str(v).map(some),
            ty => scalar::text(ty, v).or_else(|problem| self.walk.note(problem)),
        }
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Value, E> {
        match self.ty {
            Type::Option(_) => Ok(Value::Option(None)),
            ty => self.walk.wrong_type(ty, "null"),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_seq(seq).map(some),
            Type::List(ty) if **ty != Type::U8 => list(ty, self.walk, seq),
            Type::Tuple(types) => tuple(types, self.walk, seq),
            Type::Flags(ty) => flags(&ty.names, self.walk, seq),
            ty => {
                // Read to its end: what follows it may have mistakes, too.
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                self.walk.wrong_type(ty, "an array")
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match self.ty {
            // An option in an option: `{"some": …}`, so that no value is lost.
            Type::Option(ty) if matches!(**ty, Type::Option(_)) => {
                wrapped(ty, self.walk, map).map(some)
            }
            Type::Option(ty) => self.payload(ty).visit_map(map).map(some),
            Type::Record(ty) => record(&ty.fields, self.walk, map).map(Value::Record),
            Type::Variant(ty) => variant(ty, self.walk, map),
            Type::Result(ty) => result(ty, self.walk, map),
            ty => {
                pass_over(&mut map)?;
                self.walk.wrong_type(ty, "an object")
            }
        }
    }
}

fn list<'de, A: SeqAccess<'de>>(ty: &Type, walk: &Walk<'_>, mut seq: A) -> Result<Value, A::Error> {
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

fn tuple<'de, A: SeqAccess<'de>>(
    types: &[Type],
    walk: &Walk<'_>,
    seq: A,
) -> Result<Value, A::Error> {
    by_position(types.iter(), Absent::Refused, walk, seq).map(Value::Tuple)
}

/// What may be left out at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Absent {
    /// Nothing may be left out.
    Refused,
    /// Options may be left out, as in an object.
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
            // Options at the end may be left out, as in an object.
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

fn flags<'de, A: SeqAccess<'de>>(
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
                Err(problem) => walk.note_at(problem, &at.to_string())?,
            }
        }
        at += 1;
    }
    // A flag that is named twice is set once; a value has them in ascending order.
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
            walk.note_at(Problem::UnknownField { known }, &key)?;
            map.next_value::<IgnoredAny>()?;
            continue;
        };
        // serde would let the last one win; a reader elsewhere may take the first.
        if values[at].is_some() {
            walk.note_at(Problem::Duplicate, &key)?;
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
                walk.note_at(Problem::Missing, &field.json)?;
                // Noted, so the shorter list never becomes a value.
                continue;
            }
        });
    }
    Ok(complete)
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

fn variant<'de, A: MapAccess<'de>>(
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

fn result<'de, A: MapAccess<'de>>(
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
fn wrapped<'de, A: MapAccess<'de>>(
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
