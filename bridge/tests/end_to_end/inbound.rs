//! Messages in, acknowledgements out.

use std::borrow::Cow;

use pizza_types::CallError;

use crate::World;

const STATUS: &str = "pizza/drivers/d-1/status";

#[tokio::test]
async fn a_message_is_acknowledged_when_its_actor_has_committed() {
    let world = World::new().await;
    let mut phone = world.phone("phone").await;
    phone.publish(STATUS, "available").await;
    let delivery = world.silo.delivery().await;
    let (actor, method, arguments) = delivery.call();
    assert_eq!(
        (actor.as_str(), method.as_str()),
        ("driver/d-1", "set-status")
    );
    assert_eq!(arguments, r#"{"status":"available"}"#);
    assert!(phone.has_nothing(), "acknowledged before the commit");
    delivery.commit();
    phone.is_acknowledged().await;
    world.stop().await;
}

#[tokio::test]
async fn one_actors_messages_are_delivered_one_after_the_other() {
    let world = World::new().await;
    let mut phone = world.phone("phone").await;
    phone.publish(STATUS, "busy").await;
    phone.publish(STATUS, "available").await;
    phone.publish("pizza/drivers/d-2/status", "offline").await;
    let first = world.silo.delivery().await;
    let other = world.silo.delivery().await;
    assert_eq!(other.call().0, "driver/d-2");
    assert!(world.silo.is_idle().await, "the second waits for the first");
    other.commit();
    first.commit();
    let second = world.silo.delivery().await;
    assert_eq!(second.call().2, r#"{"status":"available"}"#);
    // In the order in which they were published, so the third waits too.
    phone.is_acknowledged().await;
    assert!(phone.has_nothing());
    second.commit();
    phone.is_acknowledged().await;
    phone.is_acknowledged().await;
    world.stop().await;
}

#[tokio::test]
async fn a_call_is_made_again_with_the_same_id_until_the_silo_takes_it() {
    let world = World::new().await;
    let mut phone = world.phone("phone").await;
    phone.publish(STATUS, "busy").await;
    let first = world.silo.delivery().await;
    let id = first.envelope.id;
    first.fail(CallError::Overloaded {
        what: "the silo".to_owned(),
        retry_after_ms: 1,
    });
    let second = world.silo.delivery().await;
    assert_eq!(second.envelope.id, id);
    assert!(phone.has_nothing());
    second.commit();
    phone.is_acknowledged().await;
    world.stop().await;
}

#[tokio::test]
async fn what_cannot_be_delivered_becomes_a_dead_letter_and_is_acknowledged() {
    let world = World::new().await;
    let mut reader = world.phone("reader").await;
    reader.subscribe("pizza/dead-letter").await;
    let mut phone = world.phone("phone").await;
    // By its actor's word, because the actor fails each time, and by its topic.
    phone.publish(STATUS, "asleep").await;
    world.silo.delivery().await.decline("no such status");
    phone.publish(STATUS, "busy").await;
    for _ in 0..3 {
        world.silo.delivery().await.fail(CallError::Failed {
            bound: Cow::Borrowed("trap"),
            detail: "unreachable".to_owned(),
        });
    }
    phone.publish("pizza/drivers/d-1/mood", "good").await;
    for code in ["declined", "failed", "topic"] {
        phone.is_acknowledged().await;
        let dead_letter = reader.message().await;
        let dead_letter: serde_json::Value =
            serde_json::from_slice(&dead_letter.payload).expect("JSON");
        assert_eq!(dead_letter["code"], code, "{dead_letter}");
    }
    assert!(world.silo.is_idle().await);
    world.stop().await;
}
