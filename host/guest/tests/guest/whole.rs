//! Which way a turn goes, and that one which comes back whole is held to the same bounds.

use pizza_guest::{Grant, GuestError, LoadError, Manifest, TypeSettings};
use pizza_types::Effect;

use crate::fixture::{Guest, component, guest_on, host};

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
