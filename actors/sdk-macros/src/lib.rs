//! The macros of `silo-sdk`, documented there.
//!
//! `actor!` reads the actor's world (`wit`), has wit-bindgen generate its bindings
//! (`bindings`), and adds a client for each actor that the world imports (`clients`,
//! `rust_type`; `flags` among their types), checks of what the contracts say of values (`bound`, `bounds`) and the
//! exports (`actor`), also those of whole turns (`whole`, `plain`, `shape`). `guest` and `state` are the attributes.

mod actor;
mod bindings;
mod bound;
mod bounds;
mod clients;
mod flags;
mod guest;
mod plain;
mod rust_type;
mod shape;
mod state;
mod whole;
mod wit;

use proc_macro::TokenStream;

/// Makes the crate an actor: `actor! { state: Order }`.
///
/// - `state:` the type that holds the state, in scope here. Required.
/// - `world:` the name of the world; may be left out if `./wit` has just one.
/// - `wit: ["…"]` the folders where packages are found, relative to the crate, themselves
///   and two levels below; the first holds the world. By default `["wit", "../../wit"]`.
#[proc_macro]
pub fn actor(input: TokenStream) -> TokenStream {
    let input = syn::parse_macro_input!(input as actor::Input);
    actor::expand(&input)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// On `impl order::Guest for Order`: methods that may change the state.
#[proc_macro_attribute]
pub fn commands(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = syn::parse_macro_input!(item as syn::ItemImpl);
    guest::expand(&item, guest::Kind::Commands)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// On `impl order_queries::Guest for Order`: methods that only read.
#[proc_macro_attribute]
pub fn queries(_: TokenStream, item: TokenStream) -> TokenStream {
    let item = syn::parse_macro_input!(item as syn::ItemImpl);
    guest::expand(&item, guest::Kind::Queries)
        .unwrap_or_else(syn::Error::into_compile_error)
        .into()
}

/// On the type of the state: `#[silo_sdk::state(schema = 1)]`, and optionally
/// `migrate = Order::from_older`, `activate = Order::wake`, `deactivate = Order::rest`.
#[proc_macro_attribute]
pub fn state(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let arguments = syn::parse_macro_input!(arguments as state::Arguments);
    let item = syn::parse_macro_input!(item as syn::DeriveInput);
    state::expand(&arguments, &item).into()
}
