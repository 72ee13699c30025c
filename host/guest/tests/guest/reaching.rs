//! What a guest asks of the host and does not get: the error names the bound, and nothing
//! of the turn is left.

use pizza_guest::GuestError;

use crate::arena::Arena;
use crate::fixture::{HOSTILE, limits, turn};

/// Everything that may be asked for in vain: what, with which arguments, and the words
/// that the refusal has to have.
const IN_VAIN: &[(&str, &str, &str, &str)] = &[
    ("a line of 2 GB", "huge-line", "", "out of bounds"),
    (
        "an enum value that there is not",
        "wrong-level",
        "",
        "discriminant",
    ),
    (
        "an option that is neither",
        "wrong-option",
        "",
        "discriminant",
    ),
    ("text that is none", "wrong-text", "", "utf-8"),
    (
        "a forged handle",
        "forge",
        "[4242]",
        "unknown handle index 4242",
    ),
    ("handle 0", "forge", "[0]", "unknown handle index 0"),
    (
        "a million handles",
        "leak",
        "[1000000]",
        "more than 1000 handles",
    ),
    (
        "all random bytes",
        "random",
        "[18446744073709551615]",
        "65536",
    ),
    (
        "a little too many random bytes",
        "random",
        "[65537]",
        "65536",
    ),
    ("a timer with period 0", "ring", "[0]", "at least 10"),
    ("a timer with period 9 ms", "ring", "[9]", "at least 10"),
    ("a reminder with period 0", "remind", "[0]", "at least 1000"),
    (
        "a reminder of half a second",
        "remind",
        "[500]",
        "at least 1000",
    ),
    (
        "a million messages to itself",
        "send-itself",
        "[1000000]",
        "2048 effects",
    ),
    (
        "state of 12 MB",
        "set-state",
        "[12000000]",
        "12000000 bytes; at most 1048576",
    ),
    (
        "state of 1 GB",
        "set-state",
        "[1073741824]",
        "16777216 bytes of memory",
    ),
    ("half of the writes, then a trap", "half", "", "unreachable"),
    (
        "a million aliased strings",
        "aliased",
        "[1000000]",
        "more than 1048576 bytes",
    ),
    (
        "a thousand aliased strings",
        "aliased",
        "[1000]",
        "more than 1048576 bytes",
    ),
    (
        "aliased strings to a client",
        "tell-aliased",
        "[1000000]",
        "more than 1048576 bytes",
    ),
    ("a result that is no case", "wrong-enum", "", "discriminant"),
    ("a result that is no character", "wrong-char", "", "char"),
    ("a result that is no text", "wrong-reply", "", "utf-8"),
    ("a result outside the memory", "astray", "", "out of bounds"),
];

#[tokio::test]
async fn what_is_asked_for_in_vain() {
    let arena = Arena::open().await;
    let guest = arena.grasping(|_| ()).await;
    for (kind, method, arguments, words) in IN_VAIN {
        let error = arena.stopped(kind, &guest, method, arguments).await;
        assert!(error.to_string().contains(words), "{kind}: {error}");
    }
    // The limits are where they are said to be.
    for (method, arguments) in [
        ("leak", "[900]"),
        ("random", "[60000]"),
        ("remind", "[1000]"),
    ] {
        let outcome = guest.call(method, arguments).await;
        assert!(outcome.is_ok(), "{method}: {outcome:?}");
    }
}

/// The same of the module that only hurts itself.
#[tokio::test]
async fn what_is_done_too_much() {
    let arena = Arena::open().await;
    let guest = arena.guest(HOSTILE, |_| ()).await;
    for (kind, method, arguments, words) in [
        ("an endless loop", "loop", "", "50 ms of CPU"),
        ("endless recursion", "recurse", "[0]", "stack"),
        ("endless allocation", "allocate", "", "16777216 bytes"),
        ("a table that grows", "fill-table", "", "10000 elements"),
        ("a reply of 1 MB", "reply", "[1048577]", "1048576 bytes"),
        ("a reply of 100 MB", "reply", "[104857600]", "bytes"),
        ("a million timers", "effects", "[1000000]", "2048 effects"),
        ("an entry of 2 MB", "write-entry", "[2000000]", "1048576"),
    ] {
        let error = arena.stopped(kind, &guest, method, arguments).await;
        assert!(error.to_string().contains(words), "{kind}: {error}");
    }
}

#[tokio::test]
async fn names_and_keys_that_are_none() {
    let arena = Arena::open().await;
    let guest = arena.grasping(|_| ()).await;
    let long = "k".repeat(64 << 10);
    for key in [
        "../../etc/passwd",
        "a\0b",
        "{a}",
        "",
        "a/b",
        "a b",
        "ä",
        &long,
    ] {
        let kind = format!("a key {:?}", &key[..key.floor_char_boundary(20)]);
        let arguments = format!("[{}]", serde_json::Value::from(key));
        let error = arena.stopped(&kind, &guest, "send-to", &arguments).await;
        assert!(matches!(error, GuestError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains("the actor key"), "{error}");
        assert!(error.to_string().len() < 300, "{error}");
    }
    for name in ["a\0b", "", &long] {
        let kind = format!("an entry {:?}", &name[..20.min(name.len())]);
        let arguments = format!("[{}]", serde_json::Value::from(name));
        let error = arena.stopped(&kind, &guest, "entry", &arguments).await;
        assert!(error.to_string().contains("1 to 256 bytes"), "{error}");
    }
    // An entry's name is only a name: nothing makes a path or a pattern of it.
    for name in ["../../etc/passwd", "{a}", "*"] {
        let arguments = format!("[{name:?}]");
        let outcome = guest.call("entry", &arguments).await.expect("an outcome");
        assert_eq!(&*outcome.entries[0].name, name);
    }
}

#[tokio::test]
async fn no_query_leaves_anything() {
    let arena = Arena::open().await;
    let guest = arena.grasping(|_| ()).await;
    for (method, arguments) in [
        ("query-state", "[1]"),
        ("query-entry", r#"["a"]"#),
        ("query-send", r#"["a"]"#),
        ("query-ring", "[1000]"),
        ("query-remind", "[1000]"),
        ("query-publish", ""),
    ] {
        let error = arena.stopped(method, &guest, method, arguments).await;
        let named = matches!(error, GuestError::WriteFromQuery(_));
        assert!(named, "{method}: {error:?}");
    }
}

#[tokio::test]
async fn a_flood_of_log_lines_is_cut_and_cleaned() {
    let arena = Arena::open().await;
    let guest = arena.grasping(limits(|limits| limits.cpu_ms = 2_000)).await;
    let outcome = guest.call("escape", "").await.expect("an outcome");
    assert_eq!(outcome.logs[0].message, " [2J    gone");
    let outcome = guest.call("flood", "[1000]").await.expect("an outcome");
    assert_eq!(outcome.logs.len(), 101);
    let controls = outcome.logs.iter().flat_map(|line| line.message.chars());
    assert_eq!(controls.filter(|c| c.is_control()).count(), 0);
    let longest = outcome.logs.iter().map(|line| line.message.len()).max();
    assert_eq!(longest, Some(4_096));
    let last = outcome.logs.last().expect("a line");
    assert_eq!(last.message, "900 further log lines were dropped");
    // And one that does not end, by its CPU time.
    let guest = arena.grasping(|_| ()).await;
    let error = arena
        .stopped("a flood of log lines", &guest, "flood", "[0]")
        .await;
    let named = matches!(error, GuestError::CpuBudget { limit_ms: 50 });
    assert!(named, "{error:?}");
}

#[tokio::test]
async fn a_sleep_ends_at_the_deadline() {
    let arena = Arena::open().await;
    let guest = arena.grasping(|_| ()).await;
    let mut late = turn("sleep", "");
    late.deadline_ms_left = 50;
    let started = std::time::Instant::now();
    let error = guest.module.run(late).await.err();
    assert!(matches!(error, Some(GuestError::Deadline)), "{error:?}");
    let what = GuestError::Deadline.to_string();
    arena
        .ended("a sleep of 292 years", started.elapsed(), &what)
        .await;
}
