//! Whether what one side expects is what the other side offers: types are compared by structure,
//! and a difference is reported with the path to it.

use std::fmt;

use crate::ty::{Field, Function, Type};

/// The first place at which two types differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The way to it through the types, for example `create(item).parts[].count`.
    pub path: String,
    /// What differs there, in words.
    pub what: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.what)
    }
}

impl std::error::Error for Difference {}

pub(crate) type Compared = Result<(), Difference>;

/// # Errors
/// The first difference, seen from `expected`.
pub fn same(expected: &Type, found: &Type) -> Compared {
    compare("", expected, found)
}

/// # Errors
/// The first difference in parameters or result.
pub fn same_function(expected: &Function, found: &Function) -> Compared {
    let name = &expected.name;
    fields(
        &|param| format!("{name}({param})"),
        "parameter",
        &expected.params,
        &found.params,
    )?;
    optional(
        &format!("{name}() result"),
        expected.result.as_ref(),
        found.result.as_ref(),
    )
}

pub(crate) fn differ(path: &str, what: String) -> Compared {
    let path = if path.is_empty() { "the value" } else { path };
    let path = path.to_owned();
    Err(Difference { path, what })
}

fn optional(path: &str, expected: Option<&Type>, found: Option<&Type>) -> Compared {
    match (expected, found) {
        (None, None) => Ok(()),
        (Some(expected), Some(found)) => compare(path, expected, found),
        (Some(expected), None) => {
            differ(path, format!("expected {}, found nothing", kind(expected)))
        }
        (None, Some(found)) => differ(path, format!("expected nothing, found {}", kind(found))),
    }
}

pub(crate) fn compare(path: &str, expected: &Type, found: &Type) -> Compared {
    match (expected, found) {
        (Type::List(a), Type::List(b)) => compare(&format!("{path}[]"), a, b),
        (Type::Option(a), Type::Option(b)) => compare(&format!("{path}?"), a, b),
        (Type::Record(a), Type::Record(b)) => fields(
            &|name| format!("{path}.{name}"),
            "field",
            &a.fields,
            &b.fields,
        ),
        (Type::Tuple(a), Type::Tuple(b)) => {
            if a.len() != b.len() {
                return differ(
                    path,
                    format!("expected {} elements, found {}", a.len(), b.len()),
                );
            }
            let pairs = a.iter().zip(b.iter()).enumerate();
            pairs
                .into_iter()
                .try_for_each(|(at, (a, b))| compare(&format!("{path}.{at}"), a, b))
        }
        (Type::Variant(a), Type::Variant(b)) => {
            let (a, b) = (&a.cases, &b.cases);
            // Names before payloads: a case that is missing would make every later pair a false
            // one.
            names(
                path,
                "case",
                a.iter().map(|c| &c.name),
                b.iter().map(|c| &c.name),
            )?;
            let mut pairs = a.iter().zip(b);
            pairs.try_for_each(|(a, b)| {
                optional(&format!("{path}.{}", a.name), a.ty.as_ref(), b.ty.as_ref())
            })
        }
        (Type::Enum(a), Type::Enum(b)) => {
            let (a, b) = (a.names.iter(), b.names.iter());
            names(path, "name", a.map(|n| &n.name), b.map(|n| &n.name))
        }
        (Type::Flags(a), Type::Flags(b)) => {
            let (a, b) = (a.names.iter(), b.names.iter());
            names(path, "flag", a.map(|n| &n.name), b.map(|n| &n.name))
        }
        (Type::Result(a), Type::Result(b)) => {
            optional(&format!("{path}.ok"), a.ok.as_ref(), b.ok.as_ref())?;
            optional(&format!("{path}.err"), a.err.as_ref(), b.err.as_ref())
        }
        (a, b) if a == b => Ok(()),
        (a, b) => differ(path, format!("expected {}, found {}", kind(a), kind(b))),
    }
}

fn fields(
    path: &dyn Fn(&str) -> String,
    what: &str,
    expected: &[Field],
    found: &[Field],
) -> Compared {
    // In order: the component model passes fields by position.
    for (a, b) in expected.iter().zip(found) {
        if a.name != b.name {
            return differ(
                &path(&a.name),
                format!("expected this {what}, found {:?}", b.name),
            );
        }
        compare(&path(&a.name), &a.ty, &b.ty)?;
    }
    if let Some(a) = expected.get(found.len()) {
        return differ(&path(&a.name), format!("the {what} is missing"));
    }
    if let Some(b) = found.get(expected.len()) {
        return differ(&path(&b.name), format!("the {what} is not expected"));
    }
    Ok(())
}

fn names<'n>(
    path: &str,
    what: &str,
    expected: impl ExactSizeIterator<Item = &'n String>,
    found: impl ExactSizeIterator<Item = &'n String>,
) -> Compared {
    let (expected, found): (Vec<_>, Vec<_>) = (expected.collect(), found.collect());
    if let Some(missing) = expected.iter().find(|name| !found.contains(name)) {
        return differ(path, format!("{what} {missing:?} is missing"));
    }
    if let Some(extra) = found.iter().find(|name| !expected.contains(name)) {
        return differ(path, format!("{what} {extra:?} is not expected"));
    }
    // An index stands for the name, so the order is part of the type.
    if expected != found {
        return differ(path, format!("the {what}s are in another order"));
    }
    Ok(())
}

/// The type's name in WIT.
pub(crate) fn kind(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::S8 => "s8",
        Type::U8 => "u8",
        Type::S16 => "s16",
        Type::U16 => "u16",
        Type::S32 => "s32",
        Type::U32 => "u32",
        Type::S64 => "s64",
        Type::U64 => "u64",
        Type::F32 => "f32",
        Type::F64 => "f64",
        Type::Char => "char",
        Type::String => "string",
        Type::List(_) => "a list",
        Type::Record(_) => "a record",
        Type::Tuple(_) => "a tuple",
        Type::Variant(_) => "a variant",
        Type::Enum(_) => "an enum",
        Type::Option(_) => "an option",
        Type::Result(_) => "a result",
        Type::Flags(_) => "flags",
    }
}
