//! What fits what, and how a difference is told.

use pizza_value::compat::{same, same_function};
use pizza_value::growth::serves;

use crate::types::{function, ty};

#[test]
fn types_fit_by_structure() {
    for wit in [
        "person",
        "refusal",
        "rights",
        "twice",
        "outcome",
        "list<pair>",
    ] {
        assert_eq!(same(&ty(wit), &ty(wit)), Ok(()));
    }
    assert_eq!(
        same(&ty("digest"), &ty("list<u8>")),
        Ok(()),
        "a name is no difference"
    );
}

#[test]
fn a_difference_is_told_by_its_place() {
    for (expected, found, told) in [
        (
            "f: func(a: u8);",
            "f: func(a: u16);",
            "f(a): expected u8, found u16",
        ),
        (
            "f: func(a: u8);",
            "f: func(b: u8);",
            "f(a): expected this parameter, found \"b\"",
        ),
        (
            "f: func(a: u8, b: u8);",
            "f: func(a: u8);",
            "f(b): the parameter is missing",
        ),
        (
            "f: func();",
            "f: func(a: u8);",
            "f(a): the parameter is not expected",
        ),
        (
            "f: func() -> u8;",
            "f: func();",
            "f() result: expected u8, found nothing",
        ),
        (
            "f: func();",
            "f: func() -> u8;",
            "f() result: expected nothing, found u8",
        ),
        (
            "f: func(a: list<option<u8>>);",
            "f: func(a: list<option<string>>);",
            "f(a)[]?: expected u8, found string",
        ),
        (
            "f: func() -> result<u8, string>;",
            "f: func() -> result<u8>;",
            "f() result.err: expected string, found nothing",
        ),
        (
            "f: func(a: tuple<u8, u8>);",
            "f: func(a: tuple<u8>);",
            "f(a): expected 2 elements, found 1",
        ),
        (
            "f: func(a: pair);",
            "f: func(a: tuple<u8, u8>);",
            "f(a).1: expected string, found u8",
        ),
    ] {
        let difference = same_function(&function(expected), &function(found));
        assert_eq!(difference.expect_err(expected).to_string(), told);
    }
}

#[test]
fn names_count_and_so_does_their_order() {
    let record = |fields: &str| {
        let package =
            format!("package t:t; interface f {{ record r {{ {fields} }} f: func(r: r); }}");
        parsed(&package)
    };
    let enumeration = |names: &str| {
        let package = format!("package t:t; interface f {{ enum r {{ {names} }} f: func(r: r); }}");
        parsed(&package)
    };
    for (expected, found, told) in [
        (
            record("a: u8, b: u8"),
            record("a: u8"),
            "f(r).b: the field is missing",
        ),
        (
            record("a: u8"),
            record("a: u8, c: u8"),
            "f(r).c: the field is not expected",
        ),
        (
            record("a: u8, b: u8"),
            record("b: u8, a: u8"),
            "f(r).a: expected this field, found \"b\"",
        ),
        (
            enumeration("a, b"),
            enumeration("a"),
            "f(r): name \"b\" is missing",
        ),
        (
            enumeration("a"),
            enumeration("a, b"),
            "f(r): name \"b\" is not expected",
        ),
        (
            enumeration("a, b"),
            enumeration("b, a"),
            "f(r): the names are in another order",
        ),
    ] {
        let difference = same_function(&expected, &found).expect_err(told);
        assert_eq!(difference.to_string(), told);
    }
}

fn parsed(package: &str) -> pizza_value::ty::Function {
    let mut resolve = wit_parser::Resolve::default();
    let id = resolve.push_str("test.wit", package).expect("WIT");
    let interface = resolve.packages[id].interfaces["f"];
    let mut functions = pizza_value::wit::functions(&resolve, interface).expect("plain types");
    functions.pop().expect("a function")
}

#[test]
fn what_has_no_json_form_is_named() {
    let package = "package t:t; interface f { resource door; f: func(a: list<door>); }";
    let mut resolve = wit_parser::Resolve::default();
    let id = resolve.push_str("test.wit", package).expect("WIT");
    let interface = resolve.packages[id].interfaces["f"];
    let error = pizza_value::wit::functions(&resolve, interface).expect_err("a resource");
    assert_eq!(error.to_string(), "f: a resource has no JSON form");
}

/// Each is `older` and `newer` fields of a record, and whether a caller with the first one of
/// both is served by a target with the other: with an argument of it, and with a reply.
#[test]
fn contracts_may_grow_by_what_can_be_absent_and_by_what_is_only_read() {
    let argument = |fields: &str| in_record(fields, "func(r: r)");
    let reply = |fields: &str| in_record(fields, "func() -> result<list<r>, string>");
    for (expected, found, takes, gives) in [
        ("a: u8", "a: u8", true, true),
        ("a: u8", "a: u8, b: option<u8>", true, true),
        ("a: u8", "a: u8, b: u8", false, true),
        ("a: u8", "b: option<u8>, a: u8", true, true),
        ("a: u8, b: option<u8>", "a: u8", false, true),
        ("a: u8, b: u8", "a: u8", false, false),
        ("a: u8", "a: u16, b: option<u8>", false, false),
    ] {
        let told = |served: Result<(), _>| served.is_ok();
        let what = format!("{expected} / {found}");
        let taken = serves(&argument(expected), &argument(found));
        assert_eq!(told(taken), takes, "arguments: {what}");
        let given = serves(&reply(expected), &reply(found));
        assert_eq!(told(given), gives, "replies: {what}");
    }
    for (expected, found, served) in [
        ("f: func(a: u8);", "f: func(a: u8, b: option<u8>);", true),
        ("f: func(a: u8);", "f: func(a: u8, b: u8);", false),
        ("f: func(a: u8, b: option<u8>);", "f: func(a: u8);", false),
        ("f: func(a: option<u8>);", "f: func(b: option<u8>);", false),
        ("f: func() -> u8;", "f: func();", false),
        ("f: func();", "f: func() -> u8;", false),
    ] {
        let is_served = serves(&function(expected), &function(found)).is_ok();
        assert_eq!(is_served, served, "{expected} / {found}");
    }
}

fn in_record(fields: &str, signature: &str) -> pizza_value::ty::Function {
    parsed(&format!(
        "package t:t; interface f {{ record r {{ {fields} }} f: {signature}; }}"
    ))
}
