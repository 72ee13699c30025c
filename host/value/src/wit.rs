//! The types of an interface, read from WIT text: for tools that have no module at hand.

use std::sync::Arc;

use wit_parser::{InterfaceId, Resolve, TypeDefKind, TypeId};

use crate::ty::{Case, Enum, Field, Flags, Function, Name, Record, ResultType, Type, Variant};

/// A type that has no JSON form, and where it is used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind} has no JSON form")]
pub struct UnsupportedType {
    pub path: String,
    pub kind: &'static str,
}

/// The functions of an interface, in the order of its text.
///
/// # Errors
/// When one of them uses a resource, a stream or another type that is no plain value.
pub fn functions(
    resolve: &Resolve,
    interface: InterfaceId,
) -> Result<Vec<Function>, UnsupportedType> {
    let functions = resolve.interfaces[interface].functions.values();
    functions
        .map(|function| {
            let of = |ty: &wit_parser::Type| type_of(resolve, *ty, &function.name);
            let params = function.params.iter();
            let params = params.map(|param| Ok(Field::new(&param.name, of(&param.ty)?)));
            Ok(Function {
                name: function.name.clone(),
                params: params.collect::<Result<_, _>>()?,
                result: function.result.as_ref().map(of).transpose()?,
            })
        })
        .collect()
}

/// # Errors
/// When it is no plain value, as for [`functions`]; the error names `path`.
pub fn type_of(
    resolve: &Resolve,
    ty: wit_parser::Type,
    path: &str,
) -> Result<Type, UnsupportedType> {
    use wit_parser::Type as Wit;
    Ok(match ty {
        Wit::Bool => Type::Bool,
        Wit::S8 => Type::S8,
        Wit::U8 => Type::U8,
        Wit::S16 => Type::S16,
        Wit::U16 => Type::U16,
        Wit::S32 => Type::S32,
        Wit::U32 => Type::U32,
        Wit::S64 => Type::S64,
        Wit::U64 => Type::U64,
        Wit::F32 => Type::F32,
        Wit::F64 => Type::F64,
        Wit::Char => Type::Char,
        Wit::String => Type::String,
        Wit::ErrorContext => return unsupported(path, "an error context"),
        Wit::Id(id) => defined(resolve, id, path)?,
    })
}

fn unsupported(path: &str, kind: &'static str) -> Result<Type, UnsupportedType> {
    let path = path.to_owned();
    Err(UnsupportedType { path, kind })
}

fn defined(resolve: &Resolve, id: TypeId, path: &str) -> Result<Type, UnsupportedType> {
    let of = |ty: &wit_parser::Type| type_of(resolve, *ty, path);
    let optional = |ty: &Option<wit_parser::Type>| ty.as_ref().map(of).transpose();
    Ok(match &resolve.types[id].kind {
        // A name for another type: in JSON only the other one shows.
        TypeDefKind::Type(ty) => of(ty)?,
        TypeDefKind::List(ty) => Type::List(Arc::new(of(ty)?)),
        TypeDefKind::Option(ty) => Type::Option(Arc::new(of(ty)?)),
        TypeDefKind::Tuple(tuple) => {
            Type::Tuple(tuple.types.iter().map(of).collect::<Result<_, _>>()?)
        }
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter();
            let fields = fields.map(|field| Ok(Field::new(&field.name, of(&field.ty)?)));
            let fields = fields.collect::<Result<_, _>>()?;
            Type::Record(Arc::new(Record { fields }))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter();
            let cases = cases.map(|case| Ok(Case::new(&case.name, optional(&case.ty)?)));
            let cases = cases.collect::<Result<_, _>>()?;
            Type::Variant(Arc::new(Variant { cases }))
        }
        TypeDefKind::Enum(names) => {
            let names = names
                .cases
                .iter()
                .map(|case| Name::new(&case.name))
                .collect();
            Type::Enum(Arc::new(Enum { names }))
        }
        TypeDefKind::Flags(flags) => {
            let names = flags
                .flags
                .iter()
                .map(|flag| Name::new(&flag.name))
                .collect();
            Type::Flags(Arc::new(Flags { names }))
        }
        TypeDefKind::Result(result) => {
            let (ok, err) = (optional(&result.ok)?, optional(&result.err)?);
            Type::Result(Arc::new(ResultType { ok, err }))
        }
        TypeDefKind::Resource | TypeDefKind::Handle(_) => {
            return unsupported(path, "a resource");
        }
        TypeDefKind::Future(_) | TypeDefKind::Stream(_) => {
            return unsupported(path, "a future or a stream");
        }
        _ => return unsupported(path, "this type"),
    })
}
