//! JSON becomes a value, straight from the bytes, directed by the type.
//!
//! serde's data model has no place for where an error happened, so each seed notes its
//! error in the [`Walk`] on the way out, and each level adds its step to the pointer. What is
//! merely of the wrong type does not end the walk: all such errors are told at once.

use std::cell::{Cell, RefCell};
use std::fmt;

use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::error::{Problem, ValueError, quoted};
use crate::ty::{Field, Function, Name, Type};
use crate::value::Value;

mod compound;
mod scalar;

/// Bounds on a document, whatever its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub bytes_max: usize,
    pub depth_max: usize,
    /// Values of all kinds together.
    pub items_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes_max: 1 << 20,
            depth_max: 48,
            items_max: 100_000,
        }
    }
}

pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What one pass over a document keeps in mind.
pub(crate) struct Walk<'l> {
    limits: &'l Limits,
    items: Cell<usize>,
    depth: Cell<usize>,
    errors: RefCell<Vec<ValueError>>,
    /// How many of them, where it is asked often.
    noted: Cell<usize>,
    /// The walk ended by an error of its own, and not because the bytes are no JSON.
    ended: Cell<bool>,
}

/// So many errors are told; nobody reads more.
const ERRORS_MAX: usize = 100;

impl<'l> Walk<'l> {
    fn new(limits: &'l Limits) -> Self {
        Self {
            limits,
            items: Cell::new(0),
            depth: Cell::new(0),
            errors: RefCell::new(Vec::new()),
            noted: Cell::new(0),
            ended: Cell::new(false),
        }
    }

    /// Notes an error that ends the walk, and gives serde one of its own to carry outwards.
    fn fail<E: serde::de::Error>(&self, problem: Problem) -> E {
        let mut errors = self.errors.borrow_mut();
        errors.push(ValueError::new(problem));
        self.noted.set(errors.len());
        self.ended.set(true);
        E::custom("noted")
    }

    /// Notes an error, and goes on: nobody will see the value.
    fn note<E: serde::de::Error>(&self, problem: Problem) -> Result<Value, E> {
        if self.noted.get() + 1 >= ERRORS_MAX {
            return Err(self.fail(problem));
        }
        let mut errors = self.errors.borrow_mut();
        errors.push(ValueError::new(problem));
        self.noted.set(errors.len());
        Ok(compound::REFUSED)
    }

    fn noted(&self) -> usize {
        self.noted.get()
    }

    /// Adds the step to the pointers of the errors noted since there were `before`.
    fn step<T, E>(
        &self,
        before: usize,
        result: Result<T, E>,
        step: impl FnOnce() -> String,
    ) -> Result<T, E> {
        if self.noted.get() > before {
            let step = step();
            for error in self.errors.borrow_mut().iter_mut().skip(before) {
                error.push_front(&step);
            }
        }
        result
    }

    fn wrong_type<E: serde::de::Error>(
        &self,
        ty: &Type,
        found: impl fmt::Display,
    ) -> Result<Value, E> {
        self.note(Problem::WrongType {
            expected: ty.describe().to_owned(),
            found: found.to_string(),
        })
    }
}

pub(crate) struct Seed<'a, 'l> {
    ty: &'a Type,
    walk: &'a Walk<'l>,
}

impl<'de> DeserializeSeed<'de> for Seed<'_, '_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, de: D) -> Result<Value, D::Error> {
        let walk = self.walk;
        let items = walk.items.get() + 1;
        walk.items.set(items);
        if items > walk.limits.items_max {
            let limit = walk.limits.items_max;
            return Err(walk.fail(Problem::TooMany { limit }));
        }
        let depth = walk.depth.get() + 1;
        if depth > walk.limits.depth_max {
            let limit = walk.limits.depth_max;
            return Err(walk.fail(Problem::TooDeep { limit }));
        }
        walk.depth.set(depth);
        let value = de.deserialize_any(self);
        walk.depth.set(depth - 1);
        value
    }
}

impl<'a, 'l> Seed<'a, 'l> {
    fn new(ty: &'a Type, walk: &'a Walk<'l>) -> Self {
        Self { ty, walk }
    }

    /// For the payload of an option that was found to be there.
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
            Type::List(ty) if **ty != Type::U8 => compound::list(ty, self.walk, seq),
            Type::Tuple(types) => compound::tuple(types, self.walk, seq),
            Type::Flags(flags) => compound::flags(&flags.names, self.walk, seq),
            ty => {
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                self.walk.wrong_type(ty, "an array")
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        match self.ty {
            // An option in an option: `{"some": …}`, so that no value is lost.
            Type::Option(ty) if matches!(**ty, Type::Option(_)) => {
                compound::wrapped(ty, self.walk, map).map(some)
            }
            Type::Option(ty) => self.payload(ty).visit_map(map).map(some),
            Type::Record(record) => {
                compound::record(&record.fields, self.walk, map).map(Value::Record)
            }
            Type::Variant(variant) => compound::variant(variant, self.walk, map),
            Type::Result(result) => compound::result(result, self.walk, map),
            ty => {
                compound::pass_over(&mut map)?;
                self.walk.wrong_type(ty, "an object")
            }
        }
    }
}

/// # Errors
/// When the bytes are not JSON, or not a value of this type within the limits: the first
/// place where.
pub fn from_json(bytes: &[u8], ty: &Type, limits: &Limits) -> Result<Value, ValueError> {
    let walk = Walk::new(limits);
    let value = run(bytes, limits, &walk, Seed::new(ty, &walk));
    value.map_err(|errors| {
        let first = errors.into_iter().next();
        // A run that fails has noted why.
        first.unwrap_or_else(|| ValueError::new(Problem::Syntax(String::new())))
    })
}

/// Arguments as an object by parameter name or as an array by position; nothing at all
/// stands for no arguments.
///
/// # Errors
/// As [`from_json`], but all of them: at least one.
pub fn args_from_json(
    bytes: &[u8],
    function: &Function,
    limits: &Limits,
) -> Result<Vec<Value>, Vec<ValueError>> {
    let bytes = if bytes.trim_ascii().is_empty() {
        b"{}"
    } else {
        bytes
    };
    let walk = Walk::new(limits);
    let params = &function.params;
    run(
        bytes,
        limits,
        &walk,
        Arguments {
            params,
            walk: &walk,
        },
    )
}

fn run<'de, S: DeserializeSeed<'de>>(
    bytes: &'de [u8],
    limits: &Limits,
    walk: &Walk<'_>,
    seed: S,
) -> Result<S::Value, Vec<ValueError>> {
    if bytes.len() > limits.bytes_max {
        return Err(vec![ValueError::new(Problem::TooLarge {
            found: bytes.len(),
            limit: limits.bytes_max,
        })]);
    }
    let mut de = serde_json::Deserializer::from_slice(bytes);
    let value = seed
        .deserialize(&mut de)
        .and_then(|value| de.end().map(|()| value));
    let errors = walk.errors.take();
    match value {
        Ok(value) if errors.is_empty() => Ok(value),
        // What is no JSON has no values that could be wrong.
        Err(error) if !walk.ended.get() => {
            Err(vec![ValueError::new(Problem::Syntax(error.to_string()))])
        }
        _ => Err(errors),
    }
}

struct Arguments<'a, 'l> {
    params: &'a [Field],
    walk: &'a Walk<'l>,
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
        compound::record(self.params, self.walk, map)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Vec<Value>, A::Error> {
        let types = self.params.iter().map(|param| &param.ty);
        compound::by_position(types, compound::Absent::Options, self.walk, seq)
    }
}

pub(crate) fn known(names: impl Iterator<Item = impl AsRef<str>>) -> String {
    let names: Vec<String> = names.map(|name| name.as_ref().to_owned()).collect();
    names.join(", ")
}

pub(crate) fn name_index(names: &[Name], found: &str) -> Result<u32, Problem> {
    let index = names
        .iter()
        .position(|name| name.json == found || name.name == found);
    let index = index.and_then(|index| u32::try_from(index).ok());
    index.ok_or_else(|| Problem::UnknownName {
        found: quoted(found),
        known: known(names.iter().map(|name| &name.json)),
    })
}
