//! Checks of what the contracts say of values beyond their types: `impl Bounded` for each
//! record that has such values in it, and a function for each exported function that does.

use anyhow::{Context, anyhow};
use proc_macro2::TokenStream;
use quote::quote;
use wit_parser::{Function, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

use crate::bindings::{exports, imports, is_platform, path};
use crate::bound::{Bound, Docs};
use crate::rust_type::{Types, field, json_name, type_name};
use crate::wit::Wit;

pub(crate) fn generate(wit: &Wit) -> anyhow::Result<TokenStream> {
    let check = Check {
        resolve: &wit.resolve,
    };
    let mut records = Vec::new();
    let interfaces = imports(wit).chain(exports(wit));
    for (id, interface) in interfaces.filter(|(_, of)| !is_platform(&wit.resolve, of)) {
        for (name, ty) in &interface.types {
            let record = check.record(id, name, *ty);
            records.extend(record.with_context(|| name.clone())?);
        }
    }
    let mut functions = Vec::new();
    for (id, interface) in exports(wit) {
        for function in interface.functions.values() {
            let function = check.function(id, function);
            functions.extend(function?);
        }
    }
    // An author who says nothing of bounds may use the name.
    if records.is_empty() && functions.is_empty() {
        return Ok(TokenStream::new());
    }
    Ok(quote! {
        /// What the contracts say of arguments beyond their types.
        pub mod bounds {
            #(#records)*
            #(#functions)*
        }
    })
}

struct Check<'a> {
    resolve: &'a Resolve,
}

impl Check<'_> {
    fn record(
        &self,
        id: InterfaceId,
        name: &str,
        ty: TypeId,
    ) -> anyhow::Result<Option<TokenStream>> {
        let TypeDefKind::Record(record) = &self.resolve.types[ty].kind else {
            return Ok(None);
        };
        let mut checks = Vec::new();
        for member in &record.fields {
            let (ident, json) = (field(&member.name), json_name(&member.name));
            let bounds = docs(&member.docs).bounds().map_err(|e| anyhow!(e))?;
            let value = self.value(&member.ty, &quote!(value), &bounds)?;
            checks.extend(value.map(|check| {
                quote! {{
                    let (value, at) = (&self.#ident, at.field(#json));
                    #check
                }}
            }));
        }
        // It gets no check, and records that contain it call none.
        if checks.is_empty() {
            return Ok(None);
        }
        let (path, name) = (path(self.resolve, id), type_name(name));
        Ok(Some(quote! {
            impl ::silo_sdk::bounds::Bounded for super::__generated::#path::#name {
                fn check(&self, at: ::silo_sdk::bounds::At<'_>, found: &mut ::silo_sdk::bounds::Found) {
                    #(#checks)*
                }
            }
        }))
    }

    fn function(
        &self,
        id: InterfaceId,
        function: &Function,
    ) -> anyhow::Result<Option<TokenStream>> {
        let mut checks = Vec::new();
        for param in &function.params {
            let (ident, json) = (field(&param.name), json_name(&param.name));
            let bounds = docs(&function.docs).of_parameter(&param.name);
            let bounds = bounds.map_err(|e| anyhow!(e))?;
            let value = self.value(&param.ty, &quote!(value), &bounds)?;
            checks.extend(value.map(|check| (ident, json, param.ty, check)));
        }
        // Without a case for violations there is no way to tell of them.
        let Some((refusal, violation)) = self.invalid(function).filter(|_| !checks.is_empty())
        else {
            return Ok(None);
        };
        let path = path(self.resolve, id);
        let types = Types {
            resolve: self.resolve,
            path: quote!(super::__generated::exports::#path),
        };
        let mut params = Vec::new();
        for (ident, _, ty, _) in &checks {
            let ty = types.owned(ty)?;
            params.push(quote!(#ident: &#ty));
        }
        let name = field(&function.name);
        let docs = format!(
            "Of the arguments of `{}`: all that is wrong with them.",
            function.name
        );
        let checks = checks.iter().map(|(ident, json, _, check)| {
            quote! {{
                let (value, at) = (#ident, ::silo_sdk::bounds::At::parameter(#json));
                #check
            }}
        });
        Ok(Some(quote! {
            #[doc = #docs]
            pub fn #name(#(#params),*) -> ::core::result::Result<(), #refusal> {
                let mut found = ::silo_sdk::bounds::Found::default();
                {
                    let found = &mut found;
                    #(#checks)*
                }
                let found = found.into_inner();
                if found.is_empty() {
                    return Ok(());
                }
                let found = found.into_iter().map(|(pointer, message)| #violation { pointer, message });
                Err(#refusal::Invalid(found.collect()))
            }
        }))
    }

    /// The type of the function's `err`, if it has a case `invalid` for violations.
    fn invalid(&self, function: &Function) -> Option<(TokenStream, TokenStream)> {
        let kind = |ty: Type| match ty {
            Type::Id(id) => Some(&self.resolve.types[self.origin(id)]),
            _ => None,
        };
        let TypeDefKind::Result(result) = &kind(function.result?)?.kind else {
            return None;
        };
        let refusal = kind(result.err?)?;
        let TypeDefKind::Variant(variant) = &refusal.kind else {
            return None;
        };
        let invalid = variant.cases.iter().find(|case| case.name == "invalid")?;
        let TypeDefKind::List(violation) = kind(invalid.ty?)?.kind else {
            return None;
        };
        let violation = kind(violation)?;
        let named = |def: &wit_parser::TypeDef| {
            let TypeOwner::Interface(owner) = def.owner else {
                return None;
            };
            let (path, name) = (path(self.resolve, owner), type_name(def.name.as_deref()?));
            Some(quote!(super::__generated::#path::#name))
        };
        Some((named(refusal)?, named(violation)?))
    }

    /// Code that checks `value`, which is a reference, at the pointer `at`; `None` where there is
    /// nothing to check.
    fn value(
        &self,
        ty: &Type,
        value: &TokenStream,
        bounds: &[Bound],
    ) -> anyhow::Result<Option<TokenStream>> {
        let bounded = |bound: &Bound| -> anyhow::Result<TokenStream> {
            Ok(match (bound, ty) {
                (Bound::Range(least, most), _) => {
                    let (least, most) = (number(ty, least)?, number(ty, most)?);
                    quote!(found.range(at, #value, #least, #most);)
                }
                (Bound::Key, Type::String) => quote!(found.key(at, #value);),
                (Bound::Line(least, most), Type::String) => {
                    quote!(found.line(at, #value, #least, #most);)
                }
                _ => return Err(anyhow!("{bound:?} says nothing of this type")),
            })
        };
        let Type::Id(id) = ty else {
            let checks = bounds
                .iter()
                .map(bounded)
                .collect::<anyhow::Result<Vec<_>>>()?;
            return Ok((!checks.is_empty()).then(|| quote!(#(#checks)*)));
        };
        let origin = self.origin(*id);
        match &self.resolve.types[origin].kind {
            TypeDefKind::Type(ty) => self.value(ty, value, bounds),
            TypeDefKind::Option(inner) => {
                // What is absent breaks no bound.
                let inner = self.value(inner, &quote!(value), bounds)?;
                Ok(inner.map(|check| quote!(if let Some(value) = #value { #check })))
            }
            TypeDefKind::List(inner) => self.list(inner, value, bounds),
            TypeDefKind::Record(_) if bounds.is_empty() && self.has_bounds(origin)? => Ok(Some(
                quote!(::silo_sdk::bounds::Bounded::check(#value, at, found);),
            )),
            _ if bounds.is_empty() => Ok(None),
            _ => Err(anyhow!("{bounds:?} says nothing of this type")),
        }
    }

    fn list(
        &self,
        inner: &Type,
        value: &TokenStream,
        bounds: &[Bound],
    ) -> anyhow::Result<Option<TokenStream>> {
        let is_length = |bound: &&Bound| matches!(bound, Bound::Length(..));
        // A length is that of the list; everything else is said of each of its items.
        let (lengths, others): (Vec<&Bound>, Vec<&Bound>) = bounds.iter().partition(is_length);
        let others: Vec<Bound> = others.into_iter().cloned().collect();
        let inner = self.value(inner, &quote!(value), &others)?;
        let lengths = lengths.iter().map(|bound| match bound {
            Bound::Length(least, most) => quote!(found.length(at, #value.len(), #least, #most);),
            _ => TokenStream::new(),
        });
        let inner = inner.map(|check| {
            quote! {
                for (index, value) in #value.iter().enumerate() {
                    let at = at.item(index);
                    #check
                }
            }
        });
        let checks: Vec<_> = lengths.chain(inner).collect();
        Ok((!checks.is_empty()).then(|| quote!(#(#checks)*)))
    }

    fn has_bounds(&self, record: TypeId) -> anyhow::Result<bool> {
        let TypeDefKind::Record(record) = &self.resolve.types[record].kind else {
            return Ok(false);
        };
        for member in &record.fields {
            let bounds = docs(&member.docs).bounds().map_err(|e| anyhow!(e))?;
            if self.value(&member.ty, &quote!(value), &bounds)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn origin(&self, id: TypeId) -> TypeId {
        let path = TokenStream::new();
        let resolve = self.resolve;
        Types { resolve, path }.origin(id)
    }
}

fn docs(docs: &wit_parser::Docs) -> Docs<'_> {
    Docs(docs.contents.as_deref().unwrap_or_default())
}

/// A number of the docs as a literal of this type.
fn number(ty: &Type, text: &str) -> anyhow::Result<TokenStream> {
    let is_float = matches!(ty, Type::F32 | Type::F64);
    // Rust takes `1` for no literal of a float.
    let text = if is_float && !text.contains('.') {
        format!("{text}.0")
    } else {
        text.to_owned()
    };
    let literal = text.parse::<TokenStream>();
    literal.map_err(|error| anyhow!("{text} is no number: {error}"))
}
