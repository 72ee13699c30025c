//! Types from WIT text, as tools read them.

use pizza_value::ty::{Function, Type};
use wit_parser::Resolve;

const PACKAGE: &str = r#"
package test:types;

interface types {
    record place { lat: f64, lon: f64 }
    record person {
        person-id: string,
        nick-name: option<string>,
        address2-line: option<place>,
    }
    enum status { created, out-for-delivery }
    variant refusal {
        unknown,
        not-found(string),
        at-place(place),
        maybe(option<u8>),
    }
    flags rights { read, write, take-over }
    type twice = option<option<u8>>;
    type outcome = result<u8, string>;
    type bare = result;
    type pair = tuple<u8, string>;
    type digest = list<u8>;
    record nothing-else { only: option<u8> }
}
"#;

/// The functions of an interface `f`, whose text may use the types above.
pub(crate) fn functions(text: &str) -> Vec<Function> {
    let names =
        "place, person, status, refusal, rights, twice, outcome, bare, pair, digest, nothing-else";
    let package = format!("{PACKAGE}\ninterface f {{ use types.{{{names}}};\n{text}\n}}");
    let mut resolve = Resolve::default();
    let id = resolve.push_str("test.wit", &package).expect("WIT");
    let interface = resolve.packages[id].interfaces["f"];
    pizza_value::wit::functions(&resolve, interface).expect("plain types")
}

pub(crate) fn function(text: &str) -> Function {
    functions(text).pop().expect("a function")
}

pub(crate) fn ty(text: &str) -> Type {
    let function = function(&format!("f: func() -> {text};"));
    function.result.expect("a result")
}
