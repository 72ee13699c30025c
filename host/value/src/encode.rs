//! A value becomes JSON, written straight into bytes.

use std::io::Write as _;

use base64::Engine;

use crate::decode::BASE64;
use crate::error::{Problem, ValueError};
use crate::ty::{Field, Function, Type};
use crate::value::Value;

/// The JSON of a value of this type.
///
/// # Errors
/// When the value is not of this type: a mistake of the program.
pub fn to_json(value: &Value, ty: &Type) -> Result<Vec<u8>, ValueError> {
    // Most replies are shorter, and are then written without a second allocation.
    let mut out = Vec::with_capacity(128);
    write(&mut out, value, ty)?;
    Ok(out)
}

/// Arguments as an array by position.
///
/// # Errors
/// As [`to_json`].
pub fn args_to_json(args: &[Value], function: &Function) -> Result<Vec<u8>, ValueError> {
    let mut out = Vec::with_capacity(128);
    let types = function.params.iter().map(|param| &param.ty);
    write_array(&mut out, args, types)?;
    Ok(out)
}

fn misfit(ty: &Type) -> ValueError {
    ValueError::new(Problem::Misfit {
        expected: ty.describe().to_owned(),
    })
}

/// Writes formatted text; writing into a vector does not fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => {{
        let _ = write!($out, $($arg)*);
    }};
}

fn write(out: &mut Vec<u8>, value: &Value, ty: &Type) -> Result<(), ValueError> {
    match (value, ty) {
        (Value::Bool(v), Type::Bool) => put!(out, "{v}"),
        (Value::S8(v), Type::S8) => put!(out, "{v}"),
        (Value::U8(v), Type::U8) => put!(out, "{v}"),
        (Value::S16(v), Type::S16) => put!(out, "{v}"),
        (Value::U16(v), Type::U16) => put!(out, "{v}"),
        (Value::S32(v), Type::S32) => put!(out, "{v}"),
        (Value::U32(v), Type::U32) => put!(out, "{v}"),
        (Value::S64(v), Type::S64) => put!(out, "{v}"),
        (Value::U64(v), Type::U64) => put!(out, "{v}"),
        // `Debug` writes the shortest text that reads back as the same number, and always a
        // point.
        (Value::F32(v), Type::F32) if v.is_finite() => put!(out, "{v:?}"),
        (Value::F32(v), Type::F32) => write_string(out, special(f64::from(*v))),
        (Value::F64(v), Type::F64) if v.is_finite() => put!(out, "{v:?}"),
        (Value::F64(v), Type::F64) => write_string(out, special(*v)),
        (Value::Char(v), Type::Char) => write_string(out, v.encode_utf8(&mut [0; 4])),
        (Value::String(v), Type::String) => write_string(out, v),
        (Value::Bytes(v), Type::List(_)) => write_string(out, &BASE64.encode(v)),
        (Value::List(values), Type::List(ty)) => {
            write_array(out, values, std::iter::repeat_n(&**ty, values.len()))?;
        }
        (Value::Tuple(values), Type::Tuple(types)) => write_array(out, values, types.iter())?,
        (Value::Record(values), Type::Record(record)) => write_record(out, values, &record.fields)?,
        (Value::Option(None), Type::Option(_)) => out.extend_from_slice(b"null"),
        // Without the object, `some(none)` and `none` would both be null.
        (Value::Option(Some(v)), Type::Option(ty)) if matches!(**ty, Type::Option(_)) => {
            write_single(out, "some", Some((v, ty)))?;
        }
        (Value::Option(Some(v)), Type::Option(ty)) => write(out, v, ty)?,
        (Value::Enum(index), Type::Enum(names)) => {
            let name = names.names.get(*index as usize).ok_or_else(|| misfit(ty))?;
            write_string(out, &name.json);
        }
        (Value::Flags(set), Type::Flags(flags)) => {
            let names = set.iter().map(|index| flags.names.get(*index as usize));
            let names: Option<Vec<&str>> = names.map(|n| n.map(|n| n.json.as_str())).collect();
            write_names(out, &names.ok_or_else(|| misfit(ty))?);
        }
        (Value::Variant(index, payload), Type::Variant(variant)) => {
            let case = variant
                .cases
                .get(*index as usize)
                .ok_or_else(|| misfit(ty))?;
            match (payload, &case.ty) {
                (None, None) => write_string(out, &case.json),
                (Some(v), Some(ty)) => write_single(out, &case.json, Some((v, ty)))?,
                _ => return Err(misfit(ty)),
            }
        }
        (Value::Result(result), Type::Result(types)) => {
            let (name, payload, ty) = match result {
                Ok(payload) => ("ok", payload, &types.ok),
                Err(payload) => ("err", payload, &types.err),
            };
            write_single(out, name, payload.as_deref().zip(ty.as_ref()))?;
        }
        _ => return Err(misfit(ty)),
    }
    Ok(())
}

fn special(v: f64) -> &'static str {
    if v.is_nan() {
        "NaN"
    } else if v > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// Most strings have nothing to escape; the others are serde_json's business.
fn write_string(out: &mut Vec<u8>, text: &str) {
    let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
    if text.as_bytes().iter().all(plain) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    } else {
        // A vector takes all that is written, and a string is always JSON.
        let _ = serde_json::to_writer(out, text);
    }
}

fn write_names(out: &mut Vec<u8>, names: &[&str]) {
    out.push(b'[');
    for (at, name) in names.iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write_string(out, name);
    }
    out.push(b']');
}

fn write_single(
    out: &mut Vec<u8>,
    name: &str,
    payload: Option<(&Value, &Type)>,
) -> Result<(), ValueError> {
    out.push(b'{');
    write_string(out, name);
    out.push(b':');
    match payload {
        Some((value, ty)) => write(out, value, ty)?,
        // An object must have a value behind its key.
        None => out.extend_from_slice(b"null"),
    }
    out.push(b'}');
    Ok(())
}

fn write_array<'t>(
    out: &mut Vec<u8>,
    values: &[Value],
    types: impl ExactSizeIterator<Item = &'t Type>,
) -> Result<(), ValueError> {
    if values.len() != types.len() {
        return Err(ValueError::new(Problem::Arity {
            found: values.len(),
            expected: types.len(),
        }));
    }
    out.push(b'[');
    for (at, (value, ty)) in values.iter().zip(types).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, value, ty)?;
    }
    out.push(b']');
    Ok(())
}

fn write_record(out: &mut Vec<u8>, values: &[Value], fields: &[Field]) -> Result<(), ValueError> {
    if values.len() != fields.len() {
        return Err(ValueError::new(Problem::Arity {
            found: values.len(),
            expected: fields.len(),
        }));
    }
    out.push(b'{');
    let mut first = true;
    for (value, field) in values.iter().zip(fields) {
        // What is absent is left out.
        if matches!(value, Value::Option(None)) {
            continue;
        }
        if !std::mem::take(&mut first) {
            out.push(b',');
        }
        write_string(out, &field.json);
        out.push(b':');
        write(out, value, &field.ty)?;
    }
    out.push(b'}');
    Ok(())
}
