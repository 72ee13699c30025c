//! Who is let in, and where.

use std::net::{Ipv4Addr, SocketAddr};

use pizza_broker::{Bound, BrokerError, UserConfig};

use crate::client::Client;
use crate::{config, open};

#[tokio::test]
async fn only_configured_names_with_their_passwords_are_let_in() {
    const REFUSED: u8 = 4;
    let mut config = config();
    config.users = [("driver", "sesame")]
        .map(|(user, password)| {
            let user_config = UserConfig {
                password: password.into(),
                role: Some("driver".to_owned()),
                subject: None,
            };
            (user.to_owned(), user_config)
        })
        .into();
    let (broker, at) = open(config).await;
    let code = async |login| {
        let mut client = Client::dial(at).await;
        client.connect("phone", true, None, login).await.1
    };
    let internal = broker.internal();
    // Each refusal takes a while on purpose, so they are asked for at once.
    let (wrong, unknown, nobody, of_internal, right) = tokio::join!(
        code(Some(("driver", "Sesame"))),
        code(Some(("cook", "sesame"))),
        code(None),
        code(Some((internal.user.as_str(), internal.password.expose()))),
        code(Some(("driver", "sesame"))),
    );
    let codes = [wrong, unknown, nobody, of_internal, right];
    assert_eq!(codes, [REFUSED, REFUSED, REFUSED, REFUSED, 0]);
    broker.stop().await;
}

#[tokio::test]
async fn nobody_external_is_let_in_by_the_internal_listener() {
    let (broker, _) = open(config()).await;
    let mut client = Client::dial(broker.internal().address).await;
    assert_eq!(client.connect("phone", true, None, None).await.1, 4);
    broker.stop().await;
}

#[tokio::test]
async fn a_listener_that_other_machines_reach_needs_users() {
    let mut open_to_all = config();
    open_to_all.mqtt.address = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0));
    let refused = Bound::new(open_to_all).await.err();
    assert!(matches!(refused, Some(BrokerError::OpenToAll { .. })));
}

#[tokio::test]
async fn an_address_that_is_taken_is_named() {
    let (broker, address) = open(config()).await;
    let mut same = config();
    same.mqtt.address = address;
    let refused = Bound::new(same).await.err();
    let refused = refused.expect("it is taken").to_string();
    assert!(refused.contains(&address.to_string()), "{refused}");
    broker.stop().await;
}
