//! A session belongs to who has made it, whatever others call themselves.

use crate::client::{Client, Hello, Version};
use crate::{RESERVED, config, open};

#[tokio::test]
async fn nobody_takes_over_or_reads_the_session_of_somebody_else() {
    let (broker, at) = open(config(), &RESERVED).await;
    let named = |token, clean| Hello {
        clean,
        ..Hello::new(Version::V5, "phone", token)
    };
    let mut admin = Client::admitted(at, Hello::new(Version::V5, "admin", "admin:")).await;
    let mut first = Client::admitted(at, named("driver:driver-1", false)).await;
    assert_eq!(first.subscribe("pizza/drivers/driver-1/+", 0).await, 0);
    // Another user of the same name, with a clean session and with one that is kept: neither
    // throws the first out nor hears what is the first one's.
    for clean in [true, false] {
        for token in ["driver:driver-2", "manager:driver-1", "admin:", ""] {
            let (code, present, other) = Client::connect(at, named(token, clean)).await;
            assert_eq!((code, present), (0, false), "{token}");
            other.leave().await;
        }
    }
    admin
        .publish("pizza/drivers/driver-1/word", "1", 1, false)
        .await;
    admin
        .publish("pizza/drivers/driver-1/end", "", 1, false)
        .await;
    let heard = first.heard_until("pizza/drivers/driver-1/end").await;
    assert_eq!(heard.len(), 1, "it is still connected");
    // The holder of the same rights comes back to what is theirs.
    let (_, present, mut again) = Client::connect(at, named("driver:driver-1", false)).await;
    assert!(present);
    admin
        .publish("pizza/drivers/driver-1/end", "", 1, false)
        .await;
    assert!(
        again
            .heard_until("pizza/drivers/driver-1/end")
            .await
            .is_empty()
    );
    broker.stop().await;
}
