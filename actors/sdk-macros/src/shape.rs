//! What a type is behind its names.

use wit_parser::{Resolve, Type, TypeDefKind};

/// The two sides of a `result`, and nothing for another type: a method that declines returns one.
pub(crate) fn result_sides(resolve: &Resolve, ty: &Type) -> Option<[Option<Type>; 2]> {
    let Type::Id(id) = ty else { return None };
    match &resolve.types[*id].kind {
        TypeDefKind::Result(result) => Some([result.ok, result.err]),
        TypeDefKind::Type(ty) => result_sides(resolve, ty),
        _ => None,
    }
}

pub(crate) fn is_option(resolve: &Resolve, ty: &Type) -> bool {
    let Type::Id(id) = ty else { return false };
    match &resolve.types[*id].kind {
        TypeDefKind::Option(_) => true,
        TypeDefKind::Type(ty) => is_option(resolve, ty),
        _ => false,
    }
}

/// `f64` by whatever name, and whether it may be absent.
pub(crate) fn as_float(resolve: &Resolve, ty: &Type) -> Option<bool> {
    let id = match ty {
        Type::F64 => return Some(false),
        Type::Id(id) => *id,
        _ => return None,
    };
    match &resolve.types[id].kind {
        TypeDefKind::Type(ty) => as_float(resolve, ty),
        TypeDefKind::Option(ty) => is(resolve, ty, Type::F64).then_some(true),
        _ => None,
    }
}

pub(crate) fn is(resolve: &Resolve, ty: &Type, wanted: Type) -> bool {
    match ty {
        Type::Id(id) => match &resolve.types[*id].kind {
            TypeDefKind::Type(ty) => is(resolve, ty, wanted),
            _ => false,
        },
        ty => *ty == wanted,
    }
}
