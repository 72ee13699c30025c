//! What is taken, and how it is written again.

use pizza_value::{Limits, Value, args_from_json, args_to_json, camel, from_json, to_json};

use crate::types::{function, ty};

fn read(wit: &str, json: &str) -> Value {
    match from_json(json.as_bytes(), &ty(wit), &Limits::default()) {
        Ok(value) => value,
        Err(error) => panic!("{wit}: {json}: {error}"),
    }
}

fn write(wit: &str, value: &Value) -> String {
    let json = to_json(value, &ty(wit)).expect("of the type");
    String::from_utf8(json).expect("JSON is text")
}

/// Type, what is taken, and how it is written; `""` where it is written as it was.
const RULES: &[(&str, &str, &str)] = &[
    ("bool", "true", ""),
    ("s8", "-128", ""),
    ("u8", "255", ""),
    ("s16", "-32768", ""),
    ("u16", "65535", ""),
    ("s32", "-2147483648", ""),
    ("u32", "4294967295", ""),
    ("s64", "-9223372036854775808", ""),
    ("u64", "18446744073709551615", ""),
    ("u64", "\"18446744073709551615\"", "18446744073709551615"),
    ("s64", "\"-5\"", "-5"),
    ("u32", "3.0", "3"),
    ("u32", "3e2", "300"),
    ("u8", "-0", "0"),
    ("u8", "-0.0", "0"),
    ("s8", "-5.00", "-5"),
    ("u64", "1795828167781.0", "1795828167781"),
    ("u64", "9007199254740991.0", "9007199254740991"),
    ("option<u8>", "5.0", "5"),
    ("f64", "0.1", ""),
    ("f64", "1", "1.0"),
    ("f64", "-0.0", ""),
    ("f64", "1.7976931348623157e308", ""),
    ("f64", "\"NaN\"", ""),
    ("f64", "\"Infinity\"", ""),
    ("f32", "\"-Infinity\"", ""),
    ("f32", "0.1", ""),
    ("char", "\"é\"", ""),
    ("char", "\"\\ud83c\\udf55\"", "\"🍕\""),
    ("string", "\"\"", ""),
    ("string", r#""a\"b\\c\n\u0000/""#, ""),
    ("string", "\"\\u0041\"", "\"A\""),
    ("digest", "\"AQID/w==\"", ""),
    ("digest", "\"AQID/w\"", "\"AQID/w==\""),
    ("digest", "\"\"", ""),
    ("list<string>", "[]", ""),
    ("list<list<u16>>", "[[],[1,2]]", ""),
    ("pair", "[1,\"x\"]", ""),
    ("place", r#"{"lat":1.5,"lon":-2.0}"#, ""),
    (
        "place",
        r#"{ "lon" : -2, "lat" : 1.5 }"#,
        r#"{"lat":1.5,"lon":-2.0}"#,
    ),
    ("person", r#"{"personId":"c"}"#, ""),
    (
        "person",
        r#"{"personId":"c","nickName":null}"#,
        r#"{"personId":"c"}"#,
    ),
    (
        "person",
        r#"{"personId":"c","nickName":"n","address2Line":{"lat":0.0,"lon":0.0}}"#,
        "",
    ),
    ("nothing-else", "{}", ""),
    ("status", "\"outForDelivery\"", ""),
    ("status", "\"out-for-delivery\"", "\"outForDelivery\""),
    ("refusal", "\"unknown\"", ""),
    ("refusal", r#"{"unknown":null}"#, "\"unknown\""),
    ("refusal", r#"{"notFound":"x"}"#, ""),
    ("refusal", r#"{"not-found":"x"}"#, r#"{"notFound":"x"}"#),
    ("refusal", r#"{"atPlace":{"lat":0.0,"lon":1.0}}"#, ""),
    ("refusal", r#"{"maybe":null}"#, ""),
    ("refusal", r#"{"maybe":7}"#, ""),
    ("rights", "[]", ""),
    ("rights", r#"["takeOver","read"]"#, r#"["read","takeOver"]"#),
    ("rights", r#"["read","read"]"#, r#"["read"]"#),
    ("option<u8>", "null", ""),
    ("option<u8>", "5", ""),
    ("twice", "null", ""),
    ("twice", r#"{"some":null}"#, ""),
    ("twice", r#"{"some":5}"#, ""),
    ("outcome", r#"{"ok":5}"#, ""),
    ("outcome", r#"{"err":"no"}"#, ""),
    ("bare", r#"{"ok":null}"#, ""),
    ("bare", r#"{"err":null}"#, ""),
    ("option<outcome>", r#"{"ok":5}"#, ""),
    ("list<option<status>>", r#"[null,"created"]"#, ""),
];

#[test]
fn each_rule_in_both_directions() {
    for (wit, taken, written) in RULES {
        let written = if written.is_empty() { taken } else { written };
        let value = read(wit, taken);
        assert_eq!(write(wit, &value), *written, "{wit}: {taken}");
        if !taken.contains("NaN") {
            assert_eq!(read(wit, written), value, "{wit}: {written}");
        }
    }
}

#[test]
fn values_are_what_they_say() {
    assert_eq!(read("u8", "7"), Value::U8(7));
    assert_eq!(read("twice", "null"), Value::Option(None));
    let inner = Value::Option(None);
    assert_eq!(
        read("twice", r#"{"some":null}"#),
        Value::Option(Some(Box::new(inner)))
    );
    assert_eq!(read("digest", "\"AQI=\""), Value::Bytes(vec![1, 2]));
    assert_eq!(
        read("rights", r#"["takeOver","read"]"#),
        Value::Flags(vec![0, 2])
    );
    let Value::F64(nan) = read("f64", "\"NaN\"") else {
        panic!("another type");
    };
    assert!(nan.is_nan());
    assert_eq!(read("bare", r#"{"err":null}"#), Value::Result(Err(None)));
}

#[test]
fn arguments_are_an_object_or_an_array_or_nothing() {
    let two = function("f: func(subject-id: string, count: option<u8>);");
    let some = |count| Value::Option(Some(Box::new(Value::U8(count))));
    let id = || Value::String("o".to_owned());
    for (json, count) in [
        (r#"{"subjectId":"o","count":2}"#, some(2)),
        (r#"{"subjectId":"o"}"#, Value::Option(None)),
        (r#"["o",2]"#, some(2)),
        (r#"["o",null]"#, Value::Option(None)),
        (r#"["o"]"#, Value::Option(None)),
    ] {
        let arguments = args_from_json(json.as_bytes(), &two, &Limits::default());
        assert_eq!(arguments, Ok(vec![id(), count]), "{json}");
    }
    let json = args_to_json(&[id(), some(2)], &two).expect("of the types");
    assert_eq!(json, br#"["o",2]"#);
    let none = function("f: func();");
    for json in ["", "  ", "{}", "[]"] {
        let arguments = args_from_json(json.as_bytes(), &none, &Limits::default());
        assert_eq!(arguments, Ok(vec![]), "{json:?}");
    }
}

#[test]
fn names_become_camel_case() {
    for (kebab, json) in [
        ("id", "id"),
        ("person-id", "personId"),
        ("address2-line", "address2Line"),
        ("HTTP-status", "HTTPStatus"),
        ("a-b-c", "aBC"),
    ] {
        assert_eq!(camel(kebab), json);
    }
}

#[test]
fn a_value_of_another_type_is_not_written() {
    for (value, wit) in [
        (Value::U8(1), "u16"),
        (Value::Enum(7), "status"),
        (Value::Variant(1, None), "refusal"),
        (Value::Record(vec![]), "place"),
        (Value::Flags(vec![9]), "rights"),
        (Value::Tuple(vec![Value::U8(1)]), "pair"),
    ] {
        let error = to_json(&value, &ty(wit)).expect_err("a misfit");
        assert!(!error.to_string().is_empty(), "{wit}");
    }
}
