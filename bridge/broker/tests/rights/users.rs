//! How a client says who it is.

use std::net::{Ipv4Addr, SocketAddr};

use pizza_broker::{Bound, BrokerError, UserConfig};

use crate::client::{Client, DENIED, Hello, OK, Version};
use crate::{RESERVED, config, open};

const CREDENTIALS_V4: u8 = 4;
const CREDENTIALS_V5: u8 = 0x86;

fn user(role: Option<&str>, subject: Option<&str>) -> UserConfig {
    UserConfig {
        password: "sesame".into(),
        role: role.map(str::to_owned),
        subject: subject.map(str::to_owned),
    }
}

#[tokio::test]
async fn users_have_their_role_and_the_name_beside_a_token_means_nothing() {
    let mut config = config();
    config.default_role = Some("driver".to_owned());
    let users = [
        ("driver-1", user(None, None)),
        ("cook", user(Some("kitchen"), Some("napoli"))),
    ];
    config.users = users.map(|(name, user)| (name.to_owned(), user)).into();
    let (broker, at) = open(config, &RESERVED).await;
    for (name, password, own, others) in [
        (
            "driver-1",
            "sesame",
            "pizza/drivers/driver-1/x",
            "pizza/drivers/cook/x",
        ),
        (
            "cook",
            "sesame",
            "pizza/kitchen/napoli/x",
            "pizza/kitchen/cook/x",
        ),
        // Whatever it calls itself, also by the name of a user, the token says who it is.
        (
            "driver-1",
            "driver:driver-2",
            "pizza/drivers/driver-2/x",
            "pizza/drivers/driver-1/x",
        ),
        (
            "",
            "kitchen:roma",
            "pizza/kitchen/roma/x",
            "pizza/kitchen/napoli/x",
        ),
    ] {
        let hello = Hello {
            user: name,
            ..Hello::new(Version::V5, "phone", password)
        };
        let mut client = Client::admitted(at, hello).await;
        assert_eq!(client.publish(own, "", 1, false).await, Some(OK), "{name}");
        assert_eq!(
            client.publish(others, "", 1, false).await,
            Some(DENIED),
            "{name}"
        );
    }
    broker.stop().await;
}

#[tokio::test]
async fn a_wrong_token_is_refused_even_where_none_is_needed() {
    let (broker, at) = open(config(), &RESERVED).await;
    let code = async |version, password| {
        let hello = Hello::new(version, "phone", password);
        Client::connect(at, hello).await.0
    };
    // Refusals take a while on purpose, so they are asked for at once.
    let (v4, v5, none, known) = tokio::join!(
        code(Version::V4, "stale"),
        code(Version::V5, "stale"),
        code(Version::V4, ""),
        code(Version::V5, "customer:c-1"),
    );
    assert_eq!(
        (v4, v5, none, known),
        (CREDENTIALS_V4, CREDENTIALS_V5, OK, OK)
    );
    broker.stop().await;
}

#[tokio::test]
async fn nobody_is_anonymous_where_it_is_switched_off_or_others_come_in() {
    let mut closed = config();
    closed.anonymous_on_loopback = false;
    let mut public = config();
    public.takes_tokens = true;
    public.mqtt.address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    for config in [closed, public] {
        let (broker, at) = open(config, &RESERVED).await;
        let at = SocketAddr::from((Ipv4Addr::LOCALHOST, at.port()));
        let (code, ..) = Client::connect(at, Hello::new(Version::V5, "phone", "")).await;
        assert_eq!(code, CREDENTIALS_V5);
        Client::admitted(at, Hello::new(Version::V5, "phone", "driver:driver-1")).await;
        broker.stop().await;
    }
}

#[tokio::test]
async fn a_user_without_a_role_keeps_the_broker_from_opening_and_is_told_how_to_go_on() {
    let mut config = config();
    config.users = [("phone".to_owned(), user(None, None))].into();
    let refused = Bound::new(config).await.err().expect("it is refused");
    assert!(matches!(refused, BrokerError::User(_)));
    assert!(
        refused.to_string().contains("broker.default_role"),
        "{refused}"
    );
}
