//! `flags` in JSON: an array of the names that are set, as docs/wit-json.md says.

use heck::ToShoutySnakeCase as _;
use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::Ident;
use wit_parser::{Flags, TypeDefKind};

use crate::bindings::{exports, imports, is_platform, path};
use crate::rust_type::{json_name, type_name};
use crate::wit::Wit;

/// Serde of all flags of the contracts: wit-bindgen derives nothing for them.
pub(crate) fn generate(wit: &Wit) -> TokenStream {
    let resolve = &wit.resolve;
    let imported = imports(wit).map(|(id, of)| (path(resolve, id), of));
    let exported = exports(wit).map(|(id, of)| {
        let path = path(resolve, id);
        (quote!(exports::#path), of)
    });
    let all = imported.chain(exported);
    let own = all.filter(|(_, interface)| !is_platform(resolve, interface));
    let impls = own.flat_map(|(path, interface)| {
        let types = interface.types.iter();
        types.filter_map(move |(name, ty)| match &resolve.types[*ty].kind {
            TypeDefKind::Flags(flags) => {
                let name = type_name(name);
                Some(serde(&quote!(__generated::#path::#name), flags))
            }
            _ => None,
        })
    });
    quote!(#(#impls)*)
}

fn serde(ty: &TokenStream, flags: &Flags) -> TokenStream {
    let names = flags.flags.iter().map(|flag| json_name(&flag.name));
    let names: Vec<String> = names.collect();
    let constants = flags.flags.iter();
    let constants = constants.map(|flag| {
        let name = flag.name.to_shouty_snake_case();
        Ident::new(&name, Span::call_site())
    });
    let constants: Vec<Ident> = constants.collect();
    quote! {
        impl ::silo_sdk::serde::Serialize for #ty {
            fn serialize<S: ::silo_sdk::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                let all: &[(Self, &str)] = &[#((Self::#constants, #names)),*];
                let set = all.iter().filter(|(flag, _)| self.contains(*flag));
                serializer.collect_seq(set.map(|(_, name)| name))
            }
        }

        impl<'de> ::silo_sdk::serde::Deserialize<'de> for #ty {
            fn deserialize<D: ::silo_sdk::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let names = <::std::vec::Vec<::std::string::String> as ::silo_sdk::serde::Deserialize>::deserialize(deserializer)?;
                let mut set = Self::empty();
                for name in &names {
                    set |= match name.as_str() {
                        #(#names => Self::#constants,)*
                        other => {
                            let known: &[&str] = &[#(#names),*];
                            let why = ::std::format!("there is no flag {other:?}; there are {known:?}");
                            return ::core::result::Result::Err(::silo_sdk::serde::de::Error::custom(why));
                        }
                    };
                }
                ::core::result::Result::Ok(set)
            }
        }
    }
}
