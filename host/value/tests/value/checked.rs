//! A document that is only checked is judged as one that is read: the same is taken, and the same
//! refused with the same words.

use pizza_value::{Found, Limits, args_from_json, check_args, check_json, from_json, to_json};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::errors::{ALL, REFUSALS};
use crate::round_trip::{any_type, typed_value};
use crate::types::{function, ty};

fn found(wit: &str, json: &str) -> Found {
    match check_json(json.as_bytes(), &ty(wit), &Limits::default()) {
        Ok(found) => found,
        Err(error) => panic!("{wit}: {json}: {error}"),
    }
}

#[test]
fn what_is_refused_when_it_is_read_is_refused_when_it_is_checked() {
    for (wit, json, ..) in REFUSALS {
        let ty = ty(wit);
        let read = from_json(json.as_bytes(), &ty, &Limits::default()).err();
        let checked = check_json(json.as_bytes(), &ty, &Limits::default()).err();
        assert!(checked.is_some(), "{wit}: {json}");
        assert_eq!(checked, read, "{wit}: {json}");
    }
    for (wit, json, _) in ALL {
        let function = function(wit);
        let read = args_from_json(json.as_bytes(), &function, &Limits::default()).err();
        let checked = check_args(json.as_bytes(), &function, &Limits::default()).err();
        assert_eq!(checked, read, "{wit}: {json}");
    }
}

#[test]
fn one_spelling_of_each_value_is_plain() {
    for (wit, json, is_plain) in [
        ("u64", "7", true),
        ("u64", "\"7\"", false),
        ("u32", "7.0", false),
        ("s32", "-0", false),
        ("f64", "7", true),
        ("f64", "7.5", true),
        ("f64", "\"NaN\"", false),
        ("string", "\"7\"", true),
        ("char", "\"7\"", true),
        ("digest", "\"AQI=\"", true),
        ("option<u64>", "null", true),
        ("option<u64>", "\"7\"", false),
        ("status", "\"outForDelivery\"", true),
        ("status", "\"out-for-delivery\"", false),
        ("refusal", "\"unknown\"", true),
        ("refusal", r#"{"notFound":"x"}"#, true),
        ("refusal", r#"{"not-found":"x"}"#, false),
        ("list<refusal>", r#"["unknown",{"maybe":1.0}]"#, false),
        ("person", r#"{"personId":"a","nickName":null}"#, true),
        ("outcome", r#"{"ok":1e0}"#, false),
    ] {
        assert_eq!(found(wit, json).plain, is_plain, "{wit}: {json}");
    }
    let two = function("f: func(a: u64, b: option<u64>);");
    for (json, is_plain) in [
        (r#"{"b":1,"a":2}"#, true),
        ("[1]", true),
        (r#"["1"]"#, false),
    ] {
        let found = check_args(json.as_bytes(), &two, &Limits::default()).expect("they fit");
        assert_eq!(found.plain, is_plain, "{json}");
    }
}

#[test]
fn the_outermost_result_says_whether_it_declined() {
    for (wit, json, declined) in [
        ("outcome", r#"{"err":"no"}"#, true),
        ("outcome", r#" { "\u0065rr" : "no" } "#, true),
        ("outcome", r#"{"ok":1}"#, false),
        ("bare", r#"{"err":null}"#, true),
        ("list<outcome>", r#"[{"err":"no"}]"#, false),
        ("result<outcome>", r#"{"ok":{"err":"no"}}"#, false),
        ("person", r#"{"personId":"err"}"#, false),
    ] {
        assert_eq!(found(wit, json).declined, declined, "{wit}: {json}");
    }
}

#[test]
fn records_of_many_fields_are_checked_to_the_last() {
    let params: Vec<_> = (0..80).map(|n| format!("p{n}: u8")).collect();
    let many = function(&format!("f: func({});", params.join(", ")));
    let values: Vec<_> = (0..80).map(|n| format!("\"p{n}\":{n}")).collect();
    let json = |values: &[String]| format!("{{{}}}", values.join(","));
    let check = |json: &str| check_args(json.as_bytes(), &many, &Limits::default());
    assert!(check(&json(&values)).is_ok());
    for missing in [0, 63, 64, 79] {
        let mut others = values.clone();
        others.remove(missing);
        let errors = check(&json(&others)).expect_err("one is missing");
        assert_eq!(errors[0].pointer, format!("/p{missing}"));
        others.push(others[70].clone());
        let errors = check(&json(&others)).expect_err("one is given twice");
        assert!(errors[0].to_string().contains("twice"), "{errors:?}");
    }
}

proptest! {
    #[test]
    fn all_documents_are_judged_alike((ty, _) in typed_value(), (other, value) in typed_value()) {
        let json = to_json(&value, &other).expect("of the type");
        let text = String::from_utf8_lossy(&json);
        let own = check_json(&json, &other, &Limits::default());
        prop_assert!(own.is_ok(), "{}: {:?}", text, own);
        let read = from_json(&json, &ty, &Limits::default()).err();
        let checked = check_json(&json, &ty, &Limits::default()).err();
        prop_assert_eq!(checked, read, "{}", text);
    }

    #[test]
    fn all_bytes_are_judged_alike(ty in any_type(), bytes in vec(any::<u8>(), 0..60)) {
        let read = from_json(&bytes, &ty, &Limits::default()).err();
        let checked = check_json(&bytes, &ty, &Limits::default()).err();
        prop_assert_eq!(checked, read);
    }
}

/// A reply may tell more than its reader knows of; an argument may not.
#[test]
fn a_field_too_many_is_passed_over_only_where_it_may_be() {
    let json = br#"{"ok":[{"personId":"a","age":{"years":7}}]}"#;
    let ty = ty("result<list<person>, string>");
    let lenient = Limits {
        extra_fields: true,
        ..Limits::default()
    };
    from_json(json, &ty, &Limits::default()).expect_err("a mistake");
    let checked = check_json(json, &ty, &lenient).expect("it is passed over");
    assert!(
        !checked.plain,
        "it is written anew for whoever is handed it"
    );
    let read = from_json(json, &ty, &lenient).expect("it is passed over");
    let written = to_json(&read, &ty).expect("JSON");
    assert_eq!(written, br#"{"ok":[{"personId":"a"}]}"#);
    let without = from_json(br#"{"ok":[{"age":7}]}"#, &ty, &lenient);
    without.expect_err("what is needed is still missed");
}
