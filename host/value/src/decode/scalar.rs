//! Values that are one JSON token.

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::names::{known, name_index};
use crate::error::{Problem, quoted};
use crate::ty::Type;
use crate::value::Value;

/// The standard alphabet, with padding or without: clients do either.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) fn integer(ty: &Type, v: i128) -> Result<Value, Problem> {
    let range = || Problem::OutOfRange {
        found: v.to_string(),
        expected: ty.describe().to_owned(),
    };
    Ok(match ty {
        Type::S8 => Value::S8(v.try_into().map_err(|_| range())?),
        Type::U8 => Value::U8(v.try_into().map_err(|_| range())?),
        Type::S16 => Value::S16(v.try_into().map_err(|_| range())?),
        Type::U16 => Value::U16(v.try_into().map_err(|_| range())?),
        Type::S32 => Value::S32(v.try_into().map_err(|_| range())?),
        Type::U32 => Value::U32(v.try_into().map_err(|_| range())?),
        Type::S64 => Value::S64(v.try_into().map_err(|_| range())?),
        Type::U64 => Value::U64(v.try_into().map_err(|_| range())?),
        #[allow(
            clippy::cast_precision_loss,
            reason = "the nearest number; JSON itself knows only one kind"
        )]
        Type::F32 => Value::F32(v as f32),
        #[allow(
            clippy::cast_precision_loss,
            reason = "the nearest number; JSON itself knows only one kind"
        )]
        Type::F64 => Value::F64(v as f64),
        ty => {
            return Err(Problem::WrongType {
                expected: ty.describe().to_owned(),
                found: format!("the number {v}"),
            });
        }
    })
}

/// A number with a point or an exponent. For an integer type it must be a whole one.
pub(super) fn number(ty: &Type, v: f64) -> Result<Value, Problem> {
    match ty {
        Type::F64 => Ok(Value::F64(v)),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "the nearest number of its kind, as for any float that is read"
        )]
        Type::F32 => Ok(Value::F32(v as f32)),
        // Below 2^53 every whole f64 is the number that was written; from there on it may be a
        // neighbour of it.
        #[allow(
            clippy::cast_possible_truncation,
            reason = "whole, and below 2^53: an i128 has it exactly"
        )]
        ty if v.fract() == 0.0 && v.abs() < 9_007_199_254_740_992.0 => integer(ty, v as i128),
        // Rather refused than rounded: an id that is off by one names something else.
        Type::S64 | Type::U64 if v.fract() == 0.0 => Err(Problem::OutOfRange {
            found: format!("the number {v:?}"),
            expected: format!("{}, in digits alone from 2^53 on", ty.describe()),
        }),
        ty => Err(Problem::WrongType {
            expected: ty.describe().to_owned(),
            found: format!("the number {v}"),
        }),
    }
}

/// A string that stands for something else than text.
pub(super) fn text(ty: &Type, v: &str) -> Result<Value, Problem> {
    let wrong = || Problem::WrongType {
        expected: ty.describe().to_owned(),
        found: format!("the string {}", quoted(v)),
    };
    match ty {
        Type::Enum(names) => name_index(&names.names, v).map(Value::Enum),
        Type::Variant(variant) => {
            let cases = &variant.cases;
            let index = cases
                .iter()
                .position(|case| case.json == v || case.name == v);
            match index.map(|index| (index, &cases[index].ty)) {
                Some((index, None)) => Ok(Value::Variant(u32::try_from(index).unwrap_or(0), None)),
                // An error of its own: the name is right, and only the form is not.
                Some((_, Some(_))) => Err(Problem::WrongType {
                    expected: format!("an object {{{v:?}: …}}, for the case has a value"),
                    found: quoted(v),
                }),
                None => Err(Problem::UnknownName {
                    found: quoted(v),
                    known: known(cases.iter().map(|case| &case.json)),
                }),
            }
        }
        Type::Char => {
            let mut chars = v.chars();
            match (chars.next(), chars.next()) {
                (Some(c), None) => Ok(Value::Char(c)),
                _ => Err(wrong()),
            }
        }
        Type::List(element) if **element == Type::U8 => BASE64
            .decode(v)
            .map(Value::Bytes)
            .map_err(|error| Problem::Base64(error.to_string())),
        // Numbers of 64 bits do not survive every JSON reader, so they may be strings.
        Type::S64 | Type::U64 => {
            // Wider than both, so that what does not fit is out of range and not of the wrong
            // type.
            let digits = v.parse::<i128>().map_err(|_| wrong())?;
            integer(ty, digits)
        }
        Type::F64 => special(v).map(Value::F64).ok_or_else(wrong),
        #[allow(
            clippy::cast_possible_truncation,
            reason = "not a number and the infinities are in both types"
        )]
        Type::F32 => special(v).map(|v| Value::F32(v as f32)).ok_or_else(wrong),
        _ => Err(wrong()),
    }
}

fn special(v: &str) -> Option<f64> {
    match v {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => None,
    }
}
