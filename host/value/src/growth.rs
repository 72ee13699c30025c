//! Whether two sides of a call understand each other although one of them knows more.
//!
//! Callers and their targets are two modules, which may be of two versions. What they say goes as
//! JSON, field by field, so a contract may grow: by fields that a reply has and its reader does not
//! know, and by arguments that may be absent. Nothing else may differ.

use crate::compat::{Compared, compare, differ, kind};
use crate::ty::{Field, Function, Type};

/// Which way a value goes. The caller is who expects a type; the target is who has it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// From the caller to the target: an argument.
    There,
    /// From the target to the caller: a part of the reply.
    Back,
}

/// Whether a target with the function `found` serves a caller who knows it as `expected`.
///
/// # Errors
/// The first difference that one of the two would not understand.
pub fn serves(expected: &Function, found: &Function) -> Compared {
    let name = &expected.name;
    let mut added = found.params.iter();
    for a in &expected.params {
        let path = format!("{name}({})", a.name);
        // In order: callers outside may give them by position.
        match added.next() {
            Some(b) if a.name == b.name => fits(&path, &a.ty, &b.ty, Way::There)?,
            Some(b) => {
                let what = format!("expected this parameter, found {:?}", b.name);
                return differ(&path, what);
            }
            None => return differ(&path, "the parameter is missing".to_owned()),
        }
    }
    if let Some(b) = added.find(|b| !matches!(b.ty, Type::Option(_))) {
        let path = format!("{name}({})", b.name);
        return differ(&path, "the parameter is not expected".to_owned());
    }
    let path = format!("{name}() result");
    let (expected, found) = (expected.result.as_ref(), found.result.as_ref());
    optional_fits(&path, expected, found, Way::Back)
}

fn fits(path: &str, expected: &Type, found: &Type, way: Way) -> Compared {
    match (expected, found) {
        (Type::List(a), Type::List(b)) => fits(&format!("{path}[]"), a, b, way),
        (Type::Option(a), Type::Option(b)) => fits(&format!("{path}?"), a, b, way),
        (Type::Record(a), Type::Record(b)) => fields(path, &a.fields, &b.fields, way),
        (Type::Tuple(a), Type::Tuple(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b.iter()).enumerate();
            pairs.try_for_each(|(at, (a, b))| fits(&format!("{path}.{at}"), a, b, way))
        }
        (Type::Variant(a), Type::Variant(b)) => {
            let (a, b) = (&a.cases, &b.cases);
            let mut pairs = a.iter().zip(b);
            // Cases are told by their names; that there are others, somebody would not know.
            if a.len() != b.len() || !pairs.all(|(a, b)| a.name == b.name) {
                return compare(path, expected, found);
            }
            let mut pairs = a.iter().zip(b);
            pairs.try_for_each(|(a, b)| {
                let path = format!("{path}.{}", a.name);
                optional_fits(&path, a.ty.as_ref(), b.ty.as_ref(), way)
            })
        }
        (Type::Result(a), Type::Result(b)) => {
            optional_fits(&format!("{path}.ok"), a.ok.as_ref(), b.ok.as_ref(), way)?;
            optional_fits(&format!("{path}.err"), a.err.as_ref(), b.err.as_ref(), way)
        }
        (a, b) => compare(path, a, b),
    }
}

fn optional_fits(path: &str, expected: Option<&Type>, found: Option<&Type>, way: Way) -> Compared {
    match (expected, found) {
        (Some(expected), Some(found)) => fits(path, expected, found, way),
        (None, None) => Ok(()),
        (Some(a), None) => differ(path, format!("expected {}, found nothing", kind(a))),
        (None, Some(b)) => differ(path, format!("expected nothing, found {}", kind(b))),
    }
}

/// Fields are told by their names, so their order does not matter here.
fn fields(path: &str, expected: &[Field], found: &[Field], way: Way) -> Compared {
    let of = |fields: &[Field], name: &str| fields.iter().position(|field| field.name == name);
    for a in expected {
        let path = format!("{path}.{}", a.name);
        match of(found, &a.name) {
            Some(at) => fits(&path, &a.ty, &found[at].ty, way)?,
            // The caller reads that it is absent; a target would refuse a field it does not know.
            None if way == Way::Back && may_be_absent(a) => {}
            None => return differ(&path, "the field is missing".to_owned()),
        }
    }
    let unknown = found.iter().filter(|b| of(expected, &b.name).is_none());
    // A caller passes over what it does not know; a target takes what was not given as absent.
    let mut needed = unknown.filter(|b| way == Way::There && !may_be_absent(b));
    match needed.next() {
        Some(b) => {
            let path = format!("{path}.{}", b.name);
            differ(&path, "the field is not expected".to_owned())
        }
        None => Ok(()),
    }
}

fn may_be_absent(field: &Field) -> bool {
    matches!(field.ty, Type::Option(_))
}
