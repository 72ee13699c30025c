//! A document is bounded, whatever its type and whatever it holds.

use std::sync::Arc;

use pizza_value::ty::Type;
use pizza_value::{Limits, Problem, from_json};

use crate::types::ty;

fn problem(json: &str, ty: &Type, limits: &Limits) -> Problem {
    from_json(json.as_bytes(), ty, limits)
        .expect_err("refused")
        .problem
}

#[test]
fn bytes_are_counted() {
    let limits = Limits {
        bytes_max: 10,
        ..Limits::default()
    };
    assert!(from_json(b"\"12345678\"", &Type::String, &limits).is_ok());
    let expected = Problem::TooLarge {
        found: 11,
        limit: 10,
    };
    assert_eq!(problem("\"123456789\"", &Type::String, &limits), expected);
}

#[test]
fn values_are_counted() {
    let limits = Limits {
        items_max: 100,
        ..Limits::default()
    };
    let list = |count: usize| format!("[{}]", vec!["1"; count].join(","));
    let numbers = ty("list<u16>");
    assert!(from_json(list(99).as_bytes(), &numbers, &limits).is_ok());
    assert_eq!(
        problem(&list(100), &numbers, &limits),
        Problem::TooMany { limit: 100 }
    );
}

#[test]
fn levels_are_counted() {
    let nested = (0..60).fold(Type::U8, |ty, _| Type::List(Arc::new(ty)));
    let limits = Limits {
        depth_max: 20,
        ..Limits::default()
    };
    let json = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert!(from_json(json(20).as_bytes(), &nested, &limits).is_ok());
    assert_eq!(
        problem(&json(21), &nested, &limits),
        Problem::TooDeep { limit: 20 }
    );
}

#[test]
fn no_depth_of_brackets_exhausts_the_stack() {
    let deep = |open: &str| open.repeat(100_000);
    let limits = Limits::default();
    for wit in [
        "place",
        "pair",
        "refusal",
        "list<string>",
        "twice",
        "outcome",
        "rights",
    ] {
        let ty = ty(wit);
        for json in [
            deep("["),
            deep("{\"a\":"),
            format!("{{\"unknown\":{}", deep("[")),
            format!("[1,\"x\",{}", deep("[")),
            format!("{{\"some\":{}", deep("{\"some\":")),
        ] {
            let error = from_json(json.as_bytes(), &ty, &limits);
            assert!(error.is_err(), "{wit}: {:.40}", json);
        }
    }
}
