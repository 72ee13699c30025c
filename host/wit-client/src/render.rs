//! One actor package in, the text of its client interface out.

use std::fmt::Write;

use anyhow::{Context, ensure};
use wit_parser::{Docs, Function, Interface, PackageId, Resolve, Type, TypeDefKind};

use super::types::Speller;

/// The common error of every call, whatever the actor itself may refuse with.
const FAILURE: &str = "call-failure";

/// A function of the client, spelled out.
struct Method {
    docs: Option<String>,
    name: String,
    params: String,
    ok: String,
    /// What the target itself may refuse with; `None` where it cannot refuse.
    refusal: Option<Refusal>,
    is_command: bool,
}

#[derive(Clone, PartialEq)]
struct Refusal {
    /// Absent for a `result` without an error type.
    ty: Option<String>,
}

/// The text of a client interface; `None` for a package without an actor, that is, without an
/// interface of the package's own name.
pub(super) fn client(resolve: &Resolve, id: PackageId) -> anyhow::Result<Option<String>> {
    let package = &resolve.packages[id];
    let actor = &package.name.name;
    let Some(commands) = package.interfaces.get(actor) else {
        return Ok(None);
    };
    let queries = package.interfaces.get(&format!("{actor}-queries"));

    let mut speller = Speller::new(resolve, id);
    let mut methods = Vec::new();
    for (interface, is_command) in [(Some(commands), true), (queries, false)] {
        let Some(interface) = interface else { continue };
        methods.extend(interface_methods(
            resolve,
            &resolve.interfaces[*interface],
            is_command,
            &mut speller,
        )?);
    }
    // Commands and queries are two interfaces; in the client their names are together.
    check_names(actor, &methods)?;

    let errors = errors(&methods);
    let mut text = format!(
        "// Generated from the contract of `{actor}` by `pizza wit client`. Do not edit.\npackage {};\n\n\
         /// Calls to the {actor} of a key. A function asks and waits; `send-…` is a durable one-way\n\
         /// message: it leaves when this turn is committed and arrives exactly once in effect.\n\
         interface {actor}-client {{\n    use silo:actor/types@0.1.0.{{{FAILURE}}};\n{}",
        package.name,
        speller.uses(),
    );
    for (name, refusal) in &errors {
        write_error(&mut text, name, refusal)?;
    }
    for method in &methods {
        write_method(&mut text, method, &errors)?;
    }
    text.push_str("}\n");
    Ok(Some(text))
}

fn interface_methods(
    resolve: &Resolve,
    interface: &Interface,
    is_command: bool,
    speller: &mut Speller<'_>,
) -> anyhow::Result<Vec<Method>> {
    let method = |function: &Function| {
        let place = || {
            format!(
                "{}.{}",
                interface.name.as_deref().unwrap_or_default(),
                function.name
            )
        };
        spell_method(resolve, function, is_command, speller).with_context(place)
    };
    interface.functions.values().map(method).collect()
}

fn spell_method(
    resolve: &Resolve,
    function: &Function,
    is_command: bool,
    speller: &mut Speller<'_>,
) -> anyhow::Result<Method> {
    // The key comes first in every function; a parameter of the same name makes way for it.
    let clashes = function.params.iter().any(|param| param.name == "key");
    let mut params = format!("{}: string", if clashes { "actor-key" } else { "key" });
    for param in &function.params {
        write!(
            params,
            ", {}: {}",
            identifier(&param.name),
            speller.spell(&param.ty)?
        )?;
    }
    let (ok, refusal) = match result_of(resolve, function.result) {
        Some((ok, err)) => {
            let ty = err.map(|ty| speller.spell(&ty)).transpose()?;
            (ok, Some(Refusal { ty }))
        }
        None => (function.result, None),
    };
    let ok = ok
        .map(|ty| speller.spell(&ty))
        .transpose()?
        .unwrap_or_else(|| "_".to_owned());
    let Docs { contents: docs } = function.docs.clone();
    Ok(Method {
        docs,
        name: function.name.clone(),
        params,
        ok,
        refusal,
        is_command,
    })
}

/// The two sides of a `result` that the function returns as it stands.
fn result_of(resolve: &Resolve, ty: Option<Type>) -> Option<(Option<Type>, Option<Type>)> {
    let Some(Type::Id(id)) = ty else { return None };
    match &resolve.types[id].kind {
        TypeDefKind::Result(result) => Some((result.ok, result.err)),
        _ => None,
    }
}

/// The error variants to declare: one for each distinct refusal, in the order of first use.
fn errors(methods: &[Method]) -> Vec<(String, Refusal)> {
    let mut refusals: Vec<Refusal> = Vec::new();
    for refusal in methods.iter().filter_map(|method| method.refusal.clone()) {
        // Functions with the same refusal share one variant, so that callers can match once.
        if !refusals.contains(&refusal) {
            refusals.push(refusal);
        }
    }
    let is_single = refusals.len() == 1;
    let name = |refusal: &Refusal| match &refusal.ty {
        _ if is_single => "call-error".to_owned(),
        None => "call-error-nothing".to_owned(),
        // Brackets and commas are part of a type, and may not be part of a name.
        Some(ty) => format!(
            "call-error-{}",
            ty.replace(['<', ',', ' '], "-")
                .replace(['>', '_'], "")
                .replace("--", "-")
        ),
    };
    refusals
        .into_iter()
        .map(|refusal| (name(&refusal), refusal))
        .collect()
}

fn write_error(text: &mut String, name: &str, refusal: &Refusal) -> std::fmt::Result {
    let payload = refusal
        .ty
        .as_ref()
        .map(|ty| format!("({ty})"))
        .unwrap_or_default();
    writeln!(text, "\n    variant {name} {{")?;
    writeln!(
        text,
        "        /// The actor declined; it has changed nothing."
    )?;
    writeln!(text, "        refused{payload},")?;
    writeln!(text, "        /// The actor gave no answer of its own.")?;
    writeln!(text, "        call({FAILURE}),\n    }}")
}

fn write_method(
    text: &mut String,
    method: &Method,
    errors: &[(String, Refusal)],
) -> std::fmt::Result {
    let Method {
        name, params, ok, ..
    } = method;
    let error = errors
        .iter()
        .find(|(_, refusal)| Some(refusal) == method.refusal.as_ref());
    let error = error.map_or(FAILURE, |(name, _)| name);
    text.push('\n');
    for line in method.docs.iter().flat_map(|docs| docs.lines()) {
        writeln!(text, "    /// {line}")?;
    }
    writeln!(
        text,
        "    {}: func({params}) -> result<{ok}, {error}>;",
        identifier(name)
    )?;
    // A query changes nothing, so that a one-way message to it would do nothing.
    if method.is_command {
        writeln!(text, "    send-{name}: func({params});")?;
    }
    Ok(())
}

fn check_names(actor: &str, methods: &[Method]) -> anyhow::Result<()> {
    let mut names = std::collections::BTreeSet::new();
    for Method {
        name, is_command, ..
    } in methods
    {
        ensure!(
            names.insert(name.clone()),
            "{actor}: two functions of the client would be named `{name}`"
        );
        // Also this name: a command `send-x` beside a command `x` would be declared twice.
        let send = format!("send-{name}");
        ensure!(
            !is_command || names.insert(send.clone()),
            "{actor}: two functions of the client would be named `{send}`"
        );
    }
    Ok(())
}

/// A name that is also a keyword of WIT needs its mark.
fn identifier(name: &str) -> String {
    const KEYWORDS: &[&str] = &[
        "as",
        "async",
        "bool",
        "borrow",
        "char",
        "constructor",
        "enum",
        "export",
        "f32",
        "f64",
        "flags",
        "from",
        "func",
        "future",
        "import",
        "include",
        "interface",
        "list",
        "map",
        "option",
        "own",
        "package",
        "record",
        "resource",
        "result",
        "s16",
        "s32",
        "s64",
        "s8",
        "static",
        "stream",
        "string",
        "tuple",
        "type",
        "u16",
        "u32",
        "u64",
        "u8",
        "use",
        "variant",
        "with",
        "world",
    ];
    if KEYWORDS.contains(&name) {
        format!("%{name}")
    } else {
        name.to_owned()
    }
}
