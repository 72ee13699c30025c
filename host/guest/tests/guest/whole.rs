//! Which way a turn goes, and that one which comes back whole is held to the same bounds.

use pizza_guest::{Grant, GuestError, LoadError, Manifest, TypeSettings};
use pizza_types::Effect;

use crate::fixture::{Guest, component, guest_on, host, turn};

const WHOLE: &str = include_str!("whole.wat");

async fn whole(change: impl FnOnce(&mut TypeSettings)) -> Guest {
    guest_on(&host(), WHOLE, change).await
}

#[tokio::test]
async fn a_turn_goes_whole_where_it_can() {
    let guest = whole(|_| ()).await;
    for (method, arguments, reply) in [
        ("count", r#"{"to":7}"#, "2"),
        ("count", "[7]", "2"),
        // Spelled as only some readers take it.
        ("count", r#"["7"]"#, "1"),
        ("count", r#"{"to":7.0}"#, "1"),
        // A method that `turn` does not know.
        ("other", "", "1"),
    ] {
        assert_eq!(guest.reply(method, arguments).await, reply, "{arguments}");
    }
    let error = guest.refusal("count", r#"{"to":-7}"#).await;
    assert!(matches!(error, GuestError::BadArguments { .. }), "{error}");
    let error = guest.refusal("counts", "[7]").await;
    assert!(matches!(error, GuestError::UnknownMethod { .. }), "{error}");
    let apart = whole(|settings| settings.whole_turns = false).await;
    assert_eq!(apart.reply("count", "[7]").await, "1");
}

#[tokio::test]
async fn a_reply_is_checked_and_spelled_as_everybody_reads_it() {
    let guest = whole(|_| ()).await;
    let error = guest.refusal("misfit", "").await;
    assert!(error.to_string().contains("the reply"), "{error}");
    // The guest gives a string of digits.
    let outcome = guest.call("ring", "").await.expect("an outcome");
    assert_eq!(outcome.reply, "2");
    assert!(
        matches!(&outcome.effects[..], [Effect::SetTimer { name, .. }] if &**name == "alarm"),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_turn_that_declines_leaves_nothing_whatever_it_staged() {
    let guest = whole(|_| ()).await;
    let outcome = guest.call("deny", "").await.expect("an outcome");
    assert!(outcome.declined && outcome.changes_nothing(), "{outcome:?}");
}

#[tokio::test]
async fn what_is_not_granted_is_not_staged() {
    let nothing = |settings: &mut TypeSettings| {
        settings.grant = Grant::Exactly(Manifest::default());
    };
    let guest = whole(nothing).await;
    for method in ["ring", "remind", "deny"] {
        let error = guest.refusal(method, "").await;
        assert!(matches!(error, GuestError::NotGranted(_)), "{error}");
    }
}

#[tokio::test]
async fn effects_of_a_whole_turn_are_counted() {
    let guest = whole(|settings| settings.limits.effects = 0).await;
    let error = guest.refusal("ring", "").await;
    assert!(
        matches!(error, GuestError::TooManyEffects { limit: 0 }),
        "{error}"
    );
}

/// The module is as good as new after each, too.
#[tokio::test]
async fn what_misbehaves_ends_the_same_way_on_both() {
    for whole_turns in [true, false] {
        let guest = whole(|settings| {
            settings.whole_turns = whole_turns;
            settings.limits.cpu_ms = 30;
            settings.limits.memory_bytes = 4 << 20;
        });
        let guest = guest.await;
        let refused = async |method| guest.refusal(method, "").await;
        assert!(matches!(refused("trap").await, GuestError::Trap(_)));
        let error = refused("loop").await;
        assert!(
            matches!(error, GuestError::CpuBudget { limit_ms: 30 }),
            "{error:?}"
        );
        let error = refused("recurse").await;
        assert!(matches!(error, GuestError::StackOverflow), "{error:?}");
        let error = refused("grow").await;
        assert!(
            matches!(error, GuestError::Memory { limit: 4_194_304 }),
            "{error:?}"
        );
        let mut late = turn("loop", "");
        late.deadline_ms_left = 1;
        let error = guest.module.run(late).await.err();
        assert!(matches!(error, Some(GuestError::Deadline)), "{error:?}");
        let expected = if whole_turns { "2" } else { "1" };
        assert_eq!(guest.reply("count", "[7]").await, expected);
    }
}

#[tokio::test]
async fn an_export_of_another_type_is_refused() {
    for (right, wrong) in [
        ("(field \"schema\" u32)", "(field \"schema\" u64)"),
        ("(case \"activate\")", "(case \"awake\")"),
        // A method that the contract does not have.
        ("\"count\") (data", "\"cound\") (data"),
    ] {
        let text = WHOLE.replace(right, wrong);
        assert_ne!(text, WHOLE, "{right}");
        let error = host()
            .load("whole", &component(&text), TypeSettings::default())
            .await;
        match error {
            Err(LoadError::Start(why)) => assert!(why.contains("turn"), "{why}"),
            other => panic!("{right}: {:?}", other.err()),
        }
    }
}

/// Asks as a typed client would, and imports none.
const ASKS: &str = r#"(component
    (import "silo:actor/calls@0.1.0" (instance $calls
        (type $failure' (variant (case "cycle" string) (case "too-deep" string)
            (case "deadline" string) (case "bad-request" string) (case "failed" string)
            (case "overloaded" string) (case "unknown" string)))
        (export "call-failure" (type $failure (eq $failure')))
        (export "ask" (func (param "actor-type" string) (param "key" string)
            (param "method" string) (param "arguments" string)
            (result (result string (error $failure)))))))
    (core module $libc
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
    (core instance $libc (instantiate $libc))
    (alias core export $libc "memory" (core memory $memory))
    (alias core export $libc "realloc" (core func $realloc))
    (core func $ask (canon lower (func $calls "ask") (memory $memory) (realloc $realloc)))
    (core module $m
        (import "libc" "memory" (memory 1))
        (import "host" "ask" (func $ask (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
        (data (i32.const 16) "other")
        (func (export "f") (call $ask (i32.const 16) (i32.const 5) (i32.const 16) (i32.const 5)
            (i32.const 16) (i32.const 5) (i32.const 16) (i32.const 5) (i32.const 512))))
    (core instance $m (instantiate $m (with "libc" (instance $libc))
        (with "host" (instance (export "ask" (func $ask))))))
    (func $f (canon lift (core func $m "f")))
    (instance $i (export "f" (func $f)))
    (export "test:asks/asks@0.1.0" (instance $i)))"#;

#[tokio::test]
async fn nobody_asks_by_a_client_that_is_not_imported() {
    // Granted everything: whom a client may call was looked at when it was loaded.
    let guest = guest_on(&host(), ASKS, |_| ()).await;
    let error = guest.refusal("f", "").await;
    assert!(matches!(error, GuestError::NotGranted(_)), "{error}");
    assert!(error.to_string().contains("other.other"), "{error}");
}
