//! MessagePack as JSON, as far as JSON goes: bytes become base64, keys become text.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// How deep values may lie inside each other: guests write these bytes, and reading them takes
/// stack. JSON readers go as deep.
const DEPTH_MAX: usize = 128;

/// # Errors
/// Why it is not MessagePack.
pub(super) fn to_json(bytes: &[u8]) -> Result<Value, String> {
    // The reader stops after one value; what is behind it would go unseen.
    let mut rest = bytes;
    let mut reader = rmp_serde::Deserializer::new(&mut rest);
    reader.set_max_depth(DEPTH_MAX);
    let Seen(value) = Seen::deserialize(&mut reader).map_err(|error| error.to_string())?;
    match rest {
        [] => Ok(value),
        rest => Err(format!("{} bytes are left over", rest.len())),
    }
}

struct Seen(Value);

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Look).map(Seen)
    }
}

struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MessagePack")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        // JSON has neither NaN nor infinity.
        let number = serde_json::Number::from_f64(value);
        Ok(number.map_or_else(|| value.to_string().into(), Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_bytes<E>(self, value: &[u8]) -> Result<Value, E> {
        Ok(STANDARD.encode(value).into())
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    /// An extension: its number, and its bytes.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, inner: D) -> Result<Value, D::Error> {
        inner.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Seen(value)) = items.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut pairs: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some((Seen(key), Seen(value))) = pairs.next_entry()? {
            let key = match key {
                Value::String(text) => text,
                // JSON has text keys only; it is for looking at, so nothing depends on reading it
                // back.
                other => other.to_string(),
            };
            object.insert(key, value);
        }
        Ok(Value::Object(object))
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;

    #[test]
    fn what_json_has_is_shown_as_it_is_and_the_rest_as_text() {
        for (bytes, expected) in [
            (
                &[0x82, 0xa1, b'a', 0x01, 0xa1, b'b', 0xc0][..],
                r#"{"a":1,"b":null}"#,
            ),
            (&[0x93, 0xff, 0xc3, 0xa2, b'h', b'i'], r#"[-1,true,"hi"]"#),
            (&[0x81, 0x07, 0x90], r#"{"7":[]}"#),
            (&[0xc4, 0x02, 0x01, 0x02], r#""AQI=""#),
            (&[0xcb, 0x7f, 0xf8, 0, 0, 0, 0, 0, 0], r#""NaN""#),
            (&[0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], "1.5"),
            (&[0xd4, 0x05, 0x09], r#"[5,"CQ=="]"#),
        ] {
            let found = to_json(bytes).map(|value| value.to_string());
            assert_eq!(found.as_deref(), Ok(expected), "{bytes:x?}");
        }
    }

    #[test]
    fn what_is_no_message_pack_says_so() {
        for bytes in [&[][..], &[0x82, 0xa1], &[0x01, 0x02], &[0xc1]] {
            assert!(to_json(bytes).is_err(), "{bytes:x?}");
        }
        let deep = vec![0x91; 1 << 20];
        assert!(to_json(&deep).is_err());
    }
}
