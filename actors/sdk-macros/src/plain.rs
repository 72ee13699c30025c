//! Which types serde maps to JSON as the silo does, by what is derived for them: their methods can
//! be handed over whole. The others are called by their own exports, with no harm but to speed.

use wit_parser::{Resolve, Type, TypeDefKind, TypeId, TypeOwner};

use crate::bindings::is_platform;
use crate::shape::{is, is_option};

/// Where a type stands. A number with a point has a mapping of its own, which a field can name.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Place {
    Field,
    Inside,
}

pub(crate) fn is_plain(resolve: &Resolve, ty: &Type, place: Place) -> bool {
    let id = match ty {
        Type::F64 => return place == Place::Field,
        // Written as the nearest f64 it would have other digits.
        Type::F32 | Type::ErrorContext => return false,
        Type::Id(id) => *id,
        _ => return true,
    };
    let inside = |ty: &Type| is_plain(resolve, ty, Place::Inside);
    match &resolve.types[id].kind {
        TypeDefKind::Type(ty) => is_plain(resolve, ty, place),
        // Bytes are base64 in JSON.
        TypeDefKind::List(ty) => !is(resolve, ty, Type::U8) && inside(ty),
        TypeDefKind::Option(some) => {
            // An option in an option is an object.
            !is_option(resolve, some) && is_plain(resolve, some, place)
        }
        TypeDefKind::Tuple(tuple) => !tuple.types.is_empty() && tuple.types.iter().all(inside),
        TypeDefKind::Record(record) => {
            let fields = &record.fields;
            let plain = |name: &str, ty| is_name(name) && is_plain(resolve, ty, Place::Field);
            has_attributes(resolve, id)
                && !fields.is_empty()
                && fields.iter().all(|field| plain(&field.name, &field.ty))
        }
        TypeDefKind::Variant(variant) => {
            has_attributes(resolve, id)
                && variant
                    .cases
                    .iter()
                    .all(|case| is_case(&case.name) && case.ty.as_ref().is_none_or(inside))
        }
        TypeDefKind::Enum(names) => {
            has_attributes(resolve, id) && names.cases.iter().all(|case| is_case(&case.name))
        }
        _ => false,
    }
}

/// The platform's own types have attributes of their own, and types of no interface have none.
fn has_attributes(resolve: &Resolve, id: TypeId) -> bool {
    match resolve.types[id].owner {
        TypeOwner::Interface(of) => !is_platform(resolve, &resolve.interfaces[of]),
        _ => false,
    }
}

/// Whether all who turn the name into camel case agree on it.
pub(crate) fn is_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// As above; wit-bindgen puts an underscore behind this one.
fn is_case(name: &str) -> bool {
    is_name(name) && name != "self"
}
