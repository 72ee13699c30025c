//! What a value may look like. Types are built once, when a module is loaded, and
//! shared from then on.

use std::sync::Arc;

/// A type of the component model that has a JSON form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    Bool,
    S8,
    U8,
    S16,
    U16,
    S32,
    U32,
    S64,
    U64,
    F32,
    F64,
    Char,
    String,
    List(Arc<Type>),
    Record(Arc<Record>),
    Tuple(Arc<[Type]>),
    Variant(Arc<Variant>),
    Enum(Arc<Enum>),
    Option(Arc<Type>),
    Result(Arc<ResultType>),
    Flags(Arc<Flags>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub fields: Vec<Field>,
}

/// A field of a record, or a parameter of a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// The name in WIT, for example `person-id`.
    pub name: String,
    /// The name in JSON, for example `personId`.
    pub json: String,
    pub ty: Type,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    pub cases: Vec<Case>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    pub name: String,
    pub json: String,
    pub ty: Option<Type>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enum {
    pub names: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flags {
    pub names: Vec<Name>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub name: String,
    pub json: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultType {
    pub ok: Option<Type>,
    pub err: Option<Type>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Function {
    pub name: String,
    pub params: Vec<Field>,
    pub result: Option<Type>,
}

impl Field {
    #[must_use]
    pub fn new(name: &str, ty: Type) -> Self {
        let json = camel(name);
        let name = name.to_owned();
        Self { name, json, ty }
    }
}

impl Case {
    #[must_use]
    pub fn new(name: &str, ty: Option<Type>) -> Self {
        let json = camel(name);
        let name = name.to_owned();
        Self { name, json, ty }
    }
}

impl Name {
    #[must_use]
    pub fn new(name: &str) -> Self {
        let json = camel(name);
        let name = name.to_owned();
        Self { name, json }
    }
}

impl Type {
    /// What JSON the type wants, in words for people.
    #[must_use]
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::S8 => "an integer from -128 to 127",
            Self::U8 => "an integer from 0 to 255",
            Self::S16 => "an integer from -32768 to 32767",
            Self::U16 => "an integer from 0 to 65535",
            Self::S32 => "an integer of 32 bits",
            Self::U32 => "an integer from 0 to 4294967295",
            Self::S64 => "an integer of 64 bits",
            Self::U64 => "an integer of 64 bits, not negative",
            Self::F32 | Self::F64 => "a number",
            Self::Char => "a string of one character",
            Self::String => "a string",
            Self::List(element) if **element == Self::U8 => "a base64 string",
            Self::List(_) => "an array",
            Self::Record(_) => "an object",
            Self::Tuple(_) => "an array of fixed length",
            Self::Variant(_) => "a case name, or an object with one case",
            Self::Enum(_) => "one of the names of an enum",
            Self::Option(_) => "a value or null",
            Self::Result(_) => "an object with ok or err",
            Self::Flags(_) => "an array of flag names",
        }
    }
}

/// The name in JSON of a name in WIT: `personId` for `person-id`.
#[must_use]
pub fn camel(kebab: &str) -> String {
    let mut text = String::with_capacity(kebab.len());
    let mut raise = false;
    for c in kebab.chars() {
        if c == '-' {
            raise = true;
        } else if raise {
            text.extend(c.to_uppercase());
            raise = false;
        } else {
            text.push(c);
        }
    }
    text
}
