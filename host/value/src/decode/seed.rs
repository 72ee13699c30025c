//! Values of every kind, directed by their type.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::make::{Fields, Make, Values};
use super::names::{known, name_index};
use super::object::{Key, is_alone, no_payload, pass_over, single};
use super::scalar;
use super::walk::Walk;
use crate::error::{Problem, quoted};
use crate::ty::{Field, Name, ResultType, Type, Variant};
use crate::value::Value;

/// Reads one value of a type. Values hold values, so a seed makes further seeds: that is why
/// all that is recursive is in this file.
pub(super) struct Seed<'a, 'l, M> {
    ty: &'a Type,
    walk: &'a Walk<'l>,
    make: PhantomData<M>,
}

impl<'de, M: Make> DeserializeSeed<'de> for Seed<'_, '_, M> {
    type Value = M::Made;

    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<M::Made, D::Error> {
        let walk = self.walk;
        // Not for the payload of an option, which is the same value of the document.
        walk.enter()?;
        let value = de.deserialize_any(self);
        walk.leave();
        value
    }
}

impl<'a, 'l, M: Make> Seed<'a, 'l, M> {
    pub(super) fn new(ty: &'a Type, walk: &'a Walk<'l>) -> Self {
        let make = PhantomData;
        Self { ty, walk, make }
    }

    /// The seed for the payload of an option that was found to be there.
    fn payload(&self, ty: &'a Type) -> Self {
        Self::new(ty, self.walk)
    }

    /// The value of a token, or the problem with it.
    fn token<E: serde::de::Error>(&self, value: Result<Value, Problem>) -> Result<M::Made, E> {
        match value {
            Ok(value) => Ok(M::token(value)),
            Err(problem) => self.walk.note(problem).map(|()| M::refused()),
        }
    }

    fn wrong_type<E: serde::de::Error>(&self, found: impl fmt::Display) -> Result<M::Made, E> {
        self.walk.wrong_type(self.ty, found).map(|()| M::refused())
    }
}

fn some<M: Make>(value: M::Made) -> M::Made {
    M::option(Some(value))
}

impl<'de, M: Make> Visitor<'de> for Seed<'_, '_, M> {
    type Value = M::Made;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.ty.describe())
    }

    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<M::Made, E> {
        match self.ty {
            Type::Bool => Ok(M::token(Value::Bool(v))),
            Type::Option(ty) => self.payload(ty).visit_bool(v).map(some::<M>),
            _ => self.wrong_type(v),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<M::Made, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_u64(v).map(some::<M>),
            ty => self.token(scalar::integer(ty, i128::from(v))),
        }
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<M::Made, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_i64(v).map(some::<M>),
            ty => self.token(scalar::integer(ty, i128::from(v))),
        }
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<M::Made, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_f64(v).map(some::<M>),
            ty => {
                if !matches!(ty, Type::F32 | Type::F64) {
                    self.walk.note_spelling();
                }
                self.token(scalar::number(ty, v))
            }
        }
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<M::Made, E> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_str(v).map(some::<M>),
            Type::String => Ok(M::string(v)),
            ty => {
                if !is_spelled_so(ty, v) {
                    self.walk.note_spelling();
                }
                self.token(scalar::text(ty, v))
            }
        }
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<M::Made, E> {
        match self.ty {
            Type::Option(_) => Ok(M::option(None)),
            _ => self.wrong_type("null"),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<M::Made, A::Error> {
        match self.ty {
            Type::Option(ty) => self.payload(ty).visit_seq(seq).map(some::<M>),
            Type::List(ty) if **ty != Type::U8 => list::<M, A>(ty, self.walk, seq),
            Type::Tuple(types) => tuple::<M, A>(types, self.walk, seq),
            Type::Flags(ty) => flags::<M, A>(&ty.names, self.walk, seq),
            _ => {
                // Read to its end: what follows it may have mistakes, too.
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                self.wrong_type("an array")
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<M::Made, A::Error> {
        match self.ty {
            // An option in an option: `{"some": …}`, so that no value is lost.
            Type::Option(ty) if matches!(**ty, Type::Option(_)) => {
                wrapped::<M, A>(ty, self.walk, map).map(some::<M>)
            }
            Type::Option(ty) => self.payload(ty).visit_map(map).map(some::<M>),
            Type::Record(ty) => record::<M, A>(&ty.fields, self.walk, map).map(M::record),
            Type::Variant(ty) => variant::<M, A>(ty, self.walk, map),
            Type::Result(ty) => result::<M, A>(ty, self.walk, map),
            _ => {
                pass_over(&mut map)?;
                self.wrong_type("an object")
            }
        }
    }
}

/// Whether a string of this type is what everybody would write: numbers as strings and names as in
/// WIT are not.
fn is_spelled_so(ty: &Type, v: &str) -> bool {
    match ty {
        Type::Enum(names) => names.names.iter().any(|name| name.json == v),
        Type::Variant(variant) => variant.cases.iter().any(|case| case.json == v),
        Type::Char => true,
        Type::List(_) => true,
        _ => false,
    }
}

fn list<'de, M: Make, A: SeqAccess<'de>>(
    ty: &Type,
    walk: &Walk<'_>,
    mut seq: A,
) -> Result<M::Made, A::Error> {
    let mut values = Vec::new();
    loop {
        let (index, before) = (values.len(), walk.noted());
        let next = seq.next_element_seed(Seed::<M>::new(ty, walk));
        match walk.step(before, next, || index.to_string())? {
            Some(value) => values.push(value),
            None => return Ok(M::list(values)),
        }
    }
}

fn tuple<'de, M: Make, A: SeqAccess<'de>>(
    types: &[Type],
    walk: &Walk<'_>,
    seq: A,
) -> Result<M::Made, A::Error> {
    by_position::<M, A>(types.iter(), Absent::Refused, walk, seq).map(M::tuple)
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
pub(super) fn by_position<'de, 't, M: Make, A: SeqAccess<'de>>(
    types: impl DoubleEndedIterator<Item = &'t Type> + ExactSizeIterator + Clone,
    absent: Absent,
    walk: &Walk<'_>,
    mut seq: A,
) -> Result<Vec<M::Made>, A::Error> {
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
        let next = seq.next_element_seed(Seed::<M>::new(ty, walk));
        match walk.step(before, next, || found.to_string())? {
            Some(value) => values.push(value),
            // Options at the end may be left out, as in an object.
            None if found >= least => values.push(M::option(None)),
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

fn flags<'de, M: Make, A: SeqAccess<'de>>(
    names: &[Name],
    walk: &Walk<'_>,
    mut seq: A,
) -> Result<M::Made, A::Error> {
    let mut set = Vec::new();
    let mut at = 0_usize;
    loop {
        let before = walk.noted();
        let next = seq.next_element_seed(Seed::<Values>::new(&Type::String, walk));
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
    Ok(M::flags(set))
}

pub(super) fn record<'de, M: Make, A: MapAccess<'de>>(
    fields: &[Field],
    walk: &Walk<'_>,
    mut map: A,
) -> Result<Vec<M::Made>, A::Error> {
    let mut values = M::Fields::of(fields.len());
    // Fields mostly come in their own order, so the search starts where the last one was.
    let mut guess = 0;
    while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
        let from_guess = (guess..fields.len()).chain(0..guess);
        let Some(at) = { from_guess }.find(|at| fields[*at].json == key) else {
            if walk.passes_over_extra_fields() {
                // So that it is written anew, without them, for whoever is handed the document.
                walk.note_spelling();
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let known = known(fields.iter().map(|field| &field.json));
            walk.note_at(Problem::UnknownField { known }, &key)?;
            map.next_value::<IgnoredAny>()?;
            continue;
        };
        // serde would let the last one win; a reader elsewhere may take the first.
        if values.has(at) {
            walk.note_at(Problem::Duplicate, &key)?;
            map.next_value::<IgnoredAny>()?;
            continue;
        }
        let before = walk.noted();
        let value = map.next_value_seed(Seed::<M>::new(&fields[at].ty, walk));
        values.put(at, walk.step(before, value, || key.into_owned())?);
        guess = at + 1;
    }
    let mut complete = Vec::with_capacity(fields.len());
    for (at, field) in fields.iter().enumerate() {
        complete.push(match (values.take(at), &field.ty) {
            (Some(value), _) => value,
            (None, Type::Option(_)) => M::option(None),
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
fn payload<'de, M: Make, A: MapAccess<'de>>(
    walk: &Walk<'_>,
    map: &mut A,
    key: &str,
    ty: Option<&Type>,
) -> Result<Option<M::Made>, A::Error> {
    let value = match ty {
        Some(ty) => {
            let before = walk.noted();
            let value = map.next_value_seed(Seed::<M>::new(ty, walk));
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

fn variant<'de, M: Make, A: MapAccess<'de>>(
    variant: &Variant,
    walk: &Walk<'_>,
    mut map: A,
) -> Result<M::Made, A::Error> {
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
        return Ok(M::refused());
    };
    // Both spellings are taken, but only one is everybody's.
    if variant.cases[index].json != key {
        walk.note_spelling();
    }
    let payload = payload::<M, A>(walk, &mut map, &key, variant.cases[index].ty.as_ref())?;
    let index = u32::try_from(index).map_err(A::Error::custom)?;
    Ok(M::variant(index, payload))
}

fn result<'de, M: Make, A: MapAccess<'de>>(
    result: &ResultType,
    walk: &Walk<'_>,
    mut map: A,
) -> Result<M::Made, A::Error> {
    let pick = |key: &str| match key {
        "ok" => Ok(true),
        "err" => Ok(false),
        other => Err(Problem::UnknownName {
            found: quoted(other),
            known: "ok, err".to_owned(),
        }),
    };
    let Some((ok, key)) = single(walk, &mut map, "an object with ok or err", pick)? else {
        return Ok(M::refused());
    };
    let ty = if ok { &result.ok } else { &result.err };
    if !ok {
        walk.note_err();
    }
    let payload = payload::<M, A>(walk, &mut map, &key, ty.as_ref())?;
    Ok(M::result(if ok { Ok(payload) } else { Err(payload) }))
}

/// The inner one of two options: `{"some": …}`.
fn wrapped<'de, M: Make, A: MapAccess<'de>>(
    ty: &Type,
    walk: &Walk<'_>,
    mut map: A,
) -> Result<M::Made, A::Error> {
    let pick = |key: &str| match key {
        "some" => Ok(()),
        other => Err(Problem::UnknownName {
            found: quoted(other),
            known: "some".to_owned(),
        }),
    };
    let Some(((), key)) = single(walk, &mut map, "an object with some", pick)? else {
        return Ok(M::refused());
    };
    let before = walk.noted();
    let inner = map.next_value_seed(Seed::<M>::new(ty, walk));
    let inner = walk.step(before, inner, || key)?;
    is_alone(walk, &mut map)?;
    Ok(inner)
}
