//! Typed clients: an interface `X-client` is the exported functions of actor type `X`
//! with the key in front. They are made by looking at their types; nothing is written
//! for any one actor.

use std::sync::Arc;

use bytes::Bytes;
use pizza_types::{CallError, Effect};
use pizza_value::Value;
use pizza_value::ty::{Function, ResultType, Type};
use wasmparser::component_types::ComponentInstanceTypeId;
use wasmparser::types::TypesRef;
use wasmtime::StoreContextMut;
use wasmtime::component::{Linker, Val};

use super::reply::{limits, misfit};
use super::{calls, target, wit};
use crate::client::{ClientFunction, ClientImport};
use crate::convert::{from_val, to_val};
use crate::error::{GuestError, LoadError};
use crate::host_state::HostState;
use crate::types;

/// The actor type that a client interface is for: `meter` for `things:meter/meter-client@0.1.0`.
/// `None` for an interface that is no client.
pub(crate) fn target_type(interface: &str) -> Option<&str> {
    let name = interface.split('/').nth(1)?;
    let name = name.split('@').next()?;
    name.strip_suffix("-client")
}

/// Looks at a client interface that a component imports.
pub(crate) fn discover(
    types: TypesRef<'_>,
    interface: &str,
    actor_type: &str,
    instance: ComponentInstanceTypeId,
) -> Result<ClientImport, LoadError> {
    let mut functions = Vec::new();
    for (name, func) in types::functions(types, instance) {
        let function = types::function(types, name, func)?;
        let refused = |problem: String| LoadError::ClientInterface {
            interface: interface.to_owned(),
            function: name.to_owned(),
            problem,
        };
        functions.push(Arc::new(client_function(function).map_err(refused)?));
    }
    Ok(ClientImport {
        actor_type: actor_type.to_owned(),
        interface: interface.to_owned(),
        functions,
    })
}

fn client_function(mut function: Function) -> Result<ClientFunction, String> {
    if function
        .params
        .first()
        .is_none_or(|key| key.ty != Type::String)
    {
        return Err("its first parameter is the target's key, a string".to_owned());
    }
    function.params.remove(0);
    let one_way = function.name.strip_prefix("send-").map(str::to_owned);
    if let (Some(method), None) = (one_way, &function.result) {
        function.name = method;
        let reply = None;
        return Ok(ClientFunction {
            function,
            one_way: true,
            reply,
            refused: false,
        });
    }
    let Some(Type::Result(result)) = &function.result else {
        return Err("it returns a result, for a call may fail".to_owned());
    };
    // The target's own error is one case of the client's, beside the failure of the call.
    let declined = match &result.err {
        Some(Type::Variant(variant)) => variant.cases.iter().find(|case| case.name == "refused"),
        _ => return Err("its error is a variant".to_owned()),
    };
    let refused = declined.is_some();
    let reply = match declined {
        Some(case) => Some(Type::Result(Arc::new(ResultType {
            ok: result.ok.clone(),
            err: case.ty.clone(),
        }))),
        // A target that cannot decline replies with the bare value.
        None => result.ok.clone(),
    };
    Ok(ClientFunction {
        function,
        one_way: false,
        reply,
        refused,
    })
}

/// Adds the functions of a client interface to the linker.
pub(crate) fn add_to_linker(
    linker: &mut Linker<HostState>,
    client: &ClientImport,
) -> wasmtime::Result<()> {
    let mut instance = linker.instance(&client.interface)?;
    for function in &client.functions {
        let actor_type: Arc<str> = client.actor_type.as_str().into();
        let function = Arc::clone(function);
        let import = if function.one_way {
            format!("send-{}", function.function.name)
        } else {
            function.function.name.clone()
        };
        instance.func_new_async(
            &import,
            move |mut store: StoreContextMut<'_, HostState>, _, params, results| {
                let (actor_type, function) = (Arc::clone(&actor_type), Arc::clone(&function));
                Box::new(async move {
                    let answer = invoke(store.data_mut(), &actor_type, &function, params).await?;
                    if let (Some(result), Some(answer)) = (results.first_mut(), answer) {
                        *result = answer;
                    }
                    Ok(())
                })
            },
        )?;
    }
    Ok(())
}

async fn invoke(
    host: &mut HostState,
    actor_type: &Arc<str>,
    client: &ClientFunction,
    params: &[Val],
) -> wasmtime::Result<Option<Val>> {
    let Some((Val::String(key), arguments)) = params.split_first() else {
        return Err(wasmtime::Error::msg("a client call without a key"));
    };
    // Not asked again whether it is granted: each function was, at load (`grant::clients`).
    let target = target(host, actor_type, key)?;
    let method: Arc<str> = client.function.name.as_str().into();
    let arguments = encode(host, &client.function, arguments)?;
    if client.one_way {
        host.effect(Effect::Send {
            target,
            method,
            arguments,
            delay_ms: 0,
        })?;
        return Ok(None);
    }
    let reply = calls::ask(host, target, method, arguments).await?;
    let limit = host.limits().transfer_bytes;
    let answer = reply.and_then(|reply| decode(client, &reply, limit));
    Ok(Some(answer.unwrap_or_else(|error| failed(client, error))))
}

fn encode(host: &mut HostState, function: &Function, params: &[Val]) -> wasmtime::Result<Bytes> {
    let pairs = params.iter().zip(&function.params);
    let values: Option<Vec<Value>> = pairs.map(|(v, p)| from_val(v.clone(), &p.ty)).collect();
    let values = values.ok_or_else(|| wasmtime::Error::msg("arguments do not fit their type"))?;
    let json = pizza_value::args_to_json(&values, function);
    let json = json.map_err(|error| wasmtime::Error::msg(error.to_string()))?;
    let limit = host.limits().transfer_bytes;
    if json.len() > limit {
        let what = "arguments";
        return Err(host.stop(GuestError::TransferTooLarge { what, limit }));
    }
    Ok(json.into())
}

/// The target's reply as the client's `result`.
fn decode(client: &ClientFunction, reply: &[u8], limit: usize) -> Result<Val, CallError> {
    let Some(ty) = &client.reply else {
        return Ok(Val::Result(Ok(None)));
    };
    let value = pizza_value::from_json(reply, ty, &limits(limit)).map_err(misfit)?;
    let val = to_val(value, ty).ok_or_else(|| misfit("the reply does not fit"))?;
    Ok(match val {
        Val::Result(Err(declined)) if client.refused => {
            let case = Val::Variant("refused".to_owned(), declined);
            Val::Result(Err(Some(Box::new(case))))
        }
        Val::Result(answer) if client.refused => Val::Result(answer),
        val => Val::Result(Ok(Some(Box::new(val)))),
    })
}

/// The failure of the call, in the form that the client declares.
fn failed(client: &ClientFunction, error: CallError) -> Val {
    let failure: wit::types::CallFailure = calls::failure(error);
    let (case, detail) = calls::failure_case(failure);
    let failure = Val::Variant(case.to_owned(), Some(Box::new(Val::String(detail))));
    let error = if client.refused {
        Val::Variant("call".to_owned(), Some(Box::new(failure)))
    } else {
        failure
    };
    Val::Result(Err(Some(Box::new(error))))
}
