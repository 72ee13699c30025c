//! JSON of arguments and replies, letter by letter as the silo writes it (`docs/wit-json.md`).
//! What is generated uses this for types that serde maps so by itself, and for numbers with a
//! point, which it would not.

use std::io;

use serde::{Deserialize, Serialize};
use serde_json::ser::{Formatter, Serializer};

/// The arguments of a method; the silo has checked that they fit.
///
/// # Panics
/// When they do not.
pub fn arguments<'a, A: Deserialize<'a>>(json: &'a str) -> A {
    let json = if json.trim_ascii().is_empty() {
        "{}"
    } else {
        json
    };
    match serde_json::from_str(json) {
        Ok(arguments) => arguments,
        Err(error) => panic!("the arguments do not fit their types: {error}"),
    }
}

/// What a method returns that cannot decline.
pub fn reply<R: Serialize>(reply: &R) -> String {
    to_json(reply)
}

/// What a method returns that returns a `result`.
pub fn result<T: Serialize, E: Serialize>(reply: &Result<T, E>) -> String {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    enum Reply<'a, T, E> {
        Ok(&'a T),
        Err(&'a E),
    }
    match reply {
        Ok(value) => to_json(&Reply::<T, E>::Ok(value)),
        Err(refusal) => to_json(&Reply::<T, E>::Err(refusal)),
    }
}

/// # Panics
/// When the value's own `Serialize` refuses.
pub fn to_json<T: Serialize>(value: &T) -> String {
    let mut json = Vec::with_capacity(256);
    let mut serializer = Serializer::with_formatter(&mut json, AsTheSilo);
    let written = value.serialize(&mut serializer);
    match written.map(|()| String::from_utf8(json)) {
        Ok(Ok(text)) => text,
        // A trap undoes the turn, so that nothing is sent with half of its arguments.
        _ => panic!("{} cannot be JSON", std::any::type_name::<T>()),
    }
}

struct AsTheSilo;

impl Formatter for AsTheSilo {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{value:?}")
    }
}

/// Fields that are numbers with a point: JSON has no word for those that are none, so that they
/// are strings there. In states they are what they always were.
pub mod float {
    use serde::de::{Error, Visitor};
    use serde::{Deserialize, Deserializer, Serializer};

    /// # Errors
    /// What the serializer has against it.
    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        if value.is_finite() || !serializer.is_human_readable() {
            return serializer.serialize_f64(*value);
        }
        serializer.serialize_str(match value {
            v if v.is_nan() => "NaN",
            v if *v > 0.0 => "Infinity",
            _ => "-Infinity",
        })
    }

    /// # Errors
    /// When it is no number.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        if deserializer.is_human_readable() {
            return deserializer.deserialize_any(Number);
        }
        f64::deserialize(deserializer)
    }

    struct Number;

    impl Visitor<'_> for Number {
        type Value = f64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a number")
        }

        fn visit_f64<E: Error>(self, value: f64) -> Result<f64, E> {
            Ok(value)
        }

        #[allow(
            clippy::cast_precision_loss,
            reason = "the nearest number; JSON itself knows only one kind"
        )]
        fn visit_u64<E: Error>(self, value: u64) -> Result<f64, E> {
            Ok(value as f64)
        }

        #[allow(
            clippy::cast_precision_loss,
            reason = "the nearest number; JSON itself knows only one kind"
        )]
        fn visit_i64<E: Error>(self, value: i64) -> Result<f64, E> {
            Ok(value as f64)
        }

        fn visit_str<E: Error>(self, value: &str) -> Result<f64, E> {
            match value {
                "NaN" => Ok(f64::NAN),
                "Infinity" => Ok(f64::INFINITY),
                "-Infinity" => Ok(f64::NEG_INFINITY),
                other => Err(E::custom(format!("{other:?} is no number"))),
            }
        }
    }

    /// The same for one that may be absent.
    pub mod option {
        use serde::{Deserialize, Deserializer, Serialize, Serializer};

        /// # Errors
        /// What the serializer has against it.
        pub fn serialize<S: Serializer>(value: &Option<f64>, to: S) -> Result<S::Ok, S::Error> {
            value.map(Float).serialize(to)
        }

        /// # Errors
        /// When it is there and is no number.
        pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
            Ok(Option::<Float>::deserialize(from)?.map(|Float(value)| value))
        }

        struct Float(f64);

        impl Serialize for Float {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                super::serialize(&self.0, serializer)
            }
        }

        impl<'de> Deserialize<'de> for Float {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                super::deserialize(deserializer).map(Self)
            }
        }
    }
}
