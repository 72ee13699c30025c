//! Values of a component become values of `pizza-value`, and back.

use pizza_value::Value;
use pizza_value::ty::Type;
use wasmtime::component::Val;

/// `None` when the value is not of the type, which the component's own type rules out.
pub(crate) fn to_val(value: Value, ty: &Type) -> Option<Val> {
    Some(match (value, ty) {
        (Value::Bool(v), Type::Bool) => Val::Bool(v),
        (Value::S8(v), Type::S8) => Val::S8(v),
        (Value::U8(v), Type::U8) => Val::U8(v),
        (Value::S16(v), Type::S16) => Val::S16(v),
        (Value::U16(v), Type::U16) => Val::U16(v),
        (Value::S32(v), Type::S32) => Val::S32(v),
        (Value::U32(v), Type::U32) => Val::U32(v),
        (Value::S64(v), Type::S64) => Val::S64(v),
        (Value::U64(v), Type::U64) => Val::U64(v),
        (Value::F32(v), Type::F32) => Val::Float32(v),
        (Value::F64(v), Type::F64) => Val::Float64(v),
        (Value::Char(v), Type::Char) => Val::Char(v),
        (Value::String(v), Type::String) => Val::String(v),
        // Bytes are one kind of value with us, as JSON has base64 for them; the component knows
        // lists only.
        (Value::Bytes(v), Type::List(_)) => Val::List(v.into_iter().map(Val::U8).collect()),
        (Value::List(v), Type::List(ty)) => Val::List(
            v.into_iter()
                .map(|v| to_val(v, ty))
                .collect::<Option<_>>()?,
        ),
        (Value::Record(v), Type::Record(record)) => {
            let pairs = v.into_iter().zip(&record.fields);
            let fields = pairs.map(|(v, f)| Some((f.name.clone(), to_val(v, &f.ty)?)));
            Val::Record(fields.collect::<Option<_>>()?)
        }
        (Value::Tuple(v), Type::Tuple(types)) => {
            let pairs = v.into_iter().zip(types.iter());
            Val::Tuple(pairs.map(|(v, ty)| to_val(v, ty)).collect::<Option<_>>()?)
        }
        (Value::Variant(index, payload), Type::Variant(variant)) => {
            let case = variant.cases.get(index as usize)?;
            Val::Variant(case.name.clone(), boxed(payload, case.ty.as_ref())?)
        }
        (Value::Enum(index), Type::Enum(names)) => {
            Val::Enum(names.names.get(index as usize)?.name.clone())
        }
        (Value::Option(payload), Type::Option(ty)) => Val::Option(boxed(payload, Some(ty))?),
        (Value::Result(Ok(payload)), Type::Result(types)) => {
            Val::Result(Ok(boxed(payload, types.ok.as_ref())?))
        }
        (Value::Result(Err(payload)), Type::Result(types)) => {
            Val::Result(Err(boxed(payload, types.err.as_ref())?))
        }
        (Value::Flags(set), Type::Flags(flags)) => {
            let names = set.iter().map(|index| flags.names.get(*index as usize));
            Val::Flags(
                names
                    .map(|n| n.map(|n| n.name.clone()))
                    .collect::<Option<_>>()?,
            )
        }
        _ => return None,
    })
}

// Absent is fine; present must fit.
#[allow(
    clippy::option_option,
    reason = "a value that is absent is not one that does not fit"
)]
fn boxed(payload: Option<Box<Value>>, ty: Option<&Type>) -> Option<Option<Box<Val>>> {
    match (payload, ty) {
        (Some(v), Some(ty)) => Some(Some(Box::new(to_val(*v, ty)?))),
        (None, _) => Some(None),
        (Some(_), None) => None,
    }
}

/// The value of a component as one of ours; `None` when it is not of the type.
pub(crate) fn from_val(val: Val, ty: &Type) -> Option<Value> {
    Some(match (val, ty) {
        (Val::Bool(v), Type::Bool) => Value::Bool(v),
        (Val::S8(v), Type::S8) => Value::S8(v),
        (Val::U8(v), Type::U8) => Value::U8(v),
        (Val::S16(v), Type::S16) => Value::S16(v),
        (Val::U16(v), Type::U16) => Value::U16(v),
        (Val::S32(v), Type::S32) => Value::S32(v),
        (Val::U32(v), Type::U32) => Value::U32(v),
        (Val::S64(v), Type::S64) => Value::S64(v),
        (Val::U64(v), Type::U64) => Value::U64(v),
        (Val::Float32(v), Type::F32) => Value::F32(v),
        (Val::Float64(v), Type::F64) => Value::F64(v),
        (Val::Char(v), Type::Char) => Value::Char(v),
        (Val::String(v), Type::String) => Value::String(v),
        (Val::List(v), Type::List(ty)) if **ty == Type::U8 => {
            let byte = |v: Val| if let Val::U8(v) = v { Some(v) } else { None };
            Value::Bytes(v.into_iter().map(byte).collect::<Option<_>>()?)
        }
        (Val::List(v), Type::List(ty)) => Value::List(
            v.into_iter()
                .map(|v| from_val(v, ty))
                .collect::<Option<_>>()?,
        ),
        (Val::Record(v), Type::Record(record)) => {
            let pairs = v.into_iter().zip(&record.fields);
            Value::Record(
                pairs
                    .map(|((_, v), f)| from_val(v, &f.ty))
                    .collect::<Option<_>>()?,
            )
        }
        (Val::Tuple(v), Type::Tuple(types)) => {
            let pairs = v.into_iter().zip(types.iter());
            Value::Tuple(
                pairs
                    .map(|(v, ty)| from_val(v, ty))
                    .collect::<Option<_>>()?,
            )
        }
        (Val::Variant(name, payload), Type::Variant(variant)) => {
            let index = variant.cases.iter().position(|case| case.name == name)?;
            let payload = unboxed(payload, variant.cases[index].ty.as_ref())?;
            Value::Variant(u32::try_from(index).ok()?, payload)
        }
        (Val::Enum(name), Type::Enum(names)) => Value::Enum(index_of(&names.names, &name)?),
        (Val::Option(payload), Type::Option(ty)) => Value::Option(unboxed(payload, Some(ty))?),
        (Val::Result(Ok(payload)), Type::Result(types)) => {
            Value::Result(Ok(unboxed(payload, types.ok.as_ref())?))
        }
        (Val::Result(Err(payload)), Type::Result(types)) => {
            Value::Result(Err(unboxed(payload, types.err.as_ref())?))
        }
        (Val::Flags(set), Type::Flags(flags)) => {
            let set = set.iter().map(|name| index_of(&flags.names, name));
            Value::Flags(set.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

#[allow(
    clippy::option_option,
    reason = "a value that is absent is not one that does not fit"
)]
fn unboxed(payload: Option<Box<Val>>, ty: Option<&Type>) -> Option<Option<Box<Value>>> {
    match (payload, ty) {
        (Some(v), Some(ty)) => Some(Some(Box::new(from_val(*v, ty)?))),
        (None, _) => Some(None),
        (Some(_), None) => None,
    }
}

fn index_of(names: &[pizza_value::ty::Name], name: &str) -> Option<u32> {
    let index = names.iter().position(|known| known.name == name)?;
    u32::try_from(index).ok()
}
