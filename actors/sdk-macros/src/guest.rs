//! `#[commands]` and `#[queries]`: an `impl …::Guest for State` with methods becomes those
//! methods on the state, and the trait's functions that call them inside a turn.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{FnArg, ImplItem, ImplItemFn, ItemImpl, Receiver, ReturnType, Type};

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    Commands,
    Queries,
}

pub(crate) fn expand(item: &ItemImpl, kind: Kind) -> syn::Result<TokenStream> {
    let Some((None, guest, _)) = &item.trait_ else {
        return Err(syn::Error::new_spanned(
            &item.self_ty,
            "expected the interface that this implements, as in `impl order::Guest for Order`",
        ));
    };
    let state = &item.self_ty;
    let attributes = &item.attrs;
    let mut methods = Vec::new();
    let mut functions = Vec::new();
    for item in &item.items {
        let ImplItem::Fn(method) = item else {
            return Err(syn::Error::new_spanned(item, "only functions belong here"));
        };
        functions.push(function(state, method, kind)?);
        // After its attributes, and the comments above it are some.
        let mut method = method.clone();
        method.vis = syn::parse_quote!(pub);
        methods.push(method);
    }
    Ok(quote! {
        #(#attributes)*
        #[allow(unreachable_pub, reason = "as visible as the state itself")]
        impl #state {
            #(#methods)*
        }

        impl #guest for #state {
            #(#functions)*
        }
    })
}

/// The trait's function: no receiver, same parameters, same reply.
fn function(state: &Type, method: &ImplItemFn, kind: Kind) -> syn::Result<TokenStream> {
    let signature = &method.sig;
    if signature.asyncness.is_some() {
        return Err(syn::Error::new_spanned(
            signature.asyncness,
            "a turn is synchronous: calls to other actors just wait",
        ));
    }
    let name = &signature.ident;
    let types = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(&*typed.ty),
        FnArg::Receiver(_) => None,
    });
    let types = types.collect::<Vec<_>>();
    // A parameter may be a pattern, which cannot be passed on; each gets a name instead.
    let arguments = (0..types.len())
        .map(|index| format_ident!("argument_{index}"))
        .collect::<Vec<_>>();
    let reply = match &signature.output {
        ReturnType::Default => quote!(()),
        ReturnType::Type(_, ty) => quote!(#ty),
    };
    let body = match signature.receiver() {
        // Without a receiver there is no state to load, as in `subscriptions`.
        None => quote!(<#state>::#name(#(#arguments),*)),
        Some(receiver) => turn(state, method, receiver, kind, &arguments, &reply)?,
    };
    Ok(quote! {
        fn #name(#(#arguments: #types),*) -> #reply {
            #body
        }
    })
}

fn turn(
    state: &Type,
    method: &ImplItemFn,
    receiver: &Receiver,
    kind: Kind,
    arguments: &[syn::Ident],
    reply: &TokenStream,
) -> syn::Result<TokenStream> {
    let name = &method.sig.ident;
    // A state that the method owns could not be saved after it.
    if receiver.reference.is_none() || receiver.colon_token.is_some() {
        return Err(syn::Error::new_spanned(
            receiver,
            "the state is borrowed for the turn: `&self` or `&mut self`",
        ));
    }
    match kind {
        Kind::Queries if receiver.mutability.is_some() => Err(syn::Error::new_spanned(
            receiver,
            "a query only reads: `&self`",
        )),
        Kind::Queries => Ok(quote! {
            ::silo_sdk::turn::query::<#state, _>(|state| state.#name(#(#arguments),*))
        }),
        Kind::Commands => Ok(quote! {
            ::silo_sdk::turn::command::<#state, #reply>(
                |state| state.#name(#(#arguments),*),
                |reply: &#reply| {
                    #[allow(unused_imports, reason = "which of the two is needed depends on the reply's type")]
                    use ::silo_sdk::turn::{Declines as _, NeverDeclines as _};
                    (&::silo_sdk::turn::Probe(reply)).is_declined()
                },
            )
        }),
    }
}
