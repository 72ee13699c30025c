//! `impl Turns`: the methods and hooks of an actor by their numbers and names, with their arguments
//! and replies as JSON, so that a turn can be handed over whole.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;
use wit_parser::{Function, Type};

use crate::bindings::{exports, is_platform, path};
use crate::plain::{Place, is_name, is_plain};
use crate::rust_type::{Types, field, json_name};
use crate::shape::{as_float, is_option, result_sides};
use crate::wit::Wit;

pub(crate) fn generate(wit: &Wit, state: &Ident) -> anyhow::Result<TokenStream> {
    let (mut names, mut calls) = (Vec::new(), Vec::new());
    let contract = exports(wit).filter(|(_, of)| !is_platform(&wit.resolve, of));
    for (id, interface) in contract {
        let path = path(&wit.resolve, id);
        let types = Types {
            resolve: &wit.resolve,
            path: quote!(bindings::__generated::exports::#path),
        };
        for function in interface.functions.values() {
            if !is_plain_function(&types, function) {
                continue;
            }
            let number = u32::try_from(calls.len())?;
            let call = call(&types, state, function)?;
            names.push(&function.name);
            calls.push(quote!(#number => #call));
        }
    }
    let hooks = exports(wit).filter(|(_, of)| is_platform(&wit.resolve, of));
    let hooks = hooks.filter_map(|(_, of)| hook(of.name.as_deref()?, state));
    Ok(quote! {
        impl ::silo_sdk::whole::Turns for #state {
            const METHODS: &'static [&'static str] = &[#(#names),*];

            fn call(method: u32, arguments: &str) -> ::std::string::String {
                let _ = arguments;
                match method {
                    #(#calls,)*
                    number => ::silo_sdk::whole::no_method(number),
                }
            }

            #(#hooks)*
        }

        impl ::silo_sdk::turn_export::Guest for #state {
            fn methods() -> ::std::vec::Vec<::std::string::String> {
                ::silo_sdk::whole::methods::<Self>()
            }

            fn turn(input: ::silo_sdk::turn_export::Input) -> ::silo_sdk::turn_export::Output {
                ::silo_sdk::whole::run::<Self>(input)
            }
        }
    })
}

fn is_plain_function(types: &Types<'_>, function: &Function) -> bool {
    let resolve = types.resolve;
    let mut params = function.params.iter();
    let params =
        params.all(|param| is_name(&param.name) && is_plain(resolve, &param.ty, Place::Field));
    let inside = |ty: &Type| is_plain(resolve, ty, Place::Inside);
    let result =
        function
            .result
            .as_ref()
            .is_none_or(|result| match result_sides(resolve, result) {
                Some(sides) => sides.iter().flatten().all(inside),
                None => inside(result),
            });
    params && result
}

fn call(types: &Types<'_>, state: &Ident, function: &Function) -> anyhow::Result<TokenStream> {
    let (guest, name) = (&types.path, field(&function.name));
    let params = function.params.iter().enumerate().map(|(at, param)| {
        let ident = format_ident!("argument_{at}");
        let (json, ty) = (json_name(&param.name), types.owned(&param.ty)?);
        let attributes = match as_float(types.resolve, &param.ty) {
            Some(false) => quote!(with = "::silo_sdk::wire::float"),
            Some(true) => quote!(default, with = "::silo_sdk::wire::float::option"),
            None if is_option(types.resolve, &param.ty) => quote!(default),
            None => quote!(),
        };
        let field = quote!(#[serde(rename = #json, #attributes)] #ident: #ty);
        Ok((ident, field))
    });
    let params = params.collect::<anyhow::Result<Vec<_>>>()?;
    let (idents, fields): (Vec<_>, Vec<_>) = params.into_iter().unzip();
    let arguments = (!fields.is_empty()).then(|| {
        quote! {
            #[derive(::silo_sdk::serde::Deserialize)]
            #[serde(crate = "::silo_sdk::serde")]
            struct Arguments { #(#fields,)* }
            let Arguments { #(#idents),* } = ::silo_sdk::wire::arguments(arguments);
        }
    });
    let called = quote!(<#state as #guest::Guest>::#name(#(#idents),*));
    let reply = match &function.result {
        None => quote!({ #called; ::std::string::String::new() }),
        Some(result) if result_sides(types.resolve, result).is_some() => {
            quote!(::silo_sdk::wire::result(&#called))
        }
        Some(_) => quote!(::silo_sdk::wire::reply(&#called)),
    };
    Ok(quote!({ #arguments #reply }))
}

/// One of the platform's own interfaces: what it is for is asked for by a case of its own.
fn hook(interface: &str, state: &Ident) -> Option<TokenStream> {
    Some(match interface {
        "lifecycle" => quote! {
            fn activate() {
                ::silo_sdk::turn::activate::<Self>();
            }
            fn deactivate() {
                ::silo_sdk::turn::deactivate::<Self>();
            }
        },
        "timer-events" => quote! {
            fn timer(name: ::std::string::String) {
                <#state as bindings::timer_events::Guest>::on_timer(name);
            }
        },
        "reminder-events" => quote! {
            fn reminder(name: ::std::string::String, due: u64, missed: u32) {
                <#state as bindings::reminder_events::Guest>::on_reminder(name, due, missed);
            }
        },
        "stream-events" => quote! {
            fn events(
                name: ::std::string::String,
                events: ::std::vec::Vec<::silo_sdk::turn_export::Event>,
            ) {
                let events = events.into_iter().map(|event| bindings::stream_events::Event {
                    name: name.clone(),
                    position: event.position,
                    payload: event.payload,
                });
                <#state as bindings::stream_events::Guest>::on_events(events.collect());
            }
        },
        _ => return None,
    })
}
