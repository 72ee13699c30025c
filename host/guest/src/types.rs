//! Types of a component become types of `pizza-value`.

use std::sync::Arc;

use pizza_value::ty::{
    Case, Enum, Field, Flags, Function, Name, Record, ResultType, Type, Variant,
};
use wasmtime::component::types::{self as wasm, ComponentFunc};

use crate::error::LoadError;

/// Types may nest, but nobody needs them to nest without end.
const DEPTH_MAX: usize = 32;
/// Parts of one function's types, spelled out: a file of a kilobyte can name a million.
const PARTS_MAX: usize = 10_000;

pub(crate) fn function(name: &str, func: &ComponentFunc) -> Result<Function, LoadError> {
    let mut parts = 0;
    let params = func.params().map(|(param, ty)| {
        let ty = convert(&ty, &format!("{name}({param})"), 0, &mut parts)?;
        Ok(Field::new(param, ty))
    });
    let params = params.collect::<Result<_, _>>()?;
    let result = func.results().next();
    let result = result
        .map(|ty| convert(&ty, &format!("{name}() result"), 0, &mut parts))
        .transpose()?;
    Ok(Function {
        name: name.to_owned(),
        params,
        result,
    })
}

fn unsupported(place: &str, kind: &'static str) -> LoadError {
    LoadError::UnsupportedType {
        place: place.to_owned(),
        kind,
    }
}

fn convert(
    ty: &wasm::Type,
    place: &str,
    depth: usize,
    parts: &mut usize,
) -> Result<Type, LoadError> {
    if depth > DEPTH_MAX {
        return Err(unsupported(place, "a type nested this deep"));
    }
    *parts += 1;
    if *parts > PARTS_MAX {
        return Err(unsupported(place, "a type of more than 10,000 parts"));
    }
    let mut inner = |ty: &wasm::Type| convert(ty, place, depth + 1, parts);
    Ok(match ty {
        wasm::Type::Bool => Type::Bool,
        wasm::Type::S8 => Type::S8,
        wasm::Type::U8 => Type::U8,
        wasm::Type::S16 => Type::S16,
        wasm::Type::U16 => Type::U16,
        wasm::Type::S32 => Type::S32,
        wasm::Type::U32 => Type::U32,
        wasm::Type::S64 => Type::S64,
        wasm::Type::U64 => Type::U64,
        wasm::Type::Float32 => Type::F32,
        wasm::Type::Float64 => Type::F64,
        wasm::Type::Char => Type::Char,
        wasm::Type::String => Type::String,
        wasm::Type::List(list) => Type::List(Arc::new(inner(&list.ty())?)),
        wasm::Type::Option(option) => Type::Option(Arc::new(inner(&option.ty())?)),
        wasm::Type::Record(record) => {
            let fields = record.fields();
            let fields = fields.map(|field| Ok(Field::new(field.name, inner(&field.ty)?)));
            let fields = fields.collect::<Result<_, LoadError>>()?;
            Type::Record(Arc::new(Record { fields }))
        }
        wasm::Type::Tuple(tuple) => {
            let types = tuple.types().map(|ty| inner(&ty));
            Type::Tuple(types.collect::<Result<_, _>>()?)
        }
        wasm::Type::Variant(variant) => {
            let cases = variant.cases();
            let cases = cases.map(|case| {
                Ok(Case::new(
                    case.name,
                    case.ty.as_ref().map(&mut inner).transpose()?,
                ))
            });
            let cases = cases.collect::<Result<_, LoadError>>()?;
            Type::Variant(Arc::new(Variant { cases }))
        }
        wasm::Type::Enum(names) => {
            let names = names.names().map(Name::new).collect();
            Type::Enum(Arc::new(Enum { names }))
        }
        wasm::Type::Flags(flags) => {
            let names = flags.names().map(Name::new).collect();
            Type::Flags(Arc::new(Flags { names }))
        }
        wasm::Type::Result(result) => {
            let (ok, err) = (result.ok(), result.err());
            let ok = ok.as_ref().map(&mut inner).transpose()?;
            let err = err.as_ref().map(&mut inner).transpose()?;
            Type::Result(Arc::new(ResultType { ok, err }))
        }
        wasm::Type::Own(_) | wasm::Type::Borrow(_) => {
            return Err(unsupported(place, "a resource"));
        }
        wasm::Type::Future(_) | wasm::Type::Stream(_) => {
            return Err(unsupported(place, "a future or a stream"));
        }
        wasm::Type::Map(_) | wasm::Type::FixedLengthList(_) | wasm::Type::ErrorContext => {
            return Err(unsupported(place, "a value of this type"));
        }
    })
}
