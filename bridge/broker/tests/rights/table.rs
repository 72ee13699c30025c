//! The whole table: each role with each topic and filter.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use pizza_broker::{Config, RoleConfig};

use crate::client::{Client, DENIED, Hello, OK, Version};
use crate::oracle::Who;
use crate::{RESERVED, config, open};

const VERSIONS: [Version; 2] = [Version::V4, Version::V5];
/// Nobody publishes to it but this test, when all else is published.
const END: &str = "the/end";

const ROLES: [Who; 12] = [
    who("customer", "customer-1"),
    who("driver", "driver-1"),
    who("driver", "driver-2"),
    who("driver", "+"),
    who("driver", "#"),
    who("driver", ""),
    who("kitchen", "napoli"),
    who("manager", "napoli"),
    who("admin", ""),
    who("bridge", ""),
    who("anonymous", ""),
    // A role that the table does not have.
    who("cook", "napoli"),
];

const fn who(role: &'static str, subject: &'static str) -> Who {
    Who { role, subject }
}

/// Names of topics, of every subject that somebody has here and of one that nobody has.
fn topics() -> Vec<String> {
    let mut topics: Vec<String> = [
        "pizza",
        "pizza/drivers",
        "pizza/drivers//location",
        "pizza/orders/o-1/events",
        "pizza/orders/o-1/events/more",
        "pizza/orders/o-1",
        "pizza/dead-letter",
        "pizza/dead-letter/more",
        "shop/x/deliveries",
        "Pizza/drivers/driver-1/location",
        "/pizza/drivers/driver-1/location",
        "pizza/drivers/{subject}/location",
    ]
    .map(str::to_owned)
    .into();
    for subject in ["driver-1", "driver-2", "napoli", "roma"] {
        for topic in [
            "pizza/drivers/{}",
            "pizza/drivers/{}/",
            "pizza/drivers/{}/location",
            "pizza/drivers/{}/a/b",
            "pizza/kitchen/{}/oven",
            "pizza/kitchen/{}",
            "pizza/restaurants/{}/orders/o-1/events",
            "pizza/restaurants/{}/orders",
        ] {
            topics.push(topic.replace("{}", subject));
        }
    }
    topics
}

/// The topics, and each with a wildcard in place of each of its levels, and of what follows;
/// all of that shared, too.
fn filters() -> BTreeSet<String> {
    let mut filters: BTreeSet<String> = ["#", "+", "+/#", "$SYS/#", "$SYS/x"]
        .map(str::to_owned)
        .into();
    for topic in topics() {
        let levels: Vec<&str> = topic.split('/').collect();
        for place in 0..levels.len() {
            let before = &levels[..place];
            let rest = &levels[place + 1..];
            filters.insert([before, &["+"], rest].concat().join("/"));
            filters.insert([before, &["#"]].concat().join("/"));
        }
        filters.insert(topic);
    }
    let shared = filters.iter().map(|filter| format!("$share/g/{filter}"));
    let shared: Vec<String> = shared.collect();
    filters.extend(shared);
    filters
}

/// What a broker with this table answers otherwise than the oracle, and how much was asked.
async fn disagreements(config: Config, reserved: &[&str], all: &[Who]) -> (Vec<String>, usize) {
    let (broker, at) = open(config, reserved).await;
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for who in all.iter().copied() {
        for version in VERSIONS {
            asked += published(at, who, version, &mut wrong).await;
            asked += subscribed(at, who, version, &mut wrong).await;
            asked += wills(at, who, version, &mut wrong).await;
        }
    }
    broker.stop().await;
    (wrong, asked)
}

async fn published(at: SocketAddr, who: Who, version: Version, wrong: &mut Vec<String>) -> usize {
    let admin = Hello::new(Version::V4, "observer", "admin:");
    let mut observer = Client::admitted(at, admin).await;
    assert_eq!(observer.subscribe("#", 0).await, 0);
    let token = who.token();
    let mut client = Client::admitted(at, Hello::new(version, "phone", &token)).await;
    let mut expected = Vec::new();
    let topics = topics();
    for topic in &topics {
        for qos in 0..3 {
            let payload = format!("{qos}");
            let code = client.publish(topic, &payload, qos, false).await;
            let may = who.may_publish(topic);
            let right = match (version, qos) {
                // Version 3.1.1 has no word for it, and QoS 0 no answer.
                (Version::V4, _) | (_, 0) => None,
                _ => Some(if may { OK } else { DENIED }),
            };
            if code != right {
                wrong.push(format!(
                    "{who:?} {version:?} PUBLISH {qos} {topic}: {code:?}"
                ));
            }
            if may {
                expected.push((topic.clone(), payload));
            }
        }
    }
    let mut last = Client::admitted(
        at,
        Hello {
            id: "last",
            ..admin
        },
    )
    .await;
    last.publish(END, "", 0, false).await;
    let heard = observer.heard_until(END).await;
    if heard != expected {
        wrong.push(format!("{who:?} {version:?}: heard {heard:?}"));
    }
    for client in [observer, client, last] {
        client.leave().await;
    }
    3 * topics.len()
}

async fn subscribed(at: SocketAddr, who: Who, version: Version, wrong: &mut Vec<String>) -> usize {
    let token = who.token();
    let mut client = Client::admitted(at, Hello::new(version, "reader", &token)).await;
    let filters = filters();
    for filter in &filters {
        for qos in 0..3 {
            let code = client.subscribe(filter, qos).await;
            let right = match (who.may_subscribe(filter), version) {
                (true, _) => qos,
                // Version 3.1.1 has one code for every failure.
                (false, Version::V4) => 0x80,
                (false, Version::V5) => DENIED,
            };
            if code != right {
                wrong.push(format!(
                    "{who:?} {version:?} SUBSCRIBE {qos} {filter}: {code:x}"
                ));
            }
        }
    }
    client.leave().await;
    3 * filters.len()
}

async fn wills(at: SocketAddr, who: Who, version: Version, wrong: &mut Vec<String>) -> usize {
    let token = who.token();
    let topics = topics();
    for topic in &topics {
        let hello = Hello {
            will: Some(topic),
            ..Hello::new(version, "mortal", &token)
        };
        let (code, _, client) = Client::connect(at, hello).await;
        let right = match (who.may_publish(topic), version) {
            (true, _) => OK,
            (false, Version::V4) => 5,
            (false, Version::V5) => DENIED,
        };
        if code != right {
            wrong.push(format!("{who:?} {version:?} will {topic}: {code:x}"));
        }
        if code == OK {
            client.leave().await;
        }
    }
    topics.len()
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    let (wrong, asked) = disagreements(config(), &RESERVED, &ROLES).await;
    assert!(wrong.is_empty(), "{}: {wrong:#?}", wrong.len());
    // A walk over an empty list would agree as well.
    assert!(asked > 15_000, "{asked}");
}

#[tokio::test]
async fn a_mistake_in_the_table_is_noticed() {
    type Mistake = fn(&mut RoleConfig);
    let driver = who("driver", "driver-1");
    let mistakes: [(Who, Mistake); 4] = [
        (driver, |role| {
            role.publish = vec!["pizza/drivers/+/+".to_owned()]
        }),
        (who("manager", "napoli"), |role| role.subscribe.truncate(1)),
        (who("customer", ""), |role| {
            role.subscribe = vec!["$SYS/x".to_owned()]
        }),
        (who("admin", ""), |role| role.reserved = false),
    ];
    for (who, mistake) in mistakes {
        let mut config = config();
        let role = config.rights.0.get_mut(who.role);
        mistake(role.expect("a role of the table"));
        let (found, _) = disagreements(config, &RESERVED, &[who]).await;
        assert!(!found.is_empty(), "{who:?}");
    }
    let anonymous = who("anonymous", "");
    let (found, _) = disagreements(config(), &RESERVED[1..], &[anonymous]).await;
    assert!(!found.is_empty(), "a topic that is not reserved");
}
