//! A client struct for each `…-client` interface that the world imports.

use anyhow::{Context, bail};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::Ident;
use wit_parser::{Function, Interface, InterfaceId, Param, Type, TypeDefKind};

use crate::bindings::{imports, is_client, path};
use crate::plain::{Place, is_plain};
use crate::rust_type::{Types, field, json_name, type_name};
use crate::wit::Wit;

pub(crate) fn generate(wit: &Wit) -> anyhow::Result<TokenStream> {
    let clients = imports(wit).filter(|(_, interface)| is_client(interface));
    let clients = clients
        .map(|(id, interface)| client(wit, id, interface))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(quote! {
        /// Typed calls to other actors.
        pub mod clients {
            #(#clients)*
        }
    })
}

fn client(wit: &Wit, id: InterfaceId, interface: &Interface) -> anyhow::Result<TokenStream> {
    let name = interface.name.as_deref().unwrap_or_default();
    let actor = name.trim_end_matches("-client");
    let path = path(&wit.resolve, id);
    let path = quote!(super::__generated::#path);
    let types = Types {
        resolve: &wit.resolve,
        path: path.clone(),
    };
    let methods = interface.functions.values().map(|function| {
        method(&types, actor, function).with_context(|| format!("{name}.{}", function.name))
    });
    let methods = methods.collect::<anyhow::Result<Vec<_>>>()?;
    let client = type_name(name);
    let docs = format!(
        "Calls to the {actor} of a key: `{client}::of(key).…(…)`. The plain functions ask and wait;\n`send_…` leaves when this turn is committed and arrives exactly once in effect."
    );
    Ok(quote! {
        #[doc = #docs]
        #[derive(Clone, Copy, Debug)]
        pub struct #client<'k> {
            key: &'k str,
        }

        impl<'k> #client<'k> {
            pub fn of(key: &'k str) -> Self {
                Self { key }
            }

            #(#methods)*
        }
    })
}

/// Where a call goes, and what it carries.
struct Call<'a> {
    actor: &'a str,
    /// The method's name in the target's contract.
    method: &'a str,
    /// The import that wit-bindgen made.
    import: TokenStream,
    names: Vec<Ident>,
    json_names: Vec<String>,
}

fn method(types: &Types<'_>, actor: &str, function: &Function) -> anyhow::Result<TokenStream> {
    let Some((
        Param {
            ty: Type::String, ..
        },
        params,
    )) = function.params.split_first()
    else {
        bail!(
            "the first parameter of a client's function is the key; write the file with `pizza wit client`"
        );
    };
    let (name, path) = (field(&function.name), &types.path);
    // A command may itself be called `send-…`; only a message has no result.
    let send = function
        .result
        .is_none()
        .then(|| function.name.strip_prefix("send-"))
        .flatten();
    let call = Call {
        actor,
        method: send.unwrap_or(&function.name),
        import: quote!(#path::#name),
        names: params.iter().map(|param| field(&param.name)).collect(),
        json_names: params.iter().map(|param| json_name(&param.name)).collect(),
    };
    let plain = |param: &Param| is_plain(types.resolve, &param.ty, Place::Inside);
    let (reply, body) = match function.result {
        None => (quote!(()), sending(&call, params.iter().all(plain))),
        Some(result) => asking(types, &call, &result, params.iter().all(plain))?,
    };
    let docs = function
        .docs
        .contents
        .iter()
        .flat_map(|docs| docs.lines())
        .map(|line| format!(" {line}"));
    let names = &call.names;
    let lent = params
        .iter()
        .map(|param| types.parameter(&param.ty))
        .collect::<anyhow::Result<Vec<_>>>()?;
    Ok(quote! {
        #(#[doc = #docs])*
        pub fn #name(&self, #(#names: #lent),*) -> #reply {
            #body
        }
    })
}

fn sending(call: &Call<'_>, is_plain: bool) -> TokenStream {
    let Call {
        actor,
        method,
        import,
        names,
        json_names,
    } = call;
    let stages = if is_plain {
        let arguments = by_position(names);
        quote!(::silo_sdk::turn::stages(#actor, self.key, #method, || #arguments))
    } else {
        quote!({
            ::silo_sdk::turn::flush();
            false
        })
    };
    quote! {
        #[cfg(target_arch = "wasm32")]
        if !#stages {
            #import(self.key, #(#names),*);
        }
        // A native build has no imports: the test host takes the message.
        #[cfg(not(target_arch = "wasm32"))]
        ::silo_sdk::calls::send(#actor, self.key, #method, &::silo_sdk::json::json!({ #(#json_names: #names),* }));
    }
}

/// Arguments as the import would write them.
fn by_position(names: &[Ident]) -> TokenStream {
    if names.is_empty() {
        quote!(::std::string::String::from("[]"))
    } else {
        quote!(::silo_sdk::wire::to_json(&(#(&#names,)*)))
    }
}

fn asking(
    types: &Types<'_>,
    call: &Call<'_>,
    result: &Type,
    takes_plain: bool,
) -> anyhow::Result<(TokenStream, TokenStream)> {
    let Call {
        actor,
        method,
        import,
        names,
        json_names,
    } = call;
    let (ok, error) = sides(types, result)?;
    let inside = |ty: &Type| is_plain(types.resolve, ty, Place::Inside);
    let gives_plain = ok.as_ref().is_none_or(inside)
        && match &error {
            Failure::Refusal {
                payload: Some(ty), ..
            } => inside(ty),
            _ => true,
        };
    let ok = ok.map_or_else(|| Ok(quote!(())), |ty| types.owned(&ty))?;
    let (failure, ask, convert) = match error {
        Failure::Call => (
            quote!(::silo_sdk::CallFailure),
            format_ident!("call"),
            quote!(),
        ),
        Failure::Refusal { variant, payload } => {
            let path = &types.path;
            let variant = type_name(&variant);
            let (refusal, bind) = match payload {
                Some(ty) => (types.owned(&ty)?, quote!((refusal))),
                None => (quote!(()), quote!()),
            };
            let value = if bind.is_empty() {
                quote!(())
            } else {
                quote!(refusal)
            };
            let convert = quote! {
                .map_err(|error| match error {
                    #path::#variant::Refused #bind => ::silo_sdk::CallError::Refused(#value),
                    #path::#variant::Call(failure) => ::silo_sdk::CallError::Call(failure),
                })
            };
            (
                quote!(::silo_sdk::CallError<#refusal>),
                format_ident!("ask"),
                convert,
            )
        }
    };
    // As JSON, where a turn is made of it, and by values where it is not.
    let whole = (takes_plain && gives_plain).then(|| {
        let arguments = by_position(names);
        quote! {
            #[cfg(target_arch = "wasm32")]
            if ::silo_sdk::turn::is_whole() {
                return ::silo_sdk::turn::#ask(#actor, self.key, #method, &#arguments);
            }
        }
    });
    let body = quote! {
        #whole
        #[cfg(target_arch = "wasm32")]
        return #import(self.key, #(#names),*) #convert;
        #[cfg(not(target_arch = "wasm32"))]
        ::silo_sdk::calls::#ask(#actor, self.key, #method, &::silo_sdk::json::json!({ #(#json_names: #names),* }))
    };
    Ok((quote!(::core::result::Result<#ok, #failure>), body))
}

/// What stands on the error side of a client's function.
enum Failure {
    /// The target cannot refuse: the only error is that it gave no answer.
    Call,
    /// The target may refuse: the error is this variant, with this payload if it has one.
    Refusal {
        variant: String,
        payload: Option<Type>,
    },
}

fn sides(types: &Types<'_>, result: &Type) -> anyhow::Result<(Option<Type>, Failure)> {
    let not_a_client = "a client's function returns a result with call-failure or a call-error; \
                        write the file with `pizza wit client`";
    let Type::Id(id) = result else {
        bail!(not_a_client)
    };
    let TypeDefKind::Result(result) = &types.resolve.types[*id].kind else {
        bail!(not_a_client)
    };
    let Some(Type::Id(error)) = result.err else {
        bail!(not_a_client)
    };
    let def = &types.resolve.types[types.origin(error)];
    let name = def.name.clone().unwrap_or_default();
    let TypeDefKind::Variant(variant) = &def.kind else {
        bail!(not_a_client)
    };
    if name == "call-failure" {
        return Ok((result.ok, Failure::Call));
    }
    let Some(refused) = variant.cases.iter().find(|case| case.name == "refused") else {
        bail!(not_a_client)
    };
    Ok((
        result.ok,
        Failure::Refusal {
            variant: name,
            payload: refused.ty,
        },
    ))
}
