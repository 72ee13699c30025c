//! What only the pizzeria says is heard from nobody else.

use crate::client::{Client, DENIED, Hello, OK, Version};
use crate::{RESERVED, config, open};

const TOPIC: &str = "pizza/orders/o-1/events";

#[tokio::test]
async fn a_forged_event_reaches_nobody_and_is_not_retained() {
    let (broker, at) = open(config(), &RESERVED).await;
    let reader = |id| Hello::new(Version::V4, id, "");
    let mut present = Client::admitted(at, reader("present")).await;
    assert_eq!(present.subscribe("pizza/#", 0).await, 0);
    let forgers = [
        "driver:driver-1",
        "customer:customer-1",
        "manager:napoli",
        "",
    ];
    for (number, token) in forgers.into_iter().enumerate() {
        for version in [Version::V4, Version::V5] {
            let id = format!("forger-{number}");
            let mut forger = Client::admitted(at, Hello::new(version, &id, token)).await;
            for topic in [
                TOPIC,
                "pizza/restaurants/napoli/orders/o-1/events",
                "pizza/dead-letter",
            ] {
                for qos in 0..3 {
                    let code = forger.publish(topic, "forged", qos, true).await;
                    let says = version == Version::V5 && qos > 0;
                    assert_eq!(code, says.then_some(DENIED), "{token} {topic} {qos}");
                    // Nor may anybody take back what is retained.
                    forger.publish(topic, "", qos, true).await;
                }
            }
            forger.leave().await;
        }
    }
    // The pizzeria itself is heard, and a bridge apart: so the silence above is no accident.
    let access = broker.internal();
    let own = Hello {
        user: &access.user,
        ..Hello::new(Version::V5, "bridge", access.password.expose())
    };
    let mut own = Client::admitted(access.address, own).await;
    assert_eq!(own.publish(TOPIC, "true", 1, true).await, Some(OK));
    let mut apart = Client::admitted(at, Hello::new(Version::V5, "apart", "bridge:")).await;
    let dead = apart.publish("pizza/dead-letter", "dead", 1, false).await;
    assert_eq!(dead, Some(OK));
    // A forged erasure is none either.
    let mut forger = Client::admitted(at, Hello::new(Version::V5, "forger", "")).await;
    assert_eq!(forger.publish(TOPIC, "", 1, true).await, Some(DENIED));
    forger.publish("pizza/end", "", 0, false).await;
    let heard = present.heard_until("pizza/end").await;
    let pair = |topic: &str, payload: &str| (topic.to_owned(), payload.to_owned());
    let expected = [pair(TOPIC, "true"), pair("pizza/dead-letter", "dead")];
    assert_eq!(heard, expected);
    let mut late = Client::admitted(at, reader("late")).await;
    assert_eq!(late.subscribe("pizza/#", 0).await, 0);
    forger.publish("pizza/end", "", 0, false).await;
    assert_eq!(late.heard_until("pizza/end").await, [pair(TOPIC, "true")]);
    broker.stop().await;
}
