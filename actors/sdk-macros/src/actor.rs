//! `actor!`: bindings, shortcuts, clients and exports, put together.

use std::path::PathBuf;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Ident, LitStr, Token};

use crate::wit::Wit;
use crate::{bindings, bounds, clients, flags, whole, wit};

pub(crate) struct Input {
    state: Ident,
    world: Option<LitStr>,
    wit: Vec<String>,
}

impl Parse for Input {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let (mut state, mut world, mut wit) = (None, None, Vec::new());
        // In any order, like the fields of a struct.
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![:]>()?;
            match name.to_string().as_str() {
                "state" => state = Some(input.parse()?),
                "world" => world = Some(input.parse()?),
                "wit" => {
                    let content;
                    syn::bracketed!(content in input);
                    let folders = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
                    wit = folders.iter().map(LitStr::value).collect();
                }
                _ => return Err(syn::Error::new(name.span(), "expected state, world or wit")),
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let missing = || {
            syn::Error::new(
                span,
                "say which type holds the state: actor! { state: Order }",
            )
        };
        Ok(Self {
            state: state.ok_or_else(missing)?,
            world,
            wit,
        })
    }
}

pub(crate) fn expand(input: &Input) -> syn::Result<TokenStream> {
    // An error points at the world where one is named, or else at the whole macro.
    let span = input
        .world
        .as_ref()
        .map_or_else(Span::call_site, LitStr::span);
    let world = input.world.as_ref().map(LitStr::value);
    let failed = |error: anyhow::Error| syn::Error::new(span, format!("{error:#}"));
    let crate_dir = std::env::var_os("CARGO_MANIFEST_DIR")
        .map(PathBuf::from)
        .unwrap_or_default();
    let wit = wit::load(&crate_dir, &input.wit, world.as_deref()).map_err(failed)?;

    let state = &input.state;
    let generated = bindings::generate(&wit);
    let shortcuts = bindings::shortcuts(&wit);
    let flags = flags::generate(&wit);
    let clients = clients::generate(&wit).map_err(failed)?;
    let bounds = bounds::generate(&wit).map_err(failed)?;
    let lifecycle = lifecycle(&wit, state);
    let whole = whole::generate(&wit, state).map_err(failed)?;
    let check = check(&wit, state);
    Ok(quote! {
        /// The contracts of this actor in Rust: `pizzeria:order/types` is `pizzeria::order::types`.
        pub mod bindings {
            #[doc(hidden)]
            #[allow(unsafe_code, unreachable_pub, dead_code, clippy::all, reason = "generated")]
            pub mod __generated {
                #generated
            }
            #[allow(unused_imports, reason = "generated")]
            pub use __generated::*;
            #shortcuts
            #flags
            #clients
            #bounds
        }

        #lifecycle
        #whole
        #check

        // Only a component exports: a native build is there for tests.
        #[cfg(target_arch = "wasm32")]
        #[allow(unsafe_code, reason = "generated")]
        mod __export {
            use super::{#state, bindings};
            bindings::__generated::export!(#state with_types_in bindings::__generated);
            ::silo_sdk::turn_export::export_turn!(#state with_types_in ::silo_sdk::turn_export);
        }
    })
}

fn lifecycle(wit: &Wit, state: &Ident) -> Option<TokenStream> {
    let mut exports = bindings::exports(wit);
    exports.find(|(_, interface)| is_lifecycle(wit, interface))?;
    Some(quote! {
        impl bindings::lifecycle::Guest for #state {
            fn activate() {
                ::silo_sdk::turn::activate::<Self>();
            }
            fn deactivate() {
                ::silo_sdk::turn::deactivate::<Self>();
            }
            fn migrate(from_schema: u32, bytes: ::std::vec::Vec<u8>) -> ::core::result::Result<::std::vec::Vec<u8>, ::std::string::String> {
                ::silo_sdk::turn::migrate::<Self>(from_schema, &bytes)
            }
            fn schema() -> u32 {
                <Self as ::silo_sdk::State>::SCHEMA
            }
        }
    })
}

fn is_lifecycle(wit: &Wit, interface: &wit_parser::Interface) -> bool {
    interface.name.as_deref() == Some("lifecycle") && bindings::is_platform(&wit.resolve, interface)
}

/// A check that the state implements all that the world exports. A native build exports nothing,
/// and learns by this what is missing.
fn check(wit: &Wit, state: &Ident) -> TokenStream {
    // An interface that has only types has no `Guest`.
    let exports = bindings::exports(wit).filter(|(_, interface)| !interface.functions.is_empty());
    let guests = exports.map(|(id, _)| {
        let path = bindings::path(&wit.resolve, id);
        quote!(bindings::__generated::exports::#path::Guest)
    });
    quote! {
        const _: () = {
            const fn is_complete<S: ::silo_sdk::State #(+ #guests)*>() {}
            is_complete::<#state>();
        };
    }
}
