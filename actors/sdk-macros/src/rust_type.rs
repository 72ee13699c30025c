//! Rust names and types of what WIT names, spelled as wit-bindgen does.

use anyhow::bail;
use heck::{ToLowerCamelCase, ToSnakeCase, ToUpperCamelCase};
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;
use wit_parser::{Resolve, Type, TypeDefKind, TypeId};

/// How a parameter or a reply is spelled.
#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Owned,
    /// As a parameter of an import: lists, strings and what contains them are lent.
    Lent,
}

pub(crate) fn module(name: &str) -> Ident {
    field(name)
}

/// The name of a field or a function; a keyword gets an underscore behind it.
pub(crate) fn field(name: &str) -> Ident {
    let snake = name.to_snake_case();
    match syn::parse_str::<Ident>(&snake) {
        Ok(ident) => ident,
        Err(_) => Ident::new(&format!("{snake}_"), Span::call_site()),
    }
}

pub(crate) fn type_name(name: &str) -> Ident {
    // wit-bindgen calls the trait of each interface `Guest`.
    let name = if name == "guest" {
        "Guest_".to_owned()
    } else {
        name.to_upper_camel_case()
    };
    Ident::new(&name, Span::call_site())
}

pub(crate) fn json_name(name: &str) -> String {
    name.to_lower_camel_case()
}

/// The types of one interface's functions; `path` is where its names are found.
pub(crate) struct Types<'a> {
    pub(crate) resolve: &'a Resolve,
    pub(crate) path: TokenStream,
}

impl Types<'_> {
    pub(crate) fn owned(&self, ty: &Type) -> anyhow::Result<TokenStream> {
        self.spell(ty, Mode::Owned)
    }

    pub(crate) fn parameter(&self, ty: &Type) -> anyhow::Result<TokenStream> {
        // wit-bindgen lends what has a list in it, and passes everything else by value.
        self.spell(
            ty,
            if self.has_list(ty) {
                Mode::Lent
            } else {
                Mode::Owned
            },
        )
    }

    fn spell(&self, ty: &Type, mode: Mode) -> anyhow::Result<TokenStream> {
        Ok(match ty {
            Type::Bool => quote!(bool),
            Type::U8 => quote!(u8),
            Type::U16 => quote!(u16),
            Type::U32 => quote!(u32),
            Type::U64 => quote!(u64),
            Type::S8 => quote!(i8),
            Type::S16 => quote!(i16),
            Type::S32 => quote!(i32),
            Type::S64 => quote!(i64),
            Type::F32 => quote!(f32),
            Type::F64 => quote!(f64),
            Type::Char => quote!(char),
            Type::String if mode == Mode::Lent => quote!(&str),
            Type::String => quote!(::std::string::String),
            Type::ErrorContext => bail!("an error-context cannot travel between actors"),
            Type::Id(id) => return self.spell_id(*id, mode),
        })
    }

    fn spell_id(&self, id: TypeId, mode: Mode) -> anyhow::Result<TokenStream> {
        let def = &self.resolve.types[id];
        if mode == Mode::Lent {
            // An alias of a string or a list is lent as what it stands for.
            match &self.resolve.types[self.origin(id)].kind {
                TypeDefKind::Type(Type::String) => return Ok(quote!(&str)),
                TypeDefKind::List(item) => {
                    let item = self.owned(item)?;
                    return Ok(quote!(&[#item]));
                }
                _ => {}
            }
        }
        if let Some(name) = &def.name {
            let (path, name) = (&self.path, type_name(name));
            return Ok(if mode == Mode::Lent {
                quote!(&#path::#name)
            } else {
                quote!(#path::#name)
            });
        }
        let optional = |ty: &Option<Type>| {
            ty.as_ref()
                .map_or_else(|| Ok(quote!(())), |ty| self.spell(ty, mode))
        };
        Ok(match &def.kind {
            TypeDefKind::List(item) => {
                // Nothing is lent within a list: its items lie there as they are.
                let item = self.owned(item)?;
                quote!(::std::vec::Vec<#item>)
            }
            TypeDefKind::Option(some) => {
                let some = self.spell(some, mode)?;
                quote!(::core::option::Option<#some>)
            }
            TypeDefKind::Tuple(tuple) => {
                let types = tuple
                    .types
                    .iter()
                    .map(|ty| self.spell(ty, mode))
                    .collect::<anyhow::Result<Vec<_>>>()?;
                quote!((#(#types,)*))
            }
            TypeDefKind::Result(result) => {
                let (ok, err) = (optional(&result.ok)?, optional(&result.err)?);
                quote!(::core::result::Result<#ok, #err>)
            }
            other => bail!("clients do not know a {}", other.as_str()),
        })
    }

    /// Follows aliases to the type that they stand for.
    pub(crate) fn origin(&self, mut id: TypeId) -> TypeId {
        while let TypeDefKind::Type(Type::Id(next)) = self.resolve.types[id].kind {
            id = next;
        }
        id
    }

    fn has_list(&self, ty: &Type) -> bool {
        let id = match ty {
            Type::String => return true,
            Type::Id(id) => *id,
            _ => return false,
        };
        match &self.resolve.types[id].kind {
            TypeDefKind::List(_) | TypeDefKind::Map(..) => true,
            TypeDefKind::Type(ty)
            | TypeDefKind::Option(ty)
            | TypeDefKind::FixedLengthList(ty, _) => self.has_list(ty),
            TypeDefKind::Record(record) => {
                record.fields.iter().any(|field| self.has_list(&field.ty))
            }
            TypeDefKind::Tuple(tuple) => tuple.types.iter().any(|ty| self.has_list(ty)),
            TypeDefKind::Variant(variant) => variant
                .cases
                .iter()
                .any(|case| case.ty.is_some_and(|ty| self.has_list(&ty))),
            TypeDefKind::Result(result) => [result.ok, result.err]
                .iter()
                .flatten()
                .any(|ty| self.has_list(ty)),
            _ => false,
        }
    }
}
