//! Each refusal names the place and what was expected there.

use pizza_value::{Limits, args_from_json, from_json};

use crate::types::{function, ty};

/// Type, input, JSON pointer, and words of the message.
pub(crate) const REFUSALS: &[(&str, &str, &str, &str)] = &[
    (
        "bool",
        "1",
        "",
        "expected true or false, found the number 1",
    ),
    ("bool", "\"true\"", "", "found the string \"true\""),
    (
        "u8",
        "256",
        "",
        "256 is out of range; expected an integer from 0 to 255",
    ),
    ("u8", "-1", "", "-1 is out of range"),
    ("s8", "128", "", "-128 to 127"),
    ("u16", "65536", "", "65535"),
    ("s16", "-32769", "", "-32768"),
    ("u32", "4294967296", "", "4294967295"),
    ("s32", "2147483648", "", "32 bits"),
    ("u64", "-1", "", "not negative"),
    ("u64", "\"18446744073709551616\"", "", "out of range"),
    ("s64", "9223372036854775808", "", "out of range"),
    ("u64", "\"12a\"", "", "found the string \"12a\""),
    ("u64", "\"\"", "", "found the string"),
    ("u32", "1.5", "", "found the number 1.5"),
    ("u32", "\"5\"", "", "found the string"),
    ("u64", "1e19", "", "is out of range"),
    // Two neighbours of this one look the same to a double.
    (
        "u64",
        "9007199254740993.0",
        "",
        "in digits alone from 2^53 on",
    ),
    ("s64", "-9007199254740992.0", "", "from 2^53 on"),
    ("u8", "256.0", "", "256 is out of range"),
    ("u64", "1e400", "", "not JSON: number out of range"),
    ("bool", "1.0", "", "found the number 1"),
    ("string", "1.0", "", "found the number 1"),
    ("f64", "\"nan\"", "", "a number"),
    ("f64", "1e400", "", "not JSON: number out of range"),
    ("char", "\"ab\"", "", "one character"),
    ("char", "\"\"", "", "one character"),
    ("string", "null", "", "expected a string, found null"),
    ("string", "\"\\ud800\"", "", "not JSON"),
    ("digest", "\"A*==\"", "", "not base64"),
    ("digest", "\"A\"", "", "not base64"),
    (
        "digest",
        "[1,2]",
        "",
        "expected a base64 string, found an array",
    ),
    ("list<string>", r#"["a",7]"#, "/1", "expected a string"),
    (
        "list<list<u16>>",
        "[[1],[2,-3]]",
        "/1/1",
        "-3 is out of range",
    ),
    (
        "list<string>",
        "{}",
        "",
        "expected an array, found an object",
    ),
    ("pair", "[1]", "", "1 elements; exactly 2 are expected"),
    ("pair", "[1,\"x\",3]", "", "3 elements; exactly 2"),
    ("pair", "[1,2]", "/1", "expected a string"),
    ("place", r#"{"lat":1}"#, "/lon", "the field is required"),
    ("place", r#"{"lat":1,"lon":"x"}"#, "/lon", "a number"),
    (
        "place",
        r#"{"lat":1,"lon":2,"alt":3}"#,
        "/alt",
        "known are lat, lon",
    ),
    (
        "place",
        r#"{"lat":1,"lat":2,"lon":3}"#,
        "/lat",
        "given twice",
    ),
    ("place", "[1,2]", "", "expected an object, found an array"),
    (
        "person",
        r#"{"person-id":"c"}"#,
        "/person-id",
        "unknown field",
    ),
    (
        "person",
        r#"{"personId":"c","a/b~c":1}"#,
        "/a~1b~0c",
        "unknown field",
    ),
    (
        "person",
        r#"{"personId":"c","address2Line":{"lat":true}}"#,
        "/address2Line/lat",
        "a number",
    ),
    (
        "status",
        "\"eaten\"",
        "",
        "known are created, outForDelivery",
    ),
    ("status", "0", "", "names of an enum"),
    (
        "refusal",
        "\"nothing\"",
        "",
        "known are unknown, notFound, atPlace, maybe",
    ),
    ("refusal", "\"notFound\"", "", "the case has a value"),
    (
        "refusal",
        r#"{"nothing":1}"#,
        "",
        "unknown name \"nothing\"",
    ),
    (
        "refusal",
        r#"{"notFound":7}"#,
        "/notFound",
        "expected a string",
    ),
    (
        "refusal",
        r#"{"notFound":"x","unknown":null}"#,
        "",
        "exactly one key",
    ),
    (
        "refusal",
        r#"{"unknown":true}"#,
        "/unknown",
        "the case has no value",
    ),
    ("refusal", "{}", "", "an empty object"),
    (
        "rights",
        r#"["read","fly"]"#,
        "/1",
        "known are read, write, takeOver",
    ),
    ("rights", "[1]", "/0", "expected a string"),
    ("option<u8>", "\"x\"", "", "expected an integer"),
    ("twice", r#"{"none":1}"#, "", "known are some"),
    ("twice", r#"{"some":"x"}"#, "/some", "expected an integer"),
    ("twice", r#"{"some":1,"more":1}"#, "", "exactly one key"),
    ("outcome", "5", "", "ok or err"),
    ("outcome", r#"{"ok":-5}"#, "/ok", "out of range"),
    ("outcome", r#"{"okay":5}"#, "", "known are ok, err"),
    ("bare", r#"{"ok":5}"#, "/ok", "the case has no value"),
    ("u8", "", "", "not JSON"),
    ("u8", "1 2", "", "not JSON: trailing characters"),
    ("u8", "01", "", "not JSON"),
    ("list<u16>", "[1,]", "", "not JSON"),
    ("string", "\"open", "", "not JSON"),
];

#[test]
fn each_refusal_names_the_place() {
    for (wit, json, pointer, tells) in REFUSALS {
        let error = match from_json(json.as_bytes(), &ty(wit), &Limits::default()) {
            Err(error) => error,
            Ok(value) => panic!("{wit}: {json} was taken as {value:?}"),
        };
        assert_eq!(error.pointer, *pointer, "{wit}: {json}: {error}");
        assert!(error.to_string().contains(tells), "{wit}: {json}: {error}");
    }
}

#[test]
fn text_that_is_no_unicode_is_refused() {
    for bytes in [&b"\"\xff\""[..], b"{\"\xc0\":1}", b"\xfe\xff"] {
        let refused = from_json(bytes, &ty("string"), &Limits::default());
        assert!(refused.is_err(), "{bytes:?}");
    }
}

#[test]
fn what_is_repeated_of_the_input_is_short() {
    let long = format!("\"{}\"", "x".repeat(10_000));
    let error = from_json(long.as_bytes(), &ty("status"), &Limits::default());
    let told = error.expect_err("no such name").to_string();
    assert!(told.len() < 200, "{told}");
}

#[test]
fn arguments_are_refused_by_their_place() {
    let function = function("f: func(subject: person, count: u8);");
    for (json, pointer, tells) in [
        (r#"{"subject":{"personId":"c"}}"#, "/count", "required"),
        (
            r#"{"subject":{"personId":1},"count":1}"#,
            "/subject/personId",
            "a string",
        ),
        (r#"[{"personId":"c"}]"#, "", "exactly 2"),
        (r#"[{"personId":"c"},1,2]"#, "", "exactly 2"),
        (r#"[{"personId":"c"},300]"#, "/1", "out of range"),
        (
            "7",
            "",
            "an object by parameter name or an array by position",
        ),
        ("", "/subject", "required"),
    ] {
        let error = args_from_json(json.as_bytes(), &function, &Limits::default());
        let errors = error.expect_err("refused");
        let error = errors.first().expect("it says why");
        assert_eq!(error.pointer, pointer, "{json}: {error}");
        assert!(error.to_string().contains(tells), "{json}: {error}");
    }
}

/// A function, its arguments, and all that is wrong with them.
pub(crate) const ALL: &[(&str, &str, &[&str])] = &[
    (
        "f: func(subject: person, count: u8, may: rights, pairs: list<pair>);",
        r#"{"subject":{"personId":7,"address2Line":{"lat":true,"lon":2,"alt":[{"deep":[1]}]},"x":{}},
            "count":300,"may":["read",1,"fly"],"pairs":[[1,"a"],[1],{"a":1},["b",2]],"more":[1]}"#,
        &[
            "at /subject/personId: expected a string, found the number 7",
            "at /subject/address2Line/lat: expected a number, found true",
            "at /subject/address2Line/alt: unknown field; known are lat, lon",
            "at /subject/x: unknown field; known are personId, nickName, address2Line",
            "at /count: 300 is out of range; expected an integer from 0 to 255",
            "at /may/1: expected a string, found the number 1",
            "at /may/2: unknown name \"fly\"; known are read, write, takeOver",
            "at /pairs/1: 1 elements; exactly 2 are expected",
            "at /pairs/2: expected an array of fixed length, found an object",
            "at /pairs/3/0: expected an integer from 0 to 255",
            "at /pairs/3/1: expected a string, found the number 2",
            "at /more: unknown field; known are subject, count, may, pairs",
        ],
    ),
    (
        "f: func(a: refusal, b: outcome, c: twice, d: status);",
        r#"{"a":{"notFound":7,"x":[]},"b":{"maybe":{"ok":1}},"c":{"some":"x","y":{}},"c":1}"#,
        &[
            "at /a/notFound: expected a string, found the number 7",
            "at /a: expected an object with exactly one key, found more than one",
            "at /b: unknown name \"maybe\"; known are ok, err",
            "at /c/some: expected an integer",
            "at /c: expected an object with exactly one key, found more than one",
            "at /c: the field is given twice",
            "at /d: the field is required",
        ],
    ),
    (
        "f: func(a: u8, b: u8);",
        r#"["x",null,3]"#,
        &["at /0: ", "at /1: ", "3 elements"],
    ),
];

#[test]
fn all_mistakes_are_told_at_once() {
    for (wit, json, expected) in ALL {
        let errors = args_from_json(json.as_bytes(), &function(wit), &Limits::default());
        let told: Vec<_> = errors
            .expect_err("refused")
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(told.len(), expected.len(), "{told:#?}");
        for (told, expected) in told.iter().zip(*expected) {
            assert!(told.starts_with(expected), "{told:?} is not {expected:?}");
        }
    }
}

#[test]
fn nobody_is_told_more_mistakes_than_can_be_read() {
    let many = function("f: func(a: list<u8>, b: list<string>);");
    let json = format!("{{\"b\":[{}0]}}", "0,".repeat(10_000));
    let errors = args_from_json(json.as_bytes(), &many, &Limits::default());
    assert_eq!(errors.expect_err("refused").len(), 100);
    // What is no JSON has no values that could be wrong.
    let errors = args_from_json(b"{\"b\":[1,2", &many, &Limits::default());
    let told: Vec<_> = errors
        .expect_err("refused")
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        told.len() == 1 && told[0].starts_with("not JSON"),
        "{told:?}"
    );
}
