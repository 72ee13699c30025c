//! The arguments of a call.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::make::Make;
use super::seed::{Absent, by_position, record};
use super::walk::Walk;
use crate::error::{Problem, quoted};
use crate::ty::Field;

/// The parameters of a function: an object or an array, but no value of any type.
pub(super) struct Arguments<'a, 'l, M> {
    params: &'a [Field],
    walk: &'a Walk<'l>,
    make: PhantomData<M>,
}

impl<'a, 'l, M> Arguments<'a, 'l, M> {
    pub(super) fn new(params: &'a [Field], walk: &'a Walk<'l>) -> Self {
        let make = PhantomData;
        Self { params, walk, make }
    }
}

impl<'de, M: Make> DeserializeSeed<'de> for Arguments<'_, '_, M> {
    type Value = Vec<M::Made>;

    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<Vec<M::Made>, D::Error> {
        de.deserialize_any(self)
    }
}

const ARGUMENTS: &str = "an object by parameter name or an array by position";

impl<M: Make> Arguments<'_, '_, M> {
    fn refuse<E: serde::de::Error>(&self, found: impl fmt::Display) -> Result<Vec<M::Made>, E> {
        Err(self.walk.fail(Problem::WrongType {
            expected: ARGUMENTS.to_owned(),
            found: found.to_string(),
        }))
    }
}

impl<'de, M: Make> Visitor<'de> for Arguments<'_, '_, M> {
    type Value = Vec<M::Made>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ARGUMENTS)
    }

    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<Vec<M::Made>, E> {
        self.refuse(v)
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Vec<M::Made>, E> {
        self.refuse(format_args!("the number {v}"))
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Vec<M::Made>, E> {
        self.refuse(format_args!("the number {v}"))
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Vec<M::Made>, E> {
        self.refuse(format_args!("the number {v}"))
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Vec<M::Made>, E> {
        self.refuse(format_args!("the string {}", quoted(v)))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Vec<M::Made>, E> {
        self.refuse("null")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<M::Made>, A::Error> {
        record::<M, A>(self.params, self.walk, map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<M::Made>, A::Error> {
        let types = self.params.iter().map(|param| &param.ty);
        by_position::<M, A>(types, Absent::Options, self.walk, seq)
    }
}
