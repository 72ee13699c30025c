//! `#[silo_sdk::state(…)]` writes `impl State`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{DeriveInput, Expr, Ident, LitInt, Token};

pub(crate) struct Arguments {
    schema: LitInt,
    migrate: Option<Expr>,
    activate: Option<Expr>,
    deactivate: Option<Expr>,
}

impl Parse for Arguments {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        let (mut schema, mut migrate, mut activate, mut deactivate) = (None, None, None, None);
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            input.parse::<Token![=]>()?;
            match name.to_string().as_str() {
                "schema" => schema = Some(input.parse()?),
                "migrate" => migrate = Some(input.parse()?),
                "activate" => activate = Some(input.parse()?),
                "deactivate" => deactivate = Some(input.parse()?),
                _ => {
                    return Err(syn::Error::new(
                        name.span(),
                        "expected schema, migrate, activate or deactivate",
                    ));
                }
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let missing = || {
            syn::Error::new(
                span,
                "the layout needs a number: #[silo_sdk::state(schema = 1)]",
            )
        };
        Ok(Self {
            schema: schema.ok_or_else(missing)?,
            migrate,
            activate,
            deactivate,
        })
    }
}

pub(crate) fn expand(arguments: &Arguments, item: &DeriveInput) -> TokenStream {
    let name = &item.ident;
    let (generics, types, bounds) = item.generics.split_for_impl();
    let schema = &arguments.schema;
    let migrate = arguments.migrate.as_ref().map(|migrate| {
        quote! {
            fn migrate(from: u32, bytes: &[u8]) -> ::core::result::Result<Self, ::std::string::String> {
                (#migrate)(from, bytes)
            }
        }
    });
    let activate = arguments
        .activate
        .as_ref()
        .map(|hook| quote!(fn activate(&self) { (#hook)(self) }));
    let deactivate = arguments
        .deactivate
        .as_ref()
        .map(|hook| quote!(fn deactivate(&self) { (#hook)(self) }));
    quote! {
        #item

        impl #generics ::silo_sdk::State for #name #types #bounds {
            const SCHEMA: u32 = #schema;
            #migrate
            #activate
            #deactivate
        }
    }
}
