//! The arguments of a call.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::seed::{Absent, by_position, record};
use super::walk::Walk;
use crate::error::{Problem, quoted};
use crate::ty::Field;
use crate::value::Value;

/// The parameters of a function: an object or an array, but no value of any type.
pub(super) struct Arguments<'a, 'l> {
    pub(super) params: &'a [Field],
    pub(super) walk: &'a Walk<'l>,
}

impl<'de> DeserializeSeed<'de> for Arguments<'_, '_> {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<Vec<Value>, D::Error> {
        de.deserialize_any(self)
    }
}

const ARGUMENTS: &str = "an object by parameter name or an array by position";

impl Arguments<'_, '_> {
    fn refuse<E: serde::de::Error>(&self, found: impl fmt::Display) -> Result<Vec<Value>, E> {
        Err(self.walk.fail(Problem::WrongType {
            expected: ARGUMENTS.to_owned(),
            found: found.to_string(),
        }))
    }
}

impl<'de> Visitor<'de> for Arguments<'_, '_> {
    type Value = Vec<Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(ARGUMENTS)
    }

    fn visit_bool<E: serde::de::Error>(self, v: bool) -> Result<Vec<Value>, E> {
        self.refuse(v)
    }

    fn visit_u64<E: serde::de::Error>(self, v: u64) -> Result<Vec<Value>, E> {
        self.refuse(format_args!("the number {v}"))
    }

    fn visit_i64<E: serde::de::Error>(self, v: i64) -> Result<Vec<Value>, E> {
        self.refuse(format_args!("the number {v}"))
    }

    fn visit_f64<E: serde::de::Error>(self, v: f64) -> Result<Vec<Value>, E> {
        self.refuse(format_args!("the number {v}"))
    }

    fn visit_str<E: serde::de::Error>(self, v: &str) -> Result<Vec<Value>, E> {
        self.refuse(format_args!("the string {}", quoted(v)))
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<Vec<Value>, E> {
        self.refuse("null")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Vec<Value>, A::Error> {
        record(self.params, self.walk, map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<Value>, A::Error> {
        let types = self.params.iter().map(|param| &param.ty);
        by_position(types, Absent::Options, self.walk, seq)
    }
}
